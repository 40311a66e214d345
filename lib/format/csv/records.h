/*
 * records.h - the records of a file or split, one window after the other: what reading and
 * inferring have in common.
 */
#ifndef VONK_FORMAT_CSV_RECORDS_H
#define VONK_FORMAT_CSV_RECORDS_H

#include "format/csv/plain.h"
#include "format/text/input.h"

typedef struct vonk_csv_records {
    vonk_text_input input;
    const vonk_csv_options *options;
    bool one_split; /* multi-line or compressed: everything belongs to the split at 0 */
    bool done;
    bool knows_line_end; /* multi-line: tokens.line_end is set */
    uint64_t end;        /* records that begin below this offset belong to the split */
    const char *p;       /* next record */
    const char *limit;   /* by line: end of the window's whole lines */
    bool plain;          /* by line: lines may be taken many at once */
    uint32_t n_odd;      /* lines to take one by one before that is tried again */
    vonk_csv_tokenizer tokens;
    vonk_csv_index index;
} vonk_csv_records;

/*
 * Opens the split start .. start + length. The caller fills tokens.slots and so on before
 * vonk_csv_records_next(). Free with vonk_csv_records_close() also when this fails.
 */
vonk_status vonk_csv_records_open(vonk_csv_records *r, const char *path, uint64_t start,
                                  uint64_t length, const vonk_csv_options *options,
                                  vonk_budget *budget, vonk_error *err) VONK_MUST_CHECK;
void vonk_csv_records_close(vonk_csv_records *r);

/*
 * Cuts up to `most` records into rows 0, 1, ... of the tokenizer's fields; none only if done.
 * The fields are views that live until the next call.
 */
vonk_status vonk_csv_records_next(vonk_csv_records *r, uint32_t most, uint32_t *ret_n,
                                  vonk_error *err) VONK_MUST_CHECK;

/*
 * The same, of the text that is in memory: views from before stay, and there may be none. Only
 * after vonk_csv_records_next().
 */
vonk_status vonk_csv_records_more(vonk_csv_records *r, uint32_t most, uint32_t *ret_n,
                                  vonk_error *err) VONK_MUST_CHECK;

#endif
