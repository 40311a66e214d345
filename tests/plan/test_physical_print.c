/* EXPLAIN and EXPLAIN FORMATTED of physical plans. */
#include <criterion/criterion.h>
#include <string.h>

#include "plan/physical.h"

static vonk_arena arena;

static void free_arena(void)
{
    vonk_arena_free(&arena);
}

/* A schema of int columns named by the letters of `names`. */
static vonk_schema schema_of(const char *names)
{
    vonk_schema schema = {.n_fields = (uint32_t)strlen(names)};
    schema.fields = VONK_NEW_ARRAY(&arena, vonk_field, schema.n_fields, NULL);
    for (uint32_t i = 0; i < schema.n_fields; i++) {
        const char *name = vonk_arena_strndup(&arena, names + i, 1, NULL);
        schema.fields[i] = (vonk_field){.name = name, .type = VONK_TYPE(INT32), .nullable = true};
    }
    return schema;
}

static vonk_physical *make(uint32_t id, vonk_op_kind kind, const char *output, vonk_physical *left,
                           vonk_physical *right)
{
    vonk_physical *plan = vonk_physical_new(&arena, kind, (left != NULL) + (right != NULL), NULL);
    plan->id = id;
    plan->output = schema_of(output);
    if (left)
        plan->children[0] = left;
    if (right)
        plan->children[1] = right;
    return plan;
}

static vonk_expr **input(uint32_t index, const char *name)
{
    vonk_expr **list = VONK_NEW_ARRAY(&arena, vonk_expr *, 1, NULL);
    list[0] = vonk_expr_input(&arena, index, name, VONK_TYPE(INT32), true, NULL);
    return list;
}

static vonk_expr **one(vonk_expr *e)
{
    vonk_expr **list = VONK_NEW_ARRAY(&arena, vonk_expr *, 1, NULL);
    list[0] = e;
    return list;
}

static vonk_physical *scan(uint32_t id, const vonk_relation *relation, const char *columns)
{
    vonk_physical *plan = make(id, VONK_OP_SCAN, columns, NULL, NULL);
    plan->relation = relation;
    return plan;
}

static vonk_physical *aggregate(uint32_t id, vonk_aggregate_mode mode, vonk_physical *child)
{
    vonk_physical *plan = make(id, VONK_OP_AGGREGATE, "as", child, NULL);
    plan->mode = mode;
    plan->keys = input(0, "a");
    plan->n_keys = 1;
    plan->exprs = one(vonk_expr_call1(&arena, "sum", *input(1, "b"), NULL));
    plan->n_exprs = 1;
    return plan;
}

/* select a, sum(b) s from t join u using (a) where b > 1 group by a order by s desc limit 3 */
static vonk_physical *query(void)
{
    static vonk_file files[2] = {{.path = "t/1"}, {.path = "t/2"}};
    static const vonk_relation t = {.name = "t", .format = "parquet", .n_files = 2, .files = files};
    static const vonk_relation u = {.name = "u", .format = "csv", .n_files = 1, .files = files};
    vonk_physical *left = scan(1, &t, "ab");
    left->exprs =
        one(vonk_expr_call2(&arena, ">", *input(1, "b"), vonk_expr_int(&arena, 1, NULL), NULL));
    left->n_exprs = 1;
    vonk_physical *exchange = make(3, VONK_OP_EXCHANGE, "a", scan(2, &u, "a"), NULL);
    exchange->partitioning = VONK_PART_BROADCAST;
    vonk_physical *join = make(4, VONK_OP_JOIN, "aba", left, exchange);
    join->keys = input(0, "a");
    join->right_keys = input(0, "a");
    join->n_keys = 1;
    vonk_physical *project = make(5, VONK_OP_PROJECT, "ab", join, NULL);
    project->n_exprs = 2;
    project->exprs = VONK_NEW_ARRAY(&arena, vonk_expr *, 2, NULL);
    project->exprs[0] = *input(0, "a");
    project->exprs[1] = vonk_expr_call1(&arena, "-", *input(1, "b"), NULL);
    vonk_physical *shuffle =
        make(7, VONK_OP_EXCHANGE, "as", aggregate(6, VONK_AGG_PARTIAL, project), NULL);
    shuffle->partitioning = VONK_PART_HASH;
    shuffle->keys = input(0, "a");
    shuffle->n_keys = 1;
    shuffle->n_partitions = 200;
    vonk_physical *top = make(9, VONK_OP_SORT, "as", aggregate(8, VONK_AGG_FINAL, shuffle), NULL);
    vonk_expr *sort = vonk_expr_new(&arena, VONK_EXPR_SORT, 1, NULL);
    sort->args[0] = *input(1, "s");
    sort->descending = true;
    top->keys = one(sort);
    top->n_keys = 1;
    top->limit = 3;
    return top;
}

