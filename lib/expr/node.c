/* node.c - making, copying, rewriting and comparing expression nodes. */
#include "expr/expr.h"

#include <string.h>
#include <strings.h>

#include "kernel/hash.h"

vonk_expr *vonk_expr_new(vonk_arena *arena, vonk_expr_kind kind, uint32_t n_args, vonk_error *err)
{
    vonk_expr *e = VONK_NEW(arena, vonk_expr, err);
    if (!e)
        return NULL;
    e->kind = kind;
    e->nullable = true;
    e->start = e->end = -1;
    e->n_args = n_args;
    if (n_args) {
        e->args = VONK_NEW_ARRAY(arena, vonk_expr *, n_args, err);
        if (!e->args)
            return NULL;
    }
    return e;
}

vonk_expr *vonk_expr_literal(vonk_arena *arena, vonk_type type, vonk_value value, vonk_error *err)
{
    vonk_expr *e = vonk_expr_new(arena, VONK_EXPR_LITERAL, 0, err);
    if (!e)
        return NULL;
    e->type = type;
    e->value = value;
    e->nullable = value.is_null;
    return e;
}

vonk_expr *vonk_expr_null(vonk_arena *arena, vonk_type type, vonk_error *err)
{
    return vonk_expr_literal(arena, type, (vonk_value){.is_null = true}, err);
}

vonk_expr *vonk_expr_int(vonk_arena *arena, int32_t value, vonk_error *err)
{
    return vonk_expr_literal(arena, VONK_TYPE(INT32), (vonk_value){.i64 = value}, err);
}

vonk_expr *vonk_expr_bool(vonk_arena *arena, bool value, vonk_error *err)
{
    return vonk_expr_literal(arena, VONK_TYPE(BOOL), (vonk_value){.boolean = value}, err);
}

vonk_expr *vonk_expr_string(vonk_arena *arena, vonk_slice text, vonk_error *err)
{
    const char *copy = vonk_arena_strndup(arena, text.data, text.length, err);
    if (!copy)
        return NULL;
    vonk_value value = {.string = {copy, text.length}};
    return vonk_expr_literal(arena, VONK_TYPE(STRING), value, err);
}

vonk_expr *vonk_expr_call(vonk_arena *arena, const char *name, uint32_t n_args,
                          vonk_expr *const *args, vonk_error *err)
{
    for (uint32_t i = 0; i < n_args; i++) {
        if (!args[i])
            return NULL;
    }
    vonk_expr *e = vonk_expr_new(arena, VONK_EXPR_CALL, n_args, err);
    if (!e)
        return NULL;
    e->name = name;
    for (uint32_t i = 0; i < n_args; i++)
        e->args[i] = args[i];
    return e;
}

vonk_expr *vonk_expr_call1(vonk_arena *arena, const char *name, vonk_expr *a, vonk_error *err)
{
    return vonk_expr_call(arena, name, 1, &a, err);
}

vonk_expr *vonk_expr_call2(vonk_arena *arena, const char *name, vonk_expr *a, vonk_expr *b,
                           vonk_error *err)
{
    vonk_expr *args[2] = {a, b};
    return vonk_expr_call(arena, name, 2, args, err);
}

/* A node with one argument, or NULL. */
static vonk_expr *new_around(vonk_arena *arena, vonk_expr_kind kind, vonk_expr *arg,
                             vonk_error *err)
{
    vonk_expr *e = arg ? vonk_expr_new(arena, kind, 1, err) : NULL;
    if (!e)
        return NULL;
    e->args[0] = arg;
    return e;
}

vonk_expr *vonk_expr_cast(vonk_arena *arena, vonk_expr *arg, vonk_type type, bool is_try,
                          vonk_error *err)
{
    vonk_expr *e = new_around(arena, VONK_EXPR_CAST, arg, err);
    if (!e)
        return NULL;
    e->type = type;
    e->is_try = is_try;
    e->nullable = is_try || arg->nullable;
    return e;
}

