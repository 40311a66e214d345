/* lease.c - reading, taking, renewing and giving up a Lease. */
#include "kube/lease.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kube/internal.h"
#include "kube/json.h"
#include "kube/time.h"

#define LIFE_MS    15000u
#define RELEASE_MS 2000

/* ---- the decision ---- */

/* A try gets a seventh of the lease's life, so that a leader has time for another one. */
static uint32_t retry_after(uint32_t life_ms)
{
    return life_ms / 7 ? life_ms / 7 : 1;
}

static vonk_lease_step at(int64_t due_ms, int64_t now_ms, vonk_lease_step step, int64_t *ret_wait)
{
    *ret_wait = due_ms > now_ms ? due_ms - now_ms : 0;
    return due_ms > now_ms ? VONK_LEASE_WAIT : step;
}

vonk_lease_step vonk_lease_decide(const vonk_lease_view *view, uint32_t life_ms, int64_t now_ms,
                                  int64_t *ret_wait_ms)
{
    int64_t next = view->tried_ms + retry_after(life_ms);
    *ret_wait_ms = 0;
    if (view->leading) {
        int64_t renew = view->renewed_ms + life_ms / 3, lost = view->renewed_ms + life_ms / 3 * 2;
        if (now_ms >= lost)
            return VONK_LEASE_LOST;
        int64_t due = renew > next ? renew : next;
        return at(due < lost ? due : lost, now_ms, view->seen ? VONK_LEASE_WRITE : VONK_LEASE_READ,
                  ret_wait_ms);
    }
    if (!view->seen)
        return view->tried_ms == INT64_MIN ? VONK_LEASE_READ
                                           : at(next, now_ms, VONK_LEASE_READ, ret_wait_ms);
    if (!view->held_by_other || now_ms >= view->changed_ms + view->life_ms)
        return VONK_LEASE_WRITE;
    return at(next, now_ms, VONK_LEASE_READ, ret_wait_ms);
}

/* ---- the shell ---- */

struct vonk_kube_lease {
    vonk_kube *kube;
    vonk_kube_lease_request request;
    vonk_arena arena;
    char *collection, *path;
    vonk_lease_view view;
    char *revision;          /* of what was seen last; NULL: none */
    char *holder, *acquired; /* as was seen last */
    int64_t transitions;
    int64_t sent_ms; /* of the request under way; 0: none */
    bool stopping;
    vonk_kube_timer timer;
};

static void step(void *context);

static void set(char **to, const char *text)
{
    free(*to);
    *to = text && *text ? strdup(text) : NULL;
}

static void lead(vonk_kube_lease *l, bool leading)
{
    bool changed = l->view.leading != leading;
    l->view.leading = leading;
    if (changed && l->request.on_change)
        l->request.on_change(l->request.context, leading, l->holder ? l->holder : "");
}

/* Takes note of the lease as the server has it. */
static void note(vonk_kube_lease *l, const cJSON *lease)
{
    int64_t now = vonk_kube_now_ms();
    const char *revision = vonk_json_text(lease, "metadata.resourceVersion");
    const char *holder = vonk_json_text(lease, "spec.holderIdentity");
    if (!l->revision || strcmp(l->revision, revision) != 0)
        l->view.changed_ms = now;
    set(&l->revision, revision);
    set(&l->holder, holder);
    set(&l->acquired, vonk_json_text(lease, "spec.acquireTime"));
    int64_t seconds = vonk_json_int(lease, "spec.leaseDurationSeconds", 0);
    l->view.seen = l->view.exists = true;
    l->view.held_by_other = *holder && strcmp(holder, l->request.identity) != 0;
    l->view.life_ms =
        seconds > 0 && seconds < 86400 ? (uint32_t)seconds * 1000 : l->request.life_ms;
    l->transitions = vonk_json_int(lease, "spec.leaseTransitions", 0);
}

static void say_trouble(const vonk_kube_lease *l, const vonk_error *error)
{
    if (l->request.on_trouble && !l->stopping)
        l->request.on_trouble(l->request.context, error);
}

static void read_done(void *context, const vonk_kube_reply *reply)
{
    vonk_kube_lease *l = context;
    l->sent_ms = 0;
    if (reply->error.status == VONK_OK && reply->object) {
        note(l, reply->object);
        lead(l, l->view.leading && !l->view.held_by_other);
        if (l->view.leading)
            l->view.tried_ms = INT64_MIN; /* time is short: renew at once */
    } else if (reply->status == 404) {
        l->view.seen = true;
        l->view.exists = l->view.held_by_other = false;
        set(&l->revision, NULL);
    } else {
        say_trouble(l, &reply->error);
    }
    step(l);
}

static void write_done(void *context, const vonk_kube_reply *reply)
{
    vonk_kube_lease *l = context;
    int64_t sent = l->sent_ms;
    l->sent_ms = 0;
    if (reply->error.status == VONK_OK && reply->object) {
        note(l, reply->object);
        l->view.renewed_ms = sent;
        lead(l, !l->view.held_by_other && !l->stopping);
    } else { /* somebody else was first, or it is not known: look again */
        l->view.seen = false;
        if (reply->status != 409)
            say_trouble(l, &reply->error);
    }
    step(l);
}

