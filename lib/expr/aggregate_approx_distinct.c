/*
 * aggregate_approx_distinct.c - approx_count_distinct(x, relativeSD) by HyperLogLog++.
 *
 * Slot 0 is a sketch: at first a hash table of the registers that are not zero, each as an entry
 * index << 6 | rank, so that groups of few values are small; then, when the registers take no more,
 * all of them, a byte each. State: the entries, or the registers; they are more bytes than any
 * number of entries there may be. Null: no value yet.
 */
#include <string.h>

#include "expr/aggregate_internal.h"
#include "expr/eval.h"
#include "expr/function_list.h"
#include "expr/hash_value.h"
#include "expr/hyperloglog.h"
#include "kernel/decimal.h"

#define FIRST_CAPACITY 8u
#define RANK_BITS      6
#define RANK_MASK      63u
#define HASHES         256u /* made at a time */

typedef struct sketch {
    void *bytes;       /* NULL: no register is set */
    uint32_t n;        /* entries */
    uint32_t capacity; /* of the table of entries, a power of two; 0: bytes are the registers */
} sketch;

static void widths(const vonk_aggregate *agg, size_t ret[VONK_MAX_SLOTS])
{
    (void)agg;
    ret[0] = sizeof(sketch);
}

static void state_types(const vonk_expr *call, vonk_type ret[VONK_MAX_STATES], uint32_t *ret_n)
{
    (void)call;
    ret[0] = VONK_TYPE(BINARY);
    *ret_n = 1;
}

/* As vonk_resolve_approx_distinct() left it. */
static int bits_of(const vonk_expr *call)
{
    if (call->n_args < 2 || call->args[1]->kind != VONK_EXPR_LITERAL)
        return VONK_HLL_DEFAULT_BITS;
    return vonk_hll_bits(call->args[1]->value.f64);
}

/* What comes over the wire may be of any making. */
static vonk_status check_bits(const vonk_aggregate *agg, int bits, vonk_error *err)
{
    if (bits >= VONK_HLL_LEAST_BITS && bits <= VONK_HLL_MOST_BITS)
        return VONK_OK;
    return vonk_fail(err, VONK_INVALID, "a sketch for %s of 2^%d registers", agg->call->name, bits);
}

static void raise_register(uint8_t *registers, uint32_t index, uint8_t rank)
{
    if (registers[index] < rank)
        registers[index] = rank;
}

/* The place of register `index` in the table, or the empty one where it would be. */
static uint32_t *find_entry(const sketch *s, uint32_t index)
{
    uint32_t *entries = s->bytes, mask = s->capacity - 1, at = index & mask;
    while (entries[at] && entries[at] >> RANK_BITS != index)
        at = (at + 1) & mask;
    return &entries[at];
}

/* A larger table, or the registers if they take no more. */
static vonk_status grow(vonk_aggregate *agg, sketch *s, int bits, vonk_error *err)
{
    const uint32_t *old = s->bytes;
    size_t m = (size_t)1 << bits;
    sketch next = {.n = s->n, .capacity = s->capacity ? s->capacity * 2 : FIRST_CAPACITY};
    if (next.capacity * sizeof(uint32_t) >= m)
        next.capacity = 0;
    size_t size = next.capacity ? next.capacity * sizeof(uint32_t) : m;
    next.bytes = vonk_arena_small(agg->arena, size, err);
    VONK_TRY_ALLOC(next.bytes);
    VONK_TRY(vonk_arena_fill(agg->arena, next.bytes, 0, size, err));
    for (uint32_t i = 0; old && i < s->capacity; i++) {
        if (!old[i])
            continue;
        if (next.capacity)
            *find_entry(&next, old[i] >> RANK_BITS) = old[i];
        else
            raise_register(next.bytes, old[i] >> RANK_BITS, (uint8_t)(old[i] & RANK_MASK));
    }
    *s = next;
    return VONK_OK;
}

