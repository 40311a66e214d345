/*
 * infer.c - the schema of CSV files: names from the header, types from the fields.
 *
 * A column's type so far decides where trying starts: int, bigint, decimal (whole numbers only),
 * double, date, timestamp, boolean, string; what the field turns out to be is merged with it.
 * Source: Spark 4, CSVInferSchema.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "format/csv/convert.h"
#include "format/csv/csv.h"
#include "format/csv/records.h"
#include "format/text/convert.h"

#define INFER_ROWS 1024 /* at a time */

typedef enum guess_kind {
    NOTHING, /* only nulls so far */
    INT,
    BIGINT,
    DECIMAL,
    DOUBLE,
    DATE,
    TIMESTAMP,
    BOOLEAN,
    STRING,
} guess_kind;

typedef struct guess {
    guess_kind kind;
    uint8_t precision; /* DECIMAL */
} guess;

/* ---- one field ---- */

/* A number without fraction (1., 15e0, 1.5e1) of at most 38 digits. */
static bool try_decimal(const vonk_csv_field *f, uint8_t *ret_precision)
{
    const char *p = f->data, *end = p + f->length;
    int64_t n_digits = 0, n_fraction = 0, exponent = 0, n_seen = 0;
    bool point = false;
    p += p < end && (*p == '-' || *p == '+');
    for (; p < end && (isdigit((unsigned char)*p) || (*p == '.' && !point)); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        n_seen++;
        n_fraction += point;
        n_digits += n_digits || *p != '0';
    }
    if (!n_seen)
        return false;
    if (p < end && (*p | 0x20) == 'e') {
        vonk_csv_field rest = {p + 1, (uint32_t)(end - p - 1)};
        if (!vonk_text_to_int64(rest.data, rest.length, &exponent))
            return false;
        p = end;
    }
    if (p < end || exponent != n_fraction || n_digits > VONK_MAX_PRECISION)
        return false;
    *ret_precision = (uint8_t)(n_digits ? n_digits : 1);
    return true;
}

static bool try_date(const vonk_csv_options *o, const vonk_csv_field *f)
{
    int32_t days;
    if (!o->prefer_date)
        return false;
    if (o->date_format)
        return vonk_text_to_date(f->data, f->length, o->date_format, &days);
    if (f->length != 10 || f->data[4] != '-' || f->data[7] != '-')
        return false;
    for (int i = 0; i < 10; i++) {
        if (i != 4 && i != 7 && !isdigit((unsigned char)f->data[i]))
            return false;
    }
    return vonk_text_to_date(f->data, f->length, NULL, &days);
}

/* What a field that is not null is, if everything before `from` is ruled out. */
static guess guess_field(const vonk_csv_options *o, const vonk_csv_field *f, guess_kind from)
{
    int64_t i64;
    double f64;
    bool boolean;
    guess g = {0};
    if (from <= BIGINT && vonk_text_to_int64(f->data, f->length, &i64)) {
        g.kind = from <= INT && i64 == (int32_t)i64 ? INT : BIGINT;
        return g;
    }
    if (from <= DECIMAL && try_decimal(f, &g.precision)) {
        g.kind = DECIMAL;
        return g;
    }
    if (from <= DOUBLE && vonk_csv_double(o, f, &f64))
        return (guess){.kind = DOUBLE};
    if (from <= DATE && try_date(o, f))
        return (guess){.kind = DATE};
    if (from <= TIMESTAMP &&
        vonk_text_to_timestamp(f->data, f->length, o->timestamp_format, &o->zone, &i64))
        return (guess){.kind = TIMESTAMP};
    if (from <= BOOLEAN && vonk_text_to_bool(f->data, f->length, &boolean))
        return (guess){.kind = BOOLEAN};
    return (guess){.kind = STRING};
}

static uint8_t precision_of(guess g)
{
    return g.kind == INT ? 10 : g.kind == BIGINT ? 20 : g.precision;
}

/* The type that holds both. */
static guess merge(const vonk_csv_options *o, guess a, guess b)
{
    if (a.kind > b.kind)
        return merge(o, b, a);
    if (a.kind == NOTHING || (a.kind == b.kind && a.kind != DECIMAL))
        return b;
    if (b.kind == BIGINT || b.kind == DOUBLE)
        return b;
    if (b.kind == DECIMAL) {
        /* An int beside a wider decimal is that decimal; a bigint needs 20 digits. */
        uint8_t x = precision_of(a), y = precision_of(b);
        return (guess){DECIMAL, x > y ? x : y};
    }
    if (a.kind == DATE && b.kind == TIMESTAMP && !o->timestamp_format)
        return b;
    return (guess){.kind = STRING};
}

