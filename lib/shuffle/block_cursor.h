/*
 * block_cursor.h - rows of a block by their numbers, which rise from call to call but may lie far
 * apart. Holds a batch of the block and copies of what was asked for.
 */
#ifndef VONK_SHUFFLE_BLOCK_CURSOR_H
#define VONK_SHUFFLE_BLOCK_CURSOR_H

#include "shuffle/shuffle.h"

#define VONK_NO_BLOCK_ROW UINT64_MAX

typedef struct vonk_block_cursor {
    const vonk_block *block;
    bool backwards;   /* row 0 is the block's last one */
    uint32_t next;    /* batches that were looked at */
    uint64_t start;   /* number of the first row of `rows` */
    vonk_batch rows;  /* a batch of the block */
    vonk_arena arena; /* of one that comes from disk */
} vonk_block_cursor;

/* The block is borrowed and gets no more rows. */
void vonk_block_cursor_init(vonk_block_cursor *cursor, const vonk_block *block, bool backwards);
void vonk_block_cursor_fini(vonk_block_cursor *cursor);
/* *ret = the place in cursor->rows of row `row`, not less than in the call before. */
vonk_status vonk_block_cursor_seek(vonk_block_cursor *cursor, uint64_t row, uint32_t *ret,
                                   vonk_error *err) VONK_MUST_CHECK;

typedef struct vonk_block_gather {
    vonk_block_cursor cursor;
    const vonk_schema *schema;
    vonk_block *kept; /* what was returned last */
    vonk_arena arena;
} vonk_block_gather;

void vonk_block_gather_init(vonk_block_gather *gather, const vonk_block *block,
                            const vonk_schema *schema, bool backwards);
void vonk_block_gather_fini(vonk_block_gather *gather);
/*
 * *ret = the rows that are among rows[0..n), until the next call; ret_sel[i] = where rows[i] is
 * there. Those that are VONK_NO_BLOCK_ROW are VONK_NO_ROW, the others do not fall, also from call
 * to call.
 */
vonk_status vonk_block_gather_get(vonk_block_gather *gather, const uint64_t *rows, uint32_t n,
                                  uint32_t *ret_sel, vonk_batch *ret,
                                  vonk_error *err) VONK_MUST_CHECK;

#endif
