/* plan.c - every node carries every field: a plan is small, and one layout is easy to check. */
#include "wire/plan.h"

#include "wire/expr.h"
#include "wire/schema.h"

#define MIN_NODE  80 /* bytes: the fixed fields */
#define MIN_EXPR  15
#define MIN_SPLIT 32

/* A field that was added must travel too: put it, get it, check it, then change the number here. */
#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(vonk_physical) == 224, "vonk_physical has changed");
_Static_assert(sizeof(vonk_relation) == 80, /* `stats` are the planner's alone */
               "vonk_relation has changed");
_Static_assert(sizeof(vonk_split) == 40, "vonk_split has changed");
#endif

/* ---- writing ---- */

static vonk_status put_exprs(vonk_buffer *out, uint32_t n, vonk_expr *const *exprs, vonk_error *err)
{
    vonk_wire_put_u32(out, n);
    for (uint32_t i = 0; i < n; i++)
        VONK_TRY(vonk_wire_put_expr(out, exprs[i], err));
    return VONK_OK;
}

static void put_relation(vonk_buffer *out, const vonk_relation *relation)
{
    vonk_wire_put_text(out, relation->name);
    vonk_wire_put_text(out, relation->format);
    vonk_wire_put_options(out, &relation->options);
    vonk_wire_put_schema(out, &relation->schema);
    vonk_wire_put_i64(out, relation->n_rows);
}

/* The relation of a SCAN, and the columns that a SCAN or FILTER keeps. */
static void put_columns(vonk_buffer *out, const vonk_physical *plan)
{
    vonk_wire_put_bool(out, plan->relation != NULL);
    if (plan->relation)
        put_relation(out, plan->relation);
    vonk_wire_put_bool(out, plan->columns != NULL);
    for (uint32_t i = 0; plan->columns && i < plan->output.n_fields; i++)
        vonk_wire_put_u32(out, plan->columns[i]);
}

static void put_numbers(vonk_buffer *out, const vonk_physical *plan)
{
    vonk_wire_put_u8(out, (uint8_t)plan->join_type);
    vonk_wire_put_u64(out, plan->null_safe);
    vonk_wire_put_bool(out, plan->null_aware);
    vonk_wire_put_u8(out, (uint8_t)plan->mode);
    vonk_wire_put_i64(out, plan->limit);
    vonk_wire_put_i64(out, plan->offset);
    vonk_wire_put_u32(out, plan->n_rows);
    vonk_wire_put_u32(out, plan->n_columns);
    vonk_wire_put_i64(out, plan->range_start);
    vonk_wire_put_i64(out, plan->range_end);
    vonk_wire_put_i64(out, plan->range_step);
    vonk_wire_put_u8(out, (uint8_t)plan->partitioning);
    vonk_wire_put_u32(out, plan->n_partitions);
    vonk_wire_put_u32(out, plan->exchange_id);
}

static vonk_status put_node(vonk_buffer *out, const vonk_physical *plan, uint32_t depth,
                            vonk_error *err)
{
    if (depth > VONK_WIRE_MAX_DEPTH)
        return vonk_fail(err, VONK_INVALID, "a plan is nested deeper than %d", VONK_WIRE_MAX_DEPTH);
    vonk_wire_put_u8(out, (uint8_t)plan->kind);
    vonk_wire_put_u32(out, plan->id);
    vonk_wire_put_schema(out, &plan->output);
    put_numbers(out, plan);
    VONK_TRY(put_exprs(out, plan->n_exprs, plan->exprs, err));
    VONK_TRY(put_exprs(out, plan->n_keys, plan->keys, err));
    VONK_TRY(put_exprs(out, plan->right_keys ? plan->n_keys : 0, plan->right_keys, err));
    VONK_TRY(put_exprs(out, plan->condition ? 1 : 0, &plan->condition, err));
    put_columns(out, plan);
    vonk_wire_put_text(out, plan->format);
    vonk_wire_put_text(out, plan->path);
    vonk_wire_put_options(out, &plan->options);
    vonk_wire_put_u32(out, plan->n_children);
    for (uint32_t i = 0; i < plan->n_children; i++)
        VONK_TRY(put_node(out, plan->children[i], depth + 1, err));
    return VONK_OK;
}

vonk_status vonk_wire_put_physical(vonk_buffer *out, const vonk_physical *plan, vonk_error *err)
{
    return put_node(out, plan, 1, err);
}

void vonk_wire_put_splits(vonk_buffer *out, uint32_t n, const vonk_split *splits)
{
    vonk_wire_put_u32(out, n);
    for (uint32_t i = 0; i < n; i++) {
        vonk_wire_put_u32(out, splits[i].scan_id);
        vonk_wire_put_text(out, splits[i].path);
        vonk_wire_put_u64(out, splits[i].start);
        vonk_wire_put_u64(out, splits[i].length);
        vonk_wire_put_u64(out, splits[i].file_size);
    }
}

