/* codec.c - see codec.h. Every decoder here is told the exact size that must come out. */
#include "format/parquet/codec.h"

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <libdeflate.h>
#include <lz4.h>
#include <snappy-c.h>
#include <string.h>
#include <strings.h>
#include <zstd.h>

#include "format/parquet/snappy.h"

void vonk_pq_codec_fini(vonk_pq_codec *codec)
{
    ZSTD_freeDCtx(codec->zstd_in);
    ZSTD_freeCCtx(codec->zstd_out);
    if (codec->deflate_in)
        libdeflate_free_decompressor(codec->deflate_in);
    if (codec->deflate_out)
        libdeflate_free_compressor(codec->deflate_out);
    *codec = (vonk_pq_codec){0};
}

vonk_status vonk_pq_codec_check(int32_t compression, vonk_error *err)
{
    if (compression >= VONK_PQ_UNCOMPRESSED && compression <= VONK_PQ_LZ4_RAW &&
        compression != VONK_PQ_LZO)
        return VONK_OK;
    if (compression == VONK_PQ_LZO)
        return vonk_fail(err, VONK_UNSUPPORTED, "compression codec LZO is not supported");
    return vonk_fail(err, VONK_CORRUPT, "unknown compression codec %d", (int)compression);
}

vonk_status vonk_pq_plausible(int32_t compression, vonk_slice from, size_t size, vonk_error *err)
{
    size_t claimed = size;
    bool fine = true;
    switch (compression) {
    case VONK_PQ_UNCOMPRESSED:
        fine = from.length == size;
        break;
    case VONK_PQ_SNAPPY:
        fine = snappy_uncompressed_length(from.data, from.length, &claimed) == SNAPPY_OK &&
               claimed == size && size / 64 <= from.length;
        break;
    case VONK_PQ_GZIP:
        fine = size / 1100 <= from.length;
        break;
    case VONK_PQ_LZ4_RAW:
    case VONK_PQ_LZ4_HADOOP:
        fine = size / 256 <= from.length;
        break;
    case VONK_PQ_ZSTD: {
        unsigned long long content = ZSTD_getFrameContentSize(from.data, from.length);
        fine = content != ZSTD_CONTENTSIZE_ERROR &&
               (content == ZSTD_CONTENTSIZE_UNKNOWN || content <= size);
        break;
    }
    default:
        break;
    }
    return fine ? VONK_OK
                : vonk_fail(err, VONK_CORRUPT, "%zu compressed bytes do not hold %zu bytes",
                            from.length, size);
}

static bool unzip(vonk_pq_codec *codec, vonk_slice from, char *ret, size_t size)
{
    if (!codec->deflate_in)
        codec->deflate_in = libdeflate_alloc_decompressor();
    if (!codec->deflate_in)
        return false;
    while (from.length > 0) { /* members one after the other are one stream */
        size_t in = 0, out = 0;
        if (libdeflate_gzip_decompress_ex(codec->deflate_in, from.data, from.length, ret, size, &in,
                                          &out) != LIBDEFLATE_SUCCESS)
            return false;
        from = (vonk_slice){from.data + in, from.length - in};
        ret += out;
        size -= out;
    }
    return size == 0;
}

static uint32_t read_be32(const char *at)
{
    uint32_t value;
    memcpy(&value, at, 4);
    return __builtin_bswap32(value);
}

static bool unlz4(vonk_slice from, char *ret, size_t size)
{
    return from.length <= INT32_MAX && size <= INT32_MAX &&
           LZ4_decompress_safe(from.data, ret, (int)from.length, (int)size) == (int)size;
}

/*
 * Hadoop's frames: blocks of [bytes out][bytes in][data], big-endian. Some writers put a bare block
 * under the same codec number, so that is tried next (as parquet-cpp does).
 */
static bool unlz4_hadoop(vonk_slice from, char *ret, size_t size)
{
    vonk_slice rest = from;
    size_t done = 0;
    while (rest.length >= 8) {
        size_t out = read_be32(rest.data), in = read_be32(rest.data + 4);
        if (in > rest.length - 8 || out > size - done)
            break;
        if (!unlz4((vonk_slice){rest.data + 8, in}, ret + done, out))
            break;
        done += out;
        rest = (vonk_slice){rest.data + 8 + in, rest.length - 8 - in};
    }
    if (rest.length == 0 && done == size)
        return true;
    return unlz4(from, ret, size);
}

static bool unzstd(vonk_pq_codec *codec, vonk_slice from, char *ret, size_t size)
{
    if (!codec->zstd_in)
        codec->zstd_in = ZSTD_createDCtx();
    return codec->zstd_in &&
           ZSTD_decompressDCtx(codec->zstd_in, ret, size, from.data, from.length) == size;
}

vonk_status vonk_pq_decompress(vonk_pq_codec *codec, int32_t compression, vonk_slice from,
                               char *ret, size_t size, vonk_error *err)
{
    size_t out = size;
    bool done = false;
    switch (compression) {
    case VONK_PQ_UNCOMPRESSED:
        done = from.length == size;
        if (done && size)
            memcpy(ret, from.data, size);
        break;
    case VONK_PQ_SNAPPY:
        done = vonk_unsnappy(from, ret, size);
        break;
    case VONK_PQ_GZIP:
        done = unzip(codec, from, ret, size);
        break;
    case VONK_PQ_BROTLI:
        done = BrotliDecoderDecompress(from.length, (const uint8_t *)from.data, &out,
                                       (uint8_t *)ret) == BROTLI_DECODER_RESULT_SUCCESS &&
               out == size;
        break;
    case VONK_PQ_LZ4_HADOOP:
        done = unlz4_hadoop(from, ret, size);
        break;
    case VONK_PQ_LZ4_RAW:
        done = unlz4(from, ret, size);
        break;
    case VONK_PQ_ZSTD:
        done = unzstd(codec, from, ret, size);
        break;
    default:
        return vonk_pq_codec_check(compression, err);
    }
    return done ? VONK_OK
                : vonk_fail(err, VONK_CORRUPT, "a page of %zu bytes does not decompress",
                            from.length);
}

