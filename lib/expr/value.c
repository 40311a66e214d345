/* value.c - single values: out of columns, into columns, as text. */
#include <string.h>

#include "expr/eval.h"
#include "expr/operand.h"
#include "expr/print_value.h"
#include "expr/time_zone.h"

vonk_value vonk_column_value(const vonk_column *col, uint32_t row)
{
    vonk_value v = {.is_null = !vonk_column_is_valid(col, row)};
    if (v.is_null || !col->values)
        return v;
    uint32_t at = vonk_column_at(col, row);
    switch (col->type.id) {
    case VONK_BOOL:
        v.boolean = vonk_bit_get(col->values, at);
        break;
    case VONK_FLOAT32:
        v.f64 = (double)((const float *)col->values)[at];
        break;
    case VONK_FLOAT64:
        v.f64 = ((const double *)col->values)[at];
        break;
    case VONK_DECIMAL:
        v.i128 = col->type.precision <= VONK_MAX_NARROW_PRECISION
                     ? (vonk_int128)((const int64_t *)col->values)[at]
                     : ((const vonk_int128 *)col->values)[at];
        break;
    case VONK_STRING:
    case VONK_BINARY:
        v.string = vonk_string_slice((const vonk_string *)col->values + at);
        break;
    default:
        v.i64 = vonk_whole_at(col, row);
        break;
    }
    return v;
}

static void store_value(vonk_column *col, const vonk_value *v)
{
    switch (vonk_type_physical(col->type)) {
    case VONK_PHYS_BIT:
        vonk_bit_set(col->values, 0, v->boolean);
        break;
    case VONK_PHYS_I8:
        *(int8_t *)col->values = (int8_t)v->i64;
        break;
    case VONK_PHYS_I16:
        *(int16_t *)col->values = (int16_t)v->i64;
        break;
    case VONK_PHYS_I32:
        *(int32_t *)col->values = (int32_t)v->i64;
        break;
    case VONK_PHYS_I64:
        *(int64_t *)col->values = col->type.id == VONK_DECIMAL ? (int64_t)v->i128 : v->i64;
        break;
    case VONK_PHYS_I128:
        *(vonk_int128 *)col->values = v->i128;
        break;
    case VONK_PHYS_F32:
        *(float *)col->values = (float)v->f64;
        break;
    case VONK_PHYS_F64:
        *(double *)col->values = v->f64;
        break;
    case VONK_PHYS_STRING:
        *(vonk_string *)col->values = vonk_string_of(v->string.data, (uint32_t)v->string.length);
        break;
    case VONK_PHYS_NONE:
    case VONK_N_PHYS:
        break;
    }
}

vonk_status vonk_column_from_value(vonk_arena *arena, vonk_type type, const vonk_value *value,
                                   uint32_t length, vonk_column *ret, vonk_error *err)
{
    vonk_column col;
    if (value->is_null || type.id == VONK_NULL)
        return vonk_column_null(arena, type, length, ret, err);
    VONK_TRY(vonk_column_new(arena, type, 1, &col, err));
    col.encoding = VONK_CONSTANT;
    col.length = length;
    store_value(&col, value);
    *ret = col;
    return VONK_OK;
}

/* As Spark's HEX_DISCRETE: [61 62]. */
static void print_binary(vonk_slice bytes, vonk_buffer *out)
{
    vonk_buffer_char(out, '[');
    for (size_t i = 0; i < bytes.length; i++)
        vonk_buffer_printf(out, i ? " %02X" : "%02X", (unsigned char)bytes.data[i]);
    vonk_buffer_char(out, ']');
}

/* Hive's text of intervals: 1-2, and 1 02:03:04.000000000. */
static void print_interval(vonk_type type, int64_t value, vonk_buffer *out)
{
    unsigned long long rest = value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value;
    if (value < 0)
        vonk_buffer_char(out, '-');
    if (type.id == VONK_INTERVAL_YM) {
        vonk_buffer_printf(out, "%llu-%llu", rest / 12, rest % 12);
        return;
    }
    unsigned long long seconds = rest / 1000000;
    vonk_buffer_printf(out, "%llu %02llu:%02llu:%02llu.%09llu", seconds / 86400,
                       seconds / 3600 % 24, seconds / 60 % 60, seconds % 60, rest % 1000000 * 1000);
}

static vonk_status print_local_timestamp(const vonk_value *value,
                                         const vonk_eval_settings *settings, char *text,
                                         size_t *ret, vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_time_zone zone = VONK_UTC;
    vonk_status status = VONK_OK;
    if (settings && settings->time_zone)
        status = vonk_time_zone_find(vonk_slice_of(settings->time_zone), &arena, &zone, err);
    if (status == VONK_OK)
        *ret = vonk_print_timestamp(vonk_utc_to_local(&zone, value->i64), text);
    vonk_arena_free(&arena);
    return status;
}

vonk_status vonk_value_print(vonk_type type, const vonk_value *value,
                             const vonk_eval_settings *settings, vonk_buffer *out, vonk_error *err)
{
    char text[VONK_VALUE_TEXT];
    size_t n = 0;
    switch (type.id) {
    case VONK_BOOL:
        vonk_buffer_text(out, value->boolean ? "true" : "false");
        break;
    case VONK_DECIMAL:
        n = vonk_print_decimal(value->i128, type.scale, text);
        break;
    case VONK_FLOAT32:
        n = vonk_print_float((float)value->f64, text);
        break;
    case VONK_FLOAT64:
        n = vonk_print_double(value->f64, text);
        break;
    case VONK_STRING:
        vonk_buffer_append(out, value->string.data, value->string.length);
        break;
    case VONK_BINARY:
        if (settings && settings->binary_as_hex)
            print_binary(value->string, out);
        else
            vonk_buffer_append(out, value->string.data, value->string.length);
        break;
    case VONK_DATE:
        n = vonk_print_date(value->i64, text);
        break;
    case VONK_TIMESTAMP:
        VONK_TRY(print_local_timestamp(value, settings, text, &n, err));
        break;
    case VONK_TIMESTAMP_NTZ:
        n = vonk_print_timestamp(value->i64, text);
        break;
    case VONK_INTERVAL_YM:
    case VONK_INTERVAL_DT:
        print_interval(type, value->i64, out);
        break;
    default:
        if (type.id >= VONK_ARRAY)
            return vonk_fail(err, VONK_UNSUPPORTED, "no text of a %s", vonk_type_sql_name(type));
        n = vonk_print_int64(value->i64, text);
        break;
    }
    vonk_buffer_append(out, text, n);
    return vonk_buffer_check(out, err);
}
