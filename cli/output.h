/*
 * output.h - prints the answer of a statement as a table, CSV, TSV or JSON.
 */
#ifndef VONK_CLI_OUTPUT_H
#define VONK_CLI_OUTPUT_H

#include <stdio.h>

#include "session/session.h"

typedef enum vonk_output_format {
    VONK_OUTPUT_TABLE,
    VONK_OUTPUT_CSV,
    VONK_OUTPUT_TSV,
    VONK_OUTPUT_JSON,
} vonk_output_format;

/* The answer of one statement on its way out. */
typedef struct vonk_output {
    vonk_output_format format;
    FILE *to;
    const vonk_eval_settings *settings;
    vonk_schema schema; /* in `arena` */
    vonk_arena arena;
    bool begun; /* the schema came */
    uint64_t n_rows;
    vonk_buffer text; /* JSON: rows not yet printed; TABLE: cells so far */
    bool streams;     /* JSON: the line has begun */
    /* TABLE: the first rows are kept until the widths of columns are known */
    uint32_t *widths;
    size_t *cells; /* ends in `text` of the cells kept; malloc'ed */
    size_t n_cells, capacity;
    bool widths_known;
    bool plain; /* one column of several lines (EXPLAIN): printed as it is, without a frame */
} vonk_output;

/* false: no such format */
bool vonk_output_parse(const char *name, vonk_output_format *ret);

/* A sink that prints to `out` (zeroed, with format, to and settings set). */
vonk_sink vonk_output_sink(vonk_output *out);
/* After the statement `sql`: prints what is left of its answer; `failed` is NULL if it went well.
 */
vonk_status vonk_output_finish(vonk_output *out, const vonk_error *failed, vonk_slice sql,
                               vonk_error *err);

#endif
