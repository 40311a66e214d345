/* from.c - relations: tables, subqueries, inline tables, table functions, joins. */
#include "sql/parser.h"

/* Words that cannot name a table without quotes, for they join tables. Spark: strictNonReserved. */
static bool is_join_word(const parser *p)
{
    if (!sql_is_kind(p, TOK_WORD))
        return false;
    switch ((vonk_keyword)sql_peek(p)->keyword) {
    case KW_ANTI:
    case KW_CROSS:
    case KW_EXCEPT:
    case KW_FULL:
    case KW_INNER:
    case KW_INTERSECT:
    case KW_JOIN:
    case KW_LATERAL:
    case KW_LEFT:
    case KW_MINUS:
    case KW_NATURAL:
    case KW_ON:
    case KW_RIGHT:
    case KW_SEMI:
    case KW_UNION:
    case KW_USING:
        return true;
    default:
        return false;
    }
}

vonk_status sql_parse_table_alias(parser *p, vonk_plan **plan)
{
    bool as = sql_is_word(p, KW_AS) && sql_peek_at(p, 1)->kind != TOK_END;
    if (as)
        sql_next(p);
    if (!as && (!sql_at_identifier(p) || is_join_word(p) || sql_at_clause(p)))
        return VONK_OK;
    if (is_join_word(p))
        return sql_syntax_error(p);
    const char *name = NULL;
    VONK_TRY(sql_parse_identifier(p, &name));
    VONK_TRY_ALLOC(*plan);
    int32_t start = (*plan)->start;
    VONK_TRY(sql_new_plan(p, VONK_PLAN_ALIAS, *plan, start, plan));
    (*plan)->alias = name;
    if (sql_is_kind(p, TOK_LPAREN))
        VONK_TRY(sql_parse_identifiers(p, &(*plan)->column_names, &(*plan)->n_column_names));
    sql_end_plan(p, *plan);
    return VONK_OK;
}

/* my-table: names with a minus want quotes */
static vonk_status check_minus(parser *p, int32_t start)
{
    const vonk_token *minus = sql_peek(p), *after = sql_peek_at(p, 1);
    if (minus->kind != TOK_MINUS || after->kind != TOK_WORD || minus->start != sql_last_end(p) ||
        after->start != minus->end)
        return VONK_OK;
    int32_t from = p->tokens[p->pos - 1].start;
    int length = after->end - from > 200 ? 200 : after->end - from;
    const char *text = p->text.data + from;
    vonk_status status =
        vonk_fail_sql(p->err, "INVALID_IDENTIFIER",
                      "The unquoted identifier %.*s is invalid and must be back quoted as: `%.*s`.",
                      length, text, length, text);
    return vonk_error_at(p->err, status, start, after->end);
}

vonk_status sql_parse_named(parser *p, vonk_plan **ret)
{
    int32_t start = sql_peek(p)->start;
    vonk_plan *plan = NULL;
    VONK_TRY(sql_new_plan(p, VONK_PLAN_NAMED, NULL, start, &plan));
    VONK_TRY(sql_parse_parts(p, &plan->name_parts, &plan->n_name_parts));
    VONK_TRY(check_minus(p, start));
    sql_end_plan(p, plan);
    *ret = plan;
    return VONK_OK;
}

/* How many columns a row of VALUES has: a row in parentheses is a struct. */
static uint32_t row_width(const vonk_expr *row)
{
    return vonk_expr_is_call(row, "struct") ? row->n_args : 1;
}

static vonk_status row_mismatch(parser *p, const vonk_expr *row, uint32_t expected, uint32_t i,
                                int32_t start)
{
    vonk_status status = vonk_fail_sql(p->err, "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH",
                                       "Invalid inline table. Inline table expected %u columns but "
                                       "found %u columns in row %u.",
                                       expected, row_width(row), i);
    return vonk_error_at(p->err, status, start, sql_last_end(p));
}

