/* arith.c - + - * / div % : checks, dispatch, and what to do about rows at fault. */
#include "kernel/arith.h"

#include <inttypes.h>
#include <math.h>

#include "kernel/decimal.h"
#include "kernel/operands.h"

#define TEMPLATE "kernel/arith_integer.inc.h"
#include "kernel/each_integer.inc.h"

#define TEMPLATE "kernel/arith_float.inc.h"
#include "kernel/each_float.inc.h"

static const struct {
    bool (*run)(const arith_call *call); /* some row may be at fault */
    arith_row_fn *fault_of;
} fns[VONK_N_PHYS] = {
    [VONK_PHYS_I8] = {arith_i8, arith_row_i8},    [VONK_PHYS_I16] = {arith_i16, arith_row_i16},
    [VONK_PHYS_I32] = {arith_i32, arith_row_i32}, [VONK_PHYS_I64] = {arith_i64, arith_row_i64},
    [VONK_PHYS_F32] = {arith_f32, arith_row_f32}, [VONK_PHYS_F64] = {arith_f64, arith_row_f64},
};

static arith_fault idiv_row(const arith_call *call, uint32_t row)
{
    int64_t x = ((const int64_t *)call->a.values)[vonk_column_at(&call->a, row)];
    int64_t y = ((const int64_t *)call->b.values)[vonk_column_at(&call->b, row)];
    if (y == 0)
        return ARITH_BY_ZERO;
    return call->ansi && x == INT64_MIN && y == -1 ? ARITH_OVERFLOW : ARITH_FINE;
}

static bool idiv_i64(const arith_call *call)
{
    const int64_t *a = call->a.values, *b = call->b.values;
    size_t a_step = call->a.encoding != VONK_CONSTANT, b_step = call->b.encoding != VONK_CONSTANT;
    int64_t *out = call->out.values;
    bool bad = false;
    for (size_t i = 0; i < call->out.length; i++) {
        int64_t x = a[i * a_step], y = b[i * b_step];
        bool odd = y == 0 || y == -1; /* -x wraps for the least x, as in Java */
        bad |= y == 0 || (y == -1 && x == INT64_MIN);
        out[i] = odd ? (int64_t) - (uint64_t)x : x / y;
    }
    return bad;
}

static const char *const try_names[] = {
    [VONK_ADD] = "try_add",    [VONK_SUB] = "try_subtract", [VONK_MUL] = "try_multiply",
    [VONK_DIV] = "try_divide", [VONK_IDIV] = "try_divide",  [VONK_MOD] = "try_mod",
};

#define OR_NOT_ANSI                                                                                \
    " If necessary set \"spark.sql.ansi.enabled\" to \"false\" to bypass this error."

/* "127S + 1S": what tinyint and smallint say, as their literals are written. */
static vonk_status fail_small(const arith_call *call, uint32_t row, vonk_error *err)
{
    static const char symbols[] = {[VONK_ADD] = '+', [VONK_SUB] = '-', [VONK_MUL] = '*'};
    uint32_t i = vonk_column_at(&call->a, row), j = vonk_column_at(&call->b, row);
    bool tiny = call->out.type.id == VONK_INT8;
    int x = tiny ? ((const int8_t *)call->a.values)[i] : ((const int16_t *)call->a.values)[i];
    int y = tiny ? ((const int8_t *)call->b.values)[j] : ((const int16_t *)call->b.values)[j];
    return vonk_fail_sql(err, "BINARY_ARITHMETIC_OVERFLOW",
                         "%dS %c %dS caused overflow. Use `%s` to ignore overflow problem and "
                         "return NULL.",
                         x, symbols[call->op], y, try_names[call->op]);
}

static vonk_status fail_overflow(const arith_call *call, uint32_t row, vonk_error *err)
{
    const char *try_name = try_names[call->op];
    char text[200];
    switch (call->a.type.id) {
    case VONK_DECIMAL:
        arith_decimal_text(call, row, text);
        return vonk_decimal_fail(text, arith_decimal_result(call), err);
    case VONK_INT8:
    case VONK_INT16:
        return fail_small(call, row, err);
    case VONK_INTERVAL_YM:
    case VONK_INTERVAL_DT:
        return vonk_fail_sql(err, "INTERVAL_ARITHMETIC_OVERFLOW.WITH_SUGGESTION",
                             "Integer overflow while operating with intervals. Use `%s` to "
                             "tolerate overflow and return NULL instead.",
                             try_name);
    default:
        break;
    }
    const char *what = call->op == VONK_IDIV ? "Overflow in integral divide." : "overflow.";
    return vonk_fail_sql(err, "ARITHMETIC_OVERFLOW",
                         "%s Use '%s' to tolerate overflow and return NULL instead." OR_NOT_ANSI,
                         what, try_name);
}

