/* command.c - statements that are not queries, one function each. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/end_watch.h"
#include "fs/fs.h"
#include "session/command.h"
#include "session/subquery.h"

/* --- answers --- */

static vonk_status text_column(vonk_query *q, uint32_t n_rows, uint32_t n_columns,
                               const char *const *rows, uint32_t column, vonk_column *ret,
                               vonk_error *err)
{
    VONK_TRY(vonk_column_new(&q->arena, VONK_TYPE(STRING), n_rows, ret, err));
    VONK_TRY(vonk_column_add_validity(&q->arena, ret, err));
    vonk_string *values = ret->values;
    for (uint32_t r = 0; r < n_rows; r++) {
        const char *text = rows[r * n_columns + column];
        values[r] = text ? vonk_string_of(text, (uint32_t)strlen(text)) : (vonk_string){0};
        vonk_bit_set(ret->validity, r, text != NULL);
    }
    return VONK_OK;
}

vonk_status vonk_query_answer(vonk_query *q, uint32_t n_columns, const char *const *names,
                              uint32_t n_rows, const char *const *rows, vonk_error *err)
{
    vonk_schema schema = {.n_fields = n_columns};
    schema.fields = VONK_NEW_ARRAY(&q->arena, vonk_field, n_columns, err);
    VONK_TRY_ALLOC(schema.fields);
    vonk_batch batch = {.n_rows = n_rows, .n_columns = n_columns};
    batch.columns = VONK_NEW_ARRAY(&q->arena, vonk_column, n_columns, err);
    VONK_TRY_ALLOC(batch.columns);
    for (uint32_t c = 0; c < n_columns; c++) {
        schema.fields[c] = (vonk_field){names[c], VONK_TYPE(STRING), true};
        VONK_TRY(text_column(q, n_rows, n_columns, rows, c, &batch.columns[c], err));
    }
    if (q->sink && q->sink->schema)
        VONK_TRY(q->sink->schema(q->sink->context, &schema, err));
    if (q->sink && q->sink->rows && n_rows)
        VONK_TRY(q->sink->rows(q->sink->context, &batch, err));
    return VONK_OK;
}

vonk_status vonk_answer_nothing(vonk_query *q, vonk_error *err)
{
    return vonk_query_answer(q, 0, NULL, 0, NULL, err);
}

/* --- SET, RESET --- */

static vonk_status run_set(vonk_query *q, const vonk_plan *cmd, vonk_error *err)
{
    static const char *const names[] = {"key", "value"};
    vonk_conf *conf = q->session->conf;
    if (cmd->key) {
        if (cmd->value)
            VONK_TRY(vonk_conf_set(conf, cmd->key, cmd->value, err));
        const char *value = vonk_conf_redact(conf, cmd->key, vonk_conf_get(conf, cmd->key));
        const char *row[] = {cmd->key, value ? value : "<undefined>"};
        return vonk_query_answer(q, 2, names, 1, row, err);
    }
    vonk_conf_item *items = NULL;
    uint32_t n = 0;
    VONK_TRY(vonk_conf_list(conf, &q->arena, &items, &n, err));
    const char **rows = VONK_NEW_ARRAY(&q->arena, const char *, 2 * (size_t)n, err);
    VONK_TRY_ALLOC(rows);
    for (uint32_t i = 0; i < n; i++) {
        rows[2 * i] = items[i].key;
        rows[2 * i + 1] = vonk_conf_redact(conf, items[i].key, items[i].value);
    }
    return vonk_query_answer(q, 2, names, n, rows, err);
}

static vonk_status run_reset(vonk_query *q, const vonk_plan *cmd, vonk_error *err)
{
    if (cmd->key)
        vonk_conf_reset(q->session->conf, cmd->key);
    else
        vonk_conf_reset_all(q->session->conf);
    return vonk_answer_nothing(q, err);
}

/* --- catalog --- */