vonk_status sql_parse_values(parser *p, vonk_plan **ret)
{
    int32_t start = p->tokens[p->pos - 1].start; /* VALUES */
    list rows = {0}, values = {0};
    VONK_TRY(sql_parse_exprs(p, &rows));
    uint32_t width = row_width(rows.items[0]);
    for (uint32_t i = 0; i < rows.n; i++) {
        vonk_expr *row = rows.items[i];
        if (row_width(row) != width)
            return row_mismatch(p, row, width, i, start);
        if (!vonk_expr_is_call(row, "struct"))
            VONK_TRY(sql_push(p, &values, row));
        else
            for (uint32_t k = 0; k < width; k++)
                VONK_TRY(sql_push(p, &values, row->args[k]));
    }
    vonk_plan *plan = NULL;
    VONK_TRY(sql_new_plan(p, VONK_PLAN_VALUES, NULL, start, &plan));
    plan->n_rows = rows.n;
    plan->n_columns = width;
    plan->exprs = (vonk_expr **)values.items;
    plan->n_exprs = values.n;
    plan->n_column_names = width;
    plan->column_names = VONK_NEW_ARRAY(p->arena, const char *, width, p->err);
    if (width && !plan->column_names)
        return VONK_NO_MEMORY;
    for (uint32_t k = 0; k < width; k++) {
        plan->column_names[k] = vonk_arena_printf(p->arena, p->err, "col%u", k + 1);
        VONK_TRY_ALLOC(plan->column_names[k]);
    }
    *ret = plan;
    return VONK_OK;
}

/* f(a, b) in FROM */
static vonk_status parse_table_function(parser *p, vonk_plan **ret)
{
    int32_t start = sql_peek(p)->start;
    vonk_plan *plan = NULL;
    list args = {0};
    VONK_TRY(sql_new_plan(p, VONK_PLAN_TABLE_FUNCTION, NULL, start, &plan));
    VONK_TRY(sql_parse_parts(p, &plan->name_parts, &plan->n_name_parts));
    VONK_TRY(sql_expect(p, TOK_LPAREN));
    if (!sql_is_kind(p, TOK_RPAREN)) {
        if (sql_is_word(p, KW_TABLE))
            return sql_unsupported(p, sql_peek(p), "tables as arguments");
        VONK_TRY(sql_parse_exprs(p, &args));
    }
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    plan->exprs = (vonk_expr **)args.items;
    plan->n_exprs = args.n;
    sql_end_plan(p, plan);
    *ret = plan;
    return sql_parse_table_alias(p, ret);
}

static vonk_status parse_relation(parser *p, vonk_plan **ret);

/* Behind '(': a query, or a relation. A query without an alias gets Spark's name for it. */
static vonk_status parse_nested(parser *p, int32_t start, vonk_plan **ret)
{
    vonk_plan *plan = NULL;
    bool query = sql_at_query(p);
    if (query) {
        VONK_TRY(sql_parse_query(p, &plan));
    } else {
        VONK_TRY(sql_enter(p));
        VONK_TRY(parse_relation(p, &plan));
        sql_leave(p);
    }
    VONK_TRY(sql_expect(p, TOK_RPAREN));
    bool sampled = sql_is_word(p, KW_TABLESAMPLE) && sql_peek_at(p, 1)->kind == TOK_LPAREN;
    if (sampled)
        VONK_TRY(sql_parse_sample(p, &plan));
    vonk_plan *bare = plan;
    VONK_TRY(sql_parse_table_alias(p, &plan));
    if ((query || sampled) && plan == bare) {
        VONK_TRY(sql_new_plan(p, VONK_PLAN_ALIAS, plan, start, &plan));
        plan->alias = "__auto_generated_subquery_name";
    }
    *ret = plan;
    return VONK_OK;
}

/* The name at the current token is followed by '(': a function. */
static bool at_table_function(const parser *p)
{
    uint32_t i = 1;
    while (sql_peek_at(p, i)->kind == TOK_DOT && sql_peek_at(p, i + 1)->kind == TOK_WORD)
        i += 2;
    return sql_peek_at(p, i)->kind == TOK_LPAREN;
}

/* t TABLESAMPLE (...) [AS a]: still called t where it has no alias. */
static vonk_status parse_sampled_table(parser *p, vonk_plan **plan)
{
    vonk_plan *table = *plan;
    VONK_TRY(sql_parse_sample(p, plan));
    vonk_plan *sampled = *plan;
    VONK_TRY(sql_parse_table_alias(p, plan));
    if (*plan != sampled)
        return VONK_OK;
    VONK_TRY(sql_new_plan(p, VONK_PLAN_ALIAS, sampled, table->start, plan));
    (*plan)->alias = table->name_parts[table->n_name_parts - 1];
    return VONK_OK;
}

/* Where a table's name behind the current token ends. */
static int32_t skip_alias(parser *p)
{
    vonk_error ignored;
    vonk_error *err = p->err;
    vonk_plan none = {0}, *plan = &none;
    int32_t end = sql_last_end(p);
    p->err = &ignored;
    vonk_status status = sql_parse_table_alias(p, &plan);
    p->err = err;
    return status == VONK_OK ? sql_last_end(p) : end;
}

