/*
 * resolve_select.c - one SELECT block. Its parts see each other's names, so it is resolved as one:
 *
 *   SORT -> DISTINCT -> FILTER (HAVING) -> PROJECT or AGGREGATE -> FILTER (WHERE) -> FROM
 *
 * becomes
 *
 *   [PROJECT away] -> SORT -> DISTINCT -> PROJECT -> [FILTER -> AGGREGATE] -> WHERE and FROM
 *
 * ORDER BY expressions that the select list lacks are computed as hidden columns and projected away
 * after the sort.
 */
#include <assert.h>
#include <string.h>
#include <strings.h>

#include "analyze/resolve_grouping.h"
#include "expr/coerce.h"

typedef struct select_block {
    vonk_analyzer *analyzer;
    const query_context *q;
    const vonk_plan *sort, *distinct, *having, *core; /* as parsed; NULL if not there */
    relation input;                                   /* WHERE and FROM */
    item_list items;                                  /* select list, over the input */
    relation output;                                  /* what the items are called */
    vonk_id_set lateral;                              /* ALIASes that used a lateral alias */
    vonk_expr *having_condition;                      /* typed, over output and input */
    vonk_expr *qualify;                               /* typed, over the input; or NULL */
    item_list keys;                                   /* of ORDER BY, likewise; no SORT nodes */
    bool aggregated;
    aggregation agg;
    item_list final; /* items over the aggregation (or the input), then hidden sort columns */
} select_block;

/* Takes the block apart; core is NULL if this is not a SELECT block. */
static select_block split_block(const vonk_plan *plan)
{
    select_block b = {0};
    if (plan->kind == VONK_PLAN_SORT) {
        b.sort = plan;
        plan = plan->children[0];
    }
    if (plan->kind == VONK_PLAN_DISTINCT) {
        b.distinct = plan;
        plan = plan->children[0];
    }
    if (plan->kind == VONK_PLAN_FILTER) {
        b.having = plan;
        plan = plan->children[0];
    }
    if (plan->kind == VONK_PLAN_PROJECT || plan->kind == VONK_PLAN_AGGREGATE)
        b.core = plan;
    return b;
}

bool is_select(const vonk_plan *plan)
{
    return split_block(plan).core != NULL;
}

static vonk_status resolve_input(select_block *b, vonk_error *err)
{
    if (b->core->n_children)
        return resolve_relation(b->analyzer, b->q, b->core->children[0], &b->input, err);
    vonk_plan *row = new_node(b->analyzer, VONK_PLAN_ONE_ROW, NULL, b->core, err);
    VONK_TRY_ALLOC(row);
    return relation_of(b->analyzer, row, &b->input, err);
}

static scope input_scope(select_block *b)
{
    return (scope){.first = &b->input, .outer = b->q->outer, .ctes = b->q->ctes};
}

static bool has_qualifier(const relation *r, const char *name)
{
    for (uint32_t i = 0; r && i < r->n_attributes; i++) {
        if (r->attributes[i].qualifier && !strcasecmp(r->attributes[i].qualifier, name))
            return true;
    }
    return false;
}

/* t.* where t stands outside, as LATERAL may have it. */
static bool is_outer_star(const select_block *b, const vonk_expr *star)
{
    return star->n_name_parts == 1 && b->q->outer &&
           !has_qualifier(&b->input, star->name_parts[0]) &&
           has_qualifier(b->q->outer->first, star->name_parts[0]);
}

static vonk_status expand_outer_star(select_block *b, const vonk_expr *star, vonk_error *err)
{
    item_list columns = {0};
    VONK_TRY(expand_star(b->analyzer, b->q->outer->first, star, &columns, err));
    for (uint32_t i = 0; i < columns.n; i++) {
        vonk_expr *item, *column = columns.items[i];
        VONK_TRY(new_alias(b->analyzer, column, column->column_name, &item, err));
        VONK_TRY(add_item(b->analyzer, &b->items, item, err));
    }
    return VONK_OK;
}

