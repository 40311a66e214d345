/*
 * push_down_filter.c - conditions go as near to the data as they can: through projects, sorts and
 * aggregates, to the sides of joins, into scans. A condition over both sides of a cross join makes
 * it an inner join.
 */
#include "expr/window.h"
#include "optimize/rule.h"

static vonk_status push(rewriting *r, vonk_plan **plan, expr_list *conditions, vonk_error *err);

/* Pushes below `child` of `*plan` and sets the output of *plan anew. */
static vonk_status push_below(rewriting *r, vonk_plan *plan, expr_list *down, vonk_error *err)
{
    if (!down->n)
        return VONK_OK;
    VONK_TRY(push(r, &plan->children[0], down, err));
    return vonk_plan_set_output(r->arena, plan, err);
}

static bool all_deterministic(vonk_expr *const *exprs, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!is_deterministic(exprs[i]))
            return false;
    }
    return true;
}

static vonk_status push_project(rewriting *r, vonk_plan **plan, expr_list *conditions,
                                vonk_error *err)
{
    vonk_plan *project = *plan;
    expr_list down = {0}, stay = {0};
    alias_map aliases;
    bool movable = all_deterministic(project->exprs, project->n_exprs);
    VONK_TRY(alias_map_make(r, project->exprs, project->n_exprs, &aliases, err));
    for (uint32_t i = 0; i < conditions->n; i++) {
        vonk_expr *e = conditions->items[i], *below = NULL;
        if (movable && is_deterministic(e))
            VONK_TRY(inline_aliases(r, aliases, e, &below, err));
        if (below && (below == e || !is_large(below)))
            VONK_TRY(list_add(r, &down, below, err));
        else
            VONK_TRY(list_add(r, &stay, e, err));
    }
    VONK_TRY(push_below(r, project, &down, err));
    return make_filter(r, project, &stay, plan, err);
}

/* Conditions on groups alone go below; the groups' expressions take the place of their columns. */
static vonk_status push_aggregate(rewriting *r, vonk_plan **plan, expr_list *conditions,
                                  vonk_error *err)
{
    vonk_plan *agg = *plan, groups = *agg;
    expr_list down = {0}, stay = {0};
    alias_map aliases;
    groups.n_output = agg->n_group_exprs; /* the output begins with the groups */
    VONK_TRY(alias_map_make(r, agg->exprs, agg->n_group_exprs, &aliases, err));
    for (uint32_t i = 0; i < conditions->n; i++) {
        vonk_expr *e = conditions->items[i];
        bool movable;
        VONK_TRY(is_within(r, e, &groups, &movable, err));
        if (!movable || !agg->n_group_exprs || !is_deterministic(e)) {
            VONK_TRY(list_add(r, &stay, e, err));
            continue;
        }
        VONK_TRY(inline_aliases(r, aliases, e, &e, err));
        VONK_TRY(list_add(r, &down, e, err));
    }
    VONK_TRY(push_below(r, agg, &down, err));
    return make_filter(r, agg, &stay, plan, err);
}

static bool is_partition_key(const vonk_plan *window, uint32_t id)
{
    const vonk_expr *w = window->exprs[0]->args[0];
    for (uint32_t i = 0; i < w->n_partition; i++) {
        const vonk_expr *key = vonk_window_partition(w)[i];
        if (key->kind == VONK_EXPR_COLUMN && key->id == id)
            return true;
    }
    return false;
}

/* Conditions on columns of PARTITION BY alone take whole partitions away, and may go below. */
static vonk_status push_window(rewriting *r, vonk_plan **plan, expr_list *conditions,
                               vonk_error *err)
{
    vonk_plan *window = *plan;
    expr_list down = {0}, stay = {0};
    for (uint32_t i = 0; i < conditions->n; i++) {
        vonk_expr *e = conditions->items[i];
        vonk_id_set used = {.arena = r->arena};
        VONK_TRY(vonk_expr_columns(e, &used, err));
        bool movable = is_deterministic(e), any = false;
        for (uint32_t id = 0; movable && id < used.n_words * 64; id++) {
            any |= vonk_id_set_has(&used, id);
            movable = !vonk_id_set_has(&used, id) || is_partition_key(window, id);
        }
        VONK_TRY(list_add(r, movable && any ? &down : &stay, e, err));
    }
    VONK_TRY(push_below(r, window, &down, err));
    return make_filter(r, window, &stay, plan, err);
}

