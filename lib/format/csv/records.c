/* records.c - moves a tokenizer over the windows of an input. */
#include "format/csv/records.h"

vonk_status vonk_csv_records_open(vonk_csv_records *r, const char *path, uint64_t start,
                                  uint64_t length, const vonk_csv_options *options,
                                  vonk_budget *budget, vonk_error *err)
{
    *r = (vonk_csv_records){.options = options};
    r->one_split = options->multi_line || vonk_text_is_packed(path);
    r->end = r->one_split || length > UINT64_MAX - start ? UINT64_MAX : start + length;
    if (r->one_split && start) {
        r->done = true;
        return VONK_OK;
    }
    VONK_TRY(vonk_text_open(path, start ? start - 1 : 0, budget, &r->input, err));
    VONK_TRY(vonk_text_to_first_line(&r->input, start, err));
    r->end = vonk_text_split_end(&r->input, start, r->end);
    r->p = r->limit = r->input.data + r->input.begin;
    r->tokens.options = options;
    r->plain = vonk_csv_plain_options(options);
    return VONK_OK;
}

void vonk_csv_records_close(vonk_csv_records *r)
{
    vonk_buffer_free(&r->tokens.scratch);
    if (r->input.file)
        vonk_text_close(&r->input);
}

static vonk_status failed(const vonk_csv_records *r, vonk_csv_result result, vonk_error *err)
{
    unsigned long long at = (unsigned long long)vonk_text_offset(&r->input, r->p);
    if (result == VONK_CSV_TOO_MANY)
        return vonk_fail_sql(err, "MALFORMED_CSV_RECORD",
                             "%s: the record at byte %llu has more fields than maxColumns, %u",
                             r->input.path, at, r->options->max_columns);
    if (result == VONK_CSV_TOO_LONG)
        return vonk_fail_sql(err, "MALFORMED_CSV_RECORD",
                             "%s: the record at byte %llu has a field of more than "
                             "maxCharsPerColumn, %lld",
                             r->input.path, at, (long long)r->options->max_chars);
    return vonk_fail(err, VONK_NO_MEMORY, "out of memory reading %s", r->input.path);
}

/* The input's window begins at the next record. */
static void give_back(vonk_csv_records *r)
{
    size_t at = (size_t)(r->p - r->input.data);
    r->input.begin = at < r->input.end ? at : r->input.end;
}

/* ---- by line ---- */

#define FEW_LINES 8 /* so few are as fast one by one */

static const char *split_end(const vonk_csv_records *r)
{
    uint64_t base = r->input.base, window = (uint64_t)(r->limit - r->input.data);
    if (r->end <= base)
        return r->input.data;
    return r->end - base < window ? r->input.data + (r->end - base) : r->limit;
}

/* The record at *p as row *n, which counts it unless the line is blank or a comment. */
static vonk_status one_line(vonk_csv_records *r, const char **p, uint32_t *n, vonk_error *err)
{
    vonk_csv_tokenizer *t = &r->tokens;
    const char *start = r->p = *p;
    if ((unsigned char)*start <= ' ' || (unsigned char)*start == r->options->comment) {
        if (vonk_csv_skips_line(r->options, start, r->limit, p)) {
            vonk_scan_seek(&t->scan, *p);
            return VONK_OK;
        }
    }
    vonk_csv_result result = vonk_csv_line(t, p, *n);
    if (result != VONK_CSV_ROW)
        return failed(r, result, err);
    if (t->row_texts)
        t->row_texts[*n] = (vonk_slice){start, (size_t)(*p - 1 - start)};
    if (t->row_tokens)
        t->row_tokens[*n] = t->n_tokens;
    ++*n;
    return VONK_OK;
}

static vonk_status lines(vonk_csv_records *r, uint32_t most, uint32_t *ret_n, vonk_error *err)
{
    const char *end = split_end(r), *p = r->p;
    uint32_t n = 0;
    while (n < most && p < end) {
        if (r->plain && !r->n_odd && most - n >= FEW_LINES) {
            uint32_t taken = vonk_csv_plain_lines(&r->tokens, &r->index, &p, end, n, most - n);
            n += taken;
            if (n < most && p < end)
                r->n_odd = taken < FEW_LINES ? 4 * FEW_LINES : 1;
            continue;
        }
        vonk_csv_start(&r->tokens, p);
        for (uint32_t odd = r->n_odd ? r->n_odd : most; odd && n < most && p < end; odd--)
            VONK_TRY(one_line(r, &p, &n, err));
        r->n_odd = 0;
    }
    r->p = p;
    r->done = p >= end && end < r->limit;
    *ret_n = n;
    return VONK_OK;
}

