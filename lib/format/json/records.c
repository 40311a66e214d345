/* records.c - lines, or the one document of a multi-line file, to objects. */
#include "format/json/records.h"

#include <string.h>

vonk_status vonk_json_records_open(vonk_json_records *r, const char *path, uint64_t start,
                                   uint64_t length, bool multi_line, vonk_budget *budget,
                                   vonk_error *err)
{
    *r = (vonk_json_records){.multi_line = multi_line};
    bool one_split = multi_line || vonk_text_is_packed(path);
    r->end = one_split || length > UINT64_MAX - start ? UINT64_MAX : start + length;
    r->done = one_split && start;
    if (r->done)
        return VONK_OK;
    VONK_TRY(vonk_text_open(path, start ? start - 1 : 0, budget, &r->input, err));
    VONK_TRY(vonk_text_to_first_line(&r->input, start, err));
    r->end = vonk_text_split_end(&r->input, start, r->end);
    r->p = r->input.data + r->input.begin;
    r->limit = r->p;
    return VONK_OK;
}

void vonk_json_records_close(vonk_json_records *r)
{
    if (r->input.file)
        vonk_text_close(&r->input);
}

vonk_status vonk_json_records_fill(vonk_json_records *r, vonk_error *err)
{
    vonk_text_input *in = &r->input;
    size_t at = (size_t)(r->p - in->data);
    in->begin = at < in->end ? at : in->end;
    if (r->multi_line) {
        while (!in->at_end)
            VONK_TRY(vonk_text_fill(in, err));
        r->limit = in->data + in->end;
        r->p = in->data + in->begin;
        r->done = r->p == r->limit;
        return VONK_OK;
    }
    VONK_TRY(vonk_text_lines(in, &r->limit, err));
    r->p = in->data + in->begin;
    r->done = r->p >= r->limit || vonk_text_offset(in, r->p) >= r->end;
    return VONK_OK;
}

/* Takes the next line; false if the window or the split ends. */
static bool next_line(vonk_json_records *r)
{
    const vonk_text_input *in = &r->input;
    if (r->p >= r->limit)
        return false;
    if (vonk_text_offset(in, r->p) >= r->end) {
        r->done = true;
        return false;
    }
    char *lf = memchr(r->p, '\n', (size_t)(in->data + in->end - r->p) + 1);
    char *cr = memchr(r->p, '\r', (size_t)(lf - r->p)), *stop = cr ? cr : lf;
    r->text = (vonk_slice){r->p, (size_t)(stop - r->p)};
    r->p = stop + 1;
    return true;
}

static bool next_document(vonk_json_records *r)
{
    if (!r->multi_line)
        return next_line(r);
    if (r->p >= r->limit)
        return false;
    r->text = (vonk_slice){r->p, (size_t)(r->limit - r->p)};
    r->p += r->text.length;
    return true;
}

vonk_json_record vonk_json_records_next(vonk_json_records *r, const char **ret_p)
{
    for (;;) {
        if (r->started) {
            if (vonk_json_next_row(&r->rows, ret_p) == VONK_JSON_ROW)
                return VONK_JSON_OBJECT;
            r->started = false;
        }
        if (r->done)
            return VONK_JSON_DONE;
        if (!next_document(r))
            return r->done ? VONK_JSON_DONE : VONK_JSON_REFILL;
        const char *p = r->text.data, *end = p + r->text.length;
        while (p < end && (unsigned char)*p <= ' ')
            p++;
        if (p == end)
            continue; /* a blank line */
        r->started = vonk_json_begin(&r->rows, p, end) == VONK_JSON_ROW;
        if (!r->started)
            return VONK_JSON_CORRUPT;
    }
}
