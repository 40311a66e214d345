#include "column/type.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void check_print(const char *ddl, const char *catalog, const char *sql)
{
    vonk_arena arena = {0};
    vonk_buffer buf = {0};
    vonk_error err;
    vonk_type type, copy, again;
    cr_assert_eq(vonk_type_parse(vonk_slice_of(ddl), &arena, &type, &err), VONK_OK, "%s: %s", ddl,
                 err.message);
    cr_assert_str_eq(vonk_type_text(&arena, type), catalog);
    vonk_type_print_sql(type, &buf);
    cr_assert_str_eq(vonk_buffer_str(&buf), sql);
    cr_assert_str_eq(vonk_type_sql_name(type), sql);
    cr_assert_eq(vonk_type_copy(&arena, type, &copy, NULL), VONK_OK);
    cr_assert(vonk_type_equal(type, copy));
    cr_assert_eq(vonk_type_parse(vonk_slice_of(catalog), &arena, &again, &err), VONK_OK);
    cr_assert(vonk_type_equal(type, again));
    vonk_buffer_free(&buf);
    vonk_arena_free(&arena);
}

/* Names as PySpark 4.2 prints them. */
Test(type, parses_and_prints_spark_s_names)
{
    static const char *const cases[][3] = {
        {"VOID", "void", "VOID"},
        {"Boolean", "boolean", "BOOLEAN"},
        {"byte", "tinyint", "TINYINT"},
        {"short", "smallint", "SMALLINT"},
        {"integer", "int", "INT"},
        {" long ", "bigint", "BIGINT"},
        {"real", "float", "FLOAT"},
        {"double", "double", "DOUBLE"},
        {"decimal", "decimal(10,0)", "DECIMAL(10,0)"},
        {"dec(3)", "decimal(3,0)", "DECIMAL(3,0)"},
        {"NUMERIC ( 38 , 10 )", "decimal(38,10)", "DECIMAL(38,10)"},
        {"char(5)", "string", "STRING"},
        {"varchar(7)", "string", "STRING"},
        {"binary", "binary", "BINARY"},
        {"date", "date", "DATE"},
        {"timestamp_ltz", "timestamp", "TIMESTAMP"},
        {"timestamp_ntz", "timestamp_ntz", "TIMESTAMP_NTZ"},
        {"interval year", "interval year", "INTERVAL YEAR"},
        {"INTERVAL day TO second", "interval day to second", "INTERVAL DAY TO SECOND"},
        {"array<array<int>>", "array<array<int>>", "ARRAY<ARRAY<INT>>"},
        {"map<string, decimal>", "map<string,decimal(10,0)>", "MAP<STRING, DECIMAL(10,0)>"},
        {"struct<>", "struct<>", "STRUCT<>"},
        {"struct<a: int comment 'x', b string not null>", "struct<a:int,b:string>",
         "STRUCT<a: INT, b: STRING NOT NULL>"},
    };
    for (size_t i = 0; i < VONK_LENGTH(cases); i++)
        check_print(cases[i][0], cases[i][1], cases[i][2]);
}

static void check_error(const char *ddl, const char *condition, const char *message)
{
    vonk_arena arena = {0};
    vonk_error err = {0};
    vonk_type type;
    cr_assert_eq(vonk_type_parse(vonk_slice_of(ddl), &arena, &type, &err), VONK_USER, "%s", ddl);
    cr_assert_str_eq(err.condition, condition);
    cr_assert_str_eq(err.message, message);
    vonk_arena_free(&arena);
}

Test(type, errors_read_as_in_spark)
{
    check_error("foo", "UNSUPPORTED_DATATYPE", "Unsupported data type \"FOO\".");
    check_error("decimal(39,2)", "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION",
                "Decimal precision 39 exceeds max precision 38.");
    check_error("decimal(5,7)", "_LEGACY_ERROR_TEMP_1228",
                "Decimal scale (7) cannot be greater than precision (5).");
    check_error("char", "DATATYPE_MISSING_SIZE",
                "DataType \"CHAR\" requires a length parameter, for example \"CHAR\"(10). Please "
                "specify the length.");
    check_error("array", "INCOMPLETE_TYPE_DEFINITION.ARRAY",
                "Incomplete complex type: The definition of \"ARRAY\" type is incomplete. You must "
                "provide an element type. For example: \"ARRAY<INT>\".");
    check_error("array<int", "PARSE_SYNTAX_ERROR", "Syntax error at or near end of input.");
    check_error("int)", "PARSE_SYNTAX_ERROR", "Syntax error at or near ')'.");
    check_error("", "PARSE_SYNTAX_ERROR", "Syntax error at or near end of input.");
    check_error("struct<a: int b: int>", "PARSE_SYNTAX_ERROR", "Syntax error at or near 'b'.");
}