static vonk_status parse_relation_primary(parser *p, vonk_plan **ret)
{
    const vonk_token *token = sql_peek(p), *after = sql_peek_at(p, 1);
    if (sql_accept(p, TOK_LPAREN))
        return parse_nested(p, token->start, ret);
    if (sql_is_word(p, KW_VALUES) && after->kind != TOK_END && after->kind != TOK_COMMA) {
        sql_next(p);
        vonk_status status = sql_parse_values(p, ret);
        if (status == VONK_USER && p->err && p->err->position == token->start)
            p->err->position_end = skip_alias(p); /* of all rows: with their name */
        VONK_TRY(status);
        vonk_plan *values = *ret;
        VONK_TRY(sql_parse_table_alias(p, ret));
        sql_end_plan(p, values);
        return VONK_OK;
    }
    if (sql_at_identifier(p) && !sql_at_identifier_clause(p) && at_table_function(p))
        return parse_table_function(p, ret);
    VONK_TRY(sql_parse_named(p, ret));
    if (sql_is_word(p, KW_TABLESAMPLE) && sql_peek_at(p, 1)->kind == TOK_LPAREN)
        return parse_sampled_table(p, ret);
    bool travel =
        sql_is_word(p, KW_FOR) || sql_is_text(p, "VERSION") || sql_is_word(p, KW_TIMESTAMP);
    if (travel && sql_peek_at(p, 1)->kind == TOK_WORD && sql_peek_at(p, 2)->kind == TOK_WORD)
        return sql_unsupported(p, sql_peek(p), "time travel");
    return sql_parse_table_alias(p, ret);
}

/* [type] JOIN, if it is there: *ret_found. LEFT alone is no join. */
static vonk_status parse_join_type(parser *p, bool natural, vonk_join_type *ret, bool *ret_found)
{
    const vonk_token *token = sql_peek(p);
    vonk_keyword keyword = token->kind == TOK_WORD ? token->keyword : KW_NONE;
    *ret_found = true;
    *ret = VONK_JOIN_INNER;
    switch (keyword) {
    case KW_INNER:
        sql_next(p);
        break;
    case KW_CROSS:
        sql_next(p);
        *ret = VONK_JOIN_CROSS;
        break;
    case KW_LEFT:
        sql_next(p);
        *ret = sql_accept_word(p, KW_SEMI)   ? VONK_JOIN_SEMI
               : sql_accept_word(p, KW_ANTI) ? VONK_JOIN_ANTI
                                             : VONK_JOIN_LEFT;
        if (*ret == VONK_JOIN_LEFT)
            (void)sql_accept_word(p, KW_OUTER);
        break;
    case KW_RIGHT:
    case KW_FULL:
        sql_next(p);
        *ret = keyword == KW_RIGHT ? VONK_JOIN_RIGHT : VONK_JOIN_FULL;
        (void)sql_accept_word(p, KW_OUTER);
        break;
    case KW_SEMI:
    case KW_ANTI:
        sql_next(p);
        *ret = keyword == KW_SEMI ? VONK_JOIN_SEMI : VONK_JOIN_ANTI;
        break;
    case KW_JOIN:
        break;
    default:
        *ret_found = natural;
        return natural ? sql_syntax_error(p) : VONK_OK;
    }
    return sql_expect_word(p, KW_JOIN);
}

static vonk_status new_join(parser *p, vonk_plan *left, vonk_plan *right, vonk_join_type type,
                            vonk_plan **ret)
{
    vonk_plan *join = vonk_plan_new(p->arena, VONK_PLAN_JOIN, 2, p->err);
    VONK_TRY_ALLOC(join);
    join->children[0] = left;
    join->children[1] = right;
    join->join_type = type;
    join->start = left->start;
    sql_end_plan(p, join);
    *ret = join;
    return VONK_OK;
}

/* LATERAL, before a query in parentheses or the call of a function. */
static bool accept_lateral(parser *p)
{
    const vonk_token *after = sql_peek_at(p, 1);
    bool lateral = sql_is_word(p, KW_LATERAL) &&
                   (after->kind == TOK_LPAREN || after->kind == TOK_WORD) &&
                   !sql_is_word_at(p, 1, KW_VIEW);
    if (lateral)
        sql_next(p);
    return lateral;
}

