/*
 * key_filters.h - the parts of planning key filters: which are possible, and which are worth it.
 */
#ifndef VONK_PHYSICAL_KEY_FILTERS_H
#define VONK_PHYSICAL_KEY_FILTERS_H

#include "physical/rows.h"

/* Rows of `scan` whose `column` is no key of `source` have no partner in `join`. */
typedef struct vonk_key_choice {
    const vonk_physical *join;
    vonk_physical *scan;
    uint32_t column;           /* of the scan's output */
    vonk_physical *source;     /* an exchange; or what the join builds itself */
    vonk_expr *key;            /* over its output */
    const vonk_physical *root; /* the exchange right above the scan; NULL: none up to the join,
                                  which then filters without any plan (exec/runtime_filter.h) */
    double share;              /* of the scan's rows that it keeps, by a guess */
    bool chosen;
} vonk_key_choice;

typedef struct vonk_key_choices {
    uint32_t n, capacity;
    vonk_key_choice *items;
} vonk_key_choices;

/* All that are possible in the plan; the joins' own filters are chosen. Shares are not guessed. */
vonk_status vonk_key_choices_find(vonk_arena *arena, vonk_physical *plan, uint32_t n_ids,
                                  vonk_key_choices *ret, vonk_error *err) VONK_MUST_CHECK;

#endif
