/* convert.c - one loop a type; the type is looked at once a column. */
#include "format/csv/convert.h"

#include <math.h>

#include "format/text/convert.h"

static bool equals(const vonk_csv_field *f, vonk_slice text)
{
    return f->length == text.length && f->length && !memcmp(f->data, text.data, f->length);
}

/* The options' texts for NaN and infinities. */
static bool special_double(const vonk_csv_options *o, const vonk_csv_field *f, double *ret)
{
    if (equals(f, o->nan))
        *ret = NAN;
    else if (equals(f, o->positive_infinity))
        *ret = INFINITY;
    else if (equals(f, o->negative_infinity))
        *ret = -INFINITY;
    else
        return false;
    return true;
}

bool vonk_csv_double(const vonk_csv_options *o, const vonk_csv_field *f, double *ret)
{
    /* A digit behind: no special text unless the options are odd. */
    return special_double(o, f, ret) || vonk_text_to_double(f->data, f->length, ret);
}

/* Sets row `row` of the builder from a field that is not null; false if it does not parse. */
typedef bool set_fn(const vonk_csv_options *o, const vonk_csv_field *f, vonk_builder *b,
                    uint32_t row);

VONK_SPECIALISE void each_row(set_fn *set, const vonk_csv_options *o, const vonk_csv_field *fields,
                              uint32_t first, uint32_t n, vonk_builder *b, uint8_t *bad)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = first + i;
        if (vonk_csv_is_null(o, &fields[i]))
            continue;
        bool ok = set(o, &fields[i], b, row);
        b->valid[row] = ok;
        bad[row] |= !ok;
    }
}

VONK_SPECIALISE bool set_bool(const vonk_csv_options *o, const vonk_csv_field *f, vonk_builder *b,
                              uint32_t row)
{
    bool value;
    (void)o;
    if (!vonk_text_to_bool(f->data, f->length, &value))
        return false;
    vonk_bit_set(b->values, row, value);
    return true;
}

VONK_SPECIALISE bool set_i8(const vonk_csv_options *o, const vonk_csv_field *f, vonk_builder *b,
                            uint32_t row)
{
    int64_t value;
    (void)o;
    if (!vonk_text_to_int64(f->data, f->length, &value) || value != (int8_t)value)
        return false;
    ((int8_t *)b->values)[row] = (int8_t)value;
    return true;
}

VONK_SPECIALISE bool set_i16(const vonk_csv_options *o, const vonk_csv_field *f, vonk_builder *b,
                             uint32_t row)
{
    int64_t value;
    (void)o;
    if (!vonk_text_to_int64(f->data, f->length, &value) || value != (int16_t)value)
        return false;
    ((int16_t *)b->values)[row] = (int16_t)value;
    return true;
}

VONK_SPECIALISE bool set_i32(const vonk_csv_options *o, const vonk_csv_field *f, vonk_builder *b,
                             uint32_t row)
{
    int64_t value;
    (void)o;
    if (!vonk_text_to_int64(f->data, f->length, &value) || value != (int32_t)value)
        return false;
    ((int32_t *)b->values)[row] = (int32_t)value;
    return true;
}

VONK_SPECIALISE bool set_i64(const vonk_csv_options *o, const vonk_csv_field *f, vonk_builder *b,
                             uint32_t row)
{
    (void)o;
    return vonk_text_to_int64(f->data, f->length, (int64_t *)b->values + row);
}

VONK_SPECIALISE bool set_decimal(const vonk_csv_options *o, const vonk_csv_field *f,
                                 vonk_builder *b, uint32_t row)
{
    vonk_int128 value;
    (void)o;
    if (!vonk_text_to_decimal(f->data, f->length, b->type, &value))
        return false;
    if (b->type.precision <= VONK_MAX_NARROW_PRECISION)
        ((int64_t *)b->values)[row] = (int64_t)value;
    else
        ((vonk_int128 *)b->values)[row] = value;
    return true;
}

VONK_SPECIALISE bool set_f32(const vonk_csv_options *o, const vonk_csv_field *f, vonk_builder *b,
                             uint32_t row)
{
    double special;
    float *to = (float *)b->values + row;
    if (!special_double(o, f, &special))
        return vonk_text_to_float(f->data, f->length, to);
    *to = (float)special;
    return true;
}

VONK_SPECIALISE bool set_f64(const vonk_csv_options *o, const vonk_csv_field *f, vonk_builder *b,
                             uint32_t row)
{
    return vonk_csv_double(o, f, (double *)b->values + row);
}

VONK_SPECIALISE bool set_string(const vonk_csv_options *o, const vonk_csv_field *f, vonk_builder *b,
                                uint32_t row)
{
    (void)o;
    ((vonk_string *)b->values)[row] = vonk_text_view(f->data, f->length);
    return true;
}

VONK_SPECIALISE bool set_date(const vonk_csv_options *o, const vonk_csv_field *f, vonk_builder *b,
                              uint32_t row)
{
    return vonk_text_to_date(f->data, f->length, o->date_format, (int32_t *)b->values + row);
}

VONK_SPECIALISE bool set_timestamp(const vonk_csv_options *o, const vonk_csv_field *f,
                                   vonk_builder *b, uint32_t row)
{
    return vonk_text_to_timestamp(f->data, f->length, o->timestamp_format, &o->zone,
                                  (int64_t *)b->values + row);
}

VONK_SPECIALISE bool set_timestamp_ntz(const vonk_csv_options *o, const vonk_csv_field *f,
                                       vonk_builder *b, uint32_t row)
{
    return vonk_text_to_timestamp_ntz(f->data, f->length, o->timestamp_ntz_format,
                                      (int64_t *)b->values + row);
}

void vonk_csv_convert(const vonk_csv_options *o, const vonk_csv_field *fields, uint32_t first,
                      uint32_t n, vonk_builder *b, uint8_t *bad)
{
    switch (b->type.id) {
    case VONK_BOOL:
        each_row(set_bool, o, fields, first, n, b, bad);
        break;
    case VONK_INT8:
        each_row(set_i8, o, fields, first, n, b, bad);
        break;
    case VONK_INT16:
        each_row(set_i16, o, fields, first, n, b, bad);
        break;
    case VONK_INT32:
        each_row(set_i32, o, fields, first, n, b, bad);
        break;
    case VONK_INT64:
        each_row(set_i64, o, fields, first, n, b, bad);
        break;
    case VONK_DECIMAL:
        each_row(set_decimal, o, fields, first, n, b, bad);
        break;
    case VONK_FLOAT32:
        each_row(set_f32, o, fields, first, n, b, bad);
        break;
    case VONK_FLOAT64:
        each_row(set_f64, o, fields, first, n, b, bad);
        break;
    case VONK_STRING:
    case VONK_BINARY:
        each_row(set_string, o, fields, first, n, b, bad);
        break;
    case VONK_DATE:
        each_row(set_date, o, fields, first, n, b, bad);
        break;
    case VONK_TIMESTAMP:
        each_row(set_timestamp, o, fields, first, n, b, bad);
        break;
    case VONK_TIMESTAMP_NTZ:
        each_row(set_timestamp_ntz, o, fields, first, n, b, bad);
        break;
    default: /* void: all null */
        break;
    }
}
