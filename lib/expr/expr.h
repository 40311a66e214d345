/*
 * expr.h - expressions as values: what SQL, the C API and later Spark Connect make, what the
 * analyzer resolves and the optimizer rewrites, and what executors evaluate.
 *
 * Life of an expression:
 *   parser     NAME, STAR, CALL by name, no types
 *   analyzer   COLUMN (by id) instead of NAME; every node has its type; casts are explicit;
 *              CALL has `function`
 *   physical   INPUT (by index into the input batch) instead of COLUMN
 *
 * Nodes live in an arena and are immutable once shared: a rewrite copies the path to the root.
 */
#ifndef VONK_EXPR_EXPR_H
#define VONK_EXPR_EXPR_H

#include "column/column.h"

struct vonk_plan;     /* plan/plan.h; here only a pointer, for subqueries */
struct vonk_function; /* expr/function.h */

typedef enum vonk_expr_kind {
    VONK_EXPR_LITERAL,  /* value */
    VONK_EXPR_NAME,     /* name_parts: a, t.a, s.t.a */
    VONK_EXPR_STAR,     /* * or name_parts.* */
    VONK_EXPR_COLUMN,   /* id: an attribute of the plan below */
    VONK_EXPR_INPUT,    /* index: a column of the input batch */
    VONK_EXPR_CALL,     /* name(args); operators too: "+", "=", "and", "like", "in", "isnull" */
    VONK_EXPR_CAST,     /* args[0] as `type`; is_try: null instead of an error. args[1], if there is
                           one, a number: the fields of the interval, precision * 16 + scale */
    VONK_EXPR_CASE,     /* args: when, then, when, then, ..., [else]; has_else */
    VONK_EXPR_ALIAS,    /* args[0] AS name */
    VONK_EXPR_SORT,     /* args[0] with descending, nulls_first: in ORDER BY lists only */
    VONK_EXPR_SUBQUERY, /* (plan): scalar subquery */
    VONK_EXPR_EXISTS,   /* EXISTS (plan) */
    VONK_EXPR_IN_QUERY, /* args[0] IN (plan) */
    VONK_EXPR_WINDOW,   /* args[0] OVER (...): expr/window.h */
    VONK_N_EXPRS,
} vonk_expr_kind;

/* One value outside a column. */
typedef struct vonk_value {
    bool is_null;
    union {
        bool boolean;
        int64_t i64;       /* tinyint .. bigint, date, timestamps, intervals */
        double f64;        /* float, double */
        vonk_int128 i128;  /* decimal, of any precision */
        vonk_slice string; /* string, binary */
    };
} vonk_value;

/* The frame of a window expression. */
typedef enum vonk_frame_unit {
    VONK_FRAME_DEFAULT,
    VONK_FRAME_ROWS,
    VONK_FRAME_RANGE
} vonk_frame_unit;
typedef enum vonk_frame_bound {
    VONK_BOUND_START,     /* UNBOUNDED PRECEDING */
    VONK_BOUND_PRECEDING, /* offset PRECEDING */
    VONK_BOUND_CURRENT,   /* CURRENT ROW */
    VONK_BOUND_FOLLOWING, /* offset FOLLOWING */
    VONK_BOUND_END,       /* UNBOUNDED FOLLOWING */
} vonk_frame_bound;

typedef struct vonk_expr vonk_expr;
struct vonk_expr {
    vonk_expr_kind kind;
    vonk_type type;     /* set by the analyzer (LITERAL and CAST: by the parser) */
    bool nullable;      /* may be null; set by the analyzer */
    int32_t start, end; /* bytes start..end of the SQL text, for messages; -1 if made by a rule */

    uint32_t n_args;
    vonk_expr **args;

    union {
        vonk_value value; /* LITERAL, of `type` */
        struct {          /* NAME, STAR */
            const char **name_parts;
            uint32_t n_name_parts;
        };
        struct {                     /* COLUMN, INPUT */
            uint32_t id;             /* COLUMN */
            uint32_t index;          /* INPUT */
            const char *column_name; /* for EXPLAIN and output names */
        };
        struct {                                  /* CALL, ALIAS */
            const char *name;                     /* CALL: lower case */
            const struct vonk_function *function; /* CALL, resolved */
            bool distinct;                        /* CALL: f(DISTINCT ...) */
            bool star;                            /* CALL: count(*) */
            bool ignores_nulls; /* CALL: f(...) IGNORE NULLS, until the analyzer has seen it */
            vonk_expr *filter;  /* CALL: FILTER (WHERE ...) of an aggregate, or NULL */
            uint32_t alias_id;  /* ALIAS: id of the attribute that it makes */
        };
        struct { /* CAST */
            bool is_try;
            bool implicit; /* made by the analyzer: not part of an output column's name */
        };
        struct { /* CASE */
            bool has_else;
        };
        struct { /* SORT */
            bool descending, nulls_first;
            bool nulls_given; /* NULLS FIRST/LAST was written */
        };
        struct {                     /* WINDOW */
            const char *window_name; /* OVER name, not looked up yet; or NULL */
            uint32_t n_partition, n_order;
            uint8_t frame_unit;           /* vonk_frame_unit */
            uint8_t lower, upper;         /* vonk_frame_bound */
            bool skips_nulls;             /* IGNORE NULLS */
            int32_t spec_start, spec_end; /* place of what is behind OVER, or of its definition */
        };
        struct { /* SUBQUERY, EXISTS, IN_QUERY */
            struct vonk_plan *plan;
            bool negated;            /* NOT IN, NOT EXISTS when folded by the parser */
            const char *outer_names; /* "a, b": the outer columns in it, for its text; or NULL */
        };
    };
};

