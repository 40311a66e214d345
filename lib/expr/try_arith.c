/* try_arith.c - try_add, try_subtract, try_multiply, try_divide, try_mod: null, not an error. */
#include <string.h>

#include "expr/function_list.h"
#include "expr/operand.h"

static const struct {
    const char *name, *symbol;
    vonk_arith_op op;
} ops[] = {{"try_add", "+", VONK_ADD},
           {"try_subtract", "-", VONK_SUB},
           {"try_multiply", "*", VONK_MUL},
           {"try_divide", "/", VONK_DIV},
           {"try_mod", "%", VONK_MOD}};

/* The operator itself, which fails where it cannot answer. */
static vonk_status strict(const vonk_expr *call, size_t which, const vonk_column *args,
                          uint32_t n_rows, const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    if (args[0].type.id < VONK_DATE)
        return vonk_arith(ctx->arena, ops[which].op, true, call->type, &args[0], &args[1], ret,
                          err);
    vonk_expr plain = *call;
    plain.name = ops[which].symbol;
    return vonk_eval_time_arith(&plain, args, n_rows, ctx, ret, err);
}

/* One row of the operator into row `row` of `out`; null if it fails. */
static vonk_status try_row(const vonk_expr *call, size_t which, const vonk_column *args,
                           uint32_t row, const vonk_eval *ctx, vonk_column *out, vonk_error *err)
{
    vonk_arena scratch = vonk_arena_beside(ctx->arena);
    vonk_eval inner = *ctx;
    inner.arena = &scratch;
    vonk_column few[2], one;
    vonk_error ignored = {0};
    vonk_status status = vonk_take(&scratch, &args[0], &row, 1, false, &few[0], err);
    if (status == VONK_OK)
        status = vonk_take(&scratch, &args[1], &row, 1, false, &few[1], err);
    if (status == VONK_OK) {
        status = strict(call, which, few, 1, &inner, &one, &ignored);
        if (status == VONK_USER)
            status = vonk_result_null(ctx, out, row, err);
        else if (status == VONK_OK)
            vonk_scatter(&one, &row, 1, out);
    }
    vonk_arena_free(&scratch);
    return status;
}

vonk_status vonk_eval_try_arith(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    size_t which = 0;
    while (which + 1 < VONK_LENGTH(ops) && strcmp(call->name, ops[which].name) != 0)
        which++;
    vonk_error ignored = {0};
    vonk_status status = strict(call, which, args, n_rows, ctx, ret, &ignored);
    if (status != VONK_USER) {
        if (status != VONK_OK && err)
            *err = ignored;
        return status;
    }
    vonk_column out;
    VONK_TRY(vonk_result_new(ctx, call->type, args, 2, n_rows, &out, err));
    if (!out.validity)
        VONK_TRY(vonk_column_add_validity(ctx->arena, &out, err));
    for (uint32_t i = 0; i < n_rows; i++)
        VONK_TRY(try_row(call, which, args, i, ctx, &out, err));
    *ret = out;
    return VONK_OK;
}

/* A string that is no number makes null too: the casts that were put around it are tries. */
static vonk_status try_casts(vonk_expr *call, vonk_arena *arena, vonk_error *err)
{
    for (uint32_t i = 0; i < call->n_args; i++) {
        vonk_expr *arg = call->args[i];
        if (arg->kind != VONK_EXPR_CAST || !arg->implicit || arg->args[0]->type.id != VONK_STRING)
            continue;
        VONK_TRY_ALLOC(arg = vonk_expr_clone(arena, arg, err));
        arg->is_try = true;
        arg->nullable = true;
        call->args[i] = arg;
    }
    return VONK_OK;
}

vonk_status vonk_resolve_try_arith(vonk_expr *call, const vonk_eval_settings *settings,
                                   vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                   vonk_error *err)
{
    VONK_TRY(vonk_resolve_arith(call, settings, arena, ret_type, ret_nullable, err));
    VONK_TRY(try_casts(call, arena, err));
    *ret_nullable = true;
    return VONK_OK;
}
