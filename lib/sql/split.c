/* split.c - a script -> its statements. */
#include <string.h>

#include "sql/parse.h"
#include "sql/token.h"

typedef struct statements {
    vonk_statement *items;
    uint32_t n, capacity;
} statements;

static vonk_status add(statements *list, vonk_statement item, vonk_arena *arena, vonk_error *err)
{
    if (list->n == list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity * 2 : 8;
        vonk_statement *items = VONK_NEW_ARRAY(arena, vonk_statement, capacity, err);
        VONK_TRY_ALLOC(items);
        if (list->n)
            memcpy(items, list->items, list->n * sizeof(*items));
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->n++] = item;
    return VONK_OK;
}

/* The end of the text without the white space at its end. */
static int32_t trimmed_end(vonk_slice text)
{
    size_t end = text.length;
    while (end > 0 && strchr(" \t\n\r\f\v", text.data[end - 1]) && text.data[end - 1])
        end--;
    return (int32_t)end;
}

/* An opening quote or hint without its end. */
static bool is_unclosed(vonk_slice script, vonk_token token)
{
    if (token.kind != TOK_ERROR)
        return false;
    char c = script.data[token.start];
    return token.end - token.start > 1 || c == '\'' || c == '"' || c == '`';
}

vonk_status vonk_sql_split(vonk_slice script, vonk_arena *arena, vonk_statement **ret,
                           uint32_t *ret_n, vonk_error *err)
{
    if (script.length >= INT32_MAX)
        return vonk_fail(err, VONK_INVALID, "script of %zu bytes is too long", script.length);
    statements list = {0};
    int32_t at = 0, first = -1, last = 0;
    for (;;) {
        bool unclosed = false;
        int32_t before = at;
        vonk_token token = vonk_token_next(script, &at, &unclosed);
        if (is_unclosed(script, token))
            at = token.end = (int32_t)script.length; /* the rest is one statement */
        if (unclosed) {
            if (first < 0)
                first = before;
            last = (int32_t)script.length;
        }
        bool ends = token.kind == TOK_END || token.kind == TOK_SEMICOLON;
        if (ends && first >= 0) {
            if (last == (int32_t)script.length)
                last = trimmed_end(script);
            VONK_TRY(add(&list, (vonk_statement){first, last}, arena, err));
            first = -1;
        }
        if (token.kind == TOK_END)
            break;
        if (token.kind == TOK_SEMICOLON)
            continue;
        if (first < 0)
            first = token.start;
        last = token.end;
    }
    *ret = list.items;
    *ret_n = list.n;
    return VONK_OK;
}
