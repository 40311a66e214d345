/* resolve_name.c - names to columns. Source: Spark's AttributeSeq.resolve. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "analyze/resolver.h"

/* Up to this many names are suggested. */
#define MAX_SUGGESTIONS 5

void print_name(vonk_buffer *out, const char *const *parts, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        vonk_buffer_text(out, i ? ".`" : "`");
        for (const char *c = parts[i]; *c; c++) {
            if (*c == '`')
                vonk_buffer_char(out, '`');
            vonk_buffer_char(out, *c);
        }
        vonk_buffer_char(out, '`');
    }
}

vonk_status add_item(vonk_analyzer *a, item_list *list, vonk_expr *item, vonk_error *err)
{
    VONK_TRY_ALLOC(item);
    if (!(list->n & (list->n - 1))) { /* full at powers of two */
        vonk_expr **items = VONK_NEW_ARRAY(a->arena, vonk_expr *, list->n ? list->n * 2 : 1, err);
        VONK_TRY_ALLOC(items);
        if (list->n)
            memcpy(items, list->items, list->n * sizeof(vonk_expr *));
        list->items = items;
    }
    list->items[list->n++] = item;
    return VONK_OK;
}

vonk_expr *item_column(vonk_analyzer *a, const vonk_expr *item, vonk_error *err)
{
    bool alias = item->kind == VONK_EXPR_ALIAS;
    return vonk_expr_column(a->arena, alias ? item->alias_id : item->id,
                            alias ? item->name : item->column_name, item->type, item->nullable,
                            err);
}

/* Does `attribute` have the qualifier parts[0 .. n)? "spark_catalog.default.t" is "t". */
static bool has_qualifier(const vonk_attribute *attribute, const char *const *parts, uint32_t n)
{
    if (!n)
        return true;
    if (!attribute->qualifier || strcasecmp(attribute->qualifier, parts[n - 1]) != 0)
        return false;
    if (n >= 2 && strcasecmp(parts[n - 2], "default") != 0)
        return false;
    return n < 3 || (n == 3 && !strcasecmp(parts[0], "spark_catalog"));
}

/* Matches in one relation: the first of them, and how many. */
typedef struct matches {
    const vonk_attribute *first;
    uint32_t n;
} matches;

static matches find_between(const relation *r, uint32_t start, uint32_t end,
                            const char *const *parts, uint32_t n_parts)
{
    matches found = {0};
    for (uint32_t i = start; i < end; i++) {
        const vonk_attribute *attribute = &r->attributes[i];
        if (strcasecmp(attribute->name, parts[n_parts - 1]) != 0 ||
            !has_qualifier(attribute, parts, n_parts - 1))
            continue;
        if (found.n && found.first->id == attribute->id)
            continue; /* SELECT a, a: the same column twice */
        if (!found.n++)
            found.first = attribute;
    }
    return found;
}

