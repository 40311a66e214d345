/* bind.c - replacing ids by positions. */
#include "physical/bind.h"

int vonk_binding_find(const vonk_binding *binding, uint32_t id)
{
    for (uint32_t i = 0; i < binding->n; i++) {
        if (binding->attributes[i].id == id)
            return (int)i;
    }
    return -1;
}

static vonk_expr *bind_node(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    const vonk_binding *binding = context;
    if (e->kind == VONK_EXPR_COLUMN) {
        int at = vonk_binding_find(binding, e->id);
        if (at < 0) {
            vonk_fail(err, VONK_INVALID, "attribute %s#%u is not in the input",
                      e->column_name ? e->column_name : "", e->id);
            return NULL;
        }
        vonk_expr *input =
            vonk_expr_input(arena, (uint32_t)at, e->column_name, e->type, e->nullable, err);
        if (input) {
            input->start = e->start;
            input->end = e->end;
        }
        return input;
    }
    if (e->kind == VONK_EXPR_ALIAS)
        return e->args[0];
    if (e->kind == VONK_EXPR_CALL && e->filter) {
        vonk_expr *copy = vonk_expr_clone(arena, e, err);
        if (copy && vonk_bind(arena, binding, e->filter, &copy->filter, err) != VONK_OK)
            return NULL;
        return copy;
    }
    return e;
}

vonk_status vonk_bind(vonk_arena *arena, const vonk_binding *binding, vonk_expr *e, vonk_expr **ret,
                      vonk_error *err)
{
    vonk_error local;
    vonk_error *to = err ? err : &local;
    to->status = VONK_OK;
    vonk_expr *bound = vonk_expr_rewrite(e, bind_node, (void *)(uintptr_t)binding, arena, to);
    if (!bound)
        return to->status != VONK_OK ? to->status : VONK_NO_MEMORY;
    *ret = bound;
    return VONK_OK;
}

vonk_status vonk_bind_all(vonk_arena *arena, const vonk_binding *binding, vonk_expr *const *exprs,
                          uint32_t n, vonk_expr ***ret, vonk_error *err)
{
    vonk_expr **bound = VONK_NEW_ARRAY(arena, vonk_expr *, n, err);
    VONK_TRY_ALLOC(bound);
    for (uint32_t i = 0; i < n; i++)
        VONK_TRY(vonk_bind(arena, binding, exprs[i], &bound[i], err));
    *ret = bound;
    return VONK_OK;
}

static bool is_outside(const vonk_expr *e, void *context)
{
    return e->kind == VONK_EXPR_COLUMN && vonk_binding_find(context, e->id) < 0;
}

bool vonk_binding_covers(const vonk_binding *binding, const vonk_expr *e)
{
    return !vonk_expr_any(e, is_outside, (void *)(uintptr_t)binding);
}

static bool is_column(const vonk_expr *e, void *context)
{
    (void)context;
    return e->kind == VONK_EXPR_COLUMN;
}

bool vonk_expr_uses_columns(const vonk_expr *e)
{
    return vonk_expr_any(e, is_column, NULL);
}

vonk_status vonk_binding_schema(vonk_arena *arena, const vonk_binding *binding, vonk_schema *ret,
                                vonk_error *err)
{
    vonk_schema schema = {.n_fields = binding->n};
    schema.fields = VONK_NEW_ARRAY(arena, vonk_field, binding->n, err);
    VONK_TRY_ALLOC(schema.fields);
    for (uint32_t i = 0; i < binding->n; i++) {
        const vonk_attribute *a = &binding->attributes[i];
        schema.fields[i] = (vonk_field){a->name ? a->name : "", a->type, a->nullable};
    }
    *ret = schema;
    return VONK_OK;
}
