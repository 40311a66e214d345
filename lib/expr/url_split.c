/* url_split.c - a scanner over RFC 2396. */
#include "expr/url_split.h"

#include <arpa/inet.h>
#include <string.h>

/* What may stand in a part besides letters and digits. */
#define MARKS    "-_.!~*'()"
#define USER     MARKS ";:&=+$,"
#define REGISTRY MARKS "$,;:@&=+"
#define SERVER   USER "@[]%"
#define PATH     MARKS ":@&=+$,;/"
#define ANY      MARKS ";/?:@&=+$,[]"

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A text, and whose cancelling ends the search in a long one early: it is no URL then. */
typedef struct source {
    const char *data;
    size_t length;
    const vonk_eval_settings *settings;
} source;

static bool stops(source s, size_t at)
{
    return at % VONK_EVAL_PIECE == VONK_EVAL_PIECE - 1 && vonk_eval_stops(s.settings);
}

/* Beyond ASCII all but spaces and control characters. */
static bool is_other(uint32_t c)
{
    bool space = c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
                 c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
    return c > 0x9F && !space;
}

/* The code point at `at`, and its length. */
static uint32_t code_point(source s, size_t at, size_t *ret_length)
{
    unsigned char c = (unsigned char)s.data[at];
    size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    uint32_t value = n == 1 ? c : c & (0xFFU >> (n + 1));
    if (at + n > s.length)
        n = 1;
    for (size_t i = 1; i < n; i++)
        value = value << 6 | ((unsigned char)s.data[at + i] & 0x3F);
    *ret_length = n;
    return value;
}

/* Where the first character stands that a part of `more`, %41 and other letters lacks, or `end`. */
static size_t skip(source s, size_t at, size_t end, const char *more)
{
    while (at < end && !stops(s, at)) {
        char c = s.data[at];
        size_t length = 1;
        if (is_alpha(c) || is_digit(c) || (c && strchr(more, c))) {
            at++;
        } else if (c == '%') {
            if (end - at < 3 || !is_hex(s.data[at + 1]) || !is_hex(s.data[at + 2]))
                return at;
            at += 3;
        } else if (is_other(code_point(s, at, &length))) {
            at += length;
        } else {
            return at;
        }
    }
    return at;
}

/* Where the first of `wanted` stands, or `end`. */
static size_t find(source s, size_t at, size_t end, const char *wanted)
{
    while (at < end && !(s.data[at] && strchr(wanted, s.data[at])) && !stops(s, at))
        at++;
    return at;
}

static bool is_at(source s, size_t at, size_t end, char c)
{
    return at < end && s.data[at] == c;
}

static vonk_slice between(source s, size_t start, size_t end)
{
    return (vonk_slice){s.data + start, end - start};
}

/* Four numbers up to 255; 0: there are none. */
static size_t skip_ipv4(source s, size_t at, size_t end)
{
    for (int i = 0; i < 4; i++) {
        int value = 0;
        size_t start = at;
        if (i && !is_at(s, at++, end, '.'))
            return 0;
        start = at;
        for (; at < end && is_digit(s.data[at]); at++) {
            value = value * 10 + (s.data[at] - '0');
            if (value > 255)
                return 0;
        }
        if (at == start)
            return 0;
    }
    return at == end || s.data[at] == ':' ? at : 0;
}

/* Labels with dots between, of which the last begins with a letter unless it is alone; 0: none. */
static size_t skip_name(source s, size_t start, size_t end)
{
    size_t at = start, last = end;
    while (at < end && (is_alpha(s.data[at]) || is_digit(s.data[at]))) {
        last = at;
        while (at < end && !stops(s, at) &&
               (is_alpha(s.data[at]) || is_digit(s.data[at]) || s.data[at] == '-'))
            at++;
        if (s.data[at - 1] == '-')
            return 0;
        if (!is_at(s, at, end, '.'))
            break;
        at++;
    }
    bool bad_last = last > start && last < end && !is_alpha(s.data[last]);
    return last == end || bad_last || (at < end && s.data[at] != ':') ? 0 : at;
}

