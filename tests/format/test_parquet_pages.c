/*
 * test_parquet_pages.c - pages that column and offset indexes rule out: what is read, and that no
 * answer depends on it. The files are those of tests/golden/parquet/make_pages.py.
 */
#include "format/parquet/file.h"
#include "parquet_support.h"

enum { ROWS = 300 };

static const char *const files[] = {"pages_arrow.parquet", "pages_spark.parquet"};

/* The text of the rows that pass; t->metrics are those of the scan. */
static vonk_buffer scan_with(pq_test *t, const char *path, const vonk_expr *filter, bool by_page,
                             bool map)
{
    const vonk_option options[] = {
        {"parquet.filter.columnindex.enabled", by_page ? "true" : "false"},
        {"mmap", map ? "true" : "false"}};
    vonk_scan_request request = pq_request(t, path, 64);
    vonk_buffer out = {0};
    uint64_t n_rows;
    request.filters = &filter;
    request.n_filters = 1;
    request.options = (vonk_options){VONK_LENGTH(options), options};
    PQ_OK(t, pq_scan(t, &request, &out, &n_rows));
    return out;
}

/* The same rows with and without the index, mapped and read. Returns what the index spared. */
static uint64_t expect_same(pq_test *t, const char *path, const vonk_expr *filter, const char *what)
{
    vonk_buffer all = scan_with(t, path, filter, false, true);
    cr_assert_eq(t->metrics.pages_total, 0u);
    for (int map = 0; map < 2; map++) {
        vonk_buffer some = scan_with(t, path, filter, true, map);
        cr_assert_str_eq(vonk_buffer_str(&some), vonk_buffer_str(&all), "%s, %s", path, what);
        cr_assert_leq(t->metrics.pages_pruned, t->metrics.pages_total);
        vonk_buffer_free(&some);
    }
    vonk_buffer_free(&all);
    return t->metrics.pages_pruned;
}

static vonk_expr *id_is(pq_test *t, const char *op, int64_t value)
{
    return pq_call(t, op, pq_input(t, 0), pq_number(t, VONK_TYPE(INT64), value));
}

Test(parquet_pages, reads_only_the_pages_that_may_match)
{
    for (size_t f = 0; f < VONK_LENGTH(files); f++) {
        pq_test t = {0};
        const char *path = pq_golden(&t, files[f]);
        pq_infer(&t, path);
        vonk_buffer out = scan_with(&t, path, id_is(&t, "=", 700), true, true);
        cr_assert_eq(strncmp(vonk_buffer_str(&out), "700\t3\tNULL\téa text 0100\t5000\t", 27), 0,
                     "%s", vonk_buffer_str(&out));
        cr_assert_eq(t.metrics.rows_read, 20u);
        cr_assert_eq(t.metrics.pages_total - t.metrics.pages_pruned, 1u);
        uint64_t bytes = t.metrics.bytes_read;
        vonk_buffer_free(&out);
        out = scan_with(&t, path, id_is(&t, "=", 700), false, true);
        cr_assert_geq(t.metrics.rows_read, 160u);
        cr_assert_lt(bytes, t.metrics.bytes_read);
        vonk_buffer_free(&out);
        /* between two pages' bounds: no row group's statistics say so */
        out = scan_with(&t, path, id_is(&t, "=", 7 * 99 + 1), true, true);
        cr_assert_eq(t.metrics.groups_pruned, t.metrics.groups_total);
        cr_assert_eq(t.metrics.rows_read, 0u);
        vonk_buffer_free(&out);
        vonk_arena_free(&t.arena);
    }
}

Test(parquet_pages, joins_what_several_columns_say)
{
    static const uint64_t read[][2] = {{60, 20}, {120, 100}}; /* Spark's first page has 100 rows */
    for (size_t f = 0; f < VONK_LENGTH(files); f++) {
        pq_test t = {0};
        const char *path = pq_golden(&t, files[f]);
        pq_infer(&t, path);
        vonk_expr *early = id_is(&t, "<", 7 * 40), *late = id_is(&t, ">=", 7 * 280);
        vonk_expr *step = pq_call(&t, "=", pq_input(&t, 1), pq_number(&t, VONK_TYPE(INT32), 1));
        cr_assert_gt(expect_same(&t, path, pq_call(&t, "or", early, late), "or"), 0u);
        cr_assert_eq(t.metrics.rows_read, read[f][0]);
        cr_assert_gt(expect_same(&t, path, pq_call(&t, "and", early, step), "and"), 0u);
        cr_assert_eq(t.metrics.rows_read, read[f][1]);
        vonk_arena_free(&t.arena);
    }
}

