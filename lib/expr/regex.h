/*
 * regex.h - patterns of Java's, through PCRE2: what everyday ones use means the same. One is
 * compiled when it differs from the row's before. Of one thread; its owner frees it.
 */
#ifndef VONK_EXPR_REGEX_H
#define VONK_EXPR_REGEX_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/status.h"
#include "column/type.h"

/* A compiled pattern and where its matches go. */
typedef struct vonk_regex {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    vonk_slice text;
    uint32_t n_groups;
    bool by_jit; /* holds nothing while it matches: base/leave.h */
} vonk_regex;

void vonk_regex_free(vonk_regex *r);

/* `text` must live as long as the pattern. INVALID_PARAMETER_VALUE.PATTERN of `function`. */
vonk_status vonk_regex_compile(vonk_regex *r, const char *function, vonk_slice text,
                               vonk_error *err) VONK_MUST_CHECK;

/*
 * 1: found from byte `start` on, 0: not; -1: gave up, `err` is set: VONK_CANCELLED once *stop
 * (NULL: never) is true and the thread is made to leave (base/leave.h).
 */
int vonk_regex_find(vonk_regex *r, vonk_slice s, size_t start, const atomic_bool *stop,
                    vonk_error *err);

/* What a group found, empty if it took no part. */
vonk_slice vonk_regex_group(const vonk_regex *r, vonk_slice s, uint32_t group);

#endif
