/* insert.c - INSERT INTO a table or a directory. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "expr/cast.h"
#include "session/command.h"

vonk_status vonk_run_insert_directory(vonk_query *q, const vonk_plan *cmd, vonk_error *err)
{
    const char *path = cmd->path ? cmd->path : vonk_option_get(&cmd->options, "path", NULL);
    if (!path)
        return vonk_fail_sql(err, "INVALID_PARAMETER_VALUE",
                             "INSERT OVERWRITE DIRECTORY needs a path");
    const char *format =
        cmd->format ? cmd->format : vonk_conf_get(q->session->conf, "spark.sql.sources.default");
    VONK_TRY(vonk_query_save(q, cmd->children[0], format, path, &cmd->options,
                             cmd->overwrite ? VONK_SAVE_OVERWRITE : VONK_SAVE_APPEND, err));
    return vonk_answer_nothing(q, err);
}

/* Spark's ANSI store assignment. Source: Spark SQL reference, "ANSI Compliance", store assignment.
 */
static bool can_store(vonk_type from, vonk_type to)
{
    if (vonk_type_equal(from, to) || from.id == VONK_NULL || to.id == VONK_STRING)
        return true;
    if (vonk_type_is_numeric(from) && vonk_type_is_numeric(to))
        return true;
    bool time_from =
        from.id == VONK_DATE || from.id == VONK_TIMESTAMP || from.id == VONK_TIMESTAMP_NTZ;
    bool time_to = to.id == VONK_DATE || to.id == VONK_TIMESTAMP || to.id == VONK_TIMESTAMP_NTZ;
    return time_from && time_to;
}

static void list_names(vonk_buffer *out, const char *title, uint32_t n,
                       const char *(*name)(const void *, uint32_t), const void *of)
{
    vonk_buffer_text(out, title);
    for (uint32_t i = 0; i < n; i++)
        vonk_buffer_printf(out, "%s`%s`", i ? ", " : "", name(of, i));
}

static const char *field_name(const void *of, uint32_t i)
{
    return ((const vonk_schema *)of)->fields[i].name;
}

static const char *output_name(const void *of, uint32_t i)
{
    return ((const vonk_plan *)of)->output[i].name;
}

static vonk_status wrong_count(const char *table, const vonk_schema *schema, const vonk_plan *data,
                               vonk_error *err)
{
    bool few = data->n_output < schema->n_fields;
    vonk_buffer names = {0};
    list_names(&names, "Table columns: ", schema->n_fields, field_name, schema);
    list_names(&names, ".\nData columns: ", data->n_output, output_name, data);
    vonk_status status = vonk_fail_sql(
        err,
        few ? "INSERT_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS"
            : "INSERT_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS",
        "Cannot write to `spark_catalog`.`default`.`%s`, the reason is %s data columns:\n%s.",
        table, few ? "not enough" : "too many", vonk_buffer_str(&names));
    vonk_buffer_free(&names);
    return status;
}

/* Behind all texts: the position of no expression, so that it names the table's column `i`. */
static int32_t place_of(const vonk_query *q, uint32_t i)
{
    return q->origins.end < INT32_MAX - 1 - (int32_t)i ? q->origins.end + (int32_t)i : -1;
}

/* Which column of the data goes into the table's column `name`, -1: none. */
static int source_of(const vonk_plan *cmd, uint32_t column, const char *name)
{
    if (!cmd->n_column_names)
        return (int)column;
    for (uint32_t i = 0; i < cmd->n_column_names; i++) {
        if (!strcasecmp(cmd->column_names[i], name))
            return (int)i;
    }
    return -1;
}

