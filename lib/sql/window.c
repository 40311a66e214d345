/*
 * window.c - OVER (PARTITION BY ... ORDER BY ... frame), OVER name, and the WINDOW clause.
 *
 * A specification is a WINDOW node without a function: args[0] is NULL until it is given to one.
 */
#include "sql/parser.h"

#include <string.h>

#include "expr/window.h"

/* name AS specification */
typedef struct definition {
    const char *name;
    vonk_expr *spec;
} definition;

/* What a specification is made of, in the order of the node's arguments. */
typedef struct parts {
    list partition, order, offsets;
    uint8_t unit, lower, upper;
} parts;

/*
 * Is `e` of a type that Spark's parser knows: a literal, or what is computed of literals of one
 * type? (What would still be cast, and every function, is not for it.)
 */
static bool has_known_type(const vonk_expr *e, vonk_type *ret)
{
    vonk_type types[2];
    *ret = e->type;
    if (e->kind == VONK_EXPR_LITERAL)
        return true;
    if (e->kind == VONK_EXPR_CAST)
        return !e->implicit && has_known_type(e->args[0], types);
    bool operator= e->kind == VONK_EXPR_CALL &&
        e->n_args &&(strchr("+-*/%", e->name[0]) || !strcmp(e->name, "div"));
    if (!operator|| e->n_args> 2)
        return false;
    for (uint32_t i = 0; i < e->n_args; i++) {
        if (!has_known_type(e->args[i], &types[i]) || !vonk_type_equal(types[0], types[i]))
            return false;
    }
    *ret = types[0];
    bool wide = types[0].id == VONK_DECIMAL;
    if (e->name[0] == '/')
        return wide || types[0].id == VONK_FLOAT64;
    if (e->name[0] == 'd')
        return wide || types[0].id == VONK_INT64;
    return vonk_type_is_numeric(types[0]);
}

/* `offset` PRECEDING or FOLLOWING, which was read. */
static vonk_status check_offset(parser *p, vonk_expr *offset, int32_t start, bool preceding)
{
    vonk_type type;
    VONK_TRY(sql_check_expr_height(p, offset));
    if (!has_known_type(offset, &type)) {
        vonk_status status = vonk_fail_sql(p->err, "_LEGACY_ERROR_TEMP_0064",
                                           "Frame bound value must be a literal..");
        return vonk_error_at(p->err, status, start, sql_last_end(p));
    }
    if (preceding && offset->kind == VONK_EXPR_LITERAL) { /* to Spark a minus of it is made here */
        offset->start = start;
        offset->end = sql_last_end(p);
    }
    return VONK_OK;
}

static vonk_status parse_bound(parser *p, parts *s, uint8_t *ret)
{
    if (sql_is_text(p, "UNBOUNDED")) {
        sql_next(p);
        *ret = sql_is_text(p, "PRECEDING") ? VONK_BOUND_START : VONK_BOUND_END;
        if (!sql_is_text(p, "PRECEDING") && !sql_is_text(p, "FOLLOWING"))
            return sql_syntax_error(p);
        sql_next(p);
        return VONK_OK;
    }
    if (sql_is_text(p, "CURRENT") &&
        vonk_slice_equal_nocase(sql_token_text(p, sql_peek_at(p, 1)), VONK_SLICE("ROW"))) {
        sql_next(p);
        sql_next(p);
        *ret = VONK_BOUND_CURRENT;
        return VONK_OK;
    }
    vonk_expr *offset = NULL;
    int32_t start = sql_peek(p)->start;
    VONK_TRY(sql_parse_value(p, &offset));
    VONK_TRY(sql_push(p, &s->offsets, offset));
    *ret = sql_is_text(p, "PRECEDING") ? VONK_BOUND_PRECEDING : VONK_BOUND_FOLLOWING;
    if (!sql_is_text(p, "PRECEDING") && !sql_is_text(p, "FOLLOWING"))
        return sql_syntax_error(p);
    sql_next(p);
    return check_offset(p, offset, start, *ret == VONK_BOUND_PRECEDING);
}

