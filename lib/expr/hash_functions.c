/* hash_functions.c - hash (Murmur3) and xxhash64 of any values. */
#include <math.h>
#include <string.h>
#include <xxhash.h>

#include "expr/eval.h"
#include "expr/function_list.h"
#include "expr/hash_value.h"
#include "expr/operand.h"

#define SEED 42

/* Source: Spark's Murmur3_x86_32, which differs from the original in a string's last bytes. */

static uint32_t mix_k(uint32_t k)
{
    k *= 0xcc9e2d51u;
    k = k << 15 | k >> 17;
    return k * 0x1b873593u;
}

static uint32_t mix_h(uint32_t h, uint32_t k)
{
    h ^= k;
    h = h << 13 | h >> 19;
    return h * 5 + 0xe6546b64u;
}

static uint32_t finish(uint32_t h, uint32_t length)
{
    h ^= length;
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    return h ^ h >> 16;
}

/* `settings`: whose cancelling ends the hashing of a long value early; or NULL. */
typedef uint64_t hash_fn(const char *p, size_t n, uint64_t seed,
                         const vonk_eval_settings *settings);

static uint64_t murmur3(const char *p, size_t n, uint64_t seed, const vonk_eval_settings *settings)
{
    uint32_t h = (uint32_t)seed, word;
    size_t i = 0;
    for (size_t end; i + 4 <= n;) {
        if (i && settings && vonk_eval_stops(settings))
            return 0;
        end = n - i < VONK_EVAL_PIECE ? n : i + VONK_EVAL_PIECE;
        for (; i + 4 <= end; i += 4) {
            memcpy(&word, p + i, 4);
            h = mix_h(h, mix_k(word));
        }
    }
    for (; i < n; i++)
        h = mix_h(h, mix_k((uint32_t)(int32_t)(signed char)p[i]));
    return finish(h, (uint32_t)n);
}

static uint64_t xxhash64(const char *p, size_t n, uint64_t seed, const vonk_eval_settings *settings)
{
    (void)settings; /* a gigabyte takes less than a tenth of a second */
    return XXH64(p, n, seed);
}

/* As Java's BigInteger.toByteArray: big-endian, as short as its sign allows. */
static uint64_t hash_wide_decimal(vonk_int128 value, uint64_t seed, hash_fn *hash)
{
    int8_t bytes[16]; /* plain char has no sign on ARM */
    int n = 0;
    unsigned __int128 bits = (unsigned __int128)value;
    for (int i = 15; i >= 0; i--)
        bytes[n++] = (int8_t)(bits >> (i * 8));
    int start = 0;
    while (start < 15 && ((bytes[start] == 0 && bytes[start + 1] >= 0) ||
                          (bytes[start] == -1 && bytes[start + 1] < 0)))
        start++;
    return hash((const char *)bytes + start, (size_t)(16 - start), seed, NULL);
}

static uint64_t hash_float(double value, bool is_float, uint64_t seed, hash_fn *hash)
{
    if (is_float) {
        float f = value == 0 ? 0.0f : (float)value;
        uint32_t bits = 0x7fc00000u;
        if (!isnan(f))
            memcpy(&bits, &f, 4);
        return hash((const char *)&bits, 4, seed, NULL);
    }
    double d = value == 0 ? 0.0 : value;
    uint64_t bits = UINT64_C(0x7ff8000000000000);
    if (!isnan(d))
        memcpy(&bits, &d, 8);
    return hash((const char *)&bits, 8, seed, NULL);
}

/* Whole numbers have four bytes or eight. */
static uint64_t hash_row(const vonk_column *col, uint32_t row, uint64_t seed, hash_fn *hash,
                         const vonk_eval_settings *settings)
{
    switch (col->type.id) {
    case VONK_BOOL:
    case VONK_INT8:
    case VONK_INT16:
    case VONK_INT32:
    case VONK_DATE:
    case VONK_INTERVAL_YM: {
        uint32_t value = (uint32_t)vonk_whole_at(col, row);
        return hash((const char *)&value, 4, seed, NULL);
    }
    case VONK_FLOAT32:
    case VONK_FLOAT64:
        return hash_float(vonk_number_at(col, row), col->type.id == VONK_FLOAT32, seed, hash);
    case VONK_STRING:
    case VONK_BINARY: {
        const vonk_string *s = vonk_string_at(col, row);
        return hash(vonk_string_data(s), s->length, seed, settings);
    }
    default:
        break;
    }
    bool decimal = col->type.id == VONK_DECIMAL;
    if (decimal && col->type.precision > VONK_MAX_NARROW_PRECISION)
        return hash_wide_decimal(vonk_decimal_at(col, row), seed, hash);
    uint64_t value =
        decimal ? (uint64_t)vonk_decimal_at(col, row) : (uint64_t)vonk_whole_at(col, row);
    return hash((const char *)&value, 8, seed, NULL);
}

void vonk_hash_values(const vonk_column *column, uint32_t start, uint32_t n, uint64_t *ret)
{
    for (uint32_t i = 0; i < n; i++) {
        bool valid = vonk_column_is_valid(column, start + i);
        ret[i] = valid ? hash_row(column, start + i, SEED, xxhash64, NULL) : 0;
    }
}

/* Nulls leave the hash as it was. */
static uint64_t hash_args(const vonk_expr *call, const vonk_column *args, uint32_t row,
                          hash_fn *hash, const vonk_eval_settings *settings)
{
    uint64_t h = SEED;
    for (uint32_t a = 0; a < call->n_args; a++)
        if (vonk_column_is_valid(&args[a], row))
            h = hash_row(&args[a], row, h, hash, settings);
    return h;
}

vonk_status vonk_eval_hash(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                           const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    VONK_TRY(vonk_column_new(ctx->arena, VONK_TYPE(INT32), n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++)
        ((int32_t *)out.values)[i] = (int32_t)hash_args(call, args, i, murmur3, ctx->settings);
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_eval_xxhash64(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                               const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    VONK_TRY(vonk_column_new(ctx->arena, VONK_TYPE(INT64), n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++)
        ((int64_t *)out.values)[i] = (int64_t)hash_args(call, args, i, xxhash64, ctx->settings);
    *ret = out;
    return VONK_OK;
}
