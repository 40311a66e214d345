/* Batches of every type, encoding and length come back the same; broken ones do no harm. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "wire/batch.h"
#include "wire/schema.h"

static const uint32_t lengths[] = {0, 1, 63, 64, 65, 200};

static uint64_t random_state = 88172645463325252u;

static uint32_t roll(uint32_t sides)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 33) % sides;
}

static vonk_type type_of(const char *text, vonk_arena *arena)
{
    vonk_type type;
    cr_assert_eq(vonk_type_parse(vonk_slice_of(text), arena, &type, NULL), VONK_OK, "%s", text);
    return type;
}

static const char *const types[] = {"void",
                                    "boolean",
                                    "tinyint",
                                    "smallint",
                                    "int",
                                    "bigint",
                                    "float",
                                    "double",
                                    "date",
                                    "timestamp",
                                    "timestamp_ntz",
                                    "decimal(10,2)",
                                    "string",
                                    "binary",
                                    "decimal(38,5)",
                                    "array<int>",
                                    "map<string,array<double>>",
                                    "struct<a:int,b:struct<c:string,d:array<boolean>>>"};

static void fill_strings(vonk_arena *arena, vonk_string *strings, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t length = roll(3) ? roll(13) : 13 + roll(100);
        char *text = vonk_arena_small(arena, length + 1, NULL);
        for (uint32_t k = 0; k < length; k++)
            text[k] = (char)roll(256);
        strings[i] = vonk_string_of(text, length);
    }
}

static void fill(vonk_arena *arena, vonk_type type, uint32_t rows, vonk_column *ret);

static void fill_nested(vonk_arena *arena, uint32_t rows, vonk_column *col)
{
    const vonk_schema *children = col->type.children;
    uint32_t child_rows = rows;
    if (col->type.id != VONK_STRUCT) {
        uint32_t *offsets = vonk_arena_alloc(arena, (rows + 1) * 4, NULL);
        offsets[0] = roll(3);
        for (uint32_t i = 0; i < rows; i++)
            offsets[i + 1] = offsets[i] + roll(4);
        child_rows = offsets[rows] + roll(2);
        col->offsets = offsets;
    }
    col->children = VONK_NEW_ARRAY(arena, vonk_column, children->n_fields, NULL);
    for (uint32_t i = 0; i < children->n_fields; i++)
        fill(arena, children->fields[i].type, child_rows, &col->children[i]);
}

static void fill(vonk_arena *arena, vonk_type type, uint32_t rows, vonk_column *ret)
{
    cr_assert_eq(vonk_column_new(arena, type, rows, ret, NULL), VONK_OK);
    size_t width = vonk_type_width(type);
    if (type.id >= VONK_ARRAY)
        fill_nested(arena, rows, ret);
    else if (vonk_type_physical(type) == VONK_PHYS_STRING)
        fill_strings(arena, ret->values, rows);
    else
        for (size_t i = 0; i < (width ? width * rows : vonk_bitmap_words(rows) * 8) && ret->values;
             i++)
            ((char *)ret->values)[i] = (char)roll(256);
}

static void add_nulls(vonk_arena *arena, vonk_column *col, uint32_t n_bits)
{
    col->validity = vonk_arena_alloc(arena, vonk_bitmap_words(n_bits) * 8 + 64, NULL);
    for (size_t w = 0; w < vonk_bitmap_words(n_bits) + 1; w++)
        col->validity[w] = (uint64_t)roll(UINT32_MAX) << 32 | roll(UINT32_MAX);
}

static vonk_column make_column(vonk_arena *arena, const char *type, vonk_encoding encoding,
                               uint32_t length, bool nulls)
{
    vonk_column col;
    uint32_t stored = encoding == VONK_FLAT       ? length
                      : encoding == VONK_CONSTANT ? 1
                                                  : 1 + roll(300);
    fill(arena, type_of(type, arena), stored, &col);
    col.encoding = encoding;
    col.length = length;
    if (encoding == VONK_DICTIONARY) {
        uint32_t *codes = vonk_arena_alloc(arena, (size_t)length * 4 + 64, NULL);
        for (uint32_t i = 0; i < length; i++)
            codes[i] = roll(stored);
        col.codes = codes;
        col.n_dictionary = stored;
    }
    if (nulls)
        add_nulls(arena, &col, encoding == VONK_CONSTANT ? 1 : length);
    return col;
}

static void check_equal(const vonk_column *a, uint32_t row_a, const vonk_column *b, uint32_t row_b)
{
    cr_assert_eq(vonk_column_is_valid(a, row_a), vonk_column_is_valid(b, row_b));
    if (!vonk_column_is_valid(a, row_a))
        return;
    uint32_t i = vonk_column_at(a, row_a), k = vonk_column_at(b, row_b);
    size_t width = vonk_type_width(a->type);
    if (a->type.id == VONK_STRUCT) {
        for (uint32_t c = 0; c < a->type.children->n_fields; c++)
            check_equal(&a->children[c], i, &b->children[c], k);
    } else if (a->type.id >= VONK_ARRAY) {
        uint32_t n = a->offsets[i + 1] - a->offsets[i];
        cr_assert_eq(n, b->offsets[k + 1] - b->offsets[k]);
        for (uint32_t c = 0; c < a->type.children->n_fields; c++)
            for (uint32_t e = 0; e < n; e++)
                check_equal(&a->children[c], a->offsets[i] + e, &b->children[c], b->offsets[k] + e);
    } else if (a->type.id == VONK_BOOL) {
        cr_assert_eq(vonk_bit_get(a->values, i), vonk_bit_get(b->values, k));
    } else if (vonk_type_physical(a->type) == VONK_PHYS_STRING) {
        cr_assert(vonk_string_equal((vonk_string *)a->values + i, (vonk_string *)b->values + k));
    } else {
        cr_assert(!memcmp((char *)a->values + i * width, (char *)b->values + k * width, width));
    }
}

static void round_trip(const vonk_batch *batch, vonk_wire_compression compression)
{
    vonk_buffer out = {0};
    vonk_arena arena = {0};
    vonk_error err = {0};
    vonk_batch again;
    cr_assert_eq(vonk_wire_put_batch(&out, batch, compression, &err), VONK_OK, "%s", err.message);
    vonk_wire_reader in = vonk_wire_reader_of((vonk_slice){out.data, out.length}, &arena, &err);
    cr_assert_eq(vonk_wire_batch(&in, &again), VONK_OK, "%s", err.message);
    cr_assert_eq(vonk_wire_left(&in), 0);
    vonk_buffer_free(&out); /* nothing is borrowed */
    cr_assert_eq(again.n_rows, batch->n_rows);
    cr_assert_eq(again.n_columns, batch->n_columns);
    for (uint32_t c = 0; c < batch->n_columns; c++) {
        cr_assert(vonk_type_equal(again.columns[c].type, batch->columns[c].type));
        for (uint32_t i = 0; i < batch->n_rows; i++)
            check_equal(&batch->columns[c], i, &again.columns[c], i);
    }
    vonk_arena_free(&arena);
}

