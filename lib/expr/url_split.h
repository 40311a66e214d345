/*
 * url_split.h - a URL's parts as they are written. Source: RFC 2396 as java.net.URI reads it, which
 * is Spark's parse_url.
 */
#ifndef VONK_EXPR_URL_SPLIT_H
#define VONK_EXPR_URL_SPLIT_H

#include "expr/function.h"

/* Parts of the text that was split; `data` is NULL where one is not there (an empty one is). */
typedef struct vonk_url {
    vonk_slice scheme, authority, user, host, path, query, fragment;
} vonk_url;

/* False: `text` is no URL, or it is long and the task was cancelled. */
bool vonk_url_split(vonk_slice text, const vonk_eval_settings *settings, vonk_url *ret);

#endif
