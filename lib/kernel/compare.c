/* compare.c - =, <>, <, <=, >, >=, <=> on columns. */
#include "column/gather.h"
#include "kernel/kernel.h"
#include "kernel/numeric.h"
#include "kernel/operands.h"

#define TEMPLATE "kernel/compare.inc.h"
#include "kernel/each_fixed.inc.h"

#include "kernel/compare_string.inc.h"

/* Word w of a boolean column; a constant's bit fills it. */
static inline uint64_t bool_word(const vonk_column *col, size_t w)
{
    const uint64_t *bits = col->values;
    return col->encoding == VONK_CONSTANT ? -(bits[0] & 1) : bits[w];
}

static void compare_bool(bool less, const vonk_column *a, const vonk_column *b, uint64_t *out)
{
    for (size_t w = 0; w < vonk_bitmap_words(a->length); w++) {
        uint64_t x = bool_word(a, w), y = bool_word(b, w);
        out[w] = less ? ~x & y : ~(x ^ y);
    }
}

/* Both FLAT, or one CONSTANT (b if not less). */
typedef void compare_fn(bool less, const vonk_column *a, const vonk_column *b, uint64_t *out);

static compare_fn *const compare_fns[VONK_N_PHYS] = {
    [VONK_PHYS_BIT] = compare_bool,      [VONK_PHYS_I8] = compare_i8,
    [VONK_PHYS_I16] = compare_i16,       [VONK_PHYS_I32] = compare_i32,
    [VONK_PHYS_I64] = compare_i64,       [VONK_PHYS_I128] = compare_i128,
    [VONK_PHYS_F32] = compare_f32,       [VONK_PHYS_F64] = compare_f64,
    [VONK_PHYS_STRING] = compare_string,
};

/* The order is total (see numeric.h), so "equals" and "less" give all six, by swap and negation. */
typedef struct compare_plan {
    bool less, swap, negate;
} compare_plan;

static const compare_plan plans[] = {
    [VONK_EQ] = {.less = false},
    [VONK_NE] = {.less = false, .negate = true},
    [VONK_LT] = {.less = true},
    [VONK_GE] = {.less = true, .negate = true},
    [VONK_GT] = {.less = true, .swap = true},
    [VONK_LE] = {.less = true, .swap = true, .negate = true},
    [VONK_EQ_NULL_SAFE] = {.less = false},
};

/* The answers as bits, nulls not looked at. a and b are FLAT or CONSTANT. */
static void compare_values(compare_plan plan, const vonk_column *a, const vonk_column *b,
                           uint64_t *out)
{
    bool swap = plan.swap || (a->encoding == VONK_CONSTANT && !plan.less);
    vonk_column first = swap ? *b : *a, second = swap ? *a : *b;
    if (first.encoding == VONK_CONSTANT && second.encoding == VONK_CONSTANT) {
        first.encoding = second.encoding = VONK_FLAT;
        first.length = 1;
    }
    compare_fns[vonk_type_physical(a->type)](plan.less, &first, &second, out);
    for (size_t w = 0; plan.negate && w < vonk_bitmap_words(first.length); w++)
        out[w] = ~out[w];
}

/* Compares the dictionary's entries with the constant once, then maps codes to answers. */
static vonk_status compare_dictionary(vonk_arena *arena, compare_plan plan, const vonk_column *a,
                                      const vonk_column *b, uint64_t *out, vonk_error *err)
{
    const vonk_column *coded = a->encoding == VONK_DICTIONARY ? a : b;
    uint32_t n = coded->n_dictionary;
    vonk_column x = *a, y = *b;
    vonk_column *entries = coded == a ? &x : &y;
    uint64_t *answers = vonk_arena_alloc(arena, vonk_bitmap_words(n) * 8, err);
    VONK_TRY_ALLOC(answers);
    entries->encoding = VONK_FLAT;
    x.length = y.length = n;
    compare_values(plan, &x, &y, answers);
    vonk_bits_gather(answers, coded->codes, coded->length, out);
    return VONK_OK;
}

/* One side coded, the other constant, and fewer entries than rows: worth comparing entries. */
static bool entries_suffice(const vonk_column *a, const vonk_column *b)
{
    if (a->encoding == VONK_DICTIONARY)
        return b->encoding == VONK_CONSTANT && a->n_dictionary <= a->length;
    return b->encoding == VONK_DICTIONARY && a->encoding == VONK_CONSTANT &&
           b->n_dictionary <= b->length;
}

/* bits = both null, or both not null and equal. */
static vonk_status null_safe(vonk_arena *arena, const vonk_column *a, const vonk_column *b,
                             vonk_column *out, vonk_error *err)
{
    uint64_t *va, *vb, *bits = out->values;
    vonk_column x = *a, y = *b;
    x.length = y.length = out->encoding == VONK_CONSTANT ? 1 : out->length;
    VONK_TRY(vonk_column_validity(arena, &x, &va, err));
    VONK_TRY(vonk_column_validity(arena, &y, &vb, err));
    for (size_t w = 0; w < vonk_bitmap_words(x.length); w++) {
        uint64_t i = va ? va[w] : UINT64_MAX, j = vb ? vb[w] : UINT64_MAX;
        bits[w] = (bits[w] & i & j) | (~i & ~j);
    }
    out->validity = NULL;
    return VONK_OK;
}

static vonk_status check_types(const vonk_column *a, const vonk_column *b, vonk_error *err)
{
    VONK_TRY(vonk_check_lengths("compare", a, b, err));
    if (!vonk_type_equal(a->type, b->type))
        return vonk_fail(err, VONK_INVALID, "cannot compare %s and %s", vonk_type_sql_name(a->type),
                         vonk_type_sql_name(b->type));
    if (a->type.id != VONK_NULL && !compare_fns[vonk_type_physical(a->type)])
        return vonk_fail(err, VONK_UNSUPPORTED, "no comparison for type %s",
                         vonk_type_sql_name(a->type));
    return VONK_OK;
}

vonk_status vonk_compare(vonk_arena *arena, vonk_compare_op op, const vonk_column *a,
                         const vonk_column *b, vonk_column *ret, vonk_error *err)
{
    bool safe = op == VONK_EQ_NULL_SAFE;
    vonk_column x, y, out;
    VONK_TRY(check_types(a, b, err));
    if (!safe && (vonk_is_null_constant(a) || vonk_is_null_constant(b)))
        return vonk_column_null(arena, VONK_TYPE(BOOL), a->length, ret, err);
    bool constant = vonk_is_constant(a) && vonk_is_constant(b);
    VONK_TRY(vonk_column_new(arena, VONK_TYPE(BOOL), constant ? 1 : a->length, &out, err));
    out.length = a->length;
    if (a->type.id == VONK_NULL) {
        memset(out.values, 0, vonk_bitmap_words(a->length) * 8);
    } else if (entries_suffice(a, b)) {
        VONK_TRY(compare_dictionary(arena, plans[op], a, b, out.values, err));
    } else {
        VONK_TRY(vonk_decode(arena, a, &x, err));
        VONK_TRY(vonk_decode(arena, b, &y, err));
        compare_values(plans[op], &x, &y, out.values);
    }
    if (constant)
        out.encoding = VONK_CONSTANT;
    if (safe)
        VONK_TRY(null_safe(arena, a, b, &out, err));
    else if (!constant) /* constants that are null were dealt with */
        VONK_TRY(vonk_validity_and(arena, a, b, &out.validity, err));
    *ret = out;
    return VONK_OK;
}