Test(wire_batch, every_type_encoding_and_length_comes_back)
{
    for (size_t t = 0; t < VONK_LENGTH(types); t++) {
        for (size_t l = 0; l < VONK_LENGTH(lengths); l++) {
            for (int way = 0; way < 6; way++) {
                vonk_encoding encoding = (vonk_encoding)(way / 2);
                vonk_arena arena = {0};
                vonk_column col = make_column(&arena, types[t], encoding, lengths[l], way % 2);
                vonk_batch batch = {lengths[l], 1, &col};
                round_trip(&batch, VONK_WIRE_PLAIN);
                vonk_arena_free(&arena);
            }
        }
    }
}

Test(wire_batch, many_columns_and_none_come_back)
{
    vonk_arena arena = {0};
    vonk_column columns[VONK_LENGTH(types)];
    for (size_t t = 0; t < VONK_LENGTH(types); t++)
        columns[t] = make_column(&arena, types[t], VONK_FLAT, 100, true);
    vonk_batch batch = {100, VONK_LENGTH(types), columns};
    round_trip(&batch, VONK_WIRE_PLAIN);
    round_trip(&batch, VONK_WIRE_LZ4);
    batch = (vonk_batch){12345, 0, NULL};
    round_trip(&batch, VONK_WIRE_PLAIN);
    vonk_arena_free(&arena);
}

static size_t encoded_size(const vonk_batch *batch, vonk_wire_compression compression)
{
    vonk_buffer out = {0};
    cr_assert_eq(vonk_wire_put_batch(&out, batch, compression, NULL), VONK_OK);
    size_t size = out.length;
    vonk_buffer_free(&out);
    return size;
}

Test(wire_batch, compression_is_used_where_it_pays)
{
    vonk_arena arena = {0};
    vonk_column noise = make_column(&arena, "bigint", VONK_FLAT, 5000, false), zeros = noise;
    zeros.values = vonk_arena_zalloc(&arena, 5000 * 8, NULL);
    vonk_batch hard = {5000, 1, &noise}, easy = {5000, 1, &zeros};
    cr_assert_eq(encoded_size(&hard, VONK_WIRE_LZ4), encoded_size(&hard, VONK_WIRE_PLAIN));
    cr_assert_lt(encoded_size(&easy, VONK_WIRE_LZ4), 1000);
    round_trip(&hard, VONK_WIRE_LZ4);
    round_trip(&easy, VONK_WIRE_LZ4);
    vonk_arena_free(&arena);
}

