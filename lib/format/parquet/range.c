/*
 * range.c - minimum and maximum of a column chunk for its statistics.
 *
 * NaN is in neither; a zero counts as -0.0 below and +0.0 above. Long strings are cut: the least
 * to a prefix, the greatest to a prefix whose last ASCII character is raised by one, so that both
 * stay bounds and UTF-8. Source: parquet-format, parquet.thrift, "ColumnOrder".
 */
#include <math.h>
#include <string.h>

#include "format/parquet/write_column.h"

#define MOST_TEXT 64 /* bytes of a string in statistics */
#define KEPT_TEXT 68 /* what decides which those are, and that there are more */

static int compare_text(const vonk_buffer *a, const void *data, size_t length)
{
    size_t n = a->length < length ? a->length : length;
    int order = n ? memcmp(a->data, data, n) : 0;
    return order ? order : (a->length > length) - (a->length < length);
}

static void set_text(vonk_buffer *text, const void *data, size_t length)
{
    text->length = 0;
    vonk_buffer_append(text, data, length);
}

static void add_text(vonk_pq_range *range, const void *data, size_t length)
{
    if (length > KEPT_TEXT)
        length = KEPT_TEXT;
    if (!range->known || compare_text(&range->text[0], data, length) > 0)
        set_text(&range->text[0], data, length);
    if (!range->known || compare_text(&range->text[1], data, length) < 0)
        set_text(&range->text[1], data, length);
    range->known = true;
}

static void add_double(vonk_pq_range *range, double value)
{
    if (value != value)
        return;
    if (!range->known || value < range->f64[0])
        range->f64[0] = value;
    if (!range->known || value > range->f64[1])
        range->f64[1] = value;
    range->known = true;
}

static void add_wide(vonk_pq_range *range, const uint8_t *bytes, uint32_t length)
{
    unsigned __int128 value = bytes[0] & 0x80 ? ~(unsigned __int128)0 : 0;
    for (uint32_t i = 0; i < length; i++)
        value = value << 8 | bytes[i];
    vonk_int128 v = (vonk_int128)value;
    if (!range->known || v < range->i128[0])
        range->i128[0] = v;
    if (!range->known || v > range->i128[1])
        range->i128[1] = v;
    range->known = true;
}

static void add_integer(vonk_pq_range *range, int64_t value)
{
    if (!range->known || value < range->i64[0])
        range->i64[0] = value;
    if (!range->known || value > range->i64[1])
        range->i64[1] = value;
    range->known = true;
}

void vonk_pq_range_add(vonk_pq_range *range, uint8_t physical, const void *value, uint32_t length)
{
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
    switch (physical) {
    case VONK_PQ_BOOLEAN:
        add_integer(range, *(const char *)value);
        break;
    case VONK_PQ_INT32:
        memcpy(&i32, value, 4);
        add_integer(range, i32);
        break;
    case VONK_PQ_INT64:
        memcpy(&i64, value, 8);
        add_integer(range, i64);
        break;
    case VONK_PQ_FLOAT:
        memcpy(&f32, value, 4);
        add_double(range, (double)f32);
        break;
    case VONK_PQ_DOUBLE:
        memcpy(&f64, value, 8);
        add_double(range, f64);
        break;
    case VONK_PQ_FIXED:
        add_wide(range, value, length);
        break;
    default:
        add_text(range, value, length);
        break;
    }
}

