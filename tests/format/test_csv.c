#include "format/csv/csv.h"
#include "text_support.h"

static const text_case spark_cases[] = {
#include "spark_csv_cases.inc"
};

Test(csv, reads_as_spark_does)
{
    check_cases(&vonk_csv_format, spark_cases, VONK_LENGTH(spark_cases));
}

Test(csv, failfast_names_file_and_record)
{
    static const text_case cases[] = {
        {"bad int", "a,b\n1,x\n", 8, "header=true\nmode=FAILFAST", "a int, b int", "", "1,x"},
        {"ragged", "a,b\n1\n1,2\n", 10, "header=true\nmode=failfast", "a int, b int", "", ": 1."},
    };
    char path[256];
    make_file(path, sizeof(path));
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        vonk_arena arena = {0};
        vonk_error err;
        const char *schema, *rows;
        cr_expect_eq(read_case(&vonk_csv_format, path, &cases[i], UINT64_MAX, 10, &arena, &schema,
                               &rows, &err),
                     VONK_USER);
        cr_expect_str_eq(err.condition, "FAILED_READ_FILE.NO_HINT");
        cr_expect_str_eq(err.sqlstate, "KD001");
        cr_expect(strstr(err.message, path) && strstr(err.message, cases[i].rows), "%s",
                  err.message);
        vonk_arena_free(&arena);
    }
    (void)unlink(path);
}

Test(csv, refuses_options_that_are_wrong)
{
    static const char *const wrong[] = {
        "sep=",         "sep=\\",          "quote=ab",        "header=yes",
        "comment=##",   "encoding=x",      "encoding=utf-16", "maxColumns=0",
        "dateFormat='", "samplingRatio=0", "maxColumns=x"};
    char path[256];
    make_file(path, sizeof(path));
    for (size_t i = 0; i < VONK_LENGTH(wrong); i++) {
        vonk_arena arena = {0};
        vonk_error err = {0};
        const char *schema, *rows;
        text_case c = {wrong[i], "a,b\n", 4, wrong[i], NULL, "", ""};
        cr_expect_neq(
            read_case(&vonk_csv_format, path, &c, UINT64_MAX, 10, &arena, &schema, &rows, &err),
            VONK_OK, "%s", wrong[i]);
        cr_expect(*err.message, "%s", wrong[i]);
        vonk_arena_free(&arena);
    }
    (void)unlink(path);
}

/*
 * A text of some thousand lines, each `often`th piece of them odd; now and then a field is longer
 * than an index.
 */
static vonk_buffer random_lines(uint32_t often)
{
    static const char *const plain[] = {"17", ",", ",", "\n", "word", "\r\n", " ", ",a \"b\","};
    static const char *const odd[] = {"\"a,b\"", ",\"c\"\"\",", "\n\"d\",", "\"",
                                      ",\r",     "\n#c",        "\n \n"};
    vonk_buffer text = {0};
    uint64_t state = 7;
    for (uint32_t i = 0; i < 40000; i++) {
        state = state * 6364136223846793005 + 1442695040888963407;
        uint32_t pick = (uint32_t)(state >> 33);
        vonk_buffer_text(&text, pick / 64 % often ? plain[pick % VONK_LENGTH(plain)]
                                                  : odd[pick % VONK_LENGTH(odd)]);
        for (uint32_t k = 0; i % 9000 == 8999 && k < 1000; k++)
            vonk_buffer_text(&text, "longer than");
    }
    return text;
}

/* Lines are taken one by one into batches of two rows, and else many at once where that can be. */
Test(csv, many_lines_at_once_are_as_one_by_one)
{
    static const uint32_t often[] = {2, 80, UINT32_MAX};
    static const char *const options[] = {
        "mode=PERMISSIVE",
        "comment=#",
        "quote=\nmode=DROPMALFORMED",
        "ignoreTrailingWhiteSpace=true",
        "multiLine=true",
    };
    char path[256];
    make_file(path, sizeof(path));
    for (size_t i = 0; i < 3 * VONK_LENGTH(options); i++) {
        vonk_arena arena = {0};
        vonk_error err = {0};
        const char *schema, *one_by_one, *many, *splits;
        vonk_buffer text = random_lines(often[i % 3]);
        text_case c = {.text = text.data,
                       .length = text.length,
                       .options = options[i / 3],
                       .given = "a string, b int, c string, _corrupt_record string"};
        cr_assert_eq(read_case(&vonk_csv_format, path, &c, UINT64_MAX, 2, &arena, &schema,
                               &one_by_one, &err),
                     VONK_OK, "%s", err.message);
        cr_assert_eq(
            read_case(&vonk_csv_format, path, &c, UINT64_MAX, 8192, &arena, &schema, &many, &err),
            VONK_OK, "%s", err.message);
        cr_assert_eq(
            read_case(&vonk_csv_format, path, &c, 30011, 700, &arena, &schema, &splits, &err),
            VONK_OK, "%s", err.message);
        cr_expect(strlen(many) > 10000);
        cr_expect(!strcmp(one_by_one, many), "%s, text %zu", c.options, i % 3);
        cr_expect(!strcmp(one_by_one, splits), "%s, text %zu, in splits", c.options, i % 3);
        vonk_buffer_free(&text);
        vonk_arena_free(&arena);
    }
    (void)unlink(path);
}
