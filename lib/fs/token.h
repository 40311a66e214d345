/*
 * token.h - a list of texts as one text: what a finished, not yet visible file is known by.
 *
 *      "vonk1 5:local 12:/out/part-00"      each text behind its length in bytes
 */
#ifndef VONK_FS_TOKEN_H
#define VONK_FS_TOKEN_H

#include "base/arena.h"
#include "base/buffer.h"

#define VONK_FS_TOKEN_TEXTS 8 /* most that a store puts into one */

/* Appends a text (the head first, if `out` is empty). */
void vonk_token_put(vonk_buffer *out, const char *text, size_t length);

/*
 * The texts of a token: NUL-terminated copies in `arena`, between 1 and `max` of them.
 * Errors: VONK_CORRUPT.
 */
vonk_status vonk_token_get(const char *token, uint32_t max, vonk_arena *arena,
                           const char *const **ret, uint32_t *ret_n,
                           vonk_error *err) VONK_MUST_CHECK;

#endif
