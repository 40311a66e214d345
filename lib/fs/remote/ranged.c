/* ranged.c - parts of large reads, and pieces ahead of small ones. */
#include "fs/remote/ranged.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PIECES  64
#define SMALL_PIECE ((size_t)1 << 20)
#define KEPT_READS  64  /* reads and hints that a piece outlives */
#define MAX_JOIN    256 /* ranges that one hint may have; more are ignored */

/* Bytes that are here or on their way. */
typedef struct piece {
    uint64_t start;
    size_t length;
    char *data;
    bool ready;                   /* the request is over and was good */
    uint64_t used;                /* when it was read last */
    vonk_remote_request *request; /* NULL: it is over */
} piece;

struct vonk_ranged {
    const vonk_ranged_ops *ops;
    void *file;
    uint64_t size;
    pthread_mutex_t lock;
    piece *pieces[MAX_PIECES]; /* all below: guarded by lock */
    uint32_t n_pieces;
    size_t held;    /* bytes of the pieces */
    uint64_t clock; /* counts reads */
    uint64_t next;  /* where a sequential reader would read next */
    size_t run;     /* size of the next piece ahead; 0: the reader is not sequential */
    bool hinted;    /* the reader says itself what it will read */
};

static void free_piece(vonk_ranged *f, uint32_t at)
{
    piece *p = f->pieces[at];
    if (p->request)
        f->ops->end(f->file, p->request);
    f->held -= p->length;
    free(p->data);
    free(p);
    f->pieces[at] = f->pieces[--f->n_pieces];
}

/* Makes room for `length` bytes by giving up the pieces that were used the longest time ago. */
static bool make_room(vonk_ranged *f, size_t length)
{
    while (f->n_pieces == MAX_PIECES || f->held + length > VONK_RANGED_AHEAD + VONK_RANGED_FIRST) {
        uint32_t oldest = 0;
        for (uint32_t i = 1; i < f->n_pieces; i++) {
            if (f->pieces[i]->used < f->pieces[oldest]->used)
                oldest = i;
        }
        uint64_t kept = f->hinted ? KEPT_READS : 0; /* what was asked for is about to be read */
        if (!f->n_pieces || f->pieces[oldest]->used + kept >= f->clock)
            return false;
        free_piece(f, oldest);
    }
    return true;
}

/* Starts fetching a piece; nothing happens if that cannot be: it is only a hint. */
static piece *start_piece(vonk_ranged *f, uint64_t start, size_t length)
{
    if (!length || !make_room(f, length))
        return NULL;
    piece *p = calloc(1, sizeof(*p));
    char *data = p ? malloc(length) : NULL;
    vonk_remote_request *r = data ? f->ops->make(f->file, start, length, data) : NULL;
    if (!r || vonk_remote_start(r, NULL) != VONK_OK) {
        if (r)
            f->ops->end(f->file, r);
        free(data);
        free(p);
        return NULL;
    }
    *p = (piece){.start = start, .length = length, .data = data, .used = f->clock, .request = r};
    f->pieces[f->n_pieces++] = p;
    f->held += length;
    return p;
}

vonk_status vonk_ranged_new(const vonk_ranged_ops *ops, void *file, uint64_t size, char *known,
                            uint64_t known_at, size_t n_known, vonk_ranged **ret, vonk_error *err)
{
    vonk_ranged *f = calloc(1, sizeof(*f));
    piece *p = f && known ? calloc(1, sizeof(*p)) : NULL;
    if (!f || (known && !p)) {
        free(f);
        free(known);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory opening a file");
    }
    f->ops = ops;
    f->file = file;
    f->size = size;
    f->next = UINT64_MAX;
    pthread_mutex_init(&f->lock, NULL);
    if (p) {
        *p = (piece){.start = known_at, .length = n_known, .data = known, .ready = true};
        f->pieces[f->n_pieces++] = p;
        f->held += n_known;
    }
    *ret = f;
    return VONK_OK;
}

