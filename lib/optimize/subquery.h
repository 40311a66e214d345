/*
 * subquery.h - what the files of the decorrelate rule share.
 *
 *   decorrelate.c      walks the plan; parts of WHERE become semi and anti joins
 *   subquery_scalar.c  scalar subqueries: a column of a joined aggregate
 *   subquery_mark.c    EXISTS and IN inside expressions: a mark of a joined plan
 *   pull_up.c          correlated predicates come out of a subquery's plan
 *   subquery_domain.c  all others: the plan for each distinct row of the outer columns
 */
#ifndef VONK_OPTIMIZE_SUBQUERY_H
#define VONK_OPTIMIZE_SUBQUERY_H

#include "optimize/rule.h"

#define CORRELATED_PREDICATE "CORRELATED_COLUMN_IS_NOT_ALLOWED_IN_PREDICATE"
#define MUST_AGGREGATE       "MUST_AGGREGATE_CORRELATED_SCALAR_SUBQUERY"
#define IN_EXPRESSION        "UNSUPPORTED_IN_EXISTS_SUBQUERY"

/* Replaces the subqueries in the expressions of one node; *child, the node's input, gets joins. */
typedef struct replacer {
    rewriting *r;
    vonk_plan **child;
    uint32_t n; /* replaced already, by their nodes */
    vonk_expr *from[64], *to[64];
} replacer;

/* UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.`what` at `e`. */
vonk_status fail_subquery(const vonk_expr *e, const char *what, vonk_error *err) VONK_MUST_CHECK;

/* What an EXISTS asks of its plan is rows: lists, order and grouping above them do not count. */
vonk_plan *bare_rows(vonk_plan *plan);
/*
 * For a plan of which only counts whether a row is there: semi joins become inner ones, whose
 * conditions may come out. The output of the nodes above is to be set anew.
 */
void loosen(vonk_plan *plan);
/* Appends a IN (q) as predicates: a = column of q; with or_null, or that is null. */
vonk_status in_predicates(rewriting *r, const vonk_expr *e, bool or_null, expr_list *list,
                          vonk_error *err) VONK_MUST_CHECK;
bool nothing_is_null(const vonk_expr *in_query);

vonk_status left_join(replacer *w, vonk_plan *plan, const expr_list *predicates,
                      vonk_error *err) VONK_MUST_CHECK;
/* *plan = all its columns and a column that is never null: *ret_mark, null if nothing matched. */
vonk_status add_mark(rewriting *r, vonk_plan **plan, vonk_expr **ret_mark,
                     vonk_error *err) VONK_MUST_CHECK;

/* *ret = what stands for the subquery `e` now; untouched if it may stay. */
vonk_status replace_scalar(replacer *w, vonk_expr *e, vonk_expr **ret,
                           vonk_error *err) VONK_MUST_CHECK;
vonk_status replace_plain_exists(replacer *w, vonk_expr *e, vonk_expr **ret,
                                 vonk_error *err) VONK_MUST_CHECK;
vonk_status replace_by_mark(replacer *w, vonk_expr *e, vonk_expr **ret,
                            vonk_error *err) VONK_MUST_CHECK;

/* subquery_scalar.c: an aggregate's value over no rows; that, if `mark` is null, else `value`. */
vonk_expr *over_no_rows(vonk_expr *call, void *context, vonk_arena *arena, vonk_error *err);
vonk_status value_or(rewriting *r, vonk_expr *mark, vonk_expr *nothing, vonk_expr *value,
                     vonk_expr **ret, vonk_error *err) VONK_MUST_CHECK;

/* subquery_domain.c: whatever the correlation, or UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY. */
bool gives_one_row(const vonk_plan *plan);
vonk_status scalar_by_domain(replacer *w, const vonk_expr *e, const vonk_plan *plan,
                             vonk_expr **ret, vonk_error *err) VONK_MUST_CHECK;
vonk_status join_by_domain(rewriting *r, const vonk_expr *e, bool negated, vonk_plan **child,
                           vonk_error *err) VONK_MUST_CHECK;
/* A lateral join becomes an ordinary one. */
vonk_status join_lateral(rewriting *r, vonk_plan **plan, vonk_error *err) VONK_MUST_CHECK;
vonk_status mark_by_domain(replacer *w, const vonk_expr *e, vonk_expr **ret,
                           vonk_error *err) VONK_MUST_CHECK;

#endif
