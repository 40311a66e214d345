/* hyperloglog.c - from registers to an estimate. */
#include "expr/hyperloglog.h"

#include <math.h>

#define MOST_KNOWN_BITS 18  /* that the paper's authors measured the bias for */
#define VONK_HLL_POINTS 201 /* at so many estimates, at most */
#define NEIGHBOURS      6   /* points that a bias is the average of */

#include "expr/hyperloglog_biases.inc.h"
#include "expr/hyperloglog_estimates.inc.h"

/* Below which counting the registers that are zero is the better estimate. */
static const double thresholds[] = {10,   20,   40,    80,    220,   400,    900,   1800,
                                    3100, 6500, 15500, 20000, 50000, 120000, 350000};

int vonk_hll_bits(double deviation)
{
    double bits = ceil(2.0 * log(1.106 / deviation) / log(2.0));
    if (!(bits >= 0)) /* of NaN, too */
        return 0;
    return bits > 64 ? 64 : (int)bits;
}

/* alpha * m * m */
static double scale_of(int bits)
{
    double m = (double)(1 << bits);
    double alpha = bits == 4 ? 0.673 : bits == 5 ? 0.697 : bits == 6 ? 0.709 : 0;
    if (bits > 6)
        alpha = 0.7213 / (1.0 + 1.079 / m);
    return alpha * m * m;
}

/* Where `e` is among the points, or would be. Not all tables are in order: the steps matter. */
static int find_point(const double *points, int n, double e)
{
    int low = 0, high = n - 1;
    while (low <= high) {
        int mid = (low + high) / 2;
        if (points[mid] == e)
            return mid;
        if (points[mid] < e)
            low = mid + 1;
        else
            high = mid - 1;
    }
    return low;
}

/* How much too large the raw estimate `e` is: the average of the points next to it. */
static double bias_of(double e, int bits)
{
    const double *points = raw_estimates[bits - VONK_HLL_LEAST_BITS];
    const double *bias = biases[bits - VONK_HLL_LEAST_BITS];
    int n = VONK_HLL_POINTS;
    while (points[n - 1] == 0)
        n--;
    int low = find_point(points, n, e) - NEIGHBOURS + 1;
    low = low < 0 ? 0 : low;
    int high = low + NEIGHBOURS > n ? n : low + NEIGHBOURS;
    for (; high < n; low++, high++) {
        double below = e - points[low], above = e - points[high];
        if (above * above >= below * below)
            break;
    }
    double sum = 0;
    for (int i = low; i < high; i++)
        sum += bias[i];
    return sum / (high - low);
}

static int64_t rounded(double x)
{
    return (int64_t)floor(x + 0.5);
}

/* By `n_zero` of the registers, more than none. */
static double count_linearly(uint32_t n_zero, int bits)
{
    double m = (double)(1 << bits);
    return m * log(m / (double)n_zero);
}

/* In the registers' order, as Spark adds them up. */
static double raw_estimate(const uint8_t *registers, int bits)
{
    double sum = 0;
    for (uint32_t i = 0; i < 1u << bits; i++)
        sum += 1.0 / (double)(UINT64_C(1) << registers[i]);
    return scale_of(bits) / sum;
}

int64_t vonk_hll_estimate_few(uint32_t n_set, int bits)
{
    return rounded(count_linearly((1u << bits) - n_set, bits));
}

int64_t vonk_hll_estimate(const uint8_t *registers, int bits)
{
    uint32_t m = 1u << bits, n_zero = 0;
    for (uint32_t i = 0; i < m; i++)
        n_zero += registers[i] == 0;
    double few = n_zero ? count_linearly(n_zero, bits) : INFINITY;
    bool known = bits <= MOST_KNOWN_BITS;
    if (known && few <= thresholds[bits - VONK_HLL_LEAST_BITS])
        return rounded(few);
    double e = raw_estimate(registers, bits);
    if (n_zero && e <= 2.5 * m)
        return rounded(few);
    return rounded(known && e < 5.0 * m ? e - bias_of(e, bits) : e);
}
