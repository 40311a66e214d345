/* pieces.c - guesses how many rows fit from the batch's average, and halves if that was too many.
 */
#include "executor/pieces.h"

#define HARD_LIMIT (VONK_WIRE_MAX_MESSAGE - ((size_t)1 << 20))

static vonk_status add_rows(vonk_buffer *out, const vonk_batch *batch, bool compress, uint32_t row,
                            uint32_t n, vonk_error *err)
{
    vonk_arena arena = {.budget = out->budget, .beyond = true};
    vonk_batch part = *batch;
    vonk_status status = VONK_OK;
    if (n != batch->n_rows)
        status = vonk_batch_slice(&arena, batch, row, n, &part, err);
    if (status == VONK_OK)
        status = vonk_wire_put_batch(out, &part, compress ? VONK_WIRE_LZ4 : VONK_WIRE_PLAIN, err);
    vonk_arena_free(&arena);
    return status;
}

vonk_status vonk_piece_add(vonk_buffer *out, const vonk_batch *batch, bool compress, uint32_t *row,
                           vonk_error *err)
{
    size_t before = out->length, bytes = vonk_batch_bytes(batch);
    size_t most = vonk_batch_most_bytes(out->budget);
    uint32_t n = batch->n_rows - *row;
    if (bytes > most && n > 1) {
        size_t fit = most / (bytes / batch->n_rows + 1);
        n = fit < 1 ? 1 : fit < n ? (uint32_t)fit : n;
    }
    for (;;) {
        VONK_TRY(add_rows(out, batch, compress, *row, n, err));
        size_t length = out->length - before;
        if (length <= most * 2 || (n == 1 && out->length <= HARD_LIMIT))
            break;
        if (n == 1)
            return vonk_fail(err, VONK_INVALID, "a row of %zu bytes cannot be sent (limit %zu)",
                             length, HARD_LIMIT);
        out->length = before;
        n /= 2;
    }
    *row += n;
    return VONK_OK;
}
