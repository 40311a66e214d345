/*
 * aggregate_sum.inc.h - adds a run of T to sums of ACC. Included once per pair of types with T,
 * ACC and SUFFIX defined.
 */

/* All rows into one sum: a plain loop that the compiler turns into vector adds. */
static ACC FN(sum_run)(const T *values, uint32_t n)
{
    ACC sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += (ACC)values[i];
    return sum;
}

static ACC FN(sum_valid)(const T *values, uint32_t n, const uint64_t *valid)
{
    ACC sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += vonk_bit_get(valid, i) ? (ACC)values[i] : 0;
    return sum;
}

/* acc[lane][group]: four lanes, so that a row does not wait for the one before it. */
static void FN(sum_few)(const T *values, uint32_t n, const uint32_t *groups, const uint64_t *valid,
                        ACC acc[4][VONK_FEW_GROUPS])
{
    uint32_t i = 0;
    if (!valid) {
        for (; i + 4 <= n; i += 4) {
            acc[0][groups[i]] += (ACC)values[i];
            acc[1][groups[i + 1]] += (ACC)values[i + 1];
            acc[2][groups[i + 2]] += (ACC)values[i + 2];
            acc[3][groups[i + 3]] += (ACC)values[i + 3];
        }
    }
    for (; i < n; i++)
        if (!valid || vonk_bit_get(valid, i))
            acc[i & 3][groups[i]] += (ACC)values[i];
}
