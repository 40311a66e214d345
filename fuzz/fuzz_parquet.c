/*
 * fuzz_parquet.c - any bytes as a Parquet file: schema, then all flat columns, with and without
 * filters, which are asked of statistics, page indexes, Bloom filters and dictionaries too. Nothing
 * may crash, and memory stays within the budget.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format/parquet/parquet.h"

enum { MOST_COLUMNS = 64, MOST_BATCHES = 40, MOST_TESTS = 3 };

/* Test `which` of a column: it is not null, not less than a value of its type, equal to that. */
static const vonk_expr *test_of(const vonk_schema *schema, const uint32_t *columns, uint32_t at,
                                uint32_t which, vonk_arena *arena)
{
    const vonk_field *field = &schema->fields[columns[at]];
    vonk_value value = {.i64 = 3};
    if (field->type.id == VONK_STRING || field->type.id == VONK_BINARY)
        value = (vonk_value){.string = VONK_SLICE("m")};
    else if (field->type.id == VONK_DECIMAL)
        value = (vonk_value){.i128 = 3};
    else if (field->type.id == VONK_FLOAT32 || field->type.id == VONK_FLOAT64)
        value = (vonk_value){.f64 = 3};
    else if (field->type.id == VONK_BOOL)
        value = (vonk_value){.boolean = true};
    vonk_expr *in = vonk_expr_input(arena, at, field->name, field->type, true, NULL);
    vonk_expr *literal = vonk_expr_literal(arena, field->type, value, NULL);
    static const char *const names[MOST_TESTS] = {"isnotnull", ">=", "="};
    const char *name = names[which];
    vonk_expr *call = which ? vonk_expr_call2(arena, name, in, literal, NULL)
                            : vonk_expr_call1(arena, name, in, NULL);
    if (!in || !literal || !call)
        return NULL;
    call->function = vonk_function_find(name);
    call->type = VONK_TYPE(BOOL);
    return call;
}

static uint64_t scan(const char *path, const vonk_schema *schema, uint32_t n_tests, bool map,
                     vonk_arena *arena, vonk_budget *budget)
{
    static const vonk_eval_settings settings = {.ansi = true, .time_zone = "Etc/UTC"};
    uint32_t columns[MOST_COLUMNS], n = 0;
    for (uint32_t i = 0; i < schema->n_fields && n < MOST_COLUMNS; i++)
        if (!schema->fields[i].type.children)
            columns[n++] = i;
    vonk_option no_map = {"mmap", map ? "true" : "false"};
    const vonk_expr *tests[MOST_TESTS];
    vonk_scan_request request = {.path = path,
                                 .length = UINT64_MAX,
                                 .schema = schema,
                                 .n_columns = n,
                                 .columns = columns,
                                 .filters = tests,
                                 .options = {1, &no_map},
                                 .settings = &settings,
                                 .batch_rows = 100,
                                 .budget = budget};
    for (; request.n_filters < n_tests && request.n_filters < n; request.n_filters++) {
        uint32_t at = request.n_filters;
        tests[at] = test_of(schema, columns, at, n_tests - 1, arena);
        if (!tests[at])
            return 0;
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
    vonk_format_facts facts;
    uint64_t total = 0;
    vonk_infer_request request = {.n_paths = 1, .paths = paths};
    if (vonk_parquet_format.infer(&request, &arena, &facts, NULL) == VONK_OK) {
        for (uint32_t n_tests = 0; n_tests <= MOST_TESTS; n_tests++)
            total += scan(path, &facts.schema, n_tests, (size + n_tests) % 2 == 0, &arena, &budget);
    }
    vonk_arena_free(&arena);
    (void)close(fd);
    return total == UINT64_MAX; /* every value was looked at */
}
