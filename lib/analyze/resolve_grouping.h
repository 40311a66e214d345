/*
 * resolve_grouping.h - ROLLUP, CUBE, GROUPING SETS and the functions that ask which set a row is
 * of.
 */
#ifndef VONK_ANALYZE_RESOLVE_GROUPING_H
#define VONK_ANALYZE_RESOLVE_GROUPING_H

#include "analyze/resolver.h"

/* What reading the elements of GROUP BY needs: `resolve` gives a group's typed expression. */
typedef struct grouping_reader {
    aggregation *agg;
    vonk_status (*resolve)(void *context, const vonk_expr *e, vonk_expr **ret, vonk_error *err);
    void *context;
} grouping_reader;

/* ROLLUP, CUBE, GROUPING SETS among the elements of GROUP BY (lib/sql/group_by.c). */
bool is_grouping_analytics(const vonk_expr *e);
/* Sets agg's groups and sets from the elements of GROUP BY, one of which at least is analytics. */
vonk_status resolve_grouping_sets(grouping_reader *g, vonk_expr *const *groups, uint32_t n,
                                  vonk_error *err) VONK_MUST_CHECK;
/* Puts the EXPAND on *child; agg's groups become its columns. */
vonk_status expand_groups(aggregation *agg, vonk_plan **child, const vonk_plan *at,
                          vonk_error *err) VONK_MUST_CHECK;

/* resolve_grouping_call.c */
/* grouping(a), grouping_id(a, b) */
bool is_grouping_call(const vonk_expr *e, void *context);
bool has_grouping_call(const vonk_expr *e);
/* `e` with its grouping calls over the grouping id. */
vonk_status replace_grouping_calls(aggregation *agg, vonk_expr *e, vonk_expr **ret,
                                   vonk_error *err) VONK_MUST_CHECK;
vonk_status fail_grouping_call(const vonk_expr *e, vonk_error *err);

#endif
