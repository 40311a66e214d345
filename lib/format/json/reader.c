/*
 * reader.c - batches from a split of a JSON file.
 *
 * Two passes over a batch's objects: the scanner notes the wanted members' tokens, column by
 * column; then each column is converted in one loop. An object that is not valid JSON is null
 * throughout; a member that is no value of its column's type is null alone.
 */
#include <stdlib.h>
#include <string.h>

#include "column/gather.h"
#include "format/json/convert.h"
#include "format/json/json.h"
#include "format/json/records.h"
#include "format/text/builder.h"
#include "format/text/convert.h"

typedef struct wanted {
    vonk_slice name;
    vonk_type type;
    bool is_corrupt; /* the column for corrupt records */
} wanted;

struct vonk_reader {
    vonk_arena arena; /* of the reader */
    vonk_arena batch;
    vonk_json_options options;
    vonk_json_records records;
    uint32_t n_columns;
    wanted *columns;
    uint32_t batch_rows;
    vonk_json_token *tokens; /* of column i: tokens[i * batch_rows + row] */
    vonk_slice *texts;       /* by row: the document; NULL if nobody wants it */
    uint8_t *bad;            /* a byte a row */
    uint64_t start, n_rows_read;
};

static vonk_status plan_columns(vonk_reader *r, const vonk_scan_request *q, vonk_error *err)
{
    r->columns = VONK_NEW_ARRAY(&r->arena, wanted, q->n_columns + 1, err);
    VONK_TRY_ALLOC(r->columns);
    for (uint32_t i = 0; i < q->n_columns; i++) {
        const vonk_field *f = &q->schema->fields[q->columns[i]];
        if (!vonk_text_has_type(f->type))
            return vonk_fail_sql(err, "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE",
                                 "JSON cannot be read into column %s of type %s yet: declare it as "
                                 "STRING to get its JSON text",
                                 f->name, vonk_type_sql_name(f->type));
        char *name = vonk_arena_strndup(&r->arena, f->name, strlen(f->name), err);
        VONK_TRY_ALLOC(name);
        bool corrupt = f->type.id == VONK_STRING && !strcmp(name, r->options.corrupt_column);
        r->columns[i] = (wanted){vonk_slice_of(name), f->type, corrupt};
    }
    r->n_columns = q->n_columns;
    r->tokens =
        VONK_NEW_ARRAY(&r->arena, vonk_json_token, (size_t)(q->n_columns + 1) * r->batch_rows, err);
    r->texts = VONK_NEW_ARRAY(&r->arena, vonk_slice, r->batch_rows, err);
    r->bad = vonk_arena_zalloc(&r->arena, r->batch_rows, err);
    return r->tokens && r->texts && r->bad ? VONK_OK : VONK_NO_MEMORY;
}

static vonk_status start_reading(vonk_reader *r, const vonk_scan_request *q, vonk_error *err)
{
    VONK_TRY(vonk_json_options_read(&q->options, q->settings, false, &r->arena, &r->options, err));
    VONK_TRY(plan_columns(r, q, err));
    const char *path = vonk_arena_strndup(&r->arena, q->path, strlen(q->path), err);
    VONK_TRY_ALLOC(path);
    return vonk_json_records_open(&r->records, path, q->start, q->length, r->options.multi_line,
                                  q->budget, err);
}

static void json_close(vonk_reader *r)
{
    if (!r)
        return;
    vonk_json_records_close(&r->records);
    vonk_arena_free(&r->batch);
    vonk_arena_free(&r->arena);
    free(r);
}

static vonk_status json_open(const vonk_scan_request *q, vonk_reader **ret, vonk_error *err)
{
    vonk_reader *r = calloc(1, sizeof(*r));
    if (!r)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory opening %s", q->path);
    r->arena.budget = q->budget;
    r->batch.budget = q->budget;
    r->batch_rows = vonk_builder_rows(q->batch_rows, q->n_columns, q->budget);
    r->start = q->start;
    vonk_status status = start_reading(r, q, err);
    if (status != VONK_OK) {
        json_close(r);
        return status;
    }
    *ret = r;
    return VONK_OK;
}

/* The column called `key`, tried first at `hint`; n_columns if it is not wanted. */
static uint32_t find_column(const vonk_reader *r, vonk_slice key, uint32_t hint)
{
    for (uint32_t k = 0; k < r->n_columns; k++) {
        uint32_t i = hint + k < r->n_columns ? hint + k : hint + k - r->n_columns;
        if (vonk_slice_equal(r->columns[i].name, key) && !r->columns[i].is_corrupt)
            return i;
    }
    return r->n_columns;
}

/* Reads the members of the object at *p into row `row`; BAD: not valid. */
static vonk_status read_object(vonk_reader *r, const char **p, uint32_t row, bool *ret_valid,
                               vonk_error *err)
{
    const char *end = r->records.text.data + r->records.text.length;
    uint32_t hint = 0;
    for (bool first = true;; first = false) {
        vonk_json_token key, value;
        vonk_slice name;
        vonk_json_step step = vonk_json_member(p, end, first, &key, &value);
        *ret_valid = step != VONK_JSON_BAD;
        if (step != VONK_JSON_ROW)
            return VONK_OK;
        VONK_TRY(vonk_json_token_text(&key, &r->batch, &name, err));
        uint32_t i = r->n_columns ? find_column(r, name, hint) : 0;
        if (i >= r->n_columns)
            continue;
        r->tokens[(size_t)i * r->batch_rows + row] = value;
        hint = i + 1 < r->n_columns ? i + 1 : 0;
    }
}

static void clear_row(vonk_reader *r, uint32_t row)
{
    for (uint32_t i = 0; i < r->n_columns; i++)
        r->tokens[(size_t)i * r->batch_rows + row] = (vonk_json_token){0};
}

