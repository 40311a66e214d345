/*
 * aggregate_min_max.c - min, max, bool_and, bool_or, and first and last.
 *
 * Slot 0: the values (booleans as bytes, strings as views of bytes that the state owns). Slot 1:
 * flags. Slot 2, strings: room of the bytes that are owned. State of min and max: the value, null
 * if there is none; of first and last: the value and whether there was a row.
 */
#include <math.h>
#include <string.h>

#include "expr/aggregate_internal.h"

enum { SEEN = 1, NOT_NULL = 2 };

#define WHOLE(SUFFIX, T)                                                                           \
    static inline bool less_##SUFFIX(T a, T b)                                                     \
    {                                                                                              \
        return a < b;                                                                              \
    }
WHOLE(i8, int8_t)
WHOLE(i16, int16_t)
WHOLE(i32, int32_t)
WHOLE(i64, int64_t)
WHOLE(i128, vonk_int128)

/* NaN is greater than all numbers. */
static inline bool less_f32(float a, float b)
{
    return isnan(b) ? !isnan(a) : a < b;
}

static inline bool less_f64(double a, double b)
{
    return isnan(b) ? !isnan(a) : a < b;
}

#define T      int8_t
#define SUFFIX i8
#include "expr/aggregate_min_max.inc.h"
#undef T
#undef SUFFIX
#define T      int16_t
#define SUFFIX i16
#include "expr/aggregate_min_max.inc.h"
#undef T
#undef SUFFIX
#define T      int32_t
#define SUFFIX i32
#include "expr/aggregate_min_max.inc.h"
#undef T
#undef SUFFIX
#define T      int64_t
#define SUFFIX i64
#include "expr/aggregate_min_max.inc.h"
#undef T
#undef SUFFIX
#define T      vonk_int128
#define SUFFIX i128
#include "expr/aggregate_min_max.inc.h"
#undef T
#undef SUFFIX
#define T      float
#define SUFFIX f32
#include "expr/aggregate_min_max.inc.h"
#undef T
#undef SUFFIX
#define T      double
#define SUFFIX f64
#include "expr/aggregate_min_max.inc.h"
#undef T
#undef SUFFIX

static void value_widths(const vonk_aggregate *agg, size_t ret[VONK_MAX_SLOTS])
{
    vonk_physical_type kind = vonk_type_physical(agg->type);
    ret[0] = kind == VONK_PHYS_BIT || kind == VONK_PHYS_NONE ? 1 : vonk_type_width(agg->type);
    ret[1] = 1;
    if (kind == VONK_PHYS_STRING)
        ret[2] = sizeof(uint32_t);
}

/* Keeps a copy of `value` as the group's string; its old bytes are written over if they suffice. */
static vonk_status keep_string(vonk_aggregate *agg, uint32_t group, const vonk_string *value,
                               vonk_error *err)
{
    vonk_string *slot = (vonk_string *)agg->slots[0] + group;
    uint32_t *room = (uint32_t *)agg->slots[2] + group;
    if (value->length <= VONK_STRING_INLINE) {
        *slot = *value;
        *room = 0; /* the pointer is gone */
        return VONK_OK;
    }
    char *bytes = (char *)slot->data;
    if (value->length > *room) {
        uint32_t size =
            value->length < UINT32_MAX / 2 ? value->length + value->length / 2 : value->length;
        bytes = vonk_arena_small(agg->arena, size, err);
        VONK_TRY_ALLOC(bytes);
        *room = size;
    }
    if (bytes != value->data)
        VONK_TRY(vonk_arena_copy(agg->arena, bytes, value->data, value->length, err));
    *slot = vonk_string_of(bytes, value->length);
    return VONK_OK;
}

static vonk_status best_string(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err)
{
    const vonk_string *values = in->args[0].values;
    uint8_t *seen = agg->slots[1];
    for (uint32_t i = 0; i < in->n; i++) {
        if (!vonk_row_counts(in, i))
            continue;
        uint32_t g = vonk_group_of(in, i);
        if (seen[g]) {
            int order = vonk_string_compare(&values[i], (vonk_string *)agg->slots[0] + g);
            if (agg->kind ? order <= 0 : order >= 0)
                continue;
        }
        seen[g] = SEEN;
        VONK_TRY(keep_string(agg, g, &values[i], err));
    }
    return VONK_OK;
}

static void best_bit(vonk_aggregate *agg, const vonk_aggregate_rows *in)
{
    uint8_t *best = agg->slots[0], *seen = agg->slots[1];
    for (uint32_t i = 0; i < in->n; i++) {
        if (!vonk_row_counts(in, i))
            continue;
        uint32_t g = vonk_group_of(in, i);
        uint8_t value = vonk_bit_get(in->args[0].values, i);
        if (!seen[g])
            best[g] = value;
        else
            best[g] = agg->kind ? best[g] | value : best[g] & value;
        seen[g] = SEEN;
    }
}

