/*
 * physical_print.c - physical plans as Spark's EXPLAIN and EXPLAIN FORMATTED show them.
 *
 * Both come from the same pieces: an operator's title ("HashAggregate") and its details, which
 * stand behind the title in the one and in a paragraph of their own in the other.
 */
#include "plan/physical.h"
#include "plan/tree_print.h"

#include <string.h>

static void print_list(vonk_expr *const *exprs, uint32_t n, vonk_buffer *out)
{
    vonk_buffer_char(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        vonk_buffer_text(out, i ? ", " : "");
        vonk_expr_print_plan(exprs[i], out);
    }
    vonk_buffer_char(out, ']');
}

static void print_schema(const vonk_schema *schema, vonk_buffer *out)
{
    vonk_buffer_char(out, '[');
    for (uint32_t i = 0; i < schema->n_fields; i++)
        vonk_buffer_printf(out, "%s%s", i ? ", " : "", schema->fields[i].name);
    vonk_buffer_char(out, ']');
}

/* partial_sum(b): what each side of the shuffle computes */
static void print_functions(const vonk_physical *plan, vonk_buffer *out)
{
    vonk_buffer_char(out, '[');
    for (uint32_t i = 0; i < plan->n_exprs; i++) {
        vonk_buffer_text(out, i ? ", " : "");
        vonk_buffer_text(out, plan->mode == VONK_AGG_PARTIAL ? "partial_"
                              : plan->mode == VONK_AGG_MERGE ? "merge_"
                                                             : "");
        vonk_expr_print_plan(plan->exprs[i], out);
    }
    vonk_buffer_char(out, ']');
}

/* a, (a + 1) AS b: the name is shown where it is not the text itself */
static void print_project_list(const vonk_physical *plan, vonk_buffer *out)
{
    vonk_buffer_char(out, '[');
    for (uint32_t i = 0; i < plan->n_exprs; i++) {
        vonk_buffer text = {0};
        vonk_expr_print_plan(plan->exprs[i], &text);
        const char *name = i < plan->output.n_fields ? plan->output.fields[i].name : NULL;
        vonk_buffer_printf(out, "%s%s", i ? ", " : "", vonk_buffer_str(&text));
        if (name && strcmp(name, vonk_buffer_str(&text)) != 0)
            vonk_buffer_printf(out, " AS %s", name);
        out->failed |= text.failed;
        vonk_buffer_free(&text);
    }
    vonk_buffer_char(out, ']');
}

static bool reads_broadcast(const vonk_physical *plan)
{
    bool exchange = plan->kind == VONK_OP_EXCHANGE || plan->kind == VONK_OP_READ;
    return exchange && plan->partitioning == VONK_PART_BROADCAST;
}

static const char *join_title(const vonk_physical *plan)
{
    bool broadcast = plan->n_children > 1 && reads_broadcast(plan->children[1]);
    if (!plan->n_keys)
        return broadcast ? "BroadcastNestedLoopJoin" : "NestedLoopJoin";
    return broadcast ? "BroadcastHashJoin" : "ShuffledHashJoin";
}

/* The operator's name alone. */
static void print_title(const vonk_physical *plan, vonk_buffer *out)
{
    static const char *const titles[VONK_N_OPS] = {
        [VONK_OP_SCAN] = "Scan",         [VONK_OP_VALUES] = "LocalTableScan",
        [VONK_OP_RANGE] = "Range",       [VONK_OP_FILTER] = "Filter",
        [VONK_OP_PROJECT] = "Project",   [VONK_OP_AGGREGATE] = "HashAggregate",
        [VONK_OP_JOIN] = "Join",         [VONK_OP_SORT] = "Sort",
        [VONK_OP_LIMIT] = "GlobalLimit", [VONK_OP_UNION] = "Union",
        [VONK_OP_EXCHANGE] = "Exchange", [VONK_OP_READ] = "ShuffleRead",
        [VONK_OP_WRITE] = "WriteFiles",  [VONK_OP_WINDOW] = "Window",
        [VONK_OP_EXPAND] = "Expand",
    };
    const char *title = (unsigned)plan->kind < VONK_N_OPS ? titles[plan->kind] : "?";
    if (plan->kind == VONK_OP_JOIN)
        title = join_title(plan);
    if (plan->kind == VONK_OP_SORT && plan->limit >= 0)
        title = "TakeOrderedAndProject";
    if (plan->kind == VONK_OP_EXCHANGE && plan->partitioning == VONK_PART_BROADCAST)
        title = "BroadcastExchange";
    vonk_buffer_text(out, title);
    if (plan->kind == VONK_OP_SCAN && plan->relation)
        vonk_buffer_printf(out, " %s %s", plan->relation->format,
                           plan->relation->name ? plan->relation->name : "");
}

