/* The reflector against scripted replies of an API server. */
#include <criterion/criterion.h>

#include "kube/json.h"
#include "kube/watch.h"
#include "support/script_server.h"

#define LIST(revision, items)                                                                      \
    REPLY_JSON("200 OK", "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"" revision     \
                         "\"},\"items\":[" items "]}")
#define PAGE(revision, next, items)                                                                \
    REPLY_JSON("200 OK", "{\"metadata\":{\"resourceVersion\":\"" revision                          \
                         "\",\"continue\":\"" next "\"},\"items\":[" items "]}")
#define POD(name, revision)                                                                        \
    "{\"metadata\":{\"namespace\":\"n\",\"name\":\"" name "\",\"uid\":\"u-" name                   \
    "\",\"resourceVersion\":\"" revision "\",\"managedFields\":[{}]}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define STREAM              "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
#define STATUS(code, reason)                                                                       \
    "{\"kind\":\"Status\",\"code\":" code ",\"reason\":\"" reason "\",\"message\":\"said " reason  \
    "\"}"
#define BOOKMARK(revision)                                                                         \
    EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"" revision "\"}}")

typedef struct fixture {
    script_server *server;
    vonk_kube *kube;
    vonk_kube_watch *watch;
    vonk_error err;
    vonk_buffer log; /* "+a ~a -a = !message\n" */
    uint32_t n_troubles, n_syncs;
    bool stop_at_first;
} fixture;

static void on_change(void *context, vonk_kube_change change, const cJSON *object,
                      const vonk_error *error)
{
    static const char marks[] = "+~-=!";
    fixture *f = context;
    f->n_troubles += change == VONK_KUBE_TROUBLE;
    f->n_syncs += change == VONK_KUBE_SYNCED;
    vonk_buffer_printf(&f->log, "%c%s ", marks[change],
                       object  ? vonk_json_text(object, "metadata.name")
                       : error ? error->message
                               : "");
    if (object)
        cr_expect_null(vonk_json_at(object, "metadata.managedFields"));
    if (f->stop_at_first && object) {
        vonk_kube_watch_stop(f->watch);
        f->watch = NULL;
    }
}

static void start_with(fixture *f, const script_step *steps, size_t n, const vonk_kube_config *more)
{
    *f = (fixture){.server = script_start(steps, n)};
    vonk_kube_config config = more ? *more : (vonk_kube_config){0};
    config.server = f->server->url;
    config.namespace_name = "n";
    vonk_kube_settings settings = {.timeout_ms = 3000};
    vonk_kube_watch_request request = {.path = "/api/v1/pods",
                                       .label_selector = "a=b,c",
                                       .idle_ms = 300,
                                       .backoff_ms = 1,
                                       .context = f,
                                       .on_change = on_change};
    cr_assert_eq(vonk_kube_new(&config, &settings, &f->kube, &f->err), VONK_OK);
    cr_assert_eq(vonk_kube_watch_start(f->kube, &request, &f->watch, &f->err), VONK_OK);
}

static void start(fixture *f, const script_step *steps, size_t n)
{
    start_with(f, steps, n, NULL);
}

/* Polls until the log has `text`. */
static void wait_for(fixture *f, const char *text)
{
    for (int i = 0; i < 1000 && !strstr(vonk_buffer_str(&f->log), text); i++)
        cr_assert_eq(vonk_kube_poll(f->kube, 20, &f->err), VONK_OK, "%s", f->err.message);
    cr_assert(strstr(vonk_buffer_str(&f->log), text), "waited for '%s', came '%s'", text,
              vonk_buffer_str(&f->log));
}

/* Polls until the server has had n requests. */
static void wait_requests(fixture *f, size_t n)
{
    size_t had = 0;
    for (int i = 0; i < 1000 && had < n; i++) {
        cr_assert_eq(vonk_kube_poll(f->kube, 10, &f->err), VONK_OK);
        pthread_mutex_lock(&f->server->lock);
        had = f->server->n_requests;
        pthread_mutex_unlock(&f->server->lock);
    }
    cr_assert_geq(had, n);
}

static void stop(fixture *f)
{
    vonk_kube_watch_stop(f->watch);
    vonk_kube_free(f->kube);
    cr_expect_str_eq(script_stop(f->server), "");
    vonk_buffer_free(&f->log);
}

