/* infer.c - the schema of Parquet files: the first one's, with what the others add. */
#include <string.h>

#include "format/parquet/file.h"
#include "format/parquet/parquet.h"

/* Appends the fields of `file` that `schema` (with room) does not have. */
static vonk_status merge(const vonk_pq_file *file, vonk_schema *schema, vonk_arena *arena,
                         vonk_error *err)
{
    for (uint32_t i = 0; i < file->n_fields; i++) {
        const vonk_pq_field *field = &file->fields[i];
        bool known = false;
        for (uint32_t k = 0; k < schema->n_fields && !known; k++)
            known = !strcmp(schema->fields[k].name, field->name);
        if (known)
            continue;
        vonk_type type;
        VONK_TRY(vonk_pq_field_type(file, field, arena, &type, err));
        const char *name = vonk_arena_strndup(arena, field->name, strlen(field->name), err);
        VONK_TRY_ALLOC(name);
        schema->fields[schema->n_fields++] = (vonk_field){name, type, true};
    }
    return VONK_OK;
}

static vonk_status infer_file(const char *path, bool merging, vonk_arena *arena,
                              vonk_schema *schema, int64_t *n_rows, vonk_error *err)
{
    vonk_arena scratch = {.budget = arena->budget};
    vonk_pq_file file;
    vonk_status status = vonk_pq_file_open(path, true, NULL, &scratch, &file, err);
    if (status == VONK_OK) {
        *n_rows += file.meta.n_rows;
        if (merging) {
            size_t room = (size_t)schema->n_fields + file.n_fields;
            vonk_field *fields = VONK_NEW_ARRAY(arena, vonk_field, room, err);
            status = fields ? VONK_OK : VONK_NO_MEMORY;
            if (fields && schema->n_fields)
                memcpy(fields, schema->fields, schema->n_fields * sizeof(*fields));
            schema->fields = fields;
        }
        if (merging && status == VONK_OK)
            status = merge(&file, schema, arena, err);
        if (status != VONK_OK)
            status =
                vonk_pq_file_error(path, "FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER", status, err);
        vonk_pq_file_close(&file);
    }
    vonk_arena_free(&scratch);
    return status;
}

vonk_status vonk_parquet_infer(const char *const *paths, uint32_t n_paths,
                               const vonk_options *options, const vonk_eval_settings *settings,
                               vonk_arena *arena, vonk_schema *ret, int64_t *ret_n_rows,
                               vonk_error *err)
{
    (void)settings;
    bool merging = false;
    vonk_schema schema = {0};
    int64_t n_rows = 0;
    if (options)
        VONK_TRY(vonk_option_bool(options, "mergeSchema", false, &merging, err));
    for (uint32_t i = 0; i < n_paths; i++)
        VONK_TRY(infer_file(paths[i], merging || i == 0, arena, &schema, &n_rows, err));
    *ret = schema;
    *ret_n_rows = n_rows;
    return VONK_OK;
}
