/*
 * batch.h - batches of columns as bytes: shuffle blocks and results.
 *
 *     magic "VKB1":4 | compression:1 | raw:4 | stored:4 | body: stored bytes
 *
 * The body, once decompressed to `raw` bytes, is rows:4, columns:4 and the columns in their own
 * encodings (flat, constant, dictionary), nested ones with their children. A batch says where it
 * ends, so that batches may follow one another. docs/protocol.md has the details.
 */
#ifndef VONK_WIRE_BATCH_H
#define VONK_WIRE_BATCH_H

#include "column/column.h"
#include "wire/codec.h"

#define VONK_WIRE_MAX_ROWS  ((uint32_t)1 << 24)  /* of a batch */
#define VONK_WIRE_MAX_BATCH ((size_t)0x7E000000) /* bytes of a body, as many as lz4 can take */

typedef enum vonk_wire_compression {
    VONK_WIRE_PLAIN,
    VONK_WIRE_LZ4, /* for the bodies that it shrinks by an eighth or more */
} vonk_wire_compression;

/*
 * Appends `batch` to `out`. Dictionaries with more entries than rows are flattened.
 * Errors: VONK_NO_MEMORY; VONK_INVALID if it is over the limits above.
 */
vonk_status vonk_wire_put_batch(vonk_buffer *out, const vonk_batch *batch,
                                vonk_wire_compression compression, vonk_error *err) VONK_MUST_CHECK;

/*
 * Reads one batch into the reader's arena; the input is not borrowed. Dictionary codes, offsets and
 * lengths are checked: what comes out is safe to run over.
 */
vonk_status vonk_wire_batch(vonk_wire_reader *in, vonk_batch *ret) VONK_MUST_CHECK;

#endif