/* hashpartitioning(a, 200) */
static void print_partitioning(const vonk_physical *plan, vonk_buffer *out)
{
    switch (plan->partitioning) {
    case VONK_PART_GATHER:
        vonk_buffer_text(out, "SinglePartition");
        break;
    case VONK_PART_HASH:
    case VONK_PART_RANGE:
        vonk_buffer_text(out, plan->partitioning == VONK_PART_HASH ? "hashpartitioning("
                                                                   : "rangepartitioning(");
        for (uint32_t i = 0; i < plan->n_keys; i++) {
            vonk_expr_print_plan(plan->keys[i], out);
            vonk_buffer_text(out, ", ");
        }
        vonk_buffer_printf(out, "%u)", plan->n_partitions);
        break;
    case VONK_PART_ROUND_ROBIN:
        vonk_buffer_printf(out, "RoundRobinPartitioning(%u)", plan->n_partitions);
        break;
    case VONK_PART_BROADCAST:
        vonk_buffer_text(out, "broadcast");
        break;
    }
}

static void print_limit(const vonk_physical *plan, vonk_buffer *out)
{
    if (plan->limit >= 0)
        vonk_buffer_printf(out, "%lld", (long long)plan->limit);
    else
        vonk_buffer_text(out, "all");
    if (plan->offset)
        vonk_buffer_printf(out, ", %lld", (long long)plan->offset);
}

static void print_options(const vonk_options *options, vonk_buffer *out)
{
    vonk_buffer_char(out, '[');
    for (uint32_t i = 0; i < options->n; i++)
        vonk_buffer_printf(out, "%s%s=%s", i ? ", " : "", options->items[i].key,
                           options->items[i].value);
    vonk_buffer_char(out, ']');
}

static void print_write(const vonk_physical *plan, vonk_buffer *out)
{
    vonk_buffer_printf(out, "%s, %s, ", plan->path ? plan->path : "",
                       plan->format ? plan->format : "");
    print_options(&plan->options, out);
}

/* [a], [b], Inner, BuildRight, (c > d) */
static void print_join(const vonk_physical *plan, vonk_buffer *out)
{
    if (plan->n_keys) {
        print_list(plan->keys, plan->n_keys, out);
        vonk_buffer_text(out, ", ");
        print_list(plan->right_keys, plan->n_keys, out);
        vonk_buffer_text(out, ", ");
    }
    vonk_buffer_printf(out, "%s, BuildRight", vonk_join_type_name(plan->join_type));
    if (plan->condition) {
        vonk_buffer_text(out, ", ");
        vonk_expr_print_plan(plan->condition, out);
    }
    if (plan->null_aware)
        vonk_buffer_text(out, ", null aware");
}

/* limit=3, orderBy=[a DESC NULLS LAST], output=[a, b] */
static void print_top(const vonk_physical *plan, vonk_buffer *out)
{
    vonk_buffer_printf(out, "(limit=%lld, ", (long long)plan->limit);
    if (plan->offset)
        vonk_buffer_printf(out, "offset=%lld, ", (long long)plan->offset);
    vonk_buffer_text(out, "orderBy=");
    print_list(plan->keys, plan->n_keys, out);
    vonk_buffer_text(out, ", output=");
    print_schema(&plan->output, out);
    vonk_buffer_char(out, ')');
}

static void print_range(const vonk_physical *plan, vonk_buffer *out)
{
    vonk_buffer_printf(out, "(%lld, %lld, step=%lld)", (long long)plan->range_start,
                       (long long)plan->range_end, (long long)plan->range_step);
}

