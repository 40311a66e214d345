/* query_log.c - a statement as a line of JSON. */
#include "session/query_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

static void put_text(vonk_buffer *out, const char *key, const char *text)
{
    vonk_buffer_printf(out, "\"%s\":\"", key);
    vonk_buffer_json(out, text, strlen(text));
    vonk_buffer_char(out, '"');
}

/* 2026-01-31T23:59:59.123456Z */
static void put_start(vonk_buffer *out, int64_t start_us)
{
    time_t seconds = (time_t)(start_us / 1000000);
    struct tm parts = {0};
    char text[32] = "";
    (void)gmtime_r(&seconds, &parts);
    (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
    vonk_buffer_printf(out, ",\"start\":\"%s.%06dZ\"", text, (int)(start_us % 1000000));
}

static void put_outcome(vonk_buffer *out, const vonk_conf *conf, vonk_status status,
                        const vonk_error *err)
{
    const char *word = status == VONK_OK          ? "succeeded"
                       : status == VONK_CANCELLED ? "cancelled"
                                                  : "failed";
    vonk_buffer_char(out, ',');
    put_text(out, "status", word);
    if (status == VONK_OK || !err)
        return;
    vonk_buffer_text(out, ",\"error\":{");
    put_text(out, "condition", err->condition);
    vonk_buffer_char(out, ',');
    put_text(out, "message", vonk_conf_redact(conf, "sql", err->message));
    vonk_buffer_char(out, '}');
}

/* Of the text of all its stages: the same plan has the same one in any session. */
static uint64_t plan_hash(const vonk_ran_job *jobs)
{
    uint64_t hash = 0;
    for (const vonk_ran_job *job = jobs; job; job = job->next) {
        for (uint32_t s = 0; s < job->plan.n_stages; s++) {
            vonk_buffer text = {0};
            vonk_physical_print(job->plan.stages[s].root, &text);
            hash = XXH64(text.data, text.length, hash);
            vonk_buffer_free(&text);
        }
    }
    return hash;
}

static const vonk_physical *find_node(const vonk_physical *op, uint32_t id)
{
    const vonk_physical *found = op->id == id ? op : NULL;
    for (uint32_t i = 0; !found && i < op->n_children; i++)
        found = find_node(op->children[i], id);
    return found;
}

/* Sums over the tasks; of memory the greatest, of time that, too. */
static void put_metrics(vonk_buffer *out, const vonk_op_totals *t)
{
    vonk_buffer_printf(out, ",\"tasks\":%u", t->n_tasks);
    if (t->n_tasks > 1 && t->skew > 0)
        vonk_buffer_printf(out, ",\"skew\":%.3f", t->skew);
    for (int m = 0; m < VONK_N_METRICS; m++) {
        uint64_t value = m == VONK_METRIC_PEAK_MEMORY ? t->max[m] : t->sum[m];
        if (value)
            vonk_buffer_printf(out, ",\"%s\":%" PRIu64, vonk_metric_name((vonk_metric)m), value);
    }
    if (t->n_tasks > 1)
        vonk_buffer_printf(out, ",\"slowest_task_ns\":%" PRIu64, t->max[VONK_METRIC_NS]);
}

static void put_operator(vonk_buffer *out, const vonk_conf *conf, uint32_t job, uint32_t stage,
                         const vonk_physical *op)
{
    vonk_buffer line = {0};
    vonk_physical_print_line(op, &line);
    vonk_buffer_printf(out, "{\"job\":%u,\"stage\":%u,\"node\":%u,", job, stage, op->id);
    put_text(out, "operator", vonk_conf_redact(conf, "sql", vonk_buffer_str(&line)));
    vonk_buffer_free(&line);
}

/* The oldest job is number 1. */
static uint32_t put_jobs(vonk_buffer *out, const vonk_conf *conf, const vonk_ran_job *job,
                         bool *first)
{
    if (!job)
        return 0;
    uint32_t number = put_jobs(out, conf, job->next, first) + 1;
    for (uint32_t s = 0; s < job->plan.n_stages; s++) {
        for (uint32_t i = 0; i < job->plan.n_ops; i++) {
            const vonk_op_totals *t = &job->plan.ops[i];
            const vonk_physical *op = find_node(job->plan.stages[s].root, t->node);
            if (!op)
                continue;
            vonk_buffer_text(out, *first ? "" : ",");
            *first = false;
            put_operator(out, conf, number, s, op);
            put_metrics(out, t);
            vonk_buffer_char(out, '}');
        }
    }
    return number;
}

static void put_work(vonk_buffer *out, const vonk_query *q)
{
    const vonk_statement_stats *stats = q->stats;
    const vonk_task_metrics *m = &stats->metrics;
    bool first = true;
    vonk_buffer_printf(out, ",\"jobs\":%" PRIu64 ",\"stages\":%" PRIu64 ",\"tasks\":%" PRIu64,
                       stats->n_jobs, stats->n_stages, stats->n_tasks);
    vonk_buffer_printf(out,
                       ",\"rows\":%" PRIu64 ",\"rows_read\":%" PRIu64 ",\"bytes_read\":%" PRIu64,
                       stats->n_rows, m->rows_read, m->bytes_read);
    vonk_buffer_printf(out, ",\"cpu_seconds\":%.6f", (double)m->cpu_ns / 1e9);
    if (!q->ran_jobs)
        return;
    vonk_buffer_printf(out, ",\"plan\":\"%016" PRIx64 "\",\"operators\":[", plan_hash(q->ran_jobs));
    (void)put_jobs(out, q->session->conf, q->ran_jobs, &first);
    vonk_buffer_char(out, ']');
}

/* A text in which a secret may stand is not shown. */
static void put_sql(vonk_buffer *out, const vonk_query *q)
{
    vonk_buffer text = {0};
    vonk_buffer_append(&text, q->sql.data, q->sql.length);
    const char *sql = vonk_buffer_str(&text);
    vonk_buffer_char(out, ',');
    put_text(out, "sql", vonk_conf_redact(q->session->conf, "sql", sql));
    vonk_buffer_free(&text);
}

static bool append_line(const char *path, const vonk_buffer *line)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    ssize_t n = write(fd, line->data, line->length);
    int failed = n < 0 ? errno : (size_t)n < line->length ? ENOSPC : 0;
    if (close(fd) != 0 && !failed)
        failed = errno;
    errno = failed;
    return !failed;
}

static void complain(const vonk_session *s, const char *path, const char *why)
{
    vonk_buffer text = {0};
    vonk_buffer_printf(&text, "the query log %s cannot be written: %s\n", path, why);
    if (s->log)
        s->log(s->log_context, vonk_buffer_str(&text));
    vonk_buffer_free(&text);
}

void vonk_query_log_add(const vonk_query *q, int64_t start_us, vonk_status status,
                        const vonk_error *err)
{
    const char *path = vonk_conf_get(q->session->conf, "vonk.query.log");
    if (!path || !*path)
        return;
    vonk_buffer line = {0};
    vonk_buffer_printf(&line, "{\"id\":\"%016" PRIx64 "-%" PRIu64 "\"", q->session->id, q->number);
    put_start(&line, start_us);
    vonk_buffer_printf(&line, ",\"seconds\":%.6f", q->stats->seconds);
    put_outcome(&line, q->session->conf, status, err);
    put_sql(&line, q);
    put_work(&line, q);
    vonk_buffer_text(&line, "}\n");
    if (line.failed)
        complain(q->session, path, "out of memory");
    else if (!append_line(path, &line))
        complain(q->session, path, strerror(errno));
    vonk_buffer_free(&line);
}
