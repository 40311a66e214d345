/* test_arena.c - arenas, budgets, buffers, options, conditions. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/arena.h"
#include "base/bitmap.h"
#include "base/buffer.h"
#include "base/condition.h"
#include "base/options.h"

Test(arena, aligns_and_keeps_what_it_gave)
{
    vonk_arena arena = {0};
    unsigned char *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        blocks[i] = vonk_arena_alloc(&arena, i * 7 + 1, NULL);
        cr_assert_not_null(blocks[i]);
        cr_assert_eq((uintptr_t)blocks[i] % VONK_ALIGN, 0);
        memset(blocks[i], (int)i, i * 7 + 1);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t b = 0; b < i * 7 + 1; b++)
            cr_assert_eq(blocks[i][b], (unsigned char)i);
    }
    vonk_arena_free(&arena);
    cr_assert_eq(arena.total, 0);
}

Test(buffer, charges_its_budget_for_its_capacity)
{
    vonk_budget budget = {.limit = 1000};
    vonk_buffer text = {.budget = &budget}, beyond = {.budget = &budget, .beyond = true};
    vonk_error err;
    cr_assert_not_null(vonk_buffer_reserve(&text, 600), "twice that does not fit, that does");
    cr_expect_eq(budget.used, text.capacity);
    cr_assert_null(vonk_buffer_reserve(&text, 2000));
    cr_assert_eq(vonk_buffer_check(&text, &err), VONK_NO_MEMORY);
    cr_expect_str_eq(err.condition, "UNABLE_TO_ACQUIRE_MEMORY");
    cr_assert_not_null(vonk_buffer_reserve(&beyond, 2000));
    cr_expect_eq(budget.used, text.capacity + beyond.capacity);
    vonk_buffer_free(&text);
    vonk_buffer_free(&beyond);
    cr_expect_eq(budget.used, 0);
    cr_expect_eq(text.budget, &budget);
}

Test(arena, charges_beyond_the_limit_what_must_not_fail)
{
    vonk_budget budget = {.limit = 1000};
    vonk_arena arena = {.budget = &budget, .beyond = true};
    cr_assert_not_null(vonk_arena_alloc(&arena, 5000, NULL));
    cr_expect_eq(budget.used, arena.total);
    vonk_arena_free(&arena);
    cr_expect_eq(budget.used, 0);
}

Test(arena, charges_its_budget_and_gives_it_back)
{
    vonk_budget budget = {.limit = 1u << 20};
    vonk_arena arena = {.budget = &budget};
    vonk_error err;
    cr_assert_not_null(vonk_arena_alloc(&arena, 1000, &err));
    cr_assert_eq(budget.used, arena.total);
    cr_assert_null(vonk_arena_alloc(&arena, 1u << 20, &err));
    cr_assert_eq(err.status, VONK_NO_MEMORY);
    cr_assert_str_eq(err.condition, "UNABLE_TO_ACQUIRE_MEMORY");
    cr_assert_str_eq(err.sqlstate, "53200");
    cr_assert(strstr(err.message, "of 1048576 bytes are held"), "%s", err.message);
    vonk_arena_free(&arena);
    cr_assert_eq(budget.used, 0);
    cr_assert_geq(budget.peak, 1000);
}

Test(arena, reset_comes_to_one_block_that_is_used_again)
{
    vonk_arena arena = {0};
    for (int i = 0; i < 5000; i++)
        cr_assert_not_null(vonk_arena_small(&arena, 100, NULL));
    vonk_arena_reset(&arena);
    size_t total = arena.total;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 4000; i++)
            cr_assert_not_null(vonk_arena_small(&arena, 100, NULL));
        cr_assert_eq(arena.total, total, "no new blocks");
        vonk_arena_reset(&arena);
    }
    vonk_arena_free(&arena);
}

Test(arena, fills_copies_and_extends_until_nobody_waits)
{
    enum { SIZE = (3 << 20) + 5 };
    atomic_bool stop = false;
    vonk_arena arena = {.stop = &stop};
    void *more = NULL;
    char *data = vonk_arena_alloc(&arena, SIZE, NULL);
    cr_assert_eq(vonk_arena_fill(&arena, data, 7, SIZE, NULL), VONK_OK);
    cr_assert_eq(vonk_arena_extend(&arena, data, SIZE, (size_t)SIZE + 1, &more, NULL), VONK_OK);
    cr_assert(more != data && data[0] == 7 && data[SIZE - 1] == 7);
    cr_assert_eq(memcmp(data, more, SIZE), 0);
    stop = true;
    vonk_error err = {0};
    cr_assert_eq(vonk_arena_fill(&arena, data, 9, SIZE, &err), VONK_CANCELLED);
    cr_assert_eq(err.status, VONK_CANCELLED);
    cr_assert_eq(vonk_arena_copy(&arena, data, more, SIZE, NULL), VONK_CANCELLED);
    cr_assert_eq(vonk_arena_copy(&arena, data, more, 1, NULL), VONK_OK); /* that is no time */
    cr_assert_eq(vonk_arena_extend(&arena, data, SIZE, SIZE, &more, NULL), VONK_CANCELLED);
    cr_assert_eq(data[0], 7);
    vonk_arena_free(&arena);
    cr_assert_eq(vonk_arena_check(&arena, NULL), VONK_CANCELLED); /* it belongs to the same task */
}

