/* text.c - lines as rows. */
#include "format/text/text.h"

#include <stdlib.h>
#include <string.h>

#include "format/text/builder.h"
#include "format/text/input.h"
#include "format/text/output.h"

struct vonk_reader {
    vonk_arena arena, batch;
    vonk_text_input input;
    uint64_t start, end; /* lines that begin below `end` are ours */
    bool whole;          /* the file is one row */
    bool done;
    uint32_t n_columns, batch_rows;
    vonk_slice *lines;
    uint64_t n_rows_read;
};

static vonk_status text_infer(const vonk_infer_request *request, vonk_arena *arena,
                              vonk_format_facts *ret, vonk_error *err)
{
    (void)request;
    vonk_field *field = VONK_NEW(arena, vonk_field, err);
    VONK_TRY_ALLOC(field);
    *field = (vonk_field){"value", VONK_TYPE(STRING), true};
    *ret = (vonk_format_facts){.schema = {1, field}, .n_rows = -1};
    return VONK_OK;
}

static vonk_status check_schema(const vonk_schema *schema, vonk_error *err)
{
    if (schema->n_fields != 1)
        return vonk_fail_sql(err, "INVALID_SCHEMA",
                             "text has one column of type STRING, the schema has %u columns",
                             schema->n_fields);
    if (schema->fields[0].type.id != VONK_STRING)
        return vonk_fail_sql(err, "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE",
                             "text cannot hold column %s of type %s", schema->fields[0].name,
                             vonk_type_sql_name(schema->fields[0].type));
    return VONK_OK;
}

static void text_close(vonk_reader *r)
{
    if (!r)
        return;
    if (r->input.file)
        vonk_text_close(&r->input);
    vonk_arena_free(&r->batch);
    vonk_arena_free(&r->arena);
    free(r);
}

static vonk_status start_reading(vonk_reader *r, const vonk_scan_request *q, vonk_error *err)
{
    VONK_TRY(check_schema(q->schema, err));
    VONK_TRY(vonk_option_bool(&q->options, "wholetext", false, &r->whole, err));
    const char *path = vonk_arena_strndup(&r->arena, q->path, strlen(q->path), err);
    VONK_TRY_ALLOC(path);
    r->lines = VONK_NEW_ARRAY(&r->arena, vonk_slice, r->batch_rows, err);
    VONK_TRY_ALLOC(r->lines);
    bool one_split = r->whole || vonk_text_is_packed(path);
    r->end = one_split || q->length > UINT64_MAX - q->start ? UINT64_MAX : q->start + q->length;
    r->done = one_split && q->start;
    if (r->done)
        return VONK_OK;
    VONK_TRY(vonk_text_open(path, q->start ? q->start - 1 : 0, q->budget, &r->input, err));
    VONK_TRY(vonk_text_to_first_line(&r->input, q->start, err));
    r->end = vonk_text_split_end(&r->input, q->start, r->end);
    return VONK_OK;
}

static vonk_status text_open(const vonk_scan_request *q, vonk_reader **ret, vonk_error *err)
{
    vonk_reader *r = calloc(1, sizeof(*r));
    if (!r)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory opening %s", q->path);
    r->arena.budget = q->budget;
    r->batch.budget = q->budget;
    r->start = q->start;
    r->n_columns = q->n_columns;
    r->batch_rows = q->batch_rows ? q->batch_rows : VONK_BATCH_ROWS;
    vonk_status status = start_reading(r, q, err);
    if (status != VONK_OK) {
        text_close(r);
        return status;
    }
    *ret = r;
    return VONK_OK;
}

static vonk_status read_whole(vonk_reader *r, uint32_t *ret_n, vonk_error *err)
{
    vonk_text_input *in = &r->input;
    while (!in->at_end)
        VONK_TRY(vonk_text_fill(in, err));
    r->lines[0] = (vonk_slice){in->data + in->begin, in->end - in->begin};
    in->begin = in->end;
    r->done = true;
    *ret_n = 1;
    return VONK_OK;
}

