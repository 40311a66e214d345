/* in_set.c - hash tables of literals. */
#include "expr/in_set.h"

#include <stdlib.h>

#include "expr/eval.h"

typedef struct in_set {
    const vonk_expr *call;
    vonk_group_table *table;
    struct in_set *next;
} in_set;

struct vonk_in_sets {
    vonk_arena arena;
    in_set *first;
};

vonk_in_sets *vonk_in_sets_new(vonk_budget *budget, vonk_error *err)
{
    vonk_in_sets *sets = calloc(1, sizeof *sets);
    if (!sets)
        (void)vonk_fail(err, VONK_NO_MEMORY, "no memory for a task's sets");
    else
        sets->arena.budget = budget;
    return sets;
}

void vonk_in_sets_free(vonk_in_sets *sets)
{
    if (sets)
        vonk_arena_free(&sets->arena);
    free(sets);
}

static vonk_status add_literals(vonk_group_table *table, const vonk_expr *call, vonk_arena *scratch,
                                vonk_error *err)
{
    for (uint32_t i = 1; i < call->n_args; i++) {
        const vonk_expr *literal = call->args[i];
        vonk_column key;
        uint32_t group;
        if (literal->value.is_null)
            continue;
        vonk_arena_reset(scratch);
        VONK_TRY(vonk_column_from_value(scratch, literal->type, &literal->value, 1, &key, err));
        VONK_TRY(vonk_group_table_find_or_add(table, &key, 1, &group, err));
    }
    return VONK_OK;
}

vonk_status vonk_in_set_of(vonk_in_sets *sets, const vonk_expr *call, const vonk_group_table **ret,
                           vonk_error *err)
{
    in_set *set = sets->first;
    while (set && set->call != call)
        set = set->next;
    if (!set) {
        VONK_CLEANUP(vonk_arena_free) vonk_arena scratch = vonk_arena_beside(&sets->arena);
        set = vonk_arena_zalloc(&sets->arena, sizeof *set, err);
        VONK_TRY_ALLOC(set);
        *set = (in_set){.call = call, .next = sets->first};
        VONK_TRY(vonk_group_table_new(&sets->arena, &call->args[0]->type, 1, &set->table, err));
        VONK_TRY(add_literals(set->table, call, &scratch, err));
        sets->first = set;
    }
    *ret = set->table;
    return VONK_OK;
}
