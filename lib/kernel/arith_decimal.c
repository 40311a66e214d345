/*
 * arith_decimal.c - arithmetic on decimal columns.
 *
 * The types of operands and result mostly prove that nothing can overflow; then it is a plain loop.
 * Where they do not (a result capped at 38 digits), a look at the batch may; else it goes row by
 * row through kernel/decimal.h.
 */
#include "kernel/arith.h"
#include "kernel/decimal.h"
#include "kernel/operands.h"

#define TA     int64_t
#define TB     int64_t
#define TR     int64_t
#define UR     uint64_t
#define SUFFIX n_n_n
#include "kernel/arith_decimal.inc.h"

#define TA     int64_t
#define TB     int64_t
#define TR     vonk_int128
#define UR     vonk_uint128
#define SUFFIX n_n_w
#include "kernel/arith_decimal.inc.h"

#define TA     int64_t
#define TB     vonk_int128
#define TR     vonk_int128
#define UR     vonk_uint128
#define SUFFIX n_w_w
#include "kernel/arith_decimal.inc.h"

#define TA     vonk_int128
#define TB     int64_t
#define TR     vonk_int128
#define UR     vonk_uint128
#define SUFFIX w_n_w
#include "kernel/arith_decimal.inc.h"

#define TA     vonk_int128
#define TB     vonk_int128
#define TR     vonk_int128
#define UR     vonk_uint128
#define SUFFIX w_w_w
#include "kernel/arith_decimal.inc.h"

static bool is_wide(vonk_type type)
{
    return type.precision > VONK_MAX_NARROW_PRECISION;
}

vonk_type arith_decimal_result(const arith_call *call)
{
    if (call->op != VONK_IDIV)
        return call->out.type;
    int digits = call->a.type.precision - call->a.type.scale + call->b.type.scale;
    digits = digits < 1 ? 1 : digits > VONK_MAX_PRECISION ? VONK_MAX_PRECISION : digits;
    return VONK_TYPE_DECIMAL((uint8_t)digits, 0);
}

static vonk_decimal_result compute_row(const arith_call *call, uint32_t row, vonk_int128 *ret)
{
    vonk_int128 x = arith_decimal_at(&call->a, row), y = arith_decimal_at(&call->b, row);
    unsigned sa = call->a.type.scale, sb = call->b.type.scale;
    switch (call->op) {
    case VONK_ADD:
        return vonk_decimal_add(x, sa, y, sb, call->out.type, ret);
    case VONK_SUB:
        return vonk_decimal_sub(x, sa, y, sb, call->out.type, ret);
    case VONK_MUL:
        return vonk_decimal_mul(x, sa, y, sb, call->out.type, ret);
    case VONK_DIV:
        return vonk_decimal_div(x, sa, y, sb, call->out.type, ret);
    case VONK_MOD:
        return vonk_decimal_mod(x, sa, y, sb, call->out.type, ret);
    case VONK_IDIV:
        break;
    }
    int64_t whole = 0;
    unsigned precision = arith_decimal_result(call).precision;
    vonk_decimal_result result = vonk_decimal_idiv(x, sa, y, sb, precision, &whole);
    *ret = whole;
    return result;
}

static arith_fault fault_of(const arith_call *call, uint32_t row)
{
    vonk_int128 value;
    switch (compute_row(call, row, &value)) {
    case VONK_DECIMAL_OK:
        return ARITH_FINE;
    case VONK_DECIMAL_BY_ZERO:
        return ARITH_BY_ZERO;
    default:
        return ARITH_OVERFLOW;
    }
}

/* Sets *ret, or fails, or makes the row null. */
static vonk_status settle_row(arith_call *call, uint32_t row, vonk_int128 *ret, vonk_error *err)
{
    vonk_decimal_result result = compute_row(call, row, ret);
    if (result == VONK_DECIMAL_OK)
        return VONK_OK;
    *ret = 0;
    if (!call->ansi)
        return arith_set_null(call, row, err);
    return arith_fail(call, result == VONK_DECIMAL_BY_ZERO ? ARITH_BY_ZERO : ARITH_OVERFLOW, row,
                      err);
}

static vonk_status row_by_row(arith_call *call, vonk_error *err)
{
    bool wide = call->out.type.id == VONK_DECIMAL && is_wide(call->out.type);
    for (uint32_t row = 0; row < call->out.length; row++) {
        vonk_int128 value = 0;
        if (vonk_column_is_valid(&call->out, row))
            VONK_TRY(settle_row(call, row, &value, err));
        if (wide)
            ((vonk_int128 *)call->out.values)[row] = value;
        else
            ((int64_t *)call->out.values)[row] = (int64_t)value;
    }
    return VONK_OK;
}

