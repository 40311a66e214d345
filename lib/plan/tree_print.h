/*
 * tree_print.h - the branches in front of a tree's lines, as Spark draws them:
 *
 *      Join Inner
 *      :- Project [a]
 *      :  +- Relation [a,b] csv
 *      +- Relation [c] csv
 */
#ifndef VONK_PLAN_TREE_PRINT_H
#define VONK_PLAN_TREE_PRINT_H

#include "plan/plan.h"

/* What stands in front of a node's own line, and of those below it. `(tree_prefix){0}`: the root */
typedef struct tree_prefix {
    vonk_buffer text;         /* of the lines below */
    vonk_plan_suffix *suffix; /* what ends each node's line; NULL: nothing */
} tree_prefix;

/* Begins a child's line: writes its branch to `out`. Returns what tree_leave() wants back. */
size_t vonk_tree_enter(tree_prefix *prefix, bool last, vonk_buffer *out);
/* The same for a plan inside an expression; `more`: children follow below it. */
size_t vonk_tree_enter_inner(tree_prefix *prefix, bool last, bool more, vonk_buffer *out);
void vonk_tree_leave(tree_prefix *prefix, size_t before);

#endif
