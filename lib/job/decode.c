/* decode.c - checks and stores field by field. */
#include "job/decode.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "job/manifest.h"
#include "job/quantity.h"

vonk_status vonk_decode_fail(const vonk_decoder *d, const vonk_yaml_node *node, bool at_key,
                             const char *fmt, ...)
{
    char what[700];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    at_key = at_key && node->key;
    vonk_status status = vonk_fail(d->err, VONK_INVALID, "%s:%u:%u: %s", d->file_name,
                                   at_key ? node->key_line : node->line,
                                   at_key ? node->key_column : node->column, what);
    int32_t at = at_key ? node->key_offset : node->offset;
    return vonk_error_at(d->err, status, at, at);
}

static const char *found(const vonk_yaml_node *node)
{
    static const char *const types[] = {"text", "null", "true or false", "a number", "a number"};
    if (node->kind == VONK_YAML_LIST)
        return "a list";
    return node->kind == VONK_YAML_MAP ? "a map" : types[node->type];
}

/* ---- names that are nearly right ---- */

#define MAX_NAME 64

/* Edits (insert, delete, change, swap neighbours) from a to b; at most MAX_NAME long. */
static unsigned distance(const char *a, const char *b)
{
    unsigned rows[3][MAX_NAME + 1], *before = rows[0], *last = rows[1], *now = rows[2];
    size_t n = strlen(a), m = strlen(b);
    if (n > MAX_NAME || m > MAX_NAME)
        return UINT32_MAX;
    for (unsigned k = 0; k <= m; k++)
        last[k] = k;
    for (size_t i = 1; i <= n; i++) {
        now[0] = (unsigned)i;
        for (size_t k = 1; k <= m; k++) {
            unsigned cost = (a[i - 1] | 0x20) != (b[k - 1] | 0x20);
            unsigned best = last[k - 1] + cost;
            if (last[k] + 1 < best)
                best = last[k] + 1;
            if (now[k - 1] + 1 < best)
                best = now[k - 1] + 1;
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] &&
                before[k - 2] + 1 < best)
                best = before[k - 2] + 1;
            now[k] = best;
        }
        unsigned *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[m];
}

static const char *nearest(const char *name, const vonk_rule *rules)
{
    const char *best = NULL;
    unsigned least = (unsigned)(strlen(name) < 6 ? 1 : 2) + 1;
    for (; rules->name; rules++) {
        unsigned edits = distance(name, rules->name);
        if (edits < least) {
            least = edits;
            best = rules->name;
        }
    }
    return best;
}

static vonk_status unknown(const vonk_decoder *d, const vonk_yaml_node *node, const char *path,
                           const vonk_rule *rules)
{
    const char *guess = nearest(node->key, rules);
    return vonk_decode_fail(d, node, true, "unknown field %s%s%.80s%s%s%s", path, *path ? "." : "",
                            node->key, guess ? "; did you mean " : "", guess ? guess : "",
                            guess ? "?" : "");
}

/* ---- values ---- */

typedef struct place {
    const vonk_decoder *d;
    const vonk_yaml_node *node;
    const vonk_rule *rule;
    const char *path; /* of the field */
    void *to;         /* NULL: nowhere */
} place;

static vonk_status wrong_type(const place *p, const char *wanted)
{
    bool quote = p->node->kind == VONK_YAML_SCALAR && p->node->type != VONK_YAML_TEXT &&
                 !strcmp(wanted, "a text");
    return vonk_decode_fail(p->d, p->node, false, "%s must be %s, not %s%s", p->path, wanted,
                            found(p->node), quote ? ": put it in quotes" : "");
}

static bool is_text(const vonk_yaml_node *node)
{
    return node->kind == VONK_YAML_SCALAR && node->type == VONK_YAML_TEXT;
}

static vonk_status check_length(const place *p, const vonk_yaml_node *node, int64_t most)
{
    int64_t n = 0;
    for (const char *c = node->text; *c; c++)
        n += ((unsigned char)*c & 0xc0) != 0x80;
    if (most && n > most)
        return vonk_decode_fail(p->d, node, false, "%s is longer than %lld characters", p->path,
                                (long long)most);
    return VONK_OK;
}

static vonk_status decode_text(const place *p)
{
    if (!is_text(p->node))
        return wrong_type(p, "a text");
    VONK_TRY(check_length(p, p->node, p->rule->max));
    *(const char **)p->to = p->node->text;
    return VONK_OK;
}

static vonk_status decode_bool(const place *p)
{
    if (p->node->kind != VONK_YAML_SCALAR || p->node->type != VONK_YAML_BOOL ||
        (strcasecmp(p->node->text, "true") != 0 && strcasecmp(p->node->text, "false") != 0))
        return wrong_type(p, "true or false");
    *(bool *)p->to = !strcasecmp(p->node->text, "true");
    return VONK_OK;
}

