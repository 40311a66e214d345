/* Optimized plans as text: what each rule does to queries. */
#include "analyze/fake_tables.h"

typedef struct example {
    const char *sql, *plan;
} example;

static void check_without(const char *disabled, const example *examples, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fixture f;
        vonk_plan *plan;
        start(&f);
        f.disabled_rules = disabled;
        vonk_status status = optimize(&f, examples[i].sql, &plan);
        cr_expect_eq(status, VONK_OK, "%s: %s", examples[i].sql, f.err.message);
        if (status == VONK_OK)
            cr_expect_str_eq(plan_text(&f, plan), examples[i].plan, "%s\nis\n%s\nnot\n%s",
                             examples[i].sql, plan_text(&f, plan), examples[i].plan);
        stop(&f);
    }
}

static void check(const example *examples, size_t n)
{
    check_without(NULL, examples, n);
}

Test(optimize, folds_constants)
{
    static const example examples[] = {
        {"select a from t where 1 = 1 and a > 1 + 1", "Relation [a] parquet, filters [(a > 2)]\n"},
        {"select a from t where a > 1 and false", "LocalRelation <empty>, [a]\n"},
        {"select a from t where null > 1", "LocalRelation <empty>, [a]\n"},
        {"select a, case when true then 1 when b = 'x' then 2 end c from t",
         "Project [a, 1 AS c]\n"
         "+- Relation [a] parquet\n"},
        {"select case when 1 = 2 then 1 when b = 'x' then 2 end c from t",
         "Project [CASE WHEN (b = x) THEN 2 END AS c]\n"
         "+- Relation [b] parquet\n"},
    };
    check(examples, VONK_LENGTH(examples));
}

Test(optimize, leaves_what_fails_for_run_time)
{
    fixture f;
    vonk_plan *plan;
    start(&f);
    cr_assert_eq(optimize(&f, "select 1 / 0 x", &plan), VONK_OK);
    cr_assert_eq(plan->kind, VONK_PLAN_PROJECT);
    cr_expect_eq(plan->exprs[0]->args[0]->kind, VONK_EXPR_CALL);
    stop(&f);
}

Test(optimize, simplifies_booleans)
{
    static const example examples[] = {
        {"select a from t where (a = 1 and b = 'x') or (a = 1 and b = 'y')",
         "Project [a]\n"
         "+- Relation [a,b] parquet, filters [(a = 1), ((b = x) OR (b = y))]\n"},
        {"select a from t where (a = 1 and b = 'x') or a = 1",
         "Relation [a] parquet, filters [(a = 1)]\n"},
        {"select a from t where not (a > 1 or not b = 'x')",
         "Project [a]\n"
         "+- Relation [a,b] parquet, filters [(a <= 1), (b = x)]\n"},
        {"select a from t where a > 1 and a > 1 or false",
         "Relation [a] parquet, filters [(a > 1)]\n"},
    };
    check(examples, VONK_LENGTH(examples));
}

Test(optimize, pushes_filters_down)
{
    static const example examples[] = {
        {"select x from (select a + 1 x, b from t) q where x > 1 and b = 'y'",
         "Project [(a + 1) AS x]\n"
         "+- Relation [a,b] parquet, filters [((a + 1) > 1), (b = y)]\n"},
        {"select b, c from (select b, count(*) c from t group by b) where b = 'x' and c > 1",
         "Project [b, count(1) AS c]\n"
         "+- Filter (count(1) > 1)\n"
         "   +- Aggregate [b], [b, count(1) AS count(1)]\n"
         "      +- Relation [b] parquet, filters [(b = x)]\n"},
        {"select a from (select a from t union all select a from u) where a > 1",
         "Union All\n"
         ":- Relation [a] parquet, filters [(a > 1)]\n"
         "+- Relation [a] parquet, filters [(a > 1)]\n"},
        {"select a from (select distinct a, b from t order by a) where b = 'x'",
         "Sort [a ASC NULLS FIRST], true\n"
         "+- Project [a]\n"
         "   +- Aggregate [a, b], [a, b]\n"
         "      +- Relation [a,b] parquet, filters [(b = x)]\n"},
        {"select a from (select a from t limit 10) where a > 1", "Filter (a > 1)\n"
                                                                 "+- GlobalLimit 10\n"
                                                                 "   +- Relation [a] parquet\n"},
    };
    check(examples, VONK_LENGTH(examples));
}

