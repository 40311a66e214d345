/* options.c - flags by getopt; the secret from a descriptor, a file or the environment. */
#include "executor/options.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET_VARIABLE "VONK_JOB_SECRET"

const char *vonk_executor_usage(void)
{
    return "usage: vonk-executor --driver URL --id N [OPTION]...\n"
           "\n"
           "Runs tasks for a driver. Drivers and operators start it; people seldom do.\n"
           "\n"
           "  --driver URL        the driver's control address, tcp://HOST:PORT\n"
           "  --id N              this executor's number, as the driver gave it\n"
           "  --slots N           tasks at once (default 1)\n"
           "  --memory MIB        memory for tasks (default: no limit)\n"
           "  --host ADDRESS      address to listen on (default 127.0.0.1)\n"
           "  --scratch DIR       directory for temporary files; made, and removed at the end\n"
           "  --parent PID        end when this process ends\n"
           "  --secret-fd N       read the job's secret (64 hex digits) from this descriptor\n"
           "  --secret-file PATH  or from this file; else from $" SECRET_VARIABLE "\n"
           "  --help, --version\n";
}

enum {
    OPT_DRIVER = 256,
    OPT_ID,
    OPT_SLOTS,
    OPT_MEMORY,
    OPT_HOST,
    OPT_SCRATCH,
    OPT_PARENT,
    OPT_SECRET_FD,
    OPT_SECRET_FILE,
    OPT_HELP,
    OPT_VERSION,
};

static const struct option flags[] = {{"driver", required_argument, NULL, OPT_DRIVER},
                                      {"id", required_argument, NULL, OPT_ID},
                                      {"slots", required_argument, NULL, OPT_SLOTS},
                                      {"memory", required_argument, NULL, OPT_MEMORY},
                                      {"host", required_argument, NULL, OPT_HOST},
                                      {"scratch", required_argument, NULL, OPT_SCRATCH},
                                      {"parent", required_argument, NULL, OPT_PARENT},
                                      {"secret-fd", required_argument, NULL, OPT_SECRET_FD},
                                      {"secret-file", required_argument, NULL, OPT_SECRET_FILE},
                                      {"help", no_argument, NULL, OPT_HELP},
                                      {"version", no_argument, NULL, OPT_VERSION},
                                      {0}};

typedef struct secret_source {
    int fd; /* -1: none */
    const char *path;
} secret_source;

static vonk_status parse_number(const char *flag, const char *text, uint64_t least, uint64_t most,
                                uint64_t *ret, vonk_error *err)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || *end || end == text || text[0] == '-' || value < least || value > most)
        return vonk_fail(err, VONK_INVALID, "--%s wants a number from %lu to %lu, not '%s'", flag,
                         (unsigned long)least, (unsigned long)most, text);
    *ret = value;
    return VONK_OK;
}

static vonk_status apply_number(int option, const char *text, vonk_executor_options *o,
                                secret_source *secret, vonk_error *err)
{
    uint64_t n = 0;
    switch (option) {
    case OPT_ID:
        VONK_TRY(parse_number("id", text, 0, INT32_MAX, &n, err));
        o->id = (uint32_t)n;
        break;
    case OPT_SLOTS:
        VONK_TRY(parse_number("slots", text, 1, 4096, &n, err));
        o->slots = (uint32_t)n;
        break;
    case OPT_MEMORY:
        VONK_TRY(parse_number("memory", text, 0, UINT64_MAX >> 21, &n, err));
        o->memory = n << 20;
        break;
    case OPT_PARENT:
        VONK_TRY(parse_number("parent", text, 1, INT32_MAX, &n, err));
        o->parent = (long)n;
        break;
    default:
        VONK_TRY(parse_number("secret-fd", text, 0, 1 << 20, &n, err));
        secret->fd = (int)n;
        break;
    }
    return VONK_OK;
}

static vonk_status apply(int option, const char *text, vonk_executor_options *o,
                         secret_source *secret, vonk_error *err)
{
    switch (option) {
    case OPT_DRIVER:
        o->driver = text;
        return VONK_OK;
    case OPT_HOST:
        o->host = text;
        return VONK_OK;
    case OPT_SCRATCH:
        o->scratch = text;
        return VONK_OK;
    case OPT_SECRET_FILE:
        secret->path = text;
        return VONK_OK;
    case OPT_HELP:
        o->help = true;
        return VONK_OK;
    case OPT_VERSION:
        o->version = true;
        return VONK_OK;
    case '?':
    case ':':
        return vonk_fail(err, VONK_INVALID, "unknown option, or one without its value");
    default:
        return apply_number(option, text, o, secret, err);
    }
}

static vonk_status read_secret(int fd, vonk_secret *ret, vonk_error *err)
{
    char text[256];
    size_t length = 0;
    ssize_t n = 0;
    while (length < sizeof text && (n = read(fd, text + length, sizeof text - length)) > 0)
        length += (size_t)n;
    vonk_status status =
        n < 0 ? vonk_fail(err, VONK_IO, "cannot read the secret: %s", strerror(errno))
              : vonk_secret_parse((vonk_slice){text, length}, ret, err);
    vonk_forget(text, sizeof text);
    close(fd);
    return status;
}

static vonk_status find_secret(const secret_source *source, vonk_secret *ret, vonk_error *err)
{
    if (source->fd >= 0)
        return read_secret(source->fd, ret, err);
    if (source->path) {
        int fd = open(source->path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return vonk_fail(err, VONK_IO, "%s: %s", source->path, strerror(errno));
        return read_secret(fd, ret, err);
    }
    char *text = getenv(SECRET_VARIABLE);
    if (!text)
        return vonk_fail(err, VONK_INVALID,
                         "no secret: --secret-fd, --secret-file or " SECRET_VARIABLE);
    vonk_status status = vonk_secret_parse(vonk_slice_of(text), ret, err);
    vonk_forget(text, strlen(text)); /* it need not stay in /proc/PID/environ */
    return status;
}

vonk_status vonk_executor_parse(int argc, char **argv, vonk_executor_options *ret, vonk_error *err)
{
    vonk_executor_options o = {.slots = 1, .host = "127.0.0.1", .id = UINT32_MAX};
    secret_source secret = {.fd = -1};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", flags, NULL)) != -1)
        VONK_TRY(apply(option, optarg, &o, &secret, err));
    if (!o.help && !o.version) {
        if (optind < argc)
            return vonk_fail(err, VONK_INVALID, "unexpected argument '%s'", argv[optind]);
        if (!o.driver)
            return vonk_fail(err, VONK_INVALID, "--driver is missing");
        if (o.id == UINT32_MAX)
            return vonk_fail(err, VONK_INVALID, "--id is missing");
        VONK_TRY(find_secret(&secret, &o.secret, err));
    }
    *ret = o;
    return VONK_OK;
}
