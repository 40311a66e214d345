/* schema.c - a type is its number, then precision and scale or its children. */
#include "wire/schema.h"

#define MIN_FIELD  6 /* bytes: name, nullable, type */
#define MIN_OPTION 8

static bool is_nested(uint8_t id)
{
    return id == VONK_ARRAY || id == VONK_MAP || id == VONK_STRUCT;
}

void vonk_wire_put_type(vonk_buffer *out, vonk_type type)
{
    static const vonk_schema none = {0};
    vonk_wire_put_u8(out, type.id);
    if (type.id == VONK_DECIMAL) {
        vonk_wire_put_u8(out, type.precision);
        vonk_wire_put_u8(out, type.scale);
    }
    if (is_nested(type.id))
        vonk_wire_put_schema(out, type.children ? type.children : &none);
}

void vonk_wire_put_schema(vonk_buffer *out, const vonk_schema *schema)
{
    vonk_wire_put_u32(out, schema->n_fields);
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const vonk_field *field = &schema->fields[i];
        vonk_wire_put_text(out, field->name ? field->name : "");
        vonk_wire_put_bool(out, field->nullable);
        vonk_wire_put_type(out, field->type);
    }
}

void vonk_wire_put_options(vonk_buffer *out, const vonk_options *options)
{
    vonk_wire_put_u32(out, options->n);
    for (uint32_t i = 0; i < options->n; i++) {
        vonk_wire_put_text(out, options->items[i].key);
        vonk_wire_put_text(out, options->items[i].value ? options->items[i].value : "");
    }
}

static void get_decimal(vonk_wire_reader *in, vonk_type *type)
{
    type->precision = vonk_wire_u8(in);
    type->scale = vonk_wire_u8(in);
    if (in->status == VONK_OK &&
        (type->precision > VONK_MAX_PRECISION || type->scale > type->precision))
        vonk_wire_fail(in, "decimal(%u,%u) does not exist", type->precision, type->scale);
}

static void get_children(vonk_wire_reader *in, vonk_type *type)
{
    if (!vonk_wire_enter(in))
        return;
    vonk_schema *children = vonk_wire_array(in, 1, sizeof *children);
    if (children) {
        *children = vonk_wire_schema(in);
        type->children = children;
        if ((type->id == VONK_ARRAY && children->n_fields != 1) ||
            (type->id == VONK_MAP && children->n_fields != 2))
            vonk_wire_fail(in, "a nested type has %u children", children->n_fields);
    }
    vonk_wire_leave(in);
}

vonk_type vonk_wire_type(vonk_wire_reader *in)
{
    vonk_type type = {.id = vonk_wire_enum(in, VONK_N_TYPES, "type")};
    if (type.id == VONK_DECIMAL)
        get_decimal(in, &type);
    if (is_nested(type.id))
        get_children(in, &type);
    return in->status == VONK_OK ? type : VONK_TYPE(NULL);
}

vonk_schema vonk_wire_schema(vonk_wire_reader *in)
{
    uint32_t n = vonk_wire_count(in, MIN_FIELD, "fields");
    vonk_field *fields = vonk_wire_array(in, n, sizeof *fields);
    for (uint32_t i = 0; fields && i < n; i++) {
        fields[i].name = vonk_wire_text(in);
        fields[i].nullable = vonk_wire_bool(in);
        fields[i].type = vonk_wire_type(in);
    }
    return in->status == VONK_OK ? (vonk_schema){n, fields} : (vonk_schema){0};
}

vonk_options vonk_wire_options(vonk_wire_reader *in)
{
    uint32_t n = vonk_wire_count(in, MIN_OPTION, "options");
    vonk_option *items = vonk_wire_array(in, n, sizeof *items);
    for (uint32_t i = 0; items && i < n; i++) {
        items[i].key = vonk_wire_text(in);
        items[i].value = vonk_wire_text(in);
    }
    return in->status == VONK_OK ? (vonk_options){n, items} : (vonk_options){0};
}
