/*
 * watch.c - LIST in pages, WATCH from its revision, and what to do when either ends.
 *
 * States: a list is under way (`ticket`), a stream is open (`stream`), or neither and the timer
 * says when to go on (`wants_list`: with a list, else with a watch from `revision`).
 */
#include "kube/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kube/internal.h"
#include "kube/json.h"
#include "kube/store.h"

#define PAGE           500
#define MAX_LINE       ((size_t)32 << 20)
#define MAX_ERROR      ((size_t)64 << 10)
#define IDLE_MS        150000u
#define BACKOFF_MS     800u
#define MAX_BACKOFF_MS 30000u
#define HEALTHY_MS     120000 /* after so long the back-off starts anew */
#define SHORT_LIVED_MS 1000   /* a watch that ended sooner is begun again with a back-off */

/* What a request holds of the watch, which may be stopped before the answer comes. */
typedef struct ticket {
    vonk_kube_watch *watch; /* NULL: stopped */
} ticket;

struct vonk_kube_watch {
    vonk_kube *kube;
    vonk_kube_watch_request request; /* texts: not kept */
    char *path, *selectors;          /* selectors: "&labelSelector=..." */
    vonk_kube_store store;
    char *revision, *next_page; /* NULL: none */
    uint64_t round;
    bool synced, wants_list, in_callback, stopped;
    ticket *ticket;
    vonk_kube_stream *stream;
    bool stream_failed; /* its bytes are an error's */
    bool heard;         /* something came on it, if only a bookmark */
    vonk_buffer line;
    int64_t opened_ms;
    vonk_backoff backoff;
    vonk_kube_timer timer;
};

static void go_on(void *context);

/* ---- callbacks to the owner ---- */

static void tell(vonk_kube_watch *w, vonk_kube_change change, const cJSON *object,
                 const vonk_error *error)
{
    if (!w->stopped)
        w->request.on_change(w->request.context, change, object, error);
}

static void trouble(vonk_kube_watch *w, const vonk_error *error)
{
    tell(w, VONK_KUBE_TROUBLE, NULL, error);
}

/* ---- the store ---- */

static const char *revision_of(const cJSON *object)
{
    return vonk_json_text(object, "metadata.resourceVersion");
}

static void drop_managed_fields(cJSON *object)
{
    cJSON_DeleteItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(object, "metadata"),
                                            "managedFields");
}

typedef enum source { LISTED, WATCHED, WRITTEN } source;

/*
 * Is revision `is` known, or from before what the entry has? A list is right even with an older
 * one (etcd was restored from a backup), unless a write of ours may have overtaken it.
 */
static bool is_old_news(vonk_kube_entry *entry, const char *is, source from)
{
    const char *was = revision_of(entry->object);
    bool own = entry->own;
    if (from != WRITTEN)
        entry->own = false;
    if (!strcmp(was, is))
        return true;
    return vonk_kube_revision_before(is, was) && (from != LISTED || own);
}

/* Takes `object` over. */
static void put(vonk_kube_watch *w, cJSON *object, source from)
{
    vonk_kube_entry *entry;
    vonk_error err;
    const char *space = vonk_json_text(object, "metadata.namespace");
    const char *name = vonk_json_text(object, "metadata.name");
    if (!*name || vonk_kube_store_get(&w->store, space, name, &entry, &err) != VONK_OK) {
        cJSON_Delete(object);
        return;
    }
    entry->round = w->round;
    if (entry->object && is_old_news(entry, revision_of(object), from)) {
        cJSON_Delete(object);
        return;
    }
    drop_managed_fields(object);
    cJSON *old = entry->object;
    entry->object = object;
    entry->own = from == WRITTEN;
    if (from != WRITTEN)
        tell(w, old ? VONK_KUBE_MODIFIED : VONK_KUBE_ADDED, object, NULL);
    cJSON_Delete(old);
}

static void take_out(vonk_kube_watch *w, vonk_kube_entry *entry)
{
    vonk_kube_store_remove(&w->store, entry);
    tell(w, VONK_KUBE_DELETED, entry->object, NULL);
    vonk_kube_entry_free(entry);
}

/* A DELETED event; `object` is its last state. One from before a write of ours is old news. */
static void removed(vonk_kube_watch *w, const cJSON *object)
{
    vonk_kube_entry *entry =
        vonk_kube_store_find(&w->store, vonk_json_text(object, "metadata.namespace"),
                             vonk_json_text(object, "metadata.name"));
    if (!entry)
        return;
    bool same = !strcmp(vonk_json_text(entry->object, "metadata.uid"),
                        vonk_json_text(object, "metadata.uid"));
    if (same || !vonk_kube_revision_before(revision_of(object), revision_of(entry->object)))
        take_out(w, entry);
}

