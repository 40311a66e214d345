/* zone_functions.c - from_utc_timestamp, to_utc_timestamp, convert_timezone, current_timezone. */
#include <string.h>

#include "expr/cast_internal.h"
#include "expr/function_list.h"

/* The zone of row `row`; rows next to each other mostly have the same. */
typedef struct zone_reader {
    const vonk_eval *ctx;
    const vonk_column *names;
    vonk_slice name;
    vonk_time_zone zone;
} zone_reader;

static vonk_status read_zone(zone_reader *r, uint32_t row, vonk_error *err)
{
    vonk_slice name = vonk_string_slice(vonk_string_at(r->names, row));
    if (r->name.data && vonk_slice_equal(r->name, name))
        return VONK_OK;
    VONK_TRY(vonk_time_zone_find(name, r->ctx->arena, &r->zone, err));
    r->name = name;
    return VONK_OK;
}

/* from_utc_timestamp(t, zone): the clock of UTC at t shows what the zone's does; and back. */
vonk_status vonk_eval_utc_timestamp(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                    const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    zone_reader zone = {.ctx = ctx, .names = &args[1]};
    bool from = call->name[0] == 'f';
    VONK_TRY(vonk_result_new(ctx, call->type, args, 2, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        if (!vonk_result_is_valid(&out, i))
            continue;
        VONK_TRY(read_zone(&zone, i, err));
        int64_t us = vonk_i64_at(&args[0], i);
        ((int64_t *)out.values)[i] =
            from ? vonk_utc_to_local(&zone.zone, us) : vonk_local_to_utc(&zone.zone, us);
    }
    *ret = out;
    return VONK_OK;
}

/* With two arguments the first is current_timezone(). */
vonk_status vonk_resolve_convert_timezone(vonk_expr *call, const vonk_eval_settings *settings,
                                          vonk_arena *arena, vonk_type *ret_type,
                                          bool *ret_nullable, vonk_error *err)
{
    (void)settings;
    VONK_TRY(vonk_check_n_args(call, 2, 3, err));
    if (call->n_args == 2) {
        vonk_expr *here = vonk_expr_call(arena, "current_timezone", 0, NULL, err);
        vonk_expr **args = vonk_arena_alloc(arena, 3 * sizeof(vonk_expr *), err);
        if (!here || !args)
            return VONK_NO_MEMORY;
        here->function = vonk_function_find(here->name);
        here->type = VONK_TYPE(STRING);
        args[0] = here;
        memcpy(args + 1, call->args, 2 * sizeof(vonk_expr *));
        call->args = args;
        call->n_args = 3;
    }
    VONK_TRY(vonk_resolve_arg(call, 0, VONK_TYPE(STRING), arena, err));
    VONK_TRY(vonk_resolve_arg(call, 1, VONK_TYPE(STRING), arena, err));
    VONK_TRY(vonk_resolve_arg(call, 2, VONK_TYPE(TIMESTAMP_NTZ), arena, err));
    *ret_type = VONK_TYPE(TIMESTAMP_NTZ);
    *ret_nullable = vonk_any_nullable(call);
    return VONK_OK;
}

/* convert_timezone([from,] to, local time) */
vonk_status vonk_eval_convert_timezone(const vonk_expr *call, const vonk_column *args,
                                       uint32_t n_rows, const vonk_eval *ctx, vonk_column *ret,
                                       vonk_error *err)
{
    vonk_column out;
    zone_reader from = {.ctx = ctx, .names = &args[0]}, to = {.ctx = ctx, .names = &args[1]};
    VONK_TRY(vonk_result_new(ctx, call->type, args, 3, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++) {
        if (!vonk_result_is_valid(&out, i))
            continue;
        VONK_TRY(read_zone(&from, i, err));
        VONK_TRY(read_zone(&to, i, err));
        int64_t us = vonk_local_to_utc(&from.zone, vonk_i64_at(&args[2], i));
        ((int64_t *)out.values)[i] = vonk_utc_to_local(&to.zone, us);
    }
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_eval_current_timezone(const vonk_expr *call, const vonk_column *args,
                                       uint32_t n_rows, const vonk_eval *ctx, vonk_column *ret,
                                       vonk_error *err)
{
    (void)call;
    vonk_column out;
    const char *name = ctx->settings->time_zone ? ctx->settings->time_zone : "UTC";
    VONK_TRY(vonk_result_new(ctx, VONK_TYPE(STRING), args, 0, n_rows, &out, err));
    for (uint32_t i = 0; i < n_rows; i++)
        VONK_TRY(vonk_result_string(ctx, &out, i, vonk_slice_of(name), err));
    *ret = out;
    return VONK_OK;
}