static matches find_name(const relation *r, const char *const *parts, uint32_t n_parts)
{
    matches found = {0};
    if (r)
        found = find_between(r, 0, r->n_visible, parts, n_parts);
    if (r && !found.n)
        found = find_between(r, r->n_visible, r->n_attributes, parts, n_parts);
    return found;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

vonk_status print_sorted_columns(vonk_analyzer *a, const relation *r, vonk_buffer *out,
                                 vonk_error *err)
{
    const char **names = VONK_NEW_ARRAY(a->arena, const char *, r->n_visible, err);
    VONK_TRY_ALLOC(names);
    for (uint32_t i = 0; i < r->n_visible; i++)
        names[i] = r->attributes[i].name;
    if (r->n_visible)
        qsort(names, r->n_visible, sizeof(names[0]), by_text);
    for (uint32_t i = 0; i < r->n_visible; i++) {
        vonk_buffer_text(out, i ? ", " : "");
        print_name(out, &names[i], 1);
    }
    return VONK_OK;
}

/* The name of an attribute in back quotes, its last `n_parts` parts; NULL when out of memory. */
static const char *quoted(vonk_analyzer *a, const vonk_attribute *attribute, bool qualified,
                          vonk_error *err)
{
    vonk_buffer text = {0};
    const char *parts[] = {attribute->qualifier, attribute->name};
    bool both = qualified && attribute->qualifier;
    print_name(&text, both ? parts : parts + 1, both ? 2 : 1);
    const char *copy = vonk_buffer_str(&text);
    copy = vonk_arena_strndup(a->arena, copy, strlen(copy), err);
    vonk_buffer_free(&text);
    return copy;
}

static vonk_status fail_ambiguous(vonk_analyzer *a, const relation *r, const vonk_expr *name,
                                  vonk_error *err)
{
    const char **list = VONK_NEW_ARRAY(a->arena, const char *, r->n_attributes, err);
    VONK_TRY_ALLOC(list);
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->n_attributes; i++) {
        const vonk_attribute *at = &r->attributes[i];
        if (!strcasecmp(at->name, name->name_parts[name->n_name_parts - 1]) &&
            has_qualifier(at, name->name_parts, name->n_name_parts - 1)) {
            list[n] = quoted(a, at, true, err);
            VONK_TRY_ALLOC(list[n]);
            n++;
        }
    }
    if (n)
        qsort(list, n, sizeof(list[0]), by_text);
    vonk_buffer text = {0};
    print_name(&text, name->name_parts, name->n_name_parts);
    vonk_buffer_text(&text, " is ambiguous, could be: [");
    for (uint32_t i = 0; i < n; i++)
        vonk_buffer_printf(&text, "%s%s", i ? ", " : "", list[i]);
    vonk_fail_sql(err, "AMBIGUOUS_REFERENCE", "Reference %s].", vonk_buffer_str(&text));
    vonk_buffer_free(&text);
    return AT(name, VONK_USER);
}

/* Edits that turn a into b. Names are short: longer ones count as far away. */
static uint32_t distance(const char *a, const char *b)
{
    enum { MOST = 128 };
    uint32_t row[MOST + 1];
    size_t n = strlen(b);
    if (n > MOST)
        return UINT32_MAX;
    for (uint32_t j = 0; j <= n; j++)
        row[j] = j;
    for (uint32_t i = 1; a[i - 1]; i++) {
        uint32_t diagonal = row[0];
        row[0] = i;
        for (uint32_t j = 1; j <= n; j++) {
            uint32_t replace = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            uint32_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = replace < least ? replace : least;
        }
    }
    return row[n];
}

typedef struct suggestion {
    const char *text, *name;
    uint32_t distance, order;
} suggestion;

static int by_distance(const void *a, const void *b)
{
    const suggestion *x = a, *y = b;
    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    int names = strcmp(x->name, y->name);
    if (names)
        return names;
    return x->order < y->order ? -1 : 1;
}

static bool one_qualifier(const relation *r)
{
    for (uint32_t i = 1; i < r->n_visible; i++) {
        const char *p = r->attributes[0].qualifier, *q = r->attributes[i].qualifier;
        if (!p != !q || (p && strcmp(p, q) != 0))
            return false;
    }
    return true;
}

/* Appends the columns whose names are most like `name`. */
static vonk_status print_suggestions(vonk_analyzer *a, const relation *r, const vonk_expr *name,
                                     vonk_buffer *out, vonk_error *err)
{
    vonk_buffer base = {0};
    for (uint32_t i = 0; i < name->n_name_parts; i++)
        vonk_buffer_printf(&base, "%s%s", i ? "." : "", name->name_parts[i]);
    bool qualified = name->n_name_parts > 1 || !one_qualifier(r);
    suggestion *list = VONK_NEW_ARRAY(a->arena, suggestion, r->n_visible, err);
    for (uint32_t i = 0; list && i < r->n_visible; i++) {
        const char *text = quoted(a, &r->attributes[i], qualified, err);
        if (!text)
            list = NULL;
        else
            list[i] = (suggestion){text, r->attributes[i].name,
                                   distance(vonk_buffer_str(&base), text), i};
    }
    vonk_buffer_free(&base);
    VONK_TRY_ALLOC(list);
    qsort(list, r->n_visible, sizeof(list[0]), by_distance);
    for (uint32_t i = 0; i < r->n_visible && i < MAX_SUGGESTIONS; i++)
        vonk_buffer_printf(out, "%s%s", i ? ", " : "", list[i].text);
    return VONK_OK;
}

