/*
 * race_cluster.c - sessions on executor processes under ThreadSanitizer: joins and aggregates over
 * the wire, cancelled queries, executors killed in the middle, clusters opened and closed.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver/nng_cluster.h"
#include "session/session.h"

typedef struct total {
    int64_t sum;
    uint64_t n_rows;
} total;

static vonk_status add(void *context, const vonk_batch *batch, vonk_error *err)
{
    (void)err;
    total *t = context;
    for (uint32_t i = 0; i < batch->n_rows; i++)
        t->sum += ((int64_t *)batch->columns[0].values)[vonk_column_at(&batch->columns[0], i)];
    t->n_rows += batch->n_rows;
    return VONK_OK;
}

static void check(vonk_session *session, const char *sql, int64_t sum, uint64_t n_rows)
{
    total t = {0};
    vonk_error err = {0};
    vonk_sink sink = {.context = &t, .rows = add};
    vonk_status status = vonk_session_run(session, vonk_slice_of(sql), &sink, NULL, &err);
    if (status == VONK_OK && t.sum == sum && t.n_rows == n_rows)
        return;
    fprintf(stderr, "%s: %s %s: sum %lld, %llu rows\n", sql, vonk_status_name(status), err.message,
            (long long)t.sum, (unsigned long long)t.n_rows);
    exit(1);
}

static vonk_session *open_session(void)
{
    vonk_nng_cluster_settings settings = {.n_executors = 2, .slots = 2, .heartbeat_ms = 20};
    vonk_cluster *cluster = NULL;
    vonk_conf *conf = NULL;
    vonk_session *session = NULL;
    vonk_error err = {0};
    if (vonk_nng_cluster_new(&settings, &cluster, &err) == VONK_OK &&
        vonk_conf_new(&conf, &err) == VONK_OK &&
        vonk_session_new(cluster, conf, &session, &err) == VONK_OK)
        return session;
    fprintf(stderr, "%s\n", err.message);
    exit(1);
}

static const char aggregate[] = "select s from (select id % 7 as k, sum(id) as s "
                                "from range(0, 100000, 1, 8) group by id % 7)";

static void queries(vonk_session *session)
{
    for (int i = 0; i < 5; i++)
        check(session, aggregate, INT64_C(4999950000), 7);
    check(session,
          "select a.id from range(0, 20000, 1, 4) a join range(0, 10000, 1, 4) b on a.id = b.id",
          49995000, 10000);
}

/* ---- trouble while queries run ---- */

typedef struct trouble {
    vonk_session *session;
    atomic_bool over;
} trouble;

static void pause_ms(long ms)
{
    struct timespec pause = {0, ms * 1000000};
    (void)nanosleep(&pause, NULL);
}

/* Kills one executor, then watches. */
static void *kill_one(void *context)
{
    trouble *t = context;
    char command[64], line[32];
    pause_ms(50);
    (void)snprintf(command, sizeof command, "pgrep -P %d vonk-executor", (int)getpid());
    FILE *pipe = popen(command, "re");
    if (pipe && fgets(line, sizeof line, pipe) && atoi(line) > 1)
        (void)kill(atoi(line), SIGKILL);
    if (pipe)
        (void)pclose(pipe);
    while (!atomic_load(&t->over))
        pause_ms(1);
    return NULL;
}

static void queries_and_a_death(vonk_session *session)
{
    trouble t = {.session = session};
    pthread_t thread;
    if (pthread_create(&thread, NULL, kill_one, &t))
        exit(1);
    for (int i = 0; i < 10; i++)
        check(session, aggregate, INT64_C(4999950000), 7);
    atomic_store(&t.over, true);
    (void)pthread_join(thread, NULL);
}

static void *cancel_soon(void *context)
{
    pause_ms(30);
    vonk_session_cancel(context);
    return NULL;
}

static void cancelled_query(vonk_session *session)
{
    pthread_t thread;
    vonk_error err = {0};
    if (pthread_create(&thread, NULL, cancel_soon, session))
        exit(1);
    vonk_status status =
        vonk_session_run(session, VONK_SLICE("select count(*) from range(0, 1000000000000, 1, 64)"),
                         NULL, NULL, &err);
    (void)pthread_join(thread, NULL);
    vonk_session_clear_cancel(session);
    if (status == VONK_CANCELLED)
        return;
    fprintf(stderr, "cancel: %s %s\n", vonk_status_name(status), err.message);
    exit(1);
}

int main(void)
{
    vonk_session *session = open_session();
    queries(session);
    cancelled_query(session);
    queries_and_a_death(session);
    queries(session);
    vonk_session_free(session);
    for (int i = 0; i < 3; i++)
        vonk_session_free(open_session());
    puts("ok");
    return 0;
}
