/* group_table.c - the hash table: encode a block of rows, hash it, probe it. */
#include "kernel/group_table.h"

#include "kernel/group_rows.h"
#include "kernel/group_shortcut.h"

#define BLOCK       1024 /* rows encoded and probed at a time: stay in the first cache levels */
#define FIRST_SLOTS 2048
#define FAR_SLOTS   (1u << 17) /* from here on slots are not in cache: prefetch */

/* A slot is [hash:32 | group:32]. */
#define FREE_SLOT UINT64_MAX

struct vonk_group_table {
    vonk_arena *arena;
    group_layout layout;
    uint64_t *slots;
    uint32_t n_slots; /* a power of two, at least twice n_groups */
    uint64_t *rows;   /* layout.n_words each */
    uint32_t n_groups, capacity;
    uint32_t null_group; /* layout.nulls_apart: the group of null, or VONK_NO_GROUP */
    size_t string_bytes;
    uint64_t *block;  /* BLOCK rows to look up */
    uint32_t *hashes; /* BLOCK */
    group_shortcut shortcut;
};

vonk_status vonk_group_table_new(vonk_arena *arena, const vonk_type *types, uint32_t n_keys,
                                 vonk_group_table **ret, vonk_error *err)
{
    vonk_group_table *table = VONK_NEW(arena, vonk_group_table, err);
    VONK_TRY_ALLOC(table);
    table->arena = arena;
    table->null_group = VONK_NO_GROUP;
    VONK_TRY(group_layout_init(arena, types, n_keys, &table->layout, err));
    size_t row_bytes = (size_t)table->layout.n_words * 8;
    table->block = vonk_arena_alloc(arena, BLOCK * row_bytes, err);
    VONK_TRY_ALLOC(table->block);
    table->hashes = vonk_arena_alloc(arena, BLOCK * sizeof(*table->hashes), err);
    VONK_TRY_ALLOC(table->hashes);
    VONK_TRY(group_shortcut_init(arena, &table->layout, &table->shortcut, err));
    *ret = table;
    return VONK_OK;
}

/* Room for `more` rows. */
static vonk_status reserve_rows(vonk_group_table *table, uint32_t more, vonk_error *err)
{
    size_t row_bytes = (size_t)table->layout.n_words * 8;
    if (table->capacity - table->n_groups >= more)
        return VONK_OK;
    size_t capacity = (size_t)table->capacity * 2;
    if (capacity < (size_t)table->n_groups + more)
        capacity = (size_t)table->n_groups + more;
    if (capacity > UINT32_MAX - 1)
        capacity = UINT32_MAX - 1;
    if (capacity - table->n_groups < more)
        return vonk_fail(err, VONK_NO_MEMORY, "too many groups: %u", table->n_groups);
    void *rows = NULL;
    VONK_TRY(vonk_arena_extend(table->arena, table->rows, table->n_groups * row_bytes,
                               capacity * row_bytes, &rows, err));
    table->rows = rows;
    table->capacity = (uint32_t)capacity;
    return VONK_OK;
}

static void move_slots(const uint64_t *from, uint32_t n, uint64_t *to, uint64_t mask)
{
    for (uint32_t i = 0; i < n; i++) {
        uint64_t at = from[i] >> 32 & mask;
        if (from[i] == FREE_SLOT)
            continue;
        while (to[at] != FREE_SLOT)
            at = (at + 1) & mask;
        to[at] = from[i];
    }
}

