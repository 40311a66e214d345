/*
 * kube_follow.c - follows a job of a cluster: what it waits for, its driver's log, its end.
 *
 *     watch of the job ──▶ conditions ─┐
 *     watch of driver pods ──▶ log of ─┴─▶ progress line, errors, and the result at the end
 *                    the newest attempt
 *
 * The result is kept in a temporary file until its attempt is over: an attempt that fails may have
 * printed a part of it, and the next one prints all.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/kube_job.h"
#include "kube/json.h"
#include "kube/watch.h"

#define POLL_MS       200   /* how soon a Ctrl-C is seen */
#define LOG_AGAIN_MS  500   /* until a log that broke off is read again */
#define LOG_LAST_MS   15000 /* for the rest of the log once the job is over */
#define INTERRUPTED   130
#define MAX_LOG_TRIES 20

/* The signal's flag: a handler can reach nothing else. */
static atomic_int n_interrupts;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    atomic_fetch_add(&n_interrupts, 1);
}

typedef struct follower {
    const vonk_kube_job *job;
    /* the job */
    bool over, succeeded, deleted;
    char reason[128];
    vonk_buffer message; /* of the condition Succeeded */
    char said[320];      /* what it waited for, as it was said last */
    /* its driver */
    long attempt; /* whose log is read; 0: none yet */
    char pod[128];
    vonk_kube_log *log;
    bool log_over, has_log;
    int n_log_tries;
    int64_t log_at_ms; /* when to read it (again); 0: not waiting for that */
    uint64_t n_lines;  /* taken of this attempt's log */
    uint64_t n_skip;   /* lines to leave out, of a log that is read again */
    FILE *result;      /* lines of the result */
    vonk_buffer errors, summary, log_trouble;
} follower;

