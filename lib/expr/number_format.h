/*
 * number_format.h - formats of to_number and to_char:
 *
 *   [MI|S] [$] [0|9|G|,]... [.|D] [0|9]... [$] [PR|MI|S]
 *
 * Source: Spark's ToNumberParser.
 */
#ifndef VONK_EXPR_NUMBER_FORMAT_H
#define VONK_EXPR_NUMBER_FORMAT_H

#include "base/buffer.h"
#include "column/type.h"

#define VONK_NUMBER_TOKENS 96

typedef enum vonk_number_token_kind {
    VONK_NUMBER_DIGITS, /* n of them */
    VONK_NUMBER_COMMA,
    VONK_NUMBER_POINT,
    VONK_NUMBER_DOLLAR,
    VONK_NUMBER_SIGN,  /* S */
    VONK_NUMBER_MINUS, /* MI */
    VONK_NUMBER_OPEN,  /* PR: < before a negative number */
    VONK_NUMBER_CLOSE, /* and > behind it */
    VONK_NUMBER_OTHER,
} vonk_number_token_kind;

typedef struct vonk_number_token {
    vonk_number_token_kind kind;
    int n;
    bool exact; /* of digits: there must be n, they began with 0 */
    char other;
} vonk_number_token;

typedef struct vonk_number_format {
    char text[304]; /* in capitals, for messages: its first 300 bytes */
    uint32_t n;
    vonk_number_token tokens[VONK_NUMBER_TOKENS];
    int before, after; /* digits on either side of the point */
} vonk_number_format;

/* Errors: INVALID_FORMAT.* */
vonk_status vonk_number_format_read(vonk_slice text, vonk_number_format *ret,
                                    vonk_error *err) VONK_MUST_CHECK;

/* A number written so; false if it is not. *ret is unscaled, `after` digits of it fraction. */
bool vonk_number_parse(const vonk_number_format *format, vonk_slice text, vonk_int128 *ret);

/* Appends a decimal in the format; '#' for digits where it does not fit. */
void vonk_number_print(const vonk_number_format *format, vonk_int128 value, int scale,
                       vonk_buffer *out);

#endif
