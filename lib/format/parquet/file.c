/* file.c - see file.h. */
#include "format/parquet/file.h"

#include <stdio.h>
#include <string.h>

#include "base/condition.h"
#include "format/parquet/convert.h"
#include "format/parquet/footers.h"

#define MAX_DEPTH 64 /* of nested types */

vonk_status vonk_pq_file_error(const char *path, const char *condition, vonk_status status,
                               vonk_error *err)
{
    if (status == VONK_CORRUPT && err && !err->condition[0]) {
        (void)snprintf(err->condition, sizeof(err->condition), "%s", condition);
        (void)snprintf(err->sqlstate, sizeof(err->sqlstate), "%s",
                       vonk_condition_sqlstate(condition));
    }
    if (status == VONK_OK || status == VONK_NO_MEMORY)
        return status;
    return vonk_error_prefix(err, status, "%s", path);
}

/* One past the last node of the subtree at `at`, 0 if it is broken; counts its leaves. */
/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded */
static uint32_t subtree_end(const vonk_pq_metadata *meta, uint32_t at, uint32_t depth,
                            uint32_t *leaves)
{
    if (at >= meta->n_elements || depth > MAX_DEPTH)
        return 0;
    const vonk_pq_element *el = &meta->elements[at++];
    if (el->physical != VONK_PQ_GROUP) {
        (*leaves)++;
        return el->n_children == 0 && el->physical < VONK_PQ_N_PHYSICAL ? at : 0;
    }
    if (el->n_children < 0 || (uint32_t)el->n_children > meta->n_elements - at)
        return 0;
    for (int32_t i = 0; i < el->n_children; i++) {
        at = subtree_end(meta, at, depth + 1, leaves);
        if (at == 0)
            return 0;
    }
    return at;
}

static vonk_status list_fields(vonk_pq_file *file, vonk_arena *arena, vonk_error *err)
{
    const vonk_pq_metadata *meta = &file->meta;
    const vonk_pq_element *root = &meta->elements[0];
    uint32_t at = 1, leaves = 0;
    if (root->physical != VONK_PQ_GROUP || root->n_children < 0 ||
        (uint32_t)root->n_children >= meta->n_elements + 1)
        return vonk_fail(err, VONK_CORRUPT, "the schema has no root");
    file->fields = VONK_NEW_ARRAY(arena, vonk_pq_field, (size_t)root->n_children, err);
    VONK_TRY_ALLOC(file->fields);
    for (int32_t i = 0; i < root->n_children; i++) {
        vonk_pq_field *field = &file->fields[file->n_fields++];
        uint32_t first = leaves, end = subtree_end(meta, at, 1, &leaves);
        if (end == 0)
            return vonk_fail(err, VONK_CORRUPT, "the schema is no tree");
        const vonk_pq_element *el = &meta->elements[at];
        *field = (vonk_pq_field){
            .name = vonk_arena_strndup(arena, el->name.data, el->name.length, err),
            .element = at,
            .leaf = first,
            .flat = el->physical != VONK_PQ_GROUP && el->repetition != VONK_PQ_REPEATED,
        };
        VONK_TRY_ALLOC(field->name);
        at = end;
    }
    if (at != meta->n_elements)
        return vonk_fail(err, VONK_CORRUPT, "the schema has nodes outside its tree");
    file->n_leaves = leaves;
    return VONK_OK;
}

/* `length` bytes at `offset`, borrowed from the map or read into `arena`. */
static vonk_status bytes_at(vonk_pq_file *file, uint64_t offset, size_t length, vonk_arena *arena,
                            const char **ret, vonk_error *err)
{
    if (file->map) {
        *ret = file->map + offset;
        return VONK_OK;
    }
    char *bytes = vonk_arena_small(arena, length, err);
    VONK_TRY_ALLOC(bytes);
    VONK_TRY(vonk_fs_read(file->fs, offset, length, bytes, err));
    *ret = bytes;
    return VONK_OK;
}

static vonk_status check_groups(const vonk_pq_file *file, vonk_error *err)
{
    int64_t rows = 0;
    for (uint32_t g = 0; g < file->meta.n_groups; g++) {
        const vonk_pq_group *group = &file->meta.groups[g];
        if (group->n_columns != file->n_leaves)
            return vonk_fail(err, VONK_CORRUPT, "row group %u has %u columns of %u", g,
                             group->n_columns, file->n_leaves);
        if (group->n_rows < 0 || __builtin_add_overflow(rows, group->n_rows, &rows))
            return vonk_fail(err, VONK_CORRUPT, "row group %u has an impossible row count", g);
    }
    if (rows != file->meta.n_rows)
        return vonk_fail(err, VONK_CORRUPT, "the row groups have %lld rows, the file says %lld",
                         (long long)rows, (long long)file->meta.n_rows);
    return VONK_OK;
}

