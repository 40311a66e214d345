/*
 * token.h - values of a JSON text, found and checked but not yet converted.
 *
 * As Jackson reads under Spark's settings: strings in "" or '', NaN and infinities as numbers, no
 * comments, no leading zeros, no raw control characters in strings, valid UTF-8. The byte at `end`
 * must be readable and a control character ('\n'), with 64 readable bytes behind it.
 */
#ifndef VONK_FORMAT_JSON_TOKEN_H
#define VONK_FORMAT_JSON_TOKEN_H

#include "base/arena.h"
#include "base/buffer.h"

#define VONK_JSON_MAX_DEPTH 1000 /* as Jackson */

typedef enum vonk_json_kind {
    VONK_JSON_MISSING, /* no such key */
    VONK_JSON_NULL,
    VONK_JSON_STRING,  /* what is between the quotes; needs no unescaping */
    VONK_JSON_ESCAPED, /* the same, with escapes */
    VONK_JSON_INTEGER,
    VONK_JSON_FRACTION, /* a number with a point or an exponent */
    VONK_JSON_SPECIAL,  /* NaN, Infinity, INF with or without a sign */
    VONK_JSON_TRUE,
    VONK_JSON_FALSE,
    VONK_JSON_NESTED, /* an object or array, as it stands */
} vonk_json_kind;

typedef struct vonk_json_token {
    const char *data;
    uint32_t length;
    uint8_t kind;
} vonk_json_token;

/* Behind the white space at `p`. */
const char *vonk_json_blank(const char *p, const char *end);

/* The value at `p`, nested ones included; behind it, or NULL if it is none. */
const char *vonk_json_value(const char *p, const char *end, vonk_json_token *ret);

/* The string at `p` (a quote); behind it, or NULL. */
const char *vonk_json_string(const char *p, const char *end, vonk_json_token *ret);

/*
 * The text of a STRING or ESCAPED token: a view, or unescaped into `arena` with 16 readable bytes
 * behind it. A half of a surrogate pair becomes '?', as in Java.
 */
vonk_status vonk_json_token_text(const vonk_json_token *token, vonk_arena *arena, vonk_slice *ret,
                                 vonk_error *err) VONK_MUST_CHECK;

/* The double of a SPECIAL token, or of a string that Spark takes for one; false if it is none. */
bool vonk_json_special(vonk_slice text, double *ret);

/* ---- rows: objects of a document, which is an object or an array of them ---- */

typedef struct vonk_json_rows {
    const char *p, *end;
    bool in_array;
} vonk_json_rows;

typedef enum vonk_json_step { VONK_JSON_ROW, VONK_JSON_END, VONK_JSON_BAD } vonk_json_step;

/* Begins with the document at `p`, checked as a whole. END: an empty array. BAD: not valid. */
vonk_json_step vonk_json_begin(vonk_json_rows *rows, const char *p, const char *end);
/* The next object: *ret_p is behind its '{'. After BEGIN said ROW. */
vonk_json_step vonk_json_next_row(vonk_json_rows *rows, const char **ret_p);
/* Tells where the object that vonk_json_next_row() gave ended (behind '}'). */
static inline void vonk_json_row_ended(vonk_json_rows *rows, const char *p)
{
    if (rows->in_array)
        rows->p = p;
}

/*
 * The next member of the object; *p moves from behind '{' or a member to behind the member, or
 * behind the '}' (END).
 */
vonk_json_step vonk_json_member(const char **p, const char *end, bool first,
                                vonk_json_token *ret_key, vonk_json_token *ret_value);

#endif
