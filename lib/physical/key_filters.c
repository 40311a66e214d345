/*
 * key_filters.c - scans that wait for the keys of a join's other side and leave out the rows
 * without a partner, where an exchange lies between the join and the scan.
 *
 *     Join a.k = b.k                        the scan of `a` becomes
 *     :- Exchange                              Scan a, keys [k]
 *     :  +- ... Scan a                         +- Exchange b   (the same one)
 *     +- Exchange b
 *        +- Filter ...
 *
 * What the scan asks is an exchange that the plan has anyway: the join's own other side, or the
 * build side of a join below that has the same key. Its stage then runs first. It must be smaller
 * than the scan by a guess and filtered by something, and must not wait for the scan itself.
 * Source of the idea: Spark's InjectRuntimeFilter and dynamic partition pruning.
 */
#include <string.h>

#include "physical/build.h"
#include "plan/trace.h"

#define MAX_KEY_ROWS 4e6

/* An exchange whose rows have the keys. */
typedef struct key_source {
    vonk_physical *exchange;
    vonk_expr *key; /* over its output */
} key_source;

static bool is_source(const vonk_physical *op)
{
    return op->kind == VONK_OP_EXCHANGE &&
           (op->partitioning == VONK_PART_HASH || op->partitioning == VONK_PART_BROADCAST);
}

/* Something below leaves rows out. */
static bool is_selective(const vonk_physical *op)
{
    if (op->kind == VONK_OP_FILTER || (op->kind == VONK_OP_SCAN && op->n_exprs > 0))
        return true;
    if (op->kind == VONK_OP_JOIN && op->join_type == VONK_JOIN_SEMI)
        return true;
    for (uint32_t i = 0; i < op->n_children; i++) {
        if (is_selective(op->children[i]))
            return true;
    }
    return false;
}

/* `op` or what must run before it contains `wanted`. */
static bool needs(const vonk_physical *op, const vonk_physical *wanted)
{
    if (op == wanted)
        return true;
    for (uint32_t i = 0; i < op->n_children; i++) {
        if (needs(op->children[i], wanted))
            return true;
    }
    return false;
}

/* The build side that column *column of a join comes from or equals, with *key over its output. */
static bool build_with(const vonk_physical *join, uint32_t column, key_source *ret)
{
    vonk_physical *build = join->children[1];
    uint32_t n_left = join->children[0]->output.n_fields;
    if (join->join_type != VONK_JOIN_INNER && join->join_type != VONK_JOIN_SEMI)
        return false;
    for (uint32_t k = 0; k < join->n_keys; k++) {
        const vonk_expr *left = vonk_expr_bare_input(join->keys[k]);
        const vonk_expr *right = vonk_expr_bare_input(join->right_keys[k]);
        bool same = (left && left->index == column) || (right && right->index + n_left == column);
        if (same && left && right && vonk_type_equal(left->type, right->type)) {
            *ret = (key_source){build, join->right_keys[k]};
            return true;
        }
    }
    return false;
}

/* An exchange in the side `op` that has all values of its column: the first selective one. */
static bool find_source(vonk_physical *op, uint32_t column, vonk_expr *key, key_source *ret)
{
    if (is_source(op) && is_selective(op)) {
        *ret = (key_source){op, key};
        return true;
    }
    for (const vonk_physical *at = op; at && at->kind != VONK_OP_SCAN;) {
        key_source found;
        if (at->kind == VONK_OP_JOIN && build_with(at, column, &found) &&
            is_source(found.exchange) && is_selective(found.exchange)) {
            *ret = found;
            return true;
        }
        at = vonk_physical_trace(at, &column);
    }
    return false;
}

/*
 * The scan that the key comes from, and the exchange right above it: NULL if none is crossed. None
 * behind an exchange that others read, too: they want all of its rows.
 */
