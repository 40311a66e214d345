/*
 * resolver.h - what the files of the analyzer share.
 *
 *   resolve_query.c      any query node; set operations, LIMIT, ORDER BY over them
 *   resolve_relation.c   what stands in FROM: names, joins, VALUES, range(), CTEs
 *   resolve_select.c     SELECT ... HAVING ... ORDER BY as one unit, because they see each other
 *   resolve_aggregate.c  pulls aggregates out of expressions
 *   resolve_grouping*.c  ROLLUP, CUBE, GROUPING SETS; grouping()
 *   resolve_window.c     window expressions, and the nodes that compute them
 *   resolve_expr.c       one expression: types, functions, subqueries
 *   resolve_name.c       a name -> a column, or the error with suggestions
 *
 * A relation under analysis is a plan plus the names by which its columns are seen: an alias
 * changes the names and makes no node.
 */
#ifndef VONK_ANALYZE_RESOLVER_H
#define VONK_ANALYZE_RESOLVER_H

#include "analyze/analyze.h"
#include "catalog/plan_columns.h"
#include "expr/function.h"

/*
 * A plan and how its columns are called. attributes[0 .. n_visible) are what `*` means; the rest
 * (the join keys that USING merged) can only be named. All are in plan->output.
 */
typedef struct relation {
    vonk_plan *plan;
    uint32_t n_attributes, n_visible;
    vonk_attribute *attributes;
} relation;

/* WITH names, innermost first. */
typedef struct cte_scope {
    const struct cte_scope *outer;
    const char *name;
    relation resolved;
    bool *is_taken; /* the plan stands in the query: further uses copy it */
} cte_scope;

/* A select item that later items and GROUP BY may use by its name. */
typedef struct item_list {
    uint32_t n;
    vonk_expr **items; /* COLUMN or ALIAS */
} item_list;

/* What the names of an expression can mean; searched in the order of the fields. */
typedef struct scope {
    const relation *first;     /* or NULL */
    const relation *second;    /* e.g. below the select list, for ORDER BY; or NULL */
    const item_list *aliases;  /* select items on the left (lateral), or NULL */
    const struct scope *outer; /* of the query around this subquery */
    const cte_scope *ctes;
    bool unknown_if_ambiguous;        /* ORDER BY: Spark says "cannot be resolved" */
    bool uses_lateral;                /* set: a lateral alias was used */
    bool in_aggregate;                /* inside an aggregate's arguments: `second` goes first */
    bool in_filter;                   /* inside FILTER: what it may not have is said later */
    const struct aggregation *groups; /* HAVING: its columns of `second` go first; or NULL */
    uint32_t n_aggregates;            /* counted: aggregate calls seen */
} scope;

/* Where a query stands. */
typedef struct query_context {
    const cte_scope *ctes;
    const scope *outer; /* NULL at the top */
} query_context;

/* Of one query, with views and CTEs written out. Everything behind walks plans by recursion. */
#define MAX_NODES  1000000
#define MAX_HEIGHT 2000

/* resolve_query.c */
vonk_status resolve_query(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                          relation *ret, vonk_error *err) VONK_MUST_CHECK;
/* The same, with exactly the visible columns as output, under their visible names. */
vonk_status resolve_whole_query(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                                vonk_plan **ret, vonk_error *err) VONK_MUST_CHECK;
vonk_status trim_relation(vonk_analyzer *a, const relation *r, vonk_plan **ret,
                          vonk_error *err) VONK_MUST_CHECK;
/* A relation that shows all of plan->output. */
vonk_status relation_of(vonk_analyzer *a, vonk_plan *plan, relation *ret,
                        vonk_error *err) VONK_MUST_CHECK;
/* Sets the output of a node and makes it a relation under the names of `like` (may be NULL). */
vonk_status finish_node(vonk_analyzer *a, vonk_plan *plan, const relation *like, relation *ret,
                        vonk_error *err) VONK_MUST_CHECK;
vonk_plan *new_node(vonk_analyzer *a, vonk_plan_kind kind, vonk_plan *child, const vonk_plan *at,
                    vonk_error *err);
/* A PROJECT of `n` expressions over `child`. */
vonk_status new_project(vonk_analyzer *a, vonk_plan *child, vonk_expr **exprs, uint32_t n,
                        const vonk_plan *at, vonk_plan **ret, vonk_error *err) VONK_MUST_CHECK;
