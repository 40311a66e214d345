/*
 * format_string.c - format_string and printf: texts by java.util.Formatter's patterns.
 *
 * %[index$][flags][width][.precision]conversion, of s S d o x X f e E g G b B c C n %. A bad
 * pattern, or one that does not suit its argument, fails without a condition, as in Spark. Not
 * built: h, t, a.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "expr/eval.h"
#include "expr/function_list.h"
#include "expr/print_value.h"
#include "expr/row_text.h"

/* Widths and precisions are no longer than this: the result has a bound. */
#define MAX_WIDTH 100000

typedef struct spec {
    vonk_slice text; /* all of it, for messages */
    int64_t index;   /* of an argument from 1; 0: the next, -1: the one before */
    bool left, plus, space, zero, commas, parens, alternate;
    int64_t width, precision; /* -1: none */
    char conversion;
} spec;

static bool take(vonk_slice *rest, char c)
{
    if (!rest->length || *rest->data != c)
        return false;
    rest->data++;
    rest->length--;
    return true;
}

/* Digits, MAX_WIDTH + 1 at most; -1 if there are none. */
static int64_t take_number(vonk_slice *rest)
{
    int64_t value = -1;
    while (rest->length && isdigit((unsigned char)*rest->data)) {
        value = (value < 0 ? 0 : value * 10) + (*rest->data - '0');
        value = value > MAX_WIDTH ? MAX_WIDTH + 1 : value;
        rest->data++;
        rest->length--;
    }
    return value;
}

static bool take_flag(vonk_slice *rest, spec *s)
{
    const struct {
        char c;
        bool *flag;
    } flags[] = {{'-', &s->left},   {'+', &s->plus},   {' ', &s->space},    {'0', &s->zero},
                 {',', &s->commas}, {'(', &s->parens}, {'#', &s->alternate}};
    if (take(rest, '<')) {
        s->index = -1;
        return true;
    }
    for (size_t i = 0; i < VONK_LENGTH(flags); i++) {
        if (take(rest, flags[i].c)) {
            *flags[i].flag = true;
            return true;
        }
    }
    return false;
}

/* Reads what stands behind '%'; false if that is no specifier. */
static bool read_spec(vonk_slice *rest, spec *ret)
{
    spec s = {.text = {rest->data - 1, 1}, .precision = -1, .width = -1};
    vonk_slice ahead = *rest;
    int64_t index = ahead.length && *ahead.data != '0' ? take_number(&ahead) : -1;
    if (index > 0 && take(&ahead, '$')) {
        s.index = index;
        *rest = ahead;
    }
    while (take_flag(rest, &s))
        continue;
    s.width = take_number(rest);
    if (take(rest, '.') && (s.precision = take_number(rest)) < 0)
        return false;
    if (!rest->length || s.width > MAX_WIDTH || s.precision > MAX_WIDTH)
        return false;
    s.conversion = *rest->data++;
    rest->length--;
    s.text.length = (size_t)(rest->data - s.text.data);
    *ret = s;
    return strchr("sSdoxXfeEgGbBcCn%", s.conversion) != NULL;
}

static size_t n_characters(vonk_slice s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.length; i++)
        n += ((unsigned char)s.data[i] & 0xC0) != 0x80;
    return n;
}

static void fill(vonk_buffer *out, char c, int64_t n)
{
    for (; n > 0; n--)
        vonk_buffer_char(out, c);
}

/* A buffer for what goes to `out` in the end, charged and cancelled as that one is. */
static vonk_buffer scratch(const vonk_buffer *out)
{
    return (vonk_buffer){.budget = out->budget, .beyond = out->beyond, .stop = out->stop};
}

/* What failed there has failed here. */
static void drop(vonk_buffer *from, vonk_buffer *out)
{
    out->failed |= from->failed;
    out->refused = from->refused ? from->refused : out->refused;
    vonk_buffer_free(from);
}

/* Appends `text` to the width, in upper case if the conversion is. */
static void put_padded(const spec *s, vonk_slice text, vonk_buffer *out)
{
    int64_t missing = s->width < 0 ? 0 : s->width - (int64_t)n_characters(text);
    fill(out, ' ', s->left ? 0 : missing);
    bool upper = isupper((unsigned char)s->conversion);
    for (size_t i = 0; upper && i < text.length && !out->failed;) {
        utf8proc_int32_t point = -1;
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text.data + i,
                                              (utf8proc_ssize_t)(text.length - i), &point);
        utf8proc_uint8_t bytes[4];
        if (n > 0)
            vonk_buffer_append(out, bytes,
                               (size_t)utf8proc_encode_char(utf8proc_toupper(point), bytes));
        i += n > 0 ? (size_t)n : 1;
    }
    if (!upper)
        vonk_buffer_append(out, text.data, text.length);
    fill(out, ' ', s->left ? missing : 0);
}

