/* hash.c - 64-bit hashes of rows, equal for equal values whatever their encoding. */
#include <xxhash.h>

#include "kernel/hash.h"
#include "kernel/kernel.h"

#define NULL_HASH UINT64_C(0x9ae16a3b2f90404f)
#define BLOCK     256 /* entries of a dictionary hashed at a time */

static inline uint64_t hash_i8(int8_t v)
{
    return vonk_hash_u64((uint64_t)(int64_t)v);
}

static inline uint64_t hash_i16(int16_t v)
{
    return vonk_hash_u64((uint64_t)(int64_t)v);
}

static inline uint64_t hash_i32(int32_t v)
{
    return vonk_hash_u64((uint64_t)(int64_t)v);
}

static inline uint64_t hash_i64(int64_t v)
{
    return vonk_hash_u64((uint64_t)v);
}

static inline uint64_t hash_i128(vonk_int128 v)
{
    return vonk_hash_i128(v);
}

static inline uint64_t hash_f64(double v)
{
    return vonk_hash_f64(v);
}

static inline uint64_t hash_f32(float v)
{
    return vonk_hash_f64((double)v);
}

uint64_t vonk_hash_string(const vonk_string *s)
{
    if (s->length <= VONK_STRING_INLINE) {
        uint64_t words[2];
        memcpy(words, s, sizeof(words));
        return vonk_hash_combine(vonk_hash_u64(words[0]), words[1]);
    }
    return XXH3_64bits(s->data, s->length);
}

#define TEMPLATE "kernel/hash.inc.h"
#include "kernel/each_fixed.inc.h"

static void hash_bits(const void *values, size_t start, size_t n, uint64_t *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = vonk_hash_u64(vonk_bit_get(values, start + i));
}

static void hash_strings(const void *values, size_t start, size_t n, uint64_t *out)
{
    const vonk_string *strings = values;
    for (size_t i = 0; i < n; i++)
        out[i] = vonk_hash_string(&strings[start + i]);
}

/* out[i] = hash of values[start + i] for i < n. */
typedef void hash_fn(const void *values, size_t start, size_t n, uint64_t *out);

static hash_fn *const fns[VONK_N_PHYS] = {
    [VONK_PHYS_BIT] = hash_bits,       [VONK_PHYS_I8] = hash_run_i8,
    [VONK_PHYS_I16] = hash_run_i16,    [VONK_PHYS_I32] = hash_run_i32,
    [VONK_PHYS_I64] = hash_run_i64,    [VONK_PHYS_I128] = hash_run_i128,
    [VONK_PHYS_F32] = hash_run_f32,    [VONK_PHYS_F64] = hash_run_f64,
    [VONK_PHYS_STRING] = hash_strings,
};

static inline void put(bool combine, uint64_t *hash, uint64_t value)
{
    *hash = combine ? vonk_hash_combine(*hash, value) : value;
}

/* Rows start .. start + n, whose hashes as if not null are in `part`. */
static void put_rows(const vonk_column *col, bool combine, uint32_t start, uint32_t n,
                     const uint64_t *part, uint64_t *hash)
{
    for (uint32_t i = 0; i < n; i++) {
        bool valid = !col->validity || vonk_bit_get(col->validity, start + i);
        put(combine, &hash[start + i], valid ? part[i] : NULL_HASH);
    }
}

static uint64_t hash_nested_row(const vonk_column *col, uint32_t row);

/* Hash of one value anywhere, null or not: for elements of nested types. */
static uint64_t hash_element(const vonk_column *col, uint32_t row)
{
    uint64_t hash;
    if (!vonk_column_is_valid(col, row))
        return NULL_HASH;
    hash_fn *fn = fns[vonk_type_physical(col->type)];
    if (!fn)
        return hash_nested_row(col, row);
    fn(col->values, vonk_column_at(col, row), 1, &hash);
    return hash;
}

static uint64_t hash_nested_row(const vonk_column *col, uint32_t row)
{
    uint32_t at = vonk_column_at(col, row);
    uint32_t start = at, end = at + 1;
    uint64_t hash = NULL_HASH;
    if (col->type.id == VONK_ARRAY || col->type.id == VONK_MAP) {
        start = col->offsets[at];
        end = col->offsets[at + 1];
        hash = vonk_hash_u64(end - start);
    }
    for (uint32_t i = start; i < end; i++)
        for (uint32_t c = 0; col->children && c < col->type.children->n_fields; c++)
            hash = vonk_hash_combine(hash, hash_element(&col->children[c], i));
    return hash;
}

static void hash_nested(const vonk_column *col, bool combine, uint64_t *hash)
{
    for (uint32_t i = 0; i < col->length; i++)
        put(combine, &hash[i], vonk_column_is_valid(col, i) ? hash_nested_row(col, i) : NULL_HASH);
}

static void hash_constant(const vonk_column *col, bool combine, uint64_t *hash)
{
    uint64_t value = NULL_HASH;
    if (vonk_column_is_valid(col, 0))
        fns[vonk_type_physical(col->type)](col->values, 0, 1, &value);
    for (uint32_t i = 0; i < col->length; i++)
        put(combine, &hash[i], value);
}

/*
 * A small dictionary's entries are hashed once and then looked up. There is no arena to keep the
 * hashes of a large one in; its rows are hashed one by one.
 */
static void hash_dictionary(const vonk_column *col, bool combine, uint64_t *hash)
{
    hash_fn *fn = fns[vonk_type_physical(col->type)];
    uint64_t entries[BLOCK * 4], part[BLOCK];
    bool small = col->n_dictionary <= VONK_LENGTH(entries) && col->n_dictionary <= col->length;
    if (small)
        fn(col->values, 0, col->n_dictionary, entries);
    for (uint32_t start = 0; start < col->length; start += BLOCK) {
        uint32_t n = col->length - start < BLOCK ? col->length - start : BLOCK;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t code = col->codes[start + i];
            if (small)
                part[i] = entries[code];
            else
                fn(col->values, code, 1, &part[i]);
        }
        put_rows(col, combine, start, n, part, hash);
    }
}

void vonk_hash(const vonk_column *col, bool combine, uint64_t *hash)
{
    hash_fn *fn = fns[vonk_type_physical(col->type)];
    uint64_t part[BLOCK];
    if (!fn) {
        hash_nested(col, combine, hash);
    } else if (col->encoding == VONK_CONSTANT) {
        hash_constant(col, combine, hash);
    } else if (col->encoding == VONK_DICTIONARY) {
        hash_dictionary(col, combine, hash);
    } else if (!combine && !col->validity) {
        fn(col->values, 0, col->length, hash);
    } else {
        for (uint32_t start = 0; start < col->length; start += BLOCK) {
            uint32_t n = col->length - start < BLOCK ? col->length - start : BLOCK;
            fn(col->values, start, n, part);
            put_rows(col, combine, start, n, part, hash);
        }
    }
}