/* ---- reading ---- */

static vonk_expr **get_exprs(vonk_wire_reader *in, uint32_t *ret_n)
{
    uint32_t n = vonk_wire_count(in, MIN_EXPR, "expressions");
    vonk_expr **exprs = vonk_wire_array(in, n, sizeof *exprs);
    for (uint32_t i = 0; i < n && in->status == VONK_OK; i++)
        exprs[i] = vonk_wire_expr(in);
    *ret_n = in->status == VONK_OK ? n : 0;
    return exprs;
}

static const vonk_relation *get_relation(vonk_wire_reader *in)
{
    vonk_relation *relation = vonk_wire_array(in, 1, sizeof *relation);
    if (!relation)
        return NULL;
    relation->name = vonk_wire_text_or_null(in);
    relation->format = vonk_wire_text(in);
    relation->options = vonk_wire_options(in);
    relation->schema = vonk_wire_schema(in);
    relation->n_rows = vonk_wire_i64(in);
    return relation;
}

static void get_columns(vonk_wire_reader *in, vonk_physical *plan)
{
    if (vonk_wire_bool(in))
        plan->relation = get_relation(in);
    if (!vonk_wire_bool(in))
        return;
    uint32_t n = plan->output.n_fields;
    if (in->status == VONK_OK && n > vonk_wire_left(in) / 4)
        vonk_wire_fail(in, "%u columns cannot be in %zu bytes", n, vonk_wire_left(in));
    plan->columns = vonk_wire_array(in, n, sizeof *plan->columns);
    for (uint32_t i = 0; plan->columns && i < n; i++)
        plan->columns[i] = vonk_wire_u32(in);
}

static void get_numbers(vonk_wire_reader *in, vonk_physical *plan)
{
    plan->join_type = vonk_wire_enum(in, VONK_N_JOINS, "join");
    plan->null_safe = vonk_wire_u64(in);
    plan->null_aware = vonk_wire_bool(in);
    plan->mode = vonk_wire_enum(in, VONK_AGG_MERGE + 1, "aggregate mode");
    plan->limit = vonk_wire_i64(in);
    plan->offset = vonk_wire_i64(in);
    plan->n_rows = vonk_wire_u32(in);
    plan->n_columns = vonk_wire_u32(in);
    plan->range_start = vonk_wire_i64(in);
    plan->range_end = vonk_wire_i64(in);
    plan->range_step = vonk_wire_i64(in);
    plan->partitioning = vonk_wire_enum(in, VONK_PART_RANGE + 1, "partitioning");
    plan->n_partitions = vonk_wire_u32(in);
    plan->exchange_id = vonk_wire_u32(in);
}

/* ---- checking ---- */

static bool is_wider(const vonk_expr *e, void *width)
{
    return e->kind == VONK_EXPR_INPUT && e->index >= *(const uint64_t *)width;
}

static void check_width(vonk_wire_reader *in, const vonk_physical *plan, uint32_t n,
                        vonk_expr *const *exprs, uint64_t width)
{
    for (uint32_t i = 0; i < n && in->status == VONK_OK; i++) {
        if (vonk_expr_any(exprs[i], is_wider, &width))
            vonk_wire_fail(in, "an expression of operator %u reads beyond %lu columns", plan->id,
                           (unsigned long)width);
    }
}

static uint32_t child_width(const vonk_physical *plan, uint32_t child)
{
    return plan->children[child]->output.n_fields;
}

static void check_join(vonk_wire_reader *in, const vonk_physical *plan, uint32_t n_right_keys)
{
    uint64_t left = child_width(plan, 0), right = child_width(plan, 1);
    if (n_right_keys != plan->n_keys)
        vonk_wire_fail(in, "a join of %u and %u keys", plan->n_keys, n_right_keys);
    check_width(in, plan, plan->n_keys, plan->keys, left);
    check_width(in, plan, n_right_keys, plan->right_keys, right);
    check_width(in, plan, plan->condition ? 1 : 0, &plan->condition, left + right);
}

static void check_columns(vonk_wire_reader *in, const vonk_physical *plan, uint32_t width)
{
    for (uint32_t i = 0; plan->columns && i < plan->output.n_fields; i++) {
        if (plan->columns[i] >= width) {
            vonk_wire_fail(in, "operator %u keeps column %u of %u", plan->id, plan->columns[i],
                           width);
            return;
        }
    }
}

