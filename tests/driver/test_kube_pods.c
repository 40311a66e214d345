/* Executor pods against scripted replies of an API server: refusals, ends, a watch that breaks. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "driver/kube_pods.h"
#include "support/script_server.h"

#define PODS     "/api/v1/namespaces/n/pods"
#define POST_POD "POST " PODS
#define ONE      PODS "/j-1-exec-1"
#define LIST(items)                                                                                \
    REPLY_JSON("200 OK", "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"5\"},"         \
                         "\"items\":[" items "]}")
#define OWNER(uid) "\"ownerReferences\":[{\"uid\":\"" uid "\"}]"
#define POD_AT(revision, uid, more)                                                                \
    "{\"metadata\":{\"namespace\":\"n\",\"name\":\"j-1-exec-1\",\"uid\":\"p\","                    \
    "\"resourceVersion\":\"" revision "\"," OWNER(uid) "}" more "}"
#define POD(uid, more) POD_AT("6", uid, more)
#define CREATED        REPLY_JSON("201 Created", POD("u", ""))
#define STATUS(code, reason, message)                                                              \
    "{\"kind\":\"Status\",\"code\":" code ",\"reason\":\"" reason "\",\"message\":\"" message "\"" \
    "}"
#define STREAM      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
#define EVENT(t, o) "{\"type\":\"" t "\",\"object\":" o "}\n"
#define LISTS                                                                                      \
    {                                                                                              \
        .expect = "GET " PODS "?limit", .reply = LIST(""), .forever = true                         \
    }
#define QUIET                                                                                      \
    {                                                                                              \
        .expect = "GET " PODS "?", .reply = STREAM, .silent = true, .forever = true                \
    }
#define DELETES                                                                                    \
    {                                                                                              \
        .expect = "DELETE " ONE, .reply = REPLY_JSON("200 OK", "{}"), .forever = true              \
    }

typedef struct fixture {
    script_server *server;
    vonk_kube_config config;
    vonk_kube_pods_settings settings;
    vonk_allocation *allocation;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint32_t n_ended, number; /* guarded by lock, as the next */
    vonk_status status;
    char why[512];
} fixture;

static void on_ended(void *context, uint32_t number, vonk_status status, const char *why)
{
    fixture *f = context;
    pthread_mutex_lock(&f->lock);
    f->n_ended++;
    f->number = number;
    f->status = status;
    (void)snprintf(f->why, sizeof f->why, "%s", why);
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
    f->allocation->ops->release(f->allocation, number); /* as the cluster does */
}

static void start(fixture *f, const script_step *steps, size_t n)
{
    *f = (fixture){.server = script_start(steps, n)};
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    f->config = (vonk_kube_config){.server = f->server->url, .namespace_name = "n"};
    f->settings = (vonk_kube_pods_settings){.config = &f->config,
                                            .backoff_ms = 10,
                                            .pod = {.namespace_name = "n",
                                                    .job = "j",
                                                    .attempt = "1",
                                                    .driver_pod = "j-1-driver",
                                                    .driver_uid = "u",
                                                    .image = "i",
                                                    .service_account = "s",
                                                    .cpu_millis = 1000,
                                                    .memory = 1 << 30,
                                                    .scratch = 1 << 30}};
    vonk_executor_spec spec = {
        .driver_url = "tcp://1.2.3.4:5", .slots = 1, .context = f, .ended = on_ended};
    vonk_allocation_maker maker = vonk_kube_pods_maker(&f->settings);
    vonk_error err;
    cr_assert_eq(maker.make(maker.context, &spec, &f->allocation, &err), VONK_OK, "%s",
                 err.message);
    f->allocation->ops->request(f->allocation, 1);
}

/* Waits until the pod's end was told, and checks it. */
static void expect_end(fixture *f, vonk_status status, const char *why)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    pthread_mutex_lock(&f->lock);
    while (!f->n_ended && pthread_cond_timedwait(&f->changed, &f->lock, &until) == 0)
        continue;
    cr_expect_eq(f->n_ended, 1);
    cr_expect_eq(f->number, 1);
    cr_expect_eq(f->status, status, "%d: %s", f->status, f->why);
    cr_expect(strstr(f->why, why), "'%s' is not in '%s'", why, f->why);
    pthread_mutex_unlock(&f->lock);
}

