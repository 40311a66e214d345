/*
 * infer.c - the schema of Parquet files: the first one's, with what the others add; and what their
 * footers say of columns, of many files by a sample.
 */
#include <string.h>

#include "base/names.h"
#include "format/parquet/column_stats.h"
#include "format/parquet/parquet.h"

#define MEASURED_FILES 1000u

typedef struct inference {
    vonk_arena *arena, scratch;
    vonk_schema schema;
    vonk_pq_column_sum *sums; /* one a field of the schema */
    int64_t n_rows;
} inference;

/* *ret[i]: whether field i of the file may be in the schema: it has a name of there, but for case.
 */
static vonk_status find_known(const inference *in, const vonk_pq_file *file, vonk_arena *scratch,
                              bool **ret, vonk_error *err)
{
    uint32_t had = in->schema.n_fields, n = had + file->n_fields;
    vonk_slice *names = VONK_NEW_ARRAY(scratch, vonk_slice, (size_t)n + 1, err);
    uint32_t *first = VONK_NEW_ARRAY(scratch, uint32_t, (size_t)n + 1, err);
    bool *known = VONK_NEW_ARRAY(scratch, bool, (size_t)file->n_fields + 1, err);
    if (!names || !first || !known)
        return VONK_NO_MEMORY;
    for (uint32_t i = 0; i < n; i++)
        names[i] = vonk_slice_of(i < had ? in->schema.fields[i].name : file->fields[i - had].name);
    VONK_TRY(vonk_names_first(scratch, names, n, first, err));
    for (uint32_t i = 0; i < file->n_fields; i++)
        known[i] = first[had + i] != had + i;
    *ret = known;
    return VONK_OK;
}

static bool has_field(const vonk_schema *schema, const char *name)
{
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        if (!strcmp(schema->fields[i].name, name))
            return true;
    }
    return false;
}

/* Appends the fields of `file` that the schema (with room) does not have. */
static vonk_status merge(inference *in, const vonk_pq_file *file, vonk_error *err)
{
    vonk_schema *schema = &in->schema;
    VONK_CLEANUP(vonk_arena_free) vonk_arena scratch = vonk_arena_beside(in->arena);
    bool *known;
    VONK_TRY(find_known(in, file, &scratch, &known, err));
    for (uint32_t i = 0; i < file->n_fields; i++) {
        const vonk_pq_field *field = &file->fields[i];
        if (known[i] && has_field(schema, field->name))
            continue;
        vonk_type type;
        VONK_TRY(vonk_pq_field_type(file, field, in->arena, &type, err));
        const char *name = vonk_arena_strndup(in->arena, field->name, strlen(field->name), err);
        VONK_TRY_ALLOC(name);
        schema->fields[schema->n_fields++] = (vonk_field){name, type, true};
    }
    return VONK_OK;
}

/* Appends what the file adds to the schema, with sums for it. */
static vonk_status extend(inference *in, const vonk_pq_file *file, vonk_error *err)
{
    size_t room = (size_t)in->schema.n_fields + file->n_fields;
    vonk_field *fields = VONK_NEW_ARRAY(in->arena, vonk_field, room, err);
    vonk_pq_column_sum *sums = VONK_NEW_ARRAY(&in->scratch, vonk_pq_column_sum, room, err);
    if (!fields || !sums)
        return VONK_NO_MEMORY;
    for (uint32_t i = 0; i < in->schema.n_fields; i++) {
        fields[i] = in->schema.fields[i];
        sums[i] = in->sums[i];
    }
    in->schema.fields = fields;
    in->sums = sums;
    return merge(in, file, err);
}

static vonk_status infer_file(inference *in, const char *path, bool merging, bool measured,
                              vonk_error *err)
{
    vonk_arena scratch = vonk_arena_beside(in->arena);
    vonk_pq_file file;
    vonk_status status = vonk_pq_file_open(path, true, NULL, &scratch, &file, err);
    if (status == VONK_OK) {
        in->n_rows += file.meta.n_rows;
        if (merging)
            status = extend(in, &file, err);
        if (status != VONK_OK)
            status =
                vonk_pq_file_error(path, "FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER", status, err);
        else if (measured)
            vonk_pq_column_sums_add(in->sums, &in->schema, &file);
        vonk_pq_file_close(&file);
    }
    vonk_arena_free(&scratch);
    return status;
}

static vonk_status infer(inference *in, const vonk_infer_request *request, vonk_format_facts *ret,
                         vonk_error *err)
{
    bool merging = false;
    uint32_t stride = request->n_paths / MEASURED_FILES + 1;
    if (request->options)
        VONK_TRY(vonk_option_bool(request->options, "mergeSchema", false, &merging, err));
    for (uint32_t i = 0; i < request->n_paths; i++) {
        VONK_TRY(vonk_infer_check(request, err));
        VONK_TRY(infer_file(in, request->paths[i], merging || i == 0, i % stride == 0, err));
    }
    vonk_column_stats *columns =
        VONK_NEW_ARRAY(in->arena, vonk_column_stats, in->schema.n_fields, err);
    VONK_TRY_ALLOC(columns);
    for (uint32_t i = 0; i < in->schema.n_fields; i++)
        columns[i] = vonk_pq_column_stats(&in->sums[i], in->schema.fields[i].type);
    *ret = (vonk_format_facts){in->schema, in->n_rows, columns};
    return VONK_OK;
}

vonk_status vonk_parquet_infer(const vonk_infer_request *request, vonk_arena *arena,
                               vonk_format_facts *ret, vonk_error *err)
{
    inference in = {.arena = arena, .scratch.budget = arena->budget};
    vonk_status status = infer(&in, request, ret, err);
    vonk_arena_free(&in.scratch);
    return status;
}
