/* token.c - the scanner. */
#include "format/json/token.h"

#include <math.h>
#include <string.h>

#include "format/text/scan.h"

const char *vonk_json_blank(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* ---- strings ---- */

/* Bits of the bytes among 32 that are `quote`, '\\', a control character or not ASCII. */
static inline uint32_t special_bytes(const char *p, char quote)
{
#ifdef __AVX2__
    __m256i v = _mm256_loadu_si256((const __m256i *)p);
    __m256i hit = _mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8(quote)),
                                  _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\')));
    /* Signed: what is not ASCII is below ' ' too. */
    hit = _mm256_or_si256(hit, _mm256_cmpgt_epi8(_mm256_set1_epi8(' '), v));
    return (uint32_t)_mm256_movemask_epi8(hit);
#else
    uint32_t mask = 0;
    for (int i = 0; i < 32; i++) {
        char c = p[i];
        mask |= (uint32_t)(c == quote || c == '\\' || (signed char)c < ' ') << i;
    }
    return mask;
#endif
}

/* Length of the valid UTF-8 character at `p`, 0 if there is none. */
static unsigned utf8_length(const unsigned char *p, const unsigned char *end)
{
    size_t left = (size_t)(end - p);
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf && left >= 2 && (p[1] & 0xc0) == 0x80)
        return 2;
    if ((p[0] & 0xf0) == 0xe0 && left >= 3 && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80) {
        bool overlong = p[0] == 0xe0 && p[1] < 0xa0, surrogate = p[0] == 0xed && p[1] > 0x9f;
        return overlong || surrogate ? 0 : 3;
    }
    if (p[0] >= 0xf0 && p[0] <= 0xf4 && left >= 4 && (p[1] & 0xc0) == 0x80 &&
        (p[2] & 0xc0) == 0x80 && (p[3] & 0xc0) == 0x80)
        return (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f) ? 0 : 4;
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four hexadecimal digits at `p`, or -1. Stops at the first that is none. */
static int hex4(const char *p)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Behind the escape at `p` (a backslash), NULL if it is none. */
static const char *check_escape(const char *p)
{
    if (p[1] == 'u')
        return hex4(p + 2) < 0 ? NULL : p + 6;
    return p[1] && strchr("\"\\/bfnrt'", p[1]) ? p + 2 : NULL;
}

const char *vonk_json_string(const char *p, const char *end, vonk_json_token *ret)
{
    char quote = *p;
    const char *start = ++p;
    uint8_t kind = VONK_JSON_STRING;
    for (;;) {
        uint32_t mask = special_bytes(p, quote);
        if (!mask) {
            p += 32;
            continue;
        }
        p += __builtin_ctz(mask);
        if (p >= end)
            return NULL;
        if (*p == quote)
            break;
        if (*p == '\\') {
            kind = VONK_JSON_ESCAPED;
            p = check_escape(p);
            if (!p)
                return NULL;
            continue;
        }
        unsigned n = (signed char)*p >= 0
                         ? 0
                         : utf8_length((const unsigned char *)p, (const unsigned char *)end);
        if (!n)
            return NULL;
        p += n;
    }
    *ret = (vonk_json_token){start, (uint32_t)(p - start), kind};
    return p + 1;
}

