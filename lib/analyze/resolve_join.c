/* resolve_join.c - joins with ON, USING and NATURAL; WHERE. */
#include <string.h>
#include <strings.h>

#include "analyze/resolver.h"

typedef struct join_block {
    vonk_analyzer *analyzer;
    const vonk_plan *parsed;
    relation left, right;
    vonk_plan *join;
    uint32_t n_keys; /* of USING */
    const vonk_attribute **left_keys, **right_keys;
    const char **key_names;
} join_block;

static bool left_only(const vonk_plan *join)
{
    return join->join_type == VONK_JOIN_SEMI || join->join_type == VONK_JOIN_ANTI;
}

/* Appends attributes start .. end of `from`, as nullable as the join makes them. */
static void append(relation *to, const vonk_plan *join, const relation *from, uint32_t start,
                   uint32_t end)
{
    for (uint32_t i = start; i < end; i++) {
        vonk_attribute *added = &to->attributes[to->n_attributes++];
        *added = from->attributes[i];
        const vonk_attribute *made = vonk_plan_find_output(join, added->id);
        if (made)
            added->nullable = made->nullable;
    }
}

/* left ++ right, the visible ones first. */
static vonk_status join_names(join_block *b, relation *ret, vonk_error *err)
{
    const relation *l = &b->left, *r = &b->right;
    relation names = {.plan = b->join};
    names.attributes =
        VONK_NEW_ARRAY(b->analyzer->arena, vonk_attribute, l->n_attributes + r->n_attributes, err);
    VONK_TRY_ALLOC(names.attributes);
    bool both = !left_only(b->join);
    append(&names, b->join, l, 0, l->n_visible);
    if (both)
        append(&names, b->join, r, 0, r->n_visible);
    names.n_visible = names.n_attributes;
    append(&names, b->join, l, l->n_visible, l->n_attributes);
    if (both)
        append(&names, b->join, r, r->n_visible, r->n_attributes);
    *ret = names;
    return VONK_OK;
}

/* What ON may name: both sides, whatever the join gives. */
static vonk_status condition_names(join_block *b, relation *ret, vonk_error *err)
{
    vonk_join_type type = b->join->join_type;
    b->join->join_type = VONK_JOIN_INNER;
    vonk_status status = vonk_plan_set_output(b->analyzer->arena, b->join, err);
    if (status == VONK_OK)
        status = join_names(b, ret, err);
    b->join->join_type = type;
    return status;
}

static vonk_status resolve_on(join_block *b, const query_context *q, vonk_error *err)
{
    vonk_analyzer *a = b->analyzer;
    relation names;
    VONK_TRY(condition_names(b, &names, err));
    scope s = {.first = &names, .outer = q->outer, .ctes = q->ctes};
    vonk_expr *e;
    VONK_TRY(resolve_expr(a, &s, b->parsed->condition, &e, err));
    const char *text = expr_text(a, e, err);
    VONK_TRY_ALLOC(text);
    if (has_window(e))
        return fail_window_operator(a, e, err);
    if (s.n_aggregates)
        return AT(e, vonk_fail_sql(err, "UNSUPPORTED_EXPR_FOR_OPERATOR",
                                   "A query operator contains one or more unsupported "
                                   "expressions.\nConsider to rewrite it to avoid window "
                                   "functions, aggregate functions, and generator functions in "
                                   "the WHERE clause.\nInvalid expressions: [\"%s\"]",
                                   text));
    if (e->type.id != VONK_BOOL)
        return AT(b->parsed, vonk_fail_sql(err, "JOIN_CONDITION_IS_NOT_BOOLEAN_TYPE",
                                           "The join condition \"%s\" has the invalid type "
                                           "\"%s\", expected \"BOOLEAN\".",
                                           text, vonk_type_sql_name(e->type)));
    b->join->condition = e;
    return VONK_OK;
}

static vonk_status fail_using(join_block *b, const char *name, bool left, vonk_error *err)
{
    const relation *r = left ? &b->left : &b->right;
    const char *side = left ? "left" : "right";
    vonk_buffer list = {0};
    vonk_status status = print_sorted_columns(b->analyzer, r, &list, err);
    if (status != VONK_OK) {
        vonk_buffer_free(&list);
        return status;
    }
    vonk_fail_sql(err, "UNRESOLVED_USING_COLUMN_FOR_JOIN",
                  "USING column `%s` cannot be resolved on the %s side of the join. The %s-side "
                  "columns: [%s].",
                  name, side, side, vonk_buffer_str(&list));
    vonk_buffer_free(&list);
    return AT(b->parsed, VONK_USER);
}

static vonk_status find_key(join_block *b, const char *name, bool left, const vonk_attribute **ret,
                            vonk_error *err)
{
    const relation *r = left ? &b->left : &b->right;
    const vonk_attribute *found = NULL;
    for (uint32_t i = 0; i < r->n_visible; i++) {
        if (strcasecmp(r->attributes[i].name, name) != 0)
            continue;
        if (found)
            return AT(b->parsed, vonk_fail_sql(err, "AMBIGUOUS_REFERENCE",
                                               "Reference `%s` is ambiguous, could be: [`%s`, "
                                               "`%s`].",
                                               name, name, name));
        found = &r->attributes[i];
    }
    *ret = found;
    return found ? VONK_OK : fail_using(b, name, left, err);
}

