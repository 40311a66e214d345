/* key_filter.c - a bitmap over the range of dense keys, a Bloom filter over others. */
#include "kernel/key_filter.h"

#include "kernel/hash.h"

#define SMALL_RANGE    (UINT64_C(1) << 23) /* a bitmap of 1 MiB: it stays in the cache */
#define DENSE_PER_KEY  64                  /* or so many bits a key, as much as a Bloom filter */
#define SPARSE_RANGE   (UINT64_C(1) << 26) /* or 8 MiB of */
#define SPARSE_PER_KEY 256                 /* so many: rows in order of their keys walk along it */
#define COARSE_BITS    (UINT64_C(1) << 17) /* 16 KiB */
#define COARSE_SPARSE  8                   /* so many bits a key, or it is not worth it */
#define BLOOM_PER_KEY  16                  /* bits */
#define MAX_BLOOM_LOG2 24
#define STEP           65536u /* keys between looks at whether anybody still waits */

bool vonk_key_filter_takes(vonk_type type)
{
    vonk_physical_type physical = vonk_type_physical(type);
    return physical == VONK_PHYS_I32 || physical == VONK_PHYS_I64;
}

static inline int64_t key_at(const void *values, bool wide, uint32_t at)
{
    return wide ? ((const int64_t *)values)[at] : ((const int32_t *)values)[at];
}

/* Four bits of one word. */
static inline uint64_t bloom_mask(uint64_t hash)
{
    return UINT64_C(1) << (hash & 63) | UINT64_C(1) << (hash >> 6 & 63) |
           UINT64_C(1) << (hash >> 12 & 63) | UINT64_C(1) << (hash >> 18 & 63);
}

static inline uint64_t bloom_word(const vonk_key_filter *f, uint64_t hash)
{
    return hash >> (64 - f->log2_words);
}

/* Takes keys from .. to into the range. */
static void find_range(vonk_key_filter *f, const vonk_column *keys, bool wide, uint32_t from,
                       uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        if (!vonk_column_is_valid(keys, i))
            continue;
        int64_t v = key_at(keys->values, wide, vonk_column_at(keys, i));
        f->min = v < f->min ? v : f->min;
        f->max = v > f->max ? v : f->max;
        f->n_keys++;
    }
}

/* Takes keys from .. to into the bits. */
static void fill(vonk_key_filter *f, const vonk_column *keys, bool wide, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        if (!vonk_column_is_valid(keys, i))
            continue;
        uint64_t v = (uint64_t)key_at(keys->values, wide, vonk_column_at(keys, i));
        if (f->bits) {
            v -= (uint64_t)f->min;
            f->bits[v >> 6] |= UINT64_C(1) << (v & 63);
            if (f->coarse)
                f->coarse[v >> f->shift >> 6] |= UINT64_C(1) << (v >> f->shift & 63);
        } else {
            uint64_t hash = vonk_hash_u64(v);
            f->words[bloom_word(f, hash)] |= bloom_mask(hash);
        }
    }
}

typedef void take_fn(vonk_key_filter *f, const vonk_column *keys, bool wide, uint32_t from,
                     uint32_t to);

/* All keys, with looks at whether anybody still waits. */
static vonk_status take_all(vonk_key_filter *f, const vonk_arena *arena, const vonk_column *keys,
                            take_fn *take, vonk_error *err)
{
    bool wide = vonk_type_physical(keys->type) == VONK_PHYS_I64;
    for (uint32_t at = 0, end; at < keys->length; at = end) {
        end = keys->length - at < STEP ? keys->length : at + STEP;
        VONK_TRY(vonk_arena_check(arena, err));
        take(f, keys, wide, at, end);
    }
    return VONK_OK;
}

/* Is a bitmap of `range` bits small enough for so many keys? */
static bool fits_bitmap(uint64_t range, uint64_t n_keys)
{
    return range < SMALL_RANGE || range / DENSE_PER_KEY < n_keys ||
           (range < SPARSE_RANGE && range / SPARSE_PER_KEY < n_keys);
}

static vonk_status make_bitmaps(vonk_key_filter *f, vonk_arena *arena, uint64_t range,
                                vonk_error *err)
{
    f->bits = vonk_arena_alloc(arena, (range / 64 + 1) * 8, err);
    VONK_TRY_ALLOC(f->bits);
    VONK_TRY(vonk_arena_fill(arena, f->bits, 0, (range / 64 + 1) * 8, err));
    while (range >> f->shift >= COARSE_BITS)
        f->shift++;
    if (!f->shift || f->n_keys > (range >> f->shift) / COARSE_SPARSE)
        return VONK_OK;
    f->coarse = vonk_arena_zalloc(arena, COARSE_BITS / 8, err);
    VONK_TRY_ALLOC(f->coarse);
    return VONK_OK;
}

