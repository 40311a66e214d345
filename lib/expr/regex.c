/* regex.c - patterns through PCRE2. */
#include "expr/regex.h"

#include <string.h>

#include "base/leave.h"

#define MAX_PATTERN ((size_t)1 << 20) /* bytes; what PCRE2 compiles has 64 KiB at most */
#define LEFT        (-10000)          /* none of PCRE2's errors */

void vonk_regex_free(vonk_regex *r)
{
    pcre2_match_data_free(r->match);
    pcre2_match_context_free(r->limits);
    pcre2_code_free(r->code);
    *r = (vonk_regex){0};
}

vonk_status vonk_regex_compile(vonk_regex *r, const char *function, vonk_slice text,
                               vonk_error *err)
{
    int code;
    PCRE2_SIZE at;
    if (r->code && vonk_slice_equal(r->text, text))
        return VONK_OK;
    vonk_regex_free(r);
    if (text.length <= MAX_PATTERN)
        r->code = pcre2_compile((PCRE2_SPTR)text.data, text.length,
                                PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &code, &at, NULL);
    if (!r->code)
        return vonk_fail_sql(err, "INVALID_PARAMETER_VALUE.PATTERN",
                             "The value of parameter(s) `regexp` in `%s` is invalid: '%.*s'.",
                             !strcmp(function, "regexp_count") ? "regexp_extract_all" : function,
                             (int)(text.length < 200 ? text.length : 200), text.data);
    r->by_jit = !pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE); /* slower without, not wrong */
    r->match = pcre2_match_data_create_from_pattern(r->code, NULL);
    r->limits = pcre2_match_context_create(NULL);
    if (!r->match || !r->limits)
        return vonk_fail(err, VONK_NO_MEMORY, "no memory for a regular expression");
    pcre2_set_match_limit(r->limits, 10000000);
    r->text = text;
    pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &r->n_groups);
    return VONK_OK;
}

static int match(vonk_regex *r, vonk_slice s, size_t start, const atomic_bool *stop)
{
    sigjmp_buf here;
    if (stop && r->by_jit) {
        if (sigsetjmp(here, 0))
            return LEFT;
        vonk_leave_to(&here);
    }
    int n = LEFT;
    if (!stop || !atomic_load(stop))
        n = pcre2_match(r->code, (PCRE2_SPTR)(s.data ? s.data : ""), s.length, start, 0, r->match,
                        r->limits);
    vonk_leave_to(NULL);
    return n;
}

int vonk_regex_find(vonk_regex *r, vonk_slice s, size_t start, const atomic_bool *stop,
                    vonk_error *err)
{
    int n = match(r, s, start, stop);
    if (n == LEFT) {
        (void)!vonk_fail(err, VONK_CANCELLED, "the task was cancelled");
        return -1;
    }
    if (n > 0)
        return 1;
    if (n == PCRE2_ERROR_NOMATCH)
        return 0;
    (void)!vonk_fail(err, VONK_INVALID, "a regular expression took too long (PCRE2 error %d)", n);
    return -1;
}

vonk_slice vonk_regex_group(const vonk_regex *r, vonk_slice s, uint32_t group)
{
    const PCRE2_SIZE *spans = pcre2_get_ovector_pointer(r->match);
    if (spans[2 * group] == PCRE2_UNSET)
        return (vonk_slice){s.data, 0};
    return (vonk_slice){s.data + spans[2 * group], spans[2 * group + 1] - spans[2 * group]};
}