static vonk_status min_max_update(vonk_aggregate *agg, const vonk_aggregate_rows *in,
                                  vonk_error *err)
{
    bool is_max = agg->kind == 1;
    uint8_t *seen = agg->slots[1];
    switch (vonk_type_physical(agg->type)) {
    case VONK_PHYS_I8:
        best_i8(is_max, in, agg->slots[0], seen);
        break;
    case VONK_PHYS_I16:
        best_i16(is_max, in, agg->slots[0], seen);
        break;
    case VONK_PHYS_I32:
        best_i32(is_max, in, agg->slots[0], seen);
        break;
    case VONK_PHYS_I64:
        best_i64(is_max, in, agg->slots[0], seen);
        break;
    case VONK_PHYS_I128:
        best_i128(is_max, in, agg->slots[0], seen);
        break;
    case VONK_PHYS_F32:
        best_f32(is_max, in, agg->slots[0], seen);
        break;
    case VONK_PHYS_F64:
        best_f64(is_max, in, agg->slots[0], seen);
        break;
    case VONK_PHYS_BIT:
        best_bit(agg, in);
        break;
    case VONK_PHYS_STRING:
        return best_string(agg, in, err);
    case VONK_PHYS_NONE:
    case VONK_N_PHYS:
        break;
    }
    return VONK_OK;
}

/* Groups come to share bytes: none may write over them. */
static void run_strings(vonk_aggregate *agg, const bool *begins, uint32_t n)
{
    vonk_string *best = agg->slots[0];
    uint8_t *seen = agg->slots[1];
    memset(agg->slots[2], 0, n * sizeof(uint32_t));
    for (uint32_t g = 1; g < n; g++) {
        if (begins[g] || !seen[g - 1])
            continue;
        int order = seen[g] ? vonk_string_compare(&best[g - 1], &best[g]) : 0;
        if (!seen[g] || (agg->kind ? order >= 0 : order <= 0))
            best[g] = best[g - 1];
        seen[g] = SEEN;
    }
}

static void run_bits(vonk_aggregate *agg, const bool *begins, uint32_t n)
{
    uint8_t *best = agg->slots[0], *seen = agg->slots[1];
    for (uint32_t g = 1; g < n; g++) {
        if (begins[g] || !seen[g - 1])
            continue;
        if (!seen[g])
            best[g] = best[g - 1];
        else
            best[g] = agg->kind ? best[g] | best[g - 1] : best[g] & best[g - 1];
        seen[g] = SEEN;
    }
}

static vonk_status min_max_run(vonk_aggregate *agg, const bool *begins, uint32_t n, vonk_error *err)
{
    (void)err;
    bool is_max = agg->kind == 1;
    switch (vonk_type_physical(agg->type)) {
    case VONK_PHYS_I8:
        run_i8(is_max, begins, n, agg->slots[0], agg->slots[1]);
        break;
    case VONK_PHYS_I16:
        run_i16(is_max, begins, n, agg->slots[0], agg->slots[1]);
        break;
    case VONK_PHYS_I32:
        run_i32(is_max, begins, n, agg->slots[0], agg->slots[1]);
        break;
    case VONK_PHYS_I64:
        run_i64(is_max, begins, n, agg->slots[0], agg->slots[1]);
        break;
    case VONK_PHYS_I128:
        run_i128(is_max, begins, n, agg->slots[0], agg->slots[1]);
        break;
    case VONK_PHYS_F32:
        run_f32(is_max, begins, n, agg->slots[0], agg->slots[1]);
        break;
    case VONK_PHYS_F64:
        run_f64(is_max, begins, n, agg->slots[0], agg->slots[1]);
        break;
    case VONK_PHYS_BIT:
        run_bits(agg, begins, n);
        break;
    case VONK_PHYS_STRING:
        run_strings(agg, begins, n);
        break;
    case VONK_PHYS_NONE:
    case VONK_N_PHYS:
        break;
    }
    return VONK_OK;
}

static vonk_status min_max_merge(vonk_aggregate *agg, const vonk_aggregate_rows *in,
                                 vonk_error *err)
{
    vonk_aggregate_rows rows = *in;
    rows.valid = in->args[0].validity;
    return min_max_update(agg, &rows, err);
}

static void one_state_type(const vonk_expr *call, vonk_type ret[VONK_MAX_STATES], uint32_t *ret_n)
{
    ret[0] = call->type;
    *ret_n = 1;
}

