/* seal.c - HKDF-SHA256, HMAC-SHA256 and AES-256-GCM of OpenSSL, and the layout of frames. */
#include "rpc/seal.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>

#define MAGIC      "VONK"
#define HEAD       7 /* magic, version, kind */
#define TAG_BYTES  32
#define GCM_TAG    16
#define RANDOM     32
#define HELLO_BODY (VONK_HELLO_BYTES - TAG_BYTES)

_Static_assert(HELLO_BODY == HEAD + 1 + 4 + RANDOM, "layout of HELLO");
_Static_assert(VONK_WELCOME_BYTES == HEAD + 8 + RANDOM + TAG_BYTES, "layout of WELCOME");
_Static_assert(VONK_SEALED_HEADER == HEAD + 16, "layout of SEALED");

/* ---- secrets ---- */

void vonk_forget(void *data, size_t size)
{
    OPENSSL_cleanse(data, size);
}

static vonk_status random_bytes(uint8_t *ret, size_t size, vonk_error *err)
{
    if (RAND_bytes(ret, (int)size) != 1)
        return vonk_fail(err, VONK_IO, "no random numbers to be had");
    return VONK_OK;
}

vonk_status vonk_secret_random(vonk_secret *ret, vonk_error *err)
{
    return random_bytes(ret->bytes, sizeof ret->bytes, err);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

vonk_status vonk_secret_parse(vonk_slice hex, vonk_secret *ret, vonk_error *err)
{
    while (hex.length && isspace((unsigned char)hex.data[0])) {
        hex.data++;
        hex.length--;
    }
    while (hex.length && isspace((unsigned char)hex.data[hex.length - 1]))
        hex.length--;
    vonk_secret secret = {0};
    bool good = hex.length == sizeof(secret.bytes) * 2;
    for (size_t i = 0; good && i < sizeof secret.bytes; i++) {
        int high = hex_digit(hex.data[2 * i]), low = hex_digit(hex.data[2 * i + 1]);
        good = high >= 0 && low >= 0;
        secret.bytes[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
    }
    if (!good)
        return vonk_fail(err, VONK_INVALID, "a job's secret is %zu hex digits",
                         sizeof(secret.bytes) * 2);
    *ret = secret;
    vonk_forget(&secret, sizeof secret);
    return VONK_OK;
}

void vonk_secret_print(const vonk_secret *secret, char ret[2 * VONK_SECRET_BYTES + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < VONK_SECRET_BYTES; i++) {
        ret[2 * i] = digits[secret->bytes[i] >> 4];
        ret[2 * i + 1] = digits[secret->bytes[i] & 15];
    }
    ret[2 * VONK_SECRET_BYTES] = '\0';
}

/* ---- keys ---- */

static vonk_status hmac(const uint8_t *key, size_t key_size, vonk_slice a, vonk_slice b,
                        vonk_slice c, uint8_t ret[32], vonk_error *err)
{
    uint8_t text[512];
    unsigned size = 32;
    size_t length = a.length + b.length + c.length;
    if (length > sizeof text)
        return vonk_fail(err, VONK_INVALID, "too much to authenticate at once");
    memcpy(text, a.data, a.length);
    memcpy(text + a.length, b.data, b.length);
    memcpy(text + a.length + b.length, c.data, c.length);
    if (!HMAC(EVP_sha256(), key, (int)key_size, text, length, ret, &size))
        return vonk_fail(err, VONK_IO, "HMAC-SHA256 failed");
    return VONK_OK;
}

/* RFC 5869 for keys of 32 bytes: one block of output. */
static vonk_status hkdf(const vonk_secret *secret, vonk_slice salt, vonk_slice info,
                        uint8_t ret[32], vonk_error *err)
{
    uint8_t prk[32];
    vonk_slice ikm = {(const char *)secret->bytes, sizeof secret->bytes};
    VONK_TRY(hmac((const uint8_t *)salt.data, salt.length, ikm, VONK_SLICE(""), VONK_SLICE(""), prk,
                  err));
    vonk_status status = hmac(prk, sizeof prk, info, VONK_SLICE("\x01"), VONK_SLICE(""), ret, err);
    vonk_forget(prk, sizeof prk);
    return status;
}

static vonk_status hello_tag(const vonk_secret *secret, vonk_slice label, vonk_slice a,
                             vonk_slice b, uint8_t ret[TAG_BYTES], vonk_error *err)
{
    uint8_t key[32];
    VONK_TRY(hkdf(secret, VONK_SLICE("vonk"), VONK_SLICE("vonk 1 hello"), key, err));
    vonk_status status = hmac(key, sizeof key, label, a, b, ret, err);
    vonk_forget(key, sizeof key);
    return status;
}

static vonk_status derive_keys(const vonk_secret *secret, const uint8_t *client_random,
                               const uint8_t *server_random, vonk_session *session, vonk_error *err)
{
    static const char *const labels[VONK_N_PATHS] = {"vonk 1 request", "vonk 1 reply",
                                                     "vonk 1 tasks", "vonk 1 results"};
    uint8_t salt[2 * RANDOM];
    memcpy(salt, client_random, RANDOM);
    memcpy(salt + RANDOM, server_random, RANDOM);
    for (int p = 0; p < VONK_N_PATHS; p++)
        VONK_TRY(hkdf(secret, (vonk_slice){(char *)salt, sizeof salt}, vonk_slice_of(labels[p]),
                      session->keys[p], err));
    return VONK_OK;
}

/* ---- handshake ---- */

static void put_head(uint8_t *to, vonk_frame_kind kind)
{
    memcpy(to, MAGIC, 4);
    to[4] = VONK_RPC_VERSION & 255;
    to[5] = VONK_RPC_VERSION >> 8;
    to[6] = (uint8_t)kind;
}

vonk_frame_kind vonk_frame_kind_of(vonk_slice frame, uint16_t *ret_version)
{
    if (frame.length < HEAD || memcmp(frame.data, MAGIC, 4))
        return VONK_FRAME_NONE;
    const uint8_t *head = (const uint8_t *)frame.data;
    *ret_version = (uint16_t)(head[4] | head[5] << 8);
    return head[6] <= VONK_FRAME_SEALED ? (vonk_frame_kind)head[6] : VONK_FRAME_NONE;
}

static vonk_status fail_version(uint16_t version, vonk_error *err)
{
    return vonk_fail(err, VONK_DENIED, "peer speaks protocol %u, this is %d", version,
                     VONK_RPC_VERSION);
}

/* A frame of `kind` and at least `length` bytes, of this version. */
static vonk_status check_frame(vonk_slice frame, vonk_frame_kind kind, size_t length,
                               vonk_error *err)
{
    uint16_t version;
    vonk_frame_kind found = vonk_frame_kind_of(frame, &version);
    if (found == VONK_FRAME_NONE)
        return vonk_fail(err, VONK_CORRUPT, "peer does not speak Vonk's protocol");
    if (version != VONK_RPC_VERSION)
        return fail_version(version, err);
    if (found != kind || frame.length < length)
        return vonk_fail(err, VONK_CORRUPT, "a frame of kind %d and %zu bytes where %d belongs",
                         (int)found, frame.length, (int)kind);
    return VONK_OK;
}

vonk_status vonk_hello_make(const vonk_secret *secret, vonk_channel channel, uint32_t sender,
                            uint8_t ret[VONK_HELLO_BYTES], vonk_error *err)
{
    put_head(ret, VONK_FRAME_HELLO);
    ret[HEAD] = (uint8_t)channel;
    memcpy(ret + HEAD + 1, &sender, 4);
    VONK_TRY(random_bytes(ret + HEAD + 5, RANDOM, err));
    return hello_tag(secret, VONK_SLICE("hello"), (vonk_slice){(char *)ret, HELLO_BODY},
                     VONK_SLICE(""), ret + HELLO_BODY, err);
}

void vonk_refused_make(vonk_refusal reason, uint8_t ret[VONK_REFUSED_BYTES])
{
    put_head(ret, VONK_FRAME_REFUSED);
    ret[HEAD] = (uint8_t)reason;
}

static vonk_status refuse(vonk_refusal reason, uint8_t *answer, size_t *ret_length)
{
    vonk_refused_make(reason, answer);
    *ret_length = VONK_REFUSED_BYTES;
    return VONK_DENIED;
}

/* Why the hello is wrong, 0 if it is right. */
static vonk_status check_hello(const vonk_secret *secret, vonk_channel channel, vonk_slice hello,
                               vonk_refusal *ret_reason, vonk_error *err)
{
    uint8_t tag[TAG_BYTES];
    vonk_status status = check_frame(hello, VONK_FRAME_HELLO, VONK_HELLO_BYTES, err);
    if (status != VONK_OK) {
        *ret_reason = status == VONK_DENIED ? VONK_REFUSED_VERSION : VONK_REFUSED_FRAME;
        return VONK_DENIED;
    }
    *ret_reason = VONK_REFUSED_KEY;
    vonk_slice body = {hello.data, HELLO_BODY};
    VONK_TRY(hello_tag(secret, VONK_SLICE("hello"), body, VONK_SLICE(""), tag, err));
    if (hello.length != VONK_HELLO_BYTES ||
        CRYPTO_memcmp(tag, hello.data + HELLO_BODY, TAG_BYTES) != 0)
        return vonk_fail(err, VONK_DENIED, "a peer with the wrong key");
    *ret_reason = VONK_REFUSED_CHANNEL;
    if ((uint8_t)hello.data[HEAD] != channel)
        return vonk_fail(err, VONK_DENIED, "a peer that wants another kind of server");
    return VONK_OK;
}

vonk_status vonk_hello_answer(const vonk_secret *secret, vonk_channel channel, vonk_slice hello,
                              uint8_t answer[VONK_WELCOME_BYTES], size_t *ret_length,
                              vonk_session *ret, vonk_error *err)
{
    vonk_refusal reason = VONK_REFUSED_FRAME;
    vonk_status status = check_hello(secret, channel, hello, &reason, err);
    if (status != VONK_OK)
        return refuse(reason, answer, ret_length);
    vonk_session session = {0};
    uint8_t *random = answer + HEAD + 8;
    VONK_TRY(random_bytes((uint8_t *)&session.id, sizeof session.id, err));
    VONK_TRY(random_bytes(random, RANDOM, err));
    put_head(answer, VONK_FRAME_WELCOME);
    memcpy(answer + HEAD, &session.id, 8);
    memcpy(&session.sender, hello.data + HEAD + 1, 4);
    VONK_TRY(hello_tag(secret, VONK_SLICE("welcome"), hello,
                       (vonk_slice){(char *)answer, HEAD + 8 + RANDOM}, answer + HEAD + 8 + RANDOM,
                       err));
    VONK_TRY(derive_keys(secret, (const uint8_t *)hello.data + HEAD + 5, random, &session, err));
    *ret = session;
    *ret_length = VONK_WELCOME_BYTES;
    return VONK_OK;
}

vonk_status vonk_refused_read(vonk_slice frame, vonk_refusal *ret_reason, vonk_error *err)
{
    uint16_t version;
    if (vonk_frame_kind_of(frame, &version) != VONK_FRAME_REFUSED ||
        frame.length < VONK_REFUSED_BYTES)
        return vonk_fail(err, VONK_CORRUPT, "not a refusal");
    *ret_reason = (vonk_refusal)frame.data[HEAD];
    switch (*ret_reason) {
    case VONK_REFUSED_VERSION:
        return fail_version(version, err);
    case VONK_REFUSED_KEY:
        return vonk_fail(err, VONK_DENIED, "wrong key: the peer has another secret");
    case VONK_REFUSED_CHANNEL:
        return vonk_fail(err, VONK_DENIED, "the peer is another kind of server");
    case VONK_REFUSED_SESSION:
        return vonk_fail(err, VONK_DENIED, "the peer does not know this session");
    default:
        return vonk_fail(err, VONK_DENIED, "the peer did not understand");
    }
}

vonk_status vonk_hello_finish(const vonk_secret *secret, const uint8_t hello[VONK_HELLO_BYTES],
                              vonk_slice answer, vonk_session *ret, vonk_error *err)
{
    uint16_t version;
    vonk_refusal reason;
    uint8_t tag[TAG_BYTES];
    if (vonk_frame_kind_of(answer, &version) == VONK_FRAME_REFUSED)
        return vonk_refused_read(answer, &reason, err);
    VONK_TRY(check_frame(answer, VONK_FRAME_WELCOME, VONK_WELCOME_BYTES, err));
    VONK_TRY(hello_tag(secret, VONK_SLICE("welcome"), (vonk_slice){(char *)hello, VONK_HELLO_BYTES},
                       (vonk_slice){answer.data, HEAD + 8 + RANDOM}, tag, err));
    if (answer.length != VONK_WELCOME_BYTES ||
        CRYPTO_memcmp(tag, answer.data + HEAD + 8 + RANDOM, TAG_BYTES) != 0)
        return vonk_fail(err, VONK_DENIED, "wrong key: the peer could not prove the secret");
    vonk_session session = {0};
    memcpy(&session.id, answer.data + HEAD, 8);
    memcpy(&session.sender, hello + HEAD + 1, 4);
    VONK_TRY(derive_keys(secret, hello + HEAD + 5, (const uint8_t *)answer.data + HEAD + 8,
                         &session, err));
    *ret = session;
    return VONK_OK;
}

/* ---- sealed frames ---- */

/* The nonce: four zero bytes and the counter; the key belongs to one direction of one session. */
static void make_nonce(uint64_t counter, uint8_t ret[12])
{
    memset(ret, 0, 4);
    memcpy(ret + 4, &counter, 8);
}

vonk_status vonk_seal(const vonk_session *session, vonk_path path, uint64_t counter,
                      vonk_slice plain, uint8_t *ret, vonk_error *err)
{
    uint8_t nonce[12];
    int n = 0, m = 0;
    if (plain.length > VONK_RPC_MAX_MESSAGE)
        return vonk_fail(err, VONK_INVALID, "a message of %zu bytes is too long (limit %zu)",
                         plain.length, VONK_RPC_MAX_MESSAGE);
    put_head(ret, VONK_FRAME_SEALED);
    memcpy(ret + HEAD, &session->id, 8);
    memcpy(ret + HEAD + 8, &counter, 8);
    make_nonce(counter, nonce);
    uint8_t *body = ret + VONK_SEALED_HEADER;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool good =
        ctx && EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, session->keys[path], nonce) == 1 &&
        EVP_EncryptUpdate(ctx, NULL, &n, ret, VONK_SEALED_HEADER) == 1 &&
        EVP_EncryptUpdate(ctx, body, &n, (const uint8_t *)plain.data, (int)plain.length) == 1 &&
        EVP_EncryptFinal_ex(ctx, body + n, &m) == 1 &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, GCM_TAG, body + plain.length) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return good ? VONK_OK : vonk_fail(err, VONK_IO, "AES-256-GCM failed");
}