static void set_text(char **to, const char *text)
{
    free(*to);
    *to = *text ? strdup(text) : NULL;
}

/* ---- timing ---- */

static void later(vonk_kube_watch *w, int64_t ms)
{
    w->timer.due_ms = vonk_kube_now_ms() + ms;
}

static void back_off(vonk_kube_watch *w)
{
    later(w, 1 + (int64_t)vonk_backoff_next(&w->backoff));
}

/* ---- listing ---- */

static void listed(vonk_kube_watch *w, const cJSON *list)
{
    cJSON *items = cJSON_GetObjectItemCaseSensitive(list, "items"), *copy;
    const cJSON *item;
    cJSON_ArrayForEach(item, items)
    {
        copy = w->stopped ? NULL : cJSON_Duplicate(item, true);
        if (copy)
            put(w, copy, LISTED);
    }
    set_text(&w->next_page, vonk_json_text(list, "metadata.continue"));
    if (w->next_page) {
        later(w, 0);
        return;
    }
    for (vonk_kube_entry *old; !w->stopped && (old = vonk_kube_store_stale(&w->store, w->round));)
        take_out(w, old);
    set_text(&w->revision, vonk_json_text(list, "metadata.resourceVersion"));
    w->wants_list = false;
    w->synced = true;
    tell(w, VONK_KUBE_SYNCED, NULL, NULL);
    later(w, 0);
}

static void free_watch(vonk_kube_watch *w)
{
    vonk_kube_store_free(&w->store);
    vonk_buffer_free(&w->line);
    free(w->path);
    free(w->selectors);
    free(w->revision);
    free(w->next_page);
    free(w);
}

/* Callbacks may stop the watch; it is freed when they have returned. */
static void leave(vonk_kube_watch *w)
{
    w->in_callback = false;
    if (w->stopped)
        free_watch(w);
}

static void list_failed(vonk_kube_watch *w, const vonk_kube_reply *reply)
{
    vonk_error error = reply->error;
    bool expired = reply->status == 410 && w->next_page;
    set_text(&w->next_page, "");
    if (expired) { /* the pages' revision is compacted: from the first page again */
        later(w, 0);
        return;
    }
    if (reply->status == 404)
        vonk_fail(&error, VONK_NOT_FOUND, "no such resource: %s; is its CRD installed?", w->path);
    trouble(w, &error);
    back_off(w);
}

static void list_done(void *context, const vonk_kube_reply *reply)
{
    ticket *t = context;
    vonk_kube_watch *w = t->watch;
    free(t);
    if (!w)
        return;
    w->ticket = NULL;
    w->in_callback = true;
    if (reply->error.status == VONK_OK && reply->object)
        listed(w, reply->object);
    else
        list_failed(w, reply);
    leave(w);
}

static vonk_status start_list(vonk_kube_watch *w, vonk_error *err)
{
    vonk_buffer path = {0};
    ticket *t = malloc(sizeof(*t));
    if (!t)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    *t = (ticket){w};
    if (!w->next_page)
        w->round++;
    vonk_buffer_printf(&path, "%s?limit=%d%s", w->path, PAGE, w->selectors);
    if (w->next_page) {
        vonk_buffer_text(&path, "&continue=");
        vonk_url_escape(&path, vonk_slice_of(w->next_page), false);
    }
    vonk_kube_request request = {
        .method = "GET", .path = vonk_buffer_str(&path), .context = t, .on_done = list_done};
    vonk_status status = vonk_kube_send(w->kube, &request, err);
    vonk_buffer_free(&path);
    if (status != VONK_OK)
        free(t);
    else
        w->ticket = t;
    return status;
}

/* ---- watching ---- */

static void relist(vonk_kube_watch *w)
{
    w->wants_list = true;
    set_text(&w->next_page, "");
}

/* An ERROR event. Returns whether the stream goes on: it does not. */
static bool error_event(vonk_kube_watch *w, const cJSON *status)
{
    vonk_error error;
    if (vonk_json_int(status, "code", 0) == 410) {
        relist(w);
        return false;
    }
    vonk_fail(&error, VONK_IO, "watch %s: %s", w->path, vonk_json_text(status, "message"));
    trouble(w, &error);
    return false;
}