/* All columns, that of the ALIAS with its value. */
static vonk_status expand_replacing(select_block *b, const vonk_expr *star, vonk_error *err)
{
    const vonk_expr *set = star->args[0];
    vonk_expr all = *star, *typed, *item;
    uint32_t first = b->items.n;
    bool found = false;
    all.n_args = 0;
    VONK_TRY(expand_star(b->analyzer, &b->input, &all, &b->items, err));
    scope s = input_scope(b);
    VONK_TRY(resolve_expr(b->analyzer, &s, set->args[0], &typed, err));
    VONK_TRY(new_alias(b->analyzer, typed, set->name, &item, err));
    for (uint32_t i = first; i < b->items.n; i++) {
        const vonk_expr *old = b->items.items[i];
        const char *name = old->kind == VONK_EXPR_ALIAS ? old->name : old->column_name;
        if (strcasecmp(name, set->name) != 0)
            continue;
        b->items.items[i] = item;
        found = true;
    }
    if (found)
        return VONK_OK;
    vonk_expr missing = {
        .kind = VONK_EXPR_NAME, .n_name_parts = 1, .start = set->start, .end = set->end};
    const char *parts[] = {set->name};
    missing.name_parts = parts;
    return fail_unresolved(b->analyzer, &b->input, &missing, err);
}

static vonk_status resolve_item(select_block *b, const vonk_expr *e, vonk_error *err)
{
    vonk_analyzer *a = b->analyzer;
    if (e->kind == VONK_EXPR_STAR && is_outer_star(b, e))
        return expand_outer_star(b, e, err);
    if (e->kind == VONK_EXPR_STAR && e->n_args == 1 && e->args[0]->kind == VONK_EXPR_ALIAS)
        return expand_replacing(b, e, err);
    if (e->kind == VONK_EXPR_STAR)
        return expand_star(a, &b->input, e, &b->items, err);
    scope s = input_scope(b);
    s.aliases = &b->items;
    vonk_expr *typed, *item;
    bool named = e->kind == VONK_EXPR_ALIAS;
    VONK_TRY(resolve_expr(a, &s, named ? e->args[0] : e, &typed, err));
    if (named)
        VONK_TRY(new_alias(a, typed, e->name, &item, err));
    else if (s.uses_lateral && e->kind == VONK_EXPR_NAME)
        VONK_TRY(new_alias(a, typed, e->name_parts[e->n_name_parts - 1], &item, err));
    else if (typed->kind == VONK_EXPR_COLUMN && !vonk_plan_find_output(b->input.plan, typed->id))
        VONK_TRY(new_alias(a, typed, typed->column_name, &item, err)); /* an outer column */
    else if (typed->kind == VONK_EXPR_CALL && is_grouping_id_name(e))
        VONK_TRY(new_alias(a, typed, "grouping__id", &item, err));
    else
        VONK_TRY(name_item(a, typed, &item, err));
    if (s.uses_lateral) {
        VONK_TRY(inline_items(a, &b->items, item, &item, err));
        VONK_TRY(vonk_id_set_add(&b->lateral, item->alias_id, err));
    }
    if (s.n_aggregates)
        b->aggregated = true;
    return add_item(a, &b->items, item, err);
}

/* at[id - first]: 1 + the place of the input's last attribute of this id; 0: none. */
typedef struct last_ids {
    uint32_t first, n, *at;
} last_ids;

static vonk_status note_last_ids(const select_block *b, last_ids *ret, vonk_error *err)
{
    const vonk_attribute *attributes = b->input.attributes;
    uint32_t least = UINT32_MAX, most = 0;
    for (uint32_t i = 0; i < b->input.n_attributes; i++) {
        least = attributes[i].id < least ? attributes[i].id : least;
        most = attributes[i].id > most ? attributes[i].id : most;
    }
    *ret = (last_ids){.first = least, .n = most >= least ? most - least + 1 : 0};
    ret->at = VONK_NEW_ARRAY(b->analyzer->arena, uint32_t, (size_t)ret->n + 1, err);
    VONK_TRY_ALLOC(ret->at);
    for (uint32_t i = 0; i < b->input.n_attributes; i++)
        ret->at[attributes[i].id - least] = i + 1;
    return VONK_OK;
}

