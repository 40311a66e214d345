/* batch_bytes.c - texts are summed only where the longest of a dictionary does not say enough. */
#include "column/batch_bytes.h"

#define MOST_BYTES  ((size_t)4 << 20)
#define LEAST_BYTES ((size_t)256 << 10)
#define PART        64u /* of the memory */

size_t vonk_batch_most_bytes(const vonk_budget *budget)
{
    size_t part = budget && budget->limit ? budget->limit / PART : MOST_BYTES;
    return part > MOST_BYTES ? MOST_BYTES : part < LEAST_BYTES ? LEAST_BYTES : part;
}

static size_t flat_bytes(const vonk_column *col, uint32_t start, uint32_t n)
{
    const vonk_string *texts = (const vonk_string *)col->values + start;
    size_t bytes = 0;
    for (uint32_t i = 0; i < n; i++) /* of a null, too: that is never too little */
        bytes += texts[i].length;
    return bytes;
}

static size_t longest_entry(const vonk_column *col)
{
    const vonk_string *texts = col->values;
    size_t longest = 0;
    for (uint32_t i = 0; i < col->n_dictionary; i++)
        longest = texts[i].length > longest ? texts[i].length : longest;
    return longest;
}

static size_t dictionary_bytes(const vonk_column *col, uint32_t start, uint32_t n, size_t enough)
{
    const vonk_string *texts = col->values;
    size_t bytes = 0;
    if (col->n_dictionary < n) {
        bytes = longest_entry(col) * n;
        if (bytes <= enough)
            return bytes;
        bytes = 0;
    }
    for (uint32_t i = start; i < start + n; i++)
        bytes += texts[col->codes[i]].length;
    return bytes;
}

/* Bytes of text in n rows, or more that are not above `enough`. */
static size_t text_bytes(const vonk_column *col, uint32_t start, uint32_t n, size_t enough)
{
    if (!col->values || vonk_type_physical(col->type) != VONK_PHYS_STRING)
        return 0;
    if (col->encoding == VONK_FLAT)
        return flat_bytes(col, start, n);
    if (col->encoding == VONK_DICTIONARY)
        return dictionary_bytes(col, start, n, enough);
    return (size_t)((const vonk_string *)col->values)->length * n;
}

uint32_t vonk_batch_rows_within(const vonk_batch *batch, uint32_t start, size_t bytes)
{
    uint32_t n = batch->n_rows - start;
    while (n > 1) {
        size_t sum = 0;
        for (uint32_t c = 0; c < batch->n_columns; c++)
            sum += text_bytes(&batch->columns[c], start, n, bytes / batch->n_columns);
        if (sum <= bytes)
            break;
        size_t fit = bytes / (sum / n + 1); /* if all were as long as they are on average */
        n = fit < n / 2 ? (uint32_t)fit : n / 2;
    }
    return n ? n : 1;
}
