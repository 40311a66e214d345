/* The 22 queries of TPC-H: every one becomes joins without cross products. */
#include <stdlib.h>

#include "analyze/tpch_tables.h"

static char *read_query(int number)
{
    char path[4096];
    const char *slash = strrchr(__FILE__, '/');
    snprintf(path, sizeof(path), "%.*s/../../bench/tpch/q%02d.sql", (int)(slash - __FILE__),
             __FILE__, number);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    char *text = calloc(1, 1 << 16);
    size_t length = fread(text, 1, (1 << 16) - 1, file);
    fclose(file);
    while (length && strchr("; \n", text[length - 1]))
        text[--length] = '\0';
    return text;
}

static bool is_subquery(const vonk_expr *e, void *context)
{
    (void)context;
    return e->kind == VONK_EXPR_EXISTS || e->kind == VONK_EXPR_IN_QUERY;
}

/* An aggregate of all rows. */
static bool is_one_row(const vonk_plan *plan)
{
    return plan->kind == VONK_PLAN_AGGREGATE && plan->n_group_exprs == 0;
}

static void check_node(const vonk_plan *plan, int number)
{
    cr_expect_neq(plan->kind, VONK_PLAN_DISTINCT);
    if (plan->kind == VONK_PLAN_JOIN && !is_one_row(plan->children[1])) {
        cr_expect_neq(plan->join_type, VONK_JOIN_CROSS, "q%d has a cross join", number);
        cr_expect_not_null(plan->condition);
    }
    if (plan->kind == VONK_PLAN_SCAN && number != 2) /* q2 shows all of supplier */
        cr_expect_lt(plan->n_output, plan->relation->schema.n_fields, "q%d reads all of %s", number,
                     plan->relation->name);
    if (plan->kind == VONK_PLAN_FILTER)
        cr_expect_not(vonk_expr_any(plan->condition, is_subquery, NULL), "q%d", number);
    for (uint32_t i = 0; i < plan->n_children; i++)
        check_node(plan->children[i], number);
}

Test(tpch, all_queries_are_planned_as_joins)
{
    for (int number = 1; number <= 22; number++) {
        fixture f;
        vonk_plan *plan = NULL;
        start(&f);
        add_tpch(&f);
        char *sql = read_query(number);
        vonk_status status = optimize(&f, sql, &plan);
        cr_expect_eq(status, VONK_OK, "q%d: %s", number, f.err.message);
        if (status == VONK_OK)
            check_node(plan, number);
        free(sql);
        stop(&f);
    }
}

/* The greatest table is probed, where filters leave it the greatest. */
Test(tpch, the_fact_table_is_never_built)
{
    static const int numbers[] = {3, 5, 7, 8, 9, 10, 14, 19};
    for (size_t i = 0; i < VONK_LENGTH(numbers); i++) {
        fixture f;
        vonk_plan *plan = NULL;
        start(&f);
        add_tpch(&f);
        char *sql = read_query(numbers[i]);
        cr_assert_eq(optimize(&f, sql, &plan), VONK_OK, "q%d: %s", numbers[i], f.err.message);
        bool built = false;
        for (vonk_plan *at = plan; at->n_children; at = at->children[0]) {
            vonk_plan *right = at->kind == VONK_PLAN_JOIN ? at->children[1] : NULL;
            while (right && right->n_children == 1)
                right = right->children[0];
            built |= right && right->kind == VONK_PLAN_SCAN &&
                     !strcmp(right->relation->name, "lineitem");
        }
        cr_expect_not(built, "q%d", numbers[i]);
        free(sql);
        stop(&f);
    }
}
