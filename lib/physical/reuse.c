/*
 * reuse.c - an exchange that would carry the same rows as one that is planned already is that one:
 * its stage runs once, and all who read it get the same blocks. A CTE that is used twice, a
 * dimension with the same filter in two joins.
 *
 *     Join                         Join
 *     :- Exchange 1                :- Exchange 1 ◀──┐
 *     :  +- Scan t        =>       :  +- Scan t     │
 *     +- Exchange 2                +- ──────────────┘
 *        +- Scan t
 *
 * Source of the idea: Spark's ReuseExchangeAndSubquery. Expressions are bound, so equal ones are
 * equal whatever their columns are called.
 */
#include <string.h>

#include "expr/function.h"
#include "physical/build.h"

/* Two calls of it may differ: rand(), uuid(). */
static bool varies(const vonk_expr *e, void *context)
{
    (void)context;
    return e->kind == VONK_EXPR_CALL && e->function && !e->function->deterministic;
}

static bool same_expr(const vonk_expr *a, const vonk_expr *b)
{
    if (!a || !b)
        return a == b;
    while (a->kind == VONK_EXPR_ALIAS)
        a = a->args[0];
    while (b->kind == VONK_EXPR_ALIAS)
        b = b->args[0];
    return vonk_type_equal(a->type, b->type) && vonk_expr_equal(a, b) &&
           !vonk_expr_any(a, varies, NULL);
}

static bool same_exprs(vonk_expr *const *a, vonk_expr *const *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!same_expr(a[i], b[i]))
            return false;
    }
    return true;
}

static bool same_options(const vonk_options *a, const vonk_options *b)
{
    if (a->n != b->n)
        return false;
    for (uint32_t i = 0; i < a->n; i++) {
        if (strcasecmp(a->items[i].key, b->items[i].key) != 0 ||
            strcmp(a->items[i].value, b->items[i].value) != 0)
            return false;
    }
    return true;
}

static bool same_fields(const vonk_schema *a, const vonk_schema *b)
{
    bool same = a->n_fields == b->n_fields;
    for (uint32_t i = 0; same && i < a->n_fields; i++)
        same = vonk_type_equal(a->fields[i].type, b->fields[i].type) &&
               !strcmp(a->fields[i].name, b->fields[i].name);
    return same;
}

static bool same_relation(const vonk_relation *a, const vonk_relation *b)
{
    if (a == b || !a || !b)
        return a == b;
    if (a->n_files != b->n_files || strcmp(a->format, b->format) != 0 ||
        !same_fields(&a->schema, &b->schema) || !same_options(&a->options, &b->options))
        return false;
    for (uint32_t i = 0; a->files != b->files && i < a->n_files; i++) {
        if (a->files[i].size != b->files[i].size || strcmp(a->files[i].path, b->files[i].path) != 0)
            return false;
    }
    return true;
}

static bool same_columns(const vonk_physical *a, const vonk_physical *b)
{
    if (!a->columns || !b->columns)
        return a->columns == b->columns;
    return !memcmp(a->columns, b->columns, a->output.n_fields * sizeof(*a->columns));
}

static bool same_numbers(const vonk_physical *a, const vonk_physical *b)
{
    return a->join_type == b->join_type && a->null_safe == b->null_safe &&
           a->null_aware == b->null_aware && a->mode == b->mode && a->limit == b->limit &&
           a->offset == b->offset && a->n_rows == b->n_rows && a->n_columns == b->n_columns &&
           a->range_start == b->range_start && a->range_end == b->range_end &&
           a->range_step == b->range_step && a->partitioning == b->partitioning &&
           a->n_partitions == b->n_partitions;
}

/* Not all types stand in expressions: what has no rows has none. */
static bool same_output_types(const vonk_schema *a, const vonk_schema *b)
{
    for (uint32_t i = 0; i < a->n_fields; i++) {
        if (!vonk_type_equal(a->fields[i].type, b->fields[i].type))
            return false;
    }
    return true;
}

/* The operators without their children; what writes is never the same. */
static bool same_node(const vonk_physical *a, const vonk_physical *b)
{
    if (a->kind != b->kind || a->kind == VONK_OP_WRITE || a->n_children != b->n_children ||
        a->n_exprs != b->n_exprs || a->n_keys != b->n_keys ||
        a->output.n_fields != b->output.n_fields || !a->right_keys != !b->right_keys)
        return false;
    return same_numbers(a, b) && same_output_types(&a->output, &b->output) &&
           same_exprs(a->exprs, b->exprs, a->n_exprs) && same_exprs(a->keys, b->keys, a->n_keys) &&
           (!a->right_keys || same_exprs(a->right_keys, b->right_keys, a->n_keys)) &&
           same_expr(a->condition, b->condition) && same_columns(a, b) &&
           same_relation(a->relation, b->relation);
}

static bool same_tree(const vonk_physical *a, const vonk_physical *b)
{
    if (!same_node(a, b))
        return false;
    for (uint32_t i = 0; i < a->n_children; i++) {
        if (a->children[i] != b->children[i] && !same_tree(a->children[i], b->children[i]))
            return false;
    }
    return true;
}

vonk_status vonk_plan_reuse(vonk_planner *p, vonk_physical **exchange, vonk_error *err)
{
    for (uint32_t i = 0; p->reuse && i < p->n_exchanges; i++) {
        vonk_physical *known = p->exchanges[i];
        if (same_tree(known, *exchange)) {
            known->reused = true;
            *exchange = known;
            return VONK_OK;
        }
    }
    if (p->n_exchanges == p->max_exchanges) {
        uint32_t most = p->max_exchanges ? p->max_exchanges * 2 : 16;
        vonk_physical **list = VONK_NEW_ARRAY(p->arena, vonk_physical *, most, err);
        VONK_TRY_ALLOC(list);
        if (p->n_exchanges)
            memcpy(list, p->exchanges, p->n_exchanges * sizeof(*list));
        p->exchanges = list;
        p->max_exchanges = most;
    }
    p->exchanges[p->n_exchanges++] = *exchange;
    return VONK_OK;
}