vonk_status vonk_pq_file_footer(vonk_pq_file *file, vonk_arena *arena, vonk_error *err)
{
    const char *tail, *head, *footer;
    uint32_t length;
    if (file->size < 12)
        return vonk_fail(err, VONK_CORRUPT, "is not a Parquet file: only %llu bytes",
                         (unsigned long long)file->size);
    VONK_TRY(bytes_at(file, 0, 4, arena, &head, err));
    VONK_TRY(bytes_at(file, file->size - 8, 8, arena, &tail, err));
    if (!memcmp(tail + 4, "PARE", 4))
        return vonk_fail(err, VONK_UNSUPPORTED, "encrypted Parquet files are not supported");
    if (memcmp(tail + 4, "PAR1", 4) != 0 || memcmp(head, "PAR1", 4) != 0)
        return vonk_fail(err, VONK_CORRUPT,
                         "is not a Parquet file: expected magic number PAR1 at %s",
                         memcmp(head, "PAR1", 4) != 0 ? "head" : "tail");
    memcpy(&length, tail, 4);
    if (length > file->size - 12)
        return vonk_fail(err, VONK_CORRUPT, "the footer's length %u exceeds the file", length);
    VONK_TRY(bytes_at(file, file->size - 8 - length, length, arena, &footer, err));
    VONK_TRY(vonk_pq_metadata_decode((vonk_slice){footer, length}, arena, &file->meta, err));
    VONK_TRY(list_fields(file, arena, err));
    VONK_TRY(vonk_pq_spark_schema(file, arena, err));
    return check_groups(file, err);
}

static vonk_status find_footer(vonk_pq_file *file, vonk_footers *footers, vonk_arena *arena,
                               vonk_error *err)
{
    if (footers && (vonk_pq_footers_find(footers, file) || vonk_pq_footers_add(footers, file)))
        return VONK_OK;
    return vonk_pq_file_footer(file, arena, err);
}

vonk_status vonk_pq_file_open(const char *path, bool map, vonk_footers *footers, vonk_arena *arena,
                              vonk_pq_file *ret, vonk_error *err)
{
    vonk_pq_file file = {.path = path};
    VONK_TRY(vonk_fs_open(path, &file.fs, err));
    file.size = vonk_fs_size(file.fs);
    file.map = map ? vonk_fs_map(file.fs) : NULL;
    vonk_fs_will_read(file.fs, NULL, 0);
    vonk_status status = find_footer(&file, footers, arena, err);
    if (status != VONK_OK) {
        vonk_pq_file_close(&file);
        return vonk_pq_file_error(path, "FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER", status, err);
    }
    *ret = file;
    return VONK_OK;
}

void vonk_pq_file_close(vonk_pq_file *file)
{
    if (file->fs)
        vonk_fs_close(file->fs);
    file->fs = NULL;
}

int vonk_pq_file_find(const vonk_pq_file *file, const char *name, uint32_t near)
{
    if (near < file->n_fields && !strcmp(file->fields[near].name, name))
        return (int)near;
    for (uint32_t i = 0; i < file->n_fields; i++)
        if (!strcmp(file->fields[i].name, name))
            return (int)i;
    for (uint32_t i = 0; i < file->n_fields; i++)
        if (vonk_slice_equal_nocase(vonk_slice_of(file->fields[i].name), vonk_slice_of(name)))
            return (int)i;
    return -1;
}

vonk_status vonk_pq_file_range(const vonk_pq_file *file, const vonk_pq_column *column,
                               uint64_t *ret_start, uint64_t *ret_length, vonk_error *err)
{
    int64_t start = column->data_offset;
    if (column->dictionary_offset > 0 && column->dictionary_offset < start)
        start = column->dictionary_offset;
    uint64_t limit = file->size - 8;
    if (column->elsewhere)
        return vonk_fail(err, VONK_UNSUPPORTED, "column data in another file is not supported");
    if (start < 4 || column->compressed < 0 || (uint64_t)start > limit ||
        (uint64_t)column->compressed > limit - (uint64_t)start)
        return vonk_fail(err, VONK_CORRUPT, "the column lies outside the file");
    *ret_start = (uint64_t)start;
    *ret_length = (uint64_t)column->compressed;
    return VONK_OK;
}

bool vonk_pq_file_has(const vonk_pq_file *file, const vonk_pq_span *span)
{
    uint64_t limit = file->size - 8;
    return span->length > 0 && span->offset >= 4 && (uint64_t)span->offset <= limit &&
           (uint64_t)span->length <= limit - (uint64_t)span->offset;
}

vonk_status vonk_pq_file_span(vonk_pq_file *file, const vonk_pq_span *span, vonk_arena *arena,
                              vonk_slice *ret, vonk_error *err)
{
    ret->length = (size_t)span->length;
    return bytes_at(file, (uint64_t)span->offset, ret->length, arena, &ret->data, err);
}

/* ---- nested types: Source: parquet-format, LogicalTypes.md; Spark's ParquetSchemaConverter ----
 */

static vonk_status node_type(const vonk_pq_file *file, uint32_t at, bool as_element,
                             vonk_arena *arena, vonk_type *ret, vonk_error *err);