vonk_status arith_fail(const arith_call *call, arith_fault fault, uint32_t row, vonk_error *err)
{
    if (fault == ARITH_OVERFLOW)
        return fail_overflow(call, row, err);
    if (call->op == VONK_MOD)
        return vonk_fail_sql(err, "REMAINDER_BY_ZERO",
                             "Remainder by zero. Use `try_mod` to tolerate divisor being 0 and "
                             "return NULL instead." OR_NOT_ANSI);
    return vonk_fail_sql(err, "DIVIDE_BY_ZERO",
                         "Division by zero. Use `try_divide` to tolerate divisor being 0 and "
                         "return NULL instead." OR_NOT_ANSI);
}

vonk_status arith_set_null(arith_call *call, uint32_t row, vonk_error *err)
{
    vonk_column *out = &call->out;
    if (!out->validity) {
        VONK_TRY(vonk_column_add_validity(call->arena, out, err));
    } else if (out->validity == call->a.validity || out->validity == call->b.validity) {
        const uint64_t *shared = out->validity; /* an operand's own bits: not ours to change */
        VONK_TRY(vonk_column_add_validity(call->arena, out, err));
        memcpy(out->validity, shared, vonk_bitmap_words(out->length) * 8);
    }
    vonk_bit_set(out->validity, row, false);
    return VONK_OK;
}

vonk_status arith_settle(arith_call *call, arith_row_fn *fault_of, vonk_error *err)
{
    for (uint32_t row = 0; row < call->out.length; row++) {
        if (!vonk_column_is_valid(&call->out, row))
            continue;
        arith_fault fault = fault_of(call, row);
        if (fault == ARITH_FINE)
            continue;
        if (call->ansi)
            return arith_fail(call, fault, row, err);
        VONK_TRY(arith_set_null(call, row, err));
    }
    return VONK_OK;
}

static vonk_status run(arith_call *call, vonk_error *err)
{
    if (call->a.type.id == VONK_DECIMAL)
        return arith_decimal(call, err);
    if (call->op == VONK_IDIV)
        return idiv_i64(call) ? arith_settle(call, idiv_row, err) : VONK_OK;
    vonk_physical_type type = vonk_type_physical(call->out.type);
    bool suspect = fns[type].run(call);
    bool wraps = !call->ansi && call->op <= VONK_MUL; /* Spark without ANSI: Java's answer */
    return suspect && !wraps ? arith_settle(call, fns[type].fault_of, err) : VONK_OK;
}

static vonk_status check(vonk_arith_op op, vonk_type result, const vonk_column *a,
                         const vonk_column *b, vonk_error *err)
{
    bool decimal = a->type.id == VONK_DECIMAL && b->type.id == VONK_DECIMAL;
    bool floating = result.id == VONK_FLOAT32 || result.id == VONK_FLOAT64;
    vonk_physical_type type = vonk_type_physical(a->type);
    VONK_TRY(vonk_check_lengths("compute", a, b, err));
    if (decimal && result.id == (op == VONK_IDIV ? VONK_INT64 : VONK_DECIMAL))
        return VONK_OK;
    bool same = !decimal && type == vonk_type_physical(b->type) &&
                type == vonk_type_physical(result) && result.id != VONK_DECIMAL &&
                a->type.id != VONK_DECIMAL && b->type.id != VONK_DECIMAL;
    bool has_op = op == VONK_IDIV ? type == VONK_PHYS_I64 : op != VONK_DIV || floating;
    if (same && has_op && fns[type].run)
        return VONK_OK;
    return vonk_fail(err, VONK_INVALID, "no arithmetic %d of %s and %s that makes %s", (int)op,
                     vonk_type_sql_name(a->type), vonk_type_sql_name(b->type),
                     vonk_type_sql_name(result));
}

vonk_status vonk_arith(vonk_arena *arena, vonk_arith_op op, bool ansi, vonk_type result,
                       const vonk_column *a, const vonk_column *b, vonk_column *ret,
                       vonk_error *err)
{
    arith_call call = {.arena = arena, .op = op, .ansi = ansi};
    if (a->length == b->length && (vonk_is_null_constant(a) || vonk_is_null_constant(b)))
        return vonk_column_null(arena, result, a->length, ret, err);
    VONK_TRY(check(op, result, a, b, err));
    bool constant = vonk_is_constant(a) && vonk_is_constant(b);
    VONK_TRY(vonk_decode(arena, a, &call.a, err));
    VONK_TRY(vonk_decode(arena, b, &call.b, err));
    if (constant && a->length) { /* one row of it; neither is null */
        call.a.encoding = call.b.encoding = VONK_FLAT;
        call.a.length = call.b.length = 1;
        call.a.validity = call.b.validity = NULL;
    }
    VONK_TRY(vonk_column_new(arena, result, call.a.length, &call.out, err));
    VONK_TRY(vonk_validity_and(arena, &call.a, &call.b, &call.out.validity, err));
    VONK_TRY(run(&call, err));
    if (constant && a->length) {
        call.out.encoding = VONK_CONSTANT;
        call.out.length = a->length;
    }
    *ret = call.out;
    return VONK_OK;
}
