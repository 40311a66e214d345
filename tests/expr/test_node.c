/* Nodes of expressions: building, copying, rewriting, comparing. */
#include <criterion/criterion.h>
#include <string.h>

#include "expr/expr.h"
#include "sql/parse.h"

static vonk_arena arena;

static void free_arena(void)
{
    vonk_arena_free(&arena);
}

static vonk_expr *parse(const char *sql)
{
    vonk_expr *e = NULL;
    vonk_error err = {0};
    cr_assert_eq(vonk_sql_parse_expr(vonk_slice_of(sql), &arena, &e, &err), VONK_OK, "%s",
                 err.message);
    return e;
}

Test(node, builders_set_types_and_nullability, .fini = free_arena)
{
    vonk_expr *one = vonk_expr_int(&arena, 1, NULL);
    vonk_expr *null = vonk_expr_null(&arena, VONK_TYPE(STRING), NULL);
    cr_expect_eq(one->type.id, VONK_INT32);
    cr_expect_eq(one->value.i64, 1);
    cr_expect_not(one->nullable);
    cr_expect(null->nullable && null->value.is_null);
    vonk_expr *cast = vonk_expr_cast(&arena, one, VONK_TYPE(INT8), true, NULL);
    cr_expect(cast->nullable && cast->is_try);
    cr_expect_eq(cast->args[0], one);
    cr_expect_eq(one->start, -1);
    vonk_expr *text = vonk_expr_string(&arena, VONK_SLICE("ab"), NULL);
    cr_expect(vonk_slice_equal(text->value.string, VONK_SLICE("ab")));
}

Test(node, builders_pass_a_null_argument_on, .fini = free_arena)
{
    vonk_expr *one = vonk_expr_int(&arena, 1, NULL);
    cr_expect_null(vonk_expr_call2(&arena, "+", one, NULL, NULL));
    cr_expect_null(vonk_expr_cast(&arena, NULL, VONK_TYPE(INT8), false, NULL));
    cr_expect_null(vonk_expr_alias(&arena, NULL, "a", NULL));
}

Test(node, a_clone_has_its_own_arguments, .fini = free_arena)
{
    vonk_expr *e = parse("f(a, b)");
    vonk_expr *copy = vonk_expr_clone(&arena, e, NULL);
    cr_assert_eq(copy->args[0], e->args[0]);
    copy->args[0] = copy->args[1];
    cr_expect_str_eq(e->args[0]->name_parts[0], "a");
}

static vonk_expr *replace_a(vonk_expr *e, void *context, vonk_arena *a, vonk_error *err)
{
    ++*(int *)context;
    if (e->kind == VONK_EXPR_NAME && strcmp(e->name_parts[0], "a") == 0)
        return vonk_expr_int(a, 5, err);
    return e;
}

Test(node, rewrite_copies_only_the_path_to_what_changed, .fini = free_arena)
{
    int visited = 0;
    vonk_expr *e = parse("(a + 1) * f(b)");
    vonk_expr *new = vonk_expr_rewrite(e, replace_a, &visited, &arena, NULL);
    cr_expect_eq(visited, 6);
    cr_expect_neq(new, e);
    cr_expect_eq(new->args[1], e->args[1]);
    cr_expect_eq(e->args[0]->args[0]->kind, VONK_EXPR_NAME);
    cr_expect(vonk_expr_equal(new, parse("(5 + 1) * f(b)")));
    vonk_expr *same = parse("b + c");
    cr_expect_eq(vonk_expr_rewrite(same, replace_a, &visited, &arena, NULL), same);
}

Test(node, rewrite_and_any_enter_filters_of_aggregates, .fini = free_arena)
{
    int visited = 0;
    vonk_expr *e = parse("sum(b) filter (where a > 1)");
    vonk_expr *new = vonk_expr_rewrite(e, replace_a, &visited, &arena, NULL);
    cr_expect(vonk_expr_equal(new, parse("sum(b) filter (where 5 > 1)")));
    cr_expect_not(vonk_expr_equal(new, e));
}

static bool is_named_a(const vonk_expr *e, void *context)
{
    (void)context;
    return e->kind == VONK_EXPR_NAME && strcmp(e->name_parts[0], "a") == 0;
}

Test(node, any_looks_at_every_node, .fini = free_arena)
{
    cr_expect(vonk_expr_any(parse("a"), is_named_a, NULL));
    cr_expect(vonk_expr_any(parse("1 + f(b, a)"), is_named_a, NULL));
    cr_expect(vonk_expr_any(parse("count(1) filter (where a)"), is_named_a, NULL));
    cr_expect_not(vonk_expr_any(parse("b + 'a'"), is_named_a, NULL));
}

Test(node, equality_is_of_meaning_not_of_place, .fini = free_arena)
{
    static const char *const equal[][2] = {
        {"a+1", "A  +  1"},
        {"f(distinct a)", "F(DISTINCT a)"},
        {"cast(a as int)", "a::int"},
        {"case when a then 1 end", "CASE WHEN a THEN 1 END"},
        {"'x'", "\"x\""},
        {"1.50", "1.50"},
        {"null", "NULL"},
        {"t.*", "T.*"},
    };
    static const char *const different[][2] = {
        {"a+1", "a+2"},
        {"a", "t.a"},
        {"1", "1L"},
        {"1.5", "1.50"},
        {"'x'", "x"},
        {"null", "1"},
        {"f(a)", "f(distinct a)"},
        {"count(*)", "count()"},
        {"cast(a as int)", "try_cast(a as int)"},
        {"cast(a as int)", "cast(a as bigint)"},
        {"case when a then 1 end", "case when a then 1 else null end"},
        {"sum(a)", "sum(a) filter (where b)"},
        {"f(a)", "f(a, b)"},
    };
    for (size_t i = 0; i < VONK_LENGTH(equal); i++)
        cr_expect(vonk_expr_equal(parse(equal[i][0]), parse(equal[i][1])), "%s", equal[i][0]);
    for (size_t i = 0; i < VONK_LENGTH(different); i++)
        cr_expect_not(vonk_expr_equal(parse(different[i][0]), parse(different[i][1])), "%s",
                      different[i][0]);
}

Test(node, is_call_asks_for_the_name, .fini = free_arena)
{
    cr_expect(vonk_expr_is_call(parse("a + 1"), "+"));
    cr_expect_not(vonk_expr_is_call(parse("a"), "a"));
}