/* [::1]: behind it; 0: it is none. */
static size_t skip_ipv6(source s, size_t at, size_t end)
{
    char text[INET6_ADDRSTRLEN + 1] = {0};
    unsigned char address[16];
    size_t close = find(s, at, end, "]"), stop = find(s, at, close, "%");
    if (close == end || stop == at + 1 || stop - at - 1 >= sizeof(text))
        return 0;
    memcpy(text, s.data + at + 1, stop - at - 1);
    return inet_pton(AF_INET6, text, address) == 1 ? close + 1 : 0;
}

/* [user@]host[:port] */
static bool split_server(source s, size_t at, size_t end, vonk_url *url)
{
    size_t sign = find(s, at, end, "@"), host;
    if (sign < end) {
        if (skip(s, at, sign, USER) < sign)
            return false;
        url->user = between(s, at, sign);
        at = sign + 1;
    }
    if (is_at(s, at, end, '['))
        host = skip_ipv6(s, at, end);
    else if (!(host = skip_ipv4(s, at, end)))
        host = skip_name(s, at, end);
    if (!host)
        return false;
    url->host = between(s, at, host);
    if (host == end)
        return true;
    if (s.data[host] != ':')
        return false;
    for (at = host + 1; at < end && is_digit(s.data[at]) && at - host <= 9;)
        at++;
    return at == end;
}

/* A server's, or just letters of a registry's. */
static bool split_authority(source s, size_t start, size_t end, vonk_url *url)
{
    url->authority = between(s, start, end);
    if (skip(s, start, end, SERVER) == end && split_server(s, start, end, url))
        return true;
    url->user = url->host = (vonk_slice){0};
    return skip(s, start, end, REGISTRY) == end;
}

/* [//authority][path][?query], up to the fragment at *at. */
static bool split_hierarchy(source s, size_t *at, vonk_url *url)
{
    size_t end = s.length, stop;
    if (is_at(s, *at, end, '/') && is_at(s, *at + 1, end, '/')) {
        *at += 2;
        stop = find(s, *at, end, "/?#");
        if (*at == end || (stop > *at && !split_authority(s, *at, stop, url)))
            return false;
        *at = stop;
    }
    stop = find(s, *at, end, "?#");
    if (skip(s, *at, stop, PATH) < stop)
        return false;
    url->path = between(s, *at, stop);
    *at = stop;
    if (!is_at(s, *at, end, '?'))
        return true;
    stop = find(s, ++*at, end, "#");
    if (skip(s, *at, stop, ANY) < stop)
        return false;
    url->query = between(s, *at, stop);
    *at = stop;
    return true;
}

static bool split_scheme(source s, size_t end, vonk_url *url)
{
    for (size_t i = 0; i < end; i++) {
        char c = s.data[i];
        if (!is_alpha(c) && (!i || !(is_digit(c) || c == '+' || c == '-' || c == '.')))
            return false;
    }
    url->scheme = between(s, 0, end);
    return end > 0;
}

bool vonk_url_split(vonk_slice text, const vonk_eval_settings *settings, vonk_url *ret)
{
    vonk_url url = {0};
    source s = {text.data ? text.data : "", text.length, settings};
    size_t at = find(s, 0, s.length, ":/?#");
    bool scheme = is_at(s, at, s.length, ':');
    if (scheme && !split_scheme(s, at, &url))
        return false;
    at = scheme ? at + 1 : 0;
    if (scheme && !is_at(s, at, s.length, '/')) { /* mailto:a@b */
        size_t stop = find(s, at, s.length, "#");
        if (stop == at || skip(s, at, stop, ANY) < stop)
            return false;
        at = stop;
    } else if (!split_hierarchy(s, &at, &url)) {
        return false;
    }
    if (is_at(s, at, s.length, '#')) {
        if (skip(s, at + 1, s.length, ANY) < s.length)
            return false;
        url.fragment = between(s, at + 1, s.length);
    }
    *ret = url;
    return true;
}
