/* join_table.c - build rows by key: a group table, and for each group its rows side by side. */
#include "kernel/join_table.h"

#include "kernel/join_direct.h"

#define STEP 65536u /* rows between looks at whether anybody still waits */

struct vonk_join_table {
    vonk_arena *arena;
    vonk_group_table *groups;
    uint32_t n_keys;
    vonk_type first_type; /* of the first key */
    bool *null_safe;
    /* While rows are added: their groups and numbers, in the order of their coming. */
    uint32_t *row_groups, *row_numbers;
    uint32_t n_rows, capacity;
    /* After finish. */
    uint32_t *starts; /* n_groups + 1; NULL: every group has one row */
    uint32_t *rows;
    join_direct direct;
};

vonk_status vonk_join_table_new(vonk_arena *arena, const vonk_type *types, const bool *null_safe,
                                uint32_t n_keys, vonk_join_table **ret, vonk_error *err)
{
    vonk_join_table *table = VONK_NEW(arena, vonk_join_table, err);
    VONK_TRY_ALLOC(table);
    table->arena = arena;
    table->n_keys = n_keys;
    table->first_type = types[0];
    table->null_safe = VONK_NEW_ARRAY(arena, bool, n_keys, err);
    VONK_TRY_ALLOC(table->null_safe);
    if (null_safe)
        memcpy(table->null_safe, null_safe, n_keys * sizeof(*null_safe));
    VONK_TRY(vonk_group_table_new(arena, types, n_keys, &table->groups, err));
    *ret = table;
    return VONK_OK;
}

/* *ret = bits of the rows that can match; NULL: all can. */
static vonk_status matchable(const vonk_join_table *table, vonk_arena *arena,
                             const vonk_column *keys, uint64_t **ret, vonk_error *err)
{
    uint64_t *bits = NULL;
    bool ours = false;
    for (uint32_t k = 0; k < table->n_keys; k++) {
        uint64_t *valid;
        if (table->null_safe[k])
            continue;
        VONK_TRY(vonk_column_validity(arena, &keys[k], &valid, err));
        if (!valid || !bits) {
            bits = valid ? valid : bits;
            continue;
        }
        size_t words = vonk_bitmap_words(keys[k].length);
        uint64_t *both = ours ? bits : vonk_arena_alloc(arena, words * 8, err);
        VONK_TRY_ALLOC(both);
        for (size_t w = 0; w < words; w++)
            both[w] = bits[w] & valid[w];
        bits = both;
        ours = true;
    }
    *ret = bits;
    return VONK_OK;
}

static vonk_status grow(uint32_t **array, vonk_arena *arena, uint32_t used, size_t capacity,
                        vonk_error *err)
{
    void *more = NULL;
    VONK_TRY(vonk_arena_extend(arena, *array, used * sizeof(**array), capacity * sizeof(**array),
                               &more, err));
    *array = more;
    return VONK_OK;
}

static vonk_status reserve(vonk_join_table *table, uint32_t more, vonk_error *err)
{
    size_t wanted = (size_t)table->n_rows + more, capacity = (size_t)table->capacity * 2;
    if (wanted <= table->capacity)
        return VONK_OK;
    if (wanted >= UINT32_MAX)
        return vonk_fail(err, VONK_NO_MEMORY, "too many build rows: %zu", wanted);
    if (capacity < wanted)
        capacity = wanted;
    if (capacity >= UINT32_MAX)
        capacity = UINT32_MAX - 1;
    VONK_TRY(grow(&table->row_groups, table->arena, table->n_rows, capacity, err));
    VONK_TRY(grow(&table->row_numbers, table->arena, table->n_rows, capacity, err));
    table->capacity = (uint32_t)capacity;
    return VONK_OK;
}

