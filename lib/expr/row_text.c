/* row_text.c - functions that write the text of one row at a time. */
#include "expr/row_text.h"

vonk_status vonk_eval_text_rows(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                const vonk_eval *ctx, vonk_row_fn *fn, vonk_column *ret,
                                vonk_error *err)
{
    vonk_column out;
    vonk_buffer text = {.budget = ctx->arena->budget, .stop = ctx->settings->cancelled};
    bool strict = call->function->null_in_null_out;
    VONK_TRY(vonk_result_new(ctx, call->type, args, strict ? call->n_args : 0, n_rows, &out, err));
    vonk_status status = VONK_OK;
    for (uint32_t i = 0; i < n_rows && status == VONK_OK; i++) {
        vonk_row_call r = {.call = call, .args = args, .ctx = ctx, .row = i, .out = &text};
        text.length = 0;
        if (vonk_result_is_valid(&out, i))
            status = fn(&r, err);
        else
            r.is_null = true;
        if (status == VONK_OK)
            status = vonk_buffer_check(&text, err);
        if (status == VONK_OK)
            status = r.is_null ? vonk_result_null(ctx, &out, i, err)
                               : vonk_result_string(ctx, &out, i,
                                                    (vonk_slice){text.data, text.length}, err);
    }
    vonk_buffer_free(&text);
    if (status == VONK_OK)
        *ret = out;
    return status;
}
