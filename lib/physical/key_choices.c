/* key_choices.c - the key filters that a plan could have: for each key of a join, either way. */
#include <string.h>

#include "physical/key_filters.h"
#include "plan/trace.h"

#define MAX_CHOICES 512u /* of a plan with very many joins only the first ones are looked at */

typedef struct finder {
    vonk_arena *arena;
    bool *seen; /* by operator id: an exchange may have several readers */
    uint32_t n_ids;
    vonk_key_choices found;
} finder;

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
    if (op->kind == VONK_OP_JOIN &&
        (vonk_join_keeps_probe_only(op->join_type) || vonk_join_keeps_build_only(op->join_type)))
        return true;
    for (uint32_t i = 0; i < op->n_children; i++) {
        if (is_selective(op->children[i]))
            return true;
    }
    return false;
}

static vonk_status add(finder *f, const vonk_key_choice *choice, vonk_error *err)
{
    vonk_key_choices *list = &f->found;
    if (list->n == MAX_CHOICES || !is_selective(choice->source))
        return VONK_OK;
    if (list->n == list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity * 2 : 16;
        vonk_key_choice *items = VONK_NEW_ARRAY(f->arena, vonk_key_choice, capacity, err);
        VONK_TRY_ALLOC(items);
        if (list->n)
            memcpy(items, list->items, list->n * sizeof(*items));
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->n++] = *choice;
    return VONK_OK;
}

/*
 * The scan that a column comes from, and the exchange right above it: NULL if none is crossed. None
 * behind an exchange that others read, too: they want all of its rows.
 */
static bool find_scan(vonk_physical *side, vonk_key_choice *choice)
{
    const vonk_physical *at = side;
    while (at && at->kind != VONK_OP_SCAN) {
        choice->root = at->kind == VONK_OP_EXCHANGE ? at : choice->root;
        if (at->reused)
            return false;
        at = vonk_physical_trace(at, &choice->column);
    }
    choice->scan = (vonk_physical *)(uintptr_t)at; /* part of the plan that is being made */
    return at && at->relation->n_rows >= 0;
}

/* The key of a join's build side that column `column` of the join comes from or equals. */
static vonk_expr *build_key(const vonk_physical *join, uint32_t column)
{
    uint32_t n_left = join->children[0]->output.n_fields;
    if (join->join_type != VONK_JOIN_INNER && join->join_type != VONK_JOIN_SEMI)
        return NULL;
    for (uint32_t k = 0; k < join->n_keys; k++) {
        const vonk_expr *left = vonk_expr_bare_input(join->keys[k]);
        const vonk_expr *right = vonk_expr_bare_input(join->right_keys[k]);
        bool same = (left && left->index == column) || (right && right->index + n_left == column);
        if (same && left && right && vonk_type_equal(left->type, right->type))
            return join->right_keys[k];
    }
    return NULL;
}

/* Each exchange in `side` that has all values of its key: its own, and those of joins below. */
static vonk_status add_sources(finder *f, vonk_physical *side, vonk_expr *key,
                               vonk_key_choice *choice, vonk_error *err)
{
    uint32_t column = vonk_expr_bare_input(key)->index;
    if (is_source(side)) {
        choice->source = side;
        choice->key = key;
        VONK_TRY(add(f, choice, err));
    }
    for (const vonk_physical *at = side; at && at->kind != VONK_OP_SCAN;) {
        choice->key = at->kind == VONK_OP_JOIN ? build_key(at, column) : NULL;
        choice->source = choice->key ? at->children[1] : NULL;
        if (choice->source && is_source(choice->source))
            VONK_TRY(add(f, choice, err));
        at = vonk_physical_trace(at, &column);
    }
    return VONK_OK;
}

/* The scan of `to`, a key of the join's child `side`, asks for keys that `from` has. */
static vonk_status filter_side(finder *f, const vonk_physical *join, uint32_t side, vonk_expr *to,
                               vonk_expr *from, vonk_error *err)
{
    const vonk_expr *from_key = vonk_expr_bare_input(from), *to_key = vonk_expr_bare_input(to);
    vonk_physical_type physical = vonk_type_physical(from->type);
    if (!from_key || !to_key || !vonk_type_equal(from_key->type, to_key->type) ||
        (physical != VONK_PHYS_I32 && physical != VONK_PHYS_I64))
        return VONK_OK;
    vonk_key_choice choice = {.join = join, .column = to_key->index};
    if (!find_scan(join->children[side], &choice))
        return VONK_OK;
    if (choice.root)
        return add_sources(f, join->children[1 - side], from, &choice, err);
    if (side == 1)
        return VONK_OK; /* built before the other side is there */
    choice.source = join->children[1];
    choice.key = from;
    choice.chosen = true;
    return add(f, &choice, err);
}

static vonk_status visit_join(finder *f, const vonk_physical *join, vonk_error *err)
{
    for (uint32_t k = 0; k < join->n_keys; k++) {
        if (k < 64 && join->null_safe >> k & 1)
            continue;
        if (vonk_join_filters_probe(join->join_type))
            VONK_TRY(filter_side(f, join, 0, join->keys[k], join->right_keys[k], err));
        if (vonk_join_filters_build(join->join_type) && !join->null_aware)
            VONK_TRY(filter_side(f, join, 1, join->right_keys[k], join->keys[k], err));
    }
    return VONK_OK;
}

static vonk_status visit(finder *f, const vonk_physical *op, vonk_error *err)
{
    if (f->seen[op->id])
        return VONK_OK;
    f->seen[op->id] = true;
    if (op->kind == VONK_OP_JOIN)
        VONK_TRY(visit_join(f, op, err));
    for (uint32_t i = 0; i < op->n_children; i++)
        VONK_TRY(visit(f, op->children[i], err));
    return VONK_OK;
}

vonk_status vonk_key_choices_find(vonk_arena *arena, vonk_physical *plan, uint32_t n_ids,
                                  vonk_key_choices *ret, vonk_error *err)
{
    finder f = {.arena = arena, .n_ids = n_ids};
    f.seen = vonk_arena_zalloc(arena, n_ids * sizeof(*f.seen), err);
    VONK_TRY_ALLOC(f.seen);
    VONK_TRY(visit(&f, plan, err));
    *ret = f.found;
    return VONK_OK;
}
