/*
 * print.c - expressions as text, in Spark's three ways:
 *   PRETTY  names of output columns and messages: implicit casts are not shown
 *   SQL     the same with them
 *   PLAN    EXPLAIN: attributes with ids, casts as `cast(a#1 as bigint)`
 *
 * Source: Spark's Expression.sql, prettyName and toString, tried on Spark 4.2.
 */
#include <string.h>

#include "expr/window.h"

typedef enum print_mode { PRETTY, SQL, PLAN } print_mode;

static void print(const vonk_expr *e, print_mode mode, vonk_buffer *out);

static void print_args(const vonk_expr *e, uint32_t first, uint32_t end, print_mode mode,
                       vonk_buffer *out)
{
    for (uint32_t i = first; i < end; i++) {
        if (i > first)
            vonk_buffer_text(out, ", ");
        print(e->args[i], mode, out);
    }
}

/* (a + b) */
static void print_binary(const vonk_expr *e, const char *name, print_mode mode, vonk_buffer *out)
{
    vonk_buffer_char(out, '(');
    print(e->args[0], mode, out);
    vonk_buffer_printf(out, " %s ", name);
    print(e->args[1], mode, out);
    vonk_buffer_char(out, ')');
}

static bool is_interval(vonk_type type)
{
    return type.id == VONK_INTERVAL_YM || type.id == VONK_INTERVAL_DT;
}

static bool is_time(vonk_type type)
{
    return type.id == VONK_DATE || type.id == VONK_TIMESTAMP || type.id == VONK_TIMESTAMP_NTZ;
}

/* a + b of a date or timestamp and something else, which Spark makes another expression of. */
static bool print_time_arith(const vonk_expr *e, print_mode mode, vonk_buffer *out)
{
    bool minus = *e->name == '-', swap = is_time(e->args[1]->type) && !minus;
    const vonk_expr *time = e->args[swap], *other = e->args[!swap];
    if (!is_time(time->type))
        return false;
    if (time->type.id == VONK_DATE && vonk_type_is_integral(other->type)) {
        vonk_buffer_text(out, minus ? "date_sub(" : "date_add(");
        print(time, mode, out);
        vonk_buffer_text(out, ", ");
        print(other, mode, out);
        vonk_buffer_char(out, ')');
        return true;
    }
    if (!is_interval(other->type))
        return false;
    bool whole_days = other->type.precision == 1 && other->type.scale == 1;
    if (time->type.id == VONK_DATE && other->type.id == VONK_INTERVAL_DT && whole_days) {
        vonk_buffer_text(out, "date_add(");
        print(time, mode, out);
        vonk_buffer_text(out,
                         minus ? ", (- extractansiintervaldays(" : ", extractansiintervaldays(");
        print(other, mode, out);
        vonk_buffer_text(out, minus ? ")))" : "))");
        return true;
    }
    print(time, mode, out);
    vonk_buffer_text(out, minus ? " - " : " + ");
    print(other, mode, out);
    return true;
}

/* 2 * INTERVAL '1' DAY: the interval comes first */
static bool print_times_interval(const vonk_expr *e, print_mode mode, vonk_buffer *out)
{
    if (!is_interval(e->args[1]->type) || is_interval(e->args[0]->type))
        return false;
    vonk_expr swapped = *e;
    vonk_expr *args[2] = {e->args[1], e->args[0]};
    swapped.args = args;
    print_binary(&swapped, "*", mode, out);
    return true;
}

static bool print_operator(const vonk_expr *e, print_mode mode, vonk_buffer *out)
{
    static const char *const operators[] = {"+",  "-",  "*",  "/",  "%",   "=", "<=>", "<", ">",
                                            "<=", ">=", "<<", ">>", ">>>", "&", "|",   "^", "div"};
    if (strcmp(e->name, "and") == 0 || strcmp(e->name, "or") == 0) {
        print_binary(e, *e->name == 'a' ? "AND" : "OR", mode, out);
        return true;
    }
    if ((strcmp(e->name, "+") == 0 || strcmp(e->name, "-") == 0) && print_time_arith(e, mode, out))
        return true;
    if (strcmp(e->name, "*") == 0 && print_times_interval(e, mode, out))
        return true;
    for (size_t i = 0; i < VONK_LENGTH(operators); i++) {
        if (strcmp(e->name, operators[i]) != 0)
            continue;
        print_binary(e, e->name, mode, out);
        return true;
    }
    return false;
}

