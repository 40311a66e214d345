/* metrics_print.c - exchanges are followed from their reader into the stage that wrote them. */
#include "plan/metrics_print.h"

#include <inttypes.h>

#include "plan/tree_print.h"

#define NOTEWORTHY_NS 1000000u /* the slowest of tasks that are all shorter is chance */

typedef struct printer {
    const vonk_ran_plan *ran;
    vonk_buffer *out;
    tree_prefix prefix;
    uint64_t *printed; /* a bit an exchange: its stage stands further up */
    uint32_t n_items;  /* of the line */
} printer;

const vonk_op_totals *vonk_ran_plan_find(const vonk_ran_plan *ran, uint32_t node)
{
    for (uint32_t i = 0; i < ran->n_ops; i++) {
        if (ran->ops[i].node == node)
            return &ran->ops[i];
    }
    return NULL;
}

/* The EXCHANGE that a READ reads. */
static const vonk_physical *writer_of(const vonk_ran_plan *ran, const vonk_physical *read)
{
    for (uint32_t s = 0; s < ran->n_stages; s++) {
        const vonk_physical *root = ran->stages[s].root;
        if (root->kind == VONK_OP_EXCHANGE && root->exchange_id == read->exchange_id)
            return root;
    }
    return NULL;
}

/* ---- one line of figures ---- */

static void item(printer *p, const char *name)
{
    vonk_buffer_printf(p->out, "%s%s: ", p->n_items++ ? ", " : "", name);
}

static void count(printer *p, const char *name, uint64_t n)
{
    item(p, name);
    vonk_buffer_printf(p->out, "%" PRIu64, n);
}

static void some(printer *p, const char *name, uint64_t n)
{
    if (n)
        count(p, name, n);
}

static void bytes(printer *p, const char *name, uint64_t n)
{
    if (!n)
        return;
    item(p, name);
    vonk_buffer_size(p->out, (double)n);
}

static void duration(uint64_t ns, vonk_buffer *out)
{
    if (ns < 1000000)
        vonk_buffer_printf(out, "%.0f us", (double)ns / 1e3);
    else
        vonk_buffer_printf(out, "%.1f ms", (double)ns / 1e6);
}

static void time_of(printer *p, const char *name, uint64_t ns)
{
    item(p, name);
    duration(ns, p->out);
}

static void print_time(printer *p, const vonk_op_totals *t)
{
    time_of(p, "time", t->sum[VONK_METRIC_NS] + t->sum[VONK_METRIC_BUILD_NS]);
    if (t->sum[VONK_METRIC_BUILD_NS]) {
        vonk_buffer_text(p->out, " (build ");
        duration(t->sum[VONK_METRIC_BUILD_NS], p->out);
        vonk_buffer_char(p->out, ')');
    }
    count(p, "tasks", t->n_tasks);
    if (t->n_tasks < 2 || t->max[VONK_METRIC_NS] < NOTEWORTHY_NS)
        return;
    time_of(p, "slowest", t->max[VONK_METRIC_NS]);
    if (t->skew > 0)
        vonk_buffer_printf(p->out, ", skew: %.1f", t->skew);
}

static void print_scan(printer *p, const vonk_op_totals *t)
{
    count(p, "rows read", t->sum[VONK_METRIC_ROWS_READ]);
    some(p, "rows filtered", t->sum[VONK_METRIC_ROWS_FILTERED]);
    some(p, "rows filtered at run time", t->sum[VONK_METRIC_ROWS_PROBED]);
    bytes(p, "bytes read", t->sum[VONK_METRIC_BYTES_READ]);
    if (t->sum[VONK_METRIC_GROUPS]) {
        count(p, "row groups", t->sum[VONK_METRIC_GROUPS]);
        vonk_buffer_printf(p->out, " (%" PRIu64 " pruned)", t->sum[VONK_METRIC_GROUPS_PRUNED]);
    }
    if (t->sum[VONK_METRIC_PAGES]) {
        count(p, "pages", t->sum[VONK_METRIC_PAGES]);
        vonk_buffer_printf(p->out, " (%" PRIu64 " pruned)", t->sum[VONK_METRIC_PAGES_PRUNED]);
    }
    bytes(p, "bytes pruned", t->sum[VONK_METRIC_BYTES_PRUNED]);
}