Test(arena, refuses_sizes_that_overflow)
{
    vonk_arena arena = {0};
    vonk_error err;
    cr_assert_null(vonk_arena_array(&arena, SIZE_MAX / 2, 16, &err));
    cr_assert_eq(err.status, VONK_NO_MEMORY);
    cr_assert_null(vonk_arena_alloc(&arena, SIZE_MAX, &err));
    vonk_arena_free(&arena);
}

Test(buffer, grows_and_escapes)
{
    vonk_buffer buf = {0};
    for (int i = 0; i < 1000; i++)
        vonk_buffer_printf(&buf, "%d,", i);
    cr_assert_eq(buf.length, 3890);
    buf.length = 0;
    vonk_buffer_json(&buf, "a\"b\\c\n\t\x01z", 9);
    cr_assert_str_eq(vonk_buffer_str(&buf), "a\\\"b\\\\c\\n\\t\\u0001z");
    cr_assert_eq(vonk_buffer_check(&buf, NULL), VONK_OK);
    vonk_buffer_free(&buf);
}

Test(buffer, remembers_that_it_failed)
{
    vonk_buffer buf = {0};
    cr_assert_null(vonk_buffer_reserve(&buf, SIZE_MAX - 4));
    vonk_buffer_text(&buf, "lost");
    cr_assert_eq(buf.length, 0);
    cr_assert_eq(vonk_buffer_check(&buf, NULL), VONK_NO_MEMORY);
    vonk_buffer_free(&buf);
}

Test(bitmap, packs_flags)
{
    uint8_t flags[64] = {0};
    for (size_t i = 0; i < 64; i += 3)
        flags[i] = 1;
    uint64_t word = vonk_bitmap_pack(flags);
    for (size_t i = 0; i < 64; i++)
        cr_assert_eq(vonk_bit_get(&word, i), i % 3 == 0);
}

Test(options, the_last_one_counts_and_case_does_not)
{
    vonk_option items[] = {{"Header", "true"}, {"sep", ","}, {"HEADER", "false"}};
    vonk_options options = {3, items};
    bool header = true;
    vonk_error err;
    cr_assert_str_eq(vonk_option_get(&options, "header", "x"), "false");
    cr_assert_eq(vonk_option_bool(&options, "header", true, &header, &err), VONK_OK);
    cr_assert_not(header);
    cr_assert_str_eq(vonk_option_get(&options, "quote", "x"), "x");
    cr_assert_eq(vonk_option_bool(&options, "sep", true, &header, &err), VONK_USER);
    cr_assert_str_eq(err.condition, "INVALID_PARAMETER_VALUE");
}

Test(condition, finds_states_of_conditions_and_subconditions)
{
    cr_assert_str_eq(vonk_condition_sqlstate("DIVIDE_BY_ZERO"), "22012");
    cr_assert_str_eq(vonk_condition_sqlstate("AMBIGUOUS_REFERENCE"), "42704");
    cr_assert_str_eq(vonk_condition_sqlstate("WRONG_NUM_ARGS"), "42605");
    cr_assert_str_eq(vonk_condition_sqlstate("UNRESOLVED_COLUMN.WITH_SUGGESTION"), "42703");
    cr_assert_str_eq(vonk_condition_sqlstate("NO_SUCH_CONDITION"), "XX000");
    cr_assert_str_eq(vonk_condition_sqlstate("GROUP_BY"), "XX000", "a prefix is not a match");
}

Test(status, errors_carry_condition_state_and_place)
{
    vonk_error err;
    cr_assert_eq(vonk_fail_sql(&err, "DIVIDE_BY_ZERO", "Division by %s.", "zero"), VONK_USER);
    cr_assert_str_eq(err.sqlstate, "22012");
    cr_assert_eq(vonk_error_at(&err, VONK_USER, 7, 9), VONK_USER);
    cr_assert_eq(vonk_error_at(&err, VONK_USER, 1, 2), VONK_USER);
    cr_assert_eq(err.position, 7, "the first place, nearest to the cause, stays");
    cr_assert_eq(vonk_error_prefix(&err, VONK_USER, "file %s", "x.csv"), VONK_USER);
    cr_assert_str_eq(err.message, "file x.csv: Division by zero.");
}

Test(arena, refuses_new_blocks_once_nobody_waits)
{
    atomic_bool stop = false;
    vonk_error err;
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = {.stop = &stop};
    atomic_store(&stop, true);
    cr_assert_not_null(vonk_arena_alloc(&arena, 100000, &err), "only where it is asked for");
    arena.stops = true;
    cr_assert_null(vonk_arena_alloc(&arena, 100000, &err));
    cr_assert_eq(err.status, VONK_CANCELLED);
    atomic_store(&stop, false);
    cr_assert_not_null(vonk_arena_alloc(&arena, 100000, &err));
}
