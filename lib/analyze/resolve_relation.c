/* resolve_relation.c - what stands in FROM: tables, views, files, VALUES, range(), CTEs. */
#include <assert.h>
#include <string.h>
#include <strings.h>

#include "analyze/resolver.h"
#include "catalog/plan_copy.h"
#include "expr/coerce.h"
#include "expr/eval.h"
#include "expr/resolve.h"

static void set_qualifier(relation *r, const char *qualifier)
{
    for (uint32_t i = 0; i < r->n_visible; i++)
        r->attributes[i].qualifier = qualifier;
}

/* From outside only the visible columns can be named, by `alias`. */
static void hide_inside(relation *r, const char *alias)
{
    r->n_attributes = r->n_visible;
    set_qualifier(r, alias);
}

static vonk_status rename_columns(relation *r, const char *const *names, uint32_t n,
                                  const vonk_plan *at, vonk_error *err)
{
    if (!n)
        return VONK_OK;
    if (n != r->n_visible)
        return AT(at, vonk_fail_sql(err, "ASSIGNMENT_ARITY_MISMATCH",
                                    "The number of columns or variables assigned or aliased: %u "
                                    "does not match the number of source expressions: %u.",
                                    r->n_visible, n));
    for (uint32_t i = 0; i < n; i++)
        r->attributes[i].name = names[i];
    return VONK_OK;
}

static vonk_status scan_of(vonk_analyzer *a, const vonk_relation *source, const vonk_plan *at,
                           relation *ret, vonk_error *err)
{
    uint32_t n = source->schema.n_fields;
    vonk_plan *scan = new_node(a, VONK_PLAN_SCAN, NULL, at, err);
    VONK_TRY_ALLOC(scan);
    scan->relation = source;
    scan->output = VONK_NEW_ARRAY(a->arena, vonk_attribute, n, err);
    scan->scan_columns = VONK_NEW_ARRAY(a->arena, uint32_t, n, err);
    if (!scan->output || !scan->scan_columns)
        return VONK_NO_MEMORY;
    scan->n_output = n;
    for (uint32_t i = 0; i < n; i++) {
        const vonk_field *field = &source->schema.fields[i];
        scan->output[i] = (vonk_attribute){.id = a->next_id++,
                                           .name = field->name,
                                           .type = field->type,
                                           .nullable = field->nullable};
        scan->scan_columns[i] = i;
    }
    return relation_of(a, scan, ret, err);
}

typedef struct extent {
    uint32_t n_nodes, height;
} extent;

static extent measure(const vonk_plan *plan)
{
    extent all = {.n_nodes = 1};
    for (uint32_t i = 0; i < plan->n_children; i++) {
        extent child = measure(plan->children[i]);
        all.n_nodes += child.n_nodes;
        all.height = child.height > all.height ? child.height : all.height;
    }
    all.height++;
    return all;
}

static vonk_status check_size(vonk_analyzer *a, const vonk_plan *plan, bool copied,
                              const vonk_plan *at, vonk_error *err)
{
    extent size = measure(plan);
    a->n_copied += copied ? size.n_nodes : 0;
    if (a->n_copied > MAX_NODES || size.height > MAX_HEIGHT || a->next_id > UINT32_MAX / 2)
        return AT(at, vonk_fail_sql(err, "FAILED_TO_PARSE_TOO_COMPLEX",
                                    "The statement, including potential SQL functions and "
                                    "referenced views, was too complex to parse: its plan has more "
                                    "than %d nodes or %d levels. To mitigate this error divide the "
                                    "statement into multiple, less complex chunks.",
                                    MAX_NODES, MAX_HEIGHT));
    return VONK_OK;
}

/* A copy with new ids, so that the same view or CTE can stand twice in a query. */
static vonk_status instantiate(vonk_analyzer *a, const vonk_plan *plan, int32_t shift,
                               const vonk_plan *at, relation *ret, vonk_error *err)
{
    VONK_TRY(check_size(a, plan, true, at, err));
    vonk_plan *copy;
    VONK_TRY(vonk_plan_instantiate(a->arena, plan, shift, &a->next_id, &copy, err));
    return relation_of(a, copy, ret, err);
}