/* Only the rows that can match go into the table. */
static vonk_status add_some(vonk_join_table *table, vonk_arena *scratch, const vonk_column *keys,
                            const uint64_t *bits, uint32_t first_row, vonk_error *err)
{
    uint32_t n_rows = keys[0].length;
    uint32_t *sel = vonk_arena_alloc(scratch, (size_t)n_rows * sizeof(*sel), err);
    VONK_TRY_ALLOC(sel);
    vonk_column *taken = VONK_NEW_ARRAY(scratch, vonk_column, table->n_keys, err);
    VONK_TRY_ALLOC(taken);
    uint32_t n = vonk_select_bits(bits, n_rows, sel);
    for (uint32_t k = 0; k < table->n_keys; k++)
        VONK_TRY(vonk_take(scratch, &keys[k], sel, n, false, &taken[k], err));
    VONK_TRY(vonk_group_table_find_or_add(table->groups, taken, n,
                                          table->row_groups + table->n_rows, err));
    for (uint32_t i = 0; i < n; i++)
        table->row_numbers[table->n_rows + i] = first_row + sel[i];
    table->n_rows += n;
    return VONK_OK;
}

vonk_status vonk_join_table_add(vonk_join_table *table, const vonk_column *keys, uint32_t n_rows,
                                uint32_t first_row, vonk_error *err)
{
    VONK_CLEANUP(vonk_arena_free) vonk_arena scratch = vonk_arena_beside(table->arena);
    uint64_t *bits;
    VONK_TRY(reserve(table, n_rows, err));
    VONK_TRY(matchable(table, &scratch, keys, &bits, err));
    if (bits)
        return add_some(table, &scratch, keys, bits, first_row, err);
    VONK_TRY(vonk_group_table_find_or_add(table->groups, keys, n_rows,
                                          table->row_groups + table->n_rows, err));
    for (uint32_t i = 0; i < n_rows; i++)
        table->row_numbers[table->n_rows + i] = first_row + i;
    table->n_rows += n_rows;
    return VONK_OK;
}

/*
 * A counting sort of the rows by group. next[g] starts out as 0, then is where group g begins, and
 * ends as where g + 1 does.
 */
static vonk_status sort_rows(const vonk_join_table *table, uint32_t n_groups, uint32_t *next,
                             uint32_t *rows, vonk_error *err)
{
    uint32_t n_rows = table->n_rows;
    for (uint32_t at = 0, end; at < n_rows; at = end) {
        end = n_rows - at < STEP ? n_rows : at + STEP;
        VONK_TRY(vonk_arena_check(table->arena, err));
        for (uint32_t i = at; i < end; i++)
            next[table->row_groups[i] + 1]++;
    }
    for (uint32_t g = 0; g < n_groups; g++)
        next[g + 1] += next[g];
    for (uint32_t at = 0, end; at < n_rows; at = end) {
        end = n_rows - at < STEP ? n_rows : at + STEP;
        VONK_TRY(vonk_arena_check(table->arena, err));
        for (uint32_t i = at; i < end; i++)
            rows[next[table->row_groups[i]]++] = table->row_numbers[i];
    }
    return VONK_OK;
}

/* For each group its rows side by side. */
static vonk_status arrange_rows(vonk_join_table *table, vonk_error *err)
{
    uint32_t n_groups = vonk_group_table_count(table->groups);
    if (n_groups == table->n_rows) { /* all distinct: row i made group i */
        table->rows = table->row_numbers;
        return VONK_OK;
    }
    size_t bytes = ((size_t)n_groups + 2) * sizeof(uint32_t);
    uint32_t *starts = vonk_arena_alloc(table->arena, bytes, err);
    VONK_TRY_ALLOC(starts);
    VONK_TRY(vonk_arena_fill(table->arena, starts, 0, bytes, err));
    uint32_t *rows = vonk_arena_alloc(table->arena, (size_t)table->n_rows * sizeof(*rows), err);
    VONK_TRY_ALLOC(rows);
    VONK_TRY(sort_rows(table, n_groups, starts + 1, rows, err));
    table->starts = starts;
    table->rows = rows;
    return VONK_OK;
}

