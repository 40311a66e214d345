/*
 * catalog.h - names of tables and views -> what they stand for, within one session.
 *
 * The catalog owns its entries' memory: an entry keeps its relation or plan in an arena of its own
 * and is replaced as a whole. Not thread-safe: it belongs to the session's thread.
 */
#ifndef VONK_CATALOG_CATALOG_H
#define VONK_CATALOG_CATALOG_H

#include "catalog/origin.h"
#include "plan/plan.h"

typedef enum vonk_entry_kind {
    VONK_ENTRY_TABLE,     /* relation, in the warehouse or at a LOCATION */
    VONK_ENTRY_TEMP_VIEW, /* plan: analyzed; or relation: CREATE TEMPORARY VIEW ... USING */
} vonk_entry_kind;

/* What ANALYZE TABLE found of a column. */
typedef struct vonk_analyzed_column {
    bool known;     /* false: it was not asked, and nothing else is set */
    vonk_value min; /* of the column's type; null: there is none, or it is of texts or bytes */
    vonk_value max;
    int64_t n_nulls;
    int64_t n_distinct;              /* about, and without nulls */
    int64_t mean_length, max_length; /* characters of texts; bytes of all others */
} vonk_analyzed_column;

/* What ANALYZE TABLE found of a table. */
typedef struct vonk_table_stats {
    uint64_t n_bytes;                    /* of its files */
    int64_t n_rows;                      /* -1: not counted */
    const vonk_analyzed_column *columns; /* of each field of the schema; NULL: none was asked */
} vonk_table_stats;

typedef struct vonk_catalog_entry {
    const char *name; /* lower case is not forced: names compare without case */
    vonk_entry_kind kind;
    const vonk_plan *plan;         /* analyzed plan of a view, or NULL */
    const vonk_relation *relation; /* or NULL. An entry has one of the two */
    vonk_origins origins;          /* of a view: the texts that its plan's positions are in */
    bool is_managed;               /* TABLE: its files go when it is dropped */
    const vonk_table_stats *stats; /* TABLE: NULL: not analyzed, or written to since */
} vonk_catalog_entry;

typedef struct vonk_catalog vonk_catalog;

vonk_status vonk_catalog_new(vonk_catalog **ret, vonk_error *err) VONK_MUST_CHECK;
void vonk_catalog_free(vonk_catalog *catalog);

/* The entry called `name`, temporary views first; NULL if there is none. Valid until it changes. */
const vonk_catalog_entry *vonk_catalog_find(const vonk_catalog *catalog, const char *name);

/*
 * Adds deep copies of `entry` and all it points to. Errors: TABLE_OR_VIEW_ALREADY_EXISTS or
 * TEMP_TABLE_OR_VIEW_ALREADY_EXISTS unless `replace`.
 */
vonk_status vonk_catalog_put(vonk_catalog *catalog, const vonk_catalog_entry *entry, bool replace,
                             vonk_error *err) VONK_MUST_CHECK;
/* Errors: TABLE_OR_VIEW_NOT_FOUND unless `if_exists`. */
vonk_status vonk_catalog_drop(vonk_catalog *catalog, const char *name, bool if_exists,
                              vonk_error *err) VONK_MUST_CHECK;
/* Entries sorted by name; the array lives in `arena`, what it points to in the catalog. */
vonk_status vonk_catalog_list(const vonk_catalog *catalog, vonk_arena *arena,
                              const vonk_catalog_entry ***ret, uint32_t *ret_n,
                              vonk_error *err) VONK_MUST_CHECK;

/*
 * How the analyzer turns a format and a path into a relation: it knows no files itself. The session
 * implements it by fs and format. Results live in `arena`.
 * Errors: PATH_NOT_FOUND, UNABLE_TO_INFER_SCHEMA, DATA_SOURCE_NOT_FOUND, ...
 */
typedef struct vonk_relation_wanted {
    const char *name, *format;
    const char *path;            /* NULL: the option `path` */
    const vonk_options *options; /* or NULL */
    const vonk_schema *schema;   /* or NULL: infer */
} vonk_relation_wanted;

typedef struct vonk_relation_source {
    void *context;
    vonk_status (*load)(void *context, const vonk_relation_wanted *wanted, vonk_arena *arena,
                        const vonk_relation **ret, vonk_error *err);
} vonk_relation_source;

#endif
