/* pack.c - see pack.h. */
#include "format/parquet/pack.h"

static void put_varint(vonk_buffer *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        vonk_buffer_char(out, (char)(value | 0x80));
    vonk_buffer_char(out, (char)value);
}

uint32_t vonk_pq_bits_for(uint32_t n)
{
    return n <= 2 ? 1 : 32 - (uint32_t)__builtin_clz(n - 1);
}

static void put_run(uint32_t value, uint32_t n, uint32_t width, vonk_buffer *out)
{
    put_varint(out, (uint64_t)n << 1);
    for (uint32_t bit = 0; bit < width; bit += 8)
        vonk_buffer_char(out, (char)(value >> bit));
}

/* n codes as groups of eight, the last filled up with zeros. */
static void put_packed(const uint32_t *codes, uint32_t n, uint32_t width, vonk_buffer *out)
{
    if (n == 0)
        return;
    uint32_t n_groups = (n + 7) / 8;
    put_varint(out, (uint64_t)n_groups << 1 | 1);
    size_t size = (size_t)n_groups * width;
    char *to = vonk_buffer_reserve(out, size + 8);
    if (!to)
        return;
    uint64_t word = 0;
    uint32_t filled = 0;
    for (uint32_t i = 0; i < n_groups * 8; i++) {
        uint64_t code = i < n ? codes[i] : 0;
        word |= code << filled;
        filled += width;
        while (filled >= 32) {
            memcpy(to, &word, 4);
            to += 4;
            word >>= 32;
            filled -= 32;
        }
    }
    if (filled)
        memcpy(to, &word, 4);
    out->length += size;
}

void vonk_pq_pack(const uint32_t *codes, uint32_t n, uint32_t width, vonk_buffer *out)
{
    uint32_t start = 0; /* of what is not written yet */
    for (uint32_t i = 0; i < n;) {
        uint32_t same = 1;
        while (i + same < n && codes[i + same] == codes[i])
            same++;
        /* What goes before a run must fill its groups: take that from the run. */
        uint32_t fill = -(i - start) & 7;
        if (same >= fill + 8) {
            put_packed(codes + start, i + fill - start, width, out);
            put_run(codes[i], same - fill, width, out);
            start = i + same;
        }
        i += same;
    }
    put_packed(codes + start, n - start, width, out);
}

void vonk_pq_pack_levels(const uint64_t *bits, uint32_t n, uint32_t n_ones, vonk_buffer *out)
{
    size_t at = out->length;
    uint32_t length = 0;
    vonk_buffer_append(out, &length, 4);
    if (n_ones == 0 || n_ones == n) {
        put_run(n_ones == n, n, 1, out);
    } else {
        put_varint(out, (uint64_t)((n + 7) / 8) << 1 | 1);
        vonk_buffer_append(out, bits, (n + 7) / 8);
    }
    length = (uint32_t)(out->length - at - 4);
    if (!out->failed)
        memcpy(out->data + at, &length, 4);
}
