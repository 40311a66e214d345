/* footer.c - see footer.h. Field numbers are those of parquet.thrift. */
#include "format/parquet/footer.h"

#include <string.h>

#include "format/parquet/thrift.h"

/* Numbers of parquet.thrift's LogicalType, and of ConvertedType (-1 = none). */
typedef struct annotation {
    int16_t logical;
    int32_t converted;
} annotation;

static annotation annotation_of(vonk_type type)
{
    switch (type.id) {
    case VONK_INT8:
        return (annotation){10, 15};
    case VONK_INT16:
        return (annotation){10, 16};
    case VONK_STRING:
        return (annotation){1, 0};
    case VONK_DECIMAL:
        return (annotation){5, 5};
    case VONK_DATE:
        return (annotation){6, 6};
    case VONK_TIMESTAMP:
        return (annotation){8, 10};
    case VONK_TIMESTAMP_NTZ:
        return (annotation){8, -1}; /* the converted type would mean UTC */
    default:
        return (annotation){0, -1};
    }
}

static void put_logical(vonk_thrift_out *out, vonk_type type, int16_t logical)
{
    int16_t outer = vonk_thrift_put_struct(out, 10);
    int16_t body = vonk_thrift_put_struct(out, logical);
    if (type.id == VONK_DECIMAL) {
        vonk_thrift_put_i32(out, 1, type.scale);
        vonk_thrift_put_i32(out, 2, type.precision);
    } else if (type.id == VONK_INT8 || type.id == VONK_INT16) {
        vonk_thrift_put_byte(out, 1, type.id == VONK_INT8 ? 8 : 16);
        vonk_thrift_put_bool(out, 2, true);
    } else if (type.id == VONK_TIMESTAMP || type.id == VONK_TIMESTAMP_NTZ) {
        vonk_thrift_put_bool(out, 1, type.id == VONK_TIMESTAMP);
        int16_t unit = vonk_thrift_put_struct(out, 2);
        int16_t micros = vonk_thrift_put_struct(out, 2);
        vonk_thrift_put_end(out, micros);
        vonk_thrift_put_end(out, unit);
    }
    vonk_thrift_put_end(out, body);
    vonk_thrift_put_end(out, outer);
}

static void put_element(vonk_thrift_out *out, const vonk_field *field,
                        const vonk_pq_out_column *col)
{
    annotation note = annotation_of(field->type);
    int16_t outer = vonk_thrift_put_struct(out, 0);
    vonk_thrift_put_i32(out, 1, col->physical);
    if (col->physical == VONK_PQ_FIXED)
        vonk_thrift_put_i32(out, 2, (int32_t)col->width);
    vonk_thrift_put_i32(out, 3, col->optional ? VONK_PQ_OPTIONAL : VONK_PQ_REQUIRED);
    vonk_thrift_put_binary(out, 4, field->name, strlen(field->name));
    if (note.converted >= 0)
        vonk_thrift_put_i32(out, 6, note.converted);
    if (field->type.id == VONK_DECIMAL) {
        vonk_thrift_put_i32(out, 7, field->type.scale);
        vonk_thrift_put_i32(out, 8, field->type.precision);
    }
    if (note.logical)
        put_logical(out, field->type, note.logical);
    vonk_thrift_put_end(out, outer);
}

static void put_stats(vonk_thrift_out *out, const vonk_pq_out_chunk *chunk)
{
    int16_t outer = vonk_thrift_put_struct(out, 12);
    vonk_thrift_put_i64(out, 3, chunk->n_nulls);
    if (chunk->has_range) {
        if (chunk->has_max)
            vonk_thrift_put_binary(out, 5, chunk->max.data, chunk->max.length);
        vonk_thrift_put_binary(out, 6, chunk->min.data, chunk->min.length);
        if (chunk->has_max)
            vonk_thrift_put_bool(out, 7, chunk->max_exact);
        vonk_thrift_put_bool(out, 8, chunk->min_exact);
    }
    vonk_thrift_put_end(out, outer);
}

