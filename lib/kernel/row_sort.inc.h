/*
 * row_sort.inc.h - sorting entries of WORDS 64-bit prefix words and a row number.
 *
 * Parameters: WORDS (1 or 2), SUFFIX. Word 0 decides before word 1.
 */

typedef struct FN(entry) {
    uint64_t words[WORDS];
    uint32_t row;
} FN(entry);

static inline bool FN(less)(const FN(entry) * a, const FN(entry) * b);

/* Sorts the rows of equal prefixes by all their keys. */
static vonk_status FN(sort_ties)(sorting *s, const FN(entry) * entries, uint32_t n, uint32_t *rows,
                                 vonk_error *err)
{
    const vonk_sort_keys *keys = s->keys;
    for (uint32_t start = 0, end; start < n && !vonk_sort_is_stopped(keys); start = end) {
        for (end = start + 1; end < n && !FN(less)(&entries[start], &entries[end]); end++)
            if (end % VONK_SORT_PIECE == 0 && vonk_sort_is_stopped(keys))
                return VONK_OK;
        if (end - start == 1)
            continue;
        if (!s->spare_rows) {
            s->spare_rows = vonk_arena_alloc(s->arena, keys->n_rows * sizeof(*rows), err);
            VONK_TRY_ALLOC(s->spare_rows);
        }
        sort_by_keys(keys, rows + start, s->spare_rows, end - start);
    }
    return VONK_OK;
}

/* Writes the rows of entries that are in order; they are the first from `at` on. */
static vonk_status FN(put)(sorting *s, const FN(entry) * entries, uint32_t n, uint32_t at,
                           vonk_error *err)
{
    uint32_t *rows = s->rows + at;
    for (uint32_t i = 0; i < n; i++)
        rows[i] = entries[i].row;
    return s->plan->exact ? VONK_OK : FN(sort_ties)(s, entries, n, rows, err);
}

#include "kernel/bucket_sort.inc.h"

/* Prefixes are made once: for few rows, and where making them takes time. */
static vonk_status FN(sort_at_once)(sorting *s, uint32_t n, vonk_error *err)
{
    FN(entry) *entries = FN(new_entries)(s, n, err);
    VONK_TRY_ALLOC(entries);
    FN(entry) *spare = FN(new_entries)(s, n, err);
    VONK_TRY_ALLOC(spare);
    for (uint32_t start = 0, end; start < n && !vonk_sort_is_stopped(s->keys); start = end) {
        end = vonk_sort_piece_end(start, n);
        for (uint32_t i = start; i < end; i++)
            entries[i] = (FN(entry)){.row = i};
        vonk_prefix_fill(s->keys, s->plan, start, end, entries[start].words, sizeof(*entries) / 8);
    }
    return vonk_sort_is_stopped(s->keys) ? VONK_OK : FN(sort_bucket)(s, entries, spare, n, 0, err);
}

/*
 * Prefixes go right into their buckets, so that only the largest of these needs spare room: they
 * are made twice, first to count.
 */
static vonk_status FN(fill_buckets)(sorting *s, uint32_t n, FN(entry) * entries, uint32_t *ends,
                                    vonk_error *err)
{
    uint64_t *words = vonk_arena_alloc(s->arena, VONK_SORT_FILL_ROWS * WORDS * sizeof(*words), err);
    VONK_TRY_ALLOC(words);
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t start = 0; start < n && !vonk_sort_is_stopped(s->keys);
             start += VONK_SORT_FILL_ROWS) {
            uint32_t k = n - start < VONK_SORT_FILL_ROWS ? n - start : VONK_SORT_FILL_ROWS;
            memset(words, 0, k * WORDS * sizeof(*words));
            vonk_prefix_fill(s->keys, s->plan, start, start + k, words, WORDS);
            for (uint32_t i = 0; i < k && pass == 0; i++)
                ends[words[i * WORDS] << s->plan->lead >> 56]++;
            for (uint32_t i = 0; i < k && pass == 1; i++) {
                FN(entry) *entry = &entries[ends[words[i * WORDS] << s->plan->lead >> 56]++];
                memcpy(entry->words, words + i * WORDS, sizeof(entry->words));
                entry->row = start + i;
            }
        }
        if (pass == 0)
            vonk_sort_sum_up(ends, 256);
    }
    return VONK_OK;
}

static vonk_status FN(sort)(sorting *s, uint32_t n, vonk_error *err)
{
    uint32_t ends[256] = {0};
    if (n < VONK_SORT_LARGE || s->plan->strings)
        return FN(sort_at_once)(s, n, err);
    FN(entry) *entries = FN(new_entries)(s, n, err);
    VONK_TRY_ALLOC(entries);
    VONK_TRY(FN(fill_buckets)(s, n, entries, ends, err));
    return FN(sort_buckets)(s, entries, ends, err);
}

#undef WORDS
#undef SUFFIX
