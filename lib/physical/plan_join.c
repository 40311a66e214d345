/*
 * plan_join.c - which join, which side is built, who is broadcast.
 *
 * The right child is always the build side; a RIGHT join becomes a LEFT one with its sides swapped.
 * A broadcast build side is sent to every executor once and shared by its tasks; otherwise both
 * sides are exchanged by their keys. A FULL join is never broadcast: rows of the build side
 * without a partner must come out once; nor is a semi or anti join whose own side is built.
 */
#include <math.h>
#include <string.h>

#include "expr/function.h"
#include "physical/build.h"

/* A semi join builds its own side if that has less than this part of the other side's bytes. */
#define OWN_SIDE_SHARE 0.6

typedef struct join_parts {
    vonk_planned left, right; /* probe, build */
    vonk_join_type type;
    uint32_t n_keys;
    vonk_expr **left_keys, **right_keys; /* over the attributes of each side */
    uint64_t null_safe;
    bool null_aware; /* its equality must be a key, even of a constant */
    vonk_expr *rest; /* what is not a key, or NULL */
} join_parts;

/* The conjunct is a key: left expression = right expression. */
static bool take_key(join_parts *j, vonk_expr *e)
{
    bool null_safe = vonk_expr_is_call(e, "<=>");
    if ((!null_safe && !vonk_expr_is_call(e, "=")) || j->n_keys == 64)
        return false;
    vonk_expr *a = e->args[0], *b = e->args[1];
    if (!j->null_aware && (!vonk_expr_uses_columns(a) || !vonk_expr_uses_columns(b)))
        return false;
    if (!vonk_binding_covers(&j->left.out, a) || !vonk_binding_covers(&j->right.out, b)) {
        vonk_expr *swap = a;
        a = b;
        b = swap;
    }
    if (!vonk_binding_covers(&j->left.out, a) || !vonk_binding_covers(&j->right.out, b))
        return false;
    j->null_safe |= (uint64_t)null_safe << j->n_keys;
    j->left_keys[j->n_keys] = a;
    j->right_keys[j->n_keys++] = b;
    return true;
}

static uint32_t count_conjuncts(const vonk_expr *e)
{
    if (!vonk_expr_is_call(e, "and"))
        return 1;
    return count_conjuncts(e->args[0]) + count_conjuncts(e->args[1]);
}

static vonk_status split_condition(vonk_planner *p, join_parts *j, vonk_expr *e, vonk_error *err)
{
    if (vonk_expr_is_call(e, "and")) {
        VONK_TRY(split_condition(p, j, e->args[0], err));
        return split_condition(p, j, e->args[1], err);
    }
    if (take_key(j, e))
        return VONK_OK;
    if (!j->rest) {
        j->rest = e;
        return VONK_OK;
    }
    vonk_expr *args[] = {j->rest, e};
    vonk_expr *both = vonk_expr_call(p->arena, "and", 2, args, err);
    VONK_TRY_ALLOC(both);
    both->function = vonk_function_find("and");
    both->type = VONK_TYPE(BOOL);
    both->nullable = true;
    j->rest = both;
    return VONK_OK;
}

static void swap_sides(join_parts *j)
{
    vonk_planned side = j->left;
    j->left = j->right;
    j->right = side;
}

static bool fits_broadcast(const vonk_planner *p, const vonk_planned *side)
{
    double bytes = side->n_rows * vonk_row_bytes(&side->out);
    return p->broadcast_bytes >= 0 && bytes <= (double)p->broadcast_bytes;
}

/* Should the left side be built? One that can be broadcast, else the one that is likely smaller. */
static bool left_is_smaller(const vonk_planner *p, const join_parts *j)
{
    bool left = fits_broadcast(p, &j->left), right = fits_broadcast(p, &j->right);
    if (left != right)
        return left;
    return j->left.likely * vonk_row_bytes(&j->left.out) <
           j->right.likely * vonk_row_bytes(&j->right.out);
}

/* A semi or anti join whose own side is the smaller one builds that. */
static void build_own_side(const vonk_planner *p, join_parts *j)
{
    double own = j->left.likely * vonk_row_bytes(&j->left.out);
    double other = j->right.likely * vonk_row_bytes(&j->right.out);
    if (!vonk_join_keeps_probe_only(j->type) || j->null_aware || !j->n_keys ||
        fits_broadcast(p, &j->right) || own >= other * OWN_SIDE_SHARE)
        return;
    vonk_expr **keys = j->left_keys;
    j->left_keys = j->right_keys;
    j->right_keys = keys;
    j->type = j->type == VONK_JOIN_SEMI ? VONK_JOIN_RIGHT_SEMI : VONK_JOIN_RIGHT_ANTI;
    swap_sides(j);
}

/* Sides by type and size; keys out of the condition. */
static vonk_status choose_sides(vonk_planner *p, const vonk_plan *node, join_parts *j,
                                vonk_error *err)
{
    j->type = node->join_type == VONK_JOIN_CROSS ? VONK_JOIN_INNER : node->join_type;
    j->null_aware = node->null_aware;
    if (j->type == VONK_JOIN_RIGHT) {
        j->type = VONK_JOIN_LEFT;
        swap_sides(j);
    } else if (j->type == VONK_JOIN_INNER && left_is_smaller(p, j)) {
        swap_sides(j);
    }
    if (!node->condition)
        return VONK_OK;
    uint32_t n = count_conjuncts(node->condition);
    j->left_keys = VONK_NEW_ARRAY(p->arena, vonk_expr *, n, err);
    VONK_TRY_ALLOC(j->left_keys);
    j->right_keys = VONK_NEW_ARRAY(p->arena, vonk_expr *, n, err);
    VONK_TRY_ALLOC(j->right_keys);
    VONK_TRY(split_condition(p, j, node->condition, err));
    build_own_side(p, j);
    return VONK_OK;
}

