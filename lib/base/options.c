/* options.c - looking up an option. */
#include "base/options.h"

#include <strings.h>

const char *vonk_option_get(const vonk_options *options, const char *key, const char *otherwise)
{
    for (uint32_t i = options->n; i-- > 0;) {
        if (!strcasecmp(options->items[i].key, key))
            return options->items[i].value;
    }
    return otherwise;
}

vonk_status vonk_option_bool(const vonk_options *options, const char *key, bool otherwise,
                             bool *ret, vonk_error *err)
{
    const char *text = vonk_option_get(options, key, otherwise ? "true" : "false");
    if (!strcasecmp(text, "true"))
        *ret = true;
    else if (!strcasecmp(text, "false"))
        *ret = false;
    else
        return vonk_fail_sql(err, "INVALID_PARAMETER_VALUE",
                             "option %s must be true or false, not '%s'", key, text);
    return VONK_OK;
}
