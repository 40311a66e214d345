/*
 * infer.c - the schema of CSV files: names from the header, types from the fields.
 *
 * Files are read in pieces, by several threads. The answer is that of one which reads from the
 * first file to the last: where a column's type in a piece depends on what came before it in a way
 * that its guesses do not tell (guess.h), the piece is read once more, with what came before.
 */
#include <string.h>

#include "base/names.h"
#include "format/csv/convert.h"
#include "format/csv/csv.h"
#include "format/csv/guess.h"
#include "format/csv/records.h"
#include "format/text/pieces.h"

#define MOST_ROWS   500 /* at a time; columns of fields as far apart do not share cache sets */
#define FEWEST_ROWS 16
#define MOST_FIELDS ((uint32_t)1 << 16)  /* at a time, for wide files */
#define SEED_BYTES  ((uint64_t)64 << 10) /* of the first file, read first */

typedef struct inference {
    const vonk_infer_request *request;
    const vonk_csv_options *options;
    vonk_arena *arena;  /* of the result */
    vonk_arena scratch; /* of what is found out */
    uint32_t n_columns;
    uint64_t first_end; /* of the first record, if it is in the first file */
    vonk_text_pieces pieces;
    vonk_csv_guess *guesses;    /* n_columns in front of each piece, and behind the last */
    const vonk_csv_guess *seed; /* that all pieces start with; NULL: with what is before them */
    int64_t *n_rows;            /* a piece */
    double sampled;             /* rows due for sampling */
    vonk_error *err;
} inference;

/* ---- pieces ---- */

/* A reader of the records of a piece, and where it puts the fields of some of them. */
typedef struct reading {
    vonk_csv_records records;
    vonk_arena arena; /* of `rows` and `slots` */
    vonk_arena kept;  /* fields that are no views */
    vonk_csv_field *rows;
    int32_t *slots; /* column i gets field i; -1: it is a string anyway */
    uint32_t n_columns, stride;
} reading;

/* Also of one that could not be opened. */
static void close_reading(reading *r)
{
    vonk_csv_records_close(&r->records);
    vonk_arena_free(&r->kept);
    vonk_arena_free(&r->arena);
}

/* Opens a piece, for `stride` rows of fields at a time. */
static vonk_status open_reading(const inference *in, const vonk_text_piece *piece,
                                uint32_t n_columns, uint32_t stride, reading *r, vonk_error *err)
{
    vonk_budget *budget = in->arena->budget;
    *r = (reading){
        .arena.budget = budget, .kept.budget = budget, .n_columns = n_columns, .stride = stride};
    VONK_TRY(vonk_csv_records_open(&r->records, piece->path, piece->start, piece->length,
                                   in->options, budget, err));
    size_t bytes = (size_t)n_columns * stride * sizeof(vonk_csv_field);
    r->rows = vonk_arena_alloc(&r->arena, bytes, err); /* not zeroed: every record sets its row */
    r->slots = VONK_NEW_ARRAY(&r->arena, int32_t, n_columns, err);
    if (!r->rows || !r->slots)
        return VONK_NO_MEMORY;
    r->records.tokens.arena = &r->kept;
    return VONK_OK;
}

static void want_columns(reading *r, const vonk_csv_guess *guesses)
{
    for (uint32_t i = 0; i < r->n_columns; i++)
        r->slots[i] = guesses && guesses[i].kind == VONK_CSV_STRING ? -1 : (int32_t)i;
    r->records.tokens.slots = r->slots;
    r->records.tokens.n_slots = r->n_columns;
    r->records.tokens.fields = r->rows;
    r->records.tokens.stride = r->stride;
}

/* ---- names ---- */

/* ret[i]: another field in `fields` has the same name, but for case. */
static vonk_status find_duplicates(inference *in, const vonk_csv_field *fields, bool *ret)
{
    uint32_t n = in->n_columns;
    vonk_slice *names = VONK_NEW_ARRAY(&in->scratch, vonk_slice, (size_t)n + 1, in->err);
    uint32_t *first = VONK_NEW_ARRAY(&in->scratch, uint32_t, (size_t)n + 1, in->err);
    if (!names || !first)
        return VONK_NO_MEMORY;
    for (uint32_t i = 0; i < n; i++)
        names[i] = (vonk_slice){fields[i].data, fields[i].length};
    VONK_TRY(vonk_names_first(&in->scratch, names, n, first, in->err));
    for (uint32_t i = 0; i < n; i++) {
        if (first[i] != i)
            ret[i] = ret[first[i]] = true;
    }
    return VONK_OK;
}

