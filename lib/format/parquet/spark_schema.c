/*
 * spark_schema.c - what Spark says of a file's columns in its footer, where Parquet's types say
 * less: intervals are stored as plain integers. Source: Spark's
 * ParquetFileFormat.readSchemaFromFooter.
 *
 *     {"type":"struct","fields":[{"name":"a","type":"interval day to second",...},...]}
 *
 * A text that is not of this form says nothing.
 */
#include <string.h>

#include "format/json/token.h"
#include "format/parquet/convert.h"
#include "format/parquet/file.h"

#define PADDING 64 /* readable bytes behind a JSON text */

/* A member of an object: its text as it stands, or nothing. `p` is behind the object's '{'. */
static vonk_json_token member(const char *p, const char *end, const char *name)
{
    vonk_json_token key, value;
    bool first = true;
    while (vonk_json_member(&p, end, first, &key, &value) == VONK_JSON_ROW) {
        first = false;
        if (vonk_slice_equal((vonk_slice){key.data, key.length}, vonk_slice_of(name)))
            return value;
    }
    return (vonk_json_token){.kind = VONK_JSON_MISSING};
}

/* One of Spark's fields, behind its '{': an interval's type goes to the column of its name. */
static vonk_status take_field(vonk_pq_file *file, const char *p, const char *end, vonk_arena *arena,
                              vonk_error *err)
{
    vonk_json_token name = member(p, end, "name"), type = member(p, end, "type");
    vonk_slice text;
    vonk_type parsed;
    vonk_pq_cast cast;
    if ((name.kind != VONK_JSON_STRING && name.kind != VONK_JSON_ESCAPED) ||
        type.kind != VONK_JSON_STRING || type.length < 9 || memcmp(type.data, "interval ", 9) != 0)
        return VONK_OK;
    if (vonk_type_parse((vonk_slice){type.data, type.length}, arena, &parsed, NULL) != VONK_OK)
        return VONK_OK;
    VONK_TRY(vonk_json_token_text(&name, arena, &text, err));
    for (uint32_t i = 0; i < file->n_fields; i++) {
        vonk_pq_field *field = &file->fields[i];
        if (field->flat && vonk_slice_equal(vonk_slice_of(field->name), text) &&
            vonk_pq_cast_find(&file->meta.elements[field->element], parsed, &cast)) {
            field->has_given = true;
            field->given = parsed;
        }
    }
    return VONK_OK;
}

vonk_status vonk_pq_spark_schema(vonk_pq_file *file, vonk_arena *arena, vonk_error *err)
{
    vonk_slice said = file->meta.spark_schema;
    const char *p;
    if (!said.length || !memmem(said.data, said.length, "\"interval ", 10))
        return VONK_OK;
    char *text = vonk_arena_small(arena, said.length + PADDING, err);
    VONK_TRY_ALLOC(text);
    memcpy(text, said.data, said.length);
    memset(text + said.length, '\n', PADDING);
    const char *end = text + said.length;
    vonk_json_rows rows;
    if (vonk_json_begin(&rows, text, end) != VONK_JSON_ROW ||
        vonk_json_next_row(&rows, &p) != VONK_JSON_ROW)
        return VONK_OK;
    vonk_json_token fields = member(p, end, "fields");
    if (fields.kind != VONK_JSON_NESTED || fields.data[0] != '[' ||
        vonk_json_begin(&rows, fields.data, end) != VONK_JSON_ROW)
        return VONK_OK;
    while (vonk_json_next_row(&rows, &p) == VONK_JSON_ROW) {
        vonk_json_token key, value;
        const char *behind = p;
        bool first = true;
        while (vonk_json_member(&behind, rows.end, first, &key, &value) == VONK_JSON_ROW)
            first = false;
        vonk_json_row_ended(&rows, behind);
        VONK_TRY(take_field(file, p, rows.end, arena, err));
    }
    return VONK_OK;
}
