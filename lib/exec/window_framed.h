/*
 * window_framed.h - window expressions of large partitions whose frames are found row by row.
 *
 *      rows of a chunk      i   i+1  i+2  ...          their frames begin and end further on
 *      first    .....f       g    g        end   .....e    e    h
 *
 * Neither end of a frame ever moves back, so a cursor that goes through the rows once finds each.
 * What a row has of its frame is
 *
 *      an end    the value of the frame that runs on to a partition's end: pass one has made one
 *                for each row, of all rows up to it, or (backwards) from it on
 *      a pick    the row, among those that may be picked (candidates), so many from an end
 *      rows      an aggregate over them: the frames of a chunk have to fit into memory
 */
#ifndef VONK_EXEC_WINDOW_FRAMED_H
#define VONK_EXEC_WINDOW_FRAMED_H

#include "exec/window_state.h"
#include "shuffle/block_cursor.h"
#include "shuffle/block_reader.h"

typedef struct vonk_stream_values vonk_stream_values;
typedef struct vonk_stream_chunk vonk_stream_chunk;

/* The way of a bound that is a value away from the row's. */
typedef struct vonk_stream_bound {
    vonk_block_cursor rows;
    uint64_t at; /* a row: where the last limit was met */
    uint64_t key_start;
    bool has_key;
    vonk_column key; /* of the cursor's batch, whose first row is key_start */
    vonk_arena arena;
} vonk_stream_bound;

typedef enum vonk_framed_way {
    VONK_FRAMED_END,
    VONK_FRAMED_PICK,
    VONK_FRAMED_ROWS
} vonk_framed_way;

typedef struct vonk_stream_framed {
    vonk_framed_way way;
    vonk_stream_values *values; /* of ends, or candidates; NULL: of rows */
    vonk_stream_bound bounds[2];
    vonk_block_gather gather; /* of values */
    vonk_block_reader reader; /* of rows */
    /* Of picks: candidate `distance` after those before the frame, or (from_end) in and before it
     */
    bool from_end;
    int64_t distance;
    vonk_block_cursor counting;
    uint64_t n_counted; /* candidates that were before a row */
} vonk_stream_framed;

/* Pass two begins: all of w->rows is there, and what pass one made. */
void vonk_stream_framed_init(vonk_stream_framed *f, const vonk_windower *w,
                             const vonk_schema *schema);
void vonk_stream_framed_fini(vonk_stream_framed *f); /* {0} is fine */
/* *ret = expression `i`, that `f` belongs to, for every row of the chunk. */
vonk_status vonk_stream_framed_eval(vonk_windower *w, const vonk_stream_chunk *c,
                                    vonk_stream_framed *f, uint32_t i, vonk_column *ret,
                                    vonk_error *err) VONK_MUST_CHECK;

/* ---- parts, for each other ---- */

/* Frames of the rows of a chunk, by numbers; room for all. window_bounds.c */
vonk_status vonk_stream_frames(vonk_windower *w, const vonk_stream_chunk *c, vonk_stream_framed *f,
                               const vonk_expr *window, uint64_t *ret_first, uint64_t *ret_end,
                               vonk_error *err) VONK_MUST_CHECK;
/* Pass one: the candidates among the rows that come next. window_pick.c */
vonk_status vonk_stream_candidates(vonk_windower *w, vonk_stream_values *v, const vonk_batch *rows,
                                   vonk_error *err) VONK_MUST_CHECK;
/* The picks of these frames, or for lag and lead those of the rows. window_pick.c */
vonk_status vonk_stream_pick(vonk_windower *w, const vonk_stream_chunk *c, vonk_stream_framed *f,
                             const vonk_expr *window, const uint64_t *first, const uint64_t *end,
                             vonk_column *ret, vonk_error *err) VONK_MUST_CHECK;

#endif
