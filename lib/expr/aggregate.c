/* aggregate.c - finds the family of an aggregate, grows its states, prepares its rows. */
#include "expr/aggregate.h"

#include <string.h>

#include "expr/aggregate_internal.h"

/* Values of `kind` for the families that do several things. */
static const struct {
    const char *name;
    const vonk_aggregate_family *family;
    int kind;
} known[] = {
    {"count", &vonk_family_count, 0},
    {"count_if", &vonk_family_count, 1},
    {"sum", &vonk_family_sum, 0},
    {"try_sum", &vonk_family_try_sum, 0},
    {"try_avg", &vonk_family_average, 1},
    {"avg", &vonk_family_avg, 0},
    {"mean", &vonk_family_avg, 0},
    {"min", &vonk_family_min_max, 0},
    {"max", &vonk_family_min_max, 1},
    {"min_by", &vonk_family_max_by, 0},
    {"max_by", &vonk_family_max_by, 1},
    {"bool_and", &vonk_family_min_max, 0},
    {"every", &vonk_family_min_max, 0},
    {"bool_or", &vonk_family_min_max, 1},
    {"any", &vonk_family_min_max, 1},
    {"some", &vonk_family_min_max, 1},
    {"first", &vonk_family_first, 0},
    {"first_value", &vonk_family_first, 0},
    {"any_value", &vonk_family_first, 0},
    {"last", &vonk_family_first, 1},
    {"last_value", &vonk_family_first, 1},
    {"stddev", &vonk_family_moments, 0},
    {"stddev_samp", &vonk_family_moments, 0},
    {"std", &vonk_family_moments, 0},
    {"stddev_pop", &vonk_family_moments, 1},
    {"variance", &vonk_family_moments, 2},
    {"var_samp", &vonk_family_moments, 2},
    {"var_pop", &vonk_family_moments, 3},
    {"covar_samp", &vonk_family_covar, 4},
    {"covar_pop", &vonk_family_covar, 5},
    {"corr", &vonk_family_regression, VONK_CORR},
    {"regr_avgx", &vonk_family_avg, 0},
    {"regr_avgy", &vonk_family_avg, 0},
    {"regr_count", &vonk_family_count, 0},
    {"regr_intercept", &vonk_family_regression, VONK_REGR_INTERCEPT},
    {"regr_r2", &vonk_family_regression, VONK_REGR_R2},
    {"regr_slope", &vonk_family_regression, VONK_REGR_SLOPE},
    {"regr_sxx", &vonk_family_regression, VONK_REGR_SXX},
    {"regr_sxy", &vonk_family_regression, VONK_REGR_SXY},
    {"regr_syy", &vonk_family_regression, VONK_REGR_SYY},
    {"percentile", &vonk_family_percentile, 0},
    {"percentile_approx", &vonk_family_percentile, 0},
    {"approx_percentile", &vonk_family_percentile, 0},
    {"percentile_cont", &vonk_family_percentile, 0},
    {"percentile_disc", &vonk_family_percentile, 0},
    {"median", &vonk_family_percentile, 0},
    {"mode", &vonk_family_mode, 0},
    {"listagg", &vonk_family_listagg, 0},
    {"string_agg", &vonk_family_listagg, 0},
    {"approx_count_distinct", &vonk_family_approx_distinct, 0},
    {"bit_and", &vonk_family_bits, 0},
    {"bit_or", &vonk_family_bits, 1},
    {"bit_xor", &vonk_family_bits, 2},
};

static bool is_interval(vonk_type t)
{
    return t.id == VONK_INTERVAL_DT || t.id == VONK_INTERVAL_YM;
}

static vonk_status find_family(const vonk_expr *call, const vonk_aggregate_family **ret,
                               int *ret_kind, vonk_error *err)
{
    for (size_t i = 0; i < VONK_LENGTH(known); i++)
        if (!strcmp(call->name, known[i].name)) {
            *ret = known[i].family;
            *ret_kind = known[i].kind;
            if (*ret == &vonk_family_avg && is_interval(call->args[0]->type))
                *ret = &vonk_family_average;
            return VONK_OK;
        }
    return vonk_fail(err, VONK_UNSUPPORTED, "aggregate function %s is not built", call->name);
}

