/*
 * plan_print.c - logical plans as Spark's EXPLAIN EXTENDED shows them: a line a node, `'` in front
 * of nodes that are not analyzed yet, subqueries of expressions between a node and its children.
 */
#include "expr/window.h"
#include "plan/plan.h"
#include "plan/tree_print.h"

static void print_tree(const vonk_plan *plan, tree_prefix *prefix, vonk_buffer *out);

static void print_exprs(vonk_expr *const *exprs, uint32_t n, vonk_buffer *out)
{
    vonk_buffer_char(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            vonk_buffer_text(out, ", ");
        vonk_expr_print_plan(exprs[i], out);
    }
    vonk_buffer_char(out, ']');
}

static void print_names(const char *const *names, uint32_t n, const char *between, vonk_buffer *out)
{
    for (uint32_t i = 0; i < n; i++)
        vonk_buffer_printf(out, "%s%s", i ? between : "", names[i]);
}

static void print_output(const vonk_plan *plan, const char *between, vonk_buffer *out)
{
    vonk_buffer_char(out, '[');
    for (uint32_t i = 0; i < plan->n_output; i++) {
        const vonk_attribute *a = &plan->output[i];
        vonk_buffer_printf(out, "%s%s#%u%s", i ? between : "", a->name, a->id,
                           a->type.id == VONK_INT64 ? "L" : "");
    }
    vonk_buffer_char(out, ']');
}

static void print_options(const vonk_options *options, vonk_buffer *out)
{
    vonk_buffer_char(out, '[');
    for (uint32_t i = 0; i < options->n; i++)
        vonk_buffer_printf(out, "%s%s=%s", i ? ", " : "", options->items[i].key,
                           options->items[i].value);
    vonk_buffer_char(out, ']');
}

static void print_join(const vonk_plan *plan, vonk_buffer *out)
{
    const char *type = vonk_join_type_name(plan->join_type);
    if (plan->natural) {
        vonk_buffer_printf(out, "Join NaturalJoin(%s)", type);
    } else if (plan->n_using && !plan->condition) {
        vonk_buffer_printf(out, "Join UsingJoin(%s, [", type);
        print_names(plan->using_names, plan->n_using, ", ", out);
        vonk_buffer_text(out, "])");
    } else {
        vonk_buffer_printf(out, "Join %s", type);
    }
    if (plan->condition) {
        vonk_buffer_text(out, ", ");
        vonk_expr_print_plan(plan->condition, out);
    }
}

static void print_limit(const vonk_plan *plan, vonk_buffer *out)
{
    vonk_buffer_text(out, "GlobalLimit ");
    if (plan->limit_expr)
        vonk_expr_print_plan(plan->limit_expr, out);
    else if (plan->limit >= 0)
        vonk_buffer_printf(out, "%lld", (long long)plan->limit);
    else
        vonk_buffer_text(out, "all");
    if (plan->offset_expr) {
        vonk_buffer_text(out, ", ");
        vonk_expr_print_plan(plan->offset_expr, out);
    } else if (plan->offset) {
        vonk_buffer_printf(out, ", %lld", (long long)plan->offset);
    }
}

static void print_values(const vonk_plan *plan, vonk_buffer *out)
{
    if (plan->n_output) {
        vonk_buffer_text(out, "LocalRelation ");
        print_output(plan, ", ", out);
        return;
    }
    vonk_buffer_text(out, "UnresolvedInlineTable [");
    print_names(plan->column_names, plan->n_column_names, ", ", out);
    vonk_buffer_text(out, "], [");
    for (uint32_t row = 0; row < plan->n_rows; row++) {
        vonk_buffer_text(out, row ? ", " : "");
        print_exprs(plan->exprs + (size_t)row * plan->n_columns, plan->n_columns, out);
    }
    vonk_buffer_char(out, ']');
}

/* [[a, 0], [null, 1]], [a, spark_grouping_id] */
static void print_expand(const vonk_plan *plan, vonk_buffer *out)
{
    vonk_buffer_text(out, "Expand [");
    for (uint32_t row = 0; row < plan->n_rows; row++) {
        vonk_buffer_text(out, row ? ", " : "");
        print_exprs(plan->exprs + (size_t)row * plan->n_columns, plan->n_columns, out);
    }
    vonk_buffer_text(out, "], ");
    print_output(plan, ", ", out);
}

static void print_scan(const vonk_plan *plan, vonk_buffer *out)
{
    vonk_buffer_text(out, "Relation ");
    print_output(plan, ",", out);
    if (plan->relation)
        vonk_buffer_printf(out, " %s", plan->relation->format);
    if (plan->n_scan_filters) {
        vonk_buffer_text(out, ", filters ");
        print_exprs(plan->scan_filters, plan->n_scan_filters, out);
    }
}

static void print_alias(const vonk_plan *plan, vonk_buffer *out)
{
    vonk_buffer_printf(out, "SubqueryAlias %s", plan->alias);
    if (!plan->n_column_names)
        return;
    vonk_buffer_text(out, ", [");
    print_names(plan->column_names, plan->n_column_names, ", ", out);
    vonk_buffer_char(out, ']');
}

