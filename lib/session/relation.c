/* relation.c - from a format and a path to a relation: its files and their schema. */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "format/format.h"
#include "session/job.h"
#include "session/state.h"

static vonk_status list_files(const char *path, vonk_arena *arena, vonk_relation *rel,
                              vonk_error *err)
{
    vonk_fs_entry *entries = NULL;
    uint32_t n = 0;
    VONK_TRY(vonk_fs_data_files(path, arena, &entries, &n, err));
    rel->files = VONK_NEW_ARRAY(arena, vonk_file, n, err);
    VONK_TRY_ALLOC(rel->files);
    for (uint32_t i = 0; i < n; i++)
        rel->files[i] = (vonk_file){entries[i].path, entries[i].size, entries[i].mtime_ns};
    rel->n_files = n;
    return VONK_OK;
}

/* The slots of a cluster may be other machines'; its files are read by this process. */
static uint32_t n_threads(const vonk_cluster *cluster)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 && (uint64_t)cores < cluster->n_slots ? (uint32_t)cores : cluster->n_slots;
}

/* What the files say, read by as many threads as the cluster has slots. */
static vonk_status ask_files(const vonk_session *s, const vonk_format *format, vonk_arena *arena,
                             const vonk_relation *rel, const atomic_bool *stop,
                             vonk_format_facts *ret, vonk_error *err)
{
    const char **paths = VONK_NEW_ARRAY(arena, const char *, rel->n_files, err);
    uint64_t *sizes = VONK_NEW_ARRAY(arena, uint64_t, rel->n_files, err);
    if (!paths || !sizes)
        return VONK_NO_MEMORY;
    for (uint32_t i = 0; i < rel->n_files; i++) {
        paths[i] = rel->files[i].path;
        sizes[i] = rel->files[i].size;
    }
    int64_t piece_bytes = vonk_conf_bytes(s->conf, "spark.sql.files.maxPartitionBytes");
    vonk_infer_request request = {.n_paths = rel->n_files,
                                  .paths = paths,
                                  .sizes = sizes,
                                  .options = &rel->options,
                                  .settings = &s->settings,
                                  .n_threads = n_threads(s->cluster),
                                  .piece_bytes = piece_bytes > 0 ? (uint64_t)piece_bytes : 0,
                                  .stop = stop};
    vonk_status status = format->infer(&request, arena, ret, err);
    return status == VONK_CANCELLED ? vonk_fail_cancelled(err) : status;
}

static vonk_status infer(const vonk_session *s, const vonk_format *format, vonk_arena *arena,
                         const vonk_schema *given, vonk_relation *rel, vonk_error *err)
{
    if (given && strcasecmp(format->name, "parquet") != 0) {
        rel->n_rows = -1;
        return vonk_schema_copy(arena, given, &rel->schema, err);
    }
    if (!rel->n_files && !given) {
        return vonk_fail_sql(err, "UNABLE_TO_INFER_SCHEMA",
                             "Unable to infer schema for %s. It must be specified manually.",
                             rel->format);
    }
    if (!rel->n_files) {
        rel->n_rows = 0;
        return vonk_schema_copy(arena, given, &rel->schema, err);
    }
    vonk_format_facts facts;
    /* With a schema it may be a table that was just written, which Ctrl-C must not undo by half. */
    const atomic_bool *stop = given ? NULL : &s->cancelled;
    VONK_TRY(ask_files(s, format, arena, rel, stop, &facts, err));
    rel->n_rows = facts.n_rows;
    if (given) /* whose columns are other ones */
        return vonk_schema_copy(arena, given, &rel->schema, err);
    rel->schema = facts.schema;
    rel->stats = facts.columns;
    return VONK_OK;
}

static vonk_status copy_options(vonk_arena *arena, const vonk_options *from, vonk_options *to,
                                vonk_error *err)
{
    vonk_option *items = VONK_NEW_ARRAY(arena, vonk_option, from->n, err);
    VONK_TRY_ALLOC(items);
    for (uint32_t i = 0; i < from->n; i++) {
        const vonk_option *o = &from->items[i];
        items[i].key = vonk_arena_strndup(arena, o->key, strlen(o->key), err);
        VONK_TRY_ALLOC(items[i].key);
        items[i].value = vonk_arena_strndup(arena, o->value, strlen(o->value), err);
        VONK_TRY_ALLOC(items[i].value);
    }
    *to = (vonk_options){from->n, items};
    return VONK_OK;
}

vonk_status vonk_relation_load(void *context, const vonk_relation_wanted *wanted, vonk_arena *arena,
                               const vonk_relation **ret, vonk_error *err)
{
    const vonk_session *s = context;
    const vonk_format *f = vonk_format_find(wanted->format);
    if (!f)
        return vonk_fail_sql(err, "DATA_SOURCE_NOT_FOUND",
                             "Failed to find the data source: %s. Make sure the provider name is "
                             "correct and the package is properly registered.",
                             wanted->format);
    vonk_relation *rel = VONK_NEW(arena, vonk_relation, err);
    VONK_TRY_ALLOC(rel);
    rel->name = vonk_arena_strndup(arena, wanted->name, strlen(wanted->name), err);
    VONK_TRY_ALLOC(rel->name);
    rel->format = f->name;
    if (wanted->options)
        VONK_TRY(copy_options(arena, wanted->options, &rel->options, err));
    const char *path = wanted->path;
    if (!path)
        path = vonk_option_get(&rel->options, "path", NULL);
    if (!path)
        return vonk_fail_sql(err, "INVALID_PARAMETER_VALUE",
                             "a path is needed: OPTIONS (path '...')");
    VONK_TRY(list_files(path, arena, rel, err));
    VONK_TRY(infer(s, f, arena, wanted->schema, rel, err));
    *ret = rel;
    return VONK_OK;
}
