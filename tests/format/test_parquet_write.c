/* test_parquet_write.c - what we write, read back: all types, codecs, page and row group borders.
 */
#include <math.h>

#include "format/parquet/file.h"
#include "parquet_support.h"

static vonk_status write_batches(pq_test *t, const char *path, const vonk_batch *batches,
                                 uint32_t n, vonk_options options)
{
    vonk_writer_request request = {
        .path = path, .schema = &t->schema, .options = options, .settings = &pq_settings};
    vonk_writer *writer;
    uint64_t n_bytes = 0;
    VONK_TRY(vonk_parquet_format.create(&request, &writer, &t->err));
    for (uint32_t i = 0; i < n; i++) {
        vonk_status status = vonk_parquet_format.write(writer, &batches[i], &t->err);
        if (status != VONK_OK) {
            vonk_parquet_format.abort(writer);
            return status;
        }
    }
    VONK_TRY(vonk_parquet_format.finish(writer, &n_bytes, &t->err));
    cr_assert_eq(n_bytes, pq_slurp(t, path).length);
    return VONK_OK;
}

/* All batches of a scan, copied. */
static uint32_t read_batches(pq_test *t, const char *path, uint32_t batch_rows, vonk_batch *ret)
{
    vonk_scan_request request = pq_request(t, path, batch_rows);
    vonk_reader *reader;
    uint32_t n = 0;
    PQ_OK(t, vonk_parquet_format.open(&request, &reader, &t->err));
    for (;;) {
        vonk_batch batch;
        bool done;
        PQ_OK(t, vonk_parquet_format.next(reader, &batch, &done, &t->err));
        if (done)
            break;
        PQ_OK(t, vonk_batch_copy(&t->arena, &batch, &ret[n++], &t->err));
    }
    vonk_parquet_format.close(reader);
    return n;
}

static void expect_file(pq_test *t, const char *path, const char *text, const char *what)
{
    vonk_buffer out = {0};
    uint64_t n_rows;
    vonk_scan_request request = pq_request(t, path, 100);
    PQ_OK(t, pq_scan(t, &request, &out, &n_rows));
    pq_assert_rows(vonk_buffer_str(&out), text, what);
    vonk_buffer_free(&out);
}

Test(parquet_write, all_types_and_codecs_come_back)
{
    static const char *const codecs[] = {"none",    "SNAPPY", "gzip",  "lz4",
                                         "lz4_raw", "zstd",   "brotli"};
    static const char *const files[][2] = {{"types_v1", "types"}, {"spread_pages", "spread_pages"}};
    for (size_t f = 0; f < VONK_LENGTH(files); f++) {
        for (size_t c = 0; c < VONK_LENGTH(codecs); c++) {
            pq_test t = {0};
            vonk_batch batches[64];
            const char *name = vonk_arena_printf(&t.arena, NULL, "%s.parquet", files[f][0]);
            const char *rows = vonk_arena_printf(&t.arena, NULL, "%s.txt", files[f][1]);
            const char *text = strchr(pq_slurp(&t, pq_golden(&t, rows)).data, '\n') + 1;
            const char *path = pq_temp(&t, codecs[c]);
            pq_infer(&t, pq_golden(&t, name));
            uint32_t n = read_batches(&t, pq_golden(&t, name), 33, batches);
            vonk_option options[] = {{"compression", codecs[c]},
                                     {"parquet.page.size", "300"},
                                     {"parquet.block.size", "5000"},
                                     {"parquet.enable.dictionary", c % 3 ? "true" : "false"}};
            PQ_OK(&t, write_batches(&t, path, batches, n, (vonk_options){4, options}));
            vonk_schema written = t.schema;
            pq_infer(&t, path);
            cr_assert_eq(t.schema.n_fields, written.n_fields);
            for (uint32_t i = 0; i < written.n_fields; i++)
                cr_assert(vonk_type_equal(t.schema.fields[i].type, written.fields[i].type));
            expect_file(&t, path, text, codecs[c]);
            (void)unlink(path);
            vonk_arena_free(&t.arena);
        }
    }
}

