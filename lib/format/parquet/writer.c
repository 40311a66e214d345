/*
 * writer.c - a Parquet file being written: row groups of about a million rows, then the footer.
 */
#include <stdlib.h>
#include <string.h>

#include "format/parquet/footer.h"
#include "format/parquet/parquet.h"

#define GROUP_ROWS      1048576
#define GROUP_BYTES     (INT64_C(128) << 20)
#define PAGE_BYTES      (INT64_C(1) << 20)
#define PAGE_ROWS       20000
#define DICTIONARY_SIZE (INT64_C(1) << 20)

struct vonk_writer {
    vonk_arena arena, batch_arena;
    vonk_fs_sink *sink;
    bool borrowed; /* the sink: the caller finishes it */
    vonk_schema schema;
    vonk_pq_write_options options;
    vonk_pq_codec codec;
    vonk_pq_out_column *columns;
    uint32_t n_groups, max_groups;
    vonk_pq_out_group *groups;
    int64_t group_bytes; /* where a row group ends */
    int64_t group_rows;  /* of the row group being filled */
    int64_t offset;      /* bytes written */
    size_t charged;      /* of the budget, for what waits in memory */
    vonk_buffer out;
};

static void writer_free(vonk_writer *writer)
{
    for (uint32_t c = 0; writer->columns && c < writer->schema.n_fields; c++)
        vonk_pq_out_column_fini(&writer->columns[c]);
    vonk_budget_give(writer->arena.budget, writer->charged);
    vonk_buffer_free(&writer->out);
    vonk_pq_codec_fini(&writer->codec);
    vonk_arena_free(&writer->batch_arena);
    vonk_arena_free(&writer->arena);
    free(writer);
}

static vonk_status size_option(const vonk_options *options, const char *key, int64_t otherwise,
                               int64_t *ret, vonk_error *err)
{
    const char *text = vonk_option_get(options, key, NULL);
    char *end = NULL;
    *ret = otherwise;
    if (!text)
        return VONK_OK;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || value < 1 || value > INT32_MAX)
        return vonk_fail(err, VONK_INVALID, "option %s: %s is not a size in bytes", key, text);
    *ret = value;
    return VONK_OK;
}

static vonk_status read_options(vonk_writer *writer, const vonk_options *options, vonk_error *err)
{
    int64_t page_size, dictionary_size;
    vonk_pq_write_options *ret = &writer->options;
    const char *codec = vonk_option_get(options, "parquet.compression", "snappy");
    codec = vonk_option_get(options, "compression", codec);
    VONK_TRY(vonk_pq_compression_find(codec, &ret->compression, err));
    VONK_TRY(vonk_option_bool(options, "parquet.enable.dictionary", true, &ret->dictionary, err));
    VONK_TRY(size_option(options, "parquet.block.size", GROUP_BYTES, &writer->group_bytes, err));
    VONK_TRY(size_option(options, "parquet.page.size", PAGE_BYTES, &page_size, err));
    VONK_TRY(size_option(options, "parquet.dictionary.page.size", DICTIONARY_SIZE, &dictionary_size,
                         err));
    ret->page_size = (size_t)page_size;
    ret->dictionary_size = (size_t)dictionary_size;
    ret->page_rows = PAGE_ROWS;
    return VONK_OK;
}

static vonk_status put(vonk_writer *writer, const void *data, size_t length, vonk_error *err)
{
    VONK_TRY(vonk_fs_write(writer->sink, data, length, err));
    writer->offset += (int64_t)length;
    return VONK_OK;
}

static vonk_status open_writer(vonk_writer *writer, const vonk_writer_request *request,
                               vonk_error *err)
{
    VONK_TRY(read_options(writer, &request->options, err));
    vonk_schema schema;
    VONK_TRY(vonk_schema_copy(&writer->arena, request->schema, &schema, err));
    writer->columns = VONK_NEW_ARRAY(&writer->arena, vonk_pq_out_column, schema.n_fields, err);
    VONK_TRY_ALLOC(writer->columns);
    for (uint32_t c = 0; c < schema.n_fields; c++)
        VONK_TRY(vonk_pq_out_column_init(schema.fields[c].type, schema.fields[c].nullable,
                                         &writer->options, &writer->codec, &writer->columns[c],
                                         err));
    writer->schema = schema;
    writer->borrowed = request->sink != NULL;
    writer->sink = request->sink;
    return request->sink ? VONK_OK : vonk_fs_create(request->path, &writer->sink, err);
}

vonk_status vonk_parquet_create(const vonk_writer_request *request, vonk_writer **ret,
                                vonk_error *err)
{
    vonk_writer *writer = calloc(1, sizeof(*writer));
    if (!writer)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory for a writer");
    writer->arena.budget = writer->batch_arena.budget = request->budget;
    vonk_status status = open_writer(writer, request, err);
    if (status == VONK_OK)
        status = put(writer, "PAR1", 4, err);
    if (status != VONK_OK) {
        vonk_parquet_abort(writer);
        return status;
    }
    *ret = writer;
    return VONK_OK;
}

