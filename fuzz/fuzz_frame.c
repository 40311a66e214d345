/* fuzz_frame.c - any bytes as a frame from a stranger, at a server and at a client. */
#include <stdlib.h>
#include <string.h>

#include "rpc/seal.h"

static const vonk_secret secret = {{1, 2, 3}};

static void at_server(vonk_slice frame)
{
    uint8_t answer[VONK_WELCOME_BYTES];
    size_t length = 0;
    vonk_session session;
    vonk_error err;
    vonk_status status =
        vonk_hello_answer(&secret, VONK_CHANNEL_CONTROL, frame, answer, &length, &session, &err);
    if (status == VONK_OK)
        abort(); /* nobody guesses a tag */
    if (length != VONK_REFUSED_BYTES)
        abort();
}

static void at_client(vonk_slice frame)
{
    uint8_t hello[VONK_HELLO_BYTES] = {0};
    vonk_session session;
    vonk_refusal reason;
    vonk_error err;
    if (vonk_hello_finish(&secret, hello, frame, &session, &err) == VONK_OK)
        abort();
    (void)!vonk_refused_read(frame, &reason, &err);
}

static void as_sealed(const uint8_t *data, size_t size)
{
    vonk_session session = {0};
    vonk_slice plain;
    vonk_error err;
    uint64_t counter;
    vonk_replay replay = {0};
    uint8_t *copy = malloc(size + 1);
    memcpy(copy, data, size);
    if (vonk_sealed_peek((vonk_slice){(char *)copy, size}, &session.id, &counter, &err) ==
        VONK_OK) {
        (void)vonk_replay_accept(&replay, counter);
        if (vonk_unseal(&session, VONK_PATH_REPLY, copy, size, &plain, &err) == VONK_OK)
            abort();
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vonk_slice frame = {(const char *)data, size};
    vonk_secret parsed;
    at_server(frame);
    at_client(frame);
    as_sealed(data, size);
    (void)!vonk_secret_parse(frame, &parsed, NULL);
    return 0;
}
