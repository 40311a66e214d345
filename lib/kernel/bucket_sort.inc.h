/*
 * bucket_sort.inc.h - sorting entries of WORDS 64-bit words, the first before the others.
 *
 * Parameters: WORDS, SUFFIX. Before it: the type FN(entry), whose words[WORDS] decide, and FN(put),
 * which takes entries that are in order.
 *
 * Buckets by the highest bits in which entries differ, and again within each bucket, until it has a
 * few rows: what lies in one bucket soon fits into the cache, and bits that need not be looked at
 * to tell entries apart never are.
 */

static inline bool FN(less)(const FN(entry) * a, const FN(entry) * b)
{
    for (int w = 0; w < WORDS - 1; w++)
        if (a->words[w] != b->words[w])
            return a->words[w] < b->words[w];
    return a->words[WORDS - 1] < b->words[WORDS - 1];
}

static void FN(insertion_sort)(FN(entry) * entries, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        FN(entry) entry = entries[i];
        uint32_t at = i;
        for (; at > 0 && FN(less)(&entry, &entries[at - 1]); at--)
            entries[at] = entries[at - 1];
        entries[at] = entry;
    }
}

/* Where entries differ: up to VONK_SORT_MOST_BITS bits of a word. */
typedef struct FN(digit) {
    uint32_t word, shift, bits;
} FN(digit);

static inline uint32_t FN(digit_of)(const FN(entry) * entry, FN(digit) digit)
{
    return (uint32_t)(entry->words[digit.word] >> digit.shift) & ((1u << digit.bits) - 1);
}

/* The highest bits in which some of the entries differ; false: there are none. */
static bool FN(find_digit)(const FN(entry) * entries, uint32_t n, FN(digit) * ret)
{
    uint64_t differ[WORDS] = {0};
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t w = 0; w < WORDS; w++)
            differ[w] |= entries[i].words[w] ^ entries[0].words[w];
    for (uint32_t w = 0; w < WORDS; w++) {
        if (!differ[w])
            continue;
        uint32_t top = 64 - (uint32_t)__builtin_clzll(differ[w]), bits = vonk_sort_bits(n);
        bits = bits < top ? bits : top;
        *ret = (FN(digit)){.word = w, .shift = top - bits, .bits = bits};
        return true;
    }
    return false;
}

/* Puts the entries in order of their digit, stably. ends[d] = where the bucket of d ends. */
static void FN(split)(const vonk_sort_keys *keys, const FN(entry) * entries, uint32_t n,
                      FN(digit) digit, FN(entry) * out, uint32_t *ends)
{
    memset(ends, 0, sizeof(*ends) << digit.bits);
    for (uint32_t i = 0; i < n; i++)
        ends[FN(digit_of)(&entries[i], digit)]++;
    vonk_sort_sum_up(ends, 1u << digit.bits);
    for (uint32_t start = 0, end; start < n && !vonk_sort_is_stopped(keys); start = end) {
        end = vonk_sort_piece_end(start, n);
        for (uint32_t i = start; i < end; i++)
            out[ends[FN(digit_of)(&entries[i], digit)]++] = entries[i];
    }
}

/* Each level takes at least two bits off the words, and most take eight or more. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static vonk_status FN(sort_bucket)(sorting *s, FN(entry) * entries, FN(entry) * spare, uint32_t n,
                                   uint32_t at, vonk_error *err)
{
    FN(digit) digit;
    uint32_t ends[1u << VONK_SORT_MOST_BITS];
    if (n <= VONK_SORT_FEW_ROWS) {
        FN(insertion_sort)(entries, n);
        return FN(put)(s, entries, n, at, err);
    }
    if (!FN(find_digit)(entries, n, &digit))
        return FN(put)(s, entries, n, at, err);
    FN(split)(s->keys, entries, n, digit, spare, ends);
    for (uint32_t d = 0, start = 0; d < 1u << digit.bits && !vonk_sort_is_stopped(s->keys);
         start = ends[d++])
        VONK_TRY(
            FN(sort_bucket)(s, spare + start, entries + start, ends[d] - start, at + start, err));
    return VONK_OK;
}

/* Room for n entries, its pages there. */
static FN(entry) * FN(new_entries)(const sorting *s, uint32_t n, vonk_error *err)
{
    FN(entry) *entries = vonk_arena_alloc(s->arena, (size_t)n * sizeof(*entries), err);
    if (entries)
        vonk_sort_touch(s->keys, entries, (size_t)n * sizeof(*entries));
    return entries;
}

/* Sorts what lies in 256 buckets: their spare room is that of the largest. */
static vonk_status FN(sort_buckets)(sorting *s, FN(entry) * entries, const uint32_t ends[256],
                                    vonk_error *err)
{
    uint32_t most = 0;
    for (uint32_t b = 0, start = 0; b < 256; start = ends[b++])
        most = ends[b] - start > most ? ends[b] - start : most;
    FN(entry) *spare = FN(new_entries)(s, most, err);
    VONK_TRY_ALLOC(spare);
    for (uint32_t b = 0, start = 0; b < 256 && !vonk_sort_is_stopped(s->keys); start = ends[b++])
        VONK_TRY(FN(sort_bucket)(s, entries + start, spare, ends[b] - start, start, err));
    return VONK_OK;
}