/* Slots for twice n_groups + more. Moving slots needs the stored hashes only, not the keys. */
static vonk_status reserve_slots(vonk_group_table *table, uint32_t more, vonk_error *err)
{
    uint64_t wanted = ((uint64_t)table->n_groups + more) * 2, n_slots = FIRST_SLOTS;
    if (table->n_slots >= wanted)
        return VONK_OK;
    while (n_slots < wanted)
        n_slots *= 2;
    if (n_slots > UINT64_C(1) << 31)
        return vonk_fail(err, VONK_NO_MEMORY, "too many groups: %u", table->n_groups);
    uint64_t *slots = vonk_arena_alloc(table->arena, n_slots * sizeof(*slots), err);
    VONK_TRY_ALLOC(slots);
    VONK_TRY(vonk_arena_fill(table->arena, slots, 0xff, n_slots * sizeof(*slots), err));
    for (uint32_t i = 0; i < table->n_slots; i += FAR_SLOTS) {
        uint32_t left = table->n_slots - i;
        VONK_TRY(vonk_arena_check(table->arena, err));
        move_slots(table->slots + i, left < FAR_SLOTS ? left : FAR_SLOTS, slots, n_slots - 1);
    }
    table->slots = slots;
    table->n_slots = (uint32_t)n_slots;
    return VONK_OK;
}

/* Gives the row's long strings bytes of their own. */
static vonk_status own_strings(vonk_group_table *table, uint64_t *row, vonk_error *err)
{
    for (uint32_t w = 0; w < table->layout.n_strings * 2; w += 2) {
        vonk_string s;
        memcpy(&s, row + w, sizeof(s));
        if (s.length <= VONK_STRING_INLINE)
            continue;
        char *copy = vonk_arena_small(table->arena, s.length, err);
        VONK_TRY_ALLOC(copy);
        VONK_TRY(vonk_arena_copy(table->arena, copy, s.data, s.length, err));
        s.data = copy;
        memcpy(row + w, &s, sizeof(s));
        table->string_bytes += s.length;
    }
    return VONK_OK;
}

/* Adds a row, for which there is room. */
static vonk_status add_row(vonk_group_table *table, const uint64_t *row, uint32_t *ret,
                           vonk_error *err)
{
    size_t n_words = table->layout.n_words;
    uint64_t *copy = table->rows + table->n_groups * n_words;
    memcpy(copy, row, n_words * 8);
    if (table->layout.n_strings)
        VONK_TRY(own_strings(table, copy, err));
    *ret = table->n_groups++;
    return VONK_OK;
}

/* Brings slots and then rows of a block into cache, if the table is large. */
VONK_SPECIALISE void prefetch(const vonk_group_table *table, const uint32_t *hashes, uint32_t n,
                              uint32_t n_words)
{
    uint32_t mask = table->n_slots - 1;
    if (table->n_slots < FAR_SLOTS)
        return;
    for (uint32_t i = 0; i < n; i++)
        __builtin_prefetch(&table->slots[hashes[i] & mask]);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t slot = table->slots[hashes[i] & mask];
        if (slot >> 32 == hashes[i] && slot != FREE_SLOT)
            __builtin_prefetch(&table->rows[(size_t)(uint32_t)slot * n_words]);
    }
}

/* The group of a row, or VONK_NO_GROUP with *ret_slot the free slot that it would take. */
VONK_SPECIALISE uint32_t probe_row(const vonk_group_table *table, const uint64_t *row,
                                   uint32_t hash, uint32_t n_words, uint32_t n_strings,
                                   uint32_t *ret_slot)
{
    uint32_t mask = table->n_slots - 1, at = hash & mask;
    for (;; at = (at + 1) & mask) {
        uint64_t slot = table->slots[at];
        uint32_t group = (uint32_t)slot;
        if (slot == FREE_SLOT) {
            *ret_slot = at;
            return VONK_NO_GROUP;
        }
        if (slot >> 32 == hash &&
            group_equal_rows(row, table->rows + (size_t)group * n_words, n_words, n_strings))
            return group;
    }
}

/* Looks up the `n` rows of `block`. n_words and n_strings are literals where speed matters. */
VONK_SPECIALISE void find_loop(const vonk_group_table *table, const uint64_t *block,
                               uint32_t *hashes, uint32_t n, uint32_t n_words, uint32_t n_strings,
                               uint32_t *groups)
{
    uint32_t slot;
    for (uint32_t i = 0; i < n; i++)
        hashes[i] = group_hash_row(block + (size_t)i * n_words, n_words, n_strings);
    prefetch(table, hashes, n, n_words);
    for (uint32_t i = 0; i < n; i++)
        groups[i] =
            probe_row(table, block + (size_t)i * n_words, hashes[i], n_words, n_strings, &slot);
}

