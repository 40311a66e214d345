/* options.c - Spark's CSV options and their defaults. */
#include "format/csv/options.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PADDING 16 /* readable bytes behind texts that become fields */

typedef struct option_reader {
    const vonk_options *options;
    vonk_arena *arena;
    vonk_error *err;
} option_reader;

/* A copy with readable bytes behind it. */
static vonk_status text_option(const option_reader *r, const char *key, const char *otherwise,
                               vonk_slice *ret)
{
    const char *text = vonk_option_get(r->options, key, otherwise);
    size_t length = strlen(text);
    char *copy = vonk_arena_small(r->arena, length + PADDING, r->err);
    VONK_TRY_ALLOC(copy);
    memcpy(copy, text, length);
    memset(copy + length, 0, PADDING);
    *ret = (vonk_slice){copy, length};
    return VONK_OK;
}

/* A single byte; an empty text and "\0" mean none. */
static vonk_status char_option(const option_reader *r, const char *key, const char *otherwise,
                               int *ret)
{
    const char *text = vonk_option_get(r->options, key, otherwise);
    if (!text || !*text || !strcmp(text, "\\0") || !strcmp(text, "\\u0000")) {
        *ret = VONK_CSV_NO_CHAR;
        return VONK_OK;
    }
    if (!strcmp(text, "\\t"))
        text = "\t";
    if (text[1])
        return vonk_fail_sql(r->err, "OPTION_VALUE_EXCEEDS_ONE_CHARACTER",
                             "option %s must be one character (of one byte), not '%s'", key, text);
    if (*text == '\n' || *text == '\r')
        return vonk_fail_sql(r->err, "INVALID_PARAMETER_VALUE", "option %s must not be a line end",
                             key);
    *ret = (unsigned char)*text;
    return VONK_OK;
}

static vonk_status int_option(const option_reader *r, const char *key, int64_t otherwise,
                              int64_t *ret)
{
    const char *text = vonk_option_get(r->options, key, NULL);
    char *end;
    *ret = otherwise;
    if (!text)
        return VONK_OK;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || value > INT32_MAX || value < INT32_MIN)
        return vonk_fail_sql(r->err, "INVALID_PARAMETER_VALUE",
                             "option %s must be a number, not '%s'", key, text);
    *ret = value;
    return VONK_OK;
}

/* "\t" and its like, as users write separators in SQL. */
static vonk_status separator_option(const option_reader *r, vonk_slice *ret)
{
    const char *text = vonk_option_get(r->options, "sep", NULL);
    if (!text)
        text = vonk_option_get(r->options, "delimiter", ",");
    char *copy = vonk_arena_small(r->arena, strlen(text) + 1, r->err);
    VONK_TRY_ALLOC(copy);
    size_t n = 0;
    for (const char *p = text; *p; p++) {
        char c = *p;
        if (c == '\\' && p[1]) {
            c = *++p;
            if (c == 't')
                c = '\t';
            else if (c == '0' || !strchr("\\\"'", c))
                return vonk_fail_sql(r->err,
                                     "INVALID_DELIMITER_VALUE.UNSUPPORTED_SPECIAL_CHARACTER",
                                     "separator has an unknown escape: '%s'", text);
        } else if (c == '\\') {
            return vonk_fail_sql(r->err, "INVALID_DELIMITER_VALUE.SINGLE_BACKSLASH",
                                 "a single backslash cannot be a separator");
        }
        copy[n++] = c;
    }
    if (!n)
        return vonk_fail_sql(r->err, "INVALID_DELIMITER_VALUE.EMPTY_STRING",
                             "separator cannot be empty");
    if (memchr(copy, '\n', n) || memchr(copy, '\r', n))
        return vonk_fail_sql(r->err, "INVALID_PARAMETER_VALUE",
                             "separator must not hold a line end");
    *ret = (vonk_slice){copy, n};
    return VONK_OK;
}

static vonk_status pattern_option(const option_reader *r, const char *key, const char *otherwise,
                                  vonk_pattern **ret)
{
    const char *text = vonk_option_get(r->options, key, otherwise);
    *ret = NULL;
    return text ? vonk_pattern_compile(text, r->arena, ret, r->err) : VONK_OK;
}

static vonk_status check_encoding(const option_reader *r)
{
    static const char *const utf8[] = {"utf-8", "utf8", "us-ascii", "ascii"};
    static const char *const known[] = {"iso-8859-1", "utf-16", "utf-16be", "utf-16le", "utf-32"};
    const char *name = vonk_option_get(r->options, "encoding", NULL);
    if (!name)
        name = vonk_option_get(r->options, "charset", "utf-8");
    for (size_t i = 0; i < VONK_LENGTH(utf8); i++) {
        if (!strcasecmp(name, utf8[i]))
            return VONK_OK;
    }
    for (size_t i = 0; i < VONK_LENGTH(known); i++) {
        if (!strcasecmp(name, known[i]))
            return vonk_fail(r->err, VONK_UNSUPPORTED, "text in encoding %s cannot be read yet",
                             name);
    }
    return vonk_fail_sql(r->err, "INVALID_PARAMETER_VALUE.CHARSET", "unknown encoding '%s'", name);
}

