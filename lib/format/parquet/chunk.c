/*
 * chunk.c - see chunk.h. A read is made of segments, one a page that it touches; each appends its
 * rows to a sink. A sink holds codes while all segments have them and flat values otherwise.
 *
 *      levels -> which rows are there      values -> dense, converted
 *      dense values -> spread over the rows that are there -> the selected ones -> sink
 *
 * Steps that would change nothing are left out, and a plain page without nulls is not even copied.
 */
#include "format/parquet/chunk.h"

typedef struct sink {
    const vonk_pq_chunk *chunk;
    vonk_arena *arena;
    uint32_t n; /* rows wanted */
    uint32_t filled;
    uint32_t *codes; /* or */
    char *values;
    uint64_t *validity; /* NULL = no nulls so far */
    bool borrowed;      /* `values` belong to a page */
} sink;

/* The part of a read that lies in the current page. */
typedef struct segment {
    uint32_t rows;       /* of the page */
    uint32_t n;          /* of them wanted */
    const uint32_t *sel; /* which, NULL = all; counted from `base` */
    uint32_t base;
    const uint64_t *valid; /* NULL = all rows are there */
    uint32_t n_valid;
} segment;

vonk_status vonk_pq_scratch_new(vonk_arena *arena, uint32_t rows, vonk_pq_scratch *ret,
                                vonk_error *err)
{
    size_t n = (size_t)rows + 64;
    *ret = (vonk_pq_scratch){
        .rows = rows,
        .levels = vonk_arena_alloc(arena, n / 8 + 64, err),
        .codes = vonk_arena_alloc(arena, n * 4, err),
        .row_codes = vonk_arena_alloc(arena, n * 4, err),
        .values = vonk_arena_alloc(arena, n * 16, err),
        .rows_values = vonk_arena_alloc(arena, n * 16, err),
        .views = vonk_arena_alloc(arena, n * 16, err),
    };
    bool fine = ret->levels && ret->codes && ret->row_codes && ret->values && ret->rows_values &&
                ret->views;
    return fine ? VONK_OK : VONK_NO_MEMORY;
}

vonk_status vonk_pq_chunk_open(vonk_pq_chunk *chunk, vonk_error *err)
{
    return chunk->rows_left > 0 ? vonk_pq_page_next(chunk, err) : VONK_OK;
}

void vonk_pq_chunk_close(vonk_pq_chunk *chunk)
{
    if (!chunk->memory)
        return;
    vonk_pq_page_drop(chunk);
    vonk_pq_memory_retire(chunk->memory, &chunk->dictionary_block);
}

vonk_status vonk_pq_chunk_skip(vonk_pq_chunk *chunk, uint64_t n, vonk_error *err)
{
    while (n > 0) {
        uint32_t left = chunk->page.n - chunk->page.at;
        if (n <= left) {
            chunk->page.at += (uint32_t)n;
            return VONK_OK;
        }
        n -= left;
        VONK_TRY(vonk_pq_page_next(chunk, err));
    }
    return VONK_OK;
}

static vonk_status ends_early(vonk_error *err)
{
    return vonk_fail(err, VONK_CORRUPT, "a page has fewer values than it says");
}

/* ---- dense values of the current page ---- */

static bool skip_bytes(vonk_pq_page *page, uint32_t n)
{
    const char *at = page->values, *end = page->end;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t length;
        if (end - at < 4)
            return false;
        memcpy(&length, at, 4);
        if (length > (size_t)(end - at) - 4)
            return false;
        at += 4 + (size_t)length;
    }
    page->values = at;
    return true;
}

/* vonk_string_of, by two loads where 12 bytes may be read. */
static inline vonk_string view_of(const char *data, uint32_t length, const char *readable)
{
    if (length > VONK_STRING_INLINE || readable - data < 12)
        return vonk_string_of(data, length);
    uint64_t low;
    uint32_t high;
    memcpy(&low, data, 8);
    memcpy(&high, data + 8, 4);
    uint64_t low_mask = length >= 8 ? UINT64_MAX : (UINT64_C(1) << (length * 8)) - 1;
    uint64_t high_mask = length > 8 ? (UINT64_C(1) << ((length - 8) * 8)) - 1 : 0;
    low &= low_mask;
    high &= (uint32_t)high_mask;
    vonk_string s = {.length = length};
    memcpy((char *)&s + 4, &low, 8);
    memcpy((char *)&s + 12, &high, 4);
    return s;
}