static void print_around(const char *before, const vonk_expr *arg, const char *after,
                         print_mode mode, vonk_buffer *out)
{
    vonk_buffer_text(out, before);
    print(arg, mode, out);
    vonk_buffer_text(out, after);
}

/* Operators with one operand, and calls that print as such. */
static bool print_unary(const vonk_expr *e, print_mode mode, vonk_buffer *out)
{
    static const struct {
        const char *name, *before, *after, *plan_before, *plan_after;
    } forms[] = {
        {"not", "(NOT ", ")", "NOT ", ""},
        {"isnull", "(", " IS NULL)", "isnull(", ")"},
        {"isnotnull", "(", " IS NOT NULL)", "isnotnull(", ")"},
        {"-", "(- ", ")", "-", ""},
        {"+", "(+ ", ")", "positive(", ")"},
        {"positive", "(+ ", ")", "positive(", ")"},
        {"~", "~", "", "~", ""},
    };
    for (size_t i = 0; i < VONK_LENGTH(forms); i++) {
        if (strcmp(e->name, forms[i].name) != 0)
            continue;
        print_around(mode == PLAN ? forms[i].plan_before : forms[i].before, e->args[0],
                     mode == PLAN ? forms[i].plan_after : forms[i].after, mode, out);
        return true;
    }
    return false;
}

/* LIKE, IN, EXTRACT, TRIM: calls with words in them. */
static bool print_predicate(const vonk_expr *e, print_mode mode, vonk_buffer *out)
{
    if (strcmp(e->name, "like") == 0 && e->n_args >= 2) {
        print(e->args[0], mode, out);
        print_around(" LIKE ", e->args[1], "", mode, out);
        if (e->n_args > 2)
            print_around(" ESCAPE '", e->args[2], "'", mode, out);
        return true;
    }
    if (strcmp(e->name, "in") == 0 && e->n_args >= 1) {
        vonk_buffer_text(out, mode == PLAN ? "" : "(");
        print(e->args[0], mode, out);
        vonk_buffer_text(out, " IN (");
        for (uint32_t i = 1; i < e->n_args; i++)
            print_around(i == 1 ? "" : mode == PLAN ? "," : ", ", e->args[i], "", mode, out);
        vonk_buffer_text(out, mode == PLAN ? ")" : "))");
        return true;
    }
    if (strcmp(e->name, "extract") == 0 && e->n_args == 2) {
        print_around("extract(", e->args[0], " FROM ", mode, out);
        print_around("", e->args[1], ")", mode, out);
        return true;
    }
    if (strcmp(e->name, "if") == 0 && e->n_args == 3) {
        vonk_buffer_text(out, mode == PLAN ? "if (" : "(IF(");
        print(e->args[0], mode, out);
        print_around(mode == PLAN ? ") " : ", ", e->args[1], mode == PLAN ? " else " : ", ", mode,
                     out);
        print_around("", e->args[2], mode == PLAN ? "" : "))", mode, out);
        return true;
    }
    return false;
}

static bool print_trim(const vonk_expr *e, print_mode mode, vonk_buffer *out)
{
    static const char *const names[] = {"trim", "ltrim", "rtrim"};
    static const char *const sides[] = {"BOTH", "LEADING", "TRAILING"};
    for (size_t i = 0; i < VONK_LENGTH(names); i++) {
        if (strcmp(e->name, names[i]) != 0)
            continue;
        vonk_buffer_printf(out, "TRIM(%s ", sides[i]);
        print_around("", e->args[0], " FROM ", mode, out);
        print_around("", e->args[1], ")", mode, out);
        return true;
    }
    return false;
}

