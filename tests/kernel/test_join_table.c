#include "kernel/join_table.h"
#include "support/columns.h"

#define BUILD 400
#define PROBE 300

/* Rows match: all keys equal, null only with null and only where null-safe. */
static bool match(const vonk_column *a, uint32_t i, const vonk_column *b, uint32_t j,
                  const bool *null_safe, uint32_t n_keys)
{
    for (uint32_t k = 0; k < n_keys; k++) {
        bool both = vonk_column_is_valid(&a[k], i) && vonk_column_is_valid(&b[k], j);
        if (!both && !null_safe[k])
            return false;
        if (!test_same(&a[k], i, &b[k], j))
            return false;
    }
    return true;
}

static void join_and_check(const vonk_type *types, uint32_t n_keys, const bool *null_safe,
                           uint32_t max_pairs)
{
    vonk_arena arena = {0};
    vonk_join_table *table;
    vonk_column build[2][2], probe[2];
    uint32_t sizes[2] = {BUILD, BUILD / 3}, firsts[2] = {0, BUILD};
    cr_assert_eq(vonk_join_table_new(&arena, types, null_safe, n_keys, &table, NULL), VONK_OK);
    for (int b = 0; b < 2; b++) {
        for (uint32_t k = 0; k < n_keys; k++)
            build[b][k] = test_column(&arena, types[k], sizes[b], test_random() % 2,
                                      encodings[test_random() % N_ENCODINGS]);
        cr_assert_eq(vonk_join_table_add(table, build[b], sizes[b], firsts[b], NULL), VONK_OK);
    }
    cr_assert_eq(vonk_join_table_finish(table, NULL), VONK_OK);
    for (uint32_t k = 0; k < n_keys; k++)
        probe[k] = test_column(&arena, types[k], PROBE, test_random() % 2,
                               encodings[test_random() % N_ENCODINGS]);
    vonk_join_probe state;
    cr_assert_eq(vonk_join_table_probe(table, &arena, probe, PROBE, &state, NULL), VONK_OK);
    uint32_t *left = vonk_arena_alloc(&arena, max_pairs * sizeof(*left), NULL);
    uint32_t *right = vonk_arena_alloc(&arena, max_pairs * sizeof(*right), NULL);
    uint32_t n = 0, at = 0;
    for (uint32_t i = 0; i < PROBE; i++)
        for (int b = 0; b < 2; b++)
            for (uint32_t j = 0; j < sizes[b]; j++) {
                if (!match(probe, i, build[b], j, null_safe, n_keys))
                    continue;
                if (at == n) {
                    n = vonk_join_probe_next(&state, max_pairs, left, right);
                    cr_assert(n > 0 && n <= max_pairs);
                    at = 0;
                }
                cr_assert_neq(state.groups[i], VONK_NO_GROUP);
                cr_assert_eq(left[at], i);
                cr_assert_eq(right[at++], firsts[b] + j);
            }
    cr_assert_eq(at, n);
    cr_assert_eq(vonk_join_probe_next(&state, max_pairs, left, right), 0);
    vonk_arena_free(&arena);
}

Test(join_table, finds_all_pairs_in_order)
{
    for (size_t t = 0; t < N_FLAT_TYPES; t++)
        for (int safe = 0; safe < 4; safe++) {
            bool null_safe[2] = {safe & 1, safe & 2};
            vonk_type types[2] = {flat_types[t], flat_types[test_random() % N_FLAT_TYPES]};
            join_and_check(types, 1, null_safe, 1 + (uint32_t)(test_random() % 50));
            join_and_check(types, 2, null_safe, 1 + (uint32_t)(test_random() % 50));
        }
}

