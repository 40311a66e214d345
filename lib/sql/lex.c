/* lex.c - SQL text -> tokens. */
#include "sql/find.h"
#include "sql/token.h"

#include <stdlib.h>
#include <string.h>

#define MAX_KEYWORD  17   /* CURRENT_TIMESTAMP */
#define FIRST_TOKENS 4096 /* room that is made at first */

static const char *const keywords[] = {
#define X(word) #word,
    VONK_KEYWORDS(X)
#undef X
};

static int compare_keyword(const void *a, const void *b)
{
    return strcmp(a, *(const char *const *)b);
}

static char to_upper(char c)
{
    if (c >= 'a' && c <= 'z')
        return (char)(c - 'a' + 'A');
    return c;
}

vonk_keyword vonk_keyword_find(vonk_slice word)
{
    char upper[MAX_KEYWORD + 1];
    if (word.length > MAX_KEYWORD)
        return KW_NONE;
    for (size_t i = 0; i < word.length; i++)
        upper[i] = to_upper(word.data[i]);
    upper[word.length] = '\0';
    const char *const *found =
        bsearch(upper, keywords, VONK_LENGTH(keywords), sizeof(keywords[0]), compare_keyword);
    return found ? (vonk_keyword)(found - keywords + 1) : KW_NONE;
}

/* The byte `i` of the text, 0 behind its end. */
static unsigned char peek(vonk_slice text, int32_t i)
{
    return (size_t)i < text.length ? (unsigned char)text.data[i] : 0;
}

static bool at_end(vonk_slice text, int32_t i)
{
    return (size_t)i >= text.length;
}