/* Functions that Spark writes in capitals: those of java.lang.Math and the regular expressions. */
static const char *const capitals[] = {
    "rank",  "dense_rank", "percent_rank", "acos",   "acosh",       "asin",  "asinh", "atan",
    "atan2", "atanh",      "cbrt",         "cos",    "cosh",        "cot",   "csc",   "degrees",
    "e",     "exp",        "expm1",        "hypot",  "log",         "log10", "log1p", "log2",
    "pi",    "power",      "radians",      "regexp", "regexp_like", "rlike", "sec",   "signum",
    "sin",   "sinh",       "sqrt",         "tan",    "tanh",
};

static bool is_capital(const vonk_expr *e)
{
    if (strcmp(e->name, "ceil") == 0 || strcmp(e->name, "floor") == 0)
        return e->n_args == 1;
    for (size_t i = 0; i < VONK_LENGTH(capitals); i++) {
        if (strcmp(e->name, capitals[i]) == 0)
            return true;
    }
    return false;
}

/* Arguments that Spark adds to calls with `n_args` of them, and shows. */
static const struct {
    const char *name;
    uint32_t n_args;
    const char *more;
} defaults[] = {
    {"approx_percentile", 2, ", 10000"},
    {"bround", 1, ", 0"},
    {"from_unixtime", 1, ", yyyy-MM-dd HH:mm:ss"},
    {"listagg", 1, ", NULL"},
    {"string_agg", 1, ", NULL"},
    {"locate", 2, ", 1"},
    {"make_dt_interval", 0, "0, 0, 0, 0.000000"},
    {"make_dt_interval", 1, ", 0, 0, 0.000000"},
    {"make_dt_interval", 2, ", 0, 0.000000"},
    {"make_dt_interval", 3, ", 0.000000"},
    {"make_ym_interval", 0, "0, 0"},
    {"make_ym_interval", 1, ", 0"},
    {"lpad", 2, ",  "},
    {"percentile", 2, ", 1"},
    {"percentile_approx", 2, ", 10000"},
    {"position", 2, ", 1"},
    {"regexp_extract", 2, ", 1"},
    {"regexp_replace", 3, ", 1"},
    {"round", 1, ", 0"},
    {"rpad", 2, ",  "},
    {"split", 2, ", -1"},
    {"substr", 2, ", 2147483647"},
    {"substring", 2, ", 2147483647"},
    {"to_unix_timestamp", 1, ", yyyy-MM-dd HH:mm:ss"},
    {"unix_timestamp", 0, "current_timestamp(), yyyy-MM-dd HH:mm:ss"},
    {"unix_timestamp", 1, ", yyyy-MM-dd HH:mm:ss"},
};

/* The first argument of those that WITHIN GROUP's keys became (sql/within_group.c). */
static uint32_t first_key(const vonk_expr *e)
{
    bool percentile = !strcmp(e->name, "percentile_cont") || !strcmp(e->name, "percentile_disc");
    if (!strcmp(e->name, "mode") && e->n_args == 2 && e->args[1]->type.id == VONK_INT32)
        return 0;
    if (percentile && e->n_args == 3)
        return 1;
    if (!strcmp(e->name, "listagg") || !strcmp(e->name, "string_agg"))
        return 2;
    return UINT32_MAX;
}

/* The flag of first(a, true) is not shown, nor the deviation of approx_count_distinct(a, 0.1). */
static uint32_t shown_args(const vonk_expr *e)
{
    static const char *const names[] = {
        "first", "first_value", "last", "last_value", "any_value", "approx_count_distinct",
    };
    if (first_key(e) == 2 && e->n_args > 2)
        return 2;
    for (size_t i = 0; i < VONK_LENGTH(names) && e->n_args == 2; i++) {
        if (strcmp(e->name, names[i]) == 0)
            return 1;
    }
    return e->n_args;
}

static char upper(char c)
{
    if (c >= 'a' && c <= 'z')
        return (char)(c - 'a' + 'A');
    return c;
}

static void print_name(const vonk_expr *e, vonk_buffer *out)
{
    if (strcmp(e->name, "array_agg") == 0) {
        vonk_buffer_text(out, "collect_list");
    } else if (is_capital(e)) {
        for (const char *c = e->name; *c; c++)
            vonk_buffer_char(out, upper(*c));
    } else {
        vonk_buffer_text(out, e->name);
    }
}