/* Writes the values of groups from `start` on; null where the flags lack `flag`. */
static vonk_status put_values(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                              uint8_t flag, vonk_column *out, vonk_error *err)
{
    const uint8_t *flags = agg->slots[1];
    const char *values = agg->slots[0];
    vonk_physical_type kind = vonk_type_physical(out->type);
    size_t width = vonk_type_width(out->type);
    for (uint32_t i = 0; i < out->length; i++) {
        uint32_t g = start + i;
        if (!(flags[g] & flag)) {
            VONK_TRY(vonk_result_null(ctx, out, i, err));
            continue;
        }
        if (kind == VONK_PHYS_BIT)
            vonk_bit_set(out->values, i, values[g]);
        else if (kind == VONK_PHYS_STRING) /* a copy: the state may write over its bytes */
            VONK_TRY(vonk_result_string(
                ctx, out, i, vonk_string_slice((const vonk_string *)agg->slots[0] + g), err));
        else if (width)
            memcpy((char *)out->values + i * width, values + g * width, width);
    }
    return VONK_OK;
}

static vonk_status min_max_finish(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                                  vonk_column *out, vonk_error *err)
{
    if (out->type.id == VONK_NULL)
        return VONK_OK;
    return put_values(agg, ctx, start, SEEN, out, err);
}

const vonk_aggregate_family vonk_family_min_max = {.widths = value_widths,
                                                   .state_types = one_state_type,
                                                   .update = min_max_update,
                                                   .merge = min_max_merge,
                                                   .export = min_max_finish,
                                                   .finish = min_max_finish,
                                                   .run = min_max_run};

static bool ignores_nulls(const vonk_aggregate *agg)
{
    const vonk_expr *call = agg->call;
    return call->n_args == 2 && call->args[1]->kind == VONK_EXPR_LITERAL &&
           call->args[1]->value.boolean;
}

static vonk_status keep_row(vonk_aggregate *agg, const vonk_column *col, uint32_t row,
                            uint32_t group, vonk_error *err)
{
    bool valid = vonk_column_is_valid(col, row);
    size_t width = vonk_type_width(agg->type);
    ((uint8_t *)agg->slots[1])[group] = (uint8_t)(SEEN | (valid ? NOT_NULL : 0));
    if (!valid)
        return VONK_OK;
    if (agg->type.id == VONK_BOOL)
        ((uint8_t *)agg->slots[0])[group] = vonk_bit_get(col->values, row);
    else if (vonk_type_physical(agg->type) == VONK_PHYS_STRING)
        return keep_string(agg, group, (const vonk_string *)col->values + row, err);
    else if (width)
        memcpy((char *)agg->slots[0] + group * width, (const char *)col->values + row * width,
               width);
    return VONK_OK;
}

static vonk_status first_update(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err)
{
    const uint8_t *flags = agg->slots[1];
    bool skip_nulls = ignores_nulls(agg), is_last = agg->kind == 1;
    for (uint32_t i = 0; i < in->n; i++) {
        uint32_t g = vonk_group_of(in, i);
        if ((flags[g] && !is_last) || !vonk_row_counts(in, i))
            continue;
        if (skip_nulls && !vonk_column_is_valid(&in->args[0], i))
            continue;
        VONK_TRY(keep_row(agg, &in->args[0], i, g, err));
    }
    return VONK_OK;
}

static vonk_status first_merge(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err)
{
    const uint8_t *flags = agg->slots[1];
    for (uint32_t i = 0; i < in->n; i++) {
        uint32_t g = vonk_group_of(in, i);
        bool was_set = vonk_bit_get(in->args[1].values, i);
        if (was_set && (!flags[g] || agg->kind == 1))
            VONK_TRY(keep_row(agg, &in->args[0], i, g, err));
    }
    return VONK_OK;
}

static void first_state_types(const vonk_expr *call, vonk_type ret[VONK_MAX_STATES],
                              uint32_t *ret_n)
{
    ret[0] = call->type;
    ret[1] = VONK_TYPE(BOOL);
    *ret_n = 2;
}

static vonk_status first_finish(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                                vonk_column *out, vonk_error *err)
{
    if (out->type.id == VONK_NULL)
        return VONK_OK;
    return put_values(agg, ctx, start, NOT_NULL, out, err);
}

static vonk_status first_export(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                                vonk_column *out, vonk_error *err)
{
    const uint8_t *flags = agg->slots[1];
    for (uint32_t i = 0; i < out->length; i++)
        vonk_bit_set(out[1].values, i, flags[start + i] & SEEN);
    return first_finish(agg, ctx, start, out, err);
}

const vonk_aggregate_family vonk_family_first = {.widths = value_widths,
                                                 .state_types = first_state_types,
                                                 .update = first_update,
                                                 .merge = first_merge,
                                                 .export = first_export,
                                                 .finish = first_finish,
                                                 .is_ordered = true,
                                                 .counts_nulls = true};
