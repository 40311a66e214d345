/* session.c - a session's life, and the frame around each statement. */
#include "session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "fs/fs.h"
#include "fs/settings.h"
#include "session/query_log.h"
#include "session/state.h"
#include "sql/parse.h"

/* The machine's time zone by TZ or /etc/localtime, or UTC. */
static void machine_zone(char *ret, size_t size)
{
    const char *tz = getenv("TZ");
    char link[256];
    const char *name = NULL;
    if (tz && *tz) {
        name = *tz == ':' ? tz + 1 : tz;
    } else {
        ssize_t n = readlink("/etc/localtime", link, sizeof(link) - 1);
        link[n > 0 ? n : 0] = '\0';
        const char *zone = strstr(link, "zoneinfo/");
        name = zone ? zone + strlen("zoneinfo/") : NULL;
    }
    (void)snprintf(ret, size, "%s", name && *name ? name : "Etc/UTC");
}

vonk_status vonk_session_new(vonk_cluster *cluster, vonk_conf *conf, vonk_session **ret,
                             vonk_error *err)
{
    vonk_session *s = calloc(1, sizeof(*s));
    if (!s) {
        cluster->ops->close(cluster);
        vonk_conf_free(conf);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    }
    s->cluster = cluster;
    s->conf = conf;
    s->source = (vonk_relation_source){s, vonk_relation_load};
    s->id = s->next_job = ((uint64_t)time(NULL) << 32) + ((uint64_t)getpid() << 12 & 0xfffff000);
    vonk_status status = vonk_catalog_new(&s->catalog, err);
    if (status != VONK_OK) {
        vonk_session_free(s);
        return status;
    }
    *ret = s;
    return VONK_OK;
}

void vonk_session_free(vonk_session *s)
{
    if (!s)
        return;
    s->cluster->ops->close(s->cluster);
    vonk_conf_free(s->conf);
    if (s->catalog)
        vonk_catalog_free(s->catalog);
    free(s->owner);
    free(s->error_text);
    free(s->error_view);
    free(s);
}

vonk_conf *vonk_session_conf(vonk_session *session)
{
    return session->conf;
}

const vonk_eval_settings *vonk_session_settings(vonk_session *session)
{
    return &session->settings;
}

void vonk_session_set_fence(vonk_session *session, void *context,
                            vonk_status (*fence)(void *context, vonk_error *err))
{
    session->fence = fence;
    session->fence_context = context;
}

void vonk_session_set_log(vonk_session *session, void *context,
                          void (*log)(void *context, const char *text))
{
    session->log = log;
    session->log_context = context;
}

vonk_status vonk_session_set_owner(vonk_session *session, const char *owner, uint32_t attempt,
                                   vonk_error *err)
{
    vonk_buffer text = {0};
    if (owner)
        vonk_buffer_printf(&text, "%s %u", owner, attempt);
    (void)vonk_buffer_str(&text);
    if (text.failed) {
        vonk_buffer_free(&text);
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    }
    free(session->owner);
    session->owner = text.data;
    return VONK_OK;
}

void vonk_session_cancel(vonk_session *session)
{
    atomic_store(&session->cancelled, true);
}

void vonk_session_clear_cancel(vonk_session *session)
{
    atomic_store(&session->cancelled, false);
}

static double seconds_now(clockid_t clock)
{
    struct timespec ts;
    if (clock_gettime(clock, &ts) != 0)
        return 0;
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Settings of stores: spark.hadoop.fs.* and fs.*, as Spark hands them to Hadoop. */
static vonk_status take_store_settings(const vonk_session *s, vonk_error *err)
{
    static const char prefix[] = "spark.hadoop.";
    vonk_arena arena = {0};
    vonk_conf_item *items = NULL;
    uint32_t n = 0, n_options = 0;
    vonk_status status = vonk_conf_list(s->conf, &arena, &items, &n, err);
    vonk_option *options =
        status == VONK_OK ? VONK_NEW_ARRAY(&arena, vonk_option, (size_t)n + 1, err) : NULL;
    for (uint32_t i = 0; options && i < n; i++) {
        const char *key = items[i].key;
        if (!strncmp(key, prefix, sizeof(prefix) - 1))
            key += sizeof(prefix) - 1;
        if (!strncmp(key, "fs.", 3))
            options[n_options++] = (vonk_option){key, items[i].value};
    }
    if (options)
        status = vonk_fs_settings_set(&(vonk_options){n_options, options}, err);
    else if (status == VONK_OK)
        status = VONK_NO_MEMORY;
    vonk_arena_free(&arena);
    return status;
}

/* The settings of a statement: what conf says now. */
static vonk_status take_settings(vonk_session *s, vonk_error *err)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    const char *zone = vonk_conf_get(s->conf, "spark.sql.session.timeZone");
    if (zone)
        (void)snprintf(s->time_zone, sizeof(s->time_zone), "%s", zone);
    else
        machine_zone(s->time_zone, sizeof(s->time_zone));
    s->settings = (vonk_eval_settings){
        .ansi = vonk_conf_bool(s->conf, "spark.sql.ansi.enabled"),
        .time_zone = s->time_zone,
        .now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000,
        .cancelled = &s->cancelled,
    };
    return take_store_settings(s, err);
}