/* A file of one bigint and one string column of n rows, made from their numbers. */
static const char *write_numbers(pq_test *t, uint32_t n, uint32_t distinct, bool nulls)
{
    vonk_batch batch = {.n_rows = n, .n_columns = 2};
    batch.columns = VONK_NEW_ARRAY(&t->arena, vonk_column, 2, NULL);
    PQ_OK(t, vonk_schema_parse(VONK_SLICE("n bigint, s string"), &t->arena, &t->schema, &t->err));
    for (uint32_t c = 0; c < 2; c++) {
        vonk_column *col = &batch.columns[c];
        PQ_OK(t, vonk_column_new(&t->arena, t->schema.fields[c].type, n, col, &t->err));
        if (nulls)
            PQ_OK(t, vonk_column_add_validity(&t->arena, col, &t->err));
        for (uint32_t i = 0; i < n; i++) {
            char *text = vonk_arena_printf(&t->arena, NULL, "value number %u", i % distinct);
            if (c == 0)
                ((int64_t *)col->values)[i] = i % distinct;
            else
                ((vonk_string *)col->values)[i] = vonk_string_of(text, (uint32_t)strlen(text));
            if (nulls && i % 11 == 0)
                vonk_bit_set(col->validity, i, false);
        }
    }
    const char *path = pq_temp(t, "numbers");
    PQ_OK(t, write_batches(t, path, &batch, 1, (vonk_options){0}));
    t->n_columns = 2;
    t->columns[0] = 0;
    t->columns[1] = 1;
    return path;
}

static void expect_numbers(pq_test *t, const char *path, uint32_t n, uint32_t distinct, bool nulls)
{
    vonk_batch batches[64];
    uint32_t n_batches = read_batches(t, path, 5000, batches), at = 0;
    for (uint32_t b = 0; b < n_batches; b++)
        for (uint32_t row = 0; row < batches[b].n_rows; row++, at++) {
            char want[40];
            (void)snprintf(want, sizeof(want), "value number %u", at % distinct);
            vonk_value number = vonk_column_value(&batches[b].columns[0], row);
            vonk_value text = vonk_column_value(&batches[b].columns[1], row);
            bool null = nulls && at % 11 == 0;
            cr_assert(number.is_null == null && text.is_null == null);
            cr_assert(null || (number.i64 == at % distinct && text.string.length == strlen(want) &&
                               !memcmp(text.string.data, want, strlen(want))),
                      "row %u", at);
        }
    cr_assert_eq(at, n);
    (void)unlink(path);
}

Test(parquet_write, many_pages_and_both_encodings_come_back)
{
    static const uint32_t distinct[] = {1, 2, 900, 45000, 100000};
    for (size_t d = 0; d < VONK_LENGTH(distinct); d++)
        for (int nulls = 0; nulls < 2; nulls++) {
            pq_test t = {0};
            const char *path = write_numbers(&t, 90000, distinct[d], nulls);
            expect_numbers(&t, path, 90000, distinct[d], nulls);
            vonk_arena_free(&t.arena);
        }
}

/* Bits of value i of a column of `width` bytes; of each kind some values come again. */
static uint64_t number_bits(uint32_t kind, uint32_t i, uint32_t distinct)
{
    uint32_t k = i * UINT32_C(2654435761) % distinct;
    double f64 = k % 7 == 3 ? (double)NAN : (double)k - 100;
    float f32 = (float)f64;
    uint64_t bits = kind == 1 ? (uint64_t)k << 30 : k;
    if (kind == 2)
        memcpy(&bits, &f32, 4);
    else if (kind == 3)
        memcpy(&bits, &f64, 8);
    return bits;
}

#define NUMBERS 4u
static const uint32_t number_widths[NUMBERS] = {4, 8, 4, 8};

static bool number_is_null(uint32_t i, int nulls)
{
    return nulls == 2 || (nulls == 1 && i % 5 == 0);
}

static vonk_batch numbers_batch(pq_test *t, uint32_t start, uint32_t n, uint32_t distinct,
                                int nulls)
{
    vonk_batch batch = {.n_rows = n, .n_columns = NUMBERS};
    batch.columns = VONK_NEW_ARRAY(&t->arena, vonk_column, NUMBERS, NULL);
    for (uint32_t c = 0; c < NUMBERS; c++) {
        vonk_column *col = &batch.columns[c];
        PQ_OK(t, vonk_column_new(&t->arena, t->schema.fields[c].type, n, col, &t->err));
        PQ_OK(t, vonk_column_add_validity(&t->arena, col, &t->err));
        for (uint32_t i = 0; i < n; i++) {
            uint64_t bits = number_bits(c, start + i, distinct);
            memcpy((char *)col->values + (size_t)i * number_widths[c], &bits, number_widths[c]);
            vonk_bit_set(col->validity, i, !number_is_null(start + i, nulls));
        }
    }
    return batch;
}

