/*
 * aggregate_values.h - aggregates that need all values of a group: percentile, mode, listagg.
 *
 * Slot 0 is a list of rows, each the call's arguments but for literals, one behind the other:
 *
 *   is it valid, 1 byte | width bytes, or 4 bytes of length and a string | next argument ...
 *
 * State: those bytes. A row counts if the family's main argument is not null.
 */
#ifndef VONK_EXPR_AGGREGATE_VALUES_H
#define VONK_EXPR_AGGREGATE_VALUES_H

#include "expr/aggregate_internal.h"

#define VONK_VALUES_LOOK      65536u /* rows between looks at whether anybody still waits */

#define VONK_SORT_DESCENDING  1 /* flags behind a key, an int literal */
#define VONK_SORT_NULLS_FIRST 2

/* The rows of one group; no columns of literals. */
typedef struct vonk_value_rows {
    uint32_t n;
    vonk_column *args;
} vonk_value_rows;

void vonk_values_widths(const vonk_aggregate *agg, size_t ret[VONK_MAX_SLOTS]);
void vonk_values_state_types(const vonk_expr *call, vonk_type ret[VONK_MAX_STATES],
                             uint32_t *ret_n);
vonk_status vonk_values_update(vonk_aggregate *agg, const vonk_aggregate_rows *in,
                               vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_values_merge(vonk_aggregate *agg, const vonk_aggregate_rows *in,
                              vonk_error *err) VONK_MUST_CHECK;
vonk_status vonk_values_export(vonk_aggregate *agg, const vonk_eval *ctx, uint32_t start,
                               vonk_column *out, vonk_error *err) VONK_MUST_CHECK;

/* The rows of `group`; its strings are borrowed from the state. */
vonk_status vonk_values_rows(const vonk_aggregate *agg, const vonk_eval *ctx, uint32_t group,
                             vonk_value_rows *ret, vonk_error *err) VONK_MUST_CHECK;

/* An argument that is the same in all rows. */
vonk_value vonk_values_arg(const vonk_aggregate *agg, const vonk_value_rows *rows, uint32_t arg);

/* One key of an order. */
typedef struct vonk_value_key {
    const vonk_column *column;
    int flags;
} vonk_value_key;

/* Numbers of the rows by `keys`; those that are equal stay as they came. */
vonk_status vonk_values_order(const vonk_eval *ctx, uint32_t n, const vonk_value_key *keys,
                              uint32_t n_keys, uint32_t **ret, vonk_error *err) VONK_MUST_CHECK;

/* Row `from` of `in` becomes row `to` of `out`, of the same type. */
vonk_status vonk_values_put(const vonk_eval *ctx, const vonk_column *in, uint32_t from,
                            vonk_column *out, uint32_t to, vonk_error *err) VONK_MUST_CHECK;

#define VONK_VALUES_FAMILY(finish_, is_ordered_)                                                   \
    {                                                                                              \
        .widths = vonk_values_widths, .state_types = vonk_values_state_types,                      \
        .update = vonk_values_update, .merge = vonk_values_merge, .export = vonk_values_export,    \
        .finish = (finish_), .counts_nulls = true, .is_ordered = (is_ordered_)                     \
    }

#endif
