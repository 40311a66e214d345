/*
 * operators_resolve.c - types of operators. Source: Spark's AnsiTypeCoercion, DecimalPrecision,
 * BinaryArithmetic.
 */
#include <string.h>

#include "expr/function_list.h"

static bool is_datetime(vonk_type t)
{
    return t.id == VONK_DATE || t.id == VONK_TIMESTAMP || t.id == VONK_TIMESTAMP_NTZ;
}

static bool is_interval(vonk_type t)
{
    return t.id == VONK_INTERVAL_YM || t.id == VONK_INTERVAL_DT;
}

static vonk_status coerce_both(vonk_expr *call, vonk_type type, vonk_arena *arena, vonk_error *err)
{
    for (uint32_t i = 0; i < 2; i++)
        VONK_TRY_ALLOC(call->args[i] = vonk_expr_coerce(arena, call->args[i], type, err));
    return VONK_OK;
}

static vonk_status resolved(const vonk_expr *call, vonk_type type, vonk_type *ret_type,
                            bool *ret_nullable)
{
    *ret_type = type;
    *ret_nullable = vonk_any_nullable(call);
    return VONK_OK;
}

/* A whole number's literal needs only the digits it has. */
static vonk_type decimal_for_arg(const vonk_expr *e)
{
    if (e->kind != VONK_EXPR_LITERAL || !vonk_type_is_integral(e->type) || e->value.is_null)
        return vonk_decimal_for(e->type);
    uint8_t digits = 1;
    for (int64_t rest = e->value.i64 / 10; rest; rest /= 10)
        digits++;
    return VONK_TYPE_DECIMAL(digits, 0);
}

static vonk_status make_decimal(vonk_expr *call, vonk_arena *arena, vonk_error *err)
{
    for (uint32_t i = 0; i < 2; i++)
        VONK_TRY_ALLOC(call->args[i] = vonk_expr_coerce(arena, call->args[i],
                                                        decimal_for_arg(call->args[i]), err));
    return VONK_OK;
}

static vonk_arith_op op_of(const char *name)
{
    if (!strcmp(name, "+") || !strcmp(name, "try_add"))
        return VONK_ADD;
    if (!strcmp(name, "-") || !strcmp(name, "try_subtract"))
        return VONK_SUB;
    if (!strcmp(name, "*") || !strcmp(name, "try_multiply"))
        return VONK_MUL;
    if (!strcmp(name, "/") || !strcmp(name, "try_divide"))
        return VONK_DIV;
    return !strcmp(name, "div") ? VONK_IDIV : VONK_MOD;
}

static vonk_status resolve_decimal_arith(vonk_expr *call, vonk_arith_op op, vonk_arena *arena,
                                         vonk_type *ret, vonk_error *err)
{
    VONK_TRY(make_decimal(call, arena, err));
    vonk_type a = call->args[0]->type, b = call->args[1]->type;
    *ret = op == VONK_IDIV ? VONK_TYPE(INT64) : vonk_decimal_arith_type(op, a, b);
    return VONK_OK;
}

/* `div` is of bigint or decimal. */
static vonk_status widen_integers(vonk_expr *call, vonk_arena *arena, vonk_error *err)
{
    bool decimal = call->args[0]->type.id == VONK_DECIMAL || call->args[1]->type.id == VONK_DECIMAL;
    for (uint32_t i = 0; i < 2 && !decimal; i++)
        if (vonk_type_is_integral(call->args[i]->type))
            VONK_TRY_ALLOC(call->args[i] =
                               vonk_expr_coerce(arena, call->args[i], VONK_TYPE(INT64), err));
    return VONK_OK;
}

