/*
 * infer.c - the schema of JSON files: the union of all keys, sorted by name.
 *
 * bigint, decimal (whole numbers too wide), double, boolean, string; objects and arrays are strings
 * that hold their JSON text, because nested types cannot be executed yet.
 * Source: Spark 4, JsonInferSchema.
 *
 * Files are read in pieces, by several threads; a key's type is what holds its types in all pieces,
 * so that it does not matter where they were cut.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "format/json/json.h"
#include "format/json/options.h"
#include "format/json/records.h"
#include "format/text/convert.h"
#include "format/text/pieces.h"

#define MAX_KEYS 65536 /* columns; also what a hostile file can make us hold */

typedef enum guess_kind { NOTHING, BIGINT, DECIMAL, DOUBLE, TIMESTAMP, BOOLEAN, STRING } guess_kind;

typedef struct key_guess {
    const char *name; /* in the result's arena */
    size_t length;
    guess_kind kind;
    uint8_t precision; /* DECIMAL */
} key_guess;

/* What some records say: those of a piece, then those of all. One thread's. */
typedef struct inference {
    const vonk_infer_request *request;
    const vonk_json_options *options;
    vonk_arena *arena;  /* of the keys' names */
    vonk_arena scratch; /* of a record */
    key_guess *keys;    /* malloc'ed */
    uint32_t n_keys, capacity;
    uint32_t *slots; /* hash table of key numbers + 1; n_slots is a power of two */
    uint32_t n_slots;
    size_t charged; /* for keys and slots */
    bool has_corrupt;
    int64_t n_rows;
    double sampled;
    vonk_error *err;
} inference;

static uint32_t hash(vonk_slice key)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < key.length; i++)
        h = (h ^ (unsigned char)key.data[i]) * UINT64_C(1099511628211);
    return (uint32_t)(h ^ h >> 32);
}

static vonk_status grow(inference *in)
{
    uint32_t n_slots = in->n_slots ? in->n_slots * 2 : 64;
    size_t bytes = n_slots * sizeof(uint32_t) + n_slots / 2 * sizeof(key_guess);
    VONK_TRY(vonk_budget_take(in->arena->budget, bytes, in->err));
    vonk_budget_give(in->arena->budget, in->charged);
    in->charged = bytes;
    uint32_t *slots = calloc(n_slots, sizeof(*slots));
    key_guess *keys = slots ? realloc(in->keys, n_slots / 2 * sizeof(*keys)) : NULL;
    if (!keys) {
        free(slots);
        return vonk_fail(in->err, VONK_NO_MEMORY, "out of memory for %u JSON keys", in->n_keys);
    }
    free(in->slots);
    in->keys = keys;
    in->slots = slots;
    in->n_slots = n_slots;
    in->capacity = n_slots / 2;
    for (uint32_t i = 0; i < in->n_keys; i++) {
        uint32_t at = hash((vonk_slice){keys[i].name, keys[i].length}) & (n_slots - 1);
        while (slots[at])
            at = (at + 1) & (n_slots - 1);
        slots[at] = i + 1;
    }
    return VONK_OK;
}

static vonk_status find_key(inference *in, vonk_slice name, key_guess **ret)
{
    if (in->n_keys == in->capacity)
        VONK_TRY(grow(in));
    uint32_t at = hash(name) & (in->n_slots - 1);
    for (; in->slots[at]; at = (at + 1) & (in->n_slots - 1)) {
        key_guess *k = &in->keys[in->slots[at] - 1];
        if (vonk_slice_equal((vonk_slice){k->name, k->length}, name)) {
            *ret = k;
            return VONK_OK;
        }
    }
    if (in->n_keys == MAX_KEYS)
        return vonk_fail(in->err, VONK_INVALID, "more than %d different keys in JSON", MAX_KEYS);
    const char *copy = vonk_arena_strndup(in->arena, name.data, name.length, in->err);
    VONK_TRY_ALLOC(copy);
    in->keys[in->n_keys] = (key_guess){.name = copy, .length = name.length};
    *ret = &in->keys[in->n_keys];
    in->slots[at] = ++in->n_keys;
    return VONK_OK;
}

