/* hybrid.c - see hybrid.h. */
#include "format/parquet/hybrid.h"

vonk_pq_hybrid vonk_pq_hybrid_open(const void *data, size_t length, uint32_t width)
{
    return (vonk_pq_hybrid){.at = data, .end = (const uint8_t *)data + length, .width = width};
}

static bool read_varint(vonk_pq_hybrid *in, uint64_t *ret)
{
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 35 && in->at < in->end; shift += 7) {
        uint8_t byte = *in->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *ret = value;
            return true;
        }
    }
    return false;
}

/* Enters the next run that is not empty. */
static bool next_run(vonk_pq_hybrid *in)
{
    do {
        uint64_t head;
        if (!read_varint(in, &head))
            return false;
        size_t bytes_left = (size_t)(in->end - in->at);
        if (head & 1) {
            size_t bytes = (size_t)(head >> 1) * in->width;
            in->left = (head >> 1) * 8;
            if (bytes > bytes_left) { /* some writers cut the last group short */
                bytes = bytes_left;
                in->left = in->width ? bytes * 8 / in->width : in->left;
            }
            in->packed = in->at;
            in->packed_at = 0;
            in->at += bytes;
        } else {
            size_t bytes = (in->width + 7) / 8;
            if (bytes > bytes_left)
                return false;
            in->value = 0;
            for (size_t i = 0; i < bytes; i++)
                in->value |= (uint32_t)in->at[i] << (i * 8);
            in->at += bytes;
            in->packed = NULL;
            in->left = head >> 1;
        }
    } while (in->left == 0);
    return true;
}

bool vonk_pq_hybrid_read(vonk_pq_hybrid *in, uint32_t *ret, uint32_t n)
{
    if (in->width == 0) {
        memset(ret, 0, (size_t)n * 4);
        return true;
    }
    while (n > 0) {
        if (in->left == 0 && !next_run(in))
            return false;
        uint32_t k = in->left < n ? (uint32_t)in->left : n;
        if (in->packed) {
            vonk_pq_unpack(in->packed, in->end, in->packed_at, in->width, ret, k);
            in->packed_at += k;
        } else {
            for (uint32_t i = 0; i < k; i++)
                ret[i] = in->value;
        }
        in->left -= k;
        ret += k;
        n -= k;
    }
    return true;
}

bool vonk_pq_hybrid_skip(vonk_pq_hybrid *in, uint32_t n)
{
    if (in->width == 0)
        return true;
    while (n > 0) {
        if (in->left == 0 && !next_run(in))
            return false;
        uint32_t k = in->left < n ? (uint32_t)in->left : n;
        in->packed_at += k;
        in->left -= k;
        n -= k;
    }
    return true;
}

bool vonk_pq_hybrid_bits(vonk_pq_hybrid *in, uint64_t *bits, uint32_t at, uint32_t n,
                         uint32_t *ret_set)
{
    uint32_t ones = 0;
    while (n > 0) {
        if (in->left == 0 && !next_run(in))
            return false;
        uint32_t k = in->left < n ? (uint32_t)in->left : n;
        if (in->packed) {
            ones += vonk_pq_copy_bits(bits, at, in->packed, in->packed_at, in->end, k);
            in->packed_at += k;
        } else {
            if (in->value > 1)
                return false;
            vonk_pq_fill_bits(bits, at, k, in->value == 1);
            ones += in->value == 1 ? k : 0;
        }
        in->left -= k;
        at += k;
        n -= k;
    }
    *ret_set += ones;
    return true;
}

bool vonk_pq_hybrid_all_ones(vonk_pq_hybrid in, uint32_t n)
{
    return in.left == 0 && next_run(&in) && !in.packed && in.value == 1 && in.left >= n;
}
