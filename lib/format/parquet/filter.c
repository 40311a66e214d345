/*
 * filter.c - late materialisation: which rows of a window stay, found from as few columns as can
 * be, with tests over one column asked of its dictionary once a row group.
 */
#include "format/parquet/scan.h"
#include "kernel/kernel.h"

/* ---- the tests ---- */

#define PROBE_TRIAL 65536 /* rows after which a filter must have been of use */

#define NO_COLUMN   (-1)
#define ANY_COLUMNS (-2)

/* The one column that `e` uses, NO_COLUMN or ANY_COLUMNS. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the expression */
static int32_t column_of(const vonk_expr *e, int32_t so_far)
{
    if (e->kind == VONK_EXPR_INPUT) {
        if (so_far == NO_COLUMN || so_far == (int32_t)e->index)
            return (int32_t)e->index;
        return ANY_COLUMNS;
    }
    if (e->kind == VONK_EXPR_CALL && e->function && !e->function->deterministic)
        return ANY_COLUMNS;
    for (uint32_t i = 0; i < e->n_args && so_far != ANY_COLUMNS; i++)
        so_far = column_of(e->args[i], so_far);
    return so_far;
}

static vonk_pq_test *find_test(vonk_pq_scan *scan, int32_t column)
{
    for (uint32_t t = 0; column >= 0 && t < scan->n_tests; t++)
        if (scan->tests[t].column == column)
            return &scan->tests[t];
    vonk_pq_test *test = &scan->tests[scan->n_tests++];
    test->column = column;
    return test;
}

vonk_status vonk_pq_tests_new(vonk_pq_scan *scan, vonk_error *err)
{
    uint32_t n = scan->request.n_filters;
    scan->tests = VONK_NEW_ARRAY(&scan->arena, vonk_pq_test, n, err);
    VONK_TRY_ALLOC(scan->tests);
    scan->probes = VONK_NEW_ARRAY(&scan->arena, vonk_pq_probe, scan->request.n_probes, err);
    VONK_TRY_ALLOC(scan->probes);
    for (int several = 0; several < 2; several++) /* those over several columns come last */
        for (uint32_t f = 0; f < n; f++) {
            int32_t column = column_of(scan->request.filters[f], NO_COLUMN);
            if ((column < 0) != several)
                continue;
            vonk_pq_test *test = find_test(scan, column < 0 ? -1 : column);
            if (!test->filters)
                test->filters = VONK_NEW_ARRAY(&scan->arena, const vonk_expr *, n, err);
            VONK_TRY_ALLOC(test->filters);
            test->filters[test->n_filters++] = scan->request.filters[f];
        }
    return VONK_OK;
}

/* A batch in which only column `column` (may be -1) is there; the others are nulls. */
static vonk_status lone_batch(vonk_pq_scan *scan, vonk_arena *arena, uint32_t n, vonk_batch *ret,
                              vonk_error *err)
{
    vonk_column *columns = VONK_NEW_ARRAY(arena, vonk_column, scan->n_columns, err);
    VONK_TRY_ALLOC(columns);
    for (uint32_t c = 0; c < scan->n_columns; c++)
        VONK_TRY(vonk_column_null(arena, scan->columns[c].type, n, &columns[c], err));
    *ret = (vonk_batch){.n_rows = n, .n_columns = scan->n_columns, .columns = columns};
    return VONK_OK;
}

/* ---- dictionaries ---- */

/* Evaluates a test on each entry of the dictionary and on null: keep[0 .. n]. */
static vonk_status ask_dictionary(vonk_pq_scan *scan, const vonk_pq_test *test, uint8_t *keep,
                                  vonk_error *err)
{
    const vonk_pq_chunk *chunk = &scan->columns[test->column].chunk;
    vonk_arena *arena = &scan->batch_arena;
    uint32_t n = chunk->n_dictionary + 1, n_left = n;
    uint32_t *rows = vonk_arena_alloc(arena, (size_t)n * 4, err);
    vonk_batch batch;
    VONK_TRY_ALLOC(rows);
    VONK_TRY(lone_batch(scan, arena, n, &batch, err));
    vonk_column *col = &batch.columns[test->column];
    *col = (vonk_column){.type = chunk->cast.type, .length = n, .values = chunk->dictionary};
    VONK_TRY(vonk_column_add_validity(arena, col, err));
    vonk_bit_set(col->validity, n - 1, false);
    memset(keep, 1, n);
    vonk_eval ctx = {arena, scan->request.settings};
    for (uint32_t f = 0; f < test->n_filters && n_left > 0; f++) {
        uint8_t *passed = vonk_arena_zalloc(arena, n, err);
        VONK_TRY_ALLOC(passed);
        VONK_TRY(vonk_expr_select(test->filters[f], &batch, &ctx, rows, &n_left, err));
        for (uint32_t i = 0; i < n_left; i++)
            passed[rows[i]] = 1;
        for (uint32_t i = 0; i < n; i++)
            keep[i] &= passed[i];
    }
    return VONK_OK;
}

