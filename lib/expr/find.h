/* find.h - memmem() in a text that may be a gigabyte. */
#ifndef VONK_EXPR_FIND_H
#define VONK_EXPR_FIND_H

#include <string.h>

#include "expr/function.h"

#define VONK_FIND_PIECE ((size_t)8 << 20)

/* The first `what` in `s`, or NULL; also once the task is cancelled, which vonk_expr_eval() says.
 */
static inline const char *vonk_find(const vonk_eval *ctx, vonk_slice s, vonk_slice what)
{
    while (s.length > VONK_FIND_PIECE && what.length < VONK_FIND_PIECE) {
        if (vonk_eval_stops(ctx->settings))
            return NULL;
        const char *at = memmem(s.data, VONK_FIND_PIECE, what.data, what.length);
        if (at)
            return at;
        size_t done = VONK_FIND_PIECE - what.length + 1; /* one may begin in this piece's end */
        s.data += done;
        s.length -= done;
    }
    return s.length ? memmem(s.data, s.length, what.data, what.length) : NULL;
}

#endif
