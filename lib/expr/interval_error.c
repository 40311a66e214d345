/* interval_error.c - what is said of a text that is no interval. */
#include <string.h>

#include "expr/interval_text.h"

/* [+|-]d h:m:s.n */
static void print_form(vonk_type type, vonk_interval_fields of, vonk_buffer *out)
{
    static const char *const day_time[] = {"d", " h", ":m", ":s.n"};
    static const char *const year_month[] = {"y", "-m", "", ""};
    bool months = type.id == VONK_INTERVAL_YM;
    vonk_buffer_text(out, "[+|-]");
    for (int field = of.first; field <= of.last && field < (int)VONK_LENGTH(day_time); field++)
        vonk_buffer_text(out, (months ? year_month : day_time)[field] +
                                  (field > 0 && field == of.first));
}

vonk_status vonk_fail_interval_text(vonk_slice text, vonk_type type, bool too_large,
                                    vonk_error *err)
{
    bool months = type.id == VONK_INTERVAL_YM;
    const char *kind = months ? "year-month" : "day-time";
    vonk_interval_fields of = vonk_interval_fields_of(type);
    int n = text.length < 300 ? (int)text.length : 300;
    vonk_buffer head = {0}, form = {0}, fields = {0}, name = {0};
    vonk_status status;
    vonk_buffer_printf(&head,
                       "Error parsing '%.*s' to interval. Please ensure that the value provided is "
                       "in a valid format for defining an interval. You can reference the "
                       "documentation for the correct format. ",
                       n, n ? text.data : "");
    print_form(type, of, &form);
    vonk_type_print_sql(type, &fields);
    vonk_type_print(type, &name);
    if (too_large)
        status = vonk_fail_sql(err, "INVALID_INTERVAL_FORMAT.INTERVAL_PARSING",
                               "%sError parsing interval %s string.", vonk_buffer_str(&head), kind);
    else
        status =
            vonk_fail_sql(err,
                          months ? "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING"
                                 : "INVALID_INTERVAL_FORMAT.UNMATCHED_FORMAT_STRING_WITH_NOTICE",
                          "%sInterval string does not match %s format of `%s`, `INTERVAL [+|-]'%s' "
                          "%s` when cast to %s: %.*s.%s",
                          vonk_buffer_str(&head), kind, vonk_buffer_str(&form),
                          vonk_buffer_str(&form), vonk_buffer_str(&fields) + strlen("INTERVAL "),
                          vonk_buffer_str(&name), n, n ? text.data : "",
                          months ? ""
                                 : " Set \"spark.sql.legacy.fromDayTimeString.enabled\" to "
                                   "\"true\" to restore the behavior before Spark 3.0.");
    vonk_buffer_free(&head);
    vonk_buffer_free(&form);
    vonk_buffer_free(&fields);
    vonk_buffer_free(&name);
    return status;
}
