/* main.c - vonk-operator: process matters around the controller. */
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/allocator.h"
#include "kube/lease.h"
#include "operator/check.h"
#include "operator/controller_internal.h"
#include "operator/http.h"
#include "operator/options.h"

#define CHECK_AGAIN_MS 2000
#define REST_MS        3000

typedef struct program {
    vonk_op_options options;
    vonk_op_log log;
    vonk_op_stats stats;
    vonk_op_http *http;
    vonk_arena arena;
    vonk_kube *kube;
    vonk_kube_lease *lease;
    vonk_op_controller *controller;
    cJSON *job_defaults;
    const char *namespace_name; /* ours */
    char identity[256];
    _Atomic bool stop;
    _Atomic bool idle; /* nothing to give back: a signal may end us on the spot */
} program;

/* Waits for the signal that ends us; the others have it blocked. */
static void *wait_for_signal(void *context)
{
    program *p = context;
    sigset_t set;
    int signal_number;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigwait(&set, &signal_number) != 0)
        return NULL;
    if (p->idle)
        _exit(0);
    p->stop = true;
    vonk_kube_wake(p->kube);
    return NULL;
}

static vonk_status watch_signals(program *p, vonk_error *err)
{
    sigset_t set;
    pthread_t thread;
    pthread_attr_t attributes;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attributes, (size_t)64 << 10);
    int failed = pthread_create(&thread, &attributes, wait_for_signal, p);
    (void)pthread_attr_destroy(&attributes);
    return failed ? vonk_fail(err, VONK_IO, "no thread: %s", strerror(failed)) : VONK_OK;
}

static void poll_once(program *p, int timeout_ms)
{
    vonk_error err = {0};
    p->stats.loop_ms = vonk_op_now_us() / 1000;
    if (vonk_kube_poll(p->kube, timeout_ms, &err) != VONK_OK)
        vonk_op_say(&p->log, VONK_OP_ERROR, NULL, "%s", err.message);
    p->stats.loop_ms = vonk_op_now_us() / 1000;
}

/* ---- start ---- */

static vonk_status connect_api(program *p, vonk_error *err)
{
    vonk_kube_config config = {0};
    VONK_TRY(vonk_kube_config_find(&p->arena, &config, err));
    vonk_kube_settings settings = {
        .user_agent = "vonk-operator/" VONK_VERSION " (linux)",
        .requests_per_second = p->options.requests_per_second,
        .timeout_ms = 10000,
    };
    VONK_TRY(vonk_kube_new(&config, &settings, &p->kube, err));
    const char *space = getenv("VONK_POD_NAMESPACE");
    const char *pod = getenv("VONK_POD_NAME");
    p->namespace_name = space && space[0] ? space : vonk_kube_namespace(p->kube);
    char host[128] = "vonk-operator";
    (void)gethostname(host, sizeof host - 1);
    if (pod && pod[0])
        (void)snprintf(p->identity, sizeof p->identity, "%s", pod);
    else
        (void)snprintf(p->identity, sizeof p->identity, "%s-%d", host, (int)getpid());
    if (!p->options.n_namespaces && !p->options.all_namespaces)
        p->options.namespaces[p->options.n_namespaces++] = p->namespace_name;
    return VONK_OK;
}

/* Says each thing that is missing, once. */
static void say_missing(program *p, vonk_buffer *missing, vonk_buffer *said)
{
    const char *text = vonk_buffer_str(missing);
    vonk_op_stats_missing(&p->stats, text);
    if (strcmp(text, vonk_buffer_str(said)) == 0)
        return;
    said->length = 0;
    vonk_buffer_text(said, text);
    for (const char *end; *text && (end = strchr(text, '\n')); text = end + 1)
        vonk_op_say(&p->log, VONK_OP_ERROR, NULL, "not ready: %.*s", (int)(end - text), text);
}

/* Until the API server answers, the CRD is there and we have all rights, or we are stopped. */
static void wait_for_cluster(program *p)
{
    vonk_op_check check = {
        .n_namespaces = p->options.all_namespaces ? 0 : p->options.n_namespaces,
        .namespaces = p->options.namespaces,
        .lease_namespace = p->options.no_lease ? NULL : p->namespace_name,
    };
    vonk_buffer missing = {0}, said = {0};
    p->idle = true;
    while (!p->stop) {
        vonk_error err = {0};
        missing.length = 0;
        p->stats.loop_ms = vonk_op_now_us() / 1000;
        if (vonk_op_check_cluster(p->kube, &check, &missing, &err) != VONK_OK)
            vonk_buffer_printf(&missing, "API server %s: %s\n", vonk_kube_server(p->kube),
                               err.message);
        if (!missing.length)
            break;
        say_missing(p, &missing, &said);
        int64_t until_us = vonk_op_now_us() + CHECK_AGAIN_MS * 1000;
        while (!p->stop && vonk_op_now_us() < until_us)
            poll_once(p, 200);
    }
    p->idle = false;
    vonk_buffer_free(&missing);
    vonk_buffer_free(&said);
}

static void lease_changed(void *context, bool leading, const char *holder)
{
    program *p = context;
    vonk_op_say(&p->log, VONK_OP_INFO, NULL, "%s leads",
                leading     ? "this replica"
                : holder[0] ? holder
                            : "nobody");
    vonk_op_controller_lead(p->controller, leading);
}

