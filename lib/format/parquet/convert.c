/* convert.c - see convert.h. */
#include "format/parquet/convert.h"

#define MICROS_PER_DAY INT64_C(86400000000)
#define JULIAN_1970    2440588

static inline int32_t load_i32(const char *from, size_t i)
{
    int32_t value;
    memcpy(&value, from + i * 4, 4);
    return value;
}

static inline int64_t load_i64(const char *from, size_t i)
{
    int64_t value;
    memcpy(&value, from + i * 8, 8);
    return value;
}

static vonk_int128 power_of_ten(uint32_t n)
{
    vonk_int128 value = 1;
    while (n-- > 0)
        value *= 10;
    return value;
}

/* Decimal `from` (with the leaf's storage) as decimal `to`. */
static bool decimal_cast(const vonk_pq_element *leaf, vonk_type from, vonk_type to,
                         vonk_pq_cast *ret)
{
    if (to.id != VONK_DECIMAL || to.scale < from.scale ||
        to.precision - to.scale < from.precision - from.scale)
        return false;
    ret->factor = power_of_ten((uint32_t)(to.scale - from.scale));
    switch (leaf->physical) {
    case VONK_PQ_INT32:
        ret->op = VONK_PQ_DECIMAL_I32;
        if (ret->factor == 1 && ret->to_width == 8)
            ret->op = VONK_PQ_I32_I64;
        return true;
    case VONK_PQ_INT64:
        ret->op = VONK_PQ_DECIMAL_I64;
        if (leaf->logical == VONK_PQ_L_INTEGER && !leaf->is_signed)
            ret->op = VONK_PQ_DECIMAL_U64;
        else if (ret->factor == 1 && ret->to_width == 8)
            ret->op = VONK_PQ_COPY;
        return true;
    case VONK_PQ_FIXED:
        ret->op = VONK_PQ_DECIMAL_FIXED;
        return true;
    case VONK_PQ_BYTE_ARRAY:
        ret->op = VONK_PQ_DECIMAL_STRING;
        return true;
    default:
        return false;
    }
}

/* Integers as wider integers, floating point, decimals that hold all of them. */
static bool integer_cast(const vonk_pq_element *leaf, vonk_type from, vonk_type to,
                         vonk_pq_cast *ret)
{
    static const uint8_t digits[] = {
        [VONK_INT8] = 3, [VONK_INT16] = 5, [VONK_INT32] = 10, [VONK_INT64] = 20};
    bool is_unsigned = leaf->logical == VONK_PQ_L_INTEGER && !leaf->is_signed;
    if (to.id == VONK_DECIMAL && !(is_unsigned && leaf->bits == 32))
        return decimal_cast(leaf, VONK_TYPE_DECIMAL(digits[from.id], 0), to, ret);
    if (leaf->physical == VONK_PQ_INT64) {
        ret->op = VONK_PQ_COPY;
        return to.id == VONK_INT64 || (to.id == VONK_INTERVAL_DT && !leaf->logical);
    }
    if (to.id == VONK_INTERVAL_YM && !leaf->logical) {
        ret->op = VONK_PQ_COPY;
        return true;
    }
    if (to.id == VONK_FLOAT64 && from.id != VONK_INT64) {
        ret->op = VONK_PQ_I32_F64;
        return true;
    }
    if (to.id < from.id || to.id > VONK_INT64)
        return false;
    static const uint8_t ops[] = {[VONK_INT8] = VONK_PQ_I32_I8,
                                  [VONK_INT16] = VONK_PQ_I32_I16,
                                  [VONK_INT32] = VONK_PQ_COPY,
                                  [VONK_INT64] = VONK_PQ_I32_I64};
    ret->op = is_unsigned && leaf->bits == 32 ? VONK_PQ_U32_I64 : ops[to.id];
    return true;
}

static bool timestamp_cast(const vonk_pq_element *leaf, vonk_type from, vonk_type to,
                           vonk_pq_cast *ret)
{
    static const uint8_t ops[] = {[VONK_PQ_MILLIS] = VONK_PQ_TO_MICROS,
                                  [VONK_PQ_MICROS] = VONK_PQ_COPY,
                                  [VONK_PQ_NANOS] = VONK_PQ_NANOS_MICROS};
    if (to.id != from.id)
        return false;
    ret->op = leaf->physical == VONK_PQ_INT96 ? VONK_PQ_INT96_MICROS : ops[leaf->unit];
    return true;
}

