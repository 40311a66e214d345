/* expr.c - a node is its kind, type, place in the text, arguments, and what its kind adds. */
#include "wire/expr.h"

#include "expr/function.h"
#include "expr/window.h"
#include "wire/schema.h"

#define MIN_EXPR 15 /* bytes: kind, nullable, type, place, count */

/* A field that was added must travel too: put it, get it, then change the number here. */
#if __SIZEOF_POINTER__ == 8
_Static_assert(sizeof(vonk_expr) == 96, "vonk_expr has changed");
#endif

/* ---- writing ---- */

static vonk_status put_value(vonk_buffer *out, vonk_type type, const vonk_value *value,
                             vonk_error *err)
{
    vonk_wire_put_bool(out, value->is_null);
    if (value->is_null)
        return VONK_OK;
    switch (type.id) {
    case VONK_NULL:
    case VONK_ARRAY:
    case VONK_MAP:
    case VONK_STRUCT:
        return vonk_fail(err, VONK_INVALID, "a literal of type %s cannot be sent",
                         vonk_type_sql_name(type));
    case VONK_BOOL:
        vonk_wire_put_bool(out, value->boolean);
        break;
    case VONK_DECIMAL:
        vonk_buffer_append(out, &value->i128, sizeof value->i128);
        break;
    case VONK_FLOAT32:
    case VONK_FLOAT64:
        vonk_wire_put_f64(out, value->f64);
        break;
    case VONK_STRING:
    case VONK_BINARY:
        vonk_wire_put_bytes(out, value->string.data, value->string.length);
        break;
    default:
        vonk_wire_put_i64(out, value->i64);
        break;
    }
    return VONK_OK;
}

static vonk_status put_node(vonk_buffer *out, const vonk_expr *e, uint32_t depth, vonk_error *err);

static vonk_status put_call(vonk_buffer *out, const vonk_expr *e, uint32_t depth, vonk_error *err)
{
    vonk_wire_put_text(out, e->name);
    vonk_wire_put_bool(out, e->distinct);
    vonk_wire_put_bool(out, e->star);
    vonk_wire_put_bool(out, e->filter != NULL);
    return e->filter ? put_node(out, e->filter, depth, err) : VONK_OK;
}

static vonk_status put_kind(vonk_buffer *out, const vonk_expr *e, uint32_t depth, vonk_error *err)
{
    switch (e->kind) {
    case VONK_EXPR_LITERAL:
        return put_value(out, e->type, &e->value, err);
    case VONK_EXPR_INPUT:
        vonk_wire_put_u32(out, e->index);
        vonk_wire_put_text(out, e->column_name);
        return VONK_OK;
    case VONK_EXPR_CALL:
        return put_call(out, e, depth, err);
    case VONK_EXPR_CAST:
        vonk_wire_put_bool(out, e->is_try);
        vonk_wire_put_bool(out, e->implicit);
        return VONK_OK;
    case VONK_EXPR_CASE:
        vonk_wire_put_bool(out, e->has_else);
        return VONK_OK;
    case VONK_EXPR_ALIAS:
        vonk_wire_put_text(out, e->name);
        vonk_wire_put_u32(out, e->alias_id);
        return VONK_OK;
    case VONK_EXPR_SORT:
        vonk_wire_put_bool(out, e->descending);
        vonk_wire_put_bool(out, e->nulls_first);
        vonk_wire_put_bool(out, e->nulls_given);
        return VONK_OK;
    case VONK_EXPR_WINDOW:
        vonk_wire_put_u32(out, e->n_partition);
        vonk_wire_put_u32(out, e->n_order);
        vonk_wire_put_u8(out, e->frame_unit);
        vonk_wire_put_u8(out, e->lower);
        vonk_wire_put_u8(out, e->upper);
        vonk_wire_put_bool(out, e->skips_nulls);
        return VONK_OK;
    default:
        return vonk_fail(err, VONK_INVALID, "an expression of kind %d cannot be sent: not bound",
                         (int)e->kind);
    }
}

static vonk_status put_node(vonk_buffer *out, const vonk_expr *e, uint32_t depth, vonk_error *err)
{
    if (depth > VONK_WIRE_MAX_DEPTH)
        return vonk_fail(err, VONK_INVALID, "an expression is nested deeper than %d",
                         VONK_WIRE_MAX_DEPTH);
    vonk_wire_put_u8(out, (uint8_t)e->kind);
    vonk_wire_put_bool(out, e->nullable);
    vonk_wire_put_type(out, e->type);
    vonk_wire_put_i32(out, e->start);
    vonk_wire_put_i32(out, e->end);
    vonk_wire_put_u32(out, e->n_args);
    for (uint32_t i = 0; i < e->n_args; i++)
        VONK_TRY(put_node(out, e->args[i], depth + 1, err));
    return put_kind(out, e, depth + 1, err);
}

vonk_status vonk_wire_put_expr(vonk_buffer *out, const vonk_expr *e, vonk_error *err)
{
    return put_node(out, e, 1, err);
}

/* ---- reading ---- */

static void get_string(vonk_wire_reader *in, vonk_slice *ret)
{
    vonk_slice bytes = vonk_wire_bytes(in);
    if (in->status != VONK_OK)
        return;
    const char *copy = vonk_arena_strndup(in->arena, bytes.data, bytes.length, in->err);
    if (copy)
        *ret = (vonk_slice){copy, bytes.length};
    else
        vonk_wire_status(in, VONK_NO_MEMORY);
}

