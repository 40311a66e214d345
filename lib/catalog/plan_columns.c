/* plan_columns.c - sets of attribute ids, and what nodes make and use. */
#include "catalog/plan_columns.h"

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
    for (uint32_t i = 0; i < plan->n_output; i++) {
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

static vonk_status expr_output(vonk_arena *arena, vonk_plan *plan, vonk_error *err)
{
    vonk_attribute *output = VONK_NEW_ARRAY(arena, vonk_attribute, plan->n_exprs, err);
    VONK_TRY_ALLOC(output);
    for (uint32_t i = 0; i < plan->n_exprs; i++) {
        const vonk_expr *e = plan->exprs[i];
        output[i] = (vonk_attribute){.type = e->type, .nullable = e->nullable};
        if (e->kind == VONK_EXPR_ALIAS) {
            output[i].id = e->alias_id;
            output[i].name = e->name;
            output[i].nullable = e->args[0]->nullable;
        } else {
            const vonk_attribute *from = vonk_plan_find_output(plan->children[0], e->id);
            output[i].id = e->id;
            output[i].name = e->column_name;
            output[i].qualifier = from ? from->qualifier : NULL;
            if (from)
                output[i].nullable = from->nullable;
        }
    }
    plan->output = output;
    plan->n_output = plan->n_exprs;
    return VONK_OK;
}

/* The child's, then a column an ALIAS. */
static vonk_status window_output(vonk_arena *arena, vonk_plan *plan, vonk_error *err)
{
    const vonk_plan *child = plan->children[0];
    uint32_t n = child->n_output;
    vonk_attribute *output = VONK_NEW_ARRAY(arena, vonk_attribute, n + plan->n_exprs, err);
    VONK_TRY_ALLOC(output);
    if (n)
        memcpy(output, child->output, n * sizeof(*output));
    for (uint32_t i = 0; i < plan->n_exprs; i++) {
        const vonk_expr *e = plan->exprs[i];
        output[n + i] = (vonk_attribute){
            .id = e->alias_id, .name = e->name, .type = e->type, .nullable = e->args[0]->nullable};
    }
    plan->output = output;
    plan->n_output = n + plan->n_exprs;
    return VONK_OK;
}

static vonk_status join_output(vonk_arena *arena, vonk_plan *plan, vonk_error *err)
{
    const vonk_plan *left = plan->children[0], *right = plan->children[1];
    vonk_join_type type = plan->join_type;
    uint32_t n_right = type == VONK_JOIN_SEMI || type == VONK_JOIN_ANTI ? 0 : right->n_output;
    vonk_attribute *output = VONK_NEW_ARRAY(arena, vonk_attribute, left->n_output + n_right, err);
    VONK_TRY_ALLOC(output);
    for (uint32_t i = 0; i < left->n_output; i++) {
        output[i] = left->output[i];
        output[i].nullable |= type == VONK_JOIN_RIGHT || type == VONK_JOIN_FULL;
    }
    for (uint32_t i = 0; i < n_right; i++) {
        output[left->n_output + i] = right->output[i];
        output[left->n_output + i].nullable |= type == VONK_JOIN_LEFT || type == VONK_JOIN_FULL;
    }
    plan->output = output;
    plan->n_output = left->n_output + n_right;
    return VONK_OK;
}

/* Nullable as the operation makes it: UNION any, INTERSECT all, EXCEPT the first child. */
static vonk_status set_op_output(vonk_arena *arena, vonk_plan *plan, vonk_error *err)
{
    vonk_attribute *output = VONK_NEW_ARRAY(arena, vonk_attribute, plan->n_output, err);
    VONK_TRY_ALLOC(output);
    for (uint32_t i = 0; i < plan->n_output; i++) {
        output[i] = plan->output[i];
        bool nullable = plan->children[0]->output[i].nullable;
        for (uint32_t k = 1; k < plan->n_children; k++) {
            bool other = plan->children[k]->output[i].nullable;
            if (plan->set_op == VONK_UNION)
                nullable |= other;
            else if (plan->set_op == VONK_INTERSECT)
                nullable &= other;
        }
        output[i].nullable = nullable;
    }
    plan->output = output;
    return VONK_OK;
}

vonk_status vonk_plan_set_output(vonk_arena *arena, vonk_plan *plan, vonk_error *err)
{
    switch (plan->kind) {
    case VONK_PLAN_PROJECT:
    case VONK_PLAN_AGGREGATE:
        return expr_output(arena, plan, err);
    case VONK_PLAN_WINDOW:
        return window_output(arena, plan, err);
    case VONK_PLAN_JOIN:
        return join_output(arena, plan, err);
    case VONK_PLAN_SET_OP:
        return set_op_output(arena, plan, err);
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
