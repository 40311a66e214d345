/* The HTTP client against a server that does as the test says. */
#include <criterion/criterion.h>

#include "net/http.h"
#include "net/retry.h"
#include "support/script_server.h"

typedef struct fixture {
    script_server *server;
    vonk_http *http;
    vonk_error err;
} fixture;

static void start(fixture *f, const script_step *steps, size_t n)
{
    *f = (fixture){.server = script_start(steps, n)};
    cr_assert_eq(vonk_http_new(NULL, &f->http, &f->err), VONK_OK);
}

static void stop(fixture *f)
{
    vonk_http_free(f->http);
    cr_expect_str_eq(script_stop(f->server), "");
}

static vonk_status ask(fixture *f, const char *method, const char *path, const char *body,
                       vonk_http_answer *ret)
{
    char url[256];
    snprintf(url, sizeof url, "%s%s", f->server->url, path);
    vonk_http_request request = {
        .method = method, .url = url, .idle_ms = 300, .body = vonk_slice_of(body ? body : "")};
    return vonk_http_do(f->http, &request, ret, &f->err);
}

Test(http, methods_and_bodies)
{
    static const script_step steps[] = {
        {.expect = "GET /a?x=1", .reply = REPLY_JSON("200 OK", "hello")},
        {.expect = "PUT /b", .must_have = "Content-Length: 4", .reply = REPLY_JSON("201 Made", "")},
        {.expect = "POST /c", .must_have = "Content-Length: 0", .reply = REPLY_JSON("404 No", "n")},
        {.expect = "PATCH /d", .must_have = "body", .reply = REPLY_JSON("200 OK", "d")},
        {.expect = "DELETE /e", .reply = "HTTP/1.1 204 Gone\r\n\r\n"},
        {.expect = "HEAD /f", .reply = "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n"},
        {.expect = "GET /g/../h/./i", .reply = REPLY_JSON("200 OK", "a key may be so")},
    };
    static const struct {
        const char *method, *path, *body;
        int status;
        const char *answer;
    } cases[] = {
        {"GET", "/a?x=1", NULL, 200, "hello"},
        {"PUT", "/b", "bbbb", 201, ""},
        {"POST", "/c", NULL, 404, "n"},
        {"PATCH", "/d", "body", 200, "d"},
        {"DELETE", "/e", NULL, 204, ""},
        {"HEAD", "/f", NULL, 200, ""},
        {"GET", "/g/../h/./i", NULL, 200, "a key may be so"},
    };
    fixture f;
    start(&f, steps, VONK_LENGTH(steps));
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        vonk_http_answer answer;
        cr_expect_eq(ask(&f, cases[i].method, cases[i].path, cases[i].body, &answer), VONK_OK, "%s",
                     f.err.message);
        cr_expect_eq(answer.status, cases[i].status);
        cr_expect_str_eq(vonk_buffer_str(&answer.body), cases[i].answer);
        if (!strcmp(cases[i].method, "HEAD")) {
            vonk_slice length = vonk_http_answer_header(&answer, "content-length");
            cr_expect(vonk_slice_equal(length, VONK_SLICE("77")));
        }
        vonk_http_answer_free(&answer);
    }
    cr_expect_eq(f.server->n_accepted, 1, "one kept connection, not %zu", f.server->n_accepted);
    stop(&f);
}

Test(http, broken_answers)
{
    static const script_step steps[] = {
        {.expect = "GET /cut",
         .reply = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
         .cut = true},
        {.expect = "GET /silent", .silent = true},
        {.expect = "GET /stalls",
         .reply = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
         .silent = true},
        {.expect = "GET /noise", .reply = "what?\r\n\r\n", .cut = true},
    };
    static const char *const paths[] = {"/cut", "/silent", "/stalls", "/noise"};
    fixture f;
    start(&f, steps, VONK_LENGTH(steps));
    for (size_t i = 0; i < VONK_LENGTH(paths); i++) {
        vonk_http_answer answer;
        cr_expect_eq(ask(&f, "GET", paths[i], NULL, &answer), VONK_IO, "%s", paths[i]);
        cr_expect_not(answer.refused, "%s", paths[i]);
        cr_expect(strstr(f.err.message, paths[i]), "%s", f.err.message);
        vonk_http_answer_free(&answer);
    }
    stop(&f);
}

