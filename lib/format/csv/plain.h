/*
 * plain.h - many lines at once, of text in which no field is quoted: the ends of all fields are
 * found first, 64 bytes at a time, then the fields of each column are noted in one loop.
 *
 *      text     1 2 , 3 \n 4 , 5 6 \n        starts   0 3 5 7 10: field i begins at starts[i] and
 *      offset   0 1 2 3 4  5 6 7 8 9                  ends one before starts[i + 1]
 *                                            lines    1 3: the fields that end a line
 *
 * What needs more (an opening quote, a line longer than the index) is left to vonk_csv_line().
 */
#ifndef VONK_FORMAT_CSV_PLAIN_H
#define VONK_FORMAT_CSV_PLAIN_H

#include "format/csv/tokenize.h"

#define VONK_CSV_INDEX_BYTES 8192 /* of text; offsets and counts fit 16 bits */

typedef struct vonk_csv_index {
    const char *limit;      /* where the text's last whole line ends */
    const char *base;       /* offsets are from here */
    const char *next;       /* the first line that is not taken; NULL: nothing is indexed */
    uint32_t line, n_lines; /* of `lines`: the one at `next`, all */
    uint16_t starts[VONK_CSV_INDEX_BYTES + 80]; /* + 80: a block's are written ahead of need */
    uint16_t lines[VONK_CSV_INDEX_BYTES + 80];
} vonk_csv_index;

/* The options leave lines that can be taken: no blanks to trim, one separator, no length limit. */
bool vonk_csv_plain_options(const vonk_csv_options *options);

/* The text has moved; its last whole line ends at `limit`, with 128 readable bytes behind. */
void vonk_csv_index_reset(vonk_csv_index *index, const char *limit);

/*
 * Cuts up to `most` lines from *p, which begin below `end`, into fields of rows `row` and on, and
 * moves *p behind them and the blank lines and comments among them. Returns how many: fewer only
 * if there are no more or the line at *p is not plain.
 */
uint32_t vonk_csv_plain_lines(vonk_csv_tokenizer *t, vonk_csv_index *index, const char **p,
                              const char *end, uint32_t row, uint32_t most);

#endif