/* Least and greatest of integers: loops without branches, one a width. */
static void add_int32s(vonk_pq_range *range, const char *values, uint32_t n)
{
    int32_t low = INT32_MAX, high = INT32_MIN;
    for (uint32_t i = 0; i < n; i++) {
        int32_t value;
        memcpy(&value, values + (size_t)i * 4, 4);
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    add_integer(range, low);
    add_integer(range, high);
}

static void add_int64s(vonk_pq_range *range, const char *values, uint32_t n)
{
    int64_t low = INT64_MAX, high = INT64_MIN;
    for (uint32_t i = 0; i < n; i++) {
        int64_t value;
        memcpy(&value, values + (size_t)i * 8, 8);
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    add_integer(range, low);
    add_integer(range, high);
}

/* A NaN is neither less nor greater; if there is nothing else, `low` stays above `high`. */
static void add_floats(vonk_pq_range *range, const char *values, uint32_t n)
{
    float low = INFINITY, high = -INFINITY;
    for (uint32_t i = 0; i < n; i++) {
        float value;
        memcpy(&value, values + (size_t)i * 4, 4);
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    if (low <= high) {
        add_double(range, (double)low);
        add_double(range, (double)high);
    }
}

static void add_doubles(vonk_pq_range *range, const char *values, uint32_t n)
{
    double low = (double)INFINITY, high = (double)-INFINITY;
    for (uint32_t i = 0; i < n; i++) {
        double value;
        memcpy(&value, values + (size_t)i * 8, 8);
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    if (low <= high) {
        add_double(range, low);
        add_double(range, high);
    }
}

void vonk_pq_range_add_numbers(vonk_pq_range *range, uint8_t physical, const char *values,
                               uint32_t n)
{
    if (!n)
        return;
    if (physical == VONK_PQ_INT32)
        add_int32s(range, values, n);
    else if (physical == VONK_PQ_INT64)
        add_int64s(range, values, n);
    else if (physical == VONK_PQ_FLOAT)
        add_floats(range, values, n);
    else
        add_doubles(range, values, n);
}

static void encode_number(const vonk_pq_range *range, uint8_t physical, uint32_t width, int which,
                          char *ret)
{
    double f64 = range->f64[which];
    if (f64 == 0)
        f64 = which ? 0.0 : -0.0;
    float f32 = (float)f64;
    if (physical == VONK_PQ_FLOAT)
        memcpy(ret, &f32, 4);
    else if (physical == VONK_PQ_DOUBLE)
        memcpy(ret, &f64, 8);
    else if (physical == VONK_PQ_FIXED)
        for (uint32_t i = 0; i < width; i++)
            ret[i] = (char)(range->i128[which] >> ((width - 1 - i) * 8));
    else
        memcpy(ret, &range->i64[which], width);
}

/* Length of the longest prefix of at most MOST_TEXT bytes that does not end within a character. */
static size_t prefix_of(const vonk_buffer *text)
{
    size_t n = text->length;
    if (n <= MOST_TEXT)
        return n;
    for (n = MOST_TEXT; n > 0 && ((uint8_t)text->data[n] & 0xc0) == 0x80; n--)
        continue;
    return n ? n : MOST_TEXT;
}

static vonk_status encode_text(const vonk_pq_range *range, vonk_arena *arena,
                               vonk_pq_out_chunk *ret, vonk_error *err)
{
    size_t low = prefix_of(&range->text[0]), high = prefix_of(&range->text[1]);
    char *min = vonk_arena_strndup(arena, range->text[0].data, low, err);
    char *max = vonk_arena_strndup(arena, range->text[1].data, high, err);
    if (!min || !max)
        return VONK_NO_MEMORY;
    ret->min_exact = low == range->text[0].length;
    ret->max_exact = high == range->text[1].length;
    ret->has_max = true;
    if (!ret->max_exact) {
        while (high > 0 && (uint8_t)max[high - 1] >= 0x7f)
            high--;
        ret->has_max = high > 0;
        if (high > 0)
            max[high - 1]++;
    }
    ret->min = (vonk_slice){min, low};
    ret->max = (vonk_slice){max, high};
    return VONK_OK;
}

vonk_status vonk_pq_range_encode(const vonk_pq_range *range, uint8_t physical, uint32_t width,
                                 vonk_arena *arena, vonk_pq_out_chunk *ret, vonk_error *err)
{
    ret->has_range = range->known && !range->text[0].failed && !range->text[1].failed;
    if (!ret->has_range)
        return VONK_OK;
    if (physical == VONK_PQ_BYTE_ARRAY)
        return encode_text(range, arena, ret, err);
    char *bounds = vonk_arena_zalloc(arena, 32, err);
    VONK_TRY_ALLOC(bounds);
    encode_number(range, physical, width, 0, bounds);
    encode_number(range, physical, width, 1, bounds + 16);
    ret->min = (vonk_slice){bounds, width};
    ret->max = (vonk_slice){bounds + 16, width};
    ret->min_exact = ret->max_exact = ret->has_max = true;
    return VONK_OK;
}

void vonk_pq_range_clear(vonk_pq_range *range)
{
    range->known = false;
    range->text[0].length = range->text[1].length = 0;
}
