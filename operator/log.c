/* log.c - see log.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "operator/log.h"

static void print_time(vonk_buffer *out)
{
    struct timeval now;
    struct tm utc;
    char text[32];
    (void)gettimeofday(&now, NULL);
    if (!gmtime_r(&now.tv_sec, &utc) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc))
        return;
    vonk_buffer_printf(out, "%s.%03dZ", text, (int)(now.tv_usec / 1000));
}

static void print_json(vonk_buffer *out, const char *level, const char *job, const char *message)
{
    vonk_buffer_text(out, "{\"time\":\"");
    print_time(out);
    vonk_buffer_printf(out, "\",\"level\":\"%s\"", level);
    if (job) {
        vonk_buffer_text(out, ",\"job\":\"");
        vonk_buffer_json(out, job, strlen(job));
        vonk_buffer_char(out, '"');
    }
    vonk_buffer_text(out, ",\"message\":\"");
    vonk_buffer_json(out, message, strlen(message));
    vonk_buffer_text(out, "\"}\n");
}

static void print_text(vonk_buffer *out, const char *level, const char *job, const char *message)
{
    print_time(out);
    vonk_buffer_printf(out, " %-5s ", level);
    if (job)
        vonk_buffer_printf(out, "job=%s ", job);
    for (; *message; message++)
        vonk_buffer_char(out, *message == '\n' ? ' ' : *message);
    vonk_buffer_char(out, '\n');
}

void vonk_op_say(const vonk_op_log *log, vonk_op_level level, const char *job, const char *fmt, ...)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    if (level > log->level)
        return;
    char message[4096];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    vonk_buffer line = {0};
    if (log->json)
        print_json(&line, names[level], job, message);
    else
        print_text(&line, names[level], job, message);
    if (!line.failed)
        (void)!write(log->fd, line.data, line.length); /* one write: lines do not mix */
    vonk_buffer_free(&line);
}
