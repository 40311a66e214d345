/* hash_value.h - the hash of each value of a column, the same on every machine and in Spark. */
#ifndef VONK_EXPR_HASH_VALUE_H
#define VONK_EXPR_HASH_VALUE_H

#include "column/column.h"

/*
 * ret[i] = XXH64 with seed 42 of row start + i, 0 <= i < n, as xxhash64(column) is; of null rows
 * anything. Values that are equal have one hash: -0.0 that of 0.0, all NaNs the same. `column` is
 * FLAT, and no array or such.
 */
void vonk_hash_values(const vonk_column *column, uint32_t start, uint32_t n, uint64_t *ret);

#endif
