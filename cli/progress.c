/* progress.c - one line on a terminal, drawn over itself at most ten times a second. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

/* When the line was drawn last; it is the terminal's state, so there is one. */
static struct {
    double drawn_at, began_at;
    bool stands;
} line;

static double now(void)
{
    struct timespec ts;
    if (clock_gettime(CLOCK_MONOTONIC, &ts) != 0)
        return 0;
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* 1234567 -> "1.2 M" */
static void human(double n, char *ret, size_t size)
{
    static const char *const units[] = {"", " k", " M", " G", " T"};
    size_t u = 0;
    for (; n >= 1000 && u + 1 < VONK_LENGTH(units); u++)
        n /= 1000;
    (void)snprintf(ret, size, u ? "%.1f%s" : "%.0f%s", n, units[u]);
}

void vonk_cli_work_print(uint64_t rows, uint64_t bytes, double seconds,
                         char ret[VONK_CLI_WORK_BYTES])
{
    char n[32], n_rate[32], size[32], size_rate[32];
    double per = seconds > 0 ? 1 / seconds : 0;
    human((double)rows, n, sizeof(n));
    human((double)rows * per, n_rate, sizeof(n_rate));
    human((double)bytes, size, sizeof(size));
    human((double)bytes * per, size_rate, sizeof(size_rate));
    (void)snprintf(ret, VONK_CLI_WORK_BYTES, "%s rows (%s/s)  %sB (%sB/s)", n, n_rate, size,
                   size_rate);
}

void vonk_cli_progress_print(const vonk_progress *p, double seconds,
                             char ret[VONK_CLI_PROGRESS_BYTES])
{
    char work[VONK_CLI_WORK_BYTES];
    vonk_cli_work_print(p->rows, p->bytes, seconds, work);
    (void)snprintf(ret, VONK_CLI_PROGRESS_BYTES, "stage %u/%u  tasks %u/%u  %s  %.1f s",
                   p->sched.stages_done, p->sched.n_stages, p->sched.tasks_done, p->sched.n_tasks,
                   work, seconds);
}

static void draw(const char *text, double t)
{
    (void)fprintf(stderr, "\r\033[K%s", text);
    line.drawn_at = t;
    line.stands = true;
}

void vonk_cli_progress(void *context, const vonk_progress *p)
{
    (void)context;
    double t = now();
    if (line.began_at <= 0)
        line.began_at = t;
    if (!isatty(STDERR_FILENO) || t - line.drawn_at < 0.1 || t - line.began_at < 0.3)
        return;
    char text[VONK_CLI_PROGRESS_BYTES];
    vonk_cli_progress_print(p, t - line.began_at, text);
    draw(text, t);
}

void vonk_cli_progress_show(const char *text)
{
    double t = now();
    if (isatty(STDERR_FILENO) && t - line.drawn_at >= 0.1)
        draw(text, t);
}

void vonk_cli_progress_end(void)
{
    if (line.stands)
        (void)fputs("\r\033[K", stderr);
    line.stands = false;
    line.began_at = 0;
}