static void run_loop(const arith_call *call, vonk_int128 fa, vonk_int128 fb)
{
    bool wide_a = is_wide(call->a.type), wide_b = is_wide(call->b.type);
    if (wide_a && wide_b)
        decimal_w_w_w(call, fa, fb);
    else if (wide_a)
        decimal_w_n_w(call, fa, fb);
    else if (wide_b)
        decimal_n_w_w(call, fa, fb);
    else if (is_wide(call->out.type))
        decimal_n_n_w(call, fa, fb);
    else
        decimal_n_n_n(call, fa, fb);
}

/* Some result has more digits than its type. */
static bool exceeds(const vonk_column *out)
{
    int bad = 0;
    if (is_wide(out->type)) {
        const vonk_int128 *values = out->values, limit = vonk_pow10[out->type.precision];
        for (size_t i = 0; i < out->length; i++)
            bad |= (values[i] >= limit) | (values[i] <= -limit);
    } else {
        const int64_t *values = out->values, limit = vonk_pow10_64[out->type.precision];
        for (size_t i = 0; i < out->length; i++)
            bad |= (values[i] >= limit) | (values[i] <= -limit);
    }
    return bad;
}

static vonk_status add_or_sub(arith_call *call, vonk_error *err)
{
    vonk_type a = call->a.type, b = call->b.type, r = call->out.type;
    unsigned scale = a.scale > b.scale ? a.scale : b.scale;
    /* Digits that the operands can have at the common scale. */
    unsigned digits_a = a.precision + (scale - a.scale), digits_b = b.precision + (scale - b.scale);
    unsigned digits = digits_a > digits_b ? digits_a : digits_b;
    unsigned room = is_wide(r) ? VONK_MAX_PRECISION : VONK_MAX_NARROW_PRECISION;
    bool narrowing = !is_wide(r) && (is_wide(a) || is_wide(b));
    if (r.scale != scale || digits > room || narrowing)
        return row_by_row(call, err);
    run_loop(call, vonk_pow10[scale - a.scale], vonk_pow10[scale - b.scale]);
    /*
     * Two values below 10^38 may add up to more than 2^127 and wrap round. What comes out then is
     * beyond 10^38 on the other side, so that the test of the digits sees this too.
     */
    if (digits + 1 > r.precision && exceeds(&call->out))
        return arith_settle(call, fault_of, err);
    return VONK_OK;
}

/* *ret = `col` (wide) with its values as int64_t, if they all fit. Null rows count: who cares. */
static vonk_status narrow(vonk_arena *arena, const vonk_column *col, vonk_column *ret, bool *fits,
                          vonk_error *err)
{
    uint32_t n = col->encoding == VONK_CONSTANT ? 1 : col->length;
    const vonk_int128 *in = col->values;
    int64_t *out = vonk_arena_alloc(arena, (size_t)n * 8, err), high = 0;
    VONK_TRY_ALLOC(out);
    for (uint32_t i = 0; i < n; i++) {
        out[i] = (int64_t)in[i];
        high |= (int64_t)(in[i] >> 64) ^ (out[i] >> 63);
    }
    *fits = high == 0;
    *ret = *col;
    ret->values = out;
    ret->type.precision = VONK_MAX_NARROW_PRECISION; /* how it is stored now */
    return VONK_OK;
}

/* The result is capped at 38 digits, but two 64-bit values make less than 2^126 < 10^38. */
static vonk_status mul_capped(arith_call *call, vonk_error *err)
{
    arith_call small = *call;
    bool fits = true;
    if (is_wide(call->a.type))
        VONK_TRY(narrow(call->arena, &call->a, &small.a, &fits, err));
    if (fits && is_wide(call->b.type))
        VONK_TRY(narrow(call->arena, &call->b, &small.b, &fits, err));
    if (!fits)
        return row_by_row(call, err);
    decimal_n_n_w(&small, 1, 1);
    return VONK_OK;
}

static vonk_status mul(arith_call *call, vonk_error *err)
{
    vonk_type a = call->a.type, b = call->b.type, r = call->out.type;
    bool narrowing = !is_wide(r) && (is_wide(a) || is_wide(b));
    if (r.scale != a.scale + b.scale || narrowing)
        return row_by_row(call, err);
    if (a.precision + b.precision <= r.precision) {
        run_loop(call, 1, 1);
        return VONK_OK;
    }
    return r.precision == VONK_MAX_PRECISION ? mul_capped(call, err) : row_by_row(call, err);
}

vonk_status arith_decimal(arith_call *call, vonk_error *err)
{
    switch (call->op) {
    case VONK_ADD:
    case VONK_SUB:
        return add_or_sub(call, err);
    case VONK_MUL:
        return mul(call, err);
    default:
        return row_by_row(call, err);
    }
}
