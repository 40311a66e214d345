/* metadata.c - see metadata.h. Field numbers are those of parquet.thrift. */
#include "format/parquet/metadata.h"

#include <string.h>

#include "format/parquet/thrift.h"

static void decode_unit(vonk_thrift_in *in, uint8_t type, vonk_pq_element *el)
{
    int16_t id = 0;
    if (vonk_thrift_enter(in, type))
        for (uint8_t t; vonk_thrift_field(in, &id, &t);) {
            if (id >= 1 && id <= 3)
                el->unit = (uint8_t)(id - 1);
            vonk_thrift_skip(in, t);
        }
    vonk_thrift_leave(in);
}

/* The struct inside the LogicalType union: of decimals, integers, times. */
static void decode_logical_body(vonk_thrift_in *in, uint8_t type, vonk_pq_element *el)
{
    int16_t id = 0;
    bool timed = el->logical == VONK_PQ_L_TIME || el->logical == VONK_PQ_L_TIMESTAMP;
    if (vonk_thrift_enter(in, type))
        for (uint8_t t; vonk_thrift_field(in, &id, &t);) {
            if (el->logical == VONK_PQ_L_DECIMAL && id == 1)
                el->scale = vonk_thrift_i32(in, t);
            else if (el->logical == VONK_PQ_L_DECIMAL && id == 2)
                el->precision = vonk_thrift_i32(in, t);
            else if (el->logical == VONK_PQ_L_INTEGER && id == 1)
                el->bits = (uint8_t)vonk_thrift_int(in, t);
            else if (el->logical == VONK_PQ_L_INTEGER && id == 2)
                el->is_signed = vonk_thrift_bool(in, t);
            else if (timed && id == 1)
                el->utc = vonk_thrift_bool(in, t);
            else if (timed && id == 2)
                decode_unit(in, t, el);
            else
                vonk_thrift_skip(in, t);
        }
    vonk_thrift_leave(in);
}

static void decode_logical(vonk_thrift_in *in, uint8_t type, vonk_pq_element *el)
{
    static const uint8_t kinds[] = {
        [1] = VONK_PQ_L_STRING,   [2] = VONK_PQ_L_MAP,       [3] = VONK_PQ_L_LIST,
        [4] = VONK_PQ_L_ENUM,     [5] = VONK_PQ_L_DECIMAL,   [6] = VONK_PQ_L_DATE,
        [7] = VONK_PQ_L_TIME,     [8] = VONK_PQ_L_TIMESTAMP, [9] = VONK_PQ_L_INTERVAL,
        [10] = VONK_PQ_L_INTEGER, [11] = VONK_PQ_L_UNKNOWN,  [12] = VONK_PQ_L_JSON,
        [13] = VONK_PQ_L_BSON,    [14] = VONK_PQ_L_UUID,     [15] = VONK_PQ_L_FLOAT16,
    };
    int16_t id = 0;
    if (vonk_thrift_enter(in, type))
        for (uint8_t t; vonk_thrift_field(in, &id, &t);) {
            bool known = id > 0 && (size_t)id < VONK_LENGTH(kinds);
            el->logical = known ? kinds[id] : VONK_PQ_L_OTHER;
            decode_logical_body(in, t, el);
        }
    vonk_thrift_leave(in);
}