typedef vonk_status statement_fn(vonk_query *q, const vonk_plan *parsed, const void *context,
                                 vonk_error *err);

/* An error in a view's text: keeps that text, and counts its position from the text's start. */
static void note_origin(const vonk_query *q, vonk_status status, vonk_error *err)
{
    vonk_session *s = q->session;
    free(s->error_text);
    free(s->error_view);
    s->error_text = s->error_view = NULL;
    if (status == VONK_OK || !err || err->position < 0)
        return;
    const vonk_origin *origin = vonk_origins_find(&q->origins, err->position);
    if (!origin)
        return;
    s->error_text = strndup(origin->text.data, origin->text.length);
    s->error_view = strdup(origin->view);
    bool kept = s->error_text && s->error_view;
    err->position = kept ? err->position - origin->start : -1;
    err->position_end = kept ? err->position_end - origin->start : -1;
}

vonk_slice vonk_session_error_text(const vonk_session *session, vonk_slice sql,
                                   const char **ret_view)
{
    bool in_view = session->error_text && session->error_view;
    *ret_view = in_view ? session->error_view : NULL;
    return in_view ? vonk_slice_of(session->error_text) : sql;
}

/* Memory ran out, and not in a task of which the error tells: it was the session's own. */
static void name_memory_setting(vonk_status status, vonk_error *err)
{
    static const char setting[] = "spark.driver.memory";
    if (status != VONK_NO_MEMORY || !err || !err->condition[0] || strstr(err->message, setting))
        return;
    size_t n = strlen(err->message);
    (void)snprintf(err->message + n, sizeof(err->message) - n,
                   " It is the driver's memory: %s is its limit.", setting);
}

static vonk_status parse(vonk_query *q, vonk_plan **ret, vonk_error *err)
{
    vonk_query_plans(q, true);
    vonk_status status = vonk_sql_parse(q->sql, &q->arena, ret, err);
    vonk_query_plans(q, false);
    return status;
}

/* Parses `sql` and does `run` with it, between taking the settings and filling the stats. */
static vonk_status with_statement(vonk_session *s, vonk_slice sql, const vonk_sink *sink,
                                  statement_fn *run, const void *context, vonk_statement_stats *ret,
                                  vonk_error *err)
{
    vonk_statement_stats stats = {0};
    vonk_query q = {
        .session = s,
        .sql = sql,
        .sink = sink,
        .stats = &stats,
        .next_id = 1,
        .arena = {.budget = s->cluster->budget, .stop = &s->cancelled},
        .origins = {.end = sql.length < INT32_MAX ? (int32_t)sql.length + 1 : INT32_MAX},
        .number = ++s->n_statements};
    double start = seconds_now(CLOCK_MONOTONIC);
    vonk_plan *parsed = NULL;
    vonk_status status = take_settings(s, err);
    int64_t start_us = s->settings.now_us;
    if (status == VONK_OK)
        status = parse(&q, &parsed, err);
    if (status == VONK_OK)
        status = run(&q, parsed, context, err);
    if (status != VONK_OK && atomic_load(&s->cancelled))
        status = vonk_fail_cancelled(err);
    stats.seconds = seconds_now(CLOCK_MONOTONIC) - start;
    name_memory_setting(status, err);
    vonk_query_log_add(&q, start_us, status, err);
    note_origin(&q, status, err);
    vonk_arena_free(&q.arena);
    if (ret)
        *ret = stats;
    return status;
}

static vonk_status run_statement(vonk_query *q, const vonk_plan *parsed, const void *context,
                                 vonk_error *err)
{
    (void)context;
    return vonk_query_run(q, parsed, err);
}

vonk_status vonk_session_run(vonk_session *session, vonk_slice sql, const vonk_sink *sink,
                             vonk_statement_stats *ret, vonk_error *err)
{
    return with_statement(session, sql, sink, run_statement, NULL, ret, err);
}

typedef struct save_target {
    const char *format, *path;
} save_target;

static vonk_status save_statement(vonk_query *q, const vonk_plan *parsed, const void *context,
                                  vonk_error *err)
{
    const save_target *to = context;
    vonk_plan *analyzed = NULL;
    VONK_TRY(vonk_query_analyze(q, parsed, &analyzed, err));
    if (vonk_plan_is_command(analyzed))
        return vonk_fail(err, VONK_INVALID, "only a query has rows that can be saved");
    return vonk_query_save(q, analyzed, to->format, to->path, &(vonk_options){0}, VONK_SAVE_NEW,
                           err);
}

