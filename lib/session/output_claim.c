/* output_claim.c - small marker files. */
#include "session/output_claim.h"

#include <string.h>

#include "fs/fs.h"

#define CLAIM     "_vonk_owner"
#define SUCCESS   "_SUCCESS"
#define MAX_CLAIM 512

static char *marker_path(vonk_query *q, const char *path, const char *name, vonk_error *err)
{
    size_t n = strlen(path);
    const char *slash = n && path[n - 1] == '/' ? "" : "/";
    return vonk_arena_printf(&q->arena, err, "%s%s%s", path, slash, name);
}

static vonk_status write_marker(vonk_query *q, const char *path, const char *name, const char *text,
                                vonk_error *err)
{
    const char *marker = marker_path(q, path, name, err);
    VONK_TRY_ALLOC(marker);
    VONK_TRY(vonk_fs_remove(marker, err));
    vonk_fs_sink *sink = NULL;
    VONK_TRY(vonk_fs_create(marker, &sink, err));
    vonk_status status = *text ? vonk_fs_write(sink, text, strlen(text), err) : VONK_OK;
    if (status != VONK_OK) {
        vonk_fs_abort(sink);
        return status;
    }
    return vonk_fs_finish(sink, err);
}

/* What the marker says; "" if it cannot be read. */
static void read_marker(vonk_query *q, const char *path, const char *name, char ret[MAX_CLAIM])
{
    vonk_error ignored;
    vonk_fs_file *file = NULL;
    const char *marker = marker_path(q, path, name, &ignored);
    *ret = 0;
    if (!marker || vonk_fs_open(marker, &file, &ignored) != VONK_OK)
        return;
    uint64_t size = vonk_fs_size(file);
    if (size < MAX_CLAIM && vonk_fs_read(file, 0, size, ret, &ignored) == VONK_OK)
        ret[size] = 0;
    else
        *ret = 0;
    vonk_fs_close(file);
}

/* Same owner, any attempt. */
static bool is_owner(const char *a, const char *b)
{
    size_t n = strcspn(a, " ");
    return n && n == strcspn(b, " ") && !strncmp(a, b, n);
}

static const char *name_of(const char *path)
{
    size_t n = strlen(path);
    while (n && path[n - 1] != '/')
        n--;
    return path + n;
}

/* There is a claim, and besides it no more than staged files. */
static bool is_claim_alone(vonk_query *q, const char *path)
{
    vonk_error ignored;
    vonk_fs_entry *entries = NULL;
    uint32_t n = 0;
    bool claim = false;
    if (vonk_fs_list(path, &q->arena, &entries, &n, &ignored) != VONK_OK)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        bool is_claim = !strcmp(name_of(entries[i].path), CLAIM);
        if (!is_claim && strncmp(name_of(entries[i].path), "_temporary", 10) != 0)
            return false;
        claim |= is_claim;
    }
    return claim;
}

bool vonk_output_is_ours(vonk_query *q, const char *path)
{
    char text[MAX_CLAIM];
    const char *owner = q->session->owner;
    if (owner) {
        read_marker(q, path, CLAIM, text);
        if (is_owner(text, owner))
            return true;
        read_marker(q, path, SUCCESS, text);
        if (is_owner(text, owner))
            return true;
    }
    return is_claim_alone(q, path);
}

vonk_status vonk_output_claim(vonk_query *q, const char *path, vonk_error *err)
{
    return write_marker(q, path, CLAIM, q->session->owner, err);
}

void vonk_output_disclaim(vonk_query *q, const char *path)
{
    char text[MAX_CLAIM];
    vonk_error ignored;
    read_marker(q, path, CLAIM, text);
    const char *marker = marker_path(q, path, CLAIM, &ignored);
    if (!marker || strcmp(text, q->session->owner) != 0)
        return;
    vonk_status removed = vonk_fs_remove(marker, &ignored);
    (void)removed; /* an old claim alone keeps nobody out */
}

vonk_status vonk_output_mark_success(vonk_query *q, const char *path, bool claimed, vonk_error *err)
{
    VONK_TRY(write_marker(q, path, SUCCESS, claimed ? q->session->owner : "", err));
    if (claimed)
        vonk_output_disclaim(q, path);
    return VONK_OK;
}
