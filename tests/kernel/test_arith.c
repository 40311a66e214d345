#include "kernel/decimal.h"
#include "kernel/kernel.h"
#include "support/columns.h"

static const vonk_arith_op ops[] = {VONK_ADD, VONK_SUB, VONK_MUL, VONK_DIV, VONK_IDIV, VONK_MOD};

typedef enum fault { FINE, OVERFLOW, BY_ZERO } fault;

/* What row-by-row arithmetic says, exactly. */
typedef struct due {
    fault fault;
    vonk_int128 integer; /* integers: not yet wrapped */
    double floating;
} due;

static due integer_due(vonk_arith_op op, vonk_type type, vonk_int128 x, vonk_int128 y)
{
    vonk_int128 most = ((vonk_int128)1 << (8 * vonk_type_width(type) - 1)) - 1, r = 0;
    if (op >= VONK_DIV && y == 0)
        return (due){.fault = BY_ZERO};
    switch (op) {
    case VONK_ADD:
        r = x + y;
        break;
    case VONK_SUB:
        r = x - y;
        break;
    case VONK_MUL:
        r = x * y;
        break;
    case VONK_MOD:
        r = x % y;
        break;
    default:
        r = x / y;
        break;
    }
    return (due){.fault = r > most || r < -most - 1 ? OVERFLOW : FINE, .integer = r};
}

static due floating_due(vonk_arith_op op, vonk_type type, double x, double y)
{
    bool narrow = type.id == VONK_FLOAT32;
    if (op >= VONK_DIV && y == 0)
        return (due){.fault = BY_ZERO};
    double r = op == VONK_ADD   ? x + y
               : op == VONK_SUB ? x - y
               : op == VONK_MUL ? x * y
               : op == VONK_DIV ? x / y
                                : fmod(x, y);
    return (due){.floating = narrow ? (double)(float)r : r};
}

static due decimal_due(vonk_arith_op op, vonk_type result, const vonk_column *a,
                       const vonk_column *b, uint32_t row)
{
    vonk_int128 x = test_integer(a, row), y = test_integer(b, row), r = 0;
    unsigned sa = a->type.scale, sb = b->type.scale;
    vonk_decimal_result got = VONK_DECIMAL_OK;
    int64_t whole = 0;
    int digits = a->type.precision - a->type.scale + b->type.scale;
    if (op == VONK_ADD)
        got = vonk_decimal_add(x, sa, y, sb, result, &r);
    else if (op == VONK_SUB)
        got = vonk_decimal_sub(x, sa, y, sb, result, &r);
    else if (op == VONK_MUL)
        got = vonk_decimal_mul(x, sa, y, sb, result, &r);
    else if (op == VONK_DIV)
        got = vonk_decimal_div(x, sa, y, sb, result, &r);
    else if (op == VONK_MOD)
        got = vonk_decimal_mod(x, sa, y, sb, result, &r);
    else
        got = vonk_decimal_idiv(x, sa, y, sb,
                                (unsigned)(digits < 1    ? 1
                                           : digits > 38 ? 38
                                                         : digits),
                                &whole);
    if (got == VONK_DECIMAL_BY_ZERO)
        return (due){.fault = BY_ZERO};
    return (due){.fault = got == VONK_DECIMAL_OK ? FINE : OVERFLOW,
                 .integer = op == VONK_IDIV ? whole : r};
}

static due row_due(vonk_arith_op op, vonk_type result, const vonk_column *a, const vonk_column *b,
                   uint32_t row)
{
    if (a->type.id == VONK_DECIMAL)
        return decimal_due(op, result, a, b, row);
    if (test_is_floating(a->type))
        return floating_due(op, result, test_double(a, row), test_double(b, row));
    return integer_due(op, result, test_integer(a, row), test_integer(b, row));
}

