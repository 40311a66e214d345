/* plan_columns.c - sets of attribute ids, and what nodes make and use. */
#include "catalog/plan_columns.h"

#include <assert.h>
#include <string.h>

vonk_status vonk_id_set_add(vonk_id_set *set, uint32_t id, vonk_error *err)
{
    uint32_t word = id / 64;
    if (word >= set->n_words) {
        uint32_t n = word + 1 > set->n_words * 2 ? word + 1 : set->n_words * 2;
        uint64_t *bits = VONK_NEW_ARRAY(set->arena, uint64_t, n, err);
        VONK_TRY_ALLOC(bits);
        if (set->n_words)
            memcpy(bits, set->bits, set->n_words * sizeof(uint64_t));
        set->bits = bits;
        set->n_words = n;
    }
    vonk_bit_set(set->bits, id, true);
    return VONK_OK;
}

void vonk_id_set_remove(vonk_id_set *set, uint32_t id)
{
    if (id / 64 < set->n_words)
        vonk_bit_set(set->bits, id, false);
}

bool vonk_id_set_has(const vonk_id_set *set, uint32_t id)
{
    return id / 64 < set->n_words && vonk_bit_get(set->bits, id);
}

vonk_status vonk_id_set_add_output(vonk_id_set *set, const vonk_plan *plan, vonk_error *err)
{
    for (uint32_t i = 0; i < plan->n_output; i++)
        VONK_TRY(vonk_id_set_add(set, plan->output[i].id, err));
    return VONK_OK;
}

vonk_status vonk_expr_columns(const vonk_expr *e, vonk_id_set *set, vonk_error *err)
{
    switch (e->kind) {
    case VONK_EXPR_COLUMN:
        return vonk_id_set_add(set, e->id, err);
    case VONK_EXPR_SUBQUERY:
    case VONK_EXPR_EXISTS:
    case VONK_EXPR_IN_QUERY:
        VONK_TRY(vonk_plan_outer_columns(e->plan, set, err));
        break;
    case VONK_EXPR_CALL:
        if (e->filter)
            VONK_TRY(vonk_expr_columns(e->filter, set, err));
        break;
    default:
        break;
    }
    for (uint32_t i = 0; i < e->n_args; i++)
        VONK_TRY(vonk_expr_columns(e->args[i], set, err));
    return VONK_OK;
}

static vonk_status visit_all(vonk_expr **exprs, uint32_t n, vonk_expr_visit *visit, void *context,
                             vonk_error *err)
{
    for (uint32_t i = 0; i < n; i++)
        VONK_TRY(visit(&exprs[i], context, err));
    return VONK_OK;
}

vonk_status vonk_plan_each_expr(vonk_plan *plan, vonk_expr_visit *visit, void *context,
                                vonk_error *err)
{
    VONK_TRY(visit_all(plan->group_exprs, plan->n_group_exprs, visit, context, err));
    VONK_TRY(visit_all(plan->exprs, plan->n_exprs, visit, context, err));
    VONK_TRY(visit_all(plan->scan_filters, plan->n_scan_filters, visit, context, err));
    return plan->condition ? visit(&plan->condition, context, err) : VONK_OK;
}

static vonk_status add_columns(vonk_expr **slot, void *context, vonk_error *err)
{
    return vonk_expr_columns(*slot, context, err);
}

vonk_status vonk_plan_node_columns(const vonk_plan *plan, vonk_id_set *set, vonk_error *err)
{
    vonk_plan node = *plan; /* visiting does not write here */
    return vonk_plan_each_expr(&node, add_columns, set, err);
}

/* Adds what `plan` uses to `used` and what it makes to `made`. */
static vonk_status used_and_made(const vonk_plan *plan, vonk_id_set *used, vonk_id_set *made,
                                 vonk_error *err)
{
    VONK_TRY(vonk_id_set_add_output(made, plan, err));
    VONK_TRY(vonk_plan_node_columns(plan, used, err));
    for (uint32_t i = 0; i < plan->n_children; i++)
        VONK_TRY(used_and_made(plan->children[i], used, made, err));
    return VONK_OK;
}

vonk_status vonk_plan_outer_columns(const vonk_plan *plan, vonk_id_set *set, vonk_error *err)
{
    vonk_id_set used = {.arena = set->arena}, made = {.arena = set->arena};
    VONK_TRY(used_and_made(plan, &used, &made, err));
    for (uint32_t id = 0; id < used.n_words * 64; id++) {
        if (vonk_id_set_has(&used, id) && !vonk_id_set_has(&made, id))
            VONK_TRY(vonk_id_set_add(set, id, err));
    }
    return VONK_OK;
}

const vonk_attribute *vonk_plan_find_output(const vonk_plan *plan, uint32_t id)
{
    uint32_t n = plan->n_output, near = n ? id - plan->output[0].id : 0;
    if (near < n && plan->output[near].id == id) /* of a table all, as it gives them out in order */
        return &plan->output[near];
    for (uint32_t i = 0; i < n; i++) {
        if (plan->output[i].id == id)
            return &plan->output[i];
    }
    return NULL;
}

