/*
 * decode.h - a YAML tree into a struct by a table of rules: one a field, with its type, its bounds
 * and where in the struct it goes.
 */
#ifndef VONK_JOB_DECODE_H
#define VONK_JOB_DECODE_H

#include <stddef.h>

#include "job/tree.h"

typedef enum vonk_rule_kind {
    VONK_RULE_TEXT,     /* const char *; max: characters */
    VONK_RULE_BOOL,     /* bool */
    VONK_RULE_INT,      /* int64_t; min, max */
    VONK_RULE_CHOICE,   /* int: the index in `choices` */
    VONK_RULE_WORD,     /* const char *: one of `choices` */
    VONK_RULE_BYTES,    /* int64_t: a quantity, given as a text; max: characters */
    VONK_RULE_CPU,      /* int64_t thousandths: a quantity, given as a text or whole number */
    VONK_RULE_TEXTS,    /* vonk_job_texts; max: items */
    VONK_RULE_PAIRS,    /* vonk_job_pairs: a map of texts; max: items */
    VONK_RULE_OBJECT,   /* the fields of `rules`, at `offset` (0 with the parent's struct) */
    VONK_RULE_TABLES,   /* vonk_job_sql's tables */
    VONK_RULE_ANYTHING, /* a map that is not looked into */
    VONK_RULE_IGNORED,  /* not looked at */
} vonk_rule_kind;

#define VONK_RULE_NOWHERE SIZE_MAX

typedef struct vonk_rule {
    const char *name;
    vonk_rule_kind kind;
    size_t offset; /* in the struct, or VONK_RULE_NOWHERE */
    int64_t min, max;
    const char *const *choices;     /* NULL-terminated */
    const struct vonk_rule *fields; /* OBJECT: ends with a rule without name */
    bool required;
    size_t present; /* OBJECT, ANYTHING: offset of a bool that is set, or 0 */
} vonk_rule;

typedef struct vonk_decoder {
    const char *file_name;
    vonk_arena *arena;
    vonk_error *err;
} vonk_decoder;

/* Fails at a node with "FILE:LINE:COLUMN: ..."; `at_key`: at its key. */
vonk_status vonk_decode_fail(const vonk_decoder *d, const vonk_yaml_node *node, bool at_key,
                             const char *fmt, ...) VONK_PRINTF(4, 5);

/* Decodes the map `node`, called `path` ("spec.sql"; "" for the root), into `ret`. */
vonk_status vonk_decode_object(const vonk_decoder *d, const vonk_yaml_node *node, const char *path,
                               const vonk_rule *rules, void *ret) VONK_MUST_CHECK;

#endif