vonk_expr *vonk_expr_alias(vonk_arena *arena, vonk_expr *arg, const char *name, vonk_error *err)
{
    vonk_expr *e = new_around(arena, VONK_EXPR_ALIAS, arg, err);
    if (!e)
        return NULL;
    e->name = name;
    e->type = arg->type;
    e->nullable = arg->nullable;
    return e;
}

vonk_expr *vonk_expr_column(vonk_arena *arena, uint32_t id, const char *name, vonk_type type,
                            bool nullable, vonk_error *err)
{
    vonk_expr *e = vonk_expr_new(arena, VONK_EXPR_COLUMN, 0, err);
    if (!e)
        return NULL;
    e->id = id;
    e->column_name = name;
    e->type = type;
    e->nullable = nullable;
    return e;
}

vonk_expr *vonk_expr_input(vonk_arena *arena, uint32_t index, const char *name, vonk_type type,
                           bool nullable, vonk_error *err)
{
    vonk_expr *e = vonk_expr_new(arena, VONK_EXPR_INPUT, 0, err);
    if (!e)
        return NULL;
    e->index = index;
    e->column_name = name;
    e->type = type;
    e->nullable = nullable;
    return e;
}

vonk_expr *vonk_expr_clone(vonk_arena *arena, const vonk_expr *e, vonk_error *err)
{
    vonk_expr *copy = vonk_expr_new(arena, e->kind, e->n_args, err);
    if (!copy)
        return NULL;
    vonk_expr **args = copy->args;
    *copy = *e;
    copy->args = args;
    if (e->n_args)
        memcpy(args, e->args, e->n_args * sizeof(vonk_expr *));
    return copy;
}

/* Copies `e` on its first change: *copy is NULL until then. */
static vonk_expr *writable(vonk_expr *e, vonk_expr **copy, vonk_arena *arena, vonk_error *err)
{
    if (!*copy)
        *copy = vonk_expr_clone(arena, e, err);
    return *copy;
}

vonk_expr *vonk_expr_rewrite(vonk_expr *e, vonk_expr_rewrite_fn *rewrite, void *context,
                             vonk_arena *arena, vonk_error *err)
{
    vonk_expr *copy = NULL;
    for (uint32_t i = 0; i < e->n_args; i++) {
        vonk_expr *arg = vonk_expr_rewrite(e->args[i], rewrite, context, arena, err);
        if (!arg)
            return NULL;
        if (arg == e->args[i])
            continue;
        if (!writable(e, &copy, arena, err))
            return NULL;
        copy->args[i] = arg;
    }
    if (e->kind == VONK_EXPR_CALL && e->filter) {
        vonk_expr *filter = vonk_expr_rewrite(e->filter, rewrite, context, arena, err);
        if (!filter)
            return NULL;
        if (filter != e->filter) {
            if (!writable(e, &copy, arena, err))
                return NULL;
            copy->filter = filter;
        }
    }
    return rewrite(copy ? copy : e, context, arena, err);
}

bool vonk_expr_any(const vonk_expr *e, bool (*test)(const vonk_expr *, void *), void *context)
{
    if (test(e, context))
        return true;
    for (uint32_t i = 0; i < e->n_args; i++) {
        if (vonk_expr_any(e->args[i], test, context))
            return true;
    }
    return e->kind == VONK_EXPR_CALL && e->filter && vonk_expr_any(e->filter, test, context);
}

static bool values_equal(vonk_type type, const vonk_value *a, const vonk_value *b)
{
    if (a->is_null || b->is_null)
        return a->is_null == b->is_null;
    switch (type.id) {
    case VONK_NULL:
        return true;
    case VONK_BOOL:
        return a->boolean == b->boolean;
    case VONK_DECIMAL:
        return a->i128 == b->i128;
    case VONK_STRING:
    case VONK_BINARY:
        return vonk_slice_equal(a->string, b->string);
    default: /* the bits of a double: NaN equals itself, and 0.0 is not -0.0 */
        return a->i64 == b->i64;
    }
}

