/* exchange.c - the sink of a map task: rows into one block a partition, published at the end. */
#include <string.h>

#include "exec/exchange.h"
#include "exec/range.h"
#include "exec/spilling.h"
#include "kernel/kernel.h"

typedef struct exchange {
    vonk_operator op;
    uint32_t n_partitions;
    uint32_t turn; /* round robin: the next partition */
    vonk_block **blocks;
    vonk_column *keys;
    vonk_spill *spill;
    uint32_t *starts; /* n_partitions + 1: where each partition's rows begin in the selection */
} exchange;

static vonk_status append(exchange *x, uint32_t partition, const vonk_batch *in,
                          const uint32_t *sel, uint32_t n, vonk_error *err)
{
    if (!n)
        return VONK_OK;
    if (!x->blocks[partition])
        VONK_TRY(vonk_run_block(x->op.run, &x->blocks[partition], err));
    return vonk_block_append(x->blocks[partition], in, sel, n, err);
}

/* Which partition a hash belongs to: the high half, since tables inside use the low bits. */
static inline uint32_t partition_of(uint64_t hash, uint32_t n)
{
    return (uint32_t)((hash >> 32) * n >> 32);
}

/* Orders the rows by partition: counting sort. */
static vonk_status push_hash(exchange *x, const vonk_batch *in, vonk_error *err)
{
    vonk_operator *op = &x->op;
    const vonk_physical *node = op->node;
    VONK_TRY(vonk_operator_eval(op, node->keys, node->n_keys, in, x->keys, err));
    uint64_t *hash = vonk_arena_alloc(&op->batch, in->n_rows * sizeof(*hash), err);
    uint32_t *sel = hash ? vonk_arena_alloc(&op->batch, in->n_rows * sizeof(*sel), err) : NULL;
    VONK_TRY_ALLOC(sel);
    for (uint32_t k = 0; k < node->n_keys; k++)
        vonk_hash(&x->keys[k], k > 0, hash);
    uint32_t *starts = x->starts;
    memset(starts, 0, (x->n_partitions + 1) * sizeof(*starts));
    for (uint32_t i = 0; i < in->n_rows; i++)
        starts[partition_of(hash[i], x->n_partitions) + 1]++;
    for (uint32_t p = 0; p < x->n_partitions; p++)
        starts[p + 1] += starts[p];
    for (uint32_t i = 0; i < in->n_rows; i++)
        sel[starts[partition_of(hash[i], x->n_partitions)]++] = i;
    /* now starts[p] is where partition p ends */
    for (uint32_t p = 0, from = 0; p < x->n_partitions; from = starts[p++])
        VONK_TRY(append(x, p, in, sel + from, starts[p] - from, err));
    return VONK_OK;
}

/* Moves all rows to disk. */
static vonk_status spill(exchange *x, vonk_error *err)
{
    VONK_TRY(vonk_spill_start(&x->op, &x->spill, err));
    uint64_t before = vonk_spill_size(x->spill);
    for (uint32_t p = 0; p < x->n_partitions; p++) {
        if (x->blocks[p])
            VONK_TRY(vonk_block_evict(x->blocks[p], x->spill, err));
    }
    vonk_operator_spilled(&x->op, vonk_spill_size(x->spill) - before);
    return VONK_OK;
}

static size_t held(const vonk_operator *op)
{
    const exchange *x = (const exchange *)op;
    size_t bytes = 0;
    for (uint32_t p = 0; p < x->n_partitions; p++)
        bytes += x->blocks[p] ? x->blocks[p]->arena.total : 0;
    return bytes;
}

static vonk_status push(vonk_operator *op, const vonk_batch *in, vonk_error *err)
{
    exchange *x = (exchange *)op;
    vonk_arena_reset(&op->batch);
    if (vonk_must_spill(op, vonk_batch_bytes(in)))
        VONK_TRY(spill(x, err));
    if (op->node->partitioning == VONK_PART_HASH && x->n_partitions > 1)
        return push_hash(x, in, err);
    uint32_t partition = 0;
    if (op->node->partitioning == VONK_PART_ROUND_ROBIN)
        partition = x->turn++ % x->n_partitions;
    return append(x, partition, in, NULL, in->n_rows, err);
}

vonk_status vonk_exchange_commit(vonk_operator *op, vonk_block **blocks, uint32_t first, uint32_t n,
                                 vonk_spill *spill, vonk_error *err)
{
    const vonk_task *task = op->run->task;
    vonk_task_metrics *metrics = &op->run->result->metrics;
    if (spill)
        VONK_TRY(vonk_spill_flush(spill, err));
    for (uint32_t p = first; p < n; p++) {
        if (!blocks[p])
            continue;
        metrics->rows_out += blocks[p]->n_rows;
        metrics->bytes_out += blocks[p]->n_bytes;
        vonk_record_add(op->record, VONK_METRIC_ROWS_OUT, blocks[p]->n_rows);
        vonk_record_add(op->record, VONK_METRIC_BYTES_WRITTEN, blocks[p]->n_bytes);
    }
    return vonk_store_commit(op->run->worker->store, task->job, op->node->exchange_id, task->index,
                             blocks, n, err);
}

static vonk_status finish(vonk_operator *op, vonk_error *err)
{
    exchange *x = (exchange *)op;
    if (!vonk_memory_may_store(op->run->worker->memory, held(op)))
        VONK_TRY(spill(x, err));
    return vonk_exchange_commit(op, x->blocks, 0, x->n_partitions, x->spill, err);
}

static void close_blocks(vonk_operator *op)
{
    exchange *x = (exchange *)op;
    for (uint32_t p = 0; p < x->n_partitions; p++)
        vonk_block_unref(x->blocks[p]);
    vonk_spill_unref(x->spill);
}

static const vonk_operator_ops ops = {.name = "exchange",
                                      .push = push,
                                      .finish = finish,
                                      .close = close_blocks,
                                      .held = held,
                                      .keeps = true};

vonk_status vonk_exchange_new(vonk_run *run, const vonk_physical *node, vonk_operator **ret,
                              vonk_error *err)
{
    vonk_operator *op = NULL;
    if (node->partitioning == VONK_PART_RANGE)
        return vonk_range_exchange_new(run, node, ret, err);
    VONK_TRY(vonk_operator_new(run, &ops, node, sizeof(exchange), &op, err));
    exchange *x = (exchange *)op;
    uint32_t n = node->n_partitions ? node->n_partitions : 1;
    x->keys = VONK_NEW_ARRAY(&run->arena, vonk_column, node->n_keys, err);
    VONK_TRY_ALLOC(x->keys);
    x->starts = VONK_NEW_ARRAY(&run->arena, uint32_t, n + 1, err);
    VONK_TRY_ALLOC(x->starts);
    x->blocks = VONK_NEW_ARRAY(&run->arena, vonk_block *, n, err);
    VONK_TRY_ALLOC(x->blocks);
    x->n_partitions = n;
    x->turn = run->task->index;
    *ret = op;
    return VONK_OK;
}