static bool has_name(const relation *r, const char *name)
{
    for (uint32_t i = 0; i < r->n_visible; i++) {
        if (!strcasecmp(r->attributes[i].name, name))
            return true;
    }
    return false;
}

/* The names of USING, or for NATURAL those that both sides have. */
static vonk_status find_keys(join_block *b, vonk_error *err)
{
    const vonk_plan *parsed = b->parsed;
    vonk_arena *arena = b->analyzer->arena;
    uint32_t most = parsed->natural ? b->left.n_visible : parsed->n_using;
    b->left_keys = VONK_NEW_ARRAY(arena, const vonk_attribute *, most, err);
    b->right_keys = VONK_NEW_ARRAY(arena, const vonk_attribute *, most, err);
    b->key_names = VONK_NEW_ARRAY(arena, const char *, most, err);
    if (!b->left_keys || !b->right_keys || !b->key_names)
        return VONK_NO_MEMORY;
    for (uint32_t i = 0; i < most; i++) {
        const char *name = parsed->natural ? b->left.attributes[i].name : parsed->using_names[i];
        if (parsed->natural && !has_name(&b->right, name))
            continue;
        uint32_t k = b->n_keys++;
        b->key_names[k] = name;
        VONK_TRY(find_key(b, name, true, &b->left_keys[k], err));
        VONK_TRY(find_key(b, name, false, &b->right_keys[k], err));
    }
    return VONK_OK;
}

static vonk_status key_call(join_block *b, const char *name, uint32_t k, vonk_expr **ret,
                            vonk_error *err)
{
    vonk_arena *arena = b->analyzer->arena;
    vonk_expr *l = vonk_attribute_column(arena, b->left_keys[k], err);
    vonk_expr *r = vonk_attribute_column(arena, b->right_keys[k], err);
    vonk_expr *call = vonk_expr_call2(arena, name, l, r, err);
    VONK_TRY_ALLOC(call);
    call->start = b->parsed->start;
    call->end = b->parsed->end;
    *ret = call;
    return type_call(b->analyzer, call, err);
}

static vonk_status using_condition(join_block *b, vonk_error *err)
{
    vonk_expr *all = NULL;
    for (uint32_t k = 0; k < b->n_keys; k++) {
        vonk_expr *equal;
        VONK_TRY(key_call(b, "=", k, &equal, err));
        if (all) {
            equal = vonk_expr_call2(b->analyzer->arena, "and", all, equal, err);
            VONK_TRY_ALLOC(equal);
            VONK_TRY(type_call(b->analyzer, equal, err));
        }
        all = equal;
    }
    b->join->condition = all;
    return VONK_OK;
}

static bool is_key(const join_block *b, uint32_t id)
{
    for (uint32_t k = 0; k < b->n_keys; k++) {
        if (b->left_keys[k]->id == id || b->right_keys[k]->id == id)
            return true;
    }
    return false;
}

/* The one column that stands for key `k` of both sides. */
static vonk_status merged_key(join_block *b, uint32_t k, vonk_expr **ret, vonk_attribute *ret_name,
                              vonk_error *err)
{
    vonk_join_type type = b->join->join_type;
    const vonk_attribute *from = type == VONK_JOIN_RIGHT ? b->right_keys[k] : b->left_keys[k];
    *ret_name = *from;
    if (type != VONK_JOIN_FULL) {
        *ret = vonk_attribute_column(b->analyzer->arena, from, err);
        return *ret ? VONK_OK : VONK_NO_MEMORY;
    }
    vonk_expr *coalesce;
    VONK_TRY(key_call(b, "coalesce", k, &coalesce, err));
    VONK_TRY(new_alias(b->analyzer, coalesce, from->name, ret, err));
    coalesce->nullable = b->left_keys[k]->nullable || b->right_keys[k]->nullable;
    *ret_name = (vonk_attribute){.id = (*ret)->alias_id,
                                 .name = from->name,
                                 .type = coalesce->type,
                                 .nullable = coalesce->nullable};
    return VONK_OK;
}

