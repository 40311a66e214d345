/* Leases, events and credential plugins against scripted replies. */
#include <criterion/criterion.h>

#include "kube/event.h"
#include "kube/json.h"
#include "kube/lease.h"
#include "support/script_server.h"

#define LEASES "/apis/coordination.k8s.io/v1/namespaces/n/leases"
#define EVENTS "/apis/events.k8s.io/v1/namespaces/n/events"
#define LEASE(revision, holder, seconds)                                                           \
    "{\"metadata\":{\"resourceVersion\":\"" revision "\"},\"spec\":{\"holderIdentity\":\"" holder  \
    "\",\"leaseDurationSeconds\":" seconds                                                         \
    ",\"acquireTime\":\"2026-11-21T06:00:00.000001Z\",\"leaseTransitions\":4}}"
#define NOT_FOUND REPLY_JSON("404 N", "{\"code\":404,\"reason\":\"NotFound\"}")

typedef struct fixture {
    script_server *server;
    vonk_kube *kube;
    vonk_kube_lease *lease;
    vonk_error err;
    uint32_t n_gained, n_lost, n_troubles;
} fixture;

static void start(fixture *f, const script_step *steps, size_t n, vonk_kube_config config)
{
    *f = (fixture){.server = script_start(steps, n)};
    config.server = f->server->url;
    config.namespace_name = "n";
    cr_assert_eq(vonk_kube_new(&config, NULL, &f->kube, &f->err), VONK_OK);
}

static void stop(fixture *f)
{
    vonk_kube_free(f->kube);
    cr_expect_str_eq(script_stop(f->server), "");
}

/* ---- leases ---- */

static void on_change(void *context, bool leading, const char *holder)
{
    fixture *f = context;
    (void)holder;
    f->n_gained += leading;
    f->n_lost += !leading;
}

static void on_trouble(void *context, const vonk_error *error)
{
    fixture *f = context;
    (void)error;
    f->n_troubles++;
}

static void start_lease(fixture *f, uint32_t life_ms)
{
    vonk_kube_lease_request request = {.namespace_name = "n",
                                       .name = "l",
                                       .identity = "me",
                                       .life_ms = life_ms,
                                       .context = f,
                                       .on_change = on_change,
                                       .on_trouble = on_trouble};
    cr_assert_eq(vonk_kube_lease_start(f->kube, &request, &f->lease, &f->err), VONK_OK);
}

/* Polls until the server has had n requests and none is without its reply. */
static void wait_requests(fixture *f, size_t n)
{
    size_t had = 0;
    for (int i = 0; i < 2000 && (had < n || vonk_kube_n_pending(f->kube)); i++) {
        cr_assert_eq(vonk_kube_poll(f->kube, 10, &f->err), VONK_OK);
        pthread_mutex_lock(&f->server->lock);
        had = f->server->n_requests;
        pthread_mutex_unlock(&f->server->lock);
    }
    cr_assert_geq(had, n);
}

Test(lease_requests, a_lost_answer_costs_no_leadership)
{
    static const script_step steps[] = {
        {.expect = "GET " LEASES "/l", .reply = NOT_FOUND},
        {.expect = "POST " LEASES " ",
         .must_have = "\"holderIdentity\":\"me\"",
         .reply = REPLY_JSON("201 C", LEASE("1", "me", "6"))},
        {.expect = "PUT " LEASES "/l", /* done, but its answer is cut */
         .must_have = "\"resourceVersion\":\"1\"",
         .reply = "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{",
         .cut = true},
        {.expect = "GET " LEASES "/l", .reply = REPLY_JSON("200 OK", LEASE("2", "me", "6"))},
        {.expect = "PUT " LEASES "/l",
         .must_have = "\"resourceVersion\":\"2\"",
         .reply = REPLY_JSON("200 OK", LEASE("3", "me", "6"))},
        {.expect = "PUT " LEASES "/l",
         .must_have = "\"holderIdentity\":\"\"",
         .reply = REPLY_JSON("200 OK", LEASE("4", "", "1"))},
    };
    fixture f;
    start(&f, steps, VONK_LENGTH(steps), (vonk_kube_config){0});
    start_lease(&f, 6000);
    wait_requests(&f, 5);
    cr_expect(vonk_kube_lease_leading(f.lease));
    cr_expect_eq(f.n_gained, 1);
    cr_expect_eq(f.n_lost, 0);
    cr_expect_eq(f.n_troubles, 1, "the cut answer is told");
    cr_expect(strstr(f.server->requests[4], "\"acquireTime\":\"2026-11-21T06:00:00.000001Z\""),
              "renewing is not acquiring: %s", f.server->requests[4]);
    cr_expect(strstr(f.server->requests[4], "\"leaseTransitions\":4"));
    vonk_kube_lease_stop(f.lease);
    cr_expect_eq(f.n_lost, 1);
    stop(&f);
}

