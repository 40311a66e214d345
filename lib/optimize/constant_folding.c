/* constant_folding.c - expressions of constants become constants, NULLs spread. */
#include <string.h>

#include "expr/eval.h"
#include "optimize/rule.h"

static bool all_literals(const vonk_expr *e)
{
    for (uint32_t i = 0; i < e->n_args; i++) {
        if (e->args[i]->kind != VONK_EXPR_LITERAL)
            return false;
    }
    return true;
}

static bool any_null(const vonk_expr *e)
{
    for (uint32_t i = 0; i < e->n_args; i++) {
        if (e->args[i]->kind == VONK_EXPR_LITERAL && e->args[i]->value.is_null)
            return true;
    }
    return false;
}

static bool is_nested(vonk_type type)
{
    return type.id >= VONK_ARRAY;
}

/* The literal that `e` stands for, or `e` if it fails (then it fails when it runs). */
static vonk_expr *evaluate(rewriting *r, vonk_expr *e, vonk_error *err)
{
    vonk_value value;
    vonk_error ignored = {0};
    vonk_status status = vonk_expr_constant(e, r->settings, r->arena, &value, &ignored);
    if (status == VONK_NO_MEMORY || status == VONK_CANCELLED) {
        if (err)
            *err = ignored;
        return NULL;
    }
    if (status != VONK_OK)
        return e;
    vonk_expr *literal = vonk_expr_literal(r->arena, e->type, value, err);
    if (!literal)
        return NULL;
    literal->start = e->start;
    literal->end = e->end;
    r->changed = true;
    return literal;
}

static vonk_expr *null_of(rewriting *r, vonk_expr *e, vonk_error *err)
{
    r->changed = true;
    return vonk_expr_null(r->arena, e->type, err);
}

/* CASE without the branches that cannot be taken. */
static vonk_expr *fold_case(rewriting *r, vonk_expr *e, vonk_error *err)
{
    uint32_t n = 0, n_whens = e->n_args / 2;
    vonk_expr *copy = vonk_expr_clone(r->arena, e, err);
    if (!copy)
        return NULL;
    bool closed = false; /* a branch that is always taken ends it */
    for (uint32_t i = 0; i < n_whens && !closed; i++) {
        const vonk_expr *when = e->args[2 * i];
        if (is_false_or_null(when))
            continue;
        closed = is_true(when);
        if (!closed)
            copy->args[n++] = e->args[2 * i];
        copy->args[n++] = e->args[2 * i + 1];
    }
    if (!closed && e->has_else)
        copy->args[n++] = e->args[e->n_args - 1];
    if (n == e->n_args)
        return e;
    r->changed = true;
    copy->n_args = n;
    copy->has_else = closed || e->has_else;
    if (!n)
        return vonk_expr_null(r->arena, e->type, err);
    return n == 1 ? copy->args[0] : copy;
}

/* typeof(x) whatever x is: tasks do not see all of a type. */
static vonk_expr *fold_typeof(rewriting *r, const vonk_expr *e, vonk_error *err)
{
    const char *text = vonk_type_text(r->arena, e->args[0]->type);
    r->changed = true;
    return vonk_expr_string(r->arena, vonk_slice_of(text), err);
}

static vonk_expr *fold(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    rewriting *r = context;
    (void)arena;
    switch (e->kind) {
    case VONK_EXPR_CALL:
        if (!e->function || e->function->aggregate || e->function->window ||
            !e->function->deterministic)
            return e;
        if (e->function->null_in_null_out && any_null(e))
            return null_of(r, e, err);
        if (e->n_args == 1 && !strcmp(e->function->name, "typeof"))
            return fold_typeof(r, e, err);
        break;
    case VONK_EXPR_CAST:
        break;
    case VONK_EXPR_CASE:
        return all_literals(e) ? evaluate(r, e, err) : fold_case(r, e, err);
    default:
        return e;
    }
    return all_literals(e) && !is_nested(e->type) ? evaluate(r, e, err) : e;
}

static vonk_status fold_slot(vonk_expr **slot, void *context, vonk_error *err)
{
    rewriting *r = context;
    *slot = vonk_expr_rewrite(*slot, fold, r, r->arena, err);
    return *slot ? VONK_OK : VONK_NO_MEMORY;
}

/* Below the equality only: the join asks which of its sides is null, not whether it is. */
static vonk_status fold_null_aware(rewriting *r, vonk_plan *join, vonk_error *err)
{
    vonk_expr *equality = vonk_expr_clone(r->arena, join->condition, err);
    VONK_TRY_ALLOC(equality);
    for (uint32_t i = 0; i < equality->n_args; i++)
        VONK_TRY(fold_slot(&equality->args[i], r, err));
    join->condition = equality;
    return VONK_OK;
}

static vonk_status fold_node(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    if ((*plan)->kind == VONK_PLAN_JOIN && (*plan)->null_aware)
        return fold_null_aware(r, *plan, err);
    return vonk_plan_each_expr(*plan, fold_slot, r, err);
}

vonk_status fold_constants(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return each_node(r, plan, fold_node, err);
}
