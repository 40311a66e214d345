/*
 * analyze_table.c - ANALYZE TABLE: one query over the table finds rows, nulls, ranges, lengths and,
 * by sketches, different values. The catalog keeps them until the table is written to.
 */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "expr/eval.h"
#include "optimize/statistics.h"
#include "session/command.h"
#include "sql/parse.h"

#define FIGURES 4 /* that the query has for each column */

/* Indices of the table's columns that are asked for. */
typedef struct column_set {
    uint32_t n;
    uint32_t *items;
} column_set;

static bool is_text(vonk_type type)
{
    return type.id == VONK_STRING || type.id == VONK_BINARY;
}

/* --- which columns --- */

static bool has_stats(vonk_type type)
{
    return is_text(type) || vonk_type_is_numeric(type) || type.id == VONK_BOOL ||
           type.id == VONK_DATE || type.id == VONK_TIMESTAMP || type.id == VONK_TIMESTAMP_NTZ;
}

static vonk_status add_column(column_set *set, const vonk_relation *rel, uint32_t column,
                              vonk_error *err)
{
    const vonk_field *field = &rel->schema.fields[column];
    for (uint32_t i = 0; i < set->n; i++) {
        if (set->items[i] == column)
            return vonk_fail_sql(err, "COLUMN_ALREADY_EXISTS",
                                 "The column `%s` already exists. Choose another name or rename "
                                 "the existing column.",
                                 field->name);
    }
    if (!has_stats(field->type)) {
        vonk_buffer type = {0};
        vonk_type_print_sql(field->type, &type);
        vonk_status status = vonk_fail_sql(
            err, "UNSUPPORTED_FEATURE.ANALYZE_UNSUPPORTED_COLUMN_TYPE",
            "The feature is not supported: The ANALYZE TABLE FOR COLUMNS command does not support "
            "the type \"%s\" of the column `%s` in the table `spark_catalog`.`default`.`%s`.",
            vonk_buffer_str(&type), field->name, rel->name);
        vonk_buffer_free(&type);
        return status;
    }
    set->items[set->n++] = column;
    return VONK_OK;
}

static vonk_status find_column(const vonk_relation *rel, const char *name, uint32_t *ret,
                               vonk_error *err)
{
    for (uint32_t i = 0; i < rel->schema.n_fields; i++) {
        if (strcasecmp(rel->schema.fields[i].name, name) == 0) {
            *ret = i;
            return VONK_OK;
        }
    }
    return vonk_fail_sql(err, "COLUMN_NOT_FOUND",
                         "The column `%s` cannot be found. Verify the spelling and correctness of "
                         "the column name according to the SQL config \"spark.sql.caseSensitive\".",
                         name);
}

static vonk_status choose_columns(vonk_query *q, const vonk_plan *cmd, const vonk_relation *rel,
                                  column_set *ret, vonk_error *err)
{
    uint32_t most = cmd->all_columns ? rel->schema.n_fields : cmd->n_column_names;
    column_set set = {.items = VONK_NEW_ARRAY(&q->arena, uint32_t, most, err)};
    VONK_TRY_ALLOC(set.items);
    for (uint32_t i = 0; i < most; i++) {
        uint32_t column = i;
        if (!cmd->all_columns)
            VONK_TRY(find_column(rel, cmd->column_names[i], &column, err));
        VONK_TRY(add_column(&set, rel, column, err));
    }
    *ret = set;
    return VONK_OK;
}

/* --- the query --- */

/* A name in backquotes, of which those in it are written twice. */
static void put_name(vonk_buffer *out, const char *before, const char *name, const char *after)
{
    vonk_buffer_text(out, before);
    vonk_buffer_char(out, '`');
    for (; *name; name++) {
        vonk_buffer_char(out, *name);
        if (*name == '`')
            vonk_buffer_char(out, '`');
    }
    vonk_buffer_char(out, '`');
    vonk_buffer_text(out, after);
}