/* (p) WITHIN GROUP (ORDER BY x DESC); keys of listagg with all that may be left out. */
static void print_within_group(const vonk_expr *e, uint32_t first, print_mode mode,
                               vonk_buffer *out)
{
    vonk_buffer_text(out, first == 2 ? "" : "(");
    if (first != 2 && first)
        print_args(e, 0, first, mode, out);
    vonk_buffer_text(out, first == 2 ? " WITHIN GROUP (ORDER BY " : ") WITHIN GROUP (ORDER BY ");
    for (uint32_t i = first; i + 1 < e->n_args; i += 2) {
        int64_t flags = e->args[i + 1]->value.i64;
        print_around(i > first ? ", " : "", e->args[i], "", mode, out);
        if (first == 2)
            vonk_buffer_printf(out, " %s NULLS %s", flags & 1 ? "DESC" : "ASC",
                               flags & 2 ? "FIRST" : "LAST");
        else
            vonk_buffer_text(out, flags & 1 ? " DESC" : "");
    }
    vonk_buffer_char(out, ')');
}

static void print_function(const vonk_expr *e, print_mode mode, vonk_buffer *out)
{
    uint32_t key = first_key(e);
    print_name(e, out);
    if (key < 2) {
        print_within_group(e, key, mode, out);
        return;
    }
    vonk_buffer_char(out, '(');
    if (e->distinct)
        vonk_buffer_text(out, mode == PLAN ? "distinct " : "DISTINCT ");
    if (e->star)
        vonk_buffer_char(out, '1');
    if (strcmp(e->name, "log") == 0 && e->n_args == 1)
        vonk_buffer_text(out, "E(), ");
    print_args(e, 0, shown_args(e), mode, out);
    for (size_t i = 0; i < VONK_LENGTH(defaults); i++) {
        if (e->n_args == defaults[i].n_args && strcmp(e->name, defaults[i].name) == 0)
            vonk_buffer_text(out, defaults[i].more);
    }
    vonk_buffer_char(out, ')');
    if (key < e->n_args)
        print_within_group(e, key, mode, out);
    if (e->filter)
        print_around(" FILTER (WHERE ", e->filter, ")", mode, out);
}

static void print_call(const vonk_expr *e, print_mode mode, vonk_buffer *out)
{
    bool done = (e->n_args == 1 && print_unary(e, mode, out)) ||
                (e->n_args == 2 && print_operator(e, mode, out)) ||
                (e->n_args == 2 && print_trim(e, mode, out)) || print_predicate(e, mode, out);
    if (!done)
        print_function(e, mode, out);
}

/* An implicit cast of a TIMESTAMP_NTZ literal is a TIMESTAMP literal in the session's zone. */
static bool print_local_timestamp(const vonk_expr *e, print_mode mode, vonk_buffer *out)
{
    const vonk_expr *arg = e->args[0];
    if (!e->implicit || e->type.id != VONK_TIMESTAMP || arg->kind != VONK_EXPR_LITERAL ||
        arg->type.id != VONK_TIMESTAMP_NTZ)
        return false;
    vonk_expr literal = *arg;
    literal.type = e->type;
    vonk_expr_print_literal(&literal, mode == PLAN, out);
    return true;
}

static void print_cast(const vonk_expr *e, print_mode mode, vonk_buffer *out)
{
    if (print_local_timestamp(e, mode, out))
        return;
    if (e->implicit && mode == PRETTY) {
        print(e->args[0], mode, out);
        return;
    }
    if (mode == PLAN) {
        print_around(e->is_try ? "try_cast(" : "cast(", e->args[0], " as ", mode, out);
        vonk_type_print(e->type, out);
    } else {
        print_around(e->is_try ? "TRY_CAST(" : "CAST(", e->args[0], " AS ", mode, out);
        vonk_type_print_sql(e->type, out);
    }
    vonk_buffer_char(out, ')');
}

