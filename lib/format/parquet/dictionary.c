/* dictionary.c - see dictionary.h. An open hash table of codes. */
#include "format/parquet/dictionary.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define FIRST_SLOTS 1024u

/* Whole numbers as doubles differ in their upper half only, which must reach the lower one. */
static inline uint32_t hash_of_number(uint64_t value)
{
    value ^= value >> 32;
    return (uint32_t)(value * UINT64_C(0x9E3779B97F4A7C15) >> 32);
}

static uint32_t hash_of(const void *data, uint32_t length)
{
    uint64_t value = 0;
    if (length == 4 || length == 8) {
        memcpy(&value, data, length);
        return hash_of_number(value);
    }
    return (uint32_t)XXH3_64bits(data, length);
}

vonk_slice vonk_pq_dictionary_plain(const vonk_pq_dictionary *dict, uint32_t code)
{
    if (dict->width)
        return (vonk_slice){dict->values.data + (size_t)code * dict->width, dict->width};
    uint32_t start = ((const uint32_t *)(const void *)dict->starts.data)[code], length;
    memcpy(&length, dict->values.data + start, 4);
    return (vonk_slice){dict->values.data + start, 4 + (size_t)length};
}

static bool is_entry(const vonk_pq_dictionary *dict, uint32_t code, const void *data,
                     uint32_t length)
{
    vonk_slice plain = vonk_pq_dictionary_plain(dict, code);
    size_t head = dict->width ? 0 : 4;
    return plain.length - head == length && !memcmp(plain.data + head, data, length);
}

static bool grow(vonk_pq_dictionary *dict)
{
    uint32_t n_slots = dict->n_slots ? dict->n_slots * 2 : FIRST_SLOTS;
    uint32_t *slots = calloc(n_slots, sizeof(*slots));
    if (!slots)
        return false;
    const uint32_t *hashes = (const uint32_t *)(const void *)dict->hashes.data;
    for (uint32_t code = 0; code < dict->n; code++) {
        uint32_t at = hashes[code] & (n_slots - 1);
        while (slots[at])
            at = (at + 1) & (n_slots - 1);
        slots[at] = code + 1;
    }
    free(dict->slots);
    dict->slots = slots;
    dict->n_slots = n_slots;
    return true;
}

uint32_t vonk_pq_dictionary_add(vonk_pq_dictionary *dict, const void *data, uint32_t length,
                                bool *ret_new)
{
    if (dict->n >= dict->n_slots / 2 && !grow(dict))
        return VONK_PQ_NO_CODE;
    uint32_t hash = hash_of(data, length), at = hash & (dict->n_slots - 1);
    const uint32_t *hashes = (const uint32_t *)(const void *)dict->hashes.data;
    *ret_new = false;
    for (; dict->slots[at]; at = (at + 1) & (dict->n_slots - 1)) {
        uint32_t code = dict->slots[at] - 1;
        if (hashes[code] == hash && is_entry(dict, code, data, length))
            return code;
    }
    uint32_t start = (uint32_t)dict->values.length;
    if (!dict->width) {
        vonk_buffer_append(&dict->starts, &start, 4);
        vonk_buffer_append(&dict->values, &length, 4);
    }
    vonk_buffer_append(&dict->values, data, length);
    vonk_buffer_append(&dict->hashes, &hash, 4);
    if (dict->values.failed || dict->hashes.failed || dict->starts.failed)
        return VONK_PQ_NO_CODE;
    *ret_new = true;
    dict->slots[at] = ++dict->n;
    return dict->n - 1;
}

VONK_SPECIALISE uint64_t number_at(uint32_t width, const char *numbers, uint32_t i)
{
    uint64_t value = 0;
    memcpy(&value, numbers + (size_t)i * width, width);
    return value;
}

/* Where the number is among the slots, or the free one where it belongs. */
VONK_SPECIALISE uint32_t slot_of(uint32_t width, const vonk_pq_dictionary *dict, uint64_t value)
{
    uint32_t mask = dict->n_slots - 1, at = hash_of_number(value) & mask;
    while (dict->slots[at] && number_at(width, dict->values.data, dict->slots[at] - 1) != value)
        at = (at + 1) & mask;
    return at;
}

VONK_SPECIALISE uint32_t add_numbers(uint32_t width, vonk_pq_dictionary *dict, const char *numbers,
                                     uint32_t n, size_t most, uint32_t *ret_codes)
{
    for (uint32_t i = 0; i < n; i++) {
        if (dict->n >= dict->n_slots / 2 && !grow(dict))
            return i;
        uint64_t value = number_at(width, numbers, i);
        uint32_t at = slot_of(width, dict, value), hash = hash_of_number(value);
        if (!dict->slots[at]) {
            vonk_buffer_append(&dict->values, &value, width); /* little-endian */
            vonk_buffer_append(&dict->hashes, &hash, 4);
            if (dict->values.failed || dict->hashes.failed)
                return i;
            dict->slots[at] = ++dict->n;
        }
        ret_codes[i] = dict->slots[at] - 1;
        if (dict->values.length > most)
            return i + 1;
    }
    return n;
}

uint32_t vonk_pq_dictionary_add_numbers(vonk_pq_dictionary *dict, const char *numbers, uint32_t n,
                                        size_t most, uint32_t *ret_codes)
{
    return dict->width == 4 ? add_numbers(4, dict, numbers, n, most, ret_codes)
                            : add_numbers(8, dict, numbers, n, most, ret_codes);
}

void vonk_pq_dictionary_clear(vonk_pq_dictionary *dict)
{
    dict->n = 0;
    dict->values.length = dict->starts.length = dict->hashes.length = 0;
    if (dict->slots)
        memset(dict->slots, 0, (size_t)dict->n_slots * sizeof(*dict->slots));
}

void vonk_pq_dictionary_fini(vonk_pq_dictionary *dict)
{
    vonk_buffer_free(&dict->values);
    vonk_buffer_free(&dict->starts);
    vonk_buffer_free(&dict->hashes);
    free(dict->slots);
    *dict = (vonk_pq_dictionary){.width = dict->width};
}
