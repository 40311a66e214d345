/* group_shortcut.c - groups by dictionary codes, and by the bytes of short keys. */
#include "kernel/group_shortcut.h"

#include "kernel/group_table.h"

#define NO_CODE UINT32_MAX

vonk_status group_shortcut_init(vonk_arena *arena, const group_layout *layout, group_shortcut *ret,
                                vonk_error *err)
{
    group_shortcut s = {.layout = layout};
    s.rows = vonk_arena_alloc(arena, SHORTCUT_ROWS * sizeof(*s.rows), err);
    VONK_TRY_ALLOC(s.rows);
    s.row_groups = vonk_arena_alloc(arena, SHORTCUT_ROWS * sizeof(*s.row_groups), err);
    VONK_TRY_ALLOC(s.row_groups);
    bool fits = layout->n_words > 1 && layout->n_keys <= 8;
    for (uint32_t k = 0; k < layout->n_keys; k++)
        fits &= layout->keys[k].physical != VONK_PHYS_I128;
    if (fits) {
        s.packed = vonk_arena_alloc(arena, SHORTCUT_ROWS * sizeof(*s.packed), err);
        VONK_TRY_ALLOC(s.packed);
        s.cache_keys = vonk_arena_alloc(arena, SHORTCUT_ENTRIES * sizeof(*s.cache_keys), err);
        VONK_TRY_ALLOC(s.cache_keys);
        s.cache_groups = vonk_arena_alloc(arena, SHORTCUT_ENTRIES * sizeof(*s.cache_groups), err);
        VONK_TRY_ALLOC(s.cache_groups);
        memset(s.cache_groups, 0xff, SHORTCUT_ENTRIES * sizeof(*s.cache_groups));
    }
    *ret = s;
    return VONK_OK;
}

/* Codes of a key: its dictionary's, or 0 for a constant; and one more for null. At most one more
 * than are few enough. */
static uint32_t codes_of(const vonk_column *key)
{
    uint32_t n = key->encoding == VONK_DICTIONARY ? key->n_dictionary : 1;
    return n < SHORTCUT_CODES ? n + 1 : SHORTCUT_CODES + 1;
}

static bool codes_are_few(const vonk_column *keys, uint32_t n_keys, uint32_t n_rows)
{
    uint64_t product = 1;
    for (uint32_t k = 0; k < n_keys; k++) {
        if (keys[k].encoding == VONK_FLAT)
            return false;
        product *= codes_of(&keys[k]);
        if (product > SHORTCUT_CODES || product * 2 > n_rows)
            return false;
    }
    return true;
}

/* combination[i] = combination[i] * n + code of row i */
static void combine_codes(const vonk_column *key, uint32_t n_rows, uint32_t *combination)
{
    uint32_t n = codes_of(key);
    if (key->encoding == VONK_CONSTANT) {
        uint32_t code = vonk_column_is_valid(key, 0) ? 0 : 1;
        for (uint32_t i = 0; i < n_rows; i++)
            combination[i] = combination[i] * n + code;
    } else if (!key->validity) {
        for (uint32_t i = 0; i < n_rows; i++)
            combination[i] = combination[i] * n + key->codes[i];
    } else {
        for (uint32_t i = 0; i < n_rows; i++)
            combination[i] =
                combination[i] * n + (vonk_bit_get(key->validity, i) ? key->codes[i] : n - 1);
    }
}

bool group_shortcut_by_codes(group_shortcut *s, const vonk_column *keys, uint32_t n_rows,
                             uint32_t *groups)
{
    uint32_t n_keys = s->layout->n_keys;
    uint32_t by_code[SHORTCUT_CODES];
    if (!codes_are_few(keys, n_keys, n_rows))
        return false;
    memset(groups, 0, n_rows * sizeof(*groups));
    for (uint32_t k = 0; k < n_keys; k++)
        combine_codes(&keys[k], n_rows, groups);
    memset(by_code, 0xff, sizeof(by_code));
    s->n_rows = 0;
    for (uint32_t i = 0; i < n_rows; i++) {
        uint32_t *index = &by_code[groups[i]];
        if (*index == NO_CODE) {
            *index = s->n_rows;
            s->rows[s->n_rows++] = i;
        }
        groups[i] = *index;
    }
    return true;
}

void group_shortcut_finish_codes(group_shortcut *s, uint32_t n_rows, uint32_t *groups)
{
    for (uint32_t i = 0; i < n_rows; i++)
        groups[i] = s->row_groups[groups[i]];
}

static uint32_t max_length(const vonk_column *key, uint32_t start, uint32_t n)
{
    const vonk_string *strings = key->values;
    uint32_t most = 0;
    if (key->encoding == VONK_CONSTANT)
        return strings[0].length;
    for (uint32_t i = start; i < start + n; i++) {
        uint32_t length = strings[vonk_column_at(key, i)].length;
        most = length > most ? length : most;
    }
    return most;
}

/* Bytes that hold the key of every row, or 9 if 8 are too few. */
static uint32_t packed_bytes(const vonk_column *key, uint32_t start, uint32_t n)
{
    size_t width = vonk_type_width(key->type);
    if (key->validity || key->type.id == VONK_NULL)
        return 9;
    if (vonk_type_physical(key->type) == VONK_PHYS_STRING) {
        uint32_t most = max_length(key, start, n);
        return most <= 3 ? 4 : most <= 7 ? 8 : 9;
    }
    return width == 0 ? 1 : width <= 8 ? (uint32_t)width : 9;
}