/* Both sides are numeric (or one is NULL). */
static vonk_status resolve_numeric_arith(vonk_expr *call, vonk_arith_op op, vonk_arena *arena,
                                         vonk_type *ret, vonk_error *err)
{
    if (op == VONK_DIV && call->args[0]->type.id == VONK_NULL) /* NULL / 0.5 is a double */
        VONK_TRY_ALLOC(call->args[0] =
                           vonk_expr_coerce(arena, call->args[0], VONK_TYPE(FLOAT64), err));
    vonk_type a = call->args[0]->type, b = call->args[1]->type, common;
    bool floating = a.id == VONK_FLOAT32 || a.id == VONK_FLOAT64 || b.id == VONK_FLOAT32 ||
                    b.id == VONK_FLOAT64;
    if (a.id == VONK_NULL && b.id == VONK_NULL)
        a = VONK_TYPE(FLOAT64);
    if ((a.id == VONK_DECIMAL || b.id == VONK_DECIMAL) && !floating) {
        if (a.id == VONK_NULL || b.id == VONK_NULL)
            VONK_TRY(coerce_both(call, a.id == VONK_NULL ? b : a, arena, err));
        return resolve_decimal_arith(call, op, arena, ret, err);
    }
    if (vonk_common_type(a, b, &common) != VONK_OK)
        return vonk_fail_diff_types(call, err);
    if (op == VONK_DIV)
        common = VONK_TYPE(FLOAT64);
    if (op == VONK_IDIV) {
        if (floating)
            return vonk_fail_diff_types(call, err);
        common = VONK_TYPE(INT64);
    }
    VONK_TRY(coerce_both(call, common, arena, err));
    *ret = common;
    return VONK_OK;
}

/* Days and nothing below, by its type. */
static bool is_whole_days(const vonk_expr *interval)
{
    return interval->type.precision == 1 && interval->type.scale == 1;
}

/* NULL beside a date, timestamp or interval gets the type that Spark gives it. */
static vonk_status type_null_beside_time(vonk_expr *call, vonk_arith_op op, vonk_arena *arena,
                                         vonk_error *err)
{
    uint32_t null_at = call->args[0]->type.id == VONK_NULL ? 0 : 1;
    vonk_expr **null = &call->args[null_at], **other = &call->args[1 - null_at];
    bool additive = op == VONK_ADD || op == VONK_SUB;
    vonk_type type = additive ? (*other)->type : VONK_TYPE(FLOAT64);
    if ((*null)->type.id != VONK_NULL)
        return VONK_OK;
    if (op == VONK_ADD && is_datetime((*other)->type)) {
        type = VONK_TYPE(INTERVAL_DT);
        if ((*other)->type.id == VONK_DATE)
            VONK_TRY_ALLOC(*other = vonk_expr_coerce(arena, *other, VONK_TYPE(TIMESTAMP), err));
    }
    VONK_TRY_ALLOC(*null = vonk_expr_coerce(arena, *null, type, err));
    return VONK_OK;
}

/* What messages say that an operator takes. */
static const char *required_by(vonk_arith_op op)
{
    if (op == VONK_ADD || op == VONK_SUB)
        return "(\"NUMERIC\" or \"INTERVAL DAY TO SECOND\" or \"INTERVAL YEAR TO MONTH\" or "
               "\"INTERVAL\")";
    if (op == VONK_IDIV)
        return "(\"BIGINT\" or \"DECIMAL\" or \"INTERVAL YEAR TO MONTH\" or \"INTERVAL DAY TO "
               "SECOND\")";
    return op == VONK_DIV ? "(\"DOUBLE\" or \"DECIMAL\")" : "\"NUMERIC\"";
}

/* As that other call says it: Spark has made one of the operator by then. */
static vonk_status fail_as(const vonk_expr *call, const char *name, bool swap, uint32_t i,
                           const char *required, vonk_error *err)
{
    vonk_expr other = *call;
    vonk_expr *args[2] = {call->args[swap], call->args[!swap]};
    other.name = name;
    other.args = args;
    return vonk_fail_input_type(&other, i, required, err);
}

/* An interval is added to what is no time. */
static vonk_status fail_no_timestamp(const vonk_expr *call, const vonk_expr *other,
                                     const vonk_expr *interval, vonk_error *err)
{
    vonk_buffer text = {0}, type = {0}, shown = {0};
    vonk_expr_print(other, true, &text);
    vonk_expr_print(interval, true, &shown);
    vonk_type_print_sql(other->type, &type);
    vonk_status status = vonk_fail_sql(
        err, "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        "Cannot resolve \"%s + %s\" due to data type mismatch: The first parameter requires the "
        "\"(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)\" type, however \"%s\" has the type \"%s\".",
        vonk_buffer_str(&text), vonk_buffer_str(&shown), vonk_buffer_str(&text),
        vonk_buffer_str(&type));
    vonk_buffer_free(&text);
    vonk_buffer_free(&type);
    vonk_buffer_free(&shown);
    return vonk_error_at(err, status, call->start, call->end);
}

