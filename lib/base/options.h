/* options.h - OPTIONS (key 'value', ...): lists of texts whose keys compare without case. */
#ifndef VONK_BASE_OPTIONS_H
#define VONK_BASE_OPTIONS_H

#include <stdbool.h>

#include "base/status.h"

typedef struct vonk_option {
    const char *key, *value;
} vonk_option;

typedef struct vonk_options {
    uint32_t n;
    const vonk_option *items;
} vonk_options;

/* The value of `key` (the last one given), or `otherwise`. */
const char *vonk_option_get(const vonk_options *options, const char *key, const char *otherwise);

/* Spark's reading of a boolean: true or false in any case. Errors: VONK_USER. */
vonk_status vonk_option_bool(const vonk_options *options, const char *key, bool otherwise,
                             bool *ret, vonk_error *err) VONK_MUST_CHECK;

#endif
