/* tree.c - libyaml's events to a tree. */
#include "job/tree.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#define MAX_DEPTH 64
#define MAX_NODES 100000

typedef struct builder {
    yaml_parser_t parser;
    const char *file_name;
    vonk_arena *arena;
    uint32_t n_nodes;
    vonk_error *err;
} builder;

static vonk_status fail_at(const builder *b, yaml_mark_t mark, const char *what, const char *detail)
{
    int32_t at = (int32_t)mark.index;
    vonk_status status = vonk_fail(b->err, VONK_INVALID, "%s:%zu:%zu: %s%s", b->file_name,
                                   mark.line + 1, mark.column + 1, what, detail);
    return vonk_error_at(b->err, status, at, at);
}

static vonk_status next_event(builder *b, yaml_event_t *event)
{
    if (yaml_parser_parse(&b->parser, event))
        return VONK_OK;
    const yaml_parser_t *p = &b->parser;
    if (p->error == YAML_MEMORY_ERROR)
        return vonk_fail(b->err, VONK_NO_MEMORY, "out of memory reading %s", b->file_name);
    yaml_mark_t mark = p->problem_mark;
    if (p->error == YAML_READER_ERROR)
        mark = (yaml_mark_t){.index = p->problem_offset, .line = p->mark.line};
    return fail_at(b, mark, "not valid YAML: ", p->problem ? p->problem : "unknown");
}

/* ---- scalars ---- */

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (!strcmp(text, *words))
            return true;
    }
    return false;
}

/* As sigs.k8s.io/yaml resolves unquoted scalars (YAML 1.1). */
static vonk_yaml_type type_of(const char *text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const bools[] = {"true", "True", "TRUE", "false", "False", "FALSE", "yes",
                                        "Yes",  "YES",  "no",   "No",    "NO",    "on",    "On",
                                        "ON",   "off",  "Off",  "OFF",   NULL};
    static const char *const floats[] = {".nan",  ".NaN",  ".inf",  ".Inf",
                                         "-.inf", "-.Inf", "+.inf", NULL};
    if (is_one_of(text, nulls))
        return VONK_YAML_NULL;
    if (is_one_of(text, bools))
        return VONK_YAML_BOOL;
    if (is_one_of(text, floats))
        return VONK_YAML_FLOAT;
    const char *p = text + (*text == '-' || *text == '+');
    if (!strncmp(p, "0x", 2) && p[2] && strspn(p + 2, "0123456789abcdefABCDEF") == strlen(p + 2))
        return VONK_YAML_INT;
    size_t n = strspn(p, "0123456789"), n_fraction = 0;
    if (n && !p[n])
        return VONK_YAML_INT;
    p += n;
    if (*p == '.') {
        n_fraction = strspn(p + 1, "0123456789");
        p += 1 + n_fraction;
    }
    if (!n && !n_fraction)
        return VONK_YAML_TEXT;
    if ((*p | 0x20) == 'e') {
        p += 1 + (p[1] == '-' || p[1] == '+');
        size_t n_exponent = strspn(p, "0123456789");
        if (!n_exponent)
            return VONK_YAML_TEXT;
        p += n_exponent;
    }
    return *p ? VONK_YAML_TEXT : VONK_YAML_FLOAT;
}

static vonk_status new_node(builder *b, const yaml_event_t *event, vonk_yaml_kind kind,
                            vonk_yaml_node **ret)
{
    if (++b->n_nodes > MAX_NODES)
        return fail_at(b, event->start_mark, "too many values", "");
    vonk_yaml_node *node = VONK_NEW(b->arena, vonk_yaml_node, b->err);
    VONK_TRY_ALLOC(node);
    node->kind = kind;
    node->line = (uint32_t)event->start_mark.line + 1;
    node->column = (uint32_t)event->start_mark.column + 1;
    node->offset = (int32_t)event->start_mark.index;
    *ret = node;
    return VONK_OK;
}

static vonk_status scalar(builder *b, const yaml_event_t *event, vonk_yaml_node **ret)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    vonk_yaml_node *node;
    if (event->data.scalar.anchor)
        return fail_at(b, event->start_mark, "anchors and aliases are not allowed", "");
    if (event->data.scalar.tag)
        return fail_at(b, event->start_mark, "tags are not allowed", "");
    if (memchr(text, '\0', length))
        return fail_at(b, event->start_mark, "a text must not hold NUL characters", "");
    VONK_TRY(new_node(b, event, VONK_YAML_SCALAR, &node));
    node->text = vonk_arena_strndup(b->arena, text, length, b->err);
    VONK_TRY_ALLOC(node->text);
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->type = plain ? type_of(node->text) : VONK_YAML_TEXT;
    *ret = node;
    return VONK_OK;
}