Test(http, refused_and_senseless_requests)
{
    static const char *const urls[] = {"file:///etc/passwd", "ftp://host/", "http://a b/", "",
                                       "http://h/\r\nX: y"};
    static const char *const headers[] = {"no colon", "X: a\r\nY: b"};
    fixture f;
    vonk_http_answer answer;
    start(&f, NULL, 0);
    for (size_t i = 0; i < VONK_LENGTH(urls); i++) {
        vonk_http_request request = {.method = "GET", .url = urls[i]};
        cr_expect_eq(vonk_http_do(f.http, &request, &answer, &f.err), VONK_INVALID, "%s", urls[i]);
        vonk_http_answer_free(&answer);
    }
    for (size_t i = 0; i < VONK_LENGTH(headers); i++) {
        vonk_http_request request = {
            .method = "GET", .url = f.server->url, .n_headers = 1, .headers = &headers[i]};
        cr_expect_eq(vonk_http_start(f.http, &request, NULL, &f.err), VONK_INVALID);
    }
    vonk_http_request spaced = {.method = "GET /x", .url = f.server->url};
    cr_expect_eq(vonk_http_start(f.http, &spaced, NULL, &f.err), VONK_INVALID);
    vonk_http_request nobody = {.method = "GET", .url = "http://127.0.0.1:1/x?secret=1"};
    cr_expect_eq(vonk_http_do(f.http, &nobody, &answer, &f.err), VONK_IO);
    cr_expect(answer.refused);
    cr_expect_null(strstr(f.err.message, "secret"));
    vonk_http_answer_free(&answer);
    stop(&f);
}

typedef struct counter {
    vonk_http *http;
    vonk_http_call *other;
    size_t n_done, n_bytes, n_pieces, most;
    vonk_status last;
} counter;

static void count_done(void *context, const vonk_http_response *response)
{
    counter *c = context;
    c->n_done++;
    c->last = response->error.status;
}

static bool count_data(void *context, int status, vonk_slice bytes)
{
    counter *c = context;
    c->n_bytes += status == 200 ? bytes.length : 0;
    c->n_pieces++;
    return c->n_pieces < c->most;
}

static void poll_until(fixture *f, const size_t *n, size_t wanted)
{
    for (int i = 0; i < 1000 && *n < wanted; i++)
        cr_assert_eq(vonk_http_poll(f->http, 10, &f->err), VONK_OK);
    cr_assert_geq(*n, wanted);
}

Test(http, many_at_once)
{
    static const script_step steps[] = {
        {.expect = "GET /", .reply = REPLY_JSON("200 OK", "x"), .forever = true}};
    fixture f;
    counter c = {0};
    start(&f, steps, 1);
    for (int i = 0; i < 200; i++) {
        vonk_http_request request = {
            .method = "GET", .url = f.server->url, .context = &c, .on_done = count_done};
        cr_assert_eq(vonk_http_start(f.http, &request, NULL, &f.err), VONK_OK);
    }
    cr_expect_eq(vonk_http_n_calls(f.http), 200);
    poll_until(&f, &c.n_done, 200);
    cr_expect_eq(vonk_http_n_calls(f.http), 0);
    cr_expect_leq(f.server->n_accepted, 16);
    stop(&f);
}

Test(http, streams_come_in_pieces)
{
    static const script_step steps[] = {{.expect = "GET /",
                                         .reply = "HTTP/1.1 200 OK\r\n\r\none\n",
                                         .then = {"two\n", "three\n"},
                                         .cut = true}};
    fixture f;
    counter c = {.most = 100};
    start(&f, steps, 1);
    vonk_http_request request = {.method = "GET",
                                 .url = f.server->url,
                                 .context = &c,
                                 .on_data = count_data,
                                 .on_done = count_done};
    cr_assert_eq(vonk_http_start(f.http, &request, NULL, &f.err), VONK_OK);
    poll_until(&f, &c.n_done, 1);
    cr_expect_eq(c.n_bytes, 14);
    cr_expect_geq(c.n_pieces, 2);
    cr_expect_eq(c.last, VONK_OK);
    stop(&f);
}

Test(http, a_stream_can_be_stopped_from_inside)
{
    static const script_step steps[] = {
        {.expect = "GET /", .reply = "HTTP/1.1 200 OK\r\n\r\none\n", .silent = true}};
    fixture f;
    counter c = {.most = 1};
    start(&f, steps, 1);
    vonk_http_request request = {.method = "GET",
                                 .url = f.server->url,
                                 .context = &c,
                                 .on_data = count_data,
                                 .on_done = count_done};
    cr_assert_eq(vonk_http_start(f.http, &request, NULL, &f.err), VONK_OK);
    poll_until(&f, &c.n_done, 1);
    cr_expect_eq(c.last, VONK_CANCELLED);
    stop(&f);
}