static vonk_status next_lines(vonk_csv_records *r, uint32_t most, uint32_t *ret_n, vonk_error *err)
{
    *ret_n = 0;
    while (!r->done && !*ret_n) {
        if (r->p >= r->limit) {
            give_back(r);
            VONK_TRY(vonk_text_lines(&r->input, &r->limit, err));
            r->p = r->input.data + r->input.begin;
            r->done = r->p >= r->limit;
            vonk_csv_index_reset(&r->index, r->limit);
        }
        if (!r->done)
            VONK_TRY(lines(r, most, ret_n, err));
    }
    return VONK_OK;
}

/* ---- multi-line ---- */

/* The first line end in the text decides what line ends are, as Univocity does. */
static vonk_status detect_line_end(vonk_csv_records *r, vonk_error *err)
{
    vonk_text_input *in = &r->input;
    for (;;) {
        const char *p = in->data + in->begin, *end = in->data + in->end;
        while (p < end && *p != '\n' && *p != '\r')
            p++;
        if (p + 1 < end || in->at_end) {
            bool cr = p < end && *p == '\r';
            r->tokens.line_end = !cr                           ? VONK_CSV_LF
                                 : p + 1 < end && p[1] == '\n' ? VONK_CSV_CRLF
                                                               : VONK_CSV_CR;
            r->p = in->data + in->begin;
            r->knows_line_end = true;
            return VONK_OK;
        }
        VONK_TRY(vonk_text_fill(in, err));
    }
}

/* Behind the empty lines and comments at `p`. */
static const char *skip_lines(const vonk_csv_records *r, const char *p, const char *end)
{
    int comment = r->options->comment;
    char last = r->tokens.line_end == VONK_CSV_CR ? '\r' : '\n';
    for (;;) {
        if (p < end && *p == last)
            p++;
        else if (p + 1 < end && *p == '\r' && p[1] == '\n' && r->tokens.line_end == VONK_CSV_CRLF)
            p += 2;
        else if (p < end && (unsigned char)*p == comment)
            while (p < end && *p != last)
                p++;
        else
            return p;
    }
}

static vonk_status records(vonk_csv_records *r, uint32_t most, uint32_t *ret_n, vonk_error *err)
{
    const vonk_text_input *in = &r->input;
    const char *end = in->data + in->end;
    uint32_t n = 0;
    vonk_csv_start(&r->tokens, r->p);
    while (n < most) {
        const char *start = skip_lines(r, r->p, end), *p = start;
        if (start >= end) {
            r->p = start;
            break;
        }
        vonk_scan_seek(&r->tokens.scan, start);
        vonk_csv_result result = vonk_csv_record(&r->tokens, &p, end, in->at_end, n);
        if (result == VONK_CSV_INCOMPLETE)
            break;
        if (result != VONK_CSV_ROW)
            return failed(r, result, err);
        r->p = p < end ? p : end;
        if (r->tokens.row_texts) {
            while (p > start && (p > end || p[-1] == '\n' || p[-1] == '\r'))
                p--;
            r->tokens.row_texts[n] = (vonk_slice){start, (size_t)(p - start)};
        }
        if (r->tokens.row_tokens)
            r->tokens.row_tokens[n] = r->tokens.n_tokens;
        n++;
    }
    *ret_n = n;
    return VONK_OK;
}

static vonk_status next_records(vonk_csv_records *r, uint32_t most, uint32_t *ret_n,
                                vonk_error *err)
{
    *ret_n = 0;
    while (!r->done) {
        VONK_TRY(records(r, most, ret_n, err));
        if (*ret_n)
            return VONK_OK;
        give_back(r);
        r->done = r->input.at_end;
        VONK_TRY(vonk_text_fill(&r->input, err));
        r->p = r->input.data + r->input.begin;
    }
    return VONK_OK;
}

vonk_status vonk_csv_records_next(vonk_csv_records *r, uint32_t most, uint32_t *ret_n,
                                  vonk_error *err)
{
    if (!r->options->multi_line)
        return next_lines(r, most, ret_n, err);
    if (!r->done && !r->knows_line_end)
        VONK_TRY(detect_line_end(r, err));
    return next_records(r, most, ret_n, err);
}

vonk_status vonk_csv_records_more(vonk_csv_records *r, uint32_t most, uint32_t *ret_n,
                                  vonk_error *err)
{
    *ret_n = 0;
    if (r->done)
        return VONK_OK;
    if (r->options->multi_line)
        return records(r, most, ret_n, err);
    return r->p < r->limit ? lines(r, most, ret_n, err) : VONK_OK;
}