bool vonk_pq_cast_find(const vonk_pq_element *leaf, vonk_type type, vonk_pq_cast *ret)
{
    static const uint8_t widths[] = {1, 4, 8, 12, 4, 8, 0};
    vonk_type from;
    if (vonk_pq_leaf_type(leaf, &from, NULL) != VONK_OK)
        return false;
    *ret = (vonk_pq_cast){.physical = leaf->physical, .type = type, .factor = 1};
    ret->from_width =
        leaf->physical == VONK_PQ_FIXED ? (uint32_t)leaf->type_length : widths[leaf->physical];
    ret->to_width = type.id == VONK_BOOL ? 1 : (uint32_t)vonk_type_width(type);
    switch (from.id) {
    case VONK_BOOL:
        return type.id == VONK_BOOL;
    case VONK_INT8:
    case VONK_INT16:
    case VONK_INT32:
    case VONK_INT64:
        return integer_cast(leaf, from, type, ret);
    case VONK_DECIMAL:
        return decimal_cast(leaf, from, type, ret);
    case VONK_FLOAT32:
        ret->op = type.id == VONK_FLOAT64 ? VONK_PQ_F32_F64 : VONK_PQ_COPY;
        return type.id == VONK_FLOAT32 || type.id == VONK_FLOAT64;
    case VONK_FLOAT64:
        return type.id == VONK_FLOAT64;
    case VONK_STRING:
    case VONK_BINARY:
        ret->op = leaf->physical == VONK_PQ_FIXED ? VONK_PQ_FIXED_STRING : VONK_PQ_COPY;
        return type.id == VONK_STRING || type.id == VONK_BINARY;
    case VONK_DATE:
        ret->op = type.id == VONK_DATE ? VONK_PQ_COPY : VONK_PQ_DAYS_MICROS;
        return type.id == VONK_DATE || type.id == VONK_TIMESTAMP_NTZ;
    case VONK_TIMESTAMP:
    case VONK_TIMESTAMP_NTZ:
        return timestamp_cast(leaf, from, type, ret);
    default:
        return false;
    }
}

/* Big-endian two's complement of any length; false if it needs more than 128 bits. */
static bool load_decimal(const char *from, size_t length, vonk_int128 *ret)
{
    const uint8_t *bytes = (const uint8_t *)from;
    if (length == 0) {
        *ret = 0;
        return true;
    }
    uint8_t sign = bytes[0] & 0x80 ? 0xff : 0;
    for (; length > 16; length--, bytes++)
        if (bytes[0] != sign || ((bytes[1] ^ sign) & 0x80))
            return false;
    unsigned __int128 value = sign ? ~(unsigned __int128)0 : 0;
    for (size_t i = 0; i < length; i++)
        value = value << 8 | bytes[i];
    *ret = (vonk_int128)value;
    return true;
}

static bool load_any_decimal(const vonk_pq_cast *cast, const char *from, size_t i, vonk_int128 *ret)
{
    switch (cast->op) {
    case VONK_PQ_DECIMAL_I32:
        *ret = load_i32(from, i);
        return true;
    case VONK_PQ_DECIMAL_I64:
        *ret = load_i64(from, i);
        return true;
    case VONK_PQ_DECIMAL_U64:
        *ret = (uint64_t)load_i64(from, i);
        return true;
    case VONK_PQ_DECIMAL_FIXED:
        return load_decimal(from + i * cast->from_width, cast->from_width, ret);
    default: {
        vonk_slice bytes = vonk_string_slice((const vonk_string *)(const void *)from + i);
        return load_decimal(bytes.data, bytes.length, ret);
    }
    }
}

static vonk_status convert_decimals(const vonk_pq_cast *cast, const char *from, uint32_t n,
                                    void *ret, vonk_error *err)
{
    vonk_int128 limit = power_of_ten(cast->type.precision);
    for (uint32_t i = 0; i < n; i++) {
        vonk_int128 value;
        if (!load_any_decimal(cast, from, i, &value) ||
            __builtin_mul_overflow(value, cast->factor, &value) || value >= limit ||
            value <= -limit)
            return vonk_fail(err, VONK_CORRUPT, "a decimal does not fit decimal(%d,%d)",
                             cast->type.precision, cast->type.scale);
        if (cast->to_width == 8)
            ((int64_t *)ret)[i] = (int64_t)value;
        else
            ((vonk_int128 *)ret)[i] = value;
    }
    return VONK_OK;
}