static void check_numbers(pq_test *t, const char *path, uint32_t n, uint32_t distinct, int nulls)
{
    vonk_batch batches[16];
    uint32_t n_batches = read_batches(t, path, 4000, batches), at = 0;
    for (uint32_t b = 0; b < n_batches; b++)
        for (uint32_t row = 0; row < batches[b].n_rows; row++, at++)
            for (uint32_t c = 0; c < NUMBERS; c++) {
                const vonk_column *col = &batches[b].columns[c];
                uint64_t want = number_bits(c, at, distinct), got = 0;
                uint32_t width = number_widths[c];
                bool valid = vonk_column_is_valid(col, row);
                cr_assert_neq(valid, number_is_null(at, nulls));
                memcpy(&got, (char *)col->values + (size_t)vonk_column_at(col, row) * width, width);
                cr_assert(!valid || got == want, "column %u, row %u", c, at);
            }
    cr_assert_eq(at, n);
}

/* Pages of a few rows and of many, dictionaries that are left in the middle of one, no nulls, some
 * and nothing else. */
Test(parquet_write, numbers_of_each_width_come_back)
{
    static const char *const sizes[][2] = {
        {"1", "64"}, {"100", "5"}, {"4000", "3000"}, {"1048576", "1048576"}};
    static const uint32_t distinct[] = {1, 60, 2000, 1000000}, ends[] = {100, 1000, 9000, 21000};
    for (uint32_t round = 0; round < 4 * 4 * 4; round++) {
        pq_test t = {0};
        uint32_t values = distinct[round % 4];
        int nulls = (int)(round / 4 % 4) - 1; /* -1: declared to have none */
        vonk_option options[] = {{"parquet.page.size", sizes[round / 16][0]},
                                 {"parquet.dictionary.page.size", sizes[round / 16][1]}};
        const char *schema = nulls < 0 ? "a int not null, b bigint not null, c float not null, "
                                         "d double not null"
                                       : "a date, b timestamp, c float, d double";
        PQ_OK(&t, vonk_schema_parse(vonk_slice_of(schema), &t.arena, &t.schema, &t.err));
        vonk_batch batches[3];
        const uint32_t starts[] = {0, 1, ends[round / 16] / 3, ends[round / 16]};
        for (uint32_t b = 0; b < 3; b++)
            batches[b] = numbers_batch(&t, starts[b], starts[b + 1] - starts[b], values, nulls);
        const char *path = pq_temp(&t, "numbers");
        PQ_OK(&t, write_batches(&t, path, batches, 3, (vonk_options){2, options}));
        for (uint32_t c = 0; c < NUMBERS; c++)
            t.columns[c] = c;
        t.n_columns = NUMBERS;
        check_numbers(&t, path, starts[3], values, nulls);
        (void)unlink(path);
        vonk_arena_free(&t.arena);
    }
}

static double double_at(vonk_slice bytes)
{
    double value;
    cr_assert_eq(bytes.length, sizeof(value));
    memcpy(&value, bytes.data, sizeof(value));
    return value;
}

Test(parquet_write, nan_is_in_no_statistics)
{
    static const double rows[][3] = {{NAN, 3, -5}, {NAN, NAN, NAN}, {INFINITY, NAN, INFINITY}};
    static const double bounds[][2] = {{-5, 3}, {0, 0}, {INFINITY, INFINITY}};
    for (size_t r = 0; r < VONK_LENGTH(rows); r++) {
        pq_test t = {0};
        vonk_column col;
        vonk_batch batch = {3, 1, &col};
        vonk_pq_file file;
        const char *path = pq_temp(&t, "nan");
        PQ_OK(&t, vonk_schema_parse(VONK_SLICE("a double"), &t.arena, &t.schema, &t.err));
        PQ_OK(&t, vonk_column_new(&t.arena, VONK_TYPE(FLOAT64), 3, &col, &t.err));
        memcpy(col.values, rows[r], sizeof(rows[r]));
        PQ_OK(&t, write_batches(&t, path, &batch, 1, (vonk_options){0}));
        PQ_OK(&t, vonk_pq_file_open(path, true, NULL, &t.arena, &file, &t.err));
        const vonk_pq_stats *stats = &file.meta.groups[0].columns[0].stats;
        cr_assert_eq(stats->has_min, r != 1);
        cr_assert_eq(stats->has_max, r != 1);
        if (stats->has_min && stats->has_max) {
            cr_assert_eq(double_at(stats->min), bounds[r][0]);
            cr_assert_eq(double_at(stats->max), bounds[r][1]);
        }
        vonk_pq_file_close(&file);
        (void)unlink(path);
        vonk_arena_free(&t.arena);
    }
}

