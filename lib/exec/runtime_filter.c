/* runtime_filter.c - following a join's keys down to the scans that they come from. */
#include "exec/runtime_filter.h"

#include "exec/join_build.h"

static const vonk_expr *bare(const vonk_expr *e)
{
    while (e->kind == VONK_EXPR_ALIAS)
        e = e->args[0];
    return e->kind == VONK_EXPR_INPUT ? e : NULL;
}

/* One step down: the child that output column *column of `node` comes from unchanged, or NULL. */
static const vonk_physical *step(const vonk_physical *node, uint32_t *column)
{
    const vonk_expr *e = NULL;
    switch (node->kind) {
    case VONK_OP_FILTER:
        *column = node->columns ? node->columns[*column] : *column;
        return node->children[0];
    case VONK_OP_SORT:
        return node->limit < 0 ? node->children[0] : NULL;
    case VONK_OP_JOIN: /* the probe side's rows come through, or not */
        if (*column >= node->children[0]->output.n_fields || node->join_type == VONK_JOIN_FULL)
            return NULL;
        return node->children[0];
    case VONK_OP_PROJECT:
        e = bare(node->exprs[*column]);
        break;
    case VONK_OP_AGGREGATE: /* a group without a partner need not be made */
        e = *column < node->n_keys ? bare(node->keys[*column]) : NULL;
        break;
    default:
        break;
    }
    if (!e)
        return NULL;
    *column = e->index;
    return node->children[0];
}

/* The scan and its column that key `k` of the join comes from, or NULL. */
static const vonk_physical *find_scan(const vonk_physical *join, uint32_t k, uint32_t *ret_column)
{
    const vonk_expr *key = bare(join->keys[k]);
    const vonk_physical *node = join->children[0];
    if (!key || k >= 64 || (join->null_safe >> k & 1) ||
        !vonk_key_filter_takes(join->right_keys[k]->type) ||
        !vonk_type_equal(key->type, join->right_keys[k]->type))
        return NULL;
    *ret_column = key->index;
    while (node && node->kind != VONK_OP_SCAN)
        node = step(node, ret_column);
    return node;
}

static bool may_filter(const vonk_physical *join)
{
    return join->join_type == VONK_JOIN_INNER || join->join_type == VONK_JOIN_SEMI;
}

uint64_t vonk_runtime_filter_keys(const vonk_physical *join)
{
    uint64_t keys = 0;
    uint32_t column;
    for (uint32_t k = 0; k < join->n_keys && may_filter(join); k++) {
        if (find_scan(join, k, &column))
            keys |= UINT64_C(1) << k;
    }
    return keys;
}

vonk_status vonk_runtime_filters_add(vonk_run *run, const vonk_physical *join,
                                     vonk_build *const *build, vonk_error *err)
{
    for (uint32_t k = 0; k < join->n_keys && may_filter(join); k++) {
        uint32_t column;
        const vonk_physical *scan = find_scan(join, k, &column);
        if (!scan)
            continue;
        vonk_runtime_filter *filter = VONK_NEW(&run->arena, vonk_runtime_filter, err);
        VONK_TRY_ALLOC(filter);
        *filter = (vonk_runtime_filter){
            .next = run->filters, .scan_id = scan->id, .column = column, .build = build, .key = k};
        run->filters = filter;
    }
    return VONK_OK;
}

vonk_status vonk_runtime_filters_of(vonk_run *run, uint32_t scan_id, vonk_scan_probe **ret,
                                    uint32_t *ret_n, vonk_error *err)
{
    uint32_t n = 0;
    for (const vonk_runtime_filter *f = run->filters; f; f = f->next)
        n += f->scan_id == scan_id;
    vonk_scan_probe *probes = VONK_NEW_ARRAY(&run->arena, vonk_scan_probe, n, err);
    VONK_TRY_ALLOC(probes);
    n = 0;
    for (const vonk_runtime_filter *f = run->filters; f; f = f->next) {
        const vonk_build *build = f->scan_id == scan_id ? *f->build : NULL;
        if (build && build->filters && build->filters[f->key])
            probes[n++] = (vonk_scan_probe){f->column, build->filters[f->key]};
    }
    *ret = probes;
    *ret_n = n;
    return VONK_OK;
}