static void print_set_op(const vonk_plan *plan, vonk_buffer *out)
{
    static const char *const names[] = {
        [VONK_UNION] = "Union", [VONK_INTERSECT] = "Intersect", [VONK_EXCEPT] = "Except"};
    vonk_buffer_printf(out, "%s %s", names[plan->set_op], plan->set_all ? "All" : "Distinct");
}

/* `a`.`b` */
static void print_name(const vonk_plan *plan, vonk_buffer *out)
{
    for (uint32_t i = 0; i < plan->n_name_parts; i++)
        vonk_buffer_printf(out, "%s`%s`", i ? "." : "", plan->name_parts[i]);
}

/* Name, format, path, options, columns and flags: what any of the commands may have. */
static void print_command(const vonk_plan *plan, vonk_buffer *out)
{
    const char *name = vonk_plan_kind_name(plan->kind);
    if (plan->is_view && plan->kind == VONK_PLAN_DROP)
        name = "DropView";
    if (plan->is_view && plan->kind == VONK_PLAN_SHOW_TABLES)
        name = "ShowViews";
    vonk_buffer_text(out, name);
    if (plan->n_name_parts) {
        vonk_buffer_char(out, ' ');
        print_name(plan, out);
    }
    if (plan->n_column_names) {
        vonk_buffer_text(out, ", [");
        print_names(plan->column_names, plan->n_column_names, ", ", out);
        vonk_buffer_char(out, ']');
    }
    if (plan->schema) {
        vonk_buffer_text(out, ", ");
        vonk_schema_print(plan->schema, out);
    }
    if (plan->format)
        vonk_buffer_printf(out, ", %s", plan->format);
    if (plan->path)
        vonk_buffer_printf(out, ", %s", plan->path);
    if (plan->options.n) {
        vonk_buffer_text(out, ", ");
        print_options(&plan->options, out);
    }
    if (plan->key)
        vonk_buffer_printf(out, " (%s,%s)", plan->key, plan->value ? plan->value : "None");
    if (plan->pattern)
        vonk_buffer_printf(out, ", %s", plan->pattern);
    static const char *const modes[] = {"SimpleMode", "ExtendedMode", "FormattedMode",
                                        "CostMode",   "CodegenMode",  "AnalyzeMode"};
    if (plan->kind == VONK_PLAN_EXPLAIN)
        vonk_buffer_printf(out, " %s", modes[plan->explain_mode]);
    vonk_buffer_text(out, plan->replace ? ", replace" : "");
    vonk_buffer_text(out, plan->temporary ? ", temporary" : "");
    vonk_buffer_text(out, plan->if_exists ? ", if exists" : "");
    vonk_buffer_text(out, plan->if_not_exists ? ", if not exists" : "");
    vonk_buffer_text(out, plan->overwrite ? ", overwrite" : "");
    vonk_buffer_text(out, plan->extended ? ", extended" : "");
}

static void print_list_node(const char *name, const vonk_plan *plan, vonk_buffer *out)
{
    vonk_buffer_printf(out, "%s ", name);
    print_exprs(plan->exprs, plan->n_exprs, out);
}

/* Window [sum(b) ... AS s], [a], [c ASC NULLS FIRST] */
static void print_window(const vonk_plan *plan, vonk_buffer *out)
{
    const vonk_expr *w = plan->exprs[0]->args[0];
    print_list_node("Window", plan, out);
    if (w->n_partition) {
        vonk_buffer_text(out, ", ");
        print_exprs(vonk_window_partition(w), w->n_partition, out);
    }
    if (w->n_order) {
        vonk_buffer_text(out, ", ");
        print_exprs(vonk_window_order(w), w->n_order, out);
    }
}

/* Nodes of relations and queries. */
static void print_query_node(const vonk_plan *plan, vonk_buffer *out)
{
    switch (plan->kind) {
    case VONK_PLAN_SCAN:
        print_scan(plan, out);
        break;
    case VONK_PLAN_VALUES:
        print_values(plan, out);
        break;
    case VONK_PLAN_RANGE:
        vonk_buffer_printf(out, "Range (%lld, %lld, step=%lld)", (long long)plan->range_start,
                           (long long)plan->range_end, (long long)plan->range_step);
        break;
    case VONK_PLAN_NAMED:
    case VONK_PLAN_TABLE_FUNCTION:
        vonk_buffer_printf(out, "%s [", vonk_plan_kind_name(plan->kind));
        print_names(plan->name_parts, plan->n_name_parts, ", ", out);
        vonk_buffer_text(out, "], ");
        print_exprs(plan->exprs, plan->n_exprs, out);
        vonk_buffer_text(out, ", false");
        break;
    case VONK_PLAN_ALIAS:
        print_alias(plan, out);
        break;
    case VONK_PLAN_FILTER:
        vonk_buffer_text(out, "Filter ");
        vonk_expr_print_plan(plan->condition, out);
        break;
    case VONK_PLAN_JOIN:
        print_join(plan, out);
        break;
    case VONK_PLAN_AGGREGATE:
        vonk_buffer_text(out, "Aggregate ");
        print_exprs(plan->group_exprs, plan->n_group_exprs, out);
        vonk_buffer_text(out, ", ");
        print_exprs(plan->exprs, plan->n_exprs, out);
        break;
    case VONK_PLAN_EXPAND:
        print_expand(plan, out);
        break;
    case VONK_PLAN_WINDOW:
        print_window(plan, out);
        break;
    case VONK_PLAN_PROJECT:
        print_list_node("Project", plan, out);
        break;
    case VONK_PLAN_SORT:
        print_list_node("Sort", plan, out);
        vonk_buffer_text(out, ", true");
        break;
    case VONK_PLAN_LIMIT:
        print_limit(plan, out);
        break;
    case VONK_PLAN_SET_OP:
        print_set_op(plan, out);
        break;
    case VONK_PLAN_EMPTY:
        vonk_buffer_text(out, "LocalRelation <empty>, ");
        print_output(plan, ", ", out);
        break;
    default:
        vonk_buffer_text(out, vonk_plan_kind_name(plan->kind));
        break;
    }
}

