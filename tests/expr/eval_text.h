/*
 * eval_text.h - evaluates the text of an expression without columns, for tests: parse, resolve as
 * the analyzer does, evaluate, and print as "type: value", or "!CONDITION message" on an error.
 */
#ifndef VONK_TESTS_EXPR_EVAL_TEXT_H
#define VONK_TESTS_EXPR_EVAL_TEXT_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "expr/cast.h"
#include "expr/coerce.h"
#include "expr/eval.h"
#include "sql/parse.h"

static vonk_expr *resolve_case(vonk_expr *e, vonk_arena *arena, vonk_error *err)
{
    vonk_expr *values[32];
    uint32_t n = 0;
    for (uint32_t i = 1; i < e->n_args; i += 2)
        values[n++] = e->args[i];
    if (e->has_else)
        values[n++] = e->args[e->n_args - 1];
    if (vonk_expr_coerce_all(arena, values, n, &e->type, err) != VONK_OK)
        return NULL;
    n = 0;
    for (uint32_t i = 1; i < e->n_args; i += 2)
        e->args[i] = values[n++];
    if (e->has_else)
        e->args[e->n_args - 1] = values[n++];
    return e;
}

static vonk_expr *resolve_node(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    const vonk_eval_settings *settings = context;
    if (e->kind == VONK_EXPR_CASE)
        return resolve_case(e, arena, err);
    if (e->kind == VONK_EXPR_CAST &&
        !vonk_can_cast(e->args[0]->type, e->type, settings->ansi || e->is_try)) {
        (void)!vonk_fail_sql(err, "DATATYPE_MISMATCH.CAST", "cannot cast");
        return NULL;
    }
    if (e->kind != VONK_EXPR_CALL)
        return e;
    e->function = vonk_function_find(e->name);
    if (!e->function) {
        (void)!vonk_fail_sql(err, "UNRESOLVED_ROUTINE", "no function %s", e->name);
        return NULL;
    }
    if (e->function->resolve(e, settings, arena, &e->type, &e->nullable, err) != VONK_OK)
        return NULL;
    return e;
}

static const vonk_eval_settings test_settings = {
    .ansi = true, .time_zone = "UTC", .now_us = 1356998400000000};

/* The text of the answer; `err` has the message of a failure. */
static void eval_text(const char *sql, const vonk_eval_settings *settings, char *out, size_t size,
                      vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_buffer text = {0};
    vonk_expr *e = NULL;
    vonk_value value;
    *err = (vonk_error){0};
    vonk_status status = vonk_sql_parse_expr(vonk_slice_of(sql), &arena, &e, err);
    if (status == VONK_OK) {
        e = vonk_expr_rewrite(e, resolve_node, (void *)settings, &arena, err);
        status = e ? vonk_expr_constant(e, settings, &arena, &value, err) : VONK_USER;
    }
    if (status == VONK_OK) {
        vonk_type_print(e->type, &text);
        vonk_buffer_text(&text, ": ");
        if (value.is_null)
            vonk_buffer_text(&text, "NULL");
        else
            status = vonk_value_print(e->type, &value, settings, &text, err);
    }
    if (status == VONK_OK)
        snprintf(out, size, "%s", vonk_buffer_str(&text));
    else
        (void)snprintf(out, size, "!%.100s %.400s", err->condition, err->message);
    vonk_buffer_free(&text);
    vonk_arena_free(&arena);
}

/* What Spark 4 answers to an expression; of an error only how it begins. */
typedef struct answer {
    const char *sql, *expected;
} answer;

static bool is_answer(const char *actual, const char *expected)
{
    return expected[0] == '!' ? !strncmp(actual, expected, strlen(expected))
                              : !strcmp(actual, expected);
}

#endif
