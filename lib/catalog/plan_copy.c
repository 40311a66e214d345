/* plan_copy.c - deep copies of plans, with the same ids or with new ones. */
#include "catalog/plan_copy.h"

#include <string.h>

#include "catalog/plan_columns.h"

typedef struct copier {
    vonk_arena *arena;
    bool shares;   /* texts, types and relations stay where they are */
    int32_t shift; /* of positions; -1: lost */
    uint32_t n_ids;
    uint32_t *new_ids; /* [old id] -> new id, 0 = keep; NULL: keep all */
} copier;

static vonk_status copy_plan(copier *c, const vonk_plan *plan, vonk_plan **ret, vonk_error *err);

static vonk_status copy_text(copier *c, const char **text, vonk_error *err)
{
    if (!*text || c->shares)
        return VONK_OK;
    char *copy = vonk_arena_strndup(c->arena, *text, strlen(*text), err);
    VONK_TRY_ALLOC(copy);
    *text = copy;
    return VONK_OK;
}

static vonk_status copy_texts(copier *c, const char ***texts, uint32_t n, vonk_error *err)
{
    if (!n || c->shares)
        return VONK_OK;
    const char **copy = VONK_NEW_ARRAY(c->arena, const char *, n, err);
    VONK_TRY_ALLOC(copy);
    for (uint32_t i = 0; i < n; i++) {
        copy[i] = (*texts)[i];
        VONK_TRY(copy_text(c, &copy[i], err));
    }
    *texts = copy;
    return VONK_OK;
}

static vonk_status copy_type(copier *c, vonk_type *type, vonk_error *err)
{
    return type->children && !c->shares ? vonk_type_copy(c->arena, *type, type, err) : VONK_OK;
}

static uint32_t map_id(const copier *c, uint32_t id)
{
    return c->new_ids && id < c->n_ids && c->new_ids[id] ? c->new_ids[id] : id;
}

static vonk_status copy_options(copier *c, vonk_options *options, vonk_error *err)
{
    if (!options->n || c->shares)
        return VONK_OK;
    vonk_option *items = VONK_NEW_ARRAY(c->arena, vonk_option, options->n, err);
    VONK_TRY_ALLOC(items);
    for (uint32_t i = 0; i < options->n; i++) {
        items[i] = options->items[i];
        VONK_TRY(copy_text(c, &items[i].key, err));
        VONK_TRY(copy_text(c, &items[i].value, err));
    }
    options->items = items;
    return VONK_OK;
}

static vonk_status copy_stats(copier *c, vonk_relation *relation, vonk_error *err)
{
    uint32_t n = relation->schema.n_fields;
    if (!relation->stats || !n)
        return VONK_OK;
    vonk_column_stats *stats = VONK_NEW_ARRAY(c->arena, vonk_column_stats, n, err);
    VONK_TRY_ALLOC(stats);
    memcpy(stats, relation->stats, n * sizeof(*stats));
    relation->stats = stats;
    return VONK_OK;
}

static vonk_status copy_relation(copier *c, const vonk_relation **relation, vonk_error *err)
{
    if (!*relation || c->shares)
        return VONK_OK;
    vonk_relation *copy = VONK_NEW(c->arena, vonk_relation, err);
    VONK_TRY_ALLOC(copy);
    *copy = **relation;
    VONK_TRY(copy_text(c, &copy->name, err));
    VONK_TRY(copy_text(c, &copy->format, err));
    VONK_TRY(copy_options(c, &copy->options, err));
    VONK_TRY(vonk_schema_copy(c->arena, &(*relation)->schema, &copy->schema, err));
    copy->files = VONK_NEW_ARRAY(c->arena, vonk_file, copy->n_files, err);
    VONK_TRY_ALLOC(copy->files);
    for (uint32_t i = 0; i < copy->n_files; i++) {
        copy->files[i] = (*relation)->files[i];
        VONK_TRY(copy_text(c, &copy->files[i].path, err));
    }
    *relation = copy;
    return copy_stats(c, copy, err);
}

static vonk_status copy_expr(copier *c, vonk_expr **slot, vonk_error *err);

static vonk_status copy_exprs(copier *c, vonk_expr **exprs, uint32_t n, vonk_error *err)
{
    for (uint32_t i = 0; i < n; i++)
        VONK_TRY(copy_expr(c, &exprs[i], err));
    return VONK_OK;
}

static vonk_status copy_literal(copier *c, vonk_expr *e, vonk_error *err)
{
    bool is_text = e->type.id == VONK_STRING || e->type.id == VONK_BINARY;
    if (!is_text || e->value.is_null || c->shares)
        return VONK_OK;
    vonk_slice *s = &e->value.string;
    s->data = vonk_arena_strndup(c->arena, s->data, s->length, err);
    VONK_TRY_ALLOC(s->data);
    return VONK_OK;
}