vonk_status vonk_join_table_finish(vonk_join_table *table, vonk_error *err)
{
    VONK_TRY(arrange_rows(table, err));
    if (table->n_keys > 1 || table->null_safe[0])
        return VONK_OK;
    vonk_status status = /* without it, too, all is there */
        join_direct_init(table->arena, table->groups, table->first_type, &table->direct, NULL);
    return status == VONK_NO_MEMORY ? VONK_OK : status;
}

uint32_t vonk_join_table_rows(const vonk_join_table *table)
{
    return table->n_rows;
}

uint32_t vonk_join_table_distinct(const vonk_join_table *table)
{
    return vonk_group_table_count(table->groups);
}

size_t vonk_join_table_bytes(const vonk_join_table *table)
{
    size_t bytes = (size_t)table->capacity * 2 * sizeof(uint32_t);
    if (table->starts)
        bytes += (vonk_group_table_count(table->groups) + 2 + (size_t)table->n_rows) * 4;
    if (table->direct.groups)
        bytes += (table->direct.n + 1) * sizeof(uint32_t);
    return bytes + vonk_group_table_bytes(table->groups);
}

vonk_status vonk_join_table_probe(const vonk_join_table *table, vonk_arena *arena,
                                  const vonk_column *keys, uint32_t n_rows, vonk_join_probe *ret,
                                  vonk_error *err)
{
    uint64_t *bits;
    uint32_t *groups = vonk_arena_alloc(arena, (size_t)n_rows * sizeof(*groups), err);
    VONK_TRY_ALLOC(groups);
    bool direct = table->direct.groups && keys[0].values && keys[0].length == n_rows &&
                  vonk_type_equal(keys[0].type, table->first_type);
    if (direct)
        join_direct_find(&table->direct, &keys[0], groups);
    else
        VONK_TRY(vonk_group_table_find(table->groups, arena, keys, n_rows, groups, err));
    VONK_TRY(matchable(table, arena, keys, &bits, err));
    for (uint32_t i = 0; bits && i < n_rows; i++)
        groups[i] = vonk_bit_get(bits, i) ? groups[i] : VONK_NO_GROUP;
    *ret = (vonk_join_probe){.table = table, .n_rows = n_rows, .groups = groups};
    return VONK_OK;
}

/* Every key has one row, so a probe row makes at most one pair. */
static uint32_t next_distinct(vonk_join_probe *probe, uint32_t max_pairs, uint32_t *probe_rows,
                              uint32_t *build_rows)
{
    const uint32_t *rows = probe->table->rows;
    uint32_t n = 0, row = probe->row;
    if (probe->table->n_rows == 0)
        row = probe->n_rows;
    for (; row < probe->n_rows && n < max_pairs; row++) {
        uint32_t group = probe->groups[row], found = group != VONK_NO_GROUP;
        probe_rows[n] = row; /* written over unless found: no branch to guess */
        build_rows[n] = rows[group & -found];
        n += found;
    }
    probe->row = row;
    return n;
}

uint32_t vonk_join_probe_next(vonk_join_probe *probe, uint32_t max_pairs, uint32_t *probe_rows,
                              uint32_t *build_rows)
{
    const vonk_join_table *table = probe->table;
    if (!table->starts)
        return next_distinct(probe, max_pairs, probe_rows, build_rows);
    uint32_t n = 0;
    while (probe->row < probe->n_rows && n < max_pairs) {
        uint32_t group = probe->groups[probe->row];
        uint32_t start = 0, left = 0;
        if (group != VONK_NO_GROUP) {
            start = table->starts[group] + probe->offset;
            left = table->starts[group + 1] - start;
        }
        uint32_t take = left < max_pairs - n ? left : max_pairs - n;
        for (uint32_t i = 0; i < take; i++) {
            probe_rows[n + i] = probe->row;
            build_rows[n + i] = table->rows[start + i];
        }
        n += take;
        probe->offset += take;
        if (take == left) {
            probe->row++;
            probe->offset = 0;
        }
    }
    return n;
}
