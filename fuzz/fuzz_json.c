/* fuzz_json.c - any bytes as JSON: inferring and reading end well, and splits lose and double
 * nothing. */
#include "format/json/json.h"
#include "text_file.h"

static const char given[] =
    "a int, b string, c double, d decimal(10,2), e date, f timestamp, g boolean, "
    "_corrupt_record string, h bigint, i float, j timestamp_ntz, k binary, l tinyint";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    uint8_t flags = data[0], more = data[1];
    vonk_option items[8];
    vonk_options options = {0, items};
    items[options.n++] = (vonk_option){"multiLine", flags & 1 ? "true" : "false"};
    items[options.n++] = (vonk_option){"inferTimestamp", flags & 2 ? "true" : "false"};
    items[options.n++] = (vonk_option){"mode", flags & 4 ? "DROPMALFORMED" : "PERMISSIVE"};
    vonk_arena arena = {0};
    vonk_schema schema = {0};
    vonk_error err;
    vonk_format_facts facts = {0};
    const char *path = memory_file(data + 2, size - 2);
    vonk_status status = flags & 8 ? vonk_schema_parse(vonk_slice_of(given), &arena, &schema, &err)
                                   : check_infer(&vonk_json_format, path, size - 2, &options,
                                                 1 + (uint64_t)more, &arena, &facts);
    if (facts.schema.n_fields)
        schema = facts.schema;
    if (status == VONK_OK)
        check_splits(&vonk_json_format, path, size - 2, &schema, &options,
                     flags & 1 ? 0 : 1 + (uint64_t)more);
    vonk_arena_free(&arena);
    return 0;
}
