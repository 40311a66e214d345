/*
 * decorrelate.c - subqueries become joins.
 *
 *   WHERE EXISTS (q), x IN (q)          SEMI join
 *   WHERE NOT EXISTS (q)                ANTI join
 *   WHERE x NOT IN (q)                  ANTI join, null aware: a null in q lets nothing through
 *   (q), an aggregate over equalities   LEFT join with the aggregate by the keys
 *   EXISTS (q) anywhere, uncorrelated   isnotnull of a scalar subquery with LIMIT 1
 *   EXISTS, IN elsewhere                LEFT join with the distinct keys and a mark
 *   (q) uncorrelated                    stays an expression: optimize.h says who evaluates it
 *
 * Source: Spark's RewritePredicateSubquery and RewriteCorrelatedScalarSubquery.
 */
#include <string.h>

#include "expr/eval.h"
#include "optimize/rule.h"

static vonk_status fail_subquery(const vonk_expr *e, const char *what, vonk_error *err)
{
    char condition[80] = "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.";
    strncat(condition, what, sizeof(condition) - strlen(condition) - 1);
    vonk_fail_sql(err, condition,
                  "Unsupported subquery expression: this kind of correlated subquery is not built "
                  "yet.");
    return vonk_error_at(err, VONK_USER, e->start, e->end);
}

#define CORRELATED_PREDICATE "CORRELATED_COLUMN_IS_NOT_ALLOWED_IN_PREDICATE"
#define MUST_AGGREGATE       "MUST_AGGREGATE_CORRELATED_SCALAR_SUBQUERY"

/* What an EXISTS asks of its plan is rows: lists, order and grouping above them do not count. */
static vonk_plan *bare_rows(vonk_plan *plan)
{
    for (;;) {
        bool strip = plan->kind == VONK_PLAN_PROJECT || plan->kind == VONK_PLAN_SORT ||
                     plan->kind == VONK_PLAN_DISTINCT ||
                     (plan->kind == VONK_PLAN_AGGREGATE && plan->n_group_exprs) ||
                     (plan->kind == VONK_PLAN_LIMIT && plan->limit != 0 && plan->offset == 0);
        if (!strip)
            return plan;
        plan = plan->children[0];
    }
}

/* a IN (q) as predicates: a = column of q. */
static vonk_status in_predicates(rewriting *r, const vonk_expr *e, bool or_null, expr_list *list,
                                 vonk_error *err)
{
    for (uint32_t i = 0; i < e->n_args; i++) {
        const vonk_attribute *right = &e->plan->output[i];
        vonk_expr *column = vonk_attribute_column(r->arena, right, err), *equal, *null;
        VONK_TRY_ALLOC(column);
        VONK_TRY(make_call2(r, "=", e->args[i], column, &equal, err));
        if (or_null && equal->nullable) {
            VONK_TRY(make_call(r, "isnull", 1, &equal, &null, err));
            VONK_TRY(make_call2(r, "or", equal, null, &equal, err));
        }
        VONK_TRY(list_add(r, list, equal, err));
    }
    return VONK_OK;
}

static bool nothing_is_null(const vonk_expr *e)
{
    for (uint32_t i = 0; i < e->n_args; i++) {
        if (e->args[i]->nullable || e->plan->output[i].nullable)
            return false;
    }
    return true;
}

/* [NOT] EXISTS or [NOT] IN as a part of WHERE: a join of *child. */
static vonk_status predicate_join(rewriting *r, const vonk_expr *e, bool negated, vonk_plan **child,
                                  vonk_error *err)
{
    bool is_in = e->kind == VONK_EXPR_IN_QUERY, correlated;
    VONK_TRY(is_correlated(r, e->plan, &correlated, err));
    vonk_plan *plan = is_in ? e->plan : bare_rows(e->plan);
    bool null_aware = is_in && negated && !correlated && e->n_args == 1 && !nothing_is_null(e);
    bool or_null = is_in && negated && !null_aware;
    pulled p = {0};
    expr_list conditions = {0};
    if (is_in)
        VONK_TRY(in_predicates(r, e, or_null, &conditions, err));
    VONK_TRY(pull_up(r, &plan, &p, err));
    bool empty_matters = p.global && (!is_in || negated || p.is_count);
    if (p.failed || empty_matters)
        return fail_subquery(e, CORRELATED_PREDICATE, err);
    for (uint32_t i = 0; i < p.predicates.n; i++)
        VONK_TRY(list_add(r, &conditions, p.predicates.items[i], err));
    vonk_expr *condition;
    VONK_TRY(join_and(r, &conditions, &condition, err));
    VONK_TRY(make_join(r, negated ? VONK_JOIN_ANTI : VONK_JOIN_SEMI, *child, plan, condition, child,
                       err));
    (*child)->null_aware = null_aware;
    return VONK_OK;
}

