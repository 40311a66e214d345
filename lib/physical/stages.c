/* stages.c - a physical plan cut at its exchanges, and the splits of each stage's tasks. */
#include <string.h>
#include <strings.h>

#include "physical/planner.h"

#define MIN_SPLIT_BYTES ((uint64_t)1 << 20)
#define OPEN_FILE_BYTES ((uint64_t)4 << 20) /* spark.sql.files.openCostInBytes: a file's weight */
#define MAX_TASKS       100000u

typedef struct cutter {
    vonk_planner *p;
    vonk_stage *stages;
    uint32_t n, capacity;
    uint32_t *stage_of; /* exchange id -> stage + 1; 0: not cut yet */
    vonk_error *err;
} cutter;

static vonk_status cut(cutter *c, vonk_physical *root, bool is_result);

static void add_parent(vonk_stage *stage, uint32_t parent)
{
    for (uint32_t i = 0; i < stage->n_parents; i++) {
        if (stage->parents[i] == parent)
            return; /* it reads that one twice */
    }
    stage->parents[stage->n_parents++] = parent;
}

/* Replaces the exchanges below `op` by reads; their stages come first. */
static vonk_status cut_children(cutter *c, vonk_physical *op, vonk_stage *stage)
{
    for (uint32_t i = 0; i < op->n_children; i++) {
        vonk_physical *child = op->children[i];
        if (child->kind != VONK_OP_EXCHANGE) {
            VONK_TRY(cut_children(c, child, stage));
            continue;
        }
        if (!c->stage_of[child->exchange_id]) /* else one that is read twice */
            VONK_TRY(cut(c, child, false));
        vonk_physical *read = vonk_physical_new(c->p->arena, VONK_OP_READ, 0, c->err);
        VONK_TRY_ALLOC(read);
        read->id = c->p->next_id++;
        read->limit = -1;
        read->output = child->output;
        read->partitioning = child->partitioning;
        read->n_partitions = child->n_partitions;
        read->exchange_id = child->exchange_id;
        if (child->partitioning == VONK_PART_RANGE) { /* the reader looks for its range */
            read->keys = child->keys;
            read->n_keys = child->n_keys;
        }
        op->children[i] = read;
        add_parent(stage, c->stage_of[child->exchange_id] - 1);
    }
    return VONK_OK;
}

static vonk_status cut(cutter *c, vonk_physical *root, bool is_result)
{
    vonk_stage stage = {.root = root, .is_result = is_result};
    stage.parents = VONK_NEW_ARRAY(c->p->arena, uint32_t, c->capacity, c->err);
    VONK_TRY_ALLOC(stage.parents);
    VONK_TRY(cut_children(c, root, &stage));
    stage.id = c->n;
    if (root->kind == VONK_OP_EXCHANGE)
        c->stage_of[root->exchange_id] = c->n + 1;
    c->stages[c->n++] = stage;
    return VONK_OK;
}

vonk_status vonk_cut_stages(vonk_planner *planner, vonk_physical *root, vonk_stage **ret,
                            uint32_t *ret_n, vonk_error *err)
{
    cutter c = {.p = planner, .err = err, .capacity = planner->next_exchange + 1};
    c.stages = VONK_NEW_ARRAY(planner->arena, vonk_stage, c.capacity, err);
    VONK_TRY_ALLOC(c.stages);
    c.stage_of = VONK_NEW_ARRAY(planner->arena, uint32_t, planner->next_exchange + 1, err);
    VONK_TRY_ALLOC(c.stage_of);
    VONK_TRY(cut(&c, root, true));
    *ret = c.stages;
    *ret_n = c.n;
    return VONK_OK;
}

/* --- splits --- */

bool vonk_relation_is_splittable(const vonk_relation *relation)
{
    bool multi_line = false;
    if (vonk_option_bool(&relation->options, "multiLine", false, &multi_line, NULL) != VONK_OK)
        return false;
    return !multi_line;
}

typedef struct split_list {
    vonk_arena *arena;
    vonk_split *items;
    uint32_t n, capacity;
} split_list;

static vonk_status add_split(split_list *list, vonk_split split, vonk_error *err)
{
    if (list->n == list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity * 2 : 16;
        vonk_split *items = VONK_NEW_ARRAY(list->arena, vonk_split, capacity, err);
        VONK_TRY_ALLOC(items);
        if (list->n)
            memcpy(items, list->items, list->n * sizeof(*items));
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->n++] = split;
    return VONK_OK;
}

/* Bytes of a split: fine enough for every slot to have several, coarse enough to be worth it. */
static uint64_t split_bytes(const vonk_planner *p, uint64_t total)
{
    uint64_t bytes = total / ((uint64_t)p->n_slots * 8 + 1) + 1;
    if (bytes > (uint64_t)p->max_split_bytes)
        bytes = (uint64_t)p->max_split_bytes;
    return bytes < MIN_SPLIT_BYTES ? MIN_SPLIT_BYTES : bytes;
}

static bool is_compressed_text(const char *path)
{
    size_t n = strlen(path);
    return n > 3 && !strcmp(path + n - 3, ".gz");
}