vonk_status vonk_pq_test_dictionary(vonk_pq_scan *scan, vonk_pq_test *test,
                                    const vonk_pq_column *meta, bool *ret_none, vonk_error *err)
{
    vonk_pq_chunk *chunk = &scan->columns[test->column].chunk;
    *ret_none = false;
    if (!chunk->has_dictionary || chunk->dictionary_head.n_values > meta->n_values / 2 + 64)
        return VONK_OK;
    VONK_TRY(vonk_pq_chunk_dictionary(chunk, err));
    uint32_t n = chunk->n_dictionary;
    uint8_t *keep = vonk_arena_alloc(&scan->group_arena, (size_t)n + 1, err);
    VONK_TRY_ALLOC(keep);
    vonk_error ignored = {0};
    vonk_status status = ask_dictionary(scan, test, keep, &ignored);
    if (status == VONK_NO_MEMORY)
        return vonk_fail(err, status, "%s", ignored.message);
    if (status != VONK_OK) /* fails on an entry that rows may not reach: ask row by row */
        return VONK_OK;
    bool some = chunk->optional && keep[n], all = !chunk->optional || keep[n];
    for (uint32_t i = 0; i < n; i++) {
        some |= keep[i];
        all &= keep[i];
    }
    test->keep = keep;
    test->idle = all && meta->all_dictionary;
    *ret_none = !some && meta->all_dictionary;
    chunk->keep_codes = true;
    return VONK_OK;
}

/* Rows whose code is kept. */
static void select_codes(const vonk_pq_test *test, const vonk_pq_scan_column *from,
                         vonk_pq_selection *sel, uint32_t *rows)
{
    const vonk_column *col = &from->column;
    const uint8_t *keep = test->keep;
    const uint32_t *codes = col->codes;
    uint32_t n = 0, null_code = from->chunk.n_dictionary; /* col's is at least 1 */
    if (col->validity) {
        for (uint32_t i = 0; i < sel->n; i++) {
            uint32_t row = sel->all ? i : sel->rows[i];
            rows[n] = row;
            n += keep[vonk_bit_get(col->validity, row) ? codes[row] : null_code];
        }
    } else if (sel->all) {
        for (uint32_t row = 0; row < sel->n; row++) {
            rows[n] = row;
            n += keep[codes[row]];
        }
    } else {
        for (uint32_t i = 0; i < sel->n; i++) {
            uint32_t row = sel->rows[i];
            rows[n] = row;
            n += keep[codes[row]];
        }
    }
    *sel = (vonk_pq_selection){.all = sel->all && n == sel->n, .n = n, .rows = rows};
}

/* ---- windows ---- */

vonk_status vonk_pq_column_load(vonk_pq_scan *scan, uint32_t column, uint32_t n, vonk_error *err)
{
    vonk_pq_scan_column *col = &scan->columns[column];
    if (col->loaded)
        return VONK_OK;
    if (col->missing) {
        VONK_TRY(vonk_column_null(&scan->batch_arena, col->type, n, &col->column, err));
    } else {
        vonk_status status =
            vonk_pq_chunk_read(&col->chunk, &scan->batch_arena, n, NULL, 0, &col->column, err);
        if (status != VONK_OK)
            return vonk_error_prefix(err, status, "column %s", col->name);
    }
    col->loaded = true;
    return VONK_OK;
}

/* A DICTIONARY column of numbers as FLAT. */
static vonk_status flatten_codes(vonk_pq_scan *scan, vonk_column *col, vonk_error *err)
{
    size_t width = vonk_type_width(col->type);
    char *values = vonk_arena_alloc(&scan->batch_arena, ((size_t)col->length + 16) * width, err);
    VONK_TRY_ALLOC(values);
    vonk_pq_gather((uint32_t)width, col->values, col->codes, 0, col->length, values);
    *col = (vonk_column){
        .type = col->type, .length = col->length, .values = values, .validity = col->validity};
    return VONK_OK;
}

vonk_status vonk_pq_column_pick(vonk_pq_scan *scan, const vonk_column *col,
                                const vonk_pq_selection *sel, vonk_column *ret, vonk_error *err)
{
    vonk_column picked = *col;
    if (!sel->all && col->encoding == VONK_DICTIONARY && !col->validity) {
        uint32_t *codes = vonk_arena_alloc(&scan->batch_arena, ((size_t)sel->n + 16) * 4, err);
        VONK_TRY_ALLOC(codes);
        vonk_pq_gather(4, col->codes, sel->rows, 0, sel->n, codes);
        picked.codes = codes;
        picked.length = sel->n;
    } else if (!sel->all) {
        VONK_TRY(vonk_take(&scan->batch_arena, col, sel->rows, sel->n, false, &picked, err));
    }
    bool strings = col->type.id == VONK_STRING || col->type.id == VONK_BINARY;
    if (picked.encoding == VONK_DICTIONARY && !strings)
        VONK_TRY(flatten_codes(scan, &picked, err));
    *ret = picked;
    return VONK_OK;
}