static bool read_bytes(vonk_pq_page *page, uint32_t n, vonk_string *ret)
{
    const char *at = page->values, *end = page->end;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t length;
        if (end - at < 4)
            return false;
        memcpy(&length, at, 4);
        if (length > (size_t)(end - at) - 4)
            return false;
        ret[i] = view_of(at + 4, length, page->readable);
        at += 4 + (size_t)length;
    }
    page->values = at;
    return true;
}

static bool read_boolean_bits(vonk_pq_page *page, uint32_t n, char *ret)
{
    uint64_t bit = page->bit;
    if ((uint64_t)(page->end - page->values) * 8 < bit + n)
        return false;
    for (uint32_t i = 0; i < n; i++, bit++)
        ret[i] = (char)(page->values[bit / 8] >> (bit % 8) & 1);
    page->bit = bit;
    return true;
}

static bool read_boolean_runs(vonk_pq_page *page, vonk_pq_scratch *scratch, uint32_t n, char *ret)
{
    if (!vonk_pq_hybrid_read(&page->codes, scratch->codes, n))
        return false;
    for (uint32_t i = 0; i < n; i++)
        ret[i] = (char)(scratch->codes[i] & 1);
    return true;
}

/* n dictionary codes, checked. */
static vonk_status read_codes(vonk_pq_chunk *chunk, uint32_t n, uint32_t *ret, vonk_error *err)
{
    if (!vonk_pq_hybrid_read(&chunk->page.codes, ret, n))
        return ends_early(err);
    uint32_t most = 0;
    for (uint32_t i = 0; i < n; i++)
        most = ret[i] > most ? ret[i] : most;
    if (n > 0 && most >= chunk->n_dictionary)
        return vonk_fail(err, VONK_CORRUPT, "dictionary code %u of %u", most, chunk->n_dictionary);
    return VONK_OK;
}

/* The next n values as the column wants them. Not for pages of codes. */
static vonk_status read_dense(vonk_pq_chunk *chunk, uint32_t n, char *ret, vonk_error *err)
{
    vonk_pq_page *page = &chunk->page;
    const vonk_pq_cast *cast = &chunk->cast;
    vonk_string *views =
        cast->op == VONK_PQ_COPY ? (vonk_string *)(void *)ret : chunk->scratch->views;
    bool fine = true;
    switch ((vonk_pq_form)page->form) {
    case VONK_PQ_FORM_FIXED: {
        const char *from = page->values;
        if ((size_t)(page->end - from) / cast->from_width < n)
            return ends_early(err);
        page->values += (size_t)n * cast->from_width;
        VONK_TRY(vonk_pq_page_make(page, page->values, err));
        return vonk_pq_convert(cast, from, n, ret, err);
    }
    case VONK_PQ_FORM_BYTES:
        if (!read_bytes(page, n, views))
            return ends_early(err);
        return cast->op == VONK_PQ_COPY ? VONK_OK : vonk_pq_convert(cast, views, n, ret, err);
    case VONK_PQ_FORM_VIEWS:
        if (page->views_end - page->views < (ptrdiff_t)n)
            return ends_early(err);
        page->views += n;
        return vonk_pq_convert(cast, page->views - n, n, ret, err);
    case VONK_PQ_FORM_BITS:
        fine = read_boolean_bits(page, n, ret);
        break;
    case VONK_PQ_FORM_RUNS:
        fine = read_boolean_runs(page, chunk->scratch, n, ret);
        break;
    default:
        fine = false;
        break;
    }
    return fine ? VONK_OK : ends_early(err);
}