static vonk_status scan_splits(vonk_planner *p, const vonk_physical *scan, split_list *list,
                               vonk_error *err)
{
    const vonk_relation *relation = scan->relation;
    bool splittable = vonk_relation_is_splittable(relation);
    uint64_t total = 0;
    for (uint32_t f = 0; f < relation->n_files; f++)
        total += relation->files[f].size;
    uint64_t most = split_bytes(p, total);
    for (uint32_t f = 0; f < relation->n_files; f++) {
        const vonk_file *file = &relation->files[f];
        uint64_t step = splittable && !is_compressed_text(file->path) ? most : file->size;
        for (uint64_t at = 0; at < file->size; at += step) {
            uint64_t left = file->size - at;
            vonk_split split = {scan->id, file->path, at, left < step ? left : step, file->size};
            VONK_TRY(add_split(list, split, err));
        }
    }
    return VONK_OK;
}

static uint64_t range_rows(const vonk_physical *range)
{
    vonk_int128 span = (vonk_int128)range->range_end - range->range_start;
    vonk_int128 step = range->range_step;
    if (!step || !span || (span > 0) != (step > 0))
        return 0;
    return (uint64_t)((span + step - (step > 0 ? 1 : -1)) / step);
}

static vonk_status range_splits(vonk_planner *p, const vonk_physical *range, split_list *list,
                                vonk_error *err)
{
    uint64_t rows = range_rows(range);
    uint64_t parts = range->n_partitions ? range->n_partitions : p->n_slots;
    if (parts > MAX_TASKS)
        parts = MAX_TASKS;
    for (uint64_t i = 0; i < parts; i++) {
        uint64_t from = (uint64_t)((unsigned __int128)rows * i / parts);
        uint64_t to = (uint64_t)((unsigned __int128)rows * (i + 1) / parts);
        vonk_split split = {range->id, NULL, from, to - from, 0};
        VONK_TRY(add_split(list, split, err));
    }
    return VONK_OK;
}

/* All splits below `op`; *ret_parts = partitions of the exchanges read by index, 0 = none. */
static vonk_status collect(vonk_planner *p, const vonk_physical *op, split_list *list,
                           uint32_t *ret_parts, vonk_error *err)
{
    if (op->kind == VONK_OP_SCAN)
        return scan_splits(p, op, list, err);
    if (op->kind == VONK_OP_RANGE)
        return range_splits(p, op, list, err);
    if (op->kind == VONK_OP_READ && op->partitioning != VONK_PART_GATHER &&
        op->partitioning != VONK_PART_BROADCAST)
        *ret_parts = op->n_partitions;
    for (uint32_t i = 0; i < op->n_children; i++)
        VONK_TRY(collect(p, op->children[i], list, ret_parts, err));
    return VONK_OK;
}

static uint64_t weight_of(const vonk_split *split)
{
    return split->path ? split->length + OPEN_FILE_BYTES / 16 : UINT64_MAX / 4;
}

/* Neighbours share a task while they are small: a split may be many tiny files' worth. */
static uint32_t count_tasks(const split_list *list, uint64_t most)
{
    uint32_t n = 0;
    uint64_t held = 0;
    for (uint32_t i = 0; i < list->n; i++) {
        uint64_t weight = weight_of(&list->items[i]);
        if (i == 0 || held + weight > most) {
            n++;
            held = 0;
        }
        held += weight;
    }
    return n;
}

static uint64_t total_bytes(const split_list *list)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < list->n; i++)
        total += list->items[i].path ? list->items[i].length : 0;
    return total;
}

/* Packs neighbours into tasks, each a run of list->items. */
static void pack(split_list *list, uint64_t most, vonk_task_splits *tasks)
{
    uint32_t n = 0;
    uint64_t held = 0;
    for (uint32_t i = 0; i < list->n; i++) {
        uint64_t weight = weight_of(&list->items[i]);
        if (i == 0 || held + weight > most) {
            tasks[n++].splits = &list->items[i];
            held = 0;
        }
        held += weight;
        tasks[n - 1].n++;
    }
}

/* Deals splits out to a given number of tasks. */
static vonk_status deal(vonk_planner *p, const split_list *list, uint32_t n_tasks,
                        vonk_task_splits *tasks, vonk_error *err)
{
    for (uint32_t t = 0; t < n_tasks; t++) {
        uint32_t n = list->n / n_tasks + (t < list->n % n_tasks);
        tasks[t].splits = VONK_NEW_ARRAY(p->arena, vonk_split, n, err);
        VONK_TRY_ALLOC(tasks[t].splits);
        for (uint32_t i = t; i < list->n; i += n_tasks)
            tasks[t].splits[tasks[t].n++] = list->items[i];
    }
    return VONK_OK;
}

vonk_status vonk_stage_splits(vonk_planner *planner, vonk_stage *stage, vonk_task_splits **ret,
                              vonk_error *err)
{
    split_list list = {.arena = planner->arena};
    uint32_t parts = 0;
    VONK_TRY(collect(planner, stage->root, &list, &parts, err));
    uint64_t most = split_bytes(planner, total_bytes(&list)) + OPEN_FILE_BYTES / 16;
    uint32_t n = parts ? parts : count_tasks(&list, most);
    n = n ? n : 1;
    vonk_task_splits *tasks = VONK_NEW_ARRAY(planner->arena, vonk_task_splits, n, err);
    VONK_TRY_ALLOC(tasks);
    if (parts)
        VONK_TRY(deal(planner, &list, n, tasks, err));
    else
        pack(&list, most, tasks);
    stage->n_tasks = n;
    *ret = tasks;
    return VONK_OK;
}