static vonk_status use_view(vonk_analyzer *a, const vonk_catalog_entry *view, const vonk_plan *at,
                            relation *ret, vonk_error *err)
{
    int32_t shift = -1;
    if (a->origins)
        VONK_TRY(vonk_origins_append(a->arena, a->origins, &view->origins, &shift, err));
    return instantiate(a, view->plan, shift, at, ret, err);
}

/* The first use of a CTE takes its plan, so that a chain of CTEs does not copy ever longer ones. */
static vonk_status use_cte(vonk_analyzer *a, const cte_scope *c, const vonk_plan *at, relation *ret,
                           vonk_error *err)
{
    if (*c->is_taken)
        return instantiate(a, c->resolved.plan, 0, at, ret, err);
    VONK_TRY(check_size(a, c->resolved.plan, false, at, err));
    *c->is_taken = true;
    return relation_of(a, c->resolved.plan, ret, err);
}

static vonk_status fail_not_found(const vonk_plan *plan, vonk_error *err)
{
    vonk_buffer name = {0};
    print_name(&name, plan->name_parts, plan->n_name_parts);
    vonk_fail_sql(err, "TABLE_OR_VIEW_NOT_FOUND",
                  "The table or view %s cannot be found. Verify the spelling and correctness of "
                  "the schema and catalog.\nSearch path: [`system`.`builtin`, `system`.`session`, "
                  "`spark_catalog`.`default`].\nIf you did not qualify the name with a schema, "
                  "verify the current_schema() output, or qualify the name with the correct "
                  "schema and catalog.\nTo tolerate the error on drop use DROP VIEW IF EXISTS or "
                  "DROP TABLE IF EXISTS.",
                  vonk_buffer_str(&name));
    vonk_buffer_free(&name);
    return AT(plan, VONK_USER);
}

static vonk_status fail_unknown_table(const vonk_plan *plan, vonk_error *err)
{
    assert(plan->n_name_parts && plan->name_parts[0]);
    bool with_catalog = !strcasecmp(plan->name_parts[0], "spark_catalog");
    if (plan->n_name_parts <= (with_catalog ? 3 : 2))
        return fail_not_found(plan, err);
    vonk_buffer name = {0};
    print_name(&name, plan->name_parts + with_catalog, plan->n_name_parts - with_catalog);
    vonk_fail_sql(err, "REQUIRES_SINGLE_PART_NAMESPACE",
                  "spark_catalog requires a single-part namespace, but got identifier %s.",
                  vonk_buffer_str(&name));
    vonk_buffer_free(&name);
    return AT(plan, VONK_USER);
}

static bool is_data_source(const char *name)
{
    static const char *const names[] = {"parquet", "csv", "json", "text", "orc"};
    for (uint32_t i = 0; i < VONK_LENGTH(names); i++) {
        if (!strcasecmp(names[i], name))
            return true;
    }
    return false;
}

static vonk_status load_files(vonk_analyzer *a, const vonk_plan *plan, relation *ret,
                              vonk_error *err)
{
    const vonk_relation *source = NULL;
    const char *format = plan->name_parts[0], *path = plan->name_parts[1];
    vonk_relation_wanted wanted = {
        .name = path, .format = format, .path = path, .options = &plan->options};
    vonk_status status = a->source->load(a->source->context, &wanted, a->arena, &source, err);
    if (status != VONK_OK)
        return AT(plan, status);
    return scan_of(a, source, plan, ret, err);
}

