/*
 * reader.c - batches from a split of a CSV file.
 *
 * Two passes over some hundred records, while they are in the caches: the tokenizer notes where the
 * wanted fields are, column by column; then each column is converted in one loop. What a record is
 * missing or has too much is looked at only if all columns are wanted or the column for corrupt
 * records is, as in Spark (spark.sql.csv.parser.columnPruning.enabled).
 */
#include <stdlib.h>
#include <string.h>

#include "column/gather.h"
#include "format/csv/convert.h"
#include "format/csv/csv.h"
#include "format/csv/records.h"
#include "format/text/convert.h"

typedef struct wanted {
    vonk_type type;
    int32_t slot; /* where its fields are; -1: the column for corrupt records */
} wanted;

#define CUT_ROWS 500 /* at a time; columns of fields as far apart do not share cache sets */

struct vonk_reader {
    vonk_arena arena; /* of the reader */
    vonk_arena batch;
    vonk_csv_options options;
    vonk_csv_records records;
    uint32_t n_columns;
    wanted *columns;
    uint32_t n_tokens; /* that a record should have, if count_tokens */
    bool count_tokens, wants_corrupt;
    uint32_t batch_rows;
    vonk_builder *builders; /* of the batch, a column each */
    uint8_t *bad;           /* a byte a row */
    vonk_slice *texts;      /* of the records, if a bad one's may be wanted */
    uint64_t start;
    uint64_t n_rows_read;
};

static bool is_corrupt_column(const vonk_reader *r, const vonk_field *field)
{
    return field->type.id == VONK_STRING && !strcmp(field->name, r->options.corrupt_column);
}

/* Where the columns' fields are among a record's tokens. */
static vonk_status plan_columns(vonk_reader *r, const vonk_scan_request *q, vonk_error *err)
{
    const vonk_schema *schema = q->schema;
    uint32_t n_data = 0, n_slots = 0, n_wanted_data = 0;
    int32_t *slots = VONK_NEW_ARRAY(&r->arena, int32_t, schema->n_fields + 1, err);
    uint32_t *tokens = VONK_NEW_ARRAY(&r->arena, uint32_t, schema->n_fields + 1, err);
    r->columns = VONK_NEW_ARRAY(&r->arena, wanted, q->n_columns + 1, err);
    if (!slots || !tokens || !r->columns)
        return VONK_NO_MEMORY;
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        slots[i] = -1;
        tokens[i] = is_corrupt_column(r, &schema->fields[i]) ? UINT32_MAX : n_data++;
    }
    for (uint32_t i = 0; i < q->n_columns; i++) {
        const vonk_field *field = &schema->fields[q->columns[i]];
        uint32_t token = tokens[q->columns[i]];
        if (!vonk_text_has_type(field->type))
            return vonk_fail_sql(err, "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE",
                                 "CSV cannot hold column %s of type %s", field->name,
                                 vonk_type_sql_name(field->type));
        r->columns[i] = (wanted){field->type, -1};
        if (token == UINT32_MAX) {
            r->wants_corrupt = true;
            continue;
        }
        if (slots[token] < 0)
            slots[token] = (int32_t)n_wanted_data++;
        r->columns[i].slot = slots[token];
        n_slots = token + 1 > n_slots ? token + 1 : n_slots;
    }
    r->n_columns = q->n_columns;
    r->n_tokens = n_data;
    r->count_tokens = r->wants_corrupt || (n_wanted_data == n_data && n_data);
    r->records.tokens.slots = slots;
    r->records.tokens.n_slots = n_slots;
    r->records.tokens.count_tokens = r->count_tokens;
    r->records.tokens.stride = CUT_ROWS;
    /* Not zeroed: every record sets its row. */
    size_t bytes = (size_t)n_wanted_data * CUT_ROWS * sizeof(vonk_csv_field);
    r->records.tokens.fields = vonk_arena_alloc(&r->arena, bytes, err);
    return r->records.tokens.fields ? VONK_OK : VONK_NO_MEMORY;
}

