/* allocations.h - lets one allocation fail, in whichever thread it is. */
#ifndef VONK_TESTS_ALLOC_ALLOCATIONS_H
#define VONK_TESTS_ALLOC_ALLOCATIONS_H

#include <stdbool.h>

/* The allocation after the next `n` fails. */
void fail_allocation(long n);
/* Whether it did, since; from now on none fails. */
bool allocation_has_failed(void);

#endif
