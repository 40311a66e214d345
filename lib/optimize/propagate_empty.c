/* propagate_empty.c - nothing in, nothing out. */
#include "optimize/rule.h"

static bool is_empty(const vonk_plan *plan)
{
    return plan->kind == VONK_PLAN_EMPTY;
}

static bool join_is_empty(const vonk_plan *join)
{
    bool left = is_empty(join->children[0]), right = is_empty(join->children[1]);
    switch (join->join_type) {
    case VONK_JOIN_INNER:
    case VONK_JOIN_CROSS:
    case VONK_JOIN_SEMI:
        return left || right;
    case VONK_JOIN_LEFT:
    case VONK_JOIN_ANTI:
        return left;
    case VONK_JOIN_RIGHT:
        return right;
    case VONK_JOIN_FULL:
        return left && right;
    default: /* of physical plans */
        return false;
    }
}

/* A UNION without its empty inputs; with one left, that under the union's names. */
static vonk_status shrink_union(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *op = *plan;
    uint32_t n = 0;
    for (uint32_t k = 0; k < op->n_children; k++) {
        if (!is_empty(op->children[k]))
            op->children[n++] = op->children[k];
    }
    if (n == op->n_children)
        return VONK_OK;
    r->changed = true;
    op->n_children = n;
    if (!n)
        return make_empty(r, op, plan, err);
    if (n > 1)
        return vonk_plan_set_output(r->arena, op, err);
    expr_list exprs = {0};
    for (uint32_t i = 0; i < op->n_output; i++) {
        vonk_expr *column = vonk_attribute_column(r->arena, &op->children[0]->output[i], err);
        vonk_expr *alias = vonk_expr_alias(r->arena, column, op->output[i].name, err);
        VONK_TRY_ALLOC(alias);
        alias->alias_id = op->output[i].id;
        VONK_TRY(list_add(r, &exprs, alias, err));
    }
    return make_project(r, op->children[0], &exprs, plan, err);
}

static vonk_status propagate_node(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *node = *plan;
    bool empty = false;
    switch (node->kind) {
    case VONK_PLAN_PROJECT:
    case VONK_PLAN_FILTER:
    case VONK_PLAN_SORT:
    case VONK_PLAN_DISTINCT:
    case VONK_PLAN_WINDOW:
        empty = is_empty(node->children[0]);
        break;
    case VONK_PLAN_LIMIT:
        empty = is_empty(node->children[0]) || !node->limit;
        break;
    case VONK_PLAN_AGGREGATE:
        empty = node->n_group_exprs && is_empty(node->children[0]);
        break;
    case VONK_PLAN_VALUES:
        empty = !node->n_rows;
        break;
    case VONK_PLAN_JOIN:
        empty = join_is_empty(node);
        if (!empty && node->join_type == VONK_JOIN_ANTI && is_empty(node->children[1])) {
            r->changed = true;
            *plan = node->children[0];
            return VONK_OK;
        }
        break;
    case VONK_PLAN_SET_OP:
        return node->set_op == VONK_UNION ? shrink_union(r, plan, err) : VONK_OK;
    default:
        break;
    }
    if (!empty)
        return VONK_OK;
    r->changed = true;
    return make_empty(r, node, plan, err);
}

vonk_status propagate_empty(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return each_node(r, plan, propagate_node, err);
}
