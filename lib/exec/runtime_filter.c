/* runtime_filter.c - following a join's keys down to the scans that they come from. */
#include "exec/runtime_filter.h"

#include <stdlib.h>

#include "exec/ahead.h"
#include "exec/join_build.h"
#include "exec/shared.h"
#include "plan/trace.h"

/* The scan and its column that key `k` of the join comes from, or NULL. */
static const vonk_physical *find_scan(const vonk_physical *join, uint32_t k, uint32_t *ret_column)
{
    const vonk_expr *key = vonk_expr_bare_input(join->keys[k]);
    const vonk_physical *node = join->children[0];
    if (!key || k >= 64 || (join->null_safe >> k & 1) ||
        !vonk_key_filter_takes(join->right_keys[k]->type) ||
        !vonk_type_equal(key->type, join->right_keys[k]->type))
        return NULL;
    *ret_column = key->index;
    while (node && node->kind != VONK_OP_SCAN)
        node = vonk_physical_trace(node, ret_column);
    return node;
}

uint64_t vonk_runtime_filter_keys(const vonk_physical *join)
{
    uint64_t keys = 0;
    uint32_t column;
    for (uint32_t k = 0; k < join->n_keys && vonk_join_filters_probe(join->join_type); k++) {
        if (find_scan(join, k, &column))
            keys |= UINT64_C(1) << k;
    }
    return keys;
}

vonk_status vonk_runtime_filters_add(vonk_run *run, const vonk_physical *join,
                                     vonk_build *const *build, vonk_error *err)
{
    for (uint32_t k = 0; k < join->n_keys && vonk_join_filters_probe(join->join_type); k++) {
        uint32_t column;
        const vonk_physical *scan = find_scan(join, k, &column);
        if (!scan)
            continue;
        vonk_runtime_filter *filter = VONK_NEW(&run->arena, vonk_runtime_filter, err);
        VONK_TRY_ALLOC(filter);
        *filter = (vonk_runtime_filter){
            .next = run->filters, .scan_id = scan->id, .column = column, .build = build, .key = k};
        run->filters = filter;
    }
    return VONK_OK;
}

vonk_status vonk_runtime_range_add(vonk_run *run, const vonk_physical *sort, vonk_top_range **ret,
                                   vonk_error *err)
{
    const vonk_expr *key = vonk_expr_bare_input(sort->keys[0]->args[0]);
    const vonk_physical *node = sort->children[0];
    *ret = NULL;
    if (sort->limit < 0 || !key || !vonk_key_filter_takes(key->type))
        return VONK_OK;
    uint32_t column = key->index;
    while (node && node->kind != VONK_OP_SCAN)
        node = vonk_physical_trace(node, &column);
    if (!node || !vonk_type_equal(node->output.fields[column].type, key->type))
        return VONK_OK;
    vonk_runtime_filter *filter = VONK_NEW(&run->arena, vonk_runtime_filter, err);
    VONK_TRY_ALLOC(filter);
    vonk_top_range *range = NULL;
    VONK_TRY(vonk_top_range_new(run, sort, key->index, &range, err));
    *filter = (vonk_runtime_filter){
        .next = run->filters, .scan_id = node->id, .column = column, .range = &range->filter};
    run->filters = filter;
    *ret = range;
    return VONK_OK;
}

/* ---- keys of exchanges ---- */

/* A set that the tasks of an executor share; filter NULL: there is no room for one. */
typedef struct exchanged_keys {
    vonk_arena arena;
    vonk_key_filter *filter;
} exchanged_keys;

typedef struct making {
    vonk_run *run;
    const vonk_physical *read;
    const vonk_expr *key; /* over the READ's output */
} making;

static void free_keys(void *object)
{
    exchanged_keys *keys = object;
    vonk_arena_free(&keys->arena);
    free(keys);
}

/* Appends the key of each row of a block. */
static vonk_status add_keys(const making *m, vonk_arena *arena, const vonk_block *from,
                            vonk_block *into, vonk_error *err)
{
    vonk_eval ctx = {.arena = arena, .settings = &m->run->task->settings};
    for (uint32_t b = 0, n = vonk_block_batches(from); b < n; b++) {
        vonk_column key;
        vonk_batch rows;
        vonk_arena_reset(arena);
        VONK_TRY(vonk_eval_check(ctx.settings, err));
        VONK_TRY(vonk_block_batch(from, b, arena, &rows, err));
        VONK_TRY(vonk_expr_eval(m->key, &rows, &ctx, &key, err));
        vonk_batch one = {.n_rows = rows.n_rows, .n_columns = 1, .columns = &key};
        VONK_TRY(vonk_block_append(into, &one, NULL, one.n_rows, err));
    }
    return VONK_OK;
}

/* Whether the keys so far, all of them once more and a set of them leave too little for the rest.
 */
static bool too_many(const making *m, const vonk_block *keys)
{
    const vonk_memory *memory = m->run->worker->memory;
    size_t bytes = keys->arena.total;
    return memory->pool && (bytes > memory->pool / 8 || vonk_memory_is_tight(memory, bytes * 2));
}

