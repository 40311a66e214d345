/* join_direct.c - see join_direct.h. */
#include "kernel/join_direct.h"

#include <string.h>

#define MOST_A_GROUP 4 /* places in the array for each group: 16 bytes, a hash table's least */
#define STEP         8192u

static bool is_wide(vonk_type type)
{
    return type.id == VONK_INT64;
}

static bool is_direct_type(vonk_type type)
{
    return type.id == VONK_INT32 || type.id == VONK_DATE || is_wide(type);
}

static int64_t value_at(const vonk_column *key, bool wide, uint32_t at)
{
    return wide ? ((const int64_t *)key->values)[at] : ((const int32_t *)key->values)[at];
}

typedef struct range {
    int64_t least, most;
} range;

/* Widens *r by keys start .. start + n, or, if `direct` is there, enters their groups. */
static vonk_status visit(vonk_arena *arena, const vonk_group_table *table, uint32_t start,
                         uint32_t n, range *r, join_direct *direct, vonk_error *err)
{
    VONK_CLEANUP(vonk_arena_free) vonk_arena scratch = vonk_arena_beside(arena);
    vonk_column key;
    VONK_TRY(vonk_group_table_keys(table, &scratch, start, n, &key, err));
    bool wide = is_wide(key.type);
    for (uint32_t i = 0; i < n; i++) {
        int64_t value = value_at(&key, wide, i);
        if (direct) {
            direct->groups[(uint64_t)value - (uint64_t)direct->least] = start + i;
            continue;
        }
        r->least = value < r->least ? value : r->least;
        r->most = value > r->most ? value : r->most;
    }
    return VONK_OK;
}

static vonk_status visit_all(vonk_arena *arena, const vonk_group_table *table, range *r,
                             join_direct *direct, vonk_error *err)
{
    uint32_t n_groups = vonk_group_table_count(table);
    for (uint32_t start = 0; start < n_groups; start += STEP) {
        uint32_t n = n_groups - start < STEP ? n_groups - start : STEP;
        VONK_TRY(vonk_arena_check(arena, err));
        VONK_TRY(visit(arena, table, start, n, r, direct, err));
    }
    return VONK_OK;
}

vonk_status join_direct_init(vonk_arena *arena, const vonk_group_table *table, vonk_type type,
                             join_direct *ret, vonk_error *err)
{
    uint32_t n_groups = vonk_group_table_count(table);
    range r = {.least = INT64_MAX, .most = INT64_MIN};
    *ret = (join_direct){0};
    if (!is_direct_type(type) || n_groups == 0)
        return VONK_OK;
    VONK_TRY(visit_all(arena, table, &r, NULL, err));
    uint64_t span = (uint64_t)r.most - (uint64_t)r.least; /* one less than places */
    if (span / MOST_A_GROUP >= n_groups)
        return VONK_OK;
    join_direct direct = {.least = r.least, .n = span + 1};
    direct.groups = vonk_arena_alloc(arena, (direct.n + 1) * sizeof(*direct.groups), err);
    VONK_TRY_ALLOC(direct.groups);
    VONK_TRY(
        vonk_arena_fill(arena, direct.groups, 0xff, (direct.n + 1) * sizeof(*direct.groups), err));
    VONK_TRY(visit_all(arena, table, &r, &direct, err));
    *ret = direct;
    return VONK_OK;
}

VONK_SPECIALISE void find(const join_direct *direct, const vonk_column *key, bool wide, bool coded,
                          uint32_t *groups)
{
    const uint32_t *places = direct->groups;
    uint64_t least = (uint64_t)direct->least, n = direct->n;
    for (uint32_t i = 0; i < key->length; i++) {
        uint64_t at = (uint64_t)value_at(key, wide, coded ? key->codes[i] : i) - least;
        groups[i] = places[at < n ? at : n];
    }
}

void join_direct_find(const join_direct *direct, const vonk_column *key, uint32_t *groups)
{
    bool wide = is_wide(key->type), coded = key->encoding == VONK_DICTIONARY;
    if (key->encoding == VONK_CONSTANT) {
        uint64_t at = (uint64_t)value_at(key, wide, 0) - (uint64_t)direct->least;
        for (uint32_t i = 0; i < key->length; i++)
            groups[i] = direct->groups[at < direct->n ? at : direct->n];
    } else if (wide && coded) {
        find(direct, key, true, true, groups);
    } else if (wide) {
        find(direct, key, true, false, groups);
    } else if (coded) {
        find(direct, key, false, true, groups);
    } else {
        find(direct, key, false, false, groups);
    }
}