typedef struct column_use {
    vonk_pq_scan *scan;
    uint8_t *used;
} column_use;

static bool mark_column(const vonk_expr *e, void *context)
{
    column_use *use = context;
    if (e->kind == VONK_EXPR_INPUT && e->index < use->scan->n_columns)
        use->used[e->index] = 1;
    return false;
}

/* Evaluates one filter on the rows that are left. */
static vonk_status select_rows(vonk_pq_scan *scan, const vonk_expr *filter, uint32_t n,
                               vonk_pq_selection *sel, vonk_error *err)
{
    vonk_arena *arena = &scan->batch_arena;
    column_use use = {scan, vonk_arena_zalloc(arena, (size_t)scan->n_columns + 1, err)};
    vonk_batch batch;
    VONK_TRY_ALLOC(use.used);
    (void)vonk_expr_any(filter, mark_column, &use);
    VONK_TRY(lone_batch(scan, arena, sel->n, &batch, err));
    for (uint32_t c = 0; c < scan->n_columns; c++) {
        if (!use.used[c])
            continue;
        VONK_TRY(vonk_pq_column_load(scan, c, n, err));
        VONK_TRY(vonk_pq_column_pick(scan, &scan->columns[c].column, sel, &batch.columns[c], err));
    }
    vonk_eval ctx = {arena, scan->request.settings};
    uint32_t n_left, *rows = scan->sel_next;
    VONK_TRY(vonk_expr_select(filter, &batch, &ctx, rows, &n_left, err));
    if (n_left == sel->n)
        return VONK_OK;
    for (uint32_t i = 0; !sel->all && i < n_left; i++)
        rows[i] = sel->rows[rows[i]];
    scan->sel_next = scan->sel;
    scan->sel = rows;
    *sel = (vonk_pq_selection){.n = n_left, .rows = rows};
    return VONK_OK;
}

static vonk_status select_test(vonk_pq_scan *scan, const vonk_pq_test *test, uint32_t n,
                               vonk_pq_selection *sel, vonk_error *err)
{
    if (test->keep) {
        VONK_TRY(vonk_pq_column_load(scan, (uint32_t)test->column, n, err));
        const vonk_pq_scan_column *col = &scan->columns[test->column];
        if (col->column.encoding == VONK_DICTIONARY) {
            select_codes(test, col, sel, scan->sel);
            return VONK_OK;
        }
    }
    for (uint32_t f = 0; f < test->n_filters && sel->n > 0; f++)
        VONK_TRY(select_rows(scan, test->filters[f], n, sel, err));
    return VONK_OK;
}

/* Rows whose value has a partner in a join above, or is good enough for a top-N. */
static vonk_status select_keys(vonk_pq_scan *scan, uint32_t which, uint32_t n,
                               vonk_pq_selection *sel, vonk_error *err)
{
    const vonk_scan_probe *ask = &scan->request.probes[which];
    vonk_pq_probe *state = &scan->probes[which];
    VONK_TRY(vonk_pq_column_load(scan, ask->column, n, err));
    uint32_t *rows = scan->sel_next;
    uint32_t n_left = vonk_key_filter_select(ask->keys, &scan->columns[ask->column].column,
                                             sel->all ? NULL : sel->rows, sel->n, rows);
    state->n_asked += sel->n;
    state->n_kept += n_left;
    scan->metrics.rows_probed += sel->n - n_left;
    state->off = state->n_asked >= PROBE_TRIAL && state->n_kept > state->n_asked / 10 * 9;
    if (n_left == sel->n)
        return VONK_OK;
    scan->sel_next = scan->sel;
    scan->sel = rows;
    *sel = (vonk_pq_selection){.n = n_left, .rows = rows};
    return VONK_OK;
}

vonk_status vonk_pq_window_select(vonk_pq_scan *scan, uint32_t n, vonk_pq_selection *ret,
                                  vonk_error *err)
{
    vonk_pq_selection sel = {.all = true, .n = n, .rows = scan->sel};
    for (uint32_t t = 0; t < scan->n_tests && sel.n > 0; t++)
        if (!scan->tests[t].idle)
            VONK_TRY(select_test(scan, &scan->tests[t], n, &sel, err));
    for (uint32_t p = 0; p < scan->request.n_probes && sel.n > 0; p++)
        if (!scan->probes[p].off && !vonk_key_filter_is_open(scan->request.probes[p].keys))
            VONK_TRY(select_keys(scan, p, n, &sel, err));
    *ret = sel;
    return VONK_OK;
}
