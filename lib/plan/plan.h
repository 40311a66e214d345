/*
 * plan.h - logical plans: what SQL, the C API and later Spark Connect all make.
 *
 * One node type; `kind` says which fields count. The parser makes unresolved plans; the analyzer
 * returns resolved ones, in which every node has its `output` and expressions refer to attributes
 * by id. Ids are unique in a query, so a rule may move an expression anywhere its attributes reach.
 *
 * Nodes live in the query's arena.
 */
#ifndef VONK_PLAN_PLAN_H
#define VONK_PLAN_PLAN_H

#include "base/options.h"
#include "expr/column_stats.h"

/* A column that a node produces. */
typedef struct vonk_attribute {
    uint32_t id;
    const char *name;
    const char *qualifier; /* alias of the relation it came from, or NULL */
    vonk_type type;
    bool nullable;
} vonk_attribute;

typedef enum vonk_plan_kind {
    /* queries */
    VONK_PLAN_NAMED,   /* name_parts: a table, view or CTE to look up; `format`.`path` too */
    VONK_PLAN_SCAN,    /* relation (resolved): files of a format */
    VONK_PLAN_ONE_ROW, /* SELECT without FROM: one row without columns */
    VONK_PLAN_VALUES,  /* inline table: rows (n_rows x n_columns expressions), column_names */
    VONK_PLAN_RANGE,   /* range(range_start, range_end, range_step): one bigint column `id` */
    VONK_PLAN_TABLE_FUNCTION, /* name_parts[0](exprs) in FROM; becomes RANGE or an error */
    VONK_PLAN_ALIAS,          /* child AS alias (column_names optional) */
    VONK_PLAN_PROJECT,        /* exprs: select list; as parsed also condition: QUALIFY */
    VONK_PLAN_FILTER,         /* condition */
    VONK_PLAN_PIVOT,          /* exprs: aggregates; group_exprs: n_columns names, then the values */
    VONK_PLAN_UNPIVOT,        /* exprs: NAMEs, or structs of them, under an ALIAS or not, one a row;
                                 column_names: the values', then the label's; set_all: INCLUDE NULLS */
    VONK_PLAN_JOIN,      /* children[0], children[1]; join_type, condition, using_names, natural */
    VONK_PLAN_AGGREGATE, /* group_exprs, exprs: the output list (aggregates inside expressions) */
    VONK_PLAN_EXPAND,    /* exprs (n_rows x n_columns): each row of the child becomes n_rows rows */
    VONK_PLAN_WINDOW, /* exprs: ALIASes of WINDOWs that share partition and order; its output: the
                         child's, then these */
    VONK_PLAN_DISTINCT,
    VONK_PLAN_SORT,   /* exprs: SORT nodes */
    VONK_PLAN_LIMIT,  /* limit_expr, offset_expr; limit, offset after analysis */
    VONK_PLAN_SET_OP, /* children; set_op, set_all */
    VONK_PLAN_WITH,   /* ctes, then children[0] */
    VONK_PLAN_EMPTY,  /* no rows (made by the optimizer) with `output` */
    /* commands */
    VONK_PLAN_CREATE_VIEW,  /* CREATE [OR REPLACE] TEMPORARY VIEW: children[0] or a data source */
    VONK_PLAN_CREATE_TABLE, /* CREATE TABLE ... USING ... [AS children[0]] */
    VONK_PLAN_DROP,         /* DROP TABLE | VIEW [IF EXISTS] */
    VONK_PLAN_INSERT_DIRECTORY, /* INSERT OVERWRITE DIRECTORY path USING format OPTIONS ... query */
    VONK_PLAN_INSERT_TABLE,     /* INSERT INTO | OVERWRITE name query */
    VONK_PLAN_EXPLAIN,          /* explain_mode, children[0] */
    VONK_PLAN_SHOW_TABLES,
    VONK_PLAN_SHOW_FUNCTIONS,
    VONK_PLAN_DESCRIBE, /* DESCRIBE [TABLE | QUERY]: name_parts (column_names: one) or children[0]
                         */
    VONK_PLAN_ANALYZE_TABLE, /* name_parts; column_names, all_columns or no_scan */
    VONK_PLAN_SET,           /* SET; SET key; SET key = value */
    VONK_PLAN_RESET,
    VONK_N_PLANS,
} vonk_plan_kind;

typedef enum vonk_join_type {
    VONK_JOIN_INNER,
    VONK_JOIN_LEFT,
    VONK_JOIN_RIGHT,
    VONK_JOIN_FULL,
    VONK_JOIN_SEMI,
    VONK_JOIN_ANTI,
    VONK_JOIN_CROSS,
    VONK_JOIN_RIGHT_SEMI, /* physical plans only: SEMI and ANTI whose rows are the build side */
    VONK_JOIN_RIGHT_ANTI,
    VONK_N_JOINS,
} vonk_join_type;

