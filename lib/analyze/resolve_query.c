/* resolve_query.c - query nodes of every kind, and those that stand above SELECT blocks. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "analyze/resolver.h"
#include "expr/coerce.h"
#include "expr/eval.h"

vonk_plan *new_node(vonk_analyzer *a, vonk_plan_kind kind, vonk_plan *child, const vonk_plan *at,
                    vonk_error *err)
{
    vonk_plan *plan = vonk_plan_new(a->arena, kind, child ? 1 : 0, err);
    if (!plan)
        return NULL;
    if (child)
        plan->children[0] = child;
    if (at) {
        plan->start = at->start;
        plan->end = at->end;
    }
    return plan;
}

vonk_status new_project(vonk_analyzer *a, vonk_plan *child, vonk_expr **exprs, uint32_t n,
                        const vonk_plan *at, vonk_plan **ret, vonk_error *err)
{
    vonk_plan *plan = new_node(a, VONK_PLAN_PROJECT, child, at, err);
    VONK_TRY_ALLOC(plan);
    plan->exprs = exprs;
    plan->n_exprs = n;
    VONK_TRY(vonk_plan_set_output(a->arena, plan, err));
    *ret = plan;
    return VONK_OK;
}

vonk_status relation_of(vonk_analyzer *a, vonk_plan *plan, relation *ret, vonk_error *err)
{
    vonk_attribute *attributes = VONK_NEW_ARRAY(a->arena, vonk_attribute, plan->n_output, err);
    VONK_TRY_ALLOC(attributes);
    if (plan->n_output)
        memcpy(attributes, plan->output, plan->n_output * sizeof(vonk_attribute));
    *ret = (relation){plan, plan->n_output, plan->n_output, attributes};
    return VONK_OK;
}

vonk_status finish_node(vonk_analyzer *a, vonk_plan *plan, const relation *like, relation *ret,
                        vonk_error *err)
{
    VONK_TRY(vonk_plan_set_output(a->arena, plan, err));
    if (!like)
        return relation_of(a, plan, ret, err);
    *ret = *like;
    ret->plan = plan;
    return VONK_OK;
}

vonk_status trim_relation(vonk_analyzer *a, const relation *r, vonk_plan **ret, vonk_error *err)
{
    bool same = r->n_visible == r->plan->n_output;
    for (uint32_t i = 0; same && i < r->n_visible; i++) {
        const vonk_attribute *seen = &r->attributes[i], *made = &r->plan->output[i];
        same = seen->id == made->id && !strcmp(seen->name, made->name);
    }
    *ret = r->plan;
    if (same)
        return VONK_OK;
    vonk_expr **exprs = VONK_NEW_ARRAY(a->arena, vonk_expr *, r->n_visible, err);
    VONK_TRY_ALLOC(exprs);
    for (uint32_t i = 0; i < r->n_visible; i++) {
        exprs[i] = vonk_attribute_column(a->arena, &r->attributes[i], err);
        VONK_TRY_ALLOC(exprs[i]);
    }
    return new_project(a, r->plan, exprs, r->n_visible, r->plan, ret, err);
}

vonk_status resolve_whole_query(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                                vonk_plan **ret, vonk_error *err)
{
    relation r;
    VONK_TRY(resolve_query(a, q, plan, &r, err));
    return trim_relation(a, &r, ret, err);
}

vonk_expr *new_sort_key(vonk_analyzer *a, const vonk_expr *like, vonk_expr *key, vonk_error *err)
{
    vonk_expr *sort = vonk_expr_clone(a->arena, like, err);
    if (!sort)
        return NULL;
    sort->args[0] = key;
    sort->type = key->type;
    sort->nullable = key->nullable;
    if (!sort->nulls_given)
        sort->nulls_first = !sort->descending;
    return sort;
}

vonk_status sort_ordinal(const vonk_expr *e, uint32_t n, uint32_t *ret, vonk_error *err)
{
    *ret = UINT32_MAX;
    if (e->kind != VONK_EXPR_LITERAL || e->type.id != VONK_INT32 || e->value.is_null)
        return VONK_OK;
    if (e->value.i64 < 1 || e->value.i64 > n)
        return AT(e, vonk_fail_sql(err, "ORDER_BY_POS_OUT_OF_RANGE",
                                   "ORDER BY position %lld is not in select list (valid range is "
                                   "[1, %u]).",
                                   (long long)e->value.i64, n));
    *ret = (uint32_t)(e->value.i64 - 1);
    return VONK_OK;
}

/* ORDER BY over anything but a SELECT block: it sees that query's columns only. */
static vonk_status resolve_sort(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                                relation *ret, vonk_error *err)
{
    relation child = {0};
    VONK_TRY(resolve_query(a, q, plan->children[0], &child, err));
    vonk_plan *sort = new_node(a, VONK_PLAN_SORT, child.plan, plan, err);
    VONK_TRY_ALLOC(sort);
    sort->exprs = VONK_NEW_ARRAY(a->arena, vonk_expr *, plan->n_exprs, err);
    VONK_TRY_ALLOC(sort->exprs);
    sort->n_exprs = plan->n_exprs;
    for (uint32_t i = 0; i < plan->n_exprs; i++) {
        scope s = {
            .first = &child, .outer = q->outer, .ctes = q->ctes, .unknown_if_ambiguous = true};
        uint32_t at;
        vonk_expr *key;
        VONK_TRY(sort_ordinal(plan->exprs[i]->args[0], child.n_visible, &at, err));
        if (at == UINT32_MAX) {
            VONK_TRY(resolve_expr(a, &s, plan->exprs[i]->args[0], &key, err));
            if (has_window(key))
                return fail_window_operator(a, key, err);
        } else {
            key = vonk_attribute_column(a->arena, &child.attributes[at], err);
            VONK_TRY_ALLOC(key);
        }
        sort->exprs[i] = new_sort_key(a, plan->exprs[i], key, err);
        VONK_TRY_ALLOC(sort->exprs[i]);
    }
    return finish_node(a, sort, &child, ret, err);
}