static void put_query(const vonk_relation *rel, const column_set *set, const char *table,
                      vonk_buffer *out)
{
    vonk_buffer_text(out, "SELECT count(*)");
    for (uint32_t i = 0; i < set->n; i++) {
        const vonk_field *field = &rel->schema.fields[set->items[i]];
        bool text = is_text(field->type);
        put_name(out, ", count(", field->name, ")");
        put_name(out, ", approx_count_distinct(", field->name, ")");
        put_name(out, text ? ", sum(length(" : ", min(", field->name, text ? "))" : ")");
        put_name(out, text ? ", max(length(" : ", max(", field->name, text ? "))" : ")");
    }
    put_name(out, " FROM ", table, "");
}

/* The one row that the query has. */
typedef struct figures {
    uint32_t n;
    vonk_value *values;
} figures;

static vonk_status take_row(void *context, const vonk_batch *batch, vonk_error *err)
{
    figures *f = context;
    (void)err;
    for (uint32_t i = 0; batch->n_rows && i < f->n && i < batch->n_columns; i++)
        f->values[i] = vonk_column_value(&batch->columns[i], 0);
    return VONK_OK;
}

/* Runs it as a part of the statement; its rows are nobody else's. */
static vonk_status run_text(vonk_query *q, vonk_slice text, figures *f, vonk_error *err)
{
    vonk_plan *parsed = NULL, *analyzed = NULL;
    const vonk_sink *asked = q->sink;
    vonk_sink sink = {.context = f, .rows = take_row};
    VONK_TRY(vonk_sql_parse(text, &q->arena, &parsed, err));
    VONK_TRY(vonk_query_analyze(q, parsed, &analyzed, err));
    q->sink = &sink;
    vonk_status status = vonk_query_execute(q, analyzed, err);
    q->sink = asked;
    return status;
}

static vonk_status run_query(vonk_query *q, const vonk_catalog_entry *entry, const column_set *set,
                             figures *ret, vonk_error *err)
{
    vonk_buffer text = {0};
    figures f = {.n = 1 + FIGURES * set->n};
    f.values = VONK_NEW_ARRAY(&q->arena, vonk_value, f.n, err);
    VONK_TRY_ALLOC(f.values);
    put_query(entry->relation, set, entry->name, &text);
    vonk_status status = vonk_buffer_check(&text, err);
    if (status == VONK_OK)
        status = run_text(q, (vonk_slice){text.data, text.length}, &f, err);
    vonk_buffer_free(&text);
    if (status != VONK_OK && err)
        err->position = err->position_end = -1; /* in a text that nobody has seen */
    *ret = f;
    return status;
}

/* --- what comes of it --- */

/* `f`: count, different values, and min and max, or the sum and the greatest of lengths. */
static vonk_analyzed_column column_of(vonk_type type, int64_t n_rows, const vonk_value *f)
{
    bool text = is_text(type);
    int64_t count = f[0].i64, size = (int64_t)vonk_type_bytes(type);
    vonk_analyzed_column c = {.known = true,
                              .min = {.is_null = true},
                              .max = {.is_null = true},
                              .n_nulls = n_rows - count,
                              .n_distinct = f[1].i64 < count ? f[1].i64 : count,
                              .mean_length = size,
                              .max_length = size};
    if (!text) {
        c.min = f[2];
        c.max = f[3];
    } else if (count) {
        c.mean_length = (int64_t)ceil((double)f[2].i64 / (double)count);
        c.max_length = f[3].i64;
    }
    return c;
}

/* The same for guesses. */
static vonk_column_stats guess_of(vonk_type type, int64_t n_rows, const vonk_analyzed_column *c)
{
    vonk_column_stats s = {.has_nulls = true,
                           .null_share = n_rows ? (double)c->n_nulls / (double)n_rows : 0,
                           .step = vonk_type_step(type),
                           .distinct = (double)c->n_distinct};
    s.has_range =
        vonk_value_number(type, &c->min, &s.min) && vonk_value_number(type, &c->max, &s.max);
    return s;
}

