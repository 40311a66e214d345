/* Subqueries as joins. */
#include "analyze/fake_tables.h"

static const char *optimized(fixture *f, const char *sql)
{
    vonk_plan *plan;
    start(f);
    cr_assert_eq(optimize(f, sql, &plan), VONK_OK, "%s: %s", sql, f->err.message);
    return plan_text(f, plan);
}

static void check(const char *sql, const char *expected)
{
    fixture f;
    const char *actual = optimized(&f, sql);
    cr_expect_str_eq(actual, expected, "%s\nis\n%s\nnot\n%s", sql, actual, expected);
    stop(&f);
}

Test(subqueries, exists_is_a_semi_join)
{
    check("select a from t where exists (select 1 from u where u.a = t.a and u.l > t.l)",
          "Project [a]\n"
          "+- Join LeftSemi, ((a = a) AND (l > l))\n"
          "   :- Relation [a,l] parquet\n"
          "   +- Relation [a,l] parquet\n");
    check("select a from t where not exists (select k from u where u.a = t.a order by k limit 5)",
          "Join LeftAnti, (a = a)\n"
          ":- Relation [a] parquet\n"
          "+- Relation [a] parquet\n");
}

Test(subqueries, in_is_a_semi_join)
{
    check("select a from t where a in (select a from u where u.k = t.b)",
          "Project [a]\n"
          "+- Join LeftSemi, ((a = a) AND (k = b))\n"
          "   :- Relation [a,b] parquet\n"
          "   +- Relation [a,k] parquet\n");
}

static const vonk_plan *join_of(fixture *f, const char *sql)
{
    vonk_plan *plan;
    start(f);
    cr_assert_eq(optimize(f, sql, &plan), VONK_OK, "%s: %s", sql, f->err.message);
    while (plan->kind != VONK_PLAN_JOIN && plan->n_children)
        plan = plan->children[0];
    cr_assert_eq(plan->kind, VONK_PLAN_JOIN);
    return plan;
}

Test(subqueries, not_in_minds_nulls)
{
    fixture f;
    const vonk_plan *join = join_of(&f, "select a from t where a not in (select a from u)");
    cr_expect_eq(join->join_type, VONK_JOIN_ANTI);
    cr_expect(join->null_aware, "u.a may be null");
    stop(&f);
    join = join_of(&f, "select a from t where a not in (select a from t)");
    cr_expect_not(join->null_aware, "nothing can be null");
    stop(&f);
    join = join_of(&f, "select a from t where l not in (select l from u where u.k = t.b)");
    cr_expect_not(join->null_aware, "correlated: the condition says it");
    vonk_buffer text = {0}, out = {0};
    vonk_expr_print(join->condition, false, &text);
    print_without_ids(vonk_buffer_str(&text), &out);
    cr_expect_not_null(strstr(vonk_buffer_str(&out), "IS NULL"), "%s", vonk_buffer_str(&out));
    vonk_buffer_free(&text);
    vonk_buffer_free(&out);
    stop(&f);
}

Test(subqueries, scalar_aggregates_are_joined_by_their_keys)
{
    check("select a, (select max(l) from u where u.a = t.a) m from t",
          "Project [a, max(l) AS m]\n"
          "+- Join LeftOuter, (a = a)\n"
          "   :- Relation [a] parquet\n"
          "   +- Project [max(l) AS max(l), a]\n"
          "      +- Aggregate [a], [a, max(l) AS max(l)]\n"
          "         +- Relation [a,l] parquet\n");
}

Test(subqueries, a_count_over_nothing_is_zero)
{
    fixture f;
    const char *text = optimized(&f, "select (select count(*) from u where u.a = t.a) c from t");
    cr_expect_not_null(strstr(text, "CASE WHEN isnull(matched) THEN 0 ELSE count(1) END AS c"),
                       "%s", text);
    stop(&f);
    text = optimized(&f, "select (select count(*) + 5 from u where u.a = t.a) c from t");
    cr_expect_not_null(strstr(text, "THEN 5 ELSE"), "%s", text);
    stop(&f);
}

Test(subqueries, a_comparison_makes_it_an_inner_join)
{
    fixture f;
    const vonk_plan *join =
        join_of(&f, "select a from t where l > (select avg(l) from u where u.a = t.a)");
    cr_expect_eq(join->join_type, VONK_JOIN_INNER);
    stop(&f);
}

Test(subqueries, uncorrelated_ones_stay_with_plans_of_their_own)
{
    check("select a from t where l = (select max(l) from u where 1 = 1)",
          "Project [a]\n"
          "+- Filter (l = scalarsubquery())\n"
          "   :  +- Aggregate [], [max(l) AS max(l)]\n"
          "   :     +- Relation [l] parquet\n"
          "   +- Relation [a,l] parquet\n");
}

