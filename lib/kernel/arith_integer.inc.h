/* arith_integer.inc.h - +, -, *, % on runs of T. See each_integer.inc.h for the parameters. */

/*
 * One result, wrapped. A result outside the type makes *bad negative (+, -) or other than zero (*)
 * and it stays so: one test after a loop covers all its rows. `op` is a literal.
 */
VONK_SPECIALISE T FN(arith1)(vonk_arith_op op, T x, T y, T *bad)
{
    if (op == VONK_ADD) {
        T sum = (T)((UNSIGNED)x + (UNSIGNED)y);
        *bad = (T)(*bad | ((x ^ sum) & (y ^ sum))); /* the sign changed although both agree on it */
        return sum;
    }
    if (op == VONK_SUB) {
        T difference = (T)((UNSIGNED)x - (UNSIGNED)y);
        *bad = (T)(*bad | ((x ^ y) & (x ^ difference)));
        return difference;
    }
    WIDE product = (WIDE)x * y;
    T low = (T)product;
    *bad = (T)(*bad | ((T)(product >> (8 * sizeof(T))) ^ (T)(low >> (8 * sizeof(T) - 1))));
    return low;
}

VONK_SPECIALISE bool FN(arith_loop)(vonk_arith_op op, const T *restrict a, size_t a_step,
                                    const T *restrict b, size_t b_step, size_t n, T *restrict out)
{
    T bad = 0;
    for (size_t i = 0; i < n; i++)
        out[i] = FN(arith1)(op, a[i * a_step], b[i * b_step], &bad);
    return op == VONK_MUL ? bad != 0 : bad < 0;
}

VONK_SPECIALISE bool FN(arith_steps)(vonk_arith_op op, const arith_call *call)
{
    const T *a = call->a.values, *b = call->b.values;
    T *out = call->out.values;
    size_t n = call->out.length;
    if (call->b.encoding == VONK_CONSTANT)
        return FN(arith_loop)(op, a, 1, b, 0, n, out);
    if (call->a.encoding == VONK_CONSTANT)
        return FN(arith_loop)(op, a, 0, b, 1, n, out);
    return FN(arith_loop)(op, a, 1, b, 1, n, out);
}

/* The remainder by zero is left to be found; by -1 it is 0, which the CPU's division traps on. */
static bool FN(mod_steps)(const arith_call *call)
{
    const T *a = call->a.values, *b = call->b.values;
    size_t a_step = call->a.encoding != VONK_CONSTANT, b_step = call->b.encoding != VONK_CONSTANT;
    T *out = call->out.values;
    bool zero = false;
    for (size_t i = 0; i < call->out.length; i++) {
        T y = b[i * b_step];
        zero |= y == 0;
        out[i] = (T)(a[i * a_step] % (y == 0 || y == -1 ? (T)1 : y));
    }
    return zero;
}

static bool FN(arith)(const arith_call *call)
{
    switch (call->op) {
    case VONK_ADD:
        return FN(arith_steps)(VONK_ADD, call);
    case VONK_SUB:
        return FN(arith_steps)(VONK_SUB, call);
    case VONK_MUL:
        return FN(arith_steps)(VONK_MUL, call);
    default:
        return FN(mod_steps)(call);
    }
}

static arith_fault FN(arith_row)(const arith_call *call, uint32_t row)
{
    const T *a = call->a.values, *b = call->b.values;
    T x = a[vonk_column_at(&call->a, row)], y = b[vonk_column_at(&call->b, row)], bad = 0;
    if (call->op == VONK_MOD)
        return y == 0 ? ARITH_BY_ZERO : ARITH_FINE;
    if (call->op == VONK_ADD)
        (void)FN(arith1)(VONK_ADD, x, y, &bad);
    else if (call->op == VONK_SUB)
        (void)FN(arith1)(VONK_SUB, x, y, &bad);
    else
        return FN(arith1)(VONK_MUL, x, y, &bad), bad ? ARITH_OVERFLOW : ARITH_FINE;
    return bad < 0 ? ARITH_OVERFLOW : ARITH_FINE;
}
