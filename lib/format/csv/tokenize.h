/*
 * tokenize.h - cuts CSV text into records and fields, as Univocity does under Spark's settings.
 *
 * Two ways of reading: by line (the default: a record is a line, a quote never spans lines), where
 * line ends come from vonk_text_lines() and separators are found 64 bytes at a time; and
 * multi-line, where quoted fields may hold line ends. A field is a view into the text unless its
 * quoting needs undoing; such fields' bytes come from an arena.
 *
 * A quoted field whose closing quote is followed by anything but blanks, a separator or a line end
 * is taken as it stands, quotes included, up to the separator (Univocity's STOP_AT_DELIMITER).
 */
#ifndef VONK_FORMAT_CSV_TOKENIZE_H
#define VONK_FORMAT_CSV_TOKENIZE_H

#include "format/csv/options.h"
#include "format/text/scan.h"

/* At least 16 bytes behind `data` are readable. */
typedef struct vonk_csv_field {
    const char *data; /* NULL: no field, or an empty one without quotes */
    uint32_t length;
} vonk_csv_field;

typedef enum vonk_csv_line_end { VONK_CSV_LF, VONK_CSV_CR, VONK_CSV_CRLF } vonk_csv_line_end;

typedef struct vonk_csv_tokenizer {
    const vonk_csv_options *options;
    vonk_csv_line_end line_end; /* multi-line only */
    const int32_t *slots;       /* a token: where its field goes, -1 = unwanted */
    uint32_t n_slots;           /* tokens with an entry in `slots`; the last one is wanted */
    bool count_tokens;          /* n_tokens is right also behind n_slots */
    size_t stride;              /* fields of slot s: fields[s * stride + row] */
    vonk_csv_field *fields;
    vonk_slice *row_texts; /* by row: the text of the record; NULL if nobody wants it */
    uint32_t *row_tokens;  /* by row: how many fields it has; NULL likewise */
    vonk_arena *arena;     /* for fields that are not views */
    vonk_buffer scratch;   /* free with vonk_buffer_free */
    vonk_scan scan;
    uint32_t n_tokens; /* of the last record */
} vonk_csv_tokenizer;

typedef enum vonk_csv_result {
    VONK_CSV_ROW,
    VONK_CSV_INCOMPLETE, /* the record may go on behind `end` */
    VONK_CSV_TOO_MANY,   /* more than maxColumns fields */
    VONK_CSV_TOO_LONG,   /* a field of more than maxCharsPerColumn bytes */
    VONK_CSV_NO_MEMORY,
} vonk_csv_result;

/* Begins to read at `p`; call after the text has moved. */
void vonk_csv_start(vonk_csv_tokenizer *t, const char *p);

/*
 * Cuts the record at *p into fields of row `row`; *p moves behind it. By line: its line ends at or
 * before *p's next '\n'. Multi-line: it ends before `end`, or at it if `at_end`.
 */
vonk_csv_result vonk_csv_line(vonk_csv_tokenizer *t, const char **p, uint32_t row);
vonk_csv_result vonk_csv_record(vonk_csv_tokenizer *t, const char **p, const char *end, bool at_end,
                                uint32_t row);

/* By line: the line at `p` is blank or a comment; if so *ret_next is behind it. */
bool vonk_csv_skips_line(const vonk_csv_options *options, const char *p, const char *limit,
                         const char **ret_next);

#endif
