/* What Spark 4.2 wrote for the same rows and options. */
#include <inttypes.h>
#include <math.h>

#include "format/csv/csv.h"
#include "format/json/json.h"
#include "format/text/text.h"
#include "text_support.h"

static char path[64];
static vonk_arena arena;
static vonk_error err;

static void setup(void)
{
    (void)snprintf(path, sizeof(path), "/tmp/vonk-writer-XXXXXX");
    cr_assert_not_null(mkdtemp(path));
    strcat(path, "/out");
}

static void teardown(void)
{
    *strrchr(path, '/') = '\0';
    cr_expect_eq(vonk_fs_remove(path, &err), VONK_OK);
    vonk_arena_free(&arena);
}

TestSuite(writers, .init = setup, .fini = teardown);

/* The bytes of the file that `format` makes of `batch`; the file is gone afterwards. */
static const char *written(const vonk_format *format, const char *options,
                           const vonk_schema *schema, const vonk_batch *batch)
{
    vonk_writer_request request = {.path = path,
                                   .schema = schema,
                                   .options = options_of(&arena, options),
                                   .settings = &test_settings};
    vonk_writer *writer;
    uint64_t n_bytes;
    vonk_fs_file *file;
    cr_assert_eq(format->create(&request, &writer, &err), VONK_OK, "%s", err.message);
    cr_assert_eq(format->write(writer, batch, &err), VONK_OK, "%s", err.message);
    cr_assert_eq(format->finish(writer, &n_bytes, &err), VONK_OK, "%s", err.message);
    cr_assert_eq(vonk_fs_open(path, &file, &err), VONK_OK);
    cr_assert_eq(vonk_fs_size(file), n_bytes);
    char *text = vonk_arena_strndup(&arena, vonk_fs_map(file), n_bytes, NULL);
    vonk_fs_close(file);
    cr_assert_eq(unlink(path), 0);
    return text;
}

/* Two columns of strings, NULL is null. */
static vonk_batch strings(vonk_schema *ret, const char *const (*rows)[2], uint32_t n)
{
    vonk_column *columns = VONK_NEW_ARRAY(&arena, vonk_column, 2, NULL);
    cr_assert_eq(vonk_schema_parse(VONK_SLICE("a string, b string"), &arena, ret, &err), VONK_OK);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(vonk_column_new(&arena, VONK_TYPE(STRING), n, &columns[i], &err), VONK_OK);
        cr_assert_eq(vonk_column_add_validity(&arena, &columns[i], &err), VONK_OK);
        for (uint32_t row = 0; row < n; row++) {
            const char *text = rows[row][i] ? rows[row][i] : "";
            ((vonk_string *)columns[i].values)[row] = vonk_string_of(text, (uint32_t)strlen(text));
            vonk_bit_set(columns[i].validity, row, rows[row][i] != NULL);
        }
    }
    return (vonk_batch){n, 2, columns};
}

static const char *const awkward[][2] = {
    {"a", "b"},   {" x ", "y,z"},   {"q\"r", "l1\nl2"}, {"", NULL},       {"back\\slash", "c\rd"},
    {"\"", "\\"}, {"#c", "a\\\"b"}, {"\t", "tab\tin"},  {"x\\", "y\\,z"},
};

