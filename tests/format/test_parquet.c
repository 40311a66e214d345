/* test_parquet.c - reading Parquet: files of another writer, filters, splits, other schemas. */
#include "parquet_support.h"

static const struct {
    const char *file, *rows;
} golden[] = {
    {"types_v1", "types"},
    {"types_v2", "types"},
    {"types_plain", "types"},
    {"types_int_decimals", "types"},
    {"nanos", "nanos"},
    {"int96", "int96"},
    {"spread_none", "spread"},
    {"spread_snappy", "spread"},
    {"spread_gzip", "spread"},
    {"spread_brotli", "spread"},
    {"spread_zstd", "spread"},
    {"spread_lz4", "spread"},
    {"spread_pages", "spread_pages"},
    {"spread_pages_v2", "spread_pages"},
    {"delta_int", "delta_int"},
    {"delta_length_byte_array", "delta_strings"},
    {"delta_byte_array", "delta_strings"},
    {"byte_stream_split", "byte_stream_split"},
    {"delta_fixed", "delta_fixed"},
    {"bool_rle", "bool"},
    {"bool_plain", "bool"},
    {"empty", "empty"},
    {"nested", "nested"},
};

static const char *golden_file(pq_test *t, const char *name, const char *suffix)
{
    return pq_golden(t, vonk_arena_printf(&t->arena, NULL, "%s.%s", name, suffix));
}

/* The golden text's first line: names and types of the wanted columns. */
static void assert_types(pq_test *t, const char *text, const char *what)
{
    vonk_buffer got = {0};
    for (uint32_t i = 0; i < t->n_columns; i++) {
        const vonk_field *field = &t->schema.fields[t->columns[i]];
        vonk_buffer_printf(&got, "%s%s:", i ? "\t" : "", field->name);
        vonk_type_print(field->type, &got);
    }
    size_t length = strcspn(text, "\n");
    cr_assert(got.length == length && !memcmp(got.data, text, length), "%s: %s", what,
              vonk_buffer_str(&got));
    vonk_buffer_free(&got);
}

Test(parquet, reads_what_another_writer_wrote)
{
    static const uint32_t batches[] = {1, 7, 64, 8192};
    static const vonk_option no_map = {"mmap", "false"};
    for (size_t g = 0; g < VONK_LENGTH(golden); g++) {
        pq_test t = {0};
        const char *path = golden_file(&t, golden[g].file, "parquet");
        const char *text = pq_slurp(&t, golden_file(&t, golden[g].rows, "txt")).data;
        pq_infer(&t, path);
        assert_types(&t, text, golden[g].file);
        for (size_t b = 0; b < VONK_LENGTH(batches); b++) {
            vonk_buffer out = {0};
            uint64_t n_rows;
            vonk_scan_request request = pq_request(&t, path, batches[b]);
            if (b % 2)
                request.options = (vonk_options){1, &no_map};
            PQ_OK(&t, pq_scan(&t, &request, &out, &n_rows));
            pq_assert_rows(vonk_buffer_str(&out), strchr(text, '\n') + 1, golden[g].file);
            cr_assert_eq(t.metrics.rows_read, n_rows);
            vonk_buffer_free(&out);
        }
        vonk_arena_free(&t.arena);
    }
}

Test(parquet, gives_strings_of_dictionary_pages_as_dictionaries)
{
    pq_test t = {0};
    const char *path = pq_golden(&t, "types_v1.parquet");
    pq_infer(&t, path);
    uint32_t s = (uint32_t)vonk_schema_find(&t.schema, "s");
    vonk_scan_request request = pq_request(&t, path, 8192);
    request.n_columns = 1;
    request.columns = &s;
    vonk_reader *reader;
    vonk_batch batch;
    bool done;
    PQ_OK(&t, vonk_parquet_format.open(&request, &reader, &t.err));
    PQ_OK(&t, vonk_parquet_format.next(reader, &batch, &done, &t.err));
    cr_assert(!done);
    cr_assert_eq(batch.columns[0].encoding, VONK_DICTIONARY);
    cr_assert_leq(batch.columns[0].n_dictionary, 50u);
    vonk_parquet_format.close(reader);
    vonk_arena_free(&t.arena);
}

