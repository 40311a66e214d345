/* options.c - Spark's JSON options and their defaults. */
#include "format/json/options.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static vonk_status pattern_option(const vonk_options *options, const char *key,
                                  const char *otherwise, vonk_arena *arena, vonk_pattern **ret,
                                  vonk_error *err)
{
    const char *text = vonk_option_get(options, key, otherwise);
    *ret = NULL;
    return text ? vonk_pattern_compile(text, arena, ret, err) : VONK_OK;
}

/* Options that change what is valid JSON, or types, and are not built. */
static vonk_status refuse_unbuilt(const vonk_options *options, vonk_error *err)
{
    static const char *const keys[] = {"allowComments",
                                       "allowUnquotedFieldNames",
                                       "allowNumericLeadingZeros",
                                       "allowBackslashEscapingAnyCharacter",
                                       "allowUnquotedControlChars",
                                       "prefersDecimal",
                                       "dropFieldIfAllNull"};
    for (size_t i = 0; i < VONK_LENGTH(keys); i++) {
        bool set;
        VONK_TRY(vonk_option_bool(options, keys[i], false, &set, err));
        if (set)
            return vonk_fail(err, VONK_UNSUPPORTED, "JSON option %s is not supported", keys[i]);
    }
    const char *encoding = vonk_option_get(options, "encoding", "utf-8");
    if (strcasecmp(encoding, "utf-8") != 0 && strcasecmp(encoding, "utf8") != 0)
        return vonk_fail(err, VONK_UNSUPPORTED, "text in encoding %s cannot be read yet", encoding);
    const char *separator = vonk_option_get(options, "lineSep", "\n");
    if (strcmp(separator, "\n") != 0 && strcmp(separator, "\\n") != 0)
        return vonk_fail(err, VONK_UNSUPPORTED, "JSON option lineSep is not supported");
    return VONK_OK;
}

vonk_status vonk_json_options_read(const vonk_options *options, const vonk_eval_settings *settings,
                                   bool writing, vonk_arena *arena, vonk_json_options *ret,
                                   vonk_error *err)
{
    vonk_json_options o = {0};
    VONK_TRY(refuse_unbuilt(options, err));
    VONK_TRY(vonk_option_bool(options, "multiLine", false, &o.multi_line, err));
    VONK_TRY(vonk_option_bool(options, "primitivesAsString", false, &o.primitives_as_string, err));
    VONK_TRY(vonk_option_bool(options, "inferTimestamp", false, &o.infer_timestamp, err));
    VONK_TRY(vonk_option_bool(options, "ignoreNullFields", true, &o.ignore_null_fields, err));
    o.mode = vonk_parse_mode_of(options);
    o.corrupt_column = vonk_option_get(options, "columnNameOfCorruptRecord", "_corrupt_record");
    o.sampling_ratio = strtod(vonk_option_get(options, "samplingRatio", "1"), NULL);
    if (!(o.sampling_ratio > 0))
        return vonk_fail_sql(err, "INVALID_PARAMETER_VALUE",
                             "samplingRatio should be greater than 0");
    VONK_TRY(pattern_option(options, "dateFormat", writing ? "yyyy-MM-dd" : NULL, arena,
                            &o.date_format, err));
    VONK_TRY(pattern_option(options, "timestampFormat",
                            writing ? "yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]" : NULL, arena,
                            &o.timestamp_format, err));
    VONK_TRY(pattern_option(options, "timestampNTZFormat",
                            writing ? "yyyy-MM-dd'T'HH:mm:ss[.SSS]" : NULL, arena,
                            &o.timestamp_ntz_format, err));
    const char *zone = vonk_option_get(options, "timeZone", settings ? settings->time_zone : NULL);
    if (zone)
        VONK_TRY(vonk_time_zone_find(vonk_slice_of(zone), arena, &o.zone, err));
    *ret = o;
    return VONK_OK;
}