static void check_value(const due *d, const vonk_column *got, uint32_t row)
{
    if (test_is_floating(got->type)) {
        double x = test_double(got, row);
        cr_assert(x == d->floating || (isnan(x) && isnan(d->floating)));
        return;
    }
    vonk_int128 wrapped = d->integer;
    unsigned unused = (unsigned)(128 - 8 * vonk_type_width(got->type));
    wrapped = (vonk_int128)((vonk_uint128)wrapped << unused) >> unused;
    cr_assert(test_integer(got, row) == wrapped, "row %u", row);
}

/* Without ANSI: integers wrap (but for division by zero), everything else at fault is null. */
static void check_lenient(vonk_arith_op op, const vonk_column *a, const vonk_column *b,
                          const vonk_column *got)
{
    for (uint32_t row = 0; row < got->length; row++) {
        if (!vonk_column_is_valid(a, row) || !vonk_column_is_valid(b, row)) {
            cr_assert_not(vonk_column_is_valid(got, row));
            continue;
        }
        due d = row_due(op, got->type, a, b, row);
        bool wraps = d.fault == OVERFLOW && a->type.id != VONK_DECIMAL;
        cr_assert_eq(vonk_column_is_valid(got, row), d.fault == FINE || wraps, "op %d row %u",
                     (int)op, row);
        if (d.fault == FINE || wraps)
            check_value(&d, got, row);
    }
}

static void compute(vonk_arith_op op, vonk_type result, const vonk_column *a, const vonk_column *b)
{
    vonk_arena arena = {0};
    vonk_column got;
    vonk_error err;
    fault first = FINE;
    cr_assert_eq(vonk_arith(&arena, op, false, result, a, b, &got, NULL), VONK_OK);
    cr_assert(vonk_type_equal(got.type, result));
    cr_assert_eq(got.length, a->length);
    check_lenient(op, a, b, &got);
    for (uint32_t row = 0; row < a->length && first == FINE; row++)
        if (vonk_column_is_valid(a, row) && vonk_column_is_valid(b, row))
            first = row_due(op, result, a, b, row).fault;
    vonk_status status = vonk_arith(&arena, op, true, result, a, b, &got, &err);
    cr_assert_eq(status, first == FINE ? VONK_OK : VONK_USER, "op %d of %s and %s", (int)op,
                 vonk_type_sql_name(a->type), vonk_type_sql_name(b->type));
    if (first == FINE)
        check_lenient(op, a, b, &got);
    else if (first == BY_ZERO)
        cr_assert_str_eq(err.condition, op == VONK_MOD ? "REMAINDER_BY_ZERO" : "DIVIDE_BY_ZERO");
    vonk_arena_free(&arena);
}

/* Spark's type of the result of a decimal operation. */
static vonk_type decimal_result(vonk_arith_op op, vonk_type a, vonk_type b)
{
    int whole_a = a.precision - a.scale, whole_b = b.precision - b.scale;
    int scale = a.scale > b.scale ? a.scale : b.scale, whole;
    switch (op) {
    case VONK_ADD:
    case VONK_SUB:
        whole = (whole_a > whole_b ? whole_a : whole_b) + 1;
        break;
    case VONK_MUL:
        scale = a.scale + b.scale;
        whole = a.precision + b.precision + 1 - scale;
        break;
    case VONK_DIV:
        scale = a.scale + b.precision + 1 > 6 ? a.scale + b.precision + 1 : 6;
        whole = whole_a + b.scale;
        break;
    case VONK_MOD:
        whole = whole_a < whole_b ? whole_a : whole_b;
        break;
    default:
        return VONK_TYPE(INT64);
    }
    if (whole + scale > 38) {
        int least = scale < 6 ? scale : 6;
        scale = 38 - whole > least ? 38 - whole : least;
        whole = 38 - scale;
    }
    int precision = whole + scale < 1 ? 1 : whole + scale;
    return VONK_TYPE_DECIMAL((uint8_t)precision, (uint8_t)scale);
}

