/*
 * arith_decimal.inc.h - + - * on runs of unscaled decimals, without checks: the caller knows that
 * no row that counts can overflow, or looks at the results afterwards.
 *
 * Parameters: TA, TB, the operands' types; TR, the result's; UR, TR unsigned (a null row's value is
 * arbitrary, so that its result must be allowed to wrap); SUFFIX.
 */

/* One result. `op` and `scaled` are literals; fa and fb bring the operands to one scale. */
VONK_SPECIALISE TR FN(decimal1)(vonk_arith_op op, bool scaled, TR x, TR y, TR fa, TR fb)
{
    /* Two 64-bit values never leave 128 bits; said so, it is one instruction. */
    bool exact = sizeof(TA) + sizeof(TB) == 16 && sizeof(TR) == 16;
    if (op == VONK_MUL)
        return exact ? x * y : (TR)((UR)x * (UR)y);
    UR left = scaled ? (UR)x * (UR)fa : (UR)x, right = scaled ? (UR)y * (UR)fb : (UR)y;
    return (TR)(op == VONK_ADD ? left + right : left - right);
}

VONK_SPECIALISE void FN(decimal_loop)(vonk_arith_op op, bool scaled, const arith_call *call,
                                      size_t a_step, size_t b_step, TR fa, TR fb)
{
    const TA *restrict a = call->a.values;
    const TB *restrict b = call->b.values;
    TR *restrict out = call->out.values;
    size_t n = call->out.length;
    for (size_t i = 0; i < n; i++)
        out[i] = FN(decimal1)(op, scaled, a[i * a_step], b[i * b_step], fa, fb);
}

VONK_SPECIALISE void FN(decimal_steps)(vonk_arith_op op, bool scaled, const arith_call *call, TR fa,
                                       TR fb)
{
    if (call->b.encoding == VONK_CONSTANT)
        FN(decimal_loop)(op, scaled, call, 1, 0, fa, fb);
    else if (call->a.encoding == VONK_CONSTANT)
        FN(decimal_loop)(op, scaled, call, 0, 1, fa, fb);
    else
        FN(decimal_loop)(op, scaled, call, 1, 1, fa, fb);
}

static void FN(decimal)(const arith_call *call, vonk_int128 fa, vonk_int128 fb)
{
    bool scaled = fa != 1 || fb != 1;
    if (call->op == VONK_MUL)
        FN(decimal_steps)(VONK_MUL, false, call, 1, 1);
    else if (call->op == VONK_ADD && scaled)
        FN(decimal_steps)(VONK_ADD, true, call, (TR)fa, (TR)fb);
    else if (call->op == VONK_ADD)
        FN(decimal_steps)(VONK_ADD, false, call, 1, 1);
    else if (scaled)
        FN(decimal_steps)(VONK_SUB, true, call, (TR)fa, (TR)fb);
    else
        FN(decimal_steps)(VONK_SUB, false, call, 1, 1);
}

#undef TA
#undef TB
#undef TR
#undef UR
#undef SUFFIX