/* Waits until the server has seen n such requests. */
static void expect_requests(fixture *f, const char *prefix, size_t n)
{
    static const struct timespec a_little = {.tv_nsec = 5000000};
    for (int i = 0; i < 4000; i++) {
        size_t seen = 0;
        pthread_mutex_lock(&f->server->lock);
        for (size_t r = 0; r < f->server->n_requests; r++)
            seen += !strncmp(f->server->requests[r], prefix, strlen(prefix));
        pthread_mutex_unlock(&f->server->lock);
        if (seen >= n)
            return;
        (void)nanosleep(&a_little, NULL);
    }
    cr_expect_fail("not %zu requests %s", n, prefix);
}

static void expect_request(fixture *f, const char *prefix)
{
    expect_requests(f, prefix, 1);
}

/* Waits until the first pod's wait is explained with `text`; "": until there is none. */
static void expect_explained(fixture *f, const char *text)
{
    static const struct timespec a_little = {.tv_nsec = 1000000};
    char why[300] = "";
    for (int i = 0; i < 20000; i++) {
        f->allocation->ops->explain(f->allocation, 1, why, sizeof why);
        if (*text ? strstr(why, text) != NULL : !*why)
            return;
        (void)nanosleep(&a_little, NULL);
    }
    cr_expect_fail("explained as '%s', not '%s'", why, text);
}

static void stop(fixture *f)
{
    f->allocation->ops->close(f->allocation);
    const char *wrong = script_stop(f->server);
    cr_expect_str_eq(wrong, "");
}

#define START(f, ...)                                                                              \
    static const script_step steps[] = {__VA_ARGS__};                                              \
    start(f, steps, VONK_LENGTH(steps))

Test(kube_pods, a_pod_is_created_for_a_request_and_deleted_at_the_close)
{
    fixture f;
    START(&f, {.expect = POST_POD, .must_have = "\"name\":\"j-1-exec-1\"", .reply = CREATED}, LISTS,
          QUIET, {.expect = "DELETE " ONE, .reply = REPLY_JSON("200 OK", "{}")});
    expect_request(&f, POST_POD);
    stop(&f);
    cr_expect_eq(f.n_ended, 0);
}

Test(kube_pods, the_kernels_killing_is_told_with_the_limit)
{
    fixture f;
    START(&f, {.expect = POST_POD, .reply = CREATED}, LISTS,
          {.expect = "GET " PODS "?",
           .reply = STREAM EVENT("ADDED", POD("u", "")),
           .then = {EVENT("MODIFIED",
                          POD_AT("7", "u",
                                 ",\"spec\":{\"containers\":[{\"name\":\"executor\","
                                 "\"resources\":{\"limits\":{\"memory\":\"1Gi\"}}}]},\"status\":{"
                                 "\"phase\":\"Failed\",\"containerStatuses\":[{\"name\":"
                                 "\"executor\",\"state\":{\"terminated\":{\"exitCode\":137,"
                                 "\"reason\":\"OOMKilled\"}}}]}"))},
           .silent = true},
          DELETES);
    expect_end(&f, VONK_IO, "OOMKilled: it needed more memory than its limit of 1Gi");
    stop(&f);
}

Test(kube_pods, a_pod_that_somebody_deletes_is_told)
{
    fixture f;
    START(&f, {.expect = POST_POD, .reply = CREATED}, LISTS,
          {.expect = "GET " PODS "?",
           .reply = STREAM EVENT("ADDED", POD("u", "")),
           .then = {EVENT("DELETED", POD("u", ""))},
           .silent = true},
          QUIET, DELETES);
    expect_end(&f, VONK_IO, "its pod was deleted");
    stop(&f);
}

Test(kube_pods, a_pod_that_vanished_while_the_watch_was_broken_is_told)
{
    fixture f;
    START(&f, {.expect = POST_POD, .reply = CREATED}, LISTS,
          {.expect = "GET " PODS "?",
           .reply = STREAM EVENT("ADDED", POD("u", "")),
           .then = {EVENT("ERROR", STATUS("410", "Expired", "too old"))},
           .cut = true},
          QUIET, DELETES);
    expect_end(&f, VONK_IO, "its pod was deleted");
    stop(&f);
}

