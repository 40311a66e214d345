/* master.c - from --master and --conf to a session. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/cli.h"
#include "driver/nng_cluster.h"

vonk_status vonk_cli_conf(vonk_cli_session *cli, const char *text, vonk_error *err)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return vonk_fail(err, VONK_INVALID, "--conf wants KEY=VALUE, not '%s'", text);
    if (!cli->conf)
        VONK_TRY(vonk_conf_new(&cli->conf, err));
    char *key = strndup(text, (size_t)(equals - text));
    if (!key)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    vonk_status status = vonk_conf_set(cli->conf, key, equals + 1, err);
    free(key);
    return status;
}

static uint32_t n_cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (uint32_t)n : 1;
}

/* 0: not set, or nothing that is a size. */
static size_t bytes_if_set(const vonk_conf *conf, const char *key)
{
    int64_t bytes = vonk_conf_is_set(conf, key) ? vonk_conf_bytes(conf, key) : 0;
    return bytes > 0 ? (size_t)bytes : 0;
}

/* What spark.driver.memory leaves for plans, tasks and rows; 0: it is not set. */
static size_t driver_memory(const vonk_conf *conf)
{
    if (!vonk_conf_is_set(conf, "spark.driver.memory"))
        return 0;
    return vonk_memory_of_process(bytes_if_set(conf, "spark.driver.memory"));
}

static vonk_status local_cluster(uint32_t n_threads, const vonk_conf *conf, vonk_cluster **ret,
                                 vonk_error *err)
{
    vonk_local_settings settings = {.n_threads = n_threads,
                                    .memory = driver_memory(conf),
                                    .spill_dir = vonk_conf_get(conf, "spark.local.dir")};
    return vonk_local_cluster_new(&settings, ret, err);
}

static uint32_t millis(const vonk_conf *conf, const char *key)
{
    int64_t ms = vonk_conf_millis(conf, key);
    return ms > 0 && ms <= UINT32_MAX ? (uint32_t)ms : 0;
}

vonk_status vonk_cli_cluster(const char *master, const vonk_conf *conf, vonk_cluster **ret,
                             vonk_error *err)
{
    uint32_t n = 0;
    int end = 0;
    if (!master || !strcmp(master, "local[*]"))
        return local_cluster(n_cores(), conf, ret, err);
    if (!strcmp(master, "local"))
        return local_cluster(1, conf, ret, err);
    if (sscanf(master, "local[%u]%n", &n, &end) == 1 && end && !master[end] && n > 0 && n <= 4096)
        return local_cluster(n, conf, ret, err);
    if (!strncmp(master, "local-cluster", strlen("local-cluster"))) {
        vonk_nng_cluster_settings settings;
        VONK_TRY(vonk_local_cluster_parse(master, &settings, err));
        if (!settings.memory)
            settings.memory = bytes_if_set(conf, "spark.executor.memory");
        if (settings.memory)
            settings.memory = vonk_memory_of_process(settings.memory);
        settings.driver_memory = driver_memory(conf);
        settings.heartbeat_ms = millis(conf, "spark.executor.heartbeatInterval");
        settings.timeout_ms = millis(conf, "spark.network.timeout");
        return vonk_nng_cluster_new(&settings, ret, err);
    }
    if (!strncmp(master, "k8s://", 6))
        return vonk_fail(err, VONK_INVALID,
                         "master '%s': a cluster runs jobs only: `vonk run JOB.yaml --master %s`",
                         master, master);
    return vonk_fail(err, VONK_INVALID,
                     "no master '%s': local, local[N], local[*] or local-cluster[E,N,MEM]", master);
}

static void print_log(void *context, const char *text)
{
    (void)context;
    vonk_cli_progress_end();
    (void)fputs(text, stderr);
}

vonk_status vonk_cli_open(vonk_cli_session *cli, vonk_session **ret, vonk_error *err)
{
    vonk_cluster *cluster = NULL;
    vonk_status status = cli->conf ? VONK_OK : vonk_conf_new(&cli->conf, err);
    if (status == VONK_OK)
        status = vonk_cli_cluster(cli->master, cli->conf, &cluster, err);
    if (status != VONK_OK) {
        vonk_conf_free(cli->conf);
        cli->conf = NULL;
        return status;
    }
    vonk_conf *conf = cli->conf;
    cli->conf = NULL;
    VONK_TRY(vonk_session_new(cluster, conf, ret, err));
    vonk_session_set_log(*ret, NULL, print_log);
    return VONK_OK;
}
