/* describe.c - DESCRIBE of queries, tables, views and of one column. Source: Spark's. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "expr/eval.h"
#include "expr/time_zone.h"
#include "session/command.h"

/* What `out` has, in `arena`; `out` is freed. */
static vonk_status keep_text(vonk_arena *arena, vonk_buffer *out, const char **ret, vonk_error *err)
{
    vonk_status status = vonk_buffer_check(out, err);
    if (status == VONK_OK) {
        *ret = vonk_arena_strndup(arena, out->data, out->length, err);
        status = *ret ? VONK_OK : VONK_NO_MEMORY;
    }
    vonk_buffer_free(out);
    return status;
}

static vonk_status type_text(vonk_arena *arena, vonk_type type, const char **ret, vonk_error *err)
{
    vonk_buffer text = {0};
    vonk_type_print(type, &text);
    return keep_text(arena, &text, ret, err);
}

/* --- a column --- */

static bool is_timestamp(vonk_type type)
{
    return type.id == VONK_TIMESTAMP || type.id == VONK_TIMESTAMP_NTZ;
}

/* The six digits of a timestamp's microseconds, of which printing leaves zeros at the end out. */
static void pad_micros(vonk_buffer *out)
{
    const char *dot = strchr(vonk_buffer_str(out), '.');
    size_t digits = dot ? strlen(dot + 1) : 0;
    vonk_buffer_text(out, dot ? "" : ".");
    for (; digits < 6; digits++)
        vonk_buffer_char(out, '0');
}

