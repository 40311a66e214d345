/*
 * subquery_domain.h - correlated subqueries whose predicates cannot be pulled up.
 *
 * The domain is the distinct rows of the outer columns that a subquery uses. Its plan is widened:
 * it is computed for every row of the domain at once, with the domain's columns, the keys, in its
 * output, and then joined with the outer plan by outer <=> key.
 *
 *   a leaf                 CROSS join with the domain
 *   FILTER, PROJECT        outer columns become keys; keys are passed on
 *   AGGREGATE              groups by the keys too; one without groups is LEFT joined to the domain
 *   WINDOW                 partitions by the keys too
 *   EXPAND                 passes the keys on
 *   LIMIT                  row_number() of the rows of a key
 *   JOIN                   one side is widened, or both and their keys are equal
 *   set operations         both sides
 *
 * Source: T. Neumann, A. Kemper, "Unnesting Arbitrary Queries"; Spark's DecorrelateInnerQuery.
 */
#ifndef VONK_OPTIMIZE_SUBQUERY_DOMAIN_H
#define VONK_OPTIMIZE_SUBQUERY_DOMAIN_H

#include "optimize/subquery.h"

/* The columns `outer` of the plan around the subquery, and a plan of their distinct rows. */
typedef struct domain {
    rewriting *r;
    vonk_plan *plan;
    uint32_t n;
    vonk_attribute *outer;
    const char *failed; /* a node cannot be widened: the condition's last part */
} domain;

/* *plan gives what it gave for each row of the domain, and the keys. */
vonk_status widen(domain *d, vonk_plan **plan, vonk_attribute **ret_keys,
                  vonk_error *err) VONK_MUST_CHECK;

/* Another copy of the domain, under ids of its own. */
vonk_status new_keys(domain *d, vonk_plan **ret, vonk_error *err) VONK_MUST_CHECK;
/* Outer columns of `e` (may be NULL) become keys. */
vonk_status over_keys(domain *d, const vonk_attribute *keys, vonk_expr **e,
                      vonk_error *err) VONK_MUST_CHECK;
/* Appends a_i <=> b_i. */
vonk_status match_keys(domain *d, const vonk_attribute *a, const vonk_attribute *b, expr_list *list,
                       vonk_error *err) VONK_MUST_CHECK;
/* Appends the keys as columns. */
vonk_status add_keys(domain *d, const vonk_attribute *keys, expr_list *list,
                     vonk_error *err) VONK_MUST_CHECK;

/* subquery_widen_rows.c: nodes that look at several rows */
vonk_status widen_window(domain *d, vonk_plan *node, vonk_attribute **ret_keys,
                         vonk_error *err) VONK_MUST_CHECK;
vonk_status widen_limit(domain *d, vonk_plan **plan, vonk_attribute **ret_keys,
                        vonk_error *err) VONK_MUST_CHECK;
vonk_status widen_expand(domain *d, vonk_plan *node, vonk_attribute **ret_keys,
                         vonk_error *err) VONK_MUST_CHECK;

#endif
