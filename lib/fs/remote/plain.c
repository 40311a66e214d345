/* plain.c - tries of a request that are all the same, but for their range. */
#include "fs/remote/plain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static vonk_status prepare(vonk_remote_request *r, vonk_error *err)
{
    const vonk_remote_plain *p = r->target;
    r->call.url = p->url;
    r->call.body = p->body;
    for (uint32_t i = 0; i < p->n_headers; i++)
        r->call.headers[r->call.n_headers++] = p->headers[i];
    if (r->to) {
        const char *range = vonk_arena_printf(&r->scratch, err, "Range: bytes=%" PRIu64 "-%" PRIu64,
                                              r->offset + r->n_got, r->offset + r->length - 1);
        VONK_TRY_ALLOC(range);
        r->call.headers[r->call.n_headers++] = range;
    }
    return VONK_OK;
}

static vonk_remote_verdict judge(vonk_remote_request *r)
{
    return vonk_remote_is_temporary(r->call.status) ? VONK_REMOTE_RETRY : VONK_REMOTE_DONE;
}

static const vonk_remote_ops ops = {prepare, judge};

void vonk_remote_plain_init(vonk_remote_plain *plain, const char *method, const char *url)
{
    *plain = (vonk_remote_plain){.url = url};
    plain->remote.ops = &ops;
    plain->remote.target = plain;
    plain->remote.method = method;
}

vonk_slice vonk_remote_origin(const char *url)
{
    const char *host = strstr(url, "://");
    const char *start = host ? host + 3 : url;
    size_t n = strcspn(start, "/?#");
    const char *at = memrchr(start, '@', n); /* never say user:password@ */
    if (at) {
        n -= (size_t)(at + 1 - start);
        start = at + 1;
        return (vonk_slice){start, n};
    }
    return (vonk_slice){url, (size_t)(start - url) + n};
}

bool vonk_content_range(const char *text, uint64_t *ret_start, uint64_t *ret_size)
{
    char *end = NULL;
    if (!text || strncmp(text, "bytes ", 6) != 0 || text[6] < '0' || text[6] > '9')
        return false;
    errno = 0;
    *ret_start = strtoull(text + 6, &end, 10);
    const char *slash = strchr(end, '/');
    if (*end != '-' || !slash || slash[1] < '0' || slash[1] > '9')
        return false;
    *ret_size = strtoull(slash + 1, &end, 10);
    return !errno && !*end && *ret_size <= INT64_MAX && *ret_start <= *ret_size;
}
