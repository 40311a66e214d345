/* resolve_expr.c - one expression: names, types, implicit casts, functions. */
#include <stdio.h>
#include <string.h>

#include "analyze/resolver.h"
#include "expr/coerce.h"

const char *expr_text(vonk_analyzer *a, const vonk_expr *e, vonk_error *err)
{
    vonk_buffer text = {.stop = a->arena->stop};
    vonk_expr_print(e, true, &text);
    const char *copy = NULL;
    if (vonk_buffer_check(&text, err) == VONK_OK)
        copy = vonk_arena_strndup(a->arena, text.data, text.length, err);
    vonk_buffer_free(&text);
    return copy;
}

vonk_status new_alias(vonk_analyzer *a, vonk_expr *e, const char *name, vonk_expr **ret,
                      vonk_error *err)
{
    vonk_expr *alias = vonk_expr_alias(a->arena, e, name, err);
    VONK_TRY_ALLOC(alias);
    alias->alias_id = a->next_id++;
    alias->start = e->start;
    alias->end = e->end;
    *ret = alias;
    return VONK_OK;
}

vonk_status name_item(vonk_analyzer *a, vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    if (e->kind == VONK_EXPR_COLUMN || e->kind == VONK_EXPR_ALIAS) {
        *ret = e;
        return VONK_OK;
    }
    /* CAST(column AS type) is called as the column. Source: Spark's ResolveAliases. */
    const vonk_expr *inner = e->kind == VONK_EXPR_CAST ? e->args[0] : e;
    bool of_column = inner->kind == VONK_EXPR_COLUMN;
    const char *name = of_column ? inner->column_name : expr_text(a, e, err);
    VONK_TRY_ALLOC(name);
    return new_alias(a, e, name, ret, err);
}

typedef struct inlining {
    vonk_analyzer *analyzer;
    const item_list *list;
} inlining;

static vonk_expr *inline_one(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    const inlining *in = context;
    (void)arena;
    (void)err;
    if (e->kind != VONK_EXPR_COLUMN)
        return e;
    for (uint32_t i = 0; i < in->list->n; i++) {
        vonk_expr *item = in->list->items[i];
        if (item->kind == VONK_EXPR_ALIAS && item->alias_id == e->id)
            return item->args[0];
    }
    return e;
}

vonk_status inline_items(vonk_analyzer *a, const item_list *list, vonk_expr *e, vonk_expr **ret,
                         vonk_error *err)
{
    inlining in = {a, list};
    vonk_expr *inlined = vonk_expr_rewrite(e, inline_one, &in, a->arena, err);
    VONK_TRY_ALLOC(inlined);
    *ret = inlined;
    return VONK_OK;
}

static vonk_status fail_unknown_function(const vonk_expr *call, vonk_error *err)
{
    if (!strcmp(call->name, "make_interval") || !strcmp(call->name, "try_make_interval"))
        return AT(call, vonk_fail_sql(err, "UNSUPPORTED_FEATURE",
                                      "The feature is not supported: intervals of months, days and "
                                      "microseconds together, which %s makes.",
                                      call->name));
    vonk_buffer name = {0};
    vonk_buffer_char(&name, '`');
    for (const char *c = call->name; *c; c++) {
        if (*c == '.')
            vonk_buffer_text(&name, "`.`");
        else
            vonk_buffer_char(&name, *c);
    }
    vonk_fail_sql(err, "UNRESOLVED_ROUTINE",
                  "Cannot resolve routine %s` on search path [`system`.`builtin`, "
                  "`system`.`session`, `spark_catalog`.`default`].",
                  vonk_buffer_str(&name));
    vonk_buffer_free(&name);
    return AT(call, VONK_USER);
}

/* `a BETWEEN b AND c` is a >= b AND a <= c to Spark, also in what it says of their types. */
static vonk_status check_between(vonk_analyzer *a, const vonk_expr *call, vonk_error *err)
{
    for (uint32_t i = 1; i < call->n_args; i++) {
        vonk_expr *side =
            vonk_expr_call2(a->arena, i == 1 ? ">=" : "<=", call->args[0], call->args[i], err);
        VONK_TRY_ALLOC(side);
        side->start = call->start;
        side->end = call->end;
        VONK_TRY(type_call(a, side, err));
    }
    return VONK_OK;
}

