/*
 * client.h - asks an authenticated server: an nng REQ socket, a context for each call.
 *
 * Connects and says hello at the first call, and again after the connection was lost. A call whose
 * connection is lost fails at once; whether to ask again is the caller's decision, because only he
 * knows that his request may be made twice. Thread-safe: many calls at once over one connection.
 */
#ifndef VONK_RPC_CLIENT_H
#define VONK_RPC_CLIENT_H

#include "rpc/seal.h"

typedef struct vonk_rpc_client vonk_rpc_client;

vonk_status vonk_rpc_client_new(const vonk_secret *secret, vonk_channel channel, uint32_t sender,
                                const char *url, vonk_rpc_client **ret,
                                vonk_error *err) VONK_MUST_CHECK;

/*
 * Sends `request` and appends the answer to `reply`.
 * Errors: VONK_IO: no connection, lost, or no answer in timeout_ms; VONK_DENIED: refused (wrong key
 * or version), which will not get better.
 */
vonk_status vonk_rpc_call(vonk_rpc_client *client, vonk_slice request, int timeout_ms,
                          vonk_buffer *reply, vonk_error *err) VONK_MUST_CHECK;

/* The session of the present connection: keys for pipelines. VONK_IO if there is none. */
vonk_status vonk_rpc_client_session(vonk_rpc_client *client, vonk_session *ret,
                                    vonk_error *err) VONK_MUST_CHECK;

/* Ends calls under way with VONK_CANCELLED and all later ones. */
void vonk_rpc_client_abort(vonk_rpc_client *client);
/* No call is under way. NULL is fine. */
void vonk_rpc_client_free(vonk_rpc_client *client);

#endif