/* Resolves a sort list's defaults: ASC has nulls first, DESC last. */
vonk_expr *new_sort_key(vonk_analyzer *a, const vonk_expr *like, vonk_expr *key, vonk_error *err);
/* ORDER BY 2: *ret = position - 1, or UINT32_MAX if `e` is no literal integer. */
vonk_status sort_ordinal(const vonk_expr *e, uint32_t n, uint32_t *ret,
                         vonk_error *err) VONK_MUST_CHECK;

/* resolve_relation.c */
vonk_status resolve_relation(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                             relation *ret, vonk_error *err) VONK_MUST_CHECK;
vonk_status resolve_with(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                         relation *ret, vonk_error *err) VONK_MUST_CHECK;
/* resolve_join.c */
vonk_status resolve_join(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                         relation *ret, vonk_error *err) VONK_MUST_CHECK;
vonk_status resolve_filter(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                           relation *ret, vonk_error *err) VONK_MUST_CHECK;

/* resolve_pivot.c, resolve_unpivot.c */
vonk_status resolve_pivot(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                          relation *ret, vonk_error *err) VONK_MUST_CHECK;
vonk_status resolve_unpivot(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                            relation *ret, vonk_error *err) VONK_MUST_CHECK;

/* resolve_select.c */
/* PROJECT or AGGREGATE, with HAVING, DISTINCT, ORDER BY around it. */
bool is_select(const vonk_plan *plan);
vonk_status resolve_select(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                           relation *ret, vonk_error *err) VONK_MUST_CHECK;

/* resolve_aggregate.c */
/* Grouping sets: bit i = group i is in it. */
typedef struct grouping_set_list {
    uint32_t n;
    uint64_t *sets;
} grouping_set_list;

typedef struct aggregation {
    vonk_analyzer *analyzer;
    const relation *input;
    const relation *output; /* the select list's names, while HAVING and ORDER BY are done */
    bool has_group_by;
    uint32_t n_groups, n_aggregates, capacity;
    vonk_expr **groups;     /* typed, over the input */
    vonk_expr **group_outs; /* COLUMN or ALIAS of each */
    vonk_expr **aggregates; /* ALIAS of one CALL each */
    uint64_t *hashes;       /* of these calls; room for n_hashes */
    uint32_t n_hashes;
    /* ROLLUP and the like (resolve_grouping.h); without them sets.n is 0 */
    grouping_set_list sets;
    bool grand_total;       /* GROUPING SETS (()): no groups at all */
    bool repeated_sets;     /* two sets are the same */
    vonk_expr **below;      /* COLUMN or ALIAS of each group before it is nulled */
    vonk_expr *grouping_id; /* COLUMN */
} aggregation;

vonk_status add_group(aggregation *agg, vonk_expr *e, vonk_error *err) VONK_MUST_CHECK;
/* *ret = `e` over the aggregation's output. Errors: MISSING_AGGREGATION, MISSING_GROUP_BY. */
vonk_status over_aggregation(aggregation *agg, vonk_expr *e, vonk_expr **ret,
                             vonk_error *err) VONK_MUST_CHECK;
/* The column with this id is a group. */
bool is_grouped(const aggregation *agg, uint32_t id);
vonk_status new_aggregate(aggregation *agg, vonk_plan *child, const vonk_plan *at, vonk_plan **ret,
                          vonk_error *err) VONK_MUST_CHECK;
bool has_aggregate(const vonk_expr *e);
const vonk_expr *find_window(const vonk_expr *e); /* the first one, or NULL */

/* resolve_expr.c */
vonk_status resolve_expr(vonk_analyzer *a, scope *s, const vonk_expr *e, vonk_expr **ret,
                         vonk_error *err) VONK_MUST_CHECK;
/* Types a node whose arguments are typed already. */
vonk_status type_call(vonk_analyzer *a, vonk_expr *call, vonk_error *err) VONK_MUST_CHECK;
/* The text of `e` as Spark writes it in messages and column names. */
const char *expr_text(vonk_analyzer *a, const vonk_expr *e, vonk_error *err);
/* `e` itself if it is a COLUMN or ALIAS, else an ALIAS by its text, with a new id. */
vonk_status name_item(vonk_analyzer *a, vonk_expr *e, vonk_expr **ret,
                      vonk_error *err) VONK_MUST_CHECK;
vonk_status new_alias(vonk_analyzer *a, vonk_expr *e, const char *name, vonk_expr **ret,
                      vonk_error *err) VONK_MUST_CHECK;