static vonk_status read_flags(const option_reader *r, bool writing, vonk_csv_options *o)
{
    const vonk_options *options = r->options;
    VONK_TRY(vonk_option_bool(options, "header", false, &o->header, r->err));
    VONK_TRY(vonk_option_bool(options, "multiLine", false, &o->multi_line, r->err));
    VONK_TRY(vonk_option_bool(options, "inferSchema", false, &o->infer_schema, r->err));
    VONK_TRY(vonk_option_bool(options, "preferDate", true, &o->prefer_date, r->err));
    VONK_TRY(vonk_option_bool(options, "quoteAll", false, &o->quote_all, r->err));
    VONK_TRY(vonk_option_bool(options, "escapeQuotes", true, &o->escape_quotes, r->err));
    VONK_TRY(
        vonk_option_bool(options, "ignoreLeadingWhiteSpace", writing, &o->trim_leading, r->err));
    return vonk_option_bool(options, "ignoreTrailingWhiteSpace", writing, &o->trim_trailing,
                            r->err);
}

static vonk_status read_texts(const option_reader *r, bool writing, vonk_csv_options *o)
{
    VONK_TRY(separator_option(r, &o->separator));
    VONK_TRY(char_option(r, "quote", "\"", &o->quote));
    VONK_TRY(char_option(r, "escape", "\\", &o->escape));
    VONK_TRY(char_option(r, "comment", NULL, &o->comment));
    o->quote_escape = o->escape == o->quote ? VONK_CSV_NO_CHAR : o->escape;
    if (vonk_option_get(r->options, "charToEscapeQuoteEscaping", NULL))
        VONK_TRY(char_option(r, "charToEscapeQuoteEscaping", NULL, &o->quote_escape));
    VONK_TRY(text_option(r, "nullValue", "", &o->null_value));
    VONK_TRY(text_option(r, "emptyValue", writing ? "\"\"" : "", &o->empty_value));
    VONK_TRY(text_option(r, "nanValue", "NaN", &o->nan));
    VONK_TRY(text_option(r, "positiveInf", "Inf", &o->positive_infinity));
    return text_option(r, "negativeInf", "-Inf", &o->negative_infinity);
}

static vonk_status check(const option_reader *r, const vonk_csv_options *o)
{
    if (o->quote != VONK_CSV_NO_CHAR && o->separator.data[0] == (char)o->quote)
        return vonk_fail_sql(r->err, "INVALID_PARAMETER_VALUE",
                             "the separator must not begin with the quote '%c'", o->quote);
    if (o->max_columns < 1)
        return vonk_fail_sql(r->err, "INVALID_PARAMETER_VALUE", "maxColumns must be positive");
    if (!(o->sampling_ratio > 0))
        return vonk_fail_sql(r->err, "INVALID_PARAMETER_VALUE",
                             "samplingRatio should be greater than 0");
    return check_encoding(r);
}

vonk_status vonk_csv_options_read(const vonk_options *options, const vonk_eval_settings *settings,
                                  bool writing, vonk_arena *arena, vonk_csv_options *ret,
                                  vonk_error *err)
{
    option_reader r = {options, arena, err};
    vonk_csv_options o = {0};
    int64_t max_columns;
    VONK_TRY(read_flags(&r, writing, &o));
    VONK_TRY(read_texts(&r, writing, &o));
    VONK_TRY(int_option(&r, "maxColumns", 20480, &max_columns));
    VONK_TRY(int_option(&r, "maxCharsPerColumn", -1, &o.max_chars));
    o.max_columns = max_columns < 0 ? 0 : (uint32_t)max_columns;
    o.sampling_ratio = strtod(vonk_option_get(options, "samplingRatio", "1"), NULL);
    o.mode = vonk_parse_mode_of(options);
    o.corrupt_column = vonk_option_get(options, "columnNameOfCorruptRecord", "_corrupt_record");
    VONK_TRY(pattern_option(&r, "dateFormat", writing ? "yyyy-MM-dd" : NULL, &o.date_format));
    VONK_TRY(pattern_option(&r, "timestampFormat",
                            writing ? "yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]" : NULL,
                            &o.timestamp_format));
    VONK_TRY(pattern_option(&r, "timestampNTZFormat",
                            writing ? "yyyy-MM-dd'T'HH:mm:ss[.SSS]" : NULL,
                            &o.timestamp_ntz_format));
    VONK_TRY(check(&r, &o));
    const char *zone = vonk_option_get(options, "timeZone", settings ? settings->time_zone : NULL);
    if (zone)
        VONK_TRY(vonk_time_zone_find(vonk_slice_of(zone), arena, &o.zone, err));
    *ret = o;
    return VONK_OK;
}
