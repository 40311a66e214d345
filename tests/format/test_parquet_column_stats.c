/* test_parquet_column_stats.c - what footers say of columns, sound and odd ones. */
#include "format/parquet/column_stats.h"

#include <math.h>

#include "parquet_support.h"

enum { MAX_GROUPS = 8 };

/* A footer of one column, made by hand. */
typedef struct footer {
    vonk_pq_file file;
    vonk_pq_element element;
    vonk_pq_field field;
    vonk_pq_group groups[MAX_GROUPS];
    vonk_pq_column columns[MAX_GROUPS];
} footer;

static footer footer_of(vonk_pq_element element)
{
    footer f = {.element = element};
    f.element.repetition = VONK_PQ_OPTIONAL;
    f.field = (vonk_pq_field){.name = "x", .flat = true};
    f.file.meta.has_orders = true;
    return f;
}

/* A row group whose chunk has no dictionary; null_count -1: not said. */
static vonk_pq_column *add_group(footer *f, int64_t n_rows, vonk_slice min, vonk_slice max,
                                 int64_t null_count)
{
    uint32_t n = f->file.meta.n_groups++;
    cr_assert_lt(n, MAX_GROUPS);
    f->groups[n] = (vonk_pq_group){1, &f->columns[n], n_rows};
    f->columns[n] = (vonk_pq_column){.physical = f->element.physical,
                                     .n_values = n_rows,
                                     .data_offset = 4,
                                     .uncompressed = n_rows * 8,
                                     .dictionary_offset = -1,
                                     .stats = {.min = min,
                                               .max = max,
                                               .has_min = min.data,
                                               .has_max = max.data,
                                               .null_count = null_count}};
    return &f->columns[n];
}

static vonk_slice of_int64(const int64_t *value)
{
    return (vonk_slice){(const char *)value, sizeof(*value)};
}

static vonk_column_stats stats_of(footer *f, vonk_type type)
{
    vonk_field field = {"x", type, true};
    vonk_schema schema = {1, &field};
    vonk_pq_column_sum sum = {0};
    f->file.meta.elements = &f->element;
    f->file.meta.groups = f->groups;
    f->file.fields = &f->field;
    f->file.n_fields = 1;
    vonk_pq_column_sums_add(&sum, &schema, &f->file);
    vonk_column_stats stats = vonk_pq_column_stats(&sum, type);
    cr_expect(isfinite(stats.min) && isfinite(stats.max) && isfinite(stats.distinct));
    cr_expect(stats.null_share >= 0 && stats.null_share <= 1);
    return stats;
}

static const vonk_pq_element int64 = {.physical = VONK_PQ_INT64};

Test(parquet_column_stats, ranges_and_nulls_of_row_groups_add_up)
{
    int64_t low[] = {10, 1000}, high[] = {500, 2009};
    footer f = footer_of(int64);
    add_group(&f, 300, of_int64(&low[0]), of_int64(&high[0]), 100);
    add_group(&f, 700, of_int64(&low[1]), of_int64(&high[1]), 0);
    vonk_column_stats stats = stats_of(&f, VONK_TYPE(INT64));
    cr_expect(stats.has_range && stats.min == 10 && stats.max == 2009 && stats.step == 1);
    cr_expect(stats.has_nulls);
    cr_expect_float_eq(stats.null_share, 0.1, 1e-9);
    cr_expect_eq(stats.distinct, 900, "no dictionary: a key of %g", stats.distinct);
}

Test(parquet_column_stats, values_are_no_more_than_the_range_has)
{
    int64_t low = 1, high = 25;
    footer f = footer_of(int64);
    add_group(&f, 1000, of_int64(&low), of_int64(&high), 0);
    cr_expect_eq(stats_of(&f, VONK_TYPE(INT64)).distinct, 25);
}

Test(parquet_column_stats, dictionaries_count_values)
{
    int64_t low = 0, high = 1000000;
    footer f = footer_of(int64);
    for (int i = 0; i < 4; i++) { /* each over the whole range: samples of the same values */
        vonk_pq_column *c = add_group(&f, 100000, of_int64(&low), of_int64(&high), 0);
        c->all_dictionary = true;
        c->dictionary_offset = 4;
        c->data_offset = 4 + 8 * 500 + 20;
        c->uncompressed = 8 * 500 + 100000 * 9 / 8;
    }
    double distinct = stats_of(&f, VONK_TYPE(INT64)).distinct;
    cr_expect(distinct > 400 && distinct < 700, "%g", distinct);
}