Test(kube_pods, a_name_that_is_taken_is_ours_if_its_owner_is)
{
    fixture f;
    START(&f,
          {.expect = POST_POD,
           .reply = REPLY_JSON("409 Conflict", STATUS("409", "AlreadyExists", "exists"))},
          {.expect = "GET " ONE, .reply = REPLY_JSON("200 OK", POD("u", ""))}, LISTS, QUIET,
          {.expect = "DELETE " ONE, .reply = REPLY_JSON("200 OK", "{}")});
    expect_request(&f, "GET " ONE);
    stop(&f); /* deletes it: it was taken as ours */
    cr_expect_eq(f.n_ended, 0);
}

Test(kube_pods, a_name_that_somebody_else_has_ends_the_request)
{
    fixture f;
    START(&f,
          {.expect = POST_POD,
           .reply = REPLY_JSON("409 Conflict", STATUS("409", "AlreadyExists", "exists"))},
          {.expect = "GET " ONE, .reply = REPLY_JSON("200 OK", POD("another", ""))}, LISTS, QUIET);
    expect_end(&f, VONK_IO, "belongs to somebody else");
    stop(&f);
}

#define QUOTA REPLY_JSON("403 Forbidden", STATUS("403", "Forbidden", "exceeded quota: compute"))

Test(kube_pods, a_full_quota_is_explained)
{
    fixture f;
    START(&f, {.expect = POST_POD, .reply = QUOTA, .forever = true}, LISTS, QUIET, DELETES);
    expect_explained(&f, "exceeded quota");
    stop(&f);
    cr_expect_eq(f.n_ended, 0);
}

Test(kube_pods, a_full_quota_is_waited_for)
{
    fixture f;
    START(&f, {.expect = POST_POD, .reply = QUOTA}, {.expect = POST_POD, .reply = QUOTA},
          {.expect = POST_POD, .reply = CREATED}, LISTS, QUIET,
          {.expect = "DELETE " ONE, .reply = REPLY_JSON("200 OK", "{}")});
    expect_requests(&f, POST_POD, 3);
    expect_explained(&f, "");
    stop(&f); /* deletes it: it was created */
    cr_expect_eq(f.n_ended, 0);
}

Test(kube_pods, a_missing_right_would_be_missing_again)
{
    fixture f;
    START(&f,
          {.expect = POST_POD,
           .reply = REPLY_JSON("403 Forbidden",
                               STATUS("403", "Forbidden", "cannot create resource pods"))},
          LISTS, QUIET);
    expect_end(&f, VONK_DENIED, "cannot create resource pods");
    stop(&f);
}

Test(kube_pods, a_pod_that_is_invalid_would_be_so_again)
{
    fixture f;
    START(&f,
          {.expect = POST_POD,
           .reply = REPLY_JSON("422 Unprocessable Entity",
                               STATUS("422", "Invalid", "spec.nodeSelector: bad"))},
          LISTS, QUIET);
    expect_end(&f, VONK_INVALID, "spec.nodeSelector: bad");
    stop(&f);
}

Test(kube_pods, a_pod_that_cannot_be_scheduled_is_explained_and_deleted_when_released)
{
    fixture f;
    START(&f, {.expect = POST_POD, .reply = CREATED}, LISTS,
          {.expect = "GET " PODS "?",
           .reply = STREAM EVENT(
               "ADDED", POD("u", ",\"status\":{\"phase\":\"Pending\",\"conditions\":[{\"type\":"
                                 "\"PodScheduled\",\"status\":\"False\",\"reason\":"
                                 "\"Unschedulable\",\"message\":\"0/2 nodes\"}]}")),
           .silent = true},
          {.expect = "DELETE " ONE,
           .must_have = "\"gracePeriodSeconds\":0",
           .reply = REPLY_JSON("200 OK", "{}")});
    expect_explained(&f, "Unschedulable: 0/2 nodes");
    f.allocation->ops->release(f.allocation, 1);
    expect_request(&f, "DELETE " ONE);
    stop(&f);
    cr_expect_eq(f.n_ended, 0);
}
