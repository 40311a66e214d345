/* metrics.h - what operators of a task did, as part of its end. Zeros do not travel. */
#ifndef VONK_WIRE_METRICS_H
#define VONK_WIRE_METRICS_H

#include "plan/metrics.h"
#include "wire/codec.h"

void vonk_wire_put_op_metrics(vonk_buffer *out, uint32_t n, const vonk_op_metrics *ops);
/* In the reader's arena. */
const vonk_op_metrics *vonk_wire_op_metrics(vonk_wire_reader *in, uint32_t *ret_n);

#endif
