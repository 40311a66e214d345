/*
 * key_class.c - see key_class.h. The values of a class are those of the column that has most of
 * them in the range that all columns share, where statistics say so. Else: the fewest rows of any
 * table with such a column, for the key's own table has one row a value.
 */
#include "optimize/key_class.h"

#include <math.h>

/* Rows of the table that column `id` comes from; 1: that is not known. */
static double column_rows(const key_classes *classes, uint32_t id)
{
    for (uint32_t i = 0; i < classes->n_inputs; i++) {
        double rows = base_rows(classes->inputs[i], id);
        if (rows > 0)
            return rows;
    }
    return 1;
}

vonk_status key_class_of(key_classes *classes, uint32_t a, uint32_t b, uint32_t *ret,
                         vonk_error *err)
{
    uint32_t found = 0;
    while (found < classes->n && !vonk_id_set_has(&classes->items[found].ids, a) &&
           !vonk_id_set_has(&classes->items[found].ids, b))
        found++;
    key_class *c = &classes->items[found];
    if (found == classes->n) {
        *c = (key_class){.ids = {.arena = classes->arena}, .distinct = INFINITY};
        classes->n++;
    }
    VONK_TRY(vonk_id_set_add(&c->ids, a, err));
    VONK_TRY(vonk_id_set_add(&c->ids, b, err));
    c->distinct = fmin(c->distinct, fmin(column_rows(classes, a), column_rows(classes, b)));
    *ret = found;
    return VONK_OK;
}

/* The share of a column's values that lie in the class's range. */
static double share_in(const key_class *c, const vonk_column_stats *stats)
{
    double all = stats->max - stats->min + stats->step;
    double in = fmin(c->high, stats->max) - fmax(c->low, stats->min) + stats->step;
    return stats->has_range && all > 0 ? fmin(1, fmax(0, in / all)) : 1;
}

/* A column of a class that an input gives, and what is found out of all of them. */
typedef struct member {
    key_class *c;
    const vonk_column_stats *stats;
    double *share; /* of the input's rows, before filters, that may have partners */
    double known;
} member;

static void each_member(const key_classes *classes, member *m, double *shares, void (*fn)(member *))
{
    for (uint32_t k = 0; k < classes->n_inputs; k++) {
        const vonk_plan *input = classes->inputs[k];
        for (uint32_t i = 0; i < input->n_output; i++) {
            if (!vonk_id_set_has(&m->c->ids, input->output[i].id))
                continue;
            m->stats = column_stats(input, input->output[i].id);
            m->share = &shares[k];
            if (m->stats)
                fn(m);
        }
    }
}

static void narrow(member *m)
{
    if (m->stats->has_range) {
        m->c->low = fmax(m->c->low, m->stats->min);
        m->c->high = fmin(m->c->high, m->stats->max);
    }
}

static void narrow_share(member *m)
{
    *m->share = fmin(*m->share, share_in(m->c, m->stats));
}

static void count(member *m)
{
    m->known = fmax(m->known, m->stats->distinct * *m->share);
}

vonk_status key_classes_measure(key_classes *classes, double *rows, vonk_error *err)
{
    uint32_t n_inputs = classes->n_inputs;
    double *shares = VONK_NEW_ARRAY(classes->arena, double, n_inputs, err);
    VONK_TRY_ALLOC(shares);
    for (uint32_t i = 0; i < n_inputs; i++)
        shares[i] = 1;
    for (uint32_t k = 0; k < classes->n; k++) {
        member m = {.c = &classes->items[k]};
        m.c->low = -INFINITY;
        m.c->high = INFINITY;
        each_member(classes, &m, shares, narrow);
        each_member(classes, &m, shares, narrow_share);
    }
    for (uint32_t k = 0; k < classes->n; k++) {
        member m = {.c = &classes->items[k]};
        each_member(classes, &m, shares, count);
        if (m.known > 0)
            m.c->distinct = fmax(1, m.known);
    }
    for (uint32_t i = 0; i < n_inputs; i++) {
        const vonk_plan *input = classes->inputs[i];
        if (shares[i] < 1 && input->n_output)
            rows[i] = fmax(1, fmin(rows[i], base_rows(input, input->output[0].id) * shares[i]));
    }
    return VONK_OK;
}