static vonk_status skip_dense(vonk_pq_chunk *chunk, uint32_t n, vonk_error *err)
{
    vonk_pq_page *page = &chunk->page;
    bool fine = true;
    switch ((vonk_pq_form)page->form) {
    case VONK_PQ_FORM_FIXED:
        fine = (size_t)(page->end - page->values) / chunk->cast.from_width >= n;
        page->values += fine ? (size_t)n * chunk->cast.from_width : 0;
        break;
    case VONK_PQ_FORM_BYTES:
        fine = skip_bytes(page, n);
        break;
    case VONK_PQ_FORM_VIEWS:
        fine = page->views_end - page->views >= (ptrdiff_t)n;
        page->views += fine ? n : 0;
        break;
    case VONK_PQ_FORM_BITS:
        page->bit += n;
        break;
    default:
        fine = vonk_pq_hybrid_skip(&page->codes, n);
        break;
    }
    return fine ? VONK_OK : ends_early(err);
}

/* Opens the page and brings its cursor to where it is read next. */
static vonk_status settle(vonk_pq_chunk *chunk, vonk_error *err)
{
    vonk_pq_page *page = &chunk->page;
    if (!page->opened)
        VONK_TRY(vonk_pq_page_open(chunk, err));
    while (page->cursor < page->at) {
        uint32_t n = page->at - page->cursor, n_valid = n;
        if (n > chunk->scratch->rows)
            n = n_valid = chunk->scratch->rows;
        if (page->has_levels) {
            n_valid = 0;
            if (!vonk_pq_hybrid_bits(&page->levels, chunk->scratch->levels, 0, n, &n_valid))
                return ends_early(err);
        }
        VONK_TRY(skip_dense(chunk, n_valid, err));
        page->cursor += n;
    }
    return VONK_OK;
}

/* ---- the sink ---- */

static vonk_status sink_codes(sink *out, vonk_error *err)
{
    if (!out->codes)
        out->codes = vonk_arena_alloc(out->arena, ((size_t)out->n + 16) * 4, err);
    return out->codes ? VONK_OK : VONK_NO_MEMORY;
}

/* Makes room for flat values and brings codes written so far there. */
static vonk_status sink_flat(sink *out, vonk_error *err)
{
    size_t width = out->chunk->cast.to_width;
    if (!out->values) {
        out->values = vonk_arena_alloc(out->arena, ((size_t)out->n + 64) * width, err);
        VONK_TRY_ALLOC(out->values);
    }
    if (out->codes) {
        vonk_pq_gather((uint32_t)width, out->chunk->dictionary, out->codes, 0, out->filled,
                       out->values);
        out->codes = NULL;
    }
    return VONK_OK;
}

static vonk_status sink_validity(sink *out, const segment *part, vonk_error *err)
{
    if (!part->valid && !out->validity)
        return VONK_OK;
    if (!out->validity) {
        out->validity = vonk_arena_zalloc(out->arena, vonk_bitmap_words(out->n) * 8 + 64, err);
        VONK_TRY_ALLOC(out->validity);
        vonk_pq_fill_bits(out->validity, 0, out->filled, true);
    }
    if (!part->valid) {
        vonk_pq_fill_bits(out->validity, out->filled, part->n, true);
    } else if (!part->sel) {
        const uint8_t *bits = (const uint8_t *)part->valid;
        (void)vonk_pq_copy_bits(out->validity, out->filled, bits, 0,
                                bits + vonk_bitmap_words(part->rows) * 8, part->n);
    } else {
        for (uint32_t i = 0; i < part->n; i++)
            vonk_bit_set(out->validity, out->filled + i,
                         vonk_bit_get(part->valid, part->sel[i] - part->base));
    }
    return VONK_OK;
}

/* ---- segments ---- */