static char *put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    } else {
        *out++ = (char)(0xf0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    return out;
}

/* Unescapes \uXXXX at `p`, and the low surrogate behind a high one; *p moves behind. */
static char *put_unicode(char *out, const char **p, const char *end)
{
    uint32_t c = (uint32_t)hex4(*p + 2);
    *p += 6;
    if (c >= 0xd800 && c < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
        uint32_t low = (uint32_t)hex4(*p + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            *p += 6;
            return put_utf8(out, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
        }
    }
    return put_utf8(out, c >= 0xd800 && c < 0xe000 ? '?' : c);
}

vonk_status vonk_json_token_text(const vonk_json_token *token, vonk_arena *arena, vonk_slice *ret,
                                 vonk_error *err)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    if (token->kind != VONK_JSON_ESCAPED) {
        *ret = (vonk_slice){token->data, token->length};
        return VONK_OK;
    }
    char *text = vonk_arena_small(arena, (size_t)token->length + 16, err);
    VONK_TRY_ALLOC(text);
    char *out = text;
    for (const char *p = token->data, *end = p + token->length; p < end;) {
        const char *which;
        if (*p != '\\') {
            *out++ = *p++;
        } else if (p[1] == 'u') {
            out = put_unicode(out, &p, end);
        } else {
            which = strchr(from, p[1]);
            *out++ = which ? to[which - from] : p[1];
            p += 2;
        }
    }
    memset(out, 0, 16);
    *ret = (vonk_slice){text, (size_t)(out - text)};
    return VONK_OK;
}

/* ---- other values ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *digits(const char *p, const char *end)
{
    while (p < end && is_digit(*p))
        p++;
    return p;
}

bool vonk_json_special(vonk_slice text, double *ret)
{
    bool negative = text.length && *text.data == '-', sign = negative;
    if (vonk_slice_equal(text, VONK_SLICE("NaN"))) {
        *ret = NAN;
        return true;
    }
    if (text.length && (sign || *text.data == '+')) {
        text.data++;
        text.length--;
    }
    if (!vonk_slice_equal(text, VONK_SLICE("Infinity")) &&
        !vonk_slice_equal(text, VONK_SLICE("INF")))
        return false;
    *ret = negative ? -INFINITY : INFINITY;
    return true;
}

/* A word at `p`: letters with a sign before them. */
static const char *word(const char *p, const char *end, vonk_json_token *ret)
{
    const char *start = p;
    double value;
    p += p < end && (*p == '-' || *p == '+');
    while (p < end && ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z'))
        p++;
    vonk_slice text = {start, (size_t)(p - start)};
    uint8_t kind;
    if (vonk_slice_equal(text, VONK_SLICE("true")))
        kind = VONK_JSON_TRUE;
    else if (vonk_slice_equal(text, VONK_SLICE("false")))
        kind = VONK_JSON_FALSE;
    else if (vonk_slice_equal(text, VONK_SLICE("null")))
        kind = VONK_JSON_NULL;
    else if (vonk_json_special(text, &value))
        kind = VONK_JSON_SPECIAL;
    else
        return NULL;
    *ret = (vonk_json_token){start, (uint32_t)text.length, kind};
    return p;
}

static const char *number(const char *p, const char *end, vonk_json_token *ret)
{
    const char *start = p;
    uint8_t kind = VONK_JSON_INTEGER;
    p += *p == '-';
    if (p >= end || !is_digit(*p))
        return word(start, end, ret);
    const char *whole = p;
    p = digits(p, end);
    if (*whole == '0' && p > whole + 1)
        return NULL;
    if (p < end && *p == '.') {
        const char *fraction = p + 1;
        p = digits(fraction, end);
        kind = VONK_JSON_FRACTION;
        if (p == fraction)
            return NULL;
    }
    if (p < end && (*p | 0x20) == 'e') {
        const char *exponent = p + 1;
        exponent += exponent < end && (*exponent == '-' || *exponent == '+');
        p = digits(exponent, end);
        kind = VONK_JSON_FRACTION;
        if (p == exponent)
            return NULL;
    }
    *ret = (vonk_json_token){start, (uint32_t)(p - start), kind};
    return p;
}

static const char *scalar(const char *p, const char *end, vonk_json_token *ret)
{
    if (p >= end)
        return NULL;
    if (*p == '"' || *p == '\'')
        return vonk_json_string(p, end, ret);
    if (*p == '-' || is_digit(*p))
        return number(p, end, ret);
    return word(p, end, ret);
}

/* Behind "key": at `p`, blanks around it included; NULL if there is none. */
static const char *key(const char *p, const char *end, vonk_json_token *ret)
{
    p = vonk_json_blank(p, end);
    if (p >= end || (*p != '"' && *p != '\''))
        return NULL;
    p = vonk_json_string(p, end, ret);
    if (!p)
        return NULL;
    p = vonk_json_blank(p, end);
    return p < end && *p == ':' ? vonk_json_blank(p + 1, end) : NULL;
}

/* Behind an object or array, which is checked without recursion: closers[] is the stack. */
static const char *nested(const char *p, const char *end)
{
    char closers[VONK_JSON_MAX_DEPTH];
    unsigned depth = 0;
    vonk_json_token ignored;
    bool first = true; /* of the innermost object or array */
    closers[depth++] = *p++ == '{' ? '}' : ']';
    while (depth) {
        char closer = closers[depth - 1];
        p = vonk_json_blank(p, end);
        if (p >= end)
            return NULL;
        if (*p == closer && first) { /* empty */
            p++;
            depth--;
        } else {
            if (closer == '}')
                p = key(p, end, &ignored);
            if (!p || p >= end)
                return NULL;
            if (*p == '{' || *p == '[') {
                if (depth == VONK_JSON_MAX_DEPTH)
                    return NULL;
                closers[depth++] = *p++ == '{' ? '}' : ']';
                first = true;
                continue;
            }
            p = scalar(p, end, &ignored);
            if (!p)
                return NULL;
        }
        /* Behind a value: a comma, or the end of as many levels as close here. */
        for (first = false; depth; depth--, p++) {
            p = vonk_json_blank(p, end);
            if (p >= end)
                return NULL;
            if (*p != closers[depth - 1])
                break;
        }
        if (depth && *p++ != ',')
            return NULL;
    }
    return p;
}

const char *vonk_json_value(const char *p, const char *end, vonk_json_token *ret)
{
    if (p >= end)
        return NULL;
    if (*p != '{' && *p != '[')
        return scalar(p, end, ret);
    const char *behind = nested(p, end);
    if (behind)
        *ret = (vonk_json_token){p, (uint32_t)(behind - p), VONK_JSON_NESTED};
    return behind;
}

/* ---- rows ---- */

vonk_json_step vonk_json_begin(vonk_json_rows *rows, const char *p, const char *end)
{
    p = vonk_json_blank(p, end);
    *rows = (vonk_json_rows){p, end, p < end && *p == '['};
    if (p >= end || (*p != '{' && *p != '['))
        return VONK_JSON_BAD;
    if (!rows->in_array)
        return VONK_JSON_ROW; /* checked as it is read */
    if (!nested(p, end))
        return VONK_JSON_BAD;
    /* All elements must be objects. */
    for (p = vonk_json_blank(p + 1, end); *p != ']';) {
        vonk_json_token token;
        if (*p != '{')
            return VONK_JSON_BAD;
        p = vonk_json_blank(vonk_json_value(p, end, &token), end);
        if (*p == ',')
            p = vonk_json_blank(p + 1, end);
    }
    rows->p++;
    return VONK_JSON_ROW;
}

vonk_json_step vonk_json_next_row(vonk_json_rows *rows, const char **ret_p)
{
    const char *p = rows->p;
    if (!p)
        return VONK_JSON_END;
    p = vonk_json_blank(p, rows->end);
    if (rows->in_array && *p == ',')
        p = vonk_json_blank(p + 1, rows->end);
    if (rows->in_array && *p == ']') {
        rows->p = NULL;
        return VONK_JSON_END;
    }
    if (!rows->in_array)
        rows->p = NULL; /* one row; what follows it is not looked at */
    *ret_p = p + 1;
    return VONK_JSON_ROW;
}

vonk_json_step vonk_json_member(const char **at, const char *end, bool first,
                                vonk_json_token *ret_key, vonk_json_token *ret_value)
{
    const char *p = vonk_json_blank(*at, end);
    if (p < end && *p == '}') {
        *at = p + 1;
        return VONK_JSON_END;
    }
    if (!first) {
        if (p >= end || *p != ',')
            return VONK_JSON_BAD;
        p++;
    }
    p = key(p, end, ret_key);
    if (p)
        p = vonk_json_value(p, end, ret_value);
    if (!p)
        return VONK_JSON_BAD;
    *at = p;
    return VONK_JSON_ROW;
}