static vonk_status fail_limit(vonk_analyzer *a, const vonk_expr *e, const char *kind,
                              const char *clause, const char *detail, vonk_error *err)
{
    char condition[80];
    (void)snprintf(condition, sizeof(condition), "INVALID_LIMIT_LIKE_EXPRESSION.%s", kind);
    const char *text = expr_text(a, e, err);
    VONK_TRY_ALLOC(text);
    return AT(e, vonk_fail_sql(err, condition,
                               "The limit like expression \"%s\" is invalid. The %s expression "
                               "must %s.",
                               text, clause, detail));
}

static bool is_not_constant(const vonk_expr *e, void *context)
{
    (void)context;
    return e->kind == VONK_EXPR_COLUMN || e->kind == VONK_EXPR_SUBQUERY ||
           e->kind == VONK_EXPR_EXISTS || e->kind == VONK_EXPR_IN_QUERY ||
           e->kind == VONK_EXPR_WINDOW ||
           (e->kind == VONK_EXPR_CALL && (e->function->aggregate || !e->function->deterministic));
}

/* The value of LIMIT or OFFSET: a constant integer that is not negative. */
static vonk_status resolve_count(vonk_analyzer *a, const query_context *q, const relation *child,
                                 const vonk_expr *e, const char *clause, int64_t *ret,
                                 vonk_error *err)
{
    scope s = {.first = child, .outer = q->outer, .ctes = q->ctes};
    vonk_expr *typed;
    char detail[128];
    VONK_TRY(resolve_expr(a, &s, e, &typed, err));
    if (vonk_expr_any(typed, is_not_constant, NULL))
        return fail_limit(a, typed, "IS_UNFOLDABLE", clause, "evaluate to a constant value", err);
    if (typed->type.id < VONK_INT8 || typed->type.id > VONK_INT32) {
        (void)snprintf(detail, sizeof(detail), "be integer type, but got \"%s\"",
                       vonk_type_sql_name(typed->type));
        return fail_limit(a, typed, "DATA_TYPE", clause, detail, err);
    }
    vonk_value value;
    VONK_TRY(vonk_expr_constant(typed, a->settings, a->arena, &value, err));
    if (value.is_null)
        return fail_limit(a, typed, "IS_NULL", clause, "not be NULL", err);
    if (value.i64 < 0) {
        (void)snprintf(detail, sizeof(detail), "be equal to or greater than 0, but got %lld",
                       (long long)value.i64);
        return fail_limit(a, typed, "IS_NEGATIVE", clause, detail, err);
    }
    *ret = value.i64;
    return VONK_OK;
}

