/*
 * output.h - a text file being written, plain or gzip: what the text formats' writers share.
 */
#ifndef VONK_FORMAT_TEXT_OUTPUT_H
#define VONK_FORMAT_TEXT_OUTPUT_H

#include "base/options.h"
#include "expr/function.h"
#include "fs/fs.h"

struct z_stream_s;

/* Longer texts are put piece by piece, with a flush between: they need no memory, and hear Ctrl-C.
 */
#define VONK_TEXT_PIECE ((size_t)1 << 20)

typedef struct vonk_text_output {
    vonk_fs_sink *sink;
    bool borrowed;          /* the sink: the caller finishes it */
    struct z_stream_s *zip; /* NULL: plain */
    unsigned char *packed;
    vonk_buffer text;                   /* append here, then call vonk_text_flush() now and then */
    uint64_t n_bytes;                   /* written to the file */
    const vonk_eval_settings *settings; /* NULL: nobody cancels */
} vonk_text_output;

/*
 * Creates `path`, or writes to `sink` if that is not NULL (borrowed), compressed as the option
 * `compression` (or `codec`) says: none, uncompressed, gzip. Errors: as vonk_fs_create;
 * VONK_UNSUPPORTED for another codec.
 */
vonk_status vonk_text_create(const char *path, vonk_fs_sink *sink, const vonk_options *options,
                             vonk_text_output *ret, vonk_error *err) VONK_MUST_CHECK;
/* Writes `text` out if it is long enough to be worth it. VONK_CANCELLED if nobody waits any more.
 */
vonk_status vonk_text_flush(vonk_text_output *out, vonk_error *err) VONK_MUST_CHECK;
/* Completes and closes the file, also on failure. */
vonk_status vonk_text_finish(vonk_text_output *out, uint64_t *ret_bytes,
                             vonk_error *err) VONK_MUST_CHECK;
void vonk_text_abort(vonk_text_output *out);

#endif
