/* hash.inc.h - hashes of a run of T. See each_fixed.inc.h for the parameters. */

static void FN(hash_run)(const void *values, size_t start, size_t n, uint64_t *out)
{
    const T *run = (const T *)values + start;
    for (size_t i = 0; i < n; i++)
        out[i] = FN(hash)(run[i]);
}