static vonk_status start_reading(vonk_reader *r, const vonk_scan_request *q, vonk_error *err)
{
    uint32_t n;
    VONK_TRY(vonk_csv_options_read(&q->options, q->settings, false, &r->arena, &r->options, err));
    const char *path = vonk_arena_strndup(&r->arena, q->path, strlen(q->path), err);
    VONK_TRY_ALLOC(path);
    VONK_TRY(
        vonk_csv_records_open(&r->records, path, q->start, q->length, &r->options, q->budget, err));
    r->records.tokens.arena = &r->batch;
    if (r->options.header && !q->start)
        VONK_TRY(vonk_csv_records_next(&r->records, 1, &n, err));
    VONK_TRY(plan_columns(r, q, err));
    r->bad = vonk_arena_zalloc(&r->arena, r->batch_rows, err);
    VONK_TRY_ALLOC(r->bad);
    if (r->wants_corrupt || r->options.mode != VONK_PERMISSIVE) {
        r->texts = VONK_NEW_ARRAY(&r->arena, vonk_slice, r->batch_rows, err);
        VONK_TRY_ALLOC(r->texts);
    }
    if (r->count_tokens) {
        r->records.tokens.row_tokens = VONK_NEW_ARRAY(&r->arena, uint32_t, CUT_ROWS, err);
        VONK_TRY_ALLOC(r->records.tokens.row_tokens);
    }
    return VONK_OK;
}

static void csv_close(vonk_reader *r)
{
    if (!r)
        return;
    vonk_csv_records_close(&r->records);
    vonk_arena_free(&r->batch);
    vonk_arena_free(&r->arena);
    free(r);
}

static vonk_status csv_open(const vonk_scan_request *q, vonk_reader **ret, vonk_error *err)
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
        csv_close(r);
        return status;
    }
    *ret = r;
    return VONK_OK;
}

static vonk_status corrupt_records(vonk_reader *r, uint32_t n, vonk_column *ret, vonk_error *err)
{
    vonk_builder b;
    VONK_TRY(vonk_builder_new(&r->batch, VONK_TYPE(STRING), n, &b, err));
    for (uint32_t row = 0; row < n; row++) {
        const vonk_slice *text = &r->texts[row];
        b.valid[row] = r->bad[row];
        if (r->bad[row])
            ((vonk_string *)b.values)[row] = vonk_string_of(text->data, (uint32_t)text->length);
    }
    return vonk_builder_finish(&r->batch, &b, n, ret, err);
}

static vonk_status start_columns(vonk_reader *r, vonk_error *err)
{
    r->builders = VONK_NEW_ARRAY(&r->batch, vonk_builder, r->n_columns, err);
    VONK_TRY_ALLOC(r->builders);
    for (uint32_t i = 0; i < r->n_columns; i++) {
        if (r->columns[i].slot >= 0)
            VONK_TRY(vonk_builder_new(&r->batch, r->columns[i].type, r->batch_rows, &r->builders[i],
                                      err));
    }
    return VONK_OK;
}

/* Cuts and converts some records: rows `first` and on of the batch. */
static vonk_status add_rows(vonk_reader *r, uint32_t first, uint32_t *ret_n, vonk_error *err)
{
    vonk_csv_tokenizer *t = &r->records.tokens;
    uint32_t left = r->batch_rows - first, most = left < CUT_ROWS ? left : CUT_ROWS;
    t->row_texts = r->texts ? r->texts + first : NULL;
    if (first)
        VONK_TRY(vonk_csv_records_more(&r->records, most, ret_n, err));
    else
        VONK_TRY(vonk_csv_records_next(&r->records, most, ret_n, err));
    for (uint32_t i = 0; i < *ret_n; i++)
        r->bad[first + i] = r->count_tokens && t->row_tokens[i] != r->n_tokens;
    for (uint32_t i = 0; i < r->n_columns; i++) {
        int32_t slot = r->columns[i].slot;
        if (slot >= 0)
            vonk_csv_convert(&r->options, t->fields + (size_t)slot * t->stride, first, *ret_n,
                             &r->builders[i], r->bad);
    }
    return VONK_OK;
}