static vonk_status resolve_limit(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                                 relation *ret, vonk_error *err)
{
    relation child = {0};
    VONK_TRY(resolve_query(a, q, plan->children[0], &child, err));
    vonk_plan *limit = new_node(a, VONK_PLAN_LIMIT, child.plan, plan, err);
    VONK_TRY_ALLOC(limit);
    limit->limit = plan->limit_expr ? -1 : plan->limit;
    limit->offset = plan->offset;
    if (plan->limit_expr)
        VONK_TRY(resolve_count(a, q, &child, plan->limit_expr, "limit", &limit->limit, err));
    if (plan->offset_expr)
        VONK_TRY(resolve_count(a, q, &child, plan->offset_expr, "offset", &limit->offset, err));
    return finish_node(a, limit, &child, ret, err);
}

static vonk_status resolve_distinct(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                                    relation *ret, vonk_error *err)
{
    relation child = {0};
    VONK_TRY(resolve_query(a, q, plan->children[0], &child, err));
    VONK_TRY(trim_relation(a, &child, &child.plan, err));
    vonk_plan *distinct = new_node(a, VONK_PLAN_DISTINCT, child.plan, plan, err);
    VONK_TRY_ALLOC(distinct);
    child.n_attributes = child.n_visible;
    return finish_node(a, distinct, &child, ret, err);
}

static const char *set_op_name(const vonk_plan *plan)
{
    static const char *const names[][2] = {
        [VONK_UNION] = {"UNION", "UNION"},
        [VONK_INTERSECT] = {"INTERSECT", "INTERSECT ALL"},
        [VONK_EXCEPT] = {"EXCEPT", "EXCEPT ALL"},
    };
    return names[plan->set_op][plan->set_all];
}

static const char *ordinal_word(uint32_t i)
{
    static const char *const words[] = {"first", "second", "third"};
    return i < VONK_LENGTH(words) ? words[i] : "next";
}

static vonk_status common_column(const vonk_plan *plan, vonk_plan **children, uint32_t n,
                                 uint32_t column, vonk_type *ret, vonk_error *err)
{
    vonk_type type = children[0]->output[column].type;
    for (uint32_t k = 1; k < n; k++) {
        vonk_type other = children[k]->output[column].type;
        if (vonk_common_type(type, other, &type) == VONK_OK)
            continue;
        char name[128];
        (void)snprintf(name, sizeof(name), "%s", vonk_type_sql_name(other));
        return AT(plan, vonk_fail_sql(err, "INCOMPATIBLE_COLUMN_TYPE",
                                      "%s can only be performed on tables with compatible column "
                                      "types. The %s column of the %s table is \"%s\" type which "
                                      "is not compatible with \"%s\" at the same column of the "
                                      "first table..",
                                      set_op_name(plan), ordinal_word(column), "second", name,
                                      vonk_type_sql_name(type)));
    }
    *ret = type;
    return VONK_OK;
}

/* Casts the columns of *child, an input of `op`, to `types` where they differ. */
static vonk_status cast_columns(vonk_analyzer *a, const vonk_plan *op, vonk_plan **child,
                                const vonk_type *types, vonk_error *err)
{
    uint32_t n = (*child)->n_output;
    vonk_expr **exprs = VONK_NEW_ARRAY(a->arena, vonk_expr *, n, err);
    VONK_TRY_ALLOC(exprs);
    bool changed = false;
    for (uint32_t i = 0; i < n; i++) {
        const vonk_attribute *attribute = &(*child)->output[i];
        exprs[i] = vonk_attribute_column(a->arena, attribute, err);
        VONK_TRY_ALLOC(exprs[i]);
        if (vonk_type_equal(attribute->type, types[i]))
            continue;
        vonk_expr *cast = vonk_expr_coerce(a->arena, exprs[i], types[i], err);
        VONK_TRY_ALLOC(cast);
        cast->start = op->start;
        cast->end = op->end;
        VONK_TRY(new_alias(a, cast, attribute->name, &exprs[i], err));
        changed = true;
    }
    return changed ? new_project(a, *child, exprs, n, *child, child, err) : VONK_OK;
}

static vonk_status check_column_counts(const vonk_plan *plan, vonk_plan **children, uint32_t n,
                                       vonk_error *err)
{
    for (uint32_t k = 1; k < n; k++) {
        if (children[k]->n_output == children[0]->n_output)
            continue;
        return AT(plan, vonk_fail_sql(err, "NUM_COLUMNS_MISMATCH",
                                      "%s can only be performed on inputs with the same number of "
                                      "columns, but the first input has %u columns and the %s "
                                      "input has %u columns.",
                                      set_op_name(plan), children[0]->n_output, "second",
                                      children[k]->n_output));
    }
    return VONK_OK;
}

