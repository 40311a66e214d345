/* type.c - what each type is called, how wide it is, printing, comparing and copying. */
#include "column/type.h"

#include <stdio.h>
#include <string.h>

typedef struct type_info {
    const char *name, *sql; /* as a catalog string, and as messages quote it */
    vonk_physical_type physical;
} type_info;

static const type_info infos[VONK_N_TYPES] = {
    [VONK_NULL] = {"void", "VOID", VONK_PHYS_NONE},
    [VONK_BOOL] = {"boolean", "BOOLEAN", VONK_PHYS_BIT},
    [VONK_INT8] = {"tinyint", "TINYINT", VONK_PHYS_I8},
    [VONK_INT16] = {"smallint", "SMALLINT", VONK_PHYS_I16},
    [VONK_INT32] = {"int", "INT", VONK_PHYS_I32},
    [VONK_INT64] = {"bigint", "BIGINT", VONK_PHYS_I64},
    [VONK_DECIMAL] = {"decimal", "DECIMAL", VONK_PHYS_I128},
    [VONK_FLOAT32] = {"float", "FLOAT", VONK_PHYS_F32},
    [VONK_FLOAT64] = {"double", "DOUBLE", VONK_PHYS_F64},
    [VONK_STRING] = {"string", "STRING", VONK_PHYS_STRING},
    [VONK_BINARY] = {"binary", "BINARY", VONK_PHYS_STRING},
    [VONK_DATE] = {"date", "DATE", VONK_PHYS_I32},
    [VONK_TIMESTAMP] = {"timestamp", "TIMESTAMP", VONK_PHYS_I64},
    [VONK_TIMESTAMP_NTZ] = {"timestamp_ntz", "TIMESTAMP_NTZ", VONK_PHYS_I64},
    [VONK_INTERVAL_YM] = {"interval year to month", "INTERVAL YEAR TO MONTH", VONK_PHYS_I32},
    [VONK_INTERVAL_DT] = {"interval day to second", "INTERVAL DAY TO SECOND", VONK_PHYS_I64},
    [VONK_ARRAY] = {"array", "ARRAY", VONK_PHYS_NONE},
    [VONK_MAP] = {"map", "MAP", VONK_PHYS_NONE},
    [VONK_STRUCT] = {"struct", "STRUCT", VONK_PHYS_NONE},
};

vonk_physical_type vonk_type_physical(vonk_type type)
{
    if (type.id == VONK_DECIMAL && type.precision <= VONK_MAX_NARROW_PRECISION)
        return VONK_PHYS_I64;
    return type.id < VONK_N_TYPES ? infos[type.id].physical : VONK_PHYS_NONE;
}

size_t vonk_type_width(vonk_type type)
{
    static const uint8_t widths[VONK_N_PHYS] = {
        [VONK_PHYS_I8] = 1,    [VONK_PHYS_I16] = 2, [VONK_PHYS_I32] = 4, [VONK_PHYS_I64] = 8,
        [VONK_PHYS_I128] = 16, [VONK_PHYS_F32] = 4, [VONK_PHYS_F64] = 8, [VONK_PHYS_STRING] = 16,
    };
    return widths[vonk_type_physical(type)];
}

static bool children_equal(vonk_type a, vonk_type b)
{
    uint32_t n = a.children ? a.children->n_fields : 0;
    if (n != (b.children ? b.children->n_fields : 0))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        const vonk_field *x = &a.children->fields[i], *y = &b.children->fields[i];
        if (a.id == VONK_STRUCT && strcmp(x->name, y->name) != 0)
            return false;
        if (!vonk_type_equal(x->type, y->type))
            return false;
    }
    return true;
}

bool vonk_type_equal(vonk_type a, vonk_type b)
{
    if (a.id != b.id)
        return false;
    if (a.id == VONK_DECIMAL)
        return a.precision == b.precision && a.scale == b.scale;
    return a.id < VONK_ARRAY || children_equal(a, b);
}

bool vonk_type_is_integral(vonk_type type)
{
    return type.id >= VONK_INT8 && type.id <= VONK_INT64;
}

bool vonk_type_is_numeric(vonk_type type)
{
    return type.id >= VONK_INT8 && type.id <= VONK_FLOAT64;
}

static void print(vonk_type type, bool sql, vonk_buffer *out);

