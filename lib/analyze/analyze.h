/*
 * analyze.h - unresolved plan -> resolved plan: names, types, coercion, Spark's error conditions.
 */
#ifndef VONK_ANALYZE_ANALYZE_H
#define VONK_ANALYZE_ANALYZE_H

#include "catalog/catalog.h"
#include "expr/function.h"

typedef struct vonk_analyzer {
    const vonk_catalog *catalog;
    const vonk_relation_source *source;
    const vonk_eval_settings *settings;
    const char *default_format; /* spark.sql.sources.default: "parquet" */
    vonk_arena *arena;          /* the query's; the resolved plan lives here */
    uint32_t next_id;           /* next attribute id; starts at 1 */
    vonk_origins *origins;      /* gets the texts of views; NULL: their positions are lost */
    uint32_t n_copied;          /* nodes of views and CTEs written into the query so far */
} vonk_analyzer;

/*
 * Shape of the result, which the optimizer and the physical planner may count on:
 *   - kinds: SCAN, ONE_ROW, VALUES, RANGE, PROJECT, FILTER, JOIN, AGGREGATE, DISTINCT, SORT, LIMIT,
 *     SET_OP (UNION is always set_all; UNION DISTINCT has a DISTINCT above), EMPTY
 *   - PROJECT.exprs are COLUMN (which keeps its id) or ALIAS (which makes alias_id)
 *   - AGGREGATE.exprs[0 .. n_group_exprs) are the group expressions, each as itself (COLUMN) or
 *     under an ALIAS; the rest are ALIASes of exactly one aggregate CALL each. What is computed on
 *     top of aggregates stands in a PROJECT above, HAVING in a FILTER between
 *   - JOIN conditions see left ++ right; USING and NATURAL are conditions and a PROJECT
 *   - SORT keys and LIMIT counts are final; SORT.exprs are SORT nodes with nulls_first set
 *   - a correlated subquery's plan has COLUMNs whose ids no node in it makes: outer references
 *   - IN_QUERY: as many args as its plan has columns, of the same types
 *
 * Resolves a query or the query inside a command (CREATE VIEW, INSERT, EXPLAIN, ...; the command
 * node itself is kept and its child replaced). `output` is set on every node, all expressions are
 * typed, casts explicit, functions bound, stars expanded, subquery plans resolved.
 * Errors: VONK_USER with condition and position, e.g. UNRESOLVED_COLUMN.WITH_SUGGESTION,
 * TABLE_OR_VIEW_NOT_FOUND, AMBIGUOUS_REFERENCE, MISSING_AGGREGATION, DATATYPE_MISMATCH.*.
 */
vonk_status vonk_analyze(vonk_analyzer *analyzer, const vonk_plan *plan, vonk_plan **ret,
                         vonk_error *err) VONK_MUST_CHECK;

#endif
