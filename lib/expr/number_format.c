/* number_format.c - reads a format of numbers, and says what is wrong with it. */
#include "expr/number_format.h"

#include <stdio.h>

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The token at text[*at]. */
static vonk_number_token next_token(vonk_slice text, size_t *at, bool behind_point)
{
    vonk_number_token token = {.n = 1};
    char c = upper(text.data[*at]);
    char after = *at + 1 < text.length ? upper(text.data[*at + 1]) : '\0';
    if (c == '0' || c == '9') {
        size_t end = *at;
        while (end < text.length && (text.data[end] == '0' || text.data[end] == '9'))
            end++;
        token.kind = VONK_NUMBER_DIGITS;
        token.exact = c == '0' && !behind_point;
        token.n = (int)(end - *at);
        *at = end;
        return token;
    }
    bool two = (c == 'M' && after == 'I') || (c == 'P' && after == 'R');
    *at += two ? 2 : 1;
    token.other = c;
    token.kind = c == '.' || c == 'D'   ? VONK_NUMBER_POINT
                 : c == ',' || c == 'G' ? VONK_NUMBER_COMMA
                 : c == '$'             ? VONK_NUMBER_DOLLAR
                 : c == 'S'             ? VONK_NUMBER_SIGN
                 : c == 'M' && two      ? VONK_NUMBER_MINUS
                 : c == 'P' && two      ? VONK_NUMBER_CLOSE
                                        : VONK_NUMBER_OTHER;
    return token;
}

static bool is_group(const vonk_number_token *token)
{
    return token->kind == VONK_NUMBER_DIGITS || token->kind == VONK_NUMBER_COMMA;
}

static vonk_status invalid(const vonk_number_format *f, const char *condition, const char *why,
                           vonk_error *err)
{
    return vonk_fail_sql(err, condition, "The format is invalid: '%s'. %s", f->text, why);
}

static void name_token(const vonk_number_token *token, char out[24])
{
    static const char *const names[] = {
        "digit sequence", "digit sequence", ". or D", "$", "S", "MI", "PR", "PR"};
    if (token->kind == VONK_NUMBER_OTHER)
        (void)snprintf(out, 24, "character '%c''", token->other);
    else
        (void)snprintf(out, 24, "%s", names[token->kind]);
}

static uint32_t find(const vonk_number_format *f, vonk_number_token_kind kind)
{
    uint32_t i = 0;
    while (i < f->n && f->tokens[i].kind != kind)
        i++;
    return i;
}

/* Of commas: digits on both sides, and none behind the point. */
static vonk_status check_commas(const vonk_number_format *f, vonk_error *err)
{
    uint32_t point = find(f, VONK_NUMBER_POINT);
    for (uint32_t i = 0; i < point; i++) {
        if (f->tokens[i].kind != VONK_NUMBER_COMMA)
            continue;
        bool between = i > 0 && i + 1 < f->n && f->tokens[i - 1].kind == VONK_NUMBER_DIGITS &&
                       f->tokens[i + 1].kind == VONK_NUMBER_DIGITS;
        if (!between)
            return invalid(f, "INVALID_FORMAT.CONT_THOUSANDS_SEPS",
                           "Thousands separators (, or G) must have digits in between them in the "
                           "number format.",
                           err);
    }
    for (uint32_t i = point; i < f->n; i++)
        if (f->tokens[i].kind == VONK_NUMBER_COMMA)
            return invalid(f, "INVALID_FORMAT.THOUSANDS_SEPS_MUST_BEFORE_DEC",
                           "Thousands separators (, or G) may not appear after the decimal point "
                           "in the number format.",
                           err);
    return VONK_OK;
}

static vonk_status check_counts(const vonk_number_format *f, vonk_error *err)
{
    static const vonk_number_token_kind once[] = {VONK_NUMBER_POINT, VONK_NUMBER_SIGN,
                                                  VONK_NUMBER_MINUS, VONK_NUMBER_DOLLAR,
                                                  VONK_NUMBER_CLOSE};
    for (size_t k = 0; k < VONK_LENGTH(once); k++) {
        char name[24], why[80];
        int n = 0;
        for (uint32_t i = 0; i < f->n; i++)
            n += f->tokens[i].kind == once[k];
        if (n < 2)
            continue;
        name_token(&f->tokens[find(f, once[k])], name);
        (void)snprintf(why, sizeof why, "At most one %s is allowed in the number format.", name);
        return invalid(f, "INVALID_FORMAT.WRONG_NUM_TOKEN", why, err);
    }
    return VONK_OK;
}