/* Builders. They return NULL with `err` set when out of memory; a NULL argument returns NULL. */
vonk_expr *vonk_expr_new(vonk_arena *arena, vonk_expr_kind kind, uint32_t n_args, vonk_error *err);
vonk_expr *vonk_expr_literal(vonk_arena *arena, vonk_type type, vonk_value value, vonk_error *err);
vonk_expr *vonk_expr_null(vonk_arena *arena, vonk_type type, vonk_error *err);
vonk_expr *vonk_expr_int(vonk_arena *arena, int32_t value, vonk_error *err);
vonk_expr *vonk_expr_bool(vonk_arena *arena, bool value, vonk_error *err);
vonk_expr *vonk_expr_string(vonk_arena *arena, vonk_slice text, vonk_error *err);
vonk_expr *vonk_expr_call(vonk_arena *arena, const char *name, uint32_t n_args,
                          vonk_expr *const *args, vonk_error *err);
vonk_expr *vonk_expr_call1(vonk_arena *arena, const char *name, vonk_expr *a, vonk_error *err);
vonk_expr *vonk_expr_call2(vonk_arena *arena, const char *name, vonk_expr *a, vonk_expr *b,
                           vonk_error *err);
vonk_expr *vonk_expr_cast(vonk_arena *arena, vonk_expr *arg, vonk_type type, bool is_try,
                          vonk_error *err);
vonk_expr *vonk_expr_alias(vonk_arena *arena, vonk_expr *arg, const char *name, vonk_error *err);
vonk_expr *vonk_expr_column(vonk_arena *arena, uint32_t id, const char *name, vonk_type type,
                            bool nullable, vonk_error *err);
vonk_expr *vonk_expr_input(vonk_arena *arena, uint32_t index, const char *name, vonk_type type,
                           bool nullable, vonk_error *err);
/* A copy of the node `e` with its own array of arguments (the arguments themselves are shared). */
vonk_expr *vonk_expr_clone(vonk_arena *arena, const vonk_expr *e, vonk_error *err);

/*
 * Calls `rewrite` on every node, children first; it returns the node's replacement (or the node).
 * Returns the new root, or NULL with `err` set. Subquery plans are not entered.
 */
typedef vonk_expr *vonk_expr_rewrite_fn(vonk_expr *e, void *context, vonk_arena *arena,
                                        vonk_error *err);
vonk_expr *vonk_expr_rewrite(vonk_expr *e, vonk_expr_rewrite_fn *rewrite, void *context,
                             vonk_arena *arena, vonk_error *err);
/* Any node of `e` (itself included) satisfies `test`. */
bool vonk_expr_any(const vonk_expr *e, bool (*test)(const vonk_expr *, void *), void *context);

/* Same tree: kinds, names, values, ids; positions and output names do not count. */
bool vonk_expr_equal(const vonk_expr *a, const vonk_expr *b);
/* The same for equal trees, and for few others. */
uint64_t vonk_expr_hash(const vonk_expr *e);
bool vonk_expr_is_call(const vonk_expr *e, const char *name);

/*
 * Spark's text of an expression, as in output column names: `(a + 1)`, `sum(DISTINCT b)`,
 * `CAST(a AS STRING)`, `(a IN (1, 2))`. Implicit casts are left out if `pretty`.
 */
void vonk_expr_print(const vonk_expr *e, bool pretty, vonk_buffer *out);
/* As EXPLAIN shows it: attributes with their ids (`a#1`), casts in full, `'a` if unresolved. */
void vonk_expr_print_plan(const vonk_expr *e, vonk_buffer *out);
/* Text of a literal: as in a column's name (DATE '2013-01-01') or, if `plain`, in EXPLAIN. */
void vonk_expr_print_literal(const vonk_expr *e, bool plain, vonk_buffer *out);

#endif