Test(parquet_column_stats, the_writers_count_is_taken)
{
    int64_t low = 0, high = 1000000;
    footer f = footer_of(int64);
    add_group(&f, 5000, of_int64(&low), of_int64(&high), 0)->stats.distinct_count = 40;
    cr_expect_eq(stats_of(&f, VONK_TYPE(INT64)).distinct, 40);
    f.columns[0].stats.distinct_count = INT64_MAX; /* more than there are rows */
    cr_expect_eq(stats_of(&f, VONK_TYPE(INT64)).distinct, 5000);
    f.columns[0].stats.distinct_count = INT64_MIN;
    cr_expect_eq(stats_of(&f, VONK_TYPE(INT64)).distinct, 5000);
}

Test(parquet_column_stats, nothing_but_nulls_has_no_range)
{
    footer f = footer_of(int64);
    add_group(&f, 100, (vonk_slice){0}, (vonk_slice){0}, 100);
    vonk_column_stats stats = stats_of(&f, VONK_TYPE(INT64));
    cr_expect(!stats.has_range && stats.has_nulls && stats.null_share == 1 && stats.distinct == 0);
    int64_t low = 3, high = 4; /* beside such a row group another one is known still */
    add_group(&f, 100, of_int64(&low), of_int64(&high), 0);
    stats = stats_of(&f, VONK_TYPE(INT64));
    cr_expect(stats.has_range && stats.min == 3 && stats.max == 4 && stats.null_share == 0.5);
}

Test(parquet_column_stats, no_rows_say_nothing)
{
    footer f = footer_of(int64);
    vonk_column_stats stats = stats_of(&f, VONK_TYPE(INT64));
    cr_expect(!stats.has_range && !stats.has_nulls && stats.distinct == 0);
    add_group(&f, 0, (vonk_slice){0}, (vonk_slice){0}, 0);
    stats = stats_of(&f, VONK_TYPE(INT64));
    cr_expect(!stats.has_range && !stats.has_nulls && stats.distinct == 0);
}

Test(parquet_column_stats, what_one_row_group_lacks_is_unknown_of_all)
{
    int64_t low = 1, high = 9;
    footer f = footer_of(int64);
    add_group(&f, 100, of_int64(&low), of_int64(&high), 0);
    add_group(&f, 100, (vonk_slice){0}, of_int64(&high), -1);
    vonk_column_stats stats = stats_of(&f, VONK_TYPE(INT64));
    cr_expect(!stats.has_range && !stats.has_nulls);
}

Test(parquet_column_stats, wrong_ones_are_not_taken)
{
    int64_t low = 9, high = 1;
    footer f = footer_of(int64);
    add_group(&f, 100, of_int64(&low), of_int64(&high), 1000000);
    vonk_column_stats stats = stats_of(&f, VONK_TYPE(INT64));
    cr_expect_not(stats.has_range, "the least is above the greatest");
    f.columns[0].stats.min.length = 3;
    f.columns[0].stats.null_count = INT64_MIN;
    f.columns[0].uncompressed = INT64_MIN;
    f.columns[0].all_dictionary = true;
    f.columns[0].dictionary_offset = 4;
    f.columns[0].data_offset = INT64_MAX;
    stats = stats_of(&f, VONK_TYPE(INT64));
    cr_expect_not(stats.has_range, "a number of three bytes");
    cr_expect(stats.distinct <= 100);
}

Test(parquet_column_stats, the_widest_range_is_one)
{
    int64_t low = INT64_MIN, high = INT64_MAX;
    footer f = footer_of(int64);
    add_group(&f, 100, of_int64(&low), of_int64(&high), 0);
    vonk_column_stats stats = stats_of(&f, VONK_TYPE(INT64));
    cr_expect(stats.has_range && stats.distinct == 100);
}

