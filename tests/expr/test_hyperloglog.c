/* test_hyperloglog.c - sketches: bits, registers, estimates; states of approx_count_distinct. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "expr/aggregate.h"
#include "expr/hash_value.h"
#include "expr/hyperloglog.h"

static const vonk_eval_settings settings = {.ansi = true, .time_zone = "UTC"};

Test(hyperloglog, bits_are_as_many_as_the_deviation_needs)
{
    static const struct {
        double deviation;
        int bits;
    } cases[] = {{0.05, VONK_HLL_DEFAULT_BITS},
                 {0.39, 4},
                 {0.3911, 3},
                 {0.01, 14},
                 {0.0025, 18},
                 {1.0, 1},
                 {2.0, 0},
                 {0, 64},
                 {-0.05, 0},
                 {NAN, 0},
                 {INFINITY, 0}};
    for (size_t i = 0; i < VONK_LENGTH(cases); i++)
        cr_expect_eq(vonk_hll_bits(cases[i].deviation), cases[i].bits, "%g: %d", cases[i].deviation,
                     vonk_hll_bits(cases[i].deviation));
}

Test(hyperloglog, a_hash_names_a_register_and_how_rare_it_is)
{
    cr_expect_eq(vonk_hll_index(UINT64_C(0x6fffffffffffffff), 4), 6);
    cr_expect_eq(vonk_hll_rank(UINT64_C(0x6fffffffffffffff), 4), 1);
    cr_expect_eq(vonk_hll_rank(UINT64_C(0x60ffffffffffffff), 4), 5);
    cr_expect_eq(vonk_hll_rank(0, 4), 61);
    cr_expect_eq(vonk_hll_rank(1, 4), 60);
    cr_expect_eq(vonk_hll_rank(0, 26), 39);
    cr_expect_eq(vonk_hll_index(UINT64_MAX, 26), (1u << 26) - 1);
}

/* Estimates are near the truth, with every number of bits, from nothing to where bias is none. */
Test(hyperloglog, estimates_are_within_five_deviations)
{
    static uint8_t registers[1 << VONK_HLL_MOST_BITS];
    for (int bits = VONK_HLL_LEAST_BITS; bits <= 20; bits++) {
        double m = (double)(1 << bits), deviation = 1.04 / sqrt(m);
        uint64_t n = 0, last = (uint64_t)(m < 1e5 ? 20 * m : 3 * m);
        memset(registers, 0, (size_t)1 << bits);
        cr_expect_eq(vonk_hll_estimate(registers, bits), 0);
        for (uint64_t look = 1; look <= last; look = look * 3 / 2 + 1) {
            for (; n < look; n++) {
                vonk_value value = {.i64 = (int64_t)n};
                vonk_column col = {.type = VONK_TYPE(INT64),
                                   .encoding = VONK_FLAT,
                                   .length = 1,
                                   .values = &value.i64};
                uint64_t hash;
                vonk_hash_values(&col, 0, 1, &hash);
                uint8_t *r = &registers[vonk_hll_index(hash, bits)];
                uint8_t rank = vonk_hll_rank(hash, bits);
                *r = *r > rank ? *r : rank;
            }
            double off = fabs((double)vonk_hll_estimate(registers, bits) - (double)n);
            cr_expect_leq(off, 1 + 5 * deviation * (double)n, "%d bits, %llu values: off by %g",
                          bits, (unsigned long long)n, off);
        }
    }
}

Test(hyperloglog, few_registers_are_counted_without_looking_at_them)
{
    uint8_t registers[512] = {0};
    for (int n = 0; n <= 64; n++) {
        cr_expect_eq(vonk_hll_estimate(registers, 9), vonk_hll_estimate_few((uint32_t)n, 9));
        registers[n * 7] = (uint8_t)(1 + n % 50);
    }
}

static vonk_expr *call_with(vonk_arena *arena, double deviation)
{
    vonk_expr *args[2] = {
        vonk_expr_input(arena, 0, "x", VONK_TYPE(INT64), true, NULL),
        vonk_expr_literal(arena, VONK_TYPE(FLOAT64), (vonk_value){.f64 = deviation}, NULL)};
    vonk_expr *call = vonk_expr_call(arena, "approx_count_distinct", 2, args, NULL);
    call->function = vonk_function_find(call->name);
    call->type = VONK_TYPE(INT64);
    return call;
}

static vonk_aggregate *new_aggregate(vonk_arena *arena, const vonk_expr *call)
{
    vonk_aggregate *agg = NULL;
    cr_assert_eq(vonk_aggregate_new(arena, call, &settings, &agg, NULL), VONK_OK);
    return agg;
}

