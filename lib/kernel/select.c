/* select.c - from a predicate to the numbers of its rows, and from row numbers to rows. */
#include "column/gather.h"
#include "kernel/kernel.h"
#include "kernel/operands.h"

_Static_assert(VONK_NO_ROW == UINT32_MAX, "vonk_column_gather means the same by it");

/* Appends the numbers of the bits set in `bits`, counted from `start`. */
static inline uint32_t select_word(uint64_t bits, uint32_t start, uint32_t *sel, uint32_t n)
{
    if (bits == UINT64_MAX) {
        for (uint32_t i = 0; i < 64; i++)
            sel[n + i] = start + i;
        return n + 64;
    }
    for (; bits; bits &= bits - 1)
        sel[n++] = start + (uint32_t)__builtin_ctzll(bits);
    return n;
}

VONK_SPECIALISE uint32_t select_loop(const uint64_t *values, const uint64_t *validity,
                                     uint32_t n_rows, uint32_t *sel)
{
    uint32_t n = 0;
    for (size_t w = 0; w < vonk_bitmap_words(n_rows); w++) {
        uint64_t bits = values[w] & vonk_bitmap_mask(w, n_rows);
        if (validity)
            bits &= validity[w];
        n = select_word(bits, (uint32_t)w * 64, sel, n);
    }
    return n;
}

uint32_t vonk_select_bits(const uint64_t *bits, uint32_t n_rows, uint32_t *sel)
{
    return select_loop(bits, NULL, n_rows, sel);
}

uint32_t vonk_select_true(const vonk_column *predicate, uint32_t *sel)
{
    uint32_t n = 0;
    if (predicate->type.id == VONK_NULL || predicate->length == 0)
        return 0;
    if (predicate->encoding == VONK_FLAT)
        return select_loop(predicate->values, predicate->validity, predicate->length, sel);
    if (predicate->encoding == VONK_CONSTANT) {
        if (!vonk_column_is_valid(predicate, 0) || !vonk_bit_get(predicate->values, 0))
            return 0;
        for (uint32_t i = 0; i < predicate->length; i++)
            sel[i] = i;
        return predicate->length;
    }
    for (uint32_t i = 0; i < predicate->length; i++) {
        sel[n] = i;
        n += vonk_column_is_valid(predicate, i) &&
             vonk_bit_get(predicate->values, predicate->codes[i]);
    }
    return n;
}

vonk_status vonk_take(vonk_arena *arena, const vonk_column *src, const uint32_t *sel, uint32_t n,
                      bool with_missing, vonk_column *ret, vonk_error *err)
{
    return vonk_column_gather(arena, src, sel, n, with_missing, ret, err);
}
