/* Templates, times, leases and configurations. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

#include "kube/config.h"
#include "kube/json.h"
#include "kube/lease.h"
#include "kube/template.h"
#include "kube/time.h"

/* ---- templates ---- */

Test(template, merges_as_kubernetes_does)
{
    static const struct {
        const char *base, *over, *merged; /* merged NULL: refused */
    } cases[] = {
        {"{\"spec\":{\"a\":1}}", "{\"spec\":{\"b\":2},\"metadata\":{\"labels\":{\"x\":\"y\"}}}",
         "{\"spec\":{\"a\":1,\"b\":2},\"metadata\":{\"labels\":{\"x\":\"y\"}}}"},
        {"{\"spec\":{\"a\":1,\"c\":2}}", "{\"spec\":{\"a\":null}}", "{\"spec\":{\"c\":2}}"},
        {"{\"spec\":{\"containers\":[{\"name\":\"driver\",\"image\":\"i\",\"env\":[{\"name\":\"A\","
         "\"value\":\"1\"}]}]}}",
         "{\"spec\":{\"containers\":[{\"name\":\"side\"},{\"name\":\"driver\",\"env\":[{\"name\":"
         "\"B\",\"value\":\"2\"},{\"name\":\"A\",\"value\":\"3\"}]}]}}",
         "{\"spec\":{\"containers\":[{\"name\":\"driver\",\"image\":\"i\",\"env\":[{\"name\":\"A\","
         "\"value\":\"3\"},{\"name\":\"B\",\"value\":\"2\"}]},{\"name\":\"side\"}]}}"},
        {"{\"spec\":{\"tolerations\":[1,2]}}", "{\"spec\":{\"tolerations\":[3]}}",
         "{\"spec\":{\"tolerations\":[3]}}"},
        {"{\"spec\":{\"volumes\":[{\"name\":\"a\"},{\"name\":\"b\"}]}}",
         "{\"spec\":{\"volumes\":[{\"name\":\"a\",\"$patch\":\"delete\"}]}}",
         "{\"spec\":{\"volumes\":[{\"name\":\"b\"}]}}"},
        {"{\"spec\":{\"volumes\":[{\"name\":\"a\"}]}}",
         "{\"spec\":{\"volumes\":[{\"$patch\":\"replace\"},{\"name\":\"z\"}]}}",
         "{\"spec\":{\"volumes\":[{\"name\":\"z\"}]}}"},
        {"{\"spec\":{\"x\":{\"a\":1}}}", "{\"spec\":{\"x\":{\"$patch\":\"replace\",\"b\":2}}}",
         "{\"spec\":{\"x\":{\"b\":2}}}"},
        {"{\"spec\":{\"volumes\":[{\"name\":\"a\"}]}}", "{\"spec\":{\"volumes\":[{\"x\":1}]}}",
         NULL},
        {"{\"spec\":{\"a\":1}}", "{\"spec\":[1]}", NULL},
        {"{}", "3", NULL},
        {"{\"a\":1}", "null", "{\"a\":1}"},
    };
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        vonk_error err;
        cJSON *base = cJSON_Parse(cases[i].base), *over = cJSON_Parse(cases[i].over), *ret = NULL;
        vonk_status status = vonk_kube_template_merge(base, over, &ret, &err);
        if (!cases[i].merged) {
            cr_expect_eq(status, VONK_INVALID, "case %zu", i);
        } else {
            cJSON *wanted = cJSON_Parse(cases[i].merged);
            cr_assert_eq(status, VONK_OK, "case %zu: %s", i, err.message);
            char *text = cJSON_PrintUnformatted(ret);
            cr_expect(cJSON_Compare(ret, wanted, true), "case %zu: %s", i, text);
            free(text);
            cJSON_Delete(wanted);
        }
        cJSON_Delete(base);
        cJSON_Delete(over);
        cJSON_Delete(ret);
    }
}

/* ---- times ---- */

Test(time, reads_and_prints)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {{"1970-01-01T00:00:00Z", 0},
                 {"2026-11-21T06:13:32Z", 1795241612},
                 {"2026-11-21T06:13:32.123456Z", 1795241612},
                 {"2026-11-21T08:13:32+02:00", 1795241612},
                 {"2026-11-21T01:43:32-04:30", 1795241612}};
    static const char *const bad[] = {"", "2026-11-21", "2026-11-21T06:13:32", "now",
                                      "2026-11-21T06:13:32Zz"};
    char text[VONK_KUBE_TIME_SIZE];
    int64_t seconds;
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        cr_expect(vonk_kube_time_parse(cases[i].text, &seconds), "%s", cases[i].text);
        cr_expect_eq(seconds, cases[i].seconds, "%s: %ld", cases[i].text, (long)seconds);
    }
    for (size_t i = 0; i < VONK_LENGTH(bad); i++)
        cr_expect_not(vonk_kube_time_parse(bad[i], &seconds), "%s", bad[i]);
    cr_expect_str_eq(vonk_kube_time_print(1795241612, text), "2026-11-21T06:13:32Z");
    cr_expect_str_eq(vonk_kube_time_print_micro(1795241612000042, text),
                     "2026-11-21T06:13:32.000042Z");
}

/* ---- leases ---- */

#define LIFE 15000

static vonk_lease_step decide(const vonk_lease_view *view, int64_t now)
{
    int64_t wait = -1;
    vonk_lease_step step = vonk_lease_decide(view, LIFE, now, &wait);
    cr_expect((step == VONK_LEASE_WAIT) == (wait > 0), "%d waits %ld", (int)step, (long)wait);
    return step;
}

