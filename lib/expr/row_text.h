/* row_text.h - functions that write the text of one row at a time. */
#ifndef VONK_EXPR_ROW_TEXT_H
#define VONK_EXPR_ROW_TEXT_H

#include "expr/operand.h"

/* One row of a call: its text goes to `out`. */
typedef struct vonk_row_call {
    const vonk_expr *call;
    const vonk_column *args;
    const vonk_eval *ctx;
    uint32_t row;
    vonk_buffer *out;
    bool is_null; /* set: the result is null */
} vonk_row_call;

typedef vonk_status vonk_row_fn(vonk_row_call *r, vonk_error *err);

static inline vonk_slice vonk_row_text(const vonk_row_call *r, uint32_t i)
{
    return vonk_string_slice(vonk_string_at(&r->args[i], r->row));
}

/* Calls `fn` for each row; of a STRICT function only for those without nulls. */
vonk_status vonk_eval_text_rows(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                const vonk_eval *ctx, vonk_row_fn *fn, vonk_column *ret,
                                vonk_error *err) VONK_MUST_CHECK;

#endif