/* *slot = a copy of the tree at *slot. */
static vonk_status copy_expr(copier *c, vonk_expr **slot, vonk_error *err)
{
    if (!*slot)
        return VONK_OK;
    vonk_expr *e = vonk_expr_clone(c->arena, *slot, err);
    VONK_TRY_ALLOC(e);
    if (e->start >= 0) {
        e->start = c->shift < 0 ? -1 : e->start + c->shift;
        e->end = c->shift < 0 ? -1 : e->end + c->shift;
    }
    VONK_TRY(copy_type(c, &e->type, err));
    VONK_TRY(copy_exprs(c, e->args, e->n_args, err));
    switch (e->kind) {
    case VONK_EXPR_LITERAL:
        VONK_TRY(copy_literal(c, e, err));
        break;
    case VONK_EXPR_NAME:
    case VONK_EXPR_STAR:
        VONK_TRY(copy_texts(c, &e->name_parts, e->n_name_parts, err));
        break;
    case VONK_EXPR_COLUMN:
        e->id = map_id(c, e->id);
        VONK_TRY(copy_text(c, &e->column_name, err));
        break;
    case VONK_EXPR_INPUT:
        VONK_TRY(copy_text(c, &e->column_name, err));
        break;
    case VONK_EXPR_CALL:
        VONK_TRY(copy_text(c, &e->name, err));
        VONK_TRY(copy_expr(c, &e->filter, err));
        break;
    case VONK_EXPR_ALIAS:
        e->alias_id = map_id(c, e->alias_id);
        VONK_TRY(copy_text(c, &e->name, err));
        break;
    case VONK_EXPR_SUBQUERY:
    case VONK_EXPR_EXISTS:
    case VONK_EXPR_IN_QUERY: {
        VONK_TRY(copy_plan(c, e->plan, &e->plan, err));
        VONK_TRY(copy_text(c, &e->outer_names, err));
        break;
    }
    case VONK_EXPR_WINDOW:
        VONK_TRY(copy_text(c, &e->window_name, err));
        break;
    default:
        break;
    }
    *slot = e;
    return VONK_OK;
}

static vonk_status copy_output(copier *c, vonk_plan *plan, vonk_error *err)
{
    vonk_attribute *output = VONK_NEW_ARRAY(c->arena, vonk_attribute, plan->n_output, err);
    VONK_TRY_ALLOC(output);
    for (uint32_t i = 0; i < plan->n_output; i++) {
        output[i] = plan->output[i];
        output[i].id = map_id(c, output[i].id);
        VONK_TRY(copy_text(c, &output[i].name, err));
        VONK_TRY(copy_text(c, &output[i].qualifier, err));
        VONK_TRY(copy_type(c, &output[i].type, err));
    }
    plan->output = output;
    return VONK_OK;
}

static vonk_status copy_texts_of(copier *c, vonk_plan *p, vonk_error *err)
{
    const char **texts[] = {&p->alias, &p->format,   &p->path,   &p->key,
                            &p->value, &p->sql_text, &p->pattern};
    for (uint32_t i = 0; i < VONK_LENGTH(texts); i++)
        VONK_TRY(copy_text(c, texts[i], err));
    VONK_TRY(copy_texts(c, &p->name_parts, p->n_name_parts, err));
    VONK_TRY(copy_texts(c, &p->column_names, p->n_column_names, err));
    return copy_texts(c, &p->using_names, p->n_using, err);
}

static vonk_status copy_arrays(copier *c, vonk_plan *p, vonk_error *err)
{
    if (p->scan_columns) {
        uint32_t *columns = VONK_NEW_ARRAY(c->arena, uint32_t, p->n_output, err);
        VONK_TRY_ALLOC(columns);
        if (p->n_output)
            memcpy(columns, p->scan_columns, p->n_output * sizeof(uint32_t));
        p->scan_columns = columns;
    }
    if (p->schema && !c->shares) {
        vonk_schema *schema = VONK_NEW(c->arena, vonk_schema, err);
        VONK_TRY_ALLOC(schema);
        VONK_TRY(vonk_schema_copy(c->arena, p->schema, schema, err));
        p->schema = schema;
    }
    if (!p->n_ctes)
        return VONK_OK;
    vonk_cte *ctes = VONK_NEW_ARRAY(c->arena, vonk_cte, p->n_ctes, err);
    VONK_TRY_ALLOC(ctes);
    for (uint32_t i = 0; i < p->n_ctes; i++) {
        ctes[i] = p->ctes[i];
        VONK_TRY(copy_text(c, &ctes[i].name, err));
        VONK_TRY(copy_texts(c, &ctes[i].column_names, ctes[i].n_column_names, err));
        VONK_TRY(copy_plan(c, ctes[i].plan, &ctes[i].plan, err));
    }
    p->ctes = ctes;
    return VONK_OK;
}