/* ---- types ---- */

static guess_kind guess_number(const vonk_json_token *t, uint8_t *ret_precision)
{
    int64_t value;
    size_t n = t->length - (*t->data == '-');
    if (t->kind == VONK_JSON_FRACTION || t->kind == VONK_JSON_SPECIAL)
        return DOUBLE;
    if (vonk_text_to_int64(t->data, t->length, &value))
        return BIGINT;
    *ret_precision = (uint8_t)n;
    return n <= VONK_MAX_PRECISION ? DECIMAL : DOUBLE;
}

static guess_kind guess_token(const vonk_json_options *o, const vonk_json_token *t,
                              uint8_t *ret_precision)
{
    int64_t us;
    switch (t->kind) {
    case VONK_JSON_NULL:
        return NOTHING;
    case VONK_JSON_INTEGER:
    case VONK_JSON_FRACTION:
    case VONK_JSON_SPECIAL:
        return o->primitives_as_string ? STRING : guess_number(t, ret_precision);
    case VONK_JSON_TRUE:
    case VONK_JSON_FALSE:
        return o->primitives_as_string ? STRING : BOOLEAN;
    case VONK_JSON_STRING:
        if (!t->length)
            return NOTHING;
        if (o->infer_timestamp &&
            vonk_text_to_timestamp(t->data, t->length, o->timestamp_format, &o->zone, &us))
            return TIMESTAMP;
        return STRING;
    default:
        return STRING;
    }
}

static void merge(key_guess *k, guess_kind kind, uint8_t precision)
{
    if (kind == NOTHING)
        return;
    if (k->kind == NOTHING || (k->kind == kind && kind != DECIMAL)) {
        k->kind = kind;
        k->precision = precision;
    } else if (k->kind <= DECIMAL && kind <= DECIMAL) {
        uint8_t a = k->kind == BIGINT ? 20 : k->precision, b = kind == BIGINT ? 20 : precision;
        k->kind = DECIMAL;
        k->precision = a > b ? a : b;
    } else if (k->kind <= DOUBLE && kind <= DOUBLE) {
        k->kind = DOUBLE;
    } else {
        k->kind = STRING;
    }
}

/* ---- records ---- */

/* Merges the members of the valid object whose '{' is before `p`. */
static vonk_status guess_object(inference *in, const char *p, const char *end)
{
    vonk_json_token key, value;
    for (bool first = true; vonk_json_member(&p, end, first, &key, &value) == VONK_JSON_ROW;
         first = false) {
        vonk_slice name;
        key_guess *k = NULL;
        uint8_t precision = 0;
        VONK_TRY(vonk_json_token_text(&key, &in->scratch, &name, in->err));
        if (!name.length)
            continue; /* a column cannot have an empty name */
        VONK_TRY(find_key(in, name, &k));
        guess_kind kind = guess_token(in->options, &value, &precision);
        merge(k, kind, precision);
    }
    return VONK_OK;
}

/* Behind the object whose '{' is before `p`, NULL if it is not valid. */
static const char *skip_object(const char *p, const char *end)
{
    vonk_json_token key, value;
    vonk_json_step step = VONK_JSON_ROW;
    for (bool first = true; step == VONK_JSON_ROW; first = false)
        step = vonk_json_member(&p, end, first, &key, &value);
    return step == VONK_JSON_END ? p : NULL;
}