vonk_status fail_unresolved(vonk_analyzer *a, const relation *r, const vonk_expr *name,
                            vonk_error *err)
{
    vonk_buffer text = {0};
    vonk_buffer_text(&text, "A column, variable, or function parameter with name ");
    print_name(&text, name->name_parts, name->n_name_parts);
    vonk_buffer_text(&text, " cannot be resolved. ");
    const char *condition = "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION";
    if (r && r->n_visible) {
        condition = "UNRESOLVED_COLUMN.WITH_SUGGESTION";
        vonk_buffer_text(&text, "Did you mean one of the following? [");
        vonk_status status = print_suggestions(a, r, name, &text, err);
        if (status != VONK_OK) {
            vonk_buffer_free(&text);
            return status;
        }
        vonk_buffer_text(&text, "].");
    }
    const char *message = vonk_buffer_str(&text);
    vonk_status status = vonk_buffer_check(&text, err);
    if (status == VONK_OK)
        status = vonk_fail_sql(err, condition, "%s", message);
    vonk_buffer_free(&text);
    return AT(name, status);
}

/* A name that is a function without parentheses. */
static bool is_literal_function(const vonk_expr *name)
{
    static const char *const names[] = {
        "current_date",   "current_timestamp", "current_time",    "current_user",
        "user",           "session_user",      "current_catalog", "current_database",
        "current_schema", "current_timezone",  "localtimestamp"};
    if (name->n_name_parts != 1)
        return false;
    for (uint32_t i = 0; i < VONK_LENGTH(names); i++) {
        if (!strcasecmp(names[i], name->name_parts[0]))
            return true;
    }
    return false;
}

bool is_grouping_id_name(const vonk_expr *e)
{
    return e->kind == VONK_EXPR_NAME && e->n_name_parts == 1 &&
           !strcasecmp(e->name_parts[0], "grouping__id");
}

static vonk_status literal_function(vonk_analyzer *a, scope *s, const vonk_expr *name,
                                    vonk_expr **ret, vonk_error *err)
{
    const char *text = name->name_parts[0];
    char *lower = vonk_arena_strndup(a->arena, text, strlen(text), err);
    VONK_TRY_ALLOC(lower);
    for (char *c = lower; *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + 32);
    }
    vonk_expr *call = vonk_expr_call(a->arena, lower, 0, NULL, err);
    VONK_TRY_ALLOC(call);
    call->start = name->start;
    call->end = name->end;
    return resolve_expr(a, s, call, ret, err);
}