/* Values of up to `digits` digits, so that most do not overflow. */
static void put_decimals(vonk_column *col, unsigned digits)
{
    uint32_t stored = col->encoding == VONK_FLAT ? col->length : 1;
    if (col->encoding == VONK_DICTIONARY)
        stored = col->n_dictionary;
    for (uint32_t i = 0; i < stored; i++) {
        vonk_int128 v = (vonk_int128)((vonk_uint128)test_random() << 63 | test_random());
        v %= vonk_pow10[1 + test_random() % digits];
        v = test_random() % 2 ? v : -v;
        if (col->type.precision <= VONK_MAX_NARROW_PRECISION)
            ((int64_t *)col->values)[i] = (int64_t)v;
        else
            ((vonk_int128 *)col->values)[i] = v;
    }
}

static bool has_op(vonk_arith_op op, vonk_type type)
{
    if (op == VONK_DIV)
        return test_is_floating(type);
    return op != VONK_IDIV || type.id == VONK_INT64;
}

Test(arith, numbers_agree_with_rows)
{
    static const vonk_type types[] = {{.id = VONK_INT8},    {.id = VONK_INT16},
                                      {.id = VONK_INT32},   {.id = VONK_INT64},
                                      {.id = VONK_FLOAT32}, {.id = VONK_FLOAT64}};
    vonk_arena arena = {0};
    for (size_t t = 0; t < VONK_LENGTH(types); t++)
        for (size_t l = 0; l < N_EDGE_LENGTHS; l++)
            for (int i = 0; i < 36; i++) {
                uint32_t n = edge_lengths[l];
                vonk_column a = test_column(&arena, types[t], n, i & 1, encodings[i / 4 % 3]);
                vonk_column b = test_column(&arena, types[t], n, i & 2, encodings[i / 12]);
                for (size_t o = 0; o < VONK_LENGTH(ops); o++)
                    if (has_op(ops[o], types[t]))
                        compute(ops[o], types[t], &a, &b);
                vonk_arena_reset(&arena);
            }
    vonk_arena_free(&arena);
}

Test(arith, decimals_agree_with_rows)
{
    static const uint32_t lengths[] = {1, 64, 100};
    vonk_arena arena = {0};
    for (int round = 0; round < 1500; round++) {
        vonk_type types[2];
        vonk_column cols[2];
        uint32_t n = lengths[round % 3];
        for (int k = 0; k < 2; k++) {
            uint8_t precision = (uint8_t)(1 + test_random() % (round % 2 ? 18 : 38));
            uint8_t scale = (uint8_t)(test_random() % (precision + 1u));
            types[k] = VONK_TYPE_DECIMAL(precision, scale);
            cols[k] = test_column(&arena, VONK_TYPE_DECIMAL(38, 0), n, test_random() % 2,
                                  encodings[test_random() % 3]);
            cols[k].type = types[k];
            put_decimals(&cols[k], precision);
        }
        for (size_t o = 0; o < VONK_LENGTH(ops); o++)
            compute(ops[o], decimal_result(ops[o], types[0], types[1]), &cols[0], &cols[1]);
        vonk_arena_reset(&arena);
    }
    vonk_arena_free(&arena);
}

/* Results whose type is not Spark's for the operation: capped precision and other scales. */
Test(arith, decimals_of_any_result_type_agree_with_rows)
{
    vonk_arena arena = {0};
    for (int round = 0; round < 1000; round++) {
        uint8_t precision = (uint8_t)(1 + test_random() % 38);
        vonk_type result = VONK_TYPE_DECIMAL(precision, (uint8_t)(test_random() % precision));
        vonk_column a = test_column(&arena, VONK_TYPE_DECIMAL(38, 0), 50, false, VONK_FLAT);
        vonk_column b = test_column(&arena, VONK_TYPE_DECIMAL(38, 0), 50, true, VONK_FLAT);
        a.type = VONK_TYPE_DECIMAL((uint8_t)(1 + test_random() % 38), 0);
        b.type = VONK_TYPE_DECIMAL((uint8_t)(1 + test_random() % 38), 1);
        put_decimals(&a, a.type.precision);
        put_decimals(&b, b.type.precision);
        for (size_t o = 0; o < VONK_LENGTH(ops); o++)
            if (ops[o] != VONK_IDIV)
                compute(ops[o], result, &a, &b);
        vonk_arena_reset(&arena);
    }
    vonk_arena_free(&arena);
}

