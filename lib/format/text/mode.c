/* mode.c - the modes of parsing. */
#include "format/text/mode.h"

#include <strings.h>

vonk_parse_mode vonk_parse_mode_of(const vonk_options *options)
{
    const char *text = vonk_option_get(options, "mode", "PERMISSIVE");
    if (!strcasecmp(text, "DROPMALFORMED"))
        return VONK_DROPMALFORMED;
    return !strcasecmp(text, "FAILFAST") ? VONK_FAILFAST : VONK_PERMISSIVE;
}

/* At most this much of a record goes into a message. */
#define MAX_SHOWN 200

vonk_status vonk_malformed(vonk_error *err, const char *path, vonk_slice record, const char *why)
{
    bool cut = record.length > MAX_SHOWN;
    size_t shown = cut ? MAX_SHOWN : record.length;
    while (cut && shown && ((unsigned char)record.data[shown] & 0xc0) == 0x80)
        shown--; /* not in the middle of a character */
    /* Spark wraps MALFORMED_RECORD_IN_PARSING, its cause, in this condition. */
    return vonk_fail_sql(
        err, "FAILED_READ_FILE.NO_HINT",
        "Encountered error while reading file %s. Malformed records are detected "
        "in record parsing%s%s: %.*s%s. Parse Mode: FAILFAST. To process malformed "
        "records as null result, try setting the option 'mode' as 'PERMISSIVE'.",
        path, why ? ": " : "", why ? why : "", (int)shown, record.data, cut ? "..." : "");
}
