/*
 * join_order.c - the order of inner joins: dynamic programming over sets of inputs, cheapest by the
 * sum of the rows that joins give; greedy above MAX_DYNAMIC inputs. Cross joins come last.
 *
 * Rows of an equality: |A| * |B| / d, where d stands for the number of values of the class of equal
 * columns (key_class.c).
 */
#include <math.h>
#include <string.h>

#include "optimize/key_class.h"
#include "optimize/statistics.h"

#define MAX_DYNAMIC 10
#define MAX_INPUTS  64
#define PLAIN_BYTES 64.0 /* of columns weigh as much as a row */

/* A condition of the region. */
typedef struct edge {
    vonk_expr *condition;
    uint64_t inputs;  /* that it needs */
    uint32_t class_a; /* of equal columns, UINT32_MAX = not a plain equality */
} edge;

typedef struct region {
    rewriting *r;
    uint32_t n_inputs, n_edges;
    vonk_plan *inputs[MAX_INPUTS];
    double rows[MAX_INPUTS];
    double base[MAX_INPUTS];  /* rows of the table behind it, before filters */
    double width[MAX_INPUTS]; /* of its columns that are wanted above the region */
    edge *edges;
    key_classes classes;
    expr_list conditions;
    bool too_many;
    bool informed; /* statistics are known of some column */
} region;

/* A way to join a set of inputs. */
typedef struct tree {
    uint64_t inputs; /* 0 = none yet */
    double rows, cost;
    double width; /* how many plain rows one weighs: 1 and the share of its columns */
    uint64_t left, right;
} tree;

static bool is_inner(const vonk_plan *plan)
{
    return plan->kind == VONK_PLAN_JOIN &&
           (plan->join_type == VONK_JOIN_INNER || plan->join_type == VONK_JOIN_CROSS);
}

static bool only_columns(const vonk_plan *project)
{
    for (uint32_t i = 0; i < project->n_exprs; i++) {
        if (project->exprs[i]->kind != VONK_EXPR_COLUMN)
            return false;
    }
    return true;
}

/* Projects of plain columns between joins change nothing that is referred to by id. */
static vonk_plan *through_projects(vonk_plan *plan)
{
    vonk_plan *p = plan;
    while (p->kind == VONK_PLAN_PROJECT && only_columns(p))
        p = p->children[0];
    return is_inner(p) ? p : plan;
}

static vonk_status collect(region *g, vonk_plan *plan, vonk_error *err)
{
    plan = through_projects(plan);
    if (!is_inner(plan) || (plan->condition && !is_deterministic(plan->condition))) {
        if (g->n_inputs == MAX_INPUTS) {
            g->too_many = true;
            return VONK_OK;
        }
        g->inputs[g->n_inputs++] = plan;
        return VONK_OK;
    }
    VONK_TRY(collect(g, plan->children[0], err));
    VONK_TRY(collect(g, plan->children[1], err));
    return plan->condition ? split_and(g->r, plan->condition, &g->conditions, err) : VONK_OK;
}

static vonk_status inputs_of(region *g, const vonk_expr *e, uint64_t *ret, vonk_error *err)
{
    *ret = 0;
    for (uint32_t i = 0; i < g->n_inputs; i++) {
        bool touched;
        VONK_TRY(touches(g->r, e, g->inputs[i], &touched, err));
        if (touched)
            *ret |= UINT64_C(1) << i;
    }
    return VONK_OK;
}

static const vonk_expr *bare_column(const vonk_expr *e)
{
    while (e->kind == VONK_EXPR_CAST)
        e = e->args[0];
    return e->kind == VONK_EXPR_COLUMN ? e : NULL;
}

