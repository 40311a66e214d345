/* The HTTP client over TLS: `openssl s_server` with a certificate of the test's own making. */
#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/http.h"

typedef struct tls_server {
    char dir[32], cert[48], key[48], url[64];
    pid_t pid;
} tls_server;

/* Runs openssl; its standard output can be read from *ret_out unless that is NULL. */
static pid_t run_openssl(char *const *argv, int *ret_out)
{
    int out[2];
    cr_assert_eq(pipe(out), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        (void)!freopen("/dev/null", "w", stderr); /* it tells all it does */
        execvp("openssl", argv);
        _exit(127);
    }
    cr_assert_gt(pid, 0);
    close(out[1]);
    if (ret_out)
        *ret_out = out[0];
    else
        close(out[0]);
    return pid;
}

static void make_certificate(tls_server *s)
{
    char *argv[] = {"openssl",
                    "req",
                    "-x509",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:P-256",
                    "-nodes",
                    "-subj",
                    "/CN=script",
                    "-addext",
                    "subjectAltName=IP:127.0.0.1",
                    "-keyout",
                    s->key,
                    "-out",
                    s->cert,
                    NULL};
    int status;
    snprintf(s->dir, sizeof s->dir, "/tmp/vonk-tls-XXXXXX");
    cr_assert(mkdtemp(s->dir));
    snprintf(s->cert, sizeof s->cert, "%s/cert.pem", s->dir);
    snprintf(s->key, sizeof s->key, "%s/key.pem", s->dir);
    pid_t pid = run_openssl(argv, NULL);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert_eq(status, 0, "openssl req failed");
}

/* `limit`: an option such as "-tls1_2"; `verify`: asks for a client's certificate, too. */
static void start(tls_server *s, char *limit, bool verify)
{
    make_certificate(s);
    char *argv[] = {"openssl",
                    "s_server",
                    "-accept",
                    "127.0.0.1:0",
                    "-www",
                    "-cert",
                    s->cert,
                    "-key",
                    s->key,
                    limit,
                    verify ? "-Verify" : NULL,
                    "1",
                    "-verify_return_error",
                    "-CAfile",
                    s->cert,
                    NULL};
    int out;
    char line[256];
    s->pid = run_openssl(argv, &out);
    FILE *said = fdopen(out, "r");
    cr_assert(said);
    char *port = NULL;
    while (!port && fgets(line, sizeof line, said)) {
        if (!strncmp(line, "ACCEPT ", 7))
            port = strrchr(line, ':');
    }
    cr_assert(port, "openssl s_server does not listen");
    snprintf(s->url, sizeof s->url, "https://127.0.0.1:%d/", atoi(port + 1));
    /* `said` stays open: the server writes to it */
}

static void stop(tls_server *s)
{
    kill(s->pid, SIGKILL);
    (void)waitpid(s->pid, NULL, 0);
    unlink(s->cert);
    unlink(s->key);
    rmdir(s->dir);
}

static vonk_status get(const tls_server *s, vonk_http_settings settings, vonk_http_answer *ret)
{
    vonk_http *http = NULL;
    vonk_error err = {0};
    vonk_http_request request = {.method = "GET", .url = s->url, .timeout_ms = 20000};
    cr_assert_eq(vonk_http_new(&settings, &http, &err), VONK_OK);
    vonk_status status = vonk_http_do(http, &request, ret, &err);
    vonk_http_free(http);
    return status;
}

static void expect_get(const tls_server *s, vonk_http_settings settings, vonk_status wanted)
{
    vonk_http_answer answer;
    cr_expect_eq(get(s, settings, &answer), wanted);
    cr_expect_eq(answer.status, wanted == VONK_OK ? 200 : 0);
    cr_expect_eq(answer.refused, wanted != VONK_OK);
    vonk_http_answer_free(&answer);
}

static vonk_buffer read_file(const char *path)
{
    vonk_buffer text = {0};
    char bytes[4096];
    FILE *f = fopen(path, "r");
    cr_assert(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    vonk_buffer_append(&text, bytes, n);
    return text;
}

Test(tls, only_a_known_authority_will_do, .timeout = 60)
{
    tls_server s;
    start(&s, "-no_ssl3", false);
    vonk_buffer pem = read_file(s.cert);
    expect_get(&s, (vonk_http_settings){0}, VONK_IO);
    expect_get(&s, (vonk_http_settings){.ca_file = s.cert}, VONK_OK);
    expect_get(&s, (vonk_http_settings){.ca_pem = {pem.data, pem.length}}, VONK_OK);
    expect_get(&s, (vonk_http_settings){.ca_file = s.key}, VONK_IO);
    expect_get(&s, (vonk_http_settings){.insecure = true}, VONK_OK);
    expect_get(&s, (vonk_http_settings){.ca_file = s.cert, .multiplex = true}, VONK_OK);
    vonk_buffer_free(&pem);
    stop(&s);
}

Test(tls, shows_a_certificate_of_its_own, .timeout = 60)
{
    tls_server s;
    vonk_http_answer answer;
    start(&s, "-tls1_2", true);
    vonk_buffer cert = read_file(s.cert), key = read_file(s.key);
    vonk_http_settings as_files = {.ca_file = s.cert, .cert_file = s.cert, .key_file = s.key};
    vonk_http_settings as_bytes = {
        .ca_file = s.cert, .cert_pem = {cert.data, cert.length}, .key_pem = {key.data, key.length}};
    expect_get(&s, as_files, VONK_OK);
    expect_get(&s, as_bytes, VONK_OK);
    cr_expect_eq(get(&s, (vonk_http_settings){.ca_file = s.cert}, &answer), VONK_IO);
    vonk_http_answer_free(&answer);
    vonk_buffer_free(&cert);
    vonk_buffer_free(&key);
    stop(&s);
}