static const vonk_attribute *last_of_id(const select_block *b, const last_ids *last, uint32_t id)
{
    uint32_t at = id >= last->first && id - last->first < last->n ? last->at[id - last->first] : 0;
    return at ? &b->input.attributes[at - 1] : NULL;
}

/* The names that ORDER BY and HAVING see first. */
static vonk_status set_output_names(select_block *b, vonk_error *err)
{
    uint32_t n = b->items.n;
    vonk_attribute *attributes = VONK_NEW_ARRAY(b->analyzer->arena, vonk_attribute, n, err);
    VONK_TRY_ALLOC(attributes);
    last_ids last;
    VONK_TRY(note_last_ids(b, &last, err));
    for (uint32_t i = 0; i < n; i++) {
        const vonk_expr *item = b->items.items[i];
        bool alias = item->kind == VONK_EXPR_ALIAS;
        attributes[i] = (vonk_attribute){.id = alias ? item->alias_id : item->id,
                                         .name = alias ? item->name : item->column_name,
                                         .type = item->type,
                                         .nullable = item->nullable};
        const vonk_attribute *from = alias ? NULL : last_of_id(b, &last, item->id);
        if (from)
            attributes[i].qualifier = from->qualifier;
    }
    b->output = (relation){
        .n_attributes = n, .n_visible = n, .attributes = attributes, .plan = b->input.plan};
    return VONK_OK;
}

static vonk_expr *item_value(vonk_expr *item)
{
    return item->kind == VONK_EXPR_ALIAS ? item->args[0] : item;
}

static bool has_star(const select_block *b)
{
    for (uint32_t i = 0; i < b->core->n_exprs; i++) {
        if (b->core->exprs[i]->kind == VONK_EXPR_STAR)
            return true;
    }
    return false;
}

static vonk_status fail_lateral_group(const vonk_expr *e, vonk_error *err)
{
    return AT(e, vonk_fail_sql(err, "UNSUPPORTED_FEATURE.LATERAL_COLUMN_ALIAS_IN_GROUP_BY",
                               "The feature is not supported: Referencing a lateral column alias "
                               "via GROUP BY alias/ALL is not supported yet."));
}

static vonk_status group_ordinal(select_block *b, const vonk_expr *e, vonk_expr **ret,
                                 vonk_error *err)
{
    int64_t at = e->value.i64;
    if (has_star(b))
        return AT(e, vonk_fail_sql(err, "STAR_GROUP_BY_POS",
                                   "Star (*) is not allowed in a select list when GROUP BY an "
                                   "ordinal position is used."));
    if (at < 1 || at > b->items.n)
        return AT(e, vonk_fail_sql(err, "GROUP_BY_POS_OUT_OF_RANGE",
                                   "GROUP BY position %lld is not in select list (valid range is "
                                   "[1, %u]).",
                                   (long long)at, b->items.n));
    const vonk_expr *item = b->items.items[at - 1];
    if (item->kind == VONK_EXPR_ALIAS && vonk_id_set_has(&b->lateral, item->alias_id))
        return fail_lateral_group(e, err);
    vonk_expr *value = item_value(b->items.items[at - 1]);
    if (has_window(value))
        return fail_window_operator(b->analyzer, value, err);
    if (has_aggregate(value)) {
        const char *text = expr_text(b->analyzer, value, err);
        VONK_TRY_ALLOC(text);
        return AT(e, vonk_fail_sql(err, "GROUP_BY_POS_AGGREGATE",
                                   "GROUP BY %lld refers to an expression %s that contains an "
                                   "aggregate function. Aggregate functions are not allowed in "
                                   "GROUP BY.",
                                   (long long)at, text));
    }
    *ret = value;
    return VONK_OK;
}

