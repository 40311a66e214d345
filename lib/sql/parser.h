/*
 * parser.h - what the files of the parser share; private to lib/sql.
 *
 * Recursive descent over the array of tokens, one function a rule of Spark's SqlBaseParser.g4.
 * Every rule returns a status, writes its node to *ret and leaves `pos` behind what it read.
 */
#ifndef VONK_SQL_PARSER_H
#define VONK_SQL_PARSER_H

#include "plan/plan.h"
#include "sql/token.h"

#define MAX_NESTING     500  /* parentheses, subqueries, CASEs inside each other */
#define MAX_TREE_HEIGHT 1000 /* nodes from the root to a leaf: also a + b + c + ... */

typedef struct parser {
    vonk_slice text;
    const vonk_token *tokens; /* ended by END */
    uint32_t pos;
    uint32_t depth;
    vonk_arena *arena;
    vonk_error *err;
} parser;

/* A growing array of pointers in the arena. */
typedef struct list {
    void **items;
    uint32_t n, capacity;
} list;

/* parser.c: tokens */
const vonk_token *sql_peek(const parser *p);
const vonk_token *sql_peek_at(const parser *p, uint32_t ahead);
/* Moves past the current token, unless it is END, and returns it. */
const vonk_token *sql_next(parser *p);
bool sql_is_kind(const parser *p, vonk_token_kind kind);
bool sql_is_word(const parser *p, vonk_keyword keyword);
bool sql_is_word_at(const parser *p, uint32_t ahead, vonk_keyword keyword);
bool sql_accept(parser *p, vonk_token_kind kind);
bool sql_accept_word(parser *p, vonk_keyword keyword);
/* Words that are not keywords of their own: "TYPE", "COLUMNS". `upper` is in upper case. */
bool sql_is_text(const parser *p, const char *upper);
bool sql_accept_text(parser *p, const char *upper);
vonk_status sql_expect(parser *p, vonk_token_kind kind) VONK_MUST_CHECK;
vonk_status sql_expect_word(parser *p, vonk_keyword keyword) VONK_MUST_CHECK;
vonk_slice sql_token_text(const parser *p, const vonk_token *token);
/* Where the token before the current one ends. */
int32_t sql_last_end(const parser *p);

/* parser.c: errors; they return the status to pass on */
void sql_report_syntax(parser *p, const vonk_token *token);
void sql_report_unsupported(parser *p, const vonk_token *token, const char *what);

static inline vonk_status sql_syntax_error_at(parser *p, const vonk_token *token)
{
    sql_report_syntax(p, token);
    return VONK_USER;
}

static inline vonk_status sql_syntax_error(parser *p)
{
    return sql_syntax_error_at(p, sql_peek(p));
}

/* UNSUPPORTED_FEATURE at `token`. */
static inline vonk_status sql_unsupported(parser *p, const vonk_token *token, const char *what)
{
    sql_report_unsupported(p, token, what);
    return VONK_USER;
}

vonk_status sql_enter(parser *p) VONK_MUST_CHECK; /* one level deeper, bounded */
void sql_leave(parser *p);

/* parser.c: names and texts */
vonk_status sql_push(parser *p, list *items, const void *item) VONK_MUST_CHECK;
bool sql_at_identifier(const parser *p);
vonk_status sql_parse_identifier(parser *p, const char **ret) VONK_MUST_CHECK;
/* a.b.c: an array of the parts. */
vonk_status sql_parse_parts(parser *p, const char ***ret, uint32_t *ret_n) VONK_MUST_CHECK;
/* (a, b, c) and, without parentheses, a, b, c */
vonk_status sql_parse_identifiers(parser *p, const char ***ret, uint32_t *ret_n) VONK_MUST_CHECK;
vonk_status sql_parse_bare_identifiers(parser *p, const char ***ret,
                                       uint32_t *ret_n) VONK_MUST_CHECK;