static vonk_status push_union(rewriting *r, vonk_plan **plan, expr_list *conditions,
                              vonk_error *err)
{
    vonk_plan *op = *plan;
    expr_list stay = {0}, down = {0};
    for (uint32_t i = 0; i < conditions->n; i++) {
        vonk_expr *e = conditions->items[i];
        bool movable = op->set_op == VONK_UNION && is_deterministic(e);
        VONK_TRY(list_add(r, movable ? &down : &stay, e, err));
    }
    for (uint32_t k = 0; down.n && k < op->n_children; k++) {
        expr_list mine = {0};
        for (uint32_t i = 0; i < down.n; i++) {
            vonk_expr *e;
            VONK_TRY(rename_columns(r, op->output, op->children[k]->output, op->n_output,
                                    down.items[i], &e, err));
            VONK_TRY(list_add(r, &mine, e, err));
        }
        VONK_TRY(push(r, &op->children[k], &mine, err));
    }
    VONK_TRY(vonk_plan_set_output(r->arena, op, err));
    return make_filter(r, op, &stay, plan, err);
}

static vonk_status push_scan(rewriting *r, vonk_plan **plan, expr_list *conditions, vonk_error *err)
{
    vonk_plan *scan = *plan;
    expr_list stay = {0}, mine = {0};
    for (uint32_t i = 0; i < scan->n_scan_filters; i++)
        VONK_TRY(list_add(r, &mine, scan->scan_filters[i], err));
    for (uint32_t i = 0; i < conditions->n; i++) {
        vonk_expr *e = conditions->items[i];
        bool known = false, movable = is_deterministic(e) && !has_subquery(e);
        for (uint32_t k = 0; movable && k < mine.n; k++)
            known |= vonk_expr_equal(mine.items[k], e);
        if (!known)
            VONK_TRY(list_add(r, movable ? &mine : &stay, e, err));
    }
    scan->scan_filters = mine.items;
    scan->n_scan_filters = mine.n;
    return make_filter(r, scan, &stay, plan, err);
}

/* Where the parts of a join's conditions go. */
typedef struct join_parts {
    expr_list left, right, on, above;
} join_parts;

/* A condition from above the join. */
static vonk_status place_filter(rewriting *r, const vonk_plan *join, vonk_expr *e, join_parts *p,
                                vonk_error *err)
{
    vonk_join_type type = join->join_type;
    bool left, right;
    VONK_TRY(is_within(r, e, join->children[0], &left, err));
    VONK_TRY(is_within(r, e, join->children[1], &right, err));
    bool left_passes = type != VONK_JOIN_RIGHT && type != VONK_JOIN_FULL;
    bool right_passes =
        type == VONK_JOIN_INNER || type == VONK_JOIN_CROSS || type == VONK_JOIN_RIGHT;
    bool inner = type == VONK_JOIN_INNER || type == VONK_JOIN_CROSS;
    if (!is_deterministic(e))
        return list_add(r, &p->above, e, err);
    if (left && left_passes)
        return list_add(r, &p->left, e, err);
    if (right && right_passes)
        return list_add(r, &p->right, e, err);
    return list_add(r, inner ? &p->on : &p->above, e, err);
}

/* A part of the join's own condition: a side that is not preserved may filter by it first. */
static vonk_status place_condition(rewriting *r, const vonk_plan *join, vonk_expr *e, join_parts *p,
                                   vonk_error *err)
{
    vonk_join_type type = join->join_type;
    bool left, right;
    VONK_TRY(is_within(r, e, join->children[0], &left, err));
    VONK_TRY(is_within(r, e, join->children[1], &right, err));
    bool to_left = type == VONK_JOIN_INNER || type == VONK_JOIN_CROSS || type == VONK_JOIN_RIGHT ||
                   type == VONK_JOIN_SEMI;
    bool to_right = type != VONK_JOIN_RIGHT && type != VONK_JOIN_FULL && !join->null_aware;
    if (!is_deterministic(e) || join->null_aware)
        return list_add(r, &p->on, e, err);
    if (left && to_left)
        return list_add(r, &p->left, e, err);
    if (right && to_right)
        return list_add(r, &p->right, e, err);
    return list_add(r, &p->on, e, err);
}

