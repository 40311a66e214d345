/*
 * delta.c - see delta.h. Source: parquet-format, Encodings.md.
 *
 *      head   block size, miniblocks a block, values in all, first value
 *      block  least delta, a byte of bit width a miniblock, the miniblocks
 */
#include "format/parquet/delta.h"

#include "base/attr.h"
#include "format/parquet/hybrid.h"

#define MAX_BLOCK (1u << 16) /* values; writers use 128 */

typedef struct delta_head {
    uint64_t block, miniblocks, total;
    int64_t first;
} delta_head;

static bool read_varint(vonk_slice *in, uint64_t *ret)
{
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 64 && in->length > 0; shift += 7) {
        uint8_t byte = (uint8_t)*in->data++;
        in->length--;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *ret = value;
            return true;
        }
    }
    return false;
}

static bool read_zigzag(vonk_slice *in, int64_t *ret)
{
    uint64_t value;
    if (!read_varint(in, &value))
        return false;
    *ret = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
    return true;
}

static bool read_head(vonk_slice *in, delta_head *ret)
{
    return read_varint(in, &ret->block) && read_varint(in, &ret->miniblocks) &&
           read_varint(in, &ret->total) && read_zigzag(in, &ret->first) && ret->block > 0 &&
           ret->block <= MAX_BLOCK && ret->miniblocks > 0 && ret->block % ret->miniblocks == 0 &&
           ret->block / ret->miniblocks % 8 == 0;
}

int64_t vonk_pq_delta_count(vonk_slice in)
{
    delta_head head;
    return read_head(&in, &head) && head.total <= INT32_MAX ? (int64_t)head.total : -1;
}

/* Value i of `width` (33..64) bits each. */
static uint64_t wide_at(vonk_slice in, uint32_t i, uint32_t width)
{
    uint64_t bit = (uint64_t)i * width;
    unsigned __int128 word = 0;
    size_t from = bit / 8, n = in.length - from < 16 ? in.length - from : 16;
    memcpy(&word, in.data + from, n);
    uint64_t value = (uint64_t)(word >> (bit % 8));
    return width == 64 ? value : value & ((UINT64_C(1) << width) - 1);
}

/* Deltas start..start+n of a miniblock, added up from *last. */
VONK_SPECIALISE void add_deltas(bool wide, vonk_slice in, uint32_t width, uint32_t n, uint64_t min,
                                uint64_t *last, void *ret)
{
    uint64_t value = *last;
    for (uint32_t start = 0; start < n;) {
        uint32_t few[64], k = n - start < 64 ? n - start : 64;
        if (width <= 32)
            vonk_pq_unpack((const uint8_t *)in.data, (const uint8_t *)in.data + in.length, start,
                           width, few, k);
        for (uint32_t i = 0; i < k; i++) {
            value += min + (width <= 32 ? few[i] : wide_at(in, start + i, width));
            if (wide)
                ((int64_t *)ret)[start + i] = (int64_t)value;
            else
                ((int32_t *)ret)[start + i] = (int32_t)value;
        }
        start += k;
    }
    *last = value;
}

VONK_SPECIALISE bool decode(bool wide, vonk_slice *in, uint32_t n, char *ret)
{
    const size_t size = wide ? 8 : 4;
    delta_head head;
    if (!read_head(in, &head) || n > head.total)
        return false;
    uint64_t left = head.total > 0 ? head.total - 1 : 0, value = (uint64_t)head.first;
    const char *end = ret + n * size;
    if (n > 0) {
        memcpy(ret, &value, size);
        ret += size;
    }
    uint64_t per_mini = head.block / head.miniblocks;
    while (left > 0) {
        int64_t min;
        if (!read_zigzag(in, &min) || in->length < head.miniblocks)
            return false;
        const uint8_t *widths = (const uint8_t *)in->data;
        *in = (vonk_slice){in->data + head.miniblocks, in->length - head.miniblocks};
        for (uint64_t m = 0; m < head.miniblocks && left > 0; m++) {
            uint64_t k = left < per_mini ? left : per_mini, bytes = per_mini / 8 * widths[m];
            if (widths[m] > 64 || (k * widths[m] + 7) / 8 > in->length)
                return false;
            uint64_t room = (uint64_t)(end - ret) / size;
            uint32_t use = (uint32_t)(k < room ? k : room);
            add_deltas(wide, *in, widths[m], use, (uint64_t)min, &value, ret);
            ret += use * size;
            left -= k;
            if (bytes > in->length) /* the last one may be cut short */
                bytes = in->length;
            *in = (vonk_slice){in->data + bytes, in->length - bytes};
        }
    }
    return true;
}

bool vonk_pq_delta_i64(vonk_slice *in, uint32_t n, int64_t *ret)
{
    return decode(true, in, n, (char *)ret);
}

bool vonk_pq_delta_i32(vonk_slice *in, uint32_t n, int32_t *ret)
{
    return decode(false, in, n, (char *)ret);
}

bool vonk_pq_delta_lengths(vonk_slice in, uint32_t n, int32_t *scratch, vonk_string *ret)
{
    if (!vonk_pq_delta_i32(&in, n, scratch))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (scratch[i] < 0 || (size_t)scratch[i] > in.length)
            return false;
        ret[i] = vonk_string_of(in.data, (uint32_t)scratch[i]);
        in = (vonk_slice){in.data + scratch[i], in.length - (size_t)scratch[i]};
    }
    return true;
}

bool vonk_pq_delta_strings_size(vonk_slice *in, uint32_t n, int32_t *scratch, size_t *ret_size)
{
    int32_t *prefixes = scratch, *suffixes = scratch + n;
    if (!vonk_pq_delta_i32(in, n, prefixes) || !vonk_pq_delta_i32(in, n, suffixes))
        return false;
    size_t size = 0, last = 0, suffix_bytes = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (prefixes[i] < 0 || suffixes[i] < 0 || (size_t)prefixes[i] > last)
            return false;
        last = (size_t)prefixes[i] + (size_t)suffixes[i];
        suffix_bytes += (size_t)suffixes[i];
        if (last > INT32_MAX || suffix_bytes > in->length)
            return false;
        size += last;
    }
    *ret_size = size;
    return true;
}

bool vonk_pq_delta_strings(vonk_slice in, uint32_t n, const int32_t *scratch, char *bytes,
                           vonk_string *ret)
{
    const int32_t *prefixes = scratch, *suffixes = scratch + n;
    const char *last = bytes;
    for (uint32_t i = 0; i < n; i++) {
        size_t prefix = (size_t)prefixes[i], suffix = (size_t)suffixes[i];
        if (suffix > in.length)
            return false;
        memcpy(bytes, last, prefix);
        memcpy(bytes + prefix, in.data, suffix);
        ret[i] = vonk_string_of(bytes, (uint32_t)(prefix + suffix));
        last = bytes;
        bytes += prefix + suffix;
        in = (vonk_slice){in.data + suffix, in.length - suffix};
    }
    return true;
}
