/* datetime_pattern.c - what a datetime pattern is made of, and Spark's errors of those that it
 * refuses. */
#include "expr/datetime_pattern.h"

#include <string.h>

#include "expr/datetime_format.h"

const char *const vonk_month_names[12] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
const char *const vonk_weekday_names[7] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                           "Friday", "Saturday", "Sunday"};

bool vonk_pattern_next(vonk_slice *pattern, vonk_pattern_token *ret)
{
    if (!pattern->length)
        return false;
    const char *p = pattern->data, *end = p + pattern->length;
    vonk_pattern_token t = {.count = 1};
    if (vonk_is_letter(*p)) {
        t.letter = *p;
        while (p + t.count < end && p[t.count] == *p && t.count < 32)
            t.count++;
        p += t.count;
    } else if (*p == '\'') {
        const char *close = memchr(p + 1, '\'', (size_t)(end - p) - 1);
        const char *stop = close ? close : end;
        t.quoted = true;
        t.text = (vonk_slice){p + 1, (size_t)(stop - p) - 1};
        if (close && t.text.length == 0)
            t.text = VONK_SLICE("'");
        p = close ? close + 1 : end;
    } else {
        t.text = (vonk_slice){p++, 1};
    }
    pattern->length = (size_t)(end - p);
    pattern->data = p;
    *ret = t;
    return true;
}

bool vonk_pattern_is_bracket(const vonk_pattern_token *t, char bracket)
{
    return !t->letter && t->text.length == 1 && !t->quoted && t->text.data[0] == bracket;
}

/* How often a letter may stand; 0: not at all. */
static int most_of(char letter)
{
    switch (letter) {
    case 'y':
        return 6;
    case 'M':
    case 'L':
    case 'Q':
    case 'q':
    case 'E':
    case 'G':
    case 'z':
        return 4;
    case 'D':
        return 3;
    case 'S':
        return 9;
    case 'a':
    case 'F':
        return 1;
    case 'V':
        return 2;
    default:
        return strchr("dHhKkms", letter) ? 2 : 0;
    }
}

#define MAX_PATTERN ((size_t)1 << 20) /* bytes: it is gone through for each value */

#define GUIDE       "'https://spark.apache.org/docs/latest/sql-ref-datetime-pattern.html'."

/* Letters that Spark refuses itself, those of them that it only refuses to read, and of weeks. */
#define REFUSED      "ABnNp"
#define REFUSED_READ "EFqQ"
#define OF_WEEKS     "YWwuec"

static int shown_length(vonk_slice pattern)
{
    return (int)(pattern.length < 100 ? pattern.length : 100);
}

/* Java's SimpleDateFormat takes the pattern, so that Spark before 3.0 did. */
static bool is_old(vonk_slice pattern)
{
    vonk_pattern_token t;
    while (vonk_pattern_next(&pattern, &t)) {
        if (t.letter && !strchr("GyYMLwWDdFEuaHkKhmsSzZX", t.letter))
            return false;
    }
    return true;
}

static vonk_status fail_letter(vonk_slice pattern, char letter, bool to_read, vonk_error *err)
{
    int n = shown_length(pattern);
    if (is_old(pattern))
        return vonk_fail_sql(
            err, "INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION",
            "You may get a different result due to the upgrading to Spark >= 3.0:\nFail to "
            "recognize '%.*s' pattern in the DateTimeFormatter.\n1) You can set "
            "\"spark.sql.legacy.timeParserPolicy\" to \"LEGACY\" to restore the behavior before "
            "Spark 3.0.\n2) You can form a valid datetime pattern with the guide from " GUIDE,
            n, pattern.data);
    if (strchr(OF_WEEKS, letter))
        return vonk_fail_sql(
            err, "INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_WEEK_BASED_PATTERN",
            "You may get a different result due to the upgrading to Spark >= 3.0:\n"
            "All week-based patterns are unsupported since Spark 3.0, detected "
            "week-based character: %c.\nPlease use the SQL function EXTRACT "
            "instead.",
            letter);
    if (strchr(REFUSED, letter) || (to_read && strchr(REFUSED_READ, letter)))
        return vonk_fail_sql(err, "INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER",
                             "Unrecognized datetime pattern: %.*s. Illegal pattern character found "
                             "in datetime pattern: %c. Please provide legal character.",
                             n, pattern.data, letter);
    return vonk_fail_sql(err, "INVALID_DATETIME_PATTERN.WITH_SUGGESTION",
                         "Unrecognized datetime pattern: '%.*s'. You can form a valid datetime "
                         "pattern with the guide from " GUIDE,
                         n, pattern.data);
}

static vonk_status fail_length(vonk_slice pattern, char letter, vonk_error *err)
{
    char run[6] = {letter, letter, letter, letter, letter, '\0'};
    if (is_old(pattern))
        return fail_letter(pattern, letter, false, err);
    return vonk_fail_sql(err, "INVALID_DATETIME_PATTERN.LENGTH",
                         "Unrecognized datetime pattern: %s. Too many letters in datetime pattern: "
                         "%s. Please reduce pattern length.",
                         run, run);
}

/* Spark looks for one fault after the other, in all of the pattern. */
typedef enum fault { OF_WEEK, REFUSED_LETTER, TOO_LONG, UNKNOWN, N_FAULTS } fault;

static bool has_fault(const vonk_pattern_token *t, fault which, bool to_read)
{
    switch (which) {
    case OF_WEEK:
        return strchr(OF_WEEKS, t->letter);
    case REFUSED_LETTER:
        return strchr(REFUSED, t->letter) || (to_read && strchr(REFUSED_READ, t->letter));
    case TOO_LONG:
        return t->count >= 5 && strchr("GMLEQq", t->letter);
    default:
        return !strchr("OXxZ", t->letter) &&
               (t->count > most_of(t->letter) || (t->letter == 'V' && t->count != 2));
    }
}

/* Letters of Java that are not built here. */
static bool is_missing(const vonk_pattern_token *t, bool to_read)
{
    return strchr("OXxZ", t->letter) || (!to_read && strchr("zV", t->letter));
}

vonk_status vonk_datetime_pattern_check(vonk_slice pattern, bool to_read, vonk_error *err)
{
    vonk_pattern_token t;
    if (pattern.length > MAX_PATTERN)
        return vonk_fail_sql(err, "UNSUPPORTED_FEATURE",
                             "The feature is not supported: a datetime pattern of %zu bytes; there "
                             "may be %zu.",
                             pattern.length, MAX_PATTERN);
    for (int which = 0; which < N_FAULTS; which++) {
        for (vonk_slice rest = pattern; vonk_pattern_next(&rest, &t);) {
            if (!t.letter || !has_fault(&t, (fault)which, to_read))
                continue;
            return which == TOO_LONG ? fail_length(pattern, t.letter, err)
                                     : fail_letter(pattern, t.letter, to_read, err);
        }
    }
    for (vonk_slice rest = pattern; vonk_pattern_next(&rest, &t);) {
        if (t.letter && is_missing(&t, to_read))
            return vonk_fail_sql(err, "UNSUPPORTED_FEATURE",
                                 "The feature is not supported: %c in the datetime pattern %.*s.",
                                 t.letter, shown_length(pattern), pattern.data);
    }
    return VONK_OK;
}