/* ---- every column, any test ---- */

typedef struct cells {
    vonk_value values[16][ROWS];
} cells;

static void read_cells(pq_test *t, const char *path, cells *ret)
{
    vonk_scan_request request = pq_request(t, path, ROWS);
    vonk_reader *reader;
    vonk_batch batch;
    bool done = false;
    uint32_t at = 0;
    PQ_OK(t, vonk_parquet_format.open(&request, &reader, &t->err));
    for (;; at += batch.n_rows) {
        PQ_OK(t, vonk_parquet_format.next(reader, &batch, &done, &t->err));
        if (done)
            break;
        for (uint32_t c = 0; c < batch.n_columns; c++)
            for (uint32_t row = 0; row < batch.n_rows; row++) {
                vonk_value value = vonk_column_value(&batch.columns[c], row);
                vonk_type_id id = (vonk_type_id)batch.columns[c].type.id;
                if (!value.is_null && (id == VONK_STRING || id == VONK_BINARY))
                    value.string.data =
                        vonk_arena_strndup(&t->arena, value.string.data, value.string.length, NULL);
                ret->values[c][at + row] = value;
            }
    }
    cr_assert_eq(at, (uint32_t)ROWS);
    vonk_parquet_format.close(reader);
}

Test(parquet_pages, no_answer_depends_on_the_index)
{
    static const char *const ops[] = {"=", "<", "<=", ">", ">=", "<=>"};
    static const uint32_t rows[] = {0, 19, 20, 99, 100, 160, 179, 180, 250, 299};
    static cells all;
    for (size_t f = 0; f < VONK_LENGTH(files); f++) {
        pq_test t = {0};
        const char *path = pq_golden(&t, files[f]);
        uint64_t pruned = 0;
        pq_infer(&t, path);
        read_cells(&t, path, &all);
        for (uint32_t c = 0; c < t.n_columns; c++) {
            vonk_type type = t.schema.fields[c].type;
            (void)expect_same(&t, path, pq_call(&t, "isnull", pq_input(&t, c), NULL), "isnull");
            (void)expect_same(&t, path, pq_call(&t, "isnotnull", pq_input(&t, c), NULL), "not");
            for (size_t r = 0; r < VONK_LENGTH(rows); r++)
                for (size_t o = 0; o < VONK_LENGTH(ops); o++) {
                    vonk_value value = all.values[c][rows[r]];
                    vonk_expr *literal = vonk_expr_literal(&t.arena, type, value, NULL);
                    vonk_expr *test = pq_call(&t, ops[o], pq_input(&t, c), literal);
                    pruned += expect_same(&t, path, test, ops[o]);
                    test = pq_call(&t, ops[o], literal, pq_input(&t, c));
                    pruned += expect_same(&t, path, test, ops[o]);
                }
        }
        cr_assert_gt(pruned, 1000u);
        vonk_arena_free(&t.arena);
    }
}

/* ---- broken indexes ---- */

/* The file with the bytes of a column's index (which: 0 = pages' rows, 1 = values) spoilt. */
static const char *spoilt(pq_test *t, const char *path, int which, char with)
{
    vonk_slice bytes = pq_slurp(t, path);
    vonk_pq_file file;
    PQ_OK(t, vonk_pq_file_open(path, true, NULL, &t->arena, &file, &t->err));
    const vonk_pq_column *column = &file.meta.groups[0].columns[0];
    const vonk_pq_span *span = which ? &column->column_index : &column->offset_index;
    cr_assert(vonk_pq_file_has(&file, span));
    memset((char *)bytes.data + span->offset, with, (size_t)span->length);
    vonk_pq_file_close(&file);
    const char *to = pq_temp(t, "spoilt.parquet");
    pq_spit(to, bytes.data, bytes.length);
    return to;
}

Test(parquet_pages, reads_all_pages_where_an_index_is_broken)
{
    static const char with[] = {0, 0x19, 0x7f, (char)0xff};
    for (size_t w = 0; w < VONK_LENGTH(with); w++)
        for (int which = 0; which < 2; which++) {
            pq_test t = {0};
            const char *path = spoilt(&t, pq_golden(&t, files[0]), which, with[w]);
            pq_infer(&t, path);
            cr_assert_eq(expect_same(&t, path, id_is(&t, "=", 700), "spoilt"), 0u);
            cr_assert_eq(t.metrics.rows_read, 160u);
            (void)remove(path);
            vonk_arena_free(&t.arena);
        }
}