vonk_status vonk_sealed_peek(vonk_slice frame, uint64_t *ret_session, uint64_t *ret_counter,
                             vonk_error *err)
{
    VONK_TRY(check_frame(frame, VONK_FRAME_SEALED, VONK_SEALED_EXTRA, err));
    memcpy(ret_session, frame.data + HEAD, 8);
    memcpy(ret_counter, frame.data + HEAD + 8, 8);
    return VONK_OK;
}

vonk_status vonk_unseal(const vonk_session *session, vonk_path path, uint8_t *frame, size_t length,
                        vonk_slice *ret_plain, vonk_error *err)
{
    uint64_t id, counter;
    uint8_t nonce[12];
    int n = 0, m = 0;
    VONK_TRY(vonk_sealed_peek((vonk_slice){(char *)frame, length}, &id, &counter, err));
    if (id != session->id || length - VONK_SEALED_EXTRA > VONK_RPC_MAX_MESSAGE)
        return vonk_fail(err, VONK_DENIED, "a frame of another session");
    make_nonce(counter, nonce);
    uint8_t *body = frame + VONK_SEALED_HEADER;
    size_t size = length - VONK_SEALED_EXTRA;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool good = ctx &&
                EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, session->keys[path], nonce) == 1 &&
                EVP_DecryptUpdate(ctx, NULL, &n, frame, VONK_SEALED_HEADER) == 1 &&
                EVP_DecryptUpdate(ctx, body, &n, body, (int)size) == 1 &&
                EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, GCM_TAG, body + size) == 1 &&
                EVP_DecryptFinal_ex(ctx, body + n, &m) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (!good)
        return vonk_fail(err, VONK_DENIED, "a frame that is not authentic");
    *ret_plain = (vonk_slice){(char *)body, size};
    return VONK_OK;
}

bool vonk_replay_accept(vonk_replay *replay, uint64_t counter)
{
    if (counter == UINT64_MAX)
        return false;
    if (counter >= replay->next) { /* the window moves up to it; what it uncovers is unseen */
        uint64_t steps = counter + 1 - replay->next;
        if (steps > VONK_REPLAY_WINDOW)
            steps = VONK_REPLAY_WINDOW;
        for (uint64_t i = 0; i < steps; i++) {
            uint64_t at = (counter - i) % VONK_REPLAY_WINDOW;
            replay->seen[at / 64] &= ~(UINT64_C(1) << at % 64);
        }
        replay->next = counter + 1;
    } else if (replay->next - counter > VONK_REPLAY_WINDOW) {
        return false;
    }
    uint64_t at = counter % VONK_REPLAY_WINDOW, bit = UINT64_C(1) << at % 64;
    if (replay->seen[at / 64] & bit)
        return false;
    replay->seen[at / 64] |= bit;
    return true;
}
