/*
 * What sockets hold of messages while the other side takes none: so much and no more, as the kernel
 * counts it (docs/memory.md). The other side is a plain TCP connection that speaks as nng does, so
 * that no memory of this process is its.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <endian.h>
#include <malloc.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "rpc/pipeline.h"
#include "rpc/server.h"

#define ANY      "tcp://127.0.0.1:0"
#define MESSAGE  ((size_t)8 << 20) /* twice what the kernel's buffers of a connection hold */
#define SLACK    ((size_t)8 << 20) /* of the process itself: threads, heap */
#define N_PEERS  2
#define CONTEXTS 8 /* rpc/server.c */

enum { PUSH = 0x50, PULL, REQ = 0x30, REP };

static const vonk_secret secret = {{42}};

/* ---- memory ---- */

/* Bytes that are resident now ("VmRSS:"), or were at most ("VmHWM:"). */
static size_t resident(const char *which)
{
    char line[128];
    size_t kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    cr_assert(file);
    while (!kib && fgets(line, sizeof line, file)) {
        if (!strncmp(line, which, strlen(which)))
            kib = strtoul(line + strlen(which), NULL, 10);
    }
    (void)fclose(file);
    return kib << 10;
}

/* The peak begins anew; what is freed goes back to the kernel at once, so that it means something.
 */
static size_t start_measuring(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, 64 << 10);
    FILE *file = fopen("/proc/self/clear_refs", "w");
    cr_assert(file);
    cr_assert(fputs("5", file) >= 0);
    (void)fclose(file);
    return resident("VmRSS:");
}

static void expect_at_most(size_t before, size_t n_messages)
{
#ifdef VONK_SANITIZED
    (void)before; /* a sanitizer keeps what is freed for a while */
    (void)n_messages;
#else
    size_t peak = resident("VmHWM:"), grown = peak > before ? peak - before : 0;
    cr_assert_leq(grown, n_messages * MESSAGE + SLACK, "%zu KiB for %zu messages", grown >> 10,
                  n_messages);
#endif
}

/* ---- the other side ---- */

static void write_all(int fd, const void *data, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = write(fd, (const char *)data + done, length - done);
        cr_assert_gt(n, 0);
        done += (size_t)n;
    }
}

/* NULL as `data`: the bytes are dropped. */
static void read_all(int fd, void *data, size_t length)
{
    static char dropped[1 << 16];
    for (size_t done = 0; done < length;) {
        size_t left = length - done, most = data || left < sizeof dropped ? left : sizeof dropped;
        ssize_t n = read(fd, data ? (char *)data + done : dropped, most);
        cr_assert_gt(n, 0);
        done += (size_t)n;
    }
}

static void shake_hands(int fd, uint8_t protocol)
{
    uint8_t ours[8] = {0, 'S', 'P', 0, 0, protocol}, theirs[8];
    write_all(fd, ours, sizeof ours);
    read_all(fd, theirs, sizeof theirs);
    cr_assert_eq(theirs[1], 'S');
}

static int connect_as(const char *url, uint8_t protocol)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    to.sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(fd, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    shake_hands(fd, protocol);
    return fd;
}

static void put_head(int fd, uint64_t length)
{
    uint64_t wire = htobe64(length);
    write_all(fd, &wire, sizeof wire);
}

static uint64_t get_head(int fd)
{
    uint64_t wire;
    read_all(fd, &wire, sizeof wire);
    return be64toh(wire);
}

/* A message of the REQ protocol: its number goes before it. */
static void ask(int fd, uint32_t number, const uint8_t *frame, size_t length)
{
    uint32_t id = htonl(number | UINT32_C(1) << 31);
    put_head(fd, sizeof id + length);
    write_all(fd, &id, sizeof id);
    write_all(fd, frame, length);
}