static bool is_literal_int(const vonk_expr *e)
{
    return e->kind == VONK_EXPR_LITERAL && e->type.id == VONK_INT32 && !e->value.is_null;
}

/* A select item whose value was made with a lateral alias. */
static bool is_lateral(const vonk_expr *e, void *context)
{
    const select_block *b = context;
    return e->kind == VONK_EXPR_COLUMN && vonk_id_set_has(&b->lateral, e->id);
}

static vonk_status resolve_group(void *context, const vonk_expr *e, vonk_expr **ret,
                                 vonk_error *err)
{
    select_block *b = context;
    vonk_expr *group = NULL;
    if (is_literal_int(e))
        return group_ordinal(b, e, ret, err);
    scope s = input_scope(b);
    s.aliases = &b->items;
    VONK_TRY(resolve_expr(b->analyzer, &s, e, &group, err));
    if (vonk_expr_any(group, is_lateral, b))
        return fail_lateral_group(e, err);
    if (s.uses_lateral)
        VONK_TRY(inline_items(b->analyzer, &b->items, group, &group, err));
    if (has_window(group))
        return fail_window_operator(b->analyzer, group, err);
    if (has_aggregate(group)) {
        const char *text = expr_text(b->analyzer, group, err);
        VONK_TRY_ALLOC(text);
        return AT(e, vonk_fail_sql(err, "GROUP_BY_AGGREGATE",
                                   "Aggregate functions are not allowed in GROUP BY, but found "
                                   "%s.",
                                   text));
    }
    *ret = group;
    return VONK_OK;
}

/* With grouping sets a column of the select list is no more the input's: it may be null. */
static vonk_status rename_columns(select_block *b, vonk_error *err)
{
    for (uint32_t i = 0; i < b->items.n; i++) {
        vonk_expr *item = b->items.items[i];
        if (item->kind != VONK_EXPR_COLUMN)
            continue;
        VONK_TRY(new_alias(b->analyzer, item, item->column_name, &b->items.items[i], err));
        b->output.attributes[i].id = b->items.items[i]->alias_id;
    }
    return VONK_OK;
}

/* GROUP BY's elements. */
static vonk_status read_groups(select_block *b, vonk_error *err)
{
    const vonk_plan *core = b->core;
    bool analytics = false;
    for (uint32_t i = 0; i < core->n_group_exprs; i++)
        analytics |= is_grouping_analytics(core->group_exprs[i]);
    if (analytics) {
        grouping_reader g = {.agg = &b->agg, .resolve = resolve_group, .context = b};
        VONK_TRY(resolve_grouping_sets(&g, core->group_exprs, core->n_group_exprs, err));
        return rename_columns(b, err);
    }
    for (uint32_t i = 0; i < core->n_group_exprs; i++) {
        vonk_expr *group = NULL;
        VONK_TRY(resolve_group(b, core->group_exprs[i], &group, err));
        VONK_TRY(add_group(&b->agg, group, err));
    }
    return VONK_OK;
}

/* A lone name ALL that is no column. */
static bool is_all(const vonk_expr *const *exprs, uint32_t n, const relation *r)
{
    const vonk_expr *e = n == 1 ? exprs[0] : NULL;
    if (e && e->kind == VONK_EXPR_SORT)
        e = e->args[0];
    if (!e || e->kind != VONK_EXPR_NAME || e->n_name_parts != 1 ||
        strcasecmp(e->name_parts[0], "all") != 0)
        return false;
    for (uint32_t i = 0; i < r->n_attributes; i++) {
        if (!strcasecmp(r->attributes[i].name, "all"))
            return false;
    }
    return true;
}

