/* convert.h - a column of fields to a column of values. */
#ifndef VONK_FORMAT_CSV_CONVERT_H
#define VONK_FORMAT_CSV_CONVERT_H

#include "format/csv/tokenize.h"
#include "format/text/builder.h"

/*
 * Fills rows `first` .. first + n of builder->valid and values from the first `n` of `fields`. A
 * field that does not parse is null, and sets bad[row] to 1. Strings are views into the fields.
 */
void vonk_csv_convert(const vonk_csv_options *options, const vonk_csv_field *fields, uint32_t first,
                      uint32_t n, vonk_builder *builder, uint8_t *bad);

/* The field means null. */
static inline bool vonk_csv_is_null(const vonk_csv_options *o, const vonk_csv_field *f)
{
    return !f->data || (f->length == o->null_value.length &&
                        (!f->length || !memcmp(f->data, o->null_value.data, f->length)));
}

/* A double as CSV has it: Spark's texts for NaN and the infinities first. */
bool vonk_csv_double(const vonk_csv_options *options, const vonk_csv_field *field, double *ret);

#endif
