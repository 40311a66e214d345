/*
 * resolve_grouping.c - ROLLUP, CUBE and GROUPING SETS: an EXPAND below the AGGREGATE.
 *
 *   Aggregate [a', b', gid], [sum(v)]
 *   +- Expand [[a, b, v, a, b, 0], [a, b, v, a, null, 1], [a, b, v, null, null, 3]]
 *      +- Project [a, b, v]            groups that are no columns are computed here
 *
 * Each row comes once a set, with nulls for the groups that the set lacks; bit k of the grouping id
 * is set if group n-1-k is one of them. Aggregates see the input's own columns. Where two sets are
 * the same, their number is a key too. Source: Spark's ResolveGroupingAnalytics.
 */
#include "analyze/resolve_grouping.h"

#include <stdlib.h>
#include <string.h>

#define MAX_GROUPS 64    /* bits of a grouping id */
#define MAX_SETS   65536 /* of one GROUP BY */

typedef grouping_set_list set_list;

static vonk_status add_set(vonk_analyzer *a, set_list *list, uint64_t set, vonk_error *err)
{
    if (list->n == MAX_SETS)
        return vonk_fail_sql(err, "UNSUPPORTED_FEATURE", "more than %d grouping sets", MAX_SETS);
    if (!(list->n & (list->n - 1))) { /* full at powers of two */
        uint64_t *sets = VONK_NEW_ARRAY(a->arena, uint64_t, list->n ? list->n * 2 : 1, err);
        VONK_TRY_ALLOC(sets);
        if (list->n)
            memcpy(sets, list->sets, list->n * sizeof(*sets));
        list->sets = sets;
    }
    list->sets[list->n++] = set;
    return VONK_OK;
}

static bool is_set(const vonk_expr *e)
{
    return vonk_expr_is_call(e, "$set");
}

bool is_grouping_analytics(const vonk_expr *e)
{
    return vonk_expr_is_call(e, "$rollup") || vonk_expr_is_call(e, "$cube") ||
           vonk_expr_is_call(e, "$grouping_sets") || vonk_expr_is_call(e, "$given");
}

/* The group `e`, which is added to the groups if need be: *ret is its bit. */
static vonk_status group_bit(grouping_reader *g, const vonk_expr *e, uint64_t *ret, vonk_error *err)
{
    aggregation *agg = g->agg;
    vonk_expr *group = NULL;
    VONK_TRY(g->resolve(g->context, e, &group, err));
    uint32_t at = 0;
    VONK_TRY(add_group(agg, group, err));
    while (!vonk_expr_equal(agg->groups[at], group))
        at++;
    if (at >= MAX_GROUPS)
        return vonk_fail_sql(err, "GROUPING_SIZE_LIMIT_EXCEEDED",
                             "Grouping sets size cannot be greater than %d.", MAX_GROUPS);
    *ret = UINT64_C(1) << at;
    return VONK_OK;
}

/* The groups of `(a, b)` or of a lone expression. */
static vonk_status set_bits(grouping_reader *g, const vonk_expr *set, uint64_t *ret,
                            vonk_error *err)
{
    uint64_t bits = 0, bit;
    for (uint32_t i = 0; is_set(set) && i < set->n_args; i++) {
        VONK_TRY(group_bit(g, set->args[i], &bit, err));
        bits |= bit;
    }
    if (!is_set(set))
        VONK_TRY(group_bit(g, set, &bits, err));
    *ret = bits;
    return VONK_OK;
}

/* Every prefix (ROLLUP) or subset (CUBE) of the sets, the largest first. */
static vonk_status combine_sets(grouping_reader *g, const vonk_expr *e, bool cube, set_list *ret,
                                vonk_error *err)
{
    uint32_t n = e->n_args;
    uint64_t *bits = VONK_NEW_ARRAY(g->agg->analyzer->arena, uint64_t, n + 1, err);
    VONK_TRY_ALLOC(bits);
    for (uint32_t i = 0; i < n; i++)
        VONK_TRY(set_bits(g, e->args[i], &bits[i], err));
    uint64_t n_sets = !cube ? n + 1 : n < 32 ? UINT64_C(1) << n : UINT64_MAX;
    for (uint64_t k = 0; k < n_sets; k++) {
        uint64_t set = 0;
        for (uint32_t i = 0; i < n; i++) {
            bool in = cube ? !(k >> (n - 1 - i) & 1) : i + k < n;
            set |= in ? bits[i] : 0;
        }
        VONK_TRY(add_set(g->agg->analyzer, ret, set, err));
    }
    return VONK_OK;
}

