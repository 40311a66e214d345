/* output.c - text to a sink, through zlib if need be. */
#include "format/text/output.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#define FLUSH_BYTES  ((size_t)64 << 10)
#define PACKED_BYTES ((size_t)64 << 10)
#define ZIP_BYTES    ((size_t)1 << 20) /* for zlib at a time */
#define ZIP_LEVEL    6

static vonk_status wants_gzip(const vonk_options *options, bool *ret, vonk_error *err)
{
    const char *codec = vonk_option_get(options, "compression", NULL);
    if (!codec)
        codec = vonk_option_get(options, "codec", "none");
    *ret = !strcasecmp(codec, "gzip");
    if (*ret || !strcasecmp(codec, "none") || !strcasecmp(codec, "uncompressed"))
        return VONK_OK;
    return vonk_fail(err, VONK_UNSUPPORTED, "text cannot be written with compression '%s'", codec);
}

static void release(vonk_text_output *out)
{
    if (out->zip) {
        (void)deflateEnd(out->zip);
        free(out->zip);
    }
    free(out->packed);
    vonk_buffer_free(&out->text);
    *out = (vonk_text_output){0};
}

static vonk_status start_zip(vonk_text_output *out, vonk_error *err)
{
    out->packed = malloc(PACKED_BYTES);
    z_stream *z = calloc(1, sizeof(*z));
    if (out->packed && z &&
        deflateInit2(z, ZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK) {
        out->zip = z;
        return VONK_OK;
    }
    free(z);
    return vonk_fail(err, VONK_NO_MEMORY, "out of memory for compression");
}

vonk_status vonk_text_create(const char *path, vonk_fs_sink *sink, const vonk_options *options,
                             vonk_text_output *ret, vonk_error *err)
{
    vonk_text_output out = {.sink = sink, .borrowed = sink != NULL};
    bool gzip;
    VONK_TRY(wants_gzip(options, &gzip, err));
    vonk_status status = gzip ? start_zip(&out, err) : VONK_OK;
    if (status == VONK_OK && !sink)
        status = vonk_fs_create(path, &out.sink, err);
    if (status == VONK_OK)
        *ret = out;
    else
        release(&out);
    return status;
}

static vonk_status zip_piece(vonk_text_output *out, char *text, size_t length, int how,
                             vonk_error *err)
{
    z_stream *z = out->zip;
    z->next_in = (Bytef *)text;
    z->avail_in = (uInt)length;
    do {
        z->next_out = out->packed;
        z->avail_out = PACKED_BYTES;
        int code = deflate(z, how);
        if (code == Z_STREAM_ERROR)
            return vonk_fail(err, VONK_INVALID, "cannot compress: %s", z->msg ? z->msg : "?");
        size_t n = PACKED_BYTES - z->avail_out;
        VONK_TRY(vonk_fs_write(out->sink, out->packed, n, err));
        out->n_bytes += n;
    } while (z->avail_out == 0);
    return VONK_OK;
}

/* In pieces whose length zlib can count: a row may have more than 4 GiB. */
static vonk_status write_zipped(vonk_text_output *out, int how, vonk_error *err)
{
    char *text = out->text.data;
    size_t left = out->text.length;
    for (; left > ZIP_BYTES; left -= ZIP_BYTES, text += ZIP_BYTES)
        VONK_TRY(zip_piece(out, text, ZIP_BYTES, Z_NO_FLUSH, err));
    VONK_TRY(zip_piece(out, text, left, how, err));
    out->text.length = 0;
    return VONK_OK;
}

static vonk_status write_out(vonk_text_output *out, int how, vonk_error *err)
{
    VONK_TRY(vonk_buffer_check(&out->text, err));
    if (out->zip)
        return write_zipped(out, how, err);
    VONK_TRY(vonk_fs_write(out->sink, out->text.data, out->text.length, err));
    out->n_bytes += out->text.length;
    out->text.length = 0;
    return VONK_OK;
}

vonk_status vonk_text_flush(vonk_text_output *out, vonk_error *err)
{
    if (out->text.length < FLUSH_BYTES && !out->text.failed)
        return VONK_OK;
    if (out->settings)
        VONK_TRY(vonk_eval_check(out->settings, err));
    return write_out(out, Z_NO_FLUSH, err);
}

vonk_status vonk_text_finish(vonk_text_output *out, uint64_t *ret_bytes, vonk_error *err)
{
    vonk_status status = write_out(out, Z_FINISH, err);
    if (status != VONK_OK) {
        vonk_text_abort(out);
        return status;
    }
    uint64_t n = out->n_bytes;
    if (!out->borrowed)
        status = vonk_fs_finish(out->sink, err);
    release(out);
    if (status == VONK_OK)
        *ret_bytes = n;
    return status;
}

void vonk_text_abort(vonk_text_output *out)
{
    if (!out->borrowed)
        vonk_fs_abort(out->sink);
    release(out);
}
