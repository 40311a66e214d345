/* kube_pods.c - the thread that makes, watches and deletes executor pods. */
#include "driver/kube_pods.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "driver/notes.h"
#include "kube/client.h"
#include "kube/watch.h"

#define MAX_CREATING  8     /* POSTs under way */
#define MAX_BACKOFF   30000 /* ms */
#define AGAIN_MS      1000  /* between tries of a GET or DELETE */
#define CLOSE_MS      5000  /* for the API server to take our DELETEs */
#define YOUNG_MS      10000 /* a pod that ends before counts as one that failed to start */
#define TROUBLE_BYTES 300

typedef enum pod_state { WANTED, CREATING, THERE, GONE } pod_state;

struct kube_pods;

typedef struct pod {
    struct kube_pods *pods;
    uint32_t number;
    pod_state state;    /* guarded by lock; so all the following */
    bool unwanted;      /* released: DELETE it */
    bool told;          /* `ended` was called, or need not be */
    bool check;         /* GET it: the store does not have it */
    bool busy;          /* a request about it is under way */
    int64_t created_ms; /* when the API server took it */
    int64_t again_ms;   /* when a READ or DELETE that failed is tried again */
    char trouble[TROUBLE_BYTES];
} pod;

typedef struct kube_pods {
    vonk_allocation base;
    const vonk_kube_pods_settings *settings;
    vonk_executor_spec spec;
    vonk_pod_spec pod; /* with its texts of the spec */
    char *driver_url;
    vonk_kube *kube; /* the thread's, but for vonk_kube_wake */
    vonk_kube_watch *watch;
    pthread_t thread;

    pthread_mutex_t lock;
    bool closing; /* all below: guarded by lock */
    int64_t close_by_ms;
    uint32_t n, capacity, n_creating;
    pod **pods;
    uint32_t n_refused;    /* POSTs in a row */
    uint32_t n_young;      /* pods in a row that ended soon after they began */
    int64_t not_before_ms; /* of the next POST */
} kube_pods;

static int64_t now_ms(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- with the lock held ---- */

static pod *find(const kube_pods *p, uint32_t number)
{
    for (uint32_t i = p->n; i-- > 0;) { /* the newest are asked for most */
        if (p->pods[i]->number == number)
            return p->pods[i];
    }
    return NULL;
}

static void set_trouble(pod *e, const char *why)
{
    size_t n = strnlen(why, sizeof e->trouble - 1);
    memmove(e->trouble, why, n);
    e->trouble[n] = '\0';
}

static void back_off(kube_pods *p, uint32_t *n_failures)
{
    int64_t wait = p->settings->backoff_ms ? p->settings->backoff_ms : 1000;
    for (uint32_t i = 0; i < *n_failures && wait < MAX_BACKOFF; i++)
        wait *= 2;
    ++*n_failures;
    p->not_before_ms = now_ms() + (wait < MAX_BACKOFF ? wait : MAX_BACKOFF);
}

/* Whether the end of this pod must be told. */
static bool set_over(kube_pods *p, pod *e)
{
    bool tell = !e->told && !e->unwanted && !p->closing;
    e->told = true;
    bool young = !e->created_ms || now_ms() - e->created_ms < YOUNG_MS;
    if (tell && young)
        back_off(p, &p->n_young);
    else if (tell)
        p->n_young = 0;
    return tell;
}

/* ---- without it ---- */

static void tell(kube_pods *p, uint32_t number, vonk_status status, const char *why)
{
    vonk_note("executor_ended", number, why);
    p->spec.ended(p->spec.context, number, status, why);
}

static void end(pod *e, vonk_status status, const char *why)
{
    kube_pods *p = e->pods;
    pthread_mutex_lock(&p->lock);
    bool must_tell = set_over(p, e);
    pthread_mutex_unlock(&p->lock);
    if (must_tell)
        tell(p, e->number, status, why);
}

/* ---- creating ---- */

static const char *owner_of(const cJSON *object)
{
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(object, "metadata");
    const cJSON *owners = cJSON_GetObjectItemCaseSensitive(metadata, "ownerReferences");
    const char *uid = cJSON_GetStringValue(
        cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(owners, 0), "uid"));
    return uid ? uid : "";
}

