/*
 * subquery_window.c - a correlated scalar subquery over tables that the query joins just so becomes
 * a window: the join is computed once.
 *
 *     FROM t, s WHERE t.k = s.k AND t.x = 1 AND s.v = (SELECT min(v) FROM s WHERE s.k = t.k)
 *
 *     Filter v = m                                 the subquery's tables, S, and their conditions
 *     +- Window min(v) OVER (PARTITION BY s.k)     are among the query's; what else the query has,
 *        +- Filter t.k = s.k AND t.x = 1           T, is tied to S only by the equalities that
 *           +- t, s                                correlate
 *
 * Then the joined rows of a key k are the rows of S with that key, once for each row of T: all that
 * min, max and avg need. T must be filtered, or grouping S and joining the groups is cheaper.
 * Source: Zuzarte et al., WinMagic: Subquery Elimination Using Window Aggregation, SIGMOD 2003.
 */
#include <string.h>

#include "expr/function.h"
#include "optimize/rule.h"
#include "plan/selectivity.h"

#define MAX_LEAVES     32
#define MAX_AGGREGATES 4
#define SELECTIVE      0.1 /* of T's rows pass its conditions */

/* Inner joins, taken apart. */
typedef struct block {
    uint32_t n;
    const vonk_plan *leaves[MAX_LEAVES];
    expr_list parts; /* conditions without subqueries */
    bool plain;      /* nothing else was met */
} block;

/* The query's block, and which parts of it the subquery's block is. */
typedef struct match {
    rewriting *r;
    block outer, inner;
    const vonk_plan *twins[MAX_LEAVES]; /* the outer leaf that stands for each of inner's */
    vonk_id_set shared, others;         /* ids of S and of T in the outer block */
    expr_list keys;                     /* S's sides of the equalities that correlate */
    uint32_t n_aggregates;
    vonk_expr *aggregates[MAX_AGGREGATES], *aliases[MAX_AGGREGATES];
    bool supported; /* each aggregate is one that rows may be repeated for */
} match;

static vonk_status take_parts(rewriting *r, vonk_expr *condition, block *b, vonk_error *err)
{
    expr_list parts = {0};
    if (condition)
        VONK_TRY(split_and(r, condition, &parts, err));
    for (uint32_t i = 0; i < parts.n; i++) {
        b->plain &= is_deterministic(parts.items[i]);
        if (!has_subquery(parts.items[i]))
            VONK_TRY(list_add(r, &b->parts, parts.items[i], err));
    }
    return VONK_OK;
}

static vonk_status take_apart(rewriting *r, const vonk_plan *plan, block *b, vonk_error *err)
{
    bool inner = plan->kind == VONK_PLAN_JOIN && !plan->lateral &&
                 (plan->join_type == VONK_JOIN_INNER || plan->join_type == VONK_JOIN_CROSS);
    if (inner || plan->kind == VONK_PLAN_FILTER) {
        VONK_TRY(take_parts(r, plan->condition, b, err));
        for (uint32_t i = 0; i < plan->n_children; i++)
            VONK_TRY(take_apart(r, plan->children[i], b, err));
        return VONK_OK;
    }
    b->plain &= b->n < MAX_LEAVES;
    if (b->plain)
        b->leaves[b->n++] = plan;
    return VONK_OK;
}

bool is_same_table(const vonk_plan *a, const vonk_plan *b)
{
    return a->kind == VONK_PLAN_SCAN && b->kind == VONK_PLAN_SCAN && a->relation == b->relation &&
           a->n_output == b->n_output && !a->n_scan_filters && !b->n_scan_filters &&
           !memcmp(a->scan_columns, b->scan_columns, a->n_output * sizeof *a->scan_columns);
}

/* An outer leaf of its own for each of the subquery's. */
static bool find_twins(match *m)
{
    bool taken[MAX_LEAVES] = {false};
    for (uint32_t i = 0; i < m->inner.n; i++) {
        for (uint32_t o = 0; o < m->outer.n && !m->twins[i]; o++) {
            if (taken[o] || !is_same_table(m->inner.leaves[i], m->outer.leaves[o]))
                continue;
            m->twins[i] = m->outer.leaves[o];
            taken[o] = true;
        }
        if (!m->twins[i])
            return false;
    }
    return true;
}

static vonk_status fill_sides(match *m, vonk_error *err)
{
    m->shared.arena = m->others.arena = m->r->arena;
    for (uint32_t o = 0; o < m->outer.n; o++) {
        bool is_twin = false;
        for (uint32_t i = 0; i < m->inner.n; i++)
            is_twin |= m->twins[i] == m->outer.leaves[o];
        VONK_TRY(
            vonk_id_set_add_output(is_twin ? &m->shared : &m->others, m->outer.leaves[o], err));
    }
    return VONK_OK;
}

static vonk_status uses(match *m, const vonk_expr *e, const vonk_id_set *ids, bool *ret,
                        vonk_error *err)
{
    vonk_id_set used = {.arena = m->r->arena};
    VONK_TRY(vonk_expr_columns(e, &used, err));
    *ret = false;
    for (uint32_t i = 0; i < used.n_words && i < ids->n_words; i++)
        *ret |= (used.bits[i] & ids->bits[i]) != 0;
    return VONK_OK;
}