vonk_status vonk_key_filter_new(vonk_arena *arena, const vonk_column *keys, vonk_key_filter **ret,
                                vonk_error *err)
{
    vonk_key_filter *f = VONK_NEW(arena, vonk_key_filter, err);
    VONK_TRY_ALLOC(f);
    *f = (vonk_key_filter){.type = keys->type, .min = INT64_MAX, .max = INT64_MIN};
    VONK_TRY(take_all(f, arena, keys, find_range, err));
    uint64_t range = f->n_keys ? (uint64_t)f->max - (uint64_t)f->min : 0;
    if (fits_bitmap(range, f->n_keys)) {
        VONK_TRY(make_bitmaps(f, arena, range, err));
    } else {
        f->log2_words = 6;
        while (f->log2_words < MAX_BLOOM_LOG2 &&
               UINT64_C(64) << f->log2_words < f->n_keys * BLOOM_PER_KEY)
            f->log2_words++;
        f->words = vonk_arena_alloc(arena, (size_t)8 << f->log2_words, err);
        VONK_TRY_ALLOC(f->words);
        VONK_TRY(vonk_arena_fill(arena, f->words, 0, (size_t)8 << f->log2_words, err));
    }
    VONK_TRY(take_all(f, arena, keys, fill, err));
    *ret = f;
    return VONK_OK;
}

vonk_key_filter vonk_key_filter_range(vonk_type type, bool takes_nulls)
{
    return (vonk_key_filter){
        .type = type, .n_keys = 1, .min = INT64_MIN, .max = INT64_MAX, .takes_nulls = takes_nulls};
}

typedef enum test { COARSE, EXACT, BLOOM } test;

static inline bool may_have(const vonk_key_filter *f, int64_t value, test how)
{
    uint64_t at = (uint64_t)value - (uint64_t)f->min;
    bool in_range = at <= (uint64_t)f->max - (uint64_t)f->min;
    if (how == BLOOM) {
        uint64_t hash = vonk_hash_u64((uint64_t)value), mask = bloom_mask(hash);
        return in_range & ((f->words[bloom_word(f, hash)] & mask) == mask);
    }
    at = in_range ? at : 0;
    at >>= how == COARSE ? f->shift : 0;
    const uint64_t *bits = how == COARSE ? f->coarse : f->bits;
    return in_range & (bits[at >> 6] >> (at & 63));
}

/* `wide` and `how` are literals where it is called: loops without a branch a row. */
static inline uint32_t select_loop(const vonk_key_filter *f, const void *values,
                                   const uint32_t *codes, const uint32_t *sel, uint32_t n,
                                   uint32_t *ret, bool wide, test how)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = sel ? sel[i] : i;
        bool has = may_have(f, key_at(values, wide, codes ? codes[row] : row), how);
        ret[kept] = row;
        kept += has;
    }
    return kept;
}

/* A range: nulls are looked at row by row. */
static uint32_t select_range(const vonk_key_filter *f, const vonk_column *col, const uint32_t *sel,
                             uint32_t n, uint32_t *ret)
{
    bool wide = vonk_type_physical(col->type) == VONK_PHYS_I64;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = sel ? sel[i] : i;
        ret[kept] = row;
        if (!vonk_column_is_valid(col, row)) {
            kept += f->takes_nulls;
            continue;
        }
        int64_t v = key_at(col->values, wide, vonk_column_at(col, row));
        kept += (v >= f->min) & (v <= f->max);
    }
    return kept;
}

static uint32_t select_values(const vonk_key_filter *f, const vonk_column *col, const uint32_t *sel,
                              uint32_t n, uint32_t *ret)
{
    bool wide = vonk_type_physical(col->type) == VONK_PHYS_I64;
    const uint32_t *codes = col->encoding == VONK_DICTIONARY ? col->codes : NULL;
    if (f->coarse) {
        n = wide ? select_loop(f, col->values, codes, sel, n, ret, true, COARSE)
                 : select_loop(f, col->values, codes, sel, n, ret, false, COARSE);
        sel = ret;
    }
    if (f->bits)
        return wide ? select_loop(f, col->values, codes, sel, n, ret, true, EXACT)
                    : select_loop(f, col->values, codes, sel, n, ret, false, EXACT);
    return wide ? select_loop(f, col->values, codes, sel, n, ret, true, BLOOM)
                : select_loop(f, col->values, codes, sel, n, ret, false, BLOOM);
}

uint32_t vonk_key_filter_select(const vonk_key_filter *filter, const vonk_column *col,
                                const uint32_t *sel, uint32_t n, uint32_t *ret)
{
    uint32_t kept = 0;
    if (!filter->n_keys || col->type.id == VONK_NULL)
        return 0;
    if (!filter->bits && !filter->words)
        return select_range(filter, col, sel, n, ret);
    if (col->encoding == VONK_CONSTANT) {
        uint32_t first = 0, one;
        if (!vonk_column_is_valid(col, 0) || !select_values(filter, col, &first, 1, &one))
            return 0;
        for (uint32_t i = 0; i < n; i++)
            ret[i] = sel ? sel[i] : i;
        return n;
    }
    if (!col->validity)
        return select_values(filter, col, sel, n, ret);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = sel ? sel[i] : i;
        ret[kept] = row;
        kept += vonk_bit_get(col->validity, row);
    }
    return select_values(filter, col, ret, kept, ret);
}