static void say_hello(int fd, vonk_session *ret)
{
    uint8_t hello[VONK_HELLO_BYTES], answer[4 + VONK_WELCOME_BYTES];
    vonk_error err;
    cr_assert_eq(vonk_hello_make(&secret, VONK_CHANNEL_BLOCKS, 7, hello, &err), VONK_OK);
    ask(fd, 0, hello, sizeof hello);
    cr_assert_eq(get_head(fd), sizeof answer);
    read_all(fd, answer, sizeof answer);
    vonk_slice welcome = {(const char *)answer + 4, VONK_WELCOME_BYTES};
    cr_assert_eq(vonk_hello_finish(&secret, hello, welcome, ret, &err), VONK_OK, "%s", err.message);
}

static void rest(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

/* ---- a server whose peers ask and do not read ---- */

#define N_QUESTIONS 16

static atomic_uint n_answered;

static void answer_long(void *context, const vonk_session *session, vonk_slice request,
                        vonk_buffer *reply)
{
    (void)session;
    (void)request;
    vonk_buffer_append(reply, context, MESSAGE);
    atomic_fetch_add(&n_answered, 1);
}

static void ask_often(int fd)
{
    vonk_session session;
    uint8_t frame[2 + VONK_SEALED_EXTRA];
    say_hello(fd, &session);
    for (uint32_t i = 0; i < N_QUESTIONS; i++) {
        cr_assert_eq(vonk_seal(&session, VONK_PATH_REQUEST, i, VONK_SLICE("hi"), frame, NULL),
                     VONK_OK);
        ask(fd, i + 1, frame, sizeof frame);
    }
}

/* An answer of any peer's: one peer's answers may have all contexts, so their order is not known.
 */
static void read_any(const int *fds)
{
    struct pollfd peers[N_PEERS];
    int i = 0;
    for (int k = 0; k < N_PEERS; k++)
        peers[k] = (struct pollfd){.fd = fds[k], .events = POLLIN};
    cr_assert_gt(poll(peers, N_PEERS, -1), 0);
    while (!(peers[i].revents & POLLIN))
        i++;
    read_all(fds[i], NULL, get_head(fds[i]));
}

Test(flow, a_server_holds_an_answer_a_context_and_one_a_peer)
{
    const unsigned most = CONTEXTS + N_PEERS;
    char *data = calloc(1, MESSAGE);
    int fds[N_PEERS];
    vonk_rpc_server *server = NULL;
    vonk_rpc_server_settings settings = {.secret = secret,
                                         .channel = VONK_CHANNEL_BLOCKS,
                                         .url = ANY,
                                         .context = data,
                                         .handle = answer_long};
    cr_assert_eq(vonk_rpc_server_open(&settings, &server, NULL), VONK_OK);
    size_t before = start_measuring();
    for (int i = 0; i < N_PEERS; i++) {
        fds[i] = connect_as(vonk_rpc_server_url(server), REQ);
        ask_often(fds[i]);
    }
    /* One peer's questions may have all contexts: the other's answer is then not begun. */
    while (atomic_load(&n_answered) < CONTEXTS + 1)
        rest();
    for (int i = 0; i < 30; i++) /* time for more, were there more */
        rest();
    cr_assert_leq(atomic_load(&n_answered), most);
    for (int i = 0; i < N_PEERS * N_QUESTIONS; i++)
        read_any(fds);
    cr_assert_eq(atomic_load(&n_answered), N_PEERS * N_QUESTIONS);
    expect_at_most(before, most + CONTEXTS); /* and each context one that is not sealed yet */
    for (int i = 0; i < N_PEERS; i++)
        close(fds[i]);
    vonk_rpc_server_close(server);
    free(data);
}

/* ---- a pusher whose peer does not read ---- */

static int listen_anywhere(char url[64])
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(fd, 0);
    cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(listen(fd, 1), 0);
    cr_assert_eq(getsockname(fd, (struct sockaddr *)&at, &length), 0);
    (void)snprintf(url, 64, "tcp://127.0.0.1:%d", ntohs(at.sin_port));
    return fd;
}

