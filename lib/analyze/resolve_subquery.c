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

static bool is_predicate_query(const vonk_expr *e, void *context)
{
    (void)context;
    return e->kind == VONK_EXPR_EXISTS || e->kind == VONK_EXPR_IN_QUERY;
}

bool is_correlated_scalar(const vonk_expr *e, void *context)
{
    (void)context;
    return e->kind == VONK_EXPR_SUBQUERY && e->outer_names;
}

bool is_or_has_subquery(const vonk_expr *e)
{
    return vonk_expr_any(e, is_predicate_query, NULL) ||
           vonk_expr_any(e, is_correlated_scalar, NULL);
}

vonk_status check_sort_key(const vonk_expr *key, vonk_error *err)
{
    if (vonk_expr_any(key, is_correlated_scalar, NULL))
        return AT(key, vonk_fail_sql(err,
                                     "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY."
                                     "UNSUPPORTED_CORRELATED_SCALAR_SUBQUERY",
                                     "Unsupported subquery expression: Correlated scalar "
                                     "subqueries can only be used in filters, aggregations, "
                                     "projections, and UPDATE/MERGE/DELETE commands."));
    if (!vonk_expr_any(key, is_predicate_query, NULL))
        return VONK_OK;
    return AT(key,
              vonk_fail_sql(err,
                            "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY."
                            "UNSUPPORTED_IN_EXISTS_SUBQUERY",
                            "Unsupported subquery expression: IN/EXISTS predicate subqueries can "
                            "only be used in filters, joins, aggregations, window functions, "
                            "projections, and UPDATE/MERGE/DELETE commands."));
}

/* Collects what columns of outer queries a subquery's plan names, in the order of its nodes. */
typedef struct outer_names {
    const vonk_id_set *outer;
    vonk_buffer *text;
} outer_names;

static vonk_status add_outer_name(const vonk_expr *e, const outer_names *names, vonk_error *err)
{
    if (e->kind == VONK_EXPR_COLUMN && vonk_id_set_has(names->outer, e->id)) {
        if (names->text->length)
            vonk_buffer_text(names->text, ", ");
        vonk_buffer_text(names->text, e->column_name);
    }
    if (e->kind == VONK_EXPR_CALL && e->filter)
        VONK_TRY(add_outer_name(e->filter, names, err));
    for (uint32_t i = 0; i < e->n_args; i++)
        VONK_TRY(add_outer_name(e->args[i], names, err));
    return VONK_OK;
}

static vonk_status visit_outer_names(vonk_expr **slot, void *context, vonk_error *err)
{
    return add_outer_name(*slot, context, err);
}

static vonk_status print_outer_names(vonk_plan *plan, outer_names *names, vonk_error *err)
{
    VONK_TRY(vonk_plan_each_expr(plan, visit_outer_names, names, err));
    for (uint32_t i = 0; i < plan->n_children; i++)
        VONK_TRY(print_outer_names(plan->children[i], names, err));
    return VONK_OK;
}

/* e->outer_names = what Spark writes between the parentheses: "a, x"; NULL if there are none. */
static vonk_status name_outer_columns(vonk_analyzer *a, vonk_expr *e, vonk_error *err)
{
    vonk_id_set outer = {.arena = a->arena};
    VONK_TRY(vonk_plan_outer_columns(e->plan, &outer, err));
    vonk_buffer text = {0};
    outer_names names = {&outer, &text};
    vonk_status status = print_outer_names(e->plan, &names, err);
    if (status == VONK_OK && text.length) {
        e->outer_names = vonk_arena_strndup(a->arena, vonk_buffer_str(&text), text.length, err);
        status = e->outer_names ? VONK_OK : VONK_NO_MEMORY;
    }
    vonk_buffer_free(&text);
    return status;
}

vonk_status resolve_subquery(vonk_analyzer *a, scope *s, vonk_expr *e, vonk_error *err)
{
    if (e->kind == VONK_EXPR_IN_QUERY)
        VONK_TRY(unpack_row(a, e, err));
    for (uint32_t i = 0; i < e->n_args; i++)
        VONK_TRY(resolve_expr(a, s, e->args[i], &e->args[i], err));
    query_context inner = {.ctes = s->ctes, .outer = s};
    VONK_TRY(resolve_whole_query(a, &inner, e->plan, &e->plan, err));
    VONK_TRY(name_outer_columns(a, e, err));
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