/* The next `n` tokens, which are STRINGs, as one NUL-terminated text. */
vonk_status sql_unescape(parser *p, uint32_t n, vonk_slice *ret) VONK_MUST_CHECK;
/* One or more STRING tokens side by side. The bytes are NUL-terminated. */
vonk_status sql_parse_string(parser *p, vonk_slice *ret) VONK_MUST_CHECK;
vonk_status sql_parse_text(parser *p, const char **ret) VONK_MUST_CHECK;

/* type.c */
vonk_status sql_parse_type(parser *p, vonk_type *ret) VONK_MUST_CHECK;
/* (a INT NOT NULL COMMENT 'x', ...) */
vonk_status sql_parse_columns(parser *p, vonk_schema **ret) VONK_MUST_CHECK;

/* expr.c, primary.c, call.c, literal.c, interval.c */
vonk_status sql_parse_expr(parser *p, vonk_expr **ret) VONK_MUST_CHECK;
vonk_status sql_parse_value(parser *p, vonk_expr **ret) VONK_MUST_CHECK; /* without AND, OR, NOT */
vonk_status sql_parse_primary(parser *p, vonk_expr **ret) VONK_MUST_CHECK;
/* identifier_clause.c: IDENTIFIER('a.b') at the current token, as the parts of a name. */
bool sql_at_identifier_clause(const parser *p);
vonk_status sql_parse_identifier_clause(parser *p, const char ***ret,
                                        uint32_t *ret_n) VONK_MUST_CHECK;
/* parser.c: a name in a text of its own. */
vonk_status sql_parse_name_text(parser *p, vonk_slice text, const char ***ret,
                                uint32_t *ret_n) VONK_MUST_CHECK;
/* named_args.c: puts arguments that have a name (`names`, NULL for none) where they belong. */
vonk_status sql_order_named_args(parser *p, const char *function, const list *names, int32_t start,
                                 list *args) VONK_MUST_CHECK;
vonk_status sql_parse_call(parser *p, vonk_expr **ret) VONK_MUST_CHECK;
/* EXTRACT, TRIM, ...: *ret stays NULL if it is an ordinary call after all. */
vonk_status sql_parse_special_call(parser *p, vonk_expr **ret) VONK_MUST_CHECK;
vonk_status sql_parse_exprs(parser *p, list *items) VONK_MUST_CHECK; /* a, b, c */
vonk_status sql_parse_number(parser *p, bool negative, vonk_expr **ret) VONK_MUST_CHECK;
/* DATE '..', X'..', ...: the word is current and a STRING follows. */
vonk_status sql_parse_typed_literal(parser *p, vonk_expr **ret) VONK_MUST_CHECK;
bool sql_at_interval(const parser *p);
vonk_status sql_parse_interval(parser *p, vonk_expr **ret) VONK_MUST_CHECK;
/* Finishes a node that began at the byte `start`; NULL passes on as VONK_NO_MEMORY. */
vonk_status sql_finish(parser *p, vonk_expr *e, int32_t start, vonk_expr **ret) VONK_MUST_CHECK;
vonk_status sql_call_of(parser *p, const char *name, const list *args, int32_t start,
                        vonk_expr **ret) VONK_MUST_CHECK;