/* Brings matching rows into one task. Keys are bound by now. */
static vonk_status distribute(vonk_planner *p, join_parts *j, bool null_aware, vonk_error *err)
{
    if (j->left.single && j->right.single)
        return VONK_OK;
    bool small = fits_broadcast(p, &j->right);
    if (j->left.single || (j->type == VONK_JOIN_FULL && !j->n_keys)) {
        VONK_TRY(vonk_plan_gather(p, &j->left, &j->left, err));
        return vonk_plan_gather(p, &j->right, &j->right, err);
    }
    bool marks_build = j->type == VONK_JOIN_FULL || vonk_join_keeps_build_only(j->type);
    if (!marks_build && (small || !j->n_keys || null_aware))
        return vonk_plan_exchange(p, &j->right, VONK_PART_BROADCAST, NULL, 0, &j->right, err);
    VONK_TRY(
        vonk_plan_exchange(p, &j->left, VONK_PART_HASH, j->left_keys, j->n_keys, &j->left, err));
    return vonk_plan_exchange(p, &j->right, VONK_PART_HASH, j->right_keys, j->n_keys, &j->right,
                              err);
}

static vonk_status both_sides(vonk_planner *p, const join_parts *j, vonk_binding *ret,
                              vonk_error *err)
{
    uint32_t n = j->left.out.n, m = j->right.out.n;
    vonk_attribute *attributes = VONK_NEW_ARRAY(p->arena, vonk_attribute, n + m, err);
    VONK_TRY_ALLOC(attributes);
    if (n)
        memcpy(attributes, j->left.out.attributes, n * sizeof(*attributes));
    if (m)
        memcpy(attributes + n, j->right.out.attributes, m * sizeof(*attributes));
    *ret = (vonk_binding){n + m, attributes};
    return VONK_OK;
}

/* The nullability of outer joins' columns is that of the logical output. */
static void take_nullability(const vonk_plan *node, vonk_binding *out)
{
    vonk_binding logical = vonk_binding_of(node);
    for (uint32_t i = 0; i < out->n; i++) {
        vonk_attribute *a = (vonk_attribute *)(uintptr_t)&out->attributes[i];
        int at = vonk_binding_find(&logical, a->id);
        if (at >= 0)
            a->nullable = logical.attributes[at].nullable;
    }
}

static vonk_status join_op(vonk_planner *p, const vonk_plan *node, join_parts *j, vonk_planned *ret,
                           vonk_error *err)
{
    vonk_binding both;
    VONK_TRY(both_sides(p, j, &both, err));
    take_nullability(node, &both);
    bool left_only = vonk_join_keeps_probe_only(j->type);
    bool right_only = vonk_join_keeps_build_only(j->type);
    vonk_planned out = {.out = left_only ? j->left.out : right_only ? j->right.out : both};
    vonk_physical *op = vonk_physical_new(p->arena, VONK_OP_JOIN, 2, err);
    VONK_TRY_ALLOC(op);
    op->id = p->next_id++;
    op->limit = -1;
    op->children[0] = j->left.op;
    op->children[1] = j->right.op;
    op->join_type = j->type;
    op->null_aware = node->null_aware;
    op->null_safe = j->null_safe;
    op->n_keys = j->n_keys;
    op->keys = j->left_keys;
    op->right_keys = j->right_keys;
    if (j->rest)
        VONK_TRY(vonk_bind(p->arena, &both, j->rest, &op->condition, err));
    VONK_TRY(vonk_binding_schema(p->arena, &out.out, &op->output, err));
    out.op = op;
    out.single = j->left.single && j->right.single;
    out.n_rows = j->left.n_rows > j->right.n_rows ? j->left.n_rows : j->right.n_rows;
    out.kept = j->left.kept * j->right.kept;
    out.likely = fmax(j->left.likely * j->right.kept, j->right.likely * j->left.kept);
    if (left_only || right_only)
        out.n_rows = out.likely = left_only ? j->left.n_rows : j->right.n_rows;
    else if (!j->n_keys)
        out.n_rows = out.likely = j->left.n_rows * j->right.n_rows;
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_plan_join(vonk_planner *p, const vonk_plan *node, vonk_planned *ret,
                           vonk_error *err)
{
    join_parts j = {0};
    vonk_planned joined;
    VONK_TRY(vonk_plan_node(p, node->children[0], &j.left, err));
    VONK_TRY(vonk_plan_node(p, node->children[1], &j.right, err));
    VONK_TRY(choose_sides(p, node, &j, err));
    VONK_TRY(vonk_bind_all(p->arena, &j.left.out, j.left_keys, j.n_keys, &j.left_keys, err));
    VONK_TRY(vonk_bind_all(p->arena, &j.right.out, j.right_keys, j.n_keys, &j.right_keys, err));
    VONK_TRY(distribute(p, &j, node->null_aware, err));
    VONK_TRY(join_op(p, node, &j, &joined, err));
    vonk_binding wanted = vonk_binding_of(node);
    return vonk_plan_reorder(p, &joined, &wanted, ret, err);
}
