#include "catalog/origin.h"

#include <string.h>

vonk_status vonk_origins_add(vonk_arena *arena, vonk_origins *to, vonk_origin origin,
                             vonk_error *err)
{
    if (to->n == to->capacity) {
        uint32_t capacity = to->capacity ? 2 * to->capacity : 8;
        vonk_origin *items = VONK_NEW_ARRAY(arena, vonk_origin, capacity, err);
        VONK_TRY_ALLOC(items);
        if (to->n)
            memcpy(items, to->items, to->n * sizeof *items);
        to->items = items;
        to->capacity = capacity;
    }
    to->items[to->n++] = origin;
    return VONK_OK;
}

vonk_status vonk_origins_append(vonk_arena *arena, vonk_origins *to, const vonk_origins *view,
                                int32_t *ret_shift, vonk_error *err)
{
    int32_t shift = to->end;
    *ret_shift = -1;
    if (view->end >= INT32_MAX - shift)
        return VONK_OK;
    for (uint32_t i = 0; i < view->n; i++) {
        vonk_origin moved = view->items[i];
        moved.start += shift;
        VONK_TRY(vonk_origins_add(arena, to, moved, err));
    }
    to->end += view->end + 1;
    *ret_shift = shift;
    return VONK_OK;
}

vonk_status vonk_origins_copy(vonk_arena *arena, const vonk_origins *from, vonk_origins *ret,
                              vonk_error *err)
{
    vonk_origins copy = {.end = from->end};
    for (uint32_t i = 0; i < from->n; i++) {
        vonk_origin one = from->items[i];
        one.view = vonk_arena_strndup(arena, one.view, strlen(one.view), err);
        one.text.data = vonk_arena_strndup(arena, one.text.data, one.text.length, err);
        if (!one.view || !one.text.data)
            return VONK_NO_MEMORY;
        VONK_TRY(vonk_origins_add(arena, &copy, one, err));
    }
    *ret = copy;
    return VONK_OK;
}

const vonk_origin *vonk_origins_find(const vonk_origins *origins, int32_t position)
{
    for (uint32_t i = 0; i < origins->n; i++) {
        const vonk_origin *o = &origins->items[i];
        if (position >= o->start && (size_t)(position - o->start) < o->text.length)
            return o;
    }
    return NULL;
}