static vonk_status make_edges(region *g, vonk_error *err)
{
    uint32_t n = g->conditions.n;
    g->n_edges = n;
    g->edges = VONK_NEW_ARRAY(g->r->arena, edge, n, err);
    key_class *classes = VONK_NEW_ARRAY(g->r->arena, key_class, n, err);
    g->classes = (key_classes){
        .arena = g->r->arena, .inputs = g->inputs, .n_inputs = g->n_inputs, .items = classes};
    if (!g->edges || !classes)
        return VONK_NO_MEMORY;
    for (uint32_t i = 0; i < n; i++) {
        vonk_expr *e = g->conditions.items[i];
        g->edges[i] = (edge){.condition = e, .class_a = UINT32_MAX};
        VONK_TRY(inputs_of(g, e, &g->edges[i].inputs, err));
        const vonk_expr *a = is_equality(e) ? bare_column(e->args[0]) : NULL;
        const vonk_expr *b = is_equality(e) ? bare_column(e->args[1]) : NULL;
        if (a && b)
            VONK_TRY(key_class_of(&g->classes, a->id, b->id, &g->edges[i].class_a, err));
    }
    return key_classes_measure(&g->classes, g->rows, err);
}

/* Rows of the one table that all these keys come from; INFINITY if they come from several. */
static double key_table_rows(const region *g, uint64_t inputs)
{
    return inputs & (inputs - 1) ? INFINITY : g->base[__builtin_ctzll(inputs)];
}

/*
 * Keys of several columns have no more values than the smaller table has rows, if it has all of
 * their values: where it has too few rows for that (returns of sales), it is a part of the larger
 * one, whose rows then count.
 */
static double key_pairs(const region *g, uint64_t left, uint64_t right, double values)
{
    double a = key_table_rows(g, left), b = key_table_rows(g, right);
    bool is_part = g->informed && isfinite(a) && isfinite(b) && fmin(a, b) < values * 2;
    return fmax(1, is_part ? fmax(a, b) : fmin(a, b));
}

/* How much the conditions between two sets keep; *connected if one is an equality. */
static double kept(const region *g, uint64_t left, uint64_t right, bool *connected)
{
    double factors[8], others = 1;
    uint32_t n = 0, classes[8];
    uint64_t left_keys = 0, right_keys = 0;
    *connected = false;
    for (uint32_t i = 0; i < g->n_edges; i++) {
        const edge *e = &g->edges[i];
        if ((e->inputs & ~(left | right)) || !(e->inputs & left) || !(e->inputs & right))
            continue;
        *connected |= is_equality(e->condition);
        if (e->class_a == UINT32_MAX) {
            others *= is_equality(e->condition) ? 0.01 : 0.5;
            continue;
        }
        bool seen = false;
        for (uint32_t k = 0; k < n; k++)
            seen |= classes[k] == e->class_a;
        if (seen || n == VONK_LENGTH(factors))
            continue;
        left_keys |= e->inputs & left;
        right_keys |= e->inputs & right;
        classes[n] = e->class_a;
        factors[n++] = 1 / fmax(1, g->classes.items[e->class_a].distinct);
    }
    /* keys of several columns: each further one keeps the root of what it would alone */
    double all = 1, exponent = 1;
    bool several = n > 1;
    double most = 1;
    for (uint32_t k = 0; k < n; k++)
        most = fmax(most, 1 / factors[k]);
    while (n) {
        uint32_t best = 0;
        for (uint32_t k = 1; k < n; k++)
            best = factors[k] < factors[best] ? k : best;
        all *= pow(factors[best], exponent);
        exponent /= 2;
        factors[best] = factors[--n];
    }
    if (several)
        all = fmax(all, 1 / key_pairs(g, left_keys, right_keys, most));
    return all * others;
}

static tree combine_trees(const region *g, const tree *a, const tree *b, bool *connected)
{
    tree t = {.inputs = a->inputs | b->inputs};
    t.rows = fmax(1, a->rows * b->rows * kept(g, a->inputs, b->inputs, connected));
    bool swap = a->rows < b->rows; /* the smaller one on the right: it is built */
    t.left = swap ? b->inputs : a->inputs;
    t.right = swap ? a->inputs : b->inputs;
    t.width = a->width + b->width - 1;
    t.cost = a->cost + b->cost + t.rows * t.width + fmin(a->rows * a->width, b->rows * b->width);
    return t;
}

