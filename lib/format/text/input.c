/* input.c - fills the window from a file, through zlib if need be. */
#include "format/text/input.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#define FIRST_WINDOW ((size_t)1 << 20)
#define MAX_WINDOW   ((size_t)1 << 31) /* a record and its views stay below 2 GiB */
#define PACKED_BYTES ((size_t)256 << 10)

bool vonk_text_is_packed(const char *path)
{
    size_t n = strlen(path);
    return n > 3 && !strcasecmp(path + n - 3, ".gz");
}

static vonk_status start_unzip(vonk_text_input *in, vonk_error *err)
{
    VONK_TRY(vonk_budget_take(in->budget, PACKED_BYTES, err));
    in->packed = malloc(PACKED_BYTES);
    z_stream *z = in->packed ? calloc(1, sizeof(*z)) : NULL;
    if (z && inflateInit2(z, 15 + 32) == Z_OK) { /* + 32: gzip or zlib header */
        in->unzip = z;
        return VONK_OK;
    }
    free(z);
    free(in->packed);
    in->packed = NULL;
    vonk_budget_give(in->budget, PACKED_BYTES);
    return vonk_fail(err, VONK_NO_MEMORY, "out of memory opening %s", in->path);
}

/* Makes the window `capacity` bytes large. */
static vonk_status resize(vonk_text_input *in, size_t capacity, vonk_error *err)
{
    if (capacity > MAX_WINDOW)
        return vonk_fail(err, VONK_INVALID, "%s: a record of more than %zu bytes at byte %llu",
                         in->path, in->end - in->begin, (unsigned long long)(in->base + in->begin));
    VONK_TRY(vonk_budget_take(in->budget, capacity - in->capacity, err));
    char *data = realloc(in->data, capacity + VONK_TEXT_PADDING);
    if (!data) {
        vonk_budget_give(in->budget, capacity - in->capacity);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory reading %s: %zu bytes wanted",
                         in->path, capacity);
    }
    in->data = data;
    in->capacity = capacity;
    return VONK_OK;
}

vonk_status vonk_text_open(const char *path, uint64_t start, vonk_budget *budget,
                           vonk_text_input *ret, vonk_error *err)
{
    vonk_text_input in = {.path = path, .budget = budget, .next = start, .base = start};
    VONK_TRY(vonk_fs_open(path, &in.file, err));
    uint64_t size = vonk_fs_size(in.file), rest = size > start ? size - start : 0;
    bool packed = vonk_text_is_packed(path);
    size_t window = !packed && rest < FIRST_WINDOW ? (size_t)rest + 1 : FIRST_WINDOW;
    vonk_status status = packed ? start_unzip(&in, err) : VONK_OK;
    if (status == VONK_OK)
        status = resize(&in, window, err);
    if (status != VONK_OK) {
        vonk_text_close(&in);
        return status;
    }
    in.data[0] = '\n';
    *ret = in;
    return VONK_OK;
}

static vonk_status read_plain(vonk_text_input *in, vonk_error *err)
{
    uint64_t size = vonk_fs_size(in->file);
    uint64_t left = size > in->next ? size - in->next : 0;
    size_t room = in->capacity - in->end;
    size_t n = left < room ? (size_t)left : room;
    if (n)
        VONK_TRY(vonk_fs_read(in->file, in->next, n, in->data + in->end, err));
    in->next += n;
    in->end += n;
    in->at_end = n == left;
    return VONK_OK;
}

/* Gives `unzip` more bytes of the file if it has none; false at the end of the file. */
static vonk_status feed(vonk_text_input *in, bool *ret_more, vonk_error *err)
{
    z_stream *z = in->unzip;
    uint64_t left = vonk_fs_size(in->file) - in->next;
    size_t n = left < PACKED_BYTES ? (size_t)left : PACKED_BYTES;
    *ret_more = z->avail_in || n;
    if (z->avail_in || !n)
        return VONK_OK;
    VONK_TRY(vonk_fs_read(in->file, in->next, n, in->packed, err));
    in->next += n;
    z->next_in = in->packed;
    z->avail_in = (uInt)n;
    return VONK_OK;
}

