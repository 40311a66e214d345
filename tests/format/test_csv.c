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
    char path[] = "/tmp/vonk-csv-XXXXXX";
    (void)close(mkstemp(path));
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
    char path[] = "/tmp/vonk-csv-XXXXXX";
    (void)close(mkstemp(path));
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
