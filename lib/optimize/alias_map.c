/* alias_map.c - the aliases of a list of expressions by their ids, and expressions without them. */
#include <stdlib.h>

#include "optimize/rule.h"

static int by_id(const void *a, const void *b)
{
    const vonk_expr *x = *(vonk_expr *const *)a, *y = *(vonk_expr *const *)b;
    return (x->alias_id > y->alias_id) - (x->alias_id < y->alias_id);
}

vonk_status alias_map_make(rewriting *r, vonk_expr *const *items, uint32_t n, alias_map *ret,
                           vonk_error *err)
{
    alias_map map = {.aliases = VONK_NEW_ARRAY(r->arena, vonk_expr *, n + 1, err)};
    VONK_TRY_ALLOC(map.aliases);
    for (uint32_t i = 0; i < n; i++)
        if (items[i]->kind == VONK_EXPR_ALIAS)
            map.aliases[map.n++] = items[i];
    qsort(map.aliases, map.n, sizeof(*map.aliases), by_id);
    *ret = map;
    return VONK_OK;
}

uint32_t alias_map_find(const alias_map *map, uint32_t id)
{
    uint32_t low = 0, high = map->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (map->aliases[middle]->alias_id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < map->n && map->aliases[low]->alias_id == id ? low : map->n;
}

static vonk_expr *inline_one(vonk_expr *e, void *context, vonk_arena *arena, vonk_error *err)
{
    const alias_map *map = context;
    (void)arena;
    (void)err;
    if (e->kind != VONK_EXPR_COLUMN)
        return e;
    uint32_t at = alias_map_find(map, e->id);
    return at < map->n ? map->aliases[at]->args[0] : e;
}

vonk_status inline_aliases(rewriting *r, alias_map map, vonk_expr *e, vonk_expr **ret,
                           vonk_error *err)
{
    vonk_expr *done = vonk_expr_rewrite(e, inline_one, &map, r->arena, err);
    VONK_TRY_ALLOC(done);
    *ret = done;
    return VONK_OK;
}