/* Neither side suits the other. Source: Spark's BinaryArithmeticWithDatetimeResolver. */
static vonk_status fail_time_arith(const vonk_expr *call, vonk_arith_op op, vonk_error *err)
{
    static const char days[] = "(\"INT\" or \"SMALLINT\" or \"TINYINT\")";
    vonk_type a = call->args[0]->type, b = call->args[1]->type;
    bool additive = op == VONK_ADD || op == VONK_SUB;
    if (additive && a.id == VONK_DATE)
        return fail_as(call, op == VONK_ADD ? "date_add" : "date_sub", false, 1, days, err);
    if (op == VONK_ADD && b.id == VONK_DATE)
        return fail_as(call, "date_add", true, 1, days, err);
    if (op == VONK_SUB && b.id == VONK_DATE)
        return vonk_fail_input_type(call, 0, "\"DATE\"", err);
    if (op == VONK_MUL && (is_interval(a) || is_interval(b)))
        return fail_as(call, "*",
                       a.id != VONK_INTERVAL_YM && (b.id == VONK_INTERVAL_YM || !is_interval(a)), 1,
                       "\"NUMERIC\"", err);
    if (op == VONK_ADD && is_interval(a))
        return fail_no_timestamp(call, call->args[1], call->args[0], err);
    if (op == VONK_ADD && is_interval(b))
        return fail_no_timestamp(call, call->args[0], call->args[1], err);
    if (op == VONK_DIV && is_interval(a))
        return vonk_fail_input_type(call, 1, "\"NUMERIC\"", err);
    if (vonk_type_equal(a, b))
        return vonk_fail_op_type(call, required_by(op), a, err);
    return vonk_fail_diff_types(call, err);
}

/* date + int, date - date, datetime + interval, interval + interval, interval * number */
static vonk_status resolve_time_arith(vonk_expr *call, vonk_arith_op op, vonk_arena *arena,
                                      vonk_type *ret, vonk_error *err)
{
    VONK_TRY(type_null_beside_time(call, op, arena, err));
    vonk_type a = call->args[0]->type, b = call->args[1]->type;
    bool additive = op == VONK_ADD || op == VONK_SUB;
    bool both = (is_datetime(a) || a.id == VONK_STRING) && (is_datetime(b) || b.id == VONK_STRING);
    if (op == VONK_SUB && both) {
        vonk_type common;
        if (vonk_common_type(a, b, &common) != VONK_OK)
            return vonk_fail_diff_types(call, err);
        VONK_TRY(coerce_both(call, common, arena, err));
        *ret = VONK_TYPE(INTERVAL_DT);
        if (common.id == VONK_DATE)
            ret->precision = ret->scale = 1; /* days */
    } else if (additive && a.id == VONK_DATE && (vonk_type_is_integral(b) && b.id < VONK_INT64)) {
        VONK_TRY_ALLOC(call->args[1] =
                           vonk_expr_coerce(arena, call->args[1], VONK_TYPE(INT32), err));
        *ret = a;
    } else if (additive && is_datetime(a) && is_interval(b)) {
        bool to_timestamp =
            a.id == VONK_DATE && b.id == VONK_INTERVAL_DT && !is_whole_days(call->args[1]);
        if (to_timestamp)
            VONK_TRY_ALLOC(call->args[0] =
                               vonk_expr_coerce(arena, call->args[0], VONK_TYPE(TIMESTAMP), err));
        *ret = to_timestamp ? VONK_TYPE(TIMESTAMP) : a;
    } else if (op == VONK_ADD && is_datetime(b) && (is_interval(a) || vonk_type_is_integral(a))) {
        vonk_expr *first = call->args[0];
        call->args[0] = call->args[1];
        call->args[1] = first;
        return resolve_time_arith(call, op, arena, ret, err);
    } else if (op == VONK_IDIV && is_interval(a) && a.id == b.id) {
        *ret = VONK_TYPE(INT64);
    } else if (additive && is_interval(a) && vonk_type_equal(a, b)) {
        return vonk_common_type(a, b, ret);
    } else if ((op == VONK_MUL || op == VONK_DIV) && is_interval(a) &&
               (vonk_type_is_numeric(b) || b.id == VONK_STRING)) {
        vonk_type by = vonk_type_is_integral(b) ? VONK_TYPE(INT64) : VONK_TYPE(FLOAT64);
        VONK_TRY_ALLOC(call->args[1] = vonk_expr_coerce(arena, call->args[1], by, err));
        *ret = (vonk_type){.id = a.id}; /* of all fields */
    } else if (op == VONK_MUL && (vonk_type_is_numeric(a) || a.id == VONK_STRING) &&
               is_interval(b)) {
        vonk_expr *first = call->args[0];
        call->args[0] = call->args[1];
        call->args[1] = first;
        return resolve_time_arith(call, op, arena, ret, err);
    } else {
        return fail_time_arith(call, op, err);
    }
    return VONK_OK;
}