static vonk_status push_join(rewriting *r, vonk_plan **plan, expr_list *conditions, vonk_error *err)
{
    vonk_plan *join = *plan;
    join_parts p = {0};
    expr_list own = {0};
    for (uint32_t i = 0; i < conditions->n; i++)
        VONK_TRY(place_filter(r, join, conditions->items[i], &p, err));
    if (join->condition)
        VONK_TRY(split_and(r, join->condition, &own, err));
    for (uint32_t i = 0; i < own.n; i++)
        VONK_TRY(place_condition(r, join, own.items[i], &p, err));
    VONK_TRY(push(r, &join->children[0], &p.left, err));
    VONK_TRY(push(r, &join->children[1], &p.right, err));
    VONK_TRY(join_and(r, &p.on, &join->condition, err));
    if (join->join_type == VONK_JOIN_CROSS && join->condition)
        join->join_type = VONK_JOIN_INNER;
    if (join->join_type == VONK_JOIN_INNER && !join->condition)
        join->join_type = VONK_JOIN_CROSS;
    VONK_TRY(vonk_plan_set_output(r->arena, join, err));
    return make_filter(r, join, &p.above, plan, err);
}

/* Puts `conditions` as deep as they may go under or above *plan. */
static vonk_status push(rewriting *r, vonk_plan **plan, expr_list *conditions, vonk_error *err)
{
    vonk_plan *p = *plan;
    if (!conditions->n && p->kind != VONK_PLAN_JOIN)
        return VONK_OK;
    switch (p->kind) {
    case VONK_PLAN_PROJECT:
        return push_project(r, plan, conditions, err);
    case VONK_PLAN_FILTER: {
        if (!is_deterministic(p->condition))
            return make_filter(r, p, conditions, plan, err);
        expr_list all = {0};
        VONK_TRY(split_and(r, p->condition, &all, err));
        for (uint32_t i = 0; i < conditions->n; i++)
            VONK_TRY(list_add(r, &all, conditions->items[i], err));
        *plan = p->children[0];
        return push(r, plan, &all, err);
    }
    case VONK_PLAN_SORT:
    case VONK_PLAN_DISTINCT:
        if (!all_deterministic(conditions->items, conditions->n))
            return make_filter(r, p, conditions, plan, err);
        return push_below(r, p, conditions, err);
    case VONK_PLAN_AGGREGATE:
        return push_aggregate(r, plan, conditions, err);
    case VONK_PLAN_WINDOW:
        return push_window(r, plan, conditions, err);
    case VONK_PLAN_JOIN:
        return push_join(r, plan, conditions, err);
    case VONK_PLAN_SET_OP:
        return push_union(r, plan, conditions, err);
    case VONK_PLAN_SCAN:
        return push_scan(r, plan, conditions, err);
    default:
        return make_filter(r, p, conditions, plan, err);
    }
}

static bool has_place(const vonk_plan *filter)
{
    switch (filter->children[0]->kind) {
    case VONK_PLAN_PROJECT:
    case VONK_PLAN_FILTER:
    case VONK_PLAN_SORT:
    case VONK_PLAN_DISTINCT:
    case VONK_PLAN_AGGREGATE:
    case VONK_PLAN_WINDOW:
    case VONK_PLAN_JOIN:
    case VONK_PLAN_SET_OP:
    case VONK_PLAN_SCAN:
        return true;
    default:
        return false;
    }
}

static uint32_t count_filters(const vonk_plan *plan)
{
    uint32_t n = plan->kind == VONK_PLAN_FILTER ? 1 : 0;
    for (uint32_t i = 0; i < plan->n_children; i++)
        n += count_filters(plan->children[i]);
    return n;
}

static vonk_status push_node(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *node = *plan;
    expr_list conditions = {0};
    if (node->kind == VONK_PLAN_JOIN)
        return push_join(r, plan, &conditions, err);
    if (node->kind != VONK_PLAN_FILTER || !has_place(node))
        return VONK_OK;
    VONK_TRY(split_and(r, node->condition, &conditions, err));
    *plan = node->children[0];
    return push(r, plan, &conditions, err);
}

vonk_status push_down_filters(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    uint32_t before = count_filters(*plan);
    VONK_TRY(each_node(r, plan, push_node, err));
    VONK_TRY(refresh_output(r, *plan, err));
    r->changed |= count_filters(*plan) != before;
    return VONK_OK;
}
