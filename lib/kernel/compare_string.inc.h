/*
 * compare_string.inc.h - comparison of runs of strings: FN() with the literals LESS and the steps.
 * Included by compare.c only.
 */

/* 16 bytes as two numbers: two short strings are equal when these are. */
typedef struct string_words {
    uint64_t head, tail;
} string_words;

static inline string_words words_of(const vonk_string *s)
{
    string_words w;
    memcpy(&w, s, sizeof(w));
    return w;
}

/* Big-endian prefix; the bytes after a short string are zero, so that order is kept. */
static inline uint32_t prefix_of(const vonk_string *s)
{
    uint32_t prefix;
    memcpy(&prefix, s->prefix, 4);
    return __builtin_bswap32(prefix);
}

static inline bool string_equal(const vonk_string *a, const vonk_string *b)
{
    string_words x = words_of(a), y = words_of(b);
    if (x.head != y.head)
        return false;
    return x.tail == y.tail || (a->length > VONK_STRING_INLINE && vonk_string_equal(a, b));
}

static inline bool string_less(const vonk_string *a, const vonk_string *b)
{
    uint32_t x = prefix_of(a), y = prefix_of(b);
    return x != y ? x < y : vonk_string_compare(a, b) < 0;
}

VONK_SPECIALISE void compare_string_loop(bool less, bool short_b, const vonk_string *a,
                                         size_t a_step, const vonk_string *b, size_t b_step,
                                         size_t n, uint64_t *out)
{
    string_words constant = words_of(b);
    uint8_t flags[64] = {0};
    for (size_t start = 0; start < n; start += 64) {
        size_t rows = n - start < 64 ? n - start : 64;
        for (size_t i = 0; i < rows; i++) {
            const vonk_string *x = &a[(start + i) * a_step], *y = &b[(start + i) * b_step];
            if (short_b) {
                string_words w = words_of(x);
                flags[i] = (w.head == constant.head) & (w.tail == constant.tail);
            } else {
                flags[i] = less ? string_less(x, y) : string_equal(x, y);
            }
        }
        out[start / 64] = vonk_bitmap_pack(flags);
    }
}

static void compare_string(bool less, const vonk_column *a, const vonk_column *b, uint64_t *out)
{
    const vonk_string *x = a->values, *y = b->values;
    size_t n = a->length;
    bool constant_a = a->encoding == VONK_CONSTANT, constant_b = b->encoding == VONK_CONSTANT;
    if (n == 0)
        return;
    if (less && constant_b)
        compare_string_loop(true, false, x, 1, y, 0, n, out);
    else if (less && constant_a)
        compare_string_loop(true, false, x, 0, y, 1, n, out);
    else if (less)
        compare_string_loop(true, false, x, 1, y, 1, n, out);
    else if (constant_b && y->length <= VONK_STRING_INLINE)
        compare_string_loop(false, true, x, 1, y, 0, n, out);
    else if (constant_b)
        compare_string_loop(false, false, x, 1, y, 0, n, out);
    else
        compare_string_loop(false, false, x, 1, y, 1, n, out);
}