Test(wire_batch, a_dictionary_larger_than_its_rows_is_flattened)
{
    vonk_arena arena = {0};
    vonk_column col = make_column(&arena, "string", VONK_DICTIONARY, 2000, true), few;
    cr_assert_eq(vonk_column_slice(&arena, &col, 3, 2, &few, NULL), VONK_OK);
    few.n_dictionary = col.n_dictionary;
    vonk_batch batch = {2, 1, &few};
    cr_assert_lt(encoded_size(&batch, VONK_WIRE_PLAIN), 300);
    round_trip(&batch, VONK_WIRE_PLAIN);
    vonk_arena_free(&arena);
}

/* ---- broken ---- */

static vonk_status decode(const char *data, size_t length, vonk_error *err)
{
    vonk_budget budget = {.limit = 4 << 20};
    vonk_arena arena = {.budget = &budget};
    vonk_batch batch;
    char *exact = malloc(length ? length : 1);
    memcpy(exact, data, length);
    vonk_wire_reader in = vonk_wire_reader_of((vonk_slice){exact, length}, &arena, err);
    vonk_status status = vonk_wire_batch(&in, &batch);
    if (status == VONK_OK)
        cr_assert_leq(vonk_batch_bytes(&batch), 64 << 20); /* reads all that it says it has */
    free(exact);
    vonk_arena_free(&arena);
    return status;
}

static void make_sample(vonk_buffer *out, vonk_wire_compression compression)
{
    vonk_arena arena = {0};
    vonk_column columns[] = {
        make_column(&arena, "string", VONK_FLAT, 9, true),
        make_column(&arena, "int", VONK_CONSTANT, 9, true),
        make_column(&arena, "boolean", VONK_FLAT, 9, true),
        make_column(&arena, "map<string,array<double>>", VONK_FLAT, 9, true),
        make_column(&arena, "struct<a:int,b:struct<c:string>>", VONK_FLAT, 9, false)};
    vonk_string words[] = {vonk_string_of("a", 1), vonk_string_of("bb", 2)};
    uint32_t codes[] = {0, 1, 1, 0, 0, 0, 1, 0, 1};
    vonk_column dictionary = {.type = VONK_TYPE(STRING),
                              .encoding = VONK_DICTIONARY,
                              .length = 9,
                              .n_dictionary = 2,
                              .values = words,
                              .codes = codes};
    columns[1] = dictionary;
    vonk_batch batch = {9, VONK_LENGTH(columns), columns};
    cr_assert_eq(vonk_wire_put_batch(out, &batch, compression, NULL), VONK_OK);
    vonk_arena_free(&arena);
}

Test(wire_batch, cut_anywhere_it_is_refused)
{
    for (int c = VONK_WIRE_PLAIN; c <= VONK_WIRE_LZ4; c++) {
        vonk_buffer out = {0};
        vonk_error err = {0};
        make_sample(&out, (vonk_wire_compression)c);
        for (size_t length = 0; length < out.length; length++)
            cr_assert_eq(decode(out.data, length, &err), VONK_CORRUPT, "%zu", length);
        cr_assert_eq(decode(out.data, out.length, &err), VONK_OK);
        vonk_buffer_free(&out);
    }
}

Test(wire_batch, flipped_bits_do_no_harm, .timeout = 60)
{
    for (int c = VONK_WIRE_PLAIN; c <= VONK_WIRE_LZ4; c++) {
        vonk_buffer out = {0};
        vonk_error err = {0};
        make_sample(&out, (vonk_wire_compression)c);
        for (size_t bit = 0; bit < out.length * 8; bit++) {
            out.data[bit / 8] ^= (char)(1 << bit % 8);
            vonk_status status = decode(out.data, out.length, &err);
            cr_assert(status == VONK_OK || status == VONK_CORRUPT, "bit %zu: %s", bit, err.message);
            out.data[bit / 8] ^= (char)(1 << bit % 8);
        }
        vonk_buffer_free(&out);
    }
}

Test(wire_batch, what_it_says_of_itself_is_not_believed)
{
    vonk_error err = {0};
    static const unsigned char huge[] = {'V', 'K', 'B', '1', 1, 255, 255, 255, 15,
                                         4,   0,   0,   0,   9, 9,   9,   9};
    cr_assert_eq(decode((const char *)huge, sizeof huge, &err), VONK_CORRUPT);
    cr_assert(strstr(err.message, "cannot become"), "%s", err.message);
    static const unsigned char other[] = {'V', 'K', 'B', '2', 0, 0, 0, 0, 0, 0, 0, 0, 0};
    cr_assert_eq(decode((const char *)other, sizeof other, &err), VONK_CORRUPT);
    cr_assert(strstr(err.message, "VKB1"), "%s", err.message);
}