static cJSON *lease_body(const vonk_kube_lease *l, const char *holder)
{
    char now[VONK_KUBE_TIME_SIZE];
    struct timespec ts = {0};
    bool again = l->holder && !strcmp(l->holder, l->request.identity);
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    vonk_kube_time_print_micro((int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000, now);
    cJSON *body = cJSON_CreateObject();
    vonk_json_put_text(body, "apiVersion", "coordination.k8s.io/v1");
    vonk_json_put_text(body, "kind", "Lease");
    cJSON *metadata = vonk_json_put_object(body, "metadata");
    vonk_json_put_text(metadata, "name", l->request.name);
    vonk_json_put_text(metadata, "namespace", l->request.namespace_name);
    if (l->revision)
        vonk_json_put_text(metadata, "resourceVersion", l->revision);
    cJSON *spec = vonk_json_put_object(body, "spec");
    vonk_json_put_text(spec, "holderIdentity", holder);
    vonk_json_put_int(spec, "leaseDurationSeconds",
                      *holder ? (int64_t)(l->request.life_ms + 999) / 1000 : 1);
    vonk_json_put_text(spec, "renewTime", now);
    vonk_json_put_text(spec, "acquireTime", again && l->acquired ? l->acquired : now);
    vonk_json_put_int(spec, "leaseTransitions", l->transitions + !again);
    return body;
}

static vonk_status send(vonk_kube_lease *l, const char *method, const cJSON *body,
                        vonk_kube_done done, vonk_error *err)
{
    bool create = body && !l->revision;
    vonk_kube_request request = {.method = create ? "POST" : method,
                                 .path = create ? l->collection : l->path,
                                 .body = body,
                                 .lane = VONK_KUBE_LANE_URGENT,
                                 .context = l,
                                 .on_done = done,
                                 .timeout_ms = retry_after(l->request.life_ms)};
    l->sent_ms = l->view.tried_ms = vonk_kube_now_ms();
    vonk_status status = vonk_kube_send(l->kube, &request, err);
    if (status != VONK_OK)
        l->sent_ms = 0;
    return status;
}

static void step(void *context)
{
    vonk_kube_lease *l = context;
    vonk_error err = {0};
    int64_t wait, now = vonk_kube_now_ms();
    vonk_status status = VONK_OK;
    if (l->stopping)
        return;
    vonk_lease_step what = vonk_lease_decide(&l->view, l->request.life_ms, now, &wait);
    if (what == VONK_LEASE_LOST) {
        lead(l, false);
        l->view.seen = false;
        wait = 0;
    } else if (what != VONK_LEASE_WAIT && !l->sent_ms) {
        cJSON *body = what == VONK_LEASE_WRITE ? lease_body(l, l->request.identity) : NULL;
        status = send(l, body ? "PUT" : "GET", body, body ? write_done : read_done, &err);
        cJSON_Delete(body);
        wait = retry_after(l->request.life_ms);
    } else if (what != VONK_LEASE_WAIT) {
        wait = retry_after(
            l->request.life_ms); /* the answer goes on; look whether the time runs out */
    }
    if (status != VONK_OK)
        say_trouble(l, &err);
    l->timer.due_ms = now + wait;
}

static void free_lease(vonk_kube_lease *l)
{
    free(l->revision);
    free(l->holder);
    free(l->acquired);
    vonk_arena_free(&l->arena);
    free(l);
}

static vonk_status copy_request(vonk_kube_lease *l, vonk_error *err)
{
    vonk_kube_lease_request *r = &l->request;
    const char **texts[] = {&r->namespace_name, &r->name, &r->identity};
    for (size_t i = 0; i < VONK_LENGTH(texts); i++) {
        *texts[i] = vonk_arena_strndup(&l->arena, *texts[i], strlen(*texts[i]), err);
        VONK_TRY_ALLOC(*texts[i]);
    }
    r->life_ms = r->life_ms ? r->life_ms : LIFE_MS;
    vonk_kube_path path = {.group = "coordination.k8s.io",
                           .version = "v1",
                           .namespace_name = r->namespace_name,
                           .plural = "leases"};
    l->collection = vonk_kube_path_print(&l->arena, &path, NULL, err);
    path.name = r->name;
    l->path = vonk_kube_path_print(&l->arena, &path, NULL, err);
    return l->collection && l->path ? VONK_OK : VONK_NO_MEMORY;
}

vonk_status vonk_kube_lease_start(vonk_kube *kube, const vonk_kube_lease_request *request,
                                  vonk_kube_lease **ret, vonk_error *err)
{
    vonk_kube_lease *l = calloc(1, sizeof(*l));
    if (!l)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    l->kube = kube;
    l->request = *request;
    vonk_status status = copy_request(l, err);
    if (status != VONK_OK) {
        free_lease(l);
        return status;
    }
    l->view = (vonk_lease_view){.life_ms = l->request.life_ms, .tried_ms = INT64_MIN};
    l->timer = (vonk_kube_timer){.context = l, .fire = step, .due_ms = 0};
    vonk_kube_timer_add(kube, &l->timer);
    *ret = l;
    return VONK_OK;
}

bool vonk_kube_lease_leading(const vonk_kube_lease *lease)
{
    return lease->view.leading;
}

void vonk_kube_lease_stop(vonk_kube_lease *l)
{
    vonk_error ignored;
    int64_t until = vonk_kube_now_ms() + RELEASE_MS;
    bool leading = l->view.leading;
    l->stopping = true;
    while (l->sent_ms && vonk_kube_now_ms() < until &&
           vonk_kube_poll(l->kube, 100, &ignored) == VONK_OK)
        continue;
    bool ours = leading || (l->holder && !strcmp(l->holder, l->request.identity));
    if (ours && !l->sent_ms) {
        cJSON *body = lease_body(l, "");
        bool sent = send(l, "PUT", body, write_done, &ignored) == VONK_OK;
        cJSON_Delete(body);
        while (sent && l->sent_ms && vonk_kube_now_ms() < until &&
               vonk_kube_poll(l->kube, 100, &ignored) == VONK_OK)
            continue;
    }
    vonk_kube_timer_remove(l->kube, &l->timer);
    if (!l->sent_ms) /* else an answer may still come for it */
        free_lease(l);
}
