#include <criterion/criterion.h>
#include <string.h>

#include "catalog/catalog.h"
#include "catalog/plan_columns.h"
#include "catalog/plan_copy.h"

static vonk_catalog *new_catalog(void)
{
    vonk_catalog *catalog = NULL;
    cr_assert_eq(vonk_catalog_new(&catalog, NULL), VONK_OK);
    return catalog;
}

static vonk_status put(vonk_catalog *catalog, const char *name, vonk_entry_kind kind, bool replace,
                       vonk_error *err)
{
    vonk_field field = {.name = "a", .type = VONK_TYPE(INT32), .nullable = true};
    vonk_file file = {.path = "/data/a.parquet", .size = 7};
    vonk_relation relation = {.name = name,
                              .format = "parquet",
                              .schema = {1, &field},
                              .n_files = 1,
                              .files = &file,
                              .n_rows = -1};
    vonk_catalog_entry entry = {.name = name, .kind = kind, .relation = &relation};
    return vonk_catalog_put(catalog, &entry, replace, err);
}

Test(catalog, finds_names_in_any_case_and_views_before_tables)
{
    vonk_catalog *catalog = new_catalog();
    cr_assert_eq(put(catalog, "Sales", VONK_ENTRY_TABLE, false, NULL), VONK_OK);
    cr_assert_eq(vonk_catalog_find(catalog, "sALES")->kind, VONK_ENTRY_TABLE);
    cr_assert_null(vonk_catalog_find(catalog, "sale"));
    cr_assert_eq(put(catalog, "sales", VONK_ENTRY_TEMP_VIEW, false, NULL), VONK_OK);
    cr_assert_eq(vonk_catalog_find(catalog, "Sales")->kind, VONK_ENTRY_TEMP_VIEW);
    vonk_catalog_free(catalog);
}

Test(catalog, keeps_deep_copies)
{
    vonk_catalog *catalog = new_catalog();
    char name[] = "t";
    cr_assert_eq(put(catalog, name, VONK_ENTRY_TABLE, false, NULL), VONK_OK);
    name[0] = 'x'; /* and the relation was on put's stack */
    const vonk_catalog_entry *entry = vonk_catalog_find(catalog, "t");
    cr_assert_str_eq(entry->relation->files[0].path, "/data/a.parquet");
    cr_assert_str_eq(entry->relation->schema.fields[0].name, "a");
    vonk_catalog_free(catalog);
}

Test(catalog, keeps_statistics_until_an_entry_without_replaces_it)
{
    vonk_catalog *catalog = new_catalog();
    cr_assert_eq(put(catalog, "t", VONK_ENTRY_TABLE, false, NULL), VONK_OK);
    vonk_analyzed_column column = {.known = true, .min.i64 = 3, .n_distinct = 5};
    vonk_table_stats stats = {.n_bytes = 7, .n_rows = 9, .columns = &column};
    vonk_catalog_entry entry = *vonk_catalog_find(catalog, "t");
    entry.stats = &stats;
    cr_assert_eq(vonk_catalog_put(catalog, &entry, true, NULL), VONK_OK);
    memset(&column, 0, sizeof column);
    const vonk_table_stats *kept = vonk_catalog_find(catalog, "t")->stats;
    cr_assert_eq(kept->n_rows, 9);
    cr_assert(kept->columns[0].known);
    cr_assert_eq(kept->columns[0].min.i64, 3);
    cr_assert_eq(put(catalog, "t", VONK_ENTRY_TABLE, true, NULL), VONK_OK);
    cr_assert_null(vonk_catalog_find(catalog, "t")->stats);
    vonk_catalog_free(catalog);
}

Test(catalog, refuses_a_name_twice_unless_it_replaces)
{
    vonk_catalog *catalog = new_catalog();
    vonk_error err = {0};
    cr_assert_eq(put(catalog, "t", VONK_ENTRY_TABLE, false, NULL), VONK_OK);
    cr_assert_eq(put(catalog, "T", VONK_ENTRY_TABLE, false, &err), VONK_USER);
    cr_assert_str_eq(err.condition, "TABLE_OR_VIEW_ALREADY_EXISTS");
    cr_assert_eq(put(catalog, "v", VONK_ENTRY_TEMP_VIEW, false, NULL), VONK_OK);
    cr_assert_eq(put(catalog, "v", VONK_ENTRY_TEMP_VIEW, false, &err), VONK_USER);
    cr_assert_str_eq(err.condition, "TEMP_TABLE_OR_VIEW_ALREADY_EXISTS");
    cr_assert_str_eq(err.sqlstate, "42P07");
    cr_assert_eq(put(catalog, "v", VONK_ENTRY_TEMP_VIEW, true, &err), VONK_OK);
    vonk_catalog_free(catalog);
}

Test(catalog, replaces_an_entry_by_one_made_of_itself)
{
    vonk_catalog *catalog = new_catalog();
    cr_assert_eq(put(catalog, "t", VONK_ENTRY_TABLE, false, NULL), VONK_OK);
    vonk_catalog_entry again = *vonk_catalog_find(catalog, "t");
    cr_assert_eq(vonk_catalog_put(catalog, &again, true, NULL), VONK_OK);
    cr_assert_str_eq(vonk_catalog_find(catalog, "t")->relation->name, "t");
    vonk_catalog_free(catalog);
}

