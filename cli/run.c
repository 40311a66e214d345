/* run.c - `vonk run JOB.yaml`: does here what `kubectl apply -f JOB.yaml` does on a cluster. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/kube_job.h"
#include "cli/manifest_run.h"

static const char help[] =
    "usage: vonk run JOB.yaml [OPTION]...\n"
    "\n"
    "Runs a VonkJob manifest: the same file that `kubectl apply -f` gives to a cluster. Relative\n"
    "paths in it start at the current directory.\n"
    "\n"
    "  -m, --master MASTER   local[N] threads (default local[*]);\n"
    "                        local-cluster[E,N,MEM]: E executor processes of N slots, MEM MiB; or\n"
    "                        k8s://[CONTEXT]: the cluster of the kubeconfig's context (default: "
    "its\n"
    "                        current one); k8s://https://HOST:PORT: of the one with that server\n"
    "  -c, --conf KEY=VALUE  a setting; stronger than the manifest's conf\n"
    "      --format FORMAT   of the printed result: table (default), csv, tsv or json\n"
    "  -h, --help            print this\n"
    "\n"
    "On Kubernetes (the job is applied, followed, and its result printed here):\n"
    "\n"
    "  -n, --namespace NS    the job's namespace (default: the manifest's, the context's)\n"
    "      --detach          return once the cluster has the job\n"
    "      --replace         delete a job of that name that has not finished; one that has "
    "finished\n"
    "                        is run again in any case\n"
    "      --delete-on-interrupt  Ctrl-C deletes the job; else it goes on without being followed\n"
    "\n"
    "Exit status: 0 the job succeeded, 1 it failed, 2 wrong usage, 130 interrupted.\n";

typedef struct options {
    const char *path;
    vonk_cli_session session;
    vonk_output_format format;
    const char **confs; /* --conf texts: set again over the manifest's */
    uint32_t n_confs;
    vonk_kube_job_options kube; /* for k8s:// */
} options;

static int usage(const char *what, const char *which)
{
    (void)fprintf(stderr, "vonk run: %s%s; see `vonk run --help`\n", what, which);
    return VONK_EXIT_USAGE;
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, options *o)
{
    enum { FORMAT = 256, DETACH, REPLACE, DELETE };
    static const struct option longs[] = {{"master", required_argument, NULL, 'm'},
                                          {"conf", required_argument, NULL, 'c'},
                                          {"format", required_argument, NULL, FORMAT},
                                          {"namespace", required_argument, NULL, 'n'},
                                          {"detach", no_argument, NULL, DETACH},
                                          {"replace", no_argument, NULL, REPLACE},
                                          {"delete-on-interrupt", no_argument, NULL, DELETE},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    vonk_error err;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":m:c:n:h", longs, NULL)) != -1;) {
        switch (c) {
        case 'm':
            o->session.master = optarg;
            break;
        case 'c':
            if (vonk_cli_conf(&o->session, optarg, &err) != VONK_OK)
                return usage(err.message, "");
            o->confs[o->n_confs++] = optarg;
            break;
        case FORMAT:
            if (!vonk_output_parse(optarg, &o->format))
                return usage("no format ", optarg);
            o->kube.format = optarg;
            break;
        case 'n':
            o->kube.namespace_name = optarg;
            break;
        case DETACH:
            o->kube.detach = true;
            break;
        case REPLACE:
            o->kube.replace = true;
            break;
        case DELETE:
            o->kube.delete_on_interrupt = true;
            break;
        case 'h':
            return fputs(help, stdout) < 0 ? VONK_EXIT_FAILED : VONK_EXIT_OK;
        case ':':
            return usage("a value is missing after ", argv[optind - 1]);
        default:
            return usage("unknown option ", argv[optind - 1]);
        }
    }
    if (optind >= argc)
        return usage("usage: vonk run JOB.yaml: which manifest?", "");
    if (optind + 1 < argc)
        return usage("one manifest at a time, not also ", argv[optind + 1]);
    o->path = argv[optind];
    bool only_kube =
        o->kube.namespace_name || o->kube.detach || o->kube.replace || o->kube.delete_on_interrupt;
    if (only_kube && !vonk_is_kube_master(o->session.master))
        return usage("--namespace, --detach, --replace and --delete-on-interrupt are for --master "
                     "k8s://",
                     "");
    return -1;
}

