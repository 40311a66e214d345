/* select.c - predicates to row numbers, one conjunct after the other. */
#include <string.h>

#include "expr/eval_internal.h"
#include "expr/operand.h"

/* Conjuncts that are kept on the C stack; what is nested deeper is evaluated as one. */
#define MAX_CONJUNCTS 64

/* `pending` entries of the list are promised to others. */
static void split_conjuncts(const vonk_expr *e, uint32_t pending, const vonk_expr **list,
                            uint32_t *n)
{
    if (vonk_expr_is_call(e, "and") && e->n_args == 2 && *n + pending + 2 <= MAX_CONJUNCTS) {
        split_conjuncts(e->args[0], pending + 1, list, n);
        split_conjuncts(e->args[1], pending, list, n);
    } else {
        list[(*n)++] = e;
    }
}

bool vonk_expr_is_cheap(const vonk_expr *e)
{
    static const char *const cheap[] = {
        "=", "<>", "<", "<=", ">", ">=", "and", "or", "not", "isnull", "isnotnull", "between"};
    if (e->kind == VONK_EXPR_INPUT || e->kind == VONK_EXPR_LITERAL)
        return e->type.id != VONK_STRING && e->type.id != VONK_BINARY && e->type.id < VONK_ARRAY;
    bool found = false;
    for (size_t i = 0; e->kind == VONK_EXPR_CALL && i < VONK_LENGTH(cheap); i++)
        found |= !strcmp(e->name, cheap[i]);
    for (uint32_t i = 0; found && i < e->n_args; i++)
        found = vonk_expr_is_cheap(e->args[i]);
    return found;
}

/* The rows that are left: all (rows == NULL) or rows[0..n). */
typedef struct remaining {
    uint32_t *rows;
    uint32_t n;
    bool all;
} remaining;

static vonk_status apply_all(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                             remaining *left, vonk_error *err)
{
    vonk_column col;
    VONK_TRY(vonk_expr_eval(e, in, ctx, &col, err));
    left->n = vonk_select_true(&col, left->rows);
    left->all = left->n == in->n_rows;
    return VONK_OK;
}

/* Looks up the rows that are left in a column of the whole batch. */
static vonk_status apply_full(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                              remaining *left, vonk_error *err)
{
    vonk_column col;
    VONK_TRY(vonk_expr_eval(e, in, ctx, &col, err));
    uint32_t n = 0;
    for (uint32_t i = 0; i < left->n; i++) {
        uint32_t row = left->rows[i];
        left->rows[n] = row;
        n += vonk_column_is_valid(&col, row) && vonk_bit_get(col.values, vonk_column_at(&col, row));
    }
    left->n = n;
    return VONK_OK;
}

static vonk_status apply_some(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                              remaining *left, vonk_error *err)
{
    vonk_batch some;
    vonk_column col;
    VONK_TRY(vonk_batch_take_used(e, in, ctx, left->rows, left->n, &some, err));
    VONK_TRY(vonk_expr_eval(e, &some, ctx, &col, err));
    uint32_t *sel = vonk_arena_alloc(ctx->arena, sizeof(uint32_t) * ((size_t)left->n + 1), err);
    VONK_TRY_ALLOC(sel);
    uint32_t n = vonk_select_true(&col, sel);
    for (uint32_t i = 0; i < n; i++)
        left->rows[i] = left->rows[sel[i]];
    left->n = n;
    return VONK_OK;
}

/* ANDs the leading conjuncts that cost less over the whole batch than a vonk_take would. */
static vonk_status apply_cheap(const vonk_expr **list, uint32_t n, const vonk_batch *in,
                               const vonk_eval *ctx, remaining *left, vonk_error *err)
{
    vonk_column all;
    VONK_TRY(vonk_expr_eval(list[0], in, ctx, &all, err));
    for (uint32_t i = 1; i < n; i++) {
        vonk_column next;
        VONK_TRY(vonk_expr_eval(list[i], in, ctx, &next, err));
        VONK_TRY(vonk_and(ctx->arena, &all, &next, &all, err));
    }
    left->n = vonk_select_true(&all, left->rows);
    left->all = left->n == in->n_rows;
    return VONK_OK;
}

vonk_status vonk_expr_select(const vonk_expr *predicate, const vonk_batch *in, const vonk_eval *ctx,
                             uint32_t *sel, uint32_t *ret_n, vonk_error *err)
{
    const vonk_expr *list[MAX_CONJUNCTS];
    uint32_t n = 0, next = 0;
    split_conjuncts(predicate, 0, list, &n);
    remaining left = {.n = in->n_rows, .all = true};
    left.rows = sel;
    while (next < n && vonk_expr_is_cheap(list[next]))
        next++;
    if (next)
        VONK_TRY(apply_cheap(list, next, in, ctx, &left, err));
    for (; next < n && left.n; next++) {
        const vonk_expr *e = list[next];
        if (left.all)
            VONK_TRY(apply_all(e, in, ctx, &left, err));
        else if (left.n > in->n_rows / 2 && vonk_expr_never_fails(e))
            VONK_TRY(apply_full(e, in, ctx, &left, err));
        else
            VONK_TRY(apply_some(e, in, ctx, &left, err));
    }
    *ret_n = left.n;
    return VONK_OK;
}