#define END_WATCH                                                                                  \
    {                                                                                              \
        .expect = "GET /api/v1/pods?watch", .silent = true                                         \
    }

Test(watch, lists_then_watches)
{
    static const script_step steps[] = {
        {.expect = "GET /api/v1/pods?limit=500&labelSelector=a%3Db%2Cc ",
         .reply = LIST("10", POD("a", "5") "," POD("b", "6"))},
        {.expect = "GET /api/v1/pods?watch=1&allowWatchBookmarks=true&timeoutSeconds=",
         .must_have = "resourceVersion=10",
         .reply = STREAM EVENT("MODIFIED", POD("a", "11")),
         .then = {EVENT("DELETED", POD("b", "12")) EVENT("ADDED", POD("c", "13"))},
         .silent = true},
        END_WATCH,
    };
    fixture f;
    start(&f, steps, 2);
    wait_for(&f, "+a +b = ~a -b +c ");
    cr_expect(vonk_kube_watch_synced(f.watch));
    cr_expect_eq(vonk_kube_watch_count(f.watch), 2);
    cr_expect_not_null(vonk_kube_watch_find(f.watch, "n", "a"));
    cr_expect_null(vonk_kube_watch_find(f.watch, "n", "b"));
    cr_expect_null(vonk_kube_watch_find(f.watch, "m", "a"));
    stop(&f);
}

Test(watch, pages_and_an_expired_page)
{
    static const script_step steps[] = {
        {.expect = "GET /api/v1/pods?limit=500&labelSelector=a%3Db%2Cc ",
         .reply = PAGE("10", "two", POD("a", "5"))},
        {.expect = "GET /api/v1/pods?limit=500&labelSelector=a%3Db%2Cc&continue=two",
         .reply = REPLY_JSON("410 Gone", STATUS("410", "Expired"))},
        {.expect = "GET /api/v1/pods?limit=500&labelSelector=a%3Db%2Cc ",
         .reply = PAGE("20", "three", POD("b", "15"))},
        {.expect = "GET /api/v1/pods?limit=500&labelSelector=a%3Db%2Cc&continue=three",
         .reply = LIST("20", POD("c", "16"))},
        {.expect = "GET /api/v1/pods?watch", .must_have = "resourceVersion=20", .silent = true},
    };
    fixture f;
    start(&f, steps, VONK_LENGTH(steps));
    wait_for(&f, "+a +b +c -a = ");
    wait_requests(&f, 5);
    cr_expect_eq(f.n_troubles, 0);
    stop(&f);
}

/* Both shapes of 410 lead to a new list, and what is gone is told. */
static void check_relist(const script_step *expired)
{
    script_step steps[] = {
        {.expect = "GET /api/v1/pods?limit", .reply = LIST("10", POD("a", "5") "," POD("b", "6"))},
        *expired,
        {.expect = "GET /api/v1/pods?limit", .reply = LIST("90", POD("a", "5") "," POD("c", "80"))},
        {.expect = "GET /api/v1/pods?watch", .must_have = "resourceVersion=90", .silent = true},
    };
    fixture f;
    start(&f, steps, VONK_LENGTH(steps));
    wait_for(&f, "+a +b = +c -b = ");
    wait_requests(&f, 4);
    cr_expect_eq(f.n_troubles, 0);
    stop(&f);
}

Test(watch, gone_as_http_status)
{
    check_relist(&(script_step){.expect = "GET /api/v1/pods?watch",
                                .reply = REPLY_JSON("410 Gone", STATUS("410", "Expired"))});
}

Test(watch, gone_as_error_event)
{
    check_relist(&(script_step){.expect = "GET /api/v1/pods?watch",
                                .reply = STREAM EVENT("ERROR", STATUS("410", "Expired")),
                                .silent = true});
}

Test(watch, goes_on_from_where_a_cut_stream_was)
{
    static const script_step steps[] = {
        {.expect = "GET /api/v1/pods?limit", .reply = LIST("10", "")},
        {.expect = "GET /api/v1/pods?watch",
         .must_have = "resourceVersion=10",
         .reply = STREAM EVENT("ADDED", POD("a", "11")),
         .then = {"{\"type\":\"ADDED\",\"obj"}, /* half a line */
         .cut = true},
        {.expect = "GET /api/v1/pods?watch",
         .must_have = "resourceVersion=11",
         .reply = STREAM BOOKMARK("30"),
         .cut = true},
        {.expect = "GET /api/v1/pods?watch", .must_have = "resourceVersion=30", .silent = true},
    };
    fixture f;
    start(&f, steps, VONK_LENGTH(steps));
    wait_for(&f, "= +a ");
    wait_requests(&f, 4);
    cr_expect_eq(vonk_kube_watch_count(f.watch), 1);
    cr_expect_eq(f.n_syncs, 1, "no new list for a cut stream");
    stop(&f);
}

