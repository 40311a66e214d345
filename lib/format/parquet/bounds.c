/*
 * bounds.c - see bounds.h. Everything unknown may match. Statistics of old writers (min, max) hold
 * for signed numbers only. NaN is in no statistics but is greater than all numbers in Spark, so
 * that a maximum of floating point says nothing.
 */
#include "format/parquet/bounds.h"

#include "format/parquet/scan.h"

static bool is_float(vonk_type type)
{
    return type.id == VONK_FLOAT32 || type.id == VONK_FLOAT64;
}

/* One bound, stored as a plain value, as a value of the column's type. */
static bool decode_bound(const vonk_pq_scan_column *col, vonk_slice bytes, vonk_value *ret)
{
    _Alignas(16) char converted[16] = {0};
    const vonk_pq_cast *cast = &col->cast;
    vonk_string view;
    const void *from = bytes.data;
    if (bytes.length > INT32_MAX || (cast->from_width && bytes.length != cast->from_width))
        return false;
    if (!cast->from_width) {
        view = vonk_string_of(bytes.data, (uint32_t)bytes.length);
        from = &view;
    }
    if (vonk_pq_convert(cast, from, 1, converted, NULL) != VONK_OK)
        return false;
    if (cast->type.id == VONK_BOOL) {
        *ret = (vonk_value){.boolean = converted[0] & 1};
        return true;
    }
    vonk_column one = {.type = cast->type, .length = 1, .values = converted};
    *ret = vonk_column_value(&one, 0);
    if (cast->type.id == VONK_STRING || cast->type.id == VONK_BINARY)
        ret->string = bytes; /* not what is inside the short view here */
    return !is_float(cast->type) || ret->f64 == ret->f64;
}

/* The order of the statistics is the order of the column. */
static bool trusted(const vonk_pq_file *file, const vonk_pq_scan_column *col,
                    const vonk_pq_stats *stats)
{
    const vonk_pq_cast *cast = &col->cast;
    bool numbers = cast->physical <= VONK_PQ_INT64 || cast->physical == VONK_PQ_FLOAT ||
                   cast->physical == VONK_PQ_DOUBLE;
    if (cast->physical == VONK_PQ_INT96)
        return false;
    if (stats->deprecated)
        return numbers && cast->op != VONK_PQ_U32_I64 && cast->op != VONK_PQ_DECIMAL_U64;
    return numbers || file->meta.has_orders;
}

vonk_pq_bounds vonk_pq_bounds_of(const vonk_pq_file *file, const vonk_pq_scan_column *col,
                                 const vonk_pq_stats *stats, int64_t n_rows)
{
    vonk_pq_bounds ret = {.type = col->type, .n_nulls = n_rows, .n_rows = n_rows};
    if (col->missing)
        return ret;
    ret.n_nulls = col->optional ? stats->null_count : 0;
    if (!trusted(file, col, stats))
        return ret;
    ret.has_min = stats->has_min && decode_bound(col, stats->min, &ret.min);
    ret.has_max = stats->has_max && decode_bound(col, stats->max, &ret.max) && !is_float(col->type);
    return ret;
}

static int compare(vonk_type type, const vonk_value *a, const vonk_value *b)
{
    switch (type.id) {
    case VONK_BOOL:
        return a->boolean - b->boolean;
    case VONK_DECIMAL:
        return (a->i128 > b->i128) - (a->i128 < b->i128);
    case VONK_FLOAT32:
    case VONK_FLOAT64:
        if (b->f64 != b->f64) /* a bound is never NaN */
            return -1;
        return (a->f64 > b->f64) - (a->f64 < b->f64);
    case VONK_STRING:
    case VONK_BINARY: {
        size_t n = a->string.length < b->string.length ? a->string.length : b->string.length;
        int order = n ? memcmp(a->string.data, b->string.data, n) : 0;
        return order
                   ? order
                   : (a->string.length > b->string.length) - (a->string.length < b->string.length);
    }
    default:
        return (a->i64 > b->i64) - (a->i64 < b->i64);
    }
}

