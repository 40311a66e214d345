/* text_file.h - bytes as a file in memory, and what is read from it, for the fuzzers of formats. */
#ifndef VONK_FUZZ_TEXT_FILE_H
#define VONK_FUZZ_TEXT_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/format.h"

static const vonk_eval_settings fuzz_settings = {.ansi = true, .time_zone = "UTC"};

/* A path that reads as `size` bytes of `data`, until the next call. */
static inline const char *memory_file(const uint8_t *data, size_t size)
{
    static char path[64];
    static int fd = -1;
    if (fd < 0)
        fd = memfd_create("fuzz", 0);
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return path;
}

/*
 * Infers the schema of the file, whole, and once more in pieces of `piece` bytes by two threads,
 * which must come to the same.
 */
static inline vonk_status check_infer(const vonk_format *format, const char *path, uint64_t size,
                                      const vonk_options *options, uint64_t piece,
                                      vonk_arena *arena, vonk_format_facts *ret)
{
    vonk_error err;
    vonk_format_facts cut;
    vonk_infer_request request = {.n_paths = 1,
                                  .paths = &path,
                                  .sizes = &size,
                                  .options = options,
                                  .settings = &fuzz_settings,
                                  .piece_bytes = piece};
    vonk_status status = format->infer(&request, arena, ret, &err);
    request.n_threads = 2;
    if (format->infer(&request, arena, &cut, &err) != status)
        abort();
    if (status != VONK_OK)
        return status;
    if (cut.n_rows != ret->n_rows || cut.schema.n_fields != ret->schema.n_fields)
        abort();
    for (uint32_t i = 0; i < cut.schema.n_fields; i++) {
        const vonk_field *a = &cut.schema.fields[i], *b = &ret->schema.fields[i];
        if (strcmp(a->name, b->name) != 0 || !vonk_type_equal(a->type, b->type))
            abort();
    }
    return VONK_OK;
}

/* Reads every byte of a string, so that a wrong view is seen. */
static inline uint64_t touch(const vonk_batch *batch)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < batch->n_columns; i++) {
        const vonk_column *col = &batch->columns[i];
        if (col->length != batch->n_rows)
            abort();
        for (uint32_t row = 0; col->type.id == VONK_STRING && row < batch->n_rows; row++) {
            if (!vonk_column_is_valid(col, row))
                continue;
            const vonk_string *s = (const vonk_string *)col->values + vonk_column_at(col, row);
            for (uint32_t k = 0; k < s->length; k++)
                sum += (unsigned char)vonk_string_data(s)[k];
        }
    }
    return sum;
}

/* Rows of the split start .. start + length; *ret_sum over its strings. False: refused. */
static inline bool read_rows(const vonk_format *format, const char *path, const vonk_schema *schema,
                             const vonk_options *options, uint64_t start, uint64_t length,
                             uint32_t batch_rows, uint64_t *ret_rows, uint64_t *ret_sum)
{
    static uint32_t columns[1 << 16];
    vonk_budget budget = {.limit = (size_t)512 << 20};
    vonk_reader *reader;
    vonk_error err;
    vonk_scan_request request = {.path = path,
                                 .start = start,
                                 .length = length,
                                 .schema = schema,
                                 .n_columns = schema->n_fields,
                                 .columns = columns,
                                 .options = *options,
                                 .settings = &fuzz_settings,
                                 .batch_rows = batch_rows,
                                 .budget = &budget};
    if (schema->n_fields > VONK_LENGTH(columns))
        return false;
    for (uint32_t i = 0; i < schema->n_fields; i++)
        columns[i] = i;
    if (format->open(&request, &reader, &err) != VONK_OK)
        return false;
    vonk_status status = VONK_OK;
    for (bool done = false; !done && status == VONK_OK;) {
        vonk_batch batch;
        status = format->next(reader, &batch, &done, &err);
        if (status == VONK_OK && !done) {
            *ret_rows += batch.n_rows;
            *ret_sum += touch(&batch);
        }
    }
    format->close(reader);
    if (budget.used)
        abort(); /* what was taken is given back */
    return status == VONK_OK;
}

/* One split and many small ones must give the same rows. */
static inline void check_splits(const vonk_format *format, const char *path, size_t size,
                                const vonk_schema *schema, const vonk_options *options,
                                uint64_t split)
{
    uint64_t rows = 0, sum = 0, split_rows = 0, split_sum = 0;
    if (!schema->n_fields)
        return;
    bool ok = read_rows(format, path, schema, options, 0, UINT64_MAX, 100, &rows, &sum);
    if (!split || size / split > 64) /* each split opens the file anew */
        return;
    for (uint64_t at = 0; at < size; at += split)
        ok &= read_rows(format, path, schema, options, at, split, 3, &split_rows, &split_sum);
    if (ok && (rows != split_rows || sum != split_sum))
        abort();
}

#endif