static vonk_status read_lines(vonk_reader *r, uint32_t *ret_n, vonk_error *err)
{
    vonk_text_input *in = &r->input;
    const char *limit;
    uint32_t n = 0;
    VONK_TRY(vonk_text_lines(in, &limit, err));
    char *p = in->data + in->begin;
    while (n < r->batch_rows && p < limit && vonk_text_offset(in, p) < r->end) {
        char *lf = memchr(p, '\n', (size_t)(in->data + in->end - p) + 1);
        char *cr = memchr(p, '\r', (size_t)(lf - p)), *stop = cr ? cr : lf;
        r->lines[n++] = (vonk_slice){p, (size_t)(stop - p)};
        p = cr && cr + 1 == lf && lf < in->data + in->end ? lf + 1 : stop + 1;
    }
    r->done = !n;
    in->begin = (size_t)(p - in->data) < in->end ? (size_t)(p - in->data) : in->end;
    *ret_n = n;
    return VONK_OK;
}

static vonk_status text_next(vonk_reader *r, vonk_batch *ret, bool *ret_done, vonk_error *err)
{
    uint32_t n = 0;
    vonk_arena_reset(&r->batch);
    if (!r->done)
        VONK_TRY(r->whole ? read_whole(r, &n, err) : read_lines(r, &n, err));
    *ret_done = !n;
    if (!n)
        return VONK_OK;
    vonk_batch batch = {n, r->n_columns, VONK_NEW_ARRAY(&r->batch, vonk_column, r->n_columns, err)};
    VONK_TRY_ALLOC(batch.columns);
    for (uint32_t i = 0; i < r->n_columns; i++) {
        VONK_TRY(vonk_column_new(&r->batch, VONK_TYPE(STRING), n, &batch.columns[i], err));
        vonk_string *values = batch.columns[i].values;
        for (uint32_t row = 0; row < n; row++)
            values[row] = vonk_string_of(r->lines[row].data, (uint32_t)r->lines[row].length);
    }
    r->n_rows_read += n;
    *ret = batch;
    return VONK_OK;
}

static void text_metrics(const vonk_reader *r, vonk_scan_metrics *ret)
{
    uint64_t at = r->input.base + r->input.begin;
    *ret = (vonk_scan_metrics){.bytes_read = at > r->start ? at - r->start : 0,
                               .rows_read = r->n_rows_read};
}

struct vonk_writer {
    vonk_text_output out;
};

static vonk_status text_create(const vonk_writer_request *q, vonk_writer **ret, vonk_error *err)
{
    VONK_TRY(check_schema(q->schema, err));
    vonk_writer *w = calloc(1, sizeof(*w));
    if (!w)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory creating %s", q->path);
    vonk_status status = vonk_text_create(q->path, q->sink, &q->options, &w->out, err);
    if (status == VONK_OK)
        *ret = w;
    else
        free(w);
    return status;
}

static vonk_status text_write(vonk_writer *w, const vonk_batch *batch, vonk_error *err)
{
    const vonk_column *col = &batch->columns[0];
    for (uint32_t row = 0; row < batch->n_rows; row++) {
        if (vonk_column_is_valid(col, row)) {
            const vonk_string *s = (const vonk_string *)col->values + vonk_column_at(col, row);
            vonk_buffer_append(&w->out.text, vonk_string_data(s), s->length);
        }
        vonk_buffer_char(&w->out.text, '\n');
        VONK_TRY(vonk_text_flush(&w->out, err));
    }
    return VONK_OK;
}

static vonk_status text_finish(vonk_writer *w, uint64_t *ret_bytes, vonk_error *err)
{
    vonk_status status = vonk_text_finish(&w->out, ret_bytes, err);
    free(w);
    return status;
}

static void text_abort(vonk_writer *w)
{
    if (w)
        vonk_text_abort(&w->out);
    free(w);
}

const vonk_format vonk_text_format = {
    .name = "text",
    .extension = "txt",
    .splittable = true,
    .infer = text_infer,
    .open = text_open,
    .next = text_next,
    .metrics = text_metrics,
    .close = text_close,
    .create = text_create,
    .write = text_write,
    .finish = text_finish,
    .abort = text_abort,
};
