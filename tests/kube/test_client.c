/* Requests: what is tried again, and what an answer means. */
#include <criterion/criterion.h>

#include "kube/access.h"
#include "kube/client.h"
#include "kube/json.h"
#include "support/script_server.h"

typedef struct fixture {
    script_server *server;
    vonk_kube *kube;
    vonk_error err;
} fixture;

static void start(fixture *f, const script_step *steps, size_t n)
{
    *f = (fixture){.server = script_start(steps, n)};
    vonk_kube_config config = {.server = f->server->url, .namespace_name = "n", .token = "t0ken"};
    vonk_kube_settings settings = {.timeout_ms = 2000};
    cr_assert_eq(vonk_kube_new(&config, &settings, &f->kube, &f->err), VONK_OK);
}

static void stop(fixture *f)
{
    vonk_kube_free(f->kube);
    cr_expect_str_eq(script_stop(f->server), "");
}

static vonk_status ask(fixture *f, const char *method, const char *path, int *status)
{
    cJSON *body = strcmp(method, "GET") ? cJSON_Parse("{\"a\":1}") : NULL;
    vonk_kube_request request = {.method = method, .path = path, .body = body};
    *status = 0;
    vonk_status result = vonk_kube_do(f->kube, &request, NULL, status, &f->err);
    cJSON_Delete(body);
    return result;
}

#define SAID(code, reason)                                                                         \
    "{\"kind\":\"Status\",\"code\":" code ",\"reason\":\"" reason "\",\"message\":\"it is " reason \
    "\"}"

Test(client, answers_mean_something)
{
    static const script_step steps[] = {
        {.expect = "GET /a",
         .must_have = "Authorization: Bearer t0ken",
         .reply = REPLY_JSON("200 OK", "{}")},
        {.expect = "POST /b",
         .must_have = "Content-Type: application/json",
         .reply = REPLY_JSON("409 C", SAID("409", "AlreadyExists"))},
        {.expect = "PUT /c", .reply = REPLY_JSON("409 C", SAID("409", "Conflict"))},
        {.expect = "GET /d", .reply = REPLY_JSON("404 N", SAID("404", "NotFound"))},
        {.expect = "POST /e", .reply = REPLY_JSON("422 I", SAID("422", "Invalid"))},
        {.expect = "DELETE /f", .reply = REPLY_JSON("403 F", SAID("403", "Forbidden"))},
        {.expect = "POST /g", .reply = REPLY_JSON("500 E", "<html>")},
        {.expect = "POST /h", .reply = REPLY_JSON("503 E", "")},
    };
    static const struct {
        const char *method, *path;
        vonk_status result;
        int status;
        const char *said;
    } cases[] = {
        {"GET", "/a", VONK_OK, 200, ""},
        {"POST", "/b", VONK_EXISTS, 409, "POST /b: it is AlreadyExists"},
        {"PUT", "/c", VONK_IO, 409, "it is Conflict"},
        {"GET", "/d?token=x", VONK_NOT_FOUND, 404, "GET /d: it is NotFound"},
        {"POST", "/e", VONK_INVALID, 422, "it is Invalid"},
        {"DELETE", "/f", VONK_DENIED, 403, "it is Forbidden"},
        {"POST", "/g", VONK_IO, 500, "HTTP status 500: <html>"},
        {"POST", "/h", VONK_IO, 503, "HTTP status 503"},
    };
    fixture f;
    start(&f, steps, VONK_LENGTH(steps));
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        int status;
        f.err = (vonk_error){0};
        cr_expect_eq(ask(&f, cases[i].method, cases[i].path, &status), cases[i].result, "%s: %s",
                     cases[i].path, f.err.message);
        cr_expect_eq(status, cases[i].status, "%s", cases[i].path);
        cr_expect(strstr(f.err.message, cases[i].said), "%s", f.err.message);
    }
    stop(&f);
}

Test(client, repeats_what_is_safe)
{
    static const script_step steps[] = {
        {.expect = "GET /a", .reply = REPLY_JSON("500 E", "{}")},
        {.expect = "GET /a", .cut = true},
        {.expect = "GET /a", .reply = REPLY_JSON("200 OK", "{}")},
        {.expect = "POST /b",
         .reply = "HTTP/1.1 429 Slow\r\nRetry-After: 0\r\n"
                  "Content-Length: 0\r\n\r\n"},
        {.expect = "POST /b", .reply = REPLY_JSON("201 OK", "{}")},
        {.expect = "POST /c", .cut = true}, /* a kept connection closed: once more, by curl */
        {.expect = "POST /c", .cut = true}, /* a new one: it may have been done, so not again */
    };
    fixture f;
    int status;
    start(&f, steps, VONK_LENGTH(steps));
    cr_expect_eq(ask(&f, "GET", "/a", &status), VONK_OK);
    cr_expect_eq(ask(&f, "POST", "/b", &status), VONK_OK);
    cr_expect_eq(status, 201);
    cr_expect_eq(ask(&f, "POST", "/c", &status), VONK_IO);
    cr_expect_eq(status, 0);
    stop(&f);
}