Test(optimize, pushes_filters_through_joins)
{
    static const example examples[] = {
        {"select t.a from t, u where t.a = u.a and k = 'x' and b = 'y' and t.l > u.l",
         "Project [a]\n"
         "+- Join Inner, ((a = a) AND (l > l))\n"
         "   :- Project [a, l]\n"
         "   :  +- Relation [a,b,l] parquet, filters [(b = y)]\n"
         "   +- Project [a, l]\n"
         "      +- Relation [a,k,l] parquet, filters [(k = x)]\n"},
        {"select t.a from t left join u on t.a = u.a and t.b = 'x' and u.k = 'y'",
         "Project [a]\n"
         "+- Join LeftOuter, ((a = a) AND (b = x))\n"
         "   :- Relation [a,b] parquet\n"
         "   +- Project [a]\n"
         "      +- Relation [a,k] parquet, filters [(k = y)]\n"},
        {"select t.a from t left join u on t.a = u.a where t.b = 'x' and u.k is null",
         "Project [a]\n"
         "+- Filter isnull(k)\n"
         "   +- Join LeftOuter, (a = a)\n"
         "      :- Project [a]\n"
         "      :  +- Relation [a,b] parquet, filters [(b = x)]\n"
         "      +- Relation [a,k] parquet\n"},
        {"select t.a from t join u on (b = 'x' and k = 'y') or (b = 'z' and k = 'w')",
         "Project [a]\n"
         "+- Join Inner, (((b = x) AND (k = y)) OR ((b = z) AND (k = w)))\n"
         "   :- Relation [a,b] parquet, filters [((b = x) OR (b = z))]\n"
         "   +- Relation [k] parquet, filters [((k = y) OR (k = w))]\n"},
    };
    check(examples, VONK_LENGTH(examples));
}

Test(optimize, pushes_semi_joins_below_joins)
{
    static const example examples[] = {
        {"select t.l, u.k from t join u on t.a = u.a where t.b in (select k from u where a = 1)",
         "Project [l, k]\n"
         "+- Join Inner, (a = a)\n"
         "   :- Project [a, l]\n"
         "   :  +- Join LeftSemi, (b = k)\n"
         "   :     :- Relation [a,b,l] parquet\n"
         "   :     +- Project [k]\n"
         "   :        +- Relation [a,k] parquet, filters [(a = 1)]\n"
         "   +- Relation [a,k] parquet\n"},
        {"select t.l, u.k from t join u on t.a = u.a where t.b in (select k from u)",
         "Project [l, k]\n"
         "+- Join LeftSemi, (b = k)\n"
         "   :- Project [b, l, k]\n"
         "   :  +- Join Inner, (a = a)\n"
         "   :     :- Relation [a,b,l] parquet\n"
         "   :     +- Relation [a,k] parquet\n"
         "   +- Relation [k] parquet\n"},
        {"select t.l, u.k from t left join u on t.a = u.a where u.k not in (select b from t)",
         "Join LeftAnti, (k = b)\n"
         ":- Project [l, k]\n"
         ":  +- Join LeftOuter, (a = a)\n"
         ":     :- Relation [a,l] parquet\n"
         ":     +- Relation [a,k] parquet\n"
         "+- Relation [b] parquet\n"},
    };
    check(examples, VONK_LENGTH(examples));
}

