/* rows.c - order and equality of single rows: for sorts and hash tables. */
#include "kernel/kernel.h"
#include "kernel/numeric.h"

#define ORDER(suffix, T)                                                                           \
    {                                                                                              \
        T x = ((const T *)a->values)[i], y = ((const T *)b->values)[j];                            \
        return lt_##suffix(x, y) ? -1 : !eq_##suffix(x, y);                                        \
    }

static int compare_nested(const vonk_column *a, uint32_t i, const vonk_column *b, uint32_t j);

int vonk_compare_rows(const vonk_column *a, uint32_t row_a, const vonk_column *b, uint32_t row_b)
{
    uint32_t i = vonk_column_at(a, row_a), j = vonk_column_at(b, row_b);
    switch (vonk_type_physical(a->type)) {
    case VONK_PHYS_BIT:
        return (int)vonk_bit_get(a->values, i) - (int)vonk_bit_get(b->values, j);
    case VONK_PHYS_I8:
        ORDER(i8, int8_t)
    case VONK_PHYS_I16:
        ORDER(i16, int16_t)
    case VONK_PHYS_I32:
        ORDER(i32, int32_t)
    case VONK_PHYS_I64:
        ORDER(i64, int64_t)
    case VONK_PHYS_I128:
        ORDER(i128, vonk_int128)
    case VONK_PHYS_F32:
        ORDER(f32, float)
    case VONK_PHYS_F64:
        ORDER(f64, double)
    case VONK_PHYS_STRING:
        return vonk_string_compare((const vonk_string *)a->values + i,
                                   (const vonk_string *)b->values + j);
    case VONK_PHYS_NONE:
    case VONK_N_PHYS:
        break;
    }
    return compare_nested(a, i, b, j);
}

/* Elements of nested values: null is below everything, as Spark orders them. */
static int compare_elements(const vonk_column *a, uint32_t i, const vonk_column *b, uint32_t j)
{
    bool x = vonk_column_is_valid(a, i), y = vonk_column_is_valid(b, j);
    return x && y ? vonk_compare_rows(a, i, b, j) : (int)x - (int)y;
}

static int compare_runs(const vonk_column *a, uint32_t i, const vonk_column *b, uint32_t j)
{
    uint32_t n = a->offsets[i + 1] - a->offsets[i], m = b->offsets[j + 1] - b->offsets[j];
    uint32_t n_children = a->type.children->n_fields;
    for (uint32_t k = 0; k < n && k < m; k++)
        for (uint32_t c = 0; c < n_children; c++) {
            int order = compare_elements(&a->children[c], a->offsets[i] + k, &b->children[c],
                                         b->offsets[j] + k);
            if (order)
                return order;
        }
    return (n > m) - (n < m);
}

static int compare_nested(const vonk_column *a, uint32_t i, const vonk_column *b, uint32_t j)
{
    if (a->type.id == VONK_ARRAY || a->type.id == VONK_MAP)
        return compare_runs(a, i, b, j);
    if (a->type.id != VONK_STRUCT)
        return 0; /* void: every row is null */
    for (uint32_t c = 0; c < a->type.children->n_fields; c++) {
        int order = compare_elements(&a->children[c], i, &b->children[c], j);
        if (order)
            return order;
    }
    return 0;
}

bool vonk_equal_rows(const vonk_column *a, uint32_t row_a, const vonk_column *b, uint32_t row_b)
{
    if (vonk_type_physical(a->type) == VONK_PHYS_STRING)
        return vonk_string_equal((const vonk_string *)a->values + vonk_column_at(a, row_a),
                                 (const vonk_string *)b->values + vonk_column_at(b, row_b));
    return vonk_compare_rows(a, row_a, b, row_b) == 0;
}
