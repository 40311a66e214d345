/*
 * data_files.c - which files a user means by a path: a file, a directory's files, a glob's matches.
 *
 * Globs are Hadoop's: * ? [abc] [a-z] [^a] {a,b} and \ before a character that means itself. Braces
 * are expanded first, so that they may hold slashes; then each part of the path between slashes is
 * matched against the names of its directory.
 */
#include <stdlib.h>
#include <string.h>

#include "fs/store.h"

#define MAX_DEPTH    64   /* directories below the one named; also ends loops of links */
#define MAX_PATTERNS 1024 /* that braces may expand to */

typedef struct walk {
    const vonk_fs_store *store;
    vonk_arena *arena;
    vonk_fs_entries found;
    vonk_error *err;
} walk;

/* Spark leaves these out: "_SUCCESS", ".crc" files, but not partitions like "_a=1". */
static bool is_hidden(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    return name[0] == '.' || (name[0] == '_' && !strchr(name, '='));
}

/* Whether a part of `path` behind its first `from` bytes is hidden. */
static bool has_hidden_part(const char *path, size_t from)
{
    for (const char *p = path + from; *p; p += strcspn(p, "/")) {
        p += strspn(p, "/");
        size_t n = strcspn(p, "/");
        if (p[0] == '.' || (p[0] == '_' && !memchr(p, '=', n)))
            return true;
    }
    return false;
}

/* One listing for the whole tree. */
static vonk_status add_whole_tree(walk *w, const vonk_fs_entry *root)
{
    vonk_fs_entry *entries;
    uint32_t n;
    size_t length = strlen(root->path);
    VONK_TRY(w->store->list_tree(root->path, w->arena, &entries, &n, w->err));
    for (uint32_t i = 0; i < n; i++) {
        if (!has_hidden_part(entries[i].path, length))
            VONK_TRY(vonk_fs_entries_add(w->arena, &w->found, &entries[i], w->err));
    }
    return VONK_OK;
}

static vonk_status add_tree(walk *w, const vonk_fs_entry *root, unsigned depth)
{
    if (!root->is_directory)
        return vonk_fs_entries_add(w->arena, &w->found, root, w->err);
    if (w->store->list_tree)
        return add_whole_tree(w, root);
    if (depth > MAX_DEPTH)
        return vonk_fail(w->err, VONK_INVALID, "%s: more than %d directories deep", root->path,
                         MAX_DEPTH);
    vonk_fs_entry *entries;
    uint32_t n;
    VONK_TRY(w->store->list(root->path, w->arena, &entries, &n, w->err));
    for (uint32_t i = 0; i < n; i++) {
        if (!is_hidden(entries[i].path))
            VONK_TRY(add_tree(w, &entries[i], depth + 1));
    }
    return VONK_OK;
}

/* Matches one [...]; *pattern is after '[' and ends after ']'. A '[' that never closes is none. */
static bool match_set(const char **pattern, const char *end, unsigned char c, bool *ret_closed)
{
    const char *p = *pattern;
    bool negated = p < end && (*p == '^' || *p == '!'), hit = false;
    if (negated)
        p++;
    for (bool first = true; p < end && (*p != ']' || first); first = false) {
        if (*p == '\\' && p + 1 < end)
            p++;
        unsigned char low = (unsigned char)*p++, high = low;
        if (p + 1 < end && *p == '-' && p[1] != ']') {
            high = (unsigned char)p[1];
            p += 2;
        }
        hit = hit || (low <= c && c <= high);
    }
    *ret_closed = p < end;
    *pattern = p < end ? p + 1 : end;
    return hit != negated;
}

/* Matches `name` with a pattern without braces or slashes, in time |pattern| * |name|. */
static bool match(const char *p, const char *p_end, const char *name)
{
    const char *star = NULL, *resume = NULL;
    while (*name || p < p_end) {
        if (p < p_end && *p == '*') {
            star = ++p;
            resume = name;
            continue;
        }
        const char *next = p;
        bool ok = false;
        if (p < p_end && *name) {
            bool closed = true;
            unsigned char c = (unsigned char)*name;
            next = p + 1;
            if (*p == '[')
                ok = match_set(&next, p_end, c, &closed);
            else if (*p == '\\' && next < p_end)
                ok = *next++ == *name;
            else
                ok = *p == '?' || *p == *name;
            if (!closed) {
                next = p + 1;
                ok = *name == '[';
            }
        }
        if (ok) {
            p = next;
            name++;
        } else if (star && *resume) {
            p = star;
            name = ++resume;
        } else {
            return false;
        }
    }
    return true;
}

static bool has_glob(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (strchr("*?[{\\", text[i]))
            return true;
    }
    return false;
}

static vonk_status match_below(walk *w, const char *base, const vonk_fs_entry *known,
                               const char *rest, unsigned depth);

/* The entries of `directory` whose names match the pattern's part of `length` bytes. */
static vonk_status match_names(walk *w, const char *base, const char *directory, const char *slash,
                               vonk_slice part, unsigned depth)
{
    vonk_fs_entry *entries;
    uint32_t n;
    vonk_status status = w->store->list(directory, w->arena, &entries, &n, w->err);
    if (status == VONK_NOT_FOUND)
        return VONK_OK;
    VONK_TRY(status);
    for (uint32_t i = 0; i < n; i++) {
        const char *name = strrchr(entries[i].path, '/') + 1;
        if (is_hidden(name) || !match(part.data, part.data + part.length, name))
            continue;
        char *path = vonk_arena_printf(w->arena, w->err, "%s%s%s", base, slash, name);
        VONK_TRY_ALLOC(path);
        vonk_fs_entry entry = entries[i];
        entry.path = path;
        VONK_TRY(match_below(w, path, &entry, part.data + part.length, depth + 1));
    }
    return VONK_OK;
}

