/* test_buffer.c - appends that look at a flag. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"

#define MIB ((size_t)1 << 20)

static char *some_bytes(size_t n)
{
    char *bytes = malloc(n);
    cr_assert_not_null(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)('a' + i % 26);
    return bytes;
}

Test(buffer, holds_the_same_bytes_with_a_flag)
{
    static const size_t sizes[] = {0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB, 1};
    char *bytes = some_bytes(3 * MIB);
    vonk_budget budget = {0};
    atomic_bool stop = false;
    vonk_buffer with = {.budget = &budget, .stop = &stop}, without = {0};
    for (size_t i = 0; i < VONK_LENGTH(sizes); i++) {
        vonk_buffer_append(&with, bytes, sizes[i]);
        vonk_buffer_append(&without, bytes, sizes[i]);
    }
    cr_assert_eq(vonk_buffer_check(&with, NULL), VONK_OK);
    cr_assert_eq(with.length, without.length);
    cr_assert_eq(memcmp(with.data, without.data, with.length), 0);
    cr_assert_eq(atomic_load(&budget.used), with.capacity);
    vonk_buffer_free(&with);
    vonk_buffer_free(&without);
    cr_assert_eq(atomic_load(&budget.used), 0);
    cr_assert_eq(with.stop, &stop);
    free(bytes);
}

static void assert_cancelled(vonk_buffer *buf)
{
    vonk_error err;
    cr_assert_eq(vonk_buffer_check(buf, &err), VONK_CANCELLED);
    vonk_buffer_free(buf);
    cr_assert_eq(vonk_buffer_check(buf, &err), VONK_OK);
}

/* Each way to append ends once the flag is set: a long piece at once, short ones after a MiB. */
Test(buffer, fails_once_the_flag_is_set)
{
    char *bytes = some_bytes(3 * MIB);
    atomic_bool stop = true;
    vonk_buffer buf = {.stop = &stop};
    vonk_buffer_append(&buf, bytes, 3 * MIB);
    cr_assert_eq(buf.length, 0);
    assert_cancelled(&buf);

    for (size_t i = 0; i < 2 * MIB; i++)
        vonk_buffer_char(&buf, 'x');
    cr_assert_eq(buf.length, MIB);
    assert_cancelled(&buf);
    free(bytes);
}

/* What was made before stays when the flag is set while it would move to more room. */
Test(buffer, keeps_its_bytes_when_it_fails_to_move)
{
    char *bytes = some_bytes(3 * MIB);
    vonk_budget budget = {0};
    atomic_bool stop = false;
    vonk_buffer buf = {.budget = &budget, .stop = &stop};
    vonk_buffer_append(&buf, bytes, 3 * MIB);
    size_t charged = atomic_load(&budget.used);
    atomic_store(&stop, true);
    cr_assert_null(vonk_buffer_reserve(&buf, 8 * MIB));
    cr_assert_eq(buf.length, 3 * MIB);
    cr_assert_eq(memcmp(buf.data, bytes, 3 * MIB), 0);
    cr_assert_eq(atomic_load(&budget.used), charged);
    assert_cancelled(&buf);
    cr_assert_eq(atomic_load(&budget.used), 0);
    free(bytes);
}

/* A buffer that is used again looks at the flag again, however long it was before. */
Test(buffer, looks_again_when_it_begins_anew)
{
    char *bytes = some_bytes(3 * MIB);
    atomic_bool stop = false;
    vonk_buffer buf = {.stop = &stop};
    vonk_buffer_append(&buf, bytes, 3 * MIB);
    buf.length = 0;
    atomic_store(&stop, true);
    vonk_buffer_char(&buf, 'x');
    cr_assert_eq(buf.length, 0);
    assert_cancelled(&buf);
    free(bytes);
}
