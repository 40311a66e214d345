/* mode.h - what a reader of text does with a record that does not parse. */
#ifndef VONK_FORMAT_TEXT_MODE_H
#define VONK_FORMAT_TEXT_MODE_H

#include "base/buffer.h"
#include "base/options.h"

typedef enum vonk_parse_mode {
    VONK_PERMISSIVE, /* nulls, and the record in the column for corrupt records if there is one */
    VONK_DROPMALFORMED, /* leaves the record out */
    VONK_FAILFAST,      /* FAILED_READ_FILE.NO_HINT */
} vonk_parse_mode;

/* The option `mode`, in any case; unknown ones are PERMISSIVE, as in Spark. */
vonk_parse_mode vonk_parse_mode_of(const vonk_options *options);

/* Fails as FAILFAST does; `why` is for the reader, or NULL. */
vonk_status vonk_malformed(vonk_error *err, const char *path, vonk_slice record, const char *why);

#endif
