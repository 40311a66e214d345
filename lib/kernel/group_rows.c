/* group_rows.c - columns to rows and back. */
#include "kernel/group_rows.h"

#include <math.h>

/* Widths in the order they take in a row: wide first, so that all are aligned. */
static const vonk_physical_type row_order[] = {
    VONK_PHYS_STRING, VONK_PHYS_I128, VONK_PHYS_I64, VONK_PHYS_F64, VONK_PHYS_I32,
    VONK_PHYS_F32,    VONK_PHYS_I16,  VONK_PHYS_I8,  VONK_PHYS_BIT,
};

vonk_status group_layout_init(vonk_arena *arena, const vonk_type *types, uint32_t n_keys,
                              group_layout *ret, vonk_error *err)
{
    group_layout out = {.n_keys = n_keys};
    uint32_t offset = 0;
    out.keys = VONK_NEW_ARRAY(arena, group_key, n_keys, err);
    VONK_TRY_ALLOC(out.keys);
    for (uint32_t k = 0; k < n_keys; k++) {
        out.keys[k].type = types[k];
        out.keys[k].physical = vonk_type_physical(types[k]);
        if (types[k].id >= VONK_ARRAY)
            return vonk_fail(err, VONK_UNSUPPORTED, "hash table with a key of type %s",
                             vonk_type_sql_name(types[k]));
    }
    for (size_t i = 0; i < VONK_LENGTH(row_order); i++)
        for (uint32_t k = 0; k < n_keys; k++) {
            if (out.keys[k].physical != row_order[i])
                continue;
            size_t width = vonk_type_width(types[k]);
            out.keys[k].offset = offset;
            offset += width ? (uint32_t)width : 1;
            out.n_strings += row_order[i] == VONK_PHYS_STRING;
        }
    out.nulls_apart = n_keys == 1 && offset == 8;
    out.null_offset = offset;
    if (!out.nulls_apart)
        offset += (n_keys + 7) / 8;
    out.n_words = (offset + 7) / 8;
    *ret = out;
    return VONK_OK;
}

/* One key of the rows to encode. `sel` NULL: rows from `start` on. */
typedef struct encode_run {
    const vonk_column *col;
    const uint32_t *sel;
    uint32_t start, n;
    char *out; /* of this key in the first row */
    size_t stride;
} encode_run;

/* NaNs of any bits become one, -0.0 becomes 0.0. */
static inline void canonical(vonk_physical_type type, char *value)
{
    if (type == VONK_PHYS_F64) {
        double d;
        memcpy(&d, value, sizeof(d));
        d = d != d ? (double)NAN : d + 0.0;
        memcpy(value, &d, sizeof(d));
    } else if (type == VONK_PHYS_F32) {
        float f;
        memcpy(&f, value, sizeof(f));
        f = f != f ? (float)NAN : f + 0.0f;
        memcpy(value, &f, sizeof(f));
    }
}

VONK_SPECIALISE void encode_loop(vonk_physical_type type, size_t width, bool flat,
                                 const encode_run *run)
{
    const char *values = run->col->values;
    char *out = run->out;
    for (uint32_t i = 0; i < run->n; i++, out += run->stride) {
        size_t at = flat ? run->start + i
                         : vonk_column_at(run->col, run->sel ? run->sel[i] : run->start + i);
        memcpy(out, values + at * width, width);
        canonical(type, out);
    }
}

VONK_SPECIALISE void encode_as(vonk_physical_type type, size_t width, const encode_run *run)
{
    if (run->col->encoding == VONK_FLAT && !run->sel)
        encode_loop(type, width, true, run);
    else
        encode_loop(type, width, false, run);
}

static void encode_bits(const encode_run *run)
{
    char *out = run->out;
    for (uint32_t i = 0; i < run->n; i++, out += run->stride) {
        uint32_t row = run->sel ? run->sel[i] : run->start + i;
        *out = vonk_bit_get(run->col->values, vonk_column_at(run->col, row)) ? 1 : 0;
    }
}

