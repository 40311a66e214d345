/* number_text.c - numbers from text and to text by a format. */
#include <string.h>

#include "expr/number_format.h"
#include "expr/print_value.h"

#define MOST_GROUPS VONK_NUMBER_TOKENS

/* What is left to read, and what was read. */
typedef struct reader {
    vonk_slice text;
    size_t at;
    bool behind_point, any_digit;
    int n_after;
    vonk_int128 value;
} reader;

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
}

static bool take(reader *r, char c)
{
    if (r->at == r->text.length || r->text.data[r->at] != c)
        return false;
    r->at++;
    return true;
}

/* Eight at a time, but for a few: there may be a gigabyte of them. */
static void skip_blanks(reader *r)
{
    while (r->text.length - r->at > 8 && !memcmp(r->text.data + r->at, "        ", 8))
        r->at += 8;
}

/* Digits, commas and spaces: sizes[] of the groups, the last group first. False: too many. */
static bool read_groups(reader *r, int sizes[MOST_GROUPS], int *ret_n)
{
    int all[MOST_GROUPS] = {0}, n = 1;
    for (; r->at < r->text.length; r->at++) {
        char c = r->text.data[r->at];
        if (c == ',') {
            if (n == MOST_GROUPS)
                return false;
            all[n++] = 0;
        } else if (c >= '0' && c <= '9') {
            if (++all[n - 1] > VONK_MAX_PRECISION) /* no format has so many */
                return false;
            r->any_digit = true;
            r->n_after += r->behind_point;
            if (__builtin_mul_overflow(r->value, 10, &r->value) ||
                __builtin_add_overflow(r->value, c - '0', &r->value))
                return false;
        } else if (!is_space(c)) {
            break;
        } else {
            skip_blanks(r); /* and the loop takes one */
        }
    }
    for (int i = 0; i < n; i++)
        sizes[i] = all[n - 1 - i];
    *ret_n = n;
    return true;
}

/* The group of tokens from *i on, compared from its end: groups in front may be missing. */
static bool read_digits(reader *r, const vonk_number_format *f, uint32_t *i)
{
    int sizes[MOST_GROUPS], n, n_tokens = 0;
    uint32_t first = *i, end = first;
    while (end < f->n && f->tokens[end].kind <= VONK_NUMBER_COMMA)
        n_tokens += f->tokens[end++].kind == VONK_NUMBER_DIGITS;
    *i = end - 1;
    if (!read_groups(r, sizes, &n) || n > n_tokens)
        return false;
    for (uint32_t k = end, group = 0; k > first; k--) {
        const vonk_number_token *token = &f->tokens[k - 1];
        if (token->kind != VONK_NUMBER_DIGITS)
            continue;
        int size = group < (uint32_t)n ? sizes[group] : 0;
        if (token->exact ? size != token->n : size > token->n)
            return false;
        group++;
    }
    return true;
}

bool vonk_number_parse(const vonk_number_format *f, vonk_slice text, vonk_int128 *ret)
{
    reader r = {.text = text};
    bool negative = false, open = false, closed = false;
    for (uint32_t i = 0; i < f->n; i++) {
        switch (f->tokens[i].kind) {
        case VONK_NUMBER_DIGITS:
        case VONK_NUMBER_COMMA:
            if (!read_digits(&r, f, &i))
                return false;
            break;
        case VONK_NUMBER_POINT:
            r.behind_point |= take(&r, '.');
            break;
        case VONK_NUMBER_DOLLAR:
            if (r.at < text.length && !take(&r, '$'))
                return false;
            break;
        case VONK_NUMBER_SIGN:
            if (!take(&r, '+'))
                negative ^= take(&r, '-');
            break;
        case VONK_NUMBER_MINUS:
            negative ^= take(&r, '-');
            break;
        case VONK_NUMBER_OPEN:
            open = take(&r, '<');
            break;
        default:
            closed = take(&r, '>');
            negative ^= closed;
            break;
        }
    }
    if (r.at < text.length || open != closed || !r.any_digit)
        return false;
    for (; r.n_after < f->after; r.n_after++)
        if (__builtin_mul_overflow(r.value, 10, &r.value))
            return false;
    *ret = negative ? -r.value : r.value;
    return true;
}

/* The digits of a number as its format has room for them. */
typedef struct digits {
    char before[VONK_MAX_PRECISION + 1], after[VONK_MAX_PRECISION + 1];
} digits;

