/* named_args.c - f(a => 1): arguments by their names are put where they belong, the others get
 * defaults. */
#include <string.h>
#include <strings.h>

#include "expr/function.h"
#include "sql/parser.h"

/* A function whose parameters have names. `value` is its default; NULL: the call must have it. */
typedef struct parameter {
    const char *name;
    const char *value; /* a text; "": NULL */
} parameter;

#define MAX_PARAMETERS 5

typedef struct signature {
    const char *function;
    uint32_t n;
    parameter parameters[MAX_PARAMETERS];
} signature;

static const signature signatures[] = {
    {"mask",
     5,
     {{"str", NULL},
      {"upperChar", "X"},
      {"lowerChar", "x"},
      {"digitChar", "n"},
      {"otherChar", ""}}},
};

static const signature *find_signature(const char *function)
{
    for (size_t i = 0; i < VONK_LENGTH(signatures); i++) {
        if (!strcmp(signatures[i].function, function))
            return &signatures[i];
    }
    return NULL;
}

static vonk_status at(parser *p, int32_t start, vonk_status status)
{
    return vonk_error_at(p->err, status, start, sql_last_end(p));
}

static vonk_status fail_unnamed(parser *p, const char *function, int32_t start)
{
    return at(p, start,
              vonk_fail_sql(p->err, "NAMED_PARAMETERS_NOT_SUPPORTED",
                            "Named parameters are not supported for function `%s`; please retry "
                            "the query with positional arguments to the function call instead.",
                            function));
}

static vonk_status fail_order(parser *p, const char *function, const char *before, int32_t start)
{
    return at(p, start,
              vonk_fail_sql(p->err, "UNEXPECTED_POSITIONAL_ARGUMENT",
                            "Cannot invoke routine `%s` because it contains positional argument(s) "
                            "following the named argument assigned to `%s`; please rearrange them "
                            "so the positional arguments come first and then retry the query "
                            "again.",
                            function, before));
}

static vonk_status fail_twice(parser *p, const char *function, const char *name, bool by_position,
                              int32_t start)
{
    return at(p, start,
              vonk_fail_sql(
                  p->err,
                  by_position ? "DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.BOTH_POSITIONAL_AND_NAMED"
                              : "DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.DOUBLE_NAMED_ARGUMENT_"
                                "REFERENCE",
                  "Call to routine `%s` is invalid because it includes multiple argument "
                  "assignments to the same parameter name `%s`. %s",
                  function, name,
                  by_position ? "A positional argument and named argument both referred to the "
                                "same parameter. Please remove the named argument referring "
                                "to this parameter."
                              : "More than one named argument referred to the same parameter. "
                                "Please assign a value only once."));
}

static vonk_status fail_unknown(parser *p, const signature *s, const char *name, int32_t start)
{
    vonk_buffer known = {0};
    for (uint32_t i = 0; i < s->n; i++)
        vonk_buffer_printf(&known, "%s`%s`", i ? " " : "", s->parameters[i].name);
    vonk_status status =
        vonk_fail_sql(p->err, "UNRECOGNIZED_PARAMETER_NAME",
                      "Cannot invoke routine `%s` because the routine call included a named "
                      "argument reference for the argument named `%s`, but this routine does not "
                      "include any signature containing an argument with this name. Did you mean "
                      "one of the following? [%s].",
                      s->function, name, vonk_buffer_str(&known));
    vonk_buffer_free(&known);
    return at(p, start, status);
}

static vonk_status fail_missing(parser *p, const signature *s, uint32_t i, int32_t start)
{
    return at(p, start,
              vonk_fail_sql(p->err, "REQUIRED_PARAMETER_NOT_FOUND",
                            "Cannot invoke routine `%s` because the parameter named `%s` is "
                            "required, but the routine call did not supply a value. Please update "
                            "the routine call to supply an argument value (either positionally at "
                            "index %u or by name) and retry the query again.",
                            s->function, s->parameters[i].name, i));
}

static vonk_status place(parser *p, const signature *s, uint32_t n_positional, const char *name,
                         vonk_expr *value, vonk_expr **slots, int32_t start)
{
    for (uint32_t k = 0; k < s->n; k++) {
        if (strcasecmp(s->parameters[k].name, name) != 0)
            continue;
        if (slots[k])
            return fail_twice(p, s->function, name, k < n_positional, start);
        slots[k] = value;
        return VONK_OK;
    }
    return fail_unknown(p, s, name, start);
}

static vonk_status add_defaults(parser *p, const signature *s, vonk_expr **slots, int32_t start)
{
    for (uint32_t k = 0; k < s->n; k++) {
        const char *value = s->parameters[k].value;
        if (slots[k])
            continue;
        if (!value)
            return fail_missing(p, s, k, start);
        slots[k] = *value ? vonk_expr_string(p->arena, vonk_slice_of(value), p->err)
                          : vonk_expr_null(p->arena, VONK_TYPE(NULL), p->err);
        VONK_TRY_ALLOC(slots[k]);
    }
    return VONK_OK;
}

vonk_status sql_order_named_args(parser *p, const char *function, const list *names, int32_t start,
                                 list *args)
{
    const signature *s = find_signature(function);
    vonk_expr *slots[MAX_PARAMETERS] = {0};
    uint32_t n_positional = 0;
    while (n_positional < names->n && !names->items[n_positional])
        n_positional++;
    if (n_positional == args->n || !vonk_function_find(function)) /* the analyzer knows it not */
        return VONK_OK;
    if (!s)
        return fail_unnamed(p, function, start);
    for (uint32_t i = n_positional; i < args->n; i++) {
        if (!names->items[i])
            return fail_order(p, function, names->items[i - 1], start);
    }
    for (uint32_t i = 0; i < n_positional && i < s->n; i++)
        slots[i] = args->items[i];
    for (uint32_t i = n_positional; i < args->n; i++)
        VONK_TRY(place(p, s, n_positional, names->items[i], args->items[i], slots, start));
    VONK_TRY(add_defaults(p, s, slots, start));
    list ordered = {0};
    for (uint32_t k = 0; k < s->n; k++)
        VONK_TRY(sql_push(p, &ordered, slots[k]));
    *args = ordered;
    return VONK_OK;
}
