/* allocations.h - lets allocations fail, in whichever thread they are. */
#ifndef VONK_TESTS_ALLOC_ALLOCATIONS_H
#define VONK_TESTS_ALLOC_ALLOCATIONS_H

#include <stdbool.h>

/* After the next `n` allocations the following `in_row` fail. */
void fail_allocations(long n, long in_row);
/* Whether one did, since; from now on none fails. */
bool allocation_has_failed(void);

#endif