static void print_figures(printer *p, const vonk_physical *op, const vonk_op_totals *t)
{
    bool source = op->kind == VONK_OP_SCAN || !op->n_children;
    count(p, "output rows", t->sum[VONK_METRIC_ROWS_OUT]);
    if (!source && op->kind != VONK_OP_EXCHANGE)
        count(p, "input rows", t->sum[VONK_METRIC_ROWS_IN]);
    if (op->kind == VONK_OP_JOIN)
        count(p, "build rows", t->sum[VONK_METRIC_BUILD_ROWS]);
    if (op->kind == VONK_OP_SCAN)
        print_scan(p, t);
    bytes(p, "data size", t->sum[VONK_METRIC_BYTES_WRITTEN]);
    print_time(p, t);
    some(p, "batches", t->sum[VONK_METRIC_BATCHES_OUT]);
    bytes(p, "peak memory", t->max[VONK_METRIC_PEAK_MEMORY]);
    bytes(p, "spill size", t->sum[VONK_METRIC_SPILLED]);
}

static void print_fetched(printer *p, const vonk_op_totals *reading)
{
    if (!reading)
        return;
    count(p, "rows fetched", reading->sum[VONK_METRIC_ROWS_OUT]);
    time_of(p, "fetch time", reading->sum[VONK_METRIC_NS]);
}

static void begin_line(printer *p)
{
    vonk_buffer_append(p->out, p->prefix.text.data, p->prefix.text.length);
    vonk_buffer_text(p->out, "     ");
    p->n_items = 0;
}

static void print_line(printer *p, const vonk_physical *op, const vonk_physical *read)
{
    const vonk_op_totals *t = vonk_ran_plan_find(p->ran, op->id);
    if (!t)
        return;
    begin_line(p);
    print_figures(p, op, t);
    if (read)
        print_fetched(p, vonk_ran_plan_find(p->ran, read->id));
    vonk_buffer_char(p->out, '\n');
}

/* Of an exchange that was told of before: what this reader did. */
static void print_reading(printer *p, const vonk_physical *read)
{
    const vonk_op_totals *t = vonk_ran_plan_find(p->ran, read->id);
    if (!t)
        return;
    begin_line(p);
    print_fetched(p, t);
    vonk_buffer_char(p->out, '\n');
}

/* ---- the tree ---- */

/* `read`: what reads this exchange, or NULL. */
static void print_tree(printer *p, const vonk_physical *op, const vonk_physical *read)
{
    bool again = read && p->printed[op->exchange_id / 64] >> op->exchange_id % 64 & 1;
    (again ? vonk_physical_print_reused : vonk_physical_print_line)(op, p->out);
    vonk_buffer_char(p->out, '\n');
    if (again) {
        print_reading(p, read);
        return;
    }
    if (read)
        p->printed[op->exchange_id / 64] |= UINT64_C(1) << op->exchange_id % 64;
    print_line(p, op, read);
    for (uint32_t i = 0; i < op->n_children && op->kind != VONK_OP_SCAN; i++) {
        const vonk_physical *child = op->children[i];
        const vonk_physical *writer = child->kind == VONK_OP_READ ? writer_of(p->ran, child) : NULL;
        size_t before = vonk_tree_enter(&p->prefix, i + 1 == op->n_children, p->out);
        print_tree(p, writer ? writer : child, writer ? child : NULL);
        vonk_tree_leave(&p->prefix, before);
    }
}

vonk_status vonk_ran_plan_print(const vonk_ran_plan *ran, vonk_arena *arena, vonk_buffer *out,
                                vonk_error *err)
{
    uint32_t most = 0;
    for (uint32_t s = 0; s < ran->n_stages; s++) {
        const vonk_physical *root = ran->stages[s].root;
        if (root->kind == VONK_OP_EXCHANGE && root->exchange_id > most)
            most = root->exchange_id;
    }
    printer p = {.ran = ran, .out = out};
    p.printed = VONK_NEW_ARRAY(arena, uint64_t, most / 64 + 1, err);
    VONK_TRY_ALLOC(p.printed);
    print_tree(&p, ran->stages[ran->n_stages - 1].root, NULL);
    vonk_buffer_free(&p.prefix.text);
    return VONK_OK;
}