static vonk_status add(vonk_aggregate *agg, sketch *s, int bits, uint32_t index, uint8_t rank,
                       vonk_error *err)
{
    if (!s->bytes)
        VONK_TRY(grow(agg, s, bits, err));
    while (s->capacity) {
        uint32_t *entry = find_entry(s, index);
        if (*entry || (s->n + 1) * 2 <= s->capacity) {
            uint32_t had = *entry & RANK_MASK;
            s->n += !*entry;
            *entry = index << RANK_BITS | (rank > had ? rank : had);
            return VONK_OK;
        }
        VONK_TRY(grow(agg, s, bits, err));
    }
    raise_register(s->bytes, index, rank);
    return VONK_OK;
}

static vonk_status update(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err)
{
    sketch *sketches = agg->slots[0];
    int bits = bits_of(agg->call);
    uint64_t hashes[HASHES];
    VONK_TRY(check_bits(agg, bits, err));
    for (uint32_t i = 0; i < in->n; i++) {
        if (i % HASHES == 0)
            vonk_hash_values(&in->args[0], i, in->n - i < HASHES ? in->n - i : HASHES, hashes);
        if (!vonk_row_counts(in, i))
            continue;
        uint64_t hash = hashes[i % HASHES];
        VONK_TRY(add(agg, &sketches[vonk_group_of(in, i)], bits, vonk_hll_index(hash, bits),
                     vonk_hll_rank(hash, bits), err));
    }
    return VONK_OK;
}

static vonk_status fail_state(const vonk_aggregate *agg, vonk_error *err)
{
    return vonk_fail(err, VONK_INVALID, "a state of %s is malformed", agg->call->name);
}

static vonk_status merge_entries(vonk_aggregate *agg, sketch *s, int bits, vonk_slice from,
                                 vonk_error *err)
{
    if (from.length % sizeof(uint32_t) != 0)
        return fail_state(agg, err);
    for (size_t at = 0; at < from.length; at += sizeof(uint32_t)) {
        uint32_t entry;
        memcpy(&entry, from.data + at, sizeof entry);
        uint32_t index = entry >> RANK_BITS, rank = entry & RANK_MASK;
        if (index >> bits || !rank || rank > (uint32_t)(65 - bits))
            return fail_state(agg, err);
        VONK_TRY(add(agg, s, bits, index, (uint8_t)rank, err));
    }
    return VONK_OK;
}

static vonk_status merge_registers(vonk_aggregate *agg, sketch *s, int bits, vonk_slice from,
                                   vonk_error *err)
{
    const uint8_t *other = (const uint8_t *)from.data;
    uint8_t most = 0;
    for (size_t i = 0; i < from.length; i++)
        most = most > other[i] ? most : other[i];
    if (most > 65 - bits)
        return fail_state(agg, err);
    do
        VONK_TRY(s->bytes && !s->capacity ? VONK_OK : grow(agg, s, bits, err));
    while (s->capacity);
    uint8_t *registers = s->bytes;
    for (size_t i = 0; i < from.length; i++)
        registers[i] = registers[i] > other[i] ? registers[i] : other[i];
    return VONK_OK;
}

static vonk_status merge(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err)
{
    sketch *sketches = agg->slots[0];
    int bits = bits_of(agg->call);
    VONK_TRY(check_bits(agg, bits, err));
    for (uint32_t i = 0; i < in->n; i++) {
        if (!vonk_column_is_valid(&in->args[0], i))
            continue;
        vonk_slice from = vonk_string_slice((const vonk_string *)in->args[0].values + i);
        sketch *s = &sketches[vonk_group_of(in, i)];
        if (from.length >= (size_t)1 << bits) {
            if (from.length != (size_t)1 << bits)
                return fail_state(agg, err);
            VONK_TRY(merge_registers(agg, s, bits, from, err));
        } else {
            VONK_TRY(merge_entries(agg, s, bits, from, err));
        }
    }
    return VONK_OK;
}

static vonk_status export_entries(const vonk_eval *ctx, const sketch *s, vonk_column *out,
                                  uint32_t row, vonk_error *err)
{
    const uint32_t *entries = s->bytes;
    uint32_t n = 0, *kept = vonk_arena_small(ctx->arena, s->n * sizeof(*kept), err);
    VONK_TRY_ALLOC(kept);
    for (uint32_t i = 0; i < s->capacity; i++) {
        if (entries[i])
            kept[n++] = entries[i];
    }
    vonk_slice bytes = {(const char *)kept, n * sizeof(*kept)};
    return vonk_result_string(ctx, out, row, bytes, err);
}