/* " +0200": how far the session's local time was from UTC. */
static vonk_status put_offset(vonk_query *q, int64_t utc_us, vonk_buffer *out, vonk_error *err)
{
    const char *name = q->session->settings.time_zone;
    vonk_time_zone zone;
    VONK_TRY(vonk_time_zone_find((vonk_slice){name, strlen(name)}, &q->arena, &zone, err));
    int32_t offset = vonk_time_zone_offset_at(&zone, utc_us), minutes = abs(offset) / 60;
    vonk_buffer_printf(out, " %c%02d%02d", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
    return VONK_OK;
}

static vonk_status put_value(vonk_query *q, vonk_type type, const vonk_value *value,
                             vonk_buffer *out, vonk_error *err)
{
    VONK_TRY(vonk_value_print(type, value, &q->session->settings, out, err));
    if (is_timestamp(type))
        pad_micros(out);
    return type.id == VONK_TIMESTAMP ? put_offset(q, value->i64, out, err) : VONK_OK;
}

static vonk_status value_text(vonk_query *q, vonk_type type, const vonk_value *value,
                              const char **ret, vonk_error *err)
{
    vonk_buffer text = {0};
    *ret = "NULL";
    if (value->is_null)
        return VONK_OK;
    vonk_status status = put_value(q, type, value, &text, err);
    if (status == VONK_OK)
        return keep_text(&q->arena, &text, ret, err);
    vonk_buffer_free(&text);
    return status;
}

static vonk_status count_text(vonk_query *q, int64_t n, const char **ret, vonk_error *err)
{
    *ret = vonk_arena_printf(&q->arena, err, "%" PRId64, n);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

/* values: of min, max, num_nulls, distinct_count, avg_col_len, max_col_len. */
static vonk_status column_stats(vonk_query *q, vonk_type type, const vonk_analyzed_column *column,
                                const char **values, vonk_error *err)
{
    for (uint32_t i = 0; i < 6; i++)
        values[i] = "NULL";
    if (!column || !column->known)
        return VONK_OK;
    VONK_TRY(value_text(q, type, &column->min, &values[0], err));
    VONK_TRY(value_text(q, type, &column->max, &values[1], err));
    VONK_TRY(count_text(q, column->n_nulls, &values[2], err));
    VONK_TRY(count_text(q, column->n_distinct, &values[3], err));
    VONK_TRY(count_text(q, column->mean_length, &values[4], err));
    return count_text(q, column->max_length, &values[5], err);
}

static vonk_status describe_column(vonk_query *q, const vonk_plan *cmd,
                                   const vonk_catalog_entry *entry, const vonk_schema *schema,
                                   vonk_error *err)
{
    static const char *const names[] = {"info_name", "info_value"};
    static const char *const infos[] = {"col_name",    "data_type", "comment",        "min",
                                        "max",         "num_nulls", "distinct_count", "avg_col_len",
                                        "max_col_len", "histogram"};
    enum { INFOS = VONK_LENGTH(infos), SHORT = 3 };
    const char *name = cmd->column_names[cmd->n_column_names - 1], *values[INFOS], *rows[2 * INFOS];
    uint32_t i = 0;
    while (i < schema->n_fields && strcasecmp(schema->fields[i].name, name) != 0)
        i++;
    if (i == schema->n_fields)
        return vonk_fail_sql(err, "COLUMN_NOT_FOUND",
                             "The column `%s` cannot be found. Verify the spelling and correctness "
                             "of the column name according to the SQL config "
                             "\"spark.sql.caseSensitive\".",
                             name);
    const vonk_table_stats *stats = entry->stats;
    values[0] = name;
    VONK_TRY(type_text(&q->arena, schema->fields[i].type, &values[1], err));
    values[2] = "NULL"; /* comments are not kept */
    VONK_TRY(column_stats(q, schema->fields[i].type,
                          stats && stats->columns ? &stats->columns[i] : NULL, values + SHORT,
                          err));
    values[INFOS - 1] = "NULL"; /* there are no histograms */
    for (uint32_t k = 0; k < INFOS; k++) {
        rows[2 * k] = infos[k];
        rows[2 * k + 1] = values[k];
    }
    return vonk_query_answer(q, 2, names, cmd->extended ? INFOS : SHORT, rows, err);
}

/* --- tables and queries --- */

typedef struct table_rows {
    const char **items; /* three texts a row */
    uint32_t n;
} table_rows;

static void add_row(table_rows *rows, const char *name, const char *value, const char *comment)
{
    rows->items[3 * rows->n] = name;
    rows->items[3 * rows->n + 1] = value;
    rows->items[3 * rows->n + 2] = comment;
    rows->n++;
}

#define DETAILS 9 /* rows that EXTENDED adds, at most */

/* "4471 bytes, 4 rows" */
static vonk_status stats_text(vonk_query *q, const vonk_table_stats *stats, const char **ret,
                              vonk_error *err)
{
    char rows[40] = "";
    if (stats->n_rows >= 0)
        (void)snprintf(rows, sizeof rows, ", %" PRId64 " rows", stats->n_rows);
    *ret = vonk_arena_printf(&q->arena, err, "%" PRIu64 " bytes%s", stats->n_bytes, rows);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

/* What EXTENDED says of a table, as far as the catalog knows it. */
static vonk_status add_details(vonk_query *q, const vonk_catalog_entry *entry, table_rows *rows,
                               vonk_error *err)
{
    const char *text = NULL, *path = vonk_entry_path(q, entry, err);
    VONK_TRY_ALLOC(path);
    add_row(rows, "", "", "");
    add_row(rows, "# Detailed Table Information", "", "");
    add_row(rows, "Catalog", "spark_catalog", "");
    add_row(rows, "Database", "default", "");
    add_row(rows, "Table", entry->name, "");
    add_row(rows, "Type", entry->is_managed ? "MANAGED" : "EXTERNAL", "");
    add_row(rows, "Provider", entry->relation->format, "");
    if (entry->stats) {
        VONK_TRY(stats_text(q, entry->stats, &text, err));
        add_row(rows, "Statistics", text, "");
    }
    add_row(rows, "Location", path, "");
    return VONK_OK;
}

/* `entry` is NULL for a query. */
static vonk_status describe_all(vonk_query *q, const vonk_plan *cmd,
                                const vonk_catalog_entry *entry, const vonk_schema *schema,
                                vonk_error *err)
{
    static const char *const names[] = {"col_name", "data_type", "comment"};
    size_t room = 3 * ((size_t)schema->n_fields + DETAILS);
    table_rows rows = {.items = VONK_NEW_ARRAY(&q->arena, const char *, room, err)};
    VONK_TRY_ALLOC(rows.items);
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const char *type = NULL;
        VONK_TRY(type_text(&q->arena, schema->fields[i].type, &type, err));
        add_row(&rows, schema->fields[i].name, type, NULL);
    }
    if (cmd->extended && entry && entry->kind == VONK_ENTRY_TABLE && entry->relation)
        VONK_TRY(add_details(q, entry, &rows, err));
    return vonk_query_answer(q, 3, names, rows.n, rows.items, err);
}

vonk_status vonk_run_describe(vonk_query *q, const vonk_plan *cmd, vonk_error *err)
{
    vonk_schema schema = {0};
    if (cmd->n_children) {
        VONK_TRY(vonk_plan_schema(&q->arena, cmd->children[0], &schema, err));
        return describe_all(q, cmd, NULL, &schema, err);
    }
    const vonk_catalog_entry *entry = vonk_catalog_find(q->session->catalog, vonk_last_name(cmd));
    if (!entry)
        return vonk_fail_no_table(cmd, err);
    if (entry->relation)
        schema = entry->relation->schema;
    else
        VONK_TRY(vonk_plan_schema(&q->arena, entry->plan, &schema, err));
    if (cmd->n_column_names)
        return describe_column(q, cmd, entry, &schema, err);
    return describe_all(q, cmd, entry, &schema, err);
}
