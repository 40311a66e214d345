/*
 * key_class.h - classes of columns that a join region's equalities make equal, and how many values
 * they have in common.
 */
#ifndef VONK_OPTIMIZE_KEY_CLASS_H
#define VONK_OPTIMIZE_KEY_CLASS_H

#include "optimize/rule.h"

typedef struct key_class {
    vonk_id_set ids;
    double low, high; /* the columns' ranges meet here */
    double distinct;  /* values in there, about */
} key_class;

typedef struct key_classes {
    vonk_arena *arena;
    vonk_plan *const *inputs; /* of the region */
    uint32_t n_inputs, n;
    key_class *items; /* room for as many as there are equalities */
} key_classes;

/* The class of `a` and `b`, columns of the inputs, of which they may be the first. */
vonk_status key_class_of(key_classes *classes, uint32_t a, uint32_t b, uint32_t *ret,
                         vonk_error *err) VONK_MUST_CHECK;
/*
 * When all columns are there: sets `distinct` by statistics where there are some, and makes rows[i]
 * of inputs[i] no more than can have a partner, as far as ranges say.
 */
vonk_status key_classes_measure(key_classes *classes, double *rows,
                                vonk_error *err) VONK_MUST_CHECK;

#endif
