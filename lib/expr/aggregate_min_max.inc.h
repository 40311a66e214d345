/*
 * aggregate_min_max.inc.h - least or greatest T by group; T and SUFFIX defined, and
 * less_SUFFIX(a, b). `is_max` is a literal in every call.
 */
VONK_SPECIALISE bool FN(beats)(bool is_max, T value, T best)
{
    return is_max ? FN(less)(best, value) : FN(less)(value, best);
}

/* No groups, no nulls: a plain reduction. */
VONK_SPECIALISE T FN(best_of)(bool is_max, const T *values, uint32_t n)
{
    T best = values[0];
    for (uint32_t i = 1; i < n; i++)
        best = FN(beats)(is_max, values[i], best) ? values[i] : best;
    return best;
}

VONK_SPECIALISE void FN(best_by_group)(bool is_max, const vonk_aggregate_rows *in, T *best,
                                       uint8_t *seen)
{
    const T *values = in->args[0].values;
    for (uint32_t i = 0; i < in->n; i++) {
        if (!vonk_row_counts(in, i))
            continue;
        uint32_t g = vonk_group_of(in, i);
        if (!seen[g] || FN(beats)(is_max, values[i], best[g])) {
            best[g] = values[i];
            seen[g] = 1;
        }
    }
}

static void FN(best)(bool is_max, const vonk_aggregate_rows *in, void *slots, uint8_t *seen)
{
    T *best = slots;
    if (!in->groups && !in->valid) {
        const T *values = in->args[0].values;
        T found = is_max ? FN(best_of)(true, values, in->n) : FN(best_of)(false, values, in->n);
        if (!seen[0] || FN(beats)(is_max, found, *best))
            *best = found;
        seen[0] = 1;
    } else if (is_max) {
        FN(best_by_group)(true, in, best, seen);
    } else {
        FN(best_by_group)(false, in, best, seen);
    }
}

/* Each group takes up the value of the one before it, unless it begins. */
static void FN(run)(bool is_max, const bool *begins, uint32_t n, void *slots, uint8_t *seen)
{
    T *best = slots;
    for (uint32_t g = 1; g < n; g++) {
        bool taken = !begins[g] && seen[g - 1];
        bool stays =
            is_max ? FN(beats)(true, best[g], best[g - 1]) : FN(beats)(false, best[g], best[g - 1]);
        best[g] = taken && !(seen[g] && stays) ? best[g - 1] : best[g];
        seen[g] |= taken;
    }
}
