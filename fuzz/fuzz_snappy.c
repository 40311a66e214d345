/* fuzz_snappy.c - our decompressor and the library's take the same blocks, and make the same of
 * them. */
#include <snappy-c.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/parquet/snappy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of exact size, so that the sanitizer sees each byte too many. */
static char *room_for(size_t size)
{
    char *room = malloc(size ? size : 1);
    if (!room)
        abort();
    return room;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t out = 0;
    if (snappy_uncompressed_length((const char *)data, size, &out) != SNAPPY_OK || out > 1 << 20)
        return 0;
    char *ours = room_for(out), *theirs = room_for(out);
    bool good = vonk_unsnappy((vonk_slice){(const char *)data, size}, ours, out);
    bool expected = snappy_uncompress((const char *)data, size, theirs, &out) == SNAPPY_OK;
    if (good != expected || (good && memcmp(ours, theirs, out) != 0))
        abort();
    free(ours);
    free(theirs);
    return 0;
}
