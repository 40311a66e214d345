/* options.h - the options of Spark's CSV source, read and checked once. Plain data, shareable. */
#ifndef VONK_FORMAT_CSV_OPTIONS_H
#define VONK_FORMAT_CSV_OPTIONS_H

#include "base/options.h"
#include "expr/function.h"
#include "format/text/mode.h"
#include "format/text/pattern.h"

#define VONK_CSV_NO_CHAR (-1)

typedef struct vonk_csv_options {
    vonk_slice separator; /* not empty */
    int quote, escape;    /* bytes, or VONK_CSV_NO_CHAR */
    int quote_escape;     /* escapes the escape in front of a quote, or VONK_CSV_NO_CHAR */
    int comment;
    bool header, multi_line, infer_schema, prefer_date;
    bool trim_leading, trim_trailing;
    bool quote_all, escape_quotes; /* writing */
    vonk_slice null_value, empty_value, nan, positive_infinity, negative_infinity;
    vonk_parse_mode mode;
    const char *corrupt_column;
    vonk_pattern *date_format, *timestamp_format, *timestamp_ntz_format; /* NULL: as casts do */
    double sampling_ratio;
    uint32_t max_columns;
    int64_t max_chars; /* of a field; -1 = no limit */
    vonk_time_zone zone;
} vonk_csv_options;

/*
 * Reads `options` for reading or writing. Texts are borrowed from `options` or live in `arena`.
 * Errors: VONK_USER (INVALID_PARAMETER_VALUE and others) for a value that is wrong,
 * VONK_UNSUPPORTED for one that is right but not built (other encodings).
 */
vonk_status vonk_csv_options_read(const vonk_options *options, const vonk_eval_settings *settings,
                                  bool for_writing, vonk_arena *arena, vonk_csv_options *ret,
                                  vonk_error *err) VONK_MUST_CHECK;

#endif