static bool have_same_types(vonk_plan **children, uint32_t n)
{
    for (uint32_t k = 1; k < n; k++)
        for (uint32_t i = 0; i < children[0]->n_output; i++)
            if (!vonk_type_equal(children[0]->output[i].type, children[k]->output[i].type))
                return false;
    return true;
}

/* ((a UNION ALL b) UNION ALL c): types are found pair by pair, from the left. */
static vonk_status nest_last(vonk_analyzer *a, const vonk_plan *plan, vonk_plan **ret,
                             vonk_error *err)
{
    vonk_plan *head = vonk_plan_clone(a->arena, plan, err);
    VONK_TRY_ALLOC(head);
    head->n_children = plan->n_children - 1;
    vonk_plan *pair = vonk_plan_clone(a->arena, plan, err);
    VONK_TRY_ALLOC(pair);
    pair->n_children = 2;
    pair->children[0] = head;
    pair->children[1] = plan->children[plan->n_children - 1];
    *ret = pair;
    return VONK_OK;
}

static vonk_status resolve_set_op(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                                  relation *ret, vonk_error *err)
{
    uint32_t n = plan->n_children;
    vonk_plan *op = vonk_plan_new(a->arena, VONK_PLAN_SET_OP, n, err);
    VONK_TRY_ALLOC(op);
    op->start = plan->start;
    op->end = plan->end;
    op->set_op = plan->set_op;
    op->set_all = plan->set_all;
    relation first = {0}; /* its names, qualifiers too, are the result's */
    for (uint32_t k = 0; k < n; k++) {
        relation child;
        VONK_TRY(resolve_query(a, q, plan->children[k], &child, err));
        VONK_TRY(trim_relation(a, &child, &op->children[k], err));
        if (!k)
            first = child;
    }
    VONK_TRY(check_column_counts(plan, op->children, n, err));
    if (n > 2 && !have_same_types(op->children, n)) {
        vonk_plan *pair;
        VONK_TRY(nest_last(a, plan, &pair, err));
        return resolve_set_op(a, q, pair, ret, err);
    }
    uint32_t n_columns = op->children[0]->n_output;
    vonk_type *types = VONK_NEW_ARRAY(a->arena, vonk_type, n_columns, err);
    op->output = VONK_NEW_ARRAY(a->arena, vonk_attribute, n_columns, err);
    if (!types || !op->output)
        return VONK_NO_MEMORY;
    for (uint32_t i = 0; i < n_columns; i++)
        VONK_TRY(common_column(plan, op->children, n, i, &types[i], err));
    for (uint32_t k = 0; k < n; k++)
        VONK_TRY(cast_columns(a, plan, &op->children[k], types, err));
    op->n_output = n_columns;
    assert(first.attributes || !n_columns);
    for (uint32_t i = 0; i < n_columns; i++) {
        op->output[i] = op->children[0]->output[i];
        op->output[i].id = a->next_id++;
        op->output[i].qualifier = first.attributes[i].qualifier;
    }
    if (plan->set_op != VONK_UNION || plan->set_all)
        return finish_node(a, op, NULL, ret, err);
    op->set_all = true; /* UNION is UNION ALL and DISTINCT */
    VONK_TRY(vonk_plan_set_output(a->arena, op, err));
    vonk_plan *distinct = new_node(a, VONK_PLAN_DISTINCT, op, plan, err);
    VONK_TRY_ALLOC(distinct);
    return finish_node(a, distinct, NULL, ret, err);
}

vonk_status resolve_query(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                          relation *ret, vonk_error *err)
{
    if (is_select(plan))
        return resolve_select(a, q, plan, ret, err);
    switch (plan->kind) {
    case VONK_PLAN_SORT:
        return resolve_sort(a, q, plan, ret, err);
    case VONK_PLAN_LIMIT:
        return resolve_limit(a, q, plan, ret, err);
    case VONK_PLAN_DISTINCT:
        return resolve_distinct(a, q, plan, ret, err);
    case VONK_PLAN_SET_OP:
        return resolve_set_op(a, q, plan, ret, err);
    case VONK_PLAN_WITH:
        return resolve_with(a, q, plan, ret, err);
    default:
        return resolve_relation(a, q, plan, ret, err);
    }
}