static void check_filter(vonk_wire_reader *in, const vonk_physical *plan)
{
    uint32_t width = child_width(plan, 0);
    if (plan->n_exprs != 1)
        vonk_wire_fail(in, "a filter of %u expressions", plan->n_exprs);
    else if (!plan->columns && plan->output.n_fields != width)
        vonk_wire_fail(in, "a filter of %u columns makes %u", width, plan->output.n_fields);
    check_columns(in, plan, width);
    check_width(in, plan, plan->n_exprs, plan->exprs, width);
}

static void check_kinds(vonk_wire_reader *in, const vonk_physical *plan, uint32_t n,
                        vonk_expr *const *exprs, vonk_expr_kind kind)
{
    for (uint32_t i = 0; i < n; i++) {
        if (exprs[i]->kind != kind)
            vonk_wire_fail(in, "operator %u has an expression of kind %d", plan->id,
                           (int)exprs[i]->kind);
    }
}

/* A scan's keys are filtered by those that READs bring. */
static void check_key_filters(vonk_wire_reader *in, const vonk_physical *plan,
                              uint32_t n_right_keys)
{
    if (n_right_keys != plan->n_keys)
        vonk_wire_fail(in, "a scan of %u and %u keys", plan->n_keys, n_right_keys);
    check_kinds(in, plan, plan->n_keys, plan->keys, VONK_EXPR_INPUT);
    check_width(in, plan, plan->n_keys, plan->keys, plan->output.n_fields);
    for (uint32_t i = 0; i < plan->n_keys && in->status == VONK_OK; i++) {
        if (plan->children[i]->kind != VONK_OP_READ ||
            !vonk_type_equal(plan->keys[i]->type, plan->right_keys[i]->type))
            vonk_wire_fail(in, "scan %u has a key filter of another kind", plan->id);
        check_width(in, plan, 1, &plan->right_keys[i], child_width(plan, i));
    }
}

static void check_scan(vonk_wire_reader *in, const vonk_physical *plan, uint32_t n_right_keys)
{
    check_key_filters(in, plan, n_right_keys);
    if (!plan->relation || (!plan->columns && plan->output.n_fields)) {
        vonk_wire_fail(in, "scan %u has no relation or no columns", plan->id);
        return;
    }
    check_columns(in, plan, plan->relation->schema.n_fields);
    check_width(in, plan, plan->n_exprs, plan->exprs, plan->output.n_fields);
}

/* The number of children that each kind has; UNION: any but none; SCAN: one a key filter. */
static bool children_fit(const vonk_physical *plan)
{
    switch (plan->kind) {
    case VONK_OP_VALUES:
    case VONK_OP_RANGE:
    case VONK_OP_READ:
        return plan->n_children == 0;
    case VONK_OP_SCAN:
        return plan->n_children == plan->n_keys;
    case VONK_OP_JOIN:
        return plan->n_children == 2;
    case VONK_OP_UNION:
        return plan->n_children > 0;
    default:
        return plan->n_children == 1;
    }
}

static void check_union(vonk_wire_reader *in, const vonk_physical *plan)
{
    for (uint32_t i = 0; i < plan->n_children; i++) {
        if (child_width(plan, i) != plan->output.n_fields)
            vonk_wire_fail(in, "a union of %u and %u columns", plan->output.n_fields,
                           child_width(plan, i));
    }
}

static void check_window(vonk_wire_reader *in, const vonk_physical *plan)
{
    uint32_t width = child_width(plan, 0);
    if ((uint64_t)width + plan->n_exprs != plan->output.n_fields || plan->n_columns > plan->n_keys)
        vonk_wire_fail(in, "a window of %u columns and %u expressions makes %u", width,
                       plan->n_exprs, plan->output.n_fields);
    check_kinds(in, plan, plan->n_keys, plan->keys, VONK_EXPR_SORT);
    check_width(in, plan, plan->n_keys, plan->keys, width);
    check_kinds(in, plan, plan->n_exprs, plan->exprs, VONK_EXPR_WINDOW);
    check_width(in, plan, plan->n_exprs, plan->exprs, width);
}

static void check_range(vonk_wire_reader *in, const vonk_physical *plan)
{
    if (plan->partitioning != VONK_PART_RANGE)
        return;
    if (!plan->n_keys || !plan->n_partitions)
        vonk_wire_fail(in, "exchange %u has ranges of no keys", plan->exchange_id);
    check_kinds(in, plan, plan->n_keys, plan->keys, VONK_EXPR_SORT);
}

