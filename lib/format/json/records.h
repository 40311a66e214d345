/*
 * records.h - the JSON objects of a file or split, one window after the other: what reading and
 * inferring have in common.
 */
#ifndef VONK_FORMAT_JSON_RECORDS_H
#define VONK_FORMAT_JSON_RECORDS_H

#include "format/json/token.h"
#include "format/text/input.h"

typedef struct vonk_json_records {
    vonk_text_input input;
    bool multi_line;
    bool started; /* `rows` is inside a document */
    bool done;
    uint64_t end;      /* lines that begin below this offset belong to the split */
    char *p;           /* next line */
    const char *limit; /* end of the window's whole lines */
    vonk_slice text;   /* the document that `rows` is in */
    vonk_json_rows rows;
} vonk_json_records;

typedef enum vonk_json_record {
    VONK_JSON_OBJECT,  /* *ret_p is behind its '{' */
    VONK_JSON_CORRUPT, /* `text` is no object nor an array of them */
    VONK_JSON_REFILL,  /* the window is used up */
    VONK_JSON_DONE,
} vonk_json_record;

vonk_status vonk_json_records_open(vonk_json_records *r, const char *path, uint64_t start,
                                   uint64_t length, bool multi_line, vonk_budget *budget,
                                   vonk_error *err) VONK_MUST_CHECK;
void vonk_json_records_close(vonk_json_records *r);

/* The next record of the window. After OBJECT, read its members and call vonk_json_row_ended(). */
vonk_json_record vonk_json_records_next(vonk_json_records *r, const char **ret_p);

/* Gets a new window after REFILL; everything that pointed into the old one is gone. */
vonk_status vonk_json_records_fill(vonk_json_records *r, vonk_error *err) VONK_MUST_CHECK;

#endif