static vonk_status name_columns(inference *in, const vonk_csv_field *first, vonk_schema *ret)
{
    uint32_t n = in->n_columns;
    vonk_field *fields = VONK_NEW_ARRAY(in->arena, vonk_field, n, in->err);
    bool *duplicate = VONK_NEW_ARRAY(&in->scratch, bool, (size_t)n + 1, in->err);
    if (!fields || !duplicate)
        return VONK_NO_MEMORY;
    VONK_TRY(find_duplicates(in, first, duplicate));
    for (uint32_t i = 0; i < n; i++) {
        const vonk_csv_field *f = &first[i];
        const char *name;
        if (!in->options->header || vonk_csv_is_null(in->options, f) || !f->length)
            name = vonk_arena_printf(in->arena, in->err, "_c%u", i);
        else if (duplicate[i])
            name = vonk_arena_printf(in->arena, in->err, "%.*s%u", (int)f->length, f->data, i);
        else
            name = vonk_arena_strndup(in->arena, f->data, f->length, in->err);
        VONK_TRY_ALLOC(name);
        fields[i] = (vonk_field){name, VONK_TYPE(STRING), true};
    }
    *ret = (vonk_schema){n, fields};
    return VONK_OK;
}

static vonk_status read_first(inference *in, reading *r, vonk_schema *ret)
{
    uint32_t n = 0;
    want_columns(r, NULL);
    r->records.tokens.count_tokens = true;
    VONK_TRY(vonk_csv_records_next(&r->records, 1, &n, in->err));
    if (!n)
        return VONK_OK;
    in->n_columns = r->records.tokens.n_tokens;
    in->first_end = vonk_text_offset(&r->records.input, r->records.p);
    return name_columns(in, r->rows, ret);
}

/* Names and number of the columns from the first record of all; none if there is none. */
static vonk_status first_record(inference *in, vonk_schema *ret)
{
    vonk_status status = VONK_OK;
    for (uint32_t i = 0; i < in->request->n_paths && !in->n_columns && status == VONK_OK; i++) {
        vonk_text_piece file = {in->request->paths[i], 0, UINT64_MAX};
        reading r;
        status = open_reading(in, &file, in->options->max_columns, 1, &r, in->err);
        if (status == VONK_OK)
            status = read_first(in, &r, ret);
        close_reading(&r);
        in->first_end = i ? 0 : in->first_end;
    }
    return status;
}

/* ---- types ---- */

/* Keeps the rows that sampling takes, moved to the front of each column; returns how many. */
static uint32_t sample(inference *in, reading *r, uint32_t n)
{
    uint32_t kept = 0;
    if (in->options->sampling_ratio >= 1)
        return n;
    for (uint32_t row = 0; row < n; row++) {
        in->sampled += in->options->sampling_ratio;
        if (in->sampled < 1)
            continue;
        in->sampled -= 1;
        for (uint32_t i = 0; i < r->n_columns; i++) {
            vonk_csv_field *column = r->rows + (size_t)i * r->stride;
            if (r->slots[i] >= 0)
                column[kept] = column[row];
        }
        kept++;
    }
    return kept;
}

static vonk_status guess_records(inference *in, reading *r, vonk_csv_guess *guesses,
                                 int64_t *ret_rows, vonk_error *err)
{
    uint32_t n;
    *ret_rows = 0;
    while (!r->records.done) {
        VONK_TRY(vonk_infer_check(in->request, err));
        vonk_arena_reset(&r->kept);
        want_columns(r, guesses);
        VONK_TRY(vonk_csv_records_next(&r->records, r->stride, &n, err));
        *ret_rows += n;
        n = sample(in, r, n);
        for (uint32_t i = 0; i < r->n_columns; i++)
            vonk_csv_guess_fields(in->options, r->rows + (size_t)i * r->stride, n, &guesses[i]);
    }
    return VONK_OK;
}

/* What is known behind piece i - 1: in front of the first one, nothing. */
static vonk_csv_guess *guesses_before(const inference *in, uint32_t i)
{
    return in->guesses + (size_t)i * in->n_columns;
}

/* Reads piece `i`, starting with the guesses `from`; other threads read other ones. */
static vonk_status guess_piece(inference *in, uint32_t i, const vonk_csv_guess *from,
                               vonk_error *err)
{
    const vonk_text_piece *piece = &in->pieces.items[i];
    vonk_csv_guess *guesses = guesses_before(in, i + 1);
    uint32_t rows = MOST_FIELDS / in->n_columns, n;
    rows = rows < FEWEST_ROWS ? FEWEST_ROWS : rows > MOST_ROWS ? MOST_ROWS : rows;
    memcpy(guesses, from, in->n_columns * sizeof(*guesses));
    reading r;
    vonk_status status = open_reading(in, piece, in->n_columns, rows, &r, err);
    if (status == VONK_OK && in->options->header && !piece->start)
        status = vonk_csv_records_next(&r.records, 1, &n, err);
    if (status == VONK_OK)
        status = guess_records(in, &r, guesses, &in->n_rows[i], err);
    close_reading(&r);
    return status;
}