/* The subquery's expression with the query's columns. */
static vonk_status to_outer(match *m, vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    *ret = e;
    for (uint32_t i = 0; i < m->inner.n; i++)
        VONK_TRY(rename_columns(m->r, m->inner.leaves[i]->output, m->twins[i]->output,
                                m->twins[i]->n_output, *ret, ret, err));
    return VONK_OK;
}

static bool same_part(const vonk_expr *a, const vonk_expr *b)
{
    return vonk_expr_equal(a, b) ||
           (is_equality(a) && is_equality(b) && vonk_expr_equal(a->args[0], b->args[1]) &&
            vonk_expr_equal(a->args[1], b->args[0]));
}

/* A condition of both: if it ties S to T, it must be an equality of the two, whose S side is a key.
 */
static vonk_status take_common(match *m, vonk_expr *part, bool *ret_good, vonk_error *err)
{
    bool ties;
    VONK_TRY(uses(m, part, &m->others, &ties, err));
    *ret_good = !ties;
    for (uint32_t k = 0; ties && is_equality(part) && k < 2 && !*ret_good; k++) {
        bool foreign, own;
        VONK_TRY(uses(m, part->args[k], &m->others, &foreign, err));
        VONK_TRY(uses(m, part->args[1 - k], &m->shared, &own, err));
        if (foreign || own)
            continue;
        *ret_good = true;
        VONK_TRY(list_add(m->r, &m->keys, part->args[k], err));
    }
    return VONK_OK;
}

/* Every condition of the subquery is one of the query, and the query's others are about T alone. */
static vonk_status match_parts(match *m, bool *ret_good, vonk_error *err)
{
    double selectivity = 1;
    uint32_t n_found = 0;
    expr_list wanted = {0};
    for (uint32_t i = 0; i < m->inner.parts.n; i++) {
        vonk_expr *part;
        VONK_TRY(to_outer(m, m->inner.parts.items[i], &part, err));
        VONK_TRY(list_add(m->r, &wanted, part, err));
    }
    *ret_good = true;
    for (uint32_t o = 0; o < m->outer.parts.n && *ret_good; o++) {
        vonk_expr *part = m->outer.parts.items[o];
        bool found = false, about_shared;
        for (uint32_t i = 0; i < wanted.n; i++) {
            bool same = wanted.items[i] && same_part(wanted.items[i], part);
            found |= same;
            n_found += same;
            wanted.items[i] = same ? NULL : wanted.items[i];
        }
        VONK_TRY(uses(m, part, &m->shared, &about_shared, err));
        if (found)
            VONK_TRY(take_common(m, part, ret_good, err));
        else if (about_shared)
            *ret_good = false;
        else
            selectivity *= vonk_selectivity(part, NULL);
    }
    *ret_good &= n_found == wanted.n && m->keys.n && selectivity <= SELECTIVE;
    return VONK_OK;
}

/* Rows that are repeated alike change nothing; sums of floating point would, in the last digits. */
static bool bears_repeats(const vonk_expr *e)
{
    const char *name = e->function->name;
    bool exact = e->n_args == 1 && e->args[0]->type.id == VONK_DECIMAL;
    return e->n_args == 1 && !e->distinct && !e->filter && !has_subquery(e) &&
           is_deterministic(e) &&
           (!strcmp(name, "min") || !strcmp(name, "max") || (exact && !strcmp(name, "avg")));
}

/* f(x) -> the column of f(x) OVER (PARTITION BY keys) */
static vonk_expr *over_window(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    match *m = context;
    if (!is_aggregate_call(e))
        return e;
    vonk_expr *call, *window = vonk_expr_new(arena, VONK_EXPR_WINDOW, 1 + m->keys.n, err);
    m->supported &= bears_repeats(e) && m->n_aggregates < MAX_AGGREGATES;
    if (!window || !m->supported)
        return window ? e : NULL;
    if (to_outer(m, e, &call, err) != VONK_OK)
        return NULL;
    window->args[0] = call;
    memcpy(window->args + 1, m->keys.items, m->keys.n * sizeof(vonk_expr *));
    window->n_partition = m->keys.n;
    window->frame_unit = VONK_FRAME_ROWS;
    window->lower = VONK_BOUND_START;
    window->upper = VONK_BOUND_END;
    window->type = call->type;
    window->nullable = call->nullable;
    vonk_expr *alias;
    if (make_alias(m->r, window, e->name, &alias, err) != VONK_OK)
        return NULL;
    m->aliases[m->n_aggregates++] = alias;
    return vonk_expr_column(arena, alias->alias_id, alias->name, alias->type, true, err);
}