/* Cuts `text` to the precision in characters. */
static vonk_slice cut(const spec *s, vonk_slice text)
{
    int64_t seen = 0;
    for (size_t i = 0; s->precision >= 0 && i < text.length; i++) {
        bool begins = ((unsigned char)text.data[i] & 0xC0) != 0x80;
        if (begins && seen++ == s->precision)
            return (vonk_slice){text.data, i};
    }
    return text;
}

/* A number's sign and digits, with commas, zeros and padding as the flags have it. */
static void put_number(const spec *s, bool negative, vonk_slice digits, bool finite,
                       vonk_buffer *out)
{
    vonk_buffer body = scratch(out), number = scratch(out);
    const char *before = negative ? (s->parens ? "(" : "-") : s->plus ? "+" : s->space ? " " : "";
    size_t whole = 0;
    while (whole < digits.length && isdigit((unsigned char)digits.data[whole]))
        whole++;
    for (size_t i = 0; i < digits.length; i++) {
        if (s->commas && i > 0 && i < whole && (whole - i) % 3 == 0)
            vonk_buffer_char(&number, ',');
        vonk_buffer_char(&number, digits.data[i]);
    }
    vonk_buffer_text(&body, before);
    bool closes = negative && s->parens;
    if (s->zero && finite)
        fill(&body, '0', s->width - (int64_t)(body.length + number.length + closes));
    vonk_buffer_append(&body, number.data, number.length);
    if (closes)
        vonk_buffer_char(&body, ')');
    put_padded(s, (vonk_slice){body.data, body.length}, out);
    drop(&number, out);
    drop(&body, out);
}

/* The shortest digits of x > 0, as 0.DIGITS * 10^*ret_point. */
static size_t shortest(double x, char digits[VONK_VALUE_TEXT], int *ret_point)
{
    char text[VONK_VALUE_TEXT];
    size_t n = vonk_print_double(x, text), k = 0;
    int point = 0, exponent = 0;
    bool behind = false;
    for (size_t i = 0; i < n; i++) {
        if (text[i] == 'E') {
            text[n < VONK_VALUE_TEXT ? n : VONK_VALUE_TEXT - 1] = '\0';
            exponent = (int)strtol(text + i + 1, NULL, 10);
            break;
        }
        if (text[i] == '.') {
            behind = true;
            continue;
        }
        if (k == 0 && text[i] == '0')
            point -= behind;
        else
            digits[k++] = text[i];
        point += !behind && k > 0;
    }
    while (k > 1 && digits[k - 1] == '0')
        k--;
    *ret_point = point + exponent;
    return k;
}

/* Keeps `keep` digits, rounded half up; returns how many there are. May move the point. */
static size_t round_digits(char *digits, size_t n, int64_t keep, int *point)
{
    if (keep >= (int64_t)n)
        return n;
    bool up = keep >= 0 && digits[keep] >= '5';
    size_t k = keep > 0 ? (size_t)keep : 0;
    for (size_t i = k; up && i-- > 0;) {
        if (digits[i] != '9') {
            digits[i]++;
            return k;
        }
        digits[i] = '0';
    }
    if (!up)
        return k;
    memmove(digits + 1, digits, k);
    digits[0] = '1';
    ++*point;
    return k + 1;
}

/* 123.45 */
static void print_fixed(double x, int64_t precision, vonk_buffer *out)
{
    char digits[VONK_VALUE_TEXT + 1];
    int point = 0;
    size_t n = x > 0 ? shortest(x, digits, &point) : 0;
    n = round_digits(digits, n, point + precision, &point);
    if (point <= 0 || !n)
        vonk_buffer_char(out, '0');
    for (int i = 0; n && i < point; i++)
        vonk_buffer_char(out, (size_t)i < n ? digits[i] : '0');
    if (precision > 0)
        vonk_buffer_char(out, '.');
    for (int64_t i = 0; i < precision; i++) {
        int64_t at = point + i;
        vonk_buffer_char(out, n && at >= 0 && at < (int64_t)n ? digits[at] : '0');
    }
}

/* 1.2345e+02 */
static void print_scientific(double x, int64_t precision, vonk_buffer *out)
{
    char digits[VONK_VALUE_TEXT + 1];
    int point = 1;
    size_t n = x > 0 ? shortest(x, digits, &point) : 0;
    n = round_digits(digits, n, precision + 1, &point);
    vonk_buffer_char(out, n ? digits[0] : '0');
    if (precision > 0)
        vonk_buffer_char(out, '.');
    for (int64_t i = 1; i <= precision; i++)
        vonk_buffer_char(out, i < (int64_t)n ? digits[i] : '0');
    vonk_buffer_printf(out, "e%c%02d", point < 1 ? '-' : '+', abs(point - 1));
}

