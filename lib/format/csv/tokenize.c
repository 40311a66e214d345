/* tokenize.c - the loop over fields, specialised for lines and for multi-line records. */
#include "format/csv/tokenize.h"

#include <string.h>

/* Where the text of a record ends. */
typedef struct extent {
    const char *end; /* multi-line: end of the window; by line: unused */
    bool at_end;     /* nothing follows `end` */
} extent;

void vonk_csv_start(vonk_csv_tokenizer *t, const char *p)
{
    t->scan.separator = t->options->separator.data[0];
    vonk_scan_load(&t->scan, p);
}

static inline bool is_separator(const vonk_csv_options *o, const char *p)
{
    return *p == o->separator.data[0] &&
           (o->separator.length == 1 || !memcmp(p, o->separator.data, o->separator.length));
}

/* Length of the line end at `p`, 0 if there is none. By line, any '\n' or '\r' is one. */
VONK_SPECIALISE unsigned line_end_at(const vonk_csv_tokenizer *t, const char *p, extent in,
                                     bool multi)
{
    if (!multi)
        return *p == '\n' || *p == '\r';
    if (p >= in.end)
        return 1;
    if (t->line_end == VONK_CSV_CRLF)
        return *p == '\r' && p + 1 < in.end && p[1] == '\n' ? 2 : 0;
    return *p == (t->line_end == VONK_CSV_CR ? '\r' : '\n');
}

/* ---- fields whose quotes must be undone ---- */

typedef struct text {
    char *data; /* large enough for the whole field */
    size_t length;
} text;

static void put(text *out, char c)
{
    out->data[out->length++] = c;
}

/* The rest of a field that is not properly quoted: as it stands, with the opening quote. */
VONK_SPECIALISE const char *take_raw(const vonk_csv_tokenizer *t, const char *p, extent in,
                                     text *out, bool multi)
{
    const vonk_csv_options *o = t->options;
    memmove(out->data + 1, out->data, out->length);
    out->data[0] = (char)o->quote;
    out->length++;
    while (!line_end_at(t, p, in, multi) && !is_separator(o, p))
        put(out, *p++);
    while (o->trim_trailing && out->length && (unsigned char)out->data[out->length - 1] <= ' ')
        out->length--;
    return p;
}

/* Behind the blanks at `p`, which do not belong to a separator. */
VONK_SPECIALISE const char *skip_blanks(const vonk_csv_tokenizer *t, const char *p, extent in,
                                        bool multi)
{
    while ((unsigned char)*p <= ' ' && !line_end_at(t, p, in, multi) &&
           !is_separator(t->options, p))
        p++;
    return p;
}

/*
 * Undoes the quoting of the field whose text starts at `p`, behind the quote. The states are
 * Univocity's: `prev` is the last character if it still means something.
 */
VONK_SPECIALISE const char *unquote(const vonk_csv_tokenizer *t, const char *p, extent in,
                                    text *out, bool multi)
{
    const vonk_csv_options *o = t->options;
    const int quote = o->quote, escape = o->escape;
    int prev = VONK_CSV_NO_CHAR;
    for (;; p++) {
        bool ends = multi ? p >= in.end : line_end_at(t, p, in, false) != 0;
        int c = (unsigned char)*p;
        if (multi && prev != quote && t->line_end == VONK_CSV_CRLF && c == '\r' && p[1] == '\n')
            continue; /* line ends inside quotes are '\n' */
        if (prev == quote) {
            const char *rest = skip_blanks(t, p, in, multi);
            if (line_end_at(t, rest, in, multi) || is_separator(o, rest))
                return rest;
            if (c != quote) {
                put(out, (char)quote);
                return take_raw(t, p, in, out, multi);
            }
        } else if (ends) {
            if (!out->length)
                put(out, (char)quote);
            return p;
        }
        if (c != quote && c != escape) {
            if (prev == escape && escape != VONK_CSV_NO_CHAR)
                put(out, (char)escape);
            put(out, (char)c);
            prev = c;
        } else if (c == escape && prev != VONK_CSV_NO_CHAR && prev == o->quote_escape) {
            put(out, (char)c);
            prev = VONK_CSV_NO_CHAR;
        } else if (prev == escape && escape != VONK_CSV_NO_CHAR) {
            put(out, (char)c);
            prev = c == quote ? VONK_CSV_NO_CHAR : c;
        } else {
            if (prev == quote)
                put(out, (char)quote);
            prev = c;
        }
    }
}

