/*
 * window_stream.h - windows a batch at a time, for partitions that are large or do not fit.
 *
 *      rows      a a a a | a a b b | b c c c      batches of a block, in memory or on disk
 *      marks     2 0 1 0   1 0 2 0   1 2 0 1      0: equal to the row before; 1: other ORDER BY
 *                                                 keys; 2: a partition begins
 *      values        a       a       b   b   c    pass one: sums over frames that end with peers
 *
 * What an expression needs decides how it is done: numbers of rows (ranks), rows nearby (frames of
 * so many rows, lag, lead), a value for each group of rows, which is known at its end, or one for
 * frames that are found row by row (window_framed.h). Pass one writes values to a block that goes
 * along with the rows in pass two. Where numbers are all that is needed, rows are handed on as they
 * come.
 */
#ifndef VONK_EXEC_WINDOW_STREAM_H
#define VONK_EXEC_WINDOW_STREAM_H

#include "exec/window_framed.h"
#include "exec/window_state.h"
#include "expr/aggregate.h"
#include "shuffle/block_reader.h"

/* Rows that have a value in common: a row with a mark that is no less begins a group. */
typedef enum vonk_stream_group {
    VONK_GROUP_ROW,
    VONK_GROUP_PEERS,
    VONK_GROUP_PARTITION
} vonk_stream_group;

/* Values of groups, in the order of the rows. */
typedef struct vonk_stream_values {
    vonk_stream_group group;
    const vonk_expr *window; /* whose they are, */
    const vonk_expr *call;   /* and its aggregate; NULL: the number of rows of each group */
    bool goes_on;            /* a group takes up what its partition has before it */
    bool backwards;          /* from the last row to the first one; so are they in the block */
    bool candidates;         /* instead: values of the first argument, and their rows; */
    bool skips_nulls;        /* not those that are null */
    bool spare;              /* an error means that there is no block: of frames no row has */
    vonk_arena states;
    size_t compact_at; /* bytes of states */
    vonk_aggregate *state;
    uint64_t n_rows;   /* of the group that has not ended, where there is no call */
    vonk_block *block; /* NULL: between passes */
    vonk_field fields[2];
    vonk_schema schema;       /* of those fields */
    vonk_block_reader reader; /* pass two; if a group of rows has each value */
} vonk_stream_values;

/* How an expression is done. */
typedef struct vonk_stream_column {
    bool near;                  /* from rows that are nearby */
    vonk_stream_values *values; /* of groups */
    vonk_stream_framed *framed; /* none of the three: from numbers */
} vonk_stream_column;

/* What goes on from batch to batch. */
typedef struct vonk_stream_place {
    uint64_t n_groups[3];      /* that have begun, by vonk_stream_group: [0] are rows */
    uint64_t partition, peers; /* numbers of the rows with which the last ones began */
    uint32_t dense;            /* dense_rank of the last row */
    vonk_arena arena;
    vonk_column *last_keys; /* of the last row */
} vonk_stream_place;

struct vonk_window_stream {
    vonk_stream_column *columns; /* one an expression */
    uint32_t n_columns;          /* that are planned */
    vonk_stream_values *values;
    uint32_t n_values;
    vonk_stream_values
        *sizes[3]; /* by vonk_stream_group: of peers and partitions; NULL: not needed */
    bool has_near, has_framed;
    uint64_t before, after; /* rows nearby that are needed */
    uint64_t span;          /* rows that the frames of the last chunk have */
    vonk_stream_place place;
    uint8_t *marks;               /* of a batch */
    vonk_arena mark_arena, arena; /* of marks and keys; of anything else of a batch */
};

/* Rows on their way out. */
struct vonk_stream_chunk {
    uint64_t at; /* the first one's number */
    vonk_window_rows rows;
    vonk_window_rows near; /* those and what is nearby, as if that were all */
    uint32_t skip;         /* rows of `near` before them */
    uint32_t *group_of[3]; /* of each row, from the first one's: by vonk_stream_group */
    uint64_t first[3];     /* numbers of the first row's groups */
};

vonk_status vonk_window_stream_new(vonk_windower *w, vonk_window_stream **ret,
                                   vonk_error *err) VONK_MUST_CHECK;
/* w->stream, if there is one. */
void vonk_window_stream_free(vonk_windower *w);
size_t vonk_window_stream_held(const vonk_window_stream *s);
/* Rows can be handed on as they come. */
static inline bool vonk_window_stream_at_once(const vonk_window_stream *s)
{
    return !s->n_values && !s->has_near && !s->has_framed;
}
vonk_status vonk_window_stream_push(vonk_windower *w, const vonk_batch *in,
                                    vonk_error *err) VONK_MUST_CHECK;
/* Else: hands on the rows of w->rows, which are whole partitions. */
vonk_status vonk_window_stream_flush(vonk_windower *w, vonk_error *err) VONK_MUST_CHECK;

/* ---- parts, for each other ---- */

/* No row has come. */
void vonk_stream_start(vonk_stream_place *place);
/* s->marks = those of the batch, which comes next; w->keys = its keys, in s->mark_arena. */
vonk_status vonk_stream_mark(vonk_windower *w, const vonk_batch *rows,
                             vonk_error *err) VONK_MUST_CHECK;
/* Pass one over w->rows: fills the blocks of values. Leaves s->place somewhere. */
vonk_status vonk_stream_measure(vonk_windower *w, vonk_error *err) VONK_MUST_CHECK;

#endif
