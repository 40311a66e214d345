/* page.c - the pages of a chunk: heads, dictionaries, and what has to be decoded a page at a time.
 */
#include "format/parquet/chunk.h"
#include "format/parquet/delta.h"

static vonk_slice advance(vonk_slice s, size_t n)
{
    return (vonk_slice){s.data + n, s.length - n};
}

static vonk_status corrupt(vonk_error *err, const char *what)
{
    return vonk_fail(err, VONK_CORRUPT, "%s", what);
}

void vonk_pq_page_drop(vonk_pq_chunk *chunk)
{
    if (!chunk->page.opened)
        chunk->bytes_pruned += chunk->page.body.length;
    vonk_pq_memory_retire(chunk->memory, &chunk->page.block);
    vonk_pq_memory_retire(chunk->memory, &chunk->page.decoded);
    chunk->page = (vonk_pq_page){0};
}

vonk_status vonk_pq_page_next(vonk_pq_chunk *chunk, vonk_error *err)
{
    vonk_pq_page_drop(chunk);
    for (;;) {
        if (chunk->rows_left == 0)
            return corrupt(err, "the column ends early");
        vonk_pq_page_head head;
        VONK_TRY(vonk_pq_page_head_decode(chunk->bytes, &head, err));
        vonk_slice rest = advance(chunk->bytes, head.size);
        if ((size_t)head.compressed > rest.length)
            return corrupt(err, "a page reaches beyond its column");
        vonk_slice body = {rest.data, (size_t)head.compressed};
        chunk->bytes = advance(rest, (size_t)head.compressed);
        if (head.type == VONK_PQ_DICTIONARY_PAGE) {
            if (chunk->has_dictionary)
                return corrupt(err, "a column with two dictionaries");
            chunk->has_dictionary = true;
            chunk->dictionary_head = head;
            chunk->dictionary_body = body;
        } else if (head.type == VONK_PQ_DATA_PAGE || head.type == VONK_PQ_DATA_PAGE_V2) {
            if (head.n_values > chunk->rows_left)
                return corrupt(err, "a page has more rows than its row group");
            chunk->rows_left -= head.n_values;
            chunk->page = (vonk_pq_page){.n = (uint32_t)head.n_values, .head = head, .body = body};
            return VONK_OK;
        }
    }
}

/* Room for `n` decoded values of `width` bytes. */
static vonk_status take_decoded(vonk_pq_chunk *chunk, size_t n, size_t width, vonk_error *err)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, width, &bytes))
        return corrupt(err, "a page has too many values");
    return vonk_pq_memory_take(chunk->memory, bytes, &chunk->page.decoded, err);
}

/* The page's values are the `n * width` bytes of page->decoded. */
static void use_decoded(vonk_pq_page *page, size_t bytes)
{
    page->form = VONK_PQ_FORM_FIXED;
    page->values = page->decoded->data;
    page->end = page->values + bytes;
    page->readable = page->decoded->data + page->decoded->capacity + VONK_PQ_SLACK;
}

static vonk_status open_delta(vonk_pq_chunk *chunk, vonk_slice values, vonk_error *err)
{
    vonk_pq_page *page = &chunk->page;
    int64_t n = vonk_pq_delta_count(values);
    size_t width = chunk->cast.from_width;
    if (n < 0 || n > page->n)
        return corrupt(err, "a delta-encoded page has a wrong head");
    if (chunk->cast.physical != VONK_PQ_INT32 && chunk->cast.physical != VONK_PQ_INT64)
        return corrupt(err, "delta encoding of something that is no integer");
    VONK_TRY(take_decoded(chunk, (size_t)n, width, err));
    bool fine =
        width == 8
            ? vonk_pq_delta_i64(&values, (uint32_t)n, (int64_t *)(void *)page->decoded->data)
            : vonk_pq_delta_i32(&values, (uint32_t)n, (int32_t *)(void *)page->decoded->data);
    use_decoded(page, (size_t)n * width);
    return fine ? VONK_OK : corrupt(err, "a delta-encoded page does not decode");
}

static vonk_status open_split(vonk_pq_chunk *chunk, vonk_slice values, vonk_error *err)
{
    size_t width = chunk->cast.from_width;
    if (width == 0 || values.length % width || chunk->cast.physical == VONK_PQ_BOOLEAN)
        return corrupt(err, "a byte stream split page of an odd size");
    size_t n = values.length / width;
    VONK_TRY(take_decoded(chunk, n, width, err));
    char *to = chunk->page.decoded->data;
    for (size_t start = 0; start < n; start += 256) { /* blocks that stay in the cache */
        size_t end = start + 256 < n ? start + 256 : n;
        for (size_t b = 0; b < width; b++)
            for (size_t i = start; i < end; i++)
                to[i * width + b] = values.data[b * n + i];
    }
    use_decoded(&chunk->page, values.length);
    return VONK_OK;
}

