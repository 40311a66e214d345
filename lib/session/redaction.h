/* redaction.h - spark.redaction.regex: what is not shown of settings. */
#ifndef VONK_SESSION_REDACTION_H
#define VONK_SESSION_REDACTION_H

#include <stdbool.h>

/* Java's regular expressions, as far as PCRE2 means the same. */
bool vonk_redaction_is_regex(const char *regex);

/* The pattern is in either text. A pattern that does not compile, or takes too long, is. */
bool vonk_redaction_finds(const char *regex, const char *key, const char *value);

#endif
