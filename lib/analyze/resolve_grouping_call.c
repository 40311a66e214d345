/* resolve_grouping_call.c - grouping() and grouping_id(): bits of the grouping id. */
#include "analyze/resolve_grouping.h"

bool is_grouping_call(const vonk_expr *e, void *context)
{
    (void)context;
    return vonk_expr_is_call(e, "grouping") || vonk_expr_is_call(e, "grouping_id");
}

bool has_grouping_call(const vonk_expr *e)
{
    return vonk_expr_any(e, is_grouping_call, NULL);
}

vonk_status fail_grouping_call(const vonk_expr *e, vonk_error *err)
{
    return AT(e, vonk_fail_sql(err, "UNSUPPORTED_GROUPING_EXPRESSION",
                               "grouping()/grouping_id() can only be used with "
                               "GroupingSets/Cube/Rollup."));
}

/* "a, b" */
static void print_list(vonk_expr *const *exprs, uint32_t n, vonk_buffer *out)
{
    for (uint32_t i = 0; i < n; i++) {
        vonk_buffer_text(out, i ? "," : "");
        vonk_expr_print_plan(exprs[i], out);
    }
}

static vonk_status fail_mismatch(const aggregation *agg, const vonk_expr *call, vonk_error *err)
{
    bool id = vonk_expr_is_call(call, "grouping_id");
    vonk_buffer text = {0};
    vonk_buffer_text(&text, id ? "Columns of grouping_id (" : "Column of grouping (");
    print_list(call->args, call->n_args, &text);
    vonk_buffer_text(&text, id ? ") does not match grouping columns ("
                               : ") can't be found in grouping columns ");
    print_list(agg->groups, agg->n_groups, &text);
    vonk_buffer_text(&text, id ? ")." : ".");
    vonk_fail_sql(err, id ? "GROUPING_ID_COLUMN_MISMATCH" : "GROUPING_COLUMN_MISMATCH", "%s",
                  vonk_buffer_str(&text));
    vonk_buffer_free(&text);
    return AT(call, VONK_USER);
}

/* (gid >> shift) & 1 as tinyint */
static vonk_status bit_of_id(aggregation *agg, uint32_t shift, vonk_expr **ret, vonk_error *err)
{
    vonk_analyzer *a = agg->analyzer;
    vonk_type bigint = VONK_TYPE(INT64);
    vonk_expr *one = vonk_expr_literal(a->arena, bigint, (vonk_value){.i64 = 1}, err);
    vonk_expr *by = vonk_expr_int(a->arena, (int32_t)shift, err);
    vonk_expr *shifted = vonk_expr_call2(a->arena, ">>", agg->grouping_id, by, err);
    VONK_TRY_ALLOC(shifted);
    VONK_TRY(type_call(a, shifted, err));
    vonk_expr *bit = vonk_expr_call2(a->arena, "&", shifted, one, err);
    VONK_TRY_ALLOC(bit);
    VONK_TRY(type_call(a, bit, err));
    *ret = vonk_expr_cast(a->arena, bit, VONK_TYPE(INT8), false, err);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

static vonk_status replace_grouping(aggregation *agg, const vonk_expr *call, vonk_expr **ret,
                                    vonk_error *err)
{
    for (uint32_t i = 0; i < agg->n_groups; i++) {
        if (vonk_expr_equal(agg->groups[i], call->args[0]))
            return bit_of_id(agg, agg->n_groups - 1 - i, ret, err);
    }
    return fail_mismatch(agg, call, err);
}

/* The arguments, if there are any, are the groups in their order. */
static vonk_status replace_grouping_id(aggregation *agg, const vonk_expr *call, vonk_expr **ret,
                                       vonk_error *err)
{
    bool same = !call->n_args || call->n_args == agg->n_groups;
    for (uint32_t i = 0; same && i < call->n_args; i++)
        same = vonk_expr_equal(agg->groups[i], call->args[i]);
    if (!same)
        return fail_mismatch(agg, call, err);
    vonk_value zero = {.i64 = 0};
    *ret = agg->grand_total ? vonk_expr_literal(agg->analyzer->arena, VONK_TYPE(INT64), zero, err)
                            : agg->grouping_id;
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

static vonk_status replace_call(aggregation *agg, const vonk_expr *call, vonk_expr **ret,
                                vonk_error *err)
{
    bool above = agg->output && agg->repeated_sets; /* Spark does not find the id there */
    if (!agg->sets.n || above)
        return fail_grouping_call(call, err);
    return vonk_expr_is_call(call, "grouping") ? replace_grouping(agg, call, ret, err)
                                               : replace_grouping_id(agg, call, ret, err);
}

typedef struct replacing {
    aggregation *agg;
    vonk_status status;
} replacing;

static vonk_expr *replace_one(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    replacing *r = context;
    vonk_expr *replaced = e;
    (void)arena;
    if (is_grouping_call(e, NULL) &&
        (r->status = replace_call(r->agg, e, &replaced, err)) != VONK_OK)
        return NULL;
    return replaced;
}

vonk_status replace_grouping_calls(aggregation *agg, vonk_expr *e, vonk_expr **ret, vonk_error *err)
{
    replacing r = {.agg = agg};
    vonk_expr *replaced = vonk_expr_rewrite(e, replace_one, &r, agg->analyzer->arena, err);
    if (!replaced)
        return r.status != VONK_OK ? r.status : VONK_NO_MEMORY;
    *ret = replaced;
    return VONK_OK;
}