/*
 * One step of find_words_loop: the rows listed in `pending` (all, if `first`) look at their slot
 * number `step`. Lists those whose slot another key has; returns how many. No branches.
 */
VONK_SPECIALISE uint32_t find_step(const vonk_group_table *table, const uint64_t *block,
                                   const uint32_t *hashes, uint32_t n_words, uint32_t step,
                                   uint32_t n_pending, uint32_t *pending, uint32_t *groups)
{
    const uint64_t *slots = table->slots, *rows = table->rows;
    uint32_t mask = table->n_slots - 1, left = 0;
    for (uint32_t p = 0; p < n_pending; p++) {
        uint32_t i = step == 0 ? p : pending[p];
        uint64_t slot = slots[(hashes[i] + step) & mask];
        uint32_t taken = slot != FREE_SLOT, alike = taken & ((uint32_t)(slot >> 32) == hashes[i]);
        const uint64_t *row = rows + ((size_t)(uint32_t)slot * n_words & -(size_t)alike);
        uint64_t differ = alike ^ 1;
        for (uint32_t w = 0; w < n_words; w++)
            differ |= row[w] ^ block[(size_t)i * n_words + w];
        uint32_t found = differ == 0;
        groups[i] = (uint32_t)slot | (found - 1);
        pending[left] = i;
        left += taken & (found ^ 1);
    }
    return left;
}

/*
 * The same for rows that compare by their words, without a branch on what is found: a hit, a miss
 * and a collision come in no order that the CPU could learn. Rows whose slot is taken by another
 * key are listed and go on to the next slot together.
 */
VONK_SPECIALISE void find_words_loop(const vonk_group_table *table, const uint64_t *block,
                                     uint32_t *hashes, uint32_t n, uint32_t n_words,
                                     uint32_t *groups)
{
    uint32_t pending[BLOCK];
    for (uint32_t i = 0; i < n; i++)
        hashes[i] = group_hash_row(block + (size_t)i * n_words, n_words, 0);
    prefetch(table, hashes, n, n_words);
    uint32_t left = find_step(table, block, hashes, n_words, 0, n, pending, groups);
    for (uint32_t step = 1; left; step++)
        left = find_step(table, block, hashes, n_words, step, left, pending, groups);
}

/* `mostly_found`: then branches are learnt, and cost less than doing without. */
static void find_block(const vonk_group_table *table, bool mostly_found, const uint64_t *block,
                       uint32_t *hashes, uint32_t n, uint32_t *groups)
{
    uint32_t n_words = table->layout.n_words, n_strings = table->layout.n_strings;
    if (n_strings == 0 && n_words == 1 && mostly_found)
        find_loop(table, block, hashes, n, 1, 0, groups);
    else if (n_strings == 0 && n_words == 1)
        find_words_loop(table, block, hashes, n, 1, groups);
    else if (n_strings == 0 && n_words == 2 && mostly_found)
        find_loop(table, block, hashes, n, 2, 0, groups);
    else if (n_strings == 0 && n_words == 2)
        find_words_loop(table, block, hashes, n, 2, groups);
    else if (n_strings == 1 && n_words == 3)
        find_loop(table, block, hashes, n, 3, 1, groups);
    else
        find_loop(table, block, hashes, n, n_words, n_strings, groups);
}

