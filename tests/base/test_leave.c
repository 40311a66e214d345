/* test_leave.c - a thread in a computation that never looks up leaves it. */
#include <criterion/criterion.h>
#include <sched.h>
#include <stdatomic.h>

#include "base/leave.h"

typedef struct computing {
    atomic_bool begun;
    bool left;
} computing;

static bool computes_for_ever(computing *c)
{
    sigjmp_buf here;
    if (sigsetjmp(here, 0))
        return true;
    vonk_leave_to(&here);
    atomic_store(&c->begun, true);
    volatile bool goes_on = true;
    while (goes_on) /* what a library does that knows of no flag */
        continue;
    vonk_leave_to(NULL);
    return false;
}

static void *compute(void *context)
{
    computing *c = context;
    c->left = computes_for_ever(c);
    return NULL;
}

Test(leave, ends_what_never_ends, .timeout = 60)
{
    vonk_leave_start();
    for (int i = 0; i < 100; i++) {
        computing c = {.left = false};
        pthread_t thread;
        cr_assert_eq(pthread_create(&thread, NULL, compute, &c), 0);
        while (!atomic_load(&c.begun))
            (void)sched_yield();
        vonk_leave_thread(thread);
        cr_assert_eq(pthread_join(thread, NULL), 0);
        cr_assert(c.left);
    }
}

/* A signal that comes when there is nothing to leave, or too late, does nothing. */
Test(leave, does_nothing_elsewhere)
{
    sigjmp_buf here;
    volatile int times = 0;
    vonk_leave_start();
    vonk_leave_thread(pthread_self());
    vonk_leave_now();
    if (sigsetjmp(here, 0) == 0) {
        vonk_leave_to(&here);
        vonk_leave_to(NULL);
    } else {
        times++;
    }
    vonk_leave_thread(pthread_self());
    cr_assert_eq(times, 0);
}

Test(leave, leaves_once)
{
    sigjmp_buf here;
    volatile int times = 0;
    vonk_leave_start();
    if (sigsetjmp(here, 0) == 0) {
        vonk_leave_to(&here);
        vonk_leave_thread(pthread_self());
    } else {
        times++;
    }
    vonk_leave_thread(pthread_self());
    cr_assert_eq(times, 1);
}
