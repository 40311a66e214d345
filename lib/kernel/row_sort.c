/* row_sort.c - prefixes, radix sort on them, and merge sort of what they leave open. */
#include "kernel/row_sort.h"

#include <math.h>

#include "kernel/operands.h"

#define CHECK_ROWS 65536u /* between looks at whether anybody still waits */
#define SMALL_SORT 512    /* rows up to which counting bytes costs more than comparing */

/* Keys without codes: FLAT or CONSTANT. */
typedef struct sort_keys {
    const vonk_column *columns;
    const vonk_sort_order *orders;
    uint32_t n;
    const atomic_bool *stop;
} sort_keys;

/* Nobody waits for the order any more: all loops end as they are. */
static bool is_stopped(const sort_keys *keys)
{
    return keys->stop && atomic_load_explicit(keys->stop, memory_order_relaxed);
}

/* Which keys the prefix holds, and how many bytes of each. */
typedef struct prefix_part {
    uint32_t key, shift; /* bits from the top of the prefix */
    uint32_t bytes;
    bool null_byte; /* one more byte in front says whether it is null */
} prefix_part;

typedef struct prefix_plan {
    prefix_part parts[16];
    uint32_t n_parts, n_words;
    bool exact; /* equal prefixes mean equal keys */
} prefix_plan;

int vonk_sort_compare(const vonk_column *keys_a, uint32_t row_a, const vonk_column *keys_b,
                      uint32_t row_b, const vonk_sort_order *orders, uint32_t n_keys)
{
    for (uint32_t k = 0; k < n_keys; k++) {
        bool x = vonk_column_is_valid(&keys_a[k], row_a);
        bool y = vonk_column_is_valid(&keys_b[k], row_b);
        if (!x || !y) {
            if (x == y)
                continue;
            return x == orders[k].nulls_first ? 1 : -1;
        }
        int order = vonk_compare_rows(&keys_a[k], row_a, &keys_b[k], row_b);
        if (order)
            return orders[k].descending ? -order : order;
    }
    return 0;
}

static int compare(const sort_keys *keys, uint32_t a, uint32_t b)
{
    return vonk_sort_compare(keys->columns, a, keys->columns, b, keys->orders, keys->n);
}

/* Stable merge sort of row numbers; `spare` has room for n. */
static void sort_by_keys(const sort_keys *keys, uint32_t *rows, uint32_t *spare, uint32_t n)
{
    for (uint32_t start = 0; start < n && !is_stopped(keys); start += 8)
        for (uint32_t i = start + 1; i < n && i < start + 8; i++) {
            uint32_t row = rows[i], at = i;
            for (; at > start && compare(keys, row, rows[at - 1]) < 0; at--)
                rows[at] = rows[at - 1];
            rows[at] = row;
        }
    uint32_t *from = rows, *to = spare;
    for (uint64_t run = 8; run < n && !is_stopped(keys); run *= 2) {
        for (uint64_t start = 0; start < n && !is_stopped(keys); start += run * 2) {
            uint64_t middle = start + run < n ? start + run : n;
            uint64_t end = start + run * 2 < n ? start + run * 2 : n;
            uint64_t i = start, j = middle;
            for (uint64_t out = start; out < end; out++) {
                bool right = i == middle || (j < end && compare(keys, from[j], from[i]) < 0);
                to[out] = from[right ? j : i];
                j += right;
                i += !right;
            }
        }
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != rows)
        memcpy(rows, from, n * sizeof(*rows));
}