/* The last part of [spark_catalog.][default.]name, or NULL if it is not of that form. */
static const char *bare_name(const vonk_plan *plan)
{
    const char *const *parts = plan->name_parts;
    uint32_t n = plan->n_name_parts;
    if (n >= 2 && strcasecmp(parts[n - 2], "default") != 0)
        return NULL;
    if (n == 3 && strcasecmp(parts[0], "spark_catalog") != 0)
        return NULL;
    return n && n <= 3 ? parts[n - 1] : NULL;
}

static vonk_status resolve_named(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                                 relation *ret, vonk_error *err)
{
    const char *name = bare_name(plan);
    for (const cte_scope *c = q->ctes; plan->n_name_parts == 1 && c; c = c->outer) {
        if (strcasecmp(c->name, name) != 0)
            continue;
        VONK_TRY(use_cte(a, c, plan, ret, err));
        set_qualifier(ret, c->name);
        return VONK_OK;
    }
    const vonk_catalog_entry *entry = name ? vonk_catalog_find(a->catalog, name) : NULL;
    if (!entry && plan->n_name_parts == 2 && is_data_source(plan->name_parts[0]) && a->source)
        return load_files(a, plan, ret, err);
    if (!entry)
        return fail_unknown_table(plan, err);
    if (entry->plan)
        VONK_TRY(use_view(a, entry, plan, ret, err));
    else
        VONK_TRY(scan_of(a, entry->relation, plan, ret, err));
    set_qualifier(ret, name);
    return VONK_OK;
}

static vonk_status resolve_values(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                                  relation *ret, vonk_error *err);

/* VALUES ... AS t(x, y): messages about the table call its columns so. */
static vonk_status resolve_named_values(vonk_analyzer *a, const query_context *q,
                                        const vonk_plan *alias, relation *ret, vonk_error *err)
{
    vonk_plan values = *alias->children[0];
    uint32_t n = alias->n_column_names;
    if (n && n != values.n_columns)
        return AT(alias, vonk_fail_sql(err, "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH",
                                       "Invalid inline table. Inline table expected %u columns "
                                       "but found %u columns in row 0.",
                                       n, values.n_columns));
    if (n) {
        values.n_column_names = n;
        values.column_names = alias->column_names;
    }
    return resolve_values(a, q, &values, ret, err);
}

static vonk_status resolve_alias(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                                 relation *ret, vonk_error *err)
{
    const vonk_plan *child = plan->children[0];
    relation r = {0};
    if (child->kind == VONK_PLAN_VALUES)
        VONK_TRY(resolve_named_values(a, q, plan, &r, err));
    else if (is_select(child))
        VONK_TRY(resolve_query(a, q, child, &r, err));
    else
        VONK_TRY(resolve_relation(a, q, child, &r, err));
    bool generated = !strcmp(plan->alias, "__auto_generated_subquery_name");
    hide_inside(&r, generated ? NULL : plan->alias);
    VONK_TRY(rename_columns(&r, plan->column_names, plan->n_column_names, plan, err));
    *ret = r;
    return VONK_OK;
}

static vonk_status fail_inline_types(const vonk_plan *plan, const char *column, vonk_error *err)
{
    return AT(plan, vonk_fail_sql(err, "INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE",
                                  "Invalid inline table. Found incompatible types in the column "
                                  "`%s` for inline table.",
                                  column));
}

/* Brings one column of VALUES to one type. */
static vonk_status unify_column(vonk_analyzer *a, vonk_plan *values, uint32_t column,
                                vonk_error *err)
{
    vonk_expr **cells = VONK_NEW_ARRAY(a->arena, vonk_expr *, values->n_rows, err);
    VONK_TRY_ALLOC(cells);
    for (uint32_t row = 0; row < values->n_rows; row++)
        cells[row] = values->exprs[row * values->n_columns + column];
    vonk_attribute *out = &values->output[column];
    for (uint32_t row = 1; row < values->n_rows; row++) {
        /* text does not mix with numbers here, unlike in CASE: Spark widens without strings */
        bool text = (cells[0]->type.id == VONK_STRING) != (cells[row]->type.id == VONK_STRING);
        if (text && cells[0]->type.id != VONK_NULL && cells[row]->type.id != VONK_NULL)
            return fail_inline_types(values, out->name, err);
    }
    vonk_status status = vonk_expr_coerce_all(a->arena, cells, values->n_rows, &out->type, err);
    if (status == VONK_INVALID)
        return fail_inline_types(values, out->name, err);
    VONK_TRY(status);
    for (uint32_t row = 0; row < values->n_rows; row++) {
        values->exprs[row * values->n_columns + column] = cells[row];
        out->nullable |= cells[row]->nullable;
    }
    return VONK_OK;
}

