/*
 * parse.h - Spark SQL text -> unresolved plans (vonk_plan), statement by statement.
 */
#ifndef VONK_SQL_PARSE_H
#define VONK_SQL_PARSE_H

#include "plan/plan.h"

/* One statement of a script: text[start..end), without its ';'. */
typedef struct vonk_statement {
    int32_t start, end;
} vonk_statement;

/*
 * Cuts a script at the ';' that end statements (not those in strings, quoted names, comments).
 * Statements without tokens are left out. Never fails on bad SQL: an unclosed string or comment
 * runs to the end and is reported when that statement is parsed.
 */
vonk_status vonk_sql_split(vonk_slice script, vonk_arena *arena, vonk_statement **ret,
                           uint32_t *ret_n, vonk_error *err) VONK_MUST_CHECK;

/*
 * Parses one statement. Positions in the plan are byte offsets into `text`, which must outlive the
 * plan (names and strings may point into it; they are NUL-terminated copies where the type says
 * so). Errors: VONK_USER: PARSE_SYNTAX_ERROR with the position of the token, PARSE_EMPTY_STATEMENT,
 * UNCLOSED_BRACKETED_COMMENT, INVALID_IDENTIFIER, ...; nesting deeper than a fixed bound is an
 * error.
 */
vonk_status vonk_sql_parse(vonk_slice text, vonk_arena *arena, vonk_plan **ret,
                           vonk_error *err) VONK_MUST_CHECK;
/* A single expression ("a + 1"), e.g. for tests. */
vonk_status vonk_sql_parse_expr(vonk_slice text, vonk_arena *arena, vonk_expr **ret,
                                vonk_error *err) VONK_MUST_CHECK;

#endif
