/* names.c - see names.h. An open hash table of places. */
#include "base/names.h"

#include <ctype.h>

/* FNV-1a */
static uint32_t hash_nocase(vonk_slice name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.length; i++)
        hash = (hash ^ (uint32_t)tolower((unsigned char)name.data[i])) * 16777619u;
    return hash ^ hash >> 15;
}

vonk_status vonk_names_first(vonk_arena *scratch, const vonk_slice *names, uint32_t n,
                             uint32_t *ret_first, vonk_error *err)
{
    size_t n_slots = 4;
    while (n_slots < 2 * (size_t)n)
        n_slots *= 2;
    uint32_t *slots = vonk_arena_array(scratch, n_slots, sizeof *slots, err); /* 1 + place */
    VONK_TRY_ALLOC(slots);
    for (uint32_t i = 0; i < n; i++) {
        size_t at = hash_nocase(names[i]) & (n_slots - 1);
        while (slots[at] && !vonk_slice_equal_nocase(names[slots[at] - 1], names[i]))
            at = (at + 1) & (n_slots - 1);
        if (!slots[at])
            slots[at] = i + 1;
        ret_first[i] = slots[at] - 1;
    }
    return VONK_OK;
}
