#include "expr/resolve.h"

#include <stdio.h>
#include <string.h>

bool vonk_any_nullable(const vonk_expr *call)
{
    for (uint32_t i = 0; i < call->n_args; i++)
        if (call->args[i]->nullable)
            return true;
    return false;
}

/* Fails with `condition` and "Cannot resolve "call" due to data type mismatch: " before `detail`.
 */
static vonk_status mismatch(const vonk_expr *call, const char *condition, vonk_buffer *detail,
                            vonk_error *err)
{
    vonk_buffer text = {0};
    vonk_expr_print(call, true, &text);
    vonk_status status =
        vonk_fail_sql(err, condition, "Cannot resolve \"%.400s\" due to data type mismatch: %.500s",
                      vonk_buffer_str(&text), vonk_buffer_str(detail));
    vonk_buffer_free(&text);
    vonk_buffer_free(detail);
    return vonk_error_at(err, status, call->start, call->end);
}

static void print_type(vonk_type type, vonk_buffer *out)
{
    vonk_buffer_char(out, '"');
    vonk_type_print_sql(type, out);
    vonk_buffer_char(out, '"');
}

vonk_status vonk_fail_input_type(const vonk_expr *call, uint32_t i, const char *required,
                                 vonk_error *err)
{
    static const char *const ordinals[] = {"first", "second", "third", "fourth", "fifth", "sixth"};
    vonk_buffer detail = {0};
    if (i < VONK_LENGTH(ordinals))
        vonk_buffer_printf(&detail, "The %s parameter", ordinals[i]);
    else
        vonk_buffer_printf(&detail, "The %uth parameter", i + 1);
    vonk_buffer_printf(&detail, " requires the %s type, however \"", required);
    vonk_expr_print(call->args[i], true, &detail);
    vonk_buffer_text(&detail, "\" has the type ");
    print_type(call->args[i]->type, &detail);
    vonk_buffer_char(&detail, '.');
    return mismatch(call, "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", &detail, err);
}

vonk_status vonk_fail_out_of_range(const vonk_expr *call, const char *rule, int64_t value,
                                   const char *suffix, vonk_error *err)
{
    vonk_buffer detail = {0};
    vonk_buffer_printf(&detail, "The %s (current value = %lld%s).", rule, (long long)value, suffix);
    return mismatch(call, "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE", &detail, err);
}

vonk_status vonk_fail_diff_types(const vonk_expr *call, vonk_error *err)
{
    vonk_buffer detail = {0};
    vonk_buffer_text(
        &detail, "the left and right operands of the binary operator have incompatible types (");
    print_type(call->args[0]->type, &detail);
    vonk_buffer_text(&detail, " and ");
    print_type(call->args[1]->type, &detail);
    vonk_buffer_text(&detail, ").");
    return mismatch(call, "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES", &detail, err);
}

vonk_status vonk_fail_op_type(const vonk_expr *call, const char *required, vonk_type actual,
                              vonk_error *err)
{
    vonk_buffer detail = {0};
    vonk_buffer_printf(&detail, "the binary operator requires the input type %s, not ", required);
    print_type(actual, &detail);
    vonk_buffer_char(&detail, '.');
    return mismatch(call, "DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE", &detail, err);
}

vonk_status vonk_fail_data_types(const vonk_expr *call, vonk_error *err)
{
    vonk_buffer detail = {0};
    bool list = !strcmp(call->name, "in") || !strcmp(call->name, "greatest") ||
                !strcmp(call->name, "least");
    vonk_buffer_printf(&detail, "Input to `%s` should all be the same type, but it's %c",
                       call->name, list ? '[' : '(');
    for (uint32_t i = 0; i < call->n_args; i++) {
        if (i)
            vonk_buffer_text(&detail, list ? ", " : " or ");
        print_type(call->args[i]->type, &detail);
    }
    vonk_buffer_text(&detail, list ? "]." : ").");
    return mismatch(call, "DATATYPE_MISMATCH.DATA_DIFF_TYPES", &detail, err);
}

vonk_status vonk_check_n_args(const vonk_expr *call, uint32_t least, uint32_t most, vonk_error *err)
{
    if (call->n_args >= least && call->n_args <= most)
        return VONK_OK;
    char expected[40];
    if (least == most)
        (void)snprintf(expected, sizeof expected, "%u", least);
    else if (most == UINT32_MAX)
        (void)snprintf(expected, sizeof expected, "> %u", least - 1);
    else if (most == least + 1)
        (void)snprintf(expected, sizeof expected, "[%u, %u]", least, most);
    else
        (void)snprintf(expected, sizeof expected, "[%u-%u]", least, most);
    vonk_status status = vonk_fail_sql(
        err, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
        "The `%s` requires %s parameters but the actual number is %u. Please, refer to "
        "'https://spark.apache.org/docs/latest/sql-ref-functions.html' for a fix.",
        call->name, expected, call->n_args);
    return vonk_error_at(err, status, call->start, call->end);
}

static bool is_datetime(vonk_type t)
{
    return t.id == VONK_DATE || t.id == VONK_TIMESTAMP || t.id == VONK_TIMESTAMP_NTZ;
}

