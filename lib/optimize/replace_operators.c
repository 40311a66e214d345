/*
 * replace_operators.c - DISTINCT is an aggregate without aggregates; INTERSECT and EXCEPT are one
 * over the union of both sides that notes which side a row came from. Their ALL forms count the
 * rows of each side, and give each row as often as the counts say.
 */
#include "optimize/rule.h"

/* AGGREGATE by the columns of `child`, each once. */
static vonk_status group_all(rewriting *r, vonk_plan *child, uint32_t n, vonk_plan **ret,
                             vonk_error *err)
{
    expr_list groups = {0}, exprs = {0};
    vonk_id_set seen = {.arena = r->arena};
    for (uint32_t i = 0; i < n; i++) {
        if (vonk_id_set_has(&seen, child->output[i].id))
            continue;
        VONK_TRY(vonk_id_set_add(&seen, child->output[i].id, err));
        vonk_expr *column = vonk_attribute_column(r->arena, &child->output[i], err);
        VONK_TRY(list_add(r, &groups, column, err));
        VONK_TRY(list_add(r, &exprs, column, err));
    }
    return make_aggregate(r, child, &groups, &exprs, ret, err);
}

static vonk_status replace_distinct(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *child = (*plan)->children[0], *agg;
    if (!child->n_output) { /* rows without columns: one is left, as by LIMIT 1 */
        VONK_TRY(make_node(r, VONK_PLAN_LIMIT, child, plan, err));
        (*plan)->limit = 1;
        return VONK_OK;
    }
    VONK_TRY(group_all(r, child, child->n_output, &agg, err));
    *plan = agg;
    if (agg->n_output != child->n_output) /* a column was there twice */
        return make_projection(r, agg, child->output, child->n_output, plan, err);
    return VONK_OK;
}

/* Columns of one side under new ids (`names` or NULL: made here), then its mark. */
static vonk_status mark_side(rewriting *r, vonk_plan *side, bool is_left, vonk_plan **ret,
                             vonk_error *err)
{
    expr_list exprs = {0};
    vonk_expr *alias;
    for (uint32_t i = 0; i < side->n_output; i++) {
        vonk_expr *column = vonk_attribute_column(r->arena, &side->output[i], err);
        VONK_TRY(make_alias(r, column, side->output[i].name, &alias, err));
        VONK_TRY(list_add(r, &exprs, alias, err));
    }
    VONK_TRY(make_alias(r, vonk_expr_int(r->arena, is_left, err), "in_first", &alias, err));
    VONK_TRY(list_add(r, &exprs, alias, err));
    VONK_TRY(make_alias(r, vonk_expr_int(r->arena, !is_left, err), "in_second", &alias, err));
    VONK_TRY(list_add(r, &exprs, alias, err));
    return make_project(r, side, &exprs, ret, err);
}

static vonk_status union_of_sides(rewriting *r, const vonk_plan *op, vonk_plan **ret,
                                  vonk_error *err)
{
    vonk_plan *both = vonk_plan_new(r->arena, VONK_PLAN_SET_OP, 2, err);
    VONK_TRY_ALLOC(both);
    both->set_op = VONK_UNION;
    both->set_all = true;
    for (uint32_t k = 0; k < 2; k++)
        VONK_TRY(mark_side(r, op->children[k], k == 0, &both->children[k], err));
    uint32_t n = op->n_output + 2;
    both->output = VONK_NEW_ARRAY(r->arena, vonk_attribute, n, err);
    VONK_TRY_ALLOC(both->output);
    both->n_output = n;
    for (uint32_t i = 0; i < n; i++) {
        both->output[i] = both->children[0]->output[i];
        both->output[i].id = i < op->n_output ? op->output[i].id : (*r->optimizer->next_id)++;
    }
    *ret = both;
    return vonk_plan_set_output(r->arena, both, err);
}

/* max(mark) = wanted */
static vonk_status check_mark(rewriting *r, vonk_plan *agg, const vonk_attribute *mark, int wanted,
                              expr_list *conditions, vonk_error *err)
{
    expr_list exprs = {agg->n_exprs, agg->exprs};
    vonk_expr *column = vonk_attribute_column(r->arena, mark, err), *call, *alias;
    VONK_TRY_ALLOC(column);
    VONK_TRY(make_call(r, "max", 1, &column, &call, err));
    VONK_TRY(make_alias(r, call, mark->name, &alias, err));
    VONK_TRY(list_add(r, &exprs, alias, err));
    agg->exprs = exprs.items;
    agg->n_exprs = exprs.n;
    vonk_expr *seen =
        vonk_expr_column(r->arena, alias->alias_id, mark->name, call->type, call->nullable, err);
    vonk_expr *number = vonk_expr_int(r->arena, wanted, err), *equal;
    VONK_TRY(make_call2(r, "=", seen, number, &equal, err));
    return list_add(r, conditions, equal, err);
}

