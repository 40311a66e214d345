/* value_sort.c - values as words that order as they do, into buckets, and back. */
#include "kernel/value_sort.h"

#include "kernel/bucket_sort.h"

typedef struct sorting {
    const vonk_sort_keys *keys; /* only whether to stop */
    vonk_arena *arena;
    void *values;
    uint64_t base; /* the value whose word is 0: the least, or if descending the greatest */
    uint32_t lead; /* so many bits at the top are 0 in all words */
    vonk_physical_type type;
    bool descending;
} sorting;

VONK_SPECIALISE int64_t value_at(vonk_physical_type type, const void *values, uint32_t i)
{
    switch (type) {
    case VONK_PHYS_I8:
        return ((const int8_t *)values)[i];
    case VONK_PHYS_I16:
        return ((const int16_t *)values)[i];
    case VONK_PHYS_I32:
        return ((const int32_t *)values)[i];
    default:
        return ((const int64_t *)values)[i];
    }
}

VONK_SPECIALISE void set_value(vonk_physical_type type, void *values, uint32_t i, int64_t value)
{
    switch (type) {
    case VONK_PHYS_I8:
        ((int8_t *)values)[i] = (int8_t)value;
        break;
    case VONK_PHYS_I16:
        ((int16_t *)values)[i] = (int16_t)value;
        break;
    case VONK_PHYS_I32:
        ((int32_t *)values)[i] = (int32_t)value;
        break;
    default:
        ((int64_t *)values)[i] = value;
        break;
    }
}

#define TYPES(DO)                                                                                  \
    DO(VONK_PHYS_I8)                                                                               \
    DO(VONK_PHYS_I16)                                                                              \
    DO(VONK_PHYS_I32)                                                                              \
    DO(VONK_PHYS_I64)

VONK_SPECIALISE void find_range(vonk_physical_type type, const void *values, uint32_t start,
                                uint32_t end, int64_t *least, int64_t *greatest)
{
    int64_t low = *least, high = *greatest;
    for (uint32_t i = start; i < end; i++) {
        int64_t value = value_at(type, values, i);
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    *least = low;
    *greatest = high;
}

VONK_SPECIALISE void make_words(vonk_physical_type type, const sorting *s, uint32_t start,
                                uint32_t end, uint64_t *ret)
{
    for (uint32_t i = start; i < end; i++) {
        uint64_t value = (uint64_t)value_at(type, s->values, i);
        *ret++ = s->descending ? s->base - value : value - s->base;
    }
}

VONK_SPECIALISE void put_values(vonk_physical_type type, const sorting *s, const uint64_t *words,
                                uint32_t n, uint32_t at)
{
    for (uint32_t i = 0; i < n; i++) {
        uint64_t value = s->descending ? s->base - words[i] : words[i] + s->base;
        set_value(type, s->values, at + i, (int64_t)value);
    }
}

static void find_piece_range(const sorting *s, uint32_t start, uint32_t end, int64_t *least,
                             int64_t *greatest)
{
#define CASE(t)                                                                                    \
    case t:                                                                                        \
        find_range(t, s->values, start, end, least, greatest);                                     \
        break;
    switch (s->type) {
        TYPES(CASE)
    default:
        break;
    }
#undef CASE
}

static void fill(const sorting *s, uint32_t start, uint32_t end, uint64_t *ret)
{
#define CASE(t)                                                                                    \
    case t:                                                                                        \
        make_words(t, s, start, end, ret);                                                         \
        break;
    switch (s->type) {
        TYPES(CASE)
    default:
        break;
    }
#undef CASE
}

typedef struct entry_value {
    uint64_t words[1];
} entry_value;

/* Writes the values of entries that are in order; they are the first from `at` on. */
static vonk_status put_value(sorting *s, const entry_value *entries, uint32_t n, uint32_t at,
                             vonk_error *err)
{
    (void)err;
#define CASE(t)                                                                                    \
    case t:                                                                                        \
        put_values(t, s, entries[0].words, n, at);                                                 \
        break;
    switch (s->type) {
        TYPES(CASE)
    default:
        break;
    }
#undef CASE
    return VONK_OK;
}

#define WORDS  1
#define SUFFIX value
#include "kernel/bucket_sort.inc.h"
#undef WORDS
#undef SUFFIX

/* Words go right into their buckets: they are made twice, first to count. */
static vonk_status fill_buckets(sorting *s, uint32_t n, entry_value *entries, uint32_t *ends,
                                vonk_error *err)
{
    uint64_t *words = vonk_arena_alloc(s->arena, VONK_SORT_FILL_ROWS * sizeof(*words), err);
    VONK_TRY_ALLOC(words);
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t start = 0, k; start < n && !vonk_sort_is_stopped(s->keys); start += k) {
            k = n - start < VONK_SORT_FILL_ROWS ? n - start : VONK_SORT_FILL_ROWS;
            fill(s, start, start + k, words);
            for (uint32_t i = 0; i < k && pass == 0; i++)
                ends[words[i] << s->lead >> 56]++;
            for (uint32_t i = 0; i < k && pass == 1; i++)
                entries[ends[words[i] << s->lead >> 56]++].words[0] = words[i];
        }
        if (pass == 0)
            vonk_sort_sum_up(ends, 256);
    }
    return VONK_OK;
}

static vonk_status sort_values(sorting *s, uint32_t n, vonk_error *err)
{
    uint32_t ends[256] = {0};
    entry_value *entries = new_entries_value(s, n, err);
    VONK_TRY_ALLOC(entries);
    if (n >= VONK_SORT_LARGE) {
        VONK_TRY(fill_buckets(s, n, entries, ends, err));
        return sort_buckets_value(s, entries, ends, err);
    }
    entry_value *spare = new_entries_value(s, n, err);
    VONK_TRY_ALLOC(spare);
    fill(s, 0, n, entries[0].words);
    return sort_bucket_value(s, entries, spare, n, 0, err);
}

bool vonk_can_sort_values(const vonk_column *col)
{
    vonk_physical_type type = vonk_type_physical(col->type);
    if (col->encoding != VONK_FLAT || type < VONK_PHYS_I8 || type > VONK_PHYS_I64)
        return false;
    for (size_t w = 0; col->validity && w < vonk_bitmap_words(col->length); w++)
        if (~col->validity[w] & vonk_bitmap_mask(w, col->length))
            return false;
    return true;
}

vonk_status vonk_sort_values_until(vonk_arena *arena, vonk_column *col, vonk_sort_order order,
                                   const atomic_bool *stop, vonk_error *err)
{
    int64_t least = INT64_MAX, greatest = INT64_MIN;
    uint32_t n = col->length;
    vonk_sort_keys keys = {.n_rows = n, .stop = stop};
    sorting s = {.keys = &keys,
                 .arena = arena,
                 .values = col->values,
                 .type = vonk_type_physical(col->type),
                 .descending = order.descending};
    for (uint32_t start = 0, end; start < n && !vonk_sort_is_stopped(&keys); start = end) {
        end = vonk_sort_piece_end(start, n);
        find_piece_range(&s, start, end, &least, &greatest);
    }
    s.base = (uint64_t)(order.descending ? greatest : least);
    uint64_t distance = (uint64_t)greatest - (uint64_t)least;
    if (least < greatest && !vonk_sort_is_stopped(&keys)) {
        s.lead = (uint32_t)__builtin_clzll(distance);
        VONK_TRY(sort_values(&s, n, err));
    }
    return vonk_sort_is_stopped(&keys) ? vonk_fail(err, VONK_CANCELLED, "the sort was cancelled")
                                       : VONK_OK;
}