/* What the pod's status says: its end, or why it does not begin. */
static void read_status(pod *e, const cJSON *object)
{
    char text[TROUBLE_BYTES];
    if (vonk_pod_is_over(object, text, sizeof text)) {
        end(e, VONK_IO, text);
        return;
    }
    vonk_pod_trouble(object, text, sizeof text);
    pthread_mutex_lock(&e->pods->lock);
    bool news = strcmp(text, e->trouble) != 0;
    set_trouble(e, text);
    pthread_mutex_unlock(&e->pods->lock);
    if (news && text[0])
        vonk_note("executor_waits", e->number, text);
}

/* The pod exists and is ours. The watch may have known it sooner: then that is newer. */
static void set_there(pod *e, const cJSON *object)
{
    kube_pods *p = e->pods;
    char name[VONK_POD_NAME_BYTES];
    pthread_mutex_lock(&p->lock);
    p->n_creating -= e->state == CREATING;
    e->state = THERE;
    e->busy = false;
    e->created_ms = now_ms();
    p->n_refused = 0;
    pthread_mutex_unlock(&p->lock);
    vonk_pod_name(&p->pod, e->number, name);
    const cJSON *seen =
        p->watch ? vonk_kube_watch_find(p->watch, p->pod.namespace_name, name) : NULL;
    read_status(e, seen ? seen : object);
}

/* The API server did not take it now, but may later. */
static void set_wanted_again(pod *e, const char *why)
{
    kube_pods *p = e->pods;
    pthread_mutex_lock(&p->lock);
    p->n_creating -= e->state == CREATING;
    e->state = WANTED;
    e->busy = false;
    bool news = strcmp(e->trouble, why) != 0;
    set_trouble(e, why);
    back_off(p, &p->n_refused);
    pthread_mutex_unlock(&p->lock);
    if (news)
        vonk_note("executor_waits", e->number, why);
}

static void set_gone(pod *e)
{
    kube_pods *p = e->pods;
    pthread_mutex_lock(&p->lock);
    p->n_creating -= e->state == CREATING;
    e->state = GONE;
    e->busy = false;
    pthread_mutex_unlock(&p->lock);
}

static void set_refused(pod *e, vonk_status status, const char *why)
{
    set_gone(e);
    end(e, status, why);
}

/* A pod of that name is there: ours, of a POST whose answer was lost, or somebody else's. */
static void on_read(void *context, const vonk_kube_reply *reply)
{
    pod *e = context;
    kube_pods *p = e->pods;
    if (reply->error.status == VONK_OK && !strcmp(owner_of(reply->object), p->pod.driver_uid)) {
        set_there(e, reply->object);
    } else if (reply->error.status == VONK_OK) {
        set_refused(e, VONK_IO, "a pod of its name is there that belongs to somebody else");
    } else if (reply->error.status == VONK_NOT_FOUND) {
        set_refused(e, VONK_IO, "its pod vanished");
    } else {
        pthread_mutex_lock(&p->lock);
        e->check = true;
        e->busy = false;
        e->again_ms = now_ms() + AGAIN_MS;
        pthread_mutex_unlock(&p->lock);
    }
}

static void on_created(void *context, const vonk_kube_reply *reply)
{
    pod *e = context;
    kube_pods *p = e->pods;
    const char *why = reply->error.message;
    bool later =
        reply->error.status == VONK_IO || (reply->status == 403 && strstr(why, "exceeded quota"));
    if (reply->error.status == VONK_OK) {
        set_there(e, reply->object);
    } else if (reply->error.status == VONK_EXISTS) {
        pthread_mutex_lock(&p->lock);
        e->check = true;
        e->busy = false;
        pthread_mutex_unlock(&p->lock);
    } else if (later) {
        set_wanted_again(e, why);
    } else {
        set_refused(e, reply->error.status == VONK_INVALID ? VONK_INVALID : VONK_DENIED, why);
    }
}