Test(writers, csv_quotes_as_spark_does)
{
    static const struct {
        const char *options, *text;
    } cases[] = {
        {"", "a,b\nx,\"y,z\"\n\"q\\\"r\",\"l1\nl2\"\n\"\",\nback\\slash,\"c\rd\"\n\"\\\"\",\\\n"
             "\"#c\",\"a\\\\\\\"b\"\n\"\",tab\tin\nx\\,\"y\\\\,z\"\n"},
        {"header=true\nsep=||",
         "a||b\na||b\nx||y,z\n\"q\\\"r\"||\"l1\nl2\"\n\"\"||\nback\\slash||\"c\rd\"\n\"\\\"\"||\\\n"
         "\"#c\"||\"a\\\\\\\"b\"\n\"\"||tab\tin\nx\\||y\\,z\n"},
        {"quoteAll=true",
         "\"a\",\"b\"\n\"x\",\"y,z\"\n\"q\\\"r\",\"l1\nl2\"\n\"\",\"\"\n\"back\\\\slash\","
         "\"c\rd\"\n\"\\\"\",\"\\\\\"\n\"#c\",\"a\\\\\\\"b\"\n\"\",\"tab\tin\"\n\"x\\\\\","
         "\"y\\\\,z\"\n"},
        {"escape=\"", "a,b\nx,\"y,z\"\n\"q\"\"r\",\"l1\nl2\"\n\"\",\nback\\slash,\"c\rd\"\n\"\"\"\""
                      ",\\\n\"#c\",\"a\\\"\"b\"\n\"\",tab\tin\nx\\,\"y\\,z\"\n"},
        {"nullValue=NULL\nemptyValue=EMPTY",
         "a,b\nx,\"y,z\"\n\"q\\\"r\",\"l1\nl2\"\nEMPTY,NULL\nback\\slash,\"c\rd\"\n\"\\\"\",\\\n"
         "\"#c\",\"a\\\\\\\"b\"\nEMPTY,tab\tin\nx\\,\"y\\\\,z\"\n"},
        {"ignoreLeadingWhiteSpace=false\nignoreTrailingWhiteSpace=false",
         "a,b\n x ,\"y,z\"\n\"q\\\"r\",\"l1\nl2\"\n\"\",\nback\\slash,\"c\rd\"\n\"\\\"\",\\\n"
         "\"#c\",\"a\\\\\\\"b\"\n\t,tab\tin\nx\\,\"y\\\\,z\"\n"},
        {"escapeQuotes=false", "a,b\nx,\"y,z\"\nq\"r,\"l1\nl2\"\n\"\",\nback\\slash,\"c\rd\"\n"
                               "\"\\\"\",\\\n\"#c\",a\\\"b\n\"\",tab\tin\nx\\,\"y\\\\,z\"\n"},
    };
    vonk_schema schema;
    vonk_batch batch = strings(&schema, awkward, VONK_LENGTH(awkward));
    for (size_t i = 0; i < VONK_LENGTH(cases); i++) {
        const char *text = written(&vonk_csv_format, cases[i].options, &schema, &batch);
        cr_expect_str_eq(text, cases[i].text, "%s:\n%s\nwanted\n%s", cases[i].options, text,
                         cases[i].text);
    }
}

/* An int, a bigint and a text of `length` bytes a row. */
static vonk_batch numbers(vonk_schema *ret, uint32_t n, uint32_t length)
{
    vonk_column *columns = VONK_NEW_ARRAY(&arena, vonk_column, 3, NULL);
    char *text = memset(vonk_arena_alloc(&arena, length, NULL), 'x', length);
    cr_assert_eq(vonk_schema_parse(VONK_SLICE("a int, b bigint, c string"), &arena, ret, &err),
                 VONK_OK);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(vonk_column_new(&arena, ret->fields[i].type, n, &columns[i], &err), VONK_OK);
    for (uint32_t row = 0; row < n; row++) {
        ((int32_t *)columns[0].values)[row] = (int32_t)row * 9999991 - 1000000000;
        ((int64_t *)columns[1].values)[row] = INT64_MIN + row * INT64_C(61728394506172839);
        ((vonk_string *)columns[2].values)[row] = vonk_string_of(text, length - row % 2);
    }
    return (vonk_batch){n, 3, columns};
}

/* Short rows are put side by side by the hundred, long ones by a few, or one by one. */
Test(writers, csv_puts_rows_side_by_side)
{
    static const uint32_t lengths[] = {7, 40, 9000, 100000};
    static const char *const separators[] = {",", "||", "-"};
    for (size_t i = 0; i < VONK_LENGTH(lengths) * VONK_LENGTH(separators); i++) {
        const char *sep = separators[i % VONK_LENGTH(separators)];
        vonk_schema schema;
        vonk_buffer wanted = {0};
        vonk_batch batch = numbers(&schema, 150, lengths[i / VONK_LENGTH(separators)]);
        for (uint32_t row = 0; row < batch.n_rows; row++) {
            int32_t a = ((int32_t *)batch.columns[0].values)[row];
            int64_t b = ((int64_t *)batch.columns[1].values)[row];
            vonk_string *c = (vonk_string *)batch.columns[2].values + row;
            const char *quote_a = *sep == '-' && a < 0 ? "\"" : "";
            const char *quote_b = *sep == '-' && b < 0 ? "\"" : "";
            vonk_buffer_printf(&wanted, "%s%" PRId32 "%s%s%s%" PRId64 "%s%s%.*s\n", quote_a, a,
                               quote_a, sep, quote_b, b, quote_b, sep, (int)c->length,
                               vonk_string_data(c));
        }
        char *options = vonk_arena_printf(&arena, NULL, "sep=%s", sep);
        cr_expect(
            !strcmp(written(&vonk_csv_format, options, &schema, &batch), vonk_buffer_str(&wanted)),
            "sep %s, %u bytes", sep, lengths[i / VONK_LENGTH(separators)]);
        vonk_buffer_free(&wanted);
    }
}