static vonk_status guess_record(inference *in, vonk_json_records *r, vonk_json_record what,
                                const char *p, const char *path)
{
    const char *end = r->text.data + r->text.length;
    const char *behind = what == VONK_JSON_OBJECT ? skip_object(p, end) : NULL;
    in->n_rows++;
    in->sampled += in->options->sampling_ratio;
    bool taken = in->sampled >= 1;
    in->sampled -= taken;
    if (behind) {
        vonk_json_row_ended(&r->rows, behind);
        return taken ? guess_object(in, p, end) : VONK_OK;
    }
    if (in->options->mode == VONK_FAILFAST)
        return vonk_malformed(in->err, path, r->text, NULL);
    in->has_corrupt |= in->options->mode == VONK_PERMISSIVE;
    return VONK_OK;
}

static vonk_status guess_records(inference *in, vonk_json_records *r, const char *path)
{
    for (;;) {
        const char *p = NULL;
        vonk_json_record what = vonk_json_records_next(r, &p);
        if (what == VONK_JSON_DONE)
            return VONK_OK;
        if (what == VONK_JSON_REFILL) {
            VONK_TRY(vonk_infer_check(in->request, in->err));
            VONK_TRY(vonk_json_records_fill(r, in->err));
            vonk_arena_reset(&in->scratch);
            continue;
        }
        VONK_TRY(guess_record(in, r, what, p, path));
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const vonk_field *)a)->name, ((const vonk_field *)b)->name);
}

static int by_name_nocase(const void *a, const void *b)
{
    return strcasecmp(((const vonk_field *)a)->name, ((const vonk_field *)b)->name);
}

static vonk_status check_duplicates(vonk_field *fields, uint32_t n, vonk_error *err)
{
    if (n)
        qsort(fields, n, sizeof(*fields), by_name_nocase);
    for (uint32_t i = 1; i < n; i++) {
        if (!by_name_nocase(&fields[i - 1], &fields[i]))
            return vonk_fail_sql(err, "COLUMN_ALREADY_EXISTS",
                                 "the JSON has keys %s and %s, which are one column",
                                 fields[i - 1].name, fields[i].name);
    }
    return VONK_OK;
}

static vonk_status make_schema(inference *in, vonk_schema *ret)
{
    static const uint8_t ids[] = {
        [NOTHING] = VONK_STRING, [BIGINT] = VONK_INT64,        [DECIMAL] = VONK_DECIMAL,
        [DOUBLE] = VONK_FLOAT64, [TIMESTAMP] = VONK_TIMESTAMP, [BOOLEAN] = VONK_BOOL,
        [STRING] = VONK_STRING,
    };
    vonk_field *fields = VONK_NEW_ARRAY(in->arena, vonk_field, in->n_keys + 1, in->err);
    VONK_TRY_ALLOC(fields);
    uint32_t n = 0;
    const char *corrupt = in->options->corrupt_column;
    if (in->has_corrupt) {
        const char *name = vonk_arena_strndup(in->arena, corrupt, strlen(corrupt), in->err);
        VONK_TRY_ALLOC(name);
        fields[n++] = (vonk_field){name, VONK_TYPE(STRING), true};
    }
    for (uint32_t i = 0; i < in->n_keys; i++) {
        const key_guess *k = &in->keys[i];
        if (in->has_corrupt && !strcmp(k->name, corrupt))
            continue;
        vonk_type type = {.id = ids[k->kind], .precision = k->kind == DECIMAL ? k->precision : 0};
        fields[n++] = (vonk_field){k->name, type, true};
    }
    VONK_TRY(check_duplicates(fields, n, in->err));
    if (n)
        qsort(fields, n, sizeof(*fields), by_name);
    *ret = (vonk_schema){n, fields};
    return VONK_OK;
}

/* ---- pieces ---- */

static vonk_status guess_piece(inference *in, const vonk_text_piece *piece)
{
    vonk_json_records r;
    vonk_status status =
        vonk_json_records_open(&r, piece->path, piece->start, piece->length,
                               in->options->multi_line, in->arena->budget, in->err);
    if (status == VONK_OK)
        status = guess_records(in, &r, piece->path);
    vonk_json_records_close(&r);
    return status;
}

