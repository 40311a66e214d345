/* fuzz_csv.c - any bytes as CSV: inferring and reading end well, and splits lose and double
 * nothing. */
#include "format/csv/csv.h"
#include "text_file.h"

static const char given[] =
    "a int, b string, c double, d decimal(10,2), e date, f timestamp, g boolean, "
    "_corrupt_record string, h bigint, i float, j timestamp_ntz, k decimal(30,4), l smallint";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    uint8_t flags = data[0], more = data[1];
    vonk_option items[8];
    vonk_options options = {0, items};
    items[options.n++] = (vonk_option){"header", flags & 1 ? "true" : "false"};
    items[options.n++] = (vonk_option){"multiLine", flags & 2 ? "true" : "false"};
    items[options.n++] = (vonk_option){"inferSchema", flags & 4 ? "true" : "false"};
    items[options.n++] = (vonk_option){"sep", flags & 8 ? "||" : ","};
    items[options.n++] = (vonk_option){"escape", flags & 16 ? "\"" : "\\"};
    items[options.n++] = (vonk_option){"mode", flags & 32 ? "DROPMALFORMED" : "PERMISSIVE"};
    if (flags & 64)
        items[options.n++] = (vonk_option){"ignoreLeadingWhiteSpace", "true"};
    if (flags & 128)
        items[options.n++] =
            (vonk_option){"timestampFormat", "d/M/yy[ HH:mm[:ss.SSS]][ a h][XXX][VV]"};
    vonk_arena arena = {0};
    vonk_schema schema = {0};
    vonk_error err;
    vonk_format_facts facts = {0};
    const char *path = memory_file(data + 2, size - 2);
    vonk_status status = more & 1 ? vonk_schema_parse(vonk_slice_of(given), &arena, &schema, &err)
                                  : check_infer(&vonk_csv_format, path, size - 2, &options,
                                                1 + (more >> 1), &arena, &facts);
    /* A header behind blank lines or comments may lie behind the first split: not with small ones.
     */
    uint64_t split = flags & 3 ? 0 : 1 + (more >> 1);
    if (facts.schema.n_fields)
        schema = facts.schema;
    if (status == VONK_OK)
        check_splits(&vonk_csv_format, path, size - 2, &schema, &options, split);
    vonk_arena_free(&arena);
    return 0;
}
