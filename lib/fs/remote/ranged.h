/*
 * ranged.h - reading a remote file in ranges: large reads as parts fetched at once, small ones out
 * of pieces that were fetched ahead.
 *
 *      read 64 MiB ──▶ 8 parts at once, each straight to its place
 *      read 64 KiB, the next 64 KiB ... ──▶ pieces: [256K][512K][1M][2M][4M][8M] ahead of the
 * reader will_read (a row group's columns) ──▶ neighbours joined, fetched at once
 *
 * Thread-safe per file: a lock guards the pieces and is held while waiting for one, so concurrent
 * readers of one file wait for each other; readers of different files do not.
 */
#ifndef VONK_FS_REMOTE_RANGED_H
#define VONK_FS_REMOTE_RANGED_H

#include "fs/remote/request.h"
#include "fs/store.h"

#define VONK_RANGED_PART  ((size_t)8 << 20)     /* of a large read; a store has costs per request */
#define VONK_RANGED_PARTS 8                     /* fetched at once */
#define VONK_RANGED_PIECE ((size_t)8 << 20)     /* the largest one that is fetched ahead */
#define VONK_RANGED_FIRST ((size_t)256 << 10)   /* the first piece ahead */
#define VONK_RANGED_AHEAD ((size_t)32 << 20)    /* bytes of pieces that a file may hold */
#define VONK_RANGED_GAP   ((uint64_t)256 << 10) /* neighbours nearer than this are read as one */

typedef struct vonk_ranged vonk_ranged;

typedef struct vonk_ranged_ops {
    /* A new request for `length` bytes from `offset` into `to`; NULL if there is no memory. */
    vonk_remote_request *(*make)(void *file, uint64_t offset, size_t length, char *to);
    /* Waits for it: an error unless all of its bytes came. */
    vonk_status (*wait)(void *file, vonk_remote_request *request, vonk_error *err);
    /* Ends (also what is under way) and frees it. */
    void (*end)(void *file, vonk_remote_request *request);
} vonk_ranged_ops;

/*
 * `file` is given to ops. `size` of the whole. `known` (malloc'ed, taken over, may be NULL) are
 * bytes of the file that came already, from `known_at` on.
 */
vonk_status vonk_ranged_new(const vonk_ranged_ops *ops, void *file, uint64_t size, char *known,
                            uint64_t known_at, size_t n_known, vonk_ranged **ret,
                            vonk_error *err) VONK_MUST_CHECK;
void vonk_ranged_free(vonk_ranged *ranged);

vonk_status vonk_ranged_read(vonk_ranged *ranged, uint64_t offset, size_t length, void *ret,
                             vonk_error *err) VONK_MUST_CHECK;
/* A hint; `ranges` in any order. */
void vonk_ranged_will_read(vonk_ranged *ranged, const vonk_fs_range *ranges, uint32_t n);

/*
 * How ranges are fetched: sorts them, joins neighbours with gaps up to VONK_RANGED_GAP, cuts what
 * is longer than VONK_RANGED_PIECE, and stops at VONK_RANGED_AHEAD bytes in all or `max` pieces.
 * Returns how many pieces `ret` got. A pure function.
 */
uint32_t vonk_ranged_join(vonk_fs_range *ranges, uint32_t n, vonk_fs_range *ret, uint32_t max);

#endif
