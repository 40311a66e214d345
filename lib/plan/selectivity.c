/* selectivity.c - one guess a kind of condition. */
#include "plan/selectivity.h"

#include <math.h>

#define LEAST      1e-7 /* no guess says that nothing is left */
#define MAX_RANGES 16u

/* A column's values that limits leave: limits of several conditions meet here. */
typedef struct range {
    const vonk_column_stats *stats;
    double low, high;
} range;

typedef struct guess {
    const vonk_stats_source *source;
    uint32_t n;
    range ranges[MAX_RANGES];
} guess;

static const vonk_expr *column_of(const vonk_expr *e)
{
    while (e->kind == VONK_EXPR_CAST &&
           ((vonk_type_is_numeric(e->type) && vonk_type_is_numeric(e->args[0]->type)) ||
            e->type.id == e->args[0]->type.id))
        e = e->args[0];
    return e->kind == VONK_EXPR_COLUMN || e->kind == VONK_EXPR_INPUT ? e : NULL;
}

const vonk_column_stats *vonk_stats_of(const vonk_expr *e, const vonk_stats_source *source)
{
    const vonk_expr *column = source ? column_of(e) : NULL;
    return column ? source->find(source->context, column) : NULL;
}

double vonk_distinct_in(double distinct, double rows)
{
    if (distinct <= 1 || rows <= 1)
        return 1;
    return distinct * -expm1(-rows / distinct);
}

static double not_null(const vonk_column_stats *stats)
{
    return stats->has_nulls ? 1 - stats->null_share : 1;
}

/* The number that a literal is, in a cast or not. */
static bool number_of(const vonk_expr *e, double *ret)
{
    while (e->kind == VONK_EXPR_CAST && vonk_type_is_numeric(e->type) &&
           vonk_type_is_numeric(e->args[0]->type))
        e = e->args[0];
    return e->kind == VONK_EXPR_LITERAL && vonk_value_number(e->type, &e->value, ret);
}

/* One value of the column; `e`: which, if it is a literal. */
static double equal(const vonk_column_stats *stats, const vonk_expr *e)
{
    double value;
    if (stats->has_range && number_of(e, &value) && (value < stats->min || value > stats->max))
        return LEAST;
    return stats->distinct > 0 ? not_null(stats) / stats->distinct : 0.05;
}

static double equality(const vonk_expr *e, const vonk_stats_source *source)
{
    const vonk_column_stats *a = vonk_stats_of(e->args[0], source);
    const vonk_column_stats *b = vonk_stats_of(e->args[1], source);
    if (a && b)
        return fmin(equal(a, e->args[1]), equal(b, e->args[0]));
    return a ? equal(a, e->args[1]) : b ? equal(b, e->args[0]) : 0.05;
}

static double in_list(const vonk_expr *e, const vonk_stats_source *source)
{
    const vonk_column_stats *stats = vonk_stats_of(e->args[0], source);
    double all = 0;
    if (!stats)
        return fmin(0.5, 0.05 * (e->n_args - 1));
    for (uint32_t i = 1; i < e->n_args; i++)
        all += equal(stats, e->args[i]);
    return fmin(stats->distinct > 0 ? not_null(stats) : 0.5, all);
}

static double null_share(const vonk_expr *e, const vonk_stats_source *source, double otherwise)
{
    const vonk_column_stats *stats = vonk_stats_of(e->args[0], source);
    return stats && stats->has_nulls ? stats->null_share : otherwise;
}