static int64_t now_ms(void)
{
    struct timespec ts = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- what is said meanwhile ---- */

static void say(follower *f, const char *text)
{
    if (!strcmp(f->said, text))
        return;
    (void)snprintf(f->said, sizeof f->said, "%s", text);
    if (isatty(STDERR_FILENO))
        vonk_cli_progress_show(text);
    else
        (void)fprintf(stderr, "%s\n", text);
}

static void say_condition(follower *f, const cJSON *condition)
{
    char text[240];
    const char *message = vonk_json_text(condition, "message");
    (void)snprintf(text, sizeof text, "%s: %s%s%.*s", f->job->name, f->reason, *message ? ": " : "",
                   (int)strcspn(message, "\n"), message);
    say(f, text);
}

/* ---- the log ---- */

static bool take_prefix(vonk_slice *line, const char *prefix)
{
    size_t n = strlen(prefix);
    if (line->length < n || memcmp(line->data, prefix, n) != 0)
        return false;
    *line = (vonk_slice){line->data + n, line->length - n};
    return true;
}

static void show_progress(follower *f, vonk_slice line)
{
    char text[VONK_CLI_PROGRESS_BYTES];
    (void)snprintf(text, sizeof text, "%.*s", (int)(line.length < 180 ? line.length : 180),
                   line.data);
    if (isatty(STDERR_FILENO))
        vonk_cli_progress_show(text);
    f->said[0] = '\0';
}

static void on_line(void *context, vonk_slice line)
{
    follower *f = context;
    if (f->n_skip) {
        f->n_skip--;
        return;
    }
    f->n_lines++;
    if (take_prefix(&line, "vonk-progress: ")) {
        show_progress(f, line);
    } else if (take_prefix(&line, "vonk-summary: ")) {
        vonk_buffer_append(&f->summary, line.data, line.length);
        vonk_buffer_char(&f->summary, '\n');
    } else if (take_prefix(&line, "vonk-error: ")) {
        vonk_buffer_append(&f->errors, line.data, line.length);
        vonk_buffer_char(&f->errors, '\n');
    } else if (line.length > 20 && !memcmp(line.data, "{\"level\":\"", 10)) {
        vonk_cli_progress_end();
        (void)fprintf(stderr, "%.*s\n", (int)line.length, line.data);
    } else if (f->result) {
        (void)fwrite(line.data, 1, line.length, f->result);
        (void)fputc('\n', f->result);
    }
}

static void on_log_end(void *context, const vonk_error *error)
{
    follower *f = context;
    f->log = NULL;
    f->log_trouble.length = 0;
    if (!error || error->status == VONK_OK) {
        f->log_over = true;
        return;
    }
    vonk_buffer_text(&f->log_trouble, error->message);
    if (error->status == VONK_DENIED || error->status == VONK_NOT_FOUND ||
        ++f->n_log_tries >= MAX_LOG_TRIES)
        f->log_over = true;
    else
        f->log_at_ms = now_ms() + LOG_AGAIN_MS;
}

static void start_log(follower *f)
{
    vonk_kube_log_request request = {.namespace_name = f->job->namespace_name,
                                     .pod = f->pod,
                                     .container = "driver",
                                     .follow = true,
                                     .context = f,
                                     .on_line = on_line,
                                     .on_end = on_log_end};
    vonk_error err;
    f->log_at_ms = 0;
    f->n_skip = f->n_lines;
    f->has_log = true;
    if (vonk_kube_log_start(f->job->kube, &request, &f->log, &err) != VONK_OK)
        on_log_end(f, &err);
}

static void drop_attempt(follower *f)
{
    if (f->log)
        vonk_kube_log_stop(f->log);
    if (f->result)
        (void)fclose(f->result);
    f->log = NULL;
    f->log_over = f->has_log = false;
    f->n_lines = f->n_skip = 0;
    f->n_log_tries = 0;
    f->errors.length = f->summary.length = f->log_trouble.length = 0;
    f->result = tmpfile();
}

/* ---- the watches ---- */

/* Whether the driver's container has begun, so that it has a log. */
static bool has_begun(const cJSON *pod)
{
    const cJSON *status;
    cJSON_ArrayForEach(status, vonk_json_at(pod, "status.containerStatuses"))
    {
        if (!strcmp(vonk_json_text(status, "name"), "driver"))
            return vonk_json_at(status, "state.running") ||
                   vonk_json_at(status, "state.terminated");
    }
    return false;
}

static void on_pod(void *context, vonk_kube_change change, const cJSON *object,
                   const vonk_error *error)
{
    follower *f = context;
    (void)error;
    if (!object || change == VONK_KUBE_DELETED)
        return;
    long attempt = strtol(vonk_json_entry(object, "metadata.labels", "vonk.dev/attempt"), NULL, 10);
    if (attempt <= f->attempt || !has_begun(object))
        return;
    if (f->attempt) {
        vonk_cli_progress_end();
        (void)fprintf(stderr, "%s: attempt %ld begins; the last one failed: %.*s\n", f->job->name,
                      attempt, (int)strcspn(vonk_buffer_str(&f->errors), "\n"),
                      vonk_buffer_str(&f->errors));
    }
    drop_attempt(f);
    f->attempt = attempt;
    (void)snprintf(f->pod, sizeof f->pod, "%s", vonk_json_text(object, "metadata.name"));
    start_log(f);
}

static void take_condition(follower *f, const cJSON *condition)
{
    const char *status = vonk_json_text(condition, "status");
    (void)snprintf(f->reason, sizeof f->reason, "%s", vonk_json_text(condition, "reason"));
    if (strcmp(status, "Unknown") != 0) {
        f->over = true;
        f->succeeded = !strcmp(status, "True");
        f->message.length = 0;
        vonk_buffer_text(&f->message, vonk_json_text(condition, "message"));
    } else if (strcmp(f->reason, "Running") != 0) {
        say_condition(f, condition);
    }
}

static void on_job(void *context, vonk_kube_change change, const cJSON *object,
                   const vonk_error *error)
{
    follower *f = context;
    const cJSON *condition;
    char text[300];
    if (change == VONK_KUBE_TROUBLE) {
        (void)snprintf(text, sizeof text, "%s: %.200s", f->job->name, error->message);
        say(f, text);
    }
    if (!object || f->over)
        return;
    f->deleted = change == VONK_KUBE_DELETED;
    cJSON_ArrayForEach(condition, vonk_json_at(object, "status.conditions"))
    {
        if (!f->deleted && !strcmp(vonk_json_text(condition, "type"), "Succeeded"))
            take_condition(f, condition);
    }
}

static vonk_status start_watches(follower *f, vonk_kube_watch **jobs, vonk_kube_watch **pods,
                                 vonk_error *err)
{
    char field[128], label[128];
    vonk_arena arena = {0};
    vonk_kube_path job = {.group = "vonk.dev",
                          .version = "v1alpha1",
                          .namespace_name = f->job->namespace_name,
                          .plural = "vonkjobs"};
    vonk_kube_path pod = {
        .group = "", .version = "v1", .namespace_name = f->job->namespace_name, .plural = "pods"};
    (void)snprintf(field, sizeof field, "metadata.name=%s", f->job->name);
    (void)snprintf(label, sizeof label, "vonk.dev/job=%s,vonk.dev/role=driver", f->job->name);
    vonk_kube_watch_request of_job = {.path = vonk_kube_path_print(&arena, &job, NULL, err),
                                      .field_selector = field,
                                      .context = f,
                                      .on_change = on_job};
    vonk_kube_watch_request of_pods = {.path = vonk_kube_path_print(&arena, &pod, NULL, err),
                                       .label_selector = label,
                                       .context = f,
                                       .on_change = on_pod};
    vonk_status status = of_job.path && of_pods.path ? VONK_OK : VONK_NO_MEMORY;
    if (status == VONK_OK)
        status = vonk_kube_watch_start(f->job->kube, &of_job, jobs, err);
    if (status == VONK_OK)
        status = vonk_kube_watch_start(f->job->kube, &of_pods, pods, err);
    vonk_arena_free(&arena);
    return status;
}

/* ---- the end ---- */

static void print_result(follower *f)
{
    char bytes[8192];
    if (!f->result)
        return;
    rewind(f->result);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, f->result)) > 0;)
        (void)fwrite(bytes, 1, n, stdout);
    (void)fflush(stdout);
}