/* Scalar subqueries that were joined already, by their nodes. */
typedef struct replacer {
    rewriting *r;
    vonk_plan **child;
    bool positive; /* in WHERE, under AND and OR only: null is as good as false */
    uint32_t n;
    vonk_expr *from[64], *to[64];
} replacer;

static vonk_status remember(replacer *w, vonk_expr *from, vonk_expr *to)
{
    if (w->n < VONK_LENGTH(w->from)) {
        w->from[w->n] = from;
        w->to[w->n++] = to;
    }
    return VONK_OK;
}

/* The aggregate without GROUP BY that makes a subquery give one row, or NULL. */
static const vonk_plan *one_row_aggregate(const vonk_plan *plan, bool *ret_filtered)
{
    *ret_filtered = false;
    for (;;) {
        switch (plan->kind) {
        case VONK_PLAN_FILTER:
            *ret_filtered = true;
            plan = plan->children[0];
            break;
        case VONK_PLAN_PROJECT:
        case VONK_PLAN_SORT:
            plan = plan->children[0];
            break;
        case VONK_PLAN_AGGREGATE:
            return plan->n_group_exprs ? NULL : plan;
        default:
            return NULL;
        }
    }
}

static vonk_expr *over_no_rows(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    (void)context;
    if (e->kind != VONK_EXPR_CALL || !e->function || !e->function->aggregate)
        return e;
    if (e->nullable)
        return vonk_expr_null(arena, e->type, err);
    return vonk_expr_literal(arena, e->type, (vonk_value){.i64 = 0}, err); /* count */
}

