/*
 * key_filters.c - scans that wait for the keys of a join's other side and leave out the rows
 * without a partner, where an exchange lies between the join and the scan.
 *
 *     Join a.k = b.k                        the scan of `a` becomes
 *     :- Exchange                              Scan a, keys [k]
 *     :  +- ... Scan a                         +- Exchange b   (the same one)
 *     +- Exchange b
 *        +- Filter ...
 *
 * What the scan asks is an exchange that the plan has anyway: the join's own other side, or the
 * build side of a join below that has the same key. Its stage then runs first, so it must not wait
 * for the scan itself. Of what is possible (key_choices.c) the filter that leaves out most rows by
 * a guess comes first, then what is still worth it beside it: docs/adr/004. Source of the idea:
 * Spark's InjectRuntimeFilter and dynamic partition pruning.
 */
#include <math.h>

#include "physical/build.h"
#include "physical/key_filters.h"
#include "physical/reach.h"
#include "plan/selectivity.h"
#include "plan/trace.h"

#define MAX_KEY_ROWS 8e6
#define MAX_SHARE    0.5   /* of the rows that come without the filter */
#define KEY_COST     0.125 /* of a row of keys, to that of one scanned; where statistics are known */
#define MAX_FILTERS  64u
#define MAX_PLAN     8192u /* operators: of a larger plan no scan waits */

typedef struct chooser {
    vonk_planner *p;
    vonk_row_guesses guesses;
    vonk_key_choices all;
    vonk_reach reach;
    const vonk_key_choice *made[MAX_FILTERS];
    uint32_t n_made;
} chooser;

/* What the chosen filters on a scan's column let through together: the keys of one nest in others'.
 */
static double share_of_column(const chooser *c, const vonk_physical *scan, uint32_t column)
{
    double share = 1;
    for (uint32_t i = 0; i < c->all.n; i++) {
        const vonk_key_choice *f = &c->all.items[i];
        if (f->chosen && f->scan == scan && f->column == column)
            share = fmin(share, f->share);
    }
    return share;
}

static double share_of_scan(const chooser *c, const vonk_physical *scan)
{
    double share = 1;
    for (uint32_t i = 0; i < scan->output.n_fields; i++)
        share *= share_of_column(c, scan, i);
    return share;
}

/* Rows of an exchange, of which filters of joins further up leave some out already. */
static double source_rows(chooser *c, const vonk_physical *source)
{
    double rows = vonk_rows_of(&c->guesses, source);
    for (uint32_t i = 0; i < c->n_made; i++) {
        const vonk_key_choice *f = c->made[i];
        if (vonk_reach_has(&c->reach, source, f->scan) &&
            !vonk_reach_has(&c->reach, source, f->join))
            rows *= f->share;
    }
    return rows;
}

/*
 * The share of the scan's rows that `rows` rows of the source let through: by how many of the
 * scan's values the source has. Those may lie in all of its table's range (a few dates of all there
 * are), or where the scan's lie (dates of the years that sales are of): the guess is between the
 * two.
 */
static double guess_share(chooser *c, const vonk_key_choice *choice, double rows)
{
    uint32_t key = vonk_expr_bare_input(choice->key)->index;
    double values = fmax(1, fmin((double)choice->scan->relation->n_rows,
                                 vonk_distinct_of(&c->guesses, choice->source, key)));
    if (!choice->scan->relation->stats)
        return fmin(1, rows / values);
    double own = vonk_distinct_of(&c->guesses, choice->scan, choice->column);
    double near = fmin(values, vonk_domain_of(&c->guesses, choice->scan, choice->column));
    rows = fmin(rows, vonk_rows_through(&c->guesses, choice->source, key));
    double of_all = vonk_distinct_in(values, rows) / fmax(values, own);
    return fmin(1, sqrt(of_all * vonk_distinct_in(near, rows) / fmax(near, own)));
}

/* Rows that the filter saves less those of its keys; 0: it is not worth it. */
static double gain_of(chooser *c, vonk_key_choice *choice)
{
    double rows = source_rows(c, choice->source);
    double before = share_of_column(c, choice->scan, choice->column);
    double scanned = vonk_rows_of(&c->guesses, choice->scan) * share_of_scan(c, choice->scan);
    double cost = choice->scan->relation->stats ? rows * KEY_COST : rows;
    choice->share = guess_share(c, choice, rows);
    if (rows > MAX_KEY_ROWS || choice->share > before * MAX_SHARE ||
        vonk_reach_has(&c->reach, choice->source, choice->root))
        return 0;
    return fmax(0, scanned * (1 - choice->share / before) - cost);
}

static vonk_key_choice *best_choice(chooser *c)
{
    vonk_key_choice *best = NULL;
    double most = 0;
    for (uint32_t i = 0; i < c->all.n; i++) {
        vonk_key_choice *choice = &c->all.items[i];
        double gain = choice->chosen ? 0 : gain_of(c, choice);
        if (gain > most) {
            best = choice;
            most = gain;
        }
    }
    return best;
}

static vonk_status add_filter(vonk_planner *p, const vonk_key_choice *choice, vonk_error *err)
{
    vonk_physical *scan = choice->scan;
    uint32_t n = scan->n_children;
    vonk_physical **children = VONK_NEW_ARRAY(p->arena, vonk_physical *, n + 1, err);
    vonk_expr **keys = VONK_NEW_ARRAY(p->arena, vonk_expr *, n + 1, err);
    vonk_expr **right = VONK_NEW_ARRAY(p->arena, vonk_expr *, n + 1, err);
    if (!children || !keys || !right)
        return VONK_NO_MEMORY;
    for (uint32_t i = 0; i < n; i++) {
        children[i] = scan->children[i];
        keys[i] = scan->keys[i];
        right[i] = scan->right_keys[i];
    }
    const vonk_field *field = &scan->output.fields[choice->column];
    keys[n] =
        vonk_expr_input(p->arena, choice->column, field->name, field->type, field->nullable, err);
    VONK_TRY_ALLOC(keys[n]);
    children[n] = choice->source;
    right[n] = choice->key;
    scan->children = children;
    scan->keys = keys;
    scan->right_keys = right;
    scan->n_children = scan->n_keys = n + 1;
    return VONK_OK;
}

vonk_status vonk_plan_key_filters(vonk_planner *p, vonk_physical *plan, vonk_error *err)
{
    chooser c = {.p = p};
    if (!p->key_filters || p->next_id > MAX_PLAN)
        return VONK_OK;
    VONK_TRY(vonk_row_guesses_new(p->arena, p->next_id, &c.guesses, err));
    VONK_TRY(vonk_key_choices_find(p->arena, plan, p->next_id, &c.all, err));
    VONK_TRY(vonk_reach_new(p->arena, p->next_id, &c.reach, err));
    for (uint32_t i = 0; i < c.all.n; i++) {
        vonk_key_choice *own = &c.all.items[i];
        if (own->chosen)
            own->share = guess_share(&c, own, vonk_rows_of(&c.guesses, own->source));
    }
    while (c.n_made < MAX_FILTERS) {
        vonk_reach_update(&c.reach, plan);
        vonk_key_choice *choice = best_choice(&c);
        if (!choice)
            break;
        choice->chosen = true;
        c.made[c.n_made++] = choice;
        VONK_TRY(add_filter(p, choice, err));
    }
    return VONK_OK;
}
