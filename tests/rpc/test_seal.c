/* The handshake, the keys and the frames: right ones pass, any other bit is refused. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/seal.h"

static const vonk_secret secret = {{1, 2, 3, 4, 5, 6, 7, 8, 9}};
static const vonk_secret other_secret = {{1, 2, 3, 4, 5, 6, 7, 8, 10}};

static vonk_slice slice_of(const uint8_t *bytes, size_t length)
{
    return (vonk_slice){(const char *)bytes, length};
}

/* Both ends of a handshake. */
static void shake(vonk_session *client, vonk_session *server)
{
    uint8_t hello[VONK_HELLO_BYTES], answer[VONK_WELCOME_BYTES];
    size_t length;
    vonk_error err;
    cr_assert_eq(vonk_hello_make(&secret, VONK_CHANNEL_CONTROL, 7, hello, &err), VONK_OK);
    cr_assert_eq(vonk_hello_answer(&secret, VONK_CHANNEL_CONTROL, slice_of(hello, sizeof hello),
                                   answer, &length, server, &err),
                 VONK_OK);
    cr_assert_eq(vonk_hello_finish(&secret, hello, slice_of(answer, length), client, &err), VONK_OK,
                 "%s", err.message);
}

Test(seal, both_ends_of_a_handshake_have_the_same_keys)
{
    vonk_session client, server, later;
    shake(&client, &server);
    cr_assert_eq(client.id, server.id);
    cr_assert_eq(server.sender, 7);
    cr_assert(!memcmp(client.keys, server.keys, sizeof client.keys));
    for (int a = 0; a < VONK_N_PATHS; a++)
        for (int b = 0; b < a; b++)
            cr_assert(memcmp(client.keys[a], client.keys[b], 32), "paths have keys of their own");
    shake(&later, &server);
    cr_assert(memcmp(client.keys, later.keys, sizeof client.keys), "so have sessions");
}

Test(seal, a_message_of_any_length_opens_to_itself)
{
    vonk_session client, server;
    shake(&client, &server);
    static const size_t lengths[] = {0, 1, 15, 16, 17, 1000, 100000};
    for (size_t i = 0; i < VONK_LENGTH(lengths); i++) {
        size_t n = lengths[i];
        char *plain = malloc(n + 1);
        uint8_t *frame = malloc(n + VONK_SEALED_EXTRA);
        uint64_t id, counter;
        vonk_slice opened;
        memset(plain, (int)i, n);
        cr_assert_eq(vonk_seal(&client, VONK_PATH_TASKS, i, (vonk_slice){plain, n}, frame, NULL),
                     VONK_OK);
        vonk_slice sealed = slice_of(frame, n + VONK_SEALED_EXTRA);
        cr_assert_eq(vonk_sealed_peek(sealed, &id, &counter, NULL), VONK_OK);
        cr_assert(id == server.id && counter == i);
        cr_assert_eq(vonk_unseal(&server, VONK_PATH_TASKS, frame, sealed.length, &opened, NULL),
                     VONK_OK);
        cr_assert(vonk_slice_equal(opened, (vonk_slice){plain, n}));
        free(plain);
        free(frame);
    }
}

Test(seal, a_frame_with_any_bit_changed_or_cut_is_refused)
{
    vonk_session client, server;
    vonk_slice opened;
    uint8_t frame[5 + VONK_SEALED_EXTRA], copy[sizeof frame];
    shake(&client, &server);
    cr_assert_eq(vonk_seal(&client, VONK_PATH_REPLY, 3, VONK_SLICE("hello"), frame, NULL), VONK_OK);
    for (size_t bit = 0; bit < sizeof frame * 8; bit++) {
        memcpy(copy, frame, sizeof frame);
        copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
        vonk_status status =
            vonk_unseal(&server, VONK_PATH_REPLY, copy, sizeof copy, &opened, NULL);
        cr_assert(status == VONK_DENIED || status == VONK_CORRUPT, "bit %zu", bit);
    }
    for (size_t length = 0; length < sizeof frame; length++) {
        memcpy(copy, frame, length);
        vonk_status status = vonk_unseal(&server, VONK_PATH_REPLY, copy, length, &opened, NULL);
        cr_assert(status == VONK_DENIED || status == VONK_CORRUPT, "length %zu", length);
    }
    memcpy(copy, frame, sizeof frame);
    cr_assert_eq(vonk_unseal(&server, VONK_PATH_REQUEST, copy, sizeof copy, &opened, NULL),
                 VONK_DENIED, "the key of another path");
}

