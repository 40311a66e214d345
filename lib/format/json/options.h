/* options.h - the options of Spark's JSON source, read and checked once. Plain data, shareable. */
#ifndef VONK_FORMAT_JSON_OPTIONS_H
#define VONK_FORMAT_JSON_OPTIONS_H

#include "base/options.h"
#include "expr/function.h"
#include "format/text/mode.h"
#include "format/text/pattern.h"

typedef struct vonk_json_options {
    bool multi_line, primitives_as_string, infer_timestamp;
    bool ignore_null_fields; /* writing */
    vonk_parse_mode mode;
    const char *corrupt_column;
    vonk_pattern *date_format, *timestamp_format, *timestamp_ntz_format; /* NULL: as casts do */
    double sampling_ratio;
    vonk_time_zone zone;
} vonk_json_options;

/* Errors: VONK_USER for a value that is wrong, VONK_UNSUPPORTED for one that is not built. */
vonk_status vonk_json_options_read(const vonk_options *options, const vonk_eval_settings *settings,
                                   bool for_writing, vonk_arena *arena, vonk_json_options *ret,
                                   vonk_error *err) VONK_MUST_CHECK;

#endif
