#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "expr/digits.h"

static void check(int64_t value)
{
    char wanted[32], got[VONK_DIGITS_ROOM + 8];
    (void)snprintf(wanted, sizeof(wanted), "%" PRId64, value);
    memset(got, '#', sizeof(got));
    *vonk_put_int64(got, value) = '\0';
    cr_assert_str_eq(got, wanted);
    cr_assert_eq(got[VONK_DIGITS_ROOM], '#', "%s: wrote behind its room", wanted);
}

Test(digits, are_those_of_printf)
{
    check(INT64_MIN);
    check(INT64_MAX);
    for (int64_t value = 0; value < 20000; value++)
        check(value);
    for (int64_t power = 10; power < INT64_MAX / 10; power *= 10) {
        for (int64_t near = power - 2; near <= power + 2; near++) {
            check(near);
            check(-near);
        }
    }
    uint64_t state = 1;
    for (int i = 0; i < 20000; i++) {
        state = state * 6364136223846793005 + 1442695040888963407;
        check((int64_t)state >> i % 64);
    }
}