/* Adds sum(mark) to the aggregate: *ret is its column. */
static vonk_status count_side(rewriting *r, vonk_plan *agg, const vonk_attribute *mark,
                              vonk_expr **ret, vonk_error *err)
{
    expr_list exprs = {agg->n_exprs, agg->exprs};
    vonk_expr *column = vonk_attribute_column(r->arena, mark, err), *call, *alias;
    VONK_TRY_ALLOC(column);
    VONK_TRY(make_call(r, "sum", 1, &column, &call, err));
    VONK_TRY(make_alias(r, call, mark->name, &alias, err));
    VONK_TRY(list_add(r, &exprs, alias, err));
    agg->exprs = exprs.items;
    agg->n_exprs = exprs.n;
    *ret = vonk_expr_column(r->arena, alias->alias_id, mark->name, call->type, true, err);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

static vonk_status make_range(rewriting *r, int64_t n, vonk_plan **ret, vonk_error *err)
{
    vonk_plan *range = vonk_plan_new(r->arena, VONK_PLAN_RANGE, 0, err);
    VONK_TRY_ALLOC(range);
    range->range_end = n;
    range->range_step = 1;
    range->range_parts = 1;
    range->output = VONK_NEW(r->arena, vonk_attribute, err);
    VONK_TRY_ALLOC(range->output);
    range->n_output = 1;
    *range->output = (vonk_attribute){
        .id = (*r->optimizer->next_id)++, .name = "digit", .type = VONK_TYPE(INT64)};
    *ret = range;
    return VONK_OK;
}

/* The columns of `like`, and `last`. */
static vonk_status project_with(rewriting *r, vonk_plan *child, const vonk_plan *like,
                                vonk_expr *last, vonk_plan **ret, vonk_error *err)
{
    expr_list exprs = {0};
    for (uint32_t i = 0; i < like->n_output; i++)
        VONK_TRY(list_add(r, &exprs, vonk_attribute_column(r->arena, &like->output[i], err), err));
    VONK_TRY(list_add(r, &exprs, last, err));
    return make_project(r, child, &exprs, ret, err);
}

/* Copies of a row are numbered by digits of this base; enough for 2^30 copies. */
enum { BASE_BITS = 5, N_DIGITS = 6 };

/*
 * Each row `copies` times: joined with the digits of the numbers below it, the highest first, each
 * by digit * 32^k < what the digits before have left.
 */
static vonk_status repeat_rows(rewriting *r, vonk_plan *rows, const vonk_plan *op,
                               vonk_expr *copies, vonk_plan **ret, vonk_error *err)
{
    vonk_expr *left = copies, *alias;
    for (int k = N_DIGITS - 1; k >= 0; k--) {
        vonk_plan *range;
        vonk_value power = {.i64 = INT64_C(1) << (BASE_BITS * k)};
        VONK_TRY(make_range(r, 1 << BASE_BITS, &range, err));
        vonk_expr *digit = vonk_attribute_column(r->arena, range->output, err), *part, *below;
        vonk_expr *unit = vonk_expr_literal(r->arena, VONK_TYPE(INT64), power, err);
        if (!digit || !unit)
            return VONK_NO_MEMORY;
        VONK_TRY(make_call2(r, "*", digit, unit, &part, err));
        VONK_TRY(make_call2(r, "<", part, left, &below, err));
        VONK_TRY(make_join(r, VONK_JOIN_INNER, rows, range, below, &rows, err));
        VONK_TRY(make_call2(r, "-", left, part, &left, err));
        VONK_TRY(make_alias(r, left, "copies", &alias, err));
        VONK_TRY(project_with(r, rows, op, alias, &rows, err));
        left = vonk_expr_column(r->arena, alias->alias_id, "copies", alias->type, true, err);
        VONK_TRY_ALLOC(left);
    }
    *ret = rows;
    return VONK_OK;
}

/* INTERSECT ALL: as often as in the side that has fewer; EXCEPT ALL: by how much the first has
 * more. */
static vonk_status replace_set_op_all(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *op = *plan, *both, *agg, *rows;
    vonk_expr *counts[2], *copies, *alias;
    VONK_TRY(union_of_sides(r, op, &both, err));
    VONK_TRY(group_all(r, both, op->n_output, &agg, err));
    for (uint32_t k = 0; k < 2; k++)
        VONK_TRY(count_side(r, agg, &both->output[op->n_output + k], &counts[k], err));
    VONK_TRY(vonk_plan_set_output(r->arena, agg, err));
    VONK_TRY(make_call2(r, op->set_op == VONK_INTERSECT ? "least" : "-", counts[0], counts[1],
                        &copies, err));
    VONK_TRY(make_alias(r, copies, "copies", &alias, err));
    VONK_TRY(project_with(r, agg, op, alias, &rows, err));
    copies = vonk_expr_column(r->arena, alias->alias_id, "copies", alias->type, true, err);
    VONK_TRY_ALLOC(copies);
    VONK_TRY(repeat_rows(r, rows, op, copies, &rows, err));
    return make_projection(r, rows, op->output, op->n_output, plan, err);
}

static vonk_status replace_set_op(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *op = *plan, *both, *agg, *filter;
    if (op->set_all)
        return replace_set_op_all(r, plan, err);
    expr_list conditions = {0};
    VONK_TRY(union_of_sides(r, op, &both, err));
    VONK_TRY(group_all(r, both, op->n_output, &agg, err));
    const vonk_attribute *marks = both->output + op->n_output;
    VONK_TRY(check_mark(r, agg, &marks[0], 1, &conditions, err));
    VONK_TRY(check_mark(r, agg, &marks[1], op->set_op == VONK_INTERSECT, &conditions, err));
    VONK_TRY(vonk_plan_set_output(r->arena, agg, err));
    VONK_TRY(make_filter(r, agg, &conditions, &filter, err));
    return make_projection(r, filter, op->output, op->n_output, plan, err);
}

static vonk_status replace_node(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *node = *plan;
    if (node->kind == VONK_PLAN_DISTINCT) {
        r->changed = true;
        return replace_distinct(r, plan, err);
    }
    if (node->kind == VONK_PLAN_SET_OP && node->set_op != VONK_UNION) {
        r->changed = true;
        return replace_set_op(r, plan, err);
    }
    return VONK_OK;
}

vonk_status replace_operators(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return each_node(r, plan, replace_node, err);
}