static int end_well(follower *f)
{
    print_result(f);
    if (f->log_trouble.length)
        (void)fprintf(stderr, "vonk: the job succeeded, and its result cannot be read whole: %s\n",
                      vonk_buffer_str(&f->log_trouble));
    if (f->summary.length)
        (void)fputs(vonk_buffer_str(&f->summary), stderr);
    else
        (void)fprintf(stderr, "%s: succeeded: %s\n", f->job->name, vonk_buffer_str(&f->message));
    return f->log_trouble.length ? VONK_EXIT_FAILED : VONK_EXIT_OK;
}

static int end_badly(follower *f)
{
    print_result(f);
    if (f->errors.length)
        (void)fputs(vonk_buffer_str(&f->errors), stderr);
    if (!f->errors.length || strcmp(f->reason, "Failed") != 0)
        (void)fprintf(stderr, "vonk: job %s failed: %s: %s\n", f->job->name, f->reason,
                      vonk_buffer_str(&f->message));
    return VONK_EXIT_FAILED;
}

static int end_interrupted(follower *f)
{
    const vonk_kube_job *job = f->job;
    vonk_error err;
    if (job->options->delete_on_interrupt) {
        if (vonk_kube_job_delete(job, &err) != VONK_OK)
            vonk_cli_print_error(stderr, &err, (vonk_slice){0});
        else
            (void)fprintf(stderr, "%s: deleted\n", job->name);
        return INTERRUPTED;
    }
    (void)fprintf(stderr,
                  "%s: goes on in the cluster\n"
                  "  follow it:  kubectl logs -f %s -n %s\n"
                  "  delete it:  kubectl delete vonkjob %s -n %s\n",
                  job->name, f->attempt ? f->pod : "(its driver, once it is there)",
                  job->namespace_name, job->name, job->namespace_name);
    return INTERRUPTED;
}

static int end_of(follower *f)
{
    vonk_cli_progress_end();
    if (f->over)
        return f->succeeded ? end_well(f) : end_badly(f);
    if (!f->deleted)
        return end_interrupted(f);
    (void)fprintf(stderr, "vonk: job %s was deleted before it had finished\n", f->job->name);
    return VONK_EXIT_FAILED;
}

/* Until the job is over and its log is read, it is deleted, or somebody has had enough. */
static vonk_status follow(follower *f, vonk_error *err)
{
    int64_t until = 0;
    while (!f->deleted && !atomic_load(&n_interrupts)) {
        if (f->over && (f->log_over || (!f->has_log && !f->succeeded)))
            break;
        if (f->over && !until)
            until = now_ms() + LOG_LAST_MS;
        if (until && now_ms() >= until) {
            if (!f->log_trouble.length)
                vonk_buffer_text(&f->log_trouble, "its driver's log does not end");
            break;
        }
        if (f->log_at_ms && now_ms() >= f->log_at_ms)
            start_log(f);
        VONK_TRY(vonk_kube_poll(f->job->kube, POLL_MS, err));
    }
    return VONK_OK;
}

static void free_follower(follower *f)
{
    if (f->log)
        vonk_kube_log_stop(f->log);
    if (f->result)
        (void)fclose(f->result);
    vonk_buffer_free(&f->message);
    vonk_buffer_free(&f->errors);
    vonk_buffer_free(&f->summary);
    vonk_buffer_free(&f->log_trouble);
}

int vonk_kube_job_follow(const vonk_kube_job *job)
{
    follower f = {.job = job};
    struct sigaction action = {.sa_handler = on_interrupt};
    vonk_kube_watch *jobs = NULL, *pods = NULL;
    vonk_error err = {.position = -1, .position_end = -1};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    vonk_status status = start_watches(&f, &jobs, &pods, &err);
    if (status == VONK_OK)
        status = follow(&f, &err);
    if (jobs)
        vonk_kube_watch_stop(jobs);
    if (pods)
        vonk_kube_watch_stop(pods);
    int code = VONK_EXIT_FAILED;
    if (status == VONK_OK)
        code = end_of(&f);
    else
        vonk_cli_print_error(stderr, &err, (vonk_slice){0});
    free_follower(&f);
    return code;
}
