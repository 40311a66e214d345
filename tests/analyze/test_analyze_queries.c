/* What queries resolve to: the names and types are those that Spark 4.2 gives. */
#include "analyze/fake_tables.h"
#include "catalog/plan_columns.h"

typedef struct query {
    const char *sql, *columns;
} query;

static void check(const query *queries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fixture f;
        vonk_plan *plan;
        start(&f);
        vonk_status status = analyze(&f, queries[i].sql, &plan);
        cr_expect_eq(status, VONK_OK, "%s: %s", queries[i].sql, f.err.message);
        if (status == VONK_OK)
            cr_expect_str_eq(columns_of(&f, plan), queries[i].columns, "%s gives %s",
                             queries[i].sql, columns_of(&f, plan));
        stop(&f);
    }
}

Test(analyze, names_and_types_of_select_lists)
{
    static const query queries[] = {
        {"select a + 1, A, t.b from t", "(a + 1):int not null, A:int not null, b:string"},
        {"select cast(a as string), cast(b as int) from t", "a:string not null, b:int"},
        {"select a as `x y`, -1 from t", "x y:int not null, -1:int not null"},
        {"select * from u", "a:int, k:string, l:bigint"},
        {"select u.*, 1 as one from u", "a:int, k:string, l:bigint, one:int not null"},
        {"select 1, 'x'", "1:int not null, x:string not null"},
        {"select a, d from t union all select l, l from u", "a:bigint, d:decimal(22,2)"},
        {"select a x, x + 1 from t", "x:int not null, (lateralAliasReference(x) + 1):int not null"},
        {"select a x, x + 1 y, y + 1 z from t", "x:int not null, y:int not null, z:int not null"},
        {"select case when a = 1 then 1 when a = 2 then 2L end c from t", "c:bigint"},
        {"select a in (select l from u) c from t", "c:boolean"},
        {"select (select max(l) from u) m, exists (select 1 from u) e",
         "m:bigint, e:boolean not null"},
    };
    check(queries, VONK_LENGTH(queries));
}

Test(analyze, groups)
{
    static const query queries[] = {
        {"select b, sum(a), count(*) from t group by b",
         "b:string, sum(a):bigint, count(1):bigint not null"},
        {"select sum(a) + 1 s from t", "s:bigint"},
        {"select a + 1 as x, count(*) c from t group by x", "x:int not null, c:bigint not null"},
        {"select b, max(a) from t group by 1", "b:string, max(a):int"},
        {"select b, max(a) from t group by all", "b:string, max(a):int"},
        {"select b from t group by b having max(a) > 1 and b <> 'x'", "b:string"},
        {"select b, max(a) m from t group by b having m > 1", "b:string, m:int"},
        {"select b from t group by b order by sum(a), b", "b:string"},
        {"select count(distinct a, b), sum(distinct l) from t",
         "count(DISTINCT a, b):bigint not null, sum(DISTINCT l):bigint"},
        {"select max(a) filter (where b = 'x') m from t", "m:int"},
        {"select max(a) from t having count(*) > 1", "max(a):int"},
        {"select distinct b from t order by t.b", "b:string"},
    };
    check(queries, VONK_LENGTH(queries));
}

Test(analyze, joins)
{
    static const query queries[] = {
        {"select * from t join u using (a)",
         "a:int not null, b:string, c:double, d:decimal(10,2), e:boolean, l:bigint, dt:date, "
         "k:string, l:bigint"},
        {"select u.*, t.a from t join u using (a)", "a:int, k:string, l:bigint, a:int not null"},
        {"select a, u.a from t full join u using (a)", "a:int, a:int"},
        {"select t.a, k from t left join u on t.a = u.a", "a:int not null, k:string"},
        {"select t.a, k from t right join u on t.a = u.a", "a:int, k:string"},
        {"select a, e from t semi join u using (a)", "a:int not null, e:boolean"},
        {"select x.a, y.a from t x, t y where x.a = y.a", "a:int not null, a:int not null"},
        {"select a, l, k from t natural join u", "a:int not null, l:bigint, k:string"},
    };
    check(queries, VONK_LENGTH(queries));
}

Test(analyze, relations)
{
    static const query queries[] = {
        {"select * from parquet.`some/path`", "v:int"},
        {"select x.v from parquet.`p` x", "v:int"},
        {"select * from spark_catalog.default.u", "a:int, k:string, l:bigint"},
        {"select * from default.u", "a:int, k:string, l:bigint"},
        {"select * from range(3)", "id:bigint not null"},
        {"values (1, 'a'), (2L, null)", "col1:bigint not null, col2:string"},
        {"select x from (values (1, 2)) as q(x, y)", "x:int not null"},
        {"with c as (select a from t) select * from c x join c y on x.a = y.a",
         "a:int not null, a:int not null"},
        {"with c(z) as (select a from t), d as (select z + 1 y from c) select * from d",
         "y:int not null"},
        {"with t as (select 1 one) select * from t", "one:int not null"},
        {"select q.a from (select a, a from t) q", "a:int not null"},
    };
    check(queries, VONK_LENGTH(queries));
}

