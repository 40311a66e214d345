/* plan_node.c - one function a kind of logical node. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "physical/build.h"
#include "physical/rows.h"

#define PARTITION_ROWS 262144.0 /* of all inputs together, so of one table fewer */

vonk_binding vonk_binding_of(const vonk_plan *node)
{
    return (vonk_binding){node->n_output, node->output};
}

double vonk_row_bytes(const vonk_binding *binding)
{
    double bytes = 8;
    for (uint32_t i = 0; i < binding->n; i++) {
        size_t width = vonk_type_width(binding->attributes[i].type);
        bytes += vonk_type_physical(binding->attributes[i].type) == VONK_PHYS_STRING
                     ? 20
                     : (double)(width ? width : 1);
    }
    return bytes;
}

vonk_status vonk_plan_op(vonk_planner *p, vonk_op_kind kind, vonk_physical *child,
                         const vonk_binding *out, vonk_physical **ret, vonk_error *err)
{
    vonk_physical *op = vonk_physical_new(p->arena, kind, child ? 1 : 0, err);
    VONK_TRY_ALLOC(op);
    op->id = p->next_id++;
    op->limit = -1;
    if (child)
        op->children[0] = child;
    VONK_TRY(vonk_binding_schema(p->arena, out, &op->output, err));
    *ret = op;
    return VONK_OK;
}