/* first(x, true) and the like: the second argument as a constant. */
static vonk_status check_arguments(const vonk_expr *call, vonk_error *err)
{
    for (uint32_t i = 0; i < call->n_args; i++)
        if (call->args[i]->type.id >= VONK_ARRAY)
            return vonk_fail(err, VONK_UNSUPPORTED, "%s over %s is not built", call->name,
                             vonk_type_sql_name(call->args[i]->type));
    return VONK_OK;
}

vonk_status vonk_aggregate_new(vonk_arena *arena, const vonk_expr *call,
                               const vonk_eval_settings *settings, vonk_aggregate **ret,
                               vonk_error *err)
{
    vonk_aggregate *agg = VONK_NEW(arena, vonk_aggregate, err);
    VONK_TRY_ALLOC(agg);
    VONK_TRY(find_family(call, &agg->family, &agg->kind, err));
    VONK_TRY(check_arguments(call, err));
    agg->call = call;
    agg->settings = settings;
    agg->arena = arena;
    agg->arg_type = call->n_args ? call->args[vonk_operand_of(call)]->type : VONK_TYPE(NULL);
    agg->type = call->type;
    agg->family->widths(agg, agg->widths);
    *ret = agg;
    return VONK_OK;
}

vonk_status vonk_aggregate_state_types(const vonk_expr *call, vonk_type ret_types[VONK_MAX_STATES],
                                       uint32_t *ret_n, vonk_error *err)
{
    const vonk_aggregate_family *family;
    int kind;
    VONK_TRY(find_family(call, &family, &kind, err));
    family->state_types(call, ret_types, ret_n);
    return VONK_OK;
}

/* Makes room for n_groups groups; new ones are zero. */
static vonk_status grow(vonk_aggregate *agg, uint32_t n_groups, vonk_error *err)
{
    if (n_groups > agg->capacity) {
        uint64_t capacity = agg->capacity ? agg->capacity : 16;
        while (capacity < n_groups)
            capacity *= 2;
        for (int s = 0; s < VONK_MAX_SLOTS && agg->widths[s]; s++) {
            size_t used = agg->n_groups * agg->widths[s], size = capacity * agg->widths[s];
            void *bigger = NULL;
            VONK_TRY(vonk_arena_extend(agg->arena, agg->slots[s], used, size, &bigger, err));
            VONK_TRY(vonk_arena_fill(agg->arena, (char *)bigger + used, 0, size - used, err));
            agg->slots[s] = bigger;
        }
        agg->capacity = (uint32_t)(capacity > UINT32_MAX ? UINT32_MAX : capacity);
    }
    if (n_groups > agg->n_groups)
        agg->n_groups = n_groups;
    return VONK_OK;
}

/* *ret = a & b over n rows, where NULL is all ones. */
static vonk_status both_bits(vonk_aggregate *agg, const uint64_t *a, const uint64_t *b, uint32_t n,
                             const uint64_t **ret, vonk_error *err)
{
    if (!a || !b) {
        *ret = a ? a : b;
        return VONK_OK;
    }
    size_t words = vonk_bitmap_words(n);
    if (n > agg->scratch_rows) {
        agg->scratch = vonk_arena_alloc(agg->arena, words * 8, err);
        agg->scratch_rows = agg->scratch ? n : 0;
        VONK_TRY_ALLOC(agg->scratch);
    }
    for (size_t w = 0; w < words; w++)
        agg->scratch[w] = a[w] & b[w];
    *ret = agg->scratch;
    return VONK_OK;
}

#define FEW_ARGS 4

typedef vonk_status rows_fn(vonk_aggregate *agg, const vonk_aggregate_rows *in, vonk_error *err);

