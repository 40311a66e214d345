/* rows.c - one guess a kind of operator. */
#include "physical/rows.h"

#include <assert.h>
#include <math.h>

#include "plan/selectivity.h"
#include "plan/trace.h"

#define PARTIAL_TASKS  4.0
#define CAUTION        1.5  /* times as many rows as a guess says, where too few would be worse */
#define TEXT_ROW_BYTES 50.0 /* where no metadata counts the rows */

vonk_status vonk_row_guesses_new(vonk_arena *arena, uint32_t n_ids, vonk_row_guesses *ret,
                                 vonk_error *err)
{
    *ret = (vonk_row_guesses){.n = n_ids, .rows = VONK_NEW_ARRAY(arena, double, n_ids, err)};
    VONK_TRY_ALLOC(ret->rows);
    for (uint32_t i = 0; i < n_ids; i++)
        ret->rows[i] = -1;
    return VONK_OK;
}

double vonk_relation_rows(const vonk_relation *relation)
{
    double bytes = 0;
    for (uint32_t f = 0; f < relation->n_files; f++)
        bytes += (double)relation->files[f].size;
    return relation->n_rows >= 0 ? (double)relation->n_rows : bytes / TEXT_ROW_BYTES;
}

/* The scan that the column comes from, with *column set to its column there; NULL: none. */
static const vonk_physical *scan_of(const vonk_physical *op, uint32_t *column)
{
    while (op && op->kind != VONK_OP_SCAN)
        op = vonk_physical_trace(op, column);
    return op;
}

static const vonk_column_stats *stats_of(const vonk_physical *op, uint32_t column)
{
    const vonk_physical *scan = scan_of(op, &column);
    return scan && scan->relation->stats ? &scan->relation->stats[scan->columns[column]] : NULL;
}

static const vonk_column_stats *find(const void *context, const vonk_expr *column)
{
    return column->kind == VONK_EXPR_INPUT ? stats_of(context, column->index) : NULL;
}

/* `below`: what the filters' columns are of. */
static double filtered(const vonk_physical *op, const vonk_physical *below, double rows)
{
    vonk_stats_source source = {find, below};
    return vonk_rows_kept(rows, op->exprs, op->n_exprs, &source);
}

double vonk_scan_kept(const vonk_physical *scan, double rows)
{
    if (scan->relation->stats)
        return fmin(rows, filtered(scan, scan, rows * CAUTION));
    for (uint32_t i = 0; i < scan->n_exprs; i++)
        rows *= 0.3;
    return rows;
}

double vonk_distinct_of(vonk_row_guesses *guesses, const vonk_physical *op, uint32_t column)
{
    const vonk_column_stats *stats = stats_of(op, column);
    if (stats && stats->distinct > 0)
        return stats->distinct;
    const vonk_physical *scan = scan_of(op, &column);
    return fmax(1, scan ? vonk_relation_rows(scan->relation) : vonk_rows_of(guesses, op));
}

/* The fewest rows of `op` and the operators below it that the values of a column came through. */
static double fewest_rows(vonk_row_guesses *guesses, const vonk_physical *op, uint32_t column)
{
    double rows = vonk_rows_of(guesses, op);
    while (op->kind != VONK_OP_SCAN && (op = vonk_physical_trace(op, &column)))
        rows = fmin(rows, vonk_rows_of(guesses, op));
    return rows;
}

/* Different values of a join's key, of `of` possible ones. */
static double key_distinct(vonk_row_guesses *g, const vonk_physical *side, const vonk_expr *key,
                           double *of)
{
    const vonk_expr *input = vonk_expr_bare_input(key);
    if (!input)
        return *of = vonk_rows_of(g, side);
    *of = vonk_distinct_of(g, side, input->index);
    return vonk_distinct_in(*of, fewest_rows(g, side, input->index));
}

/* The share of a side's rows that find a partner in the other one, by its keys' values. */
static double share_joined(vonk_row_guesses *g, const vonk_physical *join, uint32_t side)
{
    vonk_expr *const *own = side ? join->right_keys : join->keys;
    vonk_expr *const *others = side ? join->keys : join->right_keys;
    double share = 1, of, unused;
    bool keeps_all = side == 0 && !vonk_join_filters_probe(join->join_type);
    for (uint32_t k = 0; k < join->n_keys && !keeps_all; k++) {
        double values = key_distinct(g, join->children[1 - side], others[k], &unused);
        (void)key_distinct(g, join->children[side], own[k], &of);
        share = fmin(share, values / of);
    }
    return share;
}

double vonk_rows_through(vonk_row_guesses *guesses, const vonk_physical *op, uint32_t column)
{
    double rows = vonk_rows_of(guesses, op), share = 1;
    while (op->kind != VONK_OP_SCAN) {
        const vonk_physical *child = vonk_physical_trace(op, &column);
        if (!child)
            break;
        if (op->kind == VONK_OP_JOIN)
            share *= share_joined(guesses, op, child == op->children[1]);
        op = child;
        rows = fmin(rows, vonk_rows_of(guesses, op) * share);
    }
    return fmax(1, rows);
}

double vonk_domain_of(vonk_row_guesses *guesses, const vonk_physical *op, uint32_t column)
{
    const vonk_column_stats *stats = stats_of(op, column);
    if (stats && stats->has_range && stats->step > 0)
        return (stats->max - stats->min) / stats->step + 1;
    return vonk_distinct_of(guesses, op, column);
}

/* What a join's keys say. */
typedef struct key_guess {
    bool known;         /* statistics are, of some key */
    double values;      /* of all pairs one in so many has equal keys */
    double left, right; /* most rows of the side that one key has */
    double tables;      /* rows of the smaller table that keys come from */
} key_guess;