Test(seal, a_hello_or_welcome_with_any_bit_changed_is_refused)
{
    uint8_t hello[VONK_HELLO_BYTES], answer[VONK_WELCOME_BYTES], again[VONK_WELCOME_BYTES];
    size_t length, length_again;
    vonk_session session, ignored;
    vonk_error err;
    cr_assert_eq(vonk_hello_make(&secret, VONK_CHANNEL_CONTROL, 7, hello, &err), VONK_OK);
    cr_assert_eq(vonk_hello_answer(&secret, VONK_CHANNEL_CONTROL, slice_of(hello, sizeof hello),
                                   answer, &length, &session, &err),
                 VONK_OK);
    for (size_t bit = 0; bit < sizeof hello * 8; bit++) {
        hello[bit / 8] ^= (uint8_t)(1 << bit % 8);
        cr_assert_eq(vonk_hello_answer(&secret, VONK_CHANNEL_CONTROL, slice_of(hello, sizeof hello),
                                       again, &length_again, &ignored, &err),
                     VONK_DENIED);
        cr_assert_eq(length_again, VONK_REFUSED_BYTES);
        hello[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < length * 8; bit++) {
        answer[bit / 8] ^= (uint8_t)(1 << bit % 8);
        vonk_status status =
            vonk_hello_finish(&secret, hello, slice_of(answer, length), &ignored, &err);
        cr_assert(status == VONK_DENIED || status == VONK_CORRUPT, "bit %zu", bit);
        answer[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t cut = 0; cut < length; cut++)
        cr_assert_neq(vonk_hello_finish(&secret, hello, slice_of(answer, cut), &ignored, &err),
                      VONK_OK);
}

static void expect_refusal(const vonk_secret *client_secret, vonk_channel channel,
                           const char *server_says, const char *client_says)
{
    uint8_t hello[VONK_HELLO_BYTES], answer[VONK_WELCOME_BYTES];
    size_t length;
    vonk_session session;
    vonk_error err;
    cr_assert_eq(vonk_hello_make(client_secret, channel, 7, hello, &err), VONK_OK);
    cr_assert_eq(vonk_hello_answer(&secret, VONK_CHANNEL_CONTROL, slice_of(hello, sizeof hello),
                                   answer, &length, &session, &err),
                 VONK_DENIED);
    cr_assert_str_eq(err.message, server_says);
    cr_assert_eq(vonk_hello_finish(client_secret, hello, slice_of(answer, length), &session, &err),
                 VONK_DENIED);
    cr_assert_str_eq(err.message, client_says);
}

Test(seal, a_wrong_key_and_a_wrong_channel_get_a_clear_refusal)
{
    expect_refusal(&other_secret, VONK_CHANNEL_CONTROL, "a peer with the wrong key",
                   "wrong key: the peer has another secret");
    expect_refusal(&secret, VONK_CHANNEL_BLOCKS, "a peer that wants another kind of server",
                   "the peer is another kind of server");
}

Test(seal, another_version_gets_a_clear_refusal)
{
    uint8_t refused[VONK_REFUSED_BYTES], hello[VONK_HELLO_BYTES], answer[VONK_WELCOME_BYTES];
    size_t length;
    vonk_session session;
    vonk_error err;
    cr_assert_eq(vonk_hello_make(&secret, VONK_CHANNEL_CONTROL, 7, hello, &err), VONK_OK);
    hello[4] = 9;
    cr_assert_eq(vonk_hello_answer(&secret, VONK_CHANNEL_CONTROL, slice_of(hello, sizeof hello),
                                   answer, &length, &session, &err),
                 VONK_DENIED);
    cr_assert_str_eq(err.message, "peer speaks protocol 9, this is 4");
    /* What a server of version 9 would send back. */
    vonk_refused_make(VONK_REFUSED_VERSION, refused);
    refused[4] = 9;
    cr_assert_eq(
        vonk_hello_finish(&secret, hello, slice_of(refused, sizeof refused), &session, &err),
        VONK_DENIED);
    cr_assert_str_eq(err.message, "peer speaks protocol 9, this is 4");
}

Test(seal, a_counter_is_accepted_once_in_any_order_within_the_window)
{
    vonk_replay replay = {0};
    cr_assert(vonk_replay_accept(&replay, 0));
    cr_assert(!vonk_replay_accept(&replay, 0));
    cr_assert(vonk_replay_accept(&replay, 5));
    cr_assert(vonk_replay_accept(&replay, 3));
    cr_assert(!vonk_replay_accept(&replay, 3));
    cr_assert(!vonk_replay_accept(&replay, 5));
    cr_assert(vonk_replay_accept(&replay, 5000));
    cr_assert(!vonk_replay_accept(&replay, 4), "too old");
    cr_assert(vonk_replay_accept(&replay, 5000 - VONK_REPLAY_WINDOW + 1));
    cr_assert(!vonk_replay_accept(&replay, 5000 - VONK_REPLAY_WINDOW));
    for (uint64_t i = 5001; i < 9000; i++)
        cr_assert(vonk_replay_accept(&replay, i) && !vonk_replay_accept(&replay, i));
    cr_assert(!vonk_replay_accept(&replay, UINT64_MAX));
}

Test(seal, secrets_are_64_hex_digits)
{
    vonk_secret parsed;
    vonk_error err;
    char text[2 * VONK_SECRET_BYTES + 1];
    vonk_secret_print(&secret, text);
    cr_assert_eq(vonk_secret_parse(vonk_slice_of(text), &parsed, &err), VONK_OK);
    cr_assert(!memcmp(&parsed, &secret, sizeof secret));
    cr_assert_eq(vonk_secret_parse(VONK_SLICE("abc\n"), &parsed, &err), VONK_INVALID);
    text[10] = 'g';
    cr_assert_eq(vonk_secret_parse(vonk_slice_of(text), &parsed, &err), VONK_INVALID);
    cr_assert_null(strstr(err.message, "01020"), "an error shows no secret");
    cr_assert_eq(vonk_secret_random(&parsed, &err), VONK_OK);
    cr_assert(memcmp(&parsed, &secret, sizeof secret));
}
