/* own_pod.c - a thread that patches an annotation and answers the question of the fence. */
#include "driver/own_pod.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "driver/notes.h"
#include "kube/client.h"

#define PATCH_MS     1000  /* between two */
#define LAST_MS      2000  /* for the last one */
#define FENCE_MS     60000 /* how long a silent API server is asked */
#define FENCE_TRY_MS 1000  /* between two tries */

typedef enum fence_state { IDLE, ASKED, ASKING, ANSWERED } fence_state;

struct vonk_own_pod {
    vonk_kube *kube; /* the thread's, but for vonk_kube_wake */
    char *name, *uid, *path;
    pthread_t thread;
    bool has_thread;
    int64_t patched_ms; /* of the thread, as the next */
    bool patching;

    pthread_mutex_t lock;
    pthread_cond_t answered;
    bool closing; /* all below: guarded by lock */
    int64_t close_by_ms;
    char wanted[32], shown[32];
    fence_state fence;
    int64_t fence_at_ms, fence_by_ms;
    vonk_error verdict;
};

static int64_t now_ms(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- progress ---- */

static void on_patched(void *context, const vonk_kube_reply *reply)
{
    vonk_own_pod *p = context;
    p->patching = false;
    if (reply->error.status == VONK_OK)
        return;
    /* with the next change again: it is for people who look on, and no more */
    vonk_note("progress_not_shown", UINT32_MAX, reply->error.message);
}

static void patch(vonk_own_pod *p, const char *progress)
{
    cJSON *body = cJSON_CreateObject();
    cJSON *annotations =
        cJSON_AddObjectToObject(cJSON_AddObjectToObject(body, "metadata"), "annotations");
    (void)cJSON_AddStringToObject(annotations, "vonk.dev/progress", progress);
    vonk_kube_request request = {.method = "PATCH",
                                 .path = p->path,
                                 .content_type = "application/merge-patch+json",
                                 .body = body,
                                 .context = p,
                                 .on_done = on_patched};
    vonk_error err;
    p->patching = vonk_kube_send(p->kube, &request, &err) == VONK_OK;
    cJSON_Delete(body);
}

/* Sends what is new if it is time. */
static void tend_progress(vonk_own_pod *p)
{
    char progress[sizeof p->wanted] = "";
    int64_t now = now_ms();
    if (p->patching)
        return;
    pthread_mutex_lock(&p->lock);
    bool due = p->closing || now - p->patched_ms >= PATCH_MS;
    if (due && strcmp(p->wanted, p->shown) != 0) {
        memcpy(progress, p->wanted, sizeof progress);
        memcpy(p->shown, p->wanted, sizeof p->shown);
    }
    pthread_mutex_unlock(&p->lock);
    if (!progress[0])
        return;
    p->patched_ms = now;
    patch(p, progress);
}

/* ---- the fence ---- */

static const char *text_of(const cJSON *metadata, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(metadata, key));
    return text ? text : "";
}

/* The verdict of an answer; *ret_again: it is none. */
static vonk_status judge(const vonk_own_pod *p, const vonk_kube_reply *reply, bool *ret_again,
                         vonk_error *err)
{
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(reply->object, "metadata");
    *ret_again = reply->error.status == VONK_IO;
    if (reply->error.status == VONK_NOT_FOUND)
        return vonk_fail(err, VONK_IO, "nothing is committed: the driver's pod %s is gone",
                         p->name);
    if (reply->error.status != VONK_OK)
        return vonk_fail(err, VONK_IO,
                         "nothing is committed: it cannot be known whether this "
                         "driver is still wanted: %s",
                         reply->error.message);
    if (strcmp(text_of(metadata, "uid"), p->uid) != 0)
        return vonk_fail(err, VONK_IO,
                         "nothing is committed: pod %s is another one now (uid %.40s, not %.40s)",
                         p->name, text_of(metadata, "uid"), p->uid);
    if (*text_of(metadata, "deletionTimestamp"))
        return vonk_fail(err, VONK_IO, "nothing is committed: the driver's pod %s is being deleted",
                         p->name);
    return VONK_OK;
}

static void on_answer(void *context, const vonk_kube_reply *reply)
{
    vonk_own_pod *p = context;
    vonk_error verdict = {0};
    bool again;
    verdict.status = judge(p, reply, &again, &verdict);
    pthread_mutex_lock(&p->lock);
    if (again && now_ms() < p->fence_by_ms) {
        p->fence = ASKED;
        p->fence_at_ms = now_ms() + FENCE_TRY_MS;
    } else {
        p->fence = ANSWERED;
        p->verdict = verdict;
        pthread_cond_signal(&p->answered);
    }
    pthread_mutex_unlock(&p->lock);
}

