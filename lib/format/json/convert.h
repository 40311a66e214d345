/* convert.h - a column of JSON tokens to a column of values. */
#ifndef VONK_FORMAT_JSON_CONVERT_H
#define VONK_FORMAT_JSON_CONVERT_H

#include "format/json/options.h"
#include "format/json/token.h"
#include "format/text/builder.h"

/*
 * Fills builder->valid and values from the first `n` of `tokens`. A token that is no value of the
 * type is null, and sets bad[row] to 1. Strings are views into the text or live in `arena`.
 */
vonk_status vonk_json_convert(const vonk_json_options *options, const vonk_json_token *tokens,
                              uint32_t n, vonk_arena *arena, vonk_builder *builder, uint8_t *bad,
                              vonk_error *err) VONK_MUST_CHECK;

#endif
