/* collapse_project.c - projects over projects become one; those that change nothing go. */
#include <string.h>

#include "optimize/rule.h"

/* How often each of some aliases is used. */
typedef struct counting {
    alias_map aliases;
    uint32_t *uses;
} counting;

static bool count_use(const vonk_expr *e, void *context)
{
    counting *c = context;
    if (e->kind == VONK_EXPR_COLUMN)
        c->uses[alias_map_find(&c->aliases, e->id)]++; /* uses[n]: of others */
    return false;
}

static bool is_cheap(const vonk_expr *e)
{
    return e->kind == VONK_EXPR_COLUMN || e->kind == VONK_EXPR_LITERAL;
}

/* May the lower project's aliases be written into the upper one? Not if work is done twice. */
static vonk_status may_inline(rewriting *r, const vonk_plan *upper, alias_map lower, bool *ret,
                              vonk_error *err)
{
    counting c = {lower, VONK_NEW_ARRAY(r->arena, uint32_t, lower.n + 1, err)};
    VONK_TRY_ALLOC(c.uses);
    memset(c.uses, 0, (lower.n + 1) * sizeof(*c.uses));
    for (uint32_t i = 0; i < upper->n_exprs; i++)
        (void)vonk_expr_any(upper->exprs[i], count_use, &c);
    *ret = true;
    for (uint32_t i = 0; i < lower.n && *ret; i++) {
        const vonk_expr *e = lower.aliases[i]->args[0];
        *ret = is_cheap(e) || (!is_large(e) && c.uses[i] <= 1 && is_deterministic(e) &&
                               !(c.uses[i] && has_subquery(e)));
    }
    return VONK_OK;
}

static vonk_status inline_item(rewriting *r, alias_map lower, vonk_expr **slot, vonk_error *err)
{
    vonk_expr *e = *slot, *done;
    VONK_TRY(inline_aliases(r, lower, e, &done, err));
    if (e->kind == VONK_EXPR_COLUMN && done != e) { /* keeps its name and id */
        vonk_expr *alias = vonk_expr_alias(r->arena, done, e->column_name, err);
        VONK_TRY_ALLOC(alias);
        alias->alias_id = e->id;
        done = alias;
    }
    *slot = done;
    return VONK_OK;
}

static vonk_status collapse_node(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *upper = *plan;
    if (upper->kind != VONK_PLAN_PROJECT || upper->children[0]->kind != VONK_PLAN_PROJECT)
        return VONK_OK;
    vonk_plan *lower = upper->children[0];
    alias_map aliases;
    bool may;
    VONK_TRY(alias_map_make(r, lower->exprs, lower->n_exprs, &aliases, err));
    VONK_TRY(may_inline(r, upper, aliases, &may, err));
    if (!may)
        return VONK_OK;
    for (uint32_t i = 0; i < upper->n_exprs; i++)
        VONK_TRY(inline_item(r, aliases, &upper->exprs[i], err));
    upper->children[0] = lower->children[0];
    r->changed = true;
    return vonk_plan_set_output(r->arena, upper, err);
}

vonk_status collapse_projects(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return each_node(r, plan, collapse_node, err);
}

static bool is_noop(const vonk_plan *project)
{
    const vonk_plan *child = project->children[0];
    if (project->n_exprs != child->n_output)
        return false;
    for (uint32_t i = 0; i < project->n_exprs; i++) {
        const vonk_expr *e = project->exprs[i];
        if (e->kind != VONK_EXPR_COLUMN || e->id != child->output[i].id ||
            strcmp(e->column_name, child->output[i].name) != 0)
            return false;
    }
    return true;
}

/* Does the project only give new names to an aggregate's columns, all of them in order? */
static bool only_renames(const vonk_plan *project)
{
    const vonk_plan *agg = project->children[0];
    if (agg->kind != VONK_PLAN_AGGREGATE || project->n_exprs != agg->n_output)
        return false;
    for (uint32_t i = 0; i < project->n_exprs; i++) {
        const vonk_expr *e = project->exprs[i];
        const vonk_expr *column = e->kind == VONK_EXPR_ALIAS ? e->args[0] : e;
        if (column->kind != VONK_EXPR_COLUMN || column->id != agg->output[i].id)
            return false;
        if (e == column && strcmp(e->column_name, agg->output[i].name) != 0)
            return false;
    }
    return true;
}

/* The aggregate takes over the names and ids. */
static vonk_status rename_aggregate(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    vonk_plan *project = *plan, *agg = project->children[0];
    for (uint32_t i = 0; i < agg->n_exprs; i++) {
        const vonk_expr *e = project->exprs[i];
        if (e->kind != VONK_EXPR_ALIAS)
            continue;
        vonk_expr *value = agg->exprs[i];
        if (value->kind == VONK_EXPR_ALIAS)
            value = value->args[0];
        agg->exprs[i] = vonk_expr_alias(r->arena, value, e->name, err);
        VONK_TRY_ALLOC(agg->exprs[i]);
        agg->exprs[i]->alias_id = e->alias_id;
    }
    r->changed = true;
    *plan = agg;
    return vonk_plan_set_output(r->arena, agg, err);
}

static vonk_status remove_node(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    if ((*plan)->kind == VONK_PLAN_PROJECT && only_renames(*plan))
        return rename_aggregate(r, plan, err);
    if ((*plan)->kind == VONK_PLAN_PROJECT && is_noop(*plan)) {
        r->changed = true;
        *plan = (*plan)->children[0];
    }
    return VONK_OK;
}

vonk_status remove_noop_projects(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return each_node(r, plan, remove_node, err);
}