/* Adds the sets that one element of GROUP BY stands for. */
static vonk_status read_element(grouping_reader *g, const vonk_expr *e, set_list *ret,
                                vonk_error *err)
{
    if (vonk_expr_is_call(e, "$rollup") || vonk_expr_is_call(e, "$cube"))
        return combine_sets(g, e, vonk_expr_is_call(e, "$cube"), ret, err);
    uint64_t set = 0;
    if (vonk_expr_is_call(e, "$given")) { /* its groups come first */
        VONK_TRY(set_bits(g, e->args[0], &set, err));
        return read_element(g, e->args[1], ret, err);
    }
    if (vonk_expr_is_call(e, "$grouping_sets")) {
        for (uint32_t i = 0; i < e->n_args; i++)
            VONK_TRY(read_element(g, e->args[i], ret, err));
        return VONK_OK;
    }
    VONK_TRY(set_bits(g, e, &set, err));
    return add_set(g->agg->analyzer, ret, set, err);
}

/* Every set of `left` with every one of `right`. */
static vonk_status cross(vonk_analyzer *a, const set_list *left, const set_list *right,
                         set_list *ret, vonk_error *err)
{
    set_list all = {0};
    for (uint32_t i = 0; i < left->n; i++) {
        for (uint32_t k = 0; k < right->n; k++)
            VONK_TRY(add_set(a, &all, left->sets[i] | right->sets[k], err));
    }
    *ret = all;
    return VONK_OK;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static vonk_status has_duplicates(vonk_analyzer *a, const set_list *list, bool *ret,
                                  vonk_error *err)
{
    uint64_t *sorted = VONK_NEW_ARRAY(a->arena, uint64_t, list->n, err);
    VONK_TRY_ALLOC(sorted);
    if (list->n)
        memcpy(sorted, list->sets, list->n * sizeof(*sorted));
    qsort(sorted, list->n, sizeof(*sorted), by_value);
    *ret = false;
    for (uint32_t i = 1; i < list->n; i++)
        *ret |= sorted[i] == sorted[i - 1];
    return VONK_OK;
}

static vonk_status new_column(vonk_analyzer *a, const char *name, vonk_type type, bool nullable,
                              vonk_expr **ret, vonk_error *err)
{
    *ret = vonk_expr_column(a->arena, a->next_id++, name, type, nullable, err);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

/* The groups come out of the EXPAND, as columns of their own. */
static vonk_status name_keys(aggregation *agg, vonk_error *err)
{
    vonk_analyzer *a = agg->analyzer;
    VONK_TRY(has_duplicates(a, &agg->sets, &agg->repeated_sets, err));
    agg->below = agg->group_outs;
    agg->group_outs = VONK_NEW_ARRAY(a->arena, vonk_expr *, agg->n_groups, err);
    VONK_TRY_ALLOC(agg->group_outs);
    for (uint32_t i = 0; i < agg->n_groups; i++) {
        const vonk_expr *out = agg->below[i];
        const char *name = out->kind == VONK_EXPR_ALIAS ? out->name : out->column_name;
        VONK_TRY(new_column(a, name, out->type, true, &agg->group_outs[i], err));
    }
    vonk_type bigint = VONK_TYPE(INT64);
    return new_column(a, "spark_grouping_id", bigint, false, &agg->grouping_id, err);
}

vonk_status resolve_grouping_sets(grouping_reader *g, vonk_expr *const *groups, uint32_t n,
                                  vonk_error *err)
{
    aggregation *agg = g->agg;
    set_list all = {0};
    VONK_TRY(add_set(agg->analyzer, &all, 0, err));
    for (uint32_t i = 0; i < n; i++) {
        set_list some = {0};
        VONK_TRY(read_element(g, groups[i], &some, err));
        VONK_TRY(cross(agg->analyzer, &all, &some, &all, err));
    }
    agg->sets = all;
    agg->grand_total = !agg->n_groups && all.n == 1;
    agg->has_group_by = !agg->grand_total;
    return agg->grand_total ? VONK_OK : name_keys(agg, err);
}

static vonk_expr *literal_number(vonk_analyzer *a, vonk_type type, uint64_t value, vonk_error *err)
{
    return vonk_expr_literal(a->arena, type, (vonk_value){.i64 = (int64_t)value}, err);
}

/* Bit k: the set lacks group n-1-k. */
static uint64_t grouping_id_of(uint64_t set, uint32_t n_groups)
{
    uint64_t id = 0;
    for (uint32_t i = 0; i < n_groups; i++)
        id = id << 1 | !(set >> i & 1);
    return id;
}

/* A PROJECT of the child's columns and the groups that are none. */
static vonk_status project_groups(aggregation *agg, vonk_plan **child, const vonk_plan *at,
                                  vonk_error *err)
{
    item_list all = {0};
    bool any = false;
    for (uint32_t i = 0; i < (*child)->n_output; i++)
        VONK_TRY(add_item(agg->analyzer, &all,
                          vonk_attribute_column(agg->analyzer->arena, &(*child)->output[i], err),
                          err));
    for (uint32_t i = 0; i < agg->n_groups; i++) {
        if (agg->below[i]->kind != VONK_EXPR_ALIAS)
            continue;
        any = true;
        VONK_TRY(add_item(agg->analyzer, &all, agg->below[i], err));
    }
    return any ? new_project(agg->analyzer, *child, all.items, all.n, at, child, err) : VONK_OK;
}

/* The row of expressions of one set. */
static vonk_status expand_set(aggregation *agg, const vonk_plan *child, uint32_t k,
                              vonk_expr **exprs, vonk_error *err)
{
    vonk_analyzer *a = agg->analyzer;
    uint64_t set = agg->sets.sets[k];
    uint32_t n = 0;
    for (uint32_t i = 0; i < child->n_output; i++)
        exprs[n++] = vonk_attribute_column(a->arena, &child->output[i], err);
    for (uint32_t i = 0; i < agg->n_groups; i++)
        exprs[n++] = set >> i & 1 ? item_column(a, agg->below[i], err)
                                  : vonk_expr_null(a->arena, agg->below[i]->type, err);
    exprs[n++] = literal_number(a, VONK_TYPE(INT64), grouping_id_of(set, agg->n_groups), err);
    if (agg->repeated_sets)
        exprs[n++] = literal_number(a, VONK_TYPE(INT32), k, err);
    for (uint32_t i = 0; i < n; i++)
        VONK_TRY_ALLOC(exprs[i]);
    return VONK_OK;
}

/* The keys of the AGGREGATE: the groups, the grouping id, the set's number. */
static vonk_status list_keys(aggregation *agg, vonk_error *err)
{
    item_list keys = {0};
    vonk_expr *position = NULL;
    for (uint32_t i = 0; i < agg->n_groups; i++)
        VONK_TRY(add_item(agg->analyzer, &keys, agg->group_outs[i], err));
    VONK_TRY(add_item(agg->analyzer, &keys, agg->grouping_id, err));
    if (agg->repeated_sets) {
        VONK_TRY(new_column(agg->analyzer, "_gen_grouping_pos", VONK_TYPE(INT32), false, &position,
                            err));
        VONK_TRY(add_item(agg->analyzer, &keys, position, err));
    }
    agg->groups = agg->group_outs = keys.items;
    agg->n_groups = keys.n;
    return VONK_OK;
}

static vonk_attribute attribute_of(const vonk_expr *column)
{
    return (vonk_attribute){.id = column->id,
                            .name = column->column_name,
                            .type = column->type,
                            .nullable = column->nullable};
}

vonk_status expand_groups(aggregation *agg, vonk_plan **child, const vonk_plan *at, vonk_error *err)
{
    vonk_analyzer *a = agg->analyzer;
    VONK_TRY(project_groups(agg, child, at, err));
    uint32_t n_below = (*child)->n_output;
    uint32_t n = n_below + agg->n_groups + 1 + agg->repeated_sets;
    vonk_plan *plan = new_node(a, VONK_PLAN_EXPAND, *child, at, err);
    VONK_TRY_ALLOC(plan);
    plan->n_rows = agg->sets.n;
    plan->n_columns = n;
    plan->n_exprs = agg->sets.n * n;
    plan->exprs = VONK_NEW_ARRAY(a->arena, vonk_expr *, (size_t)plan->n_exprs, err);
    plan->output = VONK_NEW_ARRAY(a->arena, vonk_attribute, n, err);
    if (!plan->exprs || !plan->output)
        return VONK_NO_MEMORY;
    for (uint32_t k = 0; k < agg->sets.n; k++)
        VONK_TRY(expand_set(agg, *child, k, plan->exprs + (size_t)k * n, err));
    VONK_TRY(list_keys(agg, err));
    if (n_below)
        memcpy(plan->output, (*child)->output, n_below * sizeof(*plan->output));
    for (uint32_t i = 0; i < agg->n_groups; i++)
        plan->output[n_below + i] = attribute_of(agg->groups[i]);
    plan->n_output = n;
    *child = plan;
    return VONK_OK;
}