/* To Spark a cast that nobody wrote stands where the call stands that asked for it. */
static void place_implicit_casts(const vonk_expr *call)
{
    for (uint32_t i = 0; i < call->n_args; i++) {
        for (vonk_expr *arg = call->args[i];
             arg->kind == VONK_EXPR_CAST && arg->implicit && arg->start == arg->args[0]->start;
             arg = arg->args[0]) {
            arg->start = call->start;
            arg->end = call->end;
        }
    }
}

vonk_status type_call(vonk_analyzer *a, vonk_expr *call, vonk_error *err)
{
    call->function = vonk_function_find(call->name);
    if (!call->function)
        return fail_unknown_function(call, err);
    if (call->n_args == 3 && vonk_expr_is_call(call, "between"))
        VONK_TRY(check_between(a, call, err));
    vonk_type type;
    bool nullable;
    vonk_status status =
        call->function->resolve(call, a->settings, a->arena, &type, &nullable, err);
    if (status != VONK_OK)
        return AT(call, status);
    call->type = type;
    call->nullable = nullable;
    place_implicit_casts(call);
    return VONK_OK;
}

static vonk_status check_call_syntax(const vonk_expr *call, bool aggregate, vonk_error *err)
{
    const char *what = call->distinct ? "DISTINCT" : "FILTER clause";
    if (aggregate || (!call->distinct && !call->filter))
        return VONK_OK;
    return AT(call, vonk_fail_sql(err, "INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX",
                                  "Invalid SQL syntax: The function `%s` does not support %s.",
                                  call->name, what));
}

static vonk_status resolve_args(vonk_analyzer *a, scope *s, vonk_expr *e, vonk_error *err)
{
    for (uint32_t i = 0; i < e->n_args; i++)
        VONK_TRY(resolve_expr(a, s, e->args[i], &e->args[i], err));
    return VONK_OK;
}

/* `*` among the arguments of a call: count(*), struct(*), coalesce(*). */
static vonk_status expand_call_stars(vonk_analyzer *a, scope *s, vonk_expr *call, vonk_error *err)
{
    bool any = false;
    for (uint32_t i = 0; i < call->n_args; i++)
        any |= call->args[i]->kind == VONK_EXPR_STAR;
    if (!any)
        return VONK_OK;
    item_list args = {0};
    for (uint32_t i = 0; i < call->n_args; i++) {
        const vonk_expr *arg = call->args[i];
        if (arg->kind != VONK_EXPR_STAR) {
            VONK_TRY(add_item(a, &args, call->args[i], err));
            continue;
        }
        if (!strcmp(call->name, "count") && arg->n_name_parts)
            return AT(call, vonk_fail_sql(
                                err, "INVALID_USAGE_OF_STAR_WITH_TABLE_IDENTIFIER_IN_COUNT",
                                "count(`%s`.*) is not allowed. Use count(*) or expand the columns "
                                "manually, e.g. count(col1, col2).",
                                arg->name_parts[arg->n_name_parts - 1]));
        if (s->first)
            VONK_TRY(expand_star(a, s->first, arg, &args, err));
    }
    call->n_args = args.n;
    call->args = args.items;
    return VONK_OK;
}

/* Of a window, too. */
static bool is_aggregate(const vonk_expr *e, void *context)
{
    bool found = e->kind == VONK_EXPR_CALL && e->function && e->function->aggregate;
    if (found)
        *(const vonk_expr **)context = e;
    return found;
}

static bool is_random(const vonk_expr *e, void *context)
{
    (void)context;
    return e->kind == VONK_EXPR_CALL && e->function && !e->function->aggregate &&
           !e->function->deterministic && e->function->eval;
}

/* `why` and, where it is not NULL, `found` follow what is wrong with `call`'s FILTER. */
static vonk_status fail_filter(vonk_analyzer *a, const vonk_expr *call, const char *condition,
                               const char *why, const vonk_expr *found, vonk_error *err)
{
    const char *text = expr_text(a, call->filter, err);
    const char *part = found ? expr_text(a, found, err) : "";
    if (!text || !part)
        return VONK_NO_MEMORY;
    char whole[64];
    (void)snprintf(whole, sizeof whole, "INVALID_AGGREGATE_FILTER.%s", condition);
    return AT(call, vonk_fail_sql(err, whole,
                                  "The FILTER expression \"%s\" in an aggregate function is "
                                  "invalid. %s%s%s%s.",
                                  text, why, found ? " \"" : "", part, found ? "\"" : ""));
}

