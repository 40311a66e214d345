/* window_state.h - the window operator: what window.c and window_stream.c share. */
#ifndef VONK_EXEC_WINDOW_STATE_H
#define VONK_EXEC_WINDOW_STATE_H

#include "exec/spilling.h"
#include "exec/window.h"
#include "shuffle/shuffle.h"

typedef struct vonk_window_stream vonk_window_stream;

typedef struct vonk_windower {
    vonk_operator op;
    vonk_block *rows;       /* not handed on yet; the last partition may go on */
    vonk_arena last;        /* the keys of the last row */
    vonk_column *last_keys; /* n_columns; valid if has_last */
    bool has_last;
    vonk_column *keys; /* n_keys */
    vonk_sort_order *orders;
    vonk_column *out, *piece; /* output.n_fields */
    vonk_window_stream *stream;
    bool streams;      /* w->rows goes that way */
    vonk_spill *spill; /* of w->rows */
} vonk_windower;

/* The columns that come in. */
static inline vonk_schema vonk_window_input(const vonk_windower *w)
{
    vonk_schema schema = w->op.node->output;
    schema.n_fields -= w->op.node->n_exprs;
    return schema;
}

/* Hands on rows with their windows, in batches as the task wants them. */
vonk_status vonk_window_emit(vonk_windower *w, const vonk_batch *all,
                             vonk_error *err) VONK_MUST_CHECK;

#endif