static void cancel_other(void *context, const vonk_http_response *response)
{
    counter *c = context;
    (void)response;
    c->n_done++;
    vonk_http_cancel(c->other);
    vonk_http_request more = {
        .method = "GET", .url = "http://127.0.0.1:1/", .context = c, .on_done = count_done};
    cr_assert_eq(vonk_http_start(c->http, &more, NULL, NULL), VONK_OK);
}

Test(http, callbacks_start_and_cancel_calls)
{
    static const script_step steps[] = {
        {.expect = "GET /first", .reply = REPLY_JSON("200 OK", "x")},
        {.expect = "GET /other", .silent = true},
    };
    fixture f;
    counter c = {0}, other = {0};
    char url[2][80];
    start(&f, steps, 2);
    c.http = f.http;
    snprintf(url[0], sizeof url[0], "%s/other", f.server->url);
    snprintf(url[1], sizeof url[1], "%s/first", f.server->url);
    vonk_http_request second = {
        .method = "GET", .url = url[0], .context = &other, .on_done = count_done};
    vonk_http_request first = {
        .method = "GET", .url = url[1], .context = &c, .on_done = cancel_other};
    cr_assert_eq(vonk_http_start(f.http, &second, &c.other, &f.err), VONK_OK);
    cr_assert_eq(vonk_http_start(f.http, &first, NULL, &f.err), VONK_OK);
    poll_until(&f, &c.n_done, 2); /* its own, and the one that it started */
    cr_expect_eq(other.n_done, 0);
    cr_expect_eq(c.last, VONK_IO);
    cr_expect_eq(vonk_http_n_calls(f.http), 0);
    stop(&f);
}

Test(http, long_answers_are_refused)
{
    static const script_step steps[] = {
        {.expect = "GET /", .reply = REPLY_JSON("200 OK", "12345")}};
    fixture f;
    vonk_http_answer answer;
    start(&f, steps, 1);
    vonk_http_request request = {.method = "GET", .url = f.server->url, .max_body = 4};
    cr_expect_eq(vonk_http_do(f.http, &request, &answer, &f.err), VONK_CORRUPT);
    vonk_http_answer_free(&answer);
    stop(&f);
}

static void *wake_up(void *http)
{
    vonk_http_wake(http);
    return NULL;
}

Test(http, another_thread_can_wake_it, .timeout = 20)
{
    fixture f;
    pthread_t thread;
    start(&f, NULL, 0);
    cr_assert_eq(pthread_create(&thread, NULL, wake_up, f.http), 0);
    cr_assert_eq(vonk_http_poll(f.http, 60000, &f.err), VONK_OK); /* or the test times out */
    pthread_join(thread, NULL);
    stop(&f);
}

Test(http, a_wake_before_the_poll_counts, .timeout = 20)
{
    fixture f;
    start(&f, NULL, 0);
    vonk_http_wake(f.http);
    cr_assert_eq(vonk_http_poll(f.http, 60000, &f.err), VONK_OK); /* or the test times out */
    stop(&f);
}

/* What a call says that is due in a few milliseconds. */
static void expect_late(fixture *f, vonk_http_request request, bool refused)
{
    vonk_http_answer answer;
    cr_expect_eq(vonk_http_do(f->http, &request, &answer, &f->err), VONK_IO, "%s", request.url);
    cr_expect_eq(answer.refused, refused, "%s: %s", request.url, f->err.message);
    vonk_http_answer_free(&answer);
}

Test(http, calls_have_a_time_limit)
{
    static const script_step steps[] = {{.expect = "POST /", .silent = true}};
    fixture f;
    start(&f, steps, 1);
    expect_late(&f, (vonk_http_request){.method = "POST", .url = f.server->url, .timeout_ms = 100},
                false);
    stop(&f);
}

/* A listener that accepts nobody: TLS never gets an answer. */
Test(http, a_connection_that_never_stands_is_refused)
{
    static const vonk_http_settings hasty = {.connect_ms = 100};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    fixture f = {0};
    char url[64];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(fd, 4), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(url, sizeof url, "https://127.0.0.1:%d/", ntohs(address.sin_port));
    cr_assert_eq(vonk_http_new(&hasty, &f.http, &f.err), VONK_OK);
    expect_late(&f, (vonk_http_request){.method = "POST", .url = url}, true);
    vonk_http_free(f.http);
    close(fd);
}