/* Spaces in front, zeros behind; '#' everywhere if a digit has no place. */
static void split_digits(const vonk_number_format *f, vonk_int128 value, int scale, digits *ret)
{
    char text[VONK_VALUE_TEXT];
    size_t n = vonk_print_decimal(value < 0 ? -value : value, scale, text);
    const char *point = memchr(text, '.', n), *start = text;
    const char *end = text + n, *whole_end = point ? point : end;
    while (start < whole_end && *start == '0')
        start++;
    while (point && end > point + 1 && end[-1] == '0')
        end--;
    int before = (int)(whole_end - start), after = point ? (int)(end - point - 1) : 0;
    memset(ret->before, ' ', sizeof ret->before);
    memset(ret->after, '0', sizeof ret->after);
    if (before > f->before || after > f->after) {
        memset(ret->before, '#', sizeof ret->before);
        memset(ret->after, '#', sizeof ret->after);
        return;
    }
    if (before)
        memcpy(ret->before + f->before - before, start, (size_t)before);
    if (after)
        memcpy(ret->after, point + 1, (size_t)after);
}

/* Appends `c`; spaces before it go behind it. */
static void put_behind_digits(vonk_buffer *out, size_t start, char c)
{
    vonk_buffer_char(out, c);
    if (vonk_buffer_check(out, NULL) != VONK_OK)
        return;
    for (size_t i = out->length - 1; i > start && out->data[i - 1] == ' '; i--) {
        out->data[i] = ' ';
        out->data[i - 1] = c;
    }
}

/* Appends a space; a sign before it goes behind it. */
static void put_space(vonk_buffer *out, size_t start)
{
    vonk_buffer_char(out, ' ');
    if (vonk_buffer_check(out, NULL) != VONK_OK)
        return;
    for (size_t i = out->length - 1; i > start && strchr("+-<", out->data[i - 1]); i--) {
        out->data[i] = out->data[i - 1];
        out->data[i - 1] = ' ';
    }
}

/* A point with nothing behind it is a space. */
static void drop_lone_point(vonk_buffer *out, size_t start)
{
    if (vonk_buffer_check(out, NULL) != VONK_OK || out->length == start)
        return;
    char *point = memchr(out->data + start, '.', out->length - start);
    if (point && (point + 1 == out->data + out->length || point[1] == ' '))
        *point = ' ';
}

static char last_of(const vonk_buffer *out, size_t start)
{
    return out->length > start ? out->data[out->length - 1] : '\0';
}

static void print_digits(const vonk_number_token *token, const char *from, bool behind_point,
                         size_t start, vonk_buffer *out)
{
    for (int i = 0; i < token->n; i++) {
        if (!behind_point && from[i] == ' ' && !token->exact)
            put_space(out, start);
        else
            vonk_buffer_char(out, from[i] == ' ' ? '0' : from[i]);
    }
}

static void print_sign(vonk_number_token_kind kind, bool negative, size_t start, vonk_buffer *out)
{
    if (kind == VONK_NUMBER_OPEN) {
        vonk_buffer_text(out, negative ? "<" : "");
        return;
    }
    if (kind != VONK_NUMBER_MINUS || negative)
        drop_lone_point(out, start);
    if (kind == VONK_NUMBER_SIGN || negative)
        put_behind_digits(out, start, kind == VONK_NUMBER_CLOSE ? '>' : negative ? '-' : '+');
    else
        vonk_buffer_text(out, kind == VONK_NUMBER_CLOSE ? "  " : " ");
}

static void print_point(size_t start, vonk_buffer *out)
{
    if (last_of(out, start) == ' ')
        out->data[out->length - 1] = '0';
    vonk_buffer_char(out, '.');
}

void vonk_number_print(const vonk_number_format *f, vonk_int128 value, int scale, vonk_buffer *out)
{
    digits d;
    size_t start = out->length;
    int before = 0, after = 0;
    bool behind_point = false;
    split_digits(f, value, scale, &d);
    for (uint32_t i = 0; i < f->n; i++) {
        const vonk_number_token *token = &f->tokens[i];
        char last = last_of(out, start);
        if (token->kind == VONK_NUMBER_DIGITS) {
            int *used = behind_point ? &after : &before;
            print_digits(token, (behind_point ? d.after : d.before) + *used, behind_point, start,
                         out);
            *used += token->n;
        } else if (token->kind == VONK_NUMBER_COMMA) {
            if (last >= '0' && last <= '9')
                vonk_buffer_char(out, ',');
            else
                put_space(out, start);
        } else if (token->kind == VONK_NUMBER_POINT) {
            print_point(start, out);
            behind_point = true;
        } else if (token->kind == VONK_NUMBER_DOLLAR) {
            vonk_buffer_char(out, '$');
        } else {
            print_sign(token->kind, value < 0, start, out);
        }
    }
    drop_lone_point(out, start);
    bool alone = out->length == start + 1 && strchr("+-", out->data[start]);
    if (out->length == start || alone) {
        out->length = start;
        vonk_buffer_char(out, '0');
    }
}
