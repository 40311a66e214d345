/*
 * set.c - SET and RESET. What follows SET is taken as text, not as tokens: `SET k = anything goes`.
 * Source: Spark's SparkSqlParser.visitSetConfiguration.
 */
#include "sql/parser.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == ':' || c == '\\' || c == '-';
}

static vonk_slice trim(vonk_slice text)
{
    while (text.length && is_space(text.data[0])) {
        text.data++;
        text.length--;
    }
    while (text.length && is_space(text.data[text.length - 1]))
        text.length--;
    return text;
}

static vonk_status invalid_set(parser *p, int32_t start)
{
    vonk_status status = vonk_fail_sql(
        p->err, "INVALID_SET_SYNTAX",
        "Expected format is 'SET', 'SET key', or 'SET key=value'. If you want to include special "
        "characters in key, or include semicolon in value, please use backquotes, e.g., SET "
        "`key`=`value`.");
    return vonk_error_at(p->err, status, start, (int32_t)p->text.length);
}

/* The text between backquotes if all of `text` is one quoted name, else `text` itself. */
static vonk_slice unquote(vonk_slice text, bool *ret_quoted)
{
    *ret_quoted = text.length >= 2 && text.data[0] == '`' && text.data[text.length - 1] == '`' &&
                  !memchr(text.data + 1, '`', text.length - 2);
    return *ret_quoted ? (vonk_slice){text.data + 1, text.length - 2} : text;
}

static bool is_plain_key(vonk_slice key)
{
    for (size_t i = 0; i < key.length; i++) {
        if (!is_key_char(key.data[i]))
            return false;
    }
    return key.length > 0;
}

/* Where the '=' stands, behind a quoted key if there is one; text.length if there is none. */
static size_t find_equals(vonk_slice text)
{
    size_t i = 0;
    if (text.length && text.data[0] == '`')
        for (i = 1; i < text.length && text.data[i] != '`';)
            i++;
    while (i < text.length && text.data[i] != '=')
        i++;
    return i;
}

static vonk_status set_key(parser *p, vonk_plan *plan, vonk_slice rest, int32_t start)
{
    size_t equals = find_equals(rest);
    bool quoted, value_quoted = false;
    vonk_slice key = unquote(trim((vonk_slice){rest.data, equals}), &quoted);
    if (!quoted && !is_plain_key(key))
        return invalid_set(p, start);
    plan->key = vonk_arena_strndup(p->arena, key.data, key.length, p->err);
    VONK_TRY_ALLOC(plan->key);
    if (equals == rest.length)
        return VONK_OK;
    vonk_slice value = {rest.data + equals + 1, rest.length - equals - 1};
    value = unquote(trim(value), &value_quoted);
    if (!value_quoted && memchr(value.data, ';', value.length))
        return invalid_set(p, start);
    plan->value = vonk_arena_strndup(p->arena, value.data, value.length, p->err);
    VONK_TRY_ALLOC(plan->value);
    return VONK_OK;
}

/* SET TIME ZONE 'zone' | LOCAL */
static vonk_status parse_time_zone(parser *p, vonk_plan *plan)
{
    p->pos += 2;
    plan->key = "spark.sql.session.timeZone";
    if (sql_is_kind(p, TOK_STRING))
        return sql_parse_text(p, &plan->value);
    return sql_unsupported(p, sql_peek(p), "this SET TIME ZONE; write the zone as a string");
}

vonk_status sql_parse_set(parser *p, vonk_plan **ret)
{
    const vonk_token *set = sql_next(p);
    vonk_plan *plan = NULL;
    VONK_TRY(sql_new_plan(p, VONK_PLAN_SET, NULL, set->start, &plan));
    *ret = plan;
    if (sql_is_word(p, KW_TIME) && sql_is_word_at(p, 1, KW_ZONE)) {
        VONK_TRY(parse_time_zone(p, plan));
        sql_end_plan(p, plan);
        return VONK_OK;
    }
    bool other = sql_is_text(p, "CATALOG") || sql_is_text(p, "VARIABLE") || sql_is_text(p, "VAR") ||
                 sql_is_text(p, "ROLE");
    if (other && sql_peek_at(p, 1)->kind == TOK_WORD)
        return sql_unsupported(p, sql_peek(p), "this SET");
    vonk_slice rest = {p->text.data + set->end, p->text.length - (size_t)set->end};
    rest = trim(rest);
    while (rest.length && rest.data[rest.length - 1] == ';')
        rest = trim((vonk_slice){rest.data, rest.length - 1});
    while (!sql_is_kind(p, TOK_END))
        sql_next(p);
    plan->end = (int32_t)p->text.length;
    return rest.length ? set_key(p, plan, rest, set->start) : VONK_OK;
}

vonk_status sql_parse_reset(parser *p, vonk_plan **ret)
{
    const vonk_token *reset = sql_next(p);
    vonk_plan *plan = NULL;
    VONK_TRY(sql_new_plan(p, VONK_PLAN_RESET, NULL, reset->start, &plan));
    *ret = plan;
    if (sql_is_kind(p, TOK_END) || sql_is_kind(p, TOK_SEMICOLON))
        return VONK_OK;
    vonk_slice rest = {p->text.data + reset->end, p->text.length - (size_t)reset->end};
    rest = trim(rest);
    while (rest.length && rest.data[rest.length - 1] == ';')
        rest = trim((vonk_slice){rest.data, rest.length - 1});
    while (!sql_is_kind(p, TOK_END))
        sql_next(p);
    plan->end = (int32_t)p->text.length;
    bool quoted;
    vonk_slice key = unquote(rest, &quoted);
    if (!quoted && !is_plain_key(key)) {
        vonk_status status = vonk_fail_sql(
            p->err, "INVALID_RESET_COMMAND_FORMAT",
            "Expected format is 'RESET' or 'RESET key'. If you want to include special characters "
            "in key, please use quotes, e.g., RESET `key`.");
        return vonk_error_at(p->err, status, reset->start, plan->end);
    }
    plan->key = vonk_arena_strndup(p->arena, key.data, key.length, p->err);
    VONK_TRY_ALLOC(plan->key);
    return VONK_OK;
}
