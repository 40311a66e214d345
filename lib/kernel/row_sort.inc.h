/*
 * row_sort.inc.h - sorting entries of WORDS 64-bit prefix words and a row number.
 *
 * Parameters: WORDS (1 or 2), SUFFIX. Word 0 decides before word 1.
 */

typedef struct FN(entry) {
    uint64_t words[WORDS];
    uint32_t row;
} FN(entry);

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

/* Bottom-up: runs of 16, then merges between the two arrays. Returns where the result is. */
static FN(entry) * FN(merge_sort)(FN(entry) * entries, FN(entry) * spare, uint32_t n)
{
    for (uint32_t start = 0; start < n; start += 16)
        FN(insertion_sort)(entries + start, n - start < 16 ? n - start : 16);
    for (uint64_t run = 16; run < n; run *= 2) {
        for (uint64_t start = 0; start < n; start += run * 2) {
            uint64_t middle = start + run < n ? start + run : n;
            uint64_t end = start + run * 2 < n ? start + run * 2 : n;
            uint64_t i = start, j = middle;
            for (uint64_t out = start; out < end; out++) {
                bool right = i == middle || (j < end && FN(less)(&entries[j], &entries[i]));
                spare[out] = entries[right ? j : i];
                j += right;
                i += !right;
            }
        }
        FN(entry) *swap = entries;
        entries = spare;
        spare = swap;
    }
    return entries;
}

/* One stable pass by the byte at `shift` of word `w`; what it leaves when stopped is no order. */
static void FN(radix_pass)(const vonk_sort_keys *keys, const FN(entry) * entries, FN(entry) * out,
                           uint32_t n, int w, int shift, uint32_t counts[256])
{
    uint32_t at = 0;
    for (int b = 0; b < 256; b++) {
        uint32_t count = counts[b];
        counts[b] = at;
        at += count;
    }
    for (uint32_t start = 0, end; start < n && !vonk_sort_is_stopped(keys); start = end) {
        end = vonk_sort_piece_end(start, n);
        for (uint32_t i = start; i < end; i++)
            out[counts[entries[i].words[w] >> shift & 0xff]++] = entries[i];
    }
}

static void FN(count_bytes)(const vonk_sort_keys *keys, const FN(entry) * entries, uint32_t n,
                            uint32_t counts[WORDS * 8][256])
{
    for (uint32_t start = 0, end; start < n && !vonk_sort_is_stopped(keys); start = end) {
        end = vonk_sort_piece_end(start, n);
        for (uint32_t i = start; i < end; i++)
            for (int w = 0; w < WORDS; w++)
                for (int b = 0; b < 8; b++)
                    counts[w * 8 + b][entries[i].words[w] >> (b * 8) & 0xff]++;
    }
}

/* Least significant byte first; bytes that are the same everywhere cost nothing but the count. */
static FN(entry) *
    FN(radix_sort)(const vonk_sort_keys *keys, FN(entry) * entries, FN(entry) * spare, uint32_t n)
{
    uint32_t counts[WORDS * 8][256] = {{0}};
    FN(count_bytes)(keys, entries, n, counts);
    for (int w = WORDS - 1; w >= 0; w--)
        for (int b = 0; b < 8; b++) {
            uint32_t *count = counts[w * 8 + b];
            if (count[entries[0].words[w] >> (b * 8) & 0xff] == n || vonk_sort_is_stopped(keys))
                continue;
            FN(radix_pass)(keys, entries, spare, n, w, b * 8, count);
            FN(entry) *swap = entries;
            entries = spare;
            spare = swap;
        }
    return entries;
}

/* Sorts the rows of equal prefixes by all their keys. */
static vonk_status FN(sort_ties)(const vonk_sort_keys *keys, const FN(entry) * entries, uint32_t n,
                                 vonk_arena *arena, uint32_t *rows, vonk_error *err)
{
    uint32_t *spare = NULL;
    for (uint32_t start = 0, end; start < n && !vonk_sort_is_stopped(keys); start = end) {
        for (end = start + 1; end < n && !FN(less)(&entries[start], &entries[end]); end++)
            if (end % VONK_SORT_PIECE == 0 && vonk_sort_is_stopped(keys))
                return VONK_OK;
        if (end - start == 1)
            continue;
        if (!spare) {
            spare = vonk_arena_alloc(arena, (size_t)n * sizeof(*spare), err);
            VONK_TRY_ALLOC(spare);
        }
        sort_by_keys(keys, rows + start, spare, end - start);
    }
    return VONK_OK;
}

static vonk_status FN(sort)(const vonk_sort_keys *keys, const vonk_prefix_plan *plan, uint32_t n,
                            vonk_arena *arena, uint32_t *rows, vonk_error *err)
{
    FN(entry) *entries = vonk_arena_alloc(arena, (size_t)n * sizeof(*entries), err);
    VONK_TRY_ALLOC(entries);
    FN(entry) *spare = vonk_arena_alloc(arena, (size_t)n * sizeof(*spare), err);
    VONK_TRY_ALLOC(spare);
    for (uint32_t i = 0; i < n; i++) {
        if (i % VONK_SORT_PIECE == 0 && vonk_sort_is_stopped(keys)) /* fresh memory is slow */
            return VONK_OK;
        entries[i] = (FN(entry)){.row = i};
    }
    vonk_prefix_fill(keys, plan, entries[0].words, sizeof(*entries) / 8);
    touch(keys, spare, n * sizeof(*spare));
    entries = n <= SMALL_SORT ? FN(merge_sort)(entries, spare, n)
                              : FN(radix_sort)(keys, entries, spare, n);
    for (uint32_t start = 0, end; start < n && !vonk_sort_is_stopped(keys); start = end) {
        end = vonk_sort_piece_end(start, n);
        for (uint32_t i = start; i < end; i++)
            rows[i] = entries[i].row;
    }
    return plan->exact ? VONK_OK : FN(sort_ties)(keys, entries, n, arena, rows, err);
}

#undef WORDS
#undef SUFFIX
