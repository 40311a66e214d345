/* eval.c - walking the expression; branches are in eval_branch.c. */
#include "expr/eval.h"

#include <string.h>

#include "expr/cast.h"
#include "expr/coerce.h"
#include "expr/eval_internal.h"
#include "expr/operand.h"

/* Arguments that are kept on the C stack. */
#define FEW_ARGS 4

static bool all_constant(const vonk_column *args, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (args[i].encoding != VONK_CONSTANT)
            return false;
    return true;
}

/* One row instead of n_rows: the result is a constant too. */
static vonk_status call_constant(const vonk_expr *e, const vonk_column *args, uint32_t n_rows,
                                 const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    vonk_column *single = VONK_NEW_ARRAY(ctx->arena, vonk_column, e->n_args + 1, err);
    VONK_TRY_ALLOC(single);
    for (uint32_t i = 0; i < e->n_args; i++) {
        single[i] = args[i];
        single[i].encoding = args[i].type.id == VONK_NULL ? VONK_CONSTANT : VONK_FLAT;
        single[i].length = 1;
    }
    vonk_column out;
    VONK_TRY(e->function->eval(e, single, 1, ctx, &out, err));
    if (out.encoding == VONK_DICTIONARY)
        VONK_TRY(vonk_column_flatten(ctx->arena, &out, &out, err));
    out.encoding = VONK_CONSTANT;
    out.length = n_rows;
    *ret = out;
    return VONK_OK;
}

/* Index of the only DICTIONARY argument if the function may run on its entries, else n_args. */
static uint32_t dictionary_arg(const vonk_expr *e, const vonk_column *args, uint32_t n_rows)
{
    const vonk_function *f = e->function;
    uint32_t found = e->n_args;
    if (!f->never_fails || !f->null_in_null_out || !f->deterministic)
        return e->n_args;
    for (uint32_t i = 0; i < e->n_args; i++) {
        if (args[i].encoding == VONK_CONSTANT)
            continue;
        if (args[i].encoding != VONK_DICTIONARY || found < e->n_args ||
            args[i].n_dictionary > n_rows / 2)
            return e->n_args;
        found = i;
    }
    return found;
}

/* *ret = entries[codes[i]], null where row i or the entry is. */
static vonk_status spread_entries(const vonk_eval *ctx, const vonk_column *dict,
                                  const vonk_column *entries, vonk_column *ret, vonk_error *err)
{
    vonk_column out;
    if (entries->type.id != VONK_BOOL && !entries->validity && entries->encoding == VONK_FLAT) {
        out = *dict;
        out.type = entries->type;
        out.values = entries->values;
        *ret = out;
        return VONK_OK;
    }
    VONK_TRY(vonk_take(ctx->arena, entries, dict->codes, dict->length, false, &out, err));
    VONK_TRY(vonk_column_flatten(ctx->arena, &out, &out, err));
    VONK_TRY(vonk_validity_and(ctx->arena, &out, dict, &out.validity, err));
    *ret = out;
    return VONK_OK;
}

static vonk_status call_on_entries(const vonk_expr *e, const vonk_column *args, uint32_t which,
                                   const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    const vonk_column *dict = &args[which];
    vonk_column *few = VONK_NEW_ARRAY(ctx->arena, vonk_column, e->n_args, err);
    VONK_TRY_ALLOC(few);
    for (uint32_t i = 0; i < e->n_args; i++) {
        few[i] = args[i];
        few[i].length = dict->n_dictionary;
    }
    few[which] = (vonk_column){.type = dict->type,
                               .encoding = VONK_FLAT,
                               .length = dict->n_dictionary,
                               .values = dict->values};
    vonk_column entries;
    VONK_TRY(e->function->eval(e, few, dict->n_dictionary, ctx, &entries, err));
    return spread_entries(ctx, dict, &entries, ret, err);
}

static vonk_status call_function(const vonk_expr *e, vonk_column *args, uint32_t n_rows,
                                 const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    if (e->function->deterministic && all_constant(args, e->n_args))
        return call_constant(e, args, n_rows, ctx, ret, err);
    if (e->function->any_encoding)
        return e->function->eval(e, args, n_rows, ctx, ret, err);
    uint32_t dict = dictionary_arg(e, args, n_rows);
    if (dict < e->n_args)
        return call_on_entries(e, args, dict, ctx, ret, err);
    for (uint32_t i = 0; i < e->n_args; i++)
        if (args[i].encoding == VONK_DICTIONARY)
            VONK_TRY(vonk_column_flatten(ctx->arena, &args[i], &args[i], err));
    return e->function->eval(e, args, n_rows, ctx, ret, err);
}

static vonk_status eval_call(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                             vonk_column *ret, vonk_error *err)
{
    if (!e->function || (!e->function->eval && !e->function->eval_lazy))
        return vonk_fail(err, VONK_INVALID, "function %s cannot be evaluated here", e->name);
    if (e->function->eval_lazy)
        return e->function->eval_lazy(e, in, ctx, ret, err);
    vonk_column few[FEW_ARGS], *args = few;
    if (e->n_args > FEW_ARGS) {
        args = VONK_NEW_ARRAY(ctx->arena, vonk_column, e->n_args, err);
        VONK_TRY_ALLOC(args);
    }
    for (uint32_t i = 0; i < e->n_args; i++)
        VONK_TRY(vonk_expr_eval(e->args[i], in, ctx, &args[i], err));
    VONK_TRY(call_function(e, args, in->n_rows, ctx, ret, err));
    return vonk_eval_check(ctx->settings, err); /* functions may end early: ret is not whole then */
}

