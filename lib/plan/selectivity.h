/* selectivity.h - the share of rows that a condition keeps, guessed from its form alone. */
#ifndef VONK_PLAN_SELECTIVITY_H
#define VONK_PLAN_SELECTIVITY_H

#include "expr/expr.h"

/* 0..1: an equality keeps a twentieth, LIKE a tenth, a comparison a third. */
double vonk_selectivity(const vonk_expr *condition);

#endif
