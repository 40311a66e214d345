/* logic.c - three-valued AND, OR, NOT and IS NULL, 64 rows at a time. */
#include "kernel/kernel.h"
#include "kernel/operands.h"

static vonk_status check_bool(const vonk_column *a, const char *verb, vonk_error *err)
{
    if (a->type.id == VONK_BOOL || a->type.id == VONK_NULL)
        return VONK_OK;
    return vonk_fail(err, VONK_INVALID, "%s of %s", verb, vonk_type_sql_name(a->type));
}

/* A boolean operand word by word: which rows are true, and which are false. */
typedef struct operand {
    const uint64_t *values, *validity; /* validity may be NULL */
    uint64_t constant_true, constant_false;
    bool constant;
} operand;

static inline uint64_t true_rows(const operand *o, size_t w)
{
    if (o->constant)
        return o->constant_true;
    return o->values[w] & (o->validity ? o->validity[w] : UINT64_MAX);
}

static inline uint64_t false_rows(const operand *o, size_t w)
{
    if (o->constant)
        return o->constant_false;
    return ~o->values[w] & (o->validity ? o->validity[w] : UINT64_MAX);
}

static vonk_status open_operand(vonk_arena *arena, const vonk_column *col, operand *ret,
                                vonk_error *err)
{
    vonk_column flat;
    if (vonk_is_constant(col) || col->type.id == VONK_NULL) {
        bool valid = vonk_column_is_valid(col, 0);
        bool on = valid && vonk_bit_get(col->values, 0);
        *ret = (operand){.constant = true,
                         .constant_true = valid && on ? UINT64_MAX : 0,
                         .constant_false = valid && !on ? UINT64_MAX : 0};
        return VONK_OK;
    }
    VONK_TRY(vonk_decode(arena, col, &flat, err));
    *ret = (operand){.values = flat.values, .validity = flat.validity};
    return VONK_OK;
}

/* AND of two, or (by De Morgan: true and false change places) OR of two. */
VONK_SPECIALISE void combine_loop(bool or, const operand *a, const operand *b, size_t words,
                                  uint64_t *values, uint64_t *validity)
{
    for (size_t w = 0; w < words; w++) {
        uint64_t at = true_rows(a, w), af = false_rows(a, w);
        uint64_t bt = true_rows(b, w), bf = false_rows(b, w);
        uint64_t is_true = or ? at | bt : at & bt;
        uint64_t is_false = or ? af & bf : af | bf;
        values[w] = is_true;
        if (validity)
            validity[w] = is_true | is_false;
    }
}

static vonk_status combine(bool or, vonk_arena *arena, const vonk_column *a, const vonk_column *b,
                           vonk_column *ret, vonk_error *err)
{
    const char *verb = or ? "or" : "and";
    operand x, y;
    vonk_column out;
    VONK_TRY(vonk_check_lengths(verb, a, b, err));
    VONK_TRY(check_bool(a, verb, err));
    VONK_TRY(check_bool(b, verb, err));
    VONK_TRY(open_operand(arena, a, &x, err));
    VONK_TRY(open_operand(arena, b, &y, err));
    bool constant = x.constant && y.constant;
    bool nulls_x = x.validity || (x.constant && !(x.constant_true | x.constant_false));
    bool nulls_y = y.validity || (y.constant && !(y.constant_true | y.constant_false));
    uint32_t stored = constant ? 1 : a->length;
    VONK_TRY(vonk_column_new(arena, VONK_TYPE(BOOL), stored, &out, err));
    if (nulls_x || nulls_y)
        VONK_TRY(vonk_column_add_validity(arena, &out, err));
    combine_loop(or, &x, &y, vonk_bitmap_words(stored), out.values, out.validity);
    out.encoding = constant ? VONK_CONSTANT : VONK_FLAT;
    out.length = a->length;
    *ret = out;
    return VONK_OK;
}

vonk_status vonk_and(vonk_arena *arena, const vonk_column *a, const vonk_column *b,
                     vonk_column *ret, vonk_error *err)
{
    return combine(false, arena, a, b, ret, err);
}

vonk_status vonk_or(vonk_arena *arena, const vonk_column *a, const vonk_column *b, vonk_column *ret,
                    vonk_error *err)
{
    return combine(true, arena, a, b, ret, err);
}

/* Works on what is stored, so every encoding is kept. */
vonk_status vonk_not(vonk_arena *arena, const vonk_column *a, vonk_column *ret, vonk_error *err)
{
    VONK_TRY(check_bool(a, "not", err));
    if (a->type.id == VONK_NULL)
        return vonk_column_null(arena, VONK_TYPE(BOOL), a->length, ret, err);
    uint32_t stored = a->encoding == VONK_FLAT ? a->length : 1;
    if (a->encoding == VONK_DICTIONARY)
        stored = a->n_dictionary;
    vonk_column out;
    VONK_TRY(vonk_column_new(arena, a->type, stored, &out, err));
    const uint64_t *in = a->values;
    uint64_t *bits = out.values;
    for (size_t w = 0; w < vonk_bitmap_words(stored); w++)
        bits[w] = ~in[w];
    vonk_column result = *a;
    result.values = bits;
    *ret = result;
    return VONK_OK;
}

vonk_status vonk_is_null(vonk_arena *arena, const vonk_column *a, bool negate, vonk_column *ret,
                         vonk_error *err)
{
    bool none = a->type.id != VONK_NULL && !a->validity;
    bool all = a->type.id == VONK_NULL;
    vonk_column out;
    if (none || all || vonk_is_constant(a)) {
        bool is_null = !none && !vonk_column_is_valid(a, 0);
        VONK_TRY(vonk_column_new(arena, VONK_TYPE(BOOL), 1, &out, err));
        ((uint64_t *)out.values)[0] = is_null != negate ? UINT64_MAX : 0;
        out.encoding = VONK_CONSTANT;
        out.length = a->length;
        *ret = out;
        return VONK_OK;
    }
    VONK_TRY(vonk_column_new(arena, VONK_TYPE(BOOL), a->length, &out, err));
    uint64_t *bits = out.values, flip = negate ? 0 : UINT64_MAX;
    for (size_t w = 0; w < vonk_bitmap_words(a->length); w++)
        bits[w] = a->validity[w] ^ flip;
    *ret = out;
    return VONK_OK;
}