/* The bytes of a string of up to 3 (7) bytes, zeroes, and in the last byte the length. */
static inline uint64_t pack_string(const vonk_string *s, size_t bytes)
{
    uint64_t head, rest;
    memcpy(&head, s, 8);
    memcpy(&rest, s->rest, 8);
    uint64_t low = head >> 32, length = (uint32_t)head;
    return bytes == 4 ? low | length << 24 : low | rest << 32 | length << 56;
}

VONK_SPECIALISE void pack_loop(bool string, bool flat, size_t bytes, const vonk_column *key,
                               uint32_t start, uint32_t n, uint32_t shift, uint64_t *packed)
{
    const char *values = key->values;
    size_t width = string ? sizeof(vonk_string) : bytes;
    for (uint32_t i = 0; i < n; i++) {
        size_t at = flat ? start + i : vonk_column_at(key, start + i);
        uint64_t value = 0;
        if (string)
            value = pack_string((const vonk_string *)(values + at * width), bytes);
        else
            memcpy(&value, values + at * width, bytes);
        packed[i] |= value << shift;
    }
}

static void pack_bits(const vonk_column *key, uint32_t start, uint32_t n, uint32_t shift,
                      uint64_t *packed)
{
    for (uint32_t i = 0; i < n; i++)
        packed[i] |= (uint64_t)vonk_bit_get(key->values, vonk_column_at(key, start + i)) << shift;
}

VONK_SPECIALISE void pack_as(bool string, size_t bytes, const vonk_column *key, uint32_t start,
                             uint32_t n, uint32_t shift, uint64_t *packed)
{
    if (key->encoding == VONK_FLAT)
        pack_loop(string, true, bytes, key, start, n, shift, packed);
    else
        pack_loop(string, false, bytes, key, start, n, shift, packed);
}

static void pack_key(const vonk_column *key, uint32_t bytes, uint32_t start, uint32_t n,
                     uint32_t shift, uint64_t *packed)
{
    bool string = vonk_type_physical(key->type) == VONK_PHYS_STRING;
    if (key->type.id == VONK_BOOL)
        pack_bits(key, start, n, shift, packed);
    else if (bytes == 1)
        pack_as(false, 1, key, start, n, shift, packed);
    else if (bytes == 2)
        pack_as(false, 2, key, start, n, shift, packed);
    else if (bytes == 4 && string)
        pack_as(true, 4, key, start, n, shift, packed);
    else if (bytes == 4)
        pack_as(false, 4, key, start, n, shift, packed);
    else if (string)
        pack_as(true, 8, key, start, n, shift, packed);
    else
        pack_as(false, 8, key, start, n, shift, packed);
}

static inline uint32_t cache_at(uint64_t packed)
{
    packed *= UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)((packed ^ packed >> 29) % SHORTCUT_ENTRIES);
}

/* Packs the rows; false if some do not fit. A new way of packing empties the cache. */
static bool pack(group_shortcut *s, const vonk_column *keys, uint32_t start, uint32_t n)
{
    uint32_t bytes[8], total = 0;
    uint64_t signature = 0;
    for (uint32_t k = 0; k < s->layout->n_keys; k++) {
        bytes[k] = packed_bytes(&keys[k], start, n);
        total += bytes[k];
        signature = signature << 4 | bytes[k];
        if (total > 8)
            return false;
    }
    if (signature != s->signature)
        memset(s->cache_groups, 0xff, SHORTCUT_ENTRIES * sizeof(*s->cache_groups));
    s->signature = signature;
    memset(s->packed, 0, n * sizeof(*s->packed));
    for (uint32_t k = 0, shift = 0; k < s->layout->n_keys; shift += bytes[k++] * 8)
        pack_key(&keys[k], bytes[k], start, n, shift, s->packed);
    return true;
}

bool group_shortcut_by_bytes(group_shortcut *s, const vonk_column *keys, uint32_t start, uint32_t n,
                             uint32_t *groups)
{
    if (!s->packed || (s->n_looked > UINT64_C(4) * SHORTCUT_ROWS && s->n_misses > s->n_looked / 4))
        return false;
    if (!pack(s, keys, start, n))
        return false;
    uint32_t n_missing = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = cache_at(s->packed[i]), group = s->cache_groups[at];
        bool hit = group != VONK_NO_GROUP && s->cache_keys[at] == s->packed[i];
        groups[i] = group;
        s->rows[n_missing] = start + i;
        n_missing += !hit;
    }
    s->n_rows = n_missing;
    s->n_looked += n;
    s->n_misses += n_missing;
    return true;
}

void group_shortcut_finish_bytes(group_shortcut *s, uint32_t start, uint32_t *groups)
{
    for (uint32_t i = 0; i < s->n_rows; i++) {
        uint32_t row = s->rows[i] - start, at = cache_at(s->packed[row]);
        groups[row] = s->row_groups[i];
        s->cache_keys[at] = s->packed[row];
        s->cache_groups[at] = s->row_groups[i];
    }
}
