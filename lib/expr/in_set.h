/*
 * in_set.h - the literals of an IN as a hash table, made once for a task instead of once a batch.
 *
 * A task has vonk_in_sets: a table for each IN of its expressions that asks for one.
 */
#ifndef VONK_EXPR_IN_SET_H
#define VONK_EXPR_IN_SET_H

#include "expr/expr.h"
#include "kernel/group_table.h"

typedef struct vonk_in_sets vonk_in_sets;

/* The sets of a task; NULL if there is no memory, with `err` set. To be freed. */
vonk_in_sets *vonk_in_sets_new(vonk_budget *budget, vonk_error *err);
void vonk_in_sets_free(vonk_in_sets *sets);

/*
 * *ret = a table of the literals of `call` (an IN whose list is of literals of one type) that are
 * not null. Calls are told apart by their address. `ret` lives as long as `sets`.
 */
vonk_status vonk_in_set_of(vonk_in_sets *sets, const vonk_expr *call, const vonk_group_table **ret,
                           vonk_error *err) VONK_MUST_CHECK;

#endif