/* One value as a number of 64 bits, at the top, that orders as the value does. */
VONK_SPECIALISE uint64_t normal_value(vonk_physical_type type, const void *values, size_t i)
{
    double d = 0;
    uint64_t bits = 0;
    switch (type) {
    case VONK_PHYS_BIT:
        return (uint64_t)vonk_bit_get(values, i) << 56;
    case VONK_PHYS_I8:
        return (uint64_t)(((const int8_t *)values)[i] ^ INT8_MIN) << 56;
    case VONK_PHYS_I16:
        return (uint64_t)(((const int16_t *)values)[i] ^ INT16_MIN) << 48;
    case VONK_PHYS_I32:
        return (uint64_t)(((const int32_t *)values)[i] ^ INT32_MIN) << 32;
    case VONK_PHYS_I64:
        return (uint64_t)(((const int64_t *)values)[i] ^ INT64_MIN);
    case VONK_PHYS_F32:
    case VONK_PHYS_F64:
        d = type == VONK_PHYS_F32 ? (double)((const float *)values)[i]
                                  : ((const double *)values)[i];
        d = d != d ? (double)NAN : d + 0.0;
        memcpy(&bits, &d, sizeof(bits));
        bits &= d != d ? INT64_MAX : UINT64_MAX; /* the NaN above infinity, not below */
        return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
    default:
        return 0;
    }
}

/* Eight bytes of a string from `from` on, zeroes behind its end. */
static uint64_t string_bytes(const vonk_string *s, uint32_t from)
{
    uint64_t word = 0;
    if (s->length > from) {
        uint32_t left = s->length - from;
        memcpy(&word, vonk_string_data(s) + from, left < 8 ? left : 8);
    }
    return __builtin_bswap64(word);
}

typedef struct wide_prefix {
    uint64_t high, low;
} wide_prefix;

static wide_prefix normal_wide(vonk_physical_type type, const vonk_column *col, size_t i)
{
    if (type == VONK_PHYS_I128) {
        vonk_int128 v = ((const vonk_int128 *)col->values)[i];
        return (wide_prefix){(uint64_t)(v >> 64) ^ (uint64_t)INT64_MIN, (uint64_t)v};
    }
    const vonk_string *s = (const vonk_string *)col->values + i;
    return (wide_prefix){string_bytes(s, 0), string_bytes(s, 8)};
}

/* Bits `shift` .. of the prefix (128 bits, from the top) |= the top `bytes` of value. */
static inline void put_bits(uint64_t *words, uint32_t n_words, uint32_t shift, uint64_t value)
{
    uint32_t w = shift / 64, bit = shift % 64;
    if (w < n_words)
        words[w] |= value >> bit;
    if (bit && w + 1 < n_words)
        words[w + 1] |= value << (64 - bit);
}

static inline uint64_t top_bytes(uint64_t value, uint32_t bytes)
{
    return bytes >= 8 ? value : bytes ? value & ~(UINT64_MAX >> (bytes * 8)) : 0;
}

VONK_SPECIALISE void fill_loop(vonk_physical_type type, const sort_keys *keys,
                               const prefix_plan *plan, const prefix_part *part, uint64_t *words,
                               size_t step, uint32_t n)
{
    const vonk_column *col = &keys->columns[part->key];
    const vonk_sort_order *order = &keys->orders[part->key];
    bool wide = type == VONK_PHYS_I128 || type == VONK_PHYS_STRING;
    uint32_t shift = part->shift + (part->null_byte ? 8 : 0);
    uint64_t flip = order->descending ? UINT64_MAX : 0;
    for (uint32_t i = 0; i < n; i++, words += step) {
        if (part->null_byte) {
            bool valid = vonk_column_is_valid(col, i);
            put_bits(words, plan->n_words, part->shift,
                     (uint64_t)(valid == order->nulls_first) << 56);
            if (!valid)
                continue;
        }
        size_t at = col->encoding == VONK_CONSTANT ? 0 : i;
        if (wide) {
            wide_prefix p = normal_wide(type, col, at);
            put_bits(words, plan->n_words, shift, top_bytes(p.high ^ flip, part->bytes));
            if (part->bytes > 8)
                put_bits(words, plan->n_words, shift + 64,
                         top_bytes(p.low ^ flip, part->bytes - 8));
        } else {
            put_bits(words, plan->n_words, shift,
                     top_bytes(normal_value(type, col->values, at) ^ flip, part->bytes));
        }
    }
}

#define FILL(type)                                                                                 \
    case type:                                                                                     \
        fill_loop(type, keys, plan, part, words, step, n);                                         \
        break