Test(lease_requests, another_is_first_then_falls_silent)
{
    static const script_step steps[] = {
        {.expect = "GET " LEASES "/l", .reply = NOT_FOUND},
        {.expect = "POST " LEASES " ",
         .reply = REPLY_JSON("409 C", "{\"code\":409,\"reason\":\"AlreadyExists\"}")},
        {.expect = "GET " LEASES "/l",
         .reply = REPLY_JSON("200 OK", LEASE("5", "other", "1")),
         .forever = true},
        {.expect = "PUT " LEASES "/l", /* two try to take over: we are second */
         .must_have = "\"resourceVersion\":\"5\"",
         .reply = REPLY_JSON("409 C", "{\"code\":409,\"reason\":\"Conflict\"}")},
        {.expect = "PUT " LEASES "/l",
         .must_have = "\"leaseTransitions\":5",
         .reply = REPLY_JSON("200 OK", LEASE("6", "me", "1"))},
        {.expect = "PUT " LEASES "/l",
         .reply = REPLY_JSON("200 OK", LEASE("7", "me", "1")),
         .forever = true},
    };
    fixture f;
    start(&f, steps, VONK_LENGTH(steps), (vonk_kube_config){0});
    start_lease(&f, 700);
    wait_requests(&f, 3);
    cr_expect_eq(f.n_gained, 0);
    cr_expect_not(vonk_kube_lease_leading(f.lease));
    for (int i = 0; i < 2000 && !f.n_gained; i++)
        cr_assert_eq(vonk_kube_poll(f.kube, 10, &f.err), VONK_OK);
    cr_expect_eq(f.n_gained, 1);
    cr_expect_eq(f.n_troubles, 0, "a conflict is no trouble");
    vonk_kube_lease_stop(f.lease);
    stop(&f);
}

/* ---- events ---- */

Test(events, repeats_are_a_series)
{
    static const script_step steps[] = {
        {.expect = "POST " EVENTS " ",
         .must_have = "\"action\":\"CreateDriver\"",
         .reply = REPLY_JSON("201 C", "{}")},
        {.expect = "PATCH " EVENTS "/job.",
         .must_have = "\"series\":{\"count\":2,",
         .reply = REPLY_JSON("200 OK", "{}")},
        {.expect = "PATCH " EVENTS "/job.",
         .must_have = "\"series\":{\"count\":3,",
         .reply = REPLY_JSON("200 OK", "{}")},
        {.expect = "POST " EVENTS " ",
         .must_have = "\"type\":\"Warning\"",
         .reply = REPLY_JSON("403 F", "{}")},
    };
    static char note[3000];
    fixture f;
    vonk_kube_events *events;
    cJSON *job = cJSON_Parse("{\"metadata\":{\"name\":\"job\",\"namespace\":\"n\",\"uid\":\"u\","
                             "\"resourceVersion\":\"7\"}}");
    vonk_kube_event event = {.regarding = job,
                             .api_version = "vonk.dev/v1alpha1",
                             .kind = "VonkJob",
                             .reason = "DriverCreated",
                             .action = "CreateDriver",
                             .note = "first"};
    start(&f, steps, VONK_LENGTH(steps), (vonk_kube_config){0});
    cr_assert_eq(vonk_kube_events_new(f.kube, "vonk.dev/operator", "pod", &events, &f.err),
                 VONK_OK);
    for (size_t i = 0; i < 3; i++) {
        vonk_kube_event_post(events, &event);
        wait_requests(&f, i + 1);
    }
    memset(note, 'x', sizeof(note) - 1);
    event.note = note;
    event.warning = true;
    vonk_kube_event_post(events, &event);
    wait_requests(&f, 4);
    const char *first = f.server->requests[0], *last = f.server->requests[3];
    cr_expect(strstr(first, "\"kind\":\"VonkJob\""), "%s", first);
    cr_expect(strstr(first, "\"reportingController\":\"vonk.dev/operator\""), "%s", first);
    cr_expect(strstr(f.server->requests[1], "Content-Type: application/merge-patch+json"));
    note[1001] = 0;
    cr_expect_not(strstr(last, note), "1,001 bytes of a note");
    note[1000] = 0;
    cr_expect(strstr(last, note), "%s", last);
    vonk_kube_events_free(events);
    cJSON_Delete(job);
    stop(&f);
}

/* ---- credential plugins ---- */

#define PLUGIN                                                                                     \
    "case \"$KUBERNETES_EXEC_INFO\" in *authentication.k8s.io/v1beta1*) t=told;; esac; "           \
    "echo \"{\\\"status\\\":{\\\"token\\\":\\\"$t-$X\\\"}}\""

Test(plugins, print_tokens)
{
    static const char *const good[] = {"/bin/sh", "-c", PLUGIN, NULL};
    static const char *const bad[] = {"/bin/sh", "-c", "exit 3", NULL};
    static const char *const env[] = {"X=y", NULL};
    static const script_step steps[] = {{.expect = "GET /a",
                                         .must_have = "Authorization: Bearer told-y\r\n",
                                         .reply = REPLY_JSON("200 OK", "{}")}};
    vonk_kube_config config = {
        .exec = good, .exec_env = env, .exec_api_version = "client.authentication.k8s.io/v1beta1"};
    vonk_kube_request request = {.method = "GET", .path = "/a"};
    fixture f;
    start(&f, steps, 1, config);
    cr_expect_eq(vonk_kube_do(f.kube, &request, NULL, NULL, &f.err), VONK_OK, "%s", f.err.message);
    stop(&f);
    config.exec = bad;
    start(&f, steps, 0, config);
    cr_expect_eq(vonk_kube_do(f.kube, &request, NULL, NULL, &f.err), VONK_DENIED);
    cr_expect(strstr(f.err.message, "plugin /bin/sh failed"), "%s", f.err.message);
    stop(&f);
}
