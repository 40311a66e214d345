/* spilling.c - the share of a task, and rows divided by their keys. */
#include "exec/spilling.h"

#include <string.h>

#include "kernel/kernel.h"

typedef struct holding {
    size_t bytes;
    size_t n; /* operators that can hold rows */
} holding;

static size_t held_by(const vonk_operator *op)
{
    return op->ops->held ? op->ops->held(op) : 0;
}

static holding held_by_task(const vonk_run *run)
{
    holding sum = {0, 0};
    for (const vonk_operator *op = run->operators; op; op = op->created) {
        sum.bytes += held_by(op);
        sum.n += op->ops->held != NULL;
    }
    return sum;
}

bool vonk_spill_is_forced(vonk_operator *op)
{
    uint32_t every = op->run->spill_every;
    return every && ++op->n_asked % every == 0;
}

bool vonk_must_spill(vonk_operator *op, size_t more)
{
    if (vonk_spill_is_forced(op))
        return true;
    size_t share = vonk_memory_share(op->run->worker->memory);
    if (share == SIZE_MAX)
        return false;
    holding all = held_by_task(op->run);
    bool full = all.bytes + more > share || vonk_memory_is_tight(op->run->worker->memory, more);
    return full && held_by(op) + more > share / (2 * (all.n ? all.n : 1));
}

size_t vonk_spill_room(const vonk_operator *op)
{
    size_t share = vonk_memory_share(op->run->worker->memory);
    if (op->run->spill_every)
        return 4096;
    if (share == SIZE_MAX)
        return SIZE_MAX;
    holding all = held_by_task(op->run);
    size_t least = share / (2 * (all.n ? all.n : 1)), others = all.bytes - held_by(op);
    return share > others + least ? share - others : least;
}

vonk_status vonk_spill_start(vonk_operator *op, vonk_spill **spill, vonk_error *err)
{
    const vonk_worker *worker = op->run->worker;
    return *spill ? VONK_OK : vonk_spill_open(worker->spill_dir, worker->budget, spill, err);
}

/* The bits of a level, of a hash whose high bits say where the exchange sent the row. */
static inline uint32_t part_of(uint64_t hash, uint32_t level)
{
    return (uint32_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> (60 - 4 * level)) % VONK_SPILL_PARTS;
}

/* Rows of part p: sel[starts[p - 1]] .. sel[starts[p]]; counting sort. */
static void sort_by_part(const uint64_t *hash, uint32_t n, uint32_t level, uint32_t *sel,
                         uint32_t starts[VONK_SPILL_PARTS + 1])
{
    memset(starts, 0, (VONK_SPILL_PARTS + 1) * sizeof(*starts));
    for (uint32_t i = 0; i < n; i++)
        starts[part_of(hash[i], level) + 1]++;
    for (uint32_t p = 0; p < VONK_SPILL_PARTS; p++)
        starts[p + 1] += starts[p];
    for (uint32_t i = 0; i < n; i++)
        sel[starts[part_of(hash[i], level)]++] = i;
}

static vonk_status put_part(vonk_spill_parts *parts, uint32_t part, vonk_arena *arena,
                            const vonk_batch *batch, const uint32_t *sel, uint32_t n,
                            vonk_error *err)
{
    vonk_batch out = {.n_rows = n, .n_columns = batch->n_columns};
    vonk_arena_reset(arena);
    out.columns = VONK_NEW_ARRAY(arena, vonk_column, batch->n_columns, err);
    VONK_TRY_ALLOC(out.columns);
    for (uint32_t c = 0; c < batch->n_columns; c++)
        VONK_TRY(vonk_take(arena, &batch->columns[c], sel, n, false, &out.columns[c], err));
    return vonk_spill_put(parts->file, &parts->runs[part], &out, err);
}

vonk_status vonk_spill_divide(vonk_operator *op, vonk_spill_parts *parts, const vonk_column *keys,
                              uint32_t n_keys, const vonk_batch *batch, vonk_error *err)
{
    uint32_t n = batch->n_rows, starts[VONK_SPILL_PARTS + 1];
    if (!n)
        return VONK_OK;
    VONK_TRY(vonk_spill_start(op, &parts->file, err));
    uint64_t before = vonk_spill_size(parts->file);
    uint64_t *hash = vonk_arena_zalloc(&op->batch, n * sizeof(*hash), err);
    uint32_t *sel = hash ? vonk_arena_alloc(&op->batch, n * sizeof(*sel), err) : NULL;
    VONK_TRY_ALLOC(sel);
    for (uint32_t k = 0; k < n_keys; k++)
        vonk_hash(&keys[k], k > 0, hash);
    sort_by_part(hash, n, parts->level, sel, starts);
    vonk_arena arena = vonk_run_arena(op->run);
    vonk_status status = VONK_OK;
    for (uint32_t p = 0, from = 0; p < VONK_SPILL_PARTS && status == VONK_OK; from = starts[p++])
        if (starts[p] > from)
            status = put_part(parts, p, &arena, batch, sel + from, starts[p] - from, err);
    vonk_arena_free(&arena);
    vonk_operator_spilled(op, vonk_spill_size(parts->file) - before);
    return status;
}

void vonk_spill_parts_free(vonk_spill_parts *parts)
{
    for (uint32_t p = 0; p < VONK_SPILL_PARTS; p++)
        vonk_spill_run_free(&parts->runs[p]);
    vonk_spill_unref(parts->file);
    parts->file = NULL;
}
