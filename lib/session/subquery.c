/* subquery.c - running scalar subqueries ahead of the query that uses them. */
#include "session/subquery.h"

#include <string.h>

#include "expr/eval.h"

/* The one value of a subquery's result. */
typedef struct scalar {
    vonk_arena *arena;
    uint64_t n_rows;
    vonk_value value;
} scalar;

static vonk_status take_row(void *context, const vonk_batch *batch, vonk_error *err)
{
    scalar *s = context;
    if (!s->n_rows && batch->n_rows) {
        const vonk_column *col = &batch->columns[0];
        s->value = vonk_column_value(col, 0);
        if (!s->value.is_null && vonk_type_physical(col->type) == VONK_PHYS_STRING) {
            vonk_slice text = s->value.string;
            char *copy = vonk_arena_strndup(s->arena, text.data, text.length, err);
            VONK_TRY_ALLOC(copy);
            s->value.string.data = copy;
        }
    }
    s->n_rows += batch->n_rows;
    return VONK_OK;
}

static vonk_status run_scalar(vonk_query *q, vonk_plan *plan, vonk_value *ret, vonk_error *err)
{
    vonk_planner planner;
    vonk_physical *physical = NULL;
    vonk_job_result result = {0};
    scalar s = {.arena = &q->arena, .value = {.is_null = true}};
    VONK_TRY(vonk_replace_subqueries(q, plan, err));
    VONK_TRY(vonk_query_plan(q, plan, &planner, &physical, err));
    vonk_status status = vonk_query_job(q, &planner, physical, &s, take_row, &result, err);
    vonk_job_result_free(&result);
    VONK_TRY(status);
    if (s.n_rows > 1)
        return vonk_fail_sql(err, "SCALAR_SUBQUERY_TOO_MANY_ROWS",
                             "More than one row returned by a subquery used as an expression.");
    *ret = s.value;
    return VONK_OK;
}

static vonk_status replace_in(vonk_query *q, vonk_expr **at, vonk_error *err)
{
    vonk_expr *e = *at;
    if (e->kind == VONK_EXPR_SUBQUERY) {
        vonk_value value;
        vonk_status status = run_scalar(q, e->plan, &value, err);
        if (status == VONK_USER)
            return vonk_error_at(err, status, e->start, e->end);
        VONK_TRY(status);
        vonk_expr *literal = vonk_expr_literal(&q->arena, e->type, value, err);
        VONK_TRY_ALLOC(literal);
        literal->start = e->start;
        literal->end = e->end;
        literal->nullable = value.is_null;
        *at = literal;
        return VONK_OK;
    }
    for (uint32_t i = 0; i < e->n_args; i++)
        VONK_TRY(replace_in(q, &e->args[i], err));
    if (e->kind == VONK_EXPR_CALL && e->filter)
        VONK_TRY(replace_in(q, &e->filter, err));
    return VONK_OK;
}

vonk_status vonk_replace_subqueries(vonk_query *q, vonk_plan *plan, vonk_error *err)
{
    for (uint32_t i = 0; i < plan->n_children; i++)
        VONK_TRY(vonk_replace_subqueries(q, plan->children[i], err));
    for (uint32_t i = 0; i < plan->n_exprs; i++)
        VONK_TRY(replace_in(q, &plan->exprs[i], err));
    for (uint32_t i = 0; i < plan->n_group_exprs; i++)
        VONK_TRY(replace_in(q, &plan->group_exprs[i], err));
    for (uint32_t i = 0; i < plan->n_scan_filters; i++)
        VONK_TRY(replace_in(q, &plan->scan_filters[i], err));
    return plan->condition ? replace_in(q, &plan->condition, err) : VONK_OK;
}
