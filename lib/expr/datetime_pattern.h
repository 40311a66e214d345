/* datetime_pattern.h - the pieces of a datetime pattern such as "yyyy-MM-dd HH:mm", for its
 * readers. */
#ifndef VONK_EXPR_DATETIME_PATTERN_H
#define VONK_EXPR_DATETIME_PATTERN_H

#include <stdbool.h>

#include "base/buffer.h"

/* One run of a letter, or literal text. */
typedef struct vonk_pattern_token {
    char letter; /* 0: text */
    int count;
    bool quoted;
    vonk_slice text;
} vonk_pattern_token;

static inline bool vonk_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Takes the next token off the pattern; false at its end. '' is a quote. */
bool vonk_pattern_next(vonk_slice *pattern, vonk_pattern_token *ret);

/* Around a part that may be missing; not quoted. */
bool vonk_pattern_is_bracket(const vonk_pattern_token *t, char bracket);

/* English, as java.time has them in its root locale: January.., Monday... */
extern const char *const vonk_month_names[12];
extern const char *const vonk_weekday_names[7];

#endif
