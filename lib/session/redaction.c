/* redaction.c - see redaction.h. */
#include "session/redaction.h"

#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

static pcre2_code *compile(const char *regex)
{
    int code = 0;
    PCRE2_SIZE at = 0;
    return pcre2_compile((PCRE2_SPTR)regex, strlen(regex), PCRE2_UTF | PCRE2_MATCH_INVALID_UTF,
                         &code, &at, NULL);
}

bool vonk_redaction_is_regex(const char *regex)
{
    pcre2_code *code = compile(regex);
    pcre2_code_free(code);
    return code != NULL;
}

static bool may_be_in(const pcre2_code *code, pcre2_match_data *match, const char *text)
{
    return pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0, 0, match, NULL) !=
           PCRE2_ERROR_NOMATCH;
}

bool vonk_redaction_finds(const char *regex, const char *key, const char *value)
{
    pcre2_code *code = compile(regex);
    pcre2_match_data *match = code ? pcre2_match_data_create(1, NULL) : NULL;
    bool found = !match || may_be_in(code, match, key) || may_be_in(code, match, value);
    pcre2_match_data_free(match);
    pcre2_code_free(code);
    return found;
}