/* Brings a converted type to the logical one that it means. */
static void apply_converted(vonk_pq_element *el, int32_t converted)
{
    static const struct {
        uint8_t logical, unit, bits, is_signed;
    } table[] = {
        {VONK_PQ_L_STRING, 0, 0, 0},
        {VONK_PQ_L_MAP, 0, 0, 0},
        {VONK_PQ_L_MAP, 0, 0, 0}, /* MAP_KEY_VALUE */
        {VONK_PQ_L_LIST, 0, 0, 0},
        {VONK_PQ_L_ENUM, 0, 0, 0},
        {VONK_PQ_L_DECIMAL, 0, 0, 0},
        {VONK_PQ_L_DATE, 0, 0, 0},
        {VONK_PQ_L_TIME, VONK_PQ_MILLIS, 0, 0},
        {VONK_PQ_L_TIME, VONK_PQ_MICROS, 0, 0},
        {VONK_PQ_L_TIMESTAMP, VONK_PQ_MILLIS, 0, 0},
        {VONK_PQ_L_TIMESTAMP, VONK_PQ_MICROS, 0, 0},
        {VONK_PQ_L_INTEGER, 0, 8, 0},
        {VONK_PQ_L_INTEGER, 0, 16, 0},
        {VONK_PQ_L_INTEGER, 0, 32, 0},
        {VONK_PQ_L_INTEGER, 0, 64, 0},
        {VONK_PQ_L_INTEGER, 0, 8, 1},
        {VONK_PQ_L_INTEGER, 0, 16, 1},
        {VONK_PQ_L_INTEGER, 0, 32, 1},
        {VONK_PQ_L_INTEGER, 0, 64, 1},
        {VONK_PQ_L_JSON, 0, 0, 0},
        {VONK_PQ_L_BSON, 0, 0, 0},
        {VONK_PQ_L_INTERVAL, 0, 0, 0},
    };
    if (converted < 0 || (size_t)converted >= VONK_LENGTH(table) || el->logical != VONK_PQ_L_NONE)
        return;
    el->logical = table[converted].logical;
    el->unit = table[converted].unit;
    el->bits = table[converted].bits;
    el->is_signed = table[converted].is_signed;
    el->utc = true;
}

static void decode_element(vonk_thrift_in *in, vonk_pq_element *el)
{
    int32_t converted = -1;
    int16_t id = 0;
    *el = (vonk_pq_element){.physical = VONK_PQ_GROUP};
    if (vonk_thrift_enter(in, VONK_THRIFT_STRUCT))
        for (uint8_t t; vonk_thrift_field(in, &id, &t);) {
            if (id == 1)
                el->physical = (uint8_t)vonk_thrift_i32(in, t);
            else if (id == 2)
                el->type_length = vonk_thrift_i32(in, t);
            else if (id == 3)
                el->repetition = (uint8_t)vonk_thrift_i32(in, t);
            else if (id == 4)
                el->name = vonk_thrift_binary(in, t);
            else if (id == 5)
                el->n_children = vonk_thrift_i32(in, t);
            else if (id == 6)
                converted = vonk_thrift_i32(in, t);
            else if (id == 7)
                el->scale = vonk_thrift_i32(in, t);
            else if (id == 8)
                el->precision = vonk_thrift_i32(in, t);
            else if (id == 10)
                decode_logical(in, t, el);
            else
                vonk_thrift_skip(in, t);
        }
    vonk_thrift_leave(in);
    apply_converted(el, converted);
}

static void decode_stats(vonk_thrift_in *in, uint8_t type, vonk_pq_stats *ret)
{
    vonk_pq_stats old = {0};
    int16_t id = 0;
    if (vonk_thrift_enter(in, type))
        for (uint8_t t; vonk_thrift_field(in, &id, &t);) {
            if (id == 1) {
                old.max = vonk_thrift_binary(in, t);
                old.has_max = true;
            } else if (id == 2) {
                old.min = vonk_thrift_binary(in, t);
                old.has_min = true;
            } else if (id == 3) {
                ret->null_count = vonk_thrift_int(in, t);
            } else if (id == 4) {
                ret->distinct_count = vonk_thrift_int(in, t);
            } else if (id == 5) {
                ret->max = vonk_thrift_binary(in, t);
                ret->has_max = true;
            } else if (id == 6) {
                ret->min = vonk_thrift_binary(in, t);
                ret->has_min = true;
            } else {
                vonk_thrift_skip(in, t);
            }
        }
    vonk_thrift_leave(in);
    if (!ret->has_min && !ret->has_max && (old.has_min || old.has_max)) {
        old.null_count = ret->null_count;
        old.distinct_count = ret->distinct_count;
        old.deprecated = true;
        *ret = old;
    }
}

/* One PageEncodingStats. Returns whether it is about data pages that have no dictionary. */
static bool decode_encoding_stats(vonk_thrift_in *in, uint8_t type)
{
    int32_t page = -1, encoding = -1, count = 0;
    int16_t id = 0;
    if (vonk_thrift_enter(in, type))
        for (uint8_t t; vonk_thrift_field(in, &id, &t);) {
            if (id == 1)
                page = vonk_thrift_i32(in, t);
            else if (id == 2)
                encoding = vonk_thrift_i32(in, t);
            else if (id == 3)
                count = vonk_thrift_i32(in, t);
            else
                vonk_thrift_skip(in, t);
        }
    vonk_thrift_leave(in);
    bool data = page == VONK_PQ_DATA_PAGE || page == VONK_PQ_DATA_PAGE_V2;
    return data && count > 0 && encoding != VONK_PQ_PLAIN_DICTIONARY &&
           encoding != VONK_PQ_RLE_DICTIONARY;
}

