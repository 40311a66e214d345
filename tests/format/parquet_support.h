/*
 * parquet_support.h - for the Parquet tests: golden files, scans with any settings, and the text of
 * rows as tests/golden/parquet/make.py writes it.
 */
#ifndef VONK_TESTS_PARQUET_SUPPORT_H
#define VONK_TESTS_PARQUET_SUPPORT_H

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/parquet/parquet.h"

typedef struct pq_test {
    vonk_arena arena;
    vonk_error err;
    vonk_schema schema;
    const vonk_column_stats *stats;
    uint32_t n_columns;
    uint32_t columns[64];
    vonk_scan_metrics metrics;
} pq_test;

static const vonk_eval_settings pq_settings = {.ansi = true, .time_zone = "Etc/UTC"};

#define PQ_OK(t, call)                                                                             \
    do {                                                                                           \
        vonk_status pq_status_ = (call);                                                           \
        cr_assert_eq(pq_status_, VONK_OK, "%s: %s", vonk_status_name(pq_status_),                  \
                     (t)->err.message);                                                            \
    } while (0)

static inline const char *pq_golden(pq_test *t, const char *name)
{
    const char *here = __FILE__, *end = strstr(here, "tests/format/");
    return vonk_arena_printf(&t->arena, NULL, "%.*stests/golden/parquet/%s", (int)(end - here),
                             here, name);
}

static inline vonk_slice pq_slurp(pq_test *t, const char *path)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    (void)fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *data = vonk_arena_small(&t->arena, (size_t)size + 1, NULL);
    cr_assert_eq(fread(data, 1, (size_t)size, file), (size_t)size);
    data[size] = '\0';
    (void)fclose(file);
    return (vonk_slice){data, (size_t)size};
}

/* A path for a new file of this process. */
static inline const char *pq_temp(pq_test *t, const char *name)
{
    const char *dir = getenv("TMPDIR");
    return vonk_arena_printf(&t->arena, NULL, "%s/vonk-parquet-%ld-%s", dir ? dir : "/tmp",
                             (long)getpid(), name);
}

static inline void pq_spit(const char *path, const char *data, size_t length)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(data, 1, length, file), length);
    (void)fclose(file);
}

static inline vonk_status pq_facts(pq_test *t, const char *path, vonk_format_facts *ret)
{
    vonk_infer_request request = {.n_paths = 1, .paths = &path, .settings = &pq_settings};
    return vonk_parquet_format.infer(&request, &t->arena, ret, &t->err);
}

/* Takes the file's schema, all columns that are not nested wanted. */
static inline void pq_infer(pq_test *t, const char *path)
{
    vonk_format_facts facts;
    PQ_OK(t, pq_facts(t, path, &facts));
    t->schema = facts.schema;
    t->stats = facts.columns;
    t->n_columns = 0;
    for (uint32_t i = 0; i < t->schema.n_fields; i++)
        if (!t->schema.fields[i].type.children)
            t->columns[t->n_columns++] = i;
}

