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

/*
 * To be told after each allocation of a large block, before it is used: beyond its first
 * VONK_SMALL_HEAP bytes the heap is asked of the kernel in huge pages, which are mapped and given
 * back 512 times as fast as small ones. Cheap. Nothing happens without vonk_allocator_tune(), under
 * vonk_allocator_limit() (what is not touched of a huge page counts too) and where the kernel has
 * no huge pages of 2 MiB.
 */
void vonk_allocator_grew(void);
#define VONK_SMALL_HEAP ((size_t)32 << 20)

/* Where the heap lies: in *ret_start .. *ret_end; nowhere (0) if nobody tuned it. */
void vonk_allocator_heap(uintptr_t *ret_start, uintptr_t *ret_end);

/* Gives back what is free: for a process that will be idle. */
void vonk_allocator_trim(void);

#endif
