/* prune.c - row groups, and rows of one, whose statistics show that no row passes the filters. */
#include "format/parquet/scan.h"

/* Rows whose statistics are asked: of a row group, or those at the columns' current pages. */
typedef struct rows_asked {
    const vonk_pq_scan *scan;
    const vonk_pq_group *group;
    bool by_page;
} rows_asked;

static vonk_pq_bounds bounds_of(const rows_asked *rows, uint32_t column)
{
    const vonk_pq_scan_column *col = &rows->scan->columns[column];
    if (rows->by_page && col->pages.n)
        return col->pages.bounds[col->pages.at];
    const vonk_pq_stats *stats = col->missing ? NULL : &rows->group->columns[col->leaf].stats;
    return vonk_pq_bounds_of(&rows->scan->file, col, stats, rows->group->n_rows);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the expression */
static bool may_match(const rows_asked *rows, const vonk_expr *e)
{
    uint32_t column;
    if (e->kind == VONK_EXPR_LITERAL && e->type.id == VONK_BOOL)
        return !e->value.is_null && e->value.boolean;
    if (e->kind != VONK_EXPR_CALL || e->n_args == 0)
        return true;
    if (!strcmp(e->name, "and") || !strcmp(e->name, "or")) {
        bool is_and = e->name[0] == 'a';
        for (uint32_t i = 0; i < e->n_args; i++)
            if (may_match(rows, e->args[i]) != is_and)
                return !is_and;
        return is_and;
    }
    if (!vonk_pq_is_test(e, &column) || column >= rows->scan->n_columns)
        return true;
    vonk_pq_bounds b = bounds_of(rows, column);
    return vonk_pq_may_pass(&b, e);
}

static bool pruned(const rows_asked *rows)
{
    const vonk_scan_request *request = &rows->scan->request;
    for (uint32_t f = 0; f < request->n_filters; f++)
        if (!may_match(rows, request->filters[f]))
            return true;
    for (uint32_t p = 0; p < request->n_probes; p++) {
        vonk_pq_bounds b = bounds_of(rows, request->probes[p].column);
        if (!vonk_pq_may_have_key(&b, request->probes[p].keys))
            return true;
    }
    return false;
}

bool vonk_pq_group_pruned(const vonk_pq_scan *scan, const vonk_pq_group *group)
{
    return pruned(&(rows_asked){scan, group, false});
}

bool vonk_pq_rows_pruned(const vonk_pq_scan *scan, const vonk_pq_group *group)
{
    return pruned(&(rows_asked){scan, group, true});
}
