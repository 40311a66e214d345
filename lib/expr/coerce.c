#include "expr/coerce.h"

static int min_int(int a, int b)
{
    return a < b ? a : b;
}

static int max_int(int a, int b)
{
    return a > b ? a : b;
}

vonk_type vonk_decimal_for(vonk_type numeric)
{
    switch (numeric.id) {
    case VONK_INT8:
        return VONK_TYPE_DECIMAL(3, 0);
    case VONK_INT16:
        return VONK_TYPE_DECIMAL(5, 0);
    case VONK_INT32:
        return VONK_TYPE_DECIMAL(10, 0);
    case VONK_INT64:
        return VONK_TYPE_DECIMAL(20, 0);
    case VONK_FLOAT32:
        return VONK_TYPE_DECIMAL(14, 7);
    case VONK_FLOAT64:
        return VONK_TYPE_DECIMAL(30, 15);
    default:
        return numeric;
    }
}

vonk_type vonk_decimal_adjust(int precision, int scale)
{
    if (precision <= VONK_MAX_PRECISION)
        return VONK_TYPE_DECIMAL((uint8_t)precision, (uint8_t)scale);
    int integral = precision - scale;
    int least = min_int(scale, 6);
    int adjusted = max_int(VONK_MAX_PRECISION - integral, least);
    return VONK_TYPE_DECIMAL(VONK_MAX_PRECISION, (uint8_t)adjusted);
}

/* Precision and scale of a `op` b before they are cut down to 38. */
static void exact_arith_type(vonk_arith_op op, vonk_type a, vonk_type b, int *ret_p, int *ret_s)
{
    int p1 = a.precision, s1 = a.scale, p2 = b.precision, s2 = b.scale;
    int scale = max_int(s1, s2);
    switch (op) {
    case VONK_ADD:
    case VONK_SUB:
        *ret_p = max_int(p1 - s1, p2 - s2) + scale + 1;
        break;
    case VONK_MUL:
        scale = s1 + s2;
        *ret_p = p1 + p2 + 1;
        break;
    case VONK_DIV:
        scale = max_int(6, s1 + p2 + 1);
        *ret_p = p1 - s1 + s2 + scale;
        break;
    case VONK_MOD:
        *ret_p = min_int(p1 - s1, p2 - s2) + scale;
        break;
    case VONK_IDIV:
        scale = 0;
        *ret_p = max_int(1, p1 - s1 + s2);
        break;
    }
    *ret_s = scale;
}

vonk_type vonk_decimal_arith_type(vonk_arith_op op, vonk_type a, vonk_type b)
{
    int precision, scale;
    exact_arith_type(op, a, b, &precision, &scale);
    return vonk_decimal_adjust(precision, scale);
}

bool vonk_decimal_arith_is_exact(vonk_arith_op op, vonk_type a, vonk_type b)
{
    int precision, scale;
    if (op != VONK_ADD && op != VONK_SUB && op != VONK_MUL)
        return false;
    exact_arith_type(op, a, b, &precision, &scale);
    return precision <= VONK_MAX_PRECISION;
}

/* The decimal that holds both; beyond 38 digits it keeps the digits before the point. */
static vonk_type wider_decimal(vonk_type a, vonk_type b)
{
    int scale = max_int(a.scale, b.scale);
    int precision = max_int(a.precision - a.scale, b.precision - b.scale) + scale;
    if (precision > VONK_MAX_PRECISION) {
        scale = max_int(0, scale - (precision - VONK_MAX_PRECISION));
        precision = VONK_MAX_PRECISION;
    }
    return VONK_TYPE_DECIMAL((uint8_t)precision, (uint8_t)scale);
}

static bool is_datetime(vonk_type t)
{
    return t.id == VONK_DATE || t.id == VONK_TIMESTAMP || t.id == VONK_TIMESTAMP_NTZ;
}

static vonk_type common_number(vonk_type a, vonk_type b)
{
    if (a.id == VONK_DECIMAL || b.id == VONK_DECIMAL) {
        if (a.id >= VONK_FLOAT32 || b.id >= VONK_FLOAT32)
            return VONK_TYPE(FLOAT64);
        return wider_decimal(vonk_decimal_for(a), vonk_decimal_for(b));
    }
    vonk_type wider = a.id > b.id ? a : b;
    if (wider.id == VONK_FLOAT32 && a.id != b.id)
        return VONK_TYPE(FLOAT64);
    return wider;
}