void vonk_ranged_free(vonk_ranged *f)
{
    if (!f)
        return;
    while (f->n_pieces)
        free_piece(f, f->n_pieces - 1);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

static piece *find_piece(vonk_ranged *f, uint64_t offset, uint32_t *ret_at)
{
    for (uint32_t i = 0; i < f->n_pieces; i++) {
        piece *p = f->pieces[i];
        if (offset >= p->start && offset - p->start < p->length) {
            *ret_at = i;
            return p;
        }
    }
    return NULL;
}

/* Waits for a piece. After a failure it is gone. */
static vonk_status finish_piece(vonk_ranged *f, uint32_t at, vonk_error *err)
{
    piece *p = f->pieces[at];
    if (p->ready)
        return VONK_OK;
    vonk_status status = f->ops->wait(f->file, p->request, err);
    if (status == VONK_OK) {
        p->ready = true;
        f->ops->end(f->file, p->request);
        p->request = NULL;
        return VONK_OK;
    }
    free_piece(f, at);
    return status;
}

/* Keeps pieces under way ahead of a sequential reader who is at `offset`. */
static void read_ahead(vonk_ranged *f, uint64_t offset)
{
    uint64_t at = offset;
    uint32_t index;
    for (piece *p = find_piece(f, at, &index); p; p = find_piece(f, at, &index)) {
        p->used = f->clock;
        at = p->start + p->length;
    }
    while (at < f->size && at - offset < VONK_RANGED_AHEAD / 2) {
        uint64_t left = f->size - at;
        size_t length = left < f->run ? (size_t)left : f->run;
        /* It must not push out what lies ahead already. */
        if (!start_piece(f, at, length))
            return;
        at += length;
        if (f->run < VONK_RANGED_PIECE)
            f->run *= 2;
    }
}

/* --- large reads --- */

static vonk_status start_part(vonk_ranged *f, vonk_remote_request **r, uint64_t offset,
                              size_t length, char *to, vonk_error *err)
{
    if (*r)
        f->ops->end(f->file, *r);
    *r = f->ops->make(f->file, offset, length, to);
    if (!*r)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory reading a file");
    return vonk_remote_start(*r, err);
}

/* Parts in order, VONK_RANGED_PARTS of them under way. */
static vonk_status read_parts(vonk_ranged *f, uint64_t offset, size_t length, char *to,
                              vonk_error *err)
{
    size_t part = VONK_RANGED_PART, n = (length + part - 1) / part, started = 0, ended = 0;
    vonk_remote_request *parts[VONK_RANGED_PARTS] = {0};
    vonk_status status = VONK_OK;
    while (status == VONK_OK && ended < n) {
        if (started < n && started - ended < VONK_RANGED_PARTS) {
            size_t from = started * part, size = length - from < part ? length - from : part;
            status = start_part(f, &parts[started++ % VONK_RANGED_PARTS], offset + from, size,
                                to + from, err);
        } else {
            status = f->ops->wait(f->file, parts[ended++ % VONK_RANGED_PARTS], err);
        }
    }
    for (size_t i = 0; i < VONK_RANGED_PARTS; i++) {
        if (parts[i])
            f->ops->end(f->file, parts[i]);
    }
    return status;
}

/* --- reading --- */

/* Bytes at *offset from pieces, as far as they go. */
static vonk_status read_pieces(vonk_ranged *f, uint64_t *offset, size_t *length, char **to,
                               vonk_error *err)
{
    uint32_t at = 0;
    for (piece *p; *length && (p = find_piece(f, *offset, &at));) {
        p->used = f->clock;
        VONK_TRY(finish_piece(f, at, err));
        size_t from = (size_t)(*offset - p->start), n = p->length - from;
        if (n > *length)
            n = *length;
        memcpy(*to, p->data + from, n);
        *to += n;
        *offset += n;
        *length -= n;
        if (f->hinted && from + n == p->length && p->length > SMALL_PIECE)
            free_piece(f, at); /* such readers do not come back */
    }
    return VONK_OK;
}

static vonk_status read_locked(vonk_ranged *f, uint64_t offset, size_t length, char *to,
                               vonk_error *err)
{
    bool sequential = (offset == f->next || f->next == UINT64_MAX) && !f->hinted;
    f->clock++;
    f->next = offset + length;
    if (!sequential)
        f->run = 0;
    else if (!f->run)
        f->run = VONK_RANGED_FIRST;
    VONK_TRY(read_pieces(f, &offset, &length, &to, err));
    if (length >= VONK_RANGED_PIECE)
        return read_parts(f, offset, length, to, err);
    if (length && sequential) {
        if (f->run < length)
            f->run = length;
        read_ahead(f, offset);
        VONK_TRY(read_pieces(f, &offset, &length, &to, err));
    } else if (sequential) {
        read_ahead(f, offset);
    }
    return length ? read_parts(f, offset, length, to, err) : VONK_OK;
}

vonk_status vonk_ranged_read(vonk_ranged *f, uint64_t offset, size_t length, void *ret,
                             vonk_error *err)
{
    if (offset > f->size || length > f->size - offset)
        return vonk_fail(err, VONK_CORRUPT, "ends at byte %llu, %zu at %llu wanted",
                         (unsigned long long)f->size, length, (unsigned long long)offset);
    if (!length)
        return VONK_OK;
    pthread_mutex_lock(&f->lock);
    vonk_status status = read_locked(f, offset, length, ret, err);
    pthread_mutex_unlock(&f->lock);
    return status;
}

/* --- hints --- */

static int by_start(const void *a, const void *b)
{
    const vonk_fs_range *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

/* Appends `r` to ret, joined with the last one if that is near. */
static uint32_t add_range(vonk_fs_range r, vonk_fs_range *ret, uint32_t n)
{
    vonk_fs_range *last = n ? &ret[n - 1] : NULL;
    uint64_t end = last ? last->start + last->length : 0;
    if (last && r.start <= end + VONK_RANGED_GAP &&
        r.start + r.length - last->start <= VONK_RANGED_PIECE) {
        if (r.start + r.length > end)
            last->length = r.start + r.length - last->start;
        return n;
    }
    if (last && r.start < end) { /* what overlaps comes with the last one */
        uint64_t over = end - r.start < r.length ? end - r.start : r.length;
        r = (vonk_fs_range){r.start + over, r.length - over};
    }
    if (r.length)
        ret[n++] = r;
    return n;
}

uint32_t vonk_ranged_join(vonk_fs_range *ranges, uint32_t n, vonk_fs_range *ret, uint32_t max)
{
    uint32_t kept = 0;
    uint64_t total = 0;
    if (n)
        qsort(ranges, n, sizeof(*ranges), by_start);
    for (uint32_t i = 0; i < n; i++) {
        for (uint64_t at = 0; at < ranges[i].length && kept < max; at += VONK_RANGED_PIECE) {
            uint64_t left = ranges[i].length - at;
            vonk_fs_range cut = {ranges[i].start + at,
                                 left < VONK_RANGED_PIECE ? left : VONK_RANGED_PIECE};
            total += cut.length;
            if (total > VONK_RANGED_AHEAD)
                return kept;
            kept = add_range(cut, ret, kept);
        }
    }
    return kept;
}

void vonk_ranged_will_read(vonk_ranged *f, const vonk_fs_range *ranges, uint32_t n)
{
    vonk_fs_range list[MAX_JOIN], pieces[MAX_PIECES];
    uint32_t n_list = 0, at = 0;
    if (n > MAX_JOIN)
        n = MAX_JOIN;
    pthread_mutex_lock(&f->lock);
    f->hinted = true;
    for (uint32_t i = 0; i < n; i++) {
        if (ranges[i].start < f->size && ranges[i].length <= f->size - ranges[i].start)
            list[n_list++] = ranges[i];
    }
    uint32_t n_pieces = vonk_ranged_join(list, n_list, pieces, MAX_PIECES);
    f->clock++;
    for (uint32_t i = 0; i < n_pieces; i++) {
        if (find_piece(f, pieces[i].start, &at))
            continue;
        if (!start_piece(f, pieces[i].start, (size_t)pieces[i].length))
            break;
    }
    pthread_mutex_unlock(&f->lock);
}
