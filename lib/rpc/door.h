/*
 * door.h - closing nng sockets without hanging; private to this folder.
 *
 * nng 1.5.2 can lose a receive that is under way when its connection is closed from this side
 * (fixed by nng's #1636). Then its reaper thread waits for ever, and with it every nng_close() of
 * the process. So we let the other side close first where we can (vonk_door_wait), close on a
 * thread of its own, and wait for that only so long.
 */
#ifndef VONK_RPC_DOOR_H
#define VONK_RPC_DOOR_H

#include <nng/nng.h>
#include <pthread.h>

#include "base/status.h"

/* Counts the connections of a listening socket. */
typedef struct vonk_door {
    pthread_mutex_t lock;
    pthread_cond_t left;
    int n_pipes; /* guarded by lock */
} vonk_door;

vonk_status vonk_door_init(vonk_door *door, nng_socket socket, vonk_error *err) VONK_MUST_CHECK;
/* Waits until all connections are gone, up to timeout_ms. */
void vonk_door_wait(vonk_door *door, int timeout_ms);

/*
 * Closes the socket on another thread and then calls done(arg) there (NULL: nothing), which may
 * free what callbacks of the socket use. Waits for that up to timeout_ms (0: not at all).
 */
void vonk_socket_close(nng_socket socket, int timeout_ms, void (*done)(void *), void *arg);

#endif
