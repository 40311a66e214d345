/*
 * race_session.c - threads of local[4] at work on joins, aggregates, sorts and cancelled queries,
 * for ThreadSanitizer. A plain main(): Criterion does not live under TSan.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/fs.h"
#include "session/session.h"

/* Adds up the first column of an answer. */
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

static void *cancel_soon(void *context)
{
    struct timespec pause = {0, 20000000};
    (void)nanosleep(&pause, NULL);
    vonk_session_cancel(context);
    return NULL;
}

static void check_cancel(vonk_session *session)
{
    pthread_t thread;
    vonk_error err = {0};
    const char *sql = "select count(*) from range(0, 1000000000000, 1, 64)";
    if (pthread_create(&thread, NULL, cancel_soon, session) != 0)
        exit(1);
    vonk_status status = vonk_session_run(session, vonk_slice_of(sql), NULL, NULL, &err);
    (void)pthread_join(thread, NULL);
    vonk_session_clear_cancel(session);
    if (status != VONK_CANCELLED || strcmp(err.condition, "OPERATION_CANCELED") != 0) {
        fprintf(stderr, "not cancelled: %s\n", err.message);
        exit(1);
    }
}

static void run(vonk_session *session, const char *format, const char *with)
{
    char sql[512];
    vonk_error err = {0};
    (void)snprintf(sql, sizeof(sql), format, with);
    if (vonk_session_run(session, vonk_slice_of(sql), NULL, NULL, &err) != VONK_OK) {
        fprintf(stderr, "%s: %s\n", sql, err.message);
        exit(1);
    }
}

/* Schemas inferred in many pieces; and in none, if nobody waits. */
static void check_inference(vonk_session *session)
{
    char folder[256], sql[512];
    const char *parent = getenv("TMPDIR");
    vonk_error err = {0};
    (void)snprintf(folder, sizeof(folder), "%s/vonk-race-XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(folder))
        exit(1);
    run(session, "insert overwrite directory '%s/c' using csv select id, id / 2 from range(9000)",
        folder);
    run(session, "insert overwrite directory '%s/j' using json select id from range(9000)", folder);
    run(session,
        "create or replace temporary view c using csv options (path '%s/c', inferSchema 'true')",
        folder);
    run(session, "create or replace temporary view j using json options (path '%s/j')", folder);
    check(session, "select sum(_c0 + cast(_c1 * 2 as int)) from c", 80991000, 1);
    check(session, "select sum(id) from j", 40495500, 1);
    vonk_session_cancel(session);
    (void)snprintf(sql, sizeof(sql), "create temporary view d using json options (path '%s/j')",
                   folder);
    vonk_status status = vonk_session_run(session, vonk_slice_of(sql), NULL, NULL, &err);
    vonk_session_clear_cancel(session);
    if (status != VONK_CANCELLED || strcmp(err.condition, "OPERATION_CANCELED") != 0) {
        fprintf(stderr, "inferring was not cancelled: %s\n", err.message);
        exit(1);
    }
    if (vonk_fs_remove(folder, &err) != VONK_OK)
        exit(1);
}

int main(void)
{
    vonk_cluster *cluster = NULL;
    vonk_session *session = NULL;
    vonk_conf *conf = NULL;
    vonk_error err = {0};
    if (vonk_local_cluster_new(&(vonk_local_settings){.n_threads = 4}, &cluster, &err) != VONK_OK ||
        vonk_conf_new(&conf, &err) != VONK_OK ||
        vonk_session_new(cluster, conf, &session, &err) != VONK_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    run(session, "set spark.sql.files.maxPartitionBytes=%s", "1000");
    for (int round = 0; round < 5; round++) {
        check(session, "select sum(id) from range(0, 100000, 1, 16)", 4999950000, 1);
        check(session, "select id from range(0, 5000, 1, 8) order by id desc", 12497500, 5000);
        /* a broadcast join: its table is built once and shared */
        check(session,
              "select a.id from range(0, 20000, 1, 16) a join range(0, 1000, 1, 4) b "
              "on a.id = b.id * 2",
              999000, 1000);
        check(session,
              "select count(*) from range(0, 20000, 1, 8) a full join range(10000, 30000, 1, 8) b "
              "on a.id = b.id",
              30000, 1);
        check(session, "select count(*) from (select distinct id % 100 from range(0, 10000, 1, 8))",
              100, 1);
        check_cancel(session);
        check_inference(session);
    }
    vonk_session_free(session);
    return 0;
}