/* ROWS | RANGE, then one bound or BETWEEN two */
static vonk_status parse_frame(parser *p, parts *s)
{
    s->unit = sql_is_text(p, "ROWS") ? VONK_FRAME_ROWS : VONK_FRAME_RANGE;
    sql_next(p);
    bool both = sql_accept_word(p, KW_BETWEEN);
    s->upper = VONK_BOUND_CURRENT;
    VONK_TRY(parse_bound(p, s, &s->lower));
    if (!both)
        return VONK_OK;
    VONK_TRY(sql_expect_word(p, KW_AND));
    return parse_bound(p, s, &s->upper);
}

static vonk_status parse_parts(parser *p, parts *s)
{
    bool cluster = sql_is_word(p, KW_CLUSTER);
    if (cluster || sql_is_text(p, "PARTITION") || sql_is_word(p, KW_DISTRIBUTE)) {
        sql_next(p);
        VONK_TRY(sql_expect_word(p, KW_BY));
        VONK_TRY(sql_parse_exprs(p, &s->partition));
    }
    if (!cluster && (sql_is_word(p, KW_ORDER) || sql_is_word(p, KW_SORT))) {
        sql_next(p);
        VONK_TRY(sql_expect_word(p, KW_BY));
        do {
            vonk_expr *item = NULL;
            VONK_TRY(sql_parse_sort_item(p, &item));
            VONK_TRY(sql_push(p, &s->order, item));
        } while (sql_accept(p, TOK_COMMA));
    }
    if (sql_is_text(p, "ROWS") || sql_is_text(p, "RANGE"))
        VONK_TRY(parse_frame(p, s));
    return VONK_OK;
}

static void copy_list(vonk_expr **to, const list *from)
{
    if (from->n)
        memcpy(to, from->items, from->n * sizeof(*to));
}

static vonk_status new_spec(parser *p, const parts *s, vonk_expr **ret)
{
    uint32_t n = 1 + s->partition.n + s->order.n + s->offsets.n;
    vonk_expr *spec = vonk_expr_new(p->arena, VONK_EXPR_WINDOW, n, p->err);
    VONK_TRY_ALLOC(spec);
    spec->n_partition = s->partition.n;
    spec->n_order = s->order.n;
    spec->frame_unit = s->unit;
    spec->lower = s->lower;
    spec->upper = s->upper;
    copy_list(spec->args + 1, &s->partition);
    copy_list(spec->args + 1 + s->partition.n, &s->order);
    copy_list(spec->args + 1 + s->partition.n + s->order.n, &s->offsets);
    *ret = spec;
    return VONK_OK;
}

/* name | (name) | (parts) */
static vonk_status parse_spec(parser *p, vonk_expr **ret)
{
    parts s = {0};
    const char *name = NULL;
    int32_t start = sql_peek(p)->start;
    bool paren = sql_accept(p, TOK_LPAREN);
    bool named = !paren || (sql_at_identifier(p) && sql_peek_at(p, 1)->kind == TOK_RPAREN);
    if (named)
        VONK_TRY(sql_parse_identifier(p, &name));
    else
        VONK_TRY(parse_parts(p, &s));
    if (paren)
        VONK_TRY(sql_expect(p, TOK_RPAREN));
    VONK_TRY(new_spec(p, &s, ret));
    (*ret)->window_name = name;
    (*ret)->spec_start = start;
    (*ret)->spec_end = sql_last_end(p);
    return VONK_OK;
}

vonk_status sql_parse_over(parser *p, vonk_expr **call)
{
    vonk_expr *window = NULL;
    sql_next(p);
    VONK_TRY(parse_spec(p, &window));
    int32_t start = (*call)->start;
    (*call)->end = sql_last_end(p);
    window->args[0] = *call;
    return sql_finish(p, window, start, call);
}

static const definition *find_definition(const list *windows, const char *name)
{
    for (uint32_t i = 0; i < windows->n; i++) {
        const definition *d = windows->items[i];
        if (strcmp(d->name, name) == 0) /* Spark: in the same case */
            return d;
    }
    return NULL;
}

