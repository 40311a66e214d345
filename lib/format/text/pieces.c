/* pieces.c - where files are cut, and the threads that take the pieces. */
#include "format/text/pieces.h"

#include <pthread.h>

#include "format/text/input.h"

#define PIECES_PER_THREAD 16                  /* so that all end at nearly the same time */
#define MIN_PIECE_BYTES   ((uint64_t)1 << 20) /* unless the request wants less */
#define MOST_PIECES       4096                /* and one more a file */
#define MOST_THREADS      256

/* ---- cutting ---- */

static uint64_t piece_bytes(const vonk_infer_request *q)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < q->n_paths; i++)
        total += q->sizes[i];
    uint64_t bytes = total / ((uint64_t)q->n_threads * PIECES_PER_THREAD) + 1;
    bytes = bytes < MIN_PIECE_BYTES ? MIN_PIECE_BYTES : bytes;
    if (q->piece_bytes && bytes > q->piece_bytes)
        bytes = q->piece_bytes;
    return bytes < total / MOST_PIECES + 1 ? total / MOST_PIECES + 1 : bytes;
}

/* Appends the pieces of a file to items 0 .. n - 1, or counts them if there are none. */
static uint32_t cut_file(vonk_text_piece *items, uint32_t n, vonk_text_piece file, uint64_t size,
                         uint64_t first, uint64_t bytes)
{
    while (file.start + first < size) {
        file.length = first;
        if (items)
            items[n] = file;
        n++;
        file.start += first;
        first = bytes;
    }
    file.length = UINT64_MAX; /* also of what was added to the file since */
    if (items)
        items[n] = file;
    return n + 1;
}

static uint32_t cut(const vonk_infer_request *q, bool whole, uint64_t first, vonk_text_piece *items)
{
    bool cuts = q->n_threads > 1 && q->sizes && !whole;
    uint64_t bytes = cuts ? piece_bytes(q) : 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < q->n_paths; i++) {
        uint64_t size = cuts && !vonk_text_is_packed(q->paths[i]) ? q->sizes[i] : 0;
        vonk_text_piece file = {.path = q->paths[i]};
        n = cut_file(items, n, file, size, i == 0 && first ? first : bytes, bytes);
    }
    return n;
}

vonk_status vonk_text_cut(const vonk_infer_request *request, bool whole, uint64_t first,
                          vonk_arena *arena, vonk_text_pieces *ret, vonk_error *err)
{
    uint32_t n = cut(request, whole, first, NULL);
    vonk_text_piece *items = VONK_NEW_ARRAY(arena, vonk_text_piece, n, err);
    VONK_TRY_ALLOC(items);
    (void)cut(request, whole, first, items);
    *ret = (vonk_text_pieces){n, items};
    return VONK_OK;
}

/* ---- threads ---- */

typedef struct crew {
    vonk_text_piece_fn *run;
    void *context;
    uint32_t to;
    pthread_mutex_t lock;
    uint32_t next; /* guarded by lock, as the rest */
    uint32_t failed;
    vonk_status status; /* of piece `failed` */
    vonk_error error;
} crew;

static bool take_piece(crew *c, uint32_t *ret)
{
    pthread_mutex_lock(&c->lock);
    bool more = c->status == VONK_OK && c->next < c->to;
    if (more)
        *ret = c->next++;
    pthread_mutex_unlock(&c->lock);
    return more;
}

static void note_failure(crew *c, uint32_t piece, vonk_status status, const vonk_error *error)
{
    pthread_mutex_lock(&c->lock);
    if (c->status == VONK_OK || piece < c->failed) {
        c->status = status;
        c->failed = piece;
        c->error = *error;
    }
    pthread_mutex_unlock(&c->lock);
}

static void *take_pieces(void *context)
{
    crew *c = context;
    uint32_t piece;
    while (take_piece(c, &piece)) {
        vonk_error error = {0};
        vonk_status status = c->run(c->context, piece, &error);
        if (status != VONK_OK)
            note_failure(c, piece, status, &error);
    }
    return NULL;
}

vonk_status vonk_text_each_piece(uint32_t from, uint32_t to, uint32_t n_threads,
                                 vonk_text_piece_fn *run, void *context, vonk_error *err)
{
    pthread_t threads[MOST_THREADS];
    uint32_t n_pieces = to > from ? to - from : 0, n = 0;
    uint32_t most = n_threads < n_pieces ? n_threads : n_pieces;
    crew c = {.run = run, .context = context, .to = to, .next = from};
    pthread_mutex_init(&c.lock, NULL);
    /* With fewer threads than wanted, also with none but this one, all gets done. */
    while (n + 1 < most && n < MOST_THREADS && !pthread_create(&threads[n], NULL, take_pieces, &c))
        n++;
    (void)take_pieces(&c);
    for (uint32_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&c.lock);
    if (c.status != VONK_OK && err)
        *err = c.error;
    return c.status;
}
