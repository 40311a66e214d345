/*
 * decorrelate.c - subqueries become joins.
 *
 *   WHERE EXISTS (q), x IN (q)          SEMI join
 *   WHERE NOT EXISTS (q)                ANTI join
 *   WHERE x NOT IN (q)                  ANTI join, null aware: a null in q lets nothing through
 *   (q), an aggregate over equalities   LEFT join with the aggregate by the keys
 *   EXISTS (q) anywhere, uncorrelated   isnotnull of a scalar subquery with LIMIT 1
 *   EXISTS, IN elsewhere                LEFT join with the distinct keys and a mark
 *   LATERAL (q)                         join: q's predicates, or its columns for each outer row
 *   (q) uncorrelated                    stays an expression: optimize.h says who evaluates it
 *
 * Source: Spark's RewritePredicateSubquery and RewriteCorrelatedScalarSubquery.
 */
#include <string.h>

#include "catalog/plan_copy.h"
#include "optimize/subquery.h"

vonk_status fail_subquery(const vonk_expr *e, const char *what, vonk_error *err)
{
    char condition[128] = "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.";
    strncat(condition, what, sizeof(condition) - strlen(condition) - 1);
    vonk_fail_sql(err, condition,
                  "Unsupported subquery expression: this kind of correlated subquery is not built "
                  "yet.");
    return vonk_error_at(err, VONK_USER, e->start, e->end);
}

vonk_plan *bare_rows(vonk_plan *plan)
{
    for (;;) {
        bool strip = plan->kind == VONK_PLAN_PROJECT || plan->kind == VONK_PLAN_SORT ||
                     plan->kind == VONK_PLAN_DISTINCT || plan->kind == VONK_PLAN_WINDOW ||
                     plan->kind == VONK_PLAN_EXPAND ||
                     (plan->kind == VONK_PLAN_AGGREGATE && plan->n_group_exprs) ||
                     (plan->kind == VONK_PLAN_LIMIT && plan->limit != 0 && plan->offset == 0);
        if (!strip)
            return plan;
        plan = plan->children[0];
    }
}

void loosen(vonk_plan *plan)
{
    bool passes = plan->kind == VONK_PLAN_FILTER || plan->kind == VONK_PLAN_PROJECT ||
                  plan->kind == VONK_PLAN_SORT || plan->kind == VONK_PLAN_DISTINCT;
    if (passes)
        loosen(plan->children[0]);
    if (plan->kind != VONK_PLAN_JOIN)
        return;
    if (plan->join_type == VONK_JOIN_SEMI)
        plan->join_type = plan->condition ? VONK_JOIN_INNER : VONK_JOIN_CROSS;
    bool inner = plan->join_type == VONK_JOIN_INNER || plan->join_type == VONK_JOIN_CROSS;
    for (uint32_t i = 0; inner && i < 2; i++)
        loosen(plan->children[i]);
}

vonk_status in_predicates(rewriting *r, const vonk_expr *e, bool or_null, expr_list *list,
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

bool nothing_is_null(const vonk_expr *e)
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
    if (correlated) { /* on a copy: pulling up may fail */
        VONK_TRY(vonk_plan_copy_nodes(r->arena, plan, &plan, err));
        loosen(plan);
        VONK_TRY(refresh_output(r, plan, err));
    }
    bool null_aware = is_in && negated && !correlated && e->n_args == 1 && !nothing_is_null(e);
    bool or_null = is_in && negated && !null_aware;
    pulled p = {0};
    expr_list conditions = {0};
    if (is_in)
        VONK_TRY(in_predicates(r, e, or_null, &conditions, err));
    VONK_TRY(pull_up(r, &plan, &p, err));
    bool empty_matters = p.global && (!is_in || negated || p.is_count);
    if (p.failed || empty_matters)
        return join_by_domain(r, e, negated, child, err);
    for (uint32_t i = 0; i < p.predicates.n; i++)
        VONK_TRY(list_add(r, &conditions, p.predicates.items[i], err));
    vonk_expr *condition;
    VONK_TRY(join_and(r, &conditions, &condition, err));
    VONK_TRY(make_join(r, negated ? VONK_JOIN_ANTI : VONK_JOIN_SEMI, *child, plan, condition, child,
                       err));
    (*child)->null_aware = null_aware;
    return VONK_OK;
}