/* One line of the stream. False: end it. */
static bool take_event(vonk_kube_watch *w, vonk_slice line)
{
    cJSON *event = cJSON_ParseWithLength(line.data, line.length);
    const char *type = vonk_json_text(event, "type");
    cJSON *object = cJSON_GetObjectItemCaseSensitive(event, "object");
    bool more = true;
    if (!cJSON_IsObject(object)) {
        vonk_error error;
        vonk_fail(&error, VONK_CORRUPT, "watch %s: a line that is no event", w->path);
        trouble(w, &error);
        cJSON_Delete(event);
        return false;
    }
    if (!strcmp(type, "ERROR")) {
        more = error_event(w, object);
    } else if (*revision_of(object)) {
        set_text(&w->revision, revision_of(object));
        if (!strcmp(type, "DELETED"))
            removed(w, object);
        else if (!strcmp(type, "ADDED") || !strcmp(type, "MODIFIED"))
            put(w, cJSON_DetachItemViaPointer(event, object), WATCHED);
    }
    cJSON_Delete(event);
    return more && !w->stopped;
}

bool vonk_kube_watch_take(vonk_kube_watch *w, vonk_slice bytes)
{
    bool more = true;
    while (bytes.length && more) {
        const char *end = memchr(bytes.data, '\n', bytes.length);
        size_t n = end ? (size_t)(end - bytes.data) : bytes.length;
        if (w->line.length + n > MAX_LINE)
            return false;
        vonk_buffer_append(&w->line, bytes.data, n);
        if (end && w->line.length) {
            more = take_event(w, (vonk_slice){vonk_buffer_str(&w->line), w->line.length});
            w->line.length = 0;
        }
        n += end != NULL;
        bytes = (vonk_slice){bytes.data + n, bytes.length - n};
    }
    return more && !w->line.failed;
}

static bool stream_data(void *context, int status, vonk_slice bytes)
{
    vonk_kube_watch *w = context;
    w->stream_failed = status != 200;
    w->heard = true;
    if (w->stream_failed) {
        if (w->line.length + bytes.length < MAX_ERROR)
            vonk_buffer_append(&w->line, bytes.data, bytes.length);
        return true;
    }
    w->in_callback = true;
    bool more = vonk_kube_watch_take(w, bytes);
    w->in_callback = false; /* a stopped watch is freed at the stream's end */
    return more;
}

/* The stream was answered with an error: what to do. */
static void refused(vonk_kube_watch *w, const vonk_http_response *response)
{
    vonk_kube_reply reply;
    vonk_http_response whole = *response;
    whole.body = (vonk_slice){vonk_buffer_str(&w->line), w->line.length};
    cJSON *object = cJSON_ParseWithLength(whole.body.data, whole.body.length);
    vonk_kube_reply_of("WATCH", w->path, &whole, object, &reply);
    if (reply.status == 410)
        relist(w);
    else
        trouble(w, &reply.error);
    if (reply.status == 401)
        vonk_kube_renew_token(w->kube);
    if (reply.status == 404)
        relist(w);
    cJSON_Delete(object);
}

/* A first relist is done at once; a second one without health in between waits. */
static void relist_now(vonk_kube_watch *w)
{
    w->backoff.n_failures++;
    later(w, 0);
}

static void stream_end(void *context, const vonk_http_response *response)
{
    vonk_kube_watch *w = context;
    int64_t lived = vonk_kube_now_ms() - w->opened_ms;
    bool clean = response->error.status == VONK_OK && response->status == 200;
    bool ours = response->error.status == VONK_CANCELLED; /* said already */
    w->stream = NULL;
    w->in_callback = true;
    if (lived >= HEALTHY_MS)
        vonk_backoff_reset(&w->backoff);
    if (response->error.status == VONK_OK && response->status != 200)
        refused(w, response);
    else if (!clean && !ours)
        trouble(w, &response->error);
    if (!clean && !w->heard && response->status == 200)
        relist(w); /* open and silent: so is a watch from a revision that a restored etcd lost */
    w->line.length = 0; /* half a line comes again */
    if (clean && lived >= SHORT_LIVED_MS)
        later(w, 0);
    else if (w->wants_list && !w->backoff.n_failures)
        relist_now(w);
    else
        back_off(w);
    leave(w);
}

