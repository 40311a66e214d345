/*
 * column_pruning.c - columns that nobody above uses are not made, and not read. Children of joins,
 * sorts and unions give exactly what is wanted, by a project if need be, because these move
 * or keep rows.
 */
#include <string.h>

#include "optimize/rule.h"

static vonk_status prune(rewriting *r, vonk_plan **plan, const vonk_id_set *wanted,
                         vonk_error *err);

static uint32_t keep_attributes(vonk_plan *plan, const vonk_id_set *wanted, vonk_attribute *kept)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->n_output; i++) {
        if (vonk_id_set_has(wanted, plan->output[i].id))
            kept[n++] = plan->output[i];
    }
    return n;
}

/* Makes *plan give only what is wanted of its output. */
static vonk_status narrow(rewriting *r, vonk_plan **plan, const vonk_id_set *wanted,
                          vonk_error *err)
{
    vonk_attribute *kept = VONK_NEW_ARRAY(r->arena, vonk_attribute, (*plan)->n_output, err);
    VONK_TRY_ALLOC(kept);
    uint32_t n = keep_attributes(*plan, wanted, kept);
    if (n == (*plan)->n_output)
        return VONK_OK;
    r->changed = true;
    return make_projection(r, *plan, kept, n, plan, err);
}

static vonk_status copy_set(const vonk_id_set *from, vonk_id_set *to, vonk_error *err)
{
    for (uint32_t id = 0; id < from->n_words * 64; id++) {
        if (vonk_id_set_has(from, id))
            VONK_TRY(vonk_id_set_add(to, id, err));
    }
    return VONK_OK;
}

/* Drops exprs[start ..] whose output is not wanted. */
static void keep_exprs(rewriting *r, vonk_plan *plan, uint32_t start, const vonk_id_set *wanted)
{
    uint32_t n = start;
    for (uint32_t i = start; i < plan->n_exprs; i++) {
        const vonk_expr *e = plan->exprs[i];
        uint32_t id = e->kind == VONK_EXPR_ALIAS ? e->alias_id : e->id;
        if (vonk_id_set_has(wanted, id))
            plan->exprs[n++] = plan->exprs[i];
    }
    r->changed |= n != plan->n_exprs;
    plan->n_exprs = n;
}

static vonk_status prune_exprs(rewriting *r, vonk_plan *plan, const vonk_id_set *wanted,
                               vonk_error *err)
{
    vonk_id_set below = {.arena = r->arena};
    keep_exprs(r, plan, plan->kind == VONK_PLAN_AGGREGATE ? plan->n_group_exprs : 0, wanted);
    VONK_TRY(vonk_plan_node_columns(plan, &below, err));
    return prune(r, &plan->children[0], &below, err);
}

static vonk_status prune_through(rewriting *r, vonk_plan *plan, const vonk_id_set *wanted,
                                 bool exact, vonk_error *err)
{
    vonk_id_set below = {.arena = r->arena};
    VONK_TRY(copy_set(wanted, &below, err));
    VONK_TRY(vonk_plan_node_columns(plan, &below, err));
    for (uint32_t i = 0; i < plan->n_children; i++) {
        VONK_TRY(prune(r, &plan->children[i], &below, err));
        if (exact)
            VONK_TRY(narrow(r, &plan->children[i], &below, err));
    }
    return VONK_OK;
}

static vonk_status prune_scan(rewriting *r, vonk_plan *scan, const vonk_id_set *wanted,
                              vonk_error *err)
{
    vonk_id_set needed = {.arena = r->arena};
    VONK_TRY(copy_set(wanted, &needed, err));
    VONK_TRY(vonk_plan_node_columns(scan, &needed, err));
    vonk_attribute *output = VONK_NEW_ARRAY(r->arena, vonk_attribute, scan->n_output, err);
    uint32_t *columns = VONK_NEW_ARRAY(r->arena, uint32_t, scan->n_output, err);
    if (!output || !columns)
        return VONK_NO_MEMORY;
    uint32_t n = 0;
    for (uint32_t i = 0; i < scan->n_output; i++) {
        if (!vonk_id_set_has(&needed, scan->output[i].id))
            continue;
        output[n] = scan->output[i];
        columns[n++] = scan->scan_columns[i];
    }
    r->changed |= n != scan->n_output;
    scan->output = output;
    scan->scan_columns = columns;
    scan->n_output = n;
    return VONK_OK;
}

