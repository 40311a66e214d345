/* column_stats.c - see column_stats.h. */
#include "expr/column_stats.h"

#include <math.h>

double vonk_type_step(vonk_type type)
{
    switch (type.id) {
    case VONK_INT8:
    case VONK_INT16:
    case VONK_INT32:
    case VONK_INT64:
    case VONK_DATE:
    case VONK_TIMESTAMP:
    case VONK_TIMESTAMP_NTZ:
        return 1;
    case VONK_DECIMAL:
        return pow(10, -(double)type.scale);
    default:
        return 0;
    }
}

bool vonk_value_number(vonk_type type, const vonk_value *value, double *ret)
{
    if (value->is_null)
        return false;
    if (type.id == VONK_DECIMAL)
        *ret = (double)value->i128 * vonk_type_step(type);
    else if (vonk_type_step(type) > 0)
        *ret = (double)value->i64;
    else if (type.id == VONK_FLOAT32 || type.id == VONK_FLOAT64)
        *ret = value->f64;
    else
        return false;
    return isfinite(*ret);
}