/* Adds the rows of the table's block that find_block did not find; some may be equal. */
static vonk_status add_missing(vonk_group_table *table, uint32_t n, const bool *null_rows,
                               uint32_t *groups, vonk_error *err)
{
    uint32_t n_words = table->layout.n_words, n_strings = table->layout.n_strings;
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t *row = table->block + (size_t)i * n_words;
        uint32_t slot = 0;
        if (groups[i] != VONK_NO_GROUP)
            continue;
        if (null_rows[i]) {
            if (table->null_group == VONK_NO_GROUP)
                VONK_TRY(add_row(table, row, &table->null_group, err));
            groups[i] = table->null_group;
            continue;
        }
        groups[i] = probe_row(table, row, table->hashes[i], n_words, n_strings, &slot);
        if (groups[i] != VONK_NO_GROUP)
            continue;
        VONK_TRY(add_row(table, row, &groups[i], err));
        table->slots[slot] = (uint64_t)table->hashes[i] << 32 | groups[i];
    }
    return VONK_OK;
}

/* Where nulls have no place in the rows: what was found for null rows is wrong. */
static void find_nulls(const vonk_group_table *table, const vonk_column *key, const uint32_t *sel,
                       uint32_t start, uint32_t n, bool *null_rows, uint32_t *groups)
{
    for (uint32_t i = 0; i < n; i++) {
        null_rows[i] = !vonk_column_is_valid(key, sel ? sel[i] : start + i);
        groups[i] = null_rows[i] ? table->null_group : groups[i];
    }
}

static vonk_status find_or_add_block(vonk_group_table *table, const vonk_column *keys,
                                     const uint32_t *sel, uint32_t start, uint32_t n,
                                     uint32_t *groups, vonk_error *err)
{
    bool null_rows[BLOCK];
    VONK_TRY(reserve_rows(table, n, err));
    VONK_TRY(reserve_slots(table, n, err));
    group_encode(&table->layout, keys, sel, start, n, table->block);
    find_block(table, true, table->block, table->hashes, n, groups);
    if (table->layout.nulls_apart && keys[0].validity)
        find_nulls(table, &keys[0], sel, start, n, null_rows, groups);
    else
        memset(null_rows, 0, n * sizeof(*null_rows));
    uint32_t missing = 0;
    for (uint32_t i = 0; i < n; i++)
        missing |= groups[i] == VONK_NO_GROUP;
    return missing ? add_missing(table, n, null_rows, groups, err) : VONK_OK;
}

/* Rows sel[0..n), or 0 .. n if sel is NULL. */
static vonk_status find_or_add_rows(vonk_group_table *table, const vonk_column *keys,
                                    const uint32_t *sel, uint32_t n, uint32_t *groups,
                                    vonk_error *err)
{
    for (uint32_t start = 0; start < n; start += BLOCK) {
        uint32_t rows = n - start < BLOCK ? n - start : BLOCK;
        VONK_TRY(find_or_add_block(table, keys, sel ? sel + start : NULL, start, rows,
                                   groups + start, err));
    }
    return VONK_OK;
}

static vonk_status check_keys(const vonk_group_table *table, const vonk_column *keys,
                              uint32_t n_rows, vonk_error *err)
{
    for (uint32_t k = 0; k < table->layout.n_keys; k++) {
        vonk_type type = table->layout.keys[k].type;
        if (!vonk_type_equal(keys[k].type, type) || keys[k].length != n_rows)
            return vonk_fail(err, VONK_INVALID, "key %u of a hash table: %s[%u] given, %s[%u] due",
                             k, vonk_type_sql_name(keys[k].type), keys[k].length,
                             vonk_type_sql_name(type), n_rows);
    }
    return VONK_OK;
}

/* Rows start .. start + n, at most SHORTCUT_ROWS, of keys that may fit into 8 bytes a row. */
static vonk_status find_or_add_run(vonk_group_table *table, const vonk_column *keys, uint32_t start,
                                   uint32_t n, uint32_t *groups, vonk_error *err)
{
    group_shortcut *shortcut = &table->shortcut;
    if (group_shortcut_by_bytes(shortcut, keys, start, n, groups + start)) {
        VONK_TRY(find_or_add_rows(table, keys, shortcut->rows, shortcut->n_rows,
                                  shortcut->row_groups, err));
        group_shortcut_finish_bytes(shortcut, start, groups + start);
        return VONK_OK;
    }
    for (uint32_t at = start; at < start + n; at += BLOCK) {
        uint32_t rows = start + n - at < BLOCK ? start + n - at : BLOCK;
        VONK_TRY(find_or_add_block(table, keys, NULL, at, rows, groups + at, err));
    }
    return VONK_OK;
}