/* words: the prefix of row 0; that of row i is i * step words further. All zero before. */
static void fill_prefixes(const sort_keys *keys, const prefix_plan *plan, uint64_t *words,
                          size_t step, uint32_t n)
{
    for (uint32_t p = 0; p < plan->n_parts && !is_stopped(keys); p++) {
        const prefix_part *part = &plan->parts[p];
        switch (vonk_type_physical(keys->columns[part->key].type)) {
            FILL(VONK_PHYS_BIT);
            FILL(VONK_PHYS_I8);
            FILL(VONK_PHYS_I16);
            FILL(VONK_PHYS_I32);
            FILL(VONK_PHYS_I64);
            FILL(VONK_PHYS_I128);
            FILL(VONK_PHYS_F32);
            FILL(VONK_PHYS_F64);
            FILL(VONK_PHYS_STRING);
        default:
            break;
        }
    }
}

/* Bytes of a key's normal form; 0: it has none. A float is normalised as a double. */
static uint32_t normal_bytes(vonk_type type)
{
    vonk_physical_type physical = vonk_type_physical(type);
    if (physical == VONK_PHYS_BIT)
        return 1;
    return physical == VONK_PHYS_F32 ? 8 : (uint32_t)vonk_type_width(type);
}

/* As many keys as fit into 16 bytes. A string is never whole: its length is not in the prefix. */
static prefix_plan make_plan(const sort_keys *keys)
{
    prefix_plan plan = {.exact = true};
    uint32_t used = 0;
    for (uint32_t k = 0; k < keys->n && plan.exact; k++) {
        const vonk_column *col = &keys->columns[k];
        bool string = vonk_type_physical(col->type) == VONK_PHYS_STRING;
        bool nulls = col->validity || col->type.id == VONK_NULL;
        uint32_t bytes = normal_bytes(col->type), room = 16 - used;
        if (room == 0 || (room == 1 && nulls)) {
            plan.exact = false;
            break;
        }
        room -= nulls;
        plan.exact = bytes && bytes <= room && !string;
        if (col->type.id == VONK_NULL)
            plan.exact = true;
        bytes = bytes < room ? bytes : room;
        plan.parts[plan.n_parts++] = (prefix_part){k, used * 8, bytes, nulls};
        used += bytes + nulls;
    }
    plan.n_words = used <= 8 ? 1 : 2;
    return plan;
}

#define WORDS  1
#define SUFFIX one
#include "kernel/row_sort.inc.h"

#define WORDS  2
#define SUFFIX two
#include "kernel/row_sort.inc.h"

vonk_status vonk_sort_rows(vonk_arena *arena, const vonk_column *keys,
                           const vonk_sort_order *orders, uint32_t n_keys, uint32_t n_rows,
                           uint32_t *ret_rows, vonk_error *err)
{
    return vonk_sort_rows_until(arena, keys, orders, n_keys, n_rows, ret_rows, NULL, err);
}

vonk_status vonk_sort_rows_until(vonk_arena *arena, const vonk_column *keys,
                                 const vonk_sort_order *orders, uint32_t n_keys, uint32_t n_rows,
                                 uint32_t *ret_rows, const atomic_bool *stop, vonk_error *err)
{
    if (n_rows == 0)
        return VONK_OK;
    vonk_column *plain = VONK_NEW_ARRAY(arena, vonk_column, n_keys, err);
    VONK_TRY_ALLOC(plain);
    for (uint32_t k = 0; k < n_keys; k++) {
        if (keys[k].length != n_rows)
            return vonk_fail(err, VONK_INVALID, "sort key %u has %u rows of %u", k, keys[k].length,
                             n_rows);
        VONK_TRY(vonk_decode(arena, &keys[k], &plain[k], err));
    }
    sort_keys sort = {.columns = plain, .orders = orders, .n = n_keys, .stop = stop};
    prefix_plan plan = make_plan(&sort);
    if (plan.n_words == 1)
        VONK_TRY(sort_one(&sort, &plan, n_rows, arena, ret_rows, err));
    else
        VONK_TRY(sort_two(&sort, &plan, n_rows, arena, ret_rows, err));
    return is_stopped(&sort) ? vonk_fail(err, VONK_CANCELLED, "the sort was cancelled") : VONK_OK;
}
