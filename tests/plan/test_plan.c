/* Logical plans: copies, names, and the text of analyzed ones. */
#include <criterion/criterion.h>
#include <string.h>

#include "plan/plan.h"

static vonk_arena arena;

static void free_arena(void)
{
    vonk_arena_free(&arena);
}

static vonk_plan *with_output(vonk_plan *plan, uint32_t n, const vonk_attribute *output)
{
    plan->n_output = n;
    plan->output = VONK_NEW_ARRAY(&arena, vonk_attribute, n, NULL);
    memcpy(plan->output, output, n * sizeof(*output));
    return plan;
}

static void set_exprs(vonk_plan *plan, uint32_t n, vonk_expr *const *exprs)
{
    plan->n_exprs = n;
    plan->exprs = VONK_NEW_ARRAY(&arena, vonk_expr *, n, NULL);
    memcpy(plan->exprs, exprs, n * sizeof(*exprs));
}

Test(plan, new_nodes_have_no_limit_and_no_place, .fini = free_arena)
{
    vonk_plan *plan = vonk_plan_new(&arena, VONK_PLAN_JOIN, 2, NULL);
    cr_expect_eq(plan->n_children, 2);
    cr_expect_null(plan->children[1]);
    cr_expect(plan->limit < 0 && plan->start == -1 && plan->end == -1);
}

Test(plan, a_clone_has_its_own_arrays, .fini = free_arena)
{
    vonk_plan *child = vonk_plan_new(&arena, VONK_PLAN_ONE_ROW, 0, NULL);
    vonk_plan *plan = vonk_plan_new(&arena, VONK_PLAN_PROJECT, 1, NULL);
    vonk_expr *one = vonk_expr_int(&arena, 1, NULL), *two = vonk_expr_int(&arena, 2, NULL);
    plan->children[0] = child;
    set_exprs(plan, 1, &one);
    vonk_plan *copy = vonk_plan_clone(&arena, plan, NULL);
    cr_assert_eq(copy->kind, VONK_PLAN_PROJECT);
    copy->children[0] = NULL;
    copy->exprs[0] = two;
    cr_expect_eq(plan->children[0], child);
    cr_expect_eq(plan->exprs[0], one);
}

Test(plan, knows_commands_from_queries, .fini = free_arena)
{
    for (int kind = 0; kind < VONK_N_PLANS; kind++) {
        vonk_plan *plan = vonk_plan_new(&arena, (vonk_plan_kind)kind, 0, NULL);
        cr_expect_eq(vonk_plan_is_command(plan), kind >= VONK_PLAN_CREATE_VIEW);
        cr_expect_str_neq(vonk_plan_kind_name(plan->kind), "?");
    }
    cr_expect_str_eq(vonk_join_type_name(VONK_JOIN_LEFT), "LeftOuter");
}

Test(plan, an_analyzed_plan_shows_attributes_with_ids, .fini = free_arena)
{
    vonk_attribute a = {.id = 1, .name = "a", .type = VONK_TYPE(INT32)};
    vonk_attribute b = {.id = 2, .name = "b", .type = VONK_TYPE(INT64)};
    vonk_attribute both[] = {a, b};
    vonk_relation relation = {.name = "t", .format = "parquet"};
    vonk_plan *scan = with_output(vonk_plan_new(&arena, VONK_PLAN_SCAN, 0, NULL), 2, both);
    scan->relation = &relation;
    vonk_expr *column_a = vonk_expr_column(&arena, 1, "a", a.type, true, NULL);
    vonk_expr *column_b = vonk_expr_column(&arena, 2, "b", b.type, true, NULL);
    vonk_expr *one = vonk_expr_int(&arena, 1, NULL);
    vonk_plan *filter = with_output(vonk_plan_new(&arena, VONK_PLAN_FILTER, 1, NULL), 2, both);
    filter->children[0] = scan;
    filter->condition = vonk_expr_call2(&arena, ">", column_a, one, NULL);
    vonk_plan *aggregate =
        with_output(vonk_plan_new(&arena, VONK_PLAN_AGGREGATE, 1, NULL), 2, both);
    aggregate->children[0] = filter;
    aggregate->n_group_exprs = 1;
    aggregate->group_exprs = &column_a;
    vonk_expr *sum = vonk_expr_call1(&arena, "sum", column_b, NULL);
    vonk_expr *alias = vonk_expr_alias(&arena, sum, "s", NULL);
    alias->alias_id = 3;
    set_exprs(aggregate, 2, (vonk_expr *[]){column_a, alias});
    vonk_plan *join = with_output(vonk_plan_new(&arena, VONK_PLAN_JOIN, 2, NULL), 2, both);
    join->children[0] = aggregate;
    join->children[1] = scan;
    join->join_type = VONK_JOIN_SEMI;
    join->condition = vonk_expr_call2(&arena, "=", column_a, column_a, NULL);
    vonk_buffer out = {0};
    vonk_plan_print(join, &out);
    cr_expect_str_eq(vonk_buffer_str(&out),
                     "Join LeftSemi, (a#1 = a#1)\n"
                     ":- Aggregate [a#1], [a#1, sum(b#2L) AS s#3]\n"
                     ":  +- Filter (a#1 > 1)\n"
                     ":     +- Relation [a#1,b#2L] parquet\n"
                     "+- Relation [a#1,b#2L] parquet\n",
                     "%s", vonk_buffer_str(&out));
    vonk_buffer_free(&out);
}
