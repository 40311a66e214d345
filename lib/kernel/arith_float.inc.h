/* arith_float.inc.h - arithmetic on runs of T. See each_float.inc.h for the parameters. */

VONK_SPECIALISE T FN(arith1)(vonk_arith_op op, T x, T y)
{
    if (op == VONK_ADD)
        return x + y;
    if (op == VONK_SUB)
        return x - y;
    if (op == VONK_MUL)
        return x * y;
    if (op == VONK_DIV)
        return x / y;
    return (T)fmod((double)x, (double)y);
}

VONK_SPECIALISE void FN(arith_loop)(vonk_arith_op op, const T *restrict a, size_t a_step,
                                    const T *restrict b, size_t b_step, size_t n, T *restrict out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = FN(arith1)(op, a[i * a_step], b[i * b_step]);
}

VONK_SPECIALISE void FN(arith_steps)(vonk_arith_op op, const arith_call *call)
{
    const T *a = call->a.values, *b = call->b.values;
    T *out = call->out.values;
    size_t n = call->out.length;
    if (call->b.encoding == VONK_CONSTANT)
        FN(arith_loop)(op, a, 1, b, 0, n, out);
    else if (call->a.encoding == VONK_CONSTANT)
        FN(arith_loop)(op, a, 0, b, 1, n, out);
    else
        FN(arith_loop)(op, a, 1, b, 1, n, out);
}

/* Some value is zero, of either sign. */
static bool FN(any_zero)(const vonk_column *col, size_t n)
{
    const T *values = col->values;
    int zeros = 0;
    if (col->encoding == VONK_CONSTANT)
        return values[0] == 0;
    for (size_t i = 0; i < n; i++)
        zeros |= values[i] == 0;
    return zeros;
}

/* Overflow is infinity, which is a value; division by zero is an error or null as for integers. */
static bool FN(arith)(const arith_call *call)
{
    switch (call->op) {
    case VONK_ADD:
        FN(arith_steps)(VONK_ADD, call);
        return false;
    case VONK_SUB:
        FN(arith_steps)(VONK_SUB, call);
        return false;
    case VONK_MUL:
        FN(arith_steps)(VONK_MUL, call);
        return false;
    case VONK_DIV:
        FN(arith_steps)(VONK_DIV, call);
        break;
    default:
        FN(arith_steps)(VONK_MOD, call);
        break;
    }
    return FN(any_zero)(&call->b, call->out.length);
}

static arith_fault FN(arith_row)(const arith_call *call, uint32_t row)
{
    return ((const T *)call->b.values)[vonk_column_at(&call->b, row)] == 0 ? ARITH_BY_ZERO
                                                                           : ARITH_FINE;
}