/* FILTER (WHERE ...) of an aggregate. */
static vonk_status resolve_call_filter(vonk_analyzer *a, scope *s, vonk_expr *call, vonk_error *err)
{
    if (!call->filter)
        return VONK_OK;
    s->in_filter = true;
    VONK_TRY(resolve_expr(a, s, call->filter, &call->filter, err));
    s->in_filter = false;
    const vonk_expr *aggregate = NULL;
    vonk_expr_any(call->filter, is_aggregate, (void *)&aggregate);
    if (vonk_expr_any(call->filter, is_random, NULL))
        return fail_filter(a, call, "NON_DETERMINISTIC",
                           "Expected a deterministic FILTER expression", NULL, err);
    if (call->filter->type.id != VONK_BOOL)
        return fail_filter(a, call, "NOT_BOOLEAN",
                           "Expected a FILTER expression of the BOOLEAN type", NULL, err);
    if (aggregate)
        return fail_filter(a, call, "CONTAINS_AGGREGATE",
                           "Expected a FILTER expression without an aggregation, but found",
                           aggregate, err);
    if (has_window(call->filter))
        return fail_filter(a, call, "CONTAINS_WINDOW_FUNCTION",
                           "Expected a FILTER expression without a window function, but found",
                           find_window(call->filter), err);
    return VONK_OK;
}

static vonk_status resolve_aggregate_call(vonk_analyzer *a, scope *s, vonk_expr *call,
                                          vonk_error *err)
{
    if (s->in_aggregate && !s->in_filter)
        return AT(call, vonk_fail_sql(err, "NESTED_AGGREGATE_FUNCTION",
                                      "It is not allowed to use an aggregate function in the "
                                      "argument of another aggregate function. Please use the "
                                      "inner aggregate function in a sub-query."));
    s->n_aggregates++;
    s->in_aggregate = true;
    VONK_TRY(resolve_args(a, s, call, err));
    VONK_TRY(resolve_call_filter(a, s, call, err));
    s->in_aggregate = false;
    return VONK_OK;
}

/* IGNORE NULLS behind a call; first and its like have an argument for it. */
static vonk_status check_ignore_nulls(const vonk_expr *call, vonk_error *err)
{
    bool takes = !strcmp(call->name, "lag") || !strcmp(call->name, "lead") ||
                 !strcmp(call->name, "nth_value");
    if (!call->ignores_nulls || takes)
        return VONK_OK;
    return AT(call, vonk_fail_sql(err, "INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX",
                                  "Invalid SQL syntax: The function `%s` does not support IGNORE "
                                  "NULLS.",
                                  call->name));
}

/* The arguments of a window's function may hold aggregates: those of the query. */
vonk_status resolve_window_call(vonk_analyzer *a, scope *s, const vonk_expr *call, vonk_expr **ret,
                                vonk_error *err)
{
    vonk_expr *copy = vonk_expr_clone(a->arena, call, err);
    VONK_TRY_ALLOC(copy);
    const vonk_function *function = vonk_function_find(copy->name);
    if (!function)
        return fail_unknown_function(copy, err);
    VONK_TRY(check_ignore_nulls(copy, err));
    VONK_TRY(check_call_syntax(copy, function->aggregate, err));
    VONK_TRY(expand_call_stars(a, s, copy, err));
    VONK_TRY(resolve_args(a, s, copy, err));
    VONK_TRY(resolve_call_filter(a, s, copy, err));
    VONK_TRY(type_call(a, copy, err));
    *ret = copy;
    return VONK_OK;
}

static vonk_status resolve_call(vonk_analyzer *a, scope *s, vonk_expr *call, vonk_error *err)
{
    const vonk_function *function = vonk_function_find(call->name);
    if (!function)
        return fail_unknown_function(call, err);
    VONK_TRY(check_ignore_nulls(call, err));
    VONK_TRY(check_call_syntax(call, function->aggregate, err));
    VONK_TRY(expand_call_stars(a, s, call, err));
    if (function->aggregate)
        VONK_TRY(resolve_aggregate_call(a, s, call, err));
    else
        VONK_TRY(resolve_args(a, s, call, err));
    VONK_TRY(type_call(a, call, err));
    return function->window ? fail_without_over(a, call, err) : VONK_OK;
}