/* [l_partkey IN p_partkey]: a scan's column and the exchanged one whose values it must have. */
static void print_runtime_filters(const vonk_physical *scan, vonk_buffer *out)
{
    vonk_buffer_char(out, '[');
    for (uint32_t i = 0; i < scan->n_keys; i++) {
        vonk_buffer_text(out, i ? ", " : "");
        vonk_expr_print_plan(scan->keys[i], out);
        vonk_buffer_text(out, " IN ");
        vonk_expr_print_plan(scan->right_keys[i], out);
    }
    vonk_buffer_char(out, ']');
}

/* [sum(b) ... AS s], [a], [c ASC NULLS FIRST] */
static void print_window(const vonk_physical *plan, vonk_buffer *out)
{
    uint32_t first = plan->output.n_fields - plan->n_exprs;
    for (uint32_t i = 0; i < plan->n_exprs; i++) {
        vonk_buffer_text(out, i ? ", " : "[");
        vonk_expr_print_plan(plan->exprs[i], out);
        vonk_buffer_printf(out, " AS %s", plan->output.fields[first + i].name);
    }
    vonk_buffer_char(out, ']');
    for (uint32_t i = 0; i < plan->n_columns; i++) {
        vonk_buffer_text(out, i ? ", " : ", [");
        vonk_expr_print_plan(plan->keys[i]->args[0], out);
    }
    vonk_buffer_text(out, plan->n_columns ? "]" : "");
    if (plan->n_keys > plan->n_columns) {
        vonk_buffer_text(out, ", ");
        print_list(plan->keys + plan->n_columns, plan->n_keys - plan->n_columns, out);
    }
}

/* [[a, 0], [null, 1]], [a, spark_grouping_id] */
static void print_expand(const vonk_physical *plan, vonk_buffer *out)
{
    vonk_buffer_char(out, '[');
    for (uint32_t row = 0; row < plan->n_rows; row++) {
        vonk_buffer_text(out, row ? ", " : "");
        print_list(plan->exprs + (size_t)row * plan->n_columns, plan->n_columns, out);
    }
    vonk_buffer_text(out, "], ");
    print_schema(&plan->output, out);
}

/* What stands behind the title in the tree of EXPLAIN. */
static void print_details(const vonk_physical *plan, vonk_buffer *out)
{
    switch (plan->kind) {
    case VONK_OP_SCAN:
        print_schema(&plan->output, out);
        vonk_buffer_text(out, " PushedFilters: ");
        print_list(plan->exprs, plan->n_exprs, out);
        if (plan->n_keys) {
            vonk_buffer_text(out, " RuntimeFilters: ");
            print_runtime_filters(plan, out);
        }
        break;
    case VONK_OP_VALUES:
        print_schema(&plan->output, out);
        break;
    case VONK_OP_RANGE:
        print_range(plan, out);
        break;
    case VONK_OP_FILTER:
        for (uint32_t i = 0; i < plan->n_exprs; i++) {
            vonk_buffer_text(out, i ? ", " : "");
            vonk_expr_print_plan(plan->exprs[i], out);
        }
        break;
    case VONK_OP_PROJECT:
        print_project_list(plan, out);
        break;
    case VONK_OP_JOIN:
        print_join(plan, out);
        break;
    case VONK_OP_SORT:
        print_list(plan->keys, plan->n_keys, out);
        break;
    case VONK_OP_WINDOW:
        print_window(plan, out);
        break;
    case VONK_OP_EXPAND:
        print_expand(plan, out);
        break;
    case VONK_OP_LIMIT:
        print_limit(plan, out);
        break;
    case VONK_OP_EXCHANGE:
        if (plan->partitioning != VONK_PART_BROADCAST)
            print_partitioning(plan, out);
        break;
    case VONK_OP_READ:
        vonk_buffer_printf(out, "exchange %u", plan->exchange_id);
        break;
    case VONK_OP_WRITE:
        print_write(plan, out);
        break;
    default:
        break;
    }
}