/* Replaces columns that are items' ids by what the items stand for. */
vonk_status inline_items(vonk_analyzer *a, const item_list *list, vonk_expr *e, vonk_expr **ret,
                         vonk_error *err) VONK_MUST_CHECK;
/* resolve_subquery.c */
/* IN (q) and EXISTS (q) may not stand in ORDER BY. */
vonk_status check_sort_key(const vonk_expr *key, vonk_error *err) VONK_MUST_CHECK;
bool is_or_has_subquery(const vonk_expr *e);
/* A scalar subquery that uses outer columns; `context` is not used. */
bool is_correlated_scalar(const vonk_expr *e, void *context);
vonk_status resolve_subquery(vonk_analyzer *a, scope *s, vonk_expr *e,
                             vonk_error *err) VONK_MUST_CHECK;

/* resolve_window.c */
bool has_window(const vonk_expr *e);
vonk_status resolve_window(vonk_analyzer *a, scope *s, vonk_expr *w,
                           vonk_error *err) VONK_MUST_CHECK;
/* Takes the window expressions out of items[0..n) into WINDOW nodes on *plan. */
vonk_status add_windows(vonk_analyzer *a, vonk_expr **items, uint32_t n, const vonk_plan *at,
                        vonk_plan **plan, vonk_error *err) VONK_MUST_CHECK;
/* Windows where there may be none; WINDOW_FUNCTION_NOT_ALLOWED_IN_CLAUSE: WHERE, HAVING. */
vonk_status fail_window_operator(vonk_analyzer *a, const vonk_expr *e, vonk_error *err);
vonk_status fail_window_clause(const vonk_expr *e, const char *clause, vonk_error *err);
vonk_status fail_without_over(vonk_analyzer *a, const vonk_expr *call, vonk_error *err);
/* The CAST `e` is of types that do not go together. Which of Spark's advices fits: a function, the
 * old rules, or none. */
vonk_status fail_cast(vonk_analyzer *a, const vonk_expr *e, vonk_error *err);
/* *ret = the typed call of a window; resolve_expr.c */
vonk_status resolve_window_call(vonk_analyzer *a, scope *s, const vonk_expr *call, vonk_expr **ret,
                                vonk_error *err) VONK_MUST_CHECK;

/* resolve_qualify.c */
/* *ret = the condition, typed, over the input; `items` is the select list. */
vonk_status resolve_qualify(vonk_analyzer *a, scope *s, const vonk_expr *condition,
                            const item_list *items, vonk_expr **ret,
                            vonk_error *err) VONK_MUST_CHECK;
/* add_windows for `items` and `qualify` (may be NULL), by which the rows are filtered then. */
vonk_status add_qualified_windows(vonk_analyzer *a, const item_list *items, vonk_expr *qualify,
                                  const vonk_plan *at, vonk_plan **plan,
                                  vonk_error *err) VONK_MUST_CHECK;

/* resolve_name.c */
vonk_status resolve_name(vonk_analyzer *a, scope *s, const vonk_expr *name, vonk_expr **ret,
                         vonk_error *err) VONK_MUST_CHECK;
/* grouping__id, Hive's name of grouping_id(), where no column has it. */
bool is_grouping_id_name(const vonk_expr *e);
/* Appends the columns that a star means to `list`. */
vonk_status expand_star(vonk_analyzer *a, const relation *from, const vonk_expr *star,
                        item_list *list, vonk_error *err) VONK_MUST_CHECK;
vonk_status add_item(vonk_analyzer *a, item_list *list, vonk_expr *item,
                     vonk_error *err) VONK_MUST_CHECK;
/* "`a`.`b`" */
void print_name(vonk_buffer *out, const char *const *parts, uint32_t n);
/* UNRESOLVED_COLUMN: `name` is none of r's columns (r may be NULL). */
vonk_status fail_unresolved(vonk_analyzer *a, const relation *r, const vonk_expr *name,
                            vonk_error *err) VONK_MUST_CHECK;
/* "`a`, `b`": the visible columns, sorted. */
vonk_status print_sorted_columns(vonk_analyzer *a, const relation *r, vonk_buffer *out,
                                 vonk_error *err) VONK_MUST_CHECK;
vonk_expr *item_column(vonk_analyzer *a, const vonk_expr *item, vonk_error *err);

/* Leaves with `status`, which `err` has from `condition`, at the place of `e`. */
#define AT(e, failure) vonk_error_at(err, (failure), (e)->start, (e)->end)

#endif