static void on_deleted(void *context, const vonk_kube_reply *reply)
{
    pod *e = context;
    kube_pods *p = e->pods;
    vonk_status status = reply->error.status;
    if (status == VONK_OK || status == VONK_NOT_FOUND) {
        set_gone(e);
        return;
    }
    vonk_note("pod_not_deleted", e->number, reply->error.message);
    pthread_mutex_lock(&p->lock);
    e->busy = false; /* tried again, later */
    if (status != VONK_IO)
        e->state = GONE; /* it would be refused again; the garbage collector gets it */
    e->again_ms = now_ms() + AGAIN_MS;
    pthread_mutex_unlock(&p->lock);
}

/* ---- requests ---- */

typedef enum deed { NOTHING, CREATE, READ, DELETE } deed;

static deed deed_for(const kube_pods *p, const pod *e, int64_t now)
{
    if (e->busy || e->state == GONE)
        return NOTHING;
    if (e->state == WANTED)
        return now >= p->not_before_ms && p->n_creating < MAX_CREATING ? CREATE : NOTHING;
    if (now < e->again_ms)
        return NOTHING;
    if (e->check)
        return READ;
    return e->unwanted || p->closing ? DELETE : NOTHING;
}

/* The next thing to do, which is marked as under way. */
static pod *next_deed(kube_pods *p, deed *ret)
{
    pod *found = NULL;
    int64_t now = now_ms();
    pthread_mutex_lock(&p->lock);
    for (uint32_t i = 0; i < p->n && !found; i++) {
        pod *e = p->pods[i];
        if (e->state == WANTED && (e->unwanted || p->closing) && !e->busy)
            e->state = GONE;
        *ret = deed_for(p, e, now);
        if (*ret == NOTHING)
            continue;
        found = e;
        e->busy = true;
        e->check = false;
        p->n_creating += *ret == CREATE;
        e->state = *ret == CREATE ? CREATING : e->state;
    }
    pthread_mutex_unlock(&p->lock);
    return found;
}

static char *path_of(const kube_pods *p, const char *name, vonk_arena *arena, vonk_error *err)
{
    vonk_kube_path path = {.group = "",
                           .version = "v1",
                           .namespace_name = p->pod.namespace_name,
                           .plural = "pods",
                           .name = name};
    return vonk_kube_path_print(arena, &path, name ? NULL : "fieldManager=vonk-driver", err);
}

static vonk_status send(kube_pods *p, pod *e, deed what, cJSON **body, vonk_arena *arena,
                        vonk_error *err)
{
    static const char *const methods[] = {[CREATE] = "POST", [READ] = "GET", [DELETE] = "DELETE"};
    char name[VONK_POD_NAME_BYTES];
    vonk_pod_name(&p->pod, e->number, name);
    vonk_kube_request request = {.method = methods[what],
                                 .path = path_of(p, what == CREATE ? NULL : name, arena, err),
                                 .context = e,
                                 .on_done = what == CREATE ? on_created
                                            : what == READ ? on_read
                                                           : on_deleted};
    VONK_TRY_ALLOC(request.path);
    if (what == CREATE)
        VONK_TRY(vonk_pod_json(&p->pod, e->number, body, err));
    if (what == DELETE) {
        *body = cJSON_CreateObject();
        /* one that was lost goes at once, also from a node that does not answer */
        (void)cJSON_AddNumberToObject(*body, "gracePeriodSeconds", e->unwanted ? 0 : 1);
    }
    request.body = *body;
    return vonk_kube_send(p->kube, &request, err);
}

static void do_deed(kube_pods *p, pod *e, deed what)
{
    vonk_arena arena = {0};
    vonk_error err;
    cJSON *body = NULL;
    vonk_status status = send(p, e, what, &body, &arena, &err);
    cJSON_Delete(body);
    vonk_arena_free(&arena);
    if (status != VONK_OK)
        set_refused(e, status, err.message);
}

/* ---- watching ---- */

