/*
 * function.h - the registry of SQL functions: one table, an entry a name.
 *
 * Scalar functions: the analyzer calls `resolve` with typed arguments; it checks their number and
 * types, wraps arguments in implicit casts (args[i] may be replaced), and sets *ret_type. At run
 * time `eval` gets evaluated argument columns (any encoding, all of `n_rows` rows).
 * Aggregate functions have `aggregate` set instead of `eval`; expr/aggregate.h says how they run.
 */
#ifndef VONK_EXPR_FUNCTION_H
#define VONK_EXPR_FUNCTION_H

#include <stdatomic.h>

#include "expr/expr.h"

/* What functions may know of the session. Plain data: it travels with each task. */
typedef struct vonk_eval_settings {
    bool ansi;                    /* spark.sql.ansi.enabled */
    const char *time_zone;        /* spark.sql.session.timeZone, e.g. "Etc/UTC" */
    int64_t now_us;               /* the query's current_timestamp, microseconds since the epoch */
    bool binary_as_hex;           /* how binary is shown */
    const atomic_bool *cancelled; /* NULL: never. Of this process: does not travel */
    struct vonk_random_set *random; /* of this task (expr/random.h); does not travel either */
    struct vonk_in_sets *in_sets;   /* likewise (expr/in_set.h); NULL: none are kept */
} vonk_eval_settings;

#define VONK_EVAL_PIECE ((size_t)1 << 20) /* bytes of a long value between two looks */

/* For loops that may go on for long without a new batch: true once nobody waits. */
static inline bool vonk_eval_stops(const vonk_eval_settings *settings)
{
    return settings->cancelled && atomic_load_explicit(settings->cancelled, memory_order_relaxed);
}

/* Likewise in a loop of short steps: looks at every millionth. `*steps` begins at 0. */
static inline bool vonk_eval_stops_at(const vonk_eval_settings *settings, size_t *steps)
{
    return ++*steps % VONK_EVAL_PIECE == 0 && vonk_eval_stops(settings);
}

/* Errors: VONK_CANCELLED. */
static inline VONK_MUST_CHECK vonk_status vonk_eval_check(const vonk_eval_settings *settings,
                                                          vonk_error *err)
{
    if (vonk_eval_stops(settings))
        return vonk_fail(err, VONK_CANCELLED, "the task was cancelled");
    return VONK_OK;
}

typedef struct vonk_eval {
    vonk_arena *arena; /* results go here; lives as long as the batch */
    const vonk_eval_settings *settings;
} vonk_eval;

typedef struct vonk_function vonk_function;
struct vonk_function {
    const char *name; /* lower case */
    bool aggregate;
    bool window; /* only with OVER, and neither `eval` nor aggregate: expr/window.h */
    bool deterministic;
    bool null_in_null_out; /* any null argument makes a null result */
    bool never_fails;      /* cannot raise an error on any values: may run on rows not needed */
    /* Errors: VONK_USER with WRONG_NUM_ARGS.*, DATATYPE_MISMATCH.* at the call's position. */
    vonk_status (*resolve)(vonk_expr *call, const vonk_eval_settings *settings, vonk_arena *arena,
                           vonk_type *ret_type, bool *ret_nullable, vonk_error *err);
    vonk_status (*eval)(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                        const vonk_eval *ctx, vonk_column *ret, vonk_error *err);
    /* Instead of `eval`: evaluates its own arguments, each only for the rows that reach it. */
    vonk_status (*eval_lazy)(const vonk_expr *call, const vonk_batch *in, const vonk_eval *ctx,
                             vonk_column *ret, vonk_error *err);
    bool any_encoding;     /* eval takes DICTIONARY columns too; they are flattened otherwise */
    const char *signature; /* argument and result types, for vonk_resolve_signature; or NULL */
};

/* The function called `name` (lower case), or NULL. */
const vonk_function *vonk_function_find(const char *name);
/* All names, sorted, for SHOW FUNCTIONS and completion. */
const char *const *vonk_function_names(uint32_t *ret_n);

#endif
