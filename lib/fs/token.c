/* token.c - texts behind their lengths. */
#include "fs/token.h"

#include <stdlib.h>
#include <string.h>

#define HEAD "vonk1"

void vonk_token_put(vonk_buffer *out, const char *text, size_t length)
{
    if (!out->length)
        vonk_buffer_text(out, HEAD);
    vonk_buffer_printf(out, " %zu:", length);
    vonk_buffer_append(out, text, length);
}

/* One " LENGTH:TEXT" at *at, which moves behind it; NULL if it is none. */
static const char *next_text(const char **at, size_t *ret_length)
{
    const char *p = *at;
    char *colon = NULL;
    if (*p != ' ' || p[1] < '0' || p[1] > '9')
        return NULL;
    size_t length = strtoul(p + 1, &colon, 10);
    if (*colon != ':' || colon - p > 12 || strnlen(colon + 1, length) < length)
        return NULL;
    *ret_length = length;
    *at = colon + 1 + length;
    return colon + 1;
}

vonk_status vonk_token_get(const char *token, uint32_t max, vonk_arena *arena,
                           const char *const **ret, uint32_t *ret_n, vonk_error *err)
{
    uint32_t n = 0;
    const char **texts = VONK_NEW_ARRAY(arena, const char *, max, err);
    VONK_TRY_ALLOC(texts);
    const char *at = token + strlen(HEAD);
    bool good = !strncmp(token, HEAD, strlen(HEAD));
    while (good && *at) {
        size_t length = 0;
        const char *text = n < max ? next_text(&at, &length) : NULL;
        good = text != NULL;
        if (good) {
            texts[n] = vonk_arena_strndup(arena, text, length, err);
            VONK_TRY_ALLOC(texts[n++]);
        }
    }
    if (!good || !n)
        return vonk_fail(err, VONK_CORRUPT, "not the token of a written file: %.60s", token);
    *ret = texts;
    *ret_n = n;
    return VONK_OK;
}
