/* spill.c - batches at the end of a nameless file. */
#include "shuffle/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "column/batch_bytes.h"
#include "wire/batch.h"

#define WRITE_BYTES ((size_t)256 << 10) /* collected for one write */
#define PIECE_BYTES ((size_t)32 << 20)  /* of a piece's rows without their texts */

struct vonk_spill {
    _Atomic uint32_t refs;
    int fd;
    char *dir;
    _Atomic uint64_t written; /* bytes in the file, which others may read meanwhile */
    vonk_buffer waiting;      /* to come after them */
};

const char *vonk_spill_dir(const char *dir)
{
    if (!dir)
        dir = getenv("TMPDIR");
    return dir && *dir ? dir : "/tmp";
}

static int open_nameless(const char *dir)
{
    char path[4096];
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    int n = snprintf(path, sizeof path, "%s/vonk-spill-XXXXXX", dir);
    if (n < 0 || (size_t)n >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

vonk_status vonk_spill_open(const char *dir, vonk_budget *budget, vonk_spill **ret, vonk_error *err)
{
    vonk_spill *spill = calloc(1, sizeof(*spill));
    char *copy = spill ? strdup(dir) : NULL;
    if (!copy) {
        free(spill);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a spill file");
    }
    atomic_init(&spill->refs, 1);
    spill->dir = copy;
    spill->waiting = (vonk_buffer){.budget = budget, .beyond = true};
    spill->fd = open_nameless(dir);
    if (spill->fd < 0) {
        vonk_fail(err, VONK_IO, "cannot spill to %s: %s", dir, strerror(errno));
        free(copy);
        free(spill);
        return VONK_IO;
    }
    *ret = spill;
    return VONK_OK;
}

vonk_spill *vonk_spill_ref(vonk_spill *spill)
{
    atomic_fetch_add_explicit(&spill->refs, 1, memory_order_relaxed);
    return spill;
}

void vonk_spill_unref(vonk_spill *spill)
{
    if (!spill || atomic_fetch_sub_explicit(&spill->refs, 1, memory_order_acq_rel) != 1)
        return;
    (void)close(spill->fd);
    vonk_buffer_free(&spill->waiting);
    free(spill->dir);
    free(spill);
}

static vonk_status write_waiting(vonk_spill *spill, vonk_error *err)
{
    size_t done = 0, size = spill->waiting.length;
    while (done < size) {
        ssize_t n = pwrite(spill->fd, spill->waiting.data + done, size - done,
                           (off_t)(spill->written + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return vonk_fail(err, VONK_IO, "cannot spill to %s: %s", spill->dir,
                             n < 0 ? strerror(errno) : "nothing was written");
        done += (size_t)n;
    }
    spill->written += size;
    spill->waiting.length = 0;
    return VONK_OK;
}

vonk_status vonk_spill_flush(vonk_spill *spill, vonk_error *err)
{
    VONK_TRY(write_waiting(spill, err));
    vonk_buffer_free(&spill->waiting);
    return VONK_OK;
}

static vonk_status add_piece(vonk_spill_run *run, vonk_spill_piece piece, vonk_error *err)
{
    if (run->n_pieces == run->capacity) {
        uint32_t capacity = run->capacity ? run->capacity * 2 : 8;
        vonk_spill_piece *pieces = realloc(run->pieces, capacity * sizeof(*pieces));
        if (!pieces)
            return vonk_fail(err, VONK_NO_MEMORY, "out of memory for %u spilled batches", capacity);
        run->pieces = pieces;
        run->capacity = capacity;
    }
    run->pieces[run->n_pieces++] = piece;
    run->n_rows += piece.n_rows;
    return VONK_OK;
}

/* Appends rows that fit into one piece. */
static vonk_status put_piece(vonk_spill *spill, vonk_spill_run *run, const vonk_batch *batch,
                             vonk_error *err)
{
    size_t before = spill->waiting.length;
    VONK_TRY(vonk_wire_put_batch(&spill->waiting, batch, VONK_WIRE_LZ4, err));
    VONK_TRY(vonk_buffer_check(&spill->waiting, err));
    vonk_spill_piece piece = {.at = spill->written + before,
                              .length = (uint32_t)(spill->waiting.length - before),
                              .n_rows = batch->n_rows};
    VONK_TRY(add_piece(run, piece, err));
    run->n_bytes += vonk_batch_bytes(batch);
    return spill->waiting.length >= WRITE_BYTES ? write_waiting(spill, err) : VONK_OK;
}

/* Rows from `start` on that go into one piece: by their texts, and of many columns by those. */
static uint32_t rows_of_piece(const vonk_spill *spill, const vonk_batch *batch, uint32_t start)
{
    size_t width = 1;
    for (uint32_t c = 0; c < batch->n_columns; c++)
        width += vonk_type_width(batch->columns[c].type);
    size_t most = width < PIECE_BYTES ? PIECE_BYTES / width : 1;
    uint32_t n = vonk_batch_rows_within(batch, start, vonk_batch_most_bytes(spill->waiting.budget));
    return n < most ? n : (uint32_t)most;
}

vonk_status vonk_spill_put(vonk_spill *spill, vonk_spill_run *run, const vonk_batch *batch,
                           vonk_error *err)
{
    uint32_t n = rows_of_piece(spill, batch, 0);
    if (n >= batch->n_rows)
        return put_piece(spill, run, batch, err);
    VONK_CLEANUP(vonk_arena_free)
    vonk_arena scratch = {.budget = spill->waiting.budget, .beyond = true};
    for (uint32_t at = 0; at < batch->n_rows; at += n) {
        vonk_batch part;
        vonk_arena_reset(&scratch);
        n = rows_of_piece(spill, batch, at);
        VONK_TRY(vonk_batch_slice(&scratch, batch, at, n, &part, err));
        VONK_TRY(put_piece(spill, run, &part, err));
    }
    return VONK_OK;
}

static vonk_status read_all(const vonk_spill *spill, uint64_t at, char *to, size_t size,
                            vonk_error *err)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = pread(spill->fd, to + done, size - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return vonk_fail(err, VONK_IO, "cannot read what was spilled to %s: %s", spill->dir,
                             n < 0 ? strerror(errno) : "the file ends too early");
        done += (size_t)n;
    }
    return VONK_OK;
}

vonk_status vonk_spill_get(vonk_spill *spill, const vonk_spill_piece *piece, vonk_arena *arena,
                           vonk_batch *ret, vonk_error *err)
{
    if (piece->at >= spill->written)
        VONK_TRY(vonk_spill_flush(spill, err));
    VONK_CLEANUP(vonk_arena_free)
    vonk_arena encoded = {.budget = arena->budget, .beyond = arena->beyond};
    char *bytes = vonk_arena_small(&encoded, piece->length, err);
    VONK_TRY_ALLOC(bytes);
    VONK_TRY(read_all(spill, piece->at, bytes, piece->length, err));
    vonk_wire_reader in = vonk_wire_reader_of((vonk_slice){bytes, piece->length}, arena, err);
    return vonk_wire_batch(&in, ret);
}

uint64_t vonk_spill_size(const vonk_spill *spill)
{
    return spill->written + spill->waiting.length;
}

void vonk_spill_run_free(vonk_spill_run *run)
{
    free(run->pieces);
    *run = (vonk_spill_run){0};
}