Test(parquet, counts_rows_without_reading_columns)
{
    pq_test t = {0};
    uint64_t n_rows;
    const char *path = pq_golden(&t, "spread_pages.parquet");
    vonk_scan_request request = pq_request(&t, path, 100);
    PQ_OK(&t, pq_scan(&t, &request, NULL, &n_rows));
    cr_assert_eq(n_rows, 450u);
    cr_assert_eq(t.metrics.bytes_read, 0u);
    vonk_arena_free(&t.arena);
}

Test(parquet, splits_take_each_row_group_once)
{
    pq_test t = {0};
    const char *path = pq_golden(&t, "spread_pages.parquet");
    uint64_t size = pq_slurp(&t, path).length, n_rows, n_more;
    pq_infer(&t, path);
    bool divided = false;
    for (uint64_t cut = 0; cut < size; cut += 97) {
        vonk_buffer out = {0};
        vonk_scan_request first = pq_request(&t, path, 64), second = first;
        first.length = cut;
        second.start = cut;
        second.length = size - cut;
        PQ_OK(&t, pq_scan(&t, &first, &out, &n_rows));
        PQ_OK(&t, pq_scan(&t, &second, &out, &n_more));
        cr_assert_eq(n_rows + n_more, 450u);
        divided |= n_rows > 0 && n_more > 0;
        vonk_buffer_free(&out);
    }
    cr_assert(divided);
    vonk_arena_free(&t.arena);
}

/* ---- filters ---- */

/* Rows of the whole file that `keep` says stay, by the text of column `column`. */
static void expect_filtered(pq_test *t, const char *path, uint32_t column,
                            bool (*keep)(const char *cell), const vonk_expr *filter)
{
    static const uint32_t batches[] = {3, 64, 8192};
    vonk_buffer all = {0}, want = {0};
    uint64_t n_rows;
    vonk_scan_request request = pq_request(t, path, 8192);
    PQ_OK(t, pq_scan(t, &request, &all, &n_rows));
    for (const char *line = vonk_buffer_str(&all); *line;) {
        const char *end = strchr(line, '\n') + 1, *cell = line;
        for (uint32_t c = 0; c < column; c++)
            cell = strchr(cell, '\t') + 1;
        char *copy = vonk_arena_strndup(&t->arena, cell, strcspn(cell, "\t\n"), NULL);
        if (keep(copy))
            vonk_buffer_append(&want, line, (size_t)(end - line));
        line = end;
    }
    for (size_t b = 0; b < VONK_LENGTH(batches); b++) {
        vonk_buffer got = {0};
        request.batch_rows = batches[b];
        request.n_filters = 1;
        request.filters = &filter;
        PQ_OK(t, pq_scan(t, &request, &got, &n_rows));
        cr_assert_str_eq(vonk_buffer_str(&got), vonk_buffer_str(&want));
        vonk_buffer_free(&got);
    }
    vonk_buffer_free(&all);
    vonk_buffer_free(&want);
}

static bool below_five(const char *cell)
{
    return strcmp(cell, "NULL") != 0 && atoll(cell) < 5;
}

static bool is_two(const char *cell)
{
    return !strcmp(cell, "2");
}

static bool is_null(const char *cell)
{
    return !strcmp(cell, "NULL");
}

static bool from_430(const char *cell)
{
    return strcmp(cell, "NULL") != 0 && atoll(cell) >= 430;
}

static bool is_prefix_7(const char *cell)
{
    return !strcmp(cell, "prefix-000007");
}

static bool never(const char *cell)
{
    (void)cell;
    return false;
}

