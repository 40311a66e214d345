/*
 * guess.h - what the fields of a column are: the types that CSV infers, in order, and what holds
 * two of them. Pure functions.
 *
 * A guess is made row by row: the type so far decides where trying starts (int, bigint, decimal of
 * whole numbers, double, date, timestamp, boolean, string), and what the field turns out to be is
 * merged with it. Source: Spark 4, CSVInferSchema.
 */
#ifndef VONK_FORMAT_CSV_GUESS_H
#define VONK_FORMAT_CSV_GUESS_H

#include "column/type.h"
#include "format/csv/tokenize.h"

typedef enum vonk_csv_kind {
    VONK_CSV_NOTHING, /* only nulls so far */
    VONK_CSV_INT,
    VONK_CSV_BIGINT,
    VONK_CSV_DECIMAL,
    VONK_CSV_DOUBLE,
    VONK_CSV_DATE,
    VONK_CSV_TIMESTAMP,
    VONK_CSV_BOOLEAN,
    VONK_CSV_STRING, /* whatever comes: such a column's fields need not be looked at */
} vonk_csv_kind;

typedef struct vonk_csv_guess {
    uint8_t kind;
    uint8_t precision; /* DECIMAL */
} vonk_csv_guess;

/* Goes on with the next `n` fields of the column. */
void vonk_csv_guess_fields(const vonk_csv_options *options, const vonk_csv_field *fields,
                           uint32_t n, vonk_csv_guess *guess);

/*
 * What reading a piece of a file after what came before it would have made of `before`, if it was
 * read with `seed`, a guess of a part of that, and made `piece` of it. False: that cannot be said
 * (a year is a number at first and a timestamp behind dates), the piece must be read with `before`.
 */
bool vonk_csv_guess_join(const vonk_csv_options *options, vonk_csv_guess seed,
                         vonk_csv_guess before, vonk_csv_guess piece, vonk_csv_guess *ret);

/* The column's type. */
vonk_type vonk_csv_guess_type(vonk_csv_guess guess);

#endif
