/* bloom.c - see bloom.h. */
#include "format/parquet/bloom.h"

#include <string.h>
#include <xxhash.h>

#include "format/parquet/thrift.h"

#define BLOCK     32u /* bytes */
#define HEAD_MOST 64u /* of a header: four short fields */

/* Where the blocks of a filter are. */
typedef struct bloom {
    uint64_t start;
    uint32_t n_blocks;
} bloom;

/* A union of which only the member `id` is known here. */
static bool decode_choice(vonk_thrift_in *in, uint8_t type, int16_t wanted)
{
    int16_t id = 0, found = 0;
    if (vonk_thrift_enter(in, type))
        for (uint8_t t; vonk_thrift_field(in, &id, &t);) {
            found = id;
            vonk_thrift_skip(in, t);
        }
    vonk_thrift_leave(in);
    return found == wanted;
}

/* Decodes a header; false: it is none, or of a kind that came later. */
static bool decode_header(vonk_slice bytes, uint64_t at, bloom *ret)
{
    vonk_thrift_in in = vonk_thrift_open(bytes.data, bytes.length);
    int32_t size = 0;
    int16_t id = 0;
    bool known = true;
    in.depth = 1;
    for (uint8_t t; vonk_thrift_field(&in, &id, &t);) {
        if (id == 1)
            size = vonk_thrift_i32(&in, t);
        else if (id <= 4) /* algorithm: BLOCK; hash: XXHASH; compression: none */
            known &= decode_choice(&in, t, 1);
        else
            vonk_thrift_skip(&in, t);
    }
    *ret = (bloom){at + (uint64_t)((const char *)in.at - bytes.data), (uint32_t)size / BLOCK};
    return !in.failed && known && size > 0 && size % (int32_t)BLOCK == 0;
}

/* `n` bytes of the file at `at`, borrowed from the map or in `room`. */
static vonk_status bytes_at(const vonk_pq_file *file, uint64_t at, size_t n, char *room,
                            const char **ret, vonk_error *err)
{
    *ret = file->map ? file->map + at : room;
    return file->map ? VONK_OK : vonk_fs_read(file->fs, at, n, room, err);
}

/* *ret_there = the column has a filter that can be asked. */
static vonk_status open_bloom(const vonk_pq_file *file, const vonk_pq_column *column, bloom *ret,
                              bool *ret_there, vonk_error *err)
{
    char room[HEAD_MOST];
    const char *head;
    uint64_t at = (uint64_t)column->bloom_offset;
    *ret_there = column->bloom_offset > 0 && !column->elsewhere && at < file->size;
    if (!*ret_there)
        return VONK_OK;
    size_t n = file->size - at < HEAD_MOST ? file->size - at : HEAD_MOST;
    VONK_TRY(bytes_at(file, at, n, room, &head, err));
    *ret_there = decode_header((vonk_slice){head, n}, at, ret) &&
                 (uint64_t)ret->n_blocks * BLOCK <= file->size - ret->start;
    return VONK_OK;
}

static vonk_status may_have(const vonk_pq_file *file, const bloom *b, uint64_t hash, bool *ret,
                            vonk_error *err)
{
    static const uint32_t salts[8] = {0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                      0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};
    char room[BLOCK];
    const char *block;
    uint64_t at = (hash >> 32) * b->n_blocks >> 32;
    VONK_TRY(bytes_at(file, b->start + at * BLOCK, BLOCK, room, &block, err));
    *ret = true;
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t word;
        memcpy(&word, block + 4 * (size_t)i, 4);
        *ret &= word >> ((uint32_t)hash * salts[i] >> 27) & 1;
    }
    return VONK_OK;
}

/* The hash of a value as the column stores it; false: there may be other forms of it. */
static bool hash_value(const vonk_pq_cast *cast, const vonk_value *value, uint64_t *ret)
{
    int32_t narrow = (int32_t)value->i64;
    bool is_32 = cast->op == VONK_PQ_COPY || cast->op == VONK_PQ_I32_I8 ||
                 cast->op == VONK_PQ_I32_I16 || cast->op == VONK_PQ_I32_I64;
    bool number = cast->type.id != VONK_DECIMAL;
    if (cast->physical == VONK_PQ_INT32 && is_32 && number && narrow == value->i64)
        *ret = XXH64(&narrow, sizeof(narrow), 0);
    else if (cast->physical == VONK_PQ_INT64 && cast->op == VONK_PQ_COPY && number)
        *ret = XXH64(&value->i64, sizeof(value->i64), 0);
    else if (cast->physical == VONK_PQ_BYTE_ARRAY && cast->op == VONK_PQ_COPY)
        *ret = XXH64(value->string.data, value->string.length, 0);
    else
        return false;
    return true;
}

/* "column = literal" and "column in (literals)". */
typedef struct equality {
    uint32_t column, n;
    vonk_expr *const *literals;
} equality;

static bool is_equality(const vonk_expr *e, equality *ret)
{
    static const char *const names[] = {"in", "=", "==", "<=>"};
    if (e->kind != VONK_EXPR_CALL || e->n_args < 2 || !vonk_pq_is_test(e, &ret->column))
        return false;
    ret->n = e->n_args - 1;
    ret->literals = e->args[0]->kind == VONK_EXPR_INPUT ? e->args + 1 : e->args;
    for (size_t i = 0; i < VONK_LENGTH(names); i++)
        if (!strcmp(e->name, names[i]))
            return true;
    return false;
}

/* *ret = the column may have one of the literals. A null asks for rows that no filter knows. */
static vonk_status may_hold(const vonk_pq_scan *scan, const bloom *filter, const equality *e,
                            bool *ret, vonk_error *err)
{
    const vonk_pq_scan_column *col = &scan->columns[e->column];
    *ret = false;
    for (uint32_t i = 0; i < e->n && !*ret; i++) {
        const vonk_expr *literal = e->literals[i];
        uint64_t hash;
        if (literal->value.is_null || !vonk_type_equal(literal->type, col->type) ||
            !hash_value(&col->cast, &literal->value, &hash))
            *ret = true;
        else
            VONK_TRY(may_have(&scan->file, filter, hash, ret, err));
    }
    return VONK_OK;
}

vonk_status vonk_pq_bloom_prunes(const vonk_pq_scan *scan, const vonk_pq_group *group, bool *ret,
                                 vonk_error *err)
{
    *ret = false;
    for (uint32_t f = 0; scan->asks_blooms && f < scan->request.n_filters && !*ret; f++) {
        equality e;
        bloom filter;
        bool there = false, may = true;
        if (!is_equality(scan->request.filters[f], &e) || e.column >= scan->n_columns ||
            scan->columns[e.column].missing)
            continue;
        const vonk_pq_column *column = &group->columns[scan->columns[e.column].leaf];
        VONK_TRY(open_bloom(&scan->file, column, &filter, &there, err));
        if (there)
            VONK_TRY(may_hold(scan, &filter, &e, &may, err));
        *ret = !may;
    }
    return VONK_OK;
}
