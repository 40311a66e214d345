/* print.h - values as the text formats write them. */
#ifndef VONK_FORMAT_TEXT_PRINT_H
#define VONK_FORMAT_TEXT_PRINT_H

#include "expr/eval.h"
#include "format/text/pattern.h"

typedef struct vonk_text_style {
    const vonk_pattern *date_format, *timestamp_format, *timestamp_ntz_format; /* all set */
    vonk_time_zone zone;
    const char *zone_name;
} vonk_text_style;

/*
 * Text of a number, boolean, decimal, date or timestamp as Spark writes it: decimals as Java's
 * BigDecimal.toString (0E-18), dates and timestamps by pattern. Strings and binary: their bytes.
 */
void vonk_text_print(const vonk_text_style *style, vonk_type type, const vonk_value *value,
                     vonk_buffer *out);

#endif