/* best[set] for every set of inputs, connected ones first. */
static vonk_status order_dynamic(region *g, tree **ret, vonk_error *err)
{
    uint64_t n_sets = UINT64_C(1) << g->n_inputs;
    tree *best = VONK_NEW_ARRAY(g->r->arena, tree, n_sets, err);
    VONK_TRY_ALLOC(best);
    for (uint32_t i = 0; i < g->n_inputs; i++)
        best[UINT64_C(1) << i] =
            (tree){.inputs = UINT64_C(1) << i, .rows = g->rows[i], .width = g->width[i]};
    for (uint64_t set = 1; set < n_sets; set++) {
        tree crossed = {0};
        for (uint64_t part = (set - 1) & set; part > (set ^ part); part = (part - 1) & set) {
            bool connected;
            tree t = combine_trees(g, &best[part], &best[set ^ part], &connected);
            tree *place = connected ? &best[set] : &crossed;
            if (!place->inputs || t.cost < place->cost)
                *place = t;
        }
        if (!best[set].inputs)
            best[set] = crossed;
    }
    *ret = best;
    return VONK_OK;
}

/* Builds the joins of a tree over sets. */
static vonk_status build(region *g, const tree *best, uint64_t set, vonk_plan **ret,
                         vonk_error *err)
{
    if (!(set & (set - 1))) {
        *ret = g->inputs[__builtin_ctzll(set)];
        return VONK_OK;
    }
    const tree *t = &best[set];
    vonk_plan *left, *right;
    expr_list conditions = {0};
    vonk_expr *condition;
    VONK_TRY(build(g, best, t->left, &left, err));
    VONK_TRY(build(g, best, t->right, &right, err));
    for (uint32_t i = 0; i < g->n_edges; i++) {
        uint64_t needs = g->edges[i].inputs;
        if (!(needs & ~set) && (needs & t->left) && (needs & t->right))
            VONK_TRY(list_add(g->r, &conditions, g->edges[i].condition, err));
    }
    VONK_TRY(join_and(g->r, &conditions, &condition, err));
    return make_join(g->r, VONK_JOIN_INNER, left, right, condition, ret, err);
}

/* One input after the other: the pair that gives the fewest rows, connected ones first. */
static vonk_status order_greedy(region *g, vonk_plan **ret, vonk_error *err)
{
    tree parts[MAX_INPUTS];
    vonk_plan *plans[MAX_INPUTS] = {0};
    uint32_t n = g->n_inputs;
    for (uint32_t i = 0; i < n; i++) {
        parts[i] = (tree){.inputs = UINT64_C(1) << i, .rows = g->rows[i], .width = g->width[i]};
        plans[i] = g->inputs[i];
    }
    while (n > 1) {
        uint32_t best_a = 0, best_b = 1;
        tree best = {0};
        bool best_connected = false;
        for (uint32_t a = 0; a < n; a++) {
            for (uint32_t b = a + 1; b < n; b++) {
                bool connected;
                tree t = combine_trees(g, &parts[a], &parts[b], &connected);
                if (best.inputs && (connected < best_connected ||
                                    (connected == best_connected && t.rows >= best.rows)))
                    continue;
                best = t;
                best_connected = connected;
                best_a = a;
                best_b = b;
            }
        }
        expr_list conditions = {0};
        vonk_expr *condition;
        for (uint32_t i = 0; i < g->n_edges; i++) {
            uint64_t needs = g->edges[i].inputs;
            if (!(needs & ~best.inputs) && (needs & best.left) && (needs & best.right))
                VONK_TRY(list_add(g->r, &conditions, g->edges[i].condition, err));
        }
        VONK_TRY(join_and(g->r, &conditions, &condition, err));
        bool swap = best.left != parts[best_a].inputs;
        VONK_TRY(make_join(g->r, VONK_JOIN_INNER, plans[swap ? best_b : best_a],
                           plans[swap ? best_a : best_b], condition, &plans[best_a], err));
        parts[best_a] = best;
        parts[best_b] = parts[n - 1];
        plans[best_b] = plans[n - 1];
        n--;
    }
    *ret = plans[0];
    return VONK_OK;
}

