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

/* Some at a time: it may only find out later that the block is a bad one. */
static void check_steps(vonk_slice in, const char *all, bool good, size_t n)
{
    vonk_unsnap some;
    char *out = room_for(n);
    bool open = vonk_unsnap_open(in, out, n, &some);
    for (size_t at = 1 + n / 5; open && at < n; at += 1 + n / 5) {
        open = vonk_unsnap_until(&some, at);
        if (good && (!open || memcmp(out, all, at) != 0))
            abort();
    }
    if ((open && vonk_unsnap_until(&some, n)) != good)
        abort();
    free(out);
}

/* A literal of 4 GiB: its length wraps to none in the library, which goes on; ours refuses it. */
static bool may_wrap(const uint8_t *data, size_t size)
{
    return memmem(data, size, "\xfc\xff\xff\xff\xff", 5) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t out = 0;
    if (snappy_uncompressed_length((const char *)data, size, &out) != SNAPPY_OK || out > 1 << 20)
        return 0;
    char *ours = room_for(out), *theirs = room_for(out);
    bool good = vonk_unsnappy((vonk_slice){(const char *)data, size}, ours, out);
    bool expected = snappy_uncompress((const char *)data, size, theirs, &out) == SNAPPY_OK;
    bool agree = good == expected || (!good && may_wrap(data, size));
    if (!agree || (good && memcmp(ours, theirs, out) != 0))
        abort();
    check_steps((vonk_slice){(const char *)data, size}, ours, good, out);
    free(ours);
    free(theirs);
    return 0;
}