/* The text of a view's query, from its start to the statement's end, and of the views in it. */
static vonk_status view_origins(vonk_query *q, const char *name, const vonk_plan *plan,
                                vonk_origins *ret, vonk_error *err)
{
    size_t start = plan->start > 0 && (size_t)plan->start < q->sql.length ? (size_t)plan->start : 0;
    vonk_origin own = {name, {q->sql.data + start, q->sql.length - start}, (int32_t)start};
    *ret = q->origins;
    return vonk_origins_add(&q->arena, ret, own, err);
}

static vonk_status run_create_view(vonk_query *q, const vonk_plan *cmd, vonk_error *err)
{
    vonk_catalog_entry entry = {.name = vonk_last_name(cmd), .kind = VONK_ENTRY_TEMP_VIEW};
    if (cmd->n_children) {
        VONK_TRY(vonk_check_names(cmd->children[0], err));
        entry.plan = cmd->children[0];
        VONK_TRY(view_origins(q, entry.name, entry.plan, &entry.origins, err));
    } else {
        const char *format = cmd->format
                                 ? cmd->format
                                 : vonk_conf_get(q->session->conf, "spark.sql.sources.default");
        vonk_relation_wanted wanted = {
            .name = entry.name,
            .format = format,
            .path = cmd->path,
            .options = &cmd->options,
            .schema = cmd->schema,
        };
        VONK_TRY(vonk_relation_load(q->session, &wanted, &q->arena, &entry.relation, err));
    }
    VONK_TRY(vonk_catalog_put(q->session->catalog, &entry, cmd->replace, err));
    return vonk_answer_nothing(q, err);
}

