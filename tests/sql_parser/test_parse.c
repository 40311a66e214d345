/* SQL texts and the plans that they make (as printed by vonk_plan_print). */
#include <criterion/criterion.h>
#include <string.h>

#include "sql/parse.h"

typedef struct plan_case {
    const char *sql, *plan;
} plan_case;

static const plan_case queries[] = {
    {"select 1", "'Project [1]\n"
                 "+- OneRowRelation\n"},
    {"select a, t.b, t.*, * from t", "'Project ['a, 't.b, t.*, *]\n"
                                     "+- 'UnresolvedRelation [t], [], false\n"},
    {"select distinct a as x, b y, c `z z` from s.t as u",
     "'Distinct\n"
     "+- 'Project ['a AS x, 'b AS y, 'c AS z z]\n"
     "   +- 'SubqueryAlias u\n"
     "      +- 'UnresolvedRelation [s, t], [], false\n"},
    {"select /*+ broadcast(t) */ a from t", "'Project ['a]\n"
                                            "+- 'UnresolvedRelation [t], [], false\n"},
    {"select a from t group by c, rollup(a, (a, b)), grouping sets ((), cube(a))",
     "'Aggregate ['c, $rollup('a, $set('a, 'b)), $grouping_sets($set(), $cube('a))], ['a]\n"
     "+- 'UnresolvedRelation [t], [], false\n"},
    {"select a from t group by a, b with cube", "'Aggregate [$cube('a, 'b)], ['a]\n"
                                                "+- 'UnresolvedRelation [t], [], false\n"},
    {"select a from t group by a, b grouping sets ((a, b), a)",
     "'Aggregate [$given($set('a, 'b), $grouping_sets($set('a, 'b), 'a))], ['a]\n"
     "+- 'UnresolvedRelation [t], [], false\n"},
    {"select a from t where a > 1 and b is null", "'Project ['a]\n"
                                                  "+- 'Filter (('a > 1) AND isnull('b))\n"
                                                  "   +- 'UnresolvedRelation [t], [], false\n"},
    {"select a, sum(b) from t where c group by a, 2 having sum(b) > 1 order by a desc, 2 nulls "
     "last limit 10 offset 5",
     "'GlobalLimit 10, 5\n"
     "+- 'Sort ['a DESC NULLS LAST, 2 ASC NULLS LAST], true\n"
     "   +- 'Filter (sum('b) > 1)\n"
     "      +- 'Aggregate ['a, 2], ['a, sum('b)]\n"
     "         +- 'Filter 'c\n"
     "            +- 'UnresolvedRelation [t], [], false\n"},
    {"select a from t group by all", "'Aggregate ['all], ['a]\n"
                                     "+- 'UnresolvedRelation [t], [], false\n"},
    {"select count(*) from t having count(*) > 1", "'Filter (count(1) > 1)\n"
                                                   "+- 'Aggregate [], [count(1)]\n"
                                                   "   +- 'UnresolvedRelation [t], [], false\n"},
    {"select a from t order by a asc nulls last, b desc nulls first",
     "'Sort ['a ASC NULLS LAST, 'b DESC NULLS FIRST], true\n"
     "+- 'Project ['a]\n"
     "   +- 'UnresolvedRelation [t], [], false\n"},
    {"select a from t sort by a", "'Sort ['a ASC NULLS FIRST], true\n"
                                  "+- 'Project ['a]\n"
                                  "   +- 'UnresolvedRelation [t], [], false\n"},
    {"select a from t limit all", "'Project ['a]\n"
                                  "+- 'UnresolvedRelation [t], [], false\n"},
    {"select a from t offset 3", "'GlobalLimit all, 3\n"
                                 "+- 'Project ['a]\n"
                                 "   +- 'UnresolvedRelation [t], [], false\n"},
    {"select 1 as a union all select 2 union select 3 intersect select 4 except select 5 minus all "
     "select 6",
     "'Except All\n"
     ":- 'Except Distinct\n"
     ":  :- 'Union Distinct\n"
     ":  :  :- 'Union All\n"
     ":  :  :  :- 'Project [1 AS a]\n"
     ":  :  :  :  +- OneRowRelation\n"
     ":  :  :  +- 'Project [2]\n"
     ":  :  :     +- OneRowRelation\n"
     ":  :  +- 'Intersect Distinct\n"
     ":  :     :- 'Project [3]\n"
     ":  :     :  +- OneRowRelation\n"
     ":  :     +- 'Project [4]\n"
     ":  :        +- OneRowRelation\n"
     ":  +- 'Project [5]\n"
     ":     +- OneRowRelation\n"
     "+- 'Project [6]\n"
     "   +- OneRowRelation\n"},
    {"(select 1) union (select 2 limit 1) order by 1", "'Sort [1 ASC NULLS FIRST], true\n"
                                                       "+- 'Union Distinct\n"
                                                       "   :- 'Project [1]\n"
                                                       "   :  +- OneRowRelation\n"
                                                       "   +- 'GlobalLimit 1\n"
                                                       "      +- 'Project [2]\n"
                                                       "         +- OneRowRelation\n"},
    {"((select 1))", "'Project [1]\n"
                     "+- OneRowRelation\n"},
    {"with a as (select 1), b (x, y) as (select 2, 3) select * from a, b",
     "CTE\n"
     ":- 'SubqueryAlias a\n"
     ":  +- 'Project [1]\n"
     ":     +- OneRowRelation\n"
     ":- 'SubqueryAlias b, [x, y]\n"
     ":  +- 'Project [2, 3]\n"
     ":     +- OneRowRelation\n"
     "+- 'Project [*]\n"
     "   +- 'Join Inner\n"
     "      :- 'UnresolvedRelation [a], [], false\n"
     "      +- 'UnresolvedRelation [b], [], false\n"},
    {"with a (select 1) select * from a", "CTE\n"
                                          ":- 'SubqueryAlias a\n"
                                          ":  +- 'Project [1]\n"
                                          ":     +- OneRowRelation\n"
                                          "+- 'Project [*]\n"
                                          "   +- 'UnresolvedRelation [a], [], false\n"},
    {"select * from (select 1 from (values 1) as v(x))",
     "'Project [*]\n"
     "+- 'SubqueryAlias __auto_generated_subquery_name\n"
     "   +- 'Project [1]\n"
     "      +- 'SubqueryAlias v, [x]\n"
     "         +- 'UnresolvedInlineTable [col1], [[1]]\n"},
    {"select (select max(a) from u), exists (select 1), a in (select b from u), not a in (select b "
     "from u) from t",
     "'Project [scalarsubquery(), exists(), ('a IN (listquery())), NOT ('a IN (listquery()))]\n"
     ":  :- 'Project [max('a)]\n"
     ":  :  +- 'UnresolvedRelation [u], [], false\n"
     ":  :- 'Project [1]\n"
     ":  :  +- OneRowRelation\n"
     ":  :- 'Project ['b]\n"
     ":  :  +- 'UnresolvedRelation [u], [], false\n"
     ":  +- 'Project ['b]\n"
     ":     +- 'UnresolvedRelation [u], [], false\n"
     "+- 'UnresolvedRelation [t], [], false\n"},
    {"select * from t where exists (select 1 from u where u.a = t.a) and a not in (select 1)",
     "'Project [*]\n"
     "+- 'Filter (exists() AND NOT ('a IN (listquery())))\n"
     "   :  :- 'Project [1]\n"
     "   :  :  +- 'Filter ('u.a = 't.a)\n"
     "   :  :     +- 'UnresolvedRelation [u], [], false\n"
     "   :  +- 'Project [1]\n"
     "   :     +- OneRowRelation\n"
     "   +- 'UnresolvedRelation [t], [], false\n"},
    {"values (1, 'a'), (2, null)", "'UnresolvedInlineTable [col1, col2], [[1, a], [2, null]]\n"},
    {"select * from values 1, 2 as v(x)", "'Project [*]\n"
                                          "+- 'SubqueryAlias v, [x]\n"
                                          "   +- 'UnresolvedInlineTable [col1], [[1], [2]]\n"},
    {"table s.t", "'UnresolvedRelation [s, t], [], false\n"},
    {"from t", "'UnresolvedRelation [t], [], false\n"},
    {"from t select a where a = 1 order by a", "'Sort ['a ASC NULLS FIRST], true\n"
                                               "+- 'Project ['a]\n"
                                               "   +- 'Filter ('a = 1)\n"
                                               "      +- 'UnresolvedRelation [t], [], false\n"},
    {"select 1 from t x join u y using (a, b) left join (select 1 a) z on z.a = x.a cross join u "
     "w, t tt",
     "'Project [1]\n"
     "+- 'Join Inner\n"
     "   :- 'Join Cross\n"
     "   :  :- 'Join LeftOuter, ('z.a = 'x.a)\n"
     "   :  :  :- 'Join UsingJoin(Inner, [a, b])\n"
     "   :  :  :  :- 'SubqueryAlias x\n"
     "   :  :  :  :  +- 'UnresolvedRelation [t], [], false\n"
     "   :  :  :  +- 'SubqueryAlias y\n"
     "   :  :  :     +- 'UnresolvedRelation [u], [], false\n"
     "   :  :  +- 'SubqueryAlias z\n"
     "   :  :     +- 'Project [1 AS a]\n"
     "   :  :        +- OneRowRelation\n"
     "   :  +- 'SubqueryAlias w\n"
     "   :     +- 'UnresolvedRelation [u], [], false\n"
     "   +- 'SubqueryAlias tt\n"
     "      +- 'UnresolvedRelation [t], [], false\n"},
    {"select 1 from t natural left join u", "'Project [1]\n"
                                            "+- 'Join NaturalJoin(LeftOuter)\n"
                                            "   :- 'UnresolvedRelation [t], [], false\n"
                                            "   +- 'UnresolvedRelation [u], [], false\n"},
    {"select 1 from t left semi join u using (a)", "'Project [1]\n"
                                                   "+- 'Join UsingJoin(LeftSemi, [a])\n"
                                                   "   :- 'UnresolvedRelation [t], [], false\n"
                                                   "   +- 'UnresolvedRelation [u], [], false\n"},
    {"select 1 from t anti join u on t.a = u.a", "'Project [1]\n"
                                                 "+- 'Join LeftAnti, ('t.a = 'u.a)\n"
                                                 "   :- 'UnresolvedRelation [t], [], false\n"
                                                 "   +- 'UnresolvedRelation [u], [], false\n"},
    {"select 1 from t right outer join u on true full join v on false",
     "'Project [1]\n"
     "+- 'Join FullOuter, false\n"
     "   :- 'Join RightOuter, true\n"
     "   :  :- 'UnresolvedRelation [t], [], false\n"
     "   :  +- 'UnresolvedRelation [u], [], false\n"
     "   +- 'UnresolvedRelation [v], [], false\n"},
    {"select 1 from (t join u on t.a = u.a) x", "'Project [1]\n"
                                                "+- 'SubqueryAlias x\n"
                                                "   +- 'Join Inner, ('t.a = 'u.a)\n"
                                                "      :- 'UnresolvedRelation [t], [], false\n"
                                                "      +- 'UnresolvedRelation [u], [], false\n"},
    {"select * from parquet.`/a/b.parquet`",
     "'Project [*]\n"
     "+- 'UnresolvedRelation [parquet, /a/b.parquet], [], false\n"},
    {"select * from range(1, 10, 2) as r(x)",
     "'Project [*]\n"
     "+- 'SubqueryAlias r, [x]\n"
     "   +- 'UnresolvedTableValuedFunction [range], [1, 10, 2], false\n"},
    {"select a from t where limit", "'Project ['a]\n"
                                    "+- 'Filter 'limit\n"
                                    "   +- 'UnresolvedRelation [t], [], false\n"},
    {"select order, end from t", "'Project ['order, 'end]\n"
                                 "+- 'UnresolvedRelation [t], [], false\n"},
    {"select date, timestamp, interval, left from t",
     "'Project ['date, 'timestamp, 'interval, 'left]\n"
     "+- 'UnresolvedRelation [t], [], false\n"},
    {"select a from t where a between 1 and 2 + 3 and b",
     "'Project ['a]\n"
     "+- 'Filter (between('a, 1, (2 + 3)) AND 'b)\n"
     "   +- 'UnresolvedRelation [t], [], false\n"},
    {"select ((select 1) + 1), ((select 2))",
     "'Project [(scalarsubquery() + 1), scalarsubquery()]\n"
     ":  :- 'Project [1]\n"
     ":  :  +- OneRowRelation\n"
     ":  +- 'Project [2]\n"
     ":     +- OneRowRelation\n"
     "+- OneRowRelation\n"},
    {"select 1; ;", "'Project [1]\n"
                    "+- OneRowRelation\n"},
};

