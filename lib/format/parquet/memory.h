/*
 * memory.h - memory for pages, reused: a block that a page no longer needs is retired and stays
 * readable until the next batch begins, because columns may point into it.
 */
#ifndef VONK_FORMAT_PARQUET_MEMORY_H
#define VONK_FORMAT_PARQUET_MEMORY_H

#include "base/arena.h"

/* Bytes that may be read (not used) after the end of a block. */
#define VONK_PQ_SLACK 64

typedef struct vonk_pq_block {
    struct vonk_pq_block *next;
    size_t capacity;
    char *data; /* aligned to VONK_ALIGN, capacity + VONK_PQ_SLACK bytes */
} vonk_pq_block;

typedef struct vonk_pq_memory {
    vonk_budget *budget; /* may be NULL */
    vonk_pq_block *idle, *retired;
} vonk_pq_memory;

vonk_status vonk_pq_memory_take(vonk_pq_memory *memory, size_t size, vonk_pq_block **ret,
                                vonk_error *err) VONK_MUST_CHECK;
/* Gives back *block (may be NULL), usable for others after vonk_pq_memory_recycle(). */
void vonk_pq_memory_retire(vonk_pq_memory *memory, vonk_pq_block **block);
void vonk_pq_memory_recycle(vonk_pq_memory *memory);
/* Frees what is idle and retired: everything, if all was given back. */
void vonk_pq_memory_fini(vonk_pq_memory *memory);

#endif