Test(watch, a_line_may_come_in_pieces)
{
    static const script_step steps[] = {
        {.expect = "GET /api/v1/pods?limit", .reply = LIST("10", "")},
        {.expect = "GET /api/v1/pods?watch",
         .reply = STREAM "{\"type\":\"ADDED\",\"object\":{\"meta",
         .then = {"data\":{\"name\":\"a\",\"namespace\":\"n\",\"resourceVersion\":\"1", "1\"}}}",
                  "\n"},
         .silent = true},
    };
    fixture f;
    start(&f, steps, VONK_LENGTH(steps));
    wait_for(&f, "= +a ");
    stop(&f);
}

Test(watch, a_silent_connection_is_begun_anew)
{
    static const script_step steps[] = {
        {.expect = "GET /api/v1/pods?limit", .reply = LIST("10", POD("a", "9"))},
        {.expect = "GET /api/v1/pods?watch", .reply = STREAM, .silent = true},
        /* as after a restored etcd: everything is older, and right */
        {.expect = "GET /api/v1/pods?limit", .reply = LIST("8", POD("a", "7"))},
        {.expect = "GET /api/v1/pods?watch",
         .must_have = "resourceVersion=8",
         .reply = STREAM EVENT("ADDED", POD("b", "9")),
         .silent = true},
    };
    fixture f;
    start(&f, steps, VONK_LENGTH(steps));
    wait_for(&f, "~a = +b ");
    cr_expect_str_eq(
        vonk_json_text(vonk_kube_watch_find(f.watch, "n", "a"), "metadata.resourceVersion"), "7");
    cr_expect(strstr(vonk_buffer_str(&f.log), "silent"), "%s", vonk_buffer_str(&f.log));
    stop(&f);
}

Test(watch, errors_are_told_and_tried_again)
{
    static const script_step steps[] = {
        {.expect = "GET /api/v1/pods?limit",
         .reply = REPLY_JSON("403 No", STATUS("403", "Forbidden"))},
        {.expect = "GET /api/v1/pods?limit",
         .reply = REPLY_JSON("404 No", STATUS("404", "NotFound"))},
        {.expect = "GET /api/v1/pods?limit", .reply = LIST("10", "")},
        {.expect = "GET /api/v1/pods?watch",
         .reply = REPLY_JSON("500 Oh", STATUS("500", "Internal"))},
        {.expect = "GET /api/v1/pods?watch", .reply = STREAM "no json\n", .silent = true},
        {.expect = "GET /api/v1/pods?watch",
         .reply = STREAM EVENT("ERROR", STATUS("500", "Compacting")),
         .silent = true},
        {.expect = "GET /api/v1/pods?watch",
         .reply = STREAM EVENT("NEW KIND", POD("z", "11")) EVENT("ADDED", POD("a", "12")),
         .silent = true},
    };
    static const char *const said[] = {"said Forbidden", "is its CRD installed", "said Internal",
                                       "no event", "said Compacting"};
    fixture f;
    start(&f, steps, VONK_LENGTH(steps));
    wait_for(&f, "+a ");
    for (size_t i = 0; i < VONK_LENGTH(said); i++)
        cr_expect(strstr(vonk_buffer_str(&f.log), said[i]), "%s", vonk_buffer_str(&f.log));
    cr_expect_eq(f.n_troubles, 5);
    stop(&f);
}

Test(watch, retries_lists_without_a_word)
{
    static const script_step steps[] = {
        {.expect = "GET /api/v1/pods?limit",
         .reply = "HTTP/1.1 429 Slow\r\nRetry-After: 0\r\n"
                  "Content-Length: 0\r\n\r\n"},
        {.expect = "GET /api/v1/pods?limit", .reply = REPLY_JSON("503 Oh", "{}")},
        {.expect = "GET /api/v1/pods?limit", .cut = true},
        {.expect = "GET /api/v1/pods?limit", .reply = LIST("10", POD("a", "5"))},
        END_WATCH,
    };
    fixture f;
    start(&f, steps, VONK_LENGTH(steps));
    wait_for(&f, "+a = ");
    wait_requests(&f, 5);
    cr_expect_eq(f.n_troubles, 0);
    stop(&f);
}