static vonk_status convert_times(const vonk_pq_cast *cast, const char *from, uint32_t n,
                                 int64_t *ret, vonk_error *err)
{
    bool bad = false;
    for (uint32_t i = 0; i < n; i++) {
        if (cast->op == VONK_PQ_TO_MICROS) {
            bad |= __builtin_mul_overflow(load_i64(from, i), 1000, &ret[i]);
        } else if (cast->op == VONK_PQ_NANOS_MICROS) {
            int64_t nanos = load_i64(from, i);
            ret[i] = nanos / 1000 - (nanos % 1000 < 0);
        } else if (cast->op == VONK_PQ_DAYS_MICROS) {
            bad |= __builtin_mul_overflow(load_i32(from, i), MICROS_PER_DAY, &ret[i]);
        } else {
            int64_t nanos, micros;
            int32_t day;
            memcpy(&nanos, from + (size_t)i * 12, 8);
            memcpy(&day, from + (size_t)i * 12 + 8, 4);
            micros = nanos / 1000 - (nanos % 1000 < 0);
            bad |= __builtin_mul_overflow((int64_t)day - JULIAN_1970, MICROS_PER_DAY, &ret[i]);
            bad |= __builtin_add_overflow(ret[i], micros, &ret[i]);
        }
    }
    return bad ? vonk_fail(err, VONK_CORRUPT, "a timestamp is out of range") : VONK_OK;
}

vonk_status vonk_pq_convert(const vonk_pq_cast *cast, const void *src, uint32_t n, void *ret,
                            vonk_error *err)
{
    const char *from = src;
    switch (cast->op) {
    case VONK_PQ_COPY:
        if (n)
            memcpy(ret, from, (size_t)n * cast->to_width);
        return VONK_OK;
    case VONK_PQ_I32_I8:
        for (uint32_t i = 0; i < n; i++)
            ((int8_t *)ret)[i] = (int8_t)load_i32(from, i);
        return VONK_OK;
    case VONK_PQ_I32_I16:
        for (uint32_t i = 0; i < n; i++)
            ((int16_t *)ret)[i] = (int16_t)load_i32(from, i);
        return VONK_OK;
    case VONK_PQ_I32_I64:
        for (uint32_t i = 0; i < n; i++)
            ((int64_t *)ret)[i] = load_i32(from, i);
        return VONK_OK;
    case VONK_PQ_U32_I64:
        for (uint32_t i = 0; i < n; i++)
            ((int64_t *)ret)[i] = (uint32_t)load_i32(from, i);
        return VONK_OK;
    case VONK_PQ_I32_F64:
        for (uint32_t i = 0; i < n; i++)
            ((double *)ret)[i] = load_i32(from, i);
        return VONK_OK;
    case VONK_PQ_F32_F64:
        for (uint32_t i = 0; i < n; i++) {
            float value;
            memcpy(&value, from + (size_t)i * 4, 4);
            ((double *)ret)[i] = (double)value;
        }
        return VONK_OK;
    case VONK_PQ_FIXED_STRING:
        for (uint32_t i = 0; i < n; i++)
            ((vonk_string *)ret)[i] =
                vonk_string_of(from + (size_t)i * cast->from_width, cast->from_width);
        return VONK_OK;
    case VONK_PQ_TO_MICROS:
    case VONK_PQ_NANOS_MICROS:
    case VONK_PQ_DAYS_MICROS:
    case VONK_PQ_INT96_MICROS:
        return convert_times(cast, from, n, ret, err);
    default:
        return convert_decimals(cast, from, n, ret, err);
    }
}

VONK_SPECIALISE void gather_width(size_t width, const char *from, const uint32_t *index,
                                  uint32_t base, uint32_t n, char *ret)
{
    for (uint32_t i = 0; i < n; i++)
        memcpy(ret + i * width, from + (size_t)(index[i] - base) * width, width);
}

void vonk_pq_gather(uint32_t width, const void *from, const uint32_t *index, uint32_t base,
                    uint32_t n, void *ret)
{
    switch (width) {
    case 1:
        gather_width(1, from, index, base, n, ret);
        break;
    case 2:
        gather_width(2, from, index, base, n, ret);
        break;
    case 4:
        gather_width(4, from, index, base, n, ret);
        break;
    case 8:
        gather_width(8, from, index, base, n, ret);
        break;
    case 16:
        gather_width(16, from, index, base, n, ret);
        break;
    default:
        gather_width(width, from, index, base, n, ret);
    }
}

VONK_SPECIALISE void expand_width(size_t width, const char *from, const uint64_t *valid, uint32_t n,
                                  char *ret)
{
    for (uint32_t i = 0; i < n; i++) {
        memcpy(ret + i * width, from, width);
        from += (valid[i / 64] >> (i % 64) & 1) * width;
    }
}

void vonk_pq_expand(uint32_t width, const void *from, const uint64_t *valid, uint32_t n, void *ret)
{
    switch (width) {
    case 1:
        expand_width(1, from, valid, n, ret);
        break;
    case 2:
        expand_width(2, from, valid, n, ret);
        break;
    case 4:
        expand_width(4, from, valid, n, ret);
        break;
    case 8:
        expand_width(8, from, valid, n, ret);
        break;
    default:
        expand_width(16, from, valid, n, ret);
    }
}
