/*
 * rule.h - what the optimizer's rules share. A rule changes the plan below *plan in place (the
 * optimizer works on its own copy), sets the output of the nodes that it makes, and says in
 * r->changed whether it did anything. Expressions may be shared: a rule replaces them, never writes
 * into them.
 */
#ifndef VONK_OPTIMIZE_RULE_H
#define VONK_OPTIMIZE_RULE_H

#include "catalog/plan_columns.h"
#include "optimize/optimize.h"
#include "plan/selectivity.h"

typedef struct rewriting {
    const vonk_optimizer *optimizer;
    vonk_arena *arena;
    const vonk_eval_settings *settings;
    bool changed;
} rewriting;

typedef vonk_status rule_fn(rewriting *r, vonk_plan **plan, vonk_error *err);

/* The rule is in the list, and can be left out. */
bool is_rule_excluded(const char *list, const char *rule);

/* A growing array of expressions in the arena. */
typedef struct expr_list {
    uint32_t n;
    vonk_expr **items;
} expr_list;

typedef struct alias_map {
    vonk_expr **aliases;
    uint32_t n;
} alias_map;

/* Calls `fn` on every node, children first; the output of changed nodes' parents is set anew. */
vonk_status each_node(rewriting *r, vonk_plan **plan, rule_fn *fn, vonk_error *err) VONK_MUST_CHECK;
/* Sets the output of every node from the leaves up. */
vonk_status refresh_output(rewriting *r, vonk_plan *plan, vonk_error *err) VONK_MUST_CHECK;

/* The rules, in their files. */
rule_fn subquery_to_groups, subquery_to_window, decorrelate, replace_operators, distinct_to_groups,
    fold_constants, simplify_booleans, combine_filters, push_down_filters, push_down_semi_joins,
    outer_to_inner, derive_side_filters, infer_filters, collapse_projects, push_down_limits,
    remove_sorts, propagate_empty, prune_columns, reorder_joins, join_to_semi, remove_noop_projects,
    use_statistics;

/* expr_tools.c */
vonk_status list_add(rewriting *r, expr_list *list, vonk_expr *e, vonk_error *err) VONK_MUST_CHECK;
/* Appends the parts of a tree of ANDs (or of any other function of two). */
vonk_status split(rewriting *r, const char *name, vonk_expr *e, expr_list *list,
                  vonk_error *err) VONK_MUST_CHECK;
vonk_status split_and(rewriting *r, vonk_expr *e, expr_list *list, vonk_error *err) VONK_MUST_CHECK;
/* *ret = all of them under AND (or `name`); NULL if there are none. */
vonk_status join_with(rewriting *r, const char *name, const expr_list *list, vonk_expr **ret,
                      vonk_error *err) VONK_MUST_CHECK;
vonk_status join_and(rewriting *r, const expr_list *list, vonk_expr **ret,
                     vonk_error *err) VONK_MUST_CHECK;
/* A typed call. */
vonk_status make_call(rewriting *r, const char *name, uint32_t n, vonk_expr *const *args,
                      vonk_expr **ret, vonk_error *err) VONK_MUST_CHECK;
vonk_status make_call2(rewriting *r, const char *name, vonk_expr *a, vonk_expr *b, vonk_expr **ret,
                       vonk_error *err) VONK_MUST_CHECK;
/* An ALIAS with a new id. */
vonk_status make_alias(rewriting *r, vonk_expr *e, const char *name, vonk_expr **ret,
                       vonk_error *err) VONK_MUST_CHECK;
bool is_deterministic(const vonk_expr *e);
bool has_subquery(const vonk_expr *e);
bool is_aggregate_call(const vonk_expr *e); /* the node itself */
bool has_aggregate_call(const vonk_expr *e);

/* of_groups.c: aggregates of all rows, computed from those of groups of the rows */
typedef struct of_groups {
    expr_list inner; /* the groups' output, ALIASes */
    expr_list outer; /* that of the aggregate of all groups, likewise */
} of_groups;

bool has_aggregate_of_groups(const vonk_expr *call);
/* Of a call that has one: adds what it takes to both lists; *ret is the same over outer's columns.
 */
vonk_status aggregate_of_groups(rewriting *r, vonk_expr *call, of_groups *to, vonk_expr **ret,
                                vonk_error *err) VONK_MUST_CHECK;
/* The same for f(DISTINCT x), where the groups are by x, and inner begins with the x. */
vonk_status distinct_of_groups(rewriting *r, const vonk_expr *call, of_groups *to, vonk_expr **ret,
                               vonk_error *err) VONK_MUST_CHECK;

/*
 * Has `e` so many nodes that writing it into others must end? a + a over a + a over ... doubles
 * with each project, and each step through a project makes trees deeper.
 */