vonk_status vonk_plan_exchange(vonk_planner *p, const vonk_planned *in, vonk_partitioning how,
                               vonk_expr **keys, uint32_t n_keys, vonk_planned *ret,
                               vonk_error *err)
{
    vonk_planned out = *in;
    VONK_TRY(vonk_plan_op(p, VONK_OP_EXCHANGE, in->op, &in->out, &out.op, err));
    bool one = how == VONK_PART_GATHER || how == VONK_PART_BROADCAST;
    out.op->partitioning = how;
    out.op->n_partitions = one ? 1 : p->n_partitions;
    out.op->exchange_id = p->next_exchange++;
    out.op->keys = keys;
    out.op->n_keys = n_keys;
    out.single = how == VONK_PART_GATHER;
    VONK_TRY(vonk_plan_reuse(p, &out.op, err));
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_plan_gather(vonk_planner *p, const vonk_planned *in, vonk_planned *ret,
                             vonk_error *err)
{
    if (!in->single)
        return vonk_plan_exchange(p, in, VONK_PART_GATHER, NULL, 0, ret, err);
    *ret = *in;
    return VONK_OK;
}

vonk_status vonk_plan_reorder(vonk_planner *p, const vonk_planned *in, const vonk_binding *out,
                              vonk_planned *ret, vonk_error *err)
{
    bool same = in->out.n == out->n;
    for (uint32_t i = 0; same && i < out->n; i++)
        same = in->out.attributes[i].id == out->attributes[i].id;
    vonk_planned planned = *in;
    planned.out = *out;
    if (!same) {
        VONK_TRY(vonk_plan_op(p, VONK_OP_PROJECT, in->op, out, &planned.op, err));
        planned.op->n_exprs = out->n;
        planned.op->exprs = VONK_NEW_ARRAY(p->arena, vonk_expr *, out->n, err);
        VONK_TRY_ALLOC(planned.op->exprs);
        for (uint32_t i = 0; i < out->n; i++) {
            const vonk_attribute *a = &out->attributes[i];
            vonk_expr *column =
                vonk_expr_column(p->arena, a->id, a->name, a->type, a->nullable, err);
            VONK_TRY_ALLOC(column);
            VONK_TRY(vonk_bind(p->arena, &in->out, column, &planned.op->exprs[i], err));
        }
    }
    *ret = planned;
    return VONK_OK;
}

/* A scan's relation: with the session's options before its own, which count more. */
static vonk_status relation_of(vonk_planner *p, const vonk_plan *scan, const vonk_relation **ret,
                               vonk_error *err)
{
    const vonk_options *own = &scan->relation->options, *session = &p->scan_options;
    *ret = scan->relation;
    if (!session->n && scan->relation->stats == scan->stats)
        return VONK_OK;
    vonk_relation *relation = VONK_NEW(p->arena, vonk_relation, err);
    vonk_option *items = VONK_NEW_ARRAY(p->arena, vonk_option, session->n + own->n, err);
    if (!relation || !items)
        return VONK_NO_MEMORY;
    if (session->n)
        memcpy(items, session->items, session->n * sizeof(*items));
    if (own->n)
        memcpy(items + session->n, own->items, own->n * sizeof(*items));
    *relation = *scan->relation;
    relation->options = (vonk_options){session->n + own->n, items};
    relation->stats = scan->stats;
    *ret = relation;
    return VONK_OK;
}

static vonk_status plan_scan(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                             vonk_error *err)
{
    vonk_planned out = {.out = vonk_binding_of(node)};
    VONK_TRY(vonk_plan_op(p, VONK_OP_SCAN, NULL, &out.out, &out.op, err));
    assert(out.op);
    VONK_TRY(relation_of(p, node, &out.op->relation, err));
    out.op->columns = node->scan_columns;
    out.op->n_exprs = node->n_scan_filters;
    VONK_TRY(vonk_bind_all(p->arena, &out.out, node->scan_filters, node->n_scan_filters,
                           &out.op->exprs, err));
    out.n_rows = vonk_scan_kept(out.op, vonk_relation_rows(node->relation));
    out.kept = vonk_scan_kept(out.op, 1);
    out.likely = out.n_rows;
    *ret = out;
    return VONK_OK;
}

static vonk_status plan_values(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                               vonk_error *err)
{
    vonk_planned out = {.out = vonk_binding_of(node), .single = true};
    VONK_TRY(vonk_plan_op(p, VONK_OP_VALUES, NULL, &out.out, &out.op, err));
    assert(out.op);
    out.op->n_columns = node->n_output;
    if (node->kind == VONK_PLAN_ONE_ROW)
        out.op->n_rows = 1;
    if (node->kind == VONK_PLAN_VALUES) {
        out.op->n_rows = node->n_rows;
        out.op->n_exprs = node->n_exprs;
        VONK_TRY(vonk_bind_all(p->arena, &(vonk_binding){0}, node->exprs, node->n_exprs,
                               &out.op->exprs, err));
    }
    out.n_rows = out.op->n_rows;
    *ret = out;
    return VONK_OK;
}

/* Rows of range(start, end, step). */
static uint64_t range_rows(const vonk_plan *node)
{
    vonk_int128 span = (vonk_int128)node->range_end - node->range_start, step = node->range_step;
    if (!step || (span > 0) != (step > 0) || !span)
        return 0;
    return (uint64_t)((span + step - (step > 0 ? 1 : -1)) / step);
}

static vonk_status plan_range(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                              vonk_error *err)
{
    vonk_planned out = {.out = vonk_binding_of(node), .n_rows = (double)range_rows(node)};
    VONK_TRY(vonk_plan_op(p, VONK_OP_RANGE, NULL, &out.out, &out.op, err));
    assert(out.op);
    out.op->range_start = node->range_start;
    out.op->range_end = node->range_end;
    out.op->range_step = node->range_step;
    out.op->n_partitions = node->range_parts;
    *ret = out;
    return VONK_OK;
}

static vonk_status plan_filter(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                               vonk_error *err)
{
    vonk_planned in, out;
    VONK_TRY(vonk_plan_node(p, node->children[0], &in, err));
    out = in;
    out.n_rows *= 0.3;
    out.likely *= 0.3;
    out.kept *= 0.3;
    VONK_TRY(vonk_plan_op(p, VONK_OP_FILTER, in.op, &in.out, &out.op, err));
    out.op->n_exprs = 1;
    out.op->exprs = VONK_NEW_ARRAY(p->arena, vonk_expr *, 1, err);
    VONK_TRY_ALLOC(out.op->exprs);
    VONK_TRY(vonk_bind(p->arena, &in.out, node->condition, &out.op->exprs[0], err));
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_plan_project_over(vonk_planner *p, const vonk_plan *node, const vonk_planned *in,
                                   vonk_planned *ret, vonk_error *err)
{
    vonk_planned out = *in;
    out.out = vonk_binding_of(node);
    VONK_TRY(vonk_plan_op(p, VONK_OP_PROJECT, in->op, &out.out, &out.op, err));
    out.op->n_exprs = node->n_exprs;
    VONK_TRY(vonk_bind_all(p->arena, &in->out, node->exprs, node->n_exprs, &out.op->exprs, err));
    *ret = out;
    return VONK_OK;
}

/* ROLLUP and the like: each row once a grouping set. */
static vonk_status plan_expand(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                               vonk_error *err)
{
    vonk_planned in, out;
    VONK_TRY(vonk_plan_node(p, node->children[0], &in, err));
    out = in;
    out.out = vonk_binding_of(node);
    out.n_rows *= node->n_rows;
    VONK_TRY(vonk_plan_op(p, VONK_OP_EXPAND, in.op, &out.out, &out.op, err));
    out.op->n_rows = node->n_rows;
    out.op->n_columns = node->n_columns;
    out.op->n_exprs = node->n_exprs;
    VONK_TRY(vonk_bind_all(p->arena, &in.out, node->exprs, node->n_exprs, &out.op->exprs, err));
    *ret = out;
    return VONK_OK;
}

static vonk_status plan_project(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                                vonk_error *err)
{
    vonk_planned in;
    VONK_TRY(vonk_plan_node(p, node->children[0], &in, err));
    return vonk_plan_project_over(p, node, &in, ret, err);
}

static vonk_status plan_union(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                              vonk_error *err)
{
    if (node->set_op != VONK_UNION || !node->set_all)
        return vonk_fail(err, VONK_UNSUPPORTED,
                         "the optimizer left a set operation that is not "
                         "UNION ALL");
    vonk_planned out = {.out = vonk_binding_of(node), .single = true};
    vonk_physical *op = vonk_physical_new(p->arena, VONK_OP_UNION, node->n_children, err);
    vonk_planned *in = VONK_NEW_ARRAY(p->arena, vonk_planned, node->n_children, err);
    if (!op || !in)
        return VONK_NO_MEMORY;
    op->id = p->next_id++;
    op->limit = -1;
    VONK_TRY(vonk_binding_schema(p->arena, &out.out, &op->output, err));
    for (uint32_t i = 0; i < node->n_children; i++) {
        VONK_TRY(vonk_plan_node(p, node->children[i], &in[i], err));
        out.single &= in[i].single;
        out.n_rows += in[i].n_rows;
    }
    for (uint32_t i = 0; i < node->n_children; i++) {
        /* What must run in one task does not run in each of the union's. */
        if (in[i].single && !out.single && in[i].op->kind != VONK_OP_VALUES)
            VONK_TRY(vonk_plan_exchange(p, &in[i], VONK_PART_GATHER, NULL, 0, &in[i], err));
        op->children[i] = in[i].op;
    }
    out.op = op;
    *ret = out;
    return VONK_OK;
}

/* An alias only renames: its output has ids of its own or its child's. */
static vonk_status plan_alias(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                              vonk_error *err)
{
    VONK_TRY(vonk_plan_node(p, node->children[0], ret, err));
    ret->out = vonk_binding_of(node);
    return VONK_OK;
}

vonk_status vonk_plan_node(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                           vonk_error *err)
{
    static vonk_status (*const planners[VONK_N_PLANS])(vonk_planner *, const vonk_plan *,
                                                       vonk_planned *, vonk_error *) = {
        [VONK_PLAN_SCAN] = plan_scan,       [VONK_PLAN_ONE_ROW] = plan_values,
        [VONK_PLAN_VALUES] = plan_values,   [VONK_PLAN_EMPTY] = plan_values,
        [VONK_PLAN_RANGE] = plan_range,     [VONK_PLAN_ALIAS] = plan_alias,
        [VONK_PLAN_PROJECT] = plan_project, [VONK_PLAN_FILTER] = plan_filter,
        [VONK_PLAN_JOIN] = vonk_plan_join,  [VONK_PLAN_AGGREGATE] = vonk_plan_aggregate,
        [VONK_PLAN_SORT] = vonk_plan_sort,  [VONK_PLAN_LIMIT] = vonk_plan_limit,
        [VONK_PLAN_SET_OP] = plan_union,    [VONK_PLAN_WINDOW] = vonk_plan_window,
        [VONK_PLAN_EXPAND] = plan_expand,
    };
    if (!planners[node->kind])
        return vonk_fail_sql(err, "UNSUPPORTED_FEATURE", "%s cannot be executed yet",
                             vonk_plan_kind_name(node->kind));
    VONK_TRY(planners[node->kind](p, node, ret, err));
    if (ret->kept <= 0) { /* a leaf without filters, a union */
        ret->kept = 1;
        ret->likely = ret->n_rows;
    }
    ret->likely = fmin(ret->likely, ret->n_rows);
    return VONK_OK;
}

static double input_rows(const vonk_plan *node)
{
    double rows = 0;
    if (node->kind == VONK_PLAN_SCAN)
        rows = vonk_relation_rows(node->relation);
    else if (node->kind == VONK_PLAN_RANGE)
        rows = (double)range_rows(node);
    for (uint32_t i = 0; i < node->n_children; i++)
        rows += input_rows(node->children[i]);
    return rows;
}

/*
 * As many as there are slots, so that small queries have few tasks, and up to 8 times that for much
 * input: then the hash tables of a partition come nearer to fitting into the caches.
 */
static uint32_t choose_partitions(uint32_t n_slots, double rows)
{
    double wanted = rows / PARTITION_ROWS, most = (double)n_slots * 8;
    return wanted < n_slots ? n_slots : wanted > most ? (uint32_t)most : (uint32_t)wanted;
}

vonk_status vonk_plan_physical(vonk_planner *planner, const vonk_plan *logical, vonk_physical **ret,
                               vonk_error *err)
{
    vonk_planned planned;
    if (!planner->n_partitions)
        planner->n_partitions = choose_partitions(planner->n_slots, input_rows(logical));
    VONK_TRY(vonk_plan_node(planner, logical, &planned, err));
    VONK_TRY(vonk_plan_key_filters(planner, planned.op, err));
    *ret = planned.op;
    return VONK_OK;
}
