/*
 * height.c - how deep a parsed tree is. Everything behind the parser walks trees by recursion, so
 * one bound here keeps all their stacks small. This walk itself keeps its own stack.
 *
 * A simple CASE shares its value among its WHENs, so that nested ones may make a tree that is far
 * larger than its text: the number of nodes is bounded too.
 */
#include "sql/parser.h"

typedef struct visit {
    const vonk_plan *plan; /* or */
    const vonk_expr *expr;
    uint32_t height; /* nodes above it, itself included */
} visit;

typedef struct stack {
    parser *p;
    vonk_buffer visits; /* of visit */
    size_t n_visited;
} stack;

static void push_plan(stack *s, const vonk_plan *plan, uint32_t height)
{
    visit v = {.plan = plan, .height = height};
    if (plan)
        vonk_buffer_append(&s->visits, &v, sizeof(v));
}

static void push_expr(stack *s, const vonk_expr *e, uint32_t height)
{
    visit v = {.expr = e, .height = height};
    if (e)
        vonk_buffer_append(&s->visits, &v, sizeof(v));
}

static void push_exprs(stack *s, vonk_expr *const *exprs, uint32_t n, uint32_t height)
{
    for (uint32_t i = 0; i < n; i++)
        push_expr(s, exprs[i], height);
}

static void visit_expr(stack *s, const vonk_expr *e, uint32_t height)
{
    push_exprs(s, e->args, e->n_args, height);
    if (e->kind == VONK_EXPR_CALL)
        push_expr(s, e->filter, height);
    if (e->kind == VONK_EXPR_SUBQUERY || e->kind == VONK_EXPR_EXISTS ||
        e->kind == VONK_EXPR_IN_QUERY)
        push_plan(s, e->plan, height);
}

static void visit_plan(stack *s, const vonk_plan *plan, uint32_t height)
{
    for (uint32_t i = 0; i < plan->n_children; i++)
        push_plan(s, plan->children[i], height);
    for (uint32_t i = 0; i < plan->n_ctes; i++)
        push_plan(s, plan->ctes[i].plan, height);
    push_exprs(s, plan->exprs, plan->n_exprs, height);
    push_exprs(s, plan->group_exprs, plan->n_group_exprs, height);
    push_expr(s, plan->condition, height);
    push_expr(s, plan->limit_expr, height);
    push_expr(s, plan->offset_expr, height);
}

static vonk_status too_high(stack *s, const visit *v)
{
    int32_t start = v->plan ? v->plan->start : v->expr->start;
    int32_t end = v->plan ? v->plan->end : v->expr->end;
    vonk_status status = vonk_fail_sql(
        s->p->err, "FAILED_TO_PARSE_TOO_COMPLEX",
        "The statement was too complex to parse: it makes a tree of more than %d levels or of far "
        "more nodes than its text has tokens. To mitigate this error divide the statement into "
        "multiple, less complex chunks.",
        MAX_TREE_HEIGHT);
    return vonk_error_at(s->p->err, status, start, end);
}

static vonk_status check(stack *s)
{
    vonk_status status = VONK_OK;
    size_t most = 1000000 + 64 * s->p->text.length;
    while (status == VONK_OK && s->visits.length) {
        visit v = ((const visit *)(const void *)s->visits.data)[s->visits.length / sizeof(v) - 1];
        s->visits.length -= sizeof(v);
        if (v.height > MAX_TREE_HEIGHT || s->n_visited++ > most)
            status = too_high(s, &v);
        else if (v.plan)
            visit_plan(s, v.plan, v.height + 1);
        else
            visit_expr(s, v.expr, v.height + 1);
        if (status == VONK_OK)
            status = vonk_buffer_check(&s->visits, s->p->err);
    }
    vonk_buffer_free(&s->visits);
    return status;
}

vonk_status sql_check_plan_height(parser *p, const vonk_plan *plan)
{
    stack s = {.p = p};
    push_plan(&s, plan, 1);
    return check(&s);
}

vonk_status sql_check_expr_height(parser *p, const vonk_expr *e)
{
    stack s = {.p = p};
    push_expr(&s, e, 1);
    return check(&s);
}