/* The subquery's column over its aggregates: what its lists above say, written into one another. */
static vonk_status value_of(rewriting *r, const vonk_plan *plan, vonk_expr **ret,
                            const vonk_plan **ret_below, vonk_error *err)
{
    *ret_below = NULL;
    *ret = vonk_attribute_column(r->arena, &plan->output[0], err);
    VONK_TRY_ALLOC(*ret);
    while (plan->kind == VONK_PLAN_PROJECT || plan->kind == VONK_PLAN_AGGREGATE) {
        alias_map aliases;
        VONK_TRY(alias_map_make(r, plan->exprs, plan->n_exprs, &aliases, err));
        VONK_TRY(inline_aliases(r, aliases, *ret, ret, err));
        bool grouped = plan->kind == VONK_PLAN_AGGREGATE;
        if (grouped && plan->n_group_exprs == 0)
            *ret_below = plan->children[0];
        if (grouped)
            break;
        plan = plan->children[0];
    }
    return VONK_OK;
}

/* *ret = `e`, a subquery, over a window above *plan's rows; NULL: that is not possible. */
static vonk_status value_by_window(match *m, const vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    bool good = false;
    vonk_expr *value;
    const vonk_plan *below;
    *ret = NULL;
    VONK_TRY(value_of(m->r, e->plan, &value, &below, err));
    if (!below || has_subquery(value) || !is_deterministic(value))
        return VONK_OK;
    m->inner.plain = true;
    VONK_TRY(take_apart(m->r, below, &m->inner, err));
    if (!m->inner.plain || !find_twins(m))
        return VONK_OK;
    VONK_TRY(fill_sides(m, err));
    VONK_TRY(match_parts(m, &good, err));
    if (!good)
        return VONK_OK;
    m->supported = true;
    value = vonk_expr_rewrite(value, over_window, m, m->r->arena, err);
    VONK_TRY_ALLOC(value);
    *ret = m->supported && m->n_aggregates ? value : NULL;
    return VONK_OK;
}

typedef struct swap {
    const vonk_expr *from;
    vonk_expr *to;
} swap;

static vonk_expr *swap_one(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    (void)arena;
    (void)err;
    const swap *s = context;
    return e == s->from ? s->to : e;
}

/* The first scalar subquery in `e`. */
static const vonk_expr *find_scalar(const vonk_expr *e)
{
    const vonk_expr *found = e->kind == VONK_EXPR_SUBQUERY ? e : NULL;
    for (uint32_t i = 0; i < e->n_args && !found; i++)
        found = find_scalar(e->args[i]);
    return found;
}

static vonk_status add_window(match *m, const vonk_plan *filter, vonk_plan **ret, vonk_error *err)
{
    vonk_plan *child = filter->children[0];
    expr_list parts = {0}, plain = {0};
    VONK_TRY(split_and(m->r, filter->condition, &parts, err));
    for (uint32_t i = 0; i < parts.n; i++) {
        if (!has_subquery(parts.items[i]))
            VONK_TRY(list_add(m->r, &plain, parts.items[i], err));
    }
    VONK_TRY(make_filter(m->r, child, &plain, &child, err));
    VONK_TRY(make_node(m->r, VONK_PLAN_WINDOW, child, ret, err));
    expr_list exprs = {0};
    for (uint32_t i = 0; i < m->n_aggregates; i++)
        VONK_TRY(list_add(m->r, &exprs, m->aliases[i], err));
    (*ret)->exprs = exprs.items;
    (*ret)->n_exprs = exprs.n;
    return vonk_plan_set_output(m->r->arena, *ret, err);
}

/* The parts with subqueries above the window, `from` being `to` in them. */
static vonk_status filter_above(rewriting *r, const vonk_plan *filter, swap s, vonk_plan **plan,
                                vonk_error *err)
{
    expr_list parts = {0}, above = {0};
    VONK_TRY(split_and(r, filter->condition, &parts, err));
    for (uint32_t i = 0; i < parts.n; i++) {
        if (!has_subquery(parts.items[i]))
            continue;
        vonk_expr *part = vonk_expr_rewrite(parts.items[i], swap_one, &s, r->arena, err);
        VONK_TRY_ALLOC(part);
        VONK_TRY(list_add(r, &above, part, err));
    }
    VONK_TRY(make_filter(r, *plan, &above, plan, err));
    return make_projection(r, *plan, filter->output, filter->n_output, plan, err);
}

static vonk_status visit(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *filter = *plan;
    bool correlated = false;
    if (filter->kind != VONK_PLAN_FILTER)
        return VONK_OK;
    swap s = {.from = find_scalar(filter->condition)};
    if (s.from)
        VONK_TRY(is_correlated(r, s.from->plan, &correlated, err));
    if (!correlated)
        return VONK_OK;
    match m = {.r = r, .outer.plain = true};
    VONK_TRY(take_apart(r, filter, &m.outer, err));
    if (m.outer.plain)
        VONK_TRY(value_by_window(&m, s.from, &s.to, err));
    if (!s.to)
        return VONK_OK;
    r->changed = true;
    VONK_TRY(add_window(&m, filter, plan, err));
    return filter_above(r, filter, s, plan, err);
}

vonk_status subquery_to_window(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return each_node(r, plan, visit, err);
}
