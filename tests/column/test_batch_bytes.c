/* How many rows are taken at once where texts are long. */
#include <criterion/criterion.h>

#include "column/batch_bytes.h"

#define N 1000u

static char bytes[N];
static vonk_string texts[N];
static uint32_t codes[N];

/* Row i has a text of i bytes. */
static vonk_column longer_and_longer(void)
{
    for (uint32_t i = 0; i < N; i++)
        texts[i] = vonk_string_of(bytes, i);
    return (vonk_column){.type = VONK_TYPE(STRING), .length = N, .values = texts};
}

static size_t sum_of(uint32_t from, uint32_t n)
{
    return (size_t)n * (2 * (size_t)from + n - 1) / 2;
}

Test(batch_bytes, a_limit_without_a_budget_of_a_large_one_and_of_a_small_one)
{
    vonk_budget none = {0}, large = {.limit = (size_t)1 << 40}, small = {.limit = 64 << 20},
                tiny = {.limit = 1};
    cr_expect_eq(vonk_batch_most_bytes(NULL), 4 << 20);
    cr_expect_eq(vonk_batch_most_bytes(&none), 4 << 20);
    cr_expect_eq(vonk_batch_most_bytes(&large), 4 << 20);
    cr_expect_eq(vonk_batch_most_bytes(&small), 1 << 20);
    cr_expect_eq(vonk_batch_most_bytes(&tiny), 256 << 10);
}

Test(batch_bytes, pieces_of_texts_fit_and_are_all_rows)
{
    vonk_column columns[2] = {longer_and_longer(), {.type = VONK_TYPE(INT64), .length = N}};
    vonk_batch batch = {.n_rows = N, .n_columns = 2, .columns = columns};
    cr_expect_eq(vonk_batch_rows_within(&batch, 0, sum_of(0, N)), N);
    for (size_t most = 1; most < 100000; most *= 3) {
        for (uint32_t at = 0, n; at < N; at += n) {
            n = vonk_batch_rows_within(&batch, at, most);
            cr_assert(n && n <= N - at);
            cr_assert(n == 1 || sum_of(at, n) <= most, "%u rows from %u: more than %zu bytes", n,
                      at, most);
        }
    }
}

Test(batch_bytes, a_row_that_is_too_long_goes_alone)
{
    vonk_column column = longer_and_longer();
    vonk_batch batch = {.n_rows = N, .n_columns = 1, .columns = &column};
    cr_expect_eq(vonk_batch_rows_within(&batch, N - 1, 10), 1);
    cr_expect_eq(vonk_batch_rows_within(&batch, N - 2, 10), 1);
}

Test(batch_bytes, entries_of_dictionaries_count_as_often_as_they_are_there)
{
    vonk_column column = longer_and_longer();
    vonk_batch batch = {.n_rows = N, .n_columns = 1, .columns = &column};
    column.encoding = VONK_DICTIONARY;
    column.codes = codes;
    for (uint32_t entry = 2; entry <= N; entry += 499) { /* few entries, and as many as rows */
        column.n_dictionary = entry;
        for (uint32_t i = 0; i < N; i++)
            codes[i] = entry - 1;
        uint32_t n = vonk_batch_rows_within(&batch, 0, 10000);
        cr_expect(n * (entry - 1) <= 10000 && (n == N || n * (entry - 1) > 4000), "%u of %u", n,
                  entry);
    }
}

Test(batch_bytes, constants_count_a_row_and_numbers_and_no_columns_not_at_all)
{
    vonk_column column = longer_and_longer();
    vonk_batch batch = {.n_rows = N, .n_columns = 1, .columns = &column};
    column.encoding = VONK_CONSTANT;
    texts[0] = vonk_string_of(bytes, 100);
    uint32_t n = vonk_batch_rows_within(&batch, 0, 1000);
    cr_expect(n <= 10 && n > 4, "%u", n);
    column = (vonk_column){.type = VONK_TYPE(INT64), .length = N, .values = texts};
    cr_expect_eq(vonk_batch_rows_within(&batch, 0, 1), N);
    batch.n_columns = 0;
    cr_expect_eq(vonk_batch_rows_within(&batch, 0, 1), N);
}
