/* /metrics, /healthz and /readyz as a probe and Prometheus see them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "net/http.h"
#include "operator/http.h"

static vonk_op_stats stats;
static vonk_op_http *server;
static vonk_http *client;
static uint16_t port;

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void set_up(void)
{
    vonk_error err = {0};
    vonk_http_settings settings = {.user_agent = "test"};
    vonk_op_stats_init(&stats);
    stats.loop_ms = now_ms();
    cr_assert_eq(vonk_op_http_start(0, &stats, &server, &port, &err), VONK_OK, "%s", err.message);
    cr_assert_eq(vonk_http_new(&settings, &client, &err), VONK_OK, "%s", err.message);
}

static void tear_down(void)
{
    vonk_http_free(client);
    vonk_op_http_stop(server);
    vonk_op_stats_fini(&stats);
}

/* Asks and expects the status and these words. */
static void expect(const char *method, const char *path, int status, const char *words)
{
    char url[128];
    vonk_error err = {0};
    vonk_http_answer answer = {0};
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", port, path);
    vonk_http_request request = {.method = method, .url = url, .timeout_ms = 20000};
    cr_assert_eq(vonk_http_do(client, &request, &answer, &err), VONK_OK, "%s", err.message);
    cr_expect_eq(answer.status, status, "%s %s: %d", method, path, answer.status);
    cr_expect(strstr(vonk_buffer_str(&answer.body), words), "%s: %s", path,
              vonk_buffer_str(&answer.body));
    vonk_http_answer_free(&answer);
}

TestSuite(op_http, .init = set_up, .fini = tear_down);

Test(op_http, readiness_says_what_is_missing)
{
    expect("GET", "/readyz", 503, "starting");
    vonk_op_stats_missing(&stats, "cannot create pods in namespace x\n");
    expect("GET", "/readyz", 503, "create pods");
    vonk_op_stats_missing(&stats, "");
    expect("GET", "/readyz", 200, "ok");
}

Test(op_http, a_loop_that_does_not_come_round_is_not_healthy)
{
    expect("GET", "/healthz", 200, "ok");
    stats.loop_ms = now_ms() - 60000;
    expect("GET", "/healthz", 503, "has not come round");
}

Test(op_http, metrics_are_there_and_other_paths_and_methods_are_not)
{
    expect("GET", "/metrics", 200, "vonk_operator_build_info{version=");
    expect("GET", "/", 404, "/metrics");
    expect("DELETE", "/metrics", 405, "GET");
}

Test(op_http, a_port_that_is_taken_is_named)
{
    vonk_error err = {0};
    vonk_op_http *other = NULL;
    cr_expect_eq(vonk_op_http_start(port, &stats, &other, NULL, &err), VONK_IO);
    cr_expect(strstr(err.message, "taken"), "%s", err.message);
}