Test(type, refuses_hostile_nesting)
{
    char text[8000] = "";
    vonk_arena arena = {0};
    vonk_type type;
    for (size_t i = 0; i + 7 < sizeof(text); i += 6)
        memcpy(text + i, "array<", 7);
    cr_assert_eq(vonk_type_parse(vonk_slice_of(text), &arena, &type, NULL), VONK_USER);
    vonk_arena_free(&arena);
}

/* Every beginning of a long text is either parsed or refused. */
Test(type, survives_truncation_at_every_byte)
{
    static const char text[] =
        "a struct<x: int not null comment 'c\\'d', `q``r`: map<string, decimal(10, 2)>>, "
        "b interval day to second, c varchar(10)";
    for (size_t n = 0; n < sizeof(text); n++) {
        vonk_arena arena = {0};
        vonk_schema schema;
        char *exact = malloc(n + 1); /* so that ASan sees a read too far */
        cr_assert(exact);
        memcpy(exact, text, n);
        vonk_status status = vonk_schema_parse((vonk_slice){exact, n}, &arena, &schema, NULL);
        cr_assert(status == VONK_OK || status == VONK_USER);
        free(exact);
        vonk_arena_free(&arena);
    }
}

Test(schema, parses_prints_copies_and_finds)
{
    vonk_arena arena = {0}, other = {0};
    vonk_buffer buf = {0};
    vonk_schema schema, copy, again;
    vonk_slice ddl =
        VONK_SLICE("a INT, b DECIMAL(10,2) NOT NULL, `c d` string, e: struct<x:int,y:array<date>>");
    cr_assert_eq(vonk_schema_parse(ddl, &arena, &schema, NULL), VONK_OK);
    cr_assert_eq(vonk_schema_copy(&other, &schema, &copy, NULL), VONK_OK);
    vonk_arena_free(&arena);
    cr_assert_eq(copy.n_fields, 4);
    cr_assert(copy.fields[0].nullable && !copy.fields[1].nullable);
    cr_assert_eq(vonk_schema_find(&copy, "C D"), 2);
    cr_assert_eq(vonk_schema_find(&copy, "nope"), -1);
    vonk_schema_print(&copy, &buf);
    cr_assert_str_eq(vonk_buffer_str(&buf),
                     "struct<a:int,b:decimal(10,2),c d:string,e:struct<x:int,y:array<date>>>");
    cr_assert_eq(vonk_schema_parse(VONK_SLICE("struct<a:int,b:string>"), &other, &again, NULL),
                 VONK_OK);
    cr_assert_eq(again.n_fields, 2);
    cr_assert_eq(vonk_schema_parse(VONK_SLICE(""), &other, &again, NULL), VONK_OK);
    cr_assert_eq(again.n_fields, 0);
    vonk_buffer_free(&buf);
    vonk_arena_free(&other);
}

Test(type, widths_follow_the_physical_type)
{
    cr_assert_eq(vonk_type_width(VONK_TYPE(BOOL)), 0);
    cr_assert_eq(vonk_type_width(VONK_TYPE(STRING)), 16);
    cr_assert_eq(vonk_type_width(VONK_TYPE_DECIMAL(18, 2)), 8);
    cr_assert_eq(vonk_type_width(VONK_TYPE_DECIMAL(19, 2)), 16);
    cr_assert_eq(vonk_type_physical(VONK_TYPE(DATE)), VONK_PHYS_I32);
    cr_assert_not(vonk_type_equal(VONK_TYPE_DECIMAL(18, 2), VONK_TYPE_DECIMAL(18, 3)));
    cr_assert(vonk_type_is_numeric(VONK_TYPE_DECIMAL(1, 0)));
    cr_assert_not(vonk_type_is_integral(VONK_TYPE(FLOAT32)));
}