/* Where a table's files are. */
const char *vonk_table_path(vonk_query *q, const vonk_plan *cmd, vonk_error *err)
{
    if (cmd->path)
        return cmd->path;
    const char *option = vonk_option_get(&cmd->options, "path", NULL);
    if (option)
        return option;
    char *name =
        vonk_arena_strndup(&q->arena, vonk_last_name(cmd), strlen(vonk_last_name(cmd)), err);
    for (char *c = name; c && *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    return name
               ? vonk_arena_printf(&q->arena, err, "%s/%s",
                                   vonk_conf_get(q->session->conf, "spark.sql.warehouse.dir"), name)
               : NULL;
}

/* A managed table must not meet files that are there already. */
static vonk_status check_location(vonk_query *q, const char *name, const char *path,
                                  vonk_error *err)
{
    vonk_fs_entry *entries = NULL;
    uint32_t n = 0;
    vonk_error ignored;
    if (vonk_fs_list(path, &q->arena, &entries, &n, &ignored) != VONK_OK || !n)
        return VONK_OK;
    return vonk_fail_sql(err, "LOCATION_ALREADY_EXISTS",
                         "Cannot name the managed table as `%s`, as its associated location '%s' "
                         "already exists. Please pick a different table name, or remove the "
                         "existing location first.",
                         name, path);
}

static vonk_status put_table(vonk_query *q, const vonk_plan *cmd, const char *format,
                             const char *path, const vonk_schema *schema, bool is_managed,
                             vonk_error *err)
{
    vonk_catalog_entry entry = {
        .name = vonk_last_name(cmd), .kind = VONK_ENTRY_TABLE, .is_managed = is_managed};
    vonk_relation_wanted wanted = {
        .name = entry.name,
        .format = format,
        .path = path,
        .options = &cmd->options,
        .schema = schema,
    };
    VONK_TRY(vonk_relation_load(q->session, &wanted, &q->arena, &entry.relation, err));
    return vonk_catalog_put(q->session->catalog, &entry, true, err);
}

static vonk_status run_create_table(vonk_query *q, const vonk_plan *cmd, vonk_error *err)
{
    vonk_session *s = q->session;
    const char *name = vonk_last_name(cmd);
    const vonk_catalog_entry *old = vonk_catalog_find(s->catalog, name);
    if (old && cmd->if_not_exists)
        return vonk_answer_nothing(q, err);
    if (old && !cmd->replace)
        return vonk_fail_sql(err, "TABLE_OR_VIEW_ALREADY_EXISTS",
                             "Cannot create table or view `default`.`%s` because it already "
                             "exists.\nChoose a different name, drop or replace the existing "
                             "object, or add the IF NOT EXISTS clause to tolerate pre-existing "
                             "objects.",
                             name);
    const char *path = vonk_table_path(q, cmd, err);
    VONK_TRY_ALLOC(path);
    bool managed = !cmd->path && !vonk_option_get(&cmd->options, "path", NULL);
    const char *format =
        cmd->format ? cmd->format : vonk_conf_get(s->conf, "spark.sql.sources.default");
    if (managed && !old)
        VONK_TRY(check_location(q, name, path, err));
    vonk_schema schema = {0};
    if (cmd->n_children) {
        VONK_TRY(vonk_plan_schema(&q->arena, cmd->children[0], &schema, err));
        VONK_TRY(vonk_query_save(q, cmd->children[0], format, path, &cmd->options,
                                 cmd->replace ? VONK_SAVE_OVERWRITE : VONK_SAVE_APPEND, err));
    } else {
        VONK_TRY(vonk_fs_mkdirs(path, err));
        if (!cmd->schema && managed)
            return vonk_fail_sql(err, "UNABLE_TO_INFER_SCHEMA",
                                 "Unable to infer schema for %s. It must be specified manually.",
                                 format);
    }
    VONK_TRY(
        put_table(q, cmd, format, path, cmd->n_children ? &schema : cmd->schema, managed, err));
    return vonk_answer_nothing(q, err);
}

/* The directory of a table's files. */
const char *vonk_entry_path(vonk_query *q, const vonk_catalog_entry *entry, vonk_error *err)
{
    vonk_plan fake = {.n_name_parts = 1, .name_parts = (const char **)(uintptr_t)&entry->name};
    fake.options = entry->relation->options;
    return vonk_table_path(q, &fake, err);
}

static vonk_status run_drop(vonk_query *q, const vonk_plan *cmd, vonk_error *err)
{
    const char *name = vonk_last_name(cmd);
    const vonk_catalog_entry *entry = vonk_catalog_find(q->session->catalog, name);
    const char *files = NULL;
    if (entry && entry->kind == VONK_ENTRY_TABLE && cmd->is_view)
        return vonk_fail_sql(err, "WRONG_COMMAND_FOR_OBJECT_TYPE",
                             "The operation DROP VIEW requires a VIEW. But `%s` is a TABLE. Use "
                             "DROP TABLE instead.",
                             name);
    if (entry && entry->kind == VONK_ENTRY_TABLE && entry->is_managed) {
        files = vonk_entry_path(q, entry, err);
        VONK_TRY_ALLOC(files);
    }
    vonk_status status = vonk_catalog_drop(q->session->catalog, name, cmd->if_exists, err);
    if (status != VONK_OK)
        return vonk_error_at(err, status, cmd->start, cmd->end);
    if (files) {
        vonk_end_watch_hold(); /* all of them or none */
        status = vonk_fs_remove(files, err);
        vonk_end_watch_release();
    }
    return status == VONK_OK ? vonk_answer_nothing(q, err) : status;
}

/* SQL's simple patterns of SHOW: * any, | or; without case. */
static bool matches(const char *pattern, size_t n, const char *name)
{
    if (!n)
        return !*name;
    if (*pattern == '*') {
        for (;; name++) {
            if (matches(pattern + 1, n - 1, name))
                return true;
            if (!*name)
                return false;
        }
    }
    return *name && !strncasecmp(pattern, name, 1) && matches(pattern + 1, n - 1, name + 1);
}

static bool matches_any(const char *pattern, const char *name)
{
    while (pattern) {
        const char *bar = strchr(pattern, '|');
        if (matches(pattern, bar ? (size_t)(bar - pattern) : strlen(pattern), name))
            return true;
        pattern = bar ? bar + 1 : NULL;
    }
    return false;
}

static vonk_status run_show_tables(vonk_query *q, const vonk_plan *cmd, vonk_error *err)
{
    static const char *const names[] = {"namespace", "tableName", "isTemporary"};
    const vonk_catalog_entry **entries = NULL;
    uint32_t n = 0, n_rows = 0;
    VONK_TRY(vonk_catalog_list(q->session->catalog, &q->arena, &entries, &n, err));
    const char **rows = VONK_NEW_ARRAY(&q->arena, const char *, 3 * (size_t)n, err);
    VONK_TRY_ALLOC(rows);
    for (uint32_t i = 0; i < n; i++) {
        bool temporary = entries[i]->kind == VONK_ENTRY_TEMP_VIEW;
        if ((cmd->pattern && !matches_any(cmd->pattern, entries[i]->name)) ||
            (cmd->is_view && !temporary))
            continue;
        rows[3 * n_rows] = temporary ? "" : "default";
        rows[3 * n_rows + 1] = entries[i]->name;
        rows[3 * n_rows + 2] = temporary ? "true" : "false";
        n_rows++;
    }
    return vonk_query_answer(q, 3, names, n_rows, rows, err);
}

static vonk_status run_show_functions(vonk_query *q, const vonk_plan *cmd, vonk_error *err)
{
    static const char *const names[] = {"function"};
    uint32_t n = 0, n_rows = 0;
    const char *const *all = vonk_function_names(&n);
    const char **rows = VONK_NEW_ARRAY(&q->arena, const char *, n, err);
    VONK_TRY_ALLOC(rows);
    for (uint32_t i = 0; i < n; i++) {
        if (!cmd->pattern || matches_any(cmd->pattern, all[i]))
            rows[n_rows++] = all[i];
    }
    return vonk_query_answer(q, 1, names, n_rows, rows, err);
}

vonk_status vonk_fail_no_table(const vonk_plan *cmd, vonk_error *err)
{
    vonk_status status = vonk_fail_sql(
        err, "TABLE_OR_VIEW_NOT_FOUND",
        "The table or view `%s` cannot be found. Verify the spelling and correctness of the schema "
        "and catalog.",
        vonk_last_name(cmd));
    return vonk_error_at(err, status, cmd->start, cmd->end);
}

vonk_status vonk_command_run(vonk_query *q, const vonk_plan *parsed, vonk_plan *command,
                             vonk_error *err)
{
    static vonk_status (*const runs[VONK_N_PLANS])(vonk_query *, const vonk_plan *,
                                                   vonk_error *) = {
        [VONK_PLAN_CREATE_VIEW] = run_create_view,
        [VONK_PLAN_CREATE_TABLE] = run_create_table,
        [VONK_PLAN_DROP] = run_drop,
        [VONK_PLAN_INSERT_DIRECTORY] = vonk_run_insert_directory,
        [VONK_PLAN_INSERT_TABLE] = vonk_run_insert_table,
        [VONK_PLAN_EXPLAIN] = vonk_run_explain,
        [VONK_PLAN_SHOW_TABLES] = run_show_tables,
        [VONK_PLAN_SHOW_FUNCTIONS] = run_show_functions,
        [VONK_PLAN_DESCRIBE] = vonk_run_describe,
        [VONK_PLAN_ANALYZE_TABLE] = vonk_run_analyze_table,
        [VONK_PLAN_SET] = run_set,
        [VONK_PLAN_RESET] = run_reset,
    };
    const vonk_plan *cmd = command ? command : parsed;
    if (!runs[cmd->kind])
        return vonk_fail_sql(err, "UNSUPPORTED_FEATURE", "%s is not supported yet",
                             vonk_plan_kind_name(cmd->kind));
    return runs[cmd->kind](q, cmd, err);
}
