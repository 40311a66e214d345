/*
 * fuzz_parquet.c - any bytes as a Parquet file: schema, then all flat columns, with and without a
 * filter. Nothing may crash, and memory stays within the budget.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/parquet/parquet.h"

enum { MOST_COLUMNS = 64, MOST_BATCHES = 40 };

static uint64_t scan(const char *path, const vonk_schema *schema, bool filtered, bool map,
                     vonk_arena *arena, vonk_budget *budget)
{
    static const vonk_eval_settings settings = {.ansi = true, .time_zone = "Etc/UTC"};
    uint32_t columns[MOST_COLUMNS], n = 0;
    for (uint32_t i = 0; i < schema->n_fields && n < MOST_COLUMNS; i++)
        if (!schema->fields[i].type.children)
            columns[n++] = i;
    vonk_option no_map = {"mmap", map ? "true" : "false"};
    vonk_scan_request request = {.path = path,
                                 .length = UINT64_MAX,
                                 .schema = schema,
                                 .n_columns = n,
                                 .columns = columns,
                                 .options = {1, &no_map},
                                 .settings = &settings,
                                 .batch_rows = 100,
                                 .budget = budget};
    const vonk_expr *filter = NULL;
    if (filtered && n > 0) {
        const vonk_field *field = &schema->fields[columns[0]];
        vonk_expr *in = vonk_expr_input(arena, 0, field->name, field->type, true, NULL);
        vonk_expr *call = vonk_expr_call1(arena, "isnotnull", in, NULL);
        if (call) {
            call->function = vonk_function_find("isnotnull");
            call->type = VONK_TYPE(BOOL);
            filter = call;
            request.filters = &filter;
            request.n_filters = 1;
        }
    }
    uint64_t bits = 0;
    vonk_reader *reader;
    vonk_error err;
    if (vonk_parquet_format.open(&request, &reader, &err) != VONK_OK)
        return 0;
    for (int b = 0; b < MOST_BATCHES; b++) {
        vonk_batch batch;
        bool done;
        if (vonk_parquet_format.next(reader, &batch, &done, &err) != VONK_OK || done)
            break;
        for (uint32_t c = 0; c < batch.n_columns; c++)
            for (uint32_t row = 0; row < batch.n_rows; row++) {
                vonk_value value = vonk_column_value(&batch.columns[c], row);
                bool text = batch.columns[c].type.id == VONK_STRING && !value.is_null;
                for (size_t i = 0; text && i < value.string.length; i++)
                    bits += (unsigned char)value.string.data[i];
                bits += value.is_null;
            }
    }
    vonk_parquet_format.close(reader);
    return bits;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    const char *paths[1] = {path};
    int fd = memfd_create("parquet", 0);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        return 0;
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    vonk_budget budget = {.limit = (size_t)64 << 20};
    vonk_arena arena = {.budget = &budget};
    vonk_schema schema;
    int64_t n_rows;
    uint64_t total = 0;
    if (vonk_parquet_format.infer(paths, 1, NULL, NULL, &arena, &schema, &n_rows, NULL) ==
        VONK_OK) {
        total += scan(path, &schema, false, size % 2 == 0, &arena, &budget);
        total += scan(path, &schema, true, size % 2 != 0, &arena, &budget);
    }
    vonk_arena_free(&arena);
    (void)close(fd);
    return total == UINT64_MAX; /* every value was looked at */
}