Test(writers, json_escapes_as_spark_does)
{
    vonk_schema schema;
    static const char *const more[][2] = {{"\x01\x1f\x7f\xc3\xa9/", "\b\f"}, {NULL, NULL}};
    vonk_batch batch = strings(&schema, awkward, VONK_LENGTH(awkward));
    cr_expect_str_eq(
        written(&vonk_json_format, "", &schema, &batch),
        "{\"a\":\"a\",\"b\":\"b\"}\n{\"a\":\" x \",\"b\":\"y,z\"}\n{\"a\":\"q\\\"r\",\"b\":\"l1\\n"
        "l2\"}\n{\"a\":\"\"}\n{\"a\":\"back\\\\slash\",\"b\":\"c\\rd\"}\n{\"a\":\"\\\"\",\"b\":"
        "\"\\\\\"}\n{\"a\":\"#c\",\"b\":\"a\\\\\\\"b\"}\n{\"a\":\"\\t\",\"b\":\"tab\\tin\"}\n"
        "{\"a\":\"x\\\\\",\"b\":\"y\\\\,z\"}\n");
    batch = strings(&schema, more, 2);
    cr_expect_str_eq(written(&vonk_json_format, "ignoreNullFields=false", &schema, &batch),
                     "{\"a\":\"\\u0001\\u001F\x7f\xc3\xa9/\",\"b\":\"\\b\\f\"}\n"
                     "{\"a\":null,\"b\":null}\n");
    cr_expect_str_eq(written(&vonk_json_format, "", &schema, &batch),
                     "{\"a\":\"\\u0001\\u001F\x7f\xc3\xa9/\",\"b\":\"\\b\\f\"}\n{}\n");
}

/* One row of every type. */
static vonk_batch one_of_each(vonk_schema *ret)
{
    static const char ddl[] =
        "i int, d double, n double, ni double, dc decimal(10,2), z decimal(38,18), "
        "sm decimal(20,10), b boolean, dt date, ts timestamp, ntz timestamp_ntz, big double, "
        "f float, bin binary, t tinyint, od date, fd date";
    static const int64_t us = INT64_C(1357095845123456);
    const vonk_value values[] = {
        {.i64 = 1},       {.f64 = 1.5},
        {.f64 = NAN},     {.f64 = -INFINITY},
        {.i128 = 110},    {.i128 = 0},
        {.i128 = 1000},   {.boolean = true},
        {.i64 = 15707},   {.i64 = us},
        {.i64 = us},      {.f64 = 1e20},
        {.f64 = 1.5},     {.string = {"ab\0", 3}},
        {.i64 = 1},       {.i64 = -719162},
        {.i64 = 3789391},
    };
    cr_assert_eq(vonk_schema_parse(VONK_SLICE(ddl), &arena, ret, &err), VONK_OK, "%s", err.message);
    cr_assert_eq(ret->n_fields, VONK_LENGTH(values));
    vonk_column *columns = VONK_NEW_ARRAY(&arena, vonk_column, ret->n_fields, NULL);
    for (uint32_t i = 0; i < ret->n_fields; i++)
        cr_assert_eq(
            vonk_column_from_value(&arena, ret->fields[i].type, &values[i], 1, &columns[i], &err),
            VONK_OK);
    return (vonk_batch){1, ret->n_fields, columns};
}

Test(writers, write_every_type_as_spark_does)
{
    vonk_schema schema;
    vonk_batch batch = one_of_each(&schema);
    cr_expect_str_eq(written(&vonk_csv_format, "", &schema, &batch),
                     "1,1.5,NaN,-Infinity,1.10,0E-18,1.000E-7,true,2013-01-02,"
                     "2013-01-02T03:04:05.123Z,2013-01-02T03:04:05.123,1.0E20,1.5,[61 62 00],1,"
                     "0001-01-01,+12345-01-01\n");
    cr_expect_str_eq(
        written(&vonk_csv_format,
                "dateFormat=dd/MM/yyyy\ntimestampFormat=yyyy-MM-dd HH:mm:ss.SSSSSS", &schema,
                &batch),
        "1,1.5,NaN,-Infinity,1.10,0E-18,1.000E-7,true,02/01/2013,2013-01-02 03:04:05.123456,"
        "2013-01-02T03:04:05.123,1.0E20,1.5,[61 62 00],1,01/01/0001,01/01/+12345\n");
    cr_expect_str_eq(
        written(&vonk_json_format, "", &schema, &batch),
        "{\"i\":1,\"d\":1.5,\"n\":\"NaN\",\"ni\":\"-Infinity\",\"dc\":1.10,\"z\":0E-18,"
        "\"sm\":1.000E-7,\"b\":true,\"dt\":\"2013-01-02\",\"ts\":\"2013-01-02T03:04:05.123Z\","
        "\"ntz\":\"2013-01-02T03:04:05.123\",\"big\":1.0E20,\"f\":1.5,\"bin\":\"YWIA\",\"t\":1,"
        "\"od\":\"0001-01-01\",\"fd\":\"+12345-01-01\"}\n");
}