/* Flattens the columns and hands the rows on. `filter` may be NULL. */
static vonk_status feed(vonk_aggregate *agg, rows_fn *fn, const vonk_column *args, uint32_t n_args,
                        vonk_aggregate_rows in, const uint64_t *filter, bool skip_nulls,
                        vonk_error *err)
{
    vonk_arena scratch = vonk_arena_beside(agg->arena);
    vonk_column few[FEW_ARGS], *flat = few; /* most calls have flat columns: nothing is allocated */
    if (n_args > FEW_ARGS)
        flat = VONK_NEW_ARRAY(&scratch, vonk_column, n_args, err);
    vonk_status status = flat ? VONK_OK : VONK_NO_MEMORY;
    for (uint32_t i = 0; i < n_args && status == VONK_OK; i++)
        status = vonk_column_flatten(&scratch, &args[i], &flat[i], err);
    in.args = flat;
    in.valid = filter;
    /* Several arguments (count, covar): a row counts if none of them is null. */
    for (uint32_t i = 0; i < n_args && skip_nulls && status == VONK_OK; i++) {
        if (flat[i].type.id == VONK_NULL)
            goto done; /* no row counts */
        status = both_bits(agg, in.valid, flat[i].validity, in.n, &in.valid, err);
    }
    if (status == VONK_OK)
        status = fn(agg, &in, err);
done:
    vonk_arena_free(&scratch);
    return status;
}

vonk_status vonk_aggregate_update(vonk_aggregate *agg, const vonk_column *args, uint32_t n_rows,
                                  const uint32_t *groups, uint32_t n_groups, const uint64_t *rows,
                                  vonk_error *err)
{
    VONK_TRY(grow(agg, groups ? n_groups : (n_groups ? n_groups : 1), err));
    vonk_aggregate_rows in = {.n = n_rows, .groups = groups};
    if (!n_rows)
        return VONK_OK;
    vonk_status status = feed(agg, agg->family->update, args, agg->call->n_args, in, rows,
                              !agg->family->counts_nulls, err);
    if (status == VONK_USER)
        return vonk_error_at(err, status, agg->call->start, agg->call->end);
    return status;
}

vonk_status vonk_aggregate_merge(vonk_aggregate *agg, const vonk_column *states, uint32_t n_rows,
                                 const uint32_t *groups, uint32_t n_groups, vonk_error *err)
{
    vonk_type types[VONK_MAX_STATES];
    uint32_t n_states;
    agg->family->state_types(agg->call, types, &n_states);
    VONK_TRY(grow(agg, groups ? n_groups : (n_groups ? n_groups : 1), err));
    vonk_aggregate_rows in = {.n = n_rows, .groups = groups};
    if (!n_rows)
        return VONK_OK;
    return feed(agg, agg->family->merge, states, n_states, in, NULL, false, err);
}

vonk_status vonk_aggregate_export(vonk_aggregate *agg, vonk_arena *arena, uint32_t start,
                                  uint32_t n, vonk_column *ret, vonk_error *err)
{
    vonk_type types[VONK_MAX_STATES];
    uint32_t n_states;
    vonk_column out[VONK_MAX_STATES];
    vonk_eval ctx = {.arena = arena, .settings = agg->settings};
    agg->family->state_types(agg->call, types, &n_states);
    VONK_TRY(grow(agg, start + n, err));
    for (uint32_t i = 0; i < n_states; i++)
        VONK_TRY(vonk_column_new(arena, types[i], n, &out[i], err));
    VONK_TRY(agg->family->export(agg, &ctx, start, out, err));
    memcpy(ret, out, n_states * sizeof *out);
    return VONK_OK;
}

vonk_status vonk_aggregate_finish(vonk_aggregate *agg, vonk_arena *arena, uint32_t start,
                                  uint32_t n, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    vonk_eval ctx = {.arena = arena, .settings = agg->settings};
    VONK_TRY(grow(agg, start + n, err));
    VONK_TRY(vonk_column_new(arena, agg->type, n, &out, err));
    vonk_status status = agg->family->finish(agg, &ctx, start, &out, err);
    if (status != VONK_OK)
        return status == VONK_USER ? vonk_error_at(err, status, agg->call->start, agg->call->end)
                                   : status;
    *ret = out;
    return VONK_OK;
}
