/*
 * codec.h - compression of pages. A vonk_pq_codec keeps the libraries' contexts between pages; it
 * belongs to one thread; `(vonk_pq_codec){0}` is ready.
 */
#ifndef VONK_FORMAT_PARQUET_CODEC_H
#define VONK_FORMAT_PARQUET_CODEC_H

#include "base/buffer.h"

/* The numbers of parquet.thrift. */
typedef enum vonk_pq_compression {
    VONK_PQ_UNCOMPRESSED,
    VONK_PQ_SNAPPY,
    VONK_PQ_GZIP,
    VONK_PQ_LZO,
    VONK_PQ_BROTLI,
    VONK_PQ_LZ4_HADOOP,
    VONK_PQ_ZSTD,
    VONK_PQ_LZ4_RAW,
} vonk_pq_compression;

typedef struct vonk_pq_codec {
    void *zstd_in, *zstd_out;       /* ZSTD_DCtx, ZSTD_CCtx */
    void *deflate_in, *deflate_out; /* libdeflate_(de)compressor */
} vonk_pq_codec;

void vonk_pq_codec_fini(vonk_pq_codec *codec);

/* Fails with VONK_UNSUPPORTED unless `compression` is one that we can read. */
vonk_status vonk_pq_codec_check(int32_t compression, vonk_error *err) VONK_MUST_CHECK;

/* That `size` bytes of output are possible from `from`: before memory is taken for them. */
vonk_status vonk_pq_plausible(int32_t compression, vonk_slice from, size_t size,
                              vonk_error *err) VONK_MUST_CHECK;

/* Decompresses `from` to exactly `size` bytes at `ret`. Errors: VONK_CORRUPT, VONK_UNSUPPORTED. */
vonk_status vonk_pq_decompress(vonk_pq_codec *codec, int32_t compression, vonk_slice from,
                               char *ret, size_t size, vonk_error *err) VONK_MUST_CHECK;

/* Appends `from`, compressed, to `out`. */
vonk_status vonk_pq_compress(vonk_pq_codec *codec, vonk_pq_compression compression, vonk_slice from,
                             vonk_buffer *out, vonk_error *err) VONK_MUST_CHECK;

/* Spark's name of a codec ("snappy", "lz4_raw", any case). Errors: VONK_USER. */
vonk_status vonk_pq_compression_find(const char *name, vonk_pq_compression *ret,
                                     vonk_error *err) VONK_MUST_CHECK;

#endif