static bool is_interval(vonk_type t)
{
    return t.id == VONK_INTERVAL_YM || t.id == VONK_INTERVAL_DT;
}

static vonk_status eval_cast(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                             vonk_column *ret, vonk_error *err)
{
    vonk_column arg;
    VONK_TRY(vonk_expr_eval(e->args[0], in, ctx, &arg, err));
    vonk_cast_mode mode = ctx->settings->ansi ? VONK_CAST_ANSI : VONK_CAST_LEGACY;
    vonk_type to = e->type;
    if (e->n_args == 2 && e->args[1]->kind == VONK_EXPR_LITERAL) {
        vonk_type *interval = is_interval(to) ? &to : &arg.type;
        interval->precision = e->args[1]->value.i64 >> 4 & 7;
        interval->scale = e->args[1]->value.i64 & 7;
    }
    return vonk_cast(ctx, e->is_try ? VONK_CAST_TRY : mode, to, &arg, ret, err);
}

static vonk_status eval_node(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                             vonk_column *ret, vonk_error *err)
{
    switch (e->kind) {
    case VONK_EXPR_LITERAL:
        return vonk_column_from_value(ctx->arena, e->type, &e->value, in->n_rows, ret, err);
    case VONK_EXPR_INPUT:
        if (e->index >= in->n_columns)
            return vonk_fail(err, VONK_INVALID, "input column %u of %u", e->index, in->n_columns);
        *ret = in->columns[e->index];
        return VONK_OK;
    case VONK_EXPR_CALL:
        return eval_call(e, in, ctx, ret, err);
    case VONK_EXPR_CAST:
        return eval_cast(e, in, ctx, ret, err);
    case VONK_EXPR_CASE:
        return vonk_eval_case(e, in, ctx, ret, err);
    case VONK_EXPR_ALIAS:
    case VONK_EXPR_SORT:
        return vonk_expr_eval(e->args[0], in, ctx, ret, err);
    default:
        return vonk_fail(err, VONK_INVALID, "expression of kind %d is not bound", (int)e->kind);
    }
}

vonk_status vonk_expr_eval(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                           vonk_column *ret, vonk_error *err)
{
    vonk_status status = eval_node(e, in, ctx, ret, err);
    if (VONK_UNLIKELY(status == VONK_USER))
        return vonk_error_at(err, status, e->start, e->end);
    return status;
}

/* The value's string, copied so that it outlives the evaluation. */
static vonk_status keep_string(vonk_arena *arena, vonk_value *value, vonk_error *err)
{
    char *copy = vonk_arena_strndup(arena, value->string.length ? value->string.data : "",
                                    value->string.length, err);
    VONK_TRY_ALLOC(copy);
    value->string.data = copy;
    return VONK_OK;
}

vonk_status vonk_expr_constant(const vonk_expr *e, const vonk_eval_settings *settings,
                               vonk_arena *arena, vonk_value *ret, vonk_error *err)
{
    vonk_arena scratch = vonk_arena_beside(arena);
    vonk_eval ctx = {.arena = &scratch, .settings = settings};
    vonk_batch one_row = {.n_rows = 1};
    vonk_column col;
    vonk_status status = vonk_expr_eval(e, &one_row, &ctx, &col, err);
    if (status == VONK_OK) {
        vonk_value value = vonk_column_value(&col, 0);
        if (!value.is_null && vonk_type_physical(col.type) == VONK_PHYS_STRING)
            status = keep_string(arena, &value, err);
        if (status == VONK_OK)
            *ret = value;
    }
    vonk_arena_free(&scratch);
    return status;
}

static bool is_exact_arithmetic(const vonk_expr *e)
{
    static const struct {
        const char *name;
        vonk_arith_op op;
    } ops[] = {{"+", VONK_ADD}, {"-", VONK_SUB}, {"*", VONK_MUL}};
    for (size_t i = 0; i < VONK_LENGTH(ops); i++) {
        if (strcmp(e->name, ops[i].name) != 0 || e->n_args != 2)
            continue;
        if (e->type.id == VONK_FLOAT32 || e->type.id == VONK_FLOAT64)
            return true;
        return e->type.id == VONK_DECIMAL && e->args[0]->type.id == VONK_DECIMAL &&
               e->args[1]->type.id == VONK_DECIMAL &&
               vonk_decimal_arith_is_exact(ops[i].op, e->args[0]->type, e->args[1]->type);
    }
    return false;
}

bool vonk_expr_never_fails(const vonk_expr *e)
{
    if (e->kind == VONK_EXPR_CALL &&
        (!e->function || (!e->function->never_fails && !is_exact_arithmetic(e))))
        return false;
    if (e->kind == VONK_EXPR_CAST && !e->is_try &&
        !vonk_cast_never_fails(e->args[0]->type, e->type))
        return false;
    for (uint32_t i = 0; i < e->n_args; i++)
        if (!vonk_expr_never_fails(e->args[i]))
            return false;
    return true;
}
