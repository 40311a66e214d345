/* Scripts and their statements. */
#include <criterion/criterion.h>
#include <string.h>

#include "sql/parse.h"

typedef struct split_case {
    const char *script;
    const char *statements[4]; /* NULL after the last */
} split_case;

static const split_case cases[] = {
    {"", {NULL}},
    {" ;; ; \n", {NULL}},
    {"-- only a comment ; \n /* and ; another */", {NULL}},
    {"select 1", {"select 1"}},
    {"select 1;", {"select 1"}},
    {" select 1 ;\n\nselect 2\n", {"select 1", "select 2"}},
    {"select ';' , \";\", `;`; b", {"select ';' , \";\", `;`", "b"}},
    {"a -- ; not here\n b; c", {"a -- ; not here\n b", "c"}},
    {"a /* ; /* ; */ ; */ b; c", {"a /* ; /* ; */ ; */ b", "c"}},
    {"select 'it''s;' ; select 'a\\';' ; c", {"select 'it''s;'", "select 'a\\';'", "c"}},
    {"select r'\\'; b", {"select r'\\'", "b"}},
    {"/* lead */ a; -- tail", {"a"}},
    {"a; select 'unclosed ; b", {"a", "select 'unclosed ; b"}},
    {"a; `unclosed ; b", {"a", "`unclosed ; b"}},
    {"a; b /* unclosed ; c", {"a", "b /* unclosed ; c"}},
    {"a; /*+ unclosed ; c", {"a", "/*+ unclosed ; c"}},
    {"a $ b; #", {"a $ b", "#"}},
};

Test(split, cuts_at_semicolons_that_end_statements)
{
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        const split_case *c = &cases[i];
        vonk_arena arena = {0};
        vonk_statement *found = NULL;
        uint32_t n = 0, expected = 0;
        vonk_slice script = vonk_slice_of(c->script);
        cr_assert_eq(vonk_sql_split(script, &arena, &found, &n, NULL), VONK_OK);
        while (expected < 4 && c->statements[expected])
            expected++;
        cr_assert_eq(n, expected, "%s: %u statements", c->script, n);
        for (uint32_t k = 0; k < n; k++) {
            vonk_slice text = {c->script + found[k].start, (size_t)(found[k].end - found[k].start)};
            cr_expect(vonk_slice_equal(text, vonk_slice_of(c->statements[k])), "%s: '%.*s'",
                      c->script, (int)text.length, text.data);
        }
        vonk_arena_free(&arena);
    }
}

Test(split, finds_many_statements_with_their_positions)
{
    vonk_arena arena = {0};
    vonk_buffer script = {0};
    for (int i = 0; i < 100; i++)
        vonk_buffer_printf(&script, "select %02d;", i);
    vonk_statement *found;
    uint32_t n;
    cr_assert_eq(vonk_sql_split((vonk_slice){script.data, script.length}, &arena, &found, &n, NULL),
                 VONK_OK);
    cr_expect_eq(n, 100);
    cr_expect_eq(found[42].start, 42 * 10);
    cr_expect_eq(found[42].end, 42 * 10 + 9);
    vonk_buffer_free(&script);
    vonk_arena_free(&arena);
}
