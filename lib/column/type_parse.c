/* type_parse.c - types and schemas from text: a recursive descent over Spark's type grammar. */
#include <string.h>

#include "column/type.h"

#define MAX_DEPTH  64    /* of nesting: text may be hostile, and each level is a call */
#define MAX_FIELDS 10000 /* of one struct or schema */

typedef struct parser {
    vonk_slice text;
    size_t pos;
    uint32_t depth;
    vonk_arena *arena;
    vonk_error *err;
} parser;

static const struct {
    const char *name;
    uint8_t id;
} names[] = {
    {"void", VONK_NULL},
    {"boolean", VONK_BOOL},
    {"tinyint", VONK_INT8},
    {"byte", VONK_INT8},
    {"smallint", VONK_INT16},
    {"short", VONK_INT16},
    {"int", VONK_INT32},
    {"integer", VONK_INT32},
    {"bigint", VONK_INT64},
    {"long", VONK_INT64},
    {"float", VONK_FLOAT32},
    {"real", VONK_FLOAT32},
    {"double", VONK_FLOAT64},
    {"decimal", VONK_DECIMAL},
    {"dec", VONK_DECIMAL},
    {"numeric", VONK_DECIMAL},
    {"string", VONK_STRING},
    {"char", VONK_STRING},
    {"character", VONK_STRING},
    {"varchar", VONK_STRING},
    {"binary", VONK_BINARY},
    {"date", VONK_DATE},
    {"timestamp", VONK_TIMESTAMP},
    {"timestamp_ltz", VONK_TIMESTAMP},
    {"timestamp_ntz", VONK_TIMESTAMP_NTZ},
    {"interval", VONK_INTERVAL_YM},
    {"array", VONK_ARRAY},
    {"map", VONK_MAP},
    {"struct", VONK_STRUCT},
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           (unsigned char)c >= 0x80;
}

static char peek(parser *p)
{
    while (p->pos < p->text.length && is_space(p->text.data[p->pos]))
        p->pos++;
    if (p->pos >= p->text.length)
        return '\0';
    return p->text.data[p->pos];
}

static bool accept(parser *p, char c)
{
    if (p->pos >= p->text.length || peek(p) != c || p->pos >= p->text.length)
        return false;
    p->pos++;
    return true;
}

static vonk_slice word(parser *p)
{
    (void)peek(p);
    size_t start = p->pos;
    while (p->pos < p->text.length && is_name_char(p->text.data[p->pos]))
        p->pos++;
    return (vonk_slice){p->text.data + start, p->pos - start};
}

static bool accept_word(parser *p, const char *wanted)
{
    size_t start = p->pos;
    if (vonk_slice_equal_nocase(word(p), vonk_slice_of(wanted)))
        return true;
    p->pos = start;
    return false;
}

static vonk_status syntax_error(parser *p)
{
    bool end = (peek(p), p->pos >= p->text.length);
    size_t start = p->pos;
    vonk_slice near = word(p);
    if (!near.length && !end)
        near.length = 1;
    vonk_status status =
        end ? vonk_fail_sql(p->err, "PARSE_SYNTAX_ERROR", "Syntax error at or near end of input.")
            : vonk_fail_sql(p->err, "PARSE_SYNTAX_ERROR", "Syntax error at or near '%.*s'.",
                            (int)(near.length < 100 ? near.length : 100), near.data);
    return vonk_error_at(p->err, status, (int32_t)start, (int32_t)(start + near.length));
}

static vonk_status expect(parser *p, char c)
{
    return accept(p, c) ? VONK_OK : syntax_error(p);
}

/* A number of at most nine digits. */
static vonk_status number(parser *p, uint32_t *ret)
{
    (void)peek(p);
    size_t start = p->pos;
    uint32_t value = 0;
    while (p->pos < p->text.length && is_digit(p->text.data[p->pos]) && p->pos - start < 9)
        value = value * 10 + (uint32_t)(p->text.data[p->pos++] - '0');
    if (p->pos == start)
        return syntax_error(p);
    *ret = value;
    return VONK_OK;
}