static vonk_status resolve_groups(select_block *b, vonk_error *err)
{
    const vonk_plan *core = b->core;
    b->agg = (aggregation){
        .analyzer = b->analyzer, .input = &b->input, .has_group_by = core->n_group_exprs > 0};
    const vonk_expr *const *groups = (const vonk_expr *const *)core->group_exprs;
    if (!is_all(groups, core->n_group_exprs, &b->input) ||
        !is_all(groups, core->n_group_exprs, &b->output))
        return read_groups(b, err);
    for (uint32_t i = 0; i < b->items.n; i++) {
        const vonk_expr *item = b->items.items[i];
        vonk_expr *value = item_value(b->items.items[i]);
        if (has_aggregate(value) || has_window(value))
            continue;
        if (item->kind == VONK_EXPR_ALIAS && vonk_id_set_has(&b->lateral, item->alias_id))
            return fail_lateral_group(groups[0], err);
        VONK_TRY(add_group(&b->agg, value, err));
    }
    return VONK_OK;
}

/* An expression of HAVING or ORDER BY: the select list's names, then the input's. */
static vonk_status resolve_above(select_block *b, const vonk_expr *e, bool sort, vonk_expr **ret,
                                 vonk_error *err)
{
    scope s = {.first = &b->output,
               .second = b->distinct && sort ? NULL : &b->input,
               .outer = b->q->outer,
               .ctes = b->q->ctes,
               .groups = sort ? NULL : &b->agg,
               .unknown_if_ambiguous = sort};
    return resolve_expr(b->analyzer, &s, e, ret, err);
}

/* HAVING of what is no boolean is a cast, unlike WHERE. Its place is that of the SELECT. */
static vonk_status cast_having(select_block *b, vonk_expr **e, vonk_error *err)
{
    vonk_analyzer *a = b->analyzer;
    vonk_type type = (*e)->type;
    if (type.id == VONK_BOOL || type.id == VONK_NULL)
        return VONK_OK;
    vonk_expr *cast = vonk_expr_coerce(a->arena, *e, VONK_TYPE(BOOL), err);
    VONK_TRY_ALLOC(cast);
    cast->start = b->core->start;
    cast->end = b->core->end;
    if (!vonk_can_cast(type, VONK_TYPE(BOOL), a->settings->ansi))
        return fail_cast(a, cast, err);
    *e = cast;
    return VONK_OK;
}

static vonk_status resolve_having(select_block *b, vonk_error *err)
{
    if (!b->having)
        return VONK_OK;
    vonk_expr *e = NULL;
    VONK_TRY(resolve_above(b, b->having->condition, false, &e, err));
    if (has_window(e))
        return fail_window_clause(e, "HAVING", err);
    VONK_TRY(cast_having(b, &e, err));
    return inline_items(b->analyzer, &b->items, e, &b->having_condition, err);
}

static vonk_status resolve_qualify_clause(select_block *b, vonk_error *err)
{
    if (!b->core->condition)
        return VONK_OK;
    scope s = {.first = &b->output, .second = &b->input, .outer = b->q->outer, .ctes = b->q->ctes};
    return resolve_qualify(b->analyzer, &s, b->core->condition, &b->items, &b->qualify, err);
}

static vonk_status resolve_key(select_block *b, const vonk_expr *sort, vonk_error *err)
{
    uint32_t at;
    vonk_expr *key;
    VONK_TRY(sort_ordinal(sort->args[0], b->items.n, &at, err));
    if (at != UINT32_MAX) {
        key = item_column(b->analyzer, b->items.items[at], err);
        return add_item(b->analyzer, &b->keys, key, err);
    }
    VONK_TRY(resolve_above(b, sort->args[0], true, &key, err));
    if (has_window(key)) /* Spark computes windows of select lists only */
        return fail_window_operator(b->analyzer, key, err);
    return add_item(b->analyzer, &b->keys, key, err);
}

static bool sorts_by_all(const select_block *b)
{
    return b->sort &&
           is_all((const vonk_expr *const *)b->sort->exprs, b->sort->n_exprs, &b->output);
}

