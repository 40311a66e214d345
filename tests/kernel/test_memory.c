/* Every kernel under a budget that ends sooner and later: it says so, and leaks nothing. */
#include "kernel/group_table.h"
#include "kernel/join_table.h"
#include "kernel/kernel.h"
#include "kernel/row_sort.h"
#include "support/columns.h"

#define ROWS 3000

typedef struct scene {
    vonk_column numbers, more, decimals, texts, flags, codes;
} scene;

typedef vonk_status job(vonk_arena *arena, const scene *s, vonk_error *err);

static vonk_status run_compare(vonk_arena *arena, const scene *s, vonk_error *err)
{
    vonk_column out;
    VONK_TRY(vonk_compare(arena, VONK_LT, &s->numbers, &s->more, &out, err));
    VONK_TRY(vonk_compare(arena, VONK_EQ_NULL_SAFE, &s->texts, &s->codes, &out, err));
    return vonk_or(arena, &out, &s->flags, &out, err);
}

static vonk_status run_arith(vonk_arena *arena, const scene *s, vonk_error *err)
{
    vonk_column out;
    VONK_TRY(vonk_arith(arena, VONK_MUL, false, s->numbers.type, &s->numbers, &s->more, &out, err));
    VONK_TRY(
        vonk_arith(arena, VONK_IDIV, false, s->numbers.type, &s->numbers, &s->more, &out, err));
    return vonk_arith(arena, VONK_MUL, false, VONK_TYPE_DECIMAL(38, 20), &s->decimals, &s->decimals,
                      &out, err);
}

static vonk_status run_take(vonk_arena *arena, const scene *s, vonk_error *err)
{
    static uint32_t sel[ROWS];
    vonk_column out;
    uint32_t n = vonk_select_true(&s->flags, sel);
    VONK_TRY(vonk_take(arena, &s->texts, sel, n, false, &out, err));
    VONK_TRY(vonk_take(arena, &s->codes, sel, n, true, &out, err));
    return vonk_column_copy(arena, &out, &out, err);
}

static vonk_status run_sort(vonk_arena *arena, const scene *s, vonk_error *err)
{
    static uint32_t rows[ROWS];
    vonk_column keys[] = {s->texts, s->codes, s->numbers};
    vonk_sort_order orders[3] = {{true, false}};
    return vonk_sort_rows(arena, keys, orders, 3, ROWS, rows, err);
}

static vonk_status run_group(vonk_arena *arena, const scene *s, vonk_error *err)
{
    static uint32_t groups[ROWS];
    vonk_column keys[] = {s->texts, s->numbers, s->decimals}, out[3];
    vonk_type types[] = {s->texts.type, s->numbers.type, s->decimals.type};
    vonk_group_table *table;
    VONK_TRY(vonk_group_table_new(arena, types, 3, &table, err));
    VONK_TRY(vonk_group_table_find_or_add(table, keys, ROWS, groups, err));
    return vonk_group_table_keys(table, arena, 0, vonk_group_table_count(table), out, err);
}

static vonk_status run_join(vonk_arena *arena, const scene *s, vonk_error *err)
{
    uint32_t left[16], right[16];
    vonk_join_table *table;
    vonk_join_probe probe;
    VONK_TRY(vonk_join_table_new(arena, &s->texts.type, NULL, 1, &table, err));
    VONK_TRY(vonk_join_table_add(table, &s->texts, ROWS, 0, err));
    VONK_TRY(vonk_join_table_finish(table, err));
    VONK_TRY(vonk_join_table_probe(table, arena, &s->codes, ROWS, &probe, err));
    (void)vonk_join_probe_next(&probe, 16, left, right);
    return VONK_OK;
}

static void run_with_rising_limits(job *run)
{
    vonk_arena data = {0};
    bool nulls = true;
    scene s = {
        .numbers = test_column(&data, VONK_TYPE(INT64), ROWS, nulls, VONK_FLAT),
        .more = test_column(&data, VONK_TYPE(INT64), ROWS, nulls, VONK_DICTIONARY),
        .decimals = test_column(&data, VONK_TYPE_DECIMAL(38, 10), ROWS, nulls, VONK_FLAT),
        .texts = test_column(&data, VONK_TYPE(STRING), ROWS, nulls, VONK_FLAT),
        .flags = test_column(&data, VONK_TYPE(BOOL), ROWS, nulls, VONK_FLAT),
        .codes = test_column(&data, VONK_TYPE(STRING), ROWS, nulls, VONK_DICTIONARY),
    };
    vonk_status status = VONK_NO_MEMORY;
    for (size_t limit = 1000; status != VONK_OK; limit += limit / 8) {
        vonk_budget budget = {.limit = limit};
        vonk_arena arena = {.budget = &budget};
        vonk_error err = {0};
        status = run(&arena, &s, &err);
        cr_assert(status == VONK_OK || status == VONK_NO_MEMORY, "%s", err.message);
        cr_assert_eq(status, err.status);
        vonk_arena_free(&arena);
        cr_assert_eq(budget.used, 0);
    }
    vonk_arena_free(&data);
}

Test(memory, every_kernel_says_when_it_ends)
{
    job *jobs[] = {run_compare, run_arith, run_take, run_sort, run_group, run_join};
    for (size_t i = 0; i < VONK_LENGTH(jobs); i++)
        run_with_rising_limits(jobs[i]);
}