/* The manifest's conf, then the command line's once more. */
static vonk_status set_conf(options *o, const vonk_job *job, vonk_error *err)
{
    if (!o->session.conf)
        VONK_TRY(vonk_conf_new(&o->session.conf, err));
    VONK_TRY(vonk_manifest_run_conf(o->session.conf, job, err));
    for (uint32_t i = 0; i < o->n_confs; i++)
        VONK_TRY(vonk_cli_conf(&o->session, o->confs[i], err));
    return VONK_OK;
}

static void print_totals(const vonk_manifest_run *run, const vonk_job *job)
{
    vonk_buffer line = {0};
    vonk_manifest_run_totals(run, job, &line);
    (void)fflush(stdout);
    (void)fprintf(stderr, "%s\n", vonk_buffer_str(&line));
    vonk_buffer_free(&line);
}

/* `*ret_text` is the caller's to free: *ret_at may point into it. */
static vonk_status run_job(options *o, const vonk_job *job, char **ret_text, vonk_slice *ret_at,
                           vonk_error *err)
{
    vonk_manifest_run run = {.path = o->path,
                             .format = o->format,
                             .progress = vonk_cli_progress,
                             .progress_end = vonk_cli_progress_end};
    vonk_session *session = NULL;
    VONK_TRY(vonk_manifest_run_check(&run, job, err));
    VONK_TRY(set_conf(o, job, err));
    VONK_TRY(vonk_cli_open(&o->session, &session, err));
    vonk_cli_interrupt_ends();
    vonk_cli_on_interrupt(session);
    vonk_status status = vonk_manifest_run_all(&run, session, job, ret_text, ret_at, err);
    vonk_cli_on_interrupt(NULL);
    vonk_session_free(session);
    if (status == VONK_OK)
        print_totals(&run, job);
    return status;
}

/* Gives the job to a cluster; the exit status. */
static int run_on_kubernetes(options *o, vonk_slice text, const vonk_job *job)
{
    o->kube.path = o->path;
    o->kube.master = o->session.master;
    o->kube.confs = o->confs;
    o->kube.n_confs = o->n_confs;
    return vonk_kube_job_run(&o->kube, text, job);
}

static int run_manifest(options *o)
{
    vonk_arena arena = {0};
    vonk_job job;
    vonk_error err;
    vonk_slice at = {0};
    char *text = NULL, *script = NULL;
    size_t size = 0;
    vonk_status status = vonk_cli_read_manifest(o->path, &text, &size, &err);
    if (status == VONK_OK)
        status = vonk_job_parse((vonk_slice){text, size}, o->path, &arena, &job, &err);
    int code = VONK_EXIT_FAILED;
    if (status == VONK_OK && vonk_is_kube_master(o->session.master))
        code = run_on_kubernetes(o, (vonk_slice){text, size}, &job);
    else if (status == VONK_OK && (status = run_job(o, &job, &script, &at, &err)) == VONK_OK)
        code = VONK_EXIT_OK;
    if (status != VONK_OK)
        vonk_cli_print_error(stderr, &err, at);
    vonk_arena_free(&arena);
    free(script);
    free(text);
    return code;
}

int vonk_cmd_run(int argc, char **argv)
{
    options o = {0};
    o.confs = calloc((size_t)argc + 1, sizeof(*o.confs));
    if (!o.confs)
        return VONK_EXIT_FAILED;
    int status = parse(argc, argv, &o);
    if (status < 0)
        status = run_manifest(&o);
    vonk_conf_free(o.session.conf);
    free(o.confs);
    return status;
}
