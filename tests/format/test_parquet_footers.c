/* test_parquet_footers.c - readers of one file share what its footer says. */
#include "format/parquet/footers.h"
#include "parquet_support.h"

enum { BUDGET = 64 << 20 };

/* The rows of a golden file, of which `footers` may know; as text. */
static const char *scan(pq_test *t, const char *path, vonk_footers *footers)
{
    uint64_t n_rows = 0;
    vonk_buffer text = {0};
    pq_infer(t, path);
    vonk_scan_request request = pq_request(t, path, 100);
    request.footers = footers;
    PQ_OK(t, pq_scan(t, &request, &text, &n_rows));
    cr_assert(n_rows > 0);
    const char *copy = vonk_arena_strndup(&t->arena, vonk_buffer_str(&text), text.length, NULL);
    vonk_buffer_free(&text);
    return copy;
}

/* Whether `footers` know the file at `path`, if it is of `more` bytes more than it is. */
static bool knows(vonk_footers *footers, const char *path, uint64_t more)
{
    vonk_pq_file file = {.path = path};
    cr_assert_eq(vonk_fs_open(path, &file.fs, NULL), VONK_OK);
    file.size = vonk_fs_size(file.fs) + more;
    bool found = vonk_pq_footers_find(footers, &file);
    cr_expect(!found || (file.n_fields > 0 && file.meta.n_rows > 0 && file.path == path));
    vonk_pq_file_close(&file);
    return found;
}

Test(parquet_footers, are_decoded_once_and_outlive_the_reader)
{
    pq_test t = {0};
    vonk_budget budget = {.limit = BUDGET};
    vonk_footers *footers = NULL;
    const char *path = pq_golden(&t, "spread_snappy.parquet");
    PQ_OK(&t, vonk_footers_new(&budget, &footers, &t.err));
    cr_expect_not(knows(footers, path, 0));
    const char *alone = scan(&t, path, NULL);
    cr_expect_str_eq(scan(&t, path, footers), alone);
    cr_expect(knows(footers, path, 0));
    cr_expect_not(knows(footers, path, 1), "another size: another file");
    cr_expect_not(knows(footers, "/dev/null", 0));
    size_t used = budget.used;
    cr_expect_gt(used, 0);
    cr_expect_str_eq(scan(&t, path, footers), alone);
    cr_expect_eq(budget.used, used, "the second reader adds nothing");
    vonk_footers_free(footers);
    cr_expect_eq(budget.used, 0);
    vonk_arena_free(&t.arena);
}

Test(parquet_footers, are_not_kept_without_memory)
{
    pq_test t = {0};
    vonk_budget budget = {.limit = 100};
    vonk_footers *footers = NULL;
    const char *path = pq_golden(&t, "spread_snappy.parquet");
    PQ_OK(&t, vonk_footers_new(&budget, &footers, &t.err));
    cr_expect_str_eq(scan(&t, path, footers), scan(&t, path, NULL));
    cr_expect_not(knows(footers, path, 0));
    vonk_footers_free(footers);
    vonk_arena_free(&t.arena);
}