static inline void pq_print_int128(vonk_int128 value, vonk_buffer *out)
{
    char digits[48];
    int n = 0;
    unsigned __int128 rest = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    do {
        digits[n++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest);
    if (value < 0)
        vonk_buffer_char(out, '-');
    while (n > 0)
        vonk_buffer_char(out, digits[--n]);
}

static inline void pq_print_value(const vonk_column *col, uint32_t row, vonk_buffer *out)
{
    vonk_value value = vonk_column_value(col, row);
    if (value.is_null) {
        vonk_buffer_text(out, "NULL");
        return;
    }
    switch (col->type.id) {
    case VONK_BOOL:
        vonk_buffer_text(out, value.boolean ? "true" : "false");
        break;
    case VONK_DECIMAL:
        pq_print_int128(value.i128, out);
        break;
    case VONK_FLOAT32:
    case VONK_FLOAT64:
        vonk_buffer_printf(out, "%.17g", value.f64);
        break;
    case VONK_STRING:
        vonk_buffer_append(out, value.string.data, value.string.length);
        break;
    case VONK_BINARY:
        for (size_t i = 0; i < value.string.length; i++)
            vonk_buffer_printf(out, "%02x", (unsigned char)value.string.data[i]);
        break;
    default:
        vonk_buffer_printf(out, "%" PRId64, value.i64);
        break;
    }
}

static inline void pq_print_rows(const vonk_batch *batch, vonk_buffer *out)
{
    for (uint32_t row = 0; row < batch->n_rows; row++)
        for (uint32_t c = 0; c < batch->n_columns; c++) {
            cr_assert_eq(batch->columns[c].length, batch->n_rows);
            pq_print_value(&batch->columns[c], row, out);
            vonk_buffer_char(out, c + 1 < batch->n_columns ? '\t' : '\n');
        }
}

static inline vonk_scan_request pq_request(const pq_test *t, const char *path, uint32_t batch_rows)
{
    return (vonk_scan_request){.path = path,
                               .length = UINT64_MAX,
                               .schema = &t->schema,
                               .n_columns = t->n_columns,
                               .columns = t->columns,
                               .settings = &pq_settings,
                               .batch_rows = batch_rows};
}

/* Appends the rows of a scan as text; *ret_rows counts them. */
static inline vonk_status pq_scan(pq_test *t, const vonk_scan_request *request, vonk_buffer *out,
                                  uint64_t *ret_rows)
{
    vonk_reader *reader;
    *ret_rows = 0;
    VONK_TRY(vonk_parquet_format.open(request, &reader, &t->err));
    vonk_status status;
    for (bool done = false; !done;) {
        vonk_batch batch = {0};
        status = vonk_parquet_format.next(reader, &batch, &done, &t->err);
        if (status != VONK_OK)
            break;
        cr_assert_leq(batch.n_rows, request->batch_rows);
        *ret_rows += batch.n_rows;
        if (out)
            pq_print_rows(&batch, out);
    }
    vonk_parquet_format.metrics(reader, &t->metrics);
    vonk_parquet_format.close(reader);
    return status;
}

/* The same rows in make.py's text: numbers of floating point compare by value. */
static inline bool pq_same_cell(const char *got, size_t got_length, const char *want,
                                size_t want_length)
{
    if (got_length == want_length && !memcmp(got, want, got_length))
        return true;
    char a[64], b[64], *end;
    if (got_length > 63 || want_length > 63 || !want_length || !memchr(want, 'p', want_length))
        return false;
    memcpy(a, got, got_length);
    memcpy(b, want, want_length);
    a[got_length] = b[want_length] = '\0';
    double x = strtod(a, NULL), y = strtod(b, &end);
    return !*end && x == y;
}

static inline void pq_assert_rows(const char *got, const char *want, const char *what)
{
    for (int line = 1; *got || *want; line++) {
        size_t g = strcspn(got, "\n"), w = strcspn(want, "\n");
        const char *g_end = got + g, *w_end = want + w;
        for (const char *a = got, *b = want; a <= g_end || b <= w_end;) {
            size_t n = strcspn(a, "\t\n"), m = strcspn(b, "\t\n");
            cr_assert(a <= g_end && b <= w_end && pq_same_cell(a, n, b, m),
                      "%s, row %d:\n  got  %.*s\n  want %.*s", what, line, (int)g, got, (int)w,
                      want);
            a += n + 1;
            b += m + 1;
        }
        got = *g_end ? g_end + 1 : g_end;
        want = *w_end ? w_end + 1 : w_end;
    }
}

static inline vonk_expr *pq_input(pq_test *t, uint32_t i)
{
    const vonk_field *field = &t->schema.fields[t->columns[i]];
    return vonk_expr_input(&t->arena, i, field->name, field->type, true, NULL);
}

static inline vonk_expr *pq_call(pq_test *t, const char *name, vonk_expr *a, vonk_expr *b)
{
    vonk_expr *call = b ? vonk_expr_call2(&t->arena, name, a, b, NULL)
                        : vonk_expr_call1(&t->arena, name, a, NULL);
    call->function = vonk_function_find(name);
    cr_assert_not_null(call->function, "%s", name);
    call->type = VONK_TYPE(BOOL);
    call->nullable = true;
    return call;
}

static inline vonk_expr *pq_number(pq_test *t, vonk_type type, int64_t value)
{
    return vonk_expr_literal(&t->arena, type, (vonk_value){.i64 = value}, NULL);
}

#endif
