/* url.c - listening, and the options that nng's defaults leave dangerous. */
#include "rpc/url.h"

#include <nng/transport/tcp/tcp.h>
#include <stdio.h>
#include <string.h>

#include "rpc/seal.h"

vonk_status vonk_rpc_prepare(nng_socket socket, vonk_error *err)
{
    /* nng's default is no limit: sixteen hostile bytes reserve any amount of memory. */
    int rv =
        nng_socket_set_size(socket, NNG_OPT_RECVMAXSZ, VONK_RPC_MAX_MESSAGE + VONK_SEALED_EXTRA);
    return rv ? vonk_fail(err, VONK_IO, "cannot set up a socket: %s", nng_strerror(rv)) : VONK_OK;
}

vonk_status vonk_rpc_listen(nng_socket socket, const char *url, char ret[VONK_URL_BYTES],
                            vonk_error *err)
{
    nng_listener listener;
    int port = 0, rv;
    VONK_TRY(vonk_rpc_prepare(socket, err));
    if ((rv = nng_listener_create(&listener, socket, url)) ||
        (rv = nng_listener_start(listener, 0)))
        return vonk_fail(err, VONK_IO, "cannot listen on %s: %s", url, nng_strerror(rv));
    if ((rv = nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port)))
        return vonk_fail(err, VONK_IO, "%s has no port: %s", url, nng_strerror(rv));
    const char *colon = strrchr(url, ':');
    int n = snprintf(ret, VONK_URL_BYTES, "%.*s:%d", (int)(colon - url), url, port);
    if (n < 0 || n >= VONK_URL_BYTES)
        return vonk_fail(err, VONK_INVALID, "an address is too long: %.100s", url);
    return VONK_OK;
}