/* Where the next `a`, `b` or `c` stands, or the text's end. */
static int32_t find(vonk_slice text, int32_t i, char a, char b, char c)
{
    return (int32_t)sql_find(text, (size_t)i, a, b, c);
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of UTF-8 letters count: the parser names identifiers that are not ASCII. */
static bool is_word(unsigned char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

/* Bytes of the white space at `i`, 0 if there is none. */
static int32_t space_at(vonk_slice text, int32_t i)
{
    unsigned char c = peek(text, i);
    if (c == ' ' || (c >= '\t' && c <= '\r'))
        return 1;
    if (c == 0xC2 && peek(text, i + 1) == 0xA0)
        return 2; /* U+00A0 */
    unsigned char d = peek(text, i + 1), e = peek(text, i + 2);
    if (c == 0xE1 && d == 0x9A && e == 0x80)
        return 3; /* U+1680 */
    if (c == 0xE2 && d == 0x80 && ((e >= 0x80 && e <= 0x8A) || e == 0xA8 || e == 0xAF))
        return 3; /* U+2000..200A, U+2028, U+202F */
    if ((c == 0xE2 && d == 0x81 && e == 0x9F) || (c == 0xE3 && d == 0x80 && e == 0x80))
        return 3; /* U+205F, U+3000 */
    return 0;
}

/* Behind the "--" comment at `i`. A backslash before the line's end continues it. */
static int32_t skip_line_comment(vonk_slice text, int32_t i)
{
    for (;;) {
        i = find(text, i, '\\', '\n', '\r');
        if (peek(text, i) != '\\')
            return i;
        i += peek(text, i + 1) == '\n' ? 2 : 1;
    }
}

/* Behind the bracketed comment at `i`; they nest. */
static int32_t skip_comment(vonk_slice text, int32_t i, bool *ret_unclosed)
{
    int32_t level = 0;
    do {
        i = find(text, i, '*', '/', '/');
        if (at_end(text, i)) {
            *ret_unclosed = true;
            return i;
        }
        if (peek(text, i) == '/' && peek(text, i + 1) == '*') {
            level++;
            i += 2;
        } else if (peek(text, i) == '*' && peek(text, i + 1) == '/') {
            level--;
            i += 2;
        } else {
            i++;
        }
    } while (level > 0);
    return i;
}

static int32_t skip_hidden(vonk_slice text, int32_t i, bool *ret_unclosed)
{
    for (;;) {
        int32_t space = space_at(text, i);
        if (space) {
            i += space;
        } else if (peek(text, i) == '-' && peek(text, i + 1) == '-') {
            i = skip_line_comment(text, i);
        } else if (peek(text, i) == '/' && peek(text, i + 1) == '*' && peek(text, i + 2) != '+') {
            i = skip_comment(text, i, ret_unclosed);
        } else {
            return i;
        }
    }
}

/* Behind the quoted text whose opening quote is at `i`, or -1. A doubled quote goes on. */
static int32_t skip_quoted(vonk_slice text, int32_t i, bool escapes, bool doubles)
{
    unsigned char quote = peek(text, i++);
    for (;;) {
        i = find(text, i, (char)quote, escapes ? '\\' : (char)quote, (char)quote);
        if (at_end(text, i))
            return -1;
        unsigned char c = peek(text, i);
        bool doubled = c == quote && doubles && peek(text, i + 1) == quote;
        if (c == quote && !doubled)
            return i + 1;
        i += 2;
    }
}

static int32_t skip_digits(vonk_slice text, int32_t i)
{
    while (is_digit(peek(text, i)))
        i++;
    return i;
}

/* Behind the exponent at `i`, or `i` if there is none. */
static int32_t skip_exponent(vonk_slice text, int32_t i)
{
    if ((peek(text, i) | 0x20) != 'e')
        return i;
    int32_t digits = i + 1;
    if (peek(text, digits) == '+' || peek(text, digits) == '-')
        digits++;
    int32_t end = skip_digits(text, digits);
    return end > digits ? end : i;
}

/* The suffix of a number at `i`: *kind and the length of the suffix. */
static int32_t number_suffix(vonk_slice text, int32_t i, bool plain, vonk_token_kind *kind)
{
    switch (peek(text, i) | 0x20) {
    case 'd':
        *kind = TOK_DOUBLE;
        return 1;
    case 'f':
        *kind = TOK_FLOAT;
        return 1;
    case 'b':
        if ((peek(text, i + 1) | 0x20) != 'd')
            return 0;
        *kind = TOK_BIGDECIMAL;
        return 2;
    default:
        break;
    }
    if (!plain)
        return 0;
    switch (peek(text, i) | 0x20) {
    case 'l':
        *kind = TOK_BIGINT;
        return 1;
    case 's':
        *kind = TOK_SMALLINT;
        return 1;
    case 'y':
        *kind = TOK_TINYINT;
        return 1;
    default:
        return 0;
    }
}

/*
 * The number at `start`, which is a digit or a point with a digit behind it. With a point it only
 * counts if no letter follows; without one, a longer word wins (`1a`, `1e3x`).
 */
static bool lex_number(vonk_slice text, int32_t start, vonk_token *token)
{
    int32_t i = skip_digits(text, start);
    bool point = peek(text, i) == '.';
    if (point)
        i = skip_digits(text, i + 1);
    int32_t end = skip_exponent(text, i);
    vonk_token_kind kind = end > i ? TOK_EXPONENT : point ? TOK_DECIMAL : TOK_INTEGER;
    end += number_suffix(text, end, !point && end == i, &kind);
    if (is_word(peek(text, end))) {
        if (point)
            return false;
        bool sign = end > i && (peek(text, i + 1) == '+' || peek(text, i + 1) == '-');
        if (!sign)
            return false;
    }
    *token = (vonk_token){.kind = (uint8_t)kind, .start = start, .end = end};
    return true;
}

typedef struct operator_text {
    char text[4];
    uint8_t kind;
} operator_text;

/* Longer ones first. */
static const operator_text operators[] = {
    {">>>", TOK_SHIFT_RIGHT_UNSIGNED},
    {"<=>", TOK_NULL_SAFE_EQ},
    {"==", TOK_EQ},
    {"<>", TOK_NEQ},
    {"!=", TOK_NEQ},
    {"<=", TOK_LTE},
    {"!>", TOK_LTE},
    {">=", TOK_GTE},
    {"!<", TOK_GTE},
    {"<<", TOK_SHIFT_LEFT},
    {">>", TOK_SHIFT_RIGHT},
    {"||", TOK_CONCAT},
    {"|>", TOK_PIPE_OPERATOR},
    {"::", TOK_DOUBLE_COLON},
    {"->", TOK_ARROW},
    {"=>", TOK_FAT_ARROW},
    {"(", TOK_LPAREN},
    {")", TOK_RPAREN},
    {"[", TOK_LBRACKET},
    {"]", TOK_RBRACKET},
    {",", TOK_COMMA},
    {".", TOK_DOT},
    {";", TOK_SEMICOLON},
    {":", TOK_COLON},
    {"?", TOK_QUESTION},
    {"!", TOK_BANG},
    {"=", TOK_EQ},
    {"<", TOK_LT},
    {">", TOK_GT},
    {"+", TOK_PLUS},
    {"-", TOK_MINUS},
    {"*", TOK_STAR},
    {"/", TOK_SLASH},
    {"%", TOK_PERCENT},
    {"~", TOK_TILDE},
    {"&", TOK_AMPERSAND},
    {"|", TOK_PIPE},
    {"^", TOK_HAT},
};

static vonk_token lex_operator(vonk_slice text, int32_t start)
{
    for (size_t k = 0; k < VONK_LENGTH(operators); k++) {
        size_t length = strlen(operators[k].text);
        if (text.length - (size_t)start >= length &&
            memcmp(text.data + start, operators[k].text, length) == 0)
            return (vonk_token){
                .kind = operators[k].kind, .start = start, .end = start + (int32_t)length};
    }
    return (vonk_token){.kind = TOK_ERROR, .start = start, .end = start + 1};
}

static vonk_token lex_word(vonk_slice text, int32_t start)
{
    int32_t end = start;
    while (is_word(peek(text, end)) && !space_at(text, end))
        end++;
    vonk_slice word = {text.data + start, (size_t)(end - start)};
    return (vonk_token){
        .kind = TOK_WORD, .keyword = (uint8_t)vonk_keyword_find(word), .start = start, .end = end};
}

/* A token in quotes, or an ERROR token of the quote alone. `quote` is where the quote stands. */
static vonk_token lex_quoted(vonk_slice text, int32_t start, int32_t quote)
{
    bool name = peek(text, quote) == '`';
    bool raw = quote > start;
    int32_t end = skip_quoted(text, quote, !name && !raw, !raw);
    if (end < 0)
        return (vonk_token){.kind = TOK_ERROR, .start = start, .end = quote + 1};
    return (vonk_token){.kind = name ? TOK_QUOTED : TOK_STRING, .start = start, .end = end};
}

static vonk_token lex_hint(vonk_slice text, int32_t start)
{
    for (int32_t i = start + 3;; i++) {
        i = find(text, i, '*', '*', '*');
        if (at_end(text, i))
            return (vonk_token){.kind = TOK_ERROR, .start = start, .end = start + 3};
        if (peek(text, i + 1) == '/')
            return (vonk_token){.kind = TOK_HINT, .start = start, .end = i + 2};
    }
}

vonk_token vonk_token_next(vonk_slice text, int32_t *at, bool *ret_unclosed)
{
    int32_t start = skip_hidden(text, *at, ret_unclosed);
    vonk_token token = {.kind = TOK_END, .start = start, .end = start};
    unsigned char c = peek(text, start), next = peek(text, start + 1);
    if (at_end(text, start)) {
        *at = start;
        return token;
    }
    bool numeric = is_digit(c) || (c == '.' && is_digit(next));
    if (c == '\'' || c == '"' || c == '`')
        token = lex_quoted(text, start, start);
    else if ((c == 'r' || c == 'R') && (next == '\'' || next == '"'))
        token = lex_quoted(text, start, start + 1);
    else if (c == '/' && next == '*')
        token = lex_hint(text, start);
    else if (numeric && lex_number(text, start, &token))
        ;
    else if (is_digit(c) && peek(text, skip_digits(text, start)) == '.')
        token = (vonk_token){.kind = TOK_INTEGER, .start = start, .end = skip_digits(text, start)};
    else if (is_word(c))
        token = lex_word(text, start);
    else
        token = lex_operator(text, start);
    *at = token.end;
    return token;
}

vonk_status vonk_tokens(vonk_slice text, vonk_arena *arena, const vonk_token **ret,
                        bool *ret_unclosed, vonk_error *err)
{
    if (text.length >= INT32_MAX)
        return vonk_fail(err, VONK_INVALID, "SQL text of %zu bytes is too long", text.length);
    size_t capacity = text.length / 4 + 16, n = 0;
    if (capacity > FIRST_TOKENS)
        capacity = FIRST_TOKENS;
    vonk_token *tokens = vonk_arena_small(arena, capacity * sizeof(*tokens), err);
    VONK_TRY_ALLOC(tokens);
    int32_t at = 0;
    do {
        VONK_TRY(vonk_arena_check(arena, err));
        if (n == capacity) {
            void *more = NULL;
            VONK_TRY(vonk_arena_extend(arena, tokens, n * sizeof(*tokens),
                                       capacity * 2 * sizeof(*tokens), &more, err));
            tokens = more;
            capacity *= 2;
        }
        tokens[n++] = vonk_token_next(text, &at, ret_unclosed);
    } while (tokens[n - 1].kind != TOK_END);
    *ret = tokens;
    return VONK_OK;
}

bool vonk_token_is_number(vonk_token_kind kind)
{
    return kind >= TOK_INTEGER && kind <= TOK_BIGDECIMAL;
}