vonk_status vonk_resolve_arith(vonk_expr *call, const vonk_eval_settings *settings,
                               vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                               vonk_error *err)
{
    if (call->n_args == 1 && (!strcmp(call->name, "-") || !strcmp(call->name, "+")))
        return vonk_resolve_negative(call, settings, arena, ret_type, ret_nullable, err);
    VONK_TRY(vonk_check_n_args(call, 2, 2, err));
    vonk_arith_op op = op_of(call->name);
    vonk_type a = call->args[0]->type, b = call->args[1]->type, type;
    bool time = is_datetime(a) || is_datetime(b) || is_interval(a) || is_interval(b);
    if (op == VONK_IDIV) /* first of all, for Spark */
        VONK_TRY(widen_integers(call, arena, err));
    if (time) {
        VONK_TRY(resolve_time_arith(call, op, arena, &type, err));
    } else {
        if ((a.id == VONK_STRING) != (b.id == VONK_STRING)) {
            vonk_type met;
            if (vonk_common_type(a, b, &met) != VONK_OK)
                return vonk_fail_diff_types(call, err);
            VONK_TRY(
                coerce_both(call, met.id == VONK_STRING ? VONK_TYPE(FLOAT64) : met, arena, err));
        }
        a = call->args[0]->type;
        b = call->args[1]->type;
        bool a_fits = vonk_type_is_numeric(a) || a.id == VONK_NULL;
        bool b_fits = vonk_type_is_numeric(b) || b.id == VONK_NULL;
        if (vonk_type_equal(a, b) && !a_fits)
            return vonk_fail_op_type(call, required_by(op), a, err);
        if (!a_fits || !b_fits)
            return vonk_fail_diff_types(call, err);
        VONK_TRY(resolve_numeric_arith(call, op, arena, &type, err));
    }
    return resolved(call, type, ret_type, ret_nullable);
}

vonk_status vonk_resolve_negative(vonk_expr *call, const vonk_eval_settings *settings,
                                  vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                  vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, 1, err));
    vonk_type type = call->args[0]->type;
    bool other = !vonk_type_is_numeric(type) && type.id != VONK_STRING && type.id != VONK_NULL;
    if (other && !is_interval(type))
        return vonk_fail_input_type(call, 0, required_by(VONK_ADD), err);
    if (!other)
        VONK_TRY(vonk_resolve_numeric_arg(call, 0, arena, err));
    return resolved(call, call->args[0]->type, ret_type, ret_nullable);
}

vonk_status vonk_resolve_compare(vonk_expr *call, const vonk_eval_settings *settings,
                                 vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                 vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 2, 2, err));
    vonk_type common;
    if (vonk_common_type(call->args[0]->type, call->args[1]->type, &common) != VONK_OK)
        return vonk_fail_diff_types(call, err);
    if (common.id == VONK_NULL)
        common = VONK_TYPE(INT32);
    VONK_TRY(coerce_both(call, common, arena, err));
    *ret_type = VONK_TYPE(BOOL);
    *ret_nullable = strcmp(call->name, "<=>") != 0 && vonk_any_nullable(call);
    return VONK_OK;
}