static vonk_status guess_next(void *context, uint32_t i, vonk_error *err)
{
    inference *in = context;
    return guess_piece(in, i, in->seed ? in->seed : guesses_before(in, i), err);
}

/* The guesses of piece `i`, which started with the seed, become those of all up to it. */
static vonk_status join_piece(inference *in, uint32_t i)
{
    const vonk_csv_guess *before = guesses_before(in, i);
    vonk_csv_guess *guesses = guesses_before(in, i + 1);
    for (uint32_t k = 0; k < in->n_columns; k++) {
        if (!vonk_csv_guess_join(in->options, in->seed[k], before[k], guesses[k], &guesses[k]))
            return guess_piece(in, i, before, in->err);
    }
    return VONK_OK;
}

/* All pieces at once, starting with what a small one in front says, if there is one. */
static vonk_status guess_at_once(inference *in)
{
    uint32_t n = in->pieces.n, first = in->pieces.items[0].length < UINT64_MAX;
    if (first)
        VONK_TRY(guess_piece(in, 0, in->guesses, in->err));
    in->seed = guesses_before(in, first);
    VONK_TRY(vonk_text_each_piece(first, n, in->request->n_threads, guess_next, in, in->err));
    for (uint32_t i = first; i < n; i++)
        VONK_TRY(join_piece(in, i));
    return VONK_OK;
}

/* Cuts the files; false: one thread reads them in order. */
static vonk_status cut_files(inference *in, bool *ret_at_once)
{
    vonk_infer_request cut = *in->request;
    uint64_t seed = SEED_BYTES;
    if (cut.piece_bytes && cut.piece_bytes < seed)
        seed = cut.piece_bytes;
    if (in->options->sampling_ratio < 1)
        cut.n_threads = 1; /* which rows are taken depends on how many there were */
    VONK_TRY(vonk_text_cut(&cut, in->options->multi_line, in->first_end + seed, &in->scratch,
                           &in->pieces, in->err));
    *ret_at_once = cut.n_threads > 1 && in->pieces.n > 1;
    return VONK_OK;
}

static vonk_status guess_types(inference *in, vonk_schema *ret)
{
    bool at_once;
    VONK_TRY(cut_files(in, &at_once));
    uint32_t n = in->pieces.n;
    in->n_rows = VONK_NEW_ARRAY(&in->scratch, int64_t, n, in->err);
    in->guesses =
        VONK_NEW_ARRAY(&in->scratch, vonk_csv_guess, ((size_t)n + 1) * in->n_columns, in->err);
    if (!in->n_rows || !in->guesses)
        return VONK_NO_MEMORY;
    if (at_once)
        VONK_TRY(guess_at_once(in));
    else
        VONK_TRY(vonk_text_each_piece(0, n, 1, guess_next, in, in->err));
    for (uint32_t i = 0; i < ret->n_fields; i++)
        ret->fields[i].type = vonk_csv_guess_type(guesses_before(in, n)[i]);
    return VONK_OK;
}

static int64_t count_rows(const inference *in)
{
    int64_t n = 0;
    if (in->options->mode == VONK_DROPMALFORMED)
        return -1;
    for (uint32_t i = 0; i < in->pieces.n; i++)
        n += in->n_rows[i];
    return n;
}

vonk_status vonk_csv_infer(const vonk_infer_request *request, vonk_arena *arena,
                           vonk_format_facts *ret, vonk_error *err)
{
    vonk_csv_options o;
    vonk_schema schema = {0};
    VONK_TRY(vonk_csv_options_read(request->options, request->settings, false, arena, &o, err));
    inference in = {.request = request,
                    .options = &o,
                    .arena = arena,
                    .scratch.budget = arena->budget,
                    .err = err};
    vonk_status status = first_record(&in, &schema);
    if (status == VONK_OK && in.n_columns && o.infer_schema)
        status = guess_types(&in, &schema);
    if (status == VONK_OK)
        *ret =
            (vonk_format_facts){.schema = schema, .n_rows = o.infer_schema ? count_rows(&in) : -1};
    vonk_arena_free(&in.scratch);
    return status;
}
