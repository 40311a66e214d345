/*
 * eval_branch.c - CASE, AND, OR, coalesce, if, nvl2: a branch that could fail sees only the rows
 * that reach it; one that cannot is evaluated for all rows of the batch, which is faster.
 */
#include <math.h>
#include <string.h>

#include "expr/branch.h"
#include "expr/eval_internal.h"
#include "expr/operand.h"

static void mark_used(const vonk_expr *e, bool *used, uint32_t n)
{
    if (e->kind == VONK_EXPR_INPUT && e->index < n)
        used[e->index] = true;
    for (uint32_t i = 0; i < e->n_args; i++)
        mark_used(e->args[i], used, n);
}

vonk_status vonk_batch_take_used(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                                 const uint32_t *sel, uint32_t n, vonk_batch *ret, vonk_error *err)
{
    vonk_batch out = {.n_rows = n, .n_columns = in->n_columns};
    bool *used = vonk_arena_array(ctx->arena, (size_t)in->n_columns + 1, 1, err);
    VONK_TRY_ALLOC(used);
    out.columns = VONK_NEW_ARRAY(ctx->arena, vonk_column, (size_t)in->n_columns + 1, err);
    VONK_TRY_ALLOC(out.columns);
    mark_used(e, used, in->n_columns);
    for (uint32_t i = 0; i < in->n_columns; i++)
        if (used[i])
            VONK_TRY(vonk_take(ctx->arena, &in->columns[i], sel, n, false, &out.columns[i], err));
    *ret = out;
    return VONK_OK;
}

/* Rows of a batch that have not found their branch yet, and where their results go. */
typedef struct branching {
    const vonk_batch *in;
    const vonk_eval *ctx;
    uint32_t *rows; /* ascending */
    uint32_t n;
    vonk_column out; /* FLAT with a bitmap */
} branching;

/* An expression's column over some rows: row rows[i] of the batch is row i, or rows[i] if `full`.
 */
typedef struct partial {
    vonk_column col;
    bool full;
} partial;

static vonk_status eval_rows(const vonk_expr *e, const branching *b, const uint32_t *rows,
                             uint32_t n, partial *ret, vonk_error *err)
{
    partial p = {.full = true};
    bool few = n < b->in->n_rows / 4 && e->kind != VONK_EXPR_LITERAL && e->kind != VONK_EXPR_INPUT;
    if (n == b->in->n_rows || (!few && vonk_expr_never_fails(e))) {
        VONK_TRY(vonk_expr_eval(e, b->in, b->ctx, &p.col, err));
    } else {
        vonk_batch some;
        p.full = false;
        VONK_TRY(vonk_batch_take_used(e, b->in, b->ctx, rows, n, &some, err));
        VONK_TRY(vonk_expr_eval(e, &some, b->ctx, &p.col, err));
    }
    *ret = p;
    return VONK_OK;
}

static vonk_status start_branching(branching *b, const vonk_expr *e, const vonk_batch *in,
                                   const vonk_eval *ctx, vonk_error *err)
{
    *b = (branching){.in = in, .ctx = ctx, .n = in->n_rows};
    b->rows = vonk_arena_alloc(ctx->arena, sizeof(uint32_t) * ((size_t)in->n_rows + 1), err);
    VONK_TRY_ALLOC(b->rows);
    for (uint32_t i = 0; i < in->n_rows; i++)
        b->rows[i] = i;
    VONK_TRY(vonk_column_new(ctx->arena, e->type, in->n_rows, &b->out, err));
    return vonk_column_add_validity(ctx->arena, &b->out, err);
}

/* Gives rows[0..n) the values of `e`. */
static vonk_status fill_rows(branching *b, const vonk_expr *e, const uint32_t *rows, uint32_t n,
                             vonk_error *err)
{
    partial p;
    if (n == 0)
        return VONK_OK;
    VONK_TRY(eval_rows(e, b, rows, n, &p, err));
    if (p.full)
        vonk_scatter_same(&p.col, rows, n, &b->out);
    else
        vonk_scatter(&p.col, rows, n, &b->out);
    return VONK_OK;
}

