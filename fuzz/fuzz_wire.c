/* fuzz_wire.c - any bytes as a message, and as a batch: what decodes must encode again. */
#include <stdlib.h>
#include <string.h>

#include "wire/rewrite.inc.h"

static void try_batch(vonk_slice bytes)
{
    vonk_budget budget = {.limit = 64 << 20};
    vonk_arena arena = {.budget = &budget};
    vonk_buffer out = {0};
    vonk_error err;
    vonk_batch batch;
    vonk_wire_reader in = vonk_wire_reader_of(bytes, &arena, &err);
    if (vonk_wire_batch(&in, &batch) == VONK_OK &&
        vonk_wire_put_batch(&out, &batch, VONK_WIRE_LZ4, &err) != VONK_OK)
        abort();
    vonk_buffer_free(&out);
    vonk_arena_free(&arena);
}

/* The bytes as the body of a batch, behind the head that fits: what spill files consist of, too. */
static void try_body(vonk_slice body)
{
    char head[13] = {'V', 'K', 'B', '1', VONK_WIRE_PLAIN};
    uint32_t size = (uint32_t)body.length;
    vonk_buffer bytes = {0};
    memcpy(head + 5, &size, 4);
    memcpy(head + 9, &size, 4);
    vonk_buffer_append(&bytes, head, sizeof head);
    vonk_buffer_append(&bytes, body.data, body.length);
    try_batch((vonk_slice){bytes.data, bytes.length});
    vonk_buffer_free(&bytes);
}

static void try_message(vonk_slice bytes)
{
    vonk_budget budget = {.limit = 64 << 20};
    vonk_arena arena = {.budget = &budget};
    vonk_buffer out = {0};
    vonk_error err;
    (void)!rewrite_message(bytes, &arena, &out, &err);
    vonk_buffer_free(&out);
    vonk_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vonk_slice bytes = {(const char *)data, size};
    if (size >= 3 && data[0] == 'V' && data[1] == 'K' && data[2] == 'B')
        try_batch(bytes);
    else if (size && data[0] == 'B')
        try_body((vonk_slice){bytes.data + 1, size - 1});
    else
        try_message(bytes);
    return 0;
}