static vonk_status start_stream(vonk_kube_watch *w, vonk_error *err)
{
    vonk_buffer path = {0};
    uint64_t seconds = 300 + vonk_dice(vonk_kube_dice(w->kube)) % 300;
    vonk_buffer_printf(&path, "%s?watch=1&allowWatchBookmarks=true&timeoutSeconds=%u%s", w->path,
                       (unsigned)seconds, w->selectors);
    vonk_buffer_text(&path, "&resourceVersion=");
    vonk_url_escape(&path, vonk_slice_of(w->revision ? w->revision : "0"), false);
    vonk_kube_stream_request request = {.path = vonk_buffer_str(&path),
                                        .idle_ms =
                                            w->request.idle_ms ? w->request.idle_ms : IDLE_MS,
                                        .context = w,
                                        .on_data = stream_data,
                                        .on_end = stream_end};
    w->line.length = 0;
    w->heard = false;
    w->opened_ms = vonk_kube_now_ms();
    vonk_status status = vonk_kube_stream_start(w->kube, &request, &w->stream, err);
    vonk_buffer_free(&path);
    return status;
}

static void go_on(void *context)
{
    vonk_kube_watch *w = context;
    vonk_error err;
    vonk_status status = w->wants_list ? start_list(w, &err) : start_stream(w, &err);
    if (status == VONK_OK)
        return;
    w->in_callback = true;
    trouble(w, &err);
    back_off(w);
    leave(w);
}

/* ---- the watch ---- */

static void add_selector(vonk_buffer *out, const char *name, const char *selector)
{
    if (!selector || !*selector)
        return;
    vonk_buffer_printf(out, "&%s=", name);
    vonk_url_escape(out, vonk_slice_of(selector), false);
}

vonk_status vonk_kube_watch_start(vonk_kube *kube, const vonk_kube_watch_request *request,
                                  vonk_kube_watch **ret, vonk_error *err)
{
    vonk_kube_watch *w = calloc(1, sizeof(*w));
    vonk_buffer selectors = {0};
    if (!w)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    add_selector(&selectors, "labelSelector", request->label_selector);
    add_selector(&selectors, "fieldSelector", request->field_selector);
    w->kube = kube;
    w->request = *request;
    w->path = strdup(request->path);
    w->selectors = strdup(vonk_buffer_str(&selectors));
    vonk_buffer_free(&selectors);
    if (!w->path || !w->selectors) {
        free_watch(w);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    }
    w->wants_list = true;
    w->backoff = (vonk_backoff){.base_ms = request->backoff_ms ? request->backoff_ms : BACKOFF_MS,
                                .max_ms = MAX_BACKOFF_MS,
                                .dice = vonk_dice(vonk_kube_dice(kube))};
    w->timer = (vonk_kube_timer){.context = w, .fire = go_on};
    later(w, 0);
    vonk_kube_timer_add(kube, &w->timer);
    *ret = w;
    return VONK_OK;
}

void vonk_kube_watch_stop(vonk_kube_watch *watch)
{
    if (!watch)
        return;
    vonk_kube_timer_remove(watch->kube, &watch->timer);
    if (watch->ticket)
        watch->ticket->watch = NULL;
    watch->ticket = NULL;
    watch->stopped = true;
    if (watch->in_callback && watch->stream)
        return; /* stream_data returns false, stream_end frees */
    if (watch->stream)
        vonk_kube_stream_stop(watch->stream);
    if (!watch->in_callback)
        free_watch(watch);
}

bool vonk_kube_watch_synced(const vonk_kube_watch *watch)
{
    return watch->synced;
}

const cJSON *vonk_kube_watch_find(const vonk_kube_watch *watch, const char *namespace_name,
                                  const char *name)
{
    const vonk_kube_entry *entry = vonk_kube_store_find(&watch->store, namespace_name, name);
    return entry ? entry->object : NULL;
}

uint32_t vonk_kube_watch_count(const vonk_kube_watch *watch)
{
    return watch->store.n;
}

void vonk_kube_watch_each(const vonk_kube_watch *watch, void *context,
                          void (*each)(void *context, const cJSON *object))
{
    for (uint32_t b = 0; b < watch->store.n_buckets; b++) {
        for (const vonk_kube_entry *e = watch->store.buckets[b]; e; e = e->next)
            each(context, e->object);
    }
}

vonk_status vonk_kube_watch_expect(vonk_kube_watch *watch, const cJSON *object, vonk_error *err)
{
    cJSON *copy = cJSON_Duplicate(object, true);
    if (!copy)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    put(watch, copy, WRITTEN);
    return VONK_OK;
}
