/*
 * fake_tables.h - a catalog of made-up tables for tests of the analyzer and the optimizer: no files
 * behind them.
 */
#ifndef TESTS_ANALYZE_FAKE_TABLES_H
#define TESTS_ANALYZE_FAKE_TABLES_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "analyze/analyze.h"
#include "optimize/optimize.h"
#include "sql/parse.h"

typedef struct fixture {
    vonk_arena arena;
    vonk_catalog *catalog;
    vonk_eval_settings settings;
    vonk_relation_source source;
    uint32_t next_id;
    const char *disabled_rules;
    vonk_error err;
} fixture;

static inline void add_table(fixture *f, const char *name, const char *columns, int64_t n_rows)
{
    vonk_relation relation = {.name = name, .format = "parquet", .n_rows = n_rows};
    vonk_status status =
        vonk_schema_parse(vonk_slice_of(columns), &f->arena, &relation.schema, &f->err);
    cr_assert_eq(status, VONK_OK, "%s: %s", name, f->err.message);
    vonk_catalog_entry entry = {.name = name, .kind = VONK_ENTRY_TABLE, .relation = &relation};
    cr_assert_eq(vonk_catalog_put(f->catalog, &entry, false, &f->err), VONK_OK);
}

/* Every path is a table of one column, but "nosuch". */
static inline vonk_status load_fake(void *context, const vonk_relation_wanted *wanted,
                                    vonk_arena *arena, const vonk_relation **ret, vonk_error *err)
{
    (void)context;
    if (!strcmp(wanted->path, "nosuch"))
        return vonk_fail_sql(err, "PATH_NOT_FOUND", "Path does not exist: %s.", wanted->path);
    vonk_relation *relation = VONK_NEW(arena, vonk_relation, err);
    VONK_TRY_ALLOC(relation);
    relation->name = wanted->name;
    relation->format = wanted->format;
    relation->n_rows = -1;
    VONK_TRY(vonk_schema_parse(VONK_SLICE("v int"), arena, &relation->schema, err));
    *ret = relation;
    return VONK_OK;
}

static inline void start(fixture *f)
{
    *f = (fixture){.settings = {.ansi = true, .time_zone = "Etc/UTC"},
                   .source = {.load = load_fake}};
    cr_assert_eq(vonk_catalog_new(&f->catalog, &f->err), VONK_OK);
    add_table(f, "t",
              "a int not null, b string, c double, d decimal(10,2), e boolean, l bigint, dt date",
              1000);
    add_table(f, "u", "a int, k string, l bigint", 100);
}

static inline void stop(fixture *f)
{
    vonk_catalog_free(f->catalog);
    vonk_arena_free(&f->arena);
}

static inline vonk_status analyze(fixture *f, const char *sql, vonk_plan **ret)
{
    vonk_plan *parsed;
    f->err = (vonk_error){.position = -1, .position_end = -1};
    VONK_TRY(vonk_sql_parse(vonk_slice_of(sql), &f->arena, &parsed, &f->err));
    vonk_analyzer analyzer = {.catalog = f->catalog,
                              .source = &f->source,
                              .settings = &f->settings,
                              .default_format = "parquet",
                              .arena = &f->arena,
                              .next_id = 1};
    vonk_status status = vonk_analyze(&analyzer, parsed, ret, &f->err);
    f->next_id = analyzer.next_id;
    return status;
}

static inline vonk_status optimize(fixture *f, const char *sql, vonk_plan **ret)
{
    vonk_plan *plan;
    VONK_TRY(analyze(f, sql, &plan));
    vonk_optimizer optimizer = {.arena = &f->arena,
                                .settings = &f->settings,
                                .disabled_rules = f->disabled_rules,
                                .next_id = &f->next_id};
    return vonk_optimize(&optimizer, plan, ret, &f->err);
}

/* "a:int not null, b:string": the columns of a query. */
static inline const char *columns_of(fixture *f, const vonk_plan *plan)
{
    vonk_buffer out = {0};
    for (uint32_t i = 0; i < plan->n_output; i++) {
        vonk_buffer_printf(&out, "%s%s:", i ? ", " : "", plan->output[i].name);
        vonk_type_print(plan->output[i].type, &out);
        if (!plan->output[i].nullable)
            vonk_buffer_text(&out, " not null");
    }
    const char *text = vonk_arena_strndup(&f->arena, vonk_buffer_str(&out), out.length, &f->err);
    vonk_buffer_free(&out);
    return text;
}

/* Texts of expressions without ids: "a#12" is "a". */
static inline void print_without_ids(const char *text, vonk_buffer *out)
{
    for (; *text; text++) {
        if (*text == '#' && text[1] >= '0' && text[1] <= '9') {
            while (text[1] >= '0' && text[1] <= '9')
                text++;
            if (text[1] == 'L')
                text++;
            continue;
        }
        vonk_buffer_char(out, *text);
    }
}

static inline const char *plan_text(fixture *f, const vonk_plan *plan)
{
    vonk_buffer raw = {0}, out = {0};
    vonk_plan_print(plan, &raw);
    print_without_ids(vonk_buffer_str(&raw), &out);
    const char *text = vonk_arena_strndup(&f->arena, vonk_buffer_str(&out), out.length, &f->err);
    vonk_buffer_free(&raw);
    vonk_buffer_free(&out);
    return text;
}

#endif