static void decode_column_meta(vonk_thrift_in *in, uint8_t type, vonk_pq_column *col)
{
    int16_t id = 0;
    if (vonk_thrift_enter(in, type))
        for (uint8_t t; vonk_thrift_field(in, &id, &t);) {
            if (id == 1) {
                col->physical = (uint8_t)vonk_thrift_i32(in, t);
            } else if (id == 4) {
                col->codec = vonk_thrift_i32(in, t);
            } else if (id == 5) {
                col->n_values = vonk_thrift_int(in, t);
            } else if (id == 6) {
                col->uncompressed = vonk_thrift_int(in, t);
            } else if (id == 7) {
                col->compressed = vonk_thrift_int(in, t);
            } else if (id == 9) {
                col->data_offset = vonk_thrift_int(in, t);
            } else if (id == 11) {
                col->dictionary_offset = vonk_thrift_int(in, t);
            } else if (id == 12) {
                decode_stats(in, t, &col->stats);
            } else if (id == 13) {
                uint8_t item;
                uint32_t n = vonk_thrift_list(in, t, &item);
                col->all_dictionary = n > 0;
                for (uint32_t i = 0; i < n && !in->failed; i++)
                    if (decode_encoding_stats(in, item))
                        col->all_dictionary = false;
            } else if (id == 14) {
                col->bloom_offset = vonk_thrift_int(in, t);
            } else {
                vonk_thrift_skip(in, t);
            }
        }
    vonk_thrift_leave(in);
}

static void decode_column(vonk_thrift_in *in, vonk_pq_column *col)
{
    *col = (vonk_pq_column){.physical = VONK_PQ_GROUP,
                            .dictionary_offset = -1,
                            .bloom_offset = -1,
                            .stats.null_count = -1};
    int16_t id = 0;
    if (vonk_thrift_enter(in, VONK_THRIFT_STRUCT))
        for (uint8_t t; vonk_thrift_field(in, &id, &t);) {
            if (id == 1)
                col->elsewhere = vonk_thrift_binary(in, t).length > 0;
            else if (id == 3)
                decode_column_meta(in, t, col);
            else if (id == 4)
                col->offset_index.offset = vonk_thrift_int(in, t);
            else if (id == 5)
                col->offset_index.length = vonk_thrift_i32(in, t);
            else if (id == 6)
                col->column_index.offset = vonk_thrift_int(in, t);
            else if (id == 7)
                col->column_index.length = vonk_thrift_i32(in, t);
            else
                vonk_thrift_skip(in, t);
        }
    vonk_thrift_leave(in);
}

static vonk_status decode_group(vonk_thrift_in *in, vonk_arena *arena, vonk_pq_group *group,
                                vonk_error *err)
{
    int16_t id = 0;
    if (vonk_thrift_enter(in, VONK_THRIFT_STRUCT))
        for (uint8_t t; vonk_thrift_field(in, &id, &t);) {
            if (id == 1 && !group->columns) {
                uint8_t item;
                uint32_t n = vonk_thrift_list(in, t, &item);
                group->columns = VONK_NEW_ARRAY(arena, vonk_pq_column, n, err);
                VONK_TRY_ALLOC(group->columns);
                group->n_columns = n;
                for (uint32_t i = 0; i < n && !in->failed; i++)
                    decode_column(in, &group->columns[i]);
            } else if (id == 3) {
                group->n_rows = vonk_thrift_int(in, t);
            } else {
                vonk_thrift_skip(in, t);
            }
        }
    vonk_thrift_leave(in);
    return VONK_OK;
}

