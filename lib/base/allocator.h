/*
 * allocator.h - how the process's malloc treats the big, short-lived blocks of arenas.
 */
#ifndef VONK_BASE_ALLOCATOR_H
#define VONK_BASE_ALLOCATOR_H

#include <stddef.h>
#include <stdint.h>

/*
 * Makes malloc keep freed memory for the next batch instead of giving it back to the kernel, which
 * has to clear each page anew: a sixth of the CPU time of a scan, half that of a large sort. Call
 * it first thing in main().
 */
void vonk_allocator_tune(void);

/*
 * For a process that must not grow beyond `limit` bytes: what is freed is kept in small parts of it
 * only, and large blocks go back at once.
 */
void vonk_allocator_limit(size_t limit);

/* Where the heap lies: in *ret_start .. *ret_end; nowhere (0) if nobody tuned it. */
void vonk_allocator_heap(uintptr_t *ret_start, uintptr_t *ret_end);

/* Gives back what is free: for a process that will be idle. */
void vonk_allocator_trim(void);

#endif