static const plan_case commands[] = {
    {"create or replace temporary view v using csv options (path 'x.csv', header true, `a.b` = 3, "
     "'c.d' = 1.5, e.f 'x', g -1)",
     "CreateViewCommand `v`, csv, [path=x.csv, header=true, a.b=3, c.d=1.5, e.f=x, g=-1], replace, "
     "temporary\n"},
    {"create temp view v (a int, b decimal(10,2) not null comment 'c', c array<map<string,int>>) "
     "using json",
     "CreateViewCommand `v`, struct<a:int,b:decimal(10,2),c:array<map<string,int>>>, json, "
     "temporary\n"},
    {"create temporary view v (a, b comment 'x') comment 'c' as select 1, 2",
     "CreateViewCommand `v`, [a, b], temporary\n"
     "+- 'Project [1, 2]\n"
     "   +- OneRowRelation\n"},
    {"create temporary table v using parquet options (path = '/x')",
     "CreateViewCommand `v`, parquet, [path=/x], temporary\n"},
    {"create table t using parquet as select 1", "CreateTable `t`, parquet\n"
                                                 "+- 'Project [1]\n"
                                                 "   +- OneRowRelation\n"},
    {"create table if not exists s.t using csv options (a 'b') location '/x' comment 'c' "
     "tblproperties ('x'='y') as select 1",
     "CreateTable `s`.`t`, csv, /x, [a=b], if not exists\n"
     "+- 'Project [1]\n"
     "   +- OneRowRelation\n"},
    {"create table t (a int, `b c` string not null) using parquet",
     "CreateTable `t`, struct<a:int,b c:string>, parquet\n"},
    {"create or replace table t as values (1)", "CreateTable `t`, replace\n"
                                                "+- 'UnresolvedInlineTable [col1], [[1]]\n"},
    {"drop table if exists s.t purge", "DropTable `s`.`t`, if exists\n"},
    {"drop view v", "DropView `v`\n"},
    {"insert into t values (1, 2), (3, 4)",
     "InsertIntoStatement `t`\n"
     "+- 'UnresolvedInlineTable [col1, col2], [[1, 2], [3, 4]]\n"},
    {"insert overwrite table t select 1", "InsertIntoStatement `t`, overwrite\n"
                                          "+- 'Project [1]\n"
                                          "   +- OneRowRelation\n"},
    {"insert into t (a, b) select 1, 2", "InsertIntoStatement `t`, [a, b]\n"
                                         "+- 'Project [1, 2]\n"
                                         "   +- OneRowRelation\n"},
    {"insert overwrite directory '/tmp/x' using parquet select 1",
     "InsertIntoDir, parquet, /tmp/x, overwrite\n"
     "+- 'Project [1]\n"
     "   +- OneRowRelation\n"},
    {"insert overwrite local directory using csv options ('path' 'y', compression 'gzip') select 1",
     "InsertIntoDir, csv, y, [path=y, compression=gzip], overwrite\n"
     "+- 'Project [1]\n"
     "   +- OneRowRelation\n"},
    {"explain select 1", "ExplainCommand SimpleMode\n"
                         "+- 'Project [1]\n"
                         "   +- OneRowRelation\n"},
    {"explain extended select 1", "ExplainCommand ExtendedMode\n"
                                  "+- 'Project [1]\n"
                                  "   +- OneRowRelation\n"},
    {"explain formatted insert into t select 1", "ExplainCommand FormattedMode\n"
                                                 "+- InsertIntoStatement `t`\n"
                                                 "   +- 'Project [1]\n"
                                                 "      +- OneRowRelation\n"},
    {"explain cost select 1", "ExplainCommand CostMode\n"
                              "+- 'Project [1]\n"
                              "   +- OneRowRelation\n"},
    {"show tables", "ShowTables\n"},
    {"show tables in s like 'x*'", "ShowTables `s`, x*\n"},
    {"show views 'y'", "ShowViews, y\n"},
    {"show functions", "ShowFunctions\n"},
    {"describe t", "DescribeRelation `t`\n"},
    {"desc table extended s.t", "DescribeRelation `s`.`t`, extended\n"},
    {"desc query select 1", "DescribeRelation\n"
                            "+- 'Project [1]\n"
                            "   +- OneRowRelation\n"},
    {"set", "SetCommand\n"},
    {"set -v", "SetCommand (-v,None)\n"},
    {"set a", "SetCommand (a,None)\n"},
    {"set a.b = c d -- e", "SetCommand (a.b,c d -- e)\n"},
    {"set `a b` = `c;d`", "SetCommand (a b,c;d)\n"},
    {"set k =", "SetCommand (k,)\n"},
    {"set time zone 'Europe/Amsterdam'",
     "SetCommand (spark.sql.session.timeZone,Europe/Amsterdam)\n"},
    {"reset", "ResetCommand\n"},
    {"reset a.b;", "ResetCommand (a.b,None)\n"},
};

