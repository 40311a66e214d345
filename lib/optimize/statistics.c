/*
 * statistics.c - sizes and rows of logical nodes. A row is 8 bytes and its columns, each of its
 * type's usual size. Source: Spark's EstimationUtils, DataType.defaultSize, Statistics.toString.
 */
#include "optimize/statistics.h"

#include <math.h>

#include "optimize/rule.h"

double vonk_type_bytes(vonk_type type)
{
    switch (type.id) {
    case VONK_STRING:
        return 20;
    case VONK_BINARY:
        return 100;
    case VONK_BOOL:
    case VONK_NULL:
        return 1;
    case VONK_ARRAY:
    case VONK_MAP:
    case VONK_STRUCT: {
        double size = 0;
        for (uint32_t i = 0; i < type.children->n_fields; i++)
            size += vonk_type_bytes(type.children->fields[i].type);
        return size;
    }
    default:
        return (double)vonk_type_width(type);
    }
}

static double row_size(const vonk_plan *plan)
{
    double size = 8;
    for (uint32_t i = 0; i < plan->n_output; i++)
        size += vonk_type_bytes(plan->output[i].type);
    return size;
}

/* Three digits: 42, 1.23E+6. */
static void print_count(double n, vonk_buffer *out)
{
    int power = n >= 1 ? (int)floor(log10(n)) : 0;
    double digits = n / pow(10, power);
    if (power >= 3 && digits >= 9.995) { /* rounds up to one more */
        digits /= 10;
        power++;
    }
    if (power < 3)
        vonk_buffer_printf(out, "%.0f", n);
    else
        vonk_buffer_printf(out, "%.2fE+%d", digits, power);
}

/* ", colStats=[a: 1..10, distinct 10, nulls 5 %]" of a scan's columns. */
static void print_columns(const vonk_plan *scan, vonk_buffer *out)
{
    const char *before = ", colStats=[";
    for (uint32_t i = 0; i < scan->n_output; i++) {
        const vonk_column_stats *s = &scan->stats[scan->scan_columns[i]];
        if (!s->has_range && s->distinct <= 0)
            continue;
        vonk_buffer_printf(out, "%s%s:", before, scan->output[i].name);
        if (s->has_range)
            vonk_buffer_printf(out, " %.15g..%.15g", s->min, s->max);
        if (s->distinct > 0) {
            vonk_buffer_text(out, " distinct ");
            print_count(floor(s->distinct + 0.5), out);
        }
        if (s->null_share > 0)
            vonk_buffer_printf(out, " nulls %.3g %%", s->null_share * 100);
        before = ", ";
    }
    vonk_buffer_text(out, *before == ',' && before[2] == '\0' ? "]" : "");
}

void vonk_statistics_print(const vonk_plan *plan, vonk_buffer *out)
{
    double rows = floor(estimate_rows(plan) + 0.5);
    vonk_buffer_text(out, ", Statistics(sizeInBytes=");
    vonk_buffer_size(out, fmax(1, rows * row_size(plan)));
    vonk_buffer_text(out, ", rowCount=");
    print_count(rows, out);
    if (plan->kind == VONK_PLAN_SCAN && plan->stats)
        print_columns(plan, out);
    vonk_buffer_char(out, ')');
}
