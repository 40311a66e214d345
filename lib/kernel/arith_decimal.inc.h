/*
 * arith_decimal.inc.h - + - * on runs of unscaled decimals, without checks: the caller knows that
 * no row that counts can overflow, or looks at the results afterwards.
 *
 * Parameters: TA, TB, the operands' types; TR, the result's; UR, TR unsigned (a null row's value is
 * arbitrary, so that its result must be allowed to wrap); SUFFIX.
 */

/* `op` and `scaled` are literals. fa and fb bring the operands to one scale (if `scaled`). */
VONK_SPECIALISE void FN(decimal_loop)(vonk_arith_op op, bool scaled, const TA *restrict a,
                                      size_t a_step, const TB *restrict b, size_t b_step, TR fa,
                                      TR fb, size_t n, TR *restrict out)
{
    for (size_t i = 0; i < n; i++) {
        TR x = a[i * a_step], y = b[i * b_step];
        if (op == VONK_MUL) {
            /* Two 64-bit values never leave 128 bits; said so, it is one instruction. */
            if (sizeof(TA) == 8 && sizeof(TB) == 8 && sizeof(TR) == 16)
                out[i] = x * y;
            else
                out[i] = (TR)((UR)x * (UR)y);
            continue;
        }
        UR left = scaled ? (UR)x * (UR)fa : (UR)x, right = scaled ? (UR)y * (UR)fb : (UR)y;
        out[i] = (TR)(op == VONK_ADD ? left + right : left - right);
    }
}

VONK_SPECIALISE void FN(decimal_steps)(vonk_arith_op op, bool scaled, const arith_call *call, TR fa,
                                       TR fb)
{
    const TA *a = call->a.values;
    const TB *b = call->b.values;
    TR *out = call->out.values;
    size_t n = call->out.length;
    if (call->b.encoding == VONK_CONSTANT)
        FN(decimal_loop)(op, scaled, a, 1, b, 0, fa, fb, n, out);
    else if (call->a.encoding == VONK_CONSTANT)
        FN(decimal_loop)(op, scaled, a, 0, b, 1, fa, fb, n, out);
    else
        FN(decimal_loop)(op, scaled, a, 1, b, 1, fa, fb, n, out);
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