static void check(const plan_case *c)
{
    vonk_arena arena = {0};
    vonk_error err = {0};
    vonk_buffer out = {0};
    vonk_plan *plan;
    vonk_status status = vonk_sql_parse(vonk_slice_of(c->sql), &arena, &plan, &err);
    cr_assert_eq(status, VONK_OK, "%s: %s", c->sql, err.message);
    vonk_plan_print(plan, &out);
    cr_expect_str_eq(vonk_buffer_str(&out), c->plan, "%s:\n%s", c->sql, vonk_buffer_str(&out));
    vonk_buffer_free(&out);
    vonk_arena_free(&arena);
}

Test(parse, queries_make_the_plans_that_spark_makes)
{
    for (size_t i = 0; i < VONK_LENGTH(queries); i++)
        check(&queries[i]);
}

Test(parse, commands_keep_names_formats_and_options)
{
    for (size_t i = 0; i < VONK_LENGTH(commands); i++)
        check(&commands[i]);
}

static vonk_plan *parse(vonk_arena *arena, const char *sql)
{
    vonk_plan *plan = NULL;
    vonk_error err = {0};
    vonk_status status = vonk_sql_parse(vonk_slice_of(sql), arena, &plan, &err);
    cr_assert_eq(status, VONK_OK, "%s: %s", sql, err.message);
    return plan;
}

