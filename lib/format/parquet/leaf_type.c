/* leaf_type.c - the type that Spark gives a leaf of a Parquet schema, or why it gives none: see
 * convert.h. */
#include "format/parquet/convert.h"

static vonk_status refuse(const vonk_pq_element *leaf, const char *condition, const char *what,
                          vonk_error *err)
{
    vonk_buffer text = {0};
    vonk_pq_element_print(leaf, &text);
    vonk_status status = vonk_fail_sql(err, condition, "%s: %s.", what, vonk_buffer_str(&text));
    vonk_buffer_free(&text);
    return status;
}

static vonk_status illegal(const vonk_pq_element *leaf, vonk_error *err)
{
    return refuse(leaf, "PARQUET_TYPE_ILLEGAL", "Illegal Parquet type", err);
}

static vonk_status not_supported(const vonk_pq_element *leaf, vonk_error *err)
{
    return refuse(leaf, "PARQUET_TYPE_NOT_SUPPORTED", "Parquet type not yet supported", err);
}

/* Largest precision of a decimal in `bytes` bytes of two's complement. */
static int32_t precision_of(int32_t bytes)
{
    static const uint8_t most[] = {0, 2, 4, 6, 9, 11, 14, 16, 18, 21, 23, 26, 28, 31, 33, 36, 38};
    return bytes < 0 ? 0 : bytes > 16 ? 38 : most[bytes];
}

static vonk_status decimal_type(const vonk_pq_element *leaf, vonk_type *ret, vonk_error *err)
{
    int32_t most = leaf->physical == VONK_PQ_INT32        ? 9
                   : leaf->physical == VONK_PQ_INT64      ? 18
                   : leaf->physical == VONK_PQ_FIXED      ? precision_of(leaf->type_length)
                   : leaf->physical == VONK_PQ_BYTE_ARRAY ? 38
                                                          : 0;
    bool bytes = leaf->physical == VONK_PQ_FIXED || leaf->physical == VONK_PQ_BYTE_ARRAY;
    if (bytes && leaf->precision > 38)
        return vonk_fail_sql(err, "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION",
                             "Decimal precision %d exceeds max precision 38.",
                             (int)leaf->precision);
    if (leaf->precision < 1 || leaf->precision > most || leaf->scale < 0 ||
        leaf->scale > leaf->precision)
        return illegal(leaf, err);
    *ret = VONK_TYPE_DECIMAL((uint8_t)leaf->precision, (uint8_t)leaf->scale);
    return VONK_OK;
}

static vonk_status int32_type(const vonk_pq_element *leaf, vonk_type *ret, vonk_error *err)
{
    if (leaf->logical == VONK_PQ_L_NONE || leaf->logical == VONK_PQ_L_UNKNOWN)
        *ret = VONK_TYPE(INT32);
    else if (leaf->logical == VONK_PQ_L_DATE)
        *ret = VONK_TYPE(DATE);
    else if (leaf->logical == VONK_PQ_L_INTEGER && leaf->bits == 8)
        *ret = leaf->is_signed ? VONK_TYPE(INT8) : VONK_TYPE(INT16);
    else if (leaf->logical == VONK_PQ_L_INTEGER && leaf->bits == 16)
        *ret = leaf->is_signed ? VONK_TYPE(INT16) : VONK_TYPE(INT32);
    else if (leaf->logical == VONK_PQ_L_INTEGER && leaf->bits == 32)
        *ret = leaf->is_signed ? VONK_TYPE(INT32) : VONK_TYPE(INT64);
    else
        return illegal(leaf, err);
    return VONK_OK;
}

static vonk_status int64_type(const vonk_pq_element *leaf, vonk_type *ret, vonk_error *err)
{
    if (leaf->logical == VONK_PQ_L_NONE)
        *ret = VONK_TYPE(INT64);
    else if (leaf->logical == VONK_PQ_L_INTEGER && leaf->bits == 64)
        *ret = leaf->is_signed ? VONK_TYPE(INT64) : VONK_TYPE_DECIMAL(20, 0);
    else if (leaf->logical == VONK_PQ_L_TIMESTAMP)
        *ret = leaf->utc ? VONK_TYPE(TIMESTAMP) : VONK_TYPE(TIMESTAMP_NTZ);
    else
        return illegal(leaf, err);
    return VONK_OK;
}

vonk_status vonk_pq_leaf_type(const vonk_pq_element *leaf, vonk_type *ret, vonk_error *err)
{
    bool text = leaf->logical == VONK_PQ_L_STRING || leaf->logical == VONK_PQ_L_ENUM ||
                leaf->logical == VONK_PQ_L_JSON;
    if (leaf->logical == VONK_PQ_L_DECIMAL)
        return decimal_type(leaf, ret, err);
    if (leaf->logical == VONK_PQ_L_TIME && leaf->physical == VONK_PQ_INT64 &&
        leaf->unit == VONK_PQ_MICROS && !leaf->utc)
        return vonk_fail_sql(err, "UNSUPPORTED_TIME_TYPE", "The data type TIME is not supported.");
    switch (leaf->physical) {
    case VONK_PQ_BOOLEAN:
        *ret = VONK_TYPE(BOOL);
        return VONK_OK;
    case VONK_PQ_INT32:
        return int32_type(leaf, ret, err);
    case VONK_PQ_INT64:
        return int64_type(leaf, ret, err);
    case VONK_PQ_INT96:
        *ret = VONK_TYPE(TIMESTAMP);
        return VONK_OK;
    case VONK_PQ_FLOAT:
        *ret = VONK_TYPE(FLOAT32);
        return VONK_OK;
    case VONK_PQ_DOUBLE:
        *ret = VONK_TYPE(FLOAT64);
        return VONK_OK;
    case VONK_PQ_BYTE_ARRAY:
        *ret = text ? VONK_TYPE(STRING) : VONK_TYPE(BINARY);
        return VONK_OK;
    case VONK_PQ_FIXED:
        if (leaf->logical == VONK_PQ_L_INTERVAL)
            return not_supported(leaf, err);
        if (leaf->logical == VONK_PQ_L_FLOAT16 || leaf->type_length <= 0)
            return illegal(leaf, err);
        *ret = VONK_TYPE(BINARY);
        return VONK_OK;
    default:
        return not_supported(leaf, err);
    }
}