/* `other` is not a string. */
static vonk_status common_with_string(vonk_type other, vonk_type *ret)
{
    if (vonk_type_is_integral(other))
        *ret = VONK_TYPE(INT64);
    else if (vonk_type_is_numeric(other))
        *ret = VONK_TYPE(FLOAT64);
    else if (other.id == VONK_BOOL || other.id == VONK_BINARY || is_datetime(other))
        *ret = other;
    else
        return VONK_INVALID;
    return VONK_OK;
}

/* With the fields of both. */
static vonk_type common_interval(vonk_type a, vonk_type b)
{
    if (!a.precision || !b.precision)
        a.precision = a.scale = 0;
    if (a.precision && b.precision < a.precision)
        a.precision = b.precision;
    if (a.precision && b.scale > a.scale)
        a.scale = b.scale;
    return a;
}

vonk_status vonk_common_type(vonk_type a, vonk_type b, vonk_type *ret)
{
    if (a.id == b.id && (a.id == VONK_INTERVAL_YM || a.id == VONK_INTERVAL_DT))
        *ret = common_interval(a, b);
    else if (vonk_type_equal(a, b) || b.id == VONK_NULL)
        *ret = a;
    else if (a.id == VONK_NULL)
        *ret = b;
    else if (vonk_type_is_numeric(a) && vonk_type_is_numeric(b))
        *ret = common_number(a, b);
    else if (a.id == VONK_STRING)
        return common_with_string(b, ret);
    else if (b.id == VONK_STRING)
        return common_with_string(a, ret);
    else if (is_datetime(a) && is_datetime(b))
        *ret = a.id == VONK_TIMESTAMP || b.id == VONK_TIMESTAMP ? VONK_TYPE(TIMESTAMP)
                                                                : VONK_TYPE(TIMESTAMP_NTZ);
    else
        return VONK_INVALID;
    return VONK_OK;
}

vonk_expr *vonk_expr_coerce(vonk_arena *arena, vonk_expr *e, vonk_type type, vonk_error *err)
{
    if (!e || vonk_type_equal(e->type, type))
        return e;
    vonk_expr *made;
    if (e->kind == VONK_EXPR_LITERAL && e->type.id == VONK_NULL) {
        made = vonk_expr_null(arena, type, err);
    } else {
        made = vonk_expr_cast(arena, e, type, false, err);
        if (made)
            made->implicit = true;
    }
    if (!made)
        return NULL;
    made->nullable = e->nullable || e->type.id == VONK_NULL;
    made->start = e->start;
    made->end = e->end;
    return made;
}

vonk_status vonk_expr_coerce_all(vonk_arena *arena, vonk_expr **args, uint32_t n, vonk_type *ret,
                                 vonk_error *err)
{
    vonk_type common = VONK_TYPE(NULL);
    for (uint32_t i = 0; i < n; i++)
        VONK_TRY(vonk_common_type(common, args[i]->type, &common));
    for (uint32_t i = 0; i < n; i++)
        VONK_TRY_ALLOC(args[i] = vonk_expr_coerce(arena, args[i], common, err));
    *ret = common;
    return VONK_OK;
}

bool vonk_can_cast(vonk_type from, vonk_type to, bool ansi)
{
    if (vonk_type_equal(from, to) || from.id == VONK_NULL || from.id == VONK_STRING)
        return from.id != VONK_STRING || to.id < VONK_ARRAY;
    if (to.id == VONK_NULL || to.id >= VONK_ARRAY || from.id >= VONK_ARRAY)
        return false;
    if (to.id == VONK_STRING)
        return true;
    if (to.id == VONK_BINARY)
        return !ansi && vonk_type_is_integral(from);
    bool from_number = vonk_type_is_numeric(from) || from.id == VONK_BOOL;
    bool to_number = vonk_type_is_numeric(to) || to.id == VONK_BOOL;
    if (from_number && to_number)
        return true;
    if (is_datetime(from) && is_datetime(to))
        return true;
    if (from.id == VONK_TIMESTAMP)
        return vonk_type_is_numeric(to) || (!ansi && to.id == VONK_BOOL);
    if (to.id == VONK_TIMESTAMP)
        return vonk_type_is_numeric(from) || (!ansi && from.id == VONK_BOOL);
    if (from.id == VONK_INTERVAL_DT || from.id == VONK_INTERVAL_YM)
        return vonk_type_is_integral(to) || to.id == VONK_DECIMAL;
    if (to.id == VONK_INTERVAL_DT || to.id == VONK_INTERVAL_YM)
        return vonk_type_is_integral(from) || from.id == VONK_DECIMAL;
    return false;
}