Test(lease, follows_and_takes_over)
{
    vonk_lease_view v = {.life_ms = LIFE, .tried_ms = INT64_MIN};
    cr_expect_eq(decide(&v, 0), VONK_LEASE_READ);
    v.tried_ms = 0;
    cr_expect_eq(decide(&v, 10), VONK_LEASE_WAIT);
    v.seen = true; /* there is none */
    cr_expect_eq(decide(&v, 10), VONK_LEASE_WRITE);
    v.exists = v.held_by_other = true;
    v.changed_ms = 10;
    cr_expect_eq(decide(&v, 20), VONK_LEASE_WAIT);
    cr_expect_eq(decide(&v, 3000), VONK_LEASE_READ);
    v.tried_ms = LIFE;
    cr_expect_eq(decide(&v, LIFE + 9), VONK_LEASE_WAIT);
    cr_expect_eq(decide(&v, LIFE + 10), VONK_LEASE_WRITE);
}

Test(lease, a_leader_stops_before_another_may_begin)
{
    vonk_lease_view v = {.leading = true, .seen = true, .exists = true, .life_ms = LIFE};
    v.renewed_ms = v.tried_ms = 1000;
    cr_expect_eq(decide(&v, 2000), VONK_LEASE_WAIT);
    cr_expect_eq(decide(&v, 6000), VONK_LEASE_WRITE);
    v.tried_ms = 6000; /* it failed */
    cr_expect_eq(decide(&v, 6100), VONK_LEASE_WAIT);
    cr_expect_eq(decide(&v, 8200), VONK_LEASE_WRITE);
    cr_expect_eq(decide(&v, 11000), VONK_LEASE_LOST);
}

/* ---- configurations ---- */

static const char good[] =
    "apiVersion: v1\n"
    "kind: Config\n"
    "current-context: one\n"
    "contexts:\n"
    "- {name: one, context: {cluster: c, user: u, namespace: spark}}\n"
    "- {name: two, context: {cluster: d, user: nobody}}\n"
    "- {name: lost, context: {cluster: gone, user: u}}\n"
    "clusters:\n"
    "- {name: c, cluster: {server: 'https://h:6443/', certificate-authority: ca.pem}}\n"
    "- name: d\n"
    "  cluster:\n"
    "    server: https://d\n"
    "    insecure-skip-tls-verify: true\n"
    "    certificate-authority-data: UEVNIQ==\n"
    "users:\n"
    "- name: u\n"
    "  user:\n"
    "    token: secret\n"
    "    exec:\n"
    "      apiVersion: client.authentication.k8s.io/v1\n"
    "      command: get-token\n"
    "      args: [a, b]\n"
    "      env: [{name: X, value: y}]\n";

static char *write_file(const char *text)
{
    char *path = strdup("/tmp/vonk-test-config-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

Test(config, reads_contexts)
{
    vonk_arena arena = {0};
    vonk_error err = {0};
    vonk_kube_config c;
    char *path = write_file(good);
    cr_assert_eq(vonk_kube_config_file(path, NULL, &arena, &c, &err), VONK_OK, "%s", err.message);
    cr_expect_str_eq(c.server, "https://h:6443");
    cr_expect_str_eq(c.namespace_name, "spark");
    cr_expect_str_eq(c.ca_file, "/tmp/ca.pem");
    cr_expect_str_eq(c.token, "secret");
    cr_expect_str_eq(c.exec[0], "get-token");
    cr_expect_str_eq(c.exec[2], "b");
    cr_expect_null(c.exec[3]);
    cr_expect_str_eq(c.exec_env[0], "X=y");
    cr_assert_eq(vonk_kube_config_file(path, "two", &arena, &c, &err), VONK_OK, "%s", err.message);
    cr_expect(c.insecure);
    cr_expect_str_eq(c.namespace_name, "default");
    cr_expect(vonk_slice_equal(c.ca_pem, VONK_SLICE("PEM!")));
    cr_expect_null(c.token);
    unlink(path);
    free(path);
    vonk_arena_free(&arena);
}

Test(config, says_what_is_wrong)
{
    static const struct {
        const char *text, *context;
        vonk_status status;
        const char *said;
    } cases[] = {
        {good, "three", VONK_NOT_FOUND, "no context 'three'; there are: one, two, lost"},
        {good, "lost", VONK_NOT_FOUND, "no cluster 'gone'; there are: c, d"},
        {"a: b\n", NULL, VONK_NOT_FOUND, "current-context"},
        {"- a\n", NULL, VONK_INVALID, "not a kubeconfig"},
        {"{", NULL, VONK_INVALID, "not valid YAML"},
        {"current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\n"
         "clusters: [{name: c, cluster: {server: s, certificate-authority-data: '%%%%'}}]\n",
         NULL, VONK_INVALID, "not base64"},
    };
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        vonk_arena arena = {0};
        vonk_error err = {0};
        vonk_kube_config c;
        char *path = write_file(cases[i].text);
        cr_expect_eq(vonk_kube_config_file(path, cases[i].context, &arena, &c, &err),
                     cases[i].status, "%zu: %s", i, err.message);
        cr_expect(strstr(err.message, cases[i].said), "%zu: %s", i, err.message);
        unlink(path);
        free(path);
        vonk_arena_free(&arena);
    }
    vonk_arena arena = {0};
    vonk_kube_config c;
    cr_expect_eq(vonk_kube_config_file("/nowhere", NULL, &arena, &c, NULL), VONK_NOT_FOUND);
    vonk_arena_free(&arena);
}