vonk_expr *vonk_attribute_column(vonk_arena *arena, const vonk_attribute *attribute,
                                 vonk_error *err)
{
    return vonk_expr_column(arena, attribute->id, attribute->name, attribute->type,
                            attribute->nullable, err);
}

/* ---- what a node gives: attribute i of each kind ---- */

typedef vonk_attribute attribute_at(const vonk_plan *plan, uint32_t i);

static vonk_attribute expr_attribute(const vonk_plan *plan, uint32_t i)
{
    const vonk_expr *e = plan->exprs[i];
    vonk_attribute a = {.type = e->type, .nullable = e->nullable};
    if (e->kind == VONK_EXPR_ALIAS) {
        a.id = e->alias_id;
        a.name = e->name;
        a.nullable = e->args[0]->nullable;
        return a;
    }
    const vonk_plan *child = plan->children[0];
    bool same_place = i < child->n_output && child->output[i].id == e->id;
    const vonk_attribute *from =
        same_place ? &child->output[i] : vonk_plan_find_output(child, e->id);
    a.id = e->id;
    a.name = e->column_name;
    a.qualifier = from ? from->qualifier : NULL;
    if (from)
        a.nullable = from->nullable;
    return a;
}

/* The child's, then a column an ALIAS. */
static vonk_attribute window_attribute(const vonk_plan *plan, uint32_t i)
{
    const vonk_plan *child = plan->children[0];
    if (i < child->n_output)
        return child->output[i];
    const vonk_expr *e = plan->exprs[i - child->n_output];
    return (vonk_attribute){
        .id = e->alias_id, .name = e->name, .type = e->type, .nullable = e->args[0]->nullable};
}

static vonk_attribute join_attribute(const vonk_plan *plan, uint32_t i)
{
    const vonk_plan *left = plan->children[0], *right = plan->children[1];
    bool is_left = i < left->n_output;
    vonk_join_type optional = is_left ? VONK_JOIN_RIGHT : VONK_JOIN_LEFT; /* makes this side null */
    vonk_attribute a = is_left ? left->output[i] : right->output[i - left->n_output];
    a.nullable |= plan->join_type == optional || plan->join_type == VONK_JOIN_FULL;
    return a;
}

/* Nullable as the operation makes it: UNION any, INTERSECT all, EXCEPT the first child. */
static vonk_attribute set_op_attribute(const vonk_plan *plan, uint32_t i)
{
    assert(plan->output); /* analysis made it */
    vonk_attribute a = plan->output[i];
    a.nullable = plan->children[0]->output[i].nullable;
    for (uint32_t k = 1; k < plan->n_children; k++) {
        bool other = plan->children[k]->output[i].nullable;
        if (plan->set_op == VONK_UNION)
            a.nullable |= other;
        else if (plan->set_op == VONK_INTERSECT)
            a.nullable &= other;
    }
    return a;
}

static bool same_attribute(vonk_attribute a, vonk_attribute b)
{
    return a.id == b.id && a.name == b.name && a.qualifier == b.qualifier &&
           a.nullable == b.nullable && vonk_type_equal(a.type, b.type);
}

/* A new array only where something changed: rules ask again and again, and the arena keeps all. */
static vonk_status put_output(vonk_arena *arena, vonk_plan *plan, uint32_t n, attribute_at *at,
                              vonk_error *err)
{
    bool same = plan->output && plan->n_output == n;
    for (uint32_t i = 0; same && i < n; i++)
        same = same_attribute(plan->output[i], at(plan, i));
    if (same)
        return VONK_OK;
    vonk_attribute *output = VONK_NEW_ARRAY(arena, vonk_attribute, n, err);
    VONK_TRY_ALLOC(output);
    for (uint32_t i = 0; i < n; i++)
        output[i] = at(plan, i);
    plan->output = output;
    plan->n_output = n;
    return VONK_OK;
}

static uint32_t join_width(const vonk_plan *plan)
{
    bool left_only = plan->join_type == VONK_JOIN_SEMI || plan->join_type == VONK_JOIN_ANTI;
    return plan->children[0]->n_output + (left_only ? 0 : plan->children[1]->n_output);
}

vonk_status vonk_plan_set_output(vonk_arena *arena, vonk_plan *plan, vonk_error *err)
{
    switch (plan->kind) {
    case VONK_PLAN_PROJECT:
    case VONK_PLAN_AGGREGATE:
        return put_output(arena, plan, plan->n_exprs, expr_attribute, err);
    case VONK_PLAN_WINDOW:
        return put_output(arena, plan, plan->children[0]->n_output + plan->n_exprs,
                          window_attribute, err);
    case VONK_PLAN_JOIN:
        return put_output(arena, plan, join_width(plan), join_attribute, err);
    case VONK_PLAN_SET_OP:
        return put_output(arena, plan, plan->n_output, set_op_attribute, err);
    case VONK_PLAN_FILTER:
    case VONK_PLAN_SORT:
    case VONK_PLAN_LIMIT:
    case VONK_PLAN_DISTINCT:
        plan->output = plan->children[0]->output;
        plan->n_output = plan->children[0]->n_output;
        return VONK_OK;
    default:
        return VONK_OK;
    }
}