/* As %f if the value, rounded, is from 10^-4 to 10^precision, else as %e. */
static void print_general(double x, int64_t precision, vonk_buffer *out)
{
    char digits[VONK_VALUE_TEXT + 1];
    int point = 1;
    precision = precision == 0 ? 1 : precision;
    if (x > 0) {
        size_t n = shortest(x, digits, &point);
        (void)round_digits(digits, n, precision, &point);
    }
    if (x == 0 || (point > -4 && point <= precision))
        print_fixed(x, x == 0 ? precision - 1 : precision - point, out);
    else
        print_scientific(x, precision - 1, out);
}

static void put_float(const spec *s, double x, vonk_buffer *out)
{
    vonk_buffer text = scratch(out);
    double size = fabs(x);
    int64_t precision = s->precision < 0 ? 6 : s->precision;
    bool negative = signbit(x) && !isnan(x);
    if (!isfinite(x))
        vonk_buffer_text(&text, isnan(x) ? "NaN" : "Infinity");
    else if (s->conversion == 'f')
        print_fixed(size, precision, &text);
    else if ((s->conversion | 0x20) == 'e')
        print_scientific(size, precision, &text);
    else
        print_general(size, precision, &text);
    put_number(s, negative, (vonk_slice){text.data, text.length}, isfinite(x), out);
    drop(&text, out);
}

static void put_whole(const spec *s, vonk_type type, int64_t value, vonk_buffer *out)
{
    char text[32];
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (s->conversion == 'd') {
        int n = snprintf(text, sizeof text, "%llu", (unsigned long long)size);
        put_number(s, value < 0, (vonk_slice){text, (size_t)n}, true, out);
        return;
    }
    size_t width = vonk_type_width(type);
    uint64_t bits =
        width < 8 ? (uint64_t)value & ((UINT64_C(1) << (8 * width)) - 1) : (uint64_t)value;
    bool octal = s->conversion == 'o';
    const char *prefix = !s->alternate ? "" : octal ? "0" : "0x";
    int n = snprintf(text, sizeof text, octal ? "%llo" : "%llx", (unsigned long long)bits);
    vonk_buffer body = scratch(out);
    vonk_buffer_text(&body, prefix);
    if (s->zero)
        fill(&body, '0', s->width - (int64_t)(strlen(prefix) + (size_t)n));
    vonk_buffer_append(&body, text, (size_t)n);
    put_padded(s, (vonk_slice){body.data, body.length}, out);
    drop(&body, out);
}

static bool is_whole(vonk_type t)
{
    return vonk_type_is_integral(t) || t.id == VONK_DATE || t.id == VONK_TIMESTAMP ||
           t.id == VONK_TIMESTAMP_NTZ || t.id == VONK_INTERVAL_DT || t.id == VONK_INTERVAL_YM;
}

/* What %s shows. */
static void print_any(const vonk_column *col, uint32_t row, vonk_buffer *out)
{
    char text[VONK_VALUE_TEXT];
    vonk_value value = vonk_column_value(col, row);
    if (col->type.id == VONK_STRING)
        vonk_buffer_append(out, value.string.data, value.string.length);
    else if (col->type.id == VONK_BOOL)
        vonk_buffer_text(out, value.boolean ? "true" : "false");
    else if (col->type.id == VONK_DECIMAL)
        vonk_buffer_append(out, text, vonk_print_decimal(value.i128, col->type.scale, text));
    else if (col->type.id == VONK_FLOAT32)
        vonk_buffer_append(out, text, vonk_print_float((float)value.f64, text));
    else if (col->type.id == VONK_FLOAT64)
        vonk_buffer_append(out, text, vonk_print_double(value.f64, text));
    else
        vonk_buffer_append(out, text, vonk_print_int64(value.i64, text));
}

static vonk_status fail_spec(const spec *s, const char *why, vonk_error *err)
{
    return vonk_fail(err, VONK_INVALID, "format_string: %s '%.*s'", why,
                     (int)(s->text.length < 100 ? s->text.length : 100), s->text.data);
}