Test(parquet, filters_by_statistics_dictionary_and_row)
{
    static const char *const files[] = {"spread_pages.parquet", "spread_pages_v2.parquet"};
    for (size_t f = 0; f < VONK_LENGTH(files); f++) {
        pq_test t = {0};
        const char *path = pq_golden(&t, files[f]);
        vonk_type i32 = VONK_TYPE(INT32), i64 = VONK_TYPE(INT64);
        pq_infer(&t, path);
        expect_filtered(&t, path, 0, below_five,
                        pq_call(&t, "<", pq_input(&t, 0), pq_number(&t, i32, 5)));
        expect_filtered(&t, path, 2, is_two,
                        pq_call(&t, "=", pq_input(&t, 2), pq_number(&t, i64, 2)));
        expect_filtered(&t, path, 2, never,
                        pq_call(&t, "=", pq_number(&t, i64, 77), pq_input(&t, 2)));
        expect_filtered(&t, path, 3, is_null, pq_call(&t, "isnull", pq_input(&t, 3), NULL));
        expect_filtered(&t, path, 3, from_430,
                        pq_call(&t, ">=", pq_input(&t, 3), pq_number(&t, i64, 430)));
        expect_filtered(&t, path, 4, is_null, pq_call(&t, "isnull", pq_input(&t, 4), NULL));
        expect_filtered(&t, path, 4, never, pq_call(&t, "isnotnull", pq_input(&t, 4), NULL));
        vonk_expr *name = vonk_expr_string(&t.arena, VONK_SLICE("prefix-000007"), NULL);
        expect_filtered(&t, path, 5, is_prefix_7, pq_call(&t, "=", pq_input(&t, 5), name));
        vonk_arena_free(&t.arena);
    }
}

Test(parquet, applies_several_filters_over_several_columns)
{
    pq_test t = {0};
    const char *path = pq_golden(&t, "spread_pages.parquet");
    pq_infer(&t, path);
    const vonk_expr *filters[3] = {
        pq_call(&t, ">", pq_input(&t, 3), pq_input(&t, 1)), /* nul > up: never but for row 0 */
        pq_call(&t, "isnotnull", pq_input(&t, 3), NULL),
        pq_call(&t, "<", pq_input(&t, 2), pq_number(&t, VONK_TYPE(INT64), 3)),
    };
    vonk_scan_request request = pq_request(&t, path, 50);
    uint64_t n_rows, n_both, n_rest;
    request.filters = filters;
    request.n_filters = 3;
    PQ_OK(&t, pq_scan(&t, &request, NULL, &n_rows));
    cr_assert_eq(n_rows, 0u);
    filters[0] = pq_call(&t, "<", pq_input(&t, 3), pq_input(&t, 1));
    PQ_OK(&t, pq_scan(&t, &request, NULL, &n_both));
    filters[2] = pq_call(&t, ">=", pq_input(&t, 2), pq_number(&t, VONK_TYPE(INT64), 3));
    PQ_OK(&t, pq_scan(&t, &request, NULL, &n_rest));
    cr_assert_gt(n_both, 0u);
    cr_assert_gt(n_rest, 0u);
    cr_assert_eq(n_both + n_rest, 200u); /* rows 50-99, 150-199, ... of 450 */
    vonk_arena_free(&t.arena);
}

Test(parquet, prunes_row_groups_that_cannot_match)
{
    pq_test t = {0};
    const char *path = pq_golden(&t, "spread_pages.parquet");
    pq_infer(&t, path);
    const vonk_expr *filter =
        pq_call(&t, "<", pq_input(&t, 1), pq_number(&t, VONK_TYPE(INT64), 1000));
    vonk_scan_request request = pq_request(&t, path, 8192);
    uint64_t n_rows;
    request.n_filters = 1;
    request.filters = &filter;
    PQ_OK(&t, pq_scan(&t, &request, NULL, &n_rows));
    cr_assert_eq(n_rows, 1u);
    cr_assert_eq(t.metrics.groups_total, 3u);
    cr_assert_eq(t.metrics.groups_pruned, 2u);
    cr_assert_eq(t.metrics.rows_read, 160u);
    vonk_arena_free(&t.arena);
}

/* ---- other schemas ---- */

static vonk_status scan_as(pq_test *t, const char *file, const char *ddl, vonk_buffer *out)
{
    uint64_t n_rows;
    PQ_OK(t, vonk_schema_parse(vonk_slice_of(ddl), &t->arena, &t->schema, &t->err));
    t->n_columns = t->schema.n_fields;
    for (uint32_t i = 0; i < t->n_columns; i++)
        t->columns[i] = i;
    vonk_scan_request request = pq_request(t, pq_golden(t, file), 64);
    return pq_scan(t, &request, out, &n_rows);
}

