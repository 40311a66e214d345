/* bind.h - from attributes by id to columns by index. */
#ifndef VONK_PHYSICAL_BIND_H
#define VONK_PHYSICAL_BIND_H

#include "plan/physical.h"

/* The columns of an operator's output, as the logical plan knows them. */
typedef struct vonk_binding {
    uint32_t n;
    const vonk_attribute *attributes;
} vonk_binding;

/* Index of the attribute `id`, or -1. */
int vonk_binding_find(const vonk_binding *binding, uint32_t id);

/* `e` with every COLUMN as an INPUT. Errors: VONK_INVALID: an attribute that is not there. */
vonk_status vonk_bind(vonk_arena *arena, const vonk_binding *binding, vonk_expr *e, vonk_expr **ret,
                      vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_bind_all(vonk_arena *arena, const vonk_binding *binding, vonk_expr *const *exprs,
                          uint32_t n, vonk_expr ***ret, vonk_error *err) VONK_MUST_CHECK;

/* All attributes that `e` uses are in `binding` (true for an expression that uses none). */
bool vonk_binding_covers(const vonk_binding *binding, const vonk_expr *e);
/* `e` uses some attribute. */
bool vonk_expr_uses_columns(const vonk_expr *e);

vonk_status vonk_binding_schema(vonk_arena *arena, const vonk_binding *binding, vonk_schema *ret,
                                vonk_error *err) VONK_MUST_CHECK;

#endif