/* A node that the analyzer has still to see. */
static bool is_unresolved(const vonk_plan *plan)
{
    return !plan->n_output && plan->kind != VONK_PLAN_ONE_ROW && plan->kind != VONK_PLAN_EMPTY &&
           plan->kind != VONK_PLAN_RANGE && plan->kind != VONK_PLAN_WITH &&
           !vonk_plan_is_command(plan);
}

/* Plans inside expressions, in the order of the text. */
typedef struct inner_plans {
    const vonk_plan *plans[64]; /* more are not shown */
    uint32_t n;
} inner_plans;

static bool collect(const vonk_expr *e, void *context)
{
    inner_plans *inner = context;
    bool subquery = e->kind == VONK_EXPR_SUBQUERY || e->kind == VONK_EXPR_EXISTS ||
                    e->kind == VONK_EXPR_IN_QUERY;
    if (subquery && e->plan && inner->n < VONK_LENGTH(inner->plans))
        inner->plans[inner->n++] = e->plan;
    return false;
}

static void print_inner(const vonk_plan *plan, tree_prefix *prefix, vonk_buffer *out)
{
    inner_plans inner = {.n = 0};
    for (uint32_t i = 0; i < plan->n_exprs; i++)
        (void)vonk_expr_any(plan->exprs[i], collect, &inner);
    for (uint32_t i = 0; i < plan->n_group_exprs; i++)
        (void)vonk_expr_any(plan->group_exprs[i], collect, &inner);
    if (plan->condition)
        (void)vonk_expr_any(plan->condition, collect, &inner);
    for (uint32_t i = 0; i < inner.n; i++) {
        size_t before = vonk_tree_enter_inner(prefix, i + 1 == inner.n, plan->n_children > 0, out);
        print_tree(inner.plans[i], prefix, out);
        vonk_tree_leave(prefix, before);
    }
}

static void print_ctes(const vonk_plan *plan, tree_prefix *prefix, vonk_buffer *out)
{
    for (uint32_t i = 0; i < plan->n_ctes; i++) {
        const vonk_cte *cte = &plan->ctes[i];
        size_t before = vonk_tree_enter(prefix, false, out);
        vonk_buffer_printf(out, "'SubqueryAlias %s", cte->name);
        if (cte->n_column_names) {
            vonk_buffer_text(out, ", [");
            print_names(cte->column_names, cte->n_column_names, ", ", out);
            vonk_buffer_char(out, ']');
        }
        vonk_buffer_char(out, '\n');
        size_t inside = vonk_tree_enter(prefix, true, out);
        print_tree(cte->plan, prefix, out);
        vonk_tree_leave(prefix, inside);
        vonk_tree_leave(prefix, before);
    }
}

static void print_tree(const vonk_plan *plan, tree_prefix *prefix, vonk_buffer *out)
{
    if (is_unresolved(plan))
        vonk_buffer_char(out, '\'');
    if (vonk_plan_is_command(plan))
        print_command(plan, out);
    else
        print_query_node(plan, out);
    if (prefix->suffix)
        prefix->suffix(plan, out);
    vonk_buffer_char(out, '\n');
    print_inner(plan, prefix, out);
    print_ctes(plan, prefix, out);
    for (uint32_t i = 0; i < plan->n_children; i++) {
        size_t before = vonk_tree_enter(prefix, i + 1 == plan->n_children, out);
        print_tree(plan->children[i], prefix, out);
        vonk_tree_leave(prefix, before);
    }
}

void vonk_plan_print(const vonk_plan *plan, vonk_buffer *out)
{
    vonk_plan_print_with(plan, NULL, out);
}

void vonk_plan_print_with(const vonk_plan *plan, vonk_plan_suffix *suffix, vonk_buffer *out)
{
    tree_prefix prefix = {.suffix = suffix};
    print_tree(plan, &prefix, out);
    vonk_buffer_free(&prefix.text);
}