static vonk_status resolve_keys(select_block *b, vonk_error *err)
{
    if (sorts_by_all(b)) {
        for (uint32_t i = 0; i < b->items.n; i++) {
            vonk_expr *key = item_column(b->analyzer, b->items.items[i], err);
            VONK_TRY(add_item(b->analyzer, &b->keys, key, err));
        }
        return VONK_OK;
    }
    for (uint32_t i = 0; b->sort && i < b->sort->n_exprs; i++)
        VONK_TRY(resolve_key(b, b->sort->exprs[i], err));
    return VONK_OK;
}

static bool groups_by_subquery(const select_block *b)
{
    for (uint32_t i = 0; b->aggregated && i < b->agg.n_groups; i++) {
        if (is_or_has_subquery(b->agg.groups[i]))
            return true; /* it may be the same: plans are not compared */
    }
    return false;
}

static vonk_status check_scalar_in_aggregate(select_block *b, const vonk_expr *item,
                                             vonk_error *err)
{
    if (groups_by_subquery(b) || !vonk_expr_any(item, is_correlated_scalar, NULL))
        return VONK_OK;
    const vonk_expr *value = item->kind == VONK_EXPR_ALIAS ? item->args[0] : item;
    const char *text = expr_text(b->analyzer, value, err);
    VONK_TRY_ALLOC(text);
    return AT(item, vonk_fail_sql(err, "SCALAR_SUBQUERY_IS_IN_GROUP_BY_OR_AGGREGATE_FUNCTION",
                                  "The correlated scalar subquery '\"%s\"' is neither present in "
                                  "GROUP BY, nor in an aggregate function.\nAdd it to GROUP BY "
                                  "using ordinal position or wrap it in `first()` (or "
                                  "`first_value`) if you don't care which value you get.",
                                  text));
}

/* Puts the select list over the aggregation, if there is one. */
static vonk_status finish_items(select_block *b, vonk_error *err)
{
    for (uint32_t i = 0; i < b->items.n; i++) {
        vonk_expr *item = b->items.items[i];
        if (b->aggregated) {
            VONK_TRY(over_aggregation(&b->agg, item, &item, err));
            VONK_TRY(check_scalar_in_aggregate(b, item, err));
        } else if (has_grouping_call(item)) {
            return fail_grouping_call(item, err);
        }
        if (item->kind == VONK_EXPR_ALIAS && item->args[0] != item)
            item->nullable = item->args[0]->nullable;
        VONK_TRY(add_item(b->analyzer, &b->final, item, err));
    }
    return VONK_OK;
}

static bool is_output_id(const select_block *b, uint32_t id)
{
    for (uint32_t i = 0; i < b->output.n_attributes; i++) {
        if (b->output.attributes[i].id == id)
            return true;
    }
    return false;
}

/* Can `key` be computed from the select list alone? */
static vonk_status is_over_output(select_block *b, const vonk_expr *key, bool *ret, vonk_error *err)
{
    vonk_id_set used = {.arena = b->analyzer->arena};
    VONK_TRY(vonk_expr_columns(key, &used, err));
    *ret = !has_aggregate(key) && !has_grouping_call(key);
    for (uint32_t id = 0; *ret && id < used.n_words * 64; id++) {
        bool local = vonk_id_set_has(&used, id) && vonk_plan_find_output(b->input.plan, id);
        if (local && !is_output_id(b, id))
            *ret = false;
    }
    return VONK_OK;
}

/* IN (q) and EXISTS (q) may stand in ORDER BY only as groups are. */
static vonk_status check_sort_subquery(const select_block *b, const vonk_expr *key, vonk_error *err)
{
    return groups_by_subquery(b) ? VONK_OK : check_sort_key(key, err);
}

static bool has_windows(const select_block *b)
{
    for (uint32_t i = 0; i < b->items.n; i++) {
        if (has_window(b->items.items[i]))
            return true;
    }
    return false;
}

static vonk_status fail_sort_aggregate(select_block *b, const vonk_expr *key, vonk_error *err);