static vonk_status decode_int(const place *p)
{
    if (p->node->kind != VONK_YAML_SCALAR || p->node->type != VONK_YAML_INT ||
        strpbrk(p->node->text, "xX"))
        return wrong_type(p, "a whole number");
    errno = 0;
    long long value = strtoll(p->node->text, NULL, 10);
    if (errno || value < p->rule->min || value > p->rule->max) {
        if (p->rule->max == INT64_MAX)
            return vonk_decode_fail(p->d, p->node, false, "%s must be at least %lld, not %.40s",
                                    p->path, (long long)p->rule->min, p->node->text);
        return vonk_decode_fail(p->d, p->node, false, "%s must be %lld to %lld, not %.40s", p->path,
                                (long long)p->rule->min, (long long)p->rule->max, p->node->text);
    }
    *(int64_t *)p->to = value;
    return VONK_OK;
}

static vonk_status decode_choice(const place *p)
{
    if (!is_text(p->node))
        return wrong_type(p, "a text");
    const char *const *choices = p->rule->choices;
    char all[200] = "";
    for (int i = 0; choices[i]; i++) {
        if (strcmp(choices[i], p->node->text) != 0) {
            size_t n = strlen(all);
            (void)snprintf(all + n, sizeof(all) - n, "%s%s", i ? ", " : "", choices[i]);
            continue;
        }
        if (p->rule->kind == VONK_RULE_CHOICE)
            *(int *)p->to = i;
        else
            *(const char **)p->to = choices[i];
        return VONK_OK;
    }
    return vonk_decode_fail(p->d, p->node, false, "%s must be one of %s, not %.80s", p->path, all,
                            p->node->text);
}

static vonk_status decode_quantity(const place *p)
{
    bool cpu = p->rule->kind == VONK_RULE_CPU;
    bool whole = p->node->kind == VONK_YAML_SCALAR && p->node->type == VONK_YAML_INT;
    if (!is_text(p->node) && !(cpu && whole))
        return wrong_type(p, cpu ? "a whole number or a text such as '500m'"
                                 : "a text such as 2Gi (numbers in quotes)");
    VONK_TRY(check_length(p, p->node, 32));
    int64_t value;
    if (!vonk_quantity_parse(p->node->text, cpu ? 1000 : 1, &value) || !value)
        return vonk_decode_fail(p->d, p->node, false, "%s must be a quantity such as %s, not '%s'",
                                p->path, cpu ? "2 or 500m" : "512Mi or 2Gi", p->node->text);
    *(int64_t *)p->to = value;
    return VONK_OK;
}

static vonk_status check_count(const place *p)
{
    if (p->rule->max && p->node->n_children > p->rule->max)
        return vonk_decode_fail(p->d, p->node, false, "%s has more than %lld entries", p->path,
                                (long long)p->rule->max);
    return VONK_OK;
}

#define MAX_ITEM 4096 /* characters of an entry of a list or map */

static vonk_status decode_texts(const place *p)
{
    vonk_job_texts *to = p->to;
    if (p->node->kind != VONK_YAML_LIST)
        return wrong_type(p, "a list of texts");
    VONK_TRY(check_count(p));
    to->items = VONK_NEW_ARRAY(p->d->arena, const char *, p->node->n_children + 1, p->d->err);
    VONK_TRY_ALLOC(to->items);
    for (const vonk_yaml_node *child = p->node->first; child; child = child->next) {
        if (!is_text(child))
            return vonk_decode_fail(p->d, child, false,
                                    "%s[%u] must be a text, not %s: put it in quotes", p->path,
                                    to->n, found(child));
        VONK_TRY(check_length(p, child, MAX_ITEM));
        to->items[to->n++] = child->text;
    }
    return VONK_OK;
}

static vonk_status decode_pairs(const place *p)
{
    vonk_job_pairs *to = p->to;
    if (p->node->kind != VONK_YAML_MAP)
        return wrong_type(p, "a map of texts");
    VONK_TRY(check_count(p));
    to->items = VONK_NEW_ARRAY(p->d->arena, vonk_job_pair, p->node->n_children + 1, p->d->err);
    VONK_TRY_ALLOC(to->items);
    for (const vonk_yaml_node *child = p->node->first; child; child = child->next) {
        if (!is_text(child))
            return vonk_decode_fail(p->d, child, false,
                                    "%s.%.200s must be a text, not %s: put it in quotes", p->path,
                                    child->key, found(child));
        VONK_TRY(check_length(p, child, MAX_ITEM));
        to->items[to->n++] = (vonk_job_pair){child->key, child->text};
    }
    return VONK_OK;
}