static void null_rows(branching *b)
{
    size_t width = vonk_type_width(b->out.type);
    for (uint32_t i = 0; i < b->n; i++) {
        vonk_bit_set(b->out.validity, b->rows[i], false);
        if (width)
            memset((char *)b->out.values + (size_t)b->rows[i] * width, 0, width);
    }
}

/* Moves the rows where `condition` is true from b->rows to `yes`; returns how many. */
static vonk_status split_rows(branching *b, const vonk_expr *condition, uint32_t *yes,
                              uint32_t *ret_n, vonk_error *err)
{
    partial p;
    VONK_TRY(eval_rows(condition, b, b->rows, b->n, &p, err));
    uint32_t n_yes = 0, n_no = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        uint32_t row = b->rows[i], at = p.full ? row : i;
        bool is_true = vonk_column_is_valid(&p.col, at) &&
                       vonk_bit_get(p.col.values, vonk_column_at(&p.col, at));
        yes[n_yes] = row;
        b->rows[n_no] = row;
        n_yes += is_true;
        n_no += !is_true;
    }
    b->n = n_no;
    *ret_n = n_yes;
    return VONK_OK;
}

static vonk_status case_branches(const vonk_expr *e, bool has_else, const vonk_batch *in,
                                 const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    branching b;
    VONK_TRY(start_branching(&b, e, in, ctx, err));
    uint32_t *yes = vonk_arena_alloc(ctx->arena, sizeof(uint32_t) * ((size_t)in->n_rows + 1), err);
    VONK_TRY_ALLOC(yes);
    for (uint32_t i = 0; i + 1 < e->n_args && b.n; i += 2) {
        uint32_t n_yes;
        VONK_TRY(split_rows(&b, e->args[i], yes, &n_yes, err));
        VONK_TRY(fill_rows(&b, e->args[i + 1], yes, n_yes, err));
    }
    if (has_else)
        VONK_TRY(fill_rows(&b, e->args[e->n_args - 1], b.rows, b.n, err));
    else
        null_rows(&b);
    *ret = b.out;
    return VONK_OK;
}

vonk_status vonk_eval_case(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                           vonk_column *ret, vonk_error *err)
{
    return case_branches(e, e->has_else, in, ctx, ret, err);
}

vonk_status vonk_eval_if(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                         vonk_column *ret, vonk_error *err)
{
    return case_branches(e, true, in, ctx, ret, err);
}

vonk_status vonk_eval_coalesce(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                               vonk_column *ret, vonk_error *err)
{
    branching b;
    VONK_TRY(start_branching(&b, e, in, ctx, err));
    for (uint32_t i = 0; i < e->n_args && b.n; i++) {
        partial p;
        VONK_TRY(eval_rows(e->args[i], &b, b.rows, b.n, &p, err));
        if (i == 0 && !p.col.validity && p.col.type.id != VONK_NULL) {
            *ret = p.col;
            return VONK_OK;
        }
        for (uint32_t r = 0; r < b.n; r++) /* an earlier argument's nulls */
            vonk_bit_set(b.out.validity, b.rows[r], true);
        if (p.full)
            vonk_scatter_same(&p.col, b.rows, b.n, &b.out);
        else
            vonk_scatter(&p.col, b.rows, b.n, &b.out);
        uint32_t n = 0;
        for (uint32_t r = 0; r < b.n; r++) {
            b.rows[n] = b.rows[r];
            n += !vonk_column_is_valid(&p.col, p.full ? b.rows[r] : r);
        }
        b.n = n;
    }
    null_rows(&b);
    *ret = b.out;
    return VONK_OK;
}

