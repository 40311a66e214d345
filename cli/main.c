/* main.c - `vonk COMMAND ...`: finds the command. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/allocator.h"
#include "base/process_end.h"
#include "base/status.h"
#include "cli/cli.h"

static const char help[] = "vonk - SQL and data pipelines, in one process, in many, on Kubernetes\n"
                           "\n"
                           "usage: vonk COMMAND [OPTION]...\n"
                           "\n"
                           "  sql       run SQL statements, or a shell on a terminal\n"
                           "  run       run a VonkJob manifest\n"
                           "  version   print the version\n"
                           "  help      print this\n"
                           "\n"
                           "`vonk COMMAND --help` says more.\n";

static int print_version(int argc, char **argv)
{
    if (argc > 2 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h")))
        return printf("usage: vonk version\n\nPrints the version.\n") < 0 ? VONK_EXIT_FAILED
                                                                          : VONK_EXIT_OK;
    if (argc > 2) {
        (void)fprintf(stderr, "vonk version: unexpected argument '%s'\n", argv[2]);
        return VONK_EXIT_USAGE;
    }
    return printf("vonk %s\n", VONK_VERSION) < 0 ? VONK_EXIT_FAILED : VONK_EXIT_OK;
}

static int print_help(FILE *to, int status)
{
    return fputs(help, to) < 0 ? VONK_EXIT_FAILED : status;
}

/* Exit status 1 if standard output did not take all that was printed (a full disk, say). */
static int finish(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("vonk: standard output");
        status = VONK_EXIT_FAILED;
    }
    if (vonk_process_is_ending())
        vonk_process_exit(status);
    return status;
}

int main(int argc, char **argv)
{
    vonk_allocator_tune();
    (void)signal(SIGXFSZ, SIG_IGN); /* a file over the limit: the write says so (EFBIG) */
    if (argc < 2)
        return print_help(stderr, VONK_EXIT_USAGE);
    const char *command = argv[1];
    if (!strcmp(command, "sql"))
        return finish(vonk_cmd_sql(argc - 1, argv + 1));
    if (!strcmp(command, "run"))
        return finish(vonk_cmd_run(argc - 1, argv + 1));
    if (!strcmp(command, "driver"))
        return finish(vonk_cmd_driver(argc - 1, argv + 1));
    if (!strcmp(command, "version") || !strcmp(command, "--version"))
        return finish(print_version(argc, argv));
    if (!strcmp(command, "help") || !strcmp(command, "--help") || !strcmp(command, "-h"))
        return finish(print_help(stdout, VONK_EXIT_OK));
    (void)fprintf(stderr, "vonk: no command '%s'; `vonk help` lists them\n", command);
    return VONK_EXIT_USAGE;
}