static void guess_column(const vonk_csv_options *o, const vonk_csv_field *fields, uint32_t n,
                         guess *so_far)
{
    guess g = *so_far;
    for (uint32_t row = 0; row < n && g.kind != STRING; row++) {
        const vonk_csv_field *f = &fields[row];
        if (vonk_csv_is_null(o, f) || !f->length)
            continue;
        g = merge(o, g, guess_field(o, f, g.kind));
    }
    *so_far = g;
}

static vonk_type type_of(guess g)
{
    static const uint8_t ids[] = {
        [NOTHING] = VONK_STRING,      [INT] = VONK_INT32,      [BIGINT] = VONK_INT64,
        [DECIMAL] = VONK_DECIMAL,     [DOUBLE] = VONK_FLOAT64, [DATE] = VONK_DATE,
        [TIMESTAMP] = VONK_TIMESTAMP, [BOOLEAN] = VONK_BOOL,   [STRING] = VONK_STRING,
    };
    return (vonk_type){.id = ids[g.kind], .precision = g.precision};
}

/* ---- files ---- */

typedef struct inference {
    const vonk_csv_options *options;
    vonk_arena *arena;  /* of the result */
    vonk_arena scratch; /* of a window's fields */
    uint32_t n_columns;
    vonk_csv_field *fields;
    int32_t *slots; /* 0, 1, 2, ... */
    guess *guesses;
    int64_t n_rows;
    double sampled; /* rows due for sampling */
    vonk_error *err;
} inference;

/* Column i gets field i; room for `n_columns` columns of `rows` rows. */
static vonk_status all_columns(inference *in, uint32_t n_columns, uint32_t rows)
{
    in->slots = VONK_NEW_ARRAY(&in->scratch, int32_t, n_columns, in->err);
    in->fields = VONK_NEW_ARRAY(&in->scratch, vonk_csv_field, (size_t)n_columns * rows, in->err);
    if (!in->slots || !in->fields)
        return VONK_NO_MEMORY;
    for (uint32_t i = 0; i < n_columns; i++)
        in->slots[i] = (int32_t)i;
    return VONK_OK;
}

static void use_columns(const inference *in, vonk_csv_records *r, vonk_arena *fields_arena,
                        uint32_t n_columns, uint32_t stride)
{
    r->tokens.slots = in->slots;
    r->tokens.n_slots = n_columns;
    r->tokens.fields = in->fields;
    r->tokens.stride = stride;
    r->tokens.arena = fields_arena;
}

/* Another field in `fields` has the same name, but for case. */
static bool is_duplicate(const vonk_csv_field *fields, uint32_t n, uint32_t i)
{
    for (uint32_t k = 0; k < n; k++) {
        if (k != i && fields[k].length == fields[i].length &&
            !strncasecmp(fields[k].data, fields[i].data, fields[i].length))
            return true;
    }
    return false;
}

static vonk_status name_columns(inference *in, vonk_schema *ret)
{
    uint32_t n = in->n_columns;
    vonk_field *fields = VONK_NEW_ARRAY(in->arena, vonk_field, n, in->err);
    VONK_TRY_ALLOC(fields);
    for (uint32_t i = 0; i < n; i++) {
        const vonk_csv_field *f = &in->fields[i];
        const char *name;
        if (!in->options->header || vonk_csv_is_null(in->options, f) || !f->length)
            name = vonk_arena_printf(in->arena, in->err, "_c%u", i);
        else if (is_duplicate(in->fields, n, i))
            name = vonk_arena_printf(in->arena, in->err, "%.*s%u", (int)f->length, f->data, i);
        else
            name = vonk_arena_strndup(in->arena, f->data, f->length, in->err);
        VONK_TRY_ALLOC(name);
        fields[i] = (vonk_field){name, VONK_TYPE(STRING), true};
    }
    *ret = (vonk_schema){n, fields};
    return VONK_OK;
}