static vonk_status parse_type(parser *p, vonk_type *ret);

static vonk_status decimal_args(parser *p, vonk_type *ret)
{
    uint32_t precision = 10, scale = 0;
    if (accept(p, '(')) {
        VONK_TRY(number(p, &precision));
        if (accept(p, ','))
            VONK_TRY(number(p, &scale));
        VONK_TRY(expect(p, ')'));
    }
    if (scale > precision)
        return vonk_fail_sql(p->err, "_LEGACY_ERROR_TEMP_1228",
                             "Decimal scale (%u) cannot be greater than precision (%u).", scale,
                             precision);
    if (precision > VONK_MAX_PRECISION)
        return vonk_fail_sql(p->err, "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION",
                             "Decimal precision %u exceeds max precision 38.", precision);
    *ret = VONK_TYPE_DECIMAL((uint8_t)precision, (uint8_t)scale);
    return VONK_OK;
}

/* char(n) and varchar(n) are kept as strings; the length is checked and dropped. */
static vonk_status char_args(parser *p, vonk_slice name)
{
    uint32_t length;
    if (!accept(p, '(')) {
        const char *sql = vonk_slice_equal_nocase(name, VONK_SLICE("varchar")) ? "VARCHAR" : "CHAR";
        return vonk_fail_sql(p->err, "DATATYPE_MISSING_SIZE",
                             "DataType \"%s\" requires a length parameter, for example "
                             "\"%s\"(10). Please specify the length.",
                             sql, sql);
    }
    VONK_TRY(number(p, &length));
    return expect(p, ')');
}

static int interval_unit(vonk_slice unit)
{
    static const char *const units[] = {"year", "month", "day", "hour", "minute", "second"};
    for (int i = 0; i < 6; i++)
        if (vonk_slice_equal_nocase(unit, vonk_slice_of(units[i])))
            return i;
    return -1;
}

/* INTERVAL unit [TO unit] */
static vonk_status interval_units(parser *p, vonk_type *ret)
{
    size_t start = p->pos;
    int from = interval_unit(word(p));
    if (from < 0) {
        p->pos = start;
        return vonk_fail_sql(p->err, "UNSUPPORTED_DATATYPE", "Unsupported data type \"INTERVAL\".");
    }
    int to = from;
    if (accept_word(p, "to")) {
        start = p->pos;
        to = interval_unit(word(p));
        if (to <= from || (from < 2) != (to < 2)) {
            p->pos = start;
            return syntax_error(p);
        }
    }
    vonk_type type = from < 2 ? VONK_TYPE(INTERVAL_YM) : VONK_TYPE(INTERVAL_DT);
    int base = from < 2 ? 0 : 2;
    type.precision = (uint8_t)(1 + from - base);
    type.scale = (uint8_t)(1 + to - base);
    *ret = type;
    return VONK_OK;
}

/* Fields with room for more; grows in the arena. */
static vonk_status push_field(parser *p, vonk_schema *schema, const vonk_field *field)
{
    uint32_t n = schema->n_fields;
    if (n >= MAX_FIELDS)
        return vonk_fail(p->err, VONK_INVALID, "schema has more than %d fields", MAX_FIELDS);
    if (n == 0 || (n >= 8 && (n & (n - 1)) == 0)) {
        vonk_field *more = VONK_NEW_ARRAY(p->arena, vonk_field, n < 8 ? 8 : n * 2, p->err);
        VONK_TRY_ALLOC(more);
        if (n)
            memcpy(more, schema->fields, n * sizeof(*more));
        schema->fields = more;
    }
    schema->fields[schema->n_fields++] = *field;
    return VONK_OK;
}