static void put_encoding_stats(vonk_thrift_out *out, int32_t page, int32_t encoding, uint32_t n)
{
    int16_t outer = vonk_thrift_put_struct(out, 0);
    vonk_thrift_put_i32(out, 1, page);
    vonk_thrift_put_i32(out, 2, encoding);
    vonk_thrift_put_i32(out, 3, (int32_t)n);
    vonk_thrift_put_end(out, outer);
}

static void put_chunk(vonk_thrift_out *out, const vonk_field *field, const vonk_pq_out_column *col,
                      const vonk_pq_out_chunk *chunk)
{
    bool dictionary = chunk->n_dictionary_pages > 0, plain = chunk->n_plain_pages > 0;
    int16_t outer = vonk_thrift_put_struct(out, 0);
    vonk_thrift_put_i64(out, 2, dictionary ? chunk->dictionary_offset : chunk->data_offset);
    int16_t meta = vonk_thrift_put_struct(out, 3);
    vonk_thrift_put_i32(out, 1, col->physical);
    vonk_thrift_put_list(out, 2, VONK_THRIFT_I32, 2 + dictionary);
    vonk_thrift_item_i32(out, VONK_PQ_PLAIN);
    vonk_thrift_item_i32(out, VONK_PQ_RLE);
    if (dictionary)
        vonk_thrift_item_i32(out, VONK_PQ_RLE_DICTIONARY);
    vonk_thrift_put_list(out, 3, VONK_THRIFT_BINARY, 1);
    vonk_thrift_item_binary(out, field->name, strlen(field->name));
    vonk_thrift_put_i32(out, 4, (int32_t)col->options->compression);
    vonk_thrift_put_i64(out, 5, chunk->n_values);
    vonk_thrift_put_i64(out, 6, chunk->uncompressed);
    vonk_thrift_put_i64(out, 7, chunk->compressed);
    vonk_thrift_put_i64(out, 9, chunk->data_offset);
    if (dictionary)
        vonk_thrift_put_i64(out, 11, chunk->dictionary_offset);
    put_stats(out, chunk);
    vonk_thrift_put_list(out, 13, VONK_THRIFT_STRUCT, (uint32_t)(2 * dictionary + plain));
    if (dictionary) {
        put_encoding_stats(out, VONK_PQ_DICTIONARY_PAGE, VONK_PQ_PLAIN, 1);
        put_encoding_stats(out, VONK_PQ_DATA_PAGE, VONK_PQ_RLE_DICTIONARY,
                           chunk->n_dictionary_pages);
    }
    if (plain)
        put_encoding_stats(out, VONK_PQ_DATA_PAGE, VONK_PQ_PLAIN, chunk->n_plain_pages);
    vonk_thrift_put_end(out, meta);
    vonk_thrift_put_end(out, outer);
}

static void put_group(vonk_thrift_out *out, const vonk_schema *schema,
                      const vonk_pq_out_column *columns, const vonk_pq_out_group *group)
{
    int16_t outer = vonk_thrift_put_struct(out, 0);
    vonk_thrift_put_list(out, 1, VONK_THRIFT_STRUCT, schema->n_fields);
    for (uint32_t c = 0; c < schema->n_fields; c++)
        put_chunk(out, &schema->fields[c], &columns[c], &group->chunks[c]);
    vonk_thrift_put_i64(out, 2, group->uncompressed);
    vonk_thrift_put_i64(out, 3, group->n_rows);
    vonk_thrift_put_i64(out, 5, group->offset);
    vonk_thrift_put_i64(out, 6, group->compressed);
    vonk_thrift_put_end(out, outer);
}

/* A type in the JSON of Spark's schemas. */
static void put_json_type(vonk_type type, vonk_buffer *out)
{
    static const char *const names[VONK_N_TYPES] = {
        [VONK_INT8] = "byte",
        [VONK_INT16] = "short",
        [VONK_INT32] = "integer",
        [VONK_INT64] = "long",
    };
    if (names[type.id])
        vonk_buffer_text(out, names[type.id]);
    else
        vonk_type_print(type, out);
}