static bool is_subquery(const vonk_expr *e, void *context)
{
    (void)context;
    return e->kind == VONK_EXPR_SUBQUERY;
}

static bool is_random(const vonk_expr *e, void *context)
{
    (void)context;
    return e->kind == VONK_EXPR_CALL && e->function && !e->function->deterministic;
}

static vonk_status fail_cell(vonk_analyzer *a, const vonk_expr *e, vonk_error *err)
{
    const char *text = expr_text(a, e, err);
    VONK_TRY_ALLOC(text);
    return AT(e,
              vonk_fail_sql(err, "INVALID_INLINE_TABLE.CANNOT_EVALUATE_EXPRESSION_IN_INLINE_TABLE",
                            "Invalid inline table. Cannot evaluate the expression \"%s\" in "
                            "inline table definition.",
                            text));
}

/* Spark computes the rows here, and says which of their expressions fails. */
static vonk_status check_cell(vonk_analyzer *a, const scope *s, const vonk_plan *plan,
                              const vonk_expr *e, vonk_error *err)
{
    vonk_value ignored;
    if (vonk_expr_any(e, is_subquery, NULL))
        return AT(plan, vonk_fail_sql(err,
                                      "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.SCALAR_SUBQUERY_"
                                      "IN_VALUES",
                                      "Unsupported subquery expression: Scalar subqueries in the "
                                      "VALUES clause."));
    if (s->n_aggregates || has_window(e) || vonk_expr_any(e, is_random, NULL))
        return fail_cell(a, e, err);
    if (e->kind == VONK_EXPR_LITERAL ||
        vonk_expr_constant(e, a->settings, a->arena, &ignored, NULL) != VONK_USER)
        return VONK_OK;
    const char *text = vonk_call_text(e, a->arena, err);
    VONK_TRY_ALLOC(text);
    return AT(plan, vonk_fail_sql(err, "INVALID_INLINE_TABLE.FAILED_SQL_EXPRESSION_EVALUATION",
                                  "Invalid inline table. Failed to evaluate the SQL expression "
                                  "\"%.300s\". Please check your syntax and ensure all required "
                                  "tables and columns are available.",
                                  text));
}

static vonk_status resolve_values(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                                  relation *ret, vonk_error *err)
{
    vonk_plan *values = vonk_plan_clone(a->arena, plan, err);
    VONK_TRY_ALLOC(values);
    for (uint32_t i = 0; i < values->n_exprs; i++) {
        scope s = {.outer = q->outer, .ctes = q->ctes};
        VONK_TRY(resolve_expr(a, &s, plan->exprs[i], &values->exprs[i], err));
        if (values->exprs[i]->kind == VONK_EXPR_ALIAS)
            values->exprs[i] = values->exprs[i]->args[0];
        VONK_TRY(check_cell(a, &s, plan, values->exprs[i], err));
    }
    values->output = VONK_NEW_ARRAY(a->arena, vonk_attribute, values->n_columns, err);
    VONK_TRY_ALLOC(values->output);
    values->n_output = values->n_columns;
    for (uint32_t i = 0; i < values->n_columns; i++) {
        const char *name = i < plan->n_column_names
                               ? plan->column_names[i]
                               : vonk_arena_printf(a->arena, err, "col%u", i + 1);
        VONK_TRY_ALLOC(name);
        values->output[i] = (vonk_attribute){.id = a->next_id++, .name = name};
        VONK_TRY(unify_column(a, values, i, err));
    }
    VONK_TRY(relation_of(a, values, ret, err));
    if (plan->alias)
        set_qualifier(ret, plan->alias);
    return VONK_OK;
}