/* The most bytes that the field at `p` can have. */
VONK_SPECIALISE size_t most_bytes(const char *p, extent in, bool multi)
{
    if (multi)
        return (size_t)(in.end - p);
    const char *line = p;
    while (*line != '\n' && *line != '\r')
        line++;
    return (size_t)(line - p);
}

VONK_SPECIALISE vonk_csv_result slow_quoted(vonk_csv_tokenizer *t, const char **at, extent in,
                                            vonk_csv_field *ret, bool multi)
{
    const char *p = *at + 1;
    size_t most = most_bytes(p, in, multi);
    /* Quotes that the raw form adds, and readable bytes behind. */
    text out = {.data = vonk_buffer_reserve(&t->scratch, most + 4)};
    if (!out.data)
        return VONK_CSV_NO_MEMORY;
    p = unquote(t, p, in, &out, multi);
    char *kept = vonk_arena_small(t->arena, out.length + 16, NULL);
    if (!kept)
        return VONK_CSV_NO_MEMORY;
    memcpy(kept, out.data, out.length);
    memset(kept + out.length, 0, 16);
    *ret = (vonk_csv_field){kept, (uint32_t)out.length};
    *at = p;
    return VONK_CSV_ROW;
}

/* The first quote, escape or line end at or behind `p`. */
static inline const char *find_in_quotes(const vonk_csv_options *o, const char *p)
{
    char quote = (char)o->quote, escape = (char)(o->escape < 0 ? o->quote : o->escape);
    for (unsigned i = 0; i < 16; i++, p++) {
        if (*p == quote || *p == escape || *p == '\n' || *p == '\r')
            return p;
    }
    for (;; p += 64) {
        uint64_t mask = vonk_scan_equal(p, quote) | vonk_scan_equal(p, escape) |
                        vonk_scan_equal(p, '\n') | vonk_scan_equal(p, '\r');
        if (mask)
            return p + __builtin_ctzll(mask);
    }
}

/* *at is at the opening quote, afterwards at what ends the field. */
VONK_SPECIALISE vonk_csv_result quoted(vonk_csv_tokenizer *t, const char **at, extent in,
                                       vonk_csv_field *ret, bool multi)
{
    const vonk_csv_options *o = t->options;
    const char *start = *at + 1, *q = find_in_quotes(o, start);
    bool plain_ends = true;
    while (multi && q < in.end && (*q == '\n' || *q == '\r')) {
        plain_ends &= *q == '\n' || t->line_end != VONK_CSV_CRLF;
        q = find_in_quotes(o, q + 1);
    }
    bool inside = !multi || (q < in.end && plain_ends);
    if (inside && (unsigned char)*q == o->quote &&
        (is_separator(o, q + 1) || line_end_at(t, q + 1, in, multi))) {
        *ret = (vonk_csv_field){start, (uint32_t)(q - start)};
        *at = q + 1;
    } else {
        vonk_csv_result result = slow_quoted(t, at, in, ret, multi);
        if (result != VONK_CSV_ROW)
            return result;
    }
    if (!ret->length)
        *ret = (vonk_csv_field){o->empty_value.data, (uint32_t)o->empty_value.length};
    return VONK_CSV_ROW;
}

/* ---- records ---- */

/* The next separator or line end at or behind `p`. */
VONK_SPECIALISE const char *find_end(vonk_csv_tokenizer *t, extent in, bool multi)
{
    for (;;) {
        const char *stop = vonk_scan_end(&t->scan);
        if (!multi && t->options->separator.length == 1)
            return stop;
        if (line_end_at(t, stop, in, multi))
            return stop;
        if (is_separator(t->options, stop)) {
            vonk_scan_seek(&t->scan, stop + t->options->separator.length);
            return stop;
        }
    }
}