/* The same node may stand in a group and in the output. */
static void remember(replacer *w, vonk_expr *from, vonk_expr *to)
{
    if (w->n < VONK_LENGTH(w->from)) {
        w->from[w->n] = from;
        w->to[w->n++] = to;
    }
}

vonk_status add_mark(rewriting *r, vonk_plan **plan, vonk_expr **ret_mark, vonk_error *err)
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

vonk_status left_join(replacer *w, vonk_plan *plan, const expr_list *predicates, vonk_error *err)
{
    vonk_expr *condition;
    VONK_TRY(join_and(w->r, predicates, &condition, err));
    return make_join(w->r, VONK_JOIN_LEFT, *w->child, plan, condition, w->child, err);
}

/* An aggregate without GROUP BY gives a row whatever comes in. */
static bool always_has_row(vonk_plan *plan)
{
    return bare_rows(plan)->kind == VONK_PLAN_AGGREGATE;
}

/*
 * NOT comes down to the subqueries, since NOT IN has a meaning of its own: NOT (a OR q) is
 * NOT a AND NOT q, and NOT NOT q is q. *e = the same node if there is nothing to do.
 */
static vonk_status push_not(rewriting *r, vonk_expr **e, vonk_error *err)
{
    vonk_expr *inner = vonk_expr_is_call(*e, "not") ? (*e)->args[0] : NULL;
    if (!inner || !has_subquery(inner))
        return VONK_OK;
    if (vonk_expr_is_call(inner, "not")) {
        *e = inner->args[0];
        return push_not(r, e, err);
    }
    if (inner->kind == VONK_EXPR_IN_QUERY) {
        vonk_expr *copy = vonk_expr_clone(r->arena, inner, err);
        VONK_TRY_ALLOC(copy);
        copy->negated = !copy->negated;
        *e = copy;
        return VONK_OK;
    }
    bool is_and = vonk_expr_is_call(inner, "and");
    if (!is_and && !vonk_expr_is_call(inner, "or"))
        return VONK_OK;
    vonk_expr *sides[2];
    for (uint32_t i = 0; i < 2; i++) {
        VONK_TRY(make_call(r, "not", 1, &inner->args[i], &sides[i], err));
        VONK_TRY(push_not(r, &sides[i], err));
    }
    return make_call2(r, is_and ? "or" : "and", sides[0], sides[1], e, err);
}

static bool is_null_literal(const vonk_expr *e)
{
    while (e->kind == VONK_EXPR_CAST)
        e = e->args[0];
    return e->kind == VONK_EXPR_LITERAL && e->value.is_null;
}

static vonk_status replace_one(replacer *w, vonk_expr *e, vonk_expr **ret, vonk_error *err);

/* NULL IN (q): CASE WHEN EXISTS (q) THEN NULL ELSE false END */
static vonk_status null_in_query(replacer *w, const vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    vonk_arena *arena = w->r->arena;
    vonk_expr *exists = vonk_expr_new(arena, VONK_EXPR_EXISTS, 0, err);
    vonk_expr *result = vonk_expr_new(arena, VONK_EXPR_CASE, 3, err);
    if (!exists || !result)
        return VONK_NO_MEMORY;
    exists->plan = e->plan;
    exists->type = VONK_TYPE(BOOL);
    exists->start = e->start;
    exists->end = e->end;
    result->args[1] = vonk_expr_null(arena, VONK_TYPE(BOOL), err);
    result->args[2] = vonk_expr_bool(arena, e->negated, err);
    if (!result->args[1] || !result->args[2])
        return VONK_NO_MEMORY;
    result->has_else = true;
    result->type = VONK_TYPE(BOOL);
    result->nullable = true;
    *ret = result;
    return replace_one(w, exists, &result->args[0], err);
}