/* The most bytes that `compression` makes of `length`. */
static size_t bound(vonk_pq_codec *codec, vonk_pq_compression compression, size_t length)
{
    switch (compression) {
    case VONK_PQ_SNAPPY:
        return snappy_max_compressed_length(length);
    case VONK_PQ_GZIP:
        return libdeflate_gzip_compress_bound(codec->deflate_out, length);
    case VONK_PQ_BROTLI:
        return BrotliEncoderMaxCompressedSize(length) + 1024;
    case VONK_PQ_LZ4_RAW:
        return (size_t)LZ4_compressBound((int)length);
    case VONK_PQ_LZ4_HADOOP:
        return (size_t)LZ4_compressBound((int)length) + 8;
    case VONK_PQ_ZSTD:
        return ZSTD_compressBound(length);
    default:
        return length;
    }
}

/* Bytes written to `to`, which has room for `room`; 0 on failure. */
static size_t deflate_to(vonk_pq_codec *codec, vonk_pq_compression compression, vonk_slice from,
                         char *to, size_t room)
{
    size_t out = room;
    int n;
    uint32_t head[2];
    switch (compression) {
    case VONK_PQ_SNAPPY:
        return snappy_compress(from.data, from.length, to, &out) == SNAPPY_OK ? out : 0;
    case VONK_PQ_GZIP:
        return libdeflate_gzip_compress(codec->deflate_out, from.data, from.length, to, room);
    case VONK_PQ_BROTLI:
        return BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, from.length,
                                     (const uint8_t *)from.data, &out, (uint8_t *)to)
                   ? out
                   : 0;
    case VONK_PQ_LZ4_RAW:
        return (size_t)LZ4_compress_default(from.data, to, (int)from.length, (int)room);
    case VONK_PQ_LZ4_HADOOP:
        n = LZ4_compress_default(from.data, to + 8, (int)from.length, (int)room - 8);
        head[0] = __builtin_bswap32((uint32_t)from.length);
        head[1] = __builtin_bswap32((uint32_t)n);
        memcpy(to, head, 8);
        return n > 0 ? (size_t)n + 8 : 0;
    case VONK_PQ_ZSTD:
        out = ZSTD_compressCCtx(codec->zstd_out, to, room, from.data, from.length, 3);
        return ZSTD_isError(out) ? 0 : out;
    default:
        return 0;
    }
}

vonk_status vonk_pq_compress(vonk_pq_codec *codec, vonk_pq_compression compression, vonk_slice from,
                             vonk_buffer *out, vonk_error *err)
{
    if (compression == VONK_PQ_UNCOMPRESSED) {
        vonk_buffer_append(out, from.data, from.length);
        return vonk_buffer_check(out, err);
    }
    if (compression == VONK_PQ_GZIP && !codec->deflate_out)
        codec->deflate_out = libdeflate_alloc_compressor(6);
    if (compression == VONK_PQ_ZSTD && !codec->zstd_out)
        codec->zstd_out = ZSTD_createCCtx();
    if ((compression == VONK_PQ_GZIP && !codec->deflate_out) ||
        (compression == VONK_PQ_ZSTD && !codec->zstd_out))
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a compressor");
    bool lz4 = compression == VONK_PQ_LZ4_RAW || compression == VONK_PQ_LZ4_HADOOP;
    if (lz4 && from.length > LZ4_MAX_INPUT_SIZE)
        return vonk_fail(err, VONK_INVALID, "a page of %zu bytes is too large", from.length);
    size_t room = bound(codec, compression, from.length);
    char *to = vonk_buffer_reserve(out, room);
    if (!to)
        return vonk_buffer_check(out, err);
    size_t size = deflate_to(codec, compression, from, to, room);
    if (size == 0)
        return vonk_fail(err, VONK_INVALID, "a page of %zu bytes does not compress", from.length);
    out->length += size;
    return VONK_OK;
}

vonk_status vonk_pq_compression_find(const char *name, vonk_pq_compression *ret, vonk_error *err)
{
    static const struct {
        const char *name;
        uint8_t compression;
    } table[] = {
        {"none", VONK_PQ_UNCOMPRESSED}, {"uncompressed", VONK_PQ_UNCOMPRESSED},
        {"snappy", VONK_PQ_SNAPPY},     {"gzip", VONK_PQ_GZIP},
        {"brotli", VONK_PQ_BROTLI},     {"lz4", VONK_PQ_LZ4_RAW},
        {"lz4_raw", VONK_PQ_LZ4_RAW},   {"lz4raw", VONK_PQ_LZ4_RAW},
        {"zstd", VONK_PQ_ZSTD},
    };
    for (size_t i = 0; i < VONK_LENGTH(table); i++)
        if (!strcasecmp(name, table[i].name)) {
            *ret = (vonk_pq_compression)table[i].compression;
            return VONK_OK;
        }
    return vonk_fail_sql(err, "CODEC_NOT_AVAILABLE.WITH_AVAILABLE_CODECS_SUGGESTION",
                         "The codec %s is not available. Available codecs are brotli, "
                         "uncompressed, lzo, snappy, lz4_raw, none, zstd, lz4, gzip.",
                         name);
}
