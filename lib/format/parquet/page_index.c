/* page_index.c - see page_index.h. Field numbers are those of parquet.thrift. */
#include "format/parquet/page_index.h"

#include "format/parquet/thrift.h"

static vonk_status corrupt(vonk_error *err)
{
    return vonk_fail(err, VONK_CORRUPT, "a page index does not decode");
}

/* A PageLocation's first row. */
static int64_t decode_location(vonk_thrift_in *in, uint8_t type)
{
    int64_t first_row = -1;
    int16_t id = 0;
    if (vonk_thrift_enter(in, type))
        for (uint8_t t; vonk_thrift_field(in, &id, &t);) {
            if (id == 3)
                first_row = vonk_thrift_int(in, t);
            else
                vonk_thrift_skip(in, t);
        }
    vonk_thrift_leave(in);
    return first_row;
}

static vonk_status decode_offsets(vonk_slice bytes, int64_t n_rows, vonk_arena *arena,
                                  vonk_pq_page_index *index, vonk_error *err)
{
    vonk_thrift_in in = vonk_thrift_open(bytes.data, bytes.length);
    int16_t id = 0;
    in.depth = 1;
    for (uint8_t type; vonk_thrift_field(&in, &id, &type);) {
        if (id != 1 || index->first_row) {
            vonk_thrift_skip(&in, type);
            continue;
        }
        uint8_t item;
        index->n = vonk_thrift_list(&in, type, &item);
        index->first_row = VONK_NEW_ARRAY(arena, int64_t, (size_t)index->n + 1, err);
        VONK_TRY_ALLOC(index->first_row);
        for (uint32_t i = 0; i < index->n && !in.failed; i++)
            index->first_row[i] = decode_location(&in, item);
        index->first_row[index->n] = n_rows;
    }
    if (in.failed || !index->n || index->first_row[0] != 0)
        return corrupt(err);
    for (uint32_t i = 0; i < index->n; i++)
        if (index->first_row[i] >= index->first_row[i + 1])
            return corrupt(err);
    return VONK_OK;
}

/* One entry of a list of a ColumnIndex, of the page that `stats` are of. */
static void decode_entry(vonk_thrift_in *in, int16_t id, uint8_t type, vonk_pq_stats *stats,
                         bool *null_page)
{
    if (id == 1 && type > VONK_THRIFT_FALSE)
        in->failed = true;
    else if (id == 1)
        *null_page = vonk_thrift_int(in, VONK_THRIFT_BYTE) == VONK_THRIFT_TRUE;
    else if (id == 2)
        stats->min = vonk_thrift_binary(in, type);
    else if (id == 3)
        stats->max = vonk_thrift_binary(in, type);
    else
        stats->null_count = vonk_thrift_int(in, type);
}

/* Returns the fields that were there, a bit each. */
static uint32_t decode_columns(vonk_thrift_in *in, vonk_pq_page_index *index, bool *null_pages)
{
    uint32_t seen = 0;
    int16_t id = 0;
    in->depth = 1;
    for (uint8_t type; vonk_thrift_field(in, &id, &type);) {
        if (id < 1 || id == 4 || id > 5) {
            vonk_thrift_skip(in, type);
            continue;
        }
        uint8_t item;
        if (vonk_thrift_list(in, type, &item) != index->n)
            in->failed = true;
        for (uint32_t i = 0; i < index->n && !in->failed; i++)
            decode_entry(in, id, item, &index->stats[i], &null_pages[i]);
        seen |= UINT32_C(1) << id;
    }
    return seen;
}

vonk_status vonk_pq_page_index_decode(vonk_slice columns, vonk_slice offsets, int64_t n_rows,
                                      vonk_arena *arena, vonk_pq_page_index *ret, vonk_error *err)
{
    vonk_pq_page_index index = {0};
    VONK_TRY(decode_offsets(offsets, n_rows, arena, &index, err));
    index.stats = VONK_NEW_ARRAY(arena, vonk_pq_stats, index.n, err);
    VONK_TRY_ALLOC(index.stats);
    bool *null_pages = VONK_NEW_ARRAY(arena, bool, index.n, err);
    VONK_TRY_ALLOC(null_pages);
    for (uint32_t i = 0; i < index.n; i++)
        index.stats[i] = (vonk_pq_stats){.null_count = -1};
    vonk_thrift_in in = vonk_thrift_open(columns.data, columns.length);
    uint32_t seen = decode_columns(&in, &index, null_pages);
    if (in.failed || (seen & 14) != 14) /* null_pages, min_values, max_values */
        return corrupt(err);
    for (uint32_t i = 0; i < index.n; i++) {
        vonk_pq_stats *stats = &index.stats[i];
        stats->has_min = stats->has_max = !null_pages[i];
        if (null_pages[i])
            stats->null_count = index.first_row[i + 1] - index.first_row[i];
    }
    *ret = index;
    return VONK_OK;
}