/* query.c, select.c, group_by.c, from.c */
vonk_status sql_parse_query(parser *p, vonk_plan **ret) VONK_MUST_CHECK;
/* TABLESAMPLE (...), behind a relation. */
vonk_status sql_parse_sample(parser *p, vonk_plan **plan) VONK_MUST_CHECK;
/* WITHIN GROUP (ORDER BY a DESC), behind a call: its keys become arguments. */
vonk_status sql_parse_within_group(parser *p, vonk_expr **call) VONK_MUST_CHECK;
vonk_status sql_parse_sort_item(parser *p, vonk_expr **ret) VONK_MUST_CHECK; /* a DESC */
bool sql_at_query(const parser *p); /* SELECT, WITH, VALUES, ...; also behind parentheses */
/* SELECT ...; `from`: the relation of a FROM clause that came first, or NULL. */
vonk_status sql_parse_select(parser *p, vonk_plan *from, vonk_plan **ret) VONK_MUST_CHECK;
/* Behind GROUP; group_by.c says what ROLLUP and the like become. */
vonk_status sql_parse_group_by(parser *p, list *groups) VONK_MUST_CHECK;
vonk_status sql_parse_named_expr(parser *p, vonk_expr **ret) VONK_MUST_CHECK; /* a + 1 AS b */
vonk_status sql_parse_from(parser *p, vonk_plan **ret) VONK_MUST_CHECK;       /* behind FROM */
vonk_status sql_parse_values(parser *p, vonk_plan **ret) VONK_MUST_CHECK;     /* behind VALUES */
vonk_status sql_parse_named(parser *p, vonk_plan **ret) VONK_MUST_CHECK;      /* a.b.c */
/* [AS] name [(columns)], if it is there: wraps *plan. */
vonk_status sql_parse_table_alias(parser *p, vonk_plan **plan) VONK_MUST_CHECK;
/* JOIN ..., PIVOT ..., UNPIVOT ... behind *plan, a relation. */
vonk_status sql_parse_extensions(parser *p, vonk_plan **plan) VONK_MUST_CHECK;
/* UNION ... and the like behind *plan; ORDER BY, WINDOW, LIMIT. */
vonk_status sql_parse_set_ops(parser *p, vonk_plan **plan) VONK_MUST_CHECK;
vonk_status sql_parse_organization(parser *p, vonk_plan **plan) VONK_MUST_CHECK;
/* pipe.c: |> ... |> ... behind *plan, a query. */
vonk_status sql_parse_pipes(parser *p, vonk_plan **plan) VONK_MUST_CHECK;
/* pivot.c: PIVOT (...) or UNPIVOT (...) behind *plan, the current word: wraps it. */
vonk_status sql_parse_pivot(parser *p, vonk_plan **plan) VONK_MUST_CHECK;
/* A word that may begin the next clause, so that it is no alias unless a clause cannot follow. */
bool sql_at_clause(const parser *p);

vonk_status sql_new_plan(parser *p, vonk_plan_kind kind, vonk_plan *child, int32_t start,
                         vonk_plan **ret) VONK_MUST_CHECK;
/* Positions: from `start` to the last token. */
void sql_end_plan(parser *p, vonk_plan *plan);

/* window.c */
/* OVER ...: *call becomes a WINDOW around it. */
vonk_status sql_parse_over(parser *p, vonk_expr **call) VONK_MUST_CHECK;
/* WINDOW a AS (...), ...: for the OVERs in `plan` that name them. QUALIFY may follow: of `core` (or
 * NULL). */
vonk_status sql_parse_window_clause(parser *p, vonk_plan *plan, vonk_plan *core) VONK_MUST_CHECK;

/* command.c, create.c, show.c, set.c */
vonk_status sql_parse_statement(parser *p, vonk_plan **ret) VONK_MUST_CHECK;
vonk_status sql_parse_create(parser *p, vonk_plan **ret) VONK_MUST_CHECK;
vonk_status sql_parse_options(parser *p, vonk_options *ret) VONK_MUST_CHECK; /* (k 'v', ...) */
vonk_status sql_parse_show(parser *p, vonk_plan **ret) VONK_MUST_CHECK;
vonk_status sql_parse_describe(parser *p, vonk_plan **ret) VONK_MUST_CHECK;
vonk_status sql_parse_analyze_table(parser *p, vonk_plan **ret) VONK_MUST_CHECK;
vonk_status sql_parse_set(parser *p, vonk_plan **ret) VONK_MUST_CHECK;
vonk_status sql_parse_reset(parser *p, vonk_plan **ret) VONK_MUST_CHECK;

/* height.c: fails if the tree is higher than MAX_TREE_HEIGHT. Does not recurse. */
vonk_status sql_check_plan_height(parser *p, const vonk_plan *plan) VONK_MUST_CHECK;
vonk_status sql_check_expr_height(parser *p, const vonk_expr *e) VONK_MUST_CHECK;

#endif