/* Some row may satisfy "column `op` value". */
static bool may_compare(const vonk_pq_bounds *b, const char *op, const vonk_expr *literal)
{
    const vonk_value *value = &literal->value;
    if (!strcmp(op, "<=>") && value->is_null)
        return b->n_nulls != 0;
    if (value->is_null || b->n_nulls == b->n_rows)
        return false;
    if (!vonk_type_equal(b->type, literal->type))
        return true;
    int low = b->has_min ? compare(b->type, &b->min, value) : -1;
    int high = b->has_max ? compare(b->type, &b->max, value) : 1;
    if (!b->has_min && !b->has_max)
        return true;
    if (!strcmp(op, "<"))
        return !b->has_min || low < 0;
    if (!strcmp(op, "<="))
        return !b->has_min || low <= 0;
    if (!strcmp(op, ">"))
        return !b->has_max || high > 0;
    if (!strcmp(op, ">="))
        return !b->has_max || high >= 0;
    if (!strcmp(op, "=") || !strcmp(op, "==") || !strcmp(op, "<=>"))
        return (!b->has_min || low <= 0) && (!b->has_max || high >= 0);
    return true;
}

/* The operator with its sides exchanged. */
static const char *turned(const char *op)
{
    static const char *const pairs[][2] = {{"<", ">"}, {"<=", ">="}, {">", "<"}, {">=", "<="}};
    for (size_t i = 0; i < VONK_LENGTH(pairs); i++)
        if (!strcmp(op, pairs[i][0]))
            return pairs[i][1];
    return op;
}

static bool is_comparison(const char *name)
{
    static const char *const names[] = {"=", "==", "<", "<=", ">", ">=", "<=>"};
    for (size_t i = 0; i < VONK_LENGTH(names); i++)
        if (!strcmp(name, names[i]))
            return true;
    return false;
}

static bool all_literals(vonk_expr *const *args, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (args[i]->kind != VONK_EXPR_LITERAL)
            return false;
    return true;
}

/* A call whose first argument is a column and whose others are literals. */
static bool may_match_column(const vonk_pq_bounds *b, const vonk_expr *e)
{
    if (!strcmp(e->name, "isnull"))
        return b->n_nulls != 0;
    if (!strcmp(e->name, "isnotnull"))
        return b->n_nulls != b->n_rows;
    if (e->n_args == 2 && is_comparison(e->name))
        return may_compare(b, e->name, e->args[1]);
    if (e->n_args == 3 && !strcmp(e->name, "between"))
        return may_compare(b, ">=", e->args[1]) && may_compare(b, "<=", e->args[2]);
    if (strcmp(e->name, "in") != 0)
        return true;
    for (uint32_t i = 1; i < e->n_args; i++)
        if (may_compare(b, "=", e->args[i]))
            return true;
    return false;
}

bool vonk_pq_is_test(const vonk_expr *e, uint32_t *ret_column)
{
    bool turns = e->n_args == 2 && is_comparison(e->name);
    if (e->args[0]->kind == VONK_EXPR_INPUT && all_literals(e->args + 1, e->n_args - 1)) {
        *ret_column = e->args[0]->index;
        return true;
    }
    if (turns && e->args[1]->kind == VONK_EXPR_INPUT && all_literals(e->args, 1)) {
        *ret_column = e->args[1]->index;
        return true;
    }
    return false;
}

bool vonk_pq_may_pass(const vonk_pq_bounds *b, const vonk_expr *test)
{
    if (test->args[0]->kind == VONK_EXPR_INPUT)
        return may_match_column(b, test);
    return may_compare(b, turned(test->name), test->args[0]);
}

bool vonk_pq_may_have_key(const vonk_pq_bounds *b, const vonk_key_filter *keys)
{
    if (vonk_key_filter_is_open(keys) || (keys->takes_nulls && b->n_nulls != 0))
        return true;
    if (!keys->n_keys || b->n_nulls == b->n_rows)
        return false;
    if (b->type.id == VONK_DECIMAL)
        return !(b->has_min && b->min.i128 > keys->max) && !(b->has_max && b->max.i128 < keys->min);
    return !(b->has_min && b->min.i64 > keys->max) && !(b->has_max && b->max.i64 < keys->min);
}