/* ---- lists and maps ---- */

static vonk_status value(builder *b, const yaml_event_t *event, unsigned depth,
                         vonk_yaml_node **ret);

static vonk_status children(builder *b, vonk_yaml_node *parent, unsigned depth)
{
    bool map = parent->kind == VONK_YAML_MAP;
    yaml_event_type_t end = map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    vonk_yaml_node **tail = &parent->first, *key = NULL;
    for (;;) {
        yaml_event_t event;
        vonk_yaml_node *node = NULL;
        VONK_TRY(next_event(b, &event));
        bool last = event.type == end;
        yaml_mark_t mark = event.start_mark;
        vonk_status status = last ? VONK_OK : value(b, &event, depth + 1, &node);
        yaml_event_delete(&event);
        VONK_TRY(status);
        if (last)
            return VONK_OK;
        if (map && !key) {
            if (node->kind != VONK_YAML_SCALAR)
                return fail_at(b, mark, "a key must be a text", "");
            if (vonk_yaml_find(parent, node->text))
                return fail_at(b, mark, "duplicate key ", node->text);
            key = node;
            continue;
        }
        if (key) {
            node->key = key->text;
            node->key_line = key->line;
            node->key_column = key->column;
            node->key_offset = key->offset;
            key = NULL;
        }
        *tail = node;
        tail = &node->next;
        parent->n_children++;
    }
}

static vonk_status value(builder *b, const yaml_event_t *event, unsigned depth,
                         vonk_yaml_node **ret)
{
    vonk_yaml_node *node;
    bool list = event->type == YAML_SEQUENCE_START_EVENT;
    if (event->type == YAML_ALIAS_EVENT)
        return fail_at(b, event->start_mark, "anchors and aliases are not allowed", "");
    if (event->type == YAML_SCALAR_EVENT)
        return scalar(b, event, ret);
    if (depth > MAX_DEPTH)
        return fail_at(b, event->start_mark, "nested too deeply", "");
    bool anchor = list ? event->data.sequence_start.anchor : event->data.mapping_start.anchor;
    bool tag = list ? event->data.sequence_start.tag : event->data.mapping_start.tag;
    if (anchor || tag)
        return fail_at(b, event->start_mark,
                       anchor ? "anchors and aliases are not allowed" : "tags are not allowed", "");
    VONK_TRY(new_node(b, event, list ? VONK_YAML_LIST : VONK_YAML_MAP, &node));
    VONK_TRY(children(b, node, depth));
    *ret = node;
    return VONK_OK;
}

/* ---- the stream ---- */

/* Takes the next event if it is of `type`. */
static vonk_status expect(builder *b, yaml_event_type_t type, const char *otherwise)
{
    yaml_event_t event;
    VONK_TRY(next_event(b, &event));
    bool right = event.type == type;
    yaml_mark_t mark = event.start_mark;
    yaml_event_delete(&event);
    return right ? VONK_OK : fail_at(b, mark, otherwise, "");
}

static vonk_status document(builder *b, vonk_yaml_node **ret)
{
    yaml_event_t event;
    VONK_TRY(expect(b, YAML_STREAM_START_EVENT, "not YAML"));
    VONK_TRY(expect(b, YAML_DOCUMENT_START_EVENT, "the file is empty"));
    VONK_TRY(next_event(b, &event));
    vonk_status status = value(b, &event, 0, ret);
    yaml_event_delete(&event);
    VONK_TRY(status);
    VONK_TRY(expect(b, YAML_DOCUMENT_END_EVENT, "the document does not end"));
    return expect(b, YAML_STREAM_END_EVENT, "a second document: one file describes one VonkJob");
}

vonk_status vonk_yaml_parse(vonk_slice text, const char *file_name, vonk_arena *arena,
                            vonk_yaml_node **ret, vonk_error *err)
{
    builder b = {.file_name = file_name, .arena = arena, .err = err};
    vonk_yaml_node *root = NULL;
    if (!yaml_parser_initialize(&b.parser))
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory reading %s", file_name);
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)text.data, text.length);
    vonk_status status = document(&b, &root);
    yaml_parser_delete(&b.parser);
    if (status == VONK_OK)
        *ret = root;
    return status;
}

const vonk_yaml_node *vonk_yaml_find(const vonk_yaml_node *map, const char *key)
{
    for (const vonk_yaml_node *child = map->first; child; child = child->next) {
        if (!strcmp(child->key, key))
            return child;
    }
    return NULL;
}