/* The second call waits for the only connection for longer than it may be silent. */
Test(http, waiting_for_a_connection_is_not_silence)
{
    static const script_step steps[] = {
        {.expect = "GET /slow", .silent = true},
        {.expect = "GET /next", .reply = REPLY_JSON("200 OK", "x")},
    };
    static const vonk_http_settings one = {.max_connections = 1};
    fixture f = {.server = script_start(steps, 2)};
    counter slow = {0}, next = {0};
    char url[2][80];
    cr_assert_eq(vonk_http_new(&one, &f.http, &f.err), VONK_OK);
    snprintf(url[0], sizeof url[0], "%s/slow", f.server->url);
    snprintf(url[1], sizeof url[1], "%s/next", f.server->url);
    vonk_http_request first = {
        .method = "GET", .url = url[0], .idle_ms = 1500, .context = &slow, .on_done = count_done};
    vonk_http_request second = {
        .method = "GET", .url = url[1], .idle_ms = 750, .context = &next, .on_done = count_done};
    cr_assert_eq(vonk_http_start(f.http, &first, NULL, &f.err), VONK_OK);
    cr_assert_eq(vonk_http_poll(f.http, 0, &f.err), VONK_OK); /* has the connection */
    cr_assert_eq(vonk_http_start(f.http, &second, NULL, &f.err), VONK_OK);
    poll_until(&f, &next.n_done, 1);
    cr_expect_eq(next.last, VONK_OK);
    cr_expect_eq(slow.last, VONK_IO); /* after 1500 ms of silence */
    stop(&f);
}

Test(http, messages_hold_no_password)
{
    fixture f;
    vonk_http_answer answer;
    start(&f, NULL, 0);
    vonk_http_request request = {.method = "GET", .url = "http://me:secret@127.0.0.1:1/x"};
    cr_expect_eq(vonk_http_do(f.http, &request, &answer, &f.err), VONK_IO);
    cr_expect_null(strstr(f.err.message, "secret"), "%s", f.err.message);
    cr_expect(strstr(f.err.message, "GET http://127.0.0.1:1/x"), "%s", f.err.message);
    vonk_http_answer_free(&answer);
    stop(&f);
}

Test(url, escapes)
{
    vonk_buffer out = {0};
    vonk_url_escape(&out, VONK_SLICE("a/k=v w\xc3\xa9~"), true);
    cr_expect_str_eq(vonk_buffer_str(&out), "a/k%3Dv%20w%C3%A9~");
    out.length = 0;
    vonk_url_escape(&out, VONK_SLICE("a/b"), false);
    cr_expect_str_eq(vonk_buffer_str(&out), "a%2Fb");
    vonk_buffer_free(&out);
}

Test(retry, waits_longer_and_not_for_ever)
{
    vonk_backoff b = {.base_ms = 100, .max_ms = 3000, .dice = 7};
    for (uint32_t n = 0; n < 50; n++) {
        uint64_t most = n < 5 ? 100u << n : 3000;
        cr_expect_leq(vonk_backoff_next(&b), most);
    }
    vonk_backoff_reset(&b);
    cr_expect_leq(vonk_backoff_next(&b), 100);
}

Test(retry, reads_retry_after)
{
    cr_expect_eq(vonk_retry_after_ms(VONK_SLICE("7"), 0), 7000);
    cr_expect_eq(vonk_retry_after_ms(VONK_SLICE("0"), 0), 0);
    cr_expect_eq(vonk_retry_after_ms(VONK_SLICE("99999999"), 0), 3600000);
    cr_expect_eq(vonk_retry_after_ms(VONK_SLICE("Wed, 21 Oct 2015 07:28:00 GMT"), 1445412470),
                 10000);
    cr_expect_eq(vonk_retry_after_ms(VONK_SLICE("Wed, 21 Oct 2015 07:28:00 GMT"), 1545412470), 0);
    cr_expect_eq(vonk_retry_after_ms(VONK_SLICE("soon"), 0), -1);
    cr_expect_eq(vonk_retry_after_ms(VONK_SLICE(""), 0), -1);
    cr_expect(vonk_http_is_transient(503) && !vonk_http_is_transient(404));
}
