/*
 * random.h - Spark's random numbers: XORShiftRandom, seeded per partition.
 *
 * A task has a vonk_random_set: each call of rand() in its expressions goes on where its last batch
 * ended, so a column is one sequence, the same in each try of the task.
 */
#ifndef VONK_EXPR_RANDOM_H
#define VONK_EXPR_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

typedef struct vonk_random {
    uint64_t state;
    double spare; /* normal numbers are made in pairs */
    bool has_spare;
} vonk_random;

typedef struct vonk_random_set vonk_random_set;

/* The set of a task that makes partition `partition`. To be freed. */
vonk_random_set *vonk_random_set_new(uint32_t partition, vonk_error *err);
void vonk_random_set_free(vonk_random_set *set);

/*
 * What belongs to `call`, by its address. Where it is new: seeded by *seed, or where that is NULL
 * by `query` (the same for a query's tasks) and the number of calls before.
 */
vonk_status vonk_random_of(vonk_random_set *set, const void *call, const int64_t *seed,
                           int64_t query, vonk_random **ret, vonk_error *err) VONK_MUST_CHECK;

vonk_random vonk_random_seeded(int64_t seed);
uint32_t vonk_random_bits(vonk_random *r, int bits); /* 1 to 32 */
double vonk_random_double(vonk_random *r);           /* in [0, 1) */
double vonk_random_normal(vonk_random *r);           /* mean 0, deviation 1 */

#endif