static void get_value(vonk_wire_reader *in, vonk_type type, vonk_value *ret)
{
    const char *raw;
    ret->is_null = vonk_wire_bool(in);
    if (ret->is_null)
        return;
    switch (type.id) {
    case VONK_NULL:
    case VONK_ARRAY:
    case VONK_MAP:
    case VONK_STRUCT:
        vonk_wire_fail(in, "a literal of a type that has none");
        break;
    case VONK_BOOL:
        ret->boolean = vonk_wire_bool(in);
        break;
    case VONK_DECIMAL:
        raw = vonk_wire_raw(in, sizeof ret->i128);
        if (raw)
            memcpy(&ret->i128, raw, sizeof ret->i128);
        break;
    case VONK_FLOAT32:
    case VONK_FLOAT64:
        ret->f64 = vonk_wire_f64(in);
        break;
    case VONK_STRING:
    case VONK_BINARY:
        get_string(in, &ret->string);
        break;
    default:
        ret->i64 = vonk_wire_i64(in);
        break;
    }
}

static void get_call(vonk_wire_reader *in, vonk_expr *e)
{
    e->name = vonk_wire_text(in);
    e->distinct = vonk_wire_bool(in);
    e->star = vonk_wire_bool(in);
    if (vonk_wire_bool(in))
        e->filter = vonk_wire_expr(in);
    if (in->status != VONK_OK)
        return;
    e->function = vonk_function_find(e->name);
    if (!e->function)
        vonk_wire_status(in, vonk_fail(in->err, VONK_UNSUPPORTED,
                                       "this program has no function \"%.100s\"", e->name));
}

/* The arguments that each kind must have. */
static void check_args(vonk_wire_reader *in, const vonk_expr *e)
{
    uint32_t n = e->n_args;
    bool right = true;
    switch (e->kind) {
    case VONK_EXPR_LITERAL:
    case VONK_EXPR_INPUT:
        right = n == 0;
        break;
    case VONK_EXPR_CAST: /* the second: fields of an interval */
        right = n == 1 || n == 2;
        break;
    case VONK_EXPR_ALIAS:
    case VONK_EXPR_SORT:
        right = n == 1;
        break;
    case VONK_EXPR_CASE:
        right = n >= 2 && n % 2 == (e->has_else ? 1 : 0);
        break;
    case VONK_EXPR_WINDOW:
        right = n > 0 && vonk_window_args_fit(e);
        break;
    default:
        break;
    }
    if (!right)
        vonk_wire_fail(in, "an expression of kind %d has %u arguments", (int)e->kind, n);
}

static void get_window(vonk_wire_reader *in, vonk_expr *e)
{
    e->n_partition = vonk_wire_u32(in);
    e->n_order = vonk_wire_u32(in);
    e->frame_unit = (uint8_t)vonk_wire_enum(in, VONK_FRAME_RANGE + 1, "frame");
    e->lower = (uint8_t)vonk_wire_enum(in, VONK_BOUND_END + 1, "bound");
    e->upper = (uint8_t)vonk_wire_enum(in, VONK_BOUND_END + 1, "bound");
    e->skips_nulls = vonk_wire_bool(in);
}

static void get_kind(vonk_wire_reader *in, vonk_expr *e)
{
    switch (e->kind) {
    case VONK_EXPR_LITERAL:
        get_value(in, e->type, &e->value);
        break;
    case VONK_EXPR_INPUT:
        e->index = vonk_wire_u32(in);
        e->column_name = vonk_wire_text_or_null(in);
        break;
    case VONK_EXPR_CALL:
        get_call(in, e);
        break;
    case VONK_EXPR_CAST:
        e->is_try = vonk_wire_bool(in);
        e->implicit = vonk_wire_bool(in);
        break;
    case VONK_EXPR_CASE:
        e->has_else = vonk_wire_bool(in);
        break;
    case VONK_EXPR_ALIAS:
        e->name = vonk_wire_text(in);
        e->alias_id = vonk_wire_u32(in);
        break;
    case VONK_EXPR_SORT:
        e->descending = vonk_wire_bool(in);
        e->nulls_first = vonk_wire_bool(in);
        e->nulls_given = vonk_wire_bool(in);
        break;
    case VONK_EXPR_WINDOW:
        get_window(in, e);
        break;
    default:
        vonk_wire_fail(in, "an expression of kind %d is not bound", (int)e->kind);
        break;
    }
    if (in->status == VONK_OK)
        check_args(in, e);
}

static void get_node(vonk_wire_reader *in, vonk_expr *e)
{
    e->kind = vonk_wire_enum(in, VONK_N_EXPRS, "expression");
    e->nullable = vonk_wire_bool(in);
    e->type = vonk_wire_type(in);
    e->start = vonk_wire_i32(in);
    e->end = vonk_wire_i32(in);
    e->n_args = vonk_wire_count(in, MIN_EXPR, "arguments");
    e->args = vonk_wire_array(in, e->n_args, sizeof *e->args);
    for (uint32_t i = 0; i < e->n_args && in->status == VONK_OK; i++)
        e->args[i] = vonk_wire_expr(in);
    if (in->status == VONK_OK)
        get_kind(in, e);
}

vonk_expr *vonk_wire_expr(vonk_wire_reader *in)
{
    if (!vonk_wire_enter(in))
        return NULL;
    vonk_expr *e = vonk_wire_array(in, 1, sizeof *e);
    if (e)
        get_node(in, e);
    vonk_wire_leave(in);
    return in->status == VONK_OK ? e : NULL;
}