static void put_spark_schema(const vonk_schema *schema, vonk_buffer *out)
{
    vonk_buffer_text(out, "{\"type\":\"struct\",\"fields\":[");
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const vonk_field *field = &schema->fields[i];
        vonk_buffer_text(out, i ? ",{\"name\":\"" : "{\"name\":\"");
        vonk_buffer_json(out, field->name, strlen(field->name));
        vonk_buffer_text(out, "\",\"type\":\"");
        put_json_type(field->type, out);
        vonk_buffer_printf(out, "\",\"nullable\":%s,\"metadata\":{}}",
                           field->nullable ? "true" : "false");
    }
    vonk_buffer_text(out, "]}");
}

/* How Spark knows types that Parquet has no name for. */
static void put_key_values(vonk_thrift_out *out, const vonk_schema *schema)
{
    static const char key[] = VONK_PQ_SPARK_SCHEMA;
    vonk_buffer json VONK_CLEANUP(vonk_buffer_free) = {0};
    put_spark_schema(schema, &json);
    out->buf->failed |= json.failed;
    vonk_thrift_put_list(out, 5, VONK_THRIFT_STRUCT, 1);
    int16_t outer = vonk_thrift_put_struct(out, 0);
    vonk_thrift_put_binary(out, 1, key, sizeof(key) - 1);
    vonk_thrift_put_binary(out, 2, json.data, json.length);
    vonk_thrift_put_end(out, outer);
}

static void put_schema(vonk_thrift_out *out, const vonk_schema *schema,
                       const vonk_pq_out_column *columns)
{
    vonk_thrift_put_list(out, 2, VONK_THRIFT_STRUCT, schema->n_fields + 1);
    int16_t root = vonk_thrift_put_struct(out, 0);
    vonk_thrift_put_binary(out, 4, "spark_schema", 12);
    vonk_thrift_put_i32(out, 5, (int32_t)schema->n_fields);
    vonk_thrift_put_end(out, root);
    for (uint32_t c = 0; c < schema->n_fields; c++)
        put_element(out, &schema->fields[c], &columns[c]);
}

static void put_orders(vonk_thrift_out *out, uint32_t n)
{
    vonk_thrift_put_list(out, 7, VONK_THRIFT_STRUCT, n);
    for (uint32_t c = 0; c < n; c++) {
        int16_t outer = vonk_thrift_put_struct(out, 0);
        int16_t order = vonk_thrift_put_struct(out, 1);
        vonk_thrift_put_end(out, order);
        vonk_thrift_put_end(out, outer);
    }
}

void vonk_pq_footer_encode(const vonk_schema *schema, const vonk_pq_out_column *columns,
                           const vonk_pq_out_group *groups, uint32_t n_groups, vonk_buffer *buf)
{
    static const char created_by[] = "vonk version " VONK_VERSION;
    size_t start = buf->length;
    vonk_thrift_out out = {.buf = buf};
    int64_t n_rows = 0;
    for (uint32_t g = 0; g < n_groups; g++)
        n_rows += groups[g].n_rows;
    int16_t outer = vonk_thrift_put_struct(&out, 0);
    vonk_thrift_put_i32(&out, 1, 1);
    put_schema(&out, schema, columns);
    vonk_thrift_put_i64(&out, 3, n_rows);
    vonk_thrift_put_list(&out, 4, VONK_THRIFT_STRUCT, n_groups);
    for (uint32_t g = 0; g < n_groups; g++)
        put_group(&out, schema, columns, &groups[g]);
    put_key_values(&out, schema);
    vonk_thrift_put_binary(&out, 6, created_by, sizeof(created_by) - 1);
    put_orders(&out, schema->n_fields);
    vonk_thrift_put_end(&out, outer);
    uint32_t length = (uint32_t)(buf->length - start);
    vonk_buffer_append(buf, &length, 4);
    vonk_buffer_append(buf, "PAR1", 4);
}