Test(client, gives_up_in_time)
{
    static const script_step steps[] = {{.expect = "GET /silent", .silent = true}};
    fixture f;
    int status;
    start(&f, steps, VONK_LENGTH(steps));
    cr_expect_eq(ask(&f, "GET", "/silent", &status), VONK_IO);
    stop(&f);
}

Test(client, nobody_there)
{
    vonk_kube *kube;
    vonk_error err;
    vonk_kube_config config = {.server = "http://127.0.0.1:1", .namespace_name = "n"};
    vonk_kube_settings settings = {.timeout_ms = 500};
    vonk_kube_request request = {.method = "GET", .path = "/version"};
    cr_assert_eq(vonk_kube_new(&config, &settings, &kube, &err), VONK_OK);
    cr_expect_eq(vonk_kube_do(kube, &request, NULL, NULL, &err), VONK_IO);
    cr_expect(strstr(err.message, "127.0.0.1:1"), "%s", err.message);
    vonk_kube_free(kube);
}

Test(client, rights_that_are_missing)
{
    static const script_step steps[] = {
        {.expect = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
         .must_have = "\"resource\":\"pods\"",
         .reply = REPLY_JSON("201 OK", "{\"status\":{\"allowed\":true}}")},
        {.expect = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
         .must_have = "\"subresource\":\"status\"",
         .reply = REPLY_JSON("201 OK", "{\"status\":{\"allowed\":false}}")},
    };
    static const vonk_kube_right rights[] = {
        {"create", "", "pods", NULL, "x"},
        {"patch", "vonk.dev", "vonkjobs", "status", "x"},
    };
    fixture f;
    vonk_buffer missing = {0};
    start(&f, steps, 2);
    cr_expect_eq(vonk_kube_check_access(f.kube, rights, 1, &missing, &f.err), VONK_OK);
    cr_expect_eq(missing.length, 0);
    cr_expect_eq(vonk_kube_check_access(f.kube, rights + 1, 1, &missing, &f.err), VONK_OK);
    cr_expect_str_eq(vonk_buffer_str(&missing),
                     "patch vonkjobs/status (vonk.dev) in namespace x\n");
    vonk_buffer_free(&missing);
    stop(&f);
}

typedef struct log_seen {
    vonk_buffer lines;
    bool ended;
    vonk_status status;
} log_seen;

static void on_line(void *context, vonk_slice line)
{
    log_seen *seen = context;
    vonk_buffer_append(&seen->lines, line.data, line.length);
    vonk_buffer_char(&seen->lines, '|');
}

static void on_end(void *context, const vonk_error *error)
{
    log_seen *seen = context;
    seen->ended = true;
    seen->status = error->status;
}

Test(client, follows_logs)
{
    static const script_step steps[] = {
        {.expect = "GET /api/v1/namespaces/n/pods/p/log?follow=true&container=driver",
         .reply = "HTTP/1.1 200 OK\r\n\r\none\ntw",
         .then = {"o\nlast"},
         .cut = true},
        {.expect = "GET /api/v1/namespaces/n/pods/q/log",
         .reply = REPLY_JSON("404 N", SAID("404", "NotFound"))},
    };
    static const struct {
        const char *pod, *lines;
        vonk_status status;
    } cases[] = {{"p", "one|two|last|", VONK_OK}, {"q", "", VONK_NOT_FOUND}};
    fixture f;
    start(&f, steps, 2);
    for (size_t i = 0; i < 2; i++) {
        log_seen seen = {0};
        vonk_kube_log *log;
        vonk_kube_log_request request = {.namespace_name = "n",
                                         .pod = cases[i].pod,
                                         .container = "driver",
                                         .follow = true,
                                         .context = &seen,
                                         .on_line = on_line,
                                         .on_end = on_end};
        cr_assert_eq(vonk_kube_log_start(f.kube, &request, &log, &f.err), VONK_OK);
        for (int k = 0; k < 500 && !seen.ended; k++)
            cr_assert_eq(vonk_kube_poll(f.kube, 20, &f.err), VONK_OK);
        cr_expect(seen.ended);
        cr_expect_eq(seen.status, cases[i].status);
        cr_expect_str_eq(vonk_buffer_str(&seen.lines), cases[i].lines);
        vonk_buffer_free(&seen.lines);
    }
    stop(&f);
}

Test(client, paths)
{
    vonk_arena arena = {0};
    vonk_error err;
    vonk_kube_path job = {"vonk.dev", "v1alpha1", "a b", "vonkjobs", "x", "status"};
    vonk_kube_path pods = {.group = "", .version = "v1", .plural = "pods"};
    cr_expect_str_eq(vonk_kube_path_print(&arena, &job, "force=true", &err),
                     "/apis/vonk.dev/v1alpha1/namespaces/a%20b/vonkjobs/x/status?force=true");
    cr_expect_str_eq(vonk_kube_path_print(&arena, &pods, NULL, &err), "/api/v1/pods");
    vonk_arena_free(&arena);
}