static vonk_status decode_tables(const place *p)
{
    static const char *const formats[] = {"parquet", "csv", "json", "text", "orc", "avro", NULL};
    static const vonk_rule rules[] = {
        {.name = "path",
         .kind = VONK_RULE_TEXT,
         .offset = offsetof(vonk_job_table, path),
         .max = 4096,
         .required = true},
        {.name = "format",
         .kind = VONK_RULE_WORD,
         .offset = offsetof(vonk_job_table, format),
         .choices = formats},
        {.name = "options",
         .kind = VONK_RULE_PAIRS,
         .offset = offsetof(vonk_job_table, options),
         .max = 64},
        {.name = NULL},
    };
    vonk_job_sql *to = p->to;
    if (p->node->kind != VONK_YAML_MAP)
        return wrong_type(p, "a map of tables");
    VONK_TRY(check_count(p));
    to->tables = VONK_NEW_ARRAY(p->d->arena, vonk_job_table, p->node->n_children + 1, p->d->err);
    VONK_TRY_ALLOC(to->tables);
    for (const vonk_yaml_node *child = p->node->first; child; child = child->next) {
        vonk_job_table *table = &to->tables[to->n_tables++];
        const char *path =
            vonk_arena_printf(p->d->arena, p->d->err, "%s.%.200s", p->path, child->key);
        VONK_TRY_ALLOC(path);
        if (!*child->key)
            return vonk_decode_fail(p->d, child, true, "%s: a table needs a name", p->path);
        table->name = child->key;
        VONK_TRY(vonk_decode_object(p->d, child, path, rules, table));
    }
    return VONK_OK;
}

static vonk_status decode_field(const place *p, void *parent)
{
    vonk_rule_kind kind = p->rule->kind;
    if ((kind == VONK_RULE_OBJECT || kind == VONK_RULE_ANYTHING) && p->rule->present)
        *((bool *)((char *)parent + p->rule->present)) = true;
    switch (kind) {
    case VONK_RULE_TEXT:
        return decode_text(p);
    case VONK_RULE_BOOL:
        return decode_bool(p);
    case VONK_RULE_INT:
        return decode_int(p);
    case VONK_RULE_CHOICE:
    case VONK_RULE_WORD:
        return decode_choice(p);
    case VONK_RULE_BYTES:
    case VONK_RULE_CPU:
        return decode_quantity(p);
    case VONK_RULE_TEXTS:
        return decode_texts(p);
    case VONK_RULE_PAIRS:
        return decode_pairs(p);
    case VONK_RULE_TABLES:
        return decode_tables(p);
    case VONK_RULE_OBJECT:
        return vonk_decode_object(p->d, p->node, p->path, p->rule->fields, p->to);
    case VONK_RULE_ANYTHING:
        return p->node->kind == VONK_YAML_MAP ? VONK_OK : wrong_type(p, "a map");
    case VONK_RULE_IGNORED:
        break;
    }
    return VONK_OK;
}

static bool is_null(const vonk_yaml_node *node)
{
    return node->kind == VONK_YAML_SCALAR && node->type == VONK_YAML_NULL;
}

vonk_status vonk_decode_object(const vonk_decoder *d, const vonk_yaml_node *node, const char *path,
                               const vonk_rule *rules, void *ret)
{
    if (node->kind != VONK_YAML_MAP)
        return vonk_decode_fail(d, node, false, "%s must be a map, not %s",
                                *path ? path : "a VonkJob", found(node));
    for (const vonk_yaml_node *child = node->first; child; child = child->next) {
        const vonk_rule *rule = rules;
        while (rule->name && strcmp(rule->name, child->key) != 0)
            rule++;
        if (!rule->name)
            return unknown(d, child, path, rules);
        if (is_null(child))
            continue; /* as if it were not there */
        const char *full =
            vonk_arena_printf(d->arena, d->err, "%s%s%s", path, *path ? "." : "", child->key);
        VONK_TRY_ALLOC(full);
        void *to = rule->offset == VONK_RULE_NOWHERE ? NULL : (char *)ret + rule->offset;
        VONK_TRY(decode_field(&(place){d, child, rule, full, to}, ret));
    }
    for (const vonk_rule *rule = rules; rule->name; rule++) {
        const vonk_yaml_node *child = rule->required ? vonk_yaml_find(node, rule->name) : NULL;
        if (rule->required && (!child || is_null(child)))
            return vonk_decode_fail(d, node, true, "%s%s%s is required", path, *path ? "." : "",
                                    rule->name);
    }
    return VONK_OK;
}