Test(parse, nodes_know_their_place_in_the_text)
{
    vonk_arena arena = {0};
    vonk_plan *plan = parse(&arena, "select a + b  , f( c ) from t.u where d = 1");
    cr_expect_eq(plan->start, 0);
    vonk_expr *sum = plan->exprs[0], *call = plan->exprs[1];
    cr_expect_eq(sum->start, 7);
    cr_expect_eq(sum->end, 12);
    cr_expect_eq(sum->args[1]->start, 11);
    cr_expect_eq(call->start, 16);
    cr_expect_eq(call->end, 22);
    vonk_plan *filter = plan->children[0], *table = filter->children[0];
    cr_expect_eq(filter->condition->start, 38);
    cr_expect_eq(filter->condition->end, 43);
    cr_expect_eq(table->start, 28);
    cr_expect_eq(table->end, 31);
    vonk_arena_free(&arena);
}

Test(parse, a_view_keeps_the_text_of_its_query)
{
    vonk_arena arena = {0};
    vonk_plan *plan = parse(&arena, "create temp view v as  select 1 -- x\n , 2 ;");
    cr_expect_str_eq(plan->sql_text, "select 1 -- x\n , 2");
    cr_expect(plan->temporary && plan->is_view && !plan->replace);
    vonk_arena_free(&arena);
}

Test(parse, column_definitions_keep_not_null)
{
    vonk_arena arena = {0};
    vonk_plan *plan = parse(&arena, "create table t (a int not null, b string) using csv");
    cr_expect_not(plan->schema->fields[0].nullable);
    cr_expect(plan->schema->fields[1].nullable);
    vonk_arena_free(&arena);
}

Test(parse, or_of_a_thousand_parts_is_no_deep_tree)
{
    vonk_arena arena = {0};
    vonk_buffer sql = {0};
    vonk_buffer_text(&sql, "select a = 0");
    for (int i = 1; i < 5000; i++)
        vonk_buffer_printf(&sql, " or a = %d", i);
    vonk_expr *e = parse(&arena, vonk_buffer_str(&sql))->exprs[0];
    int depth = 0;
    for (; vonk_expr_is_call(e, "or"); depth++)
        e = e->args[0];
    cr_expect_leq(depth, 14);
    vonk_buffer_free(&sql);
    vonk_arena_free(&arena);
}