Test(optimize, infers_filters_from_equal_columns)
{
    static const example examples[] = {
        {"select t.b from t join u on t.a = u.a where t.a = 3",
         "Project [b]\n"
         "+- Join Inner, (a = a)\n"
         "   :- Relation [a,b] parquet, filters [(a = 3)]\n"
         "   +- Relation [a] parquet, filters [(a = 3)]\n"},
        {"select t.b from t join (select a, max(l) m from u group by a) v on t.a = v.a "
         "where t.a in (1, 2)",
         "Project [b]\n"
         "+- Join Inner, (a = a)\n"
         "   :- Relation [a,b] parquet, filters [a IN (1,2)]\n"
         "   +- Aggregate [a], [a]\n"
         "      +- Relation [a] parquet, filters [a IN (1,2)]\n"},
        {"select t.b from t left join u on t.a = u.a where t.a > 3",
         "Project [b]\n"
         "+- Join LeftOuter, (a = a)\n"
         "   :- Relation [a,b] parquet, filters [(a > 3)]\n"
         "   +- Relation [a] parquet, filters [(a > 3)]\n"},
        {"select t.b from t right join u on t.a = u.a and t.a > 3",
         "Project [b]\n"
         "+- Join RightOuter, (a = a)\n"
         "   :- Relation [a,b] parquet, filters [(a > 3)]\n"
         "   +- Relation [a] parquet\n"},
        {"select t.b from t join u on t.a = u.a where 10 / t.a = 1",
         "Project [b]\n"
         "+- Join Inner, (a = a)\n"
         "   :- Relation [a,b] parquet, filters [((10.0 / cast(a as double)) = 1.0)]\n"
         "   +- Relation [a] parquet\n"},
        {"select t.b from t left anti join u on t.a = u.a and u.a > 3",
         "Project [b]\n"
         "+- Join LeftAnti, (a = a)\n"
         "   :- Relation [a,b] parquet\n"
         "   +- Relation [a] parquet, filters [(a > 3)]\n"},
    };
    check(examples, VONK_LENGTH(examples));
}

Test(optimize, joins_whose_rows_may_come_once_are_semi_joins)
{
    static const example examples[] = {
        {"select b from t where a in (select x.a from u x join u y on x.k = y.k and x.l < y.l)",
         "Project [b]\n"
         "+- Join LeftSemi, (a = a)\n"
         "   :- Relation [a,b] parquet\n"
         "   +- Project [a]\n"
         "      +- Join LeftSemi, ((k = k) AND (l < l))\n"
         "         :- Relation [a,k,l] parquet\n"
         "         +- Relation [k,l] parquet\n"},
        {"select distinct x.k from u x join u y on x.a = y.a", "Aggregate [k], [k]\n"
                                                               "+- Project [k]\n"
                                                               "   +- Join LeftSemi, (a = a)\n"
                                                               "      :- Relation [a,k] parquet\n"
                                                               "      +- Relation [a] parquet\n"},
        {"select distinct x.k, y.k from u x join u y on x.a = y.a",
         "Aggregate [k, k], [k, k]\n"
         "+- Project [k, k]\n"
         "   +- Join Inner, (a = a)\n"
         "      :- Relation [a,k] parquet\n"
         "      +- Relation [a,k] parquet\n"},
        {"select distinct u.k from u join t on t.a = u.a", "Aggregate [k], [k]\n"
                                                           "+- Project [k]\n"
                                                           "   +- Join Inner, (a = a)\n"
                                                           "      :- Relation [a,k] parquet\n"
                                                           "      +- Relation [a] parquet\n"},
        {"select x.k, count(*) from u x join u y on x.a = y.a group by x.k",
         "Aggregate [k], [k, count(1) AS count(1)]\n"
         "+- Join Inner, (a = a)\n"
         "   :- Relation [a,k] parquet\n"
         "   +- Relation [a] parquet\n"},
    };
    check(examples, VONK_LENGTH(examples));
}

Test(optimize, outer_joins_become_stronger)
{
    static const struct {
        const char *sql;
        vonk_join_type type;
    } cases[] = {
        {"select 1 from t left join u on t.a = u.a where u.k = 'x'", VONK_JOIN_INNER},
        {"select 1 from t left join u on t.a = u.a where u.k is null", VONK_JOIN_LEFT},
        {"select 1 from t left join u on t.a = u.a where coalesce(u.k, 'x') = 'x'", VONK_JOIN_LEFT},
        {"select 1 from t left join u on t.a = u.a where u.k = 'x' or t.b = 'y'", VONK_JOIN_LEFT},
        {"select 1 from t right join u on t.a = u.a where t.l + 1 > 0", VONK_JOIN_INNER},
        {"select 1 from t full join u on t.a = u.a where u.k = 'x'", VONK_JOIN_RIGHT},
        {"select 1 from t full join u on t.a = u.a where t.b = 'x'", VONK_JOIN_LEFT},
        {"select 1 from t full join u on t.a = u.a where t.b = u.k", VONK_JOIN_INNER},
    };
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        fixture f;
        vonk_plan *plan;
        start(&f);
        cr_assert_eq(optimize(&f, cases[i].sql, &plan), VONK_OK, "%s: %s", cases[i].sql,
                     f.err.message);
        while (plan->kind != VONK_PLAN_JOIN && plan->n_children)
            plan = plan->children[0];
        cr_assert_eq(plan->kind, VONK_PLAN_JOIN);
        cr_expect_eq(plan->join_type, cases[i].type, "%s", cases[i].sql);
        stop(&f);
    }
}