/*
 * Files that match `rest` of a pattern below `base` ("" = the working directory). `known`: the
 * entry of `base` if a listing has shown it.
 */
static vonk_status match_below(walk *w, const char *base, const vonk_fs_entry *known,
                               const char *rest, unsigned depth)
{
    size_t n_slashes = strspn(rest, "/");
    const char *part = rest + n_slashes;
    size_t length = strcspn(part, "/");
    if (depth > MAX_DEPTH)
        return vonk_fail(w->err, VONK_INVALID, "%s: more than %d directories deep", base,
                         MAX_DEPTH);
    if (!length) {
        vonk_fs_entry root;
        vonk_status status =
            known ? (root = *known, VONK_OK) : w->store->stat(base, &root, w->arena, w->err);
        if (status == VONK_NOT_FOUND)
            return VONK_OK;
        VONK_TRY(status);
        return add_tree(w, &root, depth);
    }
    if (known && !known->is_directory)
        return VONK_OK;
    const char *slash = n_slashes ? "/" : "";
    if (!has_glob(part, length)) {
        char *path =
            vonk_arena_printf(w->arena, w->err, "%s%s%.*s", base, slash, (int)length, part);
        VONK_TRY_ALLOC(path);
        return match_below(w, path, NULL, part + length, depth + 1);
    }
    const char *directory = *base ? base : *slash ? "/" : ".";
    return match_names(w, base, directory, slash, (vonk_slice){part, length}, depth);
}

/* A pattern without braces. Of a remote one, "scheme://host" is no part of it. */
static vonk_status match_pattern(walk *w, const char *pattern)
{
    const char *host = w->store->remote ? strstr(pattern, "://") : NULL;
    if (!host)
        return match_below(w, "", NULL, pattern, 0);
    size_t length = (size_t)(host - pattern) + 3;
    length += strcspn(host + 3, "/");
    char *base = vonk_arena_strndup(w->arena, pattern, length, w->err);
    VONK_TRY_ALLOC(base);
    return match_below(w, base, NULL, pattern + length, 0);
}

/* The '}' that closes the '{' at `open`, NULL if none. */
static const char *closing_brace(const char *open)
{
    unsigned depth = 0;
    for (const char *p = open; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (*p == '{')
            depth++;
        else if (*p == '}' && --depth == 0)
            return p;
    }
    return NULL;
}

/* End of the alternative that starts at `p`: its comma, or `close`. */
static const char *end_of_alternative(const char *p, const char *close)
{
    for (unsigned depth = 0; p < close; p++) {
        if (*p == '\\')
            p++;
        else if (*p == '{')
            depth++;
        else if (*p == '}')
            depth--;
        else if (*p == ',' && !depth)
            return p;
    }
    return close;
}

static vonk_status match_braces(walk *w, const char *pattern, unsigned *n_patterns, unsigned depth)
{
    const char *open = pattern;
    while (*open && *open != '{')
        open += *open == '\\' && open[1] ? 2 : 1;
    const char *close = *open ? closing_brace(open) : NULL;
    if (!close) {
        if (++*n_patterns > MAX_PATTERNS)
            return vonk_fail(w->err, VONK_INVALID, "more than %d alternatives in one path",
                             MAX_PATTERNS);
        return match_pattern(w, pattern);
    }
    if (depth > MAX_DEPTH)
        return vonk_fail(w->err, VONK_INVALID, "more than %d braces in one path", MAX_DEPTH);
    for (const char *p = open + 1, *end; p <= close; p = end + 1) {
        end = end_of_alternative(p, close);
        char *one = vonk_arena_printf(w->arena, w->err, "%.*s%.*s%s", (int)(open - pattern),
                                      pattern, (int)(end - p), p, close + 1);
        VONK_TRY_ALLOC(one);
        VONK_TRY(match_braces(w, one, n_patterns, depth + 1));
    }
    return VONK_OK;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const vonk_fs_entry *)a)->path, ((const vonk_fs_entry *)b)->path);
}

static void sort_unique(vonk_fs_entries *list)
{
    uint32_t n = 0;
    if (list->n)
        qsort(list->items, list->n, sizeof(*list->items), by_path);
    for (uint32_t i = 0; i < list->n; i++) {
        if (!n || strcmp(list->items[n - 1].path, list->items[i].path) != 0)
            list->items[n++] = list->items[i];
    }
    list->n = n;
}

vonk_status vonk_fs_data_files(const char *path, vonk_arena *arena, vonk_fs_entry **ret,
                               uint32_t *ret_n, vonk_error *err)
{
    walk w = {.arena = arena, .err = err};
    const char *local;
    vonk_fs_entry root;
    unsigned n_patterns = 0;
    VONK_TRY(vonk_fs_find_store(path, &w.store, &local, err));
    vonk_status status = w.store->stat(local, &root, arena, err);
    bool glob = status == VONK_NOT_FOUND && has_glob(local, strlen(local));
    if (status == VONK_OK)
        VONK_TRY(add_tree(&w, &root, 0));
    else if (glob)
        VONK_TRY(match_braces(&w, local, &n_patterns, 0));
    else if (status != VONK_NOT_FOUND)
        return status;
    if (!w.found.n && status != VONK_OK)
        return vonk_fail_sql(err, "PATH_NOT_FOUND", "path does not exist: %s", path);
    sort_unique(&w.found);
    *ret = w.found.items;
    *ret_n = w.found.n;
    return VONK_OK;
}
