/*
 * resolve_pivot.c - PIVOT: rows become columns.
 *
 *   FROM t PIVOT (sum(x) AS s FOR c IN (1 AS one, 2))     with the columns k, c, x
 *
 *   Project [k, one, 2]
 *   +- Aggregate [k], [k, first(s) FILTER (WHERE c <=> 1) AS one, first(s) FILTER (...) AS 2]
 *      +- Project [k, c, s]
 *         +- Aggregate [k, c], [k, c, sum(x) AS s]
 *
 * What neither stands in an aggregate nor behind FOR is grouped by. A value that no row has gives
 * NULL, for count too; but where an aggregate is neither number nor boolean, each gets a FILTER:
 *
 *   Aggregate [k], [k, max(s) FILTER (WHERE c <=> 1) AS one, ...]
 *
 * Source: Spark's PivotTransformer and PivotFirst.
 */
#include <string.h>

#include "analyze/resolver.h"
#include "expr/coerce.h"
#include "expr/eval.h"

typedef struct pivoting {
    vonk_analyzer *analyzer;
    const query_context *q;
    const vonk_plan *plan;
    relation child;
    uint32_t n_columns, n_values, n_aggregates;
    vonk_expr **columns;    /* behind FOR: typed, over the child */
    vonk_expr **aggregates; /* typed, over the child */
    const char **names;     /* of the aggregates */
    vonk_expr **values;     /* n_values x n_columns, of the columns' types */
    const char **labels;    /* of the values */
    relation middle;        /* groups, columns, aggregates */
    uint32_t n_groups;
    uint32_t row; /* the value that is_value() asks for */
} pivoting;

static vonk_status resolve_over_child(pivoting *p, const vonk_expr *e, scope *ret_scope,
                                      vonk_expr **ret, vonk_error *err)
{
    *ret_scope = (scope){.first = &p->child, .outer = p->q->outer, .ctes = p->q->ctes};
    return resolve_expr(p->analyzer, ret_scope, e, ret, err);
}

static vonk_status resolve_aggregates(pivoting *p, vonk_error *err)
{
    for (uint32_t i = 0; i < p->n_aggregates; i++) {
        const vonk_expr *e = p->plan->exprs[i];
        bool named = e->kind == VONK_EXPR_ALIAS;
        scope s;
        VONK_TRY(resolve_over_child(p, named ? e->args[0] : e, &s, &p->aggregates[i], err));
        const char *text = expr_text(p->analyzer, p->aggregates[i], err);
        VONK_TRY_ALLOC(text);
        if (!s.n_aggregates)
            return AT(e, vonk_fail_sql(err, "_LEGACY_ERROR_TEMP_1006",
                                       "Aggregate expression required for pivot, but '%s' did not "
                                       "appear in any aggregate function.",
                                       text));
        p->names[i] = named ? e->name : text;
    }
    return VONK_OK;
}