static vonk_status segment_codes(vonk_pq_chunk *chunk, const segment *part, sink *out,
                                 vonk_error *err)
{
    vonk_pq_scratch *scratch = chunk->scratch;
    bool strings = chunk->cast.type.id == VONK_STRING || chunk->cast.type.id == VONK_BINARY;
    bool as_codes = (strings || chunk->keep_codes) && !out->values;
    if (as_codes)
        VONK_TRY(sink_codes(out, err));
    else
        VONK_TRY(sink_flat(out, err));
    uint32_t *to = as_codes ? out->codes + out->filled : scratch->row_codes;
    uint32_t *codes = part->valid || part->sel ? scratch->codes : to;
    VONK_TRY(read_codes(chunk, part->n_valid, codes, err));
    if (part->valid) {
        codes[part->n_valid] = 0;
        uint32_t *spread = part->sel ? scratch->row_codes : to;
        vonk_pq_expand(4, codes, part->valid, part->rows, spread);
        codes = spread;
    }
    if (part->sel) {
        uint32_t *picked = codes == to ? scratch->codes : to;
        vonk_pq_gather(4, codes, part->sel, part->base, part->n, picked);
        codes = picked;
    }
    if (!as_codes) {
        uint32_t width = chunk->cast.to_width;
        vonk_pq_gather(width, chunk->dictionary, codes, 0, part->n,
                       out->values + (size_t)out->filled * width);
    }
    return VONK_OK;
}

/* A page's own values serve as the column's: all of it, aligned, and readable a bit further. */
static bool can_borrow(const vonk_pq_chunk *chunk, const segment *part, const sink *out)
{
    const vonk_pq_page *page = &chunk->page;
    size_t bytes = (size_t)part->rows * chunk->cast.to_width;
    return part->n == out->n && !part->sel && !part->valid &&
           (uintptr_t)page->values % chunk->cast.to_width == 0 &&
           (size_t)(page->readable - page->values) >= bytes + VONK_PQ_SLACK;
}

/* Plain values without nulls: borrowed, or the selected ones picked from the page. */
static vonk_status segment_plain(vonk_pq_chunk *chunk, const segment *part, sink *out,
                                 vonk_error *err)
{
    vonk_pq_page *page = &chunk->page;
    uint32_t width = chunk->cast.to_width;
    if ((size_t)(page->end - page->values) / width < part->rows)
        return ends_early(err);
    uint32_t n_made = part->sel ? part->sel[part->n - 1] - part->base + 1 : part->rows;
    VONK_TRY(vonk_pq_page_make(page, page->values + (size_t)n_made * width, err));
    if (can_borrow(chunk, part, out)) {
        out->values = (char *)page->values;
        out->borrowed = true;
    } else {
        VONK_TRY(sink_flat(out, err));
        char *to = out->values + (size_t)out->filled * width;
        if (part->sel)
            vonk_pq_gather(width, page->values, part->sel, part->base, part->n, to);
        else
            memcpy(to, page->values, (size_t)part->n * width);
    }
    page->values += (size_t)part->rows * width;
    return VONK_OK;
}

/* Plain byte arrays without nulls of which some are selected: the others are only stepped over. */
static vonk_status segment_picked_bytes(vonk_pq_chunk *chunk, const segment *part, sink *out,
                                        vonk_error *err)
{
    VONK_TRY(sink_flat(out, err));
    vonk_string *to = (vonk_string *)(void *)out->values + out->filled;
    uint32_t row = 0;
    for (uint32_t i = 0; i < part->n; i++) {
        uint32_t wanted = part->sel[i] - part->base;
        if (!skip_bytes(&chunk->page, wanted - row) || !read_bytes(&chunk->page, 1, to + i))
            return ends_early(err);
        row = wanted + 1;
    }
    return skip_bytes(&chunk->page, part->rows - row) ? VONK_OK : ends_early(err);
}

static vonk_status segment_values(vonk_pq_chunk *chunk, const segment *part, sink *out,
                                  vonk_error *err)
{
    vonk_pq_scratch *scratch = chunk->scratch;
    uint32_t width = chunk->cast.to_width;
    uint8_t form = chunk->page.form;
    bool plain = chunk->cast.op == VONK_PQ_COPY && !part->valid;
    if (plain && form == VONK_PQ_FORM_FIXED)
        return segment_plain(chunk, part, out, err);
    if (plain && form == VONK_PQ_FORM_BYTES && part->sel)
        return segment_picked_bytes(chunk, part, out, err);
    VONK_TRY(sink_flat(out, err));
    char *to = out->values + (size_t)out->filled * width;
    char *values = part->valid || part->sel ? scratch->values : to;
    VONK_TRY(read_dense(chunk, part->n_valid, values, err));
    if (part->valid) {
        memset(values + (size_t)part->n_valid * width, 0, width);
        char *spread = part->sel ? scratch->rows_values : to;
        vonk_pq_expand(width, values, part->valid, part->rows, spread);
        values = spread;
    }
    if (part->sel)
        vonk_pq_gather(width, values, part->sel, part->base, part->n, to);
    return VONK_OK;
}

