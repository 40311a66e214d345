/* block_cursor.c - batch after batch; rows that are wanted are copied, those of a batch at a time.
 */
#include "shuffle/block_cursor.h"

#include "kernel/kernel.h"

void vonk_block_cursor_init(vonk_block_cursor *cursor, const vonk_block *block, bool backwards)
{
    *cursor = (vonk_block_cursor){
        .block = block, .backwards = backwards, .arena.budget = block->arena.budget};
}

void vonk_block_cursor_fini(vonk_block_cursor *cursor)
{
    vonk_arena_free(&cursor->arena);
}

vonk_status vonk_block_cursor_seek(vonk_block_cursor *cursor, uint64_t row, uint32_t *ret,
                                   vonk_error *err)
{
    uint32_t n = vonk_block_batches(cursor->block);
    while (row >= cursor->start + cursor->rows.n_rows) {
        if (cursor->next == n)
            return vonk_fail(err, VONK_INVALID, "a block without row %llu",
                             (unsigned long long)row);
        uint32_t at = cursor->backwards ? n - 1 - cursor->next : cursor->next;
        cursor->next++;
        cursor->start += cursor->rows.n_rows;
        cursor->rows = (vonk_batch){0};
        vonk_arena_reset(&cursor->arena);
        VONK_TRY(vonk_block_batch(cursor->block, at, &cursor->arena, &cursor->rows, err));
    }
    uint32_t place = (uint32_t)(row - cursor->start);
    *ret = cursor->backwards ? cursor->rows.n_rows - 1 - place : place;
    return VONK_OK;
}

void vonk_block_gather_init(vonk_block_gather *gather, const vonk_block *block,
                            const vonk_schema *schema, bool backwards)
{
    *gather = (vonk_block_gather){.schema = schema, .arena.budget = block->arena.budget};
    vonk_block_cursor_init(&gather->cursor, block, backwards);
}

void vonk_block_gather_fini(vonk_block_gather *gather)
{
    vonk_block_cursor_fini(&gather->cursor);
    vonk_block_unref(gather->kept);
    vonk_arena_free(&gather->arena);
}

static bool in_batch(const vonk_block_cursor *c, uint64_t row)
{
    return row >= c->start && row < c->start + c->rows.n_rows;
}

/* Appends places[0..*n) of the cursor's batch. */
static vonk_status keep(vonk_block_gather *g, const uint32_t *places, uint32_t *n, vonk_error *err)
{
    uint32_t k = *n;
    *n = 0;
    return k ? vonk_block_append(g->kept, &g->cursor.rows, places, k, err) : VONK_OK;
}

static vonk_status keep_all(vonk_block_gather *g, const uint64_t *rows, uint32_t n,
                            uint32_t *places, uint32_t *ret_sel, vonk_error *err)
{
    uint64_t last = VONK_NO_BLOCK_ROW;
    uint32_t n_places = 0, n_kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        ret_sel[i] = VONK_NO_ROW;
        if (rows[i] == VONK_NO_BLOCK_ROW)
            continue;
        if (rows[i] != last) {
            if (!in_batch(&g->cursor, rows[i]))
                VONK_TRY(keep(g, places, &n_places, err));
            VONK_TRY(vonk_block_cursor_seek(&g->cursor, rows[i], &places[n_places++], err));
            n_kept++;
        }
        last = rows[i];
        ret_sel[i] = n_kept - 1;
    }
    return keep(g, places, &n_places, err);
}

vonk_status vonk_block_gather_get(vonk_block_gather *gather, const uint64_t *rows, uint32_t n,
                                  uint32_t *ret_sel, vonk_batch *ret, vonk_error *err)
{
    vonk_block_unref(gather->kept);
    gather->kept = NULL;
    vonk_arena_reset(&gather->arena);
    uint32_t *places = vonk_arena_alloc(&gather->arena, ((size_t)n + 1) * sizeof(*places), err);
    VONK_TRY_ALLOC(places);
    VONK_TRY(vonk_block_beside(&gather->arena, &gather->kept, err));
    VONK_TRY(keep_all(gather, rows, n, places, ret_sel, err));
    return vonk_block_concat(gather->kept, gather->schema, &gather->arena, ret, err);
}