/* What must hold for the operators to run over the node without looking twice. */
static void check_node(vonk_wire_reader *in, const vonk_physical *plan, uint32_t n_right_keys)
{
    if (!children_fit(plan)) {
        vonk_wire_fail(in, "operator %u has %u children", plan->id, plan->n_children);
        return;
    }
    uint32_t width = plan->output.n_fields;
    switch (plan->kind) {
    case VONK_OP_SCAN:
        check_scan(in, plan, n_right_keys);
        break;
    case VONK_OP_VALUES:
        if ((uint64_t)plan->n_rows * plan->n_columns != plan->n_exprs || plan->n_columns != width)
            vonk_wire_fail(in, "%u x %u values are not %u", plan->n_rows, plan->n_columns,
                           plan->n_exprs);
        break;
    case VONK_OP_EXPAND:
        if ((uint64_t)plan->n_rows * plan->n_columns != plan->n_exprs || plan->n_columns != width)
            vonk_wire_fail(in, "%u x %u expressions are not %u", plan->n_rows, plan->n_columns,
                           plan->n_exprs);
        check_width(in, plan, plan->n_exprs, plan->exprs, child_width(plan, 0));
        break;
    case VONK_OP_FILTER:
        check_filter(in, plan);
        break;
    case VONK_OP_PROJECT:
        if (plan->n_exprs != width)
            vonk_wire_fail(in, "a projection of %u expressions to %u", plan->n_exprs, width);
        check_width(in, plan, plan->n_exprs, plan->exprs, child_width(plan, 0));
        break;
    case VONK_OP_AGGREGATE:
        check_kinds(in, plan, plan->n_exprs, plan->exprs, VONK_EXPR_CALL);
        break;
    case VONK_OP_JOIN:
        check_join(in, plan, n_right_keys);
        break;
    case VONK_OP_SORT:
        check_kinds(in, plan, plan->n_keys, plan->keys, VONK_EXPR_SORT);
        check_width(in, plan, plan->n_keys, plan->keys, child_width(plan, 0));
        break;
    case VONK_OP_WINDOW:
        check_window(in, plan);
        break;
    case VONK_OP_UNION:
        check_union(in, plan);
        break;
    case VONK_OP_EXCHANGE:
        if (!plan->n_partitions)
            vonk_wire_fail(in, "exchange %u has no partitions", plan->exchange_id);
        check_width(in, plan, plan->n_keys, plan->keys, child_width(plan, 0));
        check_range(in, plan);
        break;
    case VONK_OP_READ:
        check_width(in, plan, plan->n_keys, plan->keys, width);
        check_range(in, plan);
        break;
    case VONK_OP_WRITE:
        if (!plan->format || !plan->path)
            vonk_wire_fail(in, "write %u has no format or path", plan->id);
        break;
    default:
        break;
    }
}

static void get_node(vonk_wire_reader *in, vonk_physical *plan)
{
    uint32_t n_right_keys, n_conditions;
    plan->kind = vonk_wire_enum(in, VONK_N_OPS, "operator");
    plan->id = vonk_wire_u32(in);
    plan->output = vonk_wire_schema(in);
    get_numbers(in, plan);
    plan->exprs = get_exprs(in, &plan->n_exprs);
    plan->keys = get_exprs(in, &plan->n_keys);
    vonk_expr **right_keys = get_exprs(in, &n_right_keys);
    plan->right_keys = n_right_keys ? right_keys : NULL;
    vonk_expr **condition = get_exprs(in, &n_conditions);
    plan->condition = n_conditions ? condition[0] : NULL;
    get_columns(in, plan);
    plan->format = vonk_wire_text_or_null(in);
    plan->path = vonk_wire_text_or_null(in);
    plan->options = vonk_wire_options(in);
    plan->n_children = vonk_wire_count(in, MIN_NODE, "children");
    plan->children = vonk_wire_array(in, plan->n_children, sizeof *plan->children);
    for (uint32_t i = 0; i < plan->n_children && in->status == VONK_OK; i++)
        plan->children[i] = vonk_wire_physical(in);
    if (in->status == VONK_OK)
        check_node(in, plan, n_right_keys);
}

vonk_physical *vonk_wire_physical(vonk_wire_reader *in)
{
    if (!vonk_wire_enter(in))
        return NULL;
    vonk_physical *plan = vonk_wire_array(in, 1, sizeof *plan);
    if (plan)
        get_node(in, plan);
    vonk_wire_leave(in);
    return in->status == VONK_OK ? plan : NULL;
}

const vonk_split *vonk_wire_splits(vonk_wire_reader *in, uint32_t *ret_n)
{
    uint32_t n = vonk_wire_count(in, MIN_SPLIT, "splits");
    vonk_split *splits = vonk_wire_array(in, n, sizeof *splits);
    for (uint32_t i = 0; i < n && in->status == VONK_OK; i++) {
        splits[i].scan_id = vonk_wire_u32(in);
        splits[i].path = vonk_wire_text_or_null(in);
        splits[i].start = vonk_wire_u64(in);
        splits[i].length = vonk_wire_u64(in);
        splits[i].file_size = vonk_wire_u64(in);
    }
    *ret_n = in->status == VONK_OK ? n : 0;
    return splits;
}