static void use_views(vonk_pq_page *page, const vonk_string *views, uint32_t n)
{
    page->form = VONK_PQ_FORM_VIEWS;
    page->views = views;
    page->views_end = views + n;
}

/* DELTA_LENGTH_BYTE_ARRAY and DELTA_BYTE_ARRAY. The views live in `decoded`. */
static vonk_status open_delta_lengths(vonk_pq_chunk *chunk, vonk_slice values, vonk_error *err)
{
    vonk_pq_page *page = &chunk->page;
    int64_t n = vonk_pq_delta_count(values);
    if (n < 0 || n > page->n || chunk->cast.from_width != 0)
        return corrupt(err, "a delta-length page has a wrong head");
    VONK_TRY(take_decoded(chunk, (size_t)n, sizeof(vonk_string) + sizeof(int32_t), err));
    vonk_string *views = (vonk_string *)(void *)page->decoded->data;
    if (!vonk_pq_delta_lengths(values, (uint32_t)n, (int32_t *)(void *)(views + n), views))
        return corrupt(err, "a delta-length page does not decode");
    use_views(page, views, (uint32_t)n);
    return VONK_OK;
}

static vonk_status open_delta_strings(vonk_pq_chunk *chunk, vonk_slice values, vonk_error *err)
{
    vonk_pq_page *page = &chunk->page;
    uint32_t fixed = chunk->cast.from_width;
    int64_t n = vonk_pq_delta_count(values);
    if (n < 0 || n > page->n || (fixed && chunk->cast.physical != VONK_PQ_FIXED))
        return corrupt(err, "a delta-string page has a wrong head");
    vonk_pq_block *scratch = NULL;
    VONK_TRY(vonk_pq_memory_take(chunk->memory, (size_t)n * 8, &scratch, err));
    int32_t *lengths = (int32_t *)(void *)scratch->data;
    size_t size;
    vonk_status status = VONK_OK;
    if (!vonk_pq_delta_strings_size(&values, (uint32_t)n, lengths, &size))
        status = corrupt(err, "a delta-string page does not decode");
    if (status == VONK_OK)
        status = vonk_pq_memory_take(chunk->memory, (size_t)n * sizeof(vonk_string) + size,
                                     &page->decoded, err);
    if (status == VONK_OK) {
        vonk_string *views = (vonk_string *)(void *)page->decoded->data;
        char *bytes = (char *)(views + n);
        if (!vonk_pq_delta_strings(values, (uint32_t)n, lengths, bytes, views))
            status = corrupt(err, "a delta-string page does not decode");
        for (int64_t i = 0; status == VONK_OK && fixed && i < n; i++)
            if (views[i].length != fixed)
                status = corrupt(err, "a value of a wrong length");
        use_views(page, views, (uint32_t)n);
        if (fixed) {
            use_decoded(page, size);
            page->values = bytes;
            page->end = bytes + size;
        }
    }
    vonk_pq_memory_retire(chunk->memory, &scratch);
    return status;
}

static vonk_status open_codes(vonk_pq_chunk *chunk, vonk_slice values, vonk_error *err)
{
    vonk_pq_page *page = &chunk->page;
    VONK_TRY(vonk_pq_chunk_dictionary(chunk, err));
    if (!chunk->has_dictionary)
        return corrupt(err, "dictionary codes without a dictionary");
    uint8_t width = values.length ? (uint8_t)values.data[0] : 1;
    if (width > 32)
        return corrupt(err, "dictionary codes of more than 32 bits");
    page->form = VONK_PQ_FORM_CODES;
    page->codes = values.length ? vonk_pq_hybrid_open(values.data + 1, values.length - 1, width)
                                : vonk_pq_hybrid_open(values.data, 0, 1);
    return VONK_OK;
}

static vonk_status open_boolean_runs(vonk_pq_chunk *chunk, vonk_slice values, vonk_error *err)
{
    uint32_t length = 0;
    if (chunk->cast.physical != VONK_PQ_BOOLEAN)
        return corrupt(err, "run-length encoding of something that is no boolean");
    if (values.length >= 4)
        memcpy(&length, values.data, 4);
    if (values.length < 4 || length > values.length - 4)
        return corrupt(err, "a page ends within its booleans");
    chunk->page.form = VONK_PQ_FORM_RUNS;
    chunk->page.codes = vonk_pq_hybrid_open(values.data + 4, length, 1);
    return VONK_OK;
}

