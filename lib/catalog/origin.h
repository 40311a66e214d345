/*
 * origin.h - which SQL text a position in a resolved plan is in.
 *
 * A statement that reads views has their texts behind its own, as if all were one:
 *
 *      SELECT y FROM v1 | SELECT 1 / x AS y FROM ... | ...
 *      0                end of the statement + 1
 *
 * so that an expression needs no more than its start and end. Plain data; memory is the caller's
 * arena.
 */
#ifndef VONK_CATALOG_ORIGIN_H
#define VONK_CATALOG_ORIGIN_H

#include "base/arena.h"
#include "base/buffer.h"

typedef struct vonk_origin {
    const char *view;
    vonk_slice text;
    int32_t start; /* of the text, among all */
} vonk_origin;

typedef struct vonk_origins {
    vonk_origin *items;
    uint32_t n, capacity;
    int32_t end; /* behind the last text, and one */
} vonk_origins;

/*
 * Puts the texts of a view's plan behind those of a statement. *ret_shift = what is added to the
 * plan's positions; -1: there is no more room, they are lost.
 */
vonk_status vonk_origins_append(vonk_arena *arena, vonk_origins *to, const vonk_origins *view,
                                int32_t *ret_shift, vonk_error *err) VONK_MUST_CHECK;
/* Adds one text, which lies at `origin.start` already. */
vonk_status vonk_origins_add(vonk_arena *arena, vonk_origins *to, vonk_origin origin,
                             vonk_error *err) VONK_MUST_CHECK;
/* A copy with its texts. */
vonk_status vonk_origins_copy(vonk_arena *arena, const vonk_origins *from, vonk_origins *ret,
                              vonk_error *err) VONK_MUST_CHECK;
/* The view's text that `position` is in; NULL: it is in the statement's own. */
const vonk_origin *vonk_origins_find(const vonk_origins *origins, int32_t position);

#endif