Test(optimize, limits)
{
    static const example examples[] = {
        {"select * from (select a from t limit 10 offset 3) limit 5 offset 2",
         "GlobalLimit 5, 5\n"
         "+- Relation [a] parquet\n"},
        {"select a from t limit 0", "LocalRelation <empty>, [a]\n"},
        {"select a from t order by b limit 3", "Project [a]\n"
                                               "+- GlobalLimit 3\n"
                                               "   +- Sort [b ASC NULLS FIRST], true\n"
                                               "      +- Relation [a,b] parquet\n"},
        {"select a from t union all select a from u limit 3", "GlobalLimit 3\n"
                                                              "+- Union All\n"
                                                              "   :- GlobalLimit 3\n"
                                                              "   :  +- Relation [a] parquet\n"
                                                              "   +- GlobalLimit 3\n"
                                                              "      +- Relation [a] parquet\n"},
        {"select count(b) c from t limit 1", "Aggregate [], [count(b) AS c]\n"
                                             "+- Relation [b] parquet\n"},
        {"select max(a) m from (select a from t order by b)", "Aggregate [], [max(a) AS m]\n"
                                                              "+- Relation [a] parquet\n"},
    };
    check(examples, VONK_LENGTH(examples));
}

Test(optimize, replaces_operators)
{
    static const example examples[] = {
        {"select distinct a, b from t", "Aggregate [a, b], [a, b]\n"
                                        "+- Relation [a,b] parquet\n"},
        {"select a from t union select a from u", "Aggregate [a], [a]\n"
                                                  "+- Union All\n"
                                                  "   :- Relation [a] parquet\n"
                                                  "   +- Relation [a] parquet\n"},
        {"select a from t except select a from u",
         "Project [a]\n"
         "+- Filter ((in_first = 1) AND (in_second = 0))\n"
         "   +- Aggregate [a], [a, max(in_first) AS in_first, max(in_second) AS in_second]\n"
         "      +- Union All\n"
         "         :- Project [a AS a, 1 AS in_first, 0 AS in_second]\n"
         "         :  +- Relation [a] parquet\n"
         "         +- Project [a AS a, 0 AS in_first, 1 AS in_second]\n"
         "            +- Relation [a] parquet\n"},
    };
    check(examples, VONK_LENGTH(examples));
}

Test(optimize, rules_can_be_switched_off)
{
    static const example examples[] = {
        {"select a from t where b = 'x'", "Project [a]\n"
                                          "+- Filter (b = x)\n"
                                          "   +- Relation [a,b,c,d,e,l,dt] parquet\n"},
    };
    check_without("push_down_filters, prune_columns", examples, VONK_LENGTH(examples));
}

Test(optimize, leaves_the_analyzed_plan_alone)
{
    fixture f;
    vonk_plan *plan, *optimized;
    start(&f);
    cr_assert_eq(analyze(&f,
                         "select t.a from t, u where t.a = u.a and exists (select 1 from u v "
                         "where v.a = t.a) and t.l > (select 1 + 1)",
                         &plan),
                 VONK_OK);
    const char *before = plan_text(&f, plan);
    vonk_optimizer optimizer = {.arena = &f.arena, .settings = &f.settings, .next_id = &f.next_id};
    cr_assert_eq(vonk_optimize(&optimizer, plan, &optimized, &f.err), VONK_OK, "%s", f.err.message);
    cr_expect_str_eq(plan_text(&f, plan), before);
    cr_expect_str_neq(plan_text(&f, optimized), before);
    stop(&f);
}
