/*
 * optimize.h - resolved plan -> better plan with the same answer. A list of named rules, each in a
 * file of its own.
 */
#ifndef VONK_OPTIMIZE_OPTIMIZE_H
#define VONK_OPTIMIZE_OPTIMIZE_H

#include "expr/function.h"
#include "plan/plan.h"

/* Who wants to know what rules do. */
typedef struct vonk_optimizer_log {
    void *context;
    /* A rule changed the plan; texts as of vonk_plan_print. NULL: nobody looks. */
    void (*changed)(void *context, const char *rule, const char *before, const char *after);
} vonk_optimizer_log;

typedef struct vonk_optimizer {
    vonk_arena *arena;
    const vonk_eval_settings *settings;
    const char *disabled_rules; /* names with commas (spark.sql.optimizer.excludedRules), or NULL */
    bool statistics;            /* of columns are used (spark.sql.cbo.enabled) */
    uint32_t *next_id;          /* the query's next attribute id */
    const vonk_optimizer_log *log; /* may be NULL */
} vonk_optimizer;

/*
 * *ret = a better plan; `plan` stays as it was. What the physical planner may count on, besides
 * analyze.h:
 *   - no DISTINCT, INTERSECT, EXCEPT, EXISTS, IN_QUERY and no correlated subquery is left
 *   - SUBQUERY expressions that are left take nothing from outside; their plans are optimized. Who
 *     runs the query evaluates them first, one after the other from the inside, and puts literals
 *     in their place (no row: NULL; more than one: SCALAR_SUBQUERY_TOO_MANY_ROWS). They stand in
 *     PROJECT, FILTER, JOIN, AGGREGATE or SORT, never in scan filters; two may share one plan
 *   - an ANTI join with null_aware has one equality and nothing else as its condition
 *   - SEMI and ANTI joins may have no equality, CROSS joins have no condition
 *   - SCAN gives the columns that are wanted or that its filters need, maybe none; a scan filter
 *     is not repeated above
 *   - LIMIT stands right above its SORT; EMPTY has its output and no rows
 *   - PROJECT and SCAN may have no columns: rows are counted
 *
 * A constant expression that fails (1/0) is left for run time.
 * Errors: VONK_USER, UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.* with position for subqueries that
 * cannot be turned into joins yet; UNSUPPORTED_FEATURE for INTERSECT ALL and EXCEPT ALL.
 */
vonk_status vonk_optimize(const vonk_optimizer *optimizer, vonk_plan *plan, vonk_plan **ret,
                          vonk_error *err) VONK_MUST_CHECK;

/* The name of rule i, in order of first use; NULL behind the last. */
const char *vonk_optimizer_rule(uint32_t i);
/*
 * Is `rule` in a list of names with commas? Names are those above, or those of Spark's rules that
 * do the like ("PushDownPredicates", with or without its package), without case.
 */
bool vonk_optimizer_rule_in(const char *list, const char *rule);
/* Plans may not run without it: excluding it is ignored. */
bool vonk_optimizer_rule_is_needed(const char *rule);

#endif