Test(subqueries, exists_and_in_under_or_are_marks)
{
    check("select a from t where a in (select a from u) or b = 'x'",
          "Project [a]\n"
          "+- Filter (isnotnull(matched) OR (b = x))\n"
          "   +- Join LeftOuter, (a = key)\n"
          "      :- Relation [a,b] parquet\n"
          "      +- Project [key, true AS matched]\n"
          "         +- Aggregate [key], [key]\n"
          "            +- Project [a AS key]\n"
          "               +- Relation [a] parquet\n");
}

Test(subqueries, not_in_as_a_value_knows_nulls)
{
    fixture f;
    const char *text = optimized(&f, "select l in (select l from u) x from t");
    cr_expect_null(strstr(text, "n_all"), "IN is a match or none, as in Spark: %s", text);
    stop(&f);
    text = optimized(&f, "select l not in (select l from u) x from t");
    cr_expect_not_null(strstr(text, "n_all"), "rows and values of u are counted: %s", text);
    stop(&f);
    text = optimized(&f, "select a not in (select a from t) x from t");
    cr_expect_null(strstr(text, "n_all"), "nothing can be null: %s", text);
    stop(&f);
    text = optimized(&f, "select a from t where l not in (select l from u where u.k = t.b) or "
                         "b = 'x'");
    cr_expect_not_null(strstr(text, "count(l) AS n_values"), "counted by the key: %s", text);
    stop(&f);
}

Test(subqueries, two_levels_deep)
{
    check("select t1.a from t t1 where exists (select 1 from t t2 where t2.a = t1.a and exists "
          "(select 1 from u where u.a = t2.a and u.l = t1.l))",
          "Project [a]\n"
          "+- Join LeftSemi, ((a = a) AND (l = l))\n"
          "   :- Relation [a,l] parquet\n"
          "   +- Project [a, l]\n"
          "      +- Join Inner, (a = a)\n"
          "         :- Relation [a] parquet\n"
          "         +- Relation [a,l] parquet\n");
}

Test(subqueries, in_the_condition_of_an_inner_join)
{
    check("select t.b from t join u on t.a = u.a and exists (select 1 from t x where x.l = u.l)",
          "Project [b]\n"
          "+- Join LeftSemi, (l = l)\n"
          "   :- Project [b, l]\n"
          "   :  +- Join Inner, (a = a)\n"
          "   :     :- Relation [a,b] parquet\n"
          "   :     +- Relation [a,l] parquet\n"
          "   +- Relation [l] parquet\n");
}

Test(subqueries, an_aggregate_always_exists)
{
    check("select a from t where exists (select max(a) from u where u.a = t.a)",
          "Relation [a] parquet\n");
    check("select a from t where not exists (select count(*) from u)",
          "LocalRelation <empty>, [a]\n");
}

Test(subqueries, a_group_and_its_output_share_one_join)
{
    fixture f;
    const char *text = optimized(&f, "select case when exists (select 1 from u where u.a = t.a) "
                                     "then 1 else 0 end x, count(*) from t group by 1");
    const char *first = strstr(text, "Join LeftOuter");
    cr_assert_not_null(first);
    cr_expect_null(strstr(first + 1, "Join LeftOuter"), "%s", text);
    stop(&f);
}

Test(subqueries, a_constant_in_a_subquery)
{
    fixture f;
    const vonk_plan *join =
        join_of(&f, "select 1 in (with q as (select a from t) select * from q)");
    cr_expect_eq(join->join_type, VONK_JOIN_LEFT);
    stop(&f);
}

Test(subqueries, other_correlations_are_computed_for_the_distinct_outer_rows)
{
    check("select a, (select max(l) from u where u.a < t.a) m from t",
          "Project [a, max(l) AS m]\n"
          "+- Join LeftOuter, (a <=> a)\n"
          "   :- Relation [a] parquet\n"
          "   +- Project [max(l) AS max(l), a]\n"
          "      +- Join LeftOuter, (a <=> a)\n"
          "         :- Aggregate [a], [a]\n"
          "         :  +- Relation [a] parquet\n"
          "         +- Aggregate [a], [a, max(l) AS max(l)]\n"
          "            +- Join Inner, (a < a)\n"
          "               :- Aggregate [a], [a]\n"
          "               :  +- Relation [a] parquet\n"
          "               +- Relation [a,l] parquet\n");
}

Test(subqueries, what_cannot_be_a_join_is_refused_where_it_stands)
{
    static const char *const queries[] = {
        "select (select u.l from u left join (select k as m from u where k = t.a) v on true) from "
        "t",
        ("select a, (select count(*) from t s full join (select * from u where u.a = t.a) v "
         "on s.a = v.a) from t"),
    };
    for (size_t i = 0; i < VONK_LENGTH(queries); i++) {
        fixture f;
        vonk_plan *plan;
        start(&f);
        cr_expect_eq(optimize(&f, queries[i], &plan), VONK_USER, "%s", queries[i]);
        cr_expect_eq(strncmp(f.err.condition, "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.", 41), 0,
                     "%s", f.err.condition);
        cr_expect_geq(f.err.position, 0);
        stop(&f);
    }
}
