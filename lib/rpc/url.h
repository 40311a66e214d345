/* url.h - addresses of listeners; private to this folder. */
#ifndef VONK_RPC_URL_H
#define VONK_RPC_URL_H

#include <nng/nng.h>

#include "base/status.h"

#define VONK_URL_BYTES 160

/*
 * Listens on `url` with `socket` and writes the url with the port that it got to `ret`.
 */
vonk_status vonk_rpc_listen(nng_socket socket, const char *url, char ret[VONK_URL_BYTES],
                            vonk_error *err) VONK_MUST_CHECK;
/* What every socket of ours has set. */
vonk_status vonk_rpc_prepare(nng_socket socket, vonk_error *err) VONK_MUST_CHECK;

#endif
