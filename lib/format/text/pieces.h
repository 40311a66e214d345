/*
 * pieces.h - text files cut into pieces that threads take in turn, for inferring a schema.
 *
 *      file 0                          file 1 (.gz)      file 2
 *      | 0 |      1      |      2      |       3        |  4  |
 *
 * A piece is a split: the records that begin in it. The first one may be small, so that what it
 * holds is known soon. Pieces are begun in order, so that of several that fail the first one is
 * known whatever the threads did.
 */
#ifndef VONK_FORMAT_TEXT_PIECES_H
#define VONK_FORMAT_TEXT_PIECES_H

#include "format/format.h"

typedef struct vonk_text_piece {
    const char *path; /* borrowed from the request */
    uint64_t start, length;
} vonk_text_piece;

typedef struct vonk_text_pieces {
    uint32_t n;
    vonk_text_piece *items; /* in the order of the files and of places in them */
} vonk_text_pieces;

/*
 * Cuts the request's files. A file stays whole if it is compressed, if `whole`, if its size is not
 * known, or if there is one thread only. `first` > 0: the first file's first piece has so many
 * bytes. Result in `arena`.
 */
vonk_status vonk_text_cut(const vonk_infer_request *request, bool whole, uint64_t first,
                          vonk_arena *arena, vonk_text_pieces *ret,
                          vonk_error *err) VONK_MUST_CHECK;

/* What is done with a piece; called by several threads at once. */
typedef vonk_status vonk_text_piece_fn(void *context, uint32_t piece, vonk_error *err);

/*
 * Calls run(context, i) for i = from .. to - 1, by up to `n_threads` threads, the caller's among
 * them; returns when all have ended. After a failure no piece is begun; of those that failed the
 * first one's error is returned.
 */
vonk_status vonk_text_each_piece(uint32_t from, uint32_t to, uint32_t n_threads,
                                 vonk_text_piece_fn *run, void *context,
                                 vonk_error *err) VONK_MUST_CHECK;

#endif