static vonk_status collect_blocks(const making *m, vonk_ahead *ahead, vonk_block *into,
                                  vonk_error *err)
{
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = vonk_run_arena(m->run);
    for (bool done = false; !done;) {
        vonk_block *block = NULL;
        vonk_status status = vonk_ahead_next(ahead, &block, &done, err);
        if (status == VONK_OK && block)
            status = add_keys(m, &arena, block, into, err);
        vonk_block_unref(block);
        VONK_TRY(status);
        if (too_many(m, into))
            return vonk_fail(err, VONK_NO_MEMORY, "too many keys for a filter");
    }
    return VONK_OK;
}

/* All keys of the exchange: every partition of every map task. VONK_NO_MEMORY if that is a lot. */
static vonk_status collect_keys(const making *m, vonk_arena *arena, vonk_block *into,
                                vonk_error *err)
{
    const vonk_input *input = NULL;
    VONK_TRY(vonk_read_input(m->run->task, m->read->exchange_id, &input, err));
    bool one = m->read->partitioning == VONK_PART_BROADCAST;
    vonk_ahead *ahead = NULL;
    vonk_ahead_wanted wanted;
    uint32_t n = one ? 1 : m->read->n_partitions;
    VONK_TRY(vonk_ahead_of_maps(arena, input, 0, n, &wanted, err));
    VONK_TRY(vonk_ahead_open(m->run, &wanted, &ahead, err));
    vonk_status status = collect_blocks(m, ahead, into, err);
    vonk_ahead_close(ahead);
    return status;
}

static vonk_status make_set(const making *m, vonk_block *rows, exchanged_keys *keys,
                            vonk_error *err)
{
    VONK_CLEANUP(vonk_arena_free) vonk_arena arena = vonk_arena_beside(&keys->arena);
    vonk_field field = {.name = "key", .type = m->key->type, .nullable = true};
    vonk_schema schema = {1, &field};
    vonk_batch all;
    VONK_TRY(collect_keys(m, &arena, rows, err));
    VONK_TRY(vonk_block_concat(rows, &schema, &arena, &all, err));
    return vonk_key_filter_new(&keys->arena, &all.columns[0], &keys->filter, err);
}

static vonk_status make_keys(void *context, void **ret, vonk_error *err)
{
    const making *m = context;
    vonk_block *rows = NULL;
    exchanged_keys *keys = calloc(1, sizeof(*keys));
    if (!keys)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory");
    keys->arena.budget = m->run->worker->budget;
    keys->arena.stop = m->run->cancelled;
    vonk_status status = vonk_block_new(keys->arena.budget, &rows, err);
    if (status == VONK_OK)
        status = make_set(m, rows, keys, err);
    vonk_block_unref(rows);
    keys->arena.stop = NULL;        /* the keys outlive the task */
    if (status == VONK_NO_MEMORY) { /* it would save time, no more */
        vonk_arena_free(&keys->arena);
        keys->filter = NULL;
        status = VONK_OK;
    }
    if (status != VONK_OK)
        free_keys(keys);
    else
        *ret = keys;
    return status;
}

static vonk_status keys_of(vonk_run *run, const vonk_physical *scan, uint32_t which,
                           vonk_scan_probe *ret, vonk_error *err)
{
    making m = {run, scan->children[which], scan->right_keys[which]};
    vonk_shared_maker maker = {&m, make_keys, free_keys};
    void *object = NULL;
    VONK_TRY(
        vonk_shared_get(run->worker->shared, run->task->job, m.read->id, &maker, &object, err));
    const exchanged_keys *keys = object;
    *ret = (vonk_scan_probe){scan->keys[which]->index, keys->filter};
    return VONK_OK;
}

/* What a filter lets through, if the scan's keys are spread evenly over those of the set. */
static double density(const vonk_key_filter *filter)
{
    double range = (double)filter->max - (double)filter->min + 1;
    return filter->n_keys ? (double)filter->n_keys / range : 0;
}

/* The filter that likely leaves fewest rows is asked first. */
static void sort_probes(vonk_scan_probe *probes, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        vonk_scan_probe probe = probes[i];
        uint32_t at = i;
        for (; at > 0 && density(probes[at - 1].keys) > density(probe.keys); at--)
            probes[at] = probes[at - 1];
        probes[at] = probe;
    }
}

vonk_status vonk_runtime_filters_of(vonk_run *run, const vonk_physical *scan, vonk_scan_probe **ret,
                                    uint32_t *ret_n, vonk_error *err)
{
    uint32_t n = scan->n_children;
    for (const vonk_runtime_filter *f = run->filters; f; f = f->next)
        n += f->scan_id == scan->id;
    vonk_scan_probe *probes = VONK_NEW_ARRAY(&run->arena, vonk_scan_probe, n, err);
    VONK_TRY_ALLOC(probes);
    n = 0;
    for (const vonk_runtime_filter *f = run->filters; f; f = f->next) {
        if (f->range && f->scan_id == scan->id)
            probes[n++] = (vonk_scan_probe){f->column, f->range};
        const vonk_build *build = f->build && f->scan_id == scan->id ? *f->build : NULL;
        if (build && build->filters && build->filters[f->key])
            probes[n++] = (vonk_scan_probe){f->column, build->filters[f->key]};
    }
    for (uint32_t i = 0; i < scan->n_children; i++) {
        VONK_TRY(keys_of(run, scan, i, &probes[n], err));
        n += probes[n].keys != NULL;
    }
    sort_probes(probes, n);
    *ret = probes;
    *ret_n = n;
    return VONK_OK;
}
