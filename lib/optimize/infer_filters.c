/*
 * infer_filters.c - what is known of a column holds for the column that it equals in a join:
 *
 *     Inner(a where a.x = 3, b on a.x = b.y)  ->  Inner(a where a.x = 3, b where b.y = 3, on a.x =
 * b.y)
 *
 * Only comparisons with literals are taken over: they cannot fail on other rows.
 * Source: Spark's InferFiltersFromConstraints.
 */
#include "optimize/rule.h"

/* Comparisons of the column with the id *context and literals. */
static bool is_about(const vonk_expr *e, uint32_t id)
{
    static const char *const names[] = {"=", "<", "<=", ">", ">=", "in", "between", "and", "or"};
    if (e->kind == VONK_EXPR_LITERAL)
        return true;
    if (e->kind == VONK_EXPR_COLUMN)
        return e->id == id;
    bool known = false;
    for (uint32_t i = 0; i < VONK_LENGTH(names); i++)
        known |= vonk_expr_is_call(e, names[i]);
    for (uint32_t i = 0; known && i < e->n_args; i++)
        known = is_about(e->args[i], id);
    return known;
}

static bool is_column(const vonk_expr *e, void *context)
{
    (void)context;
    return e->kind == VONK_EXPR_COLUMN;
}

static vonk_status known_about(rewriting *r, const vonk_plan *plan, const vonk_attribute *column,
                               const vonk_attribute *as, expr_list *ret, vonk_error *err);

/* Adds the conditions that are about `column`, as conditions about `as`. */
static vonk_status take_over(rewriting *r, vonk_expr *condition, const vonk_attribute *column,
                             const vonk_attribute *as, expr_list *ret, vonk_error *err)
{
    expr_list parts = {0};
    VONK_TRY(split_and(r, condition, &parts, err));
    for (uint32_t i = 0; i < parts.n; i++) {
        vonk_expr *e = parts.items[i];
        if (!is_about(e, column->id) || !vonk_expr_any(e, is_column, NULL))
            continue;
        VONK_TRY(rename_columns(r, column, as, 1, e, &e, err));
        VONK_TRY(list_add(r, ret, e, err));
    }
    return VONK_OK;
}

/* The column of the child that a PROJECT or AGGREGATE shows as `column`. */
static vonk_status known_below(rewriting *r, const vonk_plan *plan, const vonk_attribute *column,
                               const vonk_attribute *as, expr_list *ret, vonk_error *err)
{
    for (uint32_t i = 0; i < plan->n_exprs; i++) {
        const vonk_expr *e = plan->exprs[i];
        bool alias = e->kind == VONK_EXPR_ALIAS;
        const vonk_expr *value = alias ? e->args[0] : e;
        if ((alias ? e->alias_id : e->id) != column->id || value->kind != VONK_EXPR_COLUMN)
            continue;
        const vonk_attribute *below = vonk_plan_find_output(plan->children[0], value->id);
        return below ? known_about(r, plan->children[0], below, as, ret, err) : VONK_OK;
    }
    return VONK_OK;
}

static vonk_status known_of_join(rewriting *r, const vonk_plan *join, const vonk_attribute *column,
                                 const vonk_attribute *as, expr_list *ret, vonk_error *err)
{
    vonk_join_type type = join->join_type;
    bool holds[2] = {type != VONK_JOIN_RIGHT && type != VONK_JOIN_FULL,
                     type == VONK_JOIN_INNER || type == VONK_JOIN_CROSS || type == VONK_JOIN_RIGHT};
    for (uint32_t i = 0; i < 2; i++) {
        if (holds[i] && vonk_plan_find_output(join->children[i], column->id))
            return known_about(r, join->children[i], column, as, ret, err);
    }
    return VONK_OK;
}

/* What every row of `plan` fulfils in `column`, said of `as`. */
static vonk_status known_about(rewriting *r, const vonk_plan *plan, const vonk_attribute *column,
                               const vonk_attribute *as, expr_list *ret, vonk_error *err)
{
    switch (plan->kind) {
    case VONK_PLAN_SCAN:
        for (uint32_t i = 0; i < plan->n_scan_filters; i++)
            VONK_TRY(take_over(r, plan->scan_filters[i], column, as, ret, err));
        return VONK_OK;
    case VONK_PLAN_FILTER:
        VONK_TRY(take_over(r, plan->condition, column, as, ret, err));
        return known_about(r, plan->children[0], column, as, ret, err);
    case VONK_PLAN_PROJECT:
    case VONK_PLAN_AGGREGATE:
        return known_below(r, plan, column, as, ret, err);
    case VONK_PLAN_JOIN:
        return known_of_join(r, plan, column, as, ret, err);
    case VONK_PLAN_SORT:
    case VONK_PLAN_LIMIT:
    case VONK_PLAN_DISTINCT:
        return known_about(r, plan->children[0], column, as, ret, err);
    default:
        return VONK_OK;
    }
}

/* Adds to `ret` what the side `from` knows of `column` and the other side not of `other`. */
static vonk_status infer(rewriting *r, const vonk_plan *join, uint32_t from,
                         const vonk_attribute *column, const vonk_attribute *other, expr_list *ret,
                         vonk_error *err)
{
    expr_list news = {0}, old = {0};
    VONK_TRY(known_about(r, join->children[from], column, other, &news, err));
    VONK_TRY(known_about(r, join->children[1 - from], other, other, &old, err));
    for (uint32_t i = 0; i < news.n; i++) {
        bool known = false;
        for (uint32_t k = 0; k < old.n; k++)
            known |= vonk_expr_equal(news.items[i], old.items[k]);
        for (uint32_t k = 0; k < ret->n; k++)
            known |= vonk_expr_equal(news.items[i], ret->items[k]);
        if (!known)
            VONK_TRY(list_add(r, ret, news.items[i], err));
    }
    return VONK_OK;
}

/* left.x = right.y: sides[i] gets what the other side knows. */
static vonk_status infer_from(rewriting *r, const vonk_plan *join, const vonk_expr *equality,
                              expr_list *sides, vonk_error *err)
{
    const vonk_attribute *columns[2] = {0};
    for (uint32_t i = 0; i < 2; i++) {
        for (uint32_t k = 0; k < 2 && equality->args[k]->kind == VONK_EXPR_COLUMN; k++) {
            const vonk_attribute *found =
                vonk_plan_find_output(join->children[i], equality->args[k]->id);
            columns[i] = found ? found : columns[i];
        }
    }
    if (!columns[0] || !columns[1] || !vonk_type_equal(columns[0]->type, columns[1]->type))
        return VONK_OK;
    for (uint32_t side = 0; side < 2; side++) {
        if (may_filter_side(join, side))
            VONK_TRY(infer(r, join, 1 - side, columns[1 - side], columns[side], &sides[side], err));
    }
    return VONK_OK;
}

static vonk_status visit(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *join = *plan;
    expr_list parts = {0}, sides[2] = {{0}};
    if (join->kind != VONK_PLAN_JOIN || !join->condition)
        return VONK_OK;
    VONK_TRY(split_and(r, join->condition, &parts, err));
    for (uint32_t i = 0; i < parts.n; i++) {
        if (is_equality(parts.items[i]))
            VONK_TRY(infer_from(r, join, parts.items[i], sides, err));
    }
    for (uint32_t side = 0; side < 2; side++) {
        r->changed |= sides[side].n > 0;
        VONK_TRY(make_filter(r, join->children[side], &sides[side], &join->children[side], err));
    }
    return VONK_OK;
}

vonk_status infer_filters(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return each_node(r, plan, visit, err);
}