/* w2 AS w1: what w1 stands for, which must not be a name itself. */
static vonk_status check_references(parser *p, const list *windows)
{
    for (uint32_t i = 0; i < windows->n; i++) {
        const definition *d = windows->items[i];
        const char *name = d->spec->window_name;
        const definition *to = name ? find_definition(windows, name) : NULL;
        if (name && !to)
            return vonk_fail_sql(p->err, "INVALID_SQL_SYNTAX.UNRESOLVED_WINDOW_REFERENCE",
                                 "Invalid SQL syntax: Cannot resolve window reference `%s`.", name);
        if (to && to->spec->window_name)
            return vonk_fail_sql(p->err, "INVALID_SQL_SYNTAX.INVALID_WINDOW_REFERENCE",
                                 "Invalid SQL syntax: Window reference `%s` is not a window "
                                 "specification.",
                                 name);
    }
    return VONK_OK;
}

static vonk_status parse_definitions(parser *p, list *windows)
{
    do {
        int32_t start = sql_peek(p)->start;
        definition *d = VONK_NEW(p->arena, definition, p->err);
        VONK_TRY_ALLOC(d);
        VONK_TRY(sql_parse_identifier(p, &d->name));
        VONK_TRY(sql_expect_word(p, KW_AS));
        VONK_TRY(parse_spec(p, &d->spec));
        if (find_definition(windows, d->name)) {
            vonk_status status = vonk_fail_sql(
                p->err, "INVALID_SQL_SYNTAX.REPETITIVE_WINDOW_DEFINITION",
                "Invalid SQL syntax: The definition of window `%s` is repetitive.", d->name);
            return vonk_error_at(p->err, status, start, sql_last_end(p));
        }
        VONK_TRY(sql_push(p, windows, d));
    } while (sql_accept(p, TOK_COMMA));
    return check_references(p, windows);
}

/* The window takes over what its name stands for; an unknown one is the analyzer's to report. */
static vonk_status look_up(parser *p, const list *windows, vonk_expr *window)
{
    const definition *d = find_definition(windows, window->window_name);
    if (d && d->spec->window_name)
        d = find_definition(windows, d->spec->window_name);
    if (!d)
        return VONK_OK;
    vonk_expr *spec = vonk_expr_clone(p->arena, d->spec, p->err);
    VONK_TRY_ALLOC(spec);
    spec->args[0] = window->args[0];
    spec->start = window->start;
    spec->end = window->end;
    *window = *spec;
    return VONK_OK;
}

static vonk_status name_expr(parser *p, const list *windows, vonk_expr *e)
{
    if (e->kind == VONK_EXPR_WINDOW && e->window_name)
        VONK_TRY(look_up(p, windows, e));
    for (uint32_t i = 0; i < e->n_args; i++)
        VONK_TRY(name_expr(p, windows, e->args[i]));
    return VONK_OK;
}

static vonk_status name_plan(parser *p, const list *windows, vonk_plan *plan)
{
    for (uint32_t i = 0; i < plan->n_exprs; i++)
        VONK_TRY(name_expr(p, windows, plan->exprs[i]));
    for (uint32_t i = 0; i < plan->n_group_exprs; i++)
        VONK_TRY(name_expr(p, windows, plan->group_exprs[i]));
    if (plan->condition)
        VONK_TRY(name_expr(p, windows, plan->condition));
    for (uint32_t i = 0; i < plan->n_children; i++)
        VONK_TRY(name_plan(p, windows, plan->children[i]));
    return VONK_OK;
}

vonk_status sql_parse_window_clause(parser *p, vonk_plan *plan, vonk_plan *core)
{
    list windows = {0};
    sql_next(p);
    VONK_TRY(parse_definitions(p, &windows));
    if (core && !core->condition && sql_accept_word(p, KW_QUALIFY))
        VONK_TRY(sql_parse_expr(p, &core->condition));
    VONK_TRY(sql_check_plan_height(p, plan)); /* before a walk by recursion */
    return name_plan(p, &windows, plan);
}