/* Keys of a dense range, in which every second, and then none, is missing; the ends of the type. */
static void check_dense(vonk_type type, int64_t first, int64_t step, uint32_t n)
{
    vonk_arena arena = {0};
    vonk_join_table *table;
    vonk_column build, probe;
    vonk_join_probe state;
    bool wide = type.id == VONK_INT64;
    cr_assert_eq(vonk_column_new(&arena, type, n, &build, NULL), VONK_OK);
    cr_assert_eq(vonk_column_new(&arena, type, n * 2 + 2, &probe, NULL), VONK_OK);
    for (uint32_t i = 0; i < probe.length; i++) {
        int64_t key = (int64_t)((uint64_t)first + (i - 1) * (uint64_t)step);
        if (wide)
            ((int64_t *)probe.values)[i] = key;
        else
            ((int32_t *)probe.values)[i] = (int32_t)key;
        if (i >= 1 && i <= n && wide)
            ((int64_t *)build.values)[i - 1] = key;
        else if (i >= 1 && i <= n)
            ((int32_t *)build.values)[i - 1] = (int32_t)key;
    }
    cr_assert_eq(vonk_join_table_new(&arena, &type, NULL, 1, &table, NULL), VONK_OK);
    cr_assert_eq(vonk_join_table_add(table, &build, n, 7, NULL), VONK_OK);
    cr_assert_eq(vonk_join_table_finish(table, NULL), VONK_OK);
    cr_assert_eq(vonk_join_table_probe(table, &arena, &probe, probe.length, &state, NULL), VONK_OK);
    uint32_t *left = vonk_arena_alloc(&arena, probe.length * sizeof(*left), NULL);
    uint32_t *right = vonk_arena_alloc(&arena, probe.length * sizeof(*right), NULL);
    cr_assert_eq(vonk_join_probe_next(&state, probe.length, left, right), n);
    for (uint32_t i = 0; i < n; i++)
        cr_assert(left[i] == i + 1 && right[i] == i + 7);
    vonk_arena_free(&arena);
}

Test(join_table, dense_keys)
{
    for (int64_t step = 1; step < 8; step += 2) {
        check_dense(VONK_TYPE(INT64), -50, step, 1000);
        check_dense(VONK_TYPE(INT32), -50, step, 20000);
        check_dense(VONK_TYPE(DATE), 19000, step, 10);
    }
    check_dense(VONK_TYPE(INT64), INT64_MAX - 20, 1, 21);
    check_dense(VONK_TYPE(INT64), INT64_MIN, 1, 21);
    check_dense(VONK_TYPE(INT64), INT64_MIN, INT64_MAX, 2);
    check_dense(VONK_TYPE(INT32), INT32_MAX, 1, 1);
}

Test(join_table, is_not_finished_for_who_has_stopped)
{
    atomic_bool stop = false;
    vonk_arena arena = {.stop = &stop};
    vonk_join_table *table;
    vonk_type type = VONK_TYPE(INT32);
    int32_t build[] = {5, 3, 5};
    vonk_column b = test_values(type, build, 3);
    cr_assert_eq(vonk_join_table_new(&arena, &type, NULL, 1, &table, NULL), VONK_OK);
    cr_assert_eq(vonk_join_table_add(table, &b, 3, 0, NULL), VONK_OK);
    stop = true;
    cr_assert_eq(vonk_join_table_finish(table, NULL), VONK_CANCELLED);
    vonk_arena_free(&arena);
}

Test(join_table, distinct_keys_and_an_empty_side)
{
    vonk_arena arena = {0};
    vonk_join_table *table;
    vonk_type type = VONK_TYPE(INT32);
    int32_t build[] = {5, 3, 9}, probe[] = {9, 1, 5, 9};
    vonk_column b = test_values(type, build, 3), p = test_values(type, probe, 4);
    vonk_join_probe state;
    uint32_t left[4], right[4];
    cr_assert_eq(vonk_join_table_new(&arena, &type, NULL, 1, &table, NULL), VONK_OK);
    cr_assert_eq(vonk_join_table_add(table, &b, 3, 100, NULL), VONK_OK);
    cr_assert_eq(vonk_join_table_finish(table, NULL), VONK_OK);
    cr_assert_eq(vonk_join_table_distinct(table), 3);
    cr_assert_eq(vonk_join_table_probe(table, &arena, &p, 4, &state, NULL), VONK_OK);
    cr_assert_eq(vonk_join_probe_next(&state, 2, left, right), 2);
    cr_assert(left[0] == 0 && right[0] == 102 && left[1] == 2 && right[1] == 100);
    cr_assert_eq(vonk_join_probe_next(&state, 2, left, right), 1);
    cr_assert(left[0] == 3 && right[0] == 102);
    cr_assert_eq(vonk_join_probe_next(&state, 2, left, right), 0);

    cr_assert_eq(vonk_join_table_new(&arena, &type, NULL, 1, &table, NULL), VONK_OK);
    cr_assert_eq(vonk_join_table_finish(table, NULL), VONK_OK);
    cr_assert_eq(vonk_join_table_probe(table, &arena, &p, 4, &state, NULL), VONK_OK);
    cr_assert_eq(vonk_join_probe_next(&state, 2, left, right), 0);
    vonk_arena_free(&arena);
}