/* Looks in the scope's own relations and aliases. *ret = NULL if it is not there. */
static vonk_status find_in_scope(vonk_analyzer *a, scope *s, const vonk_expr *name, bool innermost,
                                 vonk_expr **ret, vonk_error *err)
{
    const char *const *parts = name->name_parts;
    const relation *order[2] = {s->first, s->second};
    if (s->in_aggregate && s->second) {
        order[0] = s->second;
        order[1] = s->first;
    }
    bool unknown = false;
    *ret = NULL;
    if (s->groups) {
        matches group = find_name(s->second, parts, name->n_name_parts);
        if (group.n == 1 && is_grouped(s->groups, group.first->id)) {
            order[0] = s->second;
            order[1] = s->first;
        }
    }
    for (uint32_t i = 0; i < 2; i++) {
        matches found = find_name(order[i], parts, name->n_name_parts);
        if (found.n > 1 && s->unknown_if_ambiguous) {
            unknown = true; /* unless it is below the select list */
            continue;
        }
        if (found.n > 1)
            return fail_ambiguous(a, order[i], name, err);
        if (found.n == 1) {
            *ret = vonk_attribute_column(a->arena, found.first, err);
            VONK_TRY_ALLOC(*ret);
            (*ret)->column_name = parts[name->n_name_parts - 1];
            return VONK_OK;
        }
    }
    if (unknown)
        return fail_unresolved(a, s->first, name, err);
    if (!innermost || !s->aliases || name->n_name_parts != 1)
        return VONK_OK;
    for (uint32_t i = 0; i < s->aliases->n; i++) {
        const vonk_expr *item = s->aliases->items[i];
        if (item->kind != VONK_EXPR_ALIAS || strcasecmp(item->name, parts[0]) != 0)
            continue;
        *ret = item_column(a, item, err);
        VONK_TRY_ALLOC(*ret);
        (*ret)->column_name = /* as Spark calls it in output names */
            vonk_arena_printf(a->arena, err, "lateralAliasReference(%s)", item->name);
        VONK_TRY_ALLOC((*ret)->column_name);
        s->uses_lateral = true;
        return VONK_OK;
    }
    return VONK_OK;
}

/* a.b where `a` is a column: a field of a struct, which cannot be taken yet. */
static vonk_status check_field(vonk_analyzer *a, const scope *s, const vonk_expr *name,
                               vonk_error *err)
{
    for (uint32_t n = 1; n < name->n_name_parts; n++) {
        matches found = find_name(s->first, name->name_parts, n);
        if (found.n != 1)
            continue;
        if (found.first->type.id == VONK_STRUCT || found.first->type.id == VONK_MAP ||
            found.first->type.id == VONK_ARRAY)
            return AT(name, vonk_fail_sql(err, "UNSUPPORTED_FEATURE",
                                          "fields of nested columns (`%s`) are not built yet",
                                          found.first->name));
        return AT(name, vonk_fail_sql(err, "INVALID_EXTRACT_BASE_FIELD_TYPE",
                                      "Can't extract a value from \"%s\". Need a complex type "
                                      "[STRUCT, ARRAY, MAP] but got \"%s\".",
                                      found.first->name, vonk_type_sql_name(found.first->type)));
    }
    (void)a;
    return VONK_OK;
}

vonk_status resolve_name(vonk_analyzer *a, scope *s, const vonk_expr *name, vonk_expr **ret,
                         vonk_error *err)
{
    assert(s);
    vonk_expr *found = NULL;
    for (scope *at = s; at && !found; at = (scope *)at->outer) {
        VONK_TRY(find_in_scope(a, at, name, at == s, &found, err));
        if (!found && at == s && is_literal_function(name))
            return literal_function(a, s, name, ret, err);
        if (!found)
            VONK_TRY(check_field(a, at, name, err));
    }
    if (!found && is_grouping_id_name(name)) {
        vonk_expr *call = vonk_expr_call(a->arena, "grouping_id", 0, NULL, err);
        VONK_TRY_ALLOC(call);
        call->start = name->start;
        call->end = name->end;
        return resolve_expr(a, s, call, ret, err);
    }
    if (!found)
        return fail_unresolved(a, s->first, name, err);
    found->start = name->start;
    found->end = name->end;
    *ret = found;
    return VONK_OK;
}

static vonk_status fail_expand(vonk_analyzer *a, const relation *from, const vonk_expr *star,
                               vonk_error *err)
{
    vonk_buffer text = {0};
    print_name(&text, star->name_parts, star->n_name_parts);
    vonk_buffer_text(&text, ".* given input columns ");
    vonk_status status = print_sorted_columns(a, from, &text, err);
    if (status != VONK_OK) {
        vonk_buffer_free(&text);
        return status;
    }
    vonk_fail_sql(err, "CANNOT_RESOLVE_STAR_EXPAND",
                  "Cannot resolve %s. Please check that the specified table or struct exists and "
                  "is accessible in the input columns.",
                  vonk_buffer_str(&text));
    vonk_buffer_free(&text);
    return AT(star, VONK_USER);
}