/* Some operator between `op` and the scan joins, which may repeat the scan's rows. */
static bool repeats(const vonk_physical *op)
{
    while (op->kind != VONK_OP_SCAN) {
        if (op->kind == VONK_OP_JOIN || op->kind == VONK_OP_EXPAND || !op->n_children)
            return true;
        op = op->children[0];
    }
    return false;
}

/* One side's values of a key that may have partners; *rows: that one of them has. */
static double key_values(vonk_row_guesses *g, const vonk_physical *side, const vonk_expr *key,
                         double *rows, key_guess *keys)
{
    const vonk_expr *input = vonk_expr_bare_input(key);
    if (!input)
        return vonk_rows_of(g, side);
    uint32_t column = input->index;
    const vonk_column_stats *stats = stats_of(side, column);
    const vonk_physical *scan = scan_of(side, &column);
    double table = scan ? vonk_relation_rows(scan->relation) : INFINITY;
    if (stats && stats->distinct > 0 && !repeats(side))
        *rows = fmin(*rows, fmax(1, table / stats->distinct));
    keys->known |= stats != NULL;
    keys->tables = fmin(keys->tables, table);
    return vonk_domain_of(g, side, input->index);
}

/*
 * Of keys of several columns, the second one keeps the root of what it would alone; and they have
 * no more values than a table has rows.
 */
static key_guess guess_keys(vonk_row_guesses *g, const vonk_physical *join)
{
    key_guess keys = {false, 1, INFINITY, INFINITY, INFINITY};
    double second = 1;
    for (uint32_t k = 0; k < join->n_keys; k++) {
        double left = key_values(g, join->children[0], join->keys[k], &keys.left, &keys);
        double right = key_values(g, join->children[1], join->right_keys[k], &keys.right, &keys);
        double values = fmin(left, right);
        second = fmax(second, fmin(keys.values, values));
        keys.values = fmax(keys.values, values);
    }
    if (keys.known)
        keys.values = fmax(keys.values, fmin(keys.values * sqrt(second), keys.tables));
    return keys;
}

static double join_rows(vonk_row_guesses *g, const vonk_physical *join)
{
    double left = vonk_rows_of(g, join->children[0]), right = vonk_rows_of(g, join->children[1]);
    key_guess keys = guess_keys(g, join);
    double values = keys.values, pairs = left * right / values;
    pairs = fmin(pairs, fmin(left * keys.right, right * keys.left));
    switch (join->join_type) {
    case VONK_JOIN_SEMI:
        return left * fmin(1, right / values);
    case VONK_JOIN_ANTI:
        return left * fmax(0.1, 1 - right / values);
    case VONK_JOIN_LEFT:
        return fmax(left, pairs);
    case VONK_JOIN_FULL:
        return fmax(left + right, pairs);
    default:
        return pairs;
    }
}

static double aggregate_rows(vonk_row_guesses *g, const vonk_physical *op)
{
    double share = op->mode == VONK_AGG_COMPLETE ? 0.2 : op->mode == VONK_AGG_PARTIAL ? 0.4 : 0.5;
    double rows = op->n_keys ? vonk_rows_of(g, op->children[0]) : 1, groups = 1;
    for (uint32_t k = 0; k < op->n_keys; k++) {
        const vonk_expr *key = vonk_expr_bare_input(op->keys[k]);
        const vonk_column_stats *stats = key ? stats_of(op->children[0], key->index) : NULL;
        if (!stats || stats->distinct <= 0)
            return rows * share;
        groups *= stats->distinct;
    }
    if (op->mode == VONK_AGG_PARTIAL) /* each task has its own */
        return fmin(rows, groups * PARTIAL_TASKS);
    return vonk_distinct_in(groups, rows);
}

static double sum_of_children(vonk_row_guesses *g, const vonk_physical *op)
{
    double rows = 0;
    for (uint32_t i = 0; i < op->n_children; i++)
        rows += vonk_rows_of(g, op->children[i]);
    return rows;
}

static double range_rows(const vonk_physical *op)
{
    double span = (double)op->range_end - (double)op->range_start;
    return op->range_step ? fmax(0, span / (double)op->range_step) : 0;
}

static double guess(vonk_row_guesses *g, const vonk_physical *op)
{
    switch (op->kind) {
    case VONK_OP_SCAN:
        return filtered(op, op, vonk_relation_rows(op->relation));
    case VONK_OP_VALUES:
        return op->n_rows;
    case VONK_OP_RANGE:
        return range_rows(op);
    case VONK_OP_FILTER:
        return filtered(op, op->children[0], sum_of_children(g, op));
    case VONK_OP_AGGREGATE:
        return aggregate_rows(g, op);
    case VONK_OP_JOIN:
        return join_rows(g, op);
    case VONK_OP_EXPAND:
        return sum_of_children(g, op) * op->n_rows;
    case VONK_OP_SORT:
    case VONK_OP_LIMIT:
        return op->limit >= 0 ? fmin((double)op->limit, sum_of_children(g, op))
                              : sum_of_children(g, op);
    default:
        return sum_of_children(g, op);
    }
}

double vonk_rows_of(vonk_row_guesses *guesses, const vonk_physical *op)
{
    assert(op);
    double *known = op->id < guesses->n ? &guesses->rows[op->id] : NULL;
    if (known && *known >= 0)
        return *known;
    double rows = fmax(1, guess(guesses, op));
    if (known)
        *known = rows;
    return rows;
}
