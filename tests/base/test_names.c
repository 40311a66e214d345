/* test_names.c - which names of a list came before. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/names.h"

Test(names, the_first_of_its_kind_but_for_case)
{
    static const char *const texts[] = {"a", "B", "", "A", "b", "c", "", "a ", "a"};
    enum { N = sizeof texts / sizeof *texts };
    static const uint32_t wanted[N] = {0, 1, 2, 0, 1, 5, 2, 7, 0};
    vonk_slice names[N];
    uint32_t first[N];
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = {0};
    for (uint32_t i = 0; i < N; i++)
        names[i] = vonk_slice_of(texts[i]);
    cr_assert_eq(vonk_names_first(&arena, names, N, first, NULL), VONK_OK);
    cr_assert_arr_eq(first, wanted, sizeof wanted);
    cr_assert_eq(vonk_names_first(&arena, NULL, 0, first, NULL), VONK_OK);
}

Test(names, many)
{
    enum { N = 20000 };
    static char texts[N][12];
    static vonk_slice names[N];
    static uint32_t first[N];
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = {0};
    for (uint32_t i = 0; i < N; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%c%u", i < N / 2 ? 'c' : 'C', i % (N / 2));
        names[i] = vonk_slice_of(texts[i]);
    }
    cr_assert_eq(vonk_names_first(&arena, names, N, first, NULL), VONK_OK);
    for (uint32_t i = 0; i < N; i++)
        cr_assert_eq(first[i], i % (N / 2));
}

Test(names, no_memory)
{
    vonk_budget budget = {.limit = 1};
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = {.budget = &budget};
    vonk_slice name = vonk_slice_of("a");
    uint32_t first;
    cr_assert_eq(vonk_names_first(&arena, &name, 1, &first, NULL), VONK_NO_MEMORY);
}