static vonk_physical *find_scan(vonk_physical *op, uint32_t *column, const vonk_physical **ret_root)
{
    const vonk_physical *at = op, *root = NULL;
    while (at && at->kind != VONK_OP_SCAN) {
        root = at->kind == VONK_OP_EXCHANGE ? at : root;
        if (at->reused)
            return NULL;
        at = vonk_physical_trace(at, column);
    }
    *ret_root = root;
    return (vonk_physical *)(uintptr_t)at; /* part of the plan that is being made */
}

static vonk_status add_filter(vonk_planner *p, vonk_physical *scan, uint32_t column,
                              const key_source *from, vonk_error *err)
{
    uint32_t n = scan->n_children;
    vonk_physical **children = VONK_NEW_ARRAY(p->arena, vonk_physical *, n + 1, err);
    vonk_expr **keys = VONK_NEW_ARRAY(p->arena, vonk_expr *, n + 1, err);
    vonk_expr **right = VONK_NEW_ARRAY(p->arena, vonk_expr *, n + 1, err);
    if (!children || !keys || !right)
        return VONK_NO_MEMORY;
    for (uint32_t i = 0; i < n; i++) {
        if (scan->children[i] == from->exchange &&
            vonk_expr_bare_input(scan->keys[i])->index == column)
            return VONK_OK; /* asked already */
        children[i] = scan->children[i];
        keys[i] = scan->keys[i];
        right[i] = scan->right_keys[i];
    }
    const vonk_field *field = &scan->output.fields[column];
    keys[n] = vonk_expr_input(p->arena, column, field->name, field->type, field->nullable, err);
    VONK_TRY_ALLOC(keys[n]);
    children[n] = from->exchange;
    right[n] = from->key;
    scan->children = children;
    scan->keys = keys;
    scan->right_keys = right;
    scan->n_children = scan->n_keys = n + 1;
    return VONK_OK;
}

/* One side of a join as it was planned. */
typedef struct side {
    const vonk_planned *planned;
    vonk_expr *key;
} side;

/* Lets the scan of `to`'s key ask for the keys that `from` has. */
static vonk_status filter_side(vonk_planner *p, const side *from, const side *to, vonk_error *err)
{
    const vonk_expr *from_key = vonk_expr_bare_input(from->key);
    const vonk_expr *to_key = vonk_expr_bare_input(to->key);
    vonk_physical_type physical = vonk_type_physical(from->key->type);
    if (!from_key || !to_key || !vonk_type_equal(from_key->type, to_key->type) ||
        (physical != VONK_PHYS_I32 && physical != VONK_PHYS_I64))
        return VONK_OK;
    key_source source;
    const vonk_physical *root;
    uint32_t column = to_key->index;
    vonk_physical *scan = find_scan(to->planned->op, &column, &root);
    if (!scan || !root || scan->relation->n_rows < 0 ||
        !find_source(from->planned->op, from_key->index, from->key, &source))
        return VONK_OK;
    bool whole = source.exchange == from->planned->op;
    double rows = whole ? from->planned->n_rows : 0; /* of a build side below: it was small */
    if (rows > MAX_KEY_ROWS || rows * 2 > (double)scan->relation->n_rows ||
        needs(source.exchange, root))
        return VONK_OK;
    return add_filter(p, scan, column, &source, err);
}

vonk_status vonk_plan_key_filters(vonk_planner *p, const vonk_physical *join,
                                  const vonk_planned *left, const vonk_planned *right,
                                  vonk_error *err)
{
    vonk_join_type type = join->join_type;
    bool to_left = type == VONK_JOIN_INNER || type == VONK_JOIN_SEMI;
    bool to_right =
        to_left || type == VONK_JOIN_LEFT || (type == VONK_JOIN_ANTI && !join->null_aware);
    if (!p->key_filters)
        return VONK_OK;
    for (uint32_t k = 0; k < join->n_keys; k++) {
        side l = {left, join->keys[k]}, r = {right, join->right_keys[k]};
        if (join->null_safe >> k & 1)
            continue;
        if (to_left)
            VONK_TRY(filter_side(p, &r, &l, err));
        if (to_right)
            VONK_TRY(filter_side(p, &l, &r, err));
    }
    return VONK_OK;
}