/* Names and number of the columns from the first record; *ret_n == 0 if the file has none. */
static vonk_status first_record(inference *in, const char *path, vonk_schema *ret)
{
    vonk_csv_records r;
    vonk_arena fields_arena = {.budget = in->arena->budget};
    uint32_t n = 0, most = in->options->max_columns;
    vonk_status status =
        vonk_csv_records_open(&r, path, 0, UINT64_MAX, in->options, in->arena->budget, in->err);
    if (status == VONK_OK)
        status = all_columns(in, most, 1);
    if (status == VONK_OK) {
        use_columns(in, &r, &fields_arena, most, 1);
        r.tokens.count_tokens = true;
        status = vonk_csv_records_next(&r, 1, &n, in->err);
    }
    if (status == VONK_OK && n) {
        in->n_columns = r.tokens.n_tokens;
        status = name_columns(in, ret);
    }
    vonk_csv_records_close(&r);
    vonk_arena_free(&fields_arena);
    vonk_arena_reset(&in->scratch);
    return status;
}

/* Keeps the rows that sampling takes, moved to the front of each column; returns how many. */
static uint32_t sample(inference *in, uint32_t n)
{
    uint32_t kept = 0;
    if (in->options->sampling_ratio >= 1)
        return n;
    for (uint32_t row = 0; row < n; row++) {
        in->sampled += in->options->sampling_ratio;
        if (in->sampled < 1)
            continue;
        in->sampled -= 1;
        for (uint32_t i = 0; i < in->n_columns; i++)
            in->fields[(size_t)i * INFER_ROWS + kept] = in->fields[(size_t)i * INFER_ROWS + row];
        kept++;
    }
    return kept;
}

static vonk_status guess_records(inference *in, vonk_csv_records *r, vonk_arena *fields_arena)
{
    uint32_t n;
    if (in->options->header)
        VONK_TRY(vonk_csv_records_next(r, 1, &n, in->err));
    use_columns(in, r, fields_arena, in->n_columns, INFER_ROWS);
    while (!r->done) {
        vonk_arena_reset(fields_arena);
        VONK_TRY(vonk_csv_records_next(r, INFER_ROWS, &n, in->err));
        in->n_rows += n;
        n = sample(in, n);
        for (uint32_t i = 0; i < in->n_columns; i++)
            guess_column(in->options, in->fields + (size_t)i * INFER_ROWS, n, &in->guesses[i]);
    }
    return VONK_OK;
}

static vonk_status guess_file(inference *in, const char *path)
{
    vonk_csv_records r;
    vonk_arena fields_arena = {.budget = in->arena->budget};
    vonk_status status =
        vonk_csv_records_open(&r, path, 0, UINT64_MAX, in->options, in->arena->budget, in->err);
    r.tokens.arena = &fields_arena;
    if (status == VONK_OK)
        status = guess_records(in, &r, &fields_arena);
    vonk_csv_records_close(&r);
    vonk_arena_free(&fields_arena);
    return status;
}

static vonk_status infer(inference *in, const vonk_infer_request *request, vonk_schema *ret)
{
    const char *const *paths = request->paths;
    uint32_t n_paths = request->n_paths;
    for (uint32_t i = 0; i < n_paths && !in->n_columns; i++)
        VONK_TRY(first_record(in, paths[i], ret));
    if (!in->n_columns || !in->options->infer_schema)
        return VONK_OK;
    in->guesses = VONK_NEW_ARRAY(&in->scratch, guess, in->n_columns, in->err);
    VONK_TRY_ALLOC(in->guesses);
    VONK_TRY(all_columns(in, in->n_columns, INFER_ROWS));
    for (uint32_t i = 0; i < n_paths; i++)
        VONK_TRY(guess_file(in, paths[i]));
    for (uint32_t i = 0; i < ret->n_fields; i++)
        ret->fields[i].type = type_of(in->guesses[i]);
    return VONK_OK;
}

vonk_status vonk_csv_infer(const vonk_infer_request *request, vonk_arena *arena,
                           vonk_format_facts *ret, vonk_error *err)
{
    vonk_csv_options o;
    vonk_schema schema = {0};
    VONK_TRY(vonk_csv_options_read(request->options, request->settings, false, arena, &o, err));
    inference in = {.options = &o, .arena = arena, .scratch.budget = arena->budget, .err = err};
    vonk_status status = infer(&in, request, &schema);
    vonk_arena_free(&in.scratch);
    VONK_TRY(status);
    bool counted = o.infer_schema && o.mode != VONK_DROPMALFORMED;
    *ret = (vonk_format_facts){.schema = schema, .n_rows = counted ? in.n_rows : -1};
    return VONK_OK;
}
