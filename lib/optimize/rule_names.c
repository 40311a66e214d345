/* rule_names.c - the rules' names, Spark's for them, and which of them can be switched off. */
#include <string.h>
#include <strings.h>

#include "optimize/rule.h"

/* In order of first use. */
static const struct named {
    const char *name, *spark; /* Spark's rules that do the like, with commas */
    bool needed;              /* without it a plan may not run */
} rules[] = {
    {"fold_constants", "ConstantFolding,NullPropagation", false},
    {"subquery_to_groups", "", false},
    {"subquery_to_window", "", false},
    {"decorrelate", "PullupCorrelatedPredicates,RewritePredicateSubquery", true},
    {"replace_operators",
     "ReplaceDistinctWithAggregate,ReplaceIntersectWithSemiJoin,ReplaceExceptWithAntiJoin,"
     "RewriteExceptAll,RewriteIntersectAll",
     true},
    {"distinct_to_groups", "RewriteDistinctAggregates", false},
    {"use_statistics", "", false},
    {"simplify_booleans", "BooleanSimplification", false},
    {"combine_filters", "CombineFilters", false},
    {"push_down_filters", "PushDownPredicates", false},
    {"outer_to_inner", "EliminateOuterJoin", false},
    {"propagate_empty", "PropagateEmptyRelation", false},
    {"collapse_projects", "CollapseProject", false},
    {"push_down_limits", "LimitPushDown", false},
    {"remove_sorts", "EliminateSorts", false},
    {"remove_noop_projects", "RemoveNoopOperators", false},
    {"push_down_semi_joins", "PushDownLeftSemiAntiJoin", false},
    {"derive_side_filters", "PushExtraPredicateThroughJoin", false},
    {"infer_filters", "InferFiltersFromConstraints", false},
    {"reorder_joins", "CostBasedJoinReorder", false},
    {"join_to_semi", "", false},
    {"prune_columns", "ColumnPruning", false},
};

#define BETWEEN ", \t\n"

/* The next name of a list, without the package in front of it; 0 length: the end. */
static vonk_slice next_name(const char **list)
{
    *list += strspn(*list, BETWEEN);
    vonk_slice name = {*list, strcspn(*list, BETWEEN)};
    *list += name.length;
    for (size_t i = name.length; i > 0; i--) {
        if (name.data[i - 1] == '.')
            return (vonk_slice){name.data + i, name.length - i};
    }
    return name;
}

static bool is_in(const char *list, vonk_slice wanted)
{
    for (vonk_slice name; (name = next_name(&list)).length;) {
        if (vonk_slice_equal_nocase(name, wanted))
            return true;
    }
    return false;
}

/* The list names the rule, by its name or one of Spark's. */
static bool names_rule(const char *list, const struct named *rule)
{
    for (vonk_slice name; (name = next_name(&list)).length;) {
        if (vonk_slice_equal_nocase(name, vonk_slice_of(rule->name)) || is_in(rule->spark, name))
            return true;
    }
    return false;
}

static const struct named *find_rule(const char *name)
{
    for (size_t i = 0; i < VONK_LENGTH(rules); i++) {
        if (!strcmp(rules[i].name, name))
            return &rules[i];
    }
    return NULL;
}

const char *vonk_optimizer_rule(uint32_t i)
{
    return i < VONK_LENGTH(rules) ? rules[i].name : NULL;
}

bool vonk_optimizer_rule_in(const char *list, const char *rule)
{
    const struct named *found = find_rule(rule);
    return list && found && names_rule(list, found);
}

bool vonk_optimizer_rule_is_needed(const char *rule)
{
    const struct named *found = find_rule(rule);
    return found && found->needed;
}

bool is_rule_excluded(const char *list, const char *rule)
{
    return !vonk_optimizer_rule_is_needed(rule) && vonk_optimizer_rule_in(list, rule);
}