Test(analyze, aggregates_stand_alone_in_their_node)
{
    fixture f;
    vonk_plan *plan;
    start(&f);
    cr_assert_eq(analyze(&f,
                         "select b, sum(a) + count(*) s from t group by b having max(a) > 1 "
                         "order by max(a)",
                         &plan),
                 VONK_OK, "%s", f.err.message);
    cr_assert_str_eq(plan_text(&f, plan),
                     "Project [b, s]\n"
                     "+- Sort [max(a) ASC NULLS FIRST], true\n"
                     "   +- Project [b, (sum(a) + count(1)) AS s, max(a)]\n"
                     "      +- Filter (max(a) > 1)\n"
                     "         +- Aggregate [b], [b, sum(a) AS sum(a), count(1) AS count(1), "
                     "max(a) AS max(a)]\n"
                     "            +- Relation [a,b,c,d,e,l,dt] parquet\n",
                     "%s", plan_text(&f, plan));
    vonk_plan *agg = plan->children[0]->children[0]->children[0]->children[0];
    cr_assert_eq(agg->kind, VONK_PLAN_AGGREGATE);
    cr_expect_eq(agg->n_group_exprs, 1);
    cr_expect_eq(agg->n_exprs, 4);
    for (uint32_t i = 1; i < agg->n_exprs; i++)
        cr_expect_eq(agg->exprs[i]->args[0]->kind, VONK_EXPR_CALL);
    stop(&f);
}

Test(analyze, ids_of_two_uses_of_a_relation_differ)
{
    fixture f;
    vonk_plan *plan;
    start(&f);
    cr_assert_eq(analyze(&f, "with c as (select a from t) select * from c x, c y, t", &plan),
                 VONK_OK);
    for (uint32_t i = 0; i < plan->n_output; i++) {
        for (uint32_t k = 0; k < i; k++)
            cr_expect_neq(plan->output[i].id, plan->output[k].id);
    }
    stop(&f);
}

Test(analyze, sorts_put_nulls_where_spark_does)
{
    fixture f;
    vonk_plan *plan;
    start(&f);
    cr_assert_eq(analyze(&f, "select a, b, l from t order by 1, b desc, l desc nulls first", &plan),
                 VONK_OK);
    cr_assert_eq(plan->kind, VONK_PLAN_SORT);
    cr_expect(plan->exprs[0]->nulls_first);
    cr_expect_not(plan->exprs[1]->nulls_first);
    cr_expect(plan->exprs[2]->nulls_first);
    stop(&f);
}

Test(analyze, marks_outer_references_by_ids_that_the_subquery_does_not_make)
{
    fixture f;
    vonk_plan *plan;
    start(&f);
    cr_assert_eq(
        analyze(&f, "select a from t where exists (select 1 from u where u.l = t.l)", &plan),
        VONK_OK);
    const vonk_plan *filter = plan->children[0];
    cr_assert_eq(filter->condition->kind, VONK_EXPR_EXISTS);
    const vonk_expr *equal = filter->condition->plan->children[0]->condition;
    const vonk_attribute *outer = vonk_plan_find_output(filter->children[0], equal->args[1]->id);
    cr_assert_not_null(outer);
    cr_expect_str_eq(outer->name, "l");
    stop(&f);
}

Test(analyze, resolves_the_query_inside_a_command)
{
    fixture f;
    vonk_plan *plan;
    start(&f);
    cr_assert_eq(analyze(&f, "create temporary view v (x, y) as select a, b from t", &plan),
                 VONK_OK, "%s", f.err.message);
    cr_assert_eq(plan->kind, VONK_PLAN_CREATE_VIEW);
    cr_expect_str_eq(columns_of(&f, plan->children[0]), "x:int not null, y:string");
    vonk_catalog_entry view = {
        .name = "v", .kind = VONK_ENTRY_TEMP_VIEW, .plan = plan->children[0]};
    cr_assert_eq(vonk_catalog_put(f.catalog, &view, false, &f.err), VONK_OK);
    cr_assert_eq(analyze(&f, "select p.x, V.y from v p, v where p.x = v.x", &plan), VONK_OK, "%s",
                 f.err.message);
    cr_expect_str_eq(columns_of(&f, plan), "x:int not null, y:string");
    stop(&f);
}

Test(analyze, reads_limits)
{
    fixture f;
    vonk_plan *plan;
    start(&f);
    cr_assert_eq(analyze(&f, "select a from t limit 2 + 3 offset 1", &plan), VONK_OK);
    cr_assert_eq(plan->kind, VONK_PLAN_LIMIT);
    cr_expect_eq(plan->limit, 5);
    cr_expect_eq(plan->offset, 1);
    cr_assert_eq(analyze(&f, "select a from t limit all", &plan), VONK_OK);
    stop(&f);
}