static vonk_status range_output(vonk_analyzer *a, vonk_plan *range, relation *ret, vonk_error *err)
{
    range->output = VONK_NEW(a->arena, vonk_attribute, err);
    VONK_TRY_ALLOC(range->output);
    range->n_output = 1;
    range->output[0] = (vonk_attribute){
        .id = a->next_id++, .name = "id", .type = VONK_TYPE(INT64), .nullable = false};
    return relation_of(a, range, ret, err);
}

static vonk_status range_argument(vonk_analyzer *a, const vonk_plan *plan, uint32_t i, int64_t *ret,
                                  vonk_error *err)
{
    static const char *const names[] = {"first", "second", "third", "fourth"};
    const vonk_expr *e = plan->exprs[i];
    scope s = {0};
    vonk_expr *typed;
    vonk_value value;
    VONK_TRY(resolve_expr(a, &s, e, &typed, err));
    vonk_expr *given = typed;
    typed = vonk_expr_coerce(a->arena, typed, VONK_TYPE(INT64), err);
    VONK_TRY_ALLOC(typed);
    if (typed != given) { /* that this cast fails is said of all of the call */
        typed->start = plan->start;
        typed->end = plan->end;
    }
    vonk_status status = vonk_expr_constant(typed, a->settings, a->arena, &value, err);
    if (status != VONK_OK)
        return AT(plan, status);
    if (value.is_null) /* range(end): it is the second of (start, end) */
        return AT(plan, vonk_fail_sql(err, "UNEXPECTED_INPUT_TYPE",
                                      "Parameter %s of function `range` requires the \"BIGINT\" "
                                      "type, however \"NULL\" has the type \"VOID\".",
                                      names[plan->n_exprs == 1 ? 1 : i]));
    *ret = value.i64;
    return VONK_OK;
}

static vonk_status resolve_range_call(vonk_analyzer *a, const vonk_plan *plan, relation *ret,
                                      vonk_error *err)
{
    uint32_t n = plan->n_exprs;
    if (n < 1 || n > 4)
        return AT(plan, vonk_fail_sql(err, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
                                      "The `range` requires [1, 2, 3, 4] parameters but the actual "
                                      "number is %u. Please, refer to "
                                      "'https://spark.apache.org/docs/latest/"
                                      "sql-ref-functions.html' for a fix.",
                                      n));
    vonk_plan *range = new_node(a, VONK_PLAN_RANGE, NULL, plan, err);
    VONK_TRY_ALLOC(range);
    int64_t values[4] = {0, 0, 1, 0};
    for (uint32_t i = 0; i < n; i++)
        VONK_TRY(range_argument(a, plan, i, &values[n == 1 ? 1 : i], err));
    if (!values[2])
        return AT(plan, vonk_fail_sql(err, "FAILED_FUNCTION_CALL",
                                      "Failed preparing of the function `range` for call. Please, "
                                      "double check function's arguments."));
    range->range_start = values[0];
    range->range_end = values[1];
    range->range_step = values[2];
    range->range_parts = values[3] > 0 && values[3] <= UINT32_MAX ? (uint32_t)values[3] : 0;
    return range_output(a, range, ret, err);
}

static vonk_status resolve_table_function(vonk_analyzer *a, const vonk_plan *plan, relation *ret,
                                          vonk_error *err)
{
    const char *name = plan->name_parts[plan->n_name_parts - 1];
    if (!strcasecmp(name, "range"))
        return resolve_range_call(a, plan, ret, err);
    return AT(plan, vonk_fail_sql(err, "UNRESOLVABLE_TABLE_VALUED_FUNCTION",
                                  "Could not resolve `%s` to a table-valued function.\nPlease make "
                                  "sure that `%s` is defined as a table-valued function and that "
                                  "all required parameters are provided correctly.\nIf `%s` is not "
                                  "defined, please create the table-valued function before using "
                                  "it.\nFor more information about defining table-valued "
                                  "functions, please refer to the Apache Spark documentation.",
                                  name, name, name));
}