/* What the subquery's column is when no row matches: *ret is an expression of constants. */
static vonk_status value_of_nothing(rewriting *r, const vonk_plan *plan, vonk_expr **ret,
                                    vonk_error *err)
{
    vonk_expr *e = vonk_attribute_column(r->arena, &plan->output[0], err);
    VONK_TRY_ALLOC(e);
    for (; plan->n_children; plan = plan->children[0]) {
        if (plan->kind == VONK_PLAN_PROJECT || plan->kind == VONK_PLAN_AGGREGATE)
            VONK_TRY(inline_aliases(r, plan->exprs, plan->n_exprs, e, &e, err));
        if (plan->kind == VONK_PLAN_AGGREGATE)
            break;
    }
    *ret = vonk_expr_rewrite(e, over_no_rows, NULL, r->arena, err);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

/* CASE WHEN matched IS NULL THEN nothing ELSE value END */
static vonk_status value_or(rewriting *r, vonk_expr *mark, vonk_expr *nothing, vonk_expr *value,
                            vonk_expr **ret, vonk_error *err)
{
    vonk_expr *e = vonk_expr_new(r->arena, VONK_EXPR_CASE, 3, err);
    VONK_TRY_ALLOC(e);
    VONK_TRY(make_call(r, "isnull", 1, &mark, &e->args[0], err));
    e->args[1] = nothing;
    e->args[2] = value;
    e->has_else = true;
    e->type = value->type;
    e->nullable = true;
    *ret = e;
    return VONK_OK;
}

/* *plan = all its columns and a column that is never null: *ret_mark, null if nothing matched. */
static vonk_status add_mark(rewriting *r, vonk_plan **plan, vonk_expr **ret_mark, vonk_error *err)
{
    expr_list exprs = {0};
    vonk_expr *alias;
    for (uint32_t i = 0; i < (*plan)->n_output; i++)
        VONK_TRY(
            list_add(r, &exprs, vonk_attribute_column(r->arena, &(*plan)->output[i], err), err));
    VONK_TRY(make_alias(r, vonk_expr_bool(r->arena, true, err), "matched", &alias, err));
    VONK_TRY(list_add(r, &exprs, alias, err));
    VONK_TRY(make_project(r, *plan, &exprs, plan, err));
    *ret_mark = vonk_expr_column(r->arena, alias->alias_id, alias->name, alias->type, true, err);
    return *ret_mark ? VONK_OK : VONK_NO_MEMORY;
}

static vonk_status left_join(replacer *w, vonk_plan *plan, const expr_list *predicates,
                             vonk_error *err)
{
    vonk_expr *condition;
    VONK_TRY(join_and(w->r, predicates, &condition, err));
    return make_join(w->r, VONK_JOIN_LEFT, *w->child, plan, condition, w->child, err);
}

static vonk_status replace_scalar(replacer *w, vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    rewriting *r = w->r;
    bool correlated, filtered;
    VONK_TRY(is_correlated(r, e->plan, &correlated, err));
    if (!correlated)
        return VONK_OK;
    vonk_plan *plan = e->plan;
    const vonk_plan *agg = one_row_aggregate(plan, &filtered);
    if (!agg)
        return fail_subquery(e, MUST_AGGREGATE, err);
    vonk_expr *nothing, *mark = NULL;
    VONK_TRY(value_of_nothing(r, plan, &nothing, err));
    vonk_attribute value = plan->output[0];
    value.nullable = true;
    pulled p = {0};
    VONK_TRY(pull_up(r, &plan, &p, err));
    if (p.failed || !p.global)
        return fail_subquery(e, CORRELATED_PREDICATE, err);
    vonk_value constant = {.is_null = true};
    vonk_error ignored = {0};
    bool known = vonk_expr_constant(nothing, r->settings, r->arena, &constant, &ignored) == VONK_OK;
    bool matters = !known || !constant.is_null;
    if (matters && filtered)
        return fail_subquery(e, CORRELATED_PREDICATE, err);
    if (matters)
        VONK_TRY(add_mark(r, &plan, &mark, err));
    VONK_TRY(left_join(w, plan, &p.predicates, err));
    vonk_expr *column = vonk_attribute_column(r->arena, &value, err);
    VONK_TRY_ALLOC(column);
    *ret = column;
    return matters ? value_or(r, mark, nothing, column, ret, err) : VONK_OK;
}

/* EXISTS without outer columns: isnotnull((SELECT 1 FROM q LIMIT 1)) */
static vonk_status replace_plain_exists(replacer *w, vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    rewriting *r = w->r;
    vonk_plan *plan = bare_rows(e->plan);
    expr_list one = {0};
    vonk_expr *alias;
    VONK_TRY(make_node(r, VONK_PLAN_LIMIT, plan, &plan, err));
    plan->limit = 1;
    VONK_TRY(make_alias(r, vonk_expr_int(r->arena, 1, err), "one", &alias, err));
    VONK_TRY(list_add(r, &one, alias, err));
    VONK_TRY(make_project(r, plan, &one, &plan, err));
    vonk_expr *scalar = vonk_expr_new(r->arena, VONK_EXPR_SUBQUERY, 0, err);
    VONK_TRY_ALLOC(scalar);
    scalar->plan = plan;
    scalar->type = VONK_TYPE(INT32);
    scalar->start = e->start;
    scalar->end = e->end;
    return make_call(r, e->negated ? "isnull" : "isnotnull", 1, &scalar, ret, err);
}

/* The inner sides of the predicates, which must be equalities, over `plan`: once each. */
static vonk_status distinct_keys(rewriting *r, vonk_plan **plan, expr_list *predicates,
                                 bool *ret_ok, vonk_error *err)
{
    expr_list exprs = {0};
    *ret_ok = true;
    for (uint32_t i = 0; i < predicates->n; i++) {
        vonk_expr *e = predicates->items[i], *key, *column;
        bool inner[2] = {false, false};
        for (uint32_t k = 0; is_equality(e) && k < 2; k++)
            VONK_TRY(is_within(r, e->args[k], *plan, &inner[k], err));
        if (inner[0] == inner[1]) {
            *ret_ok = false;
            return VONK_OK;
        }
        uint32_t at = inner[0] ? 0 : 1;
        VONK_TRY(make_alias(r, e->args[at], "key", &key, err));
        VONK_TRY(list_add(r, &exprs, key, err));
        column = vonk_expr_column(r->arena, key->alias_id, "key", key->type, key->nullable, err);
        VONK_TRY(make_call2(r, "=", e->args[1 - at], column, &predicates->items[i], err));
    }
    VONK_TRY(make_project(r, *plan, &exprs, plan, err));
    return make_node(r, VONK_PLAN_DISTINCT, *plan, plan, err);
}

/* EXISTS or IN inside an expression: is there a match? */
static vonk_status replace_by_mark(replacer *w, vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    rewriting *r = w->r;
    bool is_in = e->kind == VONK_EXPR_IN_QUERY, ok;
    if (is_in && !w->positive && !nothing_is_null(e))
        return fail_subquery(e, "UNSUPPORTED_IN_EXISTS_SUBQUERY", err);
    vonk_plan *plan = is_in ? e->plan : bare_rows(e->plan);
    pulled p = {0};
    expr_list conditions = {0};
    if (is_in)
        VONK_TRY(in_predicates(r, e, false, &conditions, err));
    VONK_TRY(pull_up(r, &plan, &p, err));
    if (p.failed || (p.global && (!is_in || p.is_count)))
        return fail_subquery(e, CORRELATED_PREDICATE, err);
    for (uint32_t i = 0; i < p.predicates.n; i++)
        VONK_TRY(list_add(r, &conditions, p.predicates.items[i], err));
    VONK_TRY(distinct_keys(r, &plan, &conditions, &ok, err));
    if (!ok)
        return fail_subquery(e, CORRELATED_PREDICATE, err);
    vonk_expr *mark;
    VONK_TRY(add_mark(r, &plan, &mark, err));
    VONK_TRY(left_join(w, plan, &conditions, err));
    return make_call(r, e->negated ? "isnull" : "isnotnull", 1, &mark, ret, err);
}

static vonk_status replace_one(replacer *w, vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    bool correlated;
    *ret = e;
    for (uint32_t i = 0; i < w->n; i++) {
        if (w->from[i] == e) {
            *ret = w->to[i];
            return VONK_OK;
        }
    }
    switch (e->kind) {
    case VONK_EXPR_SUBQUERY:
        VONK_TRY(replace_scalar(w, e, ret, err));
        break;
    case VONK_EXPR_EXISTS:
        VONK_TRY(is_correlated(w->r, e->plan, &correlated, err));
        if (correlated)
            VONK_TRY(replace_by_mark(w, e, ret, err));
        else
            VONK_TRY(replace_plain_exists(w, e, ret, err));
        break;
    case VONK_EXPR_IN_QUERY:
        VONK_TRY(replace_by_mark(w, e, ret, err));
        break;
    default:
        return VONK_OK;
    }
    w->r->changed |= *ret != e;
    return *ret != e ? remember(w, e, *ret) : VONK_OK;
}

/* Replaces the subqueries of an expression, from the root: what stands under NOT is not positive.
 */
static vonk_status replace_in(replacer *w, vonk_expr **slot, vonk_error *err)
{
    vonk_expr *e = *slot;
    if (!has_subquery(e))
        return VONK_OK;
    bool positive = w->positive;
    w->positive &=
        vonk_expr_is_call(e, "and") || vonk_expr_is_call(e, "or") || e->kind == VONK_EXPR_IN_QUERY;
    vonk_expr *copy = e;
    for (uint32_t i = 0; i < e->n_args; i++) {
        vonk_expr *arg = e->args[i];
        VONK_TRY(replace_in(w, &arg, err));
        if (arg == e->args[i])
            continue;
        if (copy == e)
            copy = vonk_expr_clone(w->r->arena, e, err);
        VONK_TRY_ALLOC(copy);
        copy->args[i] = arg;
    }
    if (e->kind == VONK_EXPR_CALL && e->filter) {
        vonk_expr *filter = e->filter;
        VONK_TRY(replace_in(w, &filter, err));
        if (filter != e->filter && copy == e)
            copy = vonk_expr_clone(w->r->arena, e, err);
        VONK_TRY_ALLOC(copy);
        copy->filter = filter;
    }
    VONK_TRY(replace_one(w, copy, slot, err));
    w->positive = positive;
    return VONK_OK;
}

static vonk_status replace_slot(vonk_expr **slot, void *context, vonk_error *err)
{
    return replace_in(context, slot, err);
}

/* A part of WHERE that is itself [NOT] EXISTS or [NOT] IN: *ret, with *negated. */
static const vonk_expr *whole_predicate(const vonk_expr *e, bool *negated)
{
    *negated = false;
    while (vonk_expr_is_call(e, "not")) {
        *negated = !*negated;
        e = e->args[0];
    }
    if (e->kind != VONK_EXPR_EXISTS && e->kind != VONK_EXPR_IN_QUERY)
        return NULL;
    *negated ^= e->negated;
    return e;
}

static bool args_have_subquery(const vonk_expr *e)
{
    for (uint32_t i = 0; i < e->n_args; i++) {
        if (has_subquery(e->args[i]))
            return true;
    }
    return false;
}

static vonk_status decorrelate_filter(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *filter = *plan, *child = filter->children[0];
    const vonk_attribute *output = child->output;
    uint32_t n_output = child->n_output;
    expr_list parts = {0}, rest = {0}, joined = {0};
    VONK_TRY(split_and(r, filter->condition, &parts, err));
    for (uint32_t i = 0; i < parts.n; i++) {
        bool negated, correlated = true;
        const vonk_expr *e = whole_predicate(parts.items[i], &negated);
        if (e && e->kind == VONK_EXPR_EXISTS)
            VONK_TRY(is_correlated(r, e->plan, &correlated, err));
        bool join = e && correlated && !args_have_subquery(e);
        VONK_TRY(list_add(r, join ? &joined : &rest, parts.items[i], err));
    }
    replacer w = {.r = r, .child = &child};
    for (uint32_t i = 0; i < rest.n; i++) {
        w.positive = true;
        VONK_TRY(replace_in(&w, &rest.items[i], err));
    }
    VONK_TRY(make_filter(r, child, &rest, &child, err));
    for (uint32_t i = 0; i < joined.n; i++) {
        bool negated;
        const vonk_expr *e = whole_predicate(joined.items[i], &negated);
        VONK_TRY(predicate_join(r, e, negated, &child, err));
        r->changed = true;
    }
    *plan = child;
    return child->n_output != n_output ? make_projection(r, child, output, n_output, plan, err)
                                       : VONK_OK;
}

/* Any other node of one child: its subqueries are joined to the child. */
static vonk_status decorrelate_exprs(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *node = *plan;
    if (!node->n_children || node->kind == VONK_PLAN_JOIN)
        return VONK_OK;
    const vonk_attribute *output = node->output;
    uint32_t n_output = node->n_output;
    replacer w = {.r = r, .child = &node->children[0]};
    VONK_TRY(vonk_plan_each_expr(node, replace_slot, &w, err));
    VONK_TRY(vonk_plan_set_output(r->arena, node, err));
    return node->n_output != n_output ? make_projection(r, node, output, n_output, plan, err)
                                      : VONK_OK;
}

/* Decorrelates inside the subqueries of an expression. */
static vonk_status inside(vonk_expr *e, rewriting *r, vonk_error *err)
{
    bool is_subquery = e->kind == VONK_EXPR_SUBQUERY || e->kind == VONK_EXPR_EXISTS ||
                       e->kind == VONK_EXPR_IN_QUERY;
    if (is_subquery)
        VONK_TRY(decorrelate(r, &e->plan, err));
    if (e->kind == VONK_EXPR_CALL && e->filter)
        VONK_TRY(inside(e->filter, r, err));
    for (uint32_t i = 0; i < e->n_args; i++)
        VONK_TRY(inside(e->args[i], r, err));
    return VONK_OK;
}

static vonk_status inside_slot(vonk_expr **slot, void *context, vonk_error *err)
{
    return inside(*slot, context, err);
}

static bool mark_subquery(const vonk_expr *e, void *context)
{
    const vonk_expr **found = context;
    if (e->kind == VONK_EXPR_SUBQUERY || e->kind == VONK_EXPR_EXISTS ||
        e->kind == VONK_EXPR_IN_QUERY)
        *found = e;
    return *found != NULL;
}

static vonk_status check_join(rewriting *r, const vonk_plan *join, vonk_error *err)
{
    const vonk_expr *found = NULL;
    bool correlated;
    if (!join->condition || !vonk_expr_any(join->condition, mark_subquery, &found))
        return VONK_OK;
    VONK_TRY(is_correlated(r, found->plan, &correlated, err));
    if (!correlated && found->kind == VONK_EXPR_SUBQUERY)
        return VONK_OK;
    return fail_subquery(found, CORRELATED_PREDICATE, err);
}

static vonk_status decorrelate_node(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    VONK_TRY(vonk_plan_each_expr(*plan, inside_slot, r, err));
    if ((*plan)->kind == VONK_PLAN_JOIN)
        return check_join(r, *plan, err);
    if ((*plan)->kind == VONK_PLAN_FILTER && has_subquery((*plan)->condition))
        return decorrelate_filter(r, plan, err);
    return decorrelate_exprs(r, plan, err);
}

vonk_status decorrelate(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return each_node(r, plan, decorrelate_node, err);
}