void vonk_physical_print_line(const vonk_physical *plan, vonk_buffer *out)
{
    print_title(plan, out);
    if (plan->kind == VONK_OP_AGGREGATE) {
        vonk_buffer_text(out, "(keys=");
        print_list(plan->keys, plan->n_keys, out);
        vonk_buffer_text(out, ", functions=");
        print_functions(plan, out);
        vonk_buffer_char(out, ')');
        return;
    }
    if (plan->kind == VONK_OP_SORT && plan->limit >= 0) {
        print_top(plan, out);
        return;
    }
    bool broadcast = plan->kind == VONK_OP_EXCHANGE && plan->partitioning == VONK_PART_BROADCAST;
    if (plan->kind != VONK_OP_UNION && !broadcast)
        vonk_buffer_char(out, ' ');
    print_details(plan, out);
}

/* What a walk over a plan knows. */
typedef struct printing {
    bool formatted;
    tree_prefix prefix;
    vonk_buffer seen; /* pointers of the reused exchanges that were printed */
    vonk_buffer *out;
} printing;

/* It was printed before: its rows are the same ones. */
static bool is_repeated(printing *p, const vonk_physical *plan)
{
    if (!plan->reused)
        return false;
    for (size_t at = 0; at < p->seen.length; at += sizeof(plan)) {
        if (!memcmp(p->seen.data + at, &plan, sizeof(plan)))
            return true;
    }
    vonk_buffer_append(&p->seen, &plan, sizeof(plan));
    return false;
}

void vonk_physical_print_reused(const vonk_physical *plan, vonk_buffer *out)
{
    vonk_buffer_text(out, "ReusedExchange ");
    print_schema(&plan->output, out);
    vonk_buffer_text(out, ", ");
    vonk_physical_print_line(plan, out);
}

/* As Spark shows it: the plan below stands where it was printed first. */
static void print_repeated(const printing *p, const vonk_physical *plan)
{
    if (p->formatted)
        vonk_buffer_printf(p->out, "ReusedExchange [Reuses operator id: %u]", plan->id);
    else
        vonk_physical_print_reused(plan, p->out);
    vonk_buffer_char(p->out, '\n');
}

static void print_tree(printing *p, const vonk_physical *plan)
{
    vonk_buffer *out = p->out;
    if (is_repeated(p, plan)) {
        print_repeated(p, plan);
        return;
    }
    if (p->formatted) {
        print_title(plan, out);
        if (plan->kind == VONK_OP_JOIN)
            vonk_buffer_printf(out, " %s BuildRight", vonk_join_type_name(plan->join_type));
        vonk_buffer_printf(out, " (%u)", plan->id);
    } else {
        vonk_physical_print_line(plan, out);
    }
    vonk_buffer_char(out, '\n');
    for (uint32_t i = 0; i < plan->n_children && plan->kind != VONK_OP_SCAN; i++) {
        size_t before = vonk_tree_enter(&p->prefix, i + 1 == plan->n_children, out);
        print_tree(p, plan->children[i]);
        vonk_tree_leave(&p->prefix, before);
    }
}

static void print_whole_tree(const vonk_physical *plan, bool formatted, vonk_buffer *out)
{
    printing p = {.formatted = formatted, .out = out};
    print_tree(&p, plan);
    vonk_buffer_free(&p.prefix.text);
    vonk_buffer_free(&p.seen);
}

void vonk_physical_print(const vonk_physical *plan, vonk_buffer *out)
{
    print_whole_tree(plan, false, out);
}

/* "Output [2]: [a, b]" */
static void print_columns(const char *label, const vonk_schema *schema, vonk_buffer *out)
{
    vonk_buffer_printf(out, "%s [%u]: ", label, schema->n_fields);
    print_schema(schema, out);
    vonk_buffer_char(out, '\n');
}

static void print_labelled(const char *label, vonk_expr *const *exprs, uint32_t n, vonk_buffer *out)
{
    vonk_buffer_printf(out, "%s [%u]: ", label, n);
    print_list(exprs, n, out);
    vonk_buffer_char(out, '\n');
}

