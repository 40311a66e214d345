/* resolve_subquery.c - (SELECT ...), EXISTS (...), x IN (...): plans inside expressions. */
#include <stdio.h>

#include "analyze/resolver.h"
#include "expr/coerce.h"

static vonk_status resolve_scalar(const vonk_expr *e, vonk_error *err)
{
    if (e->plan->n_output == 1)
        return VONK_OK;
    return AT(e,
              vonk_fail_sql(
                  err,
                  "INVALID_SUBQUERY_EXPRESSION.SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN",
                  "Invalid subquery: Scalar subquery must return only one column, but got %u.",
                  e->plan->n_output));
}

static vonk_status fail_in_length(vonk_analyzer *a, const vonk_expr *e, vonk_error *err)
{
    vonk_buffer text = {0};
    const char *whole = expr_text(a, e, err);
    VONK_TRY_ALLOC(whole);
    vonk_buffer_printf(&text,
                       "Cannot resolve \"%s\" due to data type mismatch: The number of columns in "
                       "the left hand side of an IN subquery does not match the number of columns "
                       "in the output of subquery. Left hand side columns(length: %u): [",
                       whole, e->n_args);
    for (uint32_t i = 0; i < e->n_args; i++) {
        vonk_buffer_text(&text, i ? ", \"" : "\"");
        vonk_expr_print(e->args[i], true, &text);
        vonk_buffer_char(&text, '"');
    }
    vonk_buffer_printf(&text, "], right hand side columns(length: %u): [", e->plan->n_output);
    for (uint32_t i = 0; i < e->plan->n_output; i++)
        vonk_buffer_printf(&text, "%s\"%s\"", i ? ", " : "", e->plan->output[i].name);
    vonk_fail_sql(err, "DATATYPE_MISMATCH.IN_SUBQUERY_LENGTH_MISMATCH", "%s].",
                  vonk_buffer_str(&text));
    vonk_buffer_free(&text);
    return AT(e, VONK_USER);
}

static vonk_status fail_in_type(vonk_analyzer *a, const vonk_expr *e, uint32_t i, vonk_error *err)
{
    const char *whole = expr_text(a, e, err), *left = expr_text(a, e->args[i], err);
    if (!whole || !left)
        return VONK_NO_MEMORY;
    const vonk_attribute *right = &e->plan->output[i];
    char left_sql[128];
    (void)snprintf(left_sql, sizeof(left_sql), "%s", vonk_type_sql_name(e->args[i]->type));
    return AT(e, vonk_fail_sql(
                     err, "DATATYPE_MISMATCH.IN_SUBQUERY_DATA_TYPE_MISMATCH",
                     "Cannot resolve \"%s\" due to data type mismatch: The data type of one or "
                     "more elements in the left hand side of an IN subquery is not compatible with "
                     "the data type of the output of the subquery. Mismatched columns: [(%s:%s, "
                     "%s%s%s:%s)], left side: [\"%s\"], right side: [\"%s\"].",
                     whole, left, vonk_type_text(a->arena, e->args[i]->type),
                     right->qualifier ? right->qualifier : "", right->qualifier ? "." : "",
                     right->name, vonk_type_text(a->arena, right->type), left_sql,
                     vonk_type_sql_name(right->type)));
}

/* (a, b) IN (SELECT x, y ...): the parser's row is a call of struct; its fields become arguments.
 */
static vonk_status unpack_row(vonk_analyzer *a, vonk_expr *e, vonk_error *err)
{
    const vonk_expr *row = e->args[0];
    bool named = vonk_expr_is_call(row, "named_struct");
    if (!named && !vonk_expr_is_call(row, "struct"))
        return VONK_OK;
    uint32_t step = named ? 2 : 1, n = row->n_args / step;
    vonk_expr **args = VONK_NEW_ARRAY(a->arena, vonk_expr *, n, err);
    VONK_TRY_ALLOC(args);
    for (uint32_t i = 0; i < n; i++)
        args[i] = row->args[i * step + step - 1];
    e->args = args;
    e->n_args = n;
    return VONK_OK;
}

/* Both sides of IN in one type: casts on the left, a project over the plan on the right. */
static vonk_status resolve_in(vonk_analyzer *a, vonk_expr *e, vonk_error *err)
{
    uint32_t n = e->plan->n_output;
    if (e->n_args != n)
        return fail_in_length(a, e, err);
    vonk_expr **columns = VONK_NEW_ARRAY(a->arena, vonk_expr *, n, err);
    VONK_TRY_ALLOC(columns);
    bool changed = false;
    for (uint32_t i = 0; i < n; i++) {
        const vonk_attribute *right = &e->plan->output[i];
        vonk_type type;
        if (vonk_common_type(e->args[i]->type, right->type, &type) != VONK_OK)
            return fail_in_type(a, e, i, err);
        e->args[i] = vonk_expr_coerce(a->arena, e->args[i], type, err);
        vonk_expr *column = vonk_attribute_column(a->arena, right, err);
        if (!e->args[i] || !column)
            return VONK_NO_MEMORY;
        columns[i] = column;
        if (vonk_type_equal(right->type, type))
            continue;
        column = vonk_expr_coerce(a->arena, column, type, err);
        VONK_TRY_ALLOC(column);
        VONK_TRY(new_alias(a, column, right->name, &columns[i], err));
        changed = true;
    }
    return changed ? new_project(a, e->plan, columns, n, e->plan, &e->plan, err) : VONK_OK;
}

vonk_status resolve_subquery(vonk_analyzer *a, scope *s, vonk_expr *e, vonk_error *err)
{
    if (e->kind == VONK_EXPR_IN_QUERY)
        VONK_TRY(unpack_row(a, e, err));
    for (uint32_t i = 0; i < e->n_args; i++)
        VONK_TRY(resolve_expr(a, s, e->args[i], &e->args[i], err));
    query_context inner = {.ctes = s->ctes, .outer = s};
    VONK_TRY(resolve_whole_query(a, &inner, e->plan, &e->plan, err));
    e->type = VONK_TYPE(BOOL);
    e->nullable = false;
    if (e->kind == VONK_EXPR_EXISTS)
        return VONK_OK;
    e->nullable = true;
    if (e->kind == VONK_EXPR_IN_QUERY)
        return resolve_in(a, e, err);
    VONK_TRY(resolve_scalar(e, err));
    e->type = e->plan->output[0].type;
    return VONK_OK;
}
