/*
 * seal.h - authenticated, encrypted frames: the job's secret, the handshake, session keys, AEAD.
 * Bytes only: no sockets, no clocks. docs/protocol.md, "Frames", is the specification.
 *
 *     HELLO    magic version kind | channel sender random:32 | tag:32      client -> server
 *     WELCOME  magic version kind | session:8 random:32      | tag:32      server -> client
 *     REFUSED  magic version kind | reason:1                               either, not
 * authenticated SEALED   magic version kind | session:8 counter:8 | ciphertext | tag:16
 *
 * Both randoms and the secret make the session's keys, one for each direction of each path, so a
 * key and a counter never meet twice. The tags of HELLO and WELCOME prove the secret both ways; a
 * HELLO that somebody plays again makes a session that he cannot use.
 */
#ifndef VONK_RPC_SEAL_H
#define VONK_RPC_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define VONK_RPC_VERSION   4

#define VONK_SECRET_BYTES  32
#define VONK_HELLO_BYTES   76
#define VONK_WELCOME_BYTES 79
#define VONK_REFUSED_BYTES 8
#define VONK_SEALED_HEADER 23
#define VONK_SEALED_EXTRA  (VONK_SEALED_HEADER + 16) /* bytes that sealing adds */

/* The longest message; sockets refuse longer ones before they take memory. */
#define VONK_RPC_MAX_MESSAGE ((size_t)64 << 20)

/* The job's own key, 32 random bytes. */
typedef struct vonk_secret {
    uint8_t bytes[VONK_SECRET_BYTES];
} vonk_secret;

vonk_status vonk_secret_random(vonk_secret *ret, vonk_error *err) VONK_MUST_CHECK;
/* 64 hex digits; white space around them is skipped. The error does not show them. */
vonk_status vonk_secret_parse(vonk_slice hex, vonk_secret *ret, vonk_error *err) VONK_MUST_CHECK;
void vonk_secret_print(const vonk_secret *secret, char ret[2 * VONK_SECRET_BYTES + 1]);
/* Overwrites memory that held a secret. */
void vonk_forget(void *data, size_t size);

typedef enum vonk_frame_kind {
    VONK_FRAME_NONE,
    VONK_FRAME_HELLO,
    VONK_FRAME_WELCOME,
    VONK_FRAME_REFUSED,
    VONK_FRAME_SEALED,
} vonk_frame_kind;

typedef enum vonk_refusal {
    VONK_REFUSED_FRAME = 1, /* not a frame that belongs here */
    VONK_REFUSED_VERSION,
    VONK_REFUSED_KEY,
    VONK_REFUSED_CHANNEL, /* a hello for another kind of server */
    VONK_REFUSED_SESSION, /* unknown, or a counter that was there before: say hello again */
} vonk_refusal;

/* What a server is for; part of the authenticated hello. */
typedef enum vonk_channel { VONK_CHANNEL_CONTROL = 1, VONK_CHANNEL_BLOCKS } vonk_channel;

/* Direction of a path; each has its own key. */
typedef enum vonk_path {
    VONK_PATH_REQUEST,
    VONK_PATH_REPLY,
    VONK_PATH_TASKS,   /* driver -> executor */
    VONK_PATH_RESULTS, /* executor -> driver */
    VONK_N_PATHS,
} vonk_path;

typedef struct vonk_session {
    uint64_t id;
    uint32_t sender; /* the client's number as it said hello */
    uint8_t keys[VONK_N_PATHS][32];
} vonk_session;

/* The frame's kind, NONE if it is not one of this protocol. *ret_version is set if it is. */
vonk_frame_kind vonk_frame_kind_of(vonk_slice frame, uint16_t *ret_version);

/* Client: writes a hello with a fresh random number. */
vonk_status vonk_hello_make(const vonk_secret *secret, vonk_channel channel, uint32_t sender,
                            uint8_t ret[VONK_HELLO_BYTES], vonk_error *err) VONK_MUST_CHECK;
/*
 * Server: checks a hello and answers it in `answer` (WELCOME or REFUSED), *ret_length bytes.
 * VONK_DENIED if it refuses; the error says why.
 */
vonk_status vonk_hello_answer(const vonk_secret *secret, vonk_channel channel, vonk_slice hello,
                              uint8_t answer[VONK_WELCOME_BYTES], size_t *ret_length,
                              vonk_session *ret, vonk_error *err) VONK_MUST_CHECK;
/* Client: checks the answer. VONK_DENIED with "wrong key", "peer speaks protocol 2, this is 1". */
vonk_status vonk_hello_finish(const vonk_secret *secret, const uint8_t hello[VONK_HELLO_BYTES],
                              vonk_slice answer, vonk_session *ret,
                              vonk_error *err) VONK_MUST_CHECK;

void vonk_refused_make(vonk_refusal reason, uint8_t ret[VONK_REFUSED_BYTES]);
/* Sets `err` to what a REFUSED frame says; VONK_CORRUPT if it is none. */
vonk_status vonk_refused_read(vonk_slice frame, vonk_refusal *ret_reason, vonk_error *err);

/* Seals `plain` into plain.length + VONK_SEALED_EXTRA bytes at `ret`. A counter is used once. */
vonk_status vonk_seal(const vonk_session *session, vonk_path path, uint64_t counter,
                      vonk_slice plain, uint8_t *ret, vonk_error *err) VONK_MUST_CHECK;
/* The session and counter that a SEALED frame claims. VONK_CORRUPT, or VONK_DENIED by version. */
vonk_status vonk_sealed_peek(vonk_slice frame, uint64_t *ret_session, uint64_t *ret_counter,
                             vonk_error *err) VONK_MUST_CHECK;
/* Opens a SEALED frame in place; *ret_plain points into it. VONK_DENIED if it is not authentic. */
vonk_status vonk_unseal(const vonk_session *session, vonk_path path, uint8_t *frame, size_t length,
                        vonk_slice *ret_plain, vonk_error *err) VONK_MUST_CHECK;

/* Counters that were seen: the last 1,024 may come in any order, each once. Starts zeroed. */
#define VONK_REPLAY_WINDOW 1024
typedef struct vonk_replay {
    uint64_t next; /* one past the highest seen */
    uint64_t seen[VONK_REPLAY_WINDOW / 64];
} vonk_replay;
/* False if the counter was seen before or is too old; remembers it otherwise. */
bool vonk_replay_accept(vonk_replay *replay, uint64_t counter);

#endif
