/*
 * dictionary.h - the distinct values of a column chunk being written, numbered as they come.
 */
#ifndef VONK_FORMAT_PARQUET_DICTIONARY_H
#define VONK_FORMAT_PARQUET_DICTIONARY_H

#include "base/buffer.h"

typedef struct vonk_pq_dictionary {
    uint32_t width;     /* bytes of a value, 0 = byte arrays with their length before them */
    uint32_t n;         /* entries */
    vonk_buffer values; /* as a dictionary page has them */
    vonk_buffer starts; /* byte arrays: uint32_t where an entry begins in `values` */
    vonk_buffer hashes; /* uint32_t an entry */
    uint32_t *slots;    /* code + 1, 0 = free */
    uint32_t n_slots;   /* a power of two, or 0 */
} vonk_pq_dictionary;

#define VONK_PQ_NO_CODE UINT32_MAX

/* The code of a value, added if new; *ret_new says so. VONK_PQ_NO_CODE when out of memory. */
uint32_t vonk_pq_dictionary_add(vonk_pq_dictionary *dict, const void *data, uint32_t length,
                                bool *ret_new);
/*
 * The codes of n numbers of `width` bytes (4 or 8). Ends after the one with which the entries take
 * more than `most` bytes, or when out of memory. Returns how many have a code.
 */
uint32_t vonk_pq_dictionary_add_numbers(vonk_pq_dictionary *dict, const char *numbers, uint32_t n,
                                        size_t most, uint32_t *ret_codes);
/* The bytes of entry `code` as they are in a plain page. */
vonk_slice vonk_pq_dictionary_plain(const vonk_pq_dictionary *dict, uint32_t code);
/* Takes all entries out. */
void vonk_pq_dictionary_clear(vonk_pq_dictionary *dict);
void vonk_pq_dictionary_fini(vonk_pq_dictionary *dict);

#endif
