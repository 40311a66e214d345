/*
 * optimize.h - resolved plan -> better plan with the same answer. A list of named rules, each in a
 * file of its own.
 */
#ifndef VONK_OPTIMIZE_OPTIMIZE_H
#define VONK_OPTIMIZE_OPTIMIZE_H

#include "expr/function.h"
#include "plan/plan.h"

typedef struct vonk_optimizer {
    vonk_arena *arena;
    const vonk_eval_settings *settings;
    const char *disabled_rules; /* names with commas (spark.sql.optimizer.excludedRules), or NULL */
    uint32_t *next_id;          /* the query's next attribute id */
} vonk_optimizer;

/*
 * Errors: a constant expression that fails (1/0) is left for run time; VONK_UNSUPPORTED for
 * subqueries that cannot be turned into joins yet.
 */
vonk_status vonk_optimize(const vonk_optimizer *optimizer, vonk_plan *plan, vonk_plan **ret,
                          vonk_error *err) VONK_MUST_CHECK;

/* Names of all rules in order of first use, NULL at the end. */
const char *const *vonk_optimizer_rules(void);

#endif
