/*
 * page_body.c - the bytes of a page: checksum, decompression, levels.
 *
 *      v1   [head] compressed( length, levels | values )
 *      v2   [head] levels, compressed( values )
 */
#include <libdeflate.h>

#include "format/parquet/chunk.h"

static vonk_slice advance(vonk_slice s, size_t n)
{
    return (vonk_slice){s.data + n, s.length - n};
}

static vonk_status corrupt(vonk_error *err, const char *what)
{
    return vonk_fail(err, VONK_CORRUPT, "%s", what);
}

static vonk_status check_crc(const vonk_pq_page_head *head, vonk_slice body, vonk_error *err)
{
    if (head->has_crc && libdeflate_crc32(0, body.data, body.length) != head->crc)
        return corrupt(err, "a page's checksum is wrong");
    return VONK_OK;
}

/* Decompresses `body`; *ret is the bytes, in *ret_block if they had to be made. */
static vonk_status inflate(vonk_pq_chunk *chunk, bool compressed, vonk_slice body, size_t size,
                           vonk_slice *ret, vonk_pq_block **ret_block, vonk_error *err)
{
    int32_t compression = compressed ? chunk->compression : VONK_PQ_UNCOMPRESSED;
    if (compression == VONK_PQ_UNCOMPRESSED) {
        if (body.length != size)
            return corrupt(err, "a page's two sizes differ");
        *ret = body;
        return VONK_OK;
    }
    if (size == 0) {
        *ret = (vonk_slice){body.data, 0};
        return VONK_OK;
    }
    VONK_TRY(vonk_pq_plausible(compression, body, size, err));
    VONK_TRY(vonk_pq_memory_take(chunk->memory, size, ret_block, err));
    *ret = (vonk_slice){(*ret_block)->data, size};
    return vonk_pq_decompress(chunk->codec, compression, body, (*ret_block)->data, size, err);
}

static vonk_status no_block(size_t length, vonk_error *err)
{
    return vonk_fail(err, VONK_CORRUPT, "a page of %zu bytes does not decompress", length);
}

vonk_status vonk_pq_page_make(vonk_pq_page *page, const char *end, vonk_error *err)
{
    if (!page->is_partial || vonk_unsnap_until(&page->rest, (size_t)(end - page->block->data)))
        return VONK_OK;
    return no_block(page->body.length, err);
}

/* Values of which the first can be read while the others are not there. */
static bool can_be_partial(const vonk_pq_chunk *chunk)
{
    return chunk->compression == VONK_PQ_SNAPPY && chunk->page.head.encoding == VONK_PQ_PLAIN &&
           chunk->cast.from_width && chunk->cast.physical != VONK_PQ_BOOLEAN;
}

/* The body of a v1 page; *ret is its bytes, of which the levels are there if it is partial. */
static vonk_status inflate_v1(vonk_pq_chunk *chunk, vonk_slice *ret, vonk_error *err)
{
    vonk_pq_page *page = &chunk->page;
    size_t size = (size_t)page->head.uncompressed;
    uint32_t levels = 0;
    if (!can_be_partial(chunk) || size < 4 || page->head.level_encoding != VONK_PQ_RLE)
        return inflate(chunk, true, page->body, size, ret, &page->block, err);
    VONK_TRY(vonk_pq_plausible(chunk->compression, page->body, size, err));
    VONK_TRY(vonk_pq_memory_take(chunk->memory, size, &page->block, err));
    *ret = (vonk_slice){page->block->data, size};
    if (!vonk_unsnap_open(page->body, page->block->data, size, &page->rest) ||
        !vonk_unsnap_until(&page->rest, 4))
        return no_block(page->body.length, err);
    page->is_partial = true;
    memcpy(&levels, page->block->data, 4);
    if (!chunk->optional || levels > size - 4)
        return VONK_OK;
    return vonk_pq_page_make(page, page->block->data + 4 + levels, err);
}

/* The old form of levels: the high bit of each byte first. */
static vonk_status open_packed_levels(vonk_pq_chunk *chunk, vonk_slice *values, vonk_error *err)
{
    vonk_pq_page *page = &chunk->page;
    size_t bytes = ((size_t)page->n + 7) / 8;
    if (values->length < bytes)
        return corrupt(err, "a page ends within its levels");
    uint8_t *bits = vonk_arena_alloc(chunk->arena, bytes, err);
    VONK_TRY_ALLOC(bits);
    for (size_t i = 0; i < bytes; i++) {
        uint32_t byte = (uint8_t)values->data[i], turned = 0;
        for (int b = 0; b < 8; b++)
            turned |= (byte >> b & 1) << (7 - b);
        bits[i] = (uint8_t)turned;
    }
    page->levels = (vonk_pq_hybrid){
        .at = bits + bytes, .end = bits + bytes, .packed = bits, .left = page->n, .width = 1};
    *values = advance(*values, bytes);
    return VONK_OK;
}

static vonk_status open_levels_v1(vonk_pq_chunk *chunk, vonk_slice *values, vonk_error *err)
{
    vonk_pq_page *page = &chunk->page;
    if (!chunk->optional)
        return VONK_OK;
    page->has_levels = true;
    if (page->head.level_encoding == VONK_PQ_BIT_PACKED)
        return open_packed_levels(chunk, values, err);
    if (page->head.level_encoding != VONK_PQ_RLE)
        return corrupt(err, "levels of an unknown encoding");
    uint32_t length;
    if (values->length < 4)
        return corrupt(err, "a page ends within its levels");
    memcpy(&length, values->data, 4);
    *values = advance(*values, 4);
    if (length > values->length)
        return corrupt(err, "a page ends within its levels");
    page->levels = vonk_pq_hybrid_open(values->data, length, 1);
    page->has_levels = !vonk_pq_hybrid_all_ones(page->levels, page->n);
    *values = advance(*values, length);
    return VONK_OK;
}

vonk_status vonk_pq_page_body(vonk_pq_chunk *chunk, vonk_slice *ret, vonk_error *err)
{
    vonk_pq_page *page = &chunk->page;
    const vonk_pq_page_head *head = &page->head;
    VONK_TRY(check_crc(head, page->body, err));
    if (head->type == VONK_PQ_DATA_PAGE) {
        VONK_TRY(inflate_v1(chunk, ret, err));
        return open_levels_v1(chunk, ret, err);
    }
    size_t levels = (size_t)head->def_length + (size_t)head->rep_length;
    if (levels > page->body.length || levels > (size_t)head->uncompressed ||
        head->n_nulls > head->n_values || (!chunk->optional && head->n_nulls > 0))
        return corrupt(err, "a page's levels are larger than the page");
    page->has_levels = chunk->optional && head->n_nulls > 0;
    page->levels =
        vonk_pq_hybrid_open(page->body.data + head->rep_length, (size_t)head->def_length, 1);
    return inflate(chunk, head->is_compressed, advance(page->body, levels),
                   (size_t)head->uncompressed - levels, ret, &page->block, err);
}

vonk_status vonk_pq_page_inflate(vonk_pq_chunk *chunk, const vonk_pq_page_head *head,
                                 vonk_slice body, vonk_slice *ret, vonk_pq_block **ret_block,
                                 vonk_error *err)
{
    VONK_TRY(check_crc(head, body, err));
    return inflate(chunk, true, body, (size_t)head->uncompressed, ret, ret_block, err);
}
