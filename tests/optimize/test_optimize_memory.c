/* Analysis and optimization under every small budget: they end with VONK_NO_MEMORY, not worse. */
#include "analyze/tpch_tables.h"

static vonk_status plan_within(fixture *f, vonk_budget *budget, const char *sql)
{
    vonk_arena outside = f->arena; /* the tables' schemas */
    vonk_plan *plan = NULL;
    f->arena = (vonk_arena){.budget = budget};
    vonk_status status = optimize(f, sql, &plan);
    vonk_arena_free(&f->arena);
    f->arena = outside;
    return status;
}

static void starve(const char *sql)
{
    fixture f;
    vonk_status status = VONK_NO_MEMORY;
    start(&f);
    add_tpch(&f);
    for (size_t limit = 4096; status != VONK_OK; limit += 4096) {
        vonk_budget budget = {.limit = limit};
        status = plan_within(&f, &budget, sql);
        cr_assert(status == VONK_OK || status == VONK_NO_MEMORY, "%zu bytes: %s", limit,
                  f.err.message);
        cr_assert_eq(budget.used, 0, "all is given back");
        cr_assert_lt(limit, 256 << 20);
    }
    stop(&f);
}

Test(memory, running_out_is_an_error)
{
    starve("select a, zz from (select a, b zz from t) q where exists (select 1 from u where u.a = "
           "q.a) and a not in (select a from u) order by zz limit 3");
    starve("with c as (select b, count(distinct a) n from t group by b having sum(l) > 1) select * "
           "from c x join c y using (b) left join u on u.k = b where coalesce(x.n, 1) in (1, 2)");
    starve(
        "select n_name, sum(l_extendedprice * (1 - l_discount)) revenue from customer, orders, "
        "lineitem, supplier, nation, region where c_custkey = o_custkey and l_orderkey = "
        "o_orderkey and l_suppkey = s_suppkey and c_nationkey = s_nationkey and s_nationkey = "
        "n_nationkey and n_regionkey = r_regionkey group by n_name intersect select b, d from t");
}

/* A chain of joins longer than dynamic programming takes. */
Test(memory, many_joins_are_ordered_greedily)
{
    fixture f;
    vonk_plan *plan;
    char sql[4096] = "select count(*) from t t0";
    start(&f);
    for (int i = 1; i < 30; i++) {
        char more[64];
        snprintf(more, sizeof(more), ", t t%d", i);
        strcat(sql, more);
    }
    strcat(sql, " where t0.a = 1");
    for (int i = 1; i < 30; i++) {
        char more[64];
        snprintf(more, sizeof(more), " and t%d.a = t%d.l", i - 1, i);
        strcat(sql, more);
    }
    cr_assert_eq(optimize(&f, sql, &plan), VONK_OK, "%s", f.err.message);
    uint32_t joins = 0;
    for (vonk_plan *at = plan; at->n_children; at = at->children[0]) {
        if (at->kind == VONK_PLAN_JOIN) {
            joins++;
            cr_expect_neq(at->join_type, VONK_JOIN_CROSS);
        }
    }
    cr_expect_gt(joins, 0);
    stop(&f);
}