vonk_status vonk_resolve_logic(vonk_expr *call, const vonk_eval_settings *settings,
                               vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                               vonk_error *err)
{
    (void)settings;
    uint32_t n = strcmp(call->name, "not") ? 2 : 1;
    VONK_TRY(vonk_check_n_args(call, n, n, err));
    for (uint32_t i = 0; i < n; i++) {
        vonk_type t = call->args[i]->type;
        if (t.id == VONK_BOOL || t.id == VONK_STRING || t.id == VONK_NULL) {
            VONK_TRY(vonk_resolve_arg(call, i, VONK_TYPE(BOOL), arena, err));
            continue;
        }
        if (n == 1)
            return vonk_fail_input_type(call, 0, "\"BOOLEAN\"", err);
        if (!vonk_type_equal(call->args[0]->type, call->args[1]->type))
            return vonk_fail_diff_types(call, err);
        return vonk_fail_op_type(call, "\"BOOLEAN\"", t, err);
    }
    return resolved(call, VONK_TYPE(BOOL), ret_type, ret_nullable);
}

vonk_status vonk_resolve_is_null(vonk_expr *call, const vonk_eval_settings *settings,
                                 vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                 vonk_error *err)
{
    (void)settings;
    (void)arena;
    VONK_TRY(vonk_check_n_args(call, 1, 1, err));
    *ret_type = VONK_TYPE(BOOL);
    *ret_nullable = false;
    return VONK_OK;
}

/* IN and BETWEEN: all arguments in one type. */
static vonk_status resolve_alike(vonk_expr *call, vonk_arena *arena, vonk_type *ret_type,
                                 bool *ret_nullable, vonk_error *err)
{
    vonk_type common;
    vonk_status status = vonk_expr_coerce_all(arena, call->args, call->n_args, &common, err);
    if (status == VONK_INVALID)
        return vonk_fail_data_types(call, err);
    VONK_TRY(status);
    for (uint32_t i = 0; common.id == VONK_NULL && i < call->n_args; i++)
        VONK_TRY_ALLOC(call->args[i] =
                           vonk_expr_coerce(arena, call->args[i], VONK_TYPE(INT32), err));
    return resolved(call, VONK_TYPE(BOOL), ret_type, ret_nullable);
}

vonk_status vonk_resolve_in(vonk_expr *call, const vonk_eval_settings *settings, vonk_arena *arena,
                            vonk_type *ret_type, bool *ret_nullable, vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, UINT32_MAX, err));
    return resolve_alike(call, arena, ret_type, ret_nullable, err);
}

vonk_status vonk_resolve_between(vonk_expr *call, const vonk_eval_settings *settings,
                                 vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                 vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 3, 3, err));
    return resolve_alike(call, arena, ret_type, ret_nullable, err);
}

vonk_status vonk_resolve_bits(vonk_expr *call, const vonk_eval_settings *settings,
                              vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                              vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 2, 2, err));
    vonk_type common;
    if (vonk_common_type(call->args[0]->type, call->args[1]->type, &common) != VONK_OK)
        return vonk_fail_diff_types(call, err);
    if (common.id == VONK_NULL)
        common = VONK_TYPE(INT32);
    if (!vonk_type_is_integral(common))
        return vonk_fail_op_type(call, "\"INTEGRAL\"", common, err);
    VONK_TRY(coerce_both(call, common, arena, err));
    return resolved(call, common, ret_type, ret_nullable);
}

vonk_status vonk_resolve_bit_not(vonk_expr *call, const vonk_eval_settings *settings,
                                 vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                 vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, 1, err));
    if (call->args[0]->type.id == VONK_NULL)
        VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(INT64), arena, err));
    if (!vonk_type_is_integral(call->args[0]->type))
        return vonk_fail_input_type(call, 0, "\"INTEGRAL\"", err);
    return resolved(call, call->args[0]->type, ret_type, ret_nullable);
}