/* `place`: what an error of the cast has as its position. */
static vonk_status store_expr(vonk_query *q, const char *table, const vonk_attribute *from,
                              const vonk_field *to, int32_t place, vonk_expr **ret, vonk_error *err)
{
    vonk_expr *e =
        from ? vonk_expr_column(&q->arena, from->id, from->name, from->type, from->nullable, err)
             : vonk_expr_null(&q->arena, to->type, err);
    VONK_TRY_ALLOC(e);
    if (from && !can_store(from->type, to->type)) {
        const char *given = vonk_type_sql_name(from->type);
        char copy[64];
        (void)snprintf(copy, sizeof(copy), "%s", given);
        return vonk_fail_sql(err, "INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST",
                             "Cannot write incompatible data for the table "
                             "`spark_catalog`.`default`.`%s`: Cannot safely cast `%s` \"%s\" to "
                             "\"%s\".",
                             table, to->name, copy, vonk_type_sql_name(to->type));
    }
    if (from && !vonk_type_equal(from->type, to->type)) {
        e = vonk_expr_cast(&q->arena, e, to->type, false, err);
        VONK_TRY_ALLOC(e);
        e->start = place;
        e->end = place + 1;
    }
    VONK_TRY_ALLOC(e);
    e->nullable = true;
    *ret = vonk_expr_alias(&q->arena, e, to->name, err);
    VONK_TRY_ALLOC(*ret);
    (*ret)->type = to->type;
    (*ret)->nullable = true;
    (*ret)->alias_id = q->next_id++;
    return VONK_OK;
}

/* The data with the table's columns: by position or by the names given, cast to their types. */
static vonk_status as_table(vonk_query *q, const vonk_plan *cmd, const vonk_schema *schema,
                            vonk_plan **ret, vonk_error *err)
{
    vonk_plan *data = cmd->children[0];
    uint32_t wanted = cmd->n_column_names ? cmd->n_column_names : schema->n_fields;
    if (data->n_output != wanted)
        return wrong_count(vonk_last_name(cmd), schema, data, err);
    vonk_plan *project = vonk_plan_new(&q->arena, VONK_PLAN_PROJECT, 1, err);
    VONK_TRY_ALLOC(project);
    project->children[0] = data;
    project->n_exprs = project->n_output = schema->n_fields;
    project->exprs = VONK_NEW_ARRAY(&q->arena, vonk_expr *, schema->n_fields, err);
    VONK_TRY_ALLOC(project->exprs);
    project->output = VONK_NEW_ARRAY(&q->arena, vonk_attribute, schema->n_fields, err);
    VONK_TRY_ALLOC(project->output);
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const vonk_field *to = &schema->fields[i];
        int from = source_of(cmd, i, to->name);
        VONK_TRY(store_expr(q, vonk_last_name(cmd), from < 0 ? NULL : &data->output[from], to,
                            place_of(q, i), &project->exprs[i], err));
        project->output[i] = (vonk_attribute){.id = project->exprs[i]->alias_id,
                                              .name = to->name,
                                              .type = to->type,
                                              .nullable = true};
    }
    *ret = project;
    return VONK_OK;
}

/* What Spark's SparkArithmeticException is made for. */
static bool is_arithmetic(const char *condition)
{
    static const char *const names[] = {"ARITHMETIC_OVERFLOW",
                                        "BINARY_ARITHMETIC_OVERFLOW",
                                        "CAST_OVERFLOW",
                                        "DATETIME_OVERFLOW",
                                        "DIVIDE_BY_ZERO",
                                        "INTERVAL_ARITHMETIC_OVERFLOW",
                                        "INTERVAL_DIVIDED_BY_ZERO",
                                        "NUMERIC_VALUE_OUT_OF_RANGE",
                                        "REMAINDER_BY_ZERO"};
    for (size_t i = 0; i < VONK_LENGTH(names); i++) {
        size_t n = strlen(names[i]);
        if (!strncmp(names[i], condition, n) && (!condition[n] || condition[n] == '.'))
            return true;
    }
    return false;
}

/* The expression of a plan's output `i`, as far down as it is written in a PROJECT, or NULL. */
static const vonk_expr *find_source(const vonk_plan *plan, uint32_t i)
{
    const vonk_expr *e = NULL;
    while (plan->kind == VONK_PLAN_PROJECT && i < plan->n_exprs) {
        e = plan->exprs[i];
        e = e->kind == VONK_EXPR_ALIAS ? e->args[0] : e;
        if (e->kind != VONK_EXPR_COLUMN)
            break;
        plan = plan->children[0];
        for (i = 0; i < plan->n_output && plan->output[i].id != e->id;)
            i++;
        e = NULL;
    }
    return e;
}