static pod *pod_of(kube_pods *p, const cJSON *object)
{
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(object, "metadata");
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(metadata, "name"));
    uint32_t number = name ? vonk_pod_number(&p->pod, name) : UINT32_MAX;
    pthread_mutex_lock(&p->lock);
    pod *e = find(p, number);
    pthread_mutex_unlock(&p->lock);
    return e && !strcmp(owner_of(object), p->pod.driver_uid) ? e : NULL;
}

/* After a list: what was created and is not in it may have been deleted; the API server knows. */
static void check_all(kube_pods *p)
{
    char name[VONK_POD_NAME_BYTES];
    for (uint32_t i = 0;; i++) {
        pthread_mutex_lock(&p->lock);
        pod *e = i < p->n ? p->pods[i] : NULL;
        bool there = e && e->state == THERE && !e->told;
        pthread_mutex_unlock(&p->lock);
        if (!e)
            return;
        vonk_pod_name(&p->pod, e->number, name);
        if (!there || vonk_kube_watch_find(p->watch, p->pod.namespace_name, name))
            continue;
        pthread_mutex_lock(&p->lock);
        e->check = true;
        pthread_mutex_unlock(&p->lock);
    }
}

static void on_change(void *context, vonk_kube_change change, const cJSON *object,
                      const vonk_error *error)
{
    kube_pods *p = context;
    if (change == VONK_KUBE_TROUBLE)
        vonk_note("pod_watch", UINT32_MAX, error->message);
    if (change == VONK_KUBE_SYNCED && p->watch)
        check_all(p);
    pod *e = object ? pod_of(p, object) : NULL;
    if (!e)
        return;
    read_status(e, object);
    if (change == VONK_KUBE_DELETED) {
        end(e, VONK_IO, "its pod was deleted");
        set_gone(e);
    }
}

static void start_watch(kube_pods *p)
{
    char selector[256];
    vonk_arena arena = {0};
    vonk_error err;
    (void)snprintf(selector, sizeof selector,
                   "vonk.dev/job=%s,vonk.dev/attempt=%s,vonk.dev/role=executor", p->pod.job,
                   p->pod.attempt);
    vonk_kube_path path = {
        .group = "", .version = "v1", .namespace_name = p->pod.namespace_name, .plural = "pods"};
    char *text = vonk_kube_path_print(&arena, &path, NULL, &err);
    vonk_kube_watch_request request = {
        .path = text, .label_selector = selector, .context = p, .on_change = on_change};
    if (!text || vonk_kube_watch_start(p->kube, &request, &p->watch, &err) != VONK_OK)
        vonk_note("pod_watch", UINT32_MAX, err.message); /* heartbeats find losses, too */
    vonk_arena_free(&arena);
}

/* ---- the thread ---- */

/* Milliseconds until something is due; 0: all is over. */
static int next_wait(kube_pods *p)
{
    int64_t now = now_ms(), wait = 1000;
    bool left = false;
    pthread_mutex_lock(&p->lock);
    for (uint32_t i = 0; i < p->n; i++)
        left = left || p->pods[i]->state != GONE;
    if (p->not_before_ms > now && p->not_before_ms - now < wait)
        wait = p->not_before_ms - now;
    if (p->closing && p->close_by_ms - now < wait)
        wait = p->close_by_ms - now;
    if (p->closing && !left)
        wait = 0;
    pthread_mutex_unlock(&p->lock);
    return wait > 0 ? (int)wait : 0;
}

static void *tend_pods(void *context)
{
    kube_pods *p = context;
    vonk_error err;
    start_watch(p);
    for (;;) {
        deed what;
        for (pod *e; (e = next_deed(p, &what));)
            do_deed(p, e, what);
        int wait = next_wait(p);
        pthread_mutex_lock(&p->lock);
        bool over = p->closing && !wait;
        pthread_mutex_unlock(&p->lock);
        if (over)
            break;
        if (vonk_kube_poll(p->kube, wait, &err) != VONK_OK)
            vonk_note("api_client", UINT32_MAX, err.message);
    }
    if (p->watch)
        vonk_kube_watch_stop(p->watch);
    return NULL;
}