/* PROJECT keys, the rest of both sides; the merged keys stay under it as hidden columns. */
static vonk_status merge_keys(join_block *b, relation *ret, vonk_error *err)
{
    vonk_analyzer *a = b->analyzer;
    relation names;
    VONK_TRY(join_names(b, &names, err));
    uint32_t most = names.n_attributes + b->n_keys;
    relation merged = {.attributes = VONK_NEW_ARRAY(a->arena, vonk_attribute, most, err)};
    vonk_expr **exprs = VONK_NEW_ARRAY(a->arena, vonk_expr *, most, err);
    if (!merged.attributes || !exprs)
        return VONK_NO_MEMORY;
    uint32_t n = 0;
    for (; n < b->n_keys; n++)
        VONK_TRY(merged_key(b, n, &exprs[n], &merged.attributes[n], err));
    for (int hidden = 0; hidden < 2; hidden++) {
        for (uint32_t i = 0; i < names.n_attributes; i++) {
            const vonk_attribute *at = &names.attributes[i];
            bool hide = i >= names.n_visible || is_key(b, at->id);
            bool merged_already = false;
            for (uint32_t k = 0; k < b->n_keys; k++)
                merged_already |= merged.attributes[k].id == at->id;
            if (hide != hidden || merged_already)
                continue;
            merged.attributes[n] = *at;
            exprs[n] = vonk_attribute_column(a->arena, at, err);
            VONK_TRY_ALLOC(exprs[n]);
            n++;
        }
        if (!hidden)
            merged.n_visible = n;
    }
    merged.n_attributes = n;
    VONK_TRY(new_project(a, b->join, exprs, n, b->parsed, &merged.plan, err));
    *ret = merged;
    return VONK_OK;
}

/* A side of a join: a subquery, or anything else in FROM. */
static vonk_status resolve_side(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                                relation *ret, vonk_error *err)
{
    return is_select(plan) ? resolve_query(a, q, plan, ret, err)
                           : resolve_relation(a, q, plan, ret, err);
}

vonk_status resolve_join(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                         relation *ret, vonk_error *err)
{
    join_block b = {.analyzer = a, .parsed = plan};
    VONK_TRY(resolve_side(a, q, plan->children[0], &b.left, err));
    scope left_names = {.first = &b.left, .outer = q->outer, .ctes = q->ctes};
    query_context lateral = {.ctes = q->ctes, .outer = &left_names};
    VONK_TRY(resolve_side(a, plan->lateral ? &lateral : q, plan->children[1], &b.right, err));
    b.join = vonk_plan_new(a->arena, VONK_PLAN_JOIN, 2, err);
    VONK_TRY_ALLOC(b.join);
    b.join->start = plan->start;
    b.join->end = plan->end;
    b.join->children[0] = b.left.plan;
    b.join->children[1] = b.right.plan;
    b.join->join_type = plan->join_type;
    b.join->lateral = plan->lateral;
    bool merges = plan->natural || plan->n_using;
    if (merges) {
        VONK_TRY(find_keys(&b, err));
        VONK_TRY(using_condition(&b, err));
    } else if (plan->condition) {
        VONK_TRY(resolve_on(&b, q, err));
    }
    if (b.join->join_type == VONK_JOIN_CROSS && b.join->condition)
        b.join->join_type = VONK_JOIN_INNER;
    VONK_TRY(vonk_plan_set_output(a->arena, b.join, err));
    return merges ? merge_keys(&b, ret, err) : join_names(&b, ret, err);
}

static bool is_aggregate_call(const vonk_expr *e, void *context)
{
    if (e->kind != VONK_EXPR_CALL || !e->function || !e->function->aggregate)
        return false;
    *(const vonk_expr **)context = e;
    return true;
}

static vonk_status fail_where(vonk_analyzer *a, const vonk_expr *e, vonk_error *err)
{
    const vonk_expr *call = e;
    vonk_expr_any(e, is_aggregate_call, &call);
    const char *text = expr_text(a, e, err), *invalid = expr_text(a, call, err);
    if (!text || !invalid)
        return VONK_NO_MEMORY;
    return AT(call, vonk_fail_sql(err, "INVALID_WHERE_CONDITION",
                                  "The WHERE condition \"%s\" contains invalid expressions: "
                                  "%s.\nRewrite the query to avoid window functions, aggregate "
                                  "functions, and generator functions in the WHERE clause.",
                                  text, invalid));
}

vonk_status resolve_filter(vonk_analyzer *a, const query_context *q, const vonk_plan *plan,
                           relation *ret, vonk_error *err)
{
    relation child;
    VONK_TRY(resolve_relation(a, q, plan->children[0], &child, err));
    scope s = {.first = &child, .outer = q->outer, .ctes = q->ctes};
    vonk_expr *e;
    VONK_TRY(resolve_expr(a, &s, plan->condition, &e, err));
    if (has_window(e))
        return fail_window_clause(e, "WHERE", err);
    if (s.n_aggregates)
        return fail_where(a, e, err);
    if (e->type.id != VONK_BOOL) {
        const char *text = expr_text(a, e, err);
        VONK_TRY_ALLOC(text);
        return AT(plan, vonk_fail_sql(err, "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN",
                                      "Cannot resolve \"%s\" due to data type mismatch: Filter "
                                      "expression \"%s\" of type \"%s\" is not a boolean.",
                                      text, text, vonk_type_sql_name(e->type)));
    }
    vonk_plan *filter = new_node(a, VONK_PLAN_FILTER, child.plan, plan, err);
    VONK_TRY_ALLOC(filter);
    filter->condition = e;
    return finish_node(a, filter, &child, ret, err);
}