static void print_case(const vonk_expr *e, print_mode mode, vonk_buffer *out)
{
    uint32_t n = e->n_args - e->has_else;
    vonk_buffer_text(out, "CASE");
    for (uint32_t i = 0; i + 1 < n; i += 2) {
        print_around(" WHEN ", e->args[i], " THEN ", mode, out);
        print(e->args[i + 1], mode, out);
    }
    if (e->has_else)
        print_around(" ELSE ", e->args[n], "", mode, out);
    vonk_buffer_text(out, " END");
}

static void print_parts(const vonk_expr *e, print_mode mode, vonk_buffer *out)
{
    bool star = e->kind == VONK_EXPR_STAR;
    uint32_t first = mode == PLAN || star || !e->n_name_parts ? 0 : e->n_name_parts - 1;
    if (mode == PLAN && !star)
        vonk_buffer_char(out, '\'');
    for (uint32_t i = first; i < e->n_name_parts; i++)
        vonk_buffer_printf(out, "%s%s", i > first ? "." : "", e->name_parts[i]);
    if (star)
        vonk_buffer_text(out, e->n_name_parts ? ".*" : "*");
}

static void print_attribute(const char *name, uint32_t id, vonk_type type, vonk_buffer *out)
{
    vonk_buffer_printf(out, "%s#%u%s", name, id, type.id == VONK_INT64 ? "L" : "");
}

static void print_alias(const vonk_expr *e, print_mode mode, vonk_buffer *out)
{
    print(e->args[0], mode, out);
    vonk_buffer_text(out, " AS ");
    if (mode == PLAN && e->alias_id)
        print_attribute(e->name, e->alias_id, e->type, out);
    else
        vonk_buffer_text(out, e->name);
}

static void print_subquery(const vonk_expr *e, print_mode mode, vonk_buffer *out)
{
    if (e->negated)
        vonk_buffer_text(out, "(NOT ");
    const char *names = e->outer_names ? e->outer_names : "";
    if (e->kind == VONK_EXPR_IN_QUERY) {
        print_around("(", e->args[0], " IN (listquery(", mode, out);
        vonk_buffer_printf(out, "%s)))", names);
    } else {
        vonk_buffer_printf(out, "%s(%s)", e->kind == VONK_EXPR_EXISTS ? "exists" : "scalarsubquery",
                           names);
    }
    if (e->negated)
        vonk_buffer_char(out, ')');
}

/* 1 PRECEDING, or in plans -1: what is added to the row's number or value. */
static void print_bound(const vonk_expr *e, bool upper, print_mode mode, vonk_buffer *out)
{
    static const char *const words[] = {"UNBOUNDED PRECEDING", " PRECEDING", "CURRENT ROW",
                                        " FOLLOWING", "UNBOUNDED FOLLOWING"};
    static const char *const plan_words[] = {"unboundedpreceding$()", "", "currentrow$()", "",
                                             "unboundedfollowing$()"};
    uint8_t bound = upper ? e->upper : e->lower;
    const vonk_expr *offset = vonk_window_offset(e, upper);
    bool casts = offset && e->frame_unit == VONK_FRAME_RANGE && offset->kind == VONK_EXPR_CAST &&
                 offset->implicit;
    if (casts && bound == VONK_BOUND_PRECEDING && mode != PLAN) { /* Spark casts the negation */
        print_around("(- ", offset, ") FOLLOWING", mode, out);
        return;
    }
    if (offset)
        print_around(mode == PLAN && bound == VONK_BOUND_PRECEDING ? "-" : "", offset, "", mode,
                     out);
    vonk_buffer_text(out, mode == PLAN ? plan_words[bound] : words[bound]);
}

static void print_frame(const vonk_expr *e, print_mode mode, vonk_buffer *out)
{
    bool rows = e->frame_unit == VONK_FRAME_ROWS;
    if (e->frame_unit == VONK_FRAME_DEFAULT) {
        vonk_buffer_text(out, mode == PLAN ? "unspecifiedframe$()" : "");
        return;
    }
    if (mode == PLAN)
        vonk_buffer_printf(out, "specifiedwindowframe(%s, ", rows ? "RowFrame" : "RangeFrame");
    else
        vonk_buffer_text(out, rows ? "ROWS BETWEEN " : "RANGE BETWEEN ");
    print_bound(e, false, mode, out);
    vonk_buffer_text(out, mode == PLAN ? ", " : " AND ");
    print_bound(e, true, mode, out);
    vonk_buffer_text(out, mode == PLAN ? ")" : "");
}