/* The table's column whose value is made where `err` says, if it is cast with care; or -1. */
static int64_t find_column(const vonk_plan *cmd, const vonk_schema *schema, const vonk_error *err)
{
    const vonk_plan *data = cmd->children[0];
    for (uint32_t i = 0; i < schema->n_fields && is_arithmetic(err->condition); i++) {
        vonk_type to = schema->fields[i].type;
        int from = source_of(cmd, i, schema->fields[i].name);
        if (from < 0 || (!vonk_type_is_integral(to) && to.id != VONK_DECIMAL) ||
            vonk_type_equal(data->output[from].type, to) ||
            vonk_cast_never_fails(data->output[from].type, to))
            continue;
        const vonk_expr *e = find_source(data, (uint32_t)from);
        if (e && err->position >= e->start && err->position < e->end)
            return i;
    }
    return -1;
}

/* Of a value that does not fit its column Spark names the column, not the value. */
static vonk_status name_column(const vonk_query *q, const vonk_plan *cmd, const vonk_schema *schema,
                               vonk_status status, vonk_error *err)
{
    int64_t column = err ? (int64_t)err->position - q->origins.end : -1;
    if (status == VONK_USER && err && column < 0 && err->position >= 0)
        column = find_column(cmd, schema, err);
    if (status != VONK_USER || column < 0 || column >= schema->n_fields)
        return status;
    const vonk_field *to = &schema->fields[column];
    int from = source_of(cmd, (uint32_t)column, to->name);
    err->position = err->position_end = -1;
    if (!is_arithmetic(err->condition) || from < 0)
        return status;
    vonk_buffer given = {0}, wanted = {0};
    vonk_type_print_sql(cmd->children[0]->output[from].type, &given);
    vonk_type_print_sql(to->type, &wanted);
    status = vonk_fail_sql(err, "CAST_OVERFLOW_IN_TABLE_INSERT",
                           "Fail to assign a value of \"%s\" type to the \"%s\" type column or "
                           "variable `%s` due to an overflow. Use `try_cast` on the input value to "
                           "tolerate overflow and return NULL instead.",
                           vonk_buffer_str(&given), vonk_buffer_str(&wanted), to->name);
    vonk_buffer_free(&given);
    vonk_buffer_free(&wanted);
    return status;
}

vonk_status vonk_run_insert_table(vonk_query *q, const vonk_plan *cmd, vonk_error *err)
{
    const char *name = vonk_last_name(cmd);
    const vonk_catalog_entry *entry = vonk_catalog_find(q->session->catalog, name);
    if (!entry || entry->kind != VONK_ENTRY_TABLE)
        return vonk_fail_sql(err,
                             entry ? "UNSUPPORTED_INSERT.RDD_BASED" : "TABLE_OR_VIEW_NOT_FOUND",
                             entry ? "Can't insert into the view `%s`."
                                   : "The table or view `%s` cannot be found. Verify the spelling "
                                     "and correctness of the schema and catalog.",
                             name);
    const char *path = vonk_entry_path(q, entry, err);
    VONK_TRY_ALLOC(path);
    vonk_catalog_entry changed = *entry;
    changed.stats = NULL; /* they are of other rows */
    vonk_schema schema;
    vonk_plan *data = NULL;
    VONK_TRY(vonk_schema_copy(&q->arena, &entry->relation->schema, &schema, err));
    VONK_TRY(as_table(q, cmd, &schema, &data, err));
    vonk_options options = entry->relation->options;
    vonk_status saved =
        vonk_query_save(q, data, entry->relation->format, path, &options,
                        cmd->overwrite ? VONK_SAVE_OVERWRITE : VONK_SAVE_APPEND, err);
    VONK_TRY(name_column(q, cmd, &schema, saved, err));
    vonk_relation_wanted wanted = {
        .name = name,
        .format = entry->relation->format,
        .path = path,
        .options = &options,
        .schema = &schema,
    };
    VONK_TRY(vonk_relation_load(q->session, &wanted, &q->arena, &changed.relation, err));
    VONK_TRY(vonk_catalog_put(q->session->catalog, &changed, true, err));
    return vonk_answer_nothing(q, err);
}
