/* stats.c - see stats.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "operator/stats.h"

static const char *const states[VONK_OP_N_STATES] = {"Queued",
                                                     "DriverStarting",
                                                     "Running",
                                                     "Suspended",
                                                     "Upgrading",
                                                     "WaitingToRetry",
                                                     "Completed",
                                                     "Failed",
                                                     "OOMKilled",
                                                     "DeadlineExceeded",
                                                     "PendingTooLong",
                                                     "InvalidSpec",
                                                     "BackoffLimitExceeded",
                                                     "Other"};
static const char *const verbs[VONK_OP_N_VERBS] = {"get", "create", "patch", "delete", "other"};
static const int64_t buckets_us[VONK_OP_N_BUCKETS] = {5000,   10000,  25000,   50000,   100000,
                                                      250000, 500000, 1000000, 2500000, 10000000};

void vonk_op_stats_init(vonk_op_stats *stats)
{
    memset(stats, 0, sizeof *stats);
    (void)pthread_mutex_init(&stats->lock, NULL);
    vonk_op_stats_missing(stats, "starting\n");
}

void vonk_op_stats_fini(vonk_op_stats *stats)
{
    (void)pthread_mutex_destroy(&stats->lock);
}

void vonk_op_stats_missing(vonk_op_stats *stats, const char *what)
{
    (void)pthread_mutex_lock(&stats->lock);
    (void)snprintf(stats->missing, sizeof stats->missing, "%s", what);
    (void)pthread_mutex_unlock(&stats->lock);
}

void vonk_op_stats_start(vonk_op_stats *stats, int64_t us)
{
    int i = 0;
    while (i < VONK_OP_N_BUCKETS && us > buckets_us[i])
        i++;
    stats->starts[i]++;
    stats->starts_us += us > 0 ? (uint64_t)us : 0;
}

void vonk_op_stats_request(vonk_op_stats *stats, const char *method, int status)
{
    static const char *const methods[] = {"GET", "POST", "PATCH", "DELETE"};
    size_t verb = 0;
    while (verb < VONK_LENGTH(methods) && strcmp(method, methods[verb]) != 0)
        verb++;
    int class = status / 100;
    stats->requests[verb][class >= 0 && class < VONK_OP_N_CLASSES ? class : 0]++;
}

int vonk_op_stats_state(const char *reason)
{
    int i = 0;
    while (i < VONK_OP_N_STATES - 1 && strcmp(reason, states[i]) != 0)
        i++;
    return i;
}

static void head(vonk_buffer *out, const char *name, const char *type, const char *help)
{
    vonk_buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(vonk_buffer *out, const char *name, const char *type, const char *help,
                uint64_t value)
{
    head(out, name, type, help);
    vonk_buffer_printf(out, "%s %" PRIu64 "\n", name, value);
}

static void print_requests(vonk_op_stats *stats, vonk_buffer *out)
{
    static const char name[] = "vonk_operator_api_requests_total";
    head(out, name, "counter", "Requests to the API server by verb and class of the answer.");
    for (int v = 0; v < VONK_OP_N_VERBS; v++)
        for (int c = 0; c < VONK_OP_N_CLASSES; c++) {
            uint64_t n = stats->requests[v][c];
            if (n && c)
                vonk_buffer_printf(out, "%s{verb=\"%s\",code=\"%dxx\"} %" PRIu64 "\n", name,
                                   verbs[v], c, n);
            else if (n)
                vonk_buffer_printf(out, "%s{verb=\"%s\",code=\"none\"} %" PRIu64 "\n", name,
                                   verbs[v], n);
        }
}

static void print_starts(vonk_op_stats *stats, vonk_buffer *out)
{
    static const char name[] = "vonk_operator_driver_start_seconds";
    uint64_t sum = 0;
    head(out, name, "histogram", "From a job's being seen to the request for its driver pod.");
    for (int i = 0; i < VONK_OP_N_BUCKETS; i++) {
        sum += stats->starts[i];
        vonk_buffer_printf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
                           (double)buckets_us[i] / 1e6, sum);
    }
    sum += stats->starts[VONK_OP_N_BUCKETS];
    vonk_buffer_printf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, sum);
    vonk_buffer_printf(out, "%s_sum %.6f\n", name, (double)stats->starts_us / 1e6);
    vonk_buffer_printf(out, "%s_count %" PRIu64 "\n", name, sum);
}

static uint64_t resident_bytes(void)
{
    unsigned long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%lu %lu", &size, &resident) != 2) /* NOLINT(cert-err34-c) */
        resident = 0;
    (void)fclose(file);
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

void vonk_op_stats_print(vonk_op_stats *stats, vonk_buffer *out)
{
    head(out, "vonk_operator_build_info", "gauge", "The version of the operator.");
    vonk_buffer_text(out, "vonk_operator_build_info{version=\"" VONK_VERSION "\"} 1\n");
    one(out, "vonk_operator_leader", "gauge", "1 if this replica acts.", stats->leading);
    one(out, "vonk_operator_reconciles_total", "counter", "Decisions made.", stats->n_reconciles);
    one(out, "vonk_operator_reconcile_errors_total", "counter",
        "Decisions whose actions failed and are tried again.", stats->n_errors);
    one(out, "vonk_operator_conflicts_total", "counter",
        "Writes refused because the job had changed meanwhile.", stats->n_conflicts);
    one(out, "vonk_operator_events_total", "counter", "Events posted.", stats->n_events);
    one(out, "vonk_operator_queue_depth", "gauge", "Jobs in the queue, those that wait included.",
        stats->queue_depth);
    print_requests(stats, out);
    head(out, "vonk_operator_jobs", "gauge", "Jobs by the reason of their condition Succeeded.");
    for (int i = 0; i < VONK_OP_N_STATES; i++)
        vonk_buffer_printf(out, "vonk_operator_jobs{state=\"%s\"} %" PRId64 "\n", states[i],
                           (int64_t)stats->jobs[i]);
    print_starts(stats, out);
    one(out, "process_resident_memory_bytes", "gauge", "Resident memory.", resident_bytes());
}