/* rank(c): in plans it shows what it ranks by */
static bool print_rank(const vonk_expr *e, vonk_buffer *out)
{
    static const char *const names[] = {"rank", "dense_rank", "percent_rank"};
    for (size_t i = 0; i < VONK_LENGTH(names); i++) {
        if (!vonk_expr_is_call(e->args[0], names[i]))
            continue;
        vonk_buffer_printf(out, "%s(", names[i]);
        for (uint32_t k = 0; k < e->n_order; k++)
            print_around(k ? ", " : "", vonk_window_order(e)[k]->args[0], "", PLAN, out);
        vonk_buffer_char(out, ')');
        return true;
    }
    return false;
}

/* sum(b) OVER (PARTITION BY a ORDER BY c ASC NULLS FIRST ROWS BETWEEN ...) */
static void print_window(const vonk_expr *e, print_mode mode, vonk_buffer *out)
{
    bool plan = mode == PLAN;
    uint32_t first_order = 1 + e->n_partition, end_order = first_order + e->n_order;
    if (!plan || !print_rank(e, out))
        print(e->args[0], mode, out);
    vonk_buffer_text(out, e->skips_nulls && (plan || vonk_expr_is_call(e->args[0], "nth_value"))
                              ? " ignore nulls"
                              : "");
    vonk_buffer_text(out, plan ? " windowspecdefinition(" : " OVER (");
    vonk_buffer_text(out, e->n_partition && !plan ? "PARTITION BY " : "");
    print_args(e, 1, first_order, mode, out);
    vonk_buffer_text(out, !e->n_partition ? "" : plan ? ", " : " ");
    vonk_buffer_text(out, e->n_order && !plan ? "ORDER BY " : "");
    print_args(e, first_order, end_order, mode, out);
    vonk_buffer_text(out, !e->n_order ? "" : plan ? ", " : " ");
    print_frame(e, mode, out);
    vonk_buffer_char(out, ')');
}

static void print(const vonk_expr *e, print_mode mode, vonk_buffer *out)
{
    switch (e->kind) {
    case VONK_EXPR_LITERAL:
        vonk_expr_print_literal(e, mode == PLAN, out);
        break;
    case VONK_EXPR_NAME:
    case VONK_EXPR_STAR:
        print_parts(e, mode, out);
        break;
    case VONK_EXPR_COLUMN:
        if (mode == PLAN)
            print_attribute(e->column_name, e->id, e->type, out);
        else
            vonk_buffer_text(out, e->column_name);
        break;
    case VONK_EXPR_INPUT:
        if (e->column_name)
            vonk_buffer_text(out, e->column_name);
        else
            vonk_buffer_printf(out, "input[%u]", e->index);
        break;
    case VONK_EXPR_CALL:
        print_call(e, mode, out);
        break;
    case VONK_EXPR_CAST:
        print_cast(e, mode, out);
        break;
    case VONK_EXPR_CASE:
        print_case(e, mode, out);
        break;
    case VONK_EXPR_ALIAS:
        print_alias(e, mode, out);
        break;
    case VONK_EXPR_SORT:
        print(e->args[0], mode, out);
        vonk_buffer_printf(out, " %s NULLS %s", e->descending ? "DESC" : "ASC",
                           e->nulls_first ? "FIRST" : "LAST");
        break;
    case VONK_EXPR_SUBQUERY:
    case VONK_EXPR_EXISTS:
    case VONK_EXPR_IN_QUERY:
        print_subquery(e, mode, out);
        break;
    case VONK_EXPR_WINDOW:
        print_window(e, mode, out);
        break;
    case VONK_N_EXPRS:
        break;
    }
}

void vonk_expr_print(const vonk_expr *e, bool pretty, vonk_buffer *out)
{
    print(e, pretty ? PRETTY : SQL, out);
}

void vonk_expr_print_plan(const vonk_expr *e, vonk_buffer *out)
{
    print(e, PLAN, out);
}