static void lease_trouble(void *context, const vonk_error *error)
{
    program *p = context;
    vonk_op_say(&p->log, VONK_OP_WARN, NULL, "lease: %s", error->message);
}

static vonk_status start(program *p, vonk_error *err)
{
    const vonk_op_options *o = &p->options;
    vonk_op_controller_settings settings = {
        .kube = p->kube,
        .log = &p->log,
        .stats = &p->stats,
        .pods = {.image = o->image,
                 .pull_policy = o->pull_policy,
                 .n_pull_secrets = o->n_pull_secrets,
                 .pull_secrets = o->pull_secrets,
                 .job_defaults = p->job_defaults},
        .n_namespaces = o->all_namespaces ? 0 : o->n_namespaces,
        .namespaces = o->namespaces,
        .resync_s = o->resync_s,
        .instance = p->identity,
    };
    VONK_TRY(vonk_op_controller_new(&settings, &p->controller, err));
    if (o->no_lease) {
        vonk_op_controller_lead(p->controller, true);
        return VONK_OK;
    }
    vonk_kube_lease_request lease = {
        .namespace_name = p->namespace_name,
        .name = o->lease_name,
        .identity = p->identity,
        .life_ms = o->lease_s * 1000,
        .context = p,
        .on_change = lease_changed,
        .on_trouble = lease_trouble,
    };
    return vonk_kube_lease_start(p->kube, &lease, &p->lease, err);
}

/* ---- run and end ---- */

/* Gives memory back when nothing has been decided for a while. */
static void rest(const program *p, uint64_t *n_seen, int64_t *since_ms)
{
    if (*n_seen != p->stats.n_reconciles) {
        *n_seen = p->stats.n_reconciles;
        *since_ms = p->stats.loop_ms;
    } else if (*since_ms && p->stats.loop_ms - *since_ms > REST_MS) {
        *since_ms = 0;
        vonk_allocator_trim();
    }
}

static void run(program *p)
{
    vonk_buffer missing = {0};
    bool ready = false;
    uint64_t n_seen = UINT64_MAX;
    int64_t since_ms = 0;
    while (!p->stop) {
        int wait_ms = vonk_op_controller_run(p->controller);
        poll_once(p, wait_ms);
        rest(p, &n_seen, &since_ms);
        missing.length = 0;
        vonk_op_controller_missing(p->controller, &missing);
        vonk_op_stats_missing(&p->stats, vonk_buffer_str(&missing));
        if (ready != !missing.length) {
            ready = !missing.length;
            vonk_op_say(&p->log, VONK_OP_INFO, NULL, ready ? "ready" : "not ready");
        }
    }
    vonk_buffer_free(&missing);
}

static void stop(program *p)
{
    vonk_op_say(&p->log, VONK_OP_INFO, NULL, "stopped");
    p->stop = true;
    if (p->lease)
        vonk_kube_lease_stop(p->lease);
    vonk_op_controller_free(p->controller);
    if (p->kube)
        vonk_kube_free(p->kube);
    vonk_op_http_stop(p->http);
    cJSON_Delete(p->job_defaults);
    vonk_arena_free(&p->arena);
    vonk_op_stats_fini(&p->stats);
}

static vonk_status operate(program *p, vonk_error *err)
{
    const vonk_op_options *o = &p->options;
    if (o->job_defaults)
        VONK_TRY(vonk_op_read_defaults(o->job_defaults, &p->job_defaults, err));
    p->stats.loop_ms = vonk_op_now_us() / 1000;
    p->idle = true;
    VONK_TRY(watch_signals(p, err)); /* before any other thread, which would have them unblocked */
    VONK_TRY(vonk_op_http_start(o->port, &p->stats, &p->http, NULL, err));
    VONK_TRY(connect_api(p, err));
    vonk_op_say(&p->log, VONK_OP_INFO, NULL, "vonk-operator %s, API server %s, image %s",
                VONK_VERSION, vonk_kube_server(p->kube), o->image);
    wait_for_cluster(p);
    if (!p->stop) {
        VONK_TRY(start(p, err));
        run(p);
    }
    return VONK_OK;
}

int main(int argc, char **argv)
{
    static program p;
    vonk_error err = {0};
    (void)mallopt(M_ARENA_MAX, 1); /* threads here allocate next to nothing */
    (void)mallopt(M_TRIM_THRESHOLD, 256 << 10);
    (void)mallopt(M_MMAP_THRESHOLD, 128 << 10);
    if (vonk_op_options_parse(argc, argv, &p.options, &err) != VONK_OK) {
        (void)fprintf(stderr, "vonk-operator: %s\n", err.message);
        return 2;
    }
    if (p.options.help || p.options.version) {
        (void)fputs(p.options.help ? vonk_op_usage() : "vonk-operator " VONK_VERSION "\n", stdout);
        return 0;
    }
    p.log = (vonk_op_log){
        .level = p.options.log_level, .json = p.options.log_json, .fd = STDERR_FILENO};
    vonk_op_stats_init(&p.stats);
    vonk_status status = operate(&p, &err);
    if (status != VONK_OK)
        vonk_op_say(&p.log, VONK_OP_ERROR, NULL, "%s", err.message);
    stop(&p);
    return status == VONK_OK ? 0 : 1;
}