static vonk_status quoted_name(parser *p, const char **ret)
{
    char *out = vonk_arena_small(p->arena, p->text.length - p->pos + 1, p->err);
    VONK_TRY_ALLOC(out);
    size_t n = 0;
    for (;;) {
        if (p->pos >= p->text.length || p->text.data[p->pos] == '\0')
            return syntax_error(p);
        char c = p->text.data[p->pos++];
        bool twice = p->pos < p->text.length && p->text.data[p->pos] == '`';
        if (c == '`' && !twice)
            break;
        if (c == '`')
            p->pos++;
        out[n++] = c;
    }
    out[n] = '\0';
    *ret = out;
    return VONK_OK;
}

static vonk_status field_name(parser *p, const char **ret)
{
    if (accept(p, '`'))
        return quoted_name(p, ret);
    vonk_slice name = word(p);
    if (!name.length)
        return syntax_error(p);
    *ret = vonk_arena_strndup(p->arena, name.data, name.length, p->err);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

/* Steps over 'text' or "text" with backslash escapes. */
static vonk_status skip_comment_text(parser *p)
{
    char quote = peek(p);
    if (quote != '\'' && quote != '"')
        return syntax_error(p);
    for (p->pos++; p->pos < p->text.length; p->pos++) {
        if (p->text.data[p->pos] == '\\')
            p->pos++;
        else if (p->text.data[p->pos] == quote)
            return p->pos++, VONK_OK;
    }
    p->pos = p->text.length;
    return syntax_error(p);
}

/* name [:] type [NOT NULL] [COMMENT text] */
static vonk_status parse_field(parser *p, vonk_field *ret)
{
    vonk_field field = {.nullable = true};
    VONK_TRY(field_name(p, &field.name));
    (void)accept(p, ':');
    VONK_TRY(parse_type(p, &field.type));
    if (accept_word(p, "not")) {
        if (!accept_word(p, "null"))
            return syntax_error(p);
        field.nullable = false;
    }
    if (accept_word(p, "comment"))
        VONK_TRY(skip_comment_text(p));
    *ret = field;
    return VONK_OK;
}

/* Fields up to `end`, which is '>' or, at the end of the text, NUL. */
static vonk_status parse_fields(parser *p, char end, vonk_schema *ret)
{
    vonk_schema schema = {0};
    while (peek(p) != end) {
        vonk_field field;
        if (schema.n_fields)
            VONK_TRY(expect(p, ','));
        VONK_TRY(parse_field(p, &field));
        VONK_TRY(push_field(p, &schema, &field));
    }
    *ret = schema;
    return VONK_OK;
}

static vonk_status incomplete(parser *p, vonk_type type)
{
    if (type.id == VONK_ARRAY)
        return vonk_fail_sql(p->err, "INCOMPLETE_TYPE_DEFINITION.ARRAY",
                             "Incomplete complex type: The definition of \"ARRAY\" type is "
                             "incomplete. You must provide an element type. For example: "
                             "\"ARRAY<INT>\".");
    if (type.id == VONK_MAP)
        return vonk_fail_sql(p->err, "INCOMPLETE_TYPE_DEFINITION.MAP",
                             "Incomplete complex type: The definition of \"MAP\" type is "
                             "incomplete. You must provide a key type and a value type. For "
                             "example: \"MAP<TIMESTAMP, INT>\".");
    return vonk_fail_sql(p->err, "INCOMPLETE_TYPE_DEFINITION.STRUCT",
                         "Incomplete complex type: The definition of \"STRUCT\" type is "
                         "incomplete. You must provide at least one field type. For example: "
                         "\"STRUCT<name STRING, phone DECIMAL(10, 0)>\".");
}

static vonk_status nested_args(parser *p, vonk_type *type)
{
    static const char *const labels[2][2] = {{"element", NULL}, {"key", "value"}};
    bool map = type->id == VONK_MAP;
    if (p->depth >= MAX_DEPTH)
        return vonk_fail_sql(p->err, "FAILED_TO_PARSE_TOO_COMPLEX",
                             "The type was too complex to parse: it is nested deeper than %d "
                             "levels.",
                             MAX_DEPTH);
    if (!accept(p, '<'))
        return incomplete(p, *type);
    vonk_schema *children = VONK_NEW(p->arena, vonk_schema, p->err);
    VONK_TRY_ALLOC(children);
    p->depth++;
    if (type->id == VONK_STRUCT) {
        VONK_TRY(parse_fields(p, '>', children));
    } else {
        for (int i = 0; i <= map; i++) {
            vonk_field child = {.name = labels[map][i], .nullable = !map || i == 1};
            if (i)
                VONK_TRY(expect(p, ','));
            VONK_TRY(parse_type(p, &child.type));
            VONK_TRY(push_field(p, children, &child));
        }
    }
    p->depth--;
    type->children = children;
    return expect(p, '>');
}

static vonk_status unsupported(parser *p, vonk_slice name)
{
    char upper[64];
    size_t n = name.length < sizeof(upper) ? name.length : sizeof(upper);
    for (size_t i = 0; i < n; i++) {
        char c = name.data[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        upper[i] = c;
    }
    size_t start = (size_t)(name.data - p->text.data);
    return vonk_error_at(p->err,
                         vonk_fail_sql(p->err, "UNSUPPORTED_DATATYPE",
                                       "Unsupported data type \"%.*s\".", (int)n, upper),
                         (int32_t)start, (int32_t)(start + name.length));
}

static vonk_status parse_type(parser *p, vonk_type *ret)
{
    vonk_slice name = word(p);
    if (!name.length)
        return syntax_error(p);
    vonk_type type = {.id = VONK_N_TYPES};
    for (size_t i = 0; i < VONK_LENGTH(names) && type.id == VONK_N_TYPES; i++)
        if (vonk_slice_equal_nocase(name, vonk_slice_of(names[i].name)))
            type.id = names[i].id;
    if (type.id == VONK_N_TYPES)
        return unsupported(p, name);
    if (type.id == VONK_DECIMAL)
        VONK_TRY(decimal_args(p, &type));
    else if (type.id == VONK_INTERVAL_YM)
        VONK_TRY(interval_units(p, &type));
    else if (type.id >= VONK_ARRAY)
        VONK_TRY(nested_args(p, &type));
    else if (type.id == VONK_STRING && !vonk_slice_equal_nocase(name, VONK_SLICE("string")))
        VONK_TRY(char_args(p, name));
    *ret = type;
    return VONK_OK;
}

/* Nothing may be left. */
static vonk_status expect_end(parser *p)
{
    (void)peek(p);
    return p->pos >= p->text.length ? VONK_OK : syntax_error(p);
}

vonk_status vonk_type_parse(vonk_slice text, vonk_arena *arena, vonk_type *ret, vonk_error *err)
{
    parser p = {.text = text, .arena = arena, .err = err};
    vonk_type type;
    VONK_TRY(parse_type(&p, &type));
    VONK_TRY(expect_end(&p));
    *ret = type;
    return VONK_OK;
}

vonk_status vonk_schema_parse(vonk_slice text, vonk_arena *arena, vonk_schema *ret, vonk_error *err)
{
    parser p = {.text = text, .arena = arena, .err = err};
    /* What vonk_schema_print writes is one type: struct<...>. */
    bool whole = accept_word(&p, "struct") && peek(&p) == '<';
    p.pos = 0;
    if (whole) {
        vonk_type type;
        VONK_TRY(vonk_type_parse(text, arena, &type, err));
        if (!type.children)
            return vonk_fail(err, VONK_INVALID, "not a struct");
        *ret = *type.children;
        return VONK_OK;
    }
    vonk_schema schema;
    VONK_TRY(parse_fields(&p, '\0', &schema));
    VONK_TRY(expect_end(&p));
    *ret = schema;
    return VONK_OK;
}