static uint32_t after(const vonk_pq_file *file, uint32_t at)
{
    uint32_t leaves = 0;
    return subtree_end(&file->meta, at, 1, &leaves);
}

static vonk_status nested(vonk_arena *arena, vonk_type_id id, uint32_t n, vonk_field **ret_fields,
                          vonk_type *ret, vonk_error *err)
{
    vonk_schema *schema = VONK_NEW(arena, vonk_schema, err);
    vonk_field *fields = VONK_NEW_ARRAY(arena, vonk_field, n, err);
    if (!schema || !fields)
        return VONK_NO_MEMORY;
    *schema = (vonk_schema){n, fields};
    *ret_fields = fields;
    *ret = (vonk_type){.id = (uint8_t)id, .children = schema};
    return VONK_OK;
}

static vonk_status array_of(const vonk_pq_file *file, uint32_t element, bool repeated,
                            vonk_arena *arena, vonk_type *ret, vonk_error *err)
{
    vonk_field *fields;
    VONK_TRY(nested(arena, VONK_ARRAY, 1, &fields, ret, err));
    fields[0].name = "element";
    fields[0].nullable = true; /* as Spark's asNullable */
    return node_type(file, element, repeated, arena, &fields[0].type, err);
}

/* A group annotated as LIST: its repeated child is the element, or holds it. */
static vonk_status list_type(const vonk_pq_file *file, uint32_t at, vonk_arena *arena,
                             vonk_type *ret, vonk_error *err)
{
    const vonk_pq_element *list = &file->meta.elements[at], *child = list + 1;
    if (list->n_children != 1 || child->repetition != VONK_PQ_REPEATED)
        return vonk_fail(err, VONK_CORRUPT, "a list without a repeated child");
    bool tuple = child->name.length == list->name.length + 6 &&
                 !memcmp(child->name.data, list->name.data, list->name.length) &&
                 !memcmp(child->name.data + list->name.length, "_tuple", 6);
    bool is_element = child->physical != VONK_PQ_GROUP || child->n_children != 1 || tuple ||
                      vonk_slice_equal(child->name, VONK_SLICE("array"));
    return array_of(file, is_element ? at + 1 : at + 2, is_element, arena, ret, err);
}

static vonk_status map_type(const vonk_pq_file *file, uint32_t at, vonk_arena *arena,
                            vonk_type *ret, vonk_error *err)
{
    const vonk_pq_element *map = &file->meta.elements[at], *pair = map + 1;
    if (map->n_children != 1 || pair->physical != VONK_PQ_GROUP || pair->n_children != 2 ||
        pair->repetition != VONK_PQ_REPEATED)
        return vonk_fail(err, VONK_CORRUPT, "a map without repeated keys and values");
    vonk_field *fields;
    uint32_t value = after(file, at + 2);
    VONK_TRY(nested(arena, VONK_MAP, 2, &fields, ret, err));
    fields[0].name = "key";
    fields[1].name = "value";
    fields[1].nullable = true;
    VONK_TRY(node_type(file, at + 2, false, arena, &fields[0].type, err));
    return node_type(file, value, false, arena, &fields[1].type, err);
}

static vonk_status struct_type(const vonk_pq_file *file, uint32_t at, vonk_arena *arena,
                               vonk_type *ret, vonk_error *err)
{
    uint32_t n = (uint32_t)file->meta.elements[at].n_children;
    vonk_field *fields;
    VONK_TRY(nested(arena, VONK_STRUCT, n, &fields, ret, err));
    at++;
    for (uint32_t i = 0; i < n; i++, at = after(file, at)) {
        const vonk_pq_element *el = &file->meta.elements[at];
        fields[i].name = vonk_arena_strndup(arena, el->name.data, el->name.length, err);
        VONK_TRY_ALLOC(fields[i].name);
        fields[i].nullable = true;
        VONK_TRY(node_type(file, at, false, arena, &fields[i].type, err));
    }
    return VONK_OK;
}

/* NOLINTNEXTLINE(misc-no-recursion): the tree's depth was checked by list_fields */
static vonk_status node_type(const vonk_pq_file *file, uint32_t at, bool as_element,
                             vonk_arena *arena, vonk_type *ret, vonk_error *err)
{
    const vonk_pq_element *el = &file->meta.elements[at];
    if (el->repetition == VONK_PQ_REPEATED && !as_element)
        return array_of(file, at, true, arena, ret, err);
    if (el->physical != VONK_PQ_GROUP)
        return vonk_pq_leaf_type(el, ret, err);
    if (el->logical == VONK_PQ_L_LIST && !as_element)
        return list_type(file, at, arena, ret, err);
    if (el->logical == VONK_PQ_L_MAP && !as_element)
        return map_type(file, at, arena, ret, err);
    return struct_type(file, at, arena, ret, err);
}

vonk_status vonk_pq_field_type(const vonk_pq_file *file, const vonk_pq_field *field,
                               vonk_arena *arena, vonk_type *ret, vonk_error *err)
{
    if (!field->has_given)
        return node_type(file, field->element, false, arena, ret, err);
    *ret = field->given;
    return VONK_OK;
}