/* What a value is called: its ALIAS, or its text; that of a row is `{1, a}`. */
static vonk_status value_label(pivoting *p, const vonk_expr *value, vonk_expr *const *typed,
                               uint32_t n, const char **ret, vonk_error *err)
{
    vonk_analyzer *a = p->analyzer;
    vonk_buffer text = {0};
    if (value->kind == VONK_EXPR_ALIAS) {
        *ret = value->name;
        return VONK_OK;
    }
    vonk_buffer_text(&text, n > 1 ? "{" : "");
    for (uint32_t i = 0; i < n; i++) {
        vonk_expr *cast = vonk_expr_cast(a->arena, typed[i], VONK_TYPE(STRING), false, err);
        vonk_value constant = {.is_null = true};
        vonk_status status =
            cast ? vonk_expr_constant(cast, a->settings, a->arena, &constant, err) : VONK_NO_MEMORY;
        if (status != VONK_OK) {
            vonk_buffer_free(&text);
            return status;
        }
        vonk_buffer_text(&text, i ? ", " : "");
        if (constant.is_null)
            vonk_buffer_text(&text, "null");
        else
            vonk_buffer_append(&text, constant.string.data, constant.string.length);
    }
    vonk_buffer_text(&text, n > 1 ? "}" : "");
    *ret = vonk_arena_strndup(a->arena, vonk_buffer_str(&text), text.length, err);
    vonk_buffer_free(&text);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

static vonk_status fail_value_type(pivoting *p, const vonk_expr *at, const vonk_expr *value,
                                   const vonk_expr *column, vonk_error *err)
{
    const char *text = expr_text(p->analyzer, value, err);
    const char *from = vonk_type_text(p->analyzer->arena, value->type);
    const char *to = vonk_type_text(p->analyzer->arena, column->type);
    if (!text || !from || !to)
        return VONK_NO_MEMORY;
    return AT(at, vonk_fail_sql(err, "PIVOT_VALUE_DATA_TYPE_MISMATCH",
                                "Invalid pivot value '%s': value data type %s does not match pivot "
                                "column data type %s.",
                                text, from, to));
}

static bool is_not_constant(const vonk_expr *e, void *context)
{
    (void)context;
    return e->kind == VONK_EXPR_COLUMN || e->kind == VONK_EXPR_SUBQUERY ||
           (e->kind == VONK_EXPR_CALL && e->function &&
            (e->function->aggregate || !e->function->deterministic));
}

static vonk_status resolve_value(pivoting *p, uint32_t row, vonk_error *err)
{
    vonk_analyzer *a = p->analyzer;
    const vonk_expr *value = p->plan->group_exprs[p->n_columns + row];
    const vonk_expr *bare = value->kind == VONK_EXPR_ALIAS ? value->args[0] : value;
    bool is_row = vonk_expr_is_call(bare, "struct");
    vonk_expr **typed = p->values + (size_t)row * p->n_columns;
    if ((is_row ? bare->n_args : 1) != p->n_columns) {
        scope s;
        vonk_expr *e;
        VONK_TRY(resolve_over_child(p, bare, &s, &e, err));
        return fail_value_type(p, value, e, p->columns[0], err);
    }
    for (uint32_t i = 0; i < p->n_columns; i++) {
        scope s;
        VONK_TRY(resolve_over_child(p, is_row ? bare->args[i] : bare, &s, &typed[i], err));
        const char *text = expr_text(a, typed[i], err);
        VONK_TRY_ALLOC(text);
        if (vonk_expr_any(typed[i], is_not_constant, NULL))
            return AT(value, vonk_fail_sql(err, "NON_LITERAL_PIVOT_VALUES",
                                           "Literal expressions required for pivot values, found "
                                           "\"%s\".",
                                           text));
    }
    VONK_TRY(value_label(p, value, typed, p->n_columns, &p->labels[row], err));
    for (uint32_t i = 0; i < p->n_columns; i++) {
        if (!vonk_can_cast(typed[i]->type, p->columns[i]->type, a->settings->ansi))
            return fail_value_type(p, value, typed[i], p->columns[i], err);
        typed[i] = vonk_expr_coerce(a->arena, typed[i], p->columns[i]->type, err);
        VONK_TRY_ALLOC(typed[i]);
    }
    return VONK_OK;
}

/* The child's columns that are used nowhere, then those of FOR. */
static vonk_status add_groups(pivoting *p, aggregation *agg, vonk_error *err)
{
    vonk_id_set used = {.arena = p->analyzer->arena};
    for (uint32_t i = 0; i < p->n_aggregates; i++)
        VONK_TRY(vonk_expr_columns(p->aggregates[i], &used, err));
    for (uint32_t i = 0; i < p->n_columns; i++)
        VONK_TRY(vonk_expr_columns(p->columns[i], &used, err));
    for (uint32_t i = 0; i < p->child.n_visible; i++) {
        const vonk_attribute *attribute = &p->child.attributes[i];
        if (vonk_id_set_has(&used, attribute->id))
            continue;
        vonk_expr *column = vonk_attribute_column(p->analyzer->arena, attribute, err);
        VONK_TRY_ALLOC(column);
        VONK_TRY(add_group(agg, column, err));
    }
    p->n_groups = agg->n_groups;
    for (uint32_t i = 0; i < p->n_columns; i++)
        VONK_TRY(add_group(agg, p->columns[i], err));
    return VONK_OK;
}

/* p->middle: one row for each group and value. */
static vonk_status group_by_values(pivoting *p, aggregation *agg, vonk_error *err)
{
    vonk_analyzer *a = p->analyzer;
    item_list items = {0};
    vonk_plan *plan;
    for (uint32_t i = 0; i < agg->n_groups; i++)
        VONK_TRY(add_item(a, &items, agg->group_outs[i], err));
    for (uint32_t i = 0; i < p->n_aggregates; i++) {
        vonk_expr *e, *alias;
        VONK_TRY(over_aggregation(agg, p->aggregates[i], &e, err));
        VONK_TRY(new_alias(a, e, p->names[i], &alias, err));
        VONK_TRY(add_item(a, &items, alias, err));
    }
    VONK_TRY(new_aggregate(agg, p->child.plan, p->plan, &plan, err));
    VONK_TRY(new_project(a, plan, items.items, items.n, p->plan, &plan, err));
    return relation_of(a, plan, &p->middle, err);
}

static vonk_status typed_call2(pivoting *p, const char *name, vonk_expr *a, vonk_expr *b,
                               vonk_expr **ret, vonk_error *err)
{
    vonk_expr *call = vonk_expr_call2(p->analyzer->arena, name, a, b, err);
    VONK_TRY_ALLOC(call);
    *ret = call;
    return type_call(p->analyzer, call, err);
}

/* columns[i] <=> value AND ... AND *ret, which may be NULL */
static vonk_status is_value(pivoting *p, vonk_expr *const *columns, vonk_expr **ret,
                            vonk_error *err)
{
    for (uint32_t i = 0; i < p->n_columns; i++) {
        vonk_expr *value = p->values[(size_t)p->row * p->n_columns + i], *equal;
        VONK_TRY(typed_call2(p, "<=>", columns[i], value, &equal, err));
        if (*ret)
            VONK_TRY(typed_call2(p, "and", equal, *ret, &equal, err));
        *ret = equal;
    }
    return VONK_OK;
}

static vonk_status column_name(pivoting *p, uint32_t i, const char **ret, vonk_error *err)
{
    *ret = p->labels[p->row];
    if (p->n_aggregates > 1)
        *ret = vonk_arena_printf(p->analyzer->arena, err, "%s_%s", p->labels[p->row], p->names[i]);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

/* Aggregate `i` of the value p->row, out of p->middle. */
static vonk_status pick(pivoting *p, uint32_t i, vonk_expr **ret, vonk_error *err)
{
    vonk_analyzer *a = p->analyzer;
    const vonk_attribute *attributes = p->middle.attributes;
    vonk_expr *column =
        vonk_attribute_column(a->arena, &attributes[p->n_groups + p->n_columns + i], err);
    vonk_expr *call = vonk_expr_call1(a->arena, "first", column, err);
    vonk_expr **columns = VONK_NEW_ARRAY(a->arena, vonk_expr *, p->n_columns, err);
    if (!call || !columns)
        return VONK_NO_MEMORY;
    for (uint32_t k = 0; k < p->n_columns; k++)
        VONK_TRY_ALLOC(columns[k] =
                           vonk_attribute_column(a->arena, &attributes[p->n_groups + k], err));
    VONK_TRY(is_value(p, columns, &call->filter, err));
    VONK_TRY(type_call(a, call, err));
    *ret = call;
    return VONK_OK;
}

/* An aggregate of the rows with the value p->row; first() then looks for one that is not null. */
static vonk_expr *narrow_call(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    pivoting *p = context;
    if (e->kind != VONK_EXPR_CALL || !e->function || !e->function->aggregate)
        return e;
    vonk_expr *copy = vonk_expr_clone(arena, e, err);
    bool one = copy && (!strcmp(e->name, "first") || !strcmp(e->name, "last"));
    if (one) {
        vonk_expr *skips = vonk_expr_bool(arena, true, err);
        copy = skips ? vonk_expr_call2(arena, e->name, e->args[0], skips, err) : NULL;
        if (!copy || type_call(p->analyzer, copy, err) != VONK_OK)
            return NULL;
        copy->filter = e->filter;
    }
    return copy && is_value(p, p->columns, &copy->filter, err) == VONK_OK ? copy : NULL;
}

static vonk_status narrow(pivoting *p, uint32_t i, vonk_expr **ret, vonk_error *err)
{
    *ret = vonk_expr_rewrite(p->aggregates[i], narrow_call, p, p->analyzer->arena, err);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

/* The columns of all values, over `input`, grouped by its first columns. */
static vonk_status spread(pivoting *p, const relation *input, vonk_expr *const *groups,
                          vonk_status (*column)(pivoting *, uint32_t, vonk_expr **, vonk_error *),
                          relation *ret, vonk_error *err)
{
    vonk_analyzer *a = p->analyzer;
    aggregation agg = {.analyzer = a, .input = input, .has_group_by = p->n_groups > 0};
    item_list items = {0};
    vonk_plan *plan;
    for (uint32_t i = 0; i < p->n_groups; i++) {
        VONK_TRY(add_group(&agg, groups[i], err));
        VONK_TRY(add_item(a, &items, groups[i], err));
    }
    for (p->row = 0; p->row < p->n_values; p->row++) {
        for (uint32_t i = 0; i < p->n_aggregates; i++) {
            vonk_expr *item = NULL;
            const char *name;
            VONK_TRY(column(p, i, &item, err));
            VONK_TRY(over_aggregation(&agg, item, &item, err));
            VONK_TRY(column_name(p, i, &name, err));
            VONK_TRY(new_alias(a, item, name, &item, err));
            VONK_TRY(add_item(a, &items, item, err));
        }
    }
    VONK_TRY(new_aggregate(&agg, input->plan, p->plan, &plan, err));
    VONK_TRY(new_project(a, plan, items.items, items.n, p->plan, &plan, err));
    return relation_of(a, plan, ret, err);
}

/* Are all aggregates of types that PivotFirst keeps? */
static bool are_simple(const pivoting *p)
{
    for (uint32_t i = 0; i < p->n_aggregates; i++) {
        vonk_type type = p->aggregates[i]->type;
        if (!vonk_type_is_numeric(type) && type.id != VONK_BOOL)
            return false;
    }
    return true;
}

static vonk_status build_pivot(pivoting *p, relation *ret, vonk_error *err)
{
    aggregation agg = {.analyzer = p->analyzer, .input = &p->child, .has_group_by = true};
    VONK_TRY(add_groups(p, &agg, err));
    if (!are_simple(p))
        return spread(p, &p->child, agg.groups, narrow, ret, err);
    VONK_TRY(group_by_values(p, &agg, err));
    vonk_expr **groups = VONK_NEW_ARRAY(p->analyzer->arena, vonk_expr *, p->n_groups, err);
    VONK_TRY_ALLOC(groups);
    for (uint32_t i = 0; i < p->n_groups; i++)
        VONK_TRY_ALLOC(
            groups[i] = vonk_attribute_column(p->analyzer->arena, &p->middle.attributes[i], err));
    return spread(p, &p->middle, groups, pick, ret, err);
}

/* The groups are still called t.k. */
static void keep_qualifiers(const pivoting *p, relation *r)
{
    for (uint32_t i = 0; i < p->n_groups; i++) {
        for (uint32_t k = 0; k < p->child.n_visible; k++) {
            if (p->child.attributes[k].id == r->attributes[i].id)
                r->attributes[i].qualifier = p->child.attributes[k].qualifier;
        }
    }
}

vonk_status resolve_pivot(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                          relation *ret, vonk_error *err)
{
    pivoting p = {.analyzer = a, .q = q, .plan = plan};
    VONK_TRY(resolve_relation(a, q, plan->children[0], &p.child, err));
    p.n_columns = plan->n_columns;
    p.n_values = plan->n_group_exprs - plan->n_columns;
    p.n_aggregates = plan->n_exprs;
    p.columns = VONK_NEW_ARRAY(a->arena, vonk_expr *, p.n_columns, err);
    p.aggregates = VONK_NEW_ARRAY(a->arena, vonk_expr *, p.n_aggregates, err);
    p.names = VONK_NEW_ARRAY(a->arena, const char *, p.n_aggregates, err);
    p.values = VONK_NEW_ARRAY(a->arena, vonk_expr *, (size_t)p.n_values * p.n_columns, err);
    p.labels = VONK_NEW_ARRAY(a->arena, const char *, p.n_values, err);
    if (!p.columns || !p.aggregates || !p.names || !p.values || !p.labels)
        return VONK_NO_MEMORY;
    for (uint32_t i = 0; i < p.n_columns; i++) {
        scope s;
        VONK_TRY(resolve_over_child(&p, plan->group_exprs[i], &s, &p.columns[i], err));
    }
    VONK_TRY(resolve_aggregates(&p, err));
    for (uint32_t i = 0; i < p.n_values; i++)
        VONK_TRY(resolve_value(&p, i, err));
    VONK_TRY(build_pivot(&p, ret, err));
    keep_qualifiers(&p, ret);
    return VONK_OK;
}