static vonk_status copy_plan(copier *c, const vonk_plan *plan, vonk_plan **ret, vonk_error *err)
{
    vonk_plan *copy = vonk_plan_clone(c->arena, plan, err);
    VONK_TRY_ALLOC(copy);
    for (uint32_t i = 0; i < copy->n_children; i++)
        VONK_TRY(copy_plan(c, plan->children[i], &copy->children[i], err));
    VONK_TRY(copy_output(c, copy, err));
    VONK_TRY(copy_exprs(c, copy->exprs, copy->n_exprs, err));
    VONK_TRY(copy_exprs(c, copy->group_exprs, copy->n_group_exprs, err));
    VONK_TRY(copy_exprs(c, copy->scan_filters, copy->n_scan_filters, err));
    VONK_TRY(copy_expr(c, &copy->condition, err));
    VONK_TRY(copy_expr(c, &copy->limit_expr, err));
    VONK_TRY(copy_expr(c, &copy->offset_expr, err));
    VONK_TRY(copy_texts_of(c, copy, err));
    VONK_TRY(copy_options(c, &copy->options, err));
    VONK_TRY(copy_relation(c, &copy->relation, err));
    if (copy->stats) /* the relation's, which may have moved */
        copy->stats = copy->relation->stats;
    VONK_TRY(copy_arrays(c, copy, err));
    *ret = copy;
    return VONK_OK;
}

static vonk_status ids_made(const vonk_plan *plan, vonk_id_set *set, vonk_error *err);

static vonk_status ids_made_in(const vonk_expr *e, vonk_id_set *set, vonk_error *err)
{
    bool is_subquery = e->kind == VONK_EXPR_SUBQUERY || e->kind == VONK_EXPR_EXISTS ||
                       e->kind == VONK_EXPR_IN_QUERY;
    if (is_subquery)
        VONK_TRY(ids_made(e->plan, set, err));
    if (e->kind == VONK_EXPR_CALL && e->filter)
        VONK_TRY(ids_made_in(e->filter, set, err));
    for (uint32_t i = 0; i < e->n_args; i++)
        VONK_TRY(ids_made_in(e->args[i], set, err));
    return VONK_OK;
}

static vonk_status ids_made_in_slot(vonk_expr **slot, void *context, vonk_error *err)
{
    return ids_made_in(*slot, context, err);
}

/* Adds the ids of all attributes that the plan and its subqueries make. */
static vonk_status ids_made(const vonk_plan *plan, vonk_id_set *set, vonk_error *err)
{
    vonk_plan node = *plan;
    VONK_TRY(vonk_id_set_add_output(set, plan, err));
    VONK_TRY(vonk_plan_each_expr(&node, ids_made_in_slot, set, err));
    for (uint32_t i = 0; i < plan->n_children; i++)
        VONK_TRY(ids_made(plan->children[i], set, err));
    return VONK_OK;
}

vonk_status vonk_plan_copy(vonk_arena *arena, const vonk_plan *plan, vonk_plan **ret,
                           vonk_error *err)
{
    return copy_plan(&(copier){.arena = arena}, plan, ret, err);
}

vonk_status vonk_plan_copy_nodes(vonk_arena *arena, const vonk_plan *plan, vonk_plan **ret,
                                 vonk_error *err)
{
    return copy_plan(&(copier){.arena = arena, .shares = true}, plan, ret, err);
}

vonk_status vonk_plan_instantiate(vonk_arena *arena, const vonk_plan *plan, int32_t shift,
                                  uint32_t *next_id, vonk_plan **ret, vonk_error *err)
{
    vonk_id_set made = {.arena = arena};
    VONK_TRY(ids_made(plan, &made, err));
    copier c = {.arena = arena, .shares = true, .shift = shift, .n_ids = made.n_words * 64};
    c.new_ids = VONK_NEW_ARRAY(arena, uint32_t, c.n_ids, err);
    VONK_TRY_ALLOC(c.new_ids);
    for (uint32_t id = 0; id < c.n_ids; id++) {
        if (vonk_id_set_has(&made, id))
            c.new_ids[id] = (*next_id)++;
    }
    return copy_plan(&c, plan, ret, err);
}

vonk_status vonk_relation_copy(vonk_arena *arena, const vonk_relation *relation,
                               const vonk_relation **ret, vonk_error *err)
{
    const vonk_relation *copy = relation;
    VONK_TRY(copy_relation(&(copier){.arena = arena}, &copy, err));
    *ret = copy;
    return VONK_OK;
}