/* The value of Spark's key, if it is among them. */
static void decode_key_values(vonk_thrift_in *in, uint8_t type, vonk_slice *ret)
{
    uint8_t item;
    uint32_t n = vonk_thrift_list(in, type, &item);
    for (uint32_t i = 0; i < n && !in->failed; i++) {
        vonk_slice key = {0}, value = {0};
        int16_t id = 0;
        if (vonk_thrift_enter(in, item))
            for (uint8_t t; vonk_thrift_field(in, &id, &t);) {
                if (id == 1)
                    key = vonk_thrift_binary(in, t);
                else if (id == 2)
                    value = vonk_thrift_binary(in, t);
                else
                    vonk_thrift_skip(in, t);
            }
        vonk_thrift_leave(in);
        if (vonk_slice_equal(key, vonk_slice_of(VONK_PQ_SPARK_SCHEMA)))
            *ret = value;
    }
}

static vonk_status decode_field(vonk_thrift_in *in, int16_t id, uint8_t type, vonk_arena *arena,
                                vonk_pq_metadata *ret, vonk_error *err)
{
    uint8_t item;
    if (id == 2 && !ret->elements) {
        uint32_t n = vonk_thrift_list(in, type, &item);
        ret->elements = VONK_NEW_ARRAY(arena, vonk_pq_element, n, err);
        VONK_TRY_ALLOC(ret->elements);
        ret->n_elements = n;
        for (uint32_t i = 0; i < n && !in->failed; i++)
            decode_element(in, &ret->elements[i]);
    } else if (id == 3) {
        ret->n_rows = vonk_thrift_int(in, type);
    } else if (id == 4 && !ret->groups) {
        uint32_t n = vonk_thrift_list(in, type, &item);
        ret->groups = VONK_NEW_ARRAY(arena, vonk_pq_group, n, err);
        VONK_TRY_ALLOC(ret->groups);
        ret->n_groups = n;
        for (uint32_t i = 0; i < n && !in->failed; i++)
            VONK_TRY(decode_group(in, arena, &ret->groups[i], err));
    } else if (id == 5) {
        decode_key_values(in, type, &ret->spark_schema);
    } else if (id == 6) {
        ret->created_by = vonk_thrift_binary(in, type);
    } else {
        ret->has_orders |= id == 7;
        vonk_thrift_skip(in, type);
    }
    return VONK_OK;
}

vonk_status vonk_pq_metadata_decode(vonk_slice footer, vonk_arena *arena, vonk_pq_metadata *ret,
                                    vonk_error *err)
{
    vonk_thrift_in in = vonk_thrift_open(footer.data, footer.length);
    vonk_pq_metadata meta = {0};
    int16_t id = 0;
    in.depth = 1;
    for (uint8_t type; vonk_thrift_field(&in, &id, &type);)
        VONK_TRY(decode_field(&in, id, type, arena, &meta, err));
    if (in.failed)
        return vonk_fail(err, VONK_CORRUPT, "the footer does not decode");
    if (meta.n_elements == 0 || meta.n_rows < 0)
        return vonk_fail(err, VONK_CORRUPT, "the footer has no schema or a negative row count");
    *ret = meta;
    return VONK_OK;
}

static void decode_data_head(vonk_thrift_in *in, uint8_t type, bool is_data,
                             vonk_pq_page_head *head)
{
    int16_t id = 0;
    if (vonk_thrift_enter(in, type))
        for (uint8_t t; vonk_thrift_field(in, &id, &t);) {
            if (id == 1)
                head->n_values = vonk_thrift_i32(in, t);
            else if (id == 2)
                head->encoding = vonk_thrift_i32(in, t);
            else if (id == 3 && is_data) /* of a dictionary: is_sorted */
                head->level_encoding = vonk_thrift_i32(in, t);
            else
                vonk_thrift_skip(in, t);
        }
    vonk_thrift_leave(in);
}

static void decode_data_head_v2(vonk_thrift_in *in, uint8_t type, vonk_pq_page_head *head)
{
    int16_t id = 0;
    if (vonk_thrift_enter(in, type))
        for (uint8_t t; vonk_thrift_field(in, &id, &t);) {
            if (id == 1)
                head->n_values = vonk_thrift_i32(in, t);
            else if (id == 2)
                head->n_nulls = vonk_thrift_i32(in, t);
            else if (id == 4)
                head->encoding = vonk_thrift_i32(in, t);
            else if (id == 5)
                head->def_length = vonk_thrift_i32(in, t);
            else if (id == 6)
                head->rep_length = vonk_thrift_i32(in, t);
            else if (id == 7)
                head->is_compressed = vonk_thrift_bool(in, t);
            else
                vonk_thrift_skip(in, t);
        }
    vonk_thrift_leave(in);
}

