/*
 * analyze.h - unresolved plan -> resolved plan: names, types, coercion, Spark's error conditions.
 */
#ifndef VONK_ANALYZE_ANALYZE_H
#define VONK_ANALYZE_ANALYZE_H

#include "catalog/catalog.h"

typedef struct vonk_analyzer {
    const vonk_catalog *catalog;
    const vonk_relation_source *source;
    const vonk_eval_settings *settings;
    const char *default_format; /* spark.sql.sources.default: "parquet" */
    vonk_arena *arena;          /* the query's; the resolved plan lives here */
    uint32_t next_id;           /* next attribute id; starts at 1 */
} vonk_analyzer;

/*
 * Resolves a query or the query inside a command (CREATE VIEW, INSERT, EXPLAIN, ...; the command
 * node itself is kept and its child replaced). `output` is set on every node, all expressions are
 * typed, casts explicit, functions bound, stars expanded, subquery plans resolved.
 * Errors: VONK_USER with condition and position, e.g. UNRESOLVED_COLUMN.WITH_SUGGESTION,
 * TABLE_OR_VIEW_NOT_FOUND, AMBIGUOUS_REFERENCE, MISSING_AGGREGATION, DATATYPE_MISMATCH.*.
 */
vonk_status vonk_analyze(vonk_analyzer *analyzer, const vonk_plan *plan, vonk_plan **ret,
                         vonk_error *err) VONK_MUST_CHECK;

#endif