/* The shortcut knows some rows' groups already; the others (or one for many alike) are looked up.
 */
vonk_status vonk_group_table_find_or_add(vonk_group_table *table, const vonk_column *keys,
                                         uint32_t n_rows, uint32_t *groups, vonk_error *err)
{
    group_shortcut *shortcut = &table->shortcut;
    VONK_TRY(check_keys(table, keys, n_rows, err));
    if (group_shortcut_by_codes(shortcut, keys, n_rows, groups)) {
        VONK_TRY(find_or_add_rows(table, keys, shortcut->rows, shortcut->n_rows,
                                  shortcut->row_groups, err));
        group_shortcut_finish_codes(shortcut, n_rows, groups);
        return VONK_OK;
    }
    for (uint32_t start = 0; start < n_rows; start += SHORTCUT_ROWS) {
        uint32_t n = n_rows - start < SHORTCUT_ROWS ? n_rows - start : SHORTCUT_ROWS;
        VONK_TRY(find_or_add_run(table, keys, start, n, groups, err));
    }
    return VONK_OK;
}

vonk_status vonk_group_table_find(const vonk_group_table *table, vonk_arena *scratch,
                                  const vonk_column *keys, uint32_t n_rows, uint32_t *groups,
                                  vonk_error *err)
{
    uint32_t hashes[BLOCK];
    uint32_t block_rows = n_rows < BLOCK ? n_rows : BLOCK;
    VONK_TRY(check_keys(table, keys, n_rows, err));
    uint64_t *block =
        vonk_arena_alloc(scratch, (size_t)block_rows * table->layout.n_words * 8, err);
    VONK_TRY_ALLOC(block);
    for (uint32_t start = 0; start < n_rows; start += BLOCK) {
        uint32_t n = n_rows - start < BLOCK ? n_rows - start : BLOCK;
        if (table->n_slots) {
            group_encode(&table->layout, keys, NULL, start, n, block);
            find_block(table, false, block, hashes, n, groups + start);
        } else {
            memset(groups + start, 0xff, n * sizeof(*groups));
        }
        for (uint32_t i = start; table->layout.nulls_apart && keys[0].validity && i < start + n;
             i++)
            if (!vonk_column_is_valid(&keys[0], i))
                groups[i] = table->null_group;
    }
    return VONK_OK;
}

uint32_t vonk_group_table_count(const vonk_group_table *table)
{
    return table->n_groups;
}

size_t vonk_group_table_bytes(const vonk_group_table *table)
{
    size_t row_bytes = (size_t)table->layout.n_words * 8;
    return (size_t)table->n_slots * 8 + (table->capacity + (size_t)BLOCK) * row_bytes +
           table->string_bytes;
}

vonk_status vonk_group_table_keys(const vonk_group_table *table, vonk_arena *arena, uint32_t start,
                                  uint32_t n, vonk_column *ret_columns, vonk_error *err)
{
    const group_layout *layout = &table->layout;
    if (start > table->n_groups || n > table->n_groups - start)
        return vonk_fail(err, VONK_INVALID, "groups %u + %u of %u", start, n, table->n_groups);
    const uint64_t *rows = n ? table->rows + (size_t)start * layout->n_words : NULL;
    for (uint32_t k = 0; k < layout->n_keys; k++)
        VONK_TRY(group_decode(layout, k, rows, n, arena, &ret_columns[k], err));
    if (layout->nulls_apart && table->null_group - start < n) {
        VONK_TRY(vonk_column_add_validity(arena, &ret_columns[0], err));
        vonk_bit_set(ret_columns[0].validity, table->null_group - start, false);
    }
    return VONK_OK;
}