static vonk_status resolve_cte(vonk_analyzer *a, const query_context *q, const vonk_plan *with,
                               const vonk_cte *cte, relation *ret, vonk_error *err)
{
    relation r;
    VONK_TRY(resolve_query(a, q, cte->plan, &r, err));
    r.n_attributes = r.n_visible;
    VONK_TRY(rename_columns(&r, cte->column_names, cte->n_column_names, with, err));
    VONK_TRY(trim_relation(a, &r, &r.plan, err));
    *ret = r;
    return VONK_OK;
}

vonk_status resolve_with(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                         relation *ret, vonk_error *err)
{
    query_context inner = *q;
    for (uint32_t i = 0; i < plan->n_ctes; i++) {
        const vonk_cte *cte = &plan->ctes[i];
        for (uint32_t k = 0; k < i; k++) {
            if (!strcasecmp(plan->ctes[k].name, cte->name))
                return AT(plan, vonk_fail_sql(err, "DUPLICATED_CTE_NAMES",
                                              "CTE definition can't have duplicate names: `%s`.",
                                              cte->name));
        }
        cte_scope *added = VONK_NEW(a->arena, cte_scope, err);
        VONK_TRY_ALLOC(added);
        added->outer = inner.ctes;
        added->name = cte->name;
        added->is_taken = VONK_NEW(a->arena, bool, err);
        VONK_TRY_ALLOC(added->is_taken);
        VONK_TRY(resolve_cte(a, &inner, plan, cte, &added->resolved, err));
        inner.ctes = added;
    }
    return resolve_query(a, &inner, plan->children[0], ret, err);
}

vonk_status resolve_relation(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                             relation *ret, vonk_error *err)
{
    switch (plan->kind) {
    case VONK_PLAN_NAMED:
        return resolve_named(a, q, plan, ret, err);
    case VONK_PLAN_ALIAS:
        return resolve_alias(a, q, plan, ret, err);
    case VONK_PLAN_JOIN:
        return resolve_join(a, q, plan, ret, err);
    case VONK_PLAN_FILTER:
        return resolve_filter(a, q, plan, ret, err);
    case VONK_PLAN_PIVOT:
        return resolve_pivot(a, q, plan, ret, err);
    case VONK_PLAN_UNPIVOT:
        return resolve_unpivot(a, q, plan, ret, err);
    case VONK_PLAN_VALUES:
        return resolve_values(a, q, plan, ret, err);
    case VONK_PLAN_TABLE_FUNCTION:
        return resolve_table_function(a, plan, ret, err);
    case VONK_PLAN_RANGE:
    case VONK_PLAN_ONE_ROW: {
        vonk_plan *copy = vonk_plan_clone(a->arena, plan, err);
        VONK_TRY_ALLOC(copy);
        return plan->kind == VONK_PLAN_RANGE ? range_output(a, copy, ret, err)
                                             : relation_of(a, copy, ret, err);
    }
    case VONK_PLAN_SCAN:
        return scan_of(a, plan->relation, plan, ret, err);
    case VONK_PLAN_PROJECT:
    case VONK_PLAN_AGGREGATE:
    case VONK_PLAN_DISTINCT:
    case VONK_PLAN_SORT:
    case VONK_PLAN_LIMIT:
    case VONK_PLAN_SET_OP:
    case VONK_PLAN_WITH:
        return resolve_query(a, q, plan, ret, err);
    default:
        return AT(plan, vonk_fail_sql(err, "UNSUPPORTED_FEATURE", "a %s cannot stand in a query",
                                      vonk_plan_kind_name(plan->kind)));
    }
}