static vonk_status read_packed(vonk_text_input *in, vonk_error *err)
{
    z_stream *z = in->unzip;
    while (in->end < in->capacity) {
        bool more;
        VONK_TRY(feed(in, &more, err));
        if (!more && !in->member_ended && in->next)
            return vonk_fail(err, VONK_CORRUPT, "%s: the compressed data is cut off", in->path);
        if (!more) {
            in->at_end = true;
            return VONK_OK;
        }
        if (in->member_ended && inflateReset(z) != Z_OK) /* files may be several members */
            return vonk_fail(err, VONK_CORRUPT, "%s: cannot uncompress", in->path);
        size_t room = in->capacity - in->end;
        z->next_out = (Bytef *)in->data + in->end;
        z->avail_out = (uInt)room;
        int code = inflate(z, Z_NO_FLUSH);
        in->end += room - z->avail_out;
        in->member_ended = code == Z_STREAM_END;
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return vonk_fail(err, VONK_CORRUPT, "%s: cannot uncompress: %s", in->path,
                             z->msg ? z->msg : "wrong data");
    }
    return VONK_OK;
}

vonk_status vonk_text_fill(vonk_text_input *in, vonk_error *err)
{
    if (in->at_end)
        return VONK_OK;
    size_t left = in->end - in->begin;
    if (left && in->begin)
        memmove(in->data, in->data + in->begin, left);
    in->base += in->begin;
    in->begin = 0;
    in->end = left;
    if (left > in->capacity / 2)
        VONK_TRY(resize(in, in->capacity * 2, err));
    vonk_status status = in->unzip ? read_packed(in, err) : read_plain(in, err);
    memset(in->data + in->end, '\n', VONK_TEXT_PADDING);
    return status;
}

void vonk_text_close(vonk_text_input *in)
{
    vonk_fs_close(in->file);
    if (in->unzip) {
        (void)inflateEnd(in->unzip);
        free(in->unzip);
    }
    if (in->packed) {
        vonk_budget_give(in->budget, PACKED_BYTES);
        free(in->packed);
    }
    vonk_budget_give(in->budget, in->capacity);
    free(in->data);
    *in = (vonk_text_input){0};
}

/* The first line end at or after `p`; there is one at `end`. */
static char *find_line_end(char *p, const char *end)
{
    char *lf = memchr(p, '\n', (size_t)(end - p) + 1);
    char *cr = memchr(p, '\r', (size_t)(lf - p));
    return cr ? cr : lf;
}

vonk_status vonk_text_to_first_line(vonk_text_input *in, uint64_t start, vonk_error *err)
{
    VONK_TRY(vonk_text_fill(in, err));
    if (!start) {
        if (in->end >= 3 && !memcmp(in->data, "\xef\xbb\xbf", 3))
            in->begin = 3;
        return VONK_OK;
    }
    char line_end = '\0';
    while (!line_end) {
        in->begin = (size_t)(find_line_end(in->data + in->begin, in->data + in->end) - in->data);
        if (in->begin < in->end)
            line_end = in->data[in->begin++];
        if (in->begin == in->end && in->at_end)
            return VONK_OK;
        if (in->begin == in->end)
            VONK_TRY(vonk_text_fill(in, err));
    }
    if (line_end == '\r' && in->begin < in->end && in->data[in->begin] == '\n')
        in->begin++;
    return VONK_OK;
}

/* Behind the last line end of begin .. end, NULL if there is none. */
static const char *last_line_end(const vonk_text_input *in, size_t searched)
{
    const char *from = in->data + in->begin + searched;
    size_t n = in->end - in->begin - searched;
    const char *at = memrchr(from, '\n', n);
    if (!at && n)
        at = memrchr(from, '\r', n - 1); /* the last '\r' may be half of a "\r\n" */
    return at ? at + 1 : NULL;
}

vonk_status vonk_text_lines(vonk_text_input *in, const char **ret_limit, vonk_error *err)
{
    size_t searched = 0;
    for (;;) {
        if (in->begin < in->end) {
            const char *limit = last_line_end(in, searched);
            if (limit) {
                *ret_limit = limit;
                return VONK_OK;
            }
            searched = in->end - in->begin - 1;
        }
        if (in->at_end)
            break;
        VONK_TRY(vonk_text_fill(in, err));
    }
    *ret_limit = in->data + in->end + (in->begin < in->end);
    return VONK_OK;
}