static void encode_values(vonk_physical_type type, const encode_run *run)
{
    switch (type) {
    case VONK_PHYS_BIT:
        encode_bits(run);
        break;
    case VONK_PHYS_I8:
        encode_as(VONK_PHYS_NONE, 1, run);
        break;
    case VONK_PHYS_I16:
        encode_as(VONK_PHYS_NONE, 2, run);
        break;
    case VONK_PHYS_I32:
        encode_as(VONK_PHYS_NONE, 4, run);
        break;
    case VONK_PHYS_F32:
        encode_as(VONK_PHYS_F32, 4, run);
        break;
    case VONK_PHYS_I64:
        encode_as(VONK_PHYS_NONE, 8, run);
        break;
    case VONK_PHYS_F64:
        encode_as(VONK_PHYS_F64, 8, run);
        break;
    case VONK_PHYS_I128:
    case VONK_PHYS_STRING:
        encode_as(VONK_PHYS_NONE, 16, run);
        break;
    case VONK_PHYS_NONE:
    case VONK_N_PHYS:
        break;
    }
}

/* Zeroes the values of null rows and sets their null bits. */
static void encode_nulls(const group_layout *layout, uint32_t k, const encode_run *run, char *rows)
{
    size_t width = vonk_type_width(layout->keys[k].type);
    if (layout->keys[k].physical == VONK_PHYS_BIT)
        width = 1;
    for (uint32_t i = 0; i < run->n; i++) {
        uint32_t row = run->sel ? run->sel[i] : run->start + i;
        if (vonk_column_is_valid(run->col, row))
            continue;
        memset(run->out + i * run->stride, 0, width);
        if (!layout->nulls_apart)
            ((uint8_t *)rows)[i * run->stride + layout->null_offset + k / 8] |=
                (uint8_t)(1u << (k % 8));
    }
}

void group_encode(const group_layout *layout, const vonk_column *keys, const uint32_t *sel,
                  uint32_t start, uint32_t n, uint64_t *out)
{
    size_t stride = layout->n_words * sizeof(*out);
    if (!layout->nulls_apart)
        memset(out, 0, n * stride);
    for (uint32_t k = 0; k < layout->n_keys; k++) {
        encode_run run = {.col = &keys[k],
                          .sel = sel,
                          .start = start,
                          .n = n,
                          .out = (char *)out + layout->keys[k].offset,
                          .stride = stride};
        encode_values(layout->keys[k].physical, &run);
        if (keys[k].validity || keys[k].type.id == VONK_NULL)
            encode_nulls(layout, k, &run, (char *)out);
    }
}

VONK_SPECIALISE void decode_loop(size_t width, const char *in, size_t stride, uint32_t n, char *out)
{
    for (uint32_t i = 0; i < n; i++)
        memcpy(out + i * width, in + i * stride, width);
}

static void decode_values(const group_key *key, const char *in, size_t stride, uint32_t n,
                          void *out)
{
    switch (vonk_type_width(key->type)) {
    case 1:
        decode_loop(1, in, stride, n, out);
        break;
    case 2:
        decode_loop(2, in, stride, n, out);
        break;
    case 4:
        decode_loop(4, in, stride, n, out);
        break;
    case 8:
        decode_loop(8, in, stride, n, out);
        break;
    case 16:
        decode_loop(16, in, stride, n, out);
        break;
    default:
        for (uint32_t i = 0; key->physical == VONK_PHYS_BIT && i < n; i++)
            vonk_bit_set(out, i, in[i * stride]);
        break;
    }
}

vonk_status group_decode(const group_layout *layout, uint32_t k, const uint64_t *rows, uint32_t n,
                         vonk_arena *arena, vonk_column *ret, vonk_error *err)
{
    const group_key *key = &layout->keys[k];
    size_t stride = layout->n_words * sizeof(*rows);
    const char *base = (const char *)rows;
    vonk_column out;
    VONK_TRY(vonk_column_new(arena, key->type, n, &out, err));
    if (key->physical == VONK_PHYS_BIT)
        memset(out.values, 0, vonk_bitmap_words(n) * 8);
    decode_values(key, base + key->offset, stride, n, out.values);
    for (uint32_t i = 0; !layout->nulls_apart && i < n; i++) {
        if (!(base[i * stride + layout->null_offset + k / 8] >> (k % 8) & 1))
            continue;
        if (!out.validity && key->type.id != VONK_NULL)
            VONK_TRY(vonk_column_add_validity(arena, &out, err));
        if (out.validity)
            vonk_bit_set(out.validity, i, false);
    }
    *ret = out;
    return VONK_OK;
}