/* Conditions over one input or none, which no join takes: a filter on top. */
static vonk_status add_leftovers(region *g, vonk_plan **plan, vonk_error *err)
{
    expr_list left = {0};
    for (uint32_t i = 0; i < g->n_edges; i++) {
        uint64_t needs = g->edges[i].inputs;
        if (!(needs & (needs - 1)))
            VONK_TRY(list_add(g->r, &left, g->edges[i].condition, err));
    }
    return make_filter(g->r, *plan, &left, plan, err);
}

static double width_of(const vonk_plan *input, const vonk_id_set *wanted)
{
    double bytes = 0;
    for (uint32_t i = 0; i < input->n_output; i++)
        if (vonk_id_set_has(wanted, input->output[i].id))
            bytes += vonk_type_bytes(input->output[i].type);
    return 1 + bytes / PLAIN_BYTES;
}

static vonk_status reorder(rewriting *r, vonk_plan **plan, region *g, const vonk_id_set *wanted,
                           vonk_error *err)
{
    vonk_plan *joined;
    for (uint32_t i = 0; i < g->n_inputs; i++) {
        const vonk_plan *input = g->inputs[i];
        g->rows[i] = estimate_rows(input);
        g->informed |= has_statistics(input);
        g->base[i] = input->n_output ? base_rows(input, input->output[0].id) : g->rows[i];
    }
    for (uint32_t i = 0; i < g->n_inputs; i++)
        g->width[i] = g->informed ? width_of(g->inputs[i], wanted) : 1;
    VONK_TRY(make_edges(g, err));
    if (g->n_inputs <= MAX_DYNAMIC) {
        tree *best;
        VONK_TRY(order_dynamic(g, &best, err));
        VONK_TRY(build(g, best, (UINT64_C(1) << g->n_inputs) - 1, &joined, err));
    } else {
        VONK_TRY(order_greedy(g, &joined, err));
    }
    VONK_TRY(add_leftovers(g, &joined, err));
    return make_projection(r, joined, (*plan)->output, (*plan)->n_output, plan, err);
}

static vonk_status reorder_below(rewriting *r, vonk_plan **plan, const vonk_id_set *wanted,
                                 vonk_error *err);

static vonk_status reorder_region(rewriting *r, vonk_plan **plan, const vonk_id_set *wanted,
                                  vonk_error *err)
{
    vonk_plan *node = *plan;
    region *g = VONK_NEW(r->arena, region, err);
    VONK_TRY_ALLOC(g);
    g->r = r;
    VONK_TRY(collect(g, node, err));
    for (uint32_t i = 0; i < g->n_inputs; i++) { /* they may hold regions of their own */
        vonk_plan *input = g->inputs[i];
        vonk_id_set below = {.arena = r->arena};
        VONK_TRY(vonk_plan_node_columns(input, &below, err));
        for (uint32_t k = 0; k < input->n_children; k++)
            VONK_TRY(reorder_below(r, &input->children[k], &below, err));
    }
    if (g->n_inputs > 2 && !g->too_many)
        return reorder(r, plan, g, wanted, err);
    return vonk_plan_set_output(r->arena, node, err);
}

/* `wanted`: columns that the nodes above use. */
static vonk_status reorder_below(rewriting *r, vonk_plan **plan, const vonk_id_set *wanted,
                                 vonk_error *err)
{
    vonk_plan *node = *plan;
    vonk_id_set below = {.arena = r->arena};
    if (is_inner(node))
        return reorder_region(r, plan, wanted, err);
    bool makes_all = node->kind == VONK_PLAN_PROJECT || node->kind == VONK_PLAN_AGGREGATE;
    for (uint32_t i = 0; !makes_all && i < node->n_output; i++)
        if (vonk_id_set_has(wanted, node->output[i].id))
            VONK_TRY(vonk_id_set_add(&below, node->output[i].id, err));
    VONK_TRY(vonk_plan_node_columns(node, &below, err));
    for (uint32_t i = 0; i < node->n_children; i++)
        VONK_TRY(reorder_below(r, &node->children[i], &below, err));
    return vonk_plan_set_output(r->arena, node, err);
}

vonk_status reorder_joins(rewriting *r, vonk_plan **plan, vonk_error *err)
{
    return reorder_below(r, plan, &(vonk_id_set){.arena = r->arena}, err);
}
