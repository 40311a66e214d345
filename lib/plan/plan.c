/* plan.c - making and copying nodes of logical and physical plans. */
#include "plan/plan.h"

#include <string.h>

#include "plan/physical.h"

vonk_plan *vonk_plan_new(vonk_arena *arena, vonk_plan_kind kind, uint32_t n_children,
                         vonk_error *err)
{
    vonk_plan *plan = VONK_NEW(arena, vonk_plan, err);
    if (!plan)
        return NULL;
    plan->kind = kind;
    plan->start = plan->end = -1;
    plan->limit = -1;
    plan->n_children = n_children;
    if (n_children) {
        plan->children = VONK_NEW_ARRAY(arena, vonk_plan *, n_children, err);
        if (!plan->children)
            return NULL;
    }
    return plan;
}

/* *array = a copy of its `n` pointers. */
static bool copy_exprs(vonk_arena *arena, vonk_expr ***array, uint32_t n, vonk_error *err)
{
    if (!n)
        return true;
    vonk_expr **copy = VONK_NEW_ARRAY(arena, vonk_expr *, n, err);
    if (!copy)
        return false;
    memcpy(copy, *array, n * sizeof(vonk_expr *));
    *array = copy;
    return true;
}

vonk_plan *vonk_plan_clone(vonk_arena *arena, const vonk_plan *plan, vonk_error *err)
{
    vonk_plan *copy = vonk_plan_new(arena, plan->kind, plan->n_children, err);
    if (!copy)
        return NULL;
    vonk_plan **children = copy->children;
    *copy = *plan;
    copy->children = children;
    if (plan->n_children)
        memcpy(children, plan->children, plan->n_children * sizeof(vonk_plan *));
    if (!copy_exprs(arena, &copy->exprs, copy->n_exprs, err) ||
        !copy_exprs(arena, &copy->group_exprs, copy->n_group_exprs, err) ||
        !copy_exprs(arena, &copy->scan_filters, copy->n_scan_filters, err))
        return NULL;
    return copy;
}

bool vonk_plan_is_command(const vonk_plan *plan)
{
    return plan->kind >= VONK_PLAN_CREATE_VIEW;
}

const char *vonk_plan_kind_name(vonk_plan_kind kind)
{
    static const char *const names[VONK_N_PLANS] = {
        [VONK_PLAN_NAMED] = "UnresolvedRelation",
        [VONK_PLAN_SCAN] = "Relation",
        [VONK_PLAN_ONE_ROW] = "OneRowRelation",
        [VONK_PLAN_VALUES] = "LocalRelation",
        [VONK_PLAN_RANGE] = "Range",
        [VONK_PLAN_TABLE_FUNCTION] = "UnresolvedTableValuedFunction",
        [VONK_PLAN_ALIAS] = "SubqueryAlias",
        [VONK_PLAN_PROJECT] = "Project",
        [VONK_PLAN_FILTER] = "Filter",
        [VONK_PLAN_PIVOT] = "Pivot",
        [VONK_PLAN_UNPIVOT] = "Unpivot",
        [VONK_PLAN_JOIN] = "Join",
        [VONK_PLAN_AGGREGATE] = "Aggregate",
        [VONK_PLAN_EXPAND] = "Expand",
        [VONK_PLAN_WINDOW] = "Window",
        [VONK_PLAN_DISTINCT] = "Distinct",
        [VONK_PLAN_SORT] = "Sort",
        [VONK_PLAN_LIMIT] = "GlobalLimit",
        [VONK_PLAN_SET_OP] = "Union",
        [VONK_PLAN_WITH] = "CTE",
        [VONK_PLAN_EMPTY] = "LocalRelation <empty>",
        [VONK_PLAN_CREATE_VIEW] = "CreateViewCommand",
        [VONK_PLAN_CREATE_TABLE] = "CreateTable",
        [VONK_PLAN_DROP] = "DropTable",
        [VONK_PLAN_INSERT_DIRECTORY] = "InsertIntoDir",
        [VONK_PLAN_INSERT_TABLE] = "InsertIntoStatement",
        [VONK_PLAN_EXPLAIN] = "ExplainCommand",
        [VONK_PLAN_SHOW_TABLES] = "ShowTables",
        [VONK_PLAN_SHOW_FUNCTIONS] = "ShowFunctions",
        [VONK_PLAN_DESCRIBE] = "DescribeRelation",
        [VONK_PLAN_ANALYZE_TABLE] = "AnalyzeTableCommand",
        [VONK_PLAN_SET] = "SetCommand",
        [VONK_PLAN_RESET] = "ResetCommand",
    };
    return (unsigned)kind < VONK_N_PLANS ? names[kind] : "?";
}

const char *vonk_join_type_name(vonk_join_type type)
{
    static const char *const names[] = {
        [VONK_JOIN_INNER] = "Inner",          [VONK_JOIN_LEFT] = "LeftOuter",
        [VONK_JOIN_RIGHT] = "RightOuter",     [VONK_JOIN_FULL] = "FullOuter",
        [VONK_JOIN_SEMI] = "LeftSemi",        [VONK_JOIN_ANTI] = "LeftAnti",
        [VONK_JOIN_CROSS] = "Cross",          [VONK_JOIN_RIGHT_SEMI] = "RightSemi",
        [VONK_JOIN_RIGHT_ANTI] = "RightAnti",
    };
    return (unsigned)type < VONK_LENGTH(names) ? names[type] : "?";
}

vonk_physical *vonk_physical_new(vonk_arena *arena, vonk_op_kind kind, uint32_t n_children,
                                 vonk_error *err)
{
    vonk_physical *plan = VONK_NEW(arena, vonk_physical, err);
    if (!plan)
        return NULL;
    plan->kind = kind;
    plan->limit = -1;
    plan->n_children = n_children;
    if (n_children) {
        plan->children = VONK_NEW_ARRAY(arena, vonk_physical *, n_children, err);
        if (!plan->children)
            return NULL;
    }
    return plan;
}
