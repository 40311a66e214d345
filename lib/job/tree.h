/*
 * tree.h - a YAML document as a tree with positions. Bounded: no aliases, no anchors, limited depth
 * and size, no duplicate keys, exactly one document.
 */
#ifndef VONK_JOB_TREE_H
#define VONK_JOB_TREE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"

typedef enum vonk_yaml_kind { VONK_YAML_SCALAR, VONK_YAML_LIST, VONK_YAML_MAP } vonk_yaml_kind;

/* What an unquoted scalar is to JSON; quoted ones are texts. */
typedef enum vonk_yaml_type {
    VONK_YAML_TEXT,
    VONK_YAML_NULL,
    VONK_YAML_BOOL,
    VONK_YAML_INT,
    VONK_YAML_FLOAT,
} vonk_yaml_type;

typedef struct vonk_yaml_node vonk_yaml_node;
struct vonk_yaml_node {
    vonk_yaml_kind kind;
    vonk_yaml_type type;   /* SCALAR */
    uint32_t line, column; /* from 1 */
    int32_t offset;        /* in the text */
    const char *text;      /* SCALAR, and the key of a MAP's child: NUL-terminated */
    const char *key;       /* child of a MAP */
    uint32_t key_line, key_column;
    int32_t key_offset;
    uint32_t n_children;
    vonk_yaml_node *first, *next; /* children; siblings */
};

/* Errors: VONK_INVALID, "FILE:LINE:COLUMN: what"; VONK_NO_MEMORY. */
vonk_status vonk_yaml_parse(vonk_slice text, const char *file_name, vonk_arena *arena,
                            vonk_yaml_node **ret, vonk_error *err) VONK_MUST_CHECK;

/* The child called `key` of a MAP, or NULL. */
const vonk_yaml_node *vonk_yaml_find(const vonk_yaml_node *map, const char *key);

#endif
