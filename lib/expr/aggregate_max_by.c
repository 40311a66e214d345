/*
 * aggregate_max_by.c - max_by(value, ordering) and min_by.
 *
 * Slot 0: values; slot 1: orderings (booleans as bytes, strings as views of bytes that the state
 * owns); slot 2: flags; slot 3: room of the owned bytes. State: the value, and the ordering, null
 * if there is none. Among equals the last row wins, as in Spark.
 */
#include <string.h>

#include "expr/aggregate_internal.h"
#include "expr/function_list.h"

enum { SEEN = 1, NOT_NULL = 2 };

typedef struct rooms {
    uint32_t bytes[2]; /* of the value, of the ordering */
} rooms;

static size_t width_of(vonk_type type)
{
    size_t width = type.id == VONK_BOOL ? 1 : vonk_type_width(type);
    return width ? width : 1;
}

static void max_by_widths(const vonk_aggregate *agg, size_t ret[VONK_MAX_SLOTS])
{
    ret[0] = width_of(agg->type);
    ret[1] = width_of(agg->call->args[1]->type);
    ret[2] = 1;
    ret[3] = sizeof(rooms);
}

static void max_by_state_types(const vonk_expr *call, vonk_type ret[VONK_MAX_STATES],
                               uint32_t *ret_n)
{
    ret[0] = call->type;
    ret[1] = call->args[1]->type;
    *ret_n = 2;
}

/* Keeps a copy of `value` in slot `s`; its old bytes are written over if they suffice. */
static vonk_status keep_string(vonk_aggregate *agg, int s, uint32_t group, const vonk_string *value,
                               vonk_error *err)
{
    vonk_string *slot = (vonk_string *)agg->slots[s] + group;
    uint32_t *room = &((rooms *)agg->slots[3] + group)->bytes[s];
    if (value->length <= VONK_STRING_INLINE) {
        *slot = *value;
        *room = 0; /* the pointer is gone */
        return VONK_OK;
    }
    char *bytes = (char *)slot->data;
    if (value->length > *room) {
        bytes = vonk_arena_small(agg->arena, value->length, err);
        VONK_TRY_ALLOC(bytes);
        *room = value->length;
    }
    memmove(bytes, value->data, value->length);
    *slot = vonk_string_of(bytes, value->length);
    return VONK_OK;
}

static vonk_status keep(vonk_aggregate *agg, int s, uint32_t group, const vonk_column *col,
                        uint32_t row, vonk_error *err)
{
    size_t width = vonk_type_width(col->type);
    if (col->type.id == VONK_BOOL)
        ((uint8_t *)agg->slots[s])[group] = vonk_bit_get(col->values, row);
    else if (vonk_type_physical(col->type) == VONK_PHYS_STRING)
        return keep_string(agg, s, group, (const vonk_string *)col->values + row, err);
    else if (width)
        memcpy((char *)agg->slots[s] + group * width, (const char *)col->values + row * width,
               width);
    return VONK_OK;
}

/* Order of row `row` and the group's best so far. */
static int compare(const vonk_aggregate *agg, const vonk_column *col, uint32_t row, uint32_t group)
{
    if (col->type.id == VONK_BOOL)
        return vonk_bit_get(col->values, row) - ((uint8_t *)agg->slots[1])[group];
    vonk_column best = {
        .type = col->type, .encoding = VONK_FLAT, .length = agg->n_groups, .values = agg->slots[1]};
    return vonk_compare_rows(col, row, &best, group);
}

static vonk_status max_by_update(vonk_aggregate *agg, const vonk_aggregate_rows *in,
                                 vonk_error *err)
{
    const vonk_column *value = &in->args[0], *ordering = &in->args[1];
    uint8_t *flags = agg->slots[2];
    for (uint32_t i = 0; i < in->n; i++) {
        if (!vonk_row_counts(in, i) || !vonk_column_is_valid(ordering, i))
            continue;
        uint32_t g = vonk_group_of(in, i);
        if (flags[g]) {
            int order = compare(agg, ordering, i, g);
            if (agg->kind ? order < 0 : order > 0)
                continue;
        }
        bool valid = vonk_column_is_valid(value, i);
        flags[g] = (uint8_t)(SEEN | (valid ? NOT_NULL : 0));
        VONK_TRY(keep(agg, 1, g, ordering, i, err));
        if (valid)
            VONK_TRY(keep(agg, 0, g, value, i, err));
    }
    return VONK_OK;
}

/* Writes slot `s` of the groups from `start` on; null where the flags lack `flag`. */
static vonk_status put_slot(vonk_aggregate *agg, int s, const vonk_eval *ctx, uint32_t start,
                            uint8_t flag, vonk_column *out, vonk_error *err)
{
    const uint8_t *flags = agg->slots[2];
    size_t width = vonk_type_width(out->type);
    if (out->type.id == VONK_NULL)
        return VONK_OK;
    for (uint32_t i = 0; i < out->length; i++) {
        uint32_t g = start + i;
        if (!(flags[g] & flag))
            VONK_TRY(vonk_result_null(ctx, out, i, err));
        else if (out->type.id == VONK_BOOL)
            vonk_bit_set(out->values, i, ((uint8_t *)agg->slots[s])[g]);
        else if (vonk_type_physical(out->type) == VONK_PHYS_STRING) /* a copy: bytes may change */
            VONK_TRY(vonk_result_string(
                ctx, out, i, vonk_string_slice((const vonk_string *)agg->slots[s] + g), err));
        else
            memcpy((char *)out->values + i * width, (char *)agg->slots[s] + g * width, width);
    }
    return VONK_OK;
}

static vonk_status max_by_finish(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                                 vonk_column *out, vonk_error *err)
{
    return put_slot(agg, 0, ctx, start, NOT_NULL, out, err);
}

static vonk_status max_by_export(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                                 vonk_column *out, vonk_error *err)
{
    VONK_TRY(put_slot(agg, 1, ctx, start, SEEN, &out[1], err));
    return max_by_finish(agg, ctx, start, out, err);
}

const vonk_aggregate_family vonk_family_max_by = {.widths = max_by_widths,
                                                  .state_types = max_by_state_types,
                                                  .update = max_by_update,
                                                  .merge = max_by_update,
                                                  .export = max_by_export,
                                                  .finish = max_by_finish,
                                                  .is_ordered = true,
                                                  .counts_nulls = true};

vonk_status vonk_resolve_max_by(vonk_expr *call, const vonk_eval_settings *settings,
                                vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                vonk_error *err)
{
    (void)settings;
    (void)arena;
    VONK_TRY(vonk_check_n_args(call, 2, 3, err));
    if (call->n_args == 3)
        return vonk_fail(err, VONK_UNSUPPORTED, "%s of several values is not built", call->name);
    *ret_type = call->args[0]->type;
    *ret_nullable = true;
    return VONK_OK;
}
