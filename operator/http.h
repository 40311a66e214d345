/*
 * http.h - /metrics, /healthz and /readyz, on a thread of its own, so that a stuck loop shows.
 */
#ifndef VONK_OPERATOR_HTTP_H
#define VONK_OPERATOR_HTTP_H

#include "operator/stats.h"

typedef struct vonk_op_http vonk_op_http;

/* `port` 0: any; `ret_port` (may be NULL) gets it. Errors: VONK_IO: the port is taken. */
vonk_status vonk_op_http_start(uint16_t port, vonk_op_stats *stats, vonk_op_http **ret,
                               uint16_t *ret_port, vonk_error *err) VONK_MUST_CHECK;
void vonk_op_http_stop(vonk_op_http *http);

#endif
