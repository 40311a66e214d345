/*
 * rows.h - how many rows an operator of a physical plan gives, guessed from files' metadata and the
 * form of conditions. Key filters of scans (key_filters.c) are left out: they change no join's
 * rows.
 */
#ifndef VONK_PHYSICAL_ROWS_H
#define VONK_PHYSICAL_ROWS_H

#include "physical/planner.h"

/* Of the table, before filters: counted in files' metadata, or guessed from their sizes. */
double vonk_relation_rows(const vonk_relation *relation);

/* What a scan's filters keep of `rows` rows, rather too many than too few. */
double vonk_scan_kept(const vonk_physical *scan, double rows);

/* Guesses already made, by operator id. In an arena. */
typedef struct vonk_row_guesses {
    uint32_t n;
    double *rows; /* < 0: not yet */
} vonk_row_guesses;

/* For a plan whose operators have ids below `n_ids`. */
vonk_status vonk_row_guesses_new(vonk_arena *arena, uint32_t n_ids, vonk_row_guesses *ret,
                                 vonk_error *err) VONK_MUST_CHECK;
double vonk_rows_of(vonk_row_guesses *guesses, const vonk_physical *op);
/*
 * The fewest rows of `op` and the operators below it that the values of a column came through:
 * joins that repeat rows give no new ones, and what has no partner in them gives none.
 */
double vonk_rows_through(vonk_row_guesses *guesses, const vonk_physical *op, uint32_t column);
/*
 * At most so many values of column `column` of `op` can have partners in another column: a range of
 * whole numbers ends where it does, whatever is in it. As vonk_distinct_of() where none is known.
 */
double vonk_domain_of(vonk_row_guesses *guesses, const vonk_physical *op, uint32_t column);
/*
 * At most so many distinct values has column `column` of `op`: the rows of the table that it comes
 * from, or `op`'s own where that is not known.
 */
double vonk_distinct_of(vonk_row_guesses *guesses, const vonk_physical *op, uint32_t column);

#endif
