/* metrics.c - for each operator its node and the metrics that are not zero, in ascending order. */
#include "wire/metrics.h"

#define MIN_OP 5 /* bytes: node, count */

static uint8_t count_metrics(const vonk_op_metrics *op)
{
    uint8_t n = 0;
    for (int m = 0; m < VONK_N_METRICS; m++)
        n = (uint8_t)(n + (op->of[m] != 0));
    return n;
}

void vonk_wire_put_op_metrics(vonk_buffer *out, uint32_t n, const vonk_op_metrics *ops)
{
    vonk_wire_put_u32(out, n);
    for (uint32_t i = 0; i < n; i++) {
        vonk_wire_put_u32(out, ops[i].node);
        vonk_wire_put_u8(out, count_metrics(&ops[i]));
        for (int m = 0; m < VONK_N_METRICS; m++) {
            if (!ops[i].of[m])
                continue;
            vonk_wire_put_u8(out, (uint8_t)m);
            vonk_wire_put_u64(out, ops[i].of[m]);
        }
    }
}

static void get_op(vonk_wire_reader *in, vonk_op_metrics *op)
{
    op->node = vonk_wire_u32(in);
    uint8_t n = vonk_wire_u8(in);
    int last = -1;
    for (uint8_t i = 0; i < n && in->status == VONK_OK; i++) {
        uint8_t m = vonk_wire_u8(in);
        uint64_t value = vonk_wire_u64(in);
        if (in->status != VONK_OK)
            return;
        if (m >= VONK_N_METRICS || m <= last || !value) {
            vonk_wire_fail(in, "metric %u after %d of operator %u", m, last, op->node);
            return;
        }
        op->of[m] = value;
        last = m;
    }
}

const vonk_op_metrics *vonk_wire_op_metrics(vonk_wire_reader *in, uint32_t *ret_n)
{
    uint32_t n = vonk_wire_count(in, MIN_OP, "operators");
    vonk_op_metrics *ops = vonk_wire_array(in, n, sizeof *ops);
    for (uint32_t i = 0; ops && i < n && in->status == VONK_OK; i++)
        get_op(in, &ops[i]);
    *ret_n = in->status == VONK_OK ? n : 0;
    return ops;
}
