/* quantity.h - Kubernetes quantities: "2Gi", "500m", "1.5", "1e3". */
#ifndef VONK_JOB_QUANTITY_H
#define VONK_JOB_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * *ret = the quantity in thousandths (per_unit 1000: "500m" cpu is 500) or in ones (per_unit 1:
 * bytes), rounded up as Kubernetes does. False if `text` is none, is negative or does not fit.
 */
bool vonk_quantity_parse(const char *text, int64_t per_unit, int64_t *ret);

#endif