static void end_inference(inference *in)
{
    vonk_arena_free(&in->scratch);
    if (in->charged)
        vonk_budget_give(in->arena->budget, in->charged);
    free(in->keys);
    free(in->slots);
}

/* Adds what a piece says; keys stay in the order in which they were met first. */
static vonk_status add_piece(inference *in, const inference *piece)
{
    for (uint32_t i = 0; i < piece->n_keys; i++) {
        const key_guess *from = &piece->keys[i];
        key_guess *to = NULL;
        VONK_TRY(find_key(in, (vonk_slice){from->name, from->length}, &to));
        merge(to, from->kind, from->precision);
    }
    in->has_corrupt |= piece->has_corrupt;
    in->n_rows += piece->n_rows;
    return VONK_OK;
}

/* Pieces that are read at once, each with keys of its own. */
typedef struct readings {
    const inference *in;
    vonk_text_pieces pieces;
    inference *items;  /* one a piece */
    vonk_arena *names; /* likewise */
} readings;

static vonk_status read_piece(void *context, uint32_t i, vonk_error *err)
{
    readings *r = context;
    vonk_budget *budget = r->in->arena->budget;
    inference *in = &r->items[i];
    r->names[i].budget = budget;
    *in = (inference){.request = r->in->request,
                      .options = r->in->options,
                      .arena = &r->names[i],
                      .scratch.budget = budget,
                      .err = err};
    vonk_status status = guess_piece(in, &r->pieces.items[i]);
    vonk_arena_free(&in->scratch);
    in->err = NULL; /* the thread's */
    return status;
}

static vonk_status guess_at_once(inference *in, vonk_text_pieces pieces, vonk_arena *arena)
{
    readings r = {.in = in, .pieces = pieces};
    r.items = VONK_NEW_ARRAY(arena, inference, pieces.n, in->err);
    r.names = VONK_NEW_ARRAY(arena, vonk_arena, pieces.n, in->err);
    if (!r.items || !r.names)
        return VONK_NO_MEMORY;
    vonk_status status =
        vonk_text_each_piece(0, pieces.n, in->request->n_threads, read_piece, &r, in->err);
    for (uint32_t i = 0; i < pieces.n; i++) {
        if (status == VONK_OK)
            status = add_piece(in, &r.items[i]);
        end_inference(&r.items[i]);
        vonk_arena_free(&r.names[i]);
    }
    return status;
}

static vonk_status guess_files(inference *in, vonk_arena *arena)
{
    vonk_infer_request cut = *in->request;
    vonk_text_pieces pieces;
    if (in->options->sampling_ratio < 1)
        cut.n_threads = 1; /* which records are taken depends on how many there were */
    VONK_TRY(vonk_text_cut(&cut, in->options->multi_line, 0, arena, &pieces, in->err));
    if (cut.n_threads > 1 && pieces.n > 1)
        return guess_at_once(in, pieces, arena);
    for (uint32_t i = 0; i < pieces.n; i++)
        VONK_TRY(guess_piece(in, &pieces.items[i]));
    return VONK_OK;
}

vonk_status vonk_json_infer(const vonk_infer_request *request, vonk_arena *arena,
                            vonk_format_facts *ret, vonk_error *err)
{
    vonk_json_options o;
    vonk_schema schema = {0};
    VONK_TRY(vonk_json_options_read(request->options, request->settings, false, arena, &o, err));
    vonk_arena pieces = vonk_arena_beside(arena);
    inference in = {.request = request,
                    .options = &o,
                    .arena = arena,
                    .scratch.budget = arena->budget,
                    .err = err};
    vonk_status status = guess_files(&in, &pieces);
    if (status == VONK_OK)
        status = make_schema(&in, &schema);
    if (status == VONK_OK)
        *ret = (vonk_format_facts){schema, o.mode == VONK_PERMISSIVE ? in.n_rows : -1, NULL};
    end_inference(&in);
    vonk_arena_free(&pieces);
    return status;
}