static void fails_with(vonk_arith_op op, vonk_type result, vonk_column a, vonk_column b,
                       const char *condition, const char *message)
{
    vonk_arena arena = {0};
    vonk_error err;
    vonk_column out;
    cr_assert_eq(vonk_arith(&arena, op, true, result, &a, &b, &out, &err), VONK_USER);
    cr_assert_str_eq(err.condition, condition);
    cr_assert_str_eq(err.message, message);
    vonk_arena_free(&arena);
}

#define BYPASS         " If necessary set \"spark.sql.ansi.enabled\" to \"false\" to bypass this error"
#define ONE(t, T, ...) test_values((t), (T[]){__VA_ARGS__}, 1)

/* As PySpark 4.2 says them. */
Test(arith, errors_read_as_in_spark)
{
    vonk_type i8 = VONK_TYPE(INT8), i32 = VONK_TYPE(INT32), i64 = VONK_TYPE(INT64);
    vonk_type d38 = VONK_TYPE_DECIMAL(38, 0), months = VONK_TYPE(INTERVAL_YM);
    vonk_int128 most = vonk_pow10[38] - 1;
    fails_with(VONK_ADD, i8, ONE(i8, int8_t, 127), ONE(i8, int8_t, 1), "BINARY_ARITHMETIC_OVERFLOW",
               "127S + 1S caused overflow. Use `try_add` to ignore overflow problem and return "
               "NULL.");
    fails_with(VONK_MUL, i32, ONE(i32, int32_t, INT32_MAX), ONE(i32, int32_t, 2),
               "ARITHMETIC_OVERFLOW",
               "overflow. Use 'try_multiply' to tolerate overflow and return NULL "
               "instead." BYPASS ".");
    fails_with(VONK_IDIV, i64, ONE(i64, int64_t, INT64_MIN), ONE(i64, int64_t, -1),
               "ARITHMETIC_OVERFLOW",
               "Overflow in integral divide. Use 'try_divide' to tolerate overflow and return NULL "
               "instead." BYPASS ".");
    fails_with(VONK_IDIV, i64, ONE(i64, int64_t, 1), ONE(i64, int64_t, 0), "DIVIDE_BY_ZERO",
               "Division by zero. Use `try_divide` to tolerate divisor being 0 and return NULL "
               "instead." BYPASS ".");
    fails_with(VONK_MOD, i32, ONE(i32, int32_t, 1), ONE(i32, int32_t, 0), "REMAINDER_BY_ZERO",
               "Remainder by zero. Use `try_mod` to tolerate divisor being 0 and return NULL "
               "instead." BYPASS ".");
    fails_with(VONK_SUB, months, ONE(months, int32_t, INT32_MIN), ONE(months, int32_t, 1),
               "INTERVAL_ARITHMETIC_OVERFLOW.WITH_SUGGESTION",
               "Integer overflow while operating with intervals. Use `try_subtract` to tolerate "
               "overflow and return NULL instead.");
    fails_with(
        VONK_MUL, d38, ONE(d38, vonk_int128, most), ONE(d38, vonk_int128, 2),
        "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION",
        " 199999999999999999999999999999999999998 cannot be represented as Decimal(38, 0)." BYPASS
        ", and return NULL instead.");
}