static void print_join_paragraph(const vonk_physical *plan, vonk_buffer *out)
{
    print_labelled("Left keys", plan->keys, plan->n_keys, out);
    print_labelled("Right keys", plan->right_keys, plan->n_keys, out);
    vonk_buffer_printf(out, "Join type: %s\n", vonk_join_type_name(plan->join_type));
    vonk_buffer_text(out, "Join condition: ");
    if (plan->condition)
        vonk_expr_print_plan(plan->condition, out);
    else
        vonk_buffer_text(out, "None");
    vonk_buffer_char(out, '\n');
}

static void print_scan_paragraph(const vonk_physical *plan, vonk_buffer *out)
{
    print_columns("Output", &plan->output, out);
    if (plan->relation)
        vonk_buffer_printf(out, "Location: %u %s\n", plan->relation->n_files,
                           plan->relation->n_files == 1 ? "file" : "files");
    if (plan->n_exprs) {
        vonk_buffer_text(out, "PushedFilters: ");
        print_list(plan->exprs, plan->n_exprs, out);
        vonk_buffer_char(out, '\n');
    }
    if (plan->n_keys) {
        vonk_buffer_text(out, "RuntimeFilters: ");
        print_runtime_filters(plan, out);
        vonk_buffer_char(out, '\n');
    }
    vonk_buffer_text(out, "ReadSchema: ");
    vonk_schema_print(&plan->output, out);
    vonk_buffer_char(out, '\n');
}

/* The lines that say what the operator does with its input. */
static void print_arguments(const vonk_physical *plan, vonk_buffer *out)
{
    switch (plan->kind) {
    case VONK_OP_FILTER:
        vonk_buffer_text(out, "Condition : ");
        print_details(plan, out);
        break;
    case VONK_OP_AGGREGATE:
        print_labelled("Keys", plan->keys, plan->n_keys, out);
        vonk_buffer_printf(out, "Functions [%u]: ", plan->n_exprs);
        print_functions(plan, out);
        vonk_buffer_char(out, '\n');
        print_columns("Results", &plan->output, out);
        return;
    case VONK_OP_JOIN:
        print_join_paragraph(plan, out);
        return;
    case VONK_OP_RANGE:
        vonk_buffer_text(out, "Arguments: Range ");
        print_details(plan, out);
        break;
    case VONK_OP_SORT:
        vonk_buffer_text(out, "Arguments: ");
        if (plan->limit >= 0) {
            print_limit(plan, out);
            vonk_buffer_text(out, ", ");
        }
        print_details(plan, out);
        break;
    case VONK_OP_PROJECT:
    case VONK_OP_UNION:
        return;
    default:
        vonk_buffer_text(out, "Arguments: ");
        if (plan->kind == VONK_OP_EXCHANGE)
            print_partitioning(plan, out);
        else
            print_details(plan, out);
        break;
    }
    vonk_buffer_char(out, '\n');
}

static void print_paragraph(const vonk_physical *plan, vonk_buffer *out)
{
    vonk_buffer_printf(out, "\n(%u) ", plan->id);
    print_title(plan, out);
    vonk_buffer_char(out, '\n');
    if (plan->kind == VONK_OP_SCAN) {
        print_scan_paragraph(plan, out);
        return;
    }
    if (plan->kind == VONK_OP_PROJECT) {
        vonk_buffer_printf(out, "Output [%u]: ", plan->output.n_fields);
        print_project_list(plan, out);
        vonk_buffer_char(out, '\n');
    } else if (!plan->n_children) {
        print_columns("Output", &plan->output, out);
    }
    if (plan->n_children == 1)
        print_columns("Input", &plan->children[0]->output, out);
    print_arguments(plan, out);
}

/* Children before parents, as they run. */
static void print_paragraphs(printing *p, const vonk_physical *plan)
{
    if (is_repeated(p, plan))
        return;
    for (uint32_t i = 0; i < plan->n_children && plan->kind != VONK_OP_SCAN; i++)
        print_paragraphs(p, plan->children[i]);
    print_paragraph(plan, p->out);
}

void vonk_physical_print_formatted(const vonk_physical *plan, vonk_buffer *out)
{
    printing p = {.formatted = true, .out = out};
    print_whole_tree(plan, true, out);
    vonk_buffer_char(out, '\n');
    print_paragraphs(&p, plan);
    vonk_buffer_free(&p.seen);
}
