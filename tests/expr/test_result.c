/* test_result.c - what functions begin their results with. */
#include <criterion/criterion.h>
#include <string.h>

#include "expr/operand.h"

Test(result, null_strings_are_empty_in_memory_that_was_used_before)
{
    vonk_arena arena = {0};
    cr_assert_not_null(memset(vonk_arena_alloc(&arena, 3000, NULL), 0xbe, 3000));
    vonk_arena_reset(&arena);
    vonk_eval ctx = {.arena = &arena};
    vonk_column text, out;
    cr_assert_eq(vonk_column_new(&arena, VONK_TYPE(STRING), 70, &text, NULL), VONK_OK);
    cr_assert_eq(vonk_column_add_validity(&arena, &text, NULL), VONK_OK);
    for (uint32_t i = 0; i < 70; i += 3)
        vonk_bit_set(text.validity, i, false);
    cr_assert_eq(vonk_result_new(&ctx, VONK_TYPE(STRING), &text, 1, 70, &out, NULL), VONK_OK);
    for (uint32_t i = 0; i < 70; i++) {
        cr_assert_eq(vonk_result_is_valid(&out, i), i % 3 != 0);
        if (i % 3 == 0)
            cr_assert_eq(vonk_string_at(&out, i)->length, 0);
    }
    vonk_arena_free(&arena);
}