typedef enum vonk_set_op { VONK_UNION, VONK_INTERSECT, VONK_EXCEPT } vonk_set_op;
typedef enum vonk_explain_mode {
    VONK_EXPLAIN_SIMPLE,
    VONK_EXPLAIN_EXTENDED,
    VONK_EXPLAIN_FORMATTED,
    VONK_EXPLAIN_COST,
    VONK_EXPLAIN_CODEGEN,
    VONK_EXPLAIN_ANALYZE, /* runs it */
} vonk_explain_mode;

/* A file of a relation. */
typedef struct vonk_file {
    const char *path;
    uint64_t size;
    int64_t mtime_ns;
} vonk_file;

/* A resolved source of rows: files of one format and one schema. Immutable; shared by plans. */
typedef struct vonk_relation {
    const char *name;   /* as the user knows it: table or view name, or the path */
    const char *format; /* "parquet", "csv", "json" */
    vonk_options options;
    vonk_schema schema;
    uint32_t n_files;
    vonk_file *files;
    int64_t n_rows;                 /* from metadata, -1 if unknown */
    const vonk_column_stats *stats; /* the same, of each column; NULL: unknown */
} vonk_relation;

typedef struct vonk_cte {
    const char *name;
    uint32_t n_column_names;
    const char **column_names;
    struct vonk_plan *plan;
} vonk_cte;

typedef struct vonk_plan vonk_plan;
struct vonk_plan {
    vonk_plan_kind kind;
    int32_t start, end; /* bytes of the SQL text, -1 if unknown */

    uint32_t n_children;
    vonk_plan **children;

    uint32_t n_output; /* after analysis */
    vonk_attribute *output;

    uint32_t n_exprs;
    vonk_expr **exprs;
    uint32_t n_group_exprs;
    vonk_expr **group_exprs;
    vonk_expr *condition;

    uint32_t n_name_parts;
    const char **name_parts;
    const char *alias;
    uint32_t n_column_names;
    const char **column_names;

    vonk_join_type join_type;
    bool null_aware; /* ANTI join of NOT IN: a null key on the right lets nothing through */
    bool natural;
    bool lateral; /* the right side may use columns of the left; the optimizer takes it away */
    uint32_t n_using;
    const char **using_names;

    vonk_set_op set_op;
    bool set_all;

    vonk_expr *limit_expr, *offset_expr;
    int64_t limit, offset; /* limit < 0: none */

    uint32_t n_rows; /* VALUES, EXPAND: exprs holds n_rows * n_columns, row by row */
    uint32_t n_columns;

    int64_t range_start, range_end, range_step;
    uint32_t range_parts; /* how many parts the range is cut into; 0: as fits */

    uint32_t n_ctes;
    vonk_cte *ctes;

    const vonk_relation *relation; /* SCAN */
    uint32_t *scan_columns;        /* SCAN: for each output attribute its column of the relation */
    uint32_t n_scan_filters;       /* SCAN: conjuncts that the scan applies itself */
    vonk_expr **scan_filters;
    const vonk_column_stats *stats; /* SCAN: the relation's, where guesses are to use them */

    /* commands */
    const char *format;   /* USING ... */
    const char *path;     /* LOCATION, INSERT ... DIRECTORY */
    vonk_options options; /* OPTIONS */
    vonk_schema *schema;  /* column definitions, NULL if none were given */
    bool replace, temporary, if_exists, if_not_exists, overwrite, is_view, extended;
    bool all_columns, no_scan;
    vonk_explain_mode explain_mode;
    const char *key, *value; /* SET; value NULL: show */
    const char *sql_text;    /* CREATE VIEW: text of the query */
    const char *pattern;     /* SHOW TABLES LIKE */
};

vonk_plan *vonk_plan_new(vonk_arena *arena, vonk_plan_kind kind, uint32_t n_children,
                         vonk_error *err);
/* A copy of the node with its own arrays of children and expressions (which are shared). */
vonk_plan *vonk_plan_clone(vonk_arena *arena, const vonk_plan *plan, vonk_error *err);
bool vonk_plan_is_command(const vonk_plan *plan);

/* Spark-like tree text: "Project [a, b]\n+- Filter (a > 1)\n   +- ...". */
void vonk_plan_print(const vonk_plan *plan, vonk_buffer *out);
/* The same; `suffix` writes what stands at the end of each node's line. */
typedef void vonk_plan_suffix(const vonk_plan *plan, vonk_buffer *out);
void vonk_plan_print_with(const vonk_plan *plan, vonk_plan_suffix *suffix, vonk_buffer *out);
const char *vonk_plan_kind_name(vonk_plan_kind kind);
const char *vonk_join_type_name(vonk_join_type type); /* "Inner", "LeftOuter", ... as Spark */

#endif
