/*
 * block_reader.h - rows of a block by their numbers, in ranges that move forward, wherever the
 * block has them. Holds no more than a range and a batch.
 */
#ifndef VONK_SHUFFLE_BLOCK_READER_H
#define VONK_SHUFFLE_BLOCK_READER_H

#include "shuffle/shuffle.h"

typedef struct vonk_block_reader {
    const vonk_block *block;
    const vonk_schema *schema;
    vonk_block *near; /* rows from `start` on; NULL: none yet */
    uint64_t start;
    uint32_t next;     /* batch of the block that comes after them */
    vonk_arena arena;  /* what was returned last */
    vonk_arena loaded; /* a batch that comes from disk */
} vonk_block_reader;

/* Both borrowed; the block gets no more rows. */
void vonk_block_reader_init(vonk_block_reader *reader, const vonk_block *block,
                            const vonk_schema *schema);
void vonk_block_reader_fini(vonk_block_reader *reader);
/* *ret = rows from .. to, until the next call; `from` and `to` are not less than the call before.
 */
vonk_status vonk_block_reader_get(vonk_block_reader *reader, uint64_t from, uint64_t to,
                                  vonk_batch *ret, vonk_error *err) VONK_MUST_CHECK;

#endif