Test(parquet, widens_types_and_fills_missing_columns_with_nulls)
{
    pq_test t = {0};
    vonk_buffer narrow = {0}, wide = {0};
    PQ_OK(&t, scan_as(&t, "types_v1.parquet", "i8 tinyint, i32 int, f32 float, d9 decimal(9,2)",
                      &narrow));
    PQ_OK(&t, scan_as(&t, "types_v1.parquet",
                      "I8 bigint, i32 decimal(20,0), F32 double, d9 decimal(11,2)", &wide));
    cr_assert_str_eq(vonk_buffer_str(&wide), vonk_buffer_str(&narrow));
    wide.length = 0;
    PQ_OK(&t,
          scan_as(&t, "nested.parquet", "nothing string, id bigint, none decimal(30,3)", &wide));
    cr_assert_str_eq(vonk_buffer_str(&wide), "NULL\t1\tNULL\nNULL\t2\tNULL\nNULL\t3\tNULL\n");
    vonk_buffer_free(&narrow);
    vonk_buffer_free(&wide);
    vonk_arena_free(&t.arena);
}

Test(parquet, scales_decimals_up)
{
    pq_test t = {0};
    vonk_buffer out = {0}, want = {0};
    PQ_OK(&t, scan_as(&t, "types_int_decimals.parquet", "d9 decimal(9,2)", &want));
    PQ_OK(&t, scan_as(&t, "types_int_decimals.parquet", "d9 decimal(38,3)", &out));
    const char *a = vonk_buffer_str(&want), *b = vonk_buffer_str(&out);
    while (*a) {
        bool null = *a == 'N';
        long long x = strtoll(a, NULL, 10), y = strtoll(b, NULL, 10);
        cr_assert(null == (*b == 'N') && y == x * 10);
        a = strchr(a, '\n') + 1;
        b = strchr(b, '\n') + 1;
    }
    vonk_buffer_free(&out);
    vonk_buffer_free(&want);
    vonk_arena_free(&t.arena);
}

Test(parquet, refuses_types_that_would_lose_values)
{
    static const char *const schemas[] = {"i64 int",   "s int",   "d9 decimal(9,1)",
                                          "f64 float", "ts date", "i32 string"};
    for (size_t i = 0; i < VONK_LENGTH(schemas); i++) {
        pq_test t = {0};
        cr_assert_eq(scan_as(&t, "types_v1.parquet", schemas[i], NULL), VONK_USER, "%s",
                     schemas[i]);
        cr_assert_str_eq(t.err.condition, "FAILED_READ_FILE.PARQUET_COLUMN_DATA_TYPE_MISMATCH");
        cr_assert(strstr(t.err.message, "types_v1.parquet"));
        vonk_arena_free(&t.arena);
    }
}

Test(parquet, refuses_times_as_spark_does)
{
    pq_test t = {0};
    vonk_format_facts facts;
    const char *path = pq_golden(&t, "time.parquet");
    cr_assert_eq(pq_facts(&t, path, &facts), VONK_USER);
    cr_assert_str_eq(t.err.condition, "UNSUPPORTED_TIME_TYPE");
    vonk_arena_free(&t.arena);
}

Test(parquet, knows_nested_columns_but_does_not_read_them)
{
    pq_test t = {0};
    vonk_buffer text = {0};
    uint64_t n_rows;
    const char *path = pq_golden(&t, "nested.parquet");
    pq_infer(&t, path);
    vonk_schema_print(&t.schema, &text);
    cr_assert_str_eq(vonk_buffer_str(&text),
                     "struct<id:int,list:array<int>,struct:struct<a:bigint,b:string>,"
                     "map:map<string,bigint>,tail:string>");
    t.n_columns = 2;
    t.columns[1] = 2;
    vonk_scan_request request = pq_request(&t, path, 64);
    cr_assert_eq(pq_scan(&t, &request, NULL, &n_rows), VONK_UNSUPPORTED);
    cr_assert(strstr(t.err.message, "column struct is nested"), "%s", t.err.message);
    vonk_buffer_free(&text);
    vonk_arena_free(&t.arena);
}