vonk_status vonk_pq_page_open(vonk_pq_chunk *chunk, vonk_error *err)
{
    vonk_pq_page *page = &chunk->page;
    vonk_slice values;
    if (page->block || page->decoded) /* failed before */
        return corrupt(err, "a page does not decode");
    chunk->bytes_read += page->body.length;
    VONK_TRY(vonk_pq_page_body(chunk, &values, err));
    page->values = values.data;
    page->end = values.data + values.length;
    page->readable =
        page->block ? page->block->data + page->block->capacity + VONK_PQ_SLACK : chunk->readable;
    switch (page->head.encoding) {
    case VONK_PQ_PLAIN:
        page->form = chunk->cast.physical == VONK_PQ_BOOLEAN ? VONK_PQ_FORM_BITS
                     : chunk->cast.from_width                ? VONK_PQ_FORM_FIXED
                                                             : VONK_PQ_FORM_BYTES;
        break;
    case VONK_PQ_PLAIN_DICTIONARY:
    case VONK_PQ_RLE_DICTIONARY:
        VONK_TRY(open_codes(chunk, values, err));
        break;
    case VONK_PQ_RLE:
        VONK_TRY(open_boolean_runs(chunk, values, err));
        break;
    case VONK_PQ_DELTA_BINARY_PACKED:
        VONK_TRY(open_delta(chunk, values, err));
        break;
    case VONK_PQ_DELTA_LENGTH_BYTE_ARRAY:
        VONK_TRY(open_delta_lengths(chunk, values, err));
        break;
    case VONK_PQ_DELTA_BYTE_ARRAY:
        VONK_TRY(open_delta_strings(chunk, values, err));
        break;
    case VONK_PQ_BYTE_STREAM_SPLIT:
        VONK_TRY(open_split(chunk, values, err));
        break;
    default:
        return vonk_fail(err, VONK_CORRUPT, "unknown encoding %d", (int)page->head.encoding);
    }
    page->opened = true;
    return VONK_OK;
}

/* Views of `n` length-prefixed values that fill `bytes`. */
static vonk_status view_all(vonk_slice bytes, uint32_t n, vonk_string *ret, vonk_error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t length = 0;
        if (bytes.length >= 4)
            memcpy(&length, bytes.data, 4);
        if (bytes.length < 4 || length > bytes.length - 4)
            return corrupt(err, "a dictionary ends within a value");
        ret[i] = vonk_string_of(bytes.data + 4, length);
        bytes = advance(bytes, 4 + (size_t)length);
    }
    return VONK_OK;
}

vonk_status vonk_pq_chunk_dictionary(vonk_pq_chunk *chunk, vonk_error *err)
{
    if (chunk->dictionary_loaded || !chunk->has_dictionary)
        return VONK_OK;
    const vonk_pq_page_head *head = &chunk->dictionary_head;
    const vonk_pq_cast *cast = &chunk->cast;
    vonk_slice bytes;
    if (head->encoding != VONK_PQ_PLAIN && head->encoding != VONK_PQ_PLAIN_DICTIONARY)
        return corrupt(err, "a dictionary that is not plain");
    if (chunk->dictionary_block || cast->physical == VONK_PQ_BOOLEAN)
        return corrupt(err, "a dictionary does not decode");
    chunk->bytes_read += chunk->dictionary_body.length;
    VONK_TRY(vonk_pq_page_inflate(chunk, head, chunk->dictionary_body, &bytes,
                                  &chunk->dictionary_block, err));
    uint32_t n = (uint32_t)head->n_values;
    if (n > bytes.length / (cast->from_width ? cast->from_width : 4))
        return corrupt(err, "a dictionary is shorter than it says");
    char *values = vonk_arena_zalloc(chunk->arena, ((size_t)n + 1) * cast->to_width, err);
    VONK_TRY_ALLOC(values);
    const void *from = bytes.data;
    if (cast->from_width == 0) {
        vonk_string *views = (vonk_string *)(void *)values;
        if (cast->op != VONK_PQ_COPY)
            views = vonk_arena_alloc(chunk->arena, (size_t)n * sizeof(*views), err);
        VONK_TRY_ALLOC(views);
        VONK_TRY(view_all(bytes, n, views, err));
        from = views;
    }
    if (from != values)
        VONK_TRY(vonk_pq_convert(cast, from, n, values, err));
    chunk->dictionary = values;
    chunk->n_dictionary = n;
    chunk->dictionary_loaded = true;
    return VONK_OK;
}