/* With windows between ORDER BY and the aggregation it sees the groups that are columns only. */
static vonk_status check_key_above_windows(select_block *b, const vonk_expr *key, vonk_error *err)
{
    vonk_id_set used = {.arena = b->analyzer->arena};
    VONK_TRY(vonk_expr_columns(key, &used, err));
    for (uint32_t i = 0; i < b->input.n_attributes; i++) {
        const vonk_attribute *attribute = &b->input.attributes[i];
        if (!vonk_id_set_has(&used, attribute->id) || is_grouped(&b->agg, attribute->id))
            continue;
        vonk_expr unknown = {.kind = VONK_EXPR_NAME, .start = key->start, .end = key->end};
        const char *name = attribute->name;
        unknown.name_parts = &name;
        unknown.n_name_parts = 1;
        return fail_unresolved(b->analyzer, &b->output, &unknown, err);
    }
    return has_aggregate(key) ? fail_sort_aggregate(b, key, err) : VONK_OK;
}

/* *key = a sort key over the select list, which gets a hidden column if need be. */
static vonk_status finish_key(select_block *b, vonk_expr **key, vonk_error *err)
{
    vonk_analyzer *a = b->analyzer;
    bool over_output;
    VONK_TRY(is_over_output(b, *key, &over_output, err));
    if (over_output)
        return check_sort_subquery(b, *key, err);
    if (b->aggregated && has_windows(b))
        VONK_TRY(check_key_above_windows(b, *key, err));
    vonk_expr *e;
    VONK_TRY(inline_items(a, &b->items, *key, &e, err));
    if (b->aggregated)
        VONK_TRY(over_aggregation(&b->agg, e, &e, err));
    else if (has_grouping_call(e))
        return fail_grouping_call(e, err);
    VONK_TRY(check_sort_subquery(b, e, err));
    for (uint32_t i = 0; i < b->final.n; i++) {
        if (vonk_expr_equal(item_value(b->final.items[i]), e)) {
            *key = item_column(a, b->final.items[i], err);
            return *key ? VONK_OK : VONK_NO_MEMORY;
        }
    }
    vonk_expr *hidden;
    VONK_TRY(name_item(a, e, &hidden, err));
    VONK_TRY(add_item(a, &b->final, hidden, err));
    *key = item_column(a, hidden, err);
    return *key ? VONK_OK : VONK_NO_MEMORY;
}

static vonk_status fail_sort_aggregate(select_block *b, const vonk_expr *key, vonk_error *err)
{
    const char *text = expr_text(b->analyzer, key, err);
    VONK_TRY_ALLOC(text);
    return AT(key, vonk_fail_sql(err, "UNSUPPORTED_EXPR_FOR_OPERATOR",
                                 "A query operator contains one or more unsupported expressions.\n"
                                 "Consider to rewrite it to avoid window functions, aggregate "
                                 "functions, and generator functions in the WHERE clause.\nInvalid "
                                 "expressions: [\"%s\"]",
                                 text));
}

static vonk_status check_sort_aggregates(select_block *b, vonk_error *err)
{
    for (uint32_t i = 0; !b->aggregated && i < b->keys.n; i++) {
        if (has_aggregate(b->keys.items[i]))
            return fail_sort_aggregate(b, b->keys.items[i], err);
    }
    return VONK_OK;
}