/* ---- row groups ---- */

static vonk_status new_group(vonk_writer *writer, vonk_pq_out_group **ret, vonk_error *err)
{
    if (writer->n_groups == writer->max_groups) {
        uint32_t most = writer->max_groups ? writer->max_groups * 2 : 16;
        vonk_pq_out_group *groups = VONK_NEW_ARRAY(&writer->arena, vonk_pq_out_group, most, err);
        VONK_TRY_ALLOC(groups);
        if (writer->n_groups)
            memcpy(groups, writer->groups, writer->n_groups * sizeof(*groups));
        writer->groups = groups;
        writer->max_groups = most;
    }
    vonk_pq_out_group *group = &writer->groups[writer->n_groups];
    *group = (vonk_pq_out_group){.n_rows = writer->group_rows, .offset = writer->offset};
    group->chunks = VONK_NEW_ARRAY(&writer->arena, vonk_pq_out_chunk, writer->schema.n_fields, err);
    VONK_TRY_ALLOC(group->chunks);
    writer->n_groups++;
    *ret = group;
    return VONK_OK;
}

static vonk_status end_group(vonk_writer *writer, vonk_error *err)
{
    vonk_pq_out_group *group;
    if (writer->group_rows == 0)
        return VONK_OK;
    VONK_TRY(new_group(writer, &group, err));
    for (uint32_t c = 0; c < writer->schema.n_fields; c++) {
        vonk_pq_out_chunk *chunk = &group->chunks[c];
        writer->out.length = 0;
        VONK_TRY(vonk_pq_out_column_flush(&writer->columns[c], writer->offset, &writer->out,
                                          &writer->arena, chunk, err));
        VONK_TRY(put(writer, writer->out.data, writer->out.length, err));
        group->compressed += chunk->compressed;
        group->uncompressed += chunk->uncompressed;
    }
    writer->group_rows = 0;
    return VONK_OK;
}

/* Charges the budget for the memory held; *ret_size is how large the row group is so far. */
static vonk_status charge(vonk_writer *writer, size_t *ret_size, vonk_error *err)
{
    size_t bytes = writer->out.capacity, size = 0;
    for (uint32_t c = 0; c < writer->schema.n_fields; c++) {
        bytes += vonk_pq_out_column_bytes(&writer->columns[c]);
        size += vonk_pq_out_column_size(&writer->columns[c]);
    }
    if (bytes > writer->charged)
        VONK_TRY(vonk_budget_take(writer->arena.budget, bytes - writer->charged, err));
    else
        vonk_budget_give(writer->arena.budget, writer->charged - bytes);
    writer->charged = bytes;
    *ret_size = size;
    return VONK_OK;
}

vonk_status vonk_parquet_write(vonk_writer *writer, const vonk_batch *batch, vonk_error *err)
{
    size_t size;
    if (batch->n_columns != writer->schema.n_fields)
        return vonk_fail(err, VONK_INVALID, "a batch of %u columns for a file of %u",
                         batch->n_columns, writer->schema.n_fields);
    vonk_arena_reset(&writer->batch_arena);
    for (uint32_t c = 0; c < batch->n_columns; c++) {
        vonk_status status = vonk_pq_out_column_add(&writer->columns[c], &batch->columns[c],
                                                    &writer->batch_arena, err);
        if (status != VONK_OK)
            return vonk_error_prefix(err, status, "column %s", writer->schema.fields[c].name);
    }
    writer->group_rows += batch->n_rows;
    VONK_TRY(charge(writer, &size, err));
    if (writer->group_rows >= GROUP_ROWS || (int64_t)size >= writer->group_bytes)
        return end_group(writer, err);
    return VONK_OK;
}

vonk_status vonk_parquet_finish(vonk_writer *writer, uint64_t *ret_bytes, vonk_error *err)
{
    vonk_status status = end_group(writer, err);
    writer->out.length = 0;
    if (status == VONK_OK) {
        vonk_pq_footer_encode(&writer->schema, writer->columns, writer->groups, writer->n_groups,
                              &writer->out);
        status = vonk_buffer_check(&writer->out, err);
    }
    if (status == VONK_OK)
        status = put(writer, writer->out.data, writer->out.length, err);
    if (status != VONK_OK) {
        vonk_parquet_abort(writer);
        return status;
    }
    uint64_t bytes = (uint64_t)writer->offset;
    vonk_fs_sink *sink = writer->sink;
    writer->sink = NULL;
    if (!writer->borrowed)
        status = vonk_fs_finish(sink, err);
    writer_free(writer);
    if (status == VONK_OK && ret_bytes)
        *ret_bytes = bytes;
    return status;
}

void vonk_parquet_abort(vonk_writer *writer)
{
    if (!writer)
        return;
    if (writer->sink && !writer->borrowed)
        vonk_fs_abort(writer->sink);
    writer_free(writer);
}
