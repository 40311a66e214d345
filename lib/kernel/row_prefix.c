/* row_prefix.c - what a key's values have in common, and prefixes of the rest. */
#include "kernel/row_prefix.h"

#include <math.h>
#include <string.h>

#define PREFIX_BYTES 16

typedef unsigned __int128 uint128;

/* What is known of a key. */
typedef struct key_range {
    bool comparable; /* it has a normal form */
    bool exact;      /* which is all of it */
    bool nulls;
    bool lengths; /* strings of several lengths: exact with a byte that says which */
    uint32_t bytes, skip;
    uint32_t lead; /* bits of numbers at the top of `bytes` that none uses */
    uint128 base;
} key_range;

/* A number that orders as the value does. */
VONK_SPECIALISE uint64_t normal_value(vonk_physical_type type, const void *values, size_t i)
{
    double d = 0;
    uint64_t bits = 0;
    switch (type) {
    case VONK_PHYS_BIT:
        return vonk_bit_get(values, i);
    case VONK_PHYS_I8:
        return (uint8_t)(((const int8_t *)values)[i] ^ INT8_MIN);
    case VONK_PHYS_I16:
        return (uint16_t)(((const int16_t *)values)[i] ^ INT16_MIN);
    case VONK_PHYS_I32:
        return (uint32_t)(((const int32_t *)values)[i] ^ INT32_MIN);
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

static inline uint128 normal_wide(const void *values, size_t i)
{
    return (uint128)((const vonk_int128 *)values)[i] ^ (uint128)1 << 127;
}

/* The least and the greatest of the values that are not null; least > greatest: there are none. */
typedef struct extent {
    uint128 least, greatest;
} extent;

VONK_SPECIALISE extent find_extent(vonk_physical_type type, const vonk_column *col, uint32_t start,
                                   uint32_t end)
{
    uint64_t least = UINT64_MAX, greatest = 0;
    for (uint32_t i = start; i < end; i++) {
        if (col->validity && !vonk_column_is_valid(col, i))
            continue;
        uint64_t value = normal_value(type, col->values, i);
        least = value < least ? value : least;
        greatest = value > greatest ? value : greatest;
    }
    return (extent){least, greatest};
}

static extent find_wide_extent(const vonk_column *col, uint32_t start, uint32_t end)
{
    extent e = {~(uint128)0, 0};
    for (uint32_t i = start; i < end; i++) {
        if (col->validity && !vonk_column_is_valid(col, i))
            continue;
        uint128 value = normal_wide(col->values, i);
        e.least = value < e.least ? value : e.least;
        e.greatest = value > e.greatest ? value : e.greatest;
    }
    return e;
}

#define WORD_TYPES(DO)                                                                             \
    DO(VONK_PHYS_BIT)                                                                              \
    DO(VONK_PHYS_I8)                                                                               \
    DO(VONK_PHYS_I16)                                                                              \
    DO(VONK_PHYS_I32)                                                                              \
    DO(VONK_PHYS_I64)                                                                              \
    DO(VONK_PHYS_F32)                                                                              \
    DO(VONK_PHYS_F64)

/* Of rows start .. end; false: the type is none of numbers. */
static bool piece_extent(const vonk_column *col, uint32_t start, uint32_t end, extent *ret)
{
#define CASE(t)                                                                                    \
    case t:                                                                                        \
        *ret = find_extent(t, col, start, end);                                                    \
        return true;
    switch (vonk_type_physical(col->type)) {
        WORD_TYPES(CASE)
    case VONK_PHYS_I128:
        *ret = find_wide_extent(col, start, end);
        return true;
    default:
        return false;
    }
#undef CASE
}

/* False: the type is none of numbers. */
static bool find_number_range(const vonk_sort_keys *keys, const vonk_column *col, key_range *ret)
{
    extent e = {0}, piece = {0};
    uint32_t n = col->encoding == VONK_CONSTANT && keys->n_rows ? 1 : keys->n_rows;
    if (!piece_extent(col, 0, 0, &e))
        return false;
    for (uint32_t start = 0; start < n && !vonk_sort_is_stopped(keys);) {
        uint32_t end = vonk_sort_piece_end(start, n);
        (void)piece_extent(col, start, end, &piece);
        e.least = piece.least < e.least ? piece.least : e.least;
        e.greatest = piece.greatest > e.greatest ? piece.greatest : e.greatest;
        start = end;
    }
    ret->base = e.least;
    ret->exact = true;
    uint128 distance = e.greatest > e.least ? e.greatest - e.least : 0;
    for (ret->bytes = 0; distance; distance >>= 8) {
        ret->bytes++;
        if (distance < 256) /* the top byte */
            ret->lead = (uint32_t)__builtin_clz((uint32_t)distance) - 24;
    }
    return true;
}

/* How many of the first `most` bytes two strings share. */
static uint32_t shared_bytes(const vonk_string *a, const vonk_string *b, uint32_t most)
{
    uint32_t n = 0;
    most = a->length < most ? a->length : most;
    most = b->length < most ? b->length : most;
    if (most <= sizeof(a->prefix)) {
        while (n < most && a->prefix[n] == b->prefix[n])
            n++;
        return n;
    }
    const char *x = vonk_string_data(a), *y = vonk_string_data(b);
    if (!memcmp(x, y, most))
        return most;
    while (x[n] == y[n])
        n++;
    return n;
}

static void find_string_range(const vonk_sort_keys *keys, const vonk_column *col, key_range *ret)
{
    const vonk_string *values = col->values, *first = NULL;
    uint32_t shared = 0, least = UINT32_MAX, greatest = 0;
    for (uint32_t i = 0; i < keys->n_rows; i++) {
        if (i % VONK_SORT_PIECE == 0 && vonk_sort_is_stopped(keys))
            break;
        if (!vonk_column_is_valid(col, i))
            continue;
        const vonk_string *s = &values[vonk_column_at(col, i)];
        if (!first) {
            first = s;
            shared = s->length;
        }
        least = s->length < least ? s->length : least;
        greatest = s->length > greatest ? s->length : greatest;
        if (shared)
            shared = shared_bytes(first, s, shared);
        if (col->encoding == VONK_CONSTANT)
            break;
    }
    ret->skip = shared;
    ret->bytes = greatest - shared;
    ret->lengths = first && least != greatest;
    ret->exact = true;
}

static bool has_nulls(const vonk_column *col, uint32_t n)
{
    if (!col->validity)
        return false;
    if (col->encoding == VONK_CONSTANT)
        return n && !vonk_column_is_valid(col, 0);
    for (size_t w = 0; w < vonk_bitmap_words(n); w++) {
        if (~col->validity[w] & vonk_bitmap_mask(w, n))
            return true;
    }
    return false;
}

static key_range find_range(const vonk_sort_keys *keys, const vonk_column *col)
{
    vonk_physical_type physical = vonk_type_physical(col->type);
    key_range range = {.comparable = true};
    if (col->type.id == VONK_NULL)
        return (key_range){.comparable = true, .exact = true};
    range.nulls = has_nulls(col, keys->n_rows);
    if (physical == VONK_PHYS_STRING)
        find_string_range(keys, col, &range);
    else
        range.comparable = find_number_range(keys, col, &range);
    return range;
}

vonk_prefix_plan vonk_prefix_plan_of(const vonk_sort_keys *keys)
{
    vonk_prefix_plan plan = {.exact = true};
    uint32_t used = 0;
    for (uint32_t k = 0; k < keys->n && plan.exact && !vonk_sort_is_stopped(keys); k++) {
        if (used == PREFIX_BYTES) { /* a key that is nowhere decides, unless it is constant */
            plan.exact = false;
            break;
        }
        key_range range = find_range(keys, &keys->columns[k]);
        uint32_t room = PREFIX_BYTES - used - range.nulls;
        plan.exact = range.comparable && range.exact && range.bytes + range.lengths <= room;
        if (!range.bytes && !range.nulls)
            continue;
        uint32_t bytes = range.bytes < room ? range.bytes : room;
        if (!plan.n_parts) /* of the byte for nulls, one bit is used */
            plan.lead = range.nulls ? 7 : range.lead;
        plan.strings |= vonk_type_physical(keys->columns[k].type) == VONK_PHYS_STRING;
        plan.parts[plan.n_parts++] = (vonk_prefix_part){
            .key = k,
            .shift = used * 8,
            .bytes = bytes,
            .value_bytes = range.bytes,
            .null_byte = range.nulls,
            .base = range.base,
            .skip = range.skip,
            .length_byte = range.lengths && plan.exact,
        };
        used += bytes + range.nulls + (range.lengths && plan.exact);
    }
    plan.n_words = used <= 8 ? 1 : 2;
    return plan;
}

/* --- filling --- */

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

/* The value's part of the prefix: *ret_high its first eight bytes, from the top. */
VONK_SPECIALISE void part_value(vonk_physical_type type, const vonk_column *col,
                                const vonk_prefix_part *part, size_t at, uint64_t *ret_high,
                                uint64_t *ret_low)
{
    *ret_low = 0;
    if (type == VONK_PHYS_STRING) {
        const vonk_string *s = (const vonk_string *)col->values + at;
        *ret_high = string_bytes(s, part->skip);
        *ret_low = part->bytes > 8 ? string_bytes(s, part->skip + 8) : 0;
    } else if (type == VONK_PHYS_I128) {
        uint128 value = normal_wide(col->values, at) - part->base;
        value = part->value_bytes ? value << (128 - 8 * part->value_bytes) : 0;
        *ret_high = (uint64_t)(value >> 64);
        *ret_low = (uint64_t)value;
    } else {
        uint64_t value = normal_value(type, col->values, at) - (uint64_t)part->base;
        *ret_high = part->value_bytes ? value << (64 - 8 * part->value_bytes) : 0;
    }
}

/* A number without nulls that lies in one word: what most keys are. */
VONK_SPECIALISE void fill_word(vonk_physical_type type, const vonk_column *col,
                               const vonk_prefix_part *part, uint64_t flip, uint32_t start,
                               uint32_t end, uint64_t *words, size_t step)
{
    uint64_t mask = top_bytes(UINT64_MAX, part->bytes), base = (uint64_t)part->base;
    uint32_t up = 64 - 8 * part->value_bytes, down = part->shift % 64;
    words += part->shift / 64;
    for (uint32_t i = start; i < end; i++, words += step) {
        uint64_t value = (normal_value(type, col->values, i) - base) << up;
        *words |= ((value ^ flip) & mask) >> down;
    }
}

VONK_SPECIALISE void fill_loop(vonk_physical_type type, const vonk_sort_keys *keys,
                               const vonk_prefix_plan *plan, const vonk_prefix_part *part,
                               uint32_t start, uint32_t end, uint64_t *words, size_t step)
{
    const vonk_column *col = &keys->columns[part->key];
    const vonk_sort_order *order = &keys->orders[part->key];
    uint32_t shift = part->shift + (part->null_byte ? 8 : 0);
    uint64_t flip = order->descending ? UINT64_MAX : 0;
    bool number = type != VONK_PHYS_STRING && type != VONK_PHYS_I128 && type != VONK_PHYS_NONE;
    if (number && col->encoding == VONK_FLAT && !part->null_byte && part->value_bytes &&
        part->bytes && part->shift % 64 + part->bytes * 8 <= 64) {
        fill_word(type, col, part, flip, start, end, words, step);
        return;
    }
    for (uint32_t i = start; i < end; i++, words += step) {
        if (part->null_byte) {
            bool valid = vonk_column_is_valid(col, i);
            put_bits(words, plan->n_words, part->shift,
                     (uint64_t)(valid == order->nulls_first) << 56);
            if (!valid)
                continue;
        }
        uint64_t high, low;
        part_value(type, col, part, vonk_column_at(col, i), &high, &low);
        put_bits(words, plan->n_words, shift, top_bytes(high ^ flip, part->bytes));
        if (part->bytes > 8)
            put_bits(words, plan->n_words, shift + 64, top_bytes(low ^ flip, part->bytes - 8));
        if (type == VONK_PHYS_STRING && part->length_byte) {
            const vonk_string *s = (const vonk_string *)col->values + vonk_column_at(col, i);
            uint64_t length = (uint64_t)(s->length - part->skip) << 56;
            put_bits(words, plan->n_words, shift + part->bytes * 8, top_bytes(length ^ flip, 1));
        }
    }
}

static void fill_part(const vonk_sort_keys *keys, const vonk_prefix_plan *plan,
                      const vonk_prefix_part *part, uint32_t start, uint32_t end, uint64_t *words,
                      size_t step)
{
#define CASE(t)                                                                                    \
    case t:                                                                                        \
        fill_loop(t, keys, plan, part, start, end, words, step);                                   \
        break;
    switch (vonk_type_physical(keys->columns[part->key].type)) {
        WORD_TYPES(CASE)
        CASE(VONK_PHYS_I128)
        CASE(VONK_PHYS_STRING)
    default: /* only whether it is null */
        fill_loop(VONK_PHYS_NONE, keys, plan, part, start, end, words, step);
    }
#undef CASE
}

void vonk_prefix_fill(const vonk_sort_keys *keys, const vonk_prefix_plan *plan, uint32_t start,
                      uint32_t end, uint64_t *words, size_t step)
{
    for (uint32_t p = 0; p < plan->n_parts; p++)
        fill_part(keys, plan, &plan->parts[p], start, end, words, step);
}