Test(writers, gzip_reads_back)
{
    static const vonk_format *const formats[] = {&vonk_csv_format, &vonk_json_format};
    vonk_schema schema;
    vonk_batch batch = strings(&schema, awkward, 1);
    strcat(path, ".gz");
    for (size_t i = 0; i < VONK_LENGTH(formats); i++) {
        vonk_options options = options_of(&arena, "compression=gzip");
        vonk_writer_request request = {
            .path = path, .schema = &schema, .options = options, .settings = &test_settings};
        vonk_writer *writer;
        vonk_buffer rows = {0};
        uint64_t n_bytes;
        cr_assert_eq(formats[i]->create(&request, &writer, &err), VONK_OK);
        for (int k = 0; k < 50000; k++)
            cr_assert_eq(formats[i]->write(writer, &batch, &err), VONK_OK);
        cr_assert_eq(formats[i]->finish(writer, &n_bytes, &err), VONK_OK);
        cr_expect_lt(n_bytes, 10000, "it is compressed");
        cr_assert_eq(read_split(formats[i], path, &schema, &options, 5, 100, 1000, &rows, &err),
                     VONK_OK);
        cr_expect_eq(rows.length, 0, "only the split at 0 reads a compressed file");
        vonk_buffer_char(&rows, '[');
        cr_assert_eq(read_split(formats[i], path, &schema, &options, 0, 5, 1000, &rows, &err),
                     VONK_OK, "%s", err.message);
        cr_expect_eq(rows.length, 1 + 50000 * strlen("[\"a\",\"b\"],") - 1);
        vonk_buffer_free(&rows);
        cr_assert_eq(truncate(path, (off_t)n_bytes - 10), 0);
        cr_expect_eq(read_split(formats[i], path, &schema, &options, 0, 5, 1000, &rows, &err),
                     VONK_CORRUPT, "a file that is cut off is not half an answer");
        vonk_buffer_free(&rows);
        cr_assert_eq(unlink(path), 0);
    }
}

Test(writers, text_writes_and_reads_lines)
{
    static const text_case cases[] = {
        {"line ends", "a\n\nb\r\n\r\nc\rd", 11, "", NULL, "struct<value:string>",
         "[[\"a\"],[\"\"],[\"b\"],[\"\"],[\"c\"],[\"d\"]]"},
        {"nothing", "", 0, "", NULL, "struct<value:string>", "[]"},
        {"one line", "x", 1, "", NULL, "struct<value:string>", "[[\"x\"]]"},
        {"empty line", "\n", 1, "", NULL, "struct<value:string>", "[[\"\"]]"},
        {"whole", "x\ny\n", 4, "wholetext=true", NULL, "struct<value:string>", "[[\"x\\ny\\n\"]]"},
    };
    check_cases(&vonk_text_format, cases, VONK_LENGTH(cases));
    vonk_schema schema;
    static const char *const rows[][2] = {{"a", NULL}, {"b\nc", NULL}, {NULL, NULL}, {"", NULL}};
    vonk_batch batch = strings(&schema, rows, 4);
    batch.n_columns = schema.n_fields = 1;
    cr_expect_str_eq(written(&vonk_text_format, "", &schema, &batch), "a\nb\nc\n\n\n");
}

Test(writers, refuse_what_they_cannot_do_and_leave_nothing)
{
    vonk_schema schema;
    vonk_fs_entry entry;
    vonk_writer *writer;
    (void)strings(&schema, awkward, 1);
    vonk_writer_request request = {.path = path,
                                   .schema = &schema,
                                   .options = options_of(&arena, "compression=bzip2"),
                                   .settings = &test_settings};
    cr_expect_eq(vonk_csv_format.create(&request, &writer, &err), VONK_UNSUPPORTED);
    cr_expect_eq(vonk_json_format.create(&request, &writer, &err), VONK_UNSUPPORTED);
    cr_expect_eq(vonk_text_format.create(&request, &writer, &err), VONK_USER, "two columns");
    request.options = options_of(&arena, "timestampFormat=yyyy-QQQ");
    cr_expect_eq(vonk_csv_format.create(&request, &writer, &err), VONK_USER);
    cr_expect_str_eq(err.condition, "INVALID_DATETIME_PATTERN");
    cr_expect_eq(vonk_fs_stat(path, &entry, &arena, &err), VONK_NOT_FOUND);
    request.options = options_of(&arena, "header=true");
    cr_assert_eq(vonk_csv_format.create(&request, &writer, &err), VONK_OK);
    vonk_csv_format.abort(writer);
    cr_expect_eq(vonk_fs_stat(path, &entry, &arena, &err), VONK_NOT_FOUND);
}