/* ---- the interface ---- */

static bool add(kube_pods *p, uint32_t number)
{
    if (p->n == p->capacity) {
        uint32_t capacity = p->capacity ? p->capacity * 2 : 16;
        pod **pods = realloc(p->pods, capacity * sizeof(*pods));
        if (!pods)
            return false;
        p->pods = pods;
        p->capacity = capacity;
    }
    pod *e = calloc(1, sizeof *e);
    if (!e)
        return false;
    e->pods = p;
    e->number = number;
    p->pods[p->n++] = e;
    return true;
}

static void request(vonk_allocation *allocation, uint32_t number)
{
    kube_pods *p = (kube_pods *)allocation;
    pthread_mutex_lock(&p->lock);
    bool added = add(p, number);
    pthread_mutex_unlock(&p->lock);
    if (!added)
        p->spec.ended(p->spec.context, number, VONK_IO, "out of memory");
    vonk_kube_wake(p->kube);
}

static void release(vonk_allocation *allocation, uint32_t number)
{
    kube_pods *p = (kube_pods *)allocation;
    pthread_mutex_lock(&p->lock);
    pod *e = find(p, number);
    if (e)
        e->unwanted = true;
    pthread_mutex_unlock(&p->lock);
    vonk_kube_wake(p->kube);
}

static void explain(vonk_allocation *allocation, uint32_t number, char *ret, size_t size)
{
    kube_pods *p = (kube_pods *)allocation;
    ret[0] = '\0';
    pthread_mutex_lock(&p->lock);
    const pod *e = find(p, number);
    if (e)
        (void)snprintf(ret, size, "%s", e->trouble);
    pthread_mutex_unlock(&p->lock);
}

static void free_all(kube_pods *p)
{
    if (p->kube)
        vonk_kube_free(p->kube);
    for (uint32_t i = 0; i < p->n; i++)
        free(p->pods[i]);
    free(p->pods);
    free(p->driver_url);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static void close_all(vonk_allocation *allocation)
{
    kube_pods *p = (kube_pods *)allocation;
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    p->close_by_ms = now_ms() + CLOSE_MS;
    p->not_before_ms = 0;
    pthread_mutex_unlock(&p->lock);
    vonk_kube_wake(p->kube);
    pthread_join(p->thread, NULL);
    free_all(p);
}

static const vonk_allocation_ops ops = {
    .request = request, .release = release, .close = close_all, .explain = explain};

static vonk_status set_up(kube_pods *p, vonk_error *err)
{
    p->driver_url = strdup(p->spec.driver_url);
    if (!p->driver_url)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    p->pod = p->settings->pod;
    p->pod.driver_url = p->driver_url;
    p->pod.slots = p->spec.slots;
    p->pod.task_memory = p->spec.memory;
    vonk_kube_settings client = {.user_agent = "vonk-driver/" VONK_VERSION,
                                 .requests_per_second = 20};
    VONK_TRY(vonk_kube_new(p->settings->config, &client, &p->kube, err));
    if (pthread_create(&p->thread, NULL, tend_pods, p))
        return vonk_fail(err, VONK_NO_MEMORY, "cannot start a thread");
    return VONK_OK;
}

static vonk_status make(void *context, const vonk_executor_spec *spec, vonk_allocation **ret,
                        vonk_error *err)
{
    kube_pods *p = calloc(1, sizeof *p);
    if (!p)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    p->base.ops = &ops;
    p->settings = context;
    p->spec = *spec;
    vonk_forget(&p->spec.secret, sizeof p->spec.secret); /* pods mount it */
    pthread_mutex_init(&p->lock, NULL);
    vonk_status status = set_up(p, err);
    if (status != VONK_OK) {
        free_all(p);
        return status;
    }
    *ret = &p->base;
    return VONK_OK;
}

vonk_allocation_maker vonk_kube_pods_maker(const vonk_kube_pods_settings *settings)
{
    return (vonk_allocation_maker){(void *)(uintptr_t)settings, make};
}