/* Scans one object (or a corrupt record) into row `row`. */
static vonk_status scan_row(vonk_reader *r, vonk_json_record what, const char *p, uint32_t row,
                            vonk_error *err)
{
    bool valid = what == VONK_JSON_OBJECT;
    clear_row(r, row);
    if (valid)
        VONK_TRY(read_object(r, &p, row, &valid, err));
    if (valid)
        vonk_json_row_ended(&r->records.rows, p);
    else
        clear_row(r, row);
    r->bad[row] = !valid;
    r->texts[row] = r->records.text;
    return VONK_OK;
}

/* Scans rows until the batch is full or the window ends with at least one row; 0 rows: done. */
static vonk_status scan_rows(vonk_reader *r, uint32_t *ret_n, vonk_error *err)
{
    uint32_t n = 0;
    while (n < r->batch_rows) {
        const char *p = NULL;
        vonk_json_record what = vonk_json_records_next(&r->records, &p);
        if (what == VONK_JSON_DONE || (what == VONK_JSON_REFILL && n))
            break;
        if (what == VONK_JSON_REFILL) {
            VONK_TRY(vonk_json_records_fill(&r->records, err));
            continue;
        }
        VONK_TRY(scan_row(r, what, p, n, err));
        n++;
    }
    *ret_n = n;
    return VONK_OK;
}

static vonk_status corrupt_records(vonk_reader *r, uint32_t n, vonk_column *ret, vonk_error *err)
{
    vonk_builder b;
    VONK_TRY(vonk_builder_new(&r->batch, VONK_TYPE(STRING), n, &b, err));
    for (uint32_t row = 0; row < n; row++) {
        b.valid[row] = r->bad[row];
        if (r->bad[row])
            ((vonk_string *)b.values)[row] =
                vonk_string_of(r->texts[row].data, (uint32_t)r->texts[row].length);
    }
    return vonk_builder_finish(&r->batch, &b, n, ret, err);
}

static vonk_status convert_columns(vonk_reader *r, uint32_t n, vonk_column *columns,
                                   vonk_error *err)
{
    for (uint32_t i = 0; i < r->n_columns; i++) {
        vonk_builder b;
        if (r->columns[i].is_corrupt)
            continue;
        VONK_TRY(vonk_builder_new(&r->batch, r->columns[i].type, n, &b, err));
        const vonk_json_token *tokens = r->tokens + (size_t)i * r->batch_rows;
        VONK_TRY(vonk_json_convert(&r->options, tokens, n, &r->batch, &b, r->bad, err));
        VONK_TRY(vonk_builder_finish(&r->batch, &b, n, &columns[i], err));
    }
    for (uint32_t i = 0; i < r->n_columns; i++) {
        if (r->columns[i].is_corrupt)
            VONK_TRY(corrupt_records(r, n, &columns[i], err));
    }
    return VONK_OK;
}

static vonk_status drop_bad(vonk_reader *r, vonk_batch *batch, vonk_error *err)
{
    uint32_t *rows = vonk_arena_alloc(&r->batch, batch->n_rows * sizeof(uint32_t) + 1, err);
    VONK_TRY_ALLOC(rows);
    uint32_t n = 0;
    for (uint32_t row = 0; row < batch->n_rows; row++) {
        rows[n] = row;
        n += !r->bad[row];
    }
    for (uint32_t i = 0; i < batch->n_columns && n < batch->n_rows; i++) {
        vonk_column all = batch->columns[i];
        VONK_TRY(vonk_column_gather(&r->batch, &all, rows, n, false, &batch->columns[i], err));
    }
    batch->n_rows = n;
    return VONK_OK;
}

static vonk_status apply_mode(vonk_reader *r, vonk_batch *batch, vonk_error *err)
{
    const uint8_t *first = memchr(r->bad, 1, batch->n_rows);
    if (r->options.mode == VONK_PERMISSIVE || !first)
        return VONK_OK;
    if (r->options.mode == VONK_DROPMALFORMED)
        return drop_bad(r, batch, err);
    return vonk_malformed(err, r->records.input.path, r->texts[first - r->bad], NULL);
}

static vonk_status json_next(vonk_reader *r, vonk_batch *ret, bool *ret_done, vonk_error *err)
{
    uint32_t n = 0;
    vonk_arena_reset(&r->batch);
    VONK_TRY(scan_rows(r, &n, err));
    *ret_done = !n;
    if (!n)
        return VONK_OK;
    vonk_column *columns = VONK_NEW_ARRAY(&r->batch, vonk_column, r->n_columns, err);
    VONK_TRY_ALLOC(columns);
    vonk_batch batch = {n, r->n_columns, columns};
    r->n_rows_read += n;
    VONK_TRY(convert_columns(r, n, columns, err));
    VONK_TRY(apply_mode(r, &batch, err));
    *ret = batch;
    return VONK_OK;
}

static void json_metrics(const vonk_reader *r, vonk_scan_metrics *ret)
{
    const vonk_text_input *in = &r->records.input;
    uint64_t at = in->data ? vonk_text_offset(in, r->records.p) : r->start;
    *ret = (vonk_scan_metrics){.bytes_read = at > r->start ? at - r->start : 0,
                               .rows_read = r->n_rows_read};
}

const vonk_format vonk_json_format = {
    .name = "json",
    .extension = "json",
    .splittable = true,
    .infer = vonk_json_infer,
    .open = json_open,
    .next = json_next,
    .metrics = json_metrics,
    .close = json_close,
    .create = vonk_json_create,
    .write = vonk_json_write,
    .finish = vonk_json_finish,
    .abort = vonk_json_abort,
};
