/* rows.c - one guess a kind of operator. */
#include "physical/rows.h"

#include <assert.h>
#include <math.h>

#include "plan/selectivity.h"
#include "plan/trace.h"

#define TEXT_ROW_BYTES 50.0 /* where no metadata counts the rows */

vonk_status vonk_row_guesses_new(vonk_arena *arena, uint32_t n_ids, vonk_row_guesses *ret,
                                 vonk_error *err)
{
    *ret = (vonk_row_guesses){.n = n_ids, .rows = VONK_NEW_ARRAY(arena, double, n_ids, err)};
    VONK_TRY_ALLOC(ret->rows);
    for (uint32_t i = 0; i < n_ids; i++)
        ret->rows[i] = -1;
    return VONK_OK;
}

double vonk_relation_rows(const vonk_relation *relation)
{
    double bytes = 0;
    for (uint32_t f = 0; f < relation->n_files; f++)
        bytes += (double)relation->files[f].size;
    return relation->n_rows >= 0 ? (double)relation->n_rows : bytes / TEXT_ROW_BYTES;
}

static double filtered(const vonk_physical *op, double rows)
{
    for (uint32_t i = 0; i < op->n_exprs; i++)
        rows *= vonk_selectivity(op->exprs[i]);
    return rows;
}

double vonk_distinct_of(vonk_row_guesses *guesses, const vonk_physical *op, uint32_t column)
{
    const vonk_physical *at = op;
    while (at && at->kind != VONK_OP_SCAN)
        at = vonk_physical_trace(at, &column);
    return fmax(1, at ? vonk_relation_rows(at->relation) : vonk_rows_of(guesses, op));
}

/* Of all pairs one in so many has equal keys. */
static double key_values(vonk_row_guesses *g, const vonk_physical *join)
{
    double most = 1;
    for (uint32_t k = 0; k < join->n_keys; k++) {
        const vonk_expr *l = vonk_expr_bare_input(join->keys[k]);
        const vonk_expr *r = vonk_expr_bare_input(join->right_keys[k]);
        double left = l ? vonk_distinct_of(g, join->children[0], l->index)
                        : vonk_rows_of(g, join->children[0]);
        double right = r ? vonk_distinct_of(g, join->children[1], r->index)
                         : vonk_rows_of(g, join->children[1]);
        most = fmax(most, fmin(left, right));
    }
    return most;
}

static double join_rows(vonk_row_guesses *g, const vonk_physical *join)
{
    double left = vonk_rows_of(g, join->children[0]), right = vonk_rows_of(g, join->children[1]);
    double values = key_values(g, join), pairs = left * right / values;
    switch (join->join_type) {
    case VONK_JOIN_SEMI:
        return left * fmin(1, right / values);
    case VONK_JOIN_ANTI:
        return left * fmax(0.1, 1 - right / values);
    case VONK_JOIN_LEFT:
        return fmax(left, pairs);
    case VONK_JOIN_FULL:
        return fmax(left + right, pairs);
    default:
        return pairs;
    }
}

static double aggregate_rows(vonk_row_guesses *g, const vonk_physical *op)
{
    double share = op->mode == VONK_AGG_COMPLETE ? 0.2 : op->mode == VONK_AGG_PARTIAL ? 0.4 : 0.5;
    return op->n_keys ? vonk_rows_of(g, op->children[0]) * share : 1;
}

static double sum_of_children(vonk_row_guesses *g, const vonk_physical *op)
{
    double rows = 0;
    for (uint32_t i = 0; i < op->n_children; i++)
        rows += vonk_rows_of(g, op->children[i]);
    return rows;
}

static double range_rows(const vonk_physical *op)
{
    double span = (double)op->range_end - (double)op->range_start;
    return op->range_step ? fmax(0, span / (double)op->range_step) : 0;
}

static double guess(vonk_row_guesses *g, const vonk_physical *op)
{
    switch (op->kind) {
    case VONK_OP_SCAN:
        return filtered(op, vonk_relation_rows(op->relation));
    case VONK_OP_VALUES:
        return op->n_rows;
    case VONK_OP_RANGE:
        return range_rows(op);
    case VONK_OP_FILTER:
        return filtered(op, sum_of_children(g, op));
    case VONK_OP_AGGREGATE:
        return aggregate_rows(g, op);
    case VONK_OP_JOIN:
        return join_rows(g, op);
    case VONK_OP_EXPAND:
        return sum_of_children(g, op) * op->n_rows;
    case VONK_OP_SORT:
    case VONK_OP_LIMIT:
        return op->limit >= 0 ? fmin((double)op->limit, sum_of_children(g, op))
                              : sum_of_children(g, op);
    default:
        return sum_of_children(g, op);
    }
}

double vonk_rows_of(vonk_row_guesses *guesses, const vonk_physical *op)
{
    assert(op);
    double *known = op->id < guesses->n ? &guesses->rows[op->id] : NULL;
    if (known && *known >= 0)
        return *known;
    double rows = fmax(1, guess(guesses, op));
    if (known)
        *known = rows;
    return rows;
}