static int64_t value_of(vonk_aggregate *agg, vonk_arena *arena, uint32_t group)
{
    vonk_column out;
    cr_assert_eq(vonk_aggregate_finish(agg, arena, group, 1, &out, NULL), VONK_OK);
    return ((int64_t *)out.values)[0];
}

/* Whole numbers from .. to, and their deviation as a constant. */
static void feed(vonk_arena *arena, vonk_aggregate *agg, int64_t from, int64_t to)
{
    uint32_t n = (uint32_t)(to - from);
    vonk_column args[2];
    cr_assert_eq(vonk_column_new(arena, VONK_TYPE(INT64), n, &args[0], NULL), VONK_OK);
    cr_assert_eq(vonk_column_new(arena, VONK_TYPE(FLOAT64), n, &args[1], NULL), VONK_OK);
    for (uint32_t i = 0; i < n; i++)
        ((int64_t *)args[0].values)[i] = from + i;
    cr_assert_eq(vonk_aggregate_update(agg, args, n, NULL, 1, NULL, NULL), VONK_OK);
}

/* Parts of all sizes, so that tables and registers meet in every way. */
Test(approx_count_distinct, parts_merge_to_the_whole)
{
    static const int64_t sizes[] = {0, 1, 5, 31, 33, 200, 5000};
    static const double deviations[] = {0.39, 0.2, 0.05, 0.01};
    for (size_t d = 0; d < VONK_LENGTH(deviations); d++)
        for (size_t a = 0; a < VONK_LENGTH(sizes); a++)
            for (size_t b = 0; b < VONK_LENGTH(sizes); b++) {
                vonk_arena arena = {0};
                vonk_column state;
                vonk_expr *call = call_with(&arena, deviations[d]);
                vonk_aggregate *whole = new_aggregate(&arena, call);
                vonk_aggregate *first = new_aggregate(&arena, call);
                vonk_aggregate *second = new_aggregate(&arena, call);
                feed(&arena, whole, 0, sizes[a] + sizes[b]);
                feed(&arena, first, 0, sizes[a]);
                feed(&arena, second, sizes[a], sizes[a] + sizes[b]);
                cr_assert_eq(vonk_aggregate_export(second, &arena, 0, 1, &state, NULL), VONK_OK);
                cr_assert_eq(vonk_aggregate_merge(first, &state, 1, NULL, 1, NULL), VONK_OK);
                cr_expect_eq(value_of(first, &arena, 0), value_of(whole, &arena, 0),
                             "%g: %lld and %lld", deviations[d], (long long)sizes[a],
                             (long long)sizes[b]);
                vonk_arena_free(&arena);
            }
}

/* A state from elsewhere that no export made. */
static vonk_status merge_bytes(double deviation, const void *bytes, uint32_t n)
{
    vonk_arena arena = {0};
    vonk_column state;
    vonk_aggregate *agg = new_aggregate(&arena, call_with(&arena, deviation));
    cr_assert_eq(vonk_column_new(&arena, VONK_TYPE(BINARY), 1, &state, NULL), VONK_OK);
    *(vonk_string *)state.values = vonk_string_of(bytes, n);
    vonk_status status = vonk_aggregate_merge(agg, &state, 1, NULL, 1, NULL);
    vonk_arena_free(&arena);
    return status;
}

Test(approx_count_distinct, malformed_states_are_refused)
{
    uint8_t registers[1024] = {0};
    const uint32_t good = 511u << 6 | 56, far = 512u << 6 | 1, none = 3u << 6, rare = 3u << 6 | 57;
    cr_expect_eq(merge_bytes(0.05, &good, 4), VONK_OK);
    cr_expect_eq(merge_bytes(0.05, &far, 4), VONK_INVALID);
    cr_expect_eq(merge_bytes(0.05, &none, 4), VONK_INVALID);
    cr_expect_eq(merge_bytes(0.05, &rare, 4), VONK_INVALID);
    cr_expect_eq(merge_bytes(0.05, &good, 3), VONK_INVALID);
    cr_expect_eq(merge_bytes(0.05, registers, 512), VONK_OK);
    cr_expect_eq(merge_bytes(0.05, registers, 513), VONK_INVALID);
    cr_expect_eq(merge_bytes(0.05, registers, 1024), VONK_INVALID);
    registers[511] = 57;
    cr_expect_eq(merge_bytes(0.05, registers, 512), VONK_INVALID);
}

Test(approx_count_distinct, a_deviation_of_no_use_is_refused)
{
    static const uint8_t nothing[4] = {0};
    cr_expect_eq(merge_bytes(0.5, nothing, 4), VONK_INVALID);
    cr_expect_eq(merge_bytes(0.00001, nothing, 4), VONK_INVALID);
    cr_expect_eq(merge_bytes(NAN, nothing, 4), VONK_INVALID);
}