Test(catalog, drops_views_first_and_knows_what_is_not_there)
{
    vonk_catalog *catalog = new_catalog();
    vonk_error err = {0};
    cr_assert_eq(put(catalog, "t", VONK_ENTRY_TABLE, false, NULL), VONK_OK);
    cr_assert_eq(put(catalog, "t", VONK_ENTRY_TEMP_VIEW, false, NULL), VONK_OK);
    cr_assert_eq(vonk_catalog_drop(catalog, "T", false, &err), VONK_OK);
    cr_assert_eq(vonk_catalog_find(catalog, "t")->kind, VONK_ENTRY_TABLE);
    cr_assert_eq(vonk_catalog_drop(catalog, "t", false, &err), VONK_OK);
    cr_assert_null(vonk_catalog_find(catalog, "t"));
    cr_assert_eq(vonk_catalog_drop(catalog, "t", true, &err), VONK_OK);
    cr_assert_eq(vonk_catalog_drop(catalog, "t", false, &err), VONK_USER);
    cr_assert_str_eq(err.condition, "TABLE_OR_VIEW_NOT_FOUND");
    vonk_catalog_free(catalog);
}

Test(catalog, lists_by_name)
{
    vonk_catalog *catalog = new_catalog();
    vonk_arena arena = {0};
    const vonk_catalog_entry **list;
    uint32_t n;
    cr_assert_eq(put(catalog, "b", VONK_ENTRY_TABLE, false, NULL), VONK_OK);
    cr_assert_eq(put(catalog, "C", VONK_ENTRY_TABLE, false, NULL), VONK_OK);
    cr_assert_eq(put(catalog, "a", VONK_ENTRY_TEMP_VIEW, false, NULL), VONK_OK);
    cr_assert_eq(vonk_catalog_list(catalog, &arena, &list, &n, NULL), VONK_OK);
    cr_assert_eq(n, 3);
    cr_expect_str_eq(list[0]->name, "a");
    cr_expect_str_eq(list[1]->name, "b");
    cr_expect_str_eq(list[2]->name, "C");
    vonk_arena_free(&arena);
    vonk_catalog_free(catalog);
}

/* PROJECT [x#1 + y, y AS z#3] over VALUES x#1; y#9 comes from outside. */
static vonk_plan *small_plan(vonk_arena *arena)
{
    vonk_plan *values = vonk_plan_new(arena, VONK_PLAN_VALUES, 0, NULL);
    values->output = VONK_NEW(arena, vonk_attribute, NULL);
    values->output[0] = (vonk_attribute){.id = 1, .name = "x", .type = VONK_TYPE(INT32)};
    values->n_output = 1;
    vonk_plan *project = vonk_plan_new(arena, VONK_PLAN_PROJECT, 1, NULL);
    project->children[0] = values;
    project->exprs = VONK_NEW_ARRAY(arena, vonk_expr *, 2, NULL);
    project->n_exprs = 2;
    vonk_expr *y = vonk_expr_column(arena, 9, "y", VONK_TYPE(INT32), true, NULL);
    project->exprs[0] = vonk_expr_column(arena, 1, "x", VONK_TYPE(INT32), false, NULL);
    project->exprs[1] = vonk_expr_alias(arena, y, "z", NULL);
    project->exprs[1]->alias_id = 3;
    cr_assert_eq(vonk_plan_set_output(arena, project, NULL), VONK_OK);
    return project;
}

Test(plan_copy, renews_what_the_plan_makes_and_keeps_outer_references)
{
    vonk_arena arena = {0};
    vonk_plan *plan = small_plan(&arena), *copy;
    uint32_t next_id = 20;
    cr_assert_eq(vonk_plan_instantiate(&arena, plan, 0, &next_id, &copy, NULL), VONK_OK);
    cr_expect_eq(copy->children[0]->output[0].id, 20);
    cr_expect_eq(copy->exprs[0]->id, 20);
    cr_expect_eq(copy->exprs[1]->alias_id, 21);
    cr_expect_eq(copy->output[1].id, 21);
    cr_expect_eq(copy->exprs[1]->args[0]->id, 9, "an outer reference stays");
    cr_expect_eq(next_id, 22);
    cr_expect_eq(plan->exprs[0]->id, 1, "the original is as it was");
    vonk_arena_free(&arena);
}

Test(plan_columns, finds_outer_references)
{
    vonk_arena arena = {0};
    vonk_plan *plan = small_plan(&arena);
    vonk_id_set outer = {.arena = &arena};
    cr_assert_eq(vonk_plan_outer_columns(plan, &outer, NULL), VONK_OK);
    cr_expect(vonk_id_set_has(&outer, 9));
    cr_expect_not(vonk_id_set_has(&outer, 1));
    cr_expect_not(vonk_id_set_has(&outer, 3));
    vonk_arena_free(&arena);
}

Test(plan_columns, makes_outer_joins_nullable)
{
    vonk_arena arena = {0};
    vonk_plan *join = vonk_plan_new(&arena, VONK_PLAN_JOIN, 2, NULL);
    join->children[0] = small_plan(&arena);
    join->children[1] = small_plan(&arena);
    static const struct {
        vonk_join_type type;
        uint32_t n;
        bool left, right; /* nullable: x is not null by itself */
    } cases[] = {{VONK_JOIN_INNER, 4, false, false}, {VONK_JOIN_LEFT, 4, false, true},
                 {VONK_JOIN_RIGHT, 4, true, false},  {VONK_JOIN_FULL, 4, true, true},
                 {VONK_JOIN_SEMI, 2, false, false},  {VONK_JOIN_ANTI, 2, false, false}};
    for (uint32_t i = 0; i < VONK_LENGTH(cases); i++) {
        join->join_type = cases[i].type;
        cr_assert_eq(vonk_plan_set_output(&arena, join, NULL), VONK_OK);
        cr_expect_eq(join->n_output, cases[i].n);
        cr_expect_eq(join->output[0].nullable, cases[i].left);
        if (cases[i].n == 4)
            cr_expect_eq(join->output[2].nullable, cases[i].right);
    }
    vonk_arena_free(&arena);
}