/* Neither an AND nor a limit of a column that is known. */
static double of_one(const vonk_expr *e, const vonk_stats_source *source)
{
    if (vonk_expr_is_call(e, "or"))
        return fmin(1, vonk_selectivity(e->args[0], source) + vonk_selectivity(e->args[1], source));
    if (vonk_expr_is_call(e, "not"))
        return fmax(0.05, 1 - vonk_selectivity(e->args[0], source));
    if (vonk_expr_is_call(e, "=") || vonk_expr_is_call(e, "==") || vonk_expr_is_call(e, "<=>"))
        return equality(e, source);
    if (vonk_expr_is_call(e, "in"))
        return in_list(e, source);
    if (vonk_expr_is_call(e, "<>"))
        return fmin(0.9, fmax(0.05, 1 - equality(e, source)));
    if (vonk_expr_is_call(e, "isnotnull"))
        return 1 - null_share(e, source, 0.1);
    if (vonk_expr_is_call(e, "isnull"))
        return fmax(LEAST, null_share(e, source, 1.0 / 3));
    return vonk_expr_is_call(e, "like") || vonk_expr_is_call(e, "between") ? 0.1 : 1.0 / 3;
}

/* The range of a column with statistics; NULL: no room. */
static range *range_of(guess *g, const vonk_column_stats *stats)
{
    for (uint32_t i = 0; i < g->n; i++)
        if (g->ranges[i].stats == stats)
            return &g->ranges[i];
    if (g->n == MAX_RANGES)
        return NULL;
    g->ranges[g->n] = (range){stats, -INFINITY, INFINITY};
    return &g->ranges[g->n++];
}

/* `e` is a column BETWEEN two literals: its range narrows. */
static bool limits_both(guess *g, const vonk_expr *e)
{
    double low, high;
    if (!vonk_expr_is_call(e, "between") || !number_of(e->args[1], &low) ||
        !number_of(e->args[2], &high))
        return false;
    const vonk_column_stats *stats = vonk_stats_of(e->args[0], g->source);
    range *r = stats && stats->has_range ? range_of(g, stats) : NULL;
    if (!r)
        return false;
    r->low = fmax(r->low, low);
    r->high = fmin(r->high, high);
    return true;
}

/* `e` limits a column by a literal: its range narrows. */
static bool limits(guess *g, const vonk_expr *e)
{
    bool less = vonk_expr_is_call(e, "<") || vonk_expr_is_call(e, "<=");
    bool more = vonk_expr_is_call(e, ">") || vonk_expr_is_call(e, ">=");
    double value;
    if (!less && !more)
        return false;
    uint32_t side = number_of(e->args[0], &value) ? 1 : 0;
    const vonk_column_stats *stats = vonk_stats_of(e->args[side], g->source);
    if (!stats || !stats->has_range || !number_of(e->args[1 - side], &value))
        return false;
    range *r = range_of(g, stats);
    if (!r)
        return false;
    bool open = !e->name[1];
    if (less == (side == 0))
        r->high = fmin(r->high, value - (open ? stats->step : 0));
    else
        r->low = fmax(r->low, value + (open ? stats->step : 0));
    return true;
}

static double share_of(const range *r)
{
    const vonk_column_stats *s = r->stats;
    double low = fmax(r->low, s->min), high = fmin(r->high, s->max);
    double all = s->max - s->min + s->step, share = all > 0 ? (high - low + s->step) / all : 1;
    if (s->distinct > 0 && low <= high)
        share = fmax(share, 1 / s->distinct);
    return not_null(s) * fmin(1, fmax(LEAST, share));
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the ANDs */
static double add(guess *g, const vonk_expr *e)
{
    if (vonk_expr_is_call(e, "and"))
        return add(g, e->args[0]) * add(g, e->args[1]);
    if (limits(g, e) || limits_both(g, e))
        return 1;
    return of_one(e, g->source);
}

/* All that are known to be limited keep what their ranges do. */
static double finish(const guess *g, double share)
{
    for (uint32_t i = 0; i < g->n; i++)
        share *= share_of(&g->ranges[i]);
    return share;
}

double vonk_selectivity(const vonk_expr *e, const vonk_stats_source *source)
{
    guess g = {.source = source};
    double share = add(&g, e);
    return finish(&g, share);
}

double vonk_rows_kept(double rows, vonk_expr *const *conditions, uint32_t n,
                      const vonk_stats_source *source)
{
    guess g = {.source = source};
    for (uint32_t i = 0; i < n; i++)
        rows *= add(&g, conditions[i]);
    return finish(&g, rows);
}