static bool parts_equal(const vonk_expr *a, const vonk_expr *b)
{
    if (a->n_name_parts != b->n_name_parts)
        return false;
    for (uint32_t i = 0; i < a->n_name_parts; i++) {
        if (strcasecmp(a->name_parts[i], b->name_parts[i]) != 0)
            return false;
    }
    return true;
}

static bool calls_equal(const vonk_expr *a, const vonk_expr *b)
{
    if (strcmp(a->name, b->name) != 0 || a->distinct != b->distinct || a->star != b->star)
        return false;
    if (!a->filter || !b->filter)
        return a->filter == b->filter;
    return vonk_expr_equal(a->filter, b->filter);
}

/* The nodes without their arguments. */
static bool nodes_equal(const vonk_expr *a, const vonk_expr *b)
{
    switch (a->kind) {
    case VONK_EXPR_LITERAL:
        return vonk_type_equal(a->type, b->type) && values_equal(a->type, &a->value, &b->value);
    case VONK_EXPR_NAME:
    case VONK_EXPR_STAR:
        return parts_equal(a, b);
    case VONK_EXPR_COLUMN:
        return a->id == b->id;
    case VONK_EXPR_INPUT:
        return a->index == b->index;
    case VONK_EXPR_CALL:
        return calls_equal(a, b);
    case VONK_EXPR_CAST:
        return vonk_type_equal(a->type, b->type) && a->is_try == b->is_try;
    case VONK_EXPR_CASE:
        return a->has_else == b->has_else;
    case VONK_EXPR_ALIAS:
        return a->alias_id == b->alias_id;
    case VONK_EXPR_SORT:
        return a->descending == b->descending && a->nulls_first == b->nulls_first;
    case VONK_EXPR_SUBQUERY:
    case VONK_EXPR_EXISTS:
    case VONK_EXPR_IN_QUERY:
        return a->plan == b->plan && a->negated == b->negated;
    case VONK_EXPR_WINDOW:
        return a->n_partition == b->n_partition && a->n_order == b->n_order &&
               a->frame_unit == b->frame_unit && a->lower == b->lower && a->upper == b->upper &&
               a->skips_nulls == b->skips_nulls;
    case VONK_N_EXPRS:
        break;
    }
    return false;
}

bool vonk_expr_equal(const vonk_expr *a, const vonk_expr *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->n_args != b->n_args || !nodes_equal(a, b))
        return false;
    for (uint32_t i = 0; i < a->n_args; i++) {
        if (!vonk_expr_equal(a->args[i], b->args[i]))
            return false;
    }
    return true;
}

/* What nodes_equal() compares, as far as it tells many apart. */
static uint64_t hash_node(const vonk_expr *e)
{
    switch (e->kind) {
    case VONK_EXPR_LITERAL:
        if (e->value.is_null || e->type.id == VONK_NULL)
            return 0;
        if (vonk_type_physical(e->type) == VONK_PHYS_STRING)
            return e->value.string.length;
        return e->type.id == VONK_BOOL ? e->value.boolean : (uint64_t)e->value.i64;
    case VONK_EXPR_COLUMN:
        return e->id;
    case VONK_EXPR_INPUT:
        return e->index;
    case VONK_EXPR_CALL:
        return strlen(e->name) << 8 | (unsigned char)e->name[0];
    default:
        return 0;
    }
}

uint64_t vonk_expr_hash(const vonk_expr *e)
{
    uint64_t hash = vonk_hash_u64((uint64_t)e->kind << 32 | e->n_args);
    hash = vonk_hash_combine(hash, hash_node(e));
    for (uint32_t i = 0; i < e->n_args; i++)
        hash = vonk_hash_combine(hash, vonk_expr_hash(e->args[i]));
    return hash;
}

bool vonk_expr_is_call(const vonk_expr *e, const char *name)
{
    return e->kind == VONK_EXPR_CALL && strcmp(e->name, name) == 0;
}