Test(parquet_write, statistics_hold_and_prune)
{
    pq_test t = {0};
    const char *path = write_numbers(&t, 1000, 500, true);
    vonk_pq_file file;
    PQ_OK(&t, vonk_pq_file_open(path, true, NULL, &t.arena, &file, &t.err));
    cr_assert_eq(file.meta.n_groups, 1u);
    const vonk_pq_stats *n = &file.meta.groups[0].columns[0].stats;
    const vonk_pq_stats *s = &file.meta.groups[0].columns[1].stats;
    cr_assert(file.meta.has_orders && n->has_min && n->has_max && s->has_min && s->has_max);
    cr_assert_eq(n->null_count, 91);
    cr_assert_eq(*(const unsigned char *)n->max.data, 499 & 0xff);
    cr_assert(vonk_slice_equal(s->min, VONK_SLICE("value number 0")));
    cr_assert(vonk_slice_equal(s->max, VONK_SLICE("value number 99")));
    cr_assert(vonk_slice_equal(file.meta.created_by, VONK_SLICE("vonk version " VONK_VERSION)));
    vonk_pq_file_close(&file);
    const vonk_expr *filter =
        pq_call(&t, ">", pq_input(&t, 0), pq_number(&t, VONK_TYPE(INT64), 499));
    vonk_scan_request request = pq_request(&t, path, 100);
    uint64_t n_rows;
    request.filters = &filter;
    request.n_filters = 1;
    PQ_OK(&t, pq_scan(&t, &request, NULL, &n_rows));
    cr_assert_eq(t.metrics.groups_pruned, 1u);
    (void)unlink(path);
    vonk_arena_free(&t.arena);
}

Test(parquet_write, no_rows_make_a_file_with_a_schema)
{
    pq_test t = {0};
    const char *path = pq_temp(&t, "none");
    PQ_OK(&t, vonk_schema_parse(VONK_SLICE("a decimal(20,2), b boolean not null"), &t.arena,
                                &t.schema, &t.err));
    PQ_OK(&t, write_batches(&t, path, NULL, 0, (vonk_options){0}));
    pq_infer(&t, path);
    cr_assert_eq(t.schema.n_fields, 2u);
    expect_file(&t, path, "", "empty");
    (void)unlink(path);
    vonk_arena_free(&t.arena);
}

Test(parquet_write, refuses_what_it_cannot_write)
{
    pq_test t = {0};
    const char *path = pq_temp(&t, "refused");
    vonk_option codec = {"compression", "lzw"};
    PQ_OK(&t, vonk_schema_parse(VONK_SLICE("a int"), &t.arena, &t.schema, &t.err));
    cr_assert_eq(write_batches(&t, path, NULL, 0, (vonk_options){1, &codec}), VONK_USER);
    cr_assert_neq(access(path, F_OK), 0);
    PQ_OK(&t, vonk_schema_parse(VONK_SLICE("a array<int>"), &t.arena, &t.schema, &t.err));
    cr_assert_eq(write_batches(&t, path, NULL, 0, (vonk_options){0}), VONK_UNSUPPORTED);
    cr_assert_neq(access(path, F_OK), 0);
    vonk_arena_free(&t.arena);
}

Test(parquet_write, a_null_where_none_may_be_is_an_error)
{
    pq_test t = {0};
    const char *path = pq_temp(&t, "null");
    vonk_column col;
    vonk_batch batch = {1, 1, &col};
    PQ_OK(&t, vonk_schema_parse(VONK_SLICE("a int not null"), &t.arena, &t.schema, &t.err));
    PQ_OK(&t, vonk_column_null(&t.arena, VONK_TYPE(INT32), 1, &col, &t.err));
    cr_assert_eq(write_batches(&t, path, &batch, 1, (vonk_options){0}), VONK_INVALID);
    cr_assert_neq(access(path, F_OK), 0);
    vonk_arena_free(&t.arena);
}