/* Columns not asked for stay as they are: as an earlier ANALYZE TABLE or the footers have them. */
static vonk_status put_columns(vonk_query *q, const vonk_catalog_entry *entry,
                               const column_set *set, const figures *f, vonk_table_stats *stats,
                               vonk_relation *rel, vonk_error *err)
{
    uint32_t n = rel->schema.n_fields;
    vonk_analyzed_column *columns = VONK_NEW_ARRAY(&q->arena, vonk_analyzed_column, n, err);
    VONK_TRY_ALLOC(columns);
    vonk_column_stats *guesses = VONK_NEW_ARRAY(&q->arena, vonk_column_stats, n, err);
    VONK_TRY_ALLOC(guesses);
    for (uint32_t i = 0; i < n; i++) {
        if (entry->stats && entry->stats->columns)
            columns[i] = entry->stats->columns[i];
        if (rel->stats)
            guesses[i] = rel->stats[i];
    }
    for (uint32_t i = 0; i < set->n; i++) {
        uint32_t at = set->items[i];
        vonk_type type = rel->schema.fields[at].type;
        columns[at] = column_of(type, stats->n_rows, &f->values[1 + FIGURES * i]);
        guesses[at] = guess_of(type, stats->n_rows, &columns[at]);
    }
    stats->columns = columns;
    rel->stats = guesses;
    return VONK_OK;
}

static vonk_status analyze(vonk_query *q, const vonk_plan *cmd, const vonk_catalog_entry *entry,
                           vonk_error *err)
{
    vonk_catalog_entry changed = *entry;
    vonk_relation rel = *entry->relation;
    vonk_table_stats stats = {.n_rows = -1};
    if (entry->stats)
        stats = *entry->stats;
    stats.n_bytes = 0;
    for (uint32_t i = 0; i < rel.n_files; i++)
        stats.n_bytes += rel.files[i].size;
    if (!cmd->no_scan) {
        column_set set = {0};
        figures f = {0};
        VONK_TRY(choose_columns(q, cmd, &rel, &set, err));
        VONK_TRY(run_query(q, entry, &set, &f, err));
        stats.n_rows = rel.n_rows = f.values[0].i64;
        if (set.n)
            VONK_TRY(put_columns(q, entry, &set, &f, &stats, &rel, err));
    }
    changed.relation = &rel;
    changed.stats = &stats;
    return vonk_catalog_put(q->session->catalog, &changed, true, err);
}

static vonk_status fail_view(const vonk_plan *cmd, vonk_error *err)
{
    const char *name = vonk_last_name(cmd);
    if (cmd->all_columns || cmd->n_column_names)
        return vonk_fail_sql(err, "UNSUPPORTED_FEATURE.ANALYZE_UNCACHED_TEMP_VIEW",
                             "The feature is not supported: The ANALYZE TABLE FOR COLUMNS command "
                             "can operate on temporary views that have been cached already. "
                             "Consider to cache the view `%s`.",
                             name);
    vonk_status status =
        vonk_fail_sql(err, "EXPECT_PERMANENT_VIEW_NOT_TEMP",
                      "'ANALYZE TABLE' expects a permanent view but `%s` is a temp view.", name);
    return vonk_error_at(err, status, cmd->start, cmd->end);
}

vonk_status vonk_run_analyze_table(vonk_query *q, const vonk_plan *cmd, vonk_error *err)
{
    const vonk_catalog_entry *entry = vonk_catalog_find(q->session->catalog, vonk_last_name(cmd));
    if (!entry)
        return vonk_fail_no_table(cmd, err);
    if (entry->kind != VONK_ENTRY_TABLE)
        return fail_view(cmd, err);
    VONK_TRY(analyze(q, cmd, entry, err));
    return vonk_answer_nothing(q, err);
}