/* Shifts of int and bigint by int. */
vonk_status vonk_resolve_shift(vonk_expr *call, const vonk_eval_settings *settings,
                               vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                               vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 2, 2, err));
    vonk_type type = call->args[0]->type;
    VONK_TRY(
        vonk_resolve_arg(call, 0, type.id == VONK_INT64 ? type : VONK_TYPE(INT32), arena, err));
    VONK_TRY(vonk_resolve_arg(call, 1, VONK_TYPE(INT32), arena, err));
    return resolved(call, call->args[0]->type, ret_type, ret_nullable);
}

/* concat and ||: strings, unless all are binary. */
vonk_status vonk_resolve_concat(vonk_expr *call, const vonk_eval_settings *settings,
                                vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                vonk_error *err)
{
    (void)settings;
    bool all_binary = call->n_args > 0;
    for (uint32_t i = 0; i < call->n_args; i++)
        all_binary &= call->args[i]->type.id == VONK_BINARY;
    vonk_type type = all_binary ? VONK_TYPE(BINARY) : VONK_TYPE(STRING);
    for (uint32_t i = 0; i < call->n_args; i++)
        VONK_TRY(vonk_resolve_arg(call, i, type, arena, err));
    return resolved(call, type, ret_type, ret_nullable);
}

/* Strings beside other types. */
static bool mixes_strings(const vonk_expr *call)
{
    bool strings = false, others = false;
    for (uint32_t i = 0; i < call->n_args; i++) {
        strings |= call->args[i]->type.id == VONK_STRING;
        others |= call->args[i]->type.id != VONK_STRING && call->args[i]->type.id != VONK_NULL;
    }
    return strings && others;
}

/* coalesce, nvl, ifnull, greatest, least: one type, not null if an argument is not. */
vonk_status vonk_resolve_coalesce(vonk_expr *call, const vonk_eval_settings *settings,
                                  vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                  vonk_error *err)
{
    (void)settings;
    bool two = !strcmp(call->name, "nvl") || !strcmp(call->name, "ifnull");
    bool several = !strcmp(call->name, "greatest") || !strcmp(call->name, "least");
    VONK_TRY(vonk_check_n_args(call, two || several ? 2 : 1, two ? 2 : UINT32_MAX, err));
    if (several && mixes_strings(call))
        return vonk_fail_data_types(call, err);
    vonk_type common;
    vonk_status status = vonk_expr_coerce_all(arena, call->args, call->n_args, &common, err);
    if (status == VONK_INVALID)
        return vonk_fail_data_types(call, err);
    VONK_TRY(status);
    *ret_type = common;
    *ret_nullable = true;
    for (uint32_t i = 0; i < call->n_args; i++)
        *ret_nullable &= call->args[i]->nullable;
    return VONK_OK;
}

/* The last two arguments of if and nvl2 in one type. */
static vonk_status resolve_two_branches(vonk_expr *call, vonk_arena *arena, vonk_type *ret_type,
                                        bool *ret_nullable, vonk_error *err)
{
    vonk_status status = vonk_expr_coerce_all(arena, call->args + 1, 2, ret_type, err);
    if (status == VONK_INVALID)
        return vonk_fail_data_types(call, err);
    VONK_TRY(status);
    *ret_nullable = call->args[1]->nullable || call->args[2]->nullable;
    return VONK_OK;
}

vonk_status vonk_resolve_if(vonk_expr *call, const vonk_eval_settings *settings, vonk_arena *arena,
                            vonk_type *ret_type, bool *ret_nullable, vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 3, 3, err));
    VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(BOOL), arena, err));
    return resolve_two_branches(call, arena, ret_type, ret_nullable, err);
}

vonk_status vonk_resolve_nvl2(vonk_expr *call, const vonk_eval_settings *settings,
                              vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                              vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 3, 3, err));
    return resolve_two_branches(call, arena, ret_type, ret_nullable, err);
}

/* nullif(a, b) has a's own type; Spark: if(a = b, null, a). */
vonk_status vonk_resolve_nullif(vonk_expr *call, const vonk_eval_settings *settings,
                                vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 2, 2, err));
    vonk_type common;
    *ret_type = call->args[0]->type;
    *ret_nullable = true;
    if (vonk_common_type(call->args[0]->type, call->args[1]->type, &common) != VONK_OK)
        return vonk_fail_diff_types(call, err);
    return coerce_both(call, common, arena, err);
}
