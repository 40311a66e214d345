/*
 * resolve_unpivot.c - UNPIVOT: columns become rows, by an EXPAND.
 *
 *   FROM t UNPIVOT (v FOR name IN (a, b AS bb))     with the columns k, a, b
 *
 *   Filter isnotnull(v)                             unless INCLUDE NULLS
 *   +- Expand [[k, 'a', a], [k, 'bb', b]]
 */
#include <string.h>

#include "analyze/resolver.h"
#include "expr/coerce.h"

typedef struct unpivoting {
    vonk_analyzer *analyzer;
    const vonk_plan *plan;
    relation child;
    uint32_t n_rows, n_values;
    vonk_expr **values; /* n_rows x n_values, typed */
} unpivoting;

static vonk_status fail_types(unpivoting *u, uint32_t value, vonk_error *err)
{
    vonk_buffer types = {0};
    for (uint32_t i = 0; i < u->n_rows; i++) {
        const vonk_expr *e = u->values[(size_t)i * u->n_values + value];
        vonk_buffer_printf(&types, "%s\"%s\" (`%s`)", i ? ", " : "", vonk_type_sql_name(e->type),
                           e->column_name);
    }
    vonk_fail_sql(err, "UNPIVOT_VALUE_DATA_TYPE_MISMATCH",
                  "Unpivot value columns must share a least common type, some types do not: [%s].",
                  vonk_buffer_str(&types));
    vonk_buffer_free(&types);
    return AT(u->plan, VONK_USER);
}

static const vonk_expr *row_value(const vonk_expr *row)
{
    return row->kind == VONK_EXPR_ALIAS ? row->args[0] : row;
}

static vonk_status resolve_values(unpivoting *u, const query_context *q, vonk_error *err)
{
    vonk_analyzer *a = u->analyzer;
    vonk_expr **column = VONK_NEW_ARRAY(a->arena, vonk_expr *, u->n_rows, err);
    VONK_TRY_ALLOC(column);
    for (uint32_t i = 0; i < u->n_rows; i++) {
        const vonk_expr *row = row_value(u->plan->exprs[i]);
        for (uint32_t k = 0; k < u->n_values; k++) {
            const vonk_expr *name = row->kind == VONK_EXPR_NAME ? row : row->args[k];
            scope s = {.first = &u->child, .outer = q->outer, .ctes = q->ctes};
            VONK_TRY(resolve_expr(a, &s, name, &u->values[(size_t)i * u->n_values + k], err));
        }
    }
    for (uint32_t k = 0; k < u->n_values; k++) {
        vonk_type type;
        bool text = false, other = false;
        for (uint32_t i = 0; i < u->n_rows; i++) {
            column[i] = u->values[(size_t)i * u->n_values + k];
            text |= column[i]->type.id == VONK_STRING;
            other |= column[i]->type.id != VONK_STRING;
        }
        if ((text && other) ||
            vonk_expr_coerce_all(a->arena, column, u->n_rows, &type, err) != VONK_OK)
            return fail_types(u, k, err);
        for (uint32_t i = 0; i < u->n_rows; i++)
            u->values[(size_t)i * u->n_values + k] = column[i];
    }
    return VONK_OK;
}

/* What a row is called: its ALIAS, or its columns' names: a_b */
static vonk_status row_label(unpivoting *u, uint32_t row, vonk_expr **ret, vonk_error *err)
{
    const vonk_expr *e = u->plan->exprs[row], *value = row_value(e);
    vonk_buffer text = {0};
    if (e->kind == VONK_EXPR_ALIAS)
        vonk_buffer_text(&text, e->name);
    for (uint32_t k = 0; k < u->n_values && e->kind != VONK_EXPR_ALIAS; k++) {
        const vonk_expr *name = value->kind == VONK_EXPR_NAME ? value : value->args[k];
        vonk_buffer_printf(&text, "%s%s", k ? "_" : "", name->name_parts[name->n_name_parts - 1]);
    }
    char *copy = vonk_arena_strndup(u->analyzer->arena, vonk_buffer_str(&text), text.length, err);
    vonk_slice label = {copy, text.length};
    vonk_buffer_free(&text);
    VONK_TRY_ALLOC(copy);
    *ret = vonk_expr_string(u->analyzer->arena, label, err);
    return *ret ? VONK_OK : VONK_NO_MEMORY;
}

/* The child's visible columns that are no values. */
static vonk_status kept_columns(unpivoting *u, vonk_attribute **ret, uint32_t *ret_n,
                                vonk_error *err)
{
    vonk_id_set used = {.arena = u->analyzer->arena};
    for (uint32_t i = 0; i < u->n_rows * u->n_values; i++)
        VONK_TRY(vonk_expr_columns(u->values[i], &used, err));
    *ret_n = 0;
    *ret = VONK_NEW_ARRAY(u->analyzer->arena, vonk_attribute, u->child.n_visible + u->n_values + 1,
                          err);
    VONK_TRY_ALLOC(*ret);
    for (uint32_t i = 0; i < u->child.n_visible; i++) {
        if (!vonk_id_set_has(&used, u->child.attributes[i].id))
            (*ret)[(*ret_n)++] = u->child.attributes[i];
    }
    return VONK_OK;
}