static vonk_status fail_overlap(const vonk_expr *star, vonk_error *err)
{
    vonk_buffer text = {0};
    for (uint32_t i = 0; i < star->n_args; i++) {
        vonk_buffer_text(&text, i ? ", " : "");
        vonk_expr_print(star->args[i], true, &text);
    }
    vonk_fail_sql(err, "EXCEPT_OVERLAPPING_COLUMNS",
                  "Columns in an EXCEPT list must be distinct and non-overlapping, but got (%s).",
                  vonk_buffer_str(&text));
    vonk_buffer_free(&text);
    return AT(star, VONK_USER);
}

/* (b, t.b) overlap; (b, B) do not, for Spark compares the names as they are written. */
static bool is_spelled_before(const vonk_expr *star, uint32_t k)
{
    const vonk_expr *name = star->args[k];
    for (uint32_t i = 0; i < k; i++) {
        const vonk_expr *other = star->args[i];
        if (!strcmp(other->name_parts[other->n_name_parts - 1],
                    name->name_parts[name->n_name_parts - 1]))
            return true;
    }
    return false;
}

/* left_out[i] = column i of `all`, what the star means, is in its EXCEPT list. */
static vonk_status resolve_except(vonk_analyzer *a, const relation *all, const vonk_expr *star,
                                  bool *left_out, vonk_error *err)
{
    for (uint32_t k = 0; k < star->n_args; k++) {
        const vonk_expr *name = star->args[k];
        matches found = find_name(all, name->name_parts, name->n_name_parts);
        if (found.n > 1)
            return fail_ambiguous(a, all, name, err);
        if (!found.n) {
            scope s = {.first = all};
            VONK_TRY(check_field(a, &s, name, err));
            return fail_unresolved(a, all, name, err);
        }
        if (left_out[found.first - all->attributes] && is_spelled_before(star, k))
            return fail_overlap(star, err);
        for (uint32_t i = 0; i < all->n_attributes; i++) /* SELECT a, a: both */
            left_out[i] |= all->attributes[i].id == found.first->id;
    }
    return VONK_OK;
}

vonk_status expand_star(vonk_analyzer *a, const relation *from, const vonk_expr *star,
                        item_list *list, vonk_error *err)
{
    uint32_t n = star->n_name_parts ? from->n_attributes : from->n_visible;
    uint32_t start = star->n_name_parts ? from->n_visible : 0; /* hidden columns go first */
    relation all = {.attributes = VONK_NEW_ARRAY(a->arena, vonk_attribute, n + 1, err)};
    bool *left_out = VONK_NEW_ARRAY(a->arena, bool, n + 1, err);
    if (!all.attributes || !left_out)
        return VONK_NO_MEMORY;
    for (uint32_t i = 0; i < n; i++) {
        const vonk_attribute *attribute = &from->attributes[(start + i) % n];
        if (has_qualifier(attribute, star->name_parts, star->n_name_parts))
            all.attributes[all.n_attributes++] = *attribute;
    }
    all.n_visible = all.n_attributes;
    if (!all.n_attributes && star->n_name_parts)
        return fail_expand(a, from, star, err);
    memset(left_out, 0, n + 1);
    VONK_TRY(resolve_except(a, &all, star, left_out, err));
    for (uint32_t i = 0; i < all.n_attributes; i++) {
        if (left_out[i])
            continue;
        vonk_expr *column = vonk_attribute_column(a->arena, &all.attributes[i], err);
        VONK_TRY_ALLOC(column);
        column->start = star->start;
        column->end = star->end;
        VONK_TRY(add_item(a, list, column, err));
    }
    return VONK_OK;
}