Test(physical_print, draws_operators_as_a_tree, .fini = free_arena)
{
    vonk_buffer out = {0};
    vonk_physical_print(query(), &out);
    cr_expect_str_eq(vonk_buffer_str(&out),
                     "TakeOrderedAndProject(limit=3, orderBy=[s DESC NULLS LAST], output=[a, s])\n"
                     "+- HashAggregate(keys=[a], functions=[sum(b)])\n"
                     "   +- Exchange hashpartitioning(a, 200)\n"
                     "      +- HashAggregate(keys=[a], functions=[partial_sum(b)])\n"
                     "         +- Project [a, -b AS b]\n"
                     "            +- BroadcastHashJoin [a], [a], Inner, BuildRight\n"
                     "               :- Scan parquet t [a, b] PushedFilters: [(b > 1)]\n"
                     "               +- BroadcastExchange\n"
                     "                  +- Scan csv u [a] PushedFilters: []\n",
                     "%s", vonk_buffer_str(&out));
    vonk_buffer_free(&out);
}

Test(physical_print, formatted_has_a_paragraph_for_each_operator, .fini = free_arena)
{
    vonk_buffer out = {0};
    vonk_physical_print_formatted(query(), &out);
    cr_expect_str_eq(vonk_buffer_str(&out),
                     "TakeOrderedAndProject (9)\n"
                     "+- HashAggregate (8)\n"
                     "   +- Exchange (7)\n"
                     "      +- HashAggregate (6)\n"
                     "         +- Project (5)\n"
                     "            +- BroadcastHashJoin Inner BuildRight (4)\n"
                     "               :- Scan parquet t (1)\n"
                     "               +- BroadcastExchange (3)\n"
                     "                  +- Scan csv u (2)\n"
                     "\n"
                     "\n(1) Scan parquet t\n"
                     "Output [2]: [a, b]\n"
                     "Location: 2 files\n"
                     "PushedFilters: [(b > 1)]\n"
                     "ReadSchema: struct<a:int,b:int>\n"
                     "\n(2) Scan csv u\n"
                     "Output [1]: [a]\n"
                     "Location: 1 file\n"
                     "ReadSchema: struct<a:int>\n"
                     "\n(3) BroadcastExchange\n"
                     "Input [1]: [a]\n"
                     "Arguments: broadcast\n"
                     "\n(4) BroadcastHashJoin\n"
                     "Left keys [1]: [a]\n"
                     "Right keys [1]: [a]\n"
                     "Join type: Inner\n"
                     "Join condition: None\n"
                     "\n(5) Project\n"
                     "Output [2]: [a, -b AS b]\n"
                     "Input [3]: [a, b, a]\n"
                     "\n(6) HashAggregate\n"
                     "Input [2]: [a, b]\n"
                     "Keys [1]: [a]\n"
                     "Functions [1]: [partial_sum(b)]\n"
                     "Results [2]: [a, s]\n"
                     "\n(7) Exchange\n"
                     "Input [2]: [a, s]\n"
                     "Arguments: hashpartitioning(a, 200)\n"
                     "\n(8) HashAggregate\n"
                     "Input [2]: [a, s]\n"
                     "Keys [1]: [a]\n"
                     "Functions [1]: [sum(b)]\n"
                     "Results [2]: [a, s]\n"
                     "\n(9) TakeOrderedAndProject\n"
                     "Input [2]: [a, s]\n"
                     "Arguments: 3, [s DESC NULLS LAST]\n",
                     "%s", vonk_buffer_str(&out));
    vonk_buffer_free(&out);
}

static void expect_line(const vonk_physical *plan, const char *expected)
{
    vonk_buffer out = {0};
    vonk_physical_print(plan, &out);
    cr_expect_str_eq(vonk_buffer_str(&out), expected, "%s", vonk_buffer_str(&out));
    vonk_buffer_free(&out);
}

Test(physical_print, shows_leaves_and_writes, .fini = free_arena)
{
    vonk_physical *range = make(1, VONK_OP_RANGE, "i", NULL, NULL);
    range->range_end = 10;
    range->range_step = 2;
    expect_line(range, "Range (0, 10, step=2)\n");
    expect_line(make(1, VONK_OP_VALUES, "ab", NULL, NULL), "LocalTableScan [a, b]\n");
    vonk_physical *read = make(1, VONK_OP_READ, "a", NULL, NULL);
    read->exchange_id = 4;
    expect_line(read, "ShuffleRead exchange 4\n");
    vonk_physical *limit = make(2, VONK_OP_LIMIT, "i", range, NULL);
    limit->limit = 5;
    limit->offset = 1;
    expect_line(limit, "GlobalLimit 5, 1\n+- Range (0, 10, step=2)\n");
    vonk_option option = {"compression", "zstd"};
    vonk_physical *write = make(3, VONK_OP_WRITE, "", range, NULL);
    write->format = "parquet";
    write->path = "/out";
    write->options = (vonk_options){1, &option};
    expect_line(write, "WriteFiles /out, parquet, [compression=zstd]\n+- Range (0, 10, step=2)\n");
    vonk_physical *join = make(4, VONK_OP_JOIN, "ii", range, range);
    join->join_type = VONK_JOIN_CROSS;
    expect_line(join, "NestedLoopJoin Cross, BuildRight\n"
                      ":- Range (0, 10, step=2)\n+- Range (0, 10, step=2)\n");
}