bool is_large(const vonk_expr *e);
bool is_true(const vonk_expr *e);
bool is_false_or_null(const vonk_expr *e); /* a literal */
bool is_equality(const vonk_expr *e);      /* a = b, not <=> */
/* Are all columns of `e` in plan's output? */
vonk_status is_within(rewriting *r, const vonk_expr *e, const vonk_plan *plan, bool *ret,
                      vonk_error *err) VONK_MUST_CHECK;
/* Is any column of `e` in plan's output? */
vonk_status touches(rewriting *r, const vonk_expr *e, const vonk_plan *plan, bool *ret,
                    vonk_error *err) VONK_MUST_CHECK;
/* The ALIASes of items[0..n), in the order of their ids. */
vonk_status alias_map_make(rewriting *r, vonk_expr *const *items, uint32_t n, alias_map *ret,
                           vonk_error *err) VONK_MUST_CHECK;
/* Where the alias with an id is; map->n: there is none. */
uint32_t alias_map_find(const alias_map *map, uint32_t id);
/* Columns with the id of an alias become what it stands for. */
vonk_status inline_aliases(rewriting *r, alias_map map, vonk_expr *e, vonk_expr **ret,
                           vonk_error *err) VONK_MUST_CHECK;
/* Columns with from[i].id become columns of to[i]. */
vonk_status rename_columns(rewriting *r, const vonk_attribute *from, const vonk_attribute *to,
                           uint32_t n, vonk_expr *e, vonk_expr **ret,
                           vonk_error *err) VONK_MUST_CHECK;

/* plan_tools.c: nodes over `child`, with output */
vonk_status make_node(rewriting *r, vonk_plan_kind kind, vonk_plan *child, vonk_plan **ret,
                      vonk_error *err) VONK_MUST_CHECK;
vonk_status make_project(rewriting *r, vonk_plan *child, const expr_list *exprs, vonk_plan **ret,
                         vonk_error *err) VONK_MUST_CHECK;
/* A PROJECT of just these attributes. */
vonk_status make_projection(rewriting *r, vonk_plan *child, const vonk_attribute *attributes,
                            uint32_t n, vonk_plan **ret, vonk_error *err) VONK_MUST_CHECK;
/* AGGREGATE; `exprs` begin with the groups, each as itself or under an ALIAS. */
vonk_status make_aggregate(rewriting *r, vonk_plan *child, const expr_list *groups,
                           const expr_list *exprs, vonk_plan **ret,
                           vonk_error *err) VONK_MUST_CHECK;
/* A FILTER of all conditions; `child` itself if there are none. */
vonk_status make_filter(rewriting *r, vonk_plan *child, const expr_list *conditions,
                        vonk_plan **ret, vonk_error *err) VONK_MUST_CHECK;
vonk_status make_join(rewriting *r, vonk_join_type type, vonk_plan *left, vonk_plan *right,
                      vonk_expr *condition, vonk_plan **ret, vonk_error *err) VONK_MUST_CHECK;
/* EMPTY with the output of `like`. */
vonk_status make_empty(rewriting *r, const vonk_plan *like, vonk_plan **ret,
                       vonk_error *err) VONK_MUST_CHECK;

/* subquery_window.c: scans of all the same columns of one table, as the analyzer makes them */
bool is_same_table(const vonk_plan *a, const vonk_plan *b);

/* pull_up.c: correlated predicates taken out of a subquery's plan */
typedef struct pulled {
    expr_list predicates; /* over the plan's output and outer columns */
    bool global;          /* one row became a row a key: aggregates without GROUP BY got keys */
    bool is_count;        /* such an aggregate, or what is made of it, is not null over no rows */
    bool failed;          /* cannot be done: the plan is spoilt */
} pulled;
vonk_status pull_up(rewriting *r, vonk_plan **plan, pulled *ret, vonk_error *err) VONK_MUST_CHECK;
vonk_status is_correlated(rewriting *r, const vonk_plan *plan, bool *ret,
                          vonk_error *err) VONK_MUST_CHECK;

/* derive_side_filters.c: may rows of this side go that cannot fulfil the join's condition? */
bool may_filter_side(const vonk_plan *join, uint32_t side);

/* columns_known.c */
/* Has use_statistics found some in this plan? */
bool has_statistics(const vonk_plan *plan);
/* NULL: nothing is known */
const vonk_column_stats *column_stats(const vonk_plan *plan, uint32_t id);
/* Of the columns that `plan` gives, as long as it lives. */
vonk_stats_source stats_of_plan(const vonk_plan *plan);
/* Groups of an AGGREGATE whose child has `rows` rows. */
double group_rows(const vonk_plan *aggregate, double rows);

/* estimate.c */
double estimate_rows(const vonk_plan *plan);
/* Rows of the table that the column comes from, before filters; 0 = unknown. */
double base_rows(const vonk_plan *plan, uint32_t id);

#endif
