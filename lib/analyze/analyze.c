/* analyze.c - a statement: a query, or a command with a query inside. */
#include "analyze/analyze.h"

#include "analyze/resolver.h"

/* Gives the columns the names of a command's column list, by a project of aliases. */
static vonk_status rename_output(vonk_analyzer *a, const vonk_plan *command, vonk_plan **plan,
                                 vonk_error *err)
{
    uint32_t n = command->n_column_names;
    vonk_plan *child = *plan;
    if (n != child->n_output)
        return AT(command,
                  vonk_fail_sql(err,
                                n > child->n_output
                                    ? "CREATE_VIEW_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS"
                                    : "CREATE_VIEW_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS",
                                "Cannot create view, the reason is %s data columns: %u names for "
                                "%u columns.",
                                n > child->n_output ? "not enough" : "too many", n,
                                child->n_output));
    vonk_expr **exprs = VONK_NEW_ARRAY(a->arena, vonk_expr *, n, err);
    VONK_TRY_ALLOC(exprs);
    for (uint32_t i = 0; i < n; i++) {
        vonk_expr *column = vonk_attribute_column(a->arena, &child->output[i], err);
        VONK_TRY_ALLOC(column);
        VONK_TRY(new_alias(a, column, command->column_names[i], &exprs[i], err));
    }
    return new_project(a, child, exprs, n, child, plan, err);
}

static vonk_status analyze_command(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                                   vonk_plan **ret, vonk_error *err)
{
    vonk_plan *command = vonk_plan_clone(a->arena, plan, err);
    VONK_TRY_ALLOC(command);
    for (uint32_t i = 0; i < plan->n_children; i++) {
        const vonk_plan *child = plan->children[i];
        if (vonk_plan_is_command(child)) /* EXPLAIN CREATE TABLE ... */
            VONK_TRY(analyze_command(a, q, child, &command->children[i], err));
        else
            VONK_TRY(resolve_whole_query(a, q, child, &command->children[i], err));
    }
    if (plan->kind == VONK_PLAN_CREATE_VIEW && plan->n_column_names && plan->n_children)
        VONK_TRY(rename_output(a, plan, &command->children[0], err));
    *ret = command;
    return VONK_OK;
}

vonk_status vonk_analyze(vonk_analyzer *analyzer, const vonk_plan *plan, vonk_plan **ret,
                         vonk_error *err)
{
    query_context top = {0};
    if (!analyzer->next_id)
        analyzer->next_id = 1;
    if (vonk_plan_is_command(plan))
        return analyze_command(analyzer, &top, plan, ret, err);
    return resolve_whole_query(analyzer, &top, plan, ret, err);
}