vonk_status vonk_pq_page_head_decode(vonk_slice bytes, vonk_pq_page_head *ret, vonk_error *err)
{
    vonk_thrift_in in = vonk_thrift_open(bytes.data, bytes.length);
    vonk_pq_page_head head = {.type = -1, .level_encoding = VONK_PQ_RLE, .is_compressed = true};
    int16_t id = 0;
    in.depth = 1;
    for (uint8_t t; vonk_thrift_field(&in, &id, &t);) {
        if (id == 1) {
            head.type = vonk_thrift_i32(&in, t);
        } else if (id == 2) {
            head.uncompressed = vonk_thrift_i32(&in, t);
        } else if (id == 3) {
            head.compressed = vonk_thrift_i32(&in, t);
        } else if (id == 4) {
            head.crc = (uint32_t)vonk_thrift_i32(&in, t);
            head.has_crc = true;
        } else if (id == 5 || id == 7) {
            decode_data_head(&in, t, id == 5, &head);
        } else if (id == 8) {
            decode_data_head_v2(&in, t, &head);
        } else {
            vonk_thrift_skip(&in, t);
        }
    }
    if (in.failed || (head.uncompressed | head.compressed | head.n_values | head.n_nulls |
                      head.def_length | head.rep_length) < 0)
        return vonk_fail(err, VONK_CORRUPT, "a page head does not decode");
    head.size = (size_t)((const char *)in.at - bytes.data);
    *ret = head;
    return VONK_OK;
}

void vonk_pq_page_head_encode(const vonk_pq_page_head *head, vonk_buffer *buf)
{
    vonk_thrift_out out = {.buf = buf};
    vonk_thrift_put_i32(&out, 1, head->type);
    vonk_thrift_put_i32(&out, 2, head->uncompressed);
    vonk_thrift_put_i32(&out, 3, head->compressed);
    if (head->has_crc)
        vonk_thrift_put_i32(&out, 4, (int32_t)head->crc);
    int16_t outer = vonk_thrift_put_struct(&out, head->type == VONK_PQ_DATA_PAGE ? 5 : 7);
    vonk_thrift_put_i32(&out, 1, head->n_values);
    vonk_thrift_put_i32(&out, 2, head->encoding);
    if (head->type == VONK_PQ_DATA_PAGE) {
        vonk_thrift_put_i32(&out, 3, VONK_PQ_RLE);
        vonk_thrift_put_i32(&out, 4, VONK_PQ_RLE);
    }
    vonk_thrift_put_end(&out, outer);
    vonk_buffer_char(buf, 0);
}

void vonk_pq_element_print(const vonk_pq_element *el, vonk_buffer *out)
{
    static const char *const physical[] = {
        "BOOLEAN", "INT32",  "INT64",      "INT96",
        "FLOAT",   "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"};
    static const char *const units[] = {"MILLIS", "MICROS", "NANOS"};
    static const char *const logical[] = {
        "",         "STRING",  "MAP",     "LIST", "ENUM", "DECIMAL", "DATE",    "TIME", "TIME",
        "INTERVAL", "INTEGER", "UNKNOWN", "JSON", "BSON", "UUID",    "FLOAT16", "?",
    };
    vonk_buffer_text(out, el->physical < VONK_PQ_N_PHYSICAL ? physical[el->physical] : "group");
    if (el->logical == VONK_PQ_L_NONE)
        return;
    if (el->logical == VONK_PQ_L_DECIMAL)
        vonk_buffer_printf(out, " (DECIMAL(%d,%d))", (int)el->precision, (int)el->scale);
    else if (el->logical == VONK_PQ_L_INTEGER)
        vonk_buffer_printf(out, " (INTEGER(%d,%s))", el->bits, el->is_signed ? "true" : "false");
    else if (el->logical == VONK_PQ_L_TIME || el->logical == VONK_PQ_L_TIMESTAMP)
        vonk_buffer_printf(out, " (%s(%s,%s))",
                           el->logical == VONK_PQ_L_TIME ? "TIME" : "TIMESTAMP", units[el->unit],
                           el->utc ? "true" : "false");
    else
        vonk_buffer_printf(out, " (%s)", logical[el->logical]);
}
