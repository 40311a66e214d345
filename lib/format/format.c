/* format.c - the registry of formats. */
#include "format/format.h"

#include <strings.h>

#include "format/csv/csv.h"
#include "format/json/json.h"
#include "format/parquet/parquet.h"
#include "format/text/text.h"

static const vonk_format *const formats[] = {
    &vonk_parquet_format,
    &vonk_csv_format,
    &vonk_json_format,
    &vonk_text_format,
};

const vonk_format *vonk_format_find(const char *name)
{
    for (size_t i = 0; i < VONK_LENGTH(formats); i++) {
        if (!strcasecmp(formats[i]->name, name))
            return formats[i];
    }
    return NULL;
}
