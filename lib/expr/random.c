/*
 * random.c - XORShiftRandom, and the generators of a task.
 *
 * Source: Spark's XORShiftRandom; java.util.Random's nextDouble and nextGaussian; MurmurHash3.
 */
#include "expr/random.h"

#include <math.h>
#include <stdlib.h>

typedef struct entry {
    const void *call;
    vonk_random random;
} entry;

struct vonk_random_set {
    uint32_t partition, n, capacity;
    entry **entries; /* each on its own, so that it does not move */
};

static uint32_t rotate(uint32_t x, int by)
{
    return x << by | x >> (32 - by);
}

/* MurmurHash3 of the eight bytes of a seed, the highest first. */
static uint32_t hash_seed(uint64_t seed, uint32_t hash)
{
    uint64_t bytes = __builtin_bswap64(seed);
    for (int half = 0; half < 2; half++) {
        uint32_t k = (uint32_t)(bytes >> 32 * half) * 0xcc9e2d51u;
        hash ^= rotate(k, 15) * 0x1b873593u;
        hash = rotate(hash, 13) * 5 + 0xe6546b64u;
    }
    hash ^= 8;
    hash = (hash ^ hash >> 16) * 0x85ebca6bu;
    hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
    return hash ^ hash >> 16;
}

vonk_random vonk_random_seeded(int64_t seed)
{
    uint32_t low = hash_seed((uint64_t)seed, 0x3c074a61u);
    uint32_t high = hash_seed((uint64_t)seed, low);
    return (vonk_random){.state = (uint64_t)high << 32 | low};
}

uint32_t vonk_random_bits(vonk_random *r, int bits)
{
    uint64_t x = r->state;
    x ^= x << 21;
    x ^= x >> 35;
    x ^= x << 4;
    r->state = x;
    return (uint32_t)(x & ((UINT64_C(1) << bits) - 1));
}

double vonk_random_double(vonk_random *r)
{
    uint64_t high = vonk_random_bits(r, 26);
    return (double)((high << 27) + vonk_random_bits(r, 27)) * 0x1p-53;
}

double vonk_random_normal(vonk_random *r)
{
    double x, y, s;
    r->has_spare = !r->has_spare;
    if (!r->has_spare)
        return r->spare;
    do {
        x = 2 * vonk_random_double(r) - 1;
        y = 2 * vonk_random_double(r) - 1;
        s = x * x + y * y;
    } while (s >= 1 || s == 0);
    double factor = sqrt(-2 * log(s) / s);
    r->spare = y * factor;
    return x * factor;
}

vonk_random_set *vonk_random_set_new(uint32_t partition, vonk_error *err)
{
    vonk_random_set *set = calloc(1, sizeof *set);
    if (!set)
        (void)vonk_fail(err, VONK_NO_MEMORY, "no memory for random numbers");
    else
        set->partition = partition;
    return set;
}

void vonk_random_set_free(vonk_random_set *set)
{
    for (uint32_t i = 0; set && i < set->n; i++)
        free(set->entries[i]);
    if (set)
        free(set->entries);
    free(set);
}

static vonk_status add_entry(vonk_random_set *set, entry **ret, vonk_error *err)
{
    if (set->n == set->capacity) {
        uint32_t capacity = set->capacity ? set->capacity * 2 : 4;
        entry **grown = realloc(set->entries, capacity * sizeof *grown);
        if (!grown)
            return vonk_fail(err, VONK_NO_MEMORY, "no memory for random numbers");
        set->entries = grown;
        set->capacity = capacity;
    }
    entry *made = malloc(sizeof *made);
    if (!made)
        return vonk_fail(err, VONK_NO_MEMORY, "no memory for random numbers");
    set->entries[set->n++] = made;
    *ret = made;
    return VONK_OK;
}

vonk_status vonk_random_of(vonk_random_set *set, const void *call, const int64_t *seed,
                           int64_t query, vonk_random **ret, vonk_error *err)
{
    for (uint32_t i = 0; i < set->n; i++) {
        if (set->entries[i]->call == call) {
            *ret = &set->entries[i]->random;
            return VONK_OK;
        }
    }
    uint64_t own = (uint64_t)query * 0x9e3779b97f4a7c15u + set->n;
    uint64_t start = seed ? (uint64_t)*seed : own;
    entry *made;
    VONK_TRY(add_entry(set, &made, err));
    *made = (entry){.call = call, .random = vonk_random_seeded((int64_t)(start + set->partition))};
    *ret = &made->random;
    return VONK_OK;
}