/* Each place of the format takes one token, or one group of digits, of its kinds. */
static vonk_status check_order(const vonk_number_format *f, vonk_error *err)
{
    enum { GROUP = 1 << VONK_NUMBER_DIGITS };
    static const int places[] = {
        1 << VONK_NUMBER_OPEN,
        1 << VONK_NUMBER_MINUS | 1 << VONK_NUMBER_SIGN,
        1 << VONK_NUMBER_DOLLAR,
        GROUP,
        1 << VONK_NUMBER_POINT,
        GROUP,
        1 << VONK_NUMBER_DOLLAR,
        1 << VONK_NUMBER_MINUS | 1 << VONK_NUMBER_SIGN | 1 << VONK_NUMBER_CLOSE,
    };
    uint32_t at = 0;
    for (size_t k = 0; k < VONK_LENGTH(places) && at < f->n; k++) {
        int kind = is_group(&f->tokens[at]) ? GROUP : 1 << f->tokens[at].kind;
        if (!(places[k] & kind))
            continue;
        bool group = kind == GROUP;
        at++;
        while (group && at < f->n && is_group(&f->tokens[at]))
            at++;
    }
    if (at == f->n)
        return VONK_OK;
    char name[24], why[220];
    name_token(&f->tokens[at], name);
    (void)snprintf(why, sizeof why,
                   "Found the unexpected %s in the format string; the structure of the format "
                   "string must match: `[MI|S]` `[$]` `[0|9|G|,]*` `[.|D]` `[0|9]*` `[$]` "
                   "`[PR|MI|S]`.",
                   name);
    return invalid(f, "INVALID_FORMAT.UNEXPECTED_TOKEN", why, err);
}

static vonk_status check(const vonk_number_format *f, vonk_error *err)
{
    uint32_t point = find(f, VONK_NUMBER_POINT), dollar = find(f, VONK_NUMBER_DOLLAR), digit = 0;
    while (digit < f->n && !is_group(&f->tokens[digit]))
        digit++;
    if (!f->text[0])
        return invalid(f, "INVALID_FORMAT.EMPTY", "The number format string cannot be empty.", err);
    if (digit == f->n)
        return invalid(f, "INVALID_FORMAT.WRONG_NUM_DIGIT",
                       "The format string requires at least one number digit.", err);
    if (dollar < f->n && digit < dollar)
        return invalid(f, "INVALID_FORMAT.CUR_MUST_BEFORE_DIGIT",
                       "Currency characters must appear before digits in the number format.", err);
    if (dollar < f->n && point < dollar)
        return invalid(f, "INVALID_FORMAT.CUR_MUST_BEFORE_DEC",
                       "Currency characters must appear before any decimal point in the number "
                       "format.",
                       err);
    VONK_TRY(check_commas(f, err));
    VONK_TRY(check_counts(f, err));
    VONK_TRY(check_order(f, err));
    if (f->before + f->after > VONK_MAX_PRECISION)
        return vonk_fail_sql(err, "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION",
                             "Decimal precision %d exceeds max precision %d.", f->before + f->after,
                             VONK_MAX_PRECISION);
    return VONK_OK;
}

vonk_status vonk_number_format_read(vonk_slice text, vonk_number_format *ret, vonk_error *err)
{
    vonk_number_format f = {.n = 0};
    for (size_t i = 0; i < text.length && i < 300; i++)
        f.text[i] = upper(text.data[i]);
    bool behind_point = false;
    for (size_t at = 0; at < text.length;) {
        vonk_number_token token = next_token(text, &at, behind_point);
        behind_point |= token.kind == VONK_NUMBER_POINT;
        if (f.n + 2 > VONK_NUMBER_TOKENS)
            return vonk_fail_sql(err, "INVALID_FORMAT", "The format is invalid: it is too long.");
        if (token.kind == VONK_NUMBER_CLOSE) { /* its other half comes before all */
            for (uint32_t i = f.n++; i > 0; i--)
                f.tokens[i] = f.tokens[i - 1];
            f.tokens[0] = (vonk_number_token){.kind = VONK_NUMBER_OPEN};
        }
        f.tokens[f.n++] = token;
        if (token.kind == VONK_NUMBER_DIGITS)
            *(behind_point ? &f.after : &f.before) += token.n;
    }
    VONK_TRY(check(&f, err));
    *ret = f;
    return VONK_OK;
}