Test(parquet_column_stats, numbers_of_floating_point_have_no_range)
{
    double low = NAN, high = 5; /* NaN is above all, and in no statistics */
    footer f = footer_of((vonk_pq_element){.physical = VONK_PQ_DOUBLE});
    add_group(&f, 100, (vonk_slice){(const char *)&low, 8}, (vonk_slice){(const char *)&high, 8},
              0);
    cr_expect_not(stats_of(&f, VONK_TYPE(FLOAT64)).has_range);
    low = -INFINITY;
    cr_expect_not(stats_of(&f, VONK_TYPE(FLOAT64)).has_range);
}

Test(parquet_column_stats, unsigned_numbers_in_the_order_of_signed_ones_are_not_taken)
{
    uint32_t low = 5, high = UINT32_MAX;
    footer f = footer_of(
        (vonk_pq_element){.physical = VONK_PQ_INT32, .logical = VONK_PQ_L_INTEGER, .bits = 32});
    vonk_pq_column *c = add_group(&f, 100, (vonk_slice){(const char *)&low, 4},
                                  (vonk_slice){(const char *)&high, 4}, 0);
    vonk_column_stats stats = stats_of(&f, VONK_TYPE(INT64));
    cr_expect(stats.has_range && stats.max == UINT32_MAX);
    c->stats.deprecated = true;
    cr_expect_not(stats_of(&f, VONK_TYPE(INT64)).has_range);
}

Test(parquet_column_stats, int96_has_no_order)
{
    static const char bytes[12] = {1};
    footer f = footer_of((vonk_pq_element){.physical = VONK_PQ_INT96});
    add_group(&f, 100, (vonk_slice){bytes, 12}, (vonk_slice){bytes, 12}, 0);
    cr_expect_not(stats_of(&f, VONK_TYPE(TIMESTAMP)).has_range);
}

Test(parquet_column_stats, texts_have_values_but_no_range)
{
    vonk_slice low = vonk_slice_of("item 1"), high = vonk_slice_of("item 9\xff"); /* cut short */
    footer f =
        footer_of((vonk_pq_element){.physical = VONK_PQ_BYTE_ARRAY, .logical = VONK_PQ_L_STRING});
    vonk_pq_column *c = add_group(&f, 10000, low, high, 0);
    c->all_dictionary = true;
    c->dictionary_offset = 4;
    c->data_offset = 4 + 60 * 10 + 16;
    c->uncompressed = 60 * 10 + 10000 * 6 / 8;
    vonk_column_stats stats = stats_of(&f, VONK_TYPE(STRING));
    cr_expect_not(stats.has_range);
    cr_expect(stats.distinct > 30 && stats.distinct < 120, "%g", stats.distinct);
    c->dictionary_offset = -1; /* no dictionary was made: who knows */
    cr_expect_eq(stats_of(&f, VONK_TYPE(STRING)).distinct, 0);
}

Test(parquet_column_stats, a_column_of_another_type_or_name_is_unknown)
{
    int64_t low = 1, high = 9;
    footer f = footer_of(int64);
    add_group(&f, 100, of_int64(&low), of_int64(&high), 0);
    cr_expect_not(stats_of(&f, VONK_TYPE(BOOL)).has_range, "it cannot be read as one");
    f.field.name = "y";
    cr_expect_not(stats_of(&f, VONK_TYPE(INT64)).has_range);
}

Test(parquet_column_stats, files_give_them_with_the_schema)
{
    pq_test t = {0};
    pq_infer(&t, pq_golden(&t, "types_plain.parquet"));
    cr_assert_not_null(t.stats);
    uint32_t n_known = 0;
    for (uint32_t i = 0; i < t.schema.n_fields; i++)
        n_known += t.stats[i].has_range;
    cr_expect_gt(n_known, 3);
    pq_infer(&t, pq_golden(&t, "int96.parquet"));
    for (uint32_t i = 0; i < t.schema.n_fields; i++)
        cr_expect(!t.stats[i].has_range || t.schema.fields[i].type.id != VONK_TIMESTAMP);
    pq_infer(&t, pq_golden(&t, "empty.parquet"));
    for (uint32_t i = 0; i < t.schema.n_fields; i++)
        cr_expect(!t.stats[i].has_range && t.stats[i].distinct == 0);
    vonk_arena_free(&t.arena);
}
