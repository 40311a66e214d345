#include "format/json/json.h"
#include "text_support.h"

static const text_case spark_cases[] = {
#include "spark_json_cases.inc"
};

Test(json, reads_as_spark_does)
{
    check_cases(&vonk_json_format, spark_cases, VONK_LENGTH(spark_cases));
}

/* What comes of the file in pieces of `piece` bytes: the schema and its rows, or the error. */
static const char *infer(const char *path, uint64_t size, const char *with, uint32_t n_threads,
                         uint64_t piece, vonk_arena *arena)
{
    vonk_error err = {0};
    vonk_format_facts facts;
    vonk_options options = options_of(arena, with);
    vonk_infer_request request = {.n_paths = 1,
                                  .paths = &path,
                                  .sizes = &size,
                                  .options = &options,
                                  .settings = &test_settings,
                                  .n_threads = n_threads,
                                  .piece_bytes = piece};
    if (vonk_json_format.infer(&request, arena, &facts, &err) != VONK_OK)
        return vonk_arena_printf(arena, NULL, "%s", err.message);
    vonk_buffer out = {0};
    vonk_schema_print(&facts.schema, &out);
    const char *answer = vonk_arena_printf(arena, NULL, "%s, %lld rows", vonk_buffer_str(&out),
                                           (long long)facts.n_rows);
    vonk_buffer_free(&out);
    return answer;
}

/* Types, keys that differ in case only, the first of two bad records: as by one thread. */
Test(json, is_inferred_in_pieces_as_whole)
{
    static const struct {
        const char *rest, *with;
    } cases[] = {
        {"{\"n\": 1.5}\n{\"c\": true}\n{bad\n", "mode=PERMISSIVE"},
        {"{\"b\": 1}\n{\"B\": 2}\n{\"A\": 3}\n", "mode=PERMISSIVE"},
        {"{\"n\": 99999999999999999999}\n{first\n{\"n\": null}\n{second\n", "mode=FAILFAST"},
        {"{\"n\": \"2020-01-01\"}\n", "samplingRatio=0.02"},
        {"{\"n\": \"x\"}\n", "multiLine=true"},
    };
    char path[256];
    make_file(path, sizeof(path));
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        vonk_arena arena = {0};
        vonk_buffer text = {0};
        for (uint32_t row = 0; row < 300; row++)
            vonk_buffer_text(&text, row % 3 ? "{\"n\": 7, \"a\": []}\n" : "{\"a\": null}\n");
        vonk_buffer_text(&text, cases[i].rest);
        for (uint32_t row = 0; row < 300; row++)
            vonk_buffer_text(&text, "{\"n\": 8}\n");
        write_file(path, text.data, text.length);
        const char *wanted = infer(path, text.length, cases[i].with, 1, 0, &arena);
        for (uint32_t n_threads = 2; n_threads < 5; n_threads++) {
            const char *got = infer(path, text.length, cases[i].with, n_threads, 90, &arena);
            cr_expect_str_eq(got, wanted, "%zu: %s\nwanted %s", i, got, wanted);
        }
        vonk_buffer_free(&text);
        vonk_arena_free(&arena);
    }
    (void)unlink(path);
}
