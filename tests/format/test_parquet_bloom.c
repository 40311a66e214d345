/* test_parquet_bloom.c - Bloom filters of a file that Spark wrote
 * (tests/golden/parquet/make_bloom.py): its columns have even numbers. */
#include "parquet_support.h"

enum { N = 600, NUMBER = 1, DAY = 3 };

/* The rows with columns[column] = `value`, as many as the reader gives out; *ret_pruned row groups.
 */
static uint64_t rows_with(pq_test *t, uint32_t column, int64_t value, bool map,
                          uint64_t *ret_pruned)
{
    vonk_option no_map = {"mmap", "false"};
    uint64_t n = 0;
    const char *path = pq_golden(t, "bloom_spark.parquet");
    pq_infer(t, path);
    vonk_scan_request request = pq_request(t, path, 100);
    const vonk_expr *filter =
        pq_call(t, "=", pq_input(t, column), pq_number(t, t->schema.fields[column].type, value));
    request.filters = &filter;
    request.n_filters = 1;
    if (!map)
        request.options = (vonk_options){1, &no_map};
    PQ_OK(t, pq_scan(t, &request, NULL, &n));
    *ret_pruned = t->metrics.groups_pruned;
    return n;
}

/* Every number that is there is found; most others are known not to be. */
static void check_column(uint32_t column, int64_t first, bool map)
{
    uint64_t n_found = 0, n_pruned = 0, n_wrong = 0;
    for (int64_t i = 0; i < N; i++) {
        pq_test t = {0};
        uint64_t pruned = 0;
        n_found += rows_with(&t, column, first + 2 * i, map, &pruned);
        n_wrong += pruned;
        uint64_t none = rows_with(&t, column, first + 2 * i + 1, map, &pruned);
        n_pruned += pruned;
        n_wrong += none;
        vonk_arena_free(&t.arena);
    }
    cr_expect_eq(n_found, N, "column %u: %llu rows", column, (unsigned long long)n_found);
    cr_expect_eq(n_wrong, 0);
    cr_expect_gt(n_pruned, N * 9 / 10, "column %u: %llu of %u", column,
                 (unsigned long long)n_pruned, N);
}

Test(parquet_bloom, has_every_value_and_few_others)
{
    check_column(0, 0, true);
    check_column(NUMBER, 0, true);
    check_column(DAY, 10957, true); /* 2000-01-01 */
}

Test(parquet_bloom, is_read_where_nothing_is_mapped)
{
    check_column(NUMBER, 0, false);
}