Test(flow, a_pusher_holds_its_room_and_what_is_on_its_way)
{
    enum { ROOM = 4, MANY = 40 };
    char url[64], *data = calloc(1, MESSAGE);
    vonk_session session = {.id = 5};
    vonk_rpc_push *push = NULL;
    vonk_error err;
    size_t before = start_measuring();
    int listener = listen_anywhere(url), n = 0;
    cr_assert_eq(vonk_rpc_push_open(&session, VONK_PATH_RESULTS, url, ROOM, &push, NULL), VONK_OK);
    int fd = accept(listener, NULL, NULL);
    cr_assert_geq(fd, 0);
    shake_hands(fd, PULL);
    vonk_status status = VONK_OK;
    while (n < MANY && status == VONK_OK) {
        status = vonk_rpc_push_send(push, (vonk_slice){data, MESSAGE}, 300, &err);
        n += status == VONK_OK;
    }
    cr_assert_eq(status, VONK_CANCELLED);
    cr_assert_eq(n, ROOM + 1);
    expect_at_most(before, ROOM + 1 + 1); /* and the one that found no room */
    close(fd);
    close(listener);
    vonk_rpc_push_close(push);
    free(data);
}

/* ---- a puller who does not take what many push ---- */

static vonk_rpc_sender *find(void *context, uint64_t id)
{
    vonk_rpc_sender *sender = context;
    return sender->session.id == id ? sender : NULL;
}

/* A peer who pushes the same sealed frame again and again, as long as somebody reads. */
typedef struct pusher {
    int fd;
    size_t at, n_written;
} pusher;

static bool push_some(pusher *p, const char *frame, size_t length)
{
    ssize_t n = send(p->fd, frame + p->at, length - p->at, MSG_DONTWAIT);
    if (n <= 0)
        return false;
    p->n_written += (size_t)n;
    p->at = (p->at + (size_t)n) % length;
    return true;
}

Test(flow, a_puller_holds_one_message_a_peer_and_the_one_it_looks_at)
{
    const size_t body = MESSAGE + VONK_SEALED_EXTRA, length = 8 + body;
    vonk_rpc_sender sender = {.session = {.id = 5, .keys = {{1}, {2}, {3}, {4}}}};
    vonk_rpc_pull_settings settings = {
        .url = ANY, .path = VONK_PATH_RESULTS, .context = &sender, .find = find};
    vonk_rpc_pull *pull = NULL;
    const vonk_rpc_sender *from;
    vonk_slice message;
    char *frame = calloc(1, length), *plain = calloc(1, MESSAGE);
    pusher pushers[N_PEERS] = {0};
    cr_assert_eq(vonk_seal(&sender.session, VONK_PATH_RESULTS, 0, (vonk_slice){plain, MESSAGE},
                           (uint8_t *)frame + 8, NULL),
                 VONK_OK);
    uint64_t head = htobe64(body);
    memcpy(frame, &head, sizeof head);
    cr_assert_eq(vonk_rpc_pull_open(&settings, &pull, NULL), VONK_OK);
    size_t before = start_measuring();
    for (int i = 0; i < N_PEERS; i++)
        pushers[i].fd = connect_as(vonk_rpc_pull_url(pull), PUSH);
    for (int quiet = 0; quiet < 30; quiet++) {
        for (int i = 0; i < N_PEERS; i++) {
            while (push_some(&pushers[i], frame, length))
                quiet = 0;
        }
        rest();
        cr_assert_lt(pushers[0].n_written, 16 * length, "nobody takes them, and still they go out");
    }
    cr_assert_eq(vonk_rpc_pull_next(pull, 10000, &message, &from, NULL), VONK_OK);
    cr_assert_eq(message.length, MESSAGE);
    expect_at_most(before, N_PEERS + 1);
    for (int i = 0; i < N_PEERS; i++)
        close(pushers[i].fd);
    vonk_rpc_pull_close(pull);
    free(frame);
    free(plain);
}