static vonk_status export(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                          vonk_column *out, vonk_error *err)
{
    const sketch *sketches = agg->slots[0];
    int bits = bits_of(agg->call);
    VONK_TRY(check_bits(agg, bits, err));
    for (uint32_t i = 0; i < out->length; i++) {
        const sketch *s = &sketches[start + i];
        if (!s->bytes)
            VONK_TRY(vonk_result_null(ctx, out, i, err));
        else if (s->capacity)
            VONK_TRY(export_entries(ctx, s, out, i, err));
        else
            VONK_TRY(
                vonk_result_string(ctx, out, i, (vonk_slice){s->bytes, (size_t)1 << bits}, err));
    }
    return VONK_OK;
}

static vonk_status finish(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                          vonk_column *out, vonk_error *err)
{
    const sketch *sketches = agg->slots[0];
    int bits = bits_of(agg->call);
    (void)ctx;
    VONK_TRY(check_bits(agg, bits, err));
    for (uint32_t i = 0; i < out->length; i++) {
        const sketch *s = &sketches[start + i];
        bool all = s->bytes && !s->capacity;
        ((int64_t *)out->values)[i] =
            all ? vonk_hll_estimate(s->bytes, bits) : vonk_hll_estimate_few(s->n, bits);
    }
    return VONK_OK;
}

const vonk_aggregate_family vonk_family_approx_distinct = {.widths = widths,
                                                           .state_types = state_types,
                                                           .update = update,
                                                           .merge = merge,
                                                           .export = export,
                                                           .finish = finish};

static vonk_status fail_build(const vonk_expr *call, vonk_error *err)
{
    vonk_status status = vonk_fail_sql(err, "FAILED_FUNCTION_CALL",
                                       "Failed preparing of the function `%s` for call. Please, "
                                       "double check function's arguments.",
                                       call->name);
    return vonk_error_at(err, status, call->start, call->end);
}

/* Spark has no other name for it. */
static vonk_status fail_not_literal(const vonk_expr *call, vonk_error *err)
{
    vonk_status status = vonk_fail_sql(err, "_LEGACY_ERROR_TEMP_1104",
                                       "The second argument should be a double literal.");
    return vonk_error_at(err, status, call->start, call->end);
}

/* args[1], a literal, becomes one of a double. */
static vonk_status resolve_deviation(vonk_expr *call, vonk_arena *arena, vonk_error *err)
{
    const vonk_expr *arg = call->args[1];
    bool decimal = arg->type.id == VONK_DECIMAL;
    if (arg->kind != VONK_EXPR_LITERAL || arg->value.is_null ||
        (!decimal && arg->type.id != VONK_FLOAT64))
        return fail_not_literal(call, err);
    vonk_value value = {.f64 = decimal ? vonk_decimal_to_double(arg->value.i128, arg->type.scale)
                                       : arg->value.f64};
    int bits = vonk_hll_bits(value.f64);
    if (bits < VONK_HLL_LEAST_BITS)
        return fail_build(call, err);
    if (bits > VONK_HLL_MOST_BITS)
        return vonk_fail(err, VONK_UNSUPPORTED,
                         "%s with a relativeSD of %g, for 2^%d registers, is not built", call->name,
                         value.f64, bits);
    VONK_TRY_ALLOC(call->args[1] = vonk_expr_literal(arena, VONK_TYPE(FLOAT64), value, err));
    return VONK_OK;
}

vonk_status vonk_resolve_approx_distinct(vonk_expr *call, const vonk_eval_settings *settings,
                                         vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                         vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 1, 2, err));
    if (call->n_args == 2)
        VONK_TRY(resolve_deviation(call, arena, err));
    *ret_type = VONK_TYPE(INT64);
    *ret_nullable = false;
    return VONK_OK;
}