VONK_SPECIALISE vonk_csv_field plain(const vonk_csv_options *o, const char *p, const char *stop)
{
    while (o->trim_trailing && stop > p && (unsigned char)stop[-1] <= ' ')
        stop--;
    return (vonk_csv_field){stop > p ? p : NULL, (uint32_t)(stop - p)};
}

/* One field; *at moves from its start to what ends it, which the scan has taken. */
VONK_SPECIALISE vonk_csv_result field_at(vonk_csv_tokenizer *t, const char **at, extent in,
                                         vonk_csv_field *ret, bool multi)
{
    const vonk_csv_options *o = t->options;
    if (o->trim_leading)
        *at = skip_blanks(t, *at, in, multi);
    if ((unsigned char)**at == o->quote && (!multi || *at < in.end)) {
        vonk_csv_result result = quoted(t, at, in, ret, multi);
        if (result != VONK_CSV_ROW)
            return result;
        vonk_scan_seek(&t->scan, *at);
        (void)find_end(t, in, multi);
    } else {
        if (o->trim_leading)
            vonk_scan_seek(&t->scan, *at);
        const char *stop = find_end(t, in, multi);
        *ret = plain(o, *at, stop);
        *at = stop;
    }
    bool too_long = o->max_chars >= 0 && (int64_t)ret->length > o->max_chars;
    return too_long ? VONK_CSV_TOO_LONG : VONK_CSV_ROW;
}

VONK_SPECIALISE vonk_csv_result record(vonk_csv_tokenizer *t, const char **at, extent in,
                                       uint32_t row, bool multi)
{
    const char *p = *at;
    uint32_t token = 0;
    unsigned line_end;
    for (;; token++) {
        if (!multi && token == t->n_slots && !t->count_tokens) {
            p = vonk_scan_line(&t->scan, p);
            line_end = 1;
            break;
        }
        if (token >= t->options->max_columns)
            return VONK_CSV_TOO_MANY;
        vonk_csv_field field;
        vonk_csv_result result = field_at(t, &p, in, &field, multi);
        if (result != VONK_CSV_ROW)
            return result;
        if (multi && !in.at_end && p + 1 >= in.end)
            return VONK_CSV_INCOMPLETE;
        int32_t slot = token < t->n_slots ? t->slots[token] : -1;
        if (slot >= 0)
            t->fields[(size_t)slot * t->stride + row] = field;
        line_end = line_end_at(t, p, in, multi);
        if (line_end) {
            token++;
            break;
        }
        p += t->options->separator.length;
    }
    t->n_tokens = token;
    for (; token < t->n_slots; token++) {
        if (t->slots[token] >= 0)
            t->fields[(size_t)t->slots[token] * t->stride + row] = (vonk_csv_field){0};
    }
    *at = p + line_end;
    if (multi && line_end == 2)
        vonk_scan_seek(&t->scan, *at);
    return VONK_CSV_ROW;
}

vonk_csv_result vonk_csv_line(vonk_csv_tokenizer *t, const char **p, uint32_t row)
{
    return record(t, p, (extent){0}, row, false);
}

vonk_csv_result vonk_csv_record(vonk_csv_tokenizer *t, const char **p, const char *end, bool at_end,
                                uint32_t row)
{
    return record(t, p, (extent){end, at_end}, row, true);
}

bool vonk_csv_skips_line(const vonk_csv_options *o, const char *p, const char *limit,
                         const char **ret_next)
{
    const char *q = p;
    if ((unsigned char)*p != o->comment) {
        while (q < limit && (unsigned char)*q <= ' ' && *q != '\n' && *q != '\r')
            q++;
        if (q < limit && *q != '\n' && *q != '\r')
            return false;
    }
    while (q < limit && *q != '\n' && *q != '\r')
        q++;
    *ret_next = q < limit ? q + 1 : limit;
    return true;
}
