/*
 * server.h - answers requests of authenticated peers: one nng REP listener with contexts.
 *
 * The handler runs on nng's threads, several at a time; it must not block on the network. Frames of
 * strangers are refused or dropped before any handler sees them.
 */
#ifndef VONK_RPC_SERVER_H
#define VONK_RPC_SERVER_H

#include "rpc/seal.h"

typedef struct vonk_rpc_server vonk_rpc_server;

typedef struct vonk_rpc_server_settings {
    vonk_secret secret;
    vonk_channel channel;
    const char *url; /* "tcp://127.0.0.1:0": any free port */
    void *context;
    /* Answers `request` of a peer (session->sender is its number) by filling `reply`. */
    void (*handle)(void *context, const vonk_session *session, vonk_slice request,
                   vonk_buffer *reply);
    /* A peer was refused, and why; called once for each reason. May be NULL. */
    void (*refused)(void *context, const char *why);
} vonk_rpc_server_settings;

/* Errors: VONK_IO: cannot listen. */
vonk_status vonk_rpc_server_open(const vonk_rpc_server_settings *settings, vonk_rpc_server **ret,
                                 vonk_error *err) VONK_MUST_CHECK;
/* The url with the real port; lives as long as the server. */
const char *vonk_rpc_server_url(const vonk_rpc_server *server);
/*
 * Waits a little for peers to leave and for handlers to return, then closes and frees. The handler
 * is not called afterwards. NULL is fine.
 */
void vonk_rpc_server_close(vonk_rpc_server *server);

#endif
