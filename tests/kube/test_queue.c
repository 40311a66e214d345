/* The work queue: each key once, in order, failures later. */
#include <criterion/criterion.h>

#include "kube/queue.h"

static vonk_kube_queue *queue(void)
{
    vonk_kube_queue *q;
    vonk_kube_queue_settings settings = {.base_ms = 100, .max_ms = 1000, .seed = 3};
    cr_assert_eq(vonk_kube_queue_new(&settings, &q, NULL), VONK_OK);
    return q;
}

static void add(vonk_kube_queue *q, const char *key, int64_t at)
{
    cr_assert_eq(vonk_kube_queue_add(q, key, at, NULL), VONK_OK);
}

Test(queue, each_key_once_in_order)
{
    vonk_kube_queue *q = queue();
    add(q, "a", 0);
    add(q, "b", 0);
    add(q, "a", 5);
    cr_expect_eq(vonk_kube_queue_depth(q), 2);
    cr_expect_str_eq(vonk_kube_queue_next(q, 10), "a");
    cr_expect_str_eq(vonk_kube_queue_next(q, 10), "b");
    cr_expect_null(vonk_kube_queue_next(q, 10));
    cr_expect_eq(vonk_kube_queue_wait_ms(q, 10), -1);
    vonk_kube_queue_free(q);
}

Test(queue, an_earlier_wish_stands)
{
    vonk_kube_queue *q = queue();
    add(q, "a", 500);
    add(q, "a", 900);
    cr_expect_eq(vonk_kube_queue_wait_ms(q, 100), 400);
    add(q, "a", 200);
    cr_expect_null(vonk_kube_queue_next(q, 199));
    cr_expect_str_eq(vonk_kube_queue_next(q, 200), "a");
    vonk_kube_queue_free(q);
}

Test(queue, failures_come_back_later_and_later)
{
    vonk_kube_queue *q = queue();
    int64_t longest = 0;
    for (int n = 0; n < 40; n++) {
        cr_assert_eq(vonk_kube_queue_failed(q, "a", 0, NULL), VONK_OK);
        int64_t wait = vonk_kube_queue_wait_ms(q, 0);
        cr_expect(wait >= 0 && wait <= 1000, "%ld", (long)wait);
        longest = wait > longest ? wait : longest;
        cr_expect_str_eq(vonk_kube_queue_next(q, 1000), "a");
    }
    cr_expect_gt(longest, 300);
    vonk_kube_queue_succeeded(q, "a");
    cr_assert_eq(vonk_kube_queue_failed(q, "a", 0, NULL), VONK_OK);
    cr_expect_leq(vonk_kube_queue_wait_ms(q, 0), 100);
    vonk_kube_queue_free(q);
}

Test(queue, a_wish_during_a_back_off_is_heard)
{
    vonk_kube_queue *q = queue();
    cr_assert_eq(vonk_kube_queue_failed(q, "a", 0, NULL), VONK_OK);
    add(q, "a", 0);
    cr_expect_str_eq(vonk_kube_queue_next(q, 0), "a");
    vonk_kube_queue_free(q);
}
