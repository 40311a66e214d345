/*
 * column_stats.c - see column_stats.h. How many values a column has: in a row group by the writer's
 * count, or by the size of its dictionary; in all of them by how their ranges lie. Ranges side by
 * side (a sorted column) add up; where each covers the whole, a row group is a sample.
 */
#include "format/parquet/column_stats.h"

#include <math.h>
#include <string.h>

#include "format/parquet/scan.h"

#define PAGE_HEAD_BYTES 16.0
#define MANY_VALUES     1000.0 /* more than codes have */

/* The first bytes of a text as a number: texts in order give numbers in order. */
static double text_number(vonk_slice text)
{
    double number = 0;
    for (size_t i = 0; i < 6; i++)
        number = number * 256 + (i < text.length ? (unsigned char)text.data[i] : 0);
    return number;
}

static bool is_text(vonk_type type)
{
    return type.id == VONK_STRING || type.id == VONK_BINARY;
}

static bool number_of(vonk_type type, const vonk_value *value, double *ret)
{
    if (is_text(type)) {
        *ret = text_number(value->string);
        return true;
    }
    return vonk_value_number(type, value, ret);
}

/*
 * Values in a dictionary of which sizes are known: codes take the bits that they need (fewer where
 * they repeat), the rest of the bytes is the dictionary, of which at least what is stored is there.
 */
static double dictionary_values(const vonk_pq_column *col, double entry_bytes, double n)
{
    double stored = (double)(col->data_offset - col->dictionary_offset) - PAGE_HEAD_BYTES;
    double all = (double)col->uncompressed, least = fmax(1, stored / entry_bytes), values = n;
    for (int bits = 1; bits < 32; bits++) {
        double most = (double)(UINT64_C(1) << bits), rest = all - n * bits / 8;
        if (rest / entry_bytes <= most) {
            values = fmax(rest / entry_bytes, most / 2);
            break;
        }
    }
    return fmin(n, fmax(values, least));
}

/* Distinct values of a column chunk with `n` that are not null; 0: unknown. */
static double chunk_distinct(const vonk_pq_column *col, vonk_type type,
                             const vonk_pq_bounds *bounds, double n)
{
    bool has_dictionary = col->dictionary_offset > 0 && col->data_offset > col->dictionary_offset;
    double entry = (double)vonk_type_width(type);
    if (col->physical == VONK_PQ_INT32 || col->physical == VONK_PQ_FLOAT)
        entry = 4;
    if (is_text(type) && bounds->has_min && bounds->has_max)
        entry = 4 + (double)(bounds->min.string.length + bounds->max.string.length) / 2;
    if (n < 1 || col->stats.distinct_count > 0)
        return n < 1 ? 0 : fmin(n, (double)col->stats.distinct_count);
    if (has_dictionary && col->all_dictionary)
        return dictionary_values(col, entry, n);
    return has_dictionary || !is_text(type) ? n : 0; /* too many for one; or it had none */
}

static void add_group(vonk_pq_column_sum *sum, const vonk_pq_file *file,
                      const vonk_pq_scan_column *col, const vonk_pq_group *group)
{
    const vonk_pq_column *chunk = &group->columns[col->leaf];
    vonk_pq_bounds b = vonk_pq_bounds_of(file, col, &chunk->stats, group->n_rows);
    double rows = (double)group->n_rows, nulls = b.n_nulls > 0 ? fmin((double)b.n_nulls, rows) : 0;
    double min = 0, max = 0, values = rows - nulls, distinct;
    sum->no_nulls |= b.n_nulls < 0;
    bool ranged = b.has_min && b.has_max && number_of(col->type, &b.min, &min) &&
                  number_of(col->type, &b.max, &max) && min <= max;
    sum->no_range |= !ranged && values > 0;
    bool first = sum->rows <= sum->nulls;
    sum->rows += rows;
    sum->nulls += nulls;
    if (values <= 0)
        return;
    sum->min = first ? min : fmin(sum->min, min);
    sum->max = first ? max : fmax(sum->max, max);
    sum->spans += max - min;
    distinct = chunk_distinct(chunk, col->type, &b, values);
    sum->no_distinct |= distinct <= 0;
    sum->distinct += distinct;
    if (distinct > sum->most_distinct) {
        sum->most_distinct = distinct;
        sum->values_of_most = values;
    }
}

/* The field called `name`; most often it is the one after the last that was found. */
static const vonk_pq_field *find_field(const vonk_pq_file *file, const char *name, uint32_t *next)
{
    int at = vonk_pq_file_find(file, name, *next);
    if (at < 0)
        return NULL;
    *next = (uint32_t)at + 1;
    return &file->fields[at];
}

void vonk_pq_column_sums_add(vonk_pq_column_sum *sums, const vonk_schema *schema,
                             const vonk_pq_file *file)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const vonk_pq_field *field = find_field(file, schema->fields[i].name, &next);
        vonk_pq_scan_column col = {.type = schema->fields[i].type};
        const vonk_pq_element *leaf = field ? &file->meta.elements[field->element] : NULL;
        if (!leaf || !field->flat || !vonk_pq_cast_find(leaf, col.type, &col.cast)) {
            sums[i].no_range = sums[i].no_nulls = sums[i].no_distinct = true;
            continue;
        }
        col.leaf = field->leaf;
        col.optional = leaf->repetition == VONK_PQ_OPTIONAL;
        for (uint32_t g = 0; g < file->meta.n_groups; g++)
            add_group(&sums[i], file, &col, &file->meta.groups[g]);
    }
}

/* N such that n drawn of N values are d different ones: d = N (1 - exp(-n / N)). */
static double population(double n, double d)
{
    if (d > n * 0.99)
        return INFINITY;
    double all = d;
    for (int i = 0; i < 30; i++)
        all = d / (1 - exp(-n / all));
    return all;
}

/*
 * At least those of the largest row group, at most all of them. Rows of equal keys may lie together
 * (the lines of an order): of keys, which are many whole numbers, a guess between the two.
 */
static double all_distinct(const vonk_pq_column_sum *sum, double step)
{
    double range = sum->max - sum->min, most = sum->distinct;
    if (sum->no_range || (range > 0 && sum->spans <= range * 1.5))
        return most;
    double drawn = population(sum->values_of_most, sum->most_distinct);
    if (step > 0)
        most = fmin(most, range / step + 1);
    return drawn < MANY_VALUES || step <= 0 ? fmin(most, drawn) : sqrt(most * fmin(most, drawn));
}

vonk_column_stats vonk_pq_column_stats(const vonk_pq_column_sum *sum, vonk_type type)
{
    vonk_column_stats ret = {.step = vonk_type_step(type)};
    double values = sum->rows - sum->nulls;
    ret.has_nulls = !sum->no_nulls && sum->rows > 0;
    if (ret.has_nulls)
        ret.null_share = sum->nulls / sum->rows;
    if (values <= 0)
        return ret;
    ret.has_range = !sum->no_range && !is_text(type);
    if (ret.has_range) {
        ret.min = sum->min;
        ret.max = sum->max;
    }
    if (!sum->no_distinct)
        ret.distinct = fmax(1, fmin(values, all_distinct(sum, ret.step)));
    if (ret.distinct > values * 0.9) /* a key */
        ret.distinct = values;
    if (ret.has_range && ret.step > 0)
        ret.distinct =
            fmin(ret.distinct > 0 ? ret.distinct : values, (ret.max - ret.min) / ret.step + 1);
    return ret;
}