/* Does Spark cast so without ANSI mode? Source: Cast.canCast. */
static bool casts_without_ansi(vonk_type from, vonk_type to)
{
    if (from.id == VONK_DATE)
        return to.id == VONK_BOOL || vonk_type_is_numeric(to) || vonk_can_cast(from, to, false);
    return vonk_can_cast(from, to, false);
}

vonk_status fail_cast(vonk_analyzer *a, const vonk_expr *e, vonk_error *err)
{
    vonk_type from_type = e->args[0]->type;
    const char *text = expr_text(a, e, err),
               *condition = "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION";
    VONK_TRY_ALLOC(text);
    char from[128], to[128], advice[400] = ".";
    (void)snprintf(from, sizeof(from), "%s", vonk_type_sql_name(from_type));
    (void)snprintf(to, sizeof(to), "%s", vonk_type_sql_name(e->type));
    bool from_date = from_type.id == VONK_DATE && vonk_type_is_numeric(e->type);
    bool to_date = vonk_type_is_numeric(from_type) && e->type.id == VONK_DATE;
    if (from_date || to_date) {
        condition = "DATATYPE_MISMATCH.CAST_WITH_FUNC_SUGGESTION";
        (void)snprintf(advice, sizeof(advice),
                       ".\nTo convert values from \"%s\" to \"%s\", you can use the functions `%s` "
                       "instead.",
                       from, to, from_date ? "UNIX_DATE" : "DATE_FROM_UNIX_DATE");
    } else if (a->settings->ansi && !e->is_try && casts_without_ansi(from_type, e->type)) {
        condition = "DATATYPE_MISMATCH.CAST_WITH_CONF_SUGGESTION";
        (void)snprintf(advice, sizeof(advice),
                       " with ANSI mode on.\nIf you have to cast \"%s\" to \"%s\", you can set "
                       "\"spark.sql.ansi.enabled\" as 'false'.",
                       from, to);
    }
    return AT(e, vonk_fail_sql(err, condition,
                               "Cannot resolve \"%s\" due to data type mismatch: cannot cast "
                               "\"%s\" to \"%s\"%s",
                               text, from, to, advice));
}

static bool is_interval(vonk_type t)
{
    return t.id == VONK_INTERVAL_YM || t.id == VONK_INTERVAL_DT;
}

/* Which fields the interval of a cast has, as vonk_cast_fields reads them: tasks do not see types'.
 */
static vonk_status add_interval_fields(vonk_analyzer *a, vonk_expr *e, vonk_error *err)
{
    vonk_type from = e->args[0]->type, type = is_interval(e->type) ? e->type : from;
    if (is_interval(from) == is_interval(e->type) || !type.scale)
        return VONK_OK;
    vonk_expr **args = VONK_NEW_ARRAY(a->arena, vonk_expr *, 2, err);
    VONK_TRY_ALLOC(args);
    args[0] = e->args[0];
    args[1] = vonk_expr_int(a->arena, type.precision * 16 + type.scale, err);
    VONK_TRY_ALLOC(args[1]);
    e->args = args;
    e->n_args = 2;
    return VONK_OK;
}

static vonk_status resolve_cast(vonk_analyzer *a, scope *s, vonk_expr *e, vonk_error *err)
{
    VONK_TRY(resolve_args(a, s, e, err));
    if (!vonk_can_cast(e->args[0]->type, e->type, a->settings->ansi || e->is_try))
        return fail_cast(a, e, err);
    e->nullable = e->args[0]->nullable || e->is_try || !a->settings->ansi;
    return add_interval_fields(a, e, err);
}

/* The values of a CASE, gathered in `ret`: args 1, 3, 5 ... and the last if there is an ELSE. */
static uint32_t case_values(const vonk_expr *e, uint32_t *ret)
{
    uint32_t n = 0;
    for (uint32_t i = 1; i < e->n_args; i += 2)
        ret[n++] = i;
    if (e->has_else)
        ret[n++] = e->n_args - 1;
    return n;
}

static const char *ordinal_name(uint32_t i)
{
    static const char *const names[] = {"first", "second",  "third",  "fourth", "fifth",
                                        "sixth", "seventh", "eighth", "ninth",  "tenth"};
    return i < VONK_LENGTH(names) ? names[i] : "next";
}