static vonk_status put_value(const spec *s, const vonk_column *col, uint32_t row, vonk_buffer *out,
                             vonk_error *err)
{
    char conversion = (char)(s->conversion | 0x20);
    vonk_type type = col->type;
    bool null = type.id == VONK_NULL || !vonk_column_is_valid(col, row);
    vonk_buffer text = scratch(out);
    utf8proc_uint8_t bytes[4];
    if (conversion == 'b')
        vonk_buffer_text(&text, null                                              ? "false"
                                : type.id == VONK_BOOL && !vonk_bool_at(col, row) ? "false"
                                                                                  : "true");
    else if (null)
        vonk_buffer_text(&text, "null");
    else if (conversion == 's' && type.id != VONK_BINARY && type.id < VONK_ARRAY)
        print_any(col, row, &text);
    else if (conversion == 'c' && vonk_type_is_integral(type) && type.id != VONK_INT64 &&
             utf8proc_codepoint_valid((utf8proc_int32_t)vonk_whole_at(col, row)))
        vonk_buffer_append(
            &text, bytes,
            (size_t)utf8proc_encode_char((utf8proc_int32_t)vonk_whole_at(col, row), bytes));
    else if (strchr("dox", conversion) && is_whole(type) && s->precision < 0)
        put_whole(s, type, vonk_whole_at(col, row), out);
    else if (strchr("feg", conversion) && (type.id == VONK_FLOAT32 || type.id == VONK_FLOAT64))
        put_float(s, vonk_number_at(col, row), out);
    else
        return fail_spec(s, "the argument does not suit", err);
    if (text.length)
        put_padded(s,
                   conversion == 'c' ? (vonk_slice){text.data, text.length}
                                     : cut(s, (vonk_slice){text.data, text.length}),
                   out);
    else if (conversion == 's')
        put_padded(s, (vonk_slice){"", 0}, out);
    drop(&text, out);
    return VONK_OK;
}

/* The argument that a specifier means, from 1; 0: there is none. */
static uint32_t argument_of(const spec *s, uint32_t n_args, uint32_t *next, uint32_t *last)
{
    int64_t index = s->index > 0 ? s->index : s->index < 0 ? (int64_t)*last : (int64_t)++ * next;
    if (index < 1 || index >= n_args)
        return 0;
    return *last = (uint32_t)index;
}

static vonk_status format_row(vonk_row_call *r, vonk_error *err)
{
    if (!vonk_column_is_valid(&r->args[0], r->row)) {
        r->is_null = true;
        return VONK_OK;
    }
    vonk_slice rest = vonk_row_text(r, 0);
    uint32_t next = 0, last = 0;
    while (rest.length && !r->out->failed) {
        char c = *rest.data++;
        spec s;
        rest.length--;
        if (c != '%') {
            vonk_buffer_char(r->out, c);
            continue;
        }
        if (!read_spec(&rest, &s))
            return vonk_fail(err, VONK_INVALID, "format_string: a bad specifier behind '%%'");
        if (s.conversion == 'n') {
            vonk_buffer_char(r->out, '\n');
        } else if (s.conversion == '%') {
            put_padded(&s, VONK_SLICE("%"), r->out);
        } else {
            uint32_t arg = argument_of(&s, r->call->n_args, &next, &last);
            if (!arg)
                return fail_spec(&s, "no argument for", err);
            VONK_TRY(put_value(&s, &r->args[arg], r->row, r->out, err));
        }
        if (r->out->length > VONK_MAX_TEXT)
            return vonk_string_too_long(r->out->length, err);
    }
    return VONK_OK;
}

vonk_status vonk_eval_format_string(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                    const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    return vonk_eval_text_rows(call, args, n_rows, ctx, format_row, ret, err);
}

vonk_status vonk_resolve_format_string(vonk_expr *call, const vonk_eval_settings *settings,
                                       vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                       vonk_error *err)
{
    size_t steps = 0;
    VONK_TRY(vonk_check_n_args(call, 1, UINT32_MAX, err));
    VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(STRING), arena, err));
    const vonk_expr *format = call->args[0];
    bool literal = format->kind == VONK_EXPR_LITERAL && !format->value.is_null;
    vonk_slice text = literal ? format->value.string : (vonk_slice){0};
    for (size_t i = 0; i + 3 <= text.length && !vonk_eval_stops_at(settings, &steps); i++) {
        if (memcmp(text.data + i, "%0$", 3) == 0)
            return vonk_error_at(
                err,
                vonk_fail_sql(err, "INVALID_PARAMETER_VALUE.ZERO_INDEX",
                              "The value of parameter(s) `strfmt` in `format_string` is invalid: "
                              "expects %%1$, %%2$ and so on, but got %%0$."),
                call->start, call->end);
    }
    *ret_type = VONK_TYPE(STRING);
    *ret_nullable = format->nullable;
    return VONK_OK;
}
