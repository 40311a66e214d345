#include "expr/operand.h"

#include <string.h>

int64_t vonk_whole_at(const vonk_column *col, uint32_t row)
{
    row = vonk_column_at(col, row);
    switch (vonk_type_physical(col->type)) {
    case VONK_PHYS_BIT:
        return vonk_bit_get(col->values, row);
    case VONK_PHYS_I8:
        return ((const int8_t *)col->values)[row];
    case VONK_PHYS_I16:
        return ((const int16_t *)col->values)[row];
    case VONK_PHYS_I32:
        return ((const int32_t *)col->values)[row];
    case VONK_PHYS_I64:
        return ((const int64_t *)col->values)[row];
    default:
        return 0;
    }
}

double vonk_number_at(const vonk_column *col, uint32_t row)
{
    if (col->type.id == VONK_FLOAT64)
        return ((const double *)col->values)[vonk_column_at(col, row)];
    if (col->type.id == VONK_FLOAT32)
        return (double)((const float *)col->values)[vonk_column_at(col, row)];
    return (double)vonk_whole_at(col, row);
}

/* Functions leave null rows alone, but the next one reads their views. */
static void empty_null_views(vonk_column *out, uint32_t n_rows)
{
    vonk_string *views = out->values;
    for (size_t w = 0; w < vonk_bitmap_words(n_rows); w++) {
        uint64_t nulls = ~out->validity[w] & vonk_bitmap_mask(w, n_rows);
        for (; nulls; nulls &= nulls - 1)
            views[w * 64 + (size_t)__builtin_ctzll(nulls)] = (vonk_string){0};
    }
}

vonk_status vonk_result_new(const vonk_eval *ctx, vonk_type type, const vonk_column *args,
                            uint32_t n_args, uint32_t n_rows, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    VONK_TRY(vonk_column_new(ctx->arena, type, n_rows, &out, err));
    for (uint32_t i = 0; i < n_args; i++) {
        uint64_t *bits;
        VONK_TRY(vonk_column_validity(ctx->arena, &args[i], &bits, err));
        if (!bits)
            continue;
        if (!out.validity)
            VONK_TRY(vonk_column_add_validity(ctx->arena, &out, err));
        for (size_t w = 0; w < vonk_bitmap_words(n_rows); w++)
            out.validity[w] &= bits[w];
    }
    if (out.validity && vonk_type_physical(type) == VONK_PHYS_STRING)
        empty_null_views(&out, n_rows);
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_result_null(const vonk_eval *ctx, vonk_column *ret, uint32_t row, vonk_error *err)
{
    if (!ret->validity)
        VONK_TRY(vonk_column_add_validity(ctx->arena, ret, err));
    vonk_bit_set(ret->validity, row, false);
    size_t width = vonk_type_width(ret->type);
    if (width)
        memset((char *)ret->values + row * width, 0, width);
    return VONK_OK;
}

vonk_status vonk_result_string(const vonk_eval *ctx, vonk_column *ret, uint32_t row,
                               vonk_slice text, vonk_error *err)
{
    vonk_string *out = (vonk_string *)ret->values + row;
    const char *data = text.data;
    if (text.length > VONK_MAX_TEXT)
        return vonk_string_too_long(text.length, err);
    if (text.length > VONK_STRING_INLINE) {
        char *copy = vonk_arena_small(ctx->arena, text.length, err);
        VONK_TRY_ALLOC(copy);
        VONK_TRY(vonk_arena_copy(ctx->arena, copy, text.data, text.length, err));
        data = copy;
    }
    *out = vonk_string_of(data, (uint32_t)text.length);
    return VONK_OK;
}

#define SCATTER(T)                                                                                 \
    do {                                                                                           \
        const __typeof__(T) *from = src->values;                                                   \
        __typeof__(T) *to = dst->values;                                                           \
        for (uint32_t i = 0; i < n; i++)                                                           \
            to[rows[i]] = from[vonk_column_at(src, same ? rows[i] : i)];                           \
    } while (0)

VONK_SPECIALISE void scatter(bool same, const vonk_column *src, const uint32_t *rows, uint32_t n,
                             vonk_column *dst)
{
    if (src->validity || src->type.id == VONK_NULL)
        for (uint32_t i = 0; i < n; i++)
            vonk_bit_set(dst->validity, rows[i], vonk_column_is_valid(src, same ? rows[i] : i));
    switch (vonk_type_physical(src->type)) {
    case VONK_PHYS_NONE:
    case VONK_N_PHYS:
        break;
    case VONK_PHYS_BIT:
        for (uint32_t i = 0; i < n; i++)
            vonk_bit_set(dst->values, rows[i],
                         vonk_bit_get(src->values, vonk_column_at(src, same ? rows[i] : i)));
        break;
    case VONK_PHYS_I8:
        SCATTER(uint8_t);
        break;
    case VONK_PHYS_I16:
        SCATTER(uint16_t);
        break;
    case VONK_PHYS_I32:
    case VONK_PHYS_F32:
        SCATTER(uint32_t);
        break;
    case VONK_PHYS_I64:
    case VONK_PHYS_F64:
        SCATTER(uint64_t);
        break;
    case VONK_PHYS_I128:
    case VONK_PHYS_STRING:
        SCATTER(vonk_int128);
        break;
    }
}

void vonk_scatter(const vonk_column *src, const uint32_t *rows, uint32_t n, vonk_column *dst)
{
    scatter(false, src, rows, n, dst);
}

void vonk_scatter_same(const vonk_column *src, const uint32_t *rows, uint32_t n, vonk_column *dst)
{
    scatter(true, src, rows, n, dst);
}