/* nvl2(a, b, c): b where a is not null, else c. */
vonk_status vonk_eval_nvl2(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                           vonk_column *ret, vonk_error *err)
{
    branching b;
    vonk_column tested;
    VONK_TRY(start_branching(&b, e, in, ctx, err));
    VONK_TRY(vonk_expr_eval(e->args[0], in, ctx, &tested, err));
    uint32_t *yes = vonk_arena_alloc(ctx->arena, sizeof(uint32_t) * ((size_t)in->n_rows + 1), err);
    VONK_TRY_ALLOC(yes);
    uint32_t n_yes = 0;
    b.n = 0;
    for (uint32_t i = 0; i < in->n_rows; i++) {
        bool valid = vonk_column_is_valid(&tested, i);
        yes[n_yes] = b.rows[b.n] = i;
        n_yes += valid;
        b.n += !valid;
    }
    VONK_TRY(fill_rows(&b, e->args[1], yes, n_yes, err));
    VONK_TRY(fill_rows(&b, e->args[2], b.rows, b.n, err));
    *ret = b.out;
    return VONK_OK;
}

/* nanvl(a, b): b where a is NaN. */
vonk_status vonk_eval_nanvl(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                            vonk_column *ret, vonk_error *err)
{
    branching b;
    partial tested;
    VONK_TRY(start_branching(&b, e, in, ctx, err));
    VONK_TRY(eval_rows(e->args[0], &b, b.rows, b.n, &tested, err));
    vonk_scatter_same(&tested.col, b.rows, b.n, &b.out);
    uint32_t n = 0;
    for (uint32_t i = 0; i < in->n_rows; i++) {
        b.rows[n] = i;
        n += vonk_bit_get(b.out.validity, i) && isnan(((const double *)b.out.values)[i]);
    }
    VONK_TRY(fill_rows(&b, e->args[1], b.rows, n, err));
    *ret = b.out;
    return VONK_OK;
}

typedef vonk_status logic_fn(vonk_arena *arena, const vonk_column *a, const vonk_column *b,
                             vonk_column *ret, vonk_error *err);

/* The right side of AND (OR) for the rows where the left is not already false (true). */
static vonk_status eval_right(const vonk_expr *e, bool decided, const vonk_column *left,
                              const vonk_batch *in, const vonk_eval *ctx, vonk_column *ret,
                              vonk_error *err)
{
    branching b;
    VONK_TRY(start_branching(&b, e, in, ctx, err));
    uint32_t n = 0;
    for (uint32_t i = 0; i < in->n_rows; i++) {
        bool done = vonk_column_is_valid(left, i) &&
                    vonk_bit_get(left->values, vonk_column_at(left, i)) == decided;
        b.rows[n] = i;
        n += !done;
    }
    memset(b.out.values, 0, vonk_bitmap_words(in->n_rows) * 8);
    VONK_TRY(fill_rows(&b, e->args[1], b.rows, n, err));
    *ret = b.out;
    return VONK_OK;
}

static vonk_status eval_logic(const vonk_expr *e, bool is_or, const vonk_batch *in,
                              const vonk_eval *ctx, vonk_column *ret, vonk_error *err)
{
    logic_fn *logic = is_or ? vonk_or : vonk_and;
    vonk_column left, right;
    VONK_TRY(vonk_expr_eval(e->args[0], in, ctx, &left, err));
    if (vonk_expr_never_fails(e->args[1]))
        VONK_TRY(vonk_expr_eval(e->args[1], in, ctx, &right, err));
    else
        VONK_TRY(eval_right(e, is_or, &left, in, ctx, &right, err));
    return logic(ctx->arena, &left, &right, ret, err);
}

vonk_status vonk_eval_and(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                          vonk_column *ret, vonk_error *err)
{
    return eval_logic(e, false, in, ctx, ret, err);
}

vonk_status vonk_eval_or(const vonk_expr *e, const vonk_batch *in, const vonk_eval *ctx,
                         vonk_column *ret, vonk_error *err)
{
    return eval_logic(e, true, in, ctx, ret, err);
}