static char *token_file(const char *token)
{
    static char path[] = "/tmp/vonk-test-token-XXXXXX";
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, token, strlen(token)), (ssize_t)strlen(token));
    close(fd);
    return path;
}

Test(watch, takes_a_new_token_after_401)
{
    static const script_step steps[] = {
        {.expect = "GET /api/v1/pods?limit", .must_have = "Bearer old", .reply = LIST("10", "")},
        {.expect = "GET /api/v1/pods?watch",
         .must_have = "Bearer old",
         .reply = STREAM EVENT("ADDED", POD("a", "11")),
         .then = {"{\"type\":"},
         .cut = true},
        {.expect = "GET /api/v1/pods?watch",
         .must_have = "Bearer old",
         .reply = REPLY_JSON("401 No", STATUS("401", "Unauthorized"))},
        {.expect = "GET /api/v1/pods?watch", .must_have = "Bearer new", .silent = true},
    };
    fixture f;
    vonk_kube_config config = {.token_file = token_file("old\n")};
    start_with(&f, steps, VONK_LENGTH(steps), &config);
    wait_for(&f, "+a ");
    FILE *file = fopen(config.token_file, "w");
    cr_assert_not_null(file);
    fputs("new\n", file);
    fclose(file);
    wait_requests(&f, 4);
    unlink(config.token_file);
    stop(&f);
}

Test(watch, own_writes_are_seen_and_old_events_are_not)
{
    static const script_step steps[] = {
        {.expect = "GET /api/v1/pods?limit", .reply = LIST("10", POD("a", "5"))},
        {.expect = "GET /api/v1/pods?watch", .cut = true, .reply = STREAM},
        {.expect = "GET /api/v1/pods?watch",
         .reply = STREAM EVENT("MODIFIED", POD("a", "8")) EVENT("MODIFIED", POD("a", "20"))
             EVENT("ADDED", POD("b", "21")) EVENT("MODIFIED", POD("a", "22")),
         .silent = true},
    };
    fixture f;
    start(&f, steps, VONK_LENGTH(steps));
    wait_for(&f, "+a = ");
    cJSON *written = cJSON_Parse(POD("a", "20")), *made = cJSON_Parse(POD("b", "21"));
    cr_assert_eq(vonk_kube_watch_expect(f.watch, written, &f.err), VONK_OK);
    cr_assert_eq(vonk_kube_watch_expect(f.watch, made, &f.err), VONK_OK);
    cr_expect_str_eq(
        vonk_json_text(vonk_kube_watch_find(f.watch, "n", "a"), "metadata.resourceVersion"), "20");
    wait_for(&f, "~a ");
    cr_expect_null(strstr(vonk_buffer_str(&f.log), "~a ~a"), "8 is old, 20 is known, 22 is news");
    cr_expect_null(strstr(vonk_buffer_str(&f.log), "+b"));
    cJSON_Delete(written);
    cJSON_Delete(made);
    stop(&f);
}

Test(watch, can_be_stopped_from_its_callback)
{
    static const script_step steps[] = {
        {.expect = "GET /api/v1/pods?limit", .reply = LIST("10", POD("a", "5") "," POD("b", "6"))}};
    static const script_step later[] = {
        {.expect = "GET /api/v1/pods?limit", .reply = LIST("10", "")},
        {.expect = "GET /api/v1/pods?watch",
         .reply = STREAM EVENT("ADDED", POD("a", "11")) EVENT("ADDED", POD("b", "12")),
         .silent = true}};
    fixture f;
    start(&f, steps, 1);
    f.stop_at_first = true;
    wait_for(&f, "+a ");
    cr_expect_str_eq(vonk_buffer_str(&f.log), "+a ");
    stop(&f);
    start(&f, later, 2);
    f.stop_at_first = true;
    wait_for(&f, "= +a ");
    for (int i = 0; i < 5; i++)
        cr_assert_eq(vonk_kube_poll(f.kube, 1, &f.err), VONK_OK);
    cr_expect_str_eq(vonk_buffer_str(&f.log), "= +a ");
    stop(&f);
}