static vonk_status read_segment(vonk_pq_chunk *chunk, segment *part, sink *out, vonk_error *err)
{
    vonk_pq_page *page = &chunk->page;
    VONK_TRY(settle(chunk, err));
    part->n_valid = part->rows;
    if (page->has_levels) {
        part->n_valid = 0;
        if (!vonk_pq_hybrid_bits(&page->levels, chunk->scratch->levels, 0, part->rows,
                                 &part->n_valid))
            return ends_early(err);
        if (part->n_valid < part->rows)
            part->valid = chunk->scratch->levels;
    }
    VONK_TRY(page->form == VONK_PQ_FORM_CODES ? segment_codes(chunk, part, out, err)
                                              : segment_values(chunk, part, out, err));
    VONK_TRY(sink_validity(out, part, err));
    out->filled += part->n;
    page->at += part->rows;
    page->cursor = page->at;
    return VONK_OK;
}

/* ---- reads ---- */

static vonk_status finish_boolean(const sink *out, vonk_column *ret, vonk_error *err)
{
    uint64_t *bits = vonk_arena_zalloc(out->arena, vonk_bitmap_words(out->n) * 8 + 64, err);
    VONK_TRY_ALLOC(bits);
    for (uint32_t i = 0; i < out->n; i++)
        bits[i / 64] |= (uint64_t)(out->values[i] & 1) << (i % 64);
    ret->values = bits;
    return VONK_OK;
}

static vonk_status finish(sink *out, vonk_column *ret, vonk_error *err)
{
    vonk_column col = {.type = out->chunk->cast.type, .length = out->n, .validity = out->validity};
    if (out->codes) {
        col.encoding = VONK_DICTIONARY;
        col.codes = out->codes;
        col.values = out->chunk->dictionary;
        col.n_dictionary = out->chunk->n_dictionary ? out->chunk->n_dictionary : 1;
    } else {
        VONK_TRY(sink_flat(out, err));
        col.values = out->values;
        if (col.type.id == VONK_BOOL)
            VONK_TRY(finish_boolean(out, &col, err));
    }
    *ret = col;
    return VONK_OK;
}

/* How many of sel[0..n) are below `end`. */
static uint32_t count_below(const uint32_t *sel, uint32_t n, uint32_t end)
{
    uint32_t low = 0;
    while (low < n) {
        uint32_t middle = low + (n - low) / 2;
        if (sel[middle] < end)
            low = middle + 1;
        else
            n = middle;
    }
    return low;
}

vonk_status vonk_pq_chunk_read(vonk_pq_chunk *chunk, vonk_arena *arena, uint32_t n,
                               const uint32_t *sel, uint32_t n_sel, vonk_column *ret,
                               vonk_error *err)
{
    sink out = {.chunk = chunk, .arena = arena, .n = sel ? n_sel : n};
    uint32_t done = 0; /* entries of sel */
    for (uint32_t row = 0; row < n;) {
        vonk_pq_page *page = &chunk->page;
        if (page->at == page->n) {
            VONK_TRY(vonk_pq_page_next(chunk, err));
            continue;
        }
        uint32_t rows = page->n - page->at < n - row ? page->n - page->at : n - row;
        segment part = {.rows = rows, .n = rows, .base = row};
        if (sel) {
            part.sel = sel + done;
            part.n = count_below(sel + done, n_sel - done, row + rows);
            done += part.n;
        }
        if (part.n == 0)
            page->at += rows;
        else
            VONK_TRY(read_segment(chunk, &part, &out, err));
        row += rows;
    }
    return finish(&out, ret, err);
}