static void tend_fence(vonk_own_pod *p)
{
    vonk_error err;
    pthread_mutex_lock(&p->lock);
    bool ask = p->fence == ASKED && now_ms() >= p->fence_at_ms;
    if (ask)
        p->fence = ASKING;
    pthread_mutex_unlock(&p->lock);
    if (!ask)
        return;
    vonk_kube_request request = {
        .method = "GET", .path = p->path, .context = p, .on_done = on_answer};
    if (vonk_kube_send(p->kube, &request, &err) != VONK_OK)
        on_answer(p, &(vonk_kube_reply){.error = err});
}

vonk_status vonk_own_pod_fence(void *context, vonk_error *err)
{
    vonk_own_pod *p = context;
    pthread_mutex_lock(&p->lock);
    p->fence = ASKED;
    p->fence_at_ms = now_ms();
    p->fence_by_ms = p->fence_at_ms + FENCE_MS;
    vonk_kube_wake(p->kube);
    while (p->fence != ANSWERED)
        pthread_cond_wait(&p->answered, &p->lock);
    vonk_error verdict = p->verdict;
    p->fence = IDLE;
    pthread_mutex_unlock(&p->lock);
    if (verdict.status != VONK_OK && err)
        *err = verdict;
    return verdict.status;
}

/* ---- life ---- */

static int next_wait(vonk_own_pod *p)
{
    int64_t now = now_ms(), wait = 200;
    pthread_mutex_lock(&p->lock);
    bool shown = !p->patching && !strcmp(p->wanted, p->shown);
    if (p->closing && (shown || now >= p->close_by_ms))
        wait = 0;
    pthread_mutex_unlock(&p->lock);
    return (int)wait;
}

static void *tend(void *context)
{
    vonk_own_pod *p = context;
    vonk_error err;
    for (;;) {
        tend_progress(p);
        tend_fence(p);
        int wait = next_wait(p);
        if (!wait)
            return NULL;
        if (vonk_kube_poll(p->kube, wait, &err) != VONK_OK)
            vonk_note("api_client", UINT32_MAX, err.message);
    }
}

void vonk_own_pod_progress(vonk_own_pod *p, uint32_t done, uint32_t all)
{
    pthread_mutex_lock(&p->lock);
    (void)snprintf(p->wanted, sizeof p->wanted, "%u/%u", done, all);
    pthread_mutex_unlock(&p->lock);
}

void vonk_own_pod_free(vonk_own_pod *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    p->close_by_ms = now_ms() + LAST_MS;
    pthread_mutex_unlock(&p->lock);
    if (p->has_thread) {
        vonk_kube_wake(p->kube);
        pthread_join(p->thread, NULL);
    }
    if (p->kube)
        vonk_kube_free(p->kube);
    pthread_cond_destroy(&p->answered);
    pthread_mutex_destroy(&p->lock);
    free(p->name);
    free(p->uid);
    free(p->path);
    free(p);
}

static vonk_status set_up(vonk_own_pod *p, const vonk_kube_config *config, const char *name,
                          const char *uid, vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_kube_path parts = {.group = "",
                            .version = "v1",
                            .namespace_name = config->namespace_name,
                            .plural = "pods",
                            .name = name};
    char *path = vonk_kube_path_print(&arena, &parts, NULL, err);
    p->name = strdup(name);
    p->uid = strdup(uid);
    p->path = path ? strdup(path) : NULL;
    vonk_arena_free(&arena);
    if (!p->name || !p->uid || !p->path)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    vonk_kube_settings client = {.user_agent = "vonk-driver/" VONK_VERSION, .timeout_ms = 10000};
    VONK_TRY(vonk_kube_new(config, &client, &p->kube, err));
    if (pthread_create(&p->thread, NULL, tend, p))
        return vonk_fail(err, VONK_NO_MEMORY, "cannot start a thread");
    p->has_thread = true;
    return VONK_OK;
}

vonk_status vonk_own_pod_new(const vonk_kube_config *config, const char *name, const char *uid,
                             vonk_own_pod **ret, vonk_error *err)
{
    vonk_own_pod *p = calloc(1, sizeof *p);
    if (!p)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->answered, NULL);
    vonk_status status = set_up(p, config, name, uid, err);
    if (status != VONK_OK) {
        vonk_own_pod_free(p);
        return status;
    }
    *ret = p;
    return VONK_OK;
}