vonk_status vonk_session_save(vonk_session *session, vonk_slice sql, const char *format,
                              const char *path, const vonk_sink *sink, vonk_statement_stats *ret,
                              vonk_error *err)
{
    save_target to = {format, path};
    return with_statement(session, sql, sink, save_statement, &to, ret, err);
}

vonk_status vonk_session_split(vonk_slice script, vonk_arena *arena, vonk_slice **ret,
                               uint32_t *ret_n, vonk_error *err)
{
    vonk_statement *statements = NULL;
    VONK_TRY(vonk_sql_split(script, arena, &statements, ret_n, err));
    vonk_slice *slices = VONK_NEW_ARRAY(arena, vonk_slice, *ret_n, err);
    VONK_TRY_ALLOC(slices);
    for (uint32_t i = 0; i < *ret_n; i++)
        slices[i] = (vonk_slice){script.data + statements[i].start,
                                 (size_t)(statements[i].end - statements[i].start)};
    *ret = slices;
    return VONK_OK;
}

bool vonk_session_is_query(vonk_slice sql)
{
    vonk_arena arena = {0};
    vonk_plan *plan = NULL;
    bool query = vonk_sql_parse(sql, &arena, &plan, NULL) == VONK_OK && !vonk_plan_is_command(plan);
    vonk_arena_free(&arena);
    return query;
}

vonk_status vonk_session_add_table(vonk_session *session, const char *name, const char *format,
                                   const char *path, const vonk_options *options, vonk_error *err)
{
    vonk_arena arena = {0};
    vonk_catalog_entry entry = {.name = name, .kind = VONK_ENTRY_TEMP_VIEW};
    VONK_TRY(take_settings(session, err));
    vonk_relation_wanted wanted = {
        .name = name, .format = format, .path = path, .options = options};
    vonk_status status = vonk_relation_load(session, &wanted, &arena, &entry.relation, err);
    if (status == VONK_OK)
        status = vonk_catalog_put(session->catalog, &entry, true, err);
    vonk_arena_free(&arena);
    return status;
}

/* Appends a copy of `name` to the list if it begins with `prefix`. */
static bool add_name(char ***list, size_t *n, const char *name, const char *prefix)
{
    if (strncasecmp(name, prefix, strlen(prefix)) != 0)
        return true;
    char **bigger = realloc(*list, (*n + 2) * sizeof(*bigger));
    if (!bigger)
        return false;
    *list = bigger;
    bigger[*n] = strdup(name);
    bigger[*n + 1] = NULL;
    return bigger[(*n)++] != NULL;
}

char **vonk_session_names(vonk_session *session, const char *prefix)
{
    vonk_arena arena = {0};
    const vonk_catalog_entry **entries = NULL;
    uint32_t n_entries = 0, n_functions = 0;
    size_t n = 0;
    char **names = calloc(1, sizeof(*names));
    bool good = names != NULL;
    if (vonk_catalog_list(session->catalog, &arena, &entries, &n_entries, NULL) != VONK_OK)
        n_entries = 0;
    for (uint32_t i = 0; good && i < n_entries; i++)
        good = add_name(&names, &n, entries[i]->name, prefix);
    const char *const *functions = vonk_function_names(&n_functions);
    for (uint32_t i = 0; good && i < n_functions; i++)
        good = add_name(&names, &n, functions[i], prefix);
    vonk_arena_free(&arena);
    return names;
}

static vonk_status read_file(vonk_fs_file *file, const char *path, size_t most, char **ret,
                             size_t *ret_size, vonk_error *err)
{
    uint64_t size = vonk_fs_size(file);
    if (size > most)
        return vonk_fail(err, VONK_INVALID, "%s has %llu bytes: %zu are allowed", path,
                         (unsigned long long)size, most);
    char *text = malloc((size_t)size + 1);
    if (!text)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for %s", path);
    vonk_status status = vonk_fs_read(file, 0, (size_t)size, text, err);
    if (status != VONK_OK) {
        free(text);
        return status;
    }
    text[size] = '\0';
    *ret = text;
    *ret_size = (size_t)size;
    return VONK_OK;
}

vonk_status vonk_session_read(vonk_session *session, const char *path, size_t most, char **ret,
                              size_t *ret_size, vonk_error *err)
{
    vonk_fs_file *file = NULL;
    VONK_TRY(take_settings(session, err));
    VONK_TRY(vonk_fs_open(path, &file, err));
    vonk_status status = read_file(file, path, most, ret, ret_size, err);
    vonk_fs_close(file);
    return status;
}
