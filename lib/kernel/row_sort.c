/* row_sort.c - buckets of prefixes, and merge sort of what they leave open. */
#include "kernel/row_sort.h"

#include "kernel/bucket_sort.h"
#include "kernel/operands.h"
#include "kernel/row_prefix.h"

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

static int compare(const vonk_sort_keys *keys, uint32_t a, uint32_t b)
{
    return vonk_sort_compare(keys->columns, a, keys->columns, b, keys->orders, keys->n);
}

/* Stable merge sort of row numbers; `spare` has room for n. */
static void sort_by_keys(const vonk_sort_keys *keys, uint32_t *rows, uint32_t *spare, uint32_t n)
{
    for (uint32_t start = 0; start < n && !vonk_sort_is_stopped(keys); start += 8)
        for (uint32_t i = start + 1; i < n && i < start + 8; i++) {
            uint32_t row = rows[i], at = i;
            for (; at > start && compare(keys, row, rows[at - 1]) < 0; at--)
                rows[at] = rows[at - 1];
            rows[at] = row;
        }
    uint32_t *from = rows, *to = spare;
    for (uint64_t run = 8; run < n && !vonk_sort_is_stopped(keys); run *= 2) {
        for (uint64_t start = 0; start < n && !vonk_sort_is_stopped(keys); start += run * 2) {
            uint64_t middle = start + run < n ? start + run : n;
            uint64_t end = start + run * 2 < n ? start + run * 2 : n;
            uint64_t i = start, j = middle;
            for (uint64_t out = start; out < end; out++) {
                if (out % VONK_SORT_PIECE == 0 && vonk_sort_is_stopped(keys))
                    return;
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

typedef struct sorting {
    const vonk_sort_keys *keys;
    const vonk_prefix_plan *plan;
    vonk_arena *arena;
    uint32_t *rows;       /* the order */
    uint32_t *spare_rows; /* of sort_by_keys, once some prefixes are equal */
} sorting;

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
    vonk_sort_keys sort = {
        .columns = plain, .orders = orders, .n = n_keys, .n_rows = n_rows, .stop = stop};
    vonk_prefix_plan plan = vonk_prefix_plan_of(&sort);
    sorting s = {.keys = &sort, .plan = &plan, .arena = arena};
    s.rows = ret_rows;
    if (plan.n_words == 1)
        VONK_TRY(sort_one(&s, n_rows, err));
    else
        VONK_TRY(sort_two(&s, n_rows, err));
    return vonk_sort_is_stopped(&sort) ? vonk_fail(err, VONK_CANCELLED, "the sort was cancelled")
                                       : VONK_OK;
}