static vonk_status build_sort(select_block *b, vonk_plan **plan, vonk_error *err)
{
    if (!b->sort)
        return VONK_OK;
    vonk_analyzer *a = b->analyzer;
    vonk_plan *sort = new_node(a, VONK_PLAN_SORT, *plan, b->sort, err);
    VONK_TRY_ALLOC(sort);
    sort->exprs = VONK_NEW_ARRAY(a->arena, vonk_expr *, b->keys.n, err);
    VONK_TRY_ALLOC(sort->exprs);
    bool all = sorts_by_all(b);
    for (uint32_t i = 0; i < b->keys.n; i++) {
        sort->exprs[i] = new_sort_key(a, b->sort->exprs[all ? 0 : i], b->keys.items[i], err);
        VONK_TRY_ALLOC(sort->exprs[i]);
    }
    sort->n_exprs = b->keys.n;
    VONK_TRY(vonk_plan_set_output(a->arena, sort, err));
    *plan = sort;
    if (b->final.n == b->items.n)
        return VONK_OK;
    vonk_expr **kept = VONK_NEW_ARRAY(a->arena, vonk_expr *, b->items.n, err);
    VONK_TRY_ALLOC(kept);
    for (uint32_t i = 0; i < b->items.n; i++) {
        kept[i] = item_column(a, b->final.items[i], err);
        VONK_TRY_ALLOC(kept[i]);
    }
    return new_project(a, sort, kept, b->items.n, b->core, plan, err);
}

static vonk_status build(select_block *b, const vonk_expr *having, vonk_plan **ret, vonk_error *err)
{
    vonk_analyzer *a = b->analyzer;
    vonk_plan *plan = b->input.plan;
    if (b->aggregated)
        VONK_TRY(new_aggregate(&b->agg, plan, b->core, &plan, err));
    if (having) {
        plan = new_node(a, VONK_PLAN_FILTER, plan, b->having, err);
        VONK_TRY_ALLOC(plan);
        plan->condition = (vonk_expr *)having;
        VONK_TRY(vonk_plan_set_output(a->arena, plan, err));
    }
    VONK_TRY(add_qualified_windows(a, &b->final, b->qualify, b->core, &plan, err));
    VONK_TRY(new_project(a, plan, b->final.items, b->final.n, b->core, &plan, err));
    if (b->distinct) {
        plan = new_node(a, VONK_PLAN_DISTINCT, plan, b->distinct, err);
        VONK_TRY_ALLOC(plan);
        VONK_TRY(vonk_plan_set_output(a->arena, plan, err));
    }
    VONK_TRY(build_sort(b, &plan, err));
    *ret = plan;
    return VONK_OK;
}

static vonk_status resolve_parts(select_block *b, vonk_error *err)
{
    VONK_TRY(resolve_input(b, err));
    b->aggregated = b->core->kind == VONK_PLAN_AGGREGATE;
    for (uint32_t i = 0; i < b->core->n_exprs; i++)
        VONK_TRY(resolve_item(b, b->core->exprs[i], err));
    VONK_TRY(set_output_names(b, err));
    b->aggregated |= b->having != NULL;
    if (b->aggregated)
        VONK_TRY(resolve_groups(b, err));
    VONK_TRY(resolve_having(b, err));
    VONK_TRY(resolve_qualify_clause(b, err));
    VONK_TRY(resolve_keys(b, err));
    return check_sort_aggregates(b, err);
}

vonk_status resolve_select(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                           relation *ret, vonk_error *err)
{
    select_block b = split_block(plan);
    assert(b.core); /* is_select(plan) */
    b.analyzer = a;
    b.q = q;
    b.lateral.arena = a->arena;
    VONK_TRY(resolve_parts(&b, err));
    VONK_TRY(finish_items(&b, err));
    vonk_expr *having = b.having_condition;
    b.agg.output = &b.output;
    if (having)
        VONK_TRY(over_aggregation(&b.agg, having, &having, err));
    if (b.qualify && b.aggregated)
        VONK_TRY(over_aggregation(&b.agg, b.qualify, &b.qualify, err));
    for (uint32_t i = 0; i < b.keys.n; i++)
        VONK_TRY(finish_key(&b, &b.keys.items[i], err));
    vonk_plan *built;
    VONK_TRY(build(&b, having, &built, err));
    VONK_TRY(relation_of(a, built, ret, err));
    for (uint32_t i = 0; i < ret->n_attributes; i++) /* `ORDER BY t.a` above a set operation */
        ret->attributes[i].qualifier = b.output.attributes[i].qualifier;
    return VONK_OK;
}
