/* string_view.c - see string_view.h. */
#include "column/string_view.h"

vonk_status vonk_string_too_long(size_t size, vonk_error *err)
{
    return vonk_fail_sql(err, "_LEGACY_ERROR_TEMP_3199",
                         "Cannot grow BufferHolder by size %zu because the size after growing "
                         "exceeds size limitation %zu",
                         size, VONK_MAX_TEXT);
}
