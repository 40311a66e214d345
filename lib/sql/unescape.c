/* unescape.c - the bytes that a string literal stands for. Source: Spark's unescapeSQLString. */
#include "sql/find.h"
#include "sql/token.h"

/* Where the next byte goes. No escape stands for more bytes than it is long. */
typedef struct writer {
    char *to;
} writer;

static void append(writer *out, uint32_t byte)
{
    *out->to++ = (char)byte;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number of `n` hexadecimal digits at `text`, or -1. */
static int64_t hex_number(const char *text, const char *end, int n)
{
    int64_t value = 0;
    if (end - text < n)
        return -1;
    for (int i = 0; i < n; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static void append_utf8(writer *out, uint32_t c)
{
    if (c < 0x80) {
        append(out, c);
    } else if (c < 0x800) {
        append(out, 0xC0 | c >> 6);
        append(out, 0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        append(out, 0xE0 | c >> 12);
        append(out, 0x80 | (c >> 6 & 0x3F));
        append(out, 0x80 | (c & 0x3F));
    } else {
        append(out, 0xF0 | c >> 18);
        append(out, 0x80 | (c >> 12 & 0x3F));
        append(out, 0x80 | (c >> 6 & 0x3F));
        append(out, 0x80 | (c & 0x3F));
    }
}

/* A \u escape, with its second half if it is the first of a surrogate pair. */
static const char *utf16_escape(const char *p, const char *end, uint32_t c, writer *out)
{
    if (c >= 0xD800 && c < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
        int64_t low = hex_number(p + 2, end, 4);
        if (low >= 0xDC00 && low < 0xE000) {
            append_utf8(out, 0x10000 + ((c - 0xD800) << 10) + ((uint32_t)low - 0xDC00));
            return p + 6;
        }
    }
    if (c >= 0xD800 && c < 0xE000)
        append(out, '?'); /* half a pair is no character; Java writes it so */
    else
        append_utf8(out, c);
    return p;
}

static void append_letter(char c, writer *out)
{
    switch (c) {
    case '0':
        append(out, '\0');
        break;
    case 'b':
        append(out, '\b');
        break;
    case 'n':
        append(out, '\n');
        break;
    case 'r':
        append(out, '\r');
        break;
    case 't':
        append(out, '\t');
        break;
    case 'Z':
        append(out, 0x1A);
        break;
    case '%': /* kept for LIKE */
    case '_':
        append(out, '\\');
        append(out, (unsigned char)c);
        break;
    default:
        append(out, (unsigned char)c);
        break;
    }
}

/* The escape whose backslash is before `p`; returns where it ends. */
static const char *escape(const char *p, const char *end, writer *out)
{
    if (*p == 'u' || *p == 'U') {
        int digits = *p == 'u' ? 4 : 8;
        int64_t value = hex_number(p + 1, end, digits);
        if (value >= 0 && value <= 0x10FFFF)
            return utf16_escape(p + 1 + digits, end, (uint32_t)value, out);
    }
    bool octal = end - p >= 3 && (p[0] == '0' || p[0] == '1') && p[1] >= '0' && p[1] <= '7' &&
                 p[2] >= '0' && p[2] <= '7';
    if (octal) {
        append_utf8(out, (uint32_t)((p[0] - '0') * 64 + (p[1] - '0') * 8 + (p[2] - '0')));
        return p + 3;
    }
    append_letter(*p, out);
    return p + 1;
}

vonk_status vonk_token_unescape(vonk_slice token, const vonk_arena *arena, char **to,
                                vonk_error *err)
{
    const char *p = token.data, *end = p + token.length - 1;
    bool raw = *p == 'r' || *p == 'R';
    if (raw)
        p++;
    char quote = *p++;
    writer out = {*to};
    while (p < end) {
        vonk_slice rest = {p, (size_t)(end - p)};
        VONK_TRY(vonk_arena_check(arena, err));
        size_t plain = raw ? rest.length : sql_find(rest, 0, quote, '\\', quote);
        VONK_TRY(vonk_arena_copy(arena, out.to, p, plain, err));
        out.to += plain;
        p += plain;
        if (p == end)
            break;
        if (*p == '\\' && p + 1 < end) {
            p = escape(p + 1, end, &out);
        } else {
            append(&out, (unsigned char)*p);
            p += *p == quote ? 2 : 1; /* doubled */
        }
    }
    *to = out.to;
    return VONK_OK;
}