/* A field's name, in backquotes where SQL would need them. */
static void print_name(const char *name, bool sql, vonk_buffer *out)
{
    bool plain = name[0] != '\0' && !(name[0] >= '0' && name[0] <= '9');
    for (const char *p = name; *p; p++)
        plain &= (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
                 *p == '_';
    if (plain || !sql) {
        vonk_buffer_text(out, name);
        return;
    }
    vonk_buffer_char(out, '`');
    for (const char *p = name; *p; p++) {
        if (*p == '`')
            vonk_buffer_char(out, '`');
        vonk_buffer_char(out, *p);
    }
    vonk_buffer_char(out, '`');
}

static void print_children(vonk_type type, bool sql, vonk_buffer *out)
{
    vonk_buffer_char(out, '<');
    for (uint32_t i = 0; type.children && i < type.children->n_fields; i++) {
        const vonk_field *field = &type.children->fields[i];
        if (i)
            vonk_buffer_text(out, sql ? ", " : ",");
        if (type.id == VONK_STRUCT) {
            print_name(field->name, sql, out);
            vonk_buffer_text(out, sql ? ": " : ":");
        }
        print(field->type, sql, out);
        if (sql && type.id == VONK_STRUCT && !field->nullable)
            vonk_buffer_text(out, " NOT NULL");
    }
    vonk_buffer_char(out, '>');
}

/* "interval day to minute", as `precision` and `scale` say; all of them if they are not set. */
static void print_interval(vonk_type type, bool sql, vonk_buffer *out)
{
    static const char *const names[2][2][4] = {
        {{"year", "month"}, {"day", "hour", "minute", "second"}},
        {{"YEAR", "MONTH"}, {"DAY", "HOUR", "MINUTE", "SECOND"}}};
    bool day_time = type.id == VONK_INTERVAL_DT;
    unsigned n = day_time ? 4 : 2, first = 1, last = n;
    if (type.precision && type.precision <= type.scale && type.scale <= n) {
        first = type.precision;
        last = type.scale;
    }
    vonk_buffer_printf(out, sql ? "INTERVAL %s" : "interval %s", names[sql][day_time][first - 1]);
    if (last != first)
        vonk_buffer_printf(out, sql ? " TO %s" : " to %s", names[sql][day_time][last - 1]);
}

static void print(vonk_type type, bool sql, vonk_buffer *out)
{
    if (type.id == VONK_INTERVAL_YM || type.id == VONK_INTERVAL_DT) {
        print_interval(type, sql, out);
        return;
    }
    if (type.id >= VONK_N_TYPES) {
        vonk_buffer_char(out, '?');
        return;
    }
    vonk_buffer_text(out, sql ? infos[type.id].sql : infos[type.id].name);
    if (type.id == VONK_DECIMAL)
        vonk_buffer_printf(out, "(%u,%u)", type.precision, type.scale);
    else if (type.id >= VONK_ARRAY)
        print_children(type, sql, out);
}

void vonk_type_print(vonk_type type, vonk_buffer *out)
{
    print(type, false, out);
}

void vonk_type_print_sql(vonk_type type, vonk_buffer *out)
{
    print(type, true, out);
}

const char *vonk_type_text(vonk_arena *arena, vonk_type type)
{
    vonk_buffer buf = {0};
    vonk_type_print(type, &buf);
    char *text = buf.failed ? NULL : vonk_arena_strndup(arena, buf.data, buf.length, NULL);
    vonk_buffer_free(&buf);
    return text ? text : "?";
}

const char *vonk_type_sql_name(vonk_type type)
{
    /* Four, so that a message can name several types. */
    static _Thread_local char texts[4][256];
    static _Thread_local unsigned next;
    char *text = texts[next++ % 4];
    vonk_buffer buf = {0};
    vonk_type_print_sql(type, &buf);
    (void)snprintf(text, sizeof(texts[0]), "%s", buf.failed ? "?" : vonk_buffer_str(&buf));
    vonk_buffer_free(&buf);
    return text;
}

vonk_status vonk_schema_copy(vonk_arena *arena, const vonk_schema *schema, vonk_schema *ret,
                             vonk_error *err)
{
    vonk_schema out = {.n_fields = schema->n_fields};
    out.fields = VONK_NEW_ARRAY(arena, vonk_field, schema->n_fields, err);
    VONK_TRY_ALLOC(out.fields);
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const vonk_field *from = &schema->fields[i];
        vonk_field *to = &out.fields[i];
        to->nullable = from->nullable;
        to->name = vonk_arena_strndup(arena, from->name, strlen(from->name), err);
        VONK_TRY_ALLOC(to->name);
        VONK_TRY(vonk_type_copy(arena, from->type, &to->type, err));
    }
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_type_copy(vonk_arena *arena, vonk_type type, vonk_type *ret, vonk_error *err)
{
    if (type.children) {
        vonk_schema *children = VONK_NEW(arena, vonk_schema, err);
        VONK_TRY_ALLOC(children);
        VONK_TRY(vonk_schema_copy(arena, type.children, children, err));
        type.children = children;
    }
    *ret = type;
    return VONK_OK;
}

void vonk_schema_print(const vonk_schema *schema, vonk_buffer *out)
{
    vonk_type type = {.id = VONK_STRUCT, .children = schema};
    vonk_type_print(type, out);
}

int vonk_schema_find(const vonk_schema *schema, const char *name)
{
    vonk_slice wanted = vonk_slice_of(name);
    for (uint32_t i = 0; i < schema->n_fields; i++)
        if (vonk_slice_equal_nocase(vonk_slice_of(schema->fields[i].name), wanted))
            return (int)i;
    return -1;
}
