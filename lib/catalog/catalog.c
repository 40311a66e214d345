/* catalog.c - a list of entries, each with an arena of its own. Sessions have tens of them. */
#include "catalog/catalog.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "catalog/plan_copy.h"

typedef struct node {
    struct node *next;
    vonk_arena arena; /* of all that entry points to */
    vonk_catalog_entry entry;
} node;

struct vonk_catalog {
    node *first;
};

vonk_status vonk_catalog_new(vonk_catalog **ret, vonk_error *err)
{
    vonk_catalog *catalog = calloc(1, sizeof(*catalog));
    if (!catalog)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory: a catalog");
    *ret = catalog;
    return VONK_OK;
}

static void node_free(node *n)
{
    vonk_arena_free(&n->arena);
    free(n);
}

void vonk_catalog_free(vonk_catalog *catalog)
{
    if (!catalog)
        return;
    for (node *n = catalog->first, *next; n; n = next) {
        next = n->next;
        node_free(n);
    }
    free(catalog);
}

static bool is_called(const node *n, const char *name)
{
    return !strcasecmp(n->entry.name, name);
}

const vonk_catalog_entry *vonk_catalog_find(const vonk_catalog *catalog, const char *name)
{
    const vonk_catalog_entry *found = NULL;
    for (const node *n = catalog->first; n; n = n->next) {
        if (!is_called(n, name))
            continue;
        if (n->entry.kind == VONK_ENTRY_TEMP_VIEW)
            return &n->entry;
        found = &n->entry;
    }
    return found;
}

/* The place of the entry of that kind and name in the list, or of the end of the list. */
static node **find_place(vonk_catalog *catalog, const char *name, vonk_entry_kind kind)
{
    node **place = &catalog->first;
    while (*place && !((*place)->entry.kind == kind && is_called(*place, name)))
        place = &(*place)->next;
    return place;
}

static vonk_status copy_stats(vonk_arena *arena, const vonk_table_stats *stats, uint32_t n_columns,
                              const vonk_table_stats **ret, vonk_error *err)
{
    vonk_table_stats *copy = VONK_NEW(arena, vonk_table_stats, err);
    VONK_TRY_ALLOC(copy);
    *copy = *stats;
    if (stats->columns) {
        vonk_analyzed_column *columns = VONK_NEW_ARRAY(arena, vonk_analyzed_column, n_columns, err);
        VONK_TRY_ALLOC(columns);
        for (uint32_t i = 0; i < n_columns; i++)
            columns[i] = stats->columns[i];
        copy->columns = columns;
    }
    *ret = copy;
    return VONK_OK;
}

static vonk_status node_fill(node *n, const vonk_catalog_entry *entry, vonk_error *err)
{
    n->entry = *entry;
    n->entry.name = vonk_arena_strndup(&n->arena, entry->name, strlen(entry->name), err);
    VONK_TRY_ALLOC(n->entry.name);
    if (entry->plan) {
        vonk_plan *plan;
        VONK_TRY(vonk_plan_copy(&n->arena, entry->plan, &plan, err));
        n->entry.plan = plan;
        VONK_TRY(vonk_origins_copy(&n->arena, &entry->origins, &n->entry.origins, err));
    }
    if (entry->relation)
        VONK_TRY(vonk_relation_copy(&n->arena, entry->relation, &n->entry.relation, err));
    if (entry->relation && entry->stats)
        VONK_TRY(copy_stats(&n->arena, entry->stats, entry->relation->schema.n_fields,
                            &n->entry.stats, err));
    return VONK_OK;
}

static vonk_status fail_exists(const vonk_catalog_entry *entry, vonk_error *err)
{
    if (entry->kind == VONK_ENTRY_TEMP_VIEW)
        return vonk_fail_sql(
            err, "TEMP_TABLE_OR_VIEW_ALREADY_EXISTS",
            "Cannot create the temporary view `%s` because it already exists.\nChoose a different "
            "name, drop or replace the existing view, or add the IF NOT EXISTS clause to tolerate "
            "pre-existing views.",
            entry->name);
    return vonk_fail_sql(
        err, "TABLE_OR_VIEW_ALREADY_EXISTS",
        "Cannot create table or view `default`.`%s` because it already exists.\nChoose a different "
        "name, drop or replace the existing object, or add the IF NOT EXISTS clause to tolerate "
        "pre-existing objects.",
        entry->name);
}

vonk_status vonk_catalog_put(vonk_catalog *catalog, const vonk_catalog_entry *entry, bool replace,
                             vonk_error *err)
{
    node **place = find_place(catalog, entry->name, entry->kind);
    if (*place && !replace)
        return fail_exists(entry, err);
    node *added = calloc(1, sizeof(*added));
    if (!added)
        return vonk_fail(err, VONK_NO_MEMORY, "out of memory: a catalog entry");
    vonk_status status = node_fill(added, entry, err);
    if (status != VONK_OK) {
        node_free(added);
        return status;
    }
    node *old = *place; /* may be what the new entry was copied from, so it goes last */
    added->next = old ? old->next : NULL;
    *place = added;
    if (old)
        node_free(old);
    return VONK_OK;
}

vonk_status vonk_catalog_drop(vonk_catalog *catalog, const char *name, bool if_exists,
                              vonk_error *err)
{
    node **place = find_place(catalog, name, VONK_ENTRY_TEMP_VIEW);
    if (!*place)
        place = find_place(catalog, name, VONK_ENTRY_TABLE);
    if (!*place && if_exists)
        return VONK_OK;
    if (!*place)
        return vonk_fail_sql(
            err, "TABLE_OR_VIEW_NOT_FOUND",
            "The table or view `%s` cannot be found. Verify the spelling and correctness of the "
            "schema and catalog.\nIf you did not qualify the name with a schema, verify the "
            "current_schema() output, or qualify the name with the correct schema and catalog.\nTo "
            "tolerate the error on drop use DROP VIEW IF EXISTS or DROP TABLE IF EXISTS.",
            name);
    node *dropped = *place;
    *place = dropped->next;
    node_free(dropped);
    return VONK_OK;
}

static int by_name(const void *a, const void *b)
{
    const vonk_catalog_entry *const *x = a, *const *y = b;
    int order = strcasecmp((*x)->name, (*y)->name);
    return order ? order : (int)(*x)->kind - (int)(*y)->kind;
}

vonk_status vonk_catalog_list(const vonk_catalog *catalog, vonk_arena *arena,
                              const vonk_catalog_entry ***ret, uint32_t *ret_n, vonk_error *err)
{
    uint32_t n = 0;
    for (const node *at = catalog->first; at; at = at->next)
        n++;
    const vonk_catalog_entry **list = VONK_NEW_ARRAY(arena, const vonk_catalog_entry *, n, err);
    VONK_TRY_ALLOC(list);
    n = 0;
    for (const node *at = catalog->first; at; at = at->next)
        list[n++] = &at->entry;
    if (n)
        qsort(list, n, sizeof(list[0]), by_name);
    *ret = list;
    *ret_n = n;
    return VONK_OK;
}