/* Source: AnsiTypeCoercion.implicitCast and Cast.canANSIStoreAssign. */
static bool casts_implicitly(vonk_type from, vonk_type to)
{
    if (from.id == VONK_NULL || vonk_type_equal(from, to))
        return true;
    if (from.id >= VONK_ARRAY || to.id >= VONK_ARRAY)
        return false;
    if (from.id == VONK_STRING || to.id == VONK_STRING)
        return true;
    return (vonk_type_is_numeric(from) && vonk_type_is_numeric(to)) ||
           (is_datetime(from) && is_datetime(to));
}

vonk_status vonk_resolve_arg(vonk_expr *call, uint32_t i, vonk_type type, vonk_arena *arena,
                             vonk_error *err)
{
    if (!casts_implicitly(call->args[i]->type, type)) {
        char required[80];
        (void)snprintf(required, sizeof required, "\"%s\"", vonk_type_sql_name(type));
        return vonk_fail_input_type(call, i, required, err);
    }
    VONK_TRY_ALLOC(call->args[i] = vonk_expr_coerce(arena, call->args[i], type, err));
    return VONK_OK;
}

vonk_status vonk_resolve_numeric_arg(vonk_expr *call, uint32_t i, vonk_arena *arena,
                                     vonk_error *err)
{
    vonk_type type = call->args[i]->type;
    if (vonk_type_is_numeric(type))
        return VONK_OK;
    if (type.id != VONK_STRING && type.id != VONK_NULL)
        return vonk_fail_input_type(call, i, "\"NUMERIC\"", err);
    return vonk_resolve_arg(call, i, VONK_TYPE(FLOAT64), arena, err);
}

static vonk_type type_of_letter(char letter)
{
    switch (letter) {
    case 's':
        return VONK_TYPE(STRING);
    case 'y':
        return VONK_TYPE(BINARY);
    case 't':
        return VONK_TYPE(INT8);
    case 'i':
        return VONK_TYPE(INT32);
    case 'l':
        return VONK_TYPE(INT64);
    case 'd':
        return VONK_TYPE(FLOAT64);
    case 'b':
        return VONK_TYPE(BOOL);
    case 'D':
        return VONK_TYPE(DATE);
    default:
        return VONK_TYPE(TIMESTAMP);
    }
}

typedef struct signature {
    char letters[12];
    uint32_t n, least;
    bool repeats;
    char result;
} signature;

static signature parse_signature(const char *text)
{
    signature s = {.least = UINT32_MAX};
    for (; *text && *text != ':'; text++) {
        if (*text == '?' || *text == '*') {
            s.repeats = *text == '*';
            if (s.least == UINT32_MAX)
                s.least = s.n - 1;
        } else if (*text != ',') {
            s.letters[s.n++] = *text;
        }
    }
    if (s.least == UINT32_MAX)
        s.least = s.n;
    s.result = *text ? text[1] : 's';
    return s;
}

static vonk_status coerce_common(vonk_expr *call, const signature *s, vonk_arena *arena,
                                 vonk_type *ret, vonk_error *err)
{
    uint32_t first = 0;
    while (first < s->n && s->letters[first] != 'c')
        first++;
    if (first >= call->n_args || first == s->n)
        return VONK_OK;
    vonk_status status =
        vonk_expr_coerce_all(arena, call->args + first, call->n_args - first, ret, err);
    return status == VONK_INVALID ? vonk_fail_data_types(call, err) : status;
}

vonk_status vonk_resolve_signature(vonk_expr *call, const vonk_eval_settings *settings,
                                   vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                   vonk_error *err)
{
    (void)settings;
    const vonk_function *f = call->function ? call->function : vonk_function_find(call->name);
    signature s = parse_signature(f->signature);
    VONK_TRY(vonk_check_n_args(call, s.least, s.repeats ? UINT32_MAX : s.n, err));
    vonk_type common = VONK_TYPE(NULL);
    for (uint32_t i = 0; i < call->n_args; i++) {
        char letter = s.letters[i < s.n ? i : s.n - 1];
        if (letter == 'n')
            VONK_TRY(vonk_resolve_numeric_arg(call, i, arena, err));
        else if (letter != 'x' && letter != 'c')
            VONK_TRY(vonk_resolve_arg(call, i, type_of_letter(letter), arena, err));
    }
    VONK_TRY(coerce_common(call, &s, arena, &common, err));
    if (s.result == 'c')
        *ret_type = common;
    else
        *ret_type = s.result == '0' ? call->args[0]->type : type_of_letter(s.result);
    *ret_nullable = vonk_any_nullable(call) || !f->null_in_null_out;
    return VONK_OK;
}

const char *vonk_call_text(const vonk_expr *call, vonk_arena *arena, vonk_error *err)
{
    vonk_buffer text = {0};
    vonk_expr_print(call, true, &text);
    const char *copy = vonk_arena_strndup(arena, vonk_buffer_str(&text), text.length, err);
    vonk_buffer_free(&text);
    return copy;
}

vonk_status vonk_fail_not_constant(const vonk_expr *call, uint32_t i, const char *name,
                                   const char *required, vonk_error *err)
{
    vonk_buffer whole = {0}, arg = {0};
    vonk_expr_print(call, true, &whole);
    vonk_expr_print(call->args[i], true, &arg);
    vonk_status status =
        vonk_fail_sql(err, "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
                      "Cannot resolve \"%s\" due to data type mismatch: the input `%s` should be a "
                      "foldable %s expression; however, got \"%s\".",
                      vonk_buffer_str(&whole), name, required, vonk_buffer_str(&arg));
    vonk_buffer_free(&whole);
    vonk_buffer_free(&arg);
    return vonk_error_at(err, status, call->start, call->end);
}