static vonk_status expand_row(unpivoting *u, uint32_t row, const vonk_attribute *kept,
                              uint32_t n_kept, vonk_expr **ret, vonk_error *err)
{
    for (uint32_t i = 0; i < n_kept; i++)
        VONK_TRY_ALLOC(ret[i] = vonk_attribute_column(u->analyzer->arena, &kept[i], err));
    VONK_TRY(row_label(u, row, &ret[n_kept], err));
    memcpy(ret + n_kept + 1, u->values + (size_t)row * u->n_values,
           u->n_values * sizeof(vonk_expr *));
    return VONK_OK;
}

/* The output: what is kept keeps its ids; the label and the values have new ones. */
static void name_output(unpivoting *u, vonk_attribute *output, uint32_t n_kept)
{
    for (uint32_t k = 0; k <= u->n_values; k++) {
        const char *name = u->plan->column_names[k ? k - 1 : u->n_values];
        vonk_attribute made = {.id = u->analyzer->next_id++, .name = name};
        made.type = k ? u->values[k - 1]->type : VONK_TYPE(STRING);
        for (uint32_t i = 0; k && i < u->n_rows; i++)
            made.nullable |= u->values[(size_t)i * u->n_values + k - 1]->nullable;
        output[n_kept + k] = made;
    }
}

/* Some value is not null. */
static vonk_status has_value(unpivoting *u, const vonk_attribute *values, vonk_expr **ret,
                             vonk_error *err)
{
    vonk_arena *arena = u->analyzer->arena;
    *ret = NULL;
    for (uint32_t k = 0; k < u->n_values; k++) {
        vonk_expr *column = vonk_attribute_column(arena, &values[k], err);
        vonk_expr *e = vonk_expr_call1(arena, "isnotnull", column, err);
        VONK_TRY_ALLOC(e);
        VONK_TRY(type_call(u->analyzer, e, err));
        if (*ret) {
            e = vonk_expr_call2(arena, "or", *ret, e, err);
            VONK_TRY_ALLOC(e);
            VONK_TRY(type_call(u->analyzer, e, err));
        }
        *ret = e;
    }
    return VONK_OK;
}

static vonk_status build(unpivoting *u, vonk_plan **ret, vonk_attribute **ret_names,
                         vonk_error *err)
{
    vonk_analyzer *a = u->analyzer;
    vonk_attribute *output;
    uint32_t n_kept;
    VONK_TRY(kept_columns(u, &output, &n_kept, err));
    vonk_plan *expand = new_node(a, VONK_PLAN_EXPAND, u->child.plan, u->plan, err);
    VONK_TRY_ALLOC(expand);
    uint32_t n = n_kept + 1 + u->n_values;
    expand->n_rows = u->n_rows;
    expand->n_columns = n;
    expand->n_exprs = u->n_rows * n;
    expand->exprs = VONK_NEW_ARRAY(a->arena, vonk_expr *, (size_t)expand->n_exprs, err);
    VONK_TRY_ALLOC(expand->exprs);
    for (uint32_t i = 0; i < u->n_rows; i++)
        VONK_TRY(expand_row(u, i, output, n_kept, expand->exprs + (size_t)i * n, err));
    name_output(u, output, n_kept);
    expand->output = output;
    expand->n_output = n;
    *ret = expand;
    *ret_names = output;
    if (u->plan->set_all)
        return VONK_OK;
    vonk_plan *filter = new_node(a, VONK_PLAN_FILTER, expand, u->plan, err);
    VONK_TRY_ALLOC(filter);
    VONK_TRY(has_value(u, output + n_kept + 1, &filter->condition, err));
    *ret = filter;
    return vonk_plan_set_output(a->arena, filter, err);
}

vonk_status resolve_unpivot(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                            relation *ret, vonk_error *err)
{
    unpivoting u = {.analyzer = a, .plan = plan, .n_rows = plan->n_exprs};
    u.n_values = plan->n_column_names - 1;
    VONK_TRY(resolve_relation(a, q, plan->children[0], &u.child, err));
    u.values = VONK_NEW_ARRAY(a->arena, vonk_expr *, (size_t)u.n_rows * u.n_values, err);
    VONK_TRY_ALLOC(u.values);
    VONK_TRY(resolve_values(&u, q, err));
    vonk_plan *built;
    vonk_attribute *names;
    VONK_TRY(build(&u, &built, &names, err));
    return relation_of(a, built, ret, err);
}