static vonk_status check_case_conditions(vonk_analyzer *a, const vonk_expr *e, vonk_error *err)
{
    for (uint32_t i = 0; i + 1 < e->n_args; i += 2) {
        vonk_expr *when = e->args[i];
        if (when->type.id == VONK_BOOL)
            continue;
        const char *text = expr_text(a, e, err), *condition = expr_text(a, when, err);
        if (!text || !condition)
            return VONK_NO_MEMORY;
        return AT(e,
                  vonk_fail_sql(err, "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
                                "Cannot resolve \"%s\" due to data type mismatch: The %s "
                                "parameter requires the \"BOOLEAN\" type, however \"%s\" has "
                                "the type \"%s\".",
                                text, ordinal_name(i), condition, vonk_type_sql_name(when->type)));
    }
    return VONK_OK;
}

static vonk_status fail_case_types(vonk_analyzer *a, const vonk_expr *e, const uint32_t *values,
                                   uint32_t n, vonk_error *err)
{
    const char *text = expr_text(a, e, err);
    VONK_TRY_ALLOC(text);
    vonk_buffer types = {0};
    for (uint32_t i = 0; i < n; i++)
        vonk_buffer_printf(&types, "%s\"%s\"", i ? ", " : "",
                           vonk_type_sql_name(e->args[values[i]]->type));
    vonk_fail_sql(err, "DATATYPE_MISMATCH.DATA_DIFF_TYPES",
                  "Cannot resolve \"%s\" due to data type mismatch: Input to `casewhen` should all "
                  "be the same type, but it's [%s].",
                  text, vonk_buffer_str(&types));
    vonk_buffer_free(&types);
    return AT(e, VONK_USER);
}

static vonk_status resolve_case(vonk_analyzer *a, scope *s, vonk_expr *e, vonk_error *err)
{
    VONK_TRY(resolve_args(a, s, e, err));
    VONK_TRY(check_case_conditions(a, e, err));
    uint32_t *at = VONK_NEW_ARRAY(a->arena, uint32_t, e->n_args, err);
    vonk_expr **values = VONK_NEW_ARRAY(a->arena, vonk_expr *, e->n_args, err);
    if (!at || !values)
        return VONK_NO_MEMORY;
    uint32_t n = case_values(e, at);
    bool nullable = !e->has_else;
    for (uint32_t i = 0; i < n; i++)
        values[i] = e->args[at[i]];
    vonk_type type;
    vonk_status status = vonk_expr_coerce_all(a->arena, values, n, &type, err);
    if (status == VONK_INVALID)
        return fail_case_types(a, e, at, n, err);
    VONK_TRY(status);
    for (uint32_t i = 0; i < n; i++) {
        e->args[at[i]] = values[i];
        nullable |= values[i]->nullable;
    }
    e->type = type;
    e->nullable = nullable;
    return VONK_OK;
}

static vonk_status resolve_one(vonk_analyzer *a, scope *s, vonk_expr *e, vonk_error *err)
{
    switch (e->kind) {
    case VONK_EXPR_CALL:
        return resolve_call(a, s, e, err);
    case VONK_EXPR_CAST:
        return resolve_cast(a, s, e, err);
    case VONK_EXPR_CASE:
        return resolve_case(a, s, e, err);
    case VONK_EXPR_ALIAS:
    case VONK_EXPR_SORT:
        VONK_TRY(resolve_args(a, s, e, err));
        e->type = e->args[0]->type;
        e->nullable = e->args[0]->nullable;
        return VONK_OK;
    case VONK_EXPR_SUBQUERY:
    case VONK_EXPR_EXISTS:
    case VONK_EXPR_IN_QUERY:
        return resolve_subquery(a, s, e, err);
    case VONK_EXPR_STAR:
        return AT(e, vonk_fail_sql(err, "INVALID_USAGE_OF_STAR_OR_REGEX",
                                   "Invalid usage of '*' in expression."));
    case VONK_EXPR_WINDOW:
        return resolve_window(a, s, e, err);
    default:
        return VONK_OK;
    }
}

vonk_status resolve_expr(vonk_analyzer *a, scope *s, const vonk_expr *e, vonk_expr **ret,
                         vonk_error *err)
{
    if (e->kind == VONK_EXPR_NAME)
        return resolve_name(a, s, e, ret, err);
    vonk_expr *copy = vonk_expr_clone(a->arena, e, err);
    VONK_TRY_ALLOC(copy);
    VONK_TRY(resolve_one(a, s, copy, err));
    *ret = copy;
    return VONK_OK;
}
