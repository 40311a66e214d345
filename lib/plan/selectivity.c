/* selectivity.c - one guess a kind of condition. */
#include "plan/selectivity.h"

#include <math.h>

double vonk_selectivity(const vonk_expr *e)
{
    if (vonk_expr_is_call(e, "and"))
        return vonk_selectivity(e->args[0]) * vonk_selectivity(e->args[1]);
    if (vonk_expr_is_call(e, "or"))
        return fmin(1, vonk_selectivity(e->args[0]) + vonk_selectivity(e->args[1]));
    if (vonk_expr_is_call(e, "not"))
        return fmax(0.05, 1 - vonk_selectivity(e->args[0]));
    if (vonk_expr_is_call(e, "=") || vonk_expr_is_call(e, "==") || vonk_expr_is_call(e, "<=>"))
        return 0.05;
    if (vonk_expr_is_call(e, "in"))
        return fmin(0.5, 0.05 * (e->n_args - 1));
    if (vonk_expr_is_call(e, "like") || vonk_expr_is_call(e, "between"))
        return 0.1;
    if (vonk_expr_is_call(e, "<>") || vonk_expr_is_call(e, "isnotnull"))
        return 0.9;
    return 1.0 / 3;
}
