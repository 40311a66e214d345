/* compare.inc.h - comparison of two runs of T. See each_fixed.inc.h for the parameters. */

/*
 * Sets bit i of `out` to "a[i] equals b[i]" (or "is less than", if `less`). A step of 0 stays on
 * the first value: a constant. `less` and the steps are literals in every call.
 */
VONK_SPECIALISE void FN(compare_loop)(bool less, const T *a, size_t a_step, const T *b,
                                      size_t b_step, size_t n, uint64_t *out)
{
    uint8_t flags[64] = {0};
    size_t start = 0;
    for (; start + 64 <= n; start += 64) {
        for (size_t i = 0; i < 64; i++) {
            T x = a[(start + i) * a_step], y = b[(start + i) * b_step];
            flags[i] = less ? FN(lt)(x, y) : FN(eq)(x, y);
        }
        out[start / 64] = vonk_bitmap_pack(flags);
    }
    if (start == n)
        return;
    for (size_t i = 0; i < n - start; i++) {
        T x = a[(start + i) * a_step], y = b[(start + i) * b_step];
        flags[i] = less ? FN(lt)(x, y) : FN(eq)(x, y);
    }
    out[start / 64] = vonk_bitmap_pack(flags);
}

static void FN(compare)(bool less, const vonk_column *a, const vonk_column *b, uint64_t *out)
{
    const T *x = a->values, *y = b->values;
    size_t n = a->length;
    bool constant_a = a->encoding == VONK_CONSTANT, constant_b = b->encoding == VONK_CONSTANT;
    if (less) {
        if (constant_b)
            FN(compare_loop)(true, x, 1, y, 0, n, out);
        else if (constant_a)
            FN(compare_loop)(true, x, 0, y, 1, n, out);
        else
            FN(compare_loop)(true, x, 1, y, 1, n, out);
    } else {
        if (constant_b)
            FN(compare_loop)(false, x, 1, y, 0, n, out);
        else
            FN(compare_loop)(false, x, 1, y, 1, n, out);
    }
}