/* Of each row of expressions those whose column is wanted. */
static vonk_status prune_expand(rewriting *r, vonk_plan *plan, const vonk_id_set *wanted,
                                vonk_error *err)
{
    vonk_id_set below = {.arena = r->arena};
    vonk_attribute *kept = VONK_NEW_ARRAY(r->arena, vonk_attribute, plan->n_output, err);
    vonk_expr **exprs = VONK_NEW_ARRAY(r->arena, vonk_expr *, plan->n_exprs, err);
    if (!kept || !exprs)
        return VONK_NO_MEMORY;
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->n_exprs; i++) {
        if (vonk_id_set_has(wanted, plan->output[i % plan->n_columns].id))
            exprs[n++] = plan->exprs[i];
    }
    uint32_t n_columns = keep_attributes(plan, wanted, kept);
    r->changed |= n_columns != plan->n_columns;
    plan->output = kept;
    plan->n_output = plan->n_columns = n_columns;
    plan->exprs = exprs;
    plan->n_exprs = n;
    VONK_TRY(vonk_plan_node_columns(plan, &below, err));
    return prune(r, &plan->children[0], &below, err);
}

/* The same columns of every input of a union, in its order. */
static vonk_status prune_union(rewriting *r, vonk_plan *op, const vonk_id_set *wanted,
                               vonk_error *err)
{
    vonk_attribute *kept = VONK_NEW_ARRAY(r->arena, vonk_attribute, op->n_output, err);
    VONK_TRY_ALLOC(kept);
    uint32_t n = keep_attributes(op, wanted, kept);
    if (!n && op->n_output) /* rows are counted: one column stays */
        kept[n++] = op->output[0];
    for (uint32_t k = 0; k < op->n_children; k++) {
        vonk_plan *child = op->children[k];
        vonk_attribute *mine = VONK_NEW_ARRAY(r->arena, vonk_attribute, n, err);
        VONK_TRY_ALLOC(mine);
        vonk_id_set below = {.arena = r->arena};
        uint32_t m = 0;
        for (uint32_t i = 0; i < op->n_output; i++) {
            if (m == n || op->output[i].id != kept[m].id)
                continue;
            mine[m++] = child->output[i];
            VONK_TRY(vonk_id_set_add(&below, child->output[i].id, err));
        }
        VONK_TRY(prune(r, &op->children[k], &below, err));
        child = op->children[k];
        bool same = child->n_output == n;
        for (uint32_t i = 0; same && i < n; i++)
            same = child->output[i].id == mine[i].id;
        if (!same)
            VONK_TRY(make_projection(r, child, mine, n, &op->children[k], err));
    }
    r->changed |= n != op->n_output;
    op->output = kept;
    op->n_output = n;
    return VONK_OK;
}

static vonk_status prune_all(rewriting *r, vonk_plan *plan, vonk_error *err)
{
    for (uint32_t i = 0; i < plan->n_children; i++) {
        vonk_id_set all = {.arena = r->arena};
        VONK_TRY(vonk_id_set_add_output(&all, plan->children[i], err));
        VONK_TRY(prune(r, &plan->children[i], &all, err));
    }
    return VONK_OK;
}

static vonk_status prune_by_kind(rewriting *r, vonk_plan *p, const vonk_id_set *wanted,
                                 vonk_error *err)
{
    switch (p->kind) {
    case VONK_PLAN_PROJECT:
    case VONK_PLAN_AGGREGATE:
        return prune_exprs(r, p, wanted, err);
    case VONK_PLAN_EXPAND:
        return prune_expand(r, p, wanted, err);
    case VONK_PLAN_FILTER:
    case VONK_PLAN_LIMIT: /* LIMIT over SORT is a top-N: nothing comes between them */
        return prune_through(r, p, wanted, false, err);
    case VONK_PLAN_JOIN:
    case VONK_PLAN_SORT:
    case VONK_PLAN_WINDOW:
        return prune_through(r, p, wanted, true, err);
    case VONK_PLAN_SCAN:
        return prune_scan(r, p, wanted, err);
    case VONK_PLAN_SET_OP:
        return p->set_op == VONK_UNION && p->set_all ? prune_union(r, p, wanted, err)
                                                     : prune_all(r, p, err);
    default:
        return prune_all(r, p, err);
    }
}

static vonk_status prune(rewriting *r, vonk_plan **plan, const vonk_id_set *wanted, vonk_error *err)
{
    if ((*plan)->kind == VONK_PLAN_WINDOW) {
        keep_exprs(r, *plan, 0, wanted);
        if (!(*plan)->n_exprs) {
            *plan = (*plan)->children[0];
            return prune(r, plan, wanted, err);
        }
    }
    VONK_TRY(prune_by_kind(r, *plan, wanted, err));
    if ((*plan)->kind == VONK_PLAN_EMPTY) {
        vonk_attribute *kept = VONK_NEW_ARRAY(r->arena, vonk_attribute, (*plan)->n_output, err);
        VONK_TRY_ALLOC(kept);
        (*plan)->n_output = keep_attributes(*plan, wanted, kept);
        (*plan)->output = kept;
    }
    return vonk_plan_set_output(r->arena, *plan, err);
}

vonk_status prune_columns(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_id_set all = {.arena = r->arena};
    VONK_TRY(vonk_id_set_add_output(&all, *plan, err));
    return prune(r, plan, &all, err);
}
