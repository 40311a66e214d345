/* sql.c - `vonk sql`: statements from -e, -f, standard input or a shell. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/shell.h"
#include "cli/statements.h"

static const char help[] =
    "usage: vonk sql [-e SQL | -f FILE]... [OPTION]...\n"
    "\n"
    "Runs SQL statements, separated by ';', in the order given. With neither -e nor -f: a shell "
    "on\n"
    "a terminal, else statements from standard input.\n"
    "\n"
    "  -e, --execute SQL     statements to run\n"
    "  -f, --file FILE       a file of statements; '-' is standard input\n"
    "  -m, --master MASTER   local[N] threads (default local[*]), or\n"
    "                        local-cluster[E,N,MEM]: E executor processes of N slots, MEM MiB\n"
    "  -c, --conf KEY=VALUE  a setting, e.g. spark.sql.shuffle.partitions=8\n"
    "      --format FORMAT   table (default), csv, tsv or json (one line a statement)\n"
    "      --keep-going      go on after an error\n"
    "      --time            print each statement's seconds, this process's CPU, and what was "
    "read,\n"
    "                        on standard error\n"
    "  -h, --help            print this\n"
    "\n"
    "Exit status: 0 all went well, 1 a statement failed, 2 wrong usage.\n";

typedef struct input {
    bool is_file;
    const char *text;
} input;

typedef struct options {
    vonk_cli_session session;
    vonk_statements run;
    input *inputs;
    uint32_t n_inputs;
} options;

static int usage(const char *fmt, const char *what)
{
    (void)fputs("vonk sql: ", stderr);
    (void)fprintf(stderr, fmt, what);
    (void)fputs("; see `vonk sql --help`\n", stderr);
    return VONK_EXIT_USAGE;
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, options *o)
{
    enum { FORMAT = 256, KEEP_GOING, TIME };
    static const struct option longs[] = {{"execute", required_argument, NULL, 'e'},
                                          {"file", required_argument, NULL, 'f'},
                                          {"master", required_argument, NULL, 'm'},
                                          {"conf", required_argument, NULL, 'c'},
                                          {"format", required_argument, NULL, FORMAT},
                                          {"keep-going", no_argument, NULL, KEEP_GOING},
                                          {"time", no_argument, NULL, TIME},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    vonk_error err;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":e:f:m:c:h", longs, NULL)) != -1;) {
        switch (c) {
        case 'e':
        case 'f':
            o->inputs[o->n_inputs++] = (input){c == 'f', optarg};
            break;
        case 'm':
            o->session.master = optarg;
            break;
        case 'c':
            if (vonk_cli_conf(&o->session, optarg, &err) != VONK_OK)
                return usage("%s", err.message);
            break;
        case FORMAT:
            if (!vonk_output_parse(optarg, &o->run.format))
                return usage("no format '%s'", optarg);
            break;
        case KEEP_GOING:
            o->run.keep_going = true;
            break;
        case TIME:
            o->run.time = true;
            break;
        case 'h':
            return fputs(help, stdout) < 0 ? VONK_EXIT_FAILED : VONK_EXIT_OK;
        case ':':
            return usage("option '%s' needs a value", argv[optind - 1]);
        default:
            return usage("unknown option '%s'", argv[optind - 1]);
        }
    }
    return optind < argc ? usage("unexpected argument '%s'", argv[optind]) : -1;
}

static vonk_status run_input(vonk_statements *run, const input *in, vonk_error *err)
{
    if (!in->is_file)
        return vonk_run_script(run, vonk_slice_of(in->text), err);
    char *text = NULL;
    size_t size = 0;
    vonk_status status = vonk_cli_read_file(in->text, &text, &size, err);
    if (status != VONK_OK) {
        vonk_cli_print_error(stderr, err, (vonk_slice){0});
        run->failed = true;
        return status;
    }
    status = vonk_run_script(run, (vonk_slice){text, size}, err);
    free(text);
    return status;
}

static void run_inputs(options *o)
{
    static const input standard_input = {true, "-"};
    vonk_error err;
    vonk_status status = VONK_OK;
    bool shell = !o->n_inputs && isatty(STDIN_FILENO);
    if (!shell && !o->run.keep_going)
        vonk_cli_interrupt_ends();
    if (shell)
        vonk_shell(&o->run);
    else if (!o->n_inputs)
        status = run_input(&o->run, &standard_input, &err);
    for (uint32_t i = 0; i < o->n_inputs && (status == VONK_OK || o->run.keep_going); i++)
        status = run_input(&o->run, &o->inputs[i], &err);
}

int vonk_cmd_sql(int argc, char **argv)
{
    options o = {0};
    vonk_error err;
    o.inputs = calloc((size_t)argc + 1, sizeof(*o.inputs));
    if (!o.inputs)
        return VONK_EXIT_FAILED;
    int status = parse(argc, argv, &o);
    if (status < 0 && vonk_cli_open(&o.session, &o.run.session, &err) != VONK_OK) {
        vonk_cli_print_error(stderr, &err, (vonk_slice){0});
        status = err.status == VONK_INVALID ? VONK_EXIT_USAGE : VONK_EXIT_FAILED;
    } else if (status < 0) {
        run_inputs(&o);
        status = o.run.failed ? VONK_EXIT_FAILED : VONK_EXIT_OK;
        vonk_cli_on_interrupt(NULL);
        vonk_session_free(o.run.session);
    } else {
        vonk_conf_free(o.session.conf);
    }
    free(o.inputs);
    return status;
}