/* What cannot be lateral. Source: AstBuilder.withJoinRelations. */
static vonk_status check_lateral(parser *p, const vonk_plan *join)
{
    const vonk_plan *right = join->children[1];
    const vonk_plan *bare = right->kind == VONK_PLAN_ALIAS ? right->children[0] : right;
    bool query = bare->kind == VONK_PLAN_TABLE_FUNCTION ||
                 (bare != right && bare->kind != VONK_PLAN_NAMED && bare->kind != VONK_PLAN_JOIN);
    bool kind = join->join_type == VONK_JOIN_INNER || join->join_type == VONK_JOIN_CROSS ||
                join->join_type == VONK_JOIN_LEFT;
    const char *name = vonk_join_type_name(join->join_type);
    if (!join->lateral)
        return VONK_OK;
    if (!query)
        vonk_fail_sql(p->err, "INVALID_SQL_SYNTAX.LATERAL_WITHOUT_SUBQUERY_OR_TABLE_VALUED_FUNC",
                      "Invalid SQL syntax: LATERAL can only be used with subquery and table-valued "
                      "functions.");
    else if (join->natural)
        vonk_fail_sql(p->err, "INCOMPATIBLE_JOIN_TYPES",
                      "The join types LATERAL and NATURAL are incompatible.");
    else if (join->n_using)
        vonk_fail_sql(p->err, "UNSUPPORTED_FEATURE.LATERAL_JOIN_USING",
                      "The feature is not supported: JOIN USING with LATERAL correlation.");
    else if (!kind)
        vonk_fail_sql(p->err, "INVALID_LATERAL_JOIN_TYPE",
                      "The %s JOIN with LATERAL correlation is not allowed because an OUTER "
                      "subquery cannot correlate to its join partner. Remove the LATERAL "
                      "correlation or use an INNER JOIN, or LEFT OUTER JOIN instead.",
                      name);
    else
        return VONK_OK;
    return vonk_error_at(p->err, VONK_USER, right->start, right->end);
}

/* One more join of *left, if there is one: *ret_found. */
static vonk_status parse_join(parser *p, vonk_plan **left, bool *ret_found)
{
    vonk_plan *right = NULL;
    vonk_join_type type;
    int32_t start = sql_peek(p)->start;
    bool natural = sql_accept_word(p, KW_NATURAL);
    VONK_TRY(parse_join_type(p, natural, &type, ret_found));
    if (!*ret_found)
        return VONK_OK;
    bool lateral = accept_lateral(p);
    VONK_TRY(parse_relation_primary(p, &right));
    VONK_TRY(new_join(p, *left, right, type, left));
    vonk_plan *join = *left;
    join->start = start;
    join->natural = natural;
    join->lateral = lateral;
    if (!natural && sql_accept_word(p, KW_ON))
        VONK_TRY(sql_parse_expr(p, &join->condition));
    else if (!natural && sql_accept_word(p, KW_USING))
        VONK_TRY(sql_parse_identifiers(p, &join->using_names, &join->n_using));
    VONK_TRY(check_lateral(p, join));
    sql_end_plan(p, join);
    return VONK_OK;
}

/* JOIN ..., PIVOT ..., UNPIVOT ... behind a relation. */
vonk_status sql_parse_extensions(parser *p, vonk_plan **plan)
{
    bool found = true;
    while (found) {
        bool pivot = sql_is_word(p, KW_PIVOT) || sql_is_word(p, KW_UNPIVOT);
        if (pivot && (sql_peek_at(p, 1)->kind == TOK_LPAREN || sql_peek_at(p, 1)->kind == TOK_WORD))
            VONK_TRY(sql_parse_pivot(p, plan));
        else
            VONK_TRY(parse_join(p, plan, &found));
    }
    return VONK_OK;
}

static vonk_status parse_relation(parser *p, vonk_plan **ret)
{
    VONK_TRY(parse_relation_primary(p, ret));
    return sql_parse_extensions(p, ret);
}

/* a, b JOIN c is (a, b) JOIN c, as in Spark. */
vonk_status sql_parse_from(parser *p, vonk_plan **ret)
{
    vonk_plan *left = NULL, *right = NULL;
    (void)accept_lateral(p); /* of what is first it means nothing */
    VONK_TRY(parse_relation(p, &left));
    while (sql_accept(p, TOK_COMMA)) {
        bool lateral = accept_lateral(p);
        VONK_TRY(parse_relation_primary(p, &right));
        VONK_TRY(new_join(p, left, right, VONK_JOIN_INNER, &left));
        left->lateral = lateral;
        VONK_TRY(check_lateral(p, left));
        VONK_TRY(sql_parse_extensions(p, &left));
    }
    if (sql_is_word(p, KW_LATERAL) && sql_is_word_at(p, 1, KW_VIEW))
        return sql_unsupported(p, sql_peek(p), "LATERAL VIEW");
    *ret = left;
    return VONK_OK;
}