static vonk_status finish_columns(vonk_reader *r, uint32_t n, vonk_column *columns, vonk_error *err)
{
    for (uint32_t i = 0; i < r->n_columns; i++) {
        if (r->columns[i].slot < 0)
            VONK_TRY(corrupt_records(r, n, &columns[i], err));
        else
            VONK_TRY(vonk_builder_finish(&r->batch, &r->builders[i], n, &columns[i], err));
    }
    return VONK_OK;
}

/* Leaves out the bad rows of a batch. */
static vonk_status drop_bad(vonk_reader *r, vonk_batch *batch, vonk_error *err)
{
    uint32_t *rows = vonk_arena_alloc(&r->batch, batch->n_rows * sizeof(uint32_t) + 1, err);
    VONK_TRY_ALLOC(rows);
    uint32_t n = 0;
    for (uint32_t row = 0; row < batch->n_rows; row++) {
        rows[n] = row;
        n += !r->bad[row];
    }
    if (n == batch->n_rows)
        return VONK_OK;
    for (uint32_t i = 0; i < batch->n_columns; i++) {
        vonk_column all = batch->columns[i];
        VONK_TRY(vonk_column_gather(&r->batch, &all, rows, n, false, &batch->columns[i], err));
    }
    batch->n_rows = n;
    return VONK_OK;
}

static vonk_status apply_mode(vonk_reader *r, vonk_batch *batch, vonk_error *err)
{
    if (r->options.mode == VONK_PERMISSIVE)
        return VONK_OK;
    const uint8_t *first = memchr(r->bad, 1, batch->n_rows);
    if (!first)
        return VONK_OK;
    if (r->options.mode == VONK_DROPMALFORMED)
        return drop_bad(r, batch, err);
    return vonk_malformed(err, r->records.input.path, r->texts[first - r->bad], NULL);
}

static vonk_status csv_next(vonk_reader *r, vonk_batch *ret, bool *ret_done, vonk_error *err)
{
    uint32_t n = 0, added;
    *ret_done = r->records.done;
    if (r->records.done)
        return VONK_OK;
    vonk_arena_reset(&r->batch);
    VONK_TRY(start_columns(r, err));
    do {
        VONK_TRY(add_rows(r, n, &added, err));
        n += added;
    } while (added && n < r->batch_rows);
    *ret_done = !n;
    if (!n)
        return VONK_OK;
    vonk_column *columns = VONK_NEW_ARRAY(&r->batch, vonk_column, r->n_columns, err);
    VONK_TRY_ALLOC(columns);
    vonk_batch batch = {n, r->n_columns, columns};
    r->n_rows_read += n;
    VONK_TRY(finish_columns(r, n, columns, err));
    VONK_TRY(apply_mode(r, &batch, err));
    *ret = batch;
    return VONK_OK;
}

static void csv_metrics(const vonk_reader *r, vonk_scan_metrics *ret)
{
    const vonk_text_input *in = &r->records.input;
    uint64_t at = in->data ? vonk_text_offset(in, r->records.p) : r->start;
    *ret = (vonk_scan_metrics){.bytes_read = at > r->start ? at - r->start : 0,
                               .rows_read = r->n_rows_read};
}

const vonk_format vonk_csv_format = {
    .name = "csv",
    .extension = "csv",
    .splittable = true,
    .infer = vonk_csv_infer,
    .open = csv_open,
    .next = csv_next,
    .metrics = csv_metrics,
    .close = csv_close,
    .create = vonk_csv_create,
    .write = vonk_csv_write,
    .finish = vonk_csv_finish,
    .abort = vonk_csv_abort,
};