Test(arith, decimal_overflow_shows_the_exact_value)
{
    vonk_type a = VONK_TYPE_DECIMAL(38, 5), b = VONK_TYPE_DECIMAL(38, 18);
    vonk_int128 x = vonk_pow10[38] - vonk_pow10[5]; /* 999999999999999999999999999999999 */
    vonk_int128 y = 15 * vonk_pow10[17];            /* 1.5 */
    fails_with(VONK_ADD, VONK_TYPE_DECIMAL(38, 6), ONE(a, vonk_int128, x), ONE(b, vonk_int128, y),
               "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION",
               " 1000000000000000000000000000000000.500000000000000000 cannot be represented as "
               "Decimal(38, 6)." BYPASS ", and return NULL instead.");
    vonk_type c = VONK_TYPE_DECIMAL(38, 0), d = VONK_TYPE_DECIMAL(38, 10);
    fails_with(VONK_IDIV, VONK_TYPE(INT64), ONE(c, vonk_int128, vonk_pow10[38] - 1),
               ONE(d, vonk_int128, 1), "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION",
               " 999999999999999999999999999999999999990000000000 cannot be represented as "
               "Decimal(38, 0)." BYPASS ", and return NULL instead.");
    fails_with(
        VONK_DIV, VONK_TYPE_DECIMAL(38, 6), ONE(c, vonk_int128, vonk_pow10[38] - 1),
        ONE(d, vonk_int128, 1), "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION",
        " 999999999999999999999999999999999999990000000000."
        "000000000000000000000000000000000000000 cannot be represented as Decimal(38, 6)." BYPASS
        ", and return NULL instead.");
}

Test(arith, ignores_faults_under_null)
{
    vonk_arena arena = {0};
    uint64_t not_row_2 = 3;
    int32_t x[] = {1, 2, INT32_MAX}, y[] = {1, 1, 1}, z[] = {1, 1, 0};
    vonk_column a = test_values(VONK_TYPE(INT32), x, 3), out;
    vonk_column b = test_values(VONK_TYPE(INT32), y, 3), c = test_values(VONK_TYPE(INT32), z, 3);
    a.validity = &not_row_2;
    cr_assert_eq(vonk_arith(&arena, VONK_ADD, true, a.type, &a, &b, &out, NULL), VONK_OK);
    cr_assert_not(vonk_column_is_valid(&out, 2));
    cr_assert_eq(vonk_arith(&arena, VONK_MOD, true, a.type, &a, &c, &out, NULL), VONK_OK);
    cr_assert_not(vonk_column_is_valid(&out, 2));
    vonk_arena_free(&arena);
}

Test(arith, never_changes_an_operand_s_bitmap)
{
    vonk_arena arena = {0};
    uint64_t bits = 7;
    int64_t x[] = {1, 2, 3}, y[] = {1, 0, 1};
    vonk_column a = test_values(VONK_TYPE(INT64), x, 3), b = test_values(a.type, y, 3), out;
    a.validity = &bits;
    cr_assert_eq(vonk_arith(&arena, VONK_IDIV, false, a.type, &a, &b, &out, NULL), VONK_OK);
    cr_assert_not(vonk_column_is_valid(&out, 1));
    cr_assert_eq(bits, 7);
    vonk_arena_free(&arena);
}

Test(arith, rejects_types_that_do_not_fit)
{
    vonk_arena arena = {0};
    vonk_column a = test_column(&arena, VONK_TYPE(INT32), 3, false, VONK_FLAT), out;
    vonk_column b = test_column(&arena, VONK_TYPE(INT64), 3, false, VONK_FLAT);
    vonk_column s = test_column(&arena, VONK_TYPE(STRING), 3, false, VONK_FLAT);
    cr_assert_eq(vonk_arith(&arena, VONK_ADD, true, a.type, &a, &b, &out, NULL), VONK_INVALID);
    cr_assert_eq(vonk_arith(&arena, VONK_DIV, true, a.type, &a, &a, &out, NULL), VONK_INVALID);
    cr_assert_eq(vonk_arith(&arena, VONK_ADD, true, s.type, &s, &s, &out, NULL), VONK_INVALID);
    vonk_arena_free(&arena);
}
