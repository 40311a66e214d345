/* plain.c - an index of field ends over a piece of text, and columns of fields from it. */
#include "format/csv/plain.h"

#define ROWS 256 /* at a time */

/* Lines of the index. */
typedef struct run {
    uint32_t n, row;         /* lines; the first one's row */
    uint32_t fewest;         /* fields of a line */
    uint16_t first[ROWS];    /* field of each line */
    uint16_t n_fields[ROWS]; /* of each line */
} run;

bool vonk_csv_plain_options(const vonk_csv_options *o)
{
    return !o->multi_line && o->separator.length == 1 && !o->trim_leading && !o->trim_trailing &&
           o->max_chars < 0;
}

void vonk_csv_index_reset(vonk_csv_index *x, const char *limit)
{
    x->limit = limit;
    x->next = NULL;
}

/* Notes where the set bits of `ends` are, and where fields begin behind them. */
static inline uint32_t note_starts(uint16_t *starts, uint64_t ends, uint32_t behind)
{
    uint32_t n = (uint32_t)__builtin_popcountll(ends);
    for (uint32_t i = 0; i < n; i += 4) {
        for (uint32_t k = i; k < i + 4; k++, ends &= ends - 1)
            starts[k] = (uint16_t)(behind + (uint32_t)__builtin_ctzll(ends | UINT64_C(1) << 63));
    }
    return n;
}

/* Indexes whole lines from `p`, up to the first opening quote. */
static void make_index(vonk_csv_index *x, const vonk_csv_options *o, const char *p)
{
    const char *stop = x->limit - p > VONK_CSV_INDEX_BYTES ? p + VONK_CSV_INDEX_BYTES : x->limit;
    char separator = o->separator.data[0], quote = (char)o->quote;
    uint64_t opens = 1, quotes = 0;
    uint32_t n = 0, n_lines = 0;
    *x->starts = 0;
    for (const char *block = p; block < stop && !quotes; block += 64) {
        uint64_t lines = vonk_scan_equal(block, '\n') | vonk_scan_equal(block, '\r');
        uint64_t ends = lines | vonk_scan_equal(block, separator);
        if (o->quote != VONK_CSV_NO_CHAR)
            quotes = vonk_scan_equal(block, quote) & (ends << 1 | opens);
        if (quotes) {
            uint64_t before = (quotes & -quotes) - 1;
            lines &= before;
            ends &= before;
        }
        for (; lines; lines &= lines - 1) {
            uint64_t before = (lines & -lines) - 1;
            x->lines[n_lines++] = (uint16_t)(n + (uint32_t)__builtin_popcountll(ends & before));
        }
        n += note_starts(x->starts + 1 + n, ends, (uint32_t)(block - p) + 1);
        opens = ends >> 63;
    }
    x->base = x->next = p;
    x->line = 0;
    x->n_lines = n_lines;
}

/* The next lines of the index as a run; false: one has too many fields. */
static bool take_lines(vonk_csv_tokenizer *t, vonk_csv_index *x, const char *end, uint32_t most,
                       run *ret)
{
    const vonk_csv_options *o = t->options;
    uint32_t line = x->line, first = line ? x->lines[line - 1] + 1U : 0, n = 0;
    bool fits = true;
    ret->fewest = UINT32_MAX;
    for (; line < x->n_lines && n < most && x->base + x->starts[first] < end; line++) {
        const char *start = x->base + x->starts[first], *behind;
        uint32_t n_fields = x->lines[line] + 1U - first;
        bool odd = (unsigned char)*start <= ' ' || (unsigned char)*start == o->comment;
        if (!odd || !vonk_csv_skips_line(o, start, x->limit, &behind)) {
            fits = n_fields <= o->max_columns;
            if (!fits)
                break;
            ret->first[n] = (uint16_t)first;
            ret->n_fields[n++] = (uint16_t)n_fields;
            ret->fewest = n_fields < ret->fewest ? n_fields : ret->fewest;
        }
        first += n_fields;
    }
    x->line = line;
    x->next = x->base + x->starts[first];
    ret->n = n;
    return fits;
}

VONK_SPECIALISE void fill_column(const vonk_csv_index *x, const run *lines, uint32_t token,
                                 vonk_csv_field *to, bool all)
{
    for (uint32_t i = 0; i < lines->n; i++) {
        if (!all && token >= lines->n_fields[i]) {
            to[i] = (vonk_csv_field){0};
            continue;
        }
        const uint16_t *at = x->starts + lines->first[i] + token;
        uint32_t length = at[1] - at[0] - 1U;
        to[i] = (vonk_csv_field){length ? x->base + at[0] : NULL, length};
    }
}

static void fill_fields(vonk_csv_tokenizer *t, const vonk_csv_index *x, const run *lines)
{
    for (uint32_t token = 0; token < t->n_slots; token++) {
        if (t->slots[token] < 0)
            continue;
        vonk_csv_field *to = t->fields + (size_t)t->slots[token] * t->stride + lines->row;
        if (token < lines->fewest)
            fill_column(x, lines, token, to, true);
        else
            fill_column(x, lines, token, to, false);
    }
    for (uint32_t i = 0; i < lines->n && t->row_texts; i++) {
        const uint16_t *at = x->starts + lines->first[i];
        size_t length = at[lines->n_fields[i]] - at[0] - 1U;
        t->row_texts[lines->row + i] = (vonk_slice){x->base + at[0], length};
    }
    for (uint32_t i = 0; i < lines->n && t->row_tokens; i++)
        t->row_tokens[lines->row + i] = lines->n_fields[i];
    t->n_tokens = lines->n_fields[lines->n - 1];
}

uint32_t vonk_csv_plain_lines(vonk_csv_tokenizer *t, vonk_csv_index *x, const char **p,
                              const char *end, uint32_t row, uint32_t most)
{
    uint32_t n = 0;
    bool fits = true;
    while (fits && n < most && *p < end) {
        if (x->next != *p || x->line == x->n_lines)
            make_index(x, t->options, *p);
        run lines;
        lines.row = row + n;
        fits = take_lines(t, x, end, most - n < ROWS ? most - n : ROWS, &lines);
        if (lines.n)
            fill_fields(t, x, &lines);
        if (x->next == *p)
            break;
        n += lines.n;
        *p = x->next;
    }
    return n;
}