static vonk_status replace_one(replacer *w, vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    bool correlated;
    *ret = e;
    switch (e->kind) {
    case VONK_EXPR_SUBQUERY:
        VONK_TRY(replace_scalar(w, e, ret, err));
        break;
    case VONK_EXPR_EXISTS:
        VONK_TRY(is_correlated(w->r, e->plan, &correlated, err));
        if (always_has_row(e->plan)) {
            *ret = vonk_expr_bool(w->r->arena, !e->negated, err);
            VONK_TRY_ALLOC(*ret);
        } else if (correlated)
            VONK_TRY(replace_by_mark(w, e, ret, err));
        else
            VONK_TRY(replace_plain_exists(w, e, ret, err));
        break;
    case VONK_EXPR_IN_QUERY:
        if (e->n_args == 1 && is_null_literal(e->args[0]))
            VONK_TRY(null_in_query(w, e, ret, err));
        else
            VONK_TRY(replace_by_mark(w, e, ret, err));
        break;
    default:
        return VONK_OK;
    }
    w->r->changed |= *ret != e;
    return VONK_OK;
}

/* Replaces the subqueries of an expression. */
static vonk_status replace_in(replacer *w, vonk_expr **slot, vonk_error *err)
{
    vonk_expr *e = *slot;
    if (!has_subquery(e))
        return VONK_OK;
    for (uint32_t i = 0; i < w->n; i++) {
        if (w->from[i] == e) {
            *slot = w->to[i];
            return VONK_OK;
        }
    }
    vonk_expr *copy = e;
    VONK_TRY(push_not(w->r, &copy, err));
    if (copy != e) {
        VONK_TRY(replace_in(w, &copy, err));
        remember(w, e, copy);
        *slot = copy;
        return VONK_OK;
    }
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
    if (*slot != e)
        remember(w, e, *slot);
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
    vonk_expr *condition = filter->condition;
    VONK_TRY(push_not(r, &condition, err));
    VONK_TRY(split_and(r, condition, &parts, err));
    for (uint32_t i = 0; i < parts.n; i++) {
        bool negated, correlated = true;
        const vonk_expr *e = whole_predicate(parts.items[i], &negated);
        if (e && e->kind == VONK_EXPR_EXISTS)
            VONK_TRY(is_correlated(r, e->plan, &correlated, err));
        bool join = e && correlated && !args_have_subquery(e);
        if (join && e->kind == VONK_EXPR_EXISTS)
            join = !always_has_row(e->plan);
        VONK_TRY(list_add(r, join ? &joined : &rest, parts.items[i], err));
    }
    replacer w = {.r = r, .child = &child};
    for (uint32_t i = 0; i < rest.n; i++) {
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

/* The output's groups become the group expressions themselves, so that both are replaced alike. */
static vonk_status share_groups(rewriting *r, vonk_plan *agg, vonk_error *err)
{
    for (uint32_t i = 0; i < agg->n_group_exprs; i++) {
        const vonk_expr *out = agg->exprs[i];
        if (out->kind != VONK_EXPR_ALIAS || !has_subquery(out))
            continue;
        agg->exprs[i] = vonk_expr_clone(r->arena, out, err);
        VONK_TRY_ALLOC(agg->exprs[i]);
        agg->exprs[i]->args[0] = agg->group_exprs[i];
    }
    return VONK_OK;
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
    if (node->kind == VONK_PLAN_AGGREGATE)
        VONK_TRY(share_groups(r, node, err));
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

/* Only uncorrelated scalar subqueries may stay in an expression. */
static vonk_status check_stays(rewriting *r, const vonk_expr *e, vonk_error *err)
{
    bool correlated = false;
    if (e->kind == VONK_EXPR_SUBQUERY)
        VONK_TRY(is_correlated(r, e->plan, &correlated, err));
    if (correlated || e->kind == VONK_EXPR_EXISTS || e->kind == VONK_EXPR_IN_QUERY)
        return fail_subquery(e, CORRELATED_PREDICATE, err);
    for (uint32_t i = 0; i < e->n_args; i++)
        VONK_TRY(check_stays(r, e->args[i], err));
    return VONK_OK;
}

/* Each subquery of an expression in ON becomes a column of the side whose columns it uses. */
static vonk_status replace_by_side(rewriting *r, vonk_plan *join, vonk_expr **slot, vonk_error *err)
{
    vonk_expr *e = *slot;
    if (!has_subquery(e))
        return VONK_OK;
    VONK_TRY(push_not(r, &e, err));
    bool within = false;
    for (uint32_t k = 0; k < 2 && !within; k++) {
        VONK_TRY(is_within(r, e, join->children[k], &within, err));
        replacer w = {.r = r, .child = &join->children[k]};
        if (within)
            VONK_TRY(replace_in(&w, &e, err));
    }
    *slot = e;
    if (within)
        return VONK_OK;
    vonk_expr *copy = vonk_expr_clone(r->arena, e, err);
    VONK_TRY_ALLOC(copy);
    for (uint32_t i = 0; i < copy->n_args; i++)
        VONK_TRY(replace_by_side(r, join, &copy->args[i], err));
    *slot = copy;
    return VONK_OK;
}

/* Subqueries in ON of an inner join are taken above it, as if they stood in WHERE. */
static vonk_status decorrelate_inner_join(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *join = *plan;
    expr_list parts = {0}, on = {0}, above = {0};
    VONK_TRY(split_and(r, join->condition, &parts, err));
    for (uint32_t i = 0; i < parts.n; i++)
        VONK_TRY(list_add(r, has_subquery(parts.items[i]) ? &above : &on, parts.items[i], err));
    VONK_TRY(join_and(r, &on, &join->condition, err));
    join->join_type = join->condition ? VONK_JOIN_INNER : VONK_JOIN_CROSS;
    VONK_TRY(make_filter(r, join, &above, plan, err));
    return decorrelate_filter(r, plan, err);
}

/*
 * In ON of other joins: what is about the side that need not be kept filters that side before;
 * about the other side it becomes a column of it.
 */
static vonk_status decorrelate_outer_join(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *join = *plan;
    const vonk_attribute *output = join->output;
    uint32_t n_output = join->n_output;
    expr_list parts = {0}, on = {0}, filters = {0};
    uint32_t side = join->join_type == VONK_JOIN_RIGHT ? 0 : 1; /* not kept */
    VONK_TRY(split_and(r, join->condition, &parts, err));
    for (uint32_t i = 0; i < parts.n; i++) {
        vonk_expr *part = parts.items[i];
        bool within[2] = {false, false}, moves = false;
        for (uint32_t k = 0; has_subquery(part) && k < 2; k++)
            VONK_TRY(is_within(r, part, join->children[k], &within[k], err));
        moves = within[side] && join->join_type != VONK_JOIN_FULL;
        if (!moves && has_subquery(part))
            VONK_TRY(replace_by_side(r, join, &part, err));
        if (!moves && has_subquery(part))
            VONK_TRY(check_stays(r, part, err));
        VONK_TRY(list_add(r, moves ? &filters : &on, part, err));
    }
    if (filters.n) {
        VONK_TRY(make_filter(r, join->children[side], &filters, &join->children[side], err));
        VONK_TRY(decorrelate_filter(r, &join->children[side], err));
    }
    VONK_TRY(join_and(r, &on, &join->condition, err));
    VONK_TRY(vonk_plan_set_output(r->arena, join, err));
    return join->n_output != n_output ? make_projection(r, join, output, n_output, plan, err)
                                      : VONK_OK;
}

static vonk_status decorrelate_join(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    const vonk_plan *join = *plan;
    if (!join->condition || !has_subquery(join->condition))
        return VONK_OK;
    bool inner = join->join_type == VONK_JOIN_INNER || join->join_type == VONK_JOIN_CROSS;
    return inner ? decorrelate_inner_join(r, plan, err) : decorrelate_outer_join(r, plan, err);
}

/* The join itself first: what ON has of subqueries may name columns of both sides. */
static vonk_status decorrelate_lateral(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan **join = plan;
    VONK_TRY(join_lateral(r, join, err));
    if ((*join)->kind == VONK_PLAN_PROJECT)
        join = &(*join)->children[0];
    return decorrelate_join(r, join, err);
}

static vonk_status decorrelate_node(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    VONK_TRY(vonk_plan_each_expr(*plan, inside_slot, r, err));
    if ((*plan)->kind == VONK_PLAN_JOIN && (*plan)->lateral)
        return decorrelate_lateral(r, plan, err);
    if ((*plan)->kind == VONK_PLAN_JOIN)
        return decorrelate_join(r, plan, err);
    if ((*plan)->kind == VONK_PLAN_FILTER && has_subquery((*plan)->condition))
        return decorrelate_filter(r, plan, err);
    return decorrelate_exprs(r, plan, err);
}

vonk_status decorrelate(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return each_node(r, plan, decorrelate_node, err);
}
