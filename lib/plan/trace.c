/* trace.c - one step down from a column to where it comes from. */
#include "plan/trace.h"

const vonk_expr *vonk_expr_bare_input(const vonk_expr *e)
{
    while (e->kind == VONK_EXPR_ALIAS)
        e = e->args[0];
    return e->kind == VONK_EXPR_INPUT ? e : NULL;
}

const vonk_physical *vonk_physical_trace(const vonk_physical *node, uint32_t *column)
{
    const vonk_expr *e = NULL;
    switch (node->kind) {
    case VONK_OP_EXCHANGE:
        return node->children[0];
    case VONK_OP_FILTER:
        *column = node->columns ? node->columns[*column] : *column;
        return node->children[0];
    case VONK_OP_SORT:
        return node->limit < 0 ? node->children[0] : NULL;
    case VONK_OP_JOIN: {
        uint32_t n_left = node->children[0]->output.n_fields;
        if (vonk_join_keeps_build_only(node->join_type))
            return node->children[1];
        if (*column < n_left) /* the probe side's rows come through, or not */
            return node->join_type == VONK_JOIN_FULL ? NULL : node->children[0];
        if (node->join_type != VONK_JOIN_INNER)
            return NULL;
        *column -= n_left;
        return node->children[1];
    }
    case VONK_OP_PROJECT:
        e = vonk_expr_bare_input(node->exprs[*column]);
        break;
    case VONK_OP_AGGREGATE: /* a group that nobody wants need not be made */
        e = *column < node->n_keys ? vonk_expr_bare_input(node->keys[*column]) : NULL;
        break;
    default:
        break;
    }
    if (!e)
        return NULL;
    *column = e->index;
    return node->children[0];
}
