/* guess.c - one field after the other, and pieces of a column put together. */
#include "format/csv/guess.h"

#include <ctype.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "format/csv/convert.h"
#include "format/text/convert.h"

/* ---- one field ---- */

/* A number without fraction (1., 15e0, 1.5e1) of at most 38 digits. */
static bool try_decimal(const vonk_csv_field *f, uint8_t *ret_precision)
{
    const char *p = f->data, *end = p + f->length;
    int64_t n_digits = 0, n_fraction = 0, exponent = 0, n_seen = 0;
    bool point = false;
    p += p < end && (*p == '-' || *p == '+');
    for (; p < end && (isdigit((unsigned char)*p) || (*p == '.' && !point)); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        n_seen++;
        n_fraction += point;
        n_digits += n_digits || *p != '0';
    }
    if (!n_seen)
        return false;
    if (p < end && (*p | 0x20) == 'e') {
        vonk_csv_field rest = {p + 1, (uint32_t)(end - p - 1)};
        if (!vonk_text_to_int64(rest.data, rest.length, &exponent))
            return false;
        p = end;
    }
    if (p < end || exponent != n_fraction || n_digits > VONK_MAX_PRECISION)
        return false;
    *ret_precision = (uint8_t)(n_digits ? n_digits : 1);
    return true;
}

static bool try_date(const vonk_csv_options *o, const vonk_csv_field *f)
{
    int32_t days;
    if (!o->prefer_date)
        return false;
    if (o->date_format)
        return vonk_text_to_date(f->data, f->length, o->date_format, &days);
    if (f->length != 10 || f->data[4] != '-' || f->data[7] != '-')
        return false;
    for (int i = 0; i < 10; i++) {
        if (i != 4 && i != 7 && !isdigit((unsigned char)f->data[i]))
            return false;
    }
    return vonk_text_to_date(f->data, f->length, NULL, &days);
}

/* What a field that is not null is, if everything before `from` is ruled out. */
static vonk_csv_guess guess_field(const vonk_csv_options *o, const vonk_csv_field *f,
                                  vonk_csv_kind from)
{
    int64_t i64;
    double f64;
    bool boolean;
    vonk_csv_guess g = {0};
    if (from <= VONK_CSV_BIGINT && vonk_text_to_int64(f->data, f->length, &i64)) {
        g.kind = from <= VONK_CSV_INT && i64 == (int32_t)i64 ? VONK_CSV_INT : VONK_CSV_BIGINT;
        return g;
    }
    if (from <= VONK_CSV_DECIMAL && try_decimal(f, &g.precision)) {
        g.kind = VONK_CSV_DECIMAL;
        return g;
    }
    if (from <= VONK_CSV_DOUBLE && vonk_csv_double(o, f, &f64))
        return (vonk_csv_guess){.kind = VONK_CSV_DOUBLE};
    if (from <= VONK_CSV_DATE && try_date(o, f))
        return (vonk_csv_guess){.kind = VONK_CSV_DATE};
    if (from <= VONK_CSV_TIMESTAMP &&
        vonk_text_to_timestamp(f->data, f->length, o->timestamp_format, &o->zone, &i64))
        return (vonk_csv_guess){.kind = VONK_CSV_TIMESTAMP};
    if (from <= VONK_CSV_BOOLEAN && vonk_text_to_bool(f->data, f->length, &boolean))
        return (vonk_csv_guess){.kind = VONK_CSV_BOOLEAN};
    return (vonk_csv_guess){.kind = VONK_CSV_STRING};
}

#define INT_DIGITS    10 /* of the decimals that hold all ints and bigints */
#define BIGINT_DIGITS 20

static uint8_t precision_of(vonk_csv_guess g)
{
    return g.kind == VONK_CSV_INT      ? INT_DIGITS
           : g.kind == VONK_CSV_BIGINT ? BIGINT_DIGITS
                                       : g.precision;
}

/* The type that holds both. */
static vonk_csv_guess merge(const vonk_csv_options *o, vonk_csv_guess a, vonk_csv_guess b)
{
    if (a.kind > b.kind)
        return merge(o, b, a);
    if (a.kind == VONK_CSV_NOTHING || (a.kind == b.kind && a.kind != VONK_CSV_DECIMAL))
        return b;
    if (b.kind == VONK_CSV_BIGINT || b.kind == VONK_CSV_DOUBLE)
        return b;
    if (b.kind == VONK_CSV_DECIMAL) {
        /* An int beside a wider decimal is that decimal; a bigint needs 20 digits. */
        uint8_t x = precision_of(a), y = precision_of(b);
        return (vonk_csv_guess){VONK_CSV_DECIMAL, x > y ? x : y};
    }
    if (a.kind == VONK_CSV_DATE && b.kind == VONK_CSV_TIMESTAMP && !o->timestamp_format)
        return b;
    return (vonk_csv_guess){.kind = VONK_CSV_STRING};
}

/* ---- fields that say nothing new, seen at a glance ---- */

/* Of some bytes, a bit each. */
typedef struct classes {
    uint64_t digits, points;
} classes;

/* The classes of sixteen bytes. */
static inline classes classify(const char *p)
{
#ifdef __SSE2__
    __m128i bytes = _mm_loadu_si128((const __m128i *)p);
    __m128i values = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    __m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(values, _mm_set1_epi8(9)), values);
    __m128i points = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('.'));
    return (classes){(uint32_t)_mm_movemask_epi8(digits), (uint32_t)_mm_movemask_epi8(points)};
#else
    classes c = {0};
    for (int i = 0; i < 16; i++) {
        c.digits |= (uint64_t)((uint8_t)(p[i] - '0') <= 9) << i;
        c.points |= (uint64_t)(p[i] == '.') << i;
    }
    return c;
#endif
}

/* The field is empty or [-]digits of at most `most` < 32 characters, with a point if there may be.
 */
VONK_SPECIALISE bool is_plain(const vonk_csv_field *f, uint32_t most, bool point)
{
    uint32_t n = f->length;
    if (!n)
        return true;
    uint32_t sign = *f->data == '-';
    if (n > most + sign)
        return false;
    classes c = classify(f->data);
    if (n > 16) { /* the last sixteen, too: what both have is the same */
        classes last = classify(f->data + n - 16);
        c.digits = (c.digits & 0xffff) | last.digits << (n - 16);
        c.points = (c.points & 0xffff) | last.points << (n - 16);
    }
    uint64_t all = (UINT64_C(1) << n) - 1, digits = c.digits & all;
    uint64_t points = point ? c.points & all : 0;
    return ((digits | points | sign) == all) & !!digits & !(points & (points - 1));
}

VONK_SPECIALISE uint32_t skip_plain(const vonk_csv_field *fields, uint32_t row, uint32_t n,
                                    uint32_t most, bool point)
{
    while (row < n && is_plain(&fields[row], most, point))
        row++;
    return row;
}

/* The first field at or behind `row` that may change the guess. */
static uint32_t skip_known(vonk_csv_kind kind, const vonk_csv_field *fields, uint32_t row,
                           uint32_t n)
{
    switch (kind) {
    case VONK_CSV_INT:
        return skip_plain(fields, row, n, 9, false); /* more digits may not fit */
    case VONK_CSV_BIGINT:
        return skip_plain(fields, row, n, 18, false);
    case VONK_CSV_DOUBLE:
        return skip_plain(fields, row, n, 24, true);
    case VONK_CSV_STRING:
        return n;
    default:
        return row;
    }
}

void vonk_csv_guess_fields(const vonk_csv_options *o, const vonk_csv_field *fields, uint32_t n,
                           vonk_csv_guess *guess)
{
    vonk_csv_guess g = *guess;
    for (uint32_t row = skip_known(g.kind, fields, 0, n); row < n;
         row = skip_known(g.kind, fields, row + 1, n)) {
        const vonk_csv_field *f = &fields[row];
        if (!vonk_csv_is_null(o, f) && f->length)
            g = merge(o, g, guess_field(o, f, g.kind));
    }
    *guess = g;
}

/* ---- pieces ---- */

static bool same(vonk_csv_guess a, vonk_csv_guess b)
{
    return a.kind == b.kind && a.precision == b.precision;
}

/* Dates and timestamps without patterns, where a date is a timestamp, too. */
static bool are_times(const vonk_csv_options *o, vonk_csv_guess before, vonk_csv_guess piece)
{
    bool times = before.kind == VONK_CSV_DATE || before.kind == VONK_CSV_TIMESTAMP;
    if (!times || (piece.kind != VONK_CSV_DATE && piece.kind != VONK_CSV_TIMESTAMP))
        return false;
    return !o->date_format && !o->timestamp_format;
}

/* All fields of a piece with this guess were of this kind, whatever came before. */
static bool is_pure(const vonk_csv_options *o, vonk_csv_kind kind)
{
    return kind == VONK_CSV_DATE || kind == VONK_CSV_BOOLEAN ||
           (kind == VONK_CSV_TIMESTAMP && o->timestamp_format);
}

bool vonk_csv_guess_join(const vonk_csv_options *o, vonk_csv_guess seed, vonk_csv_guess before,
                         vonk_csv_guess piece, vonk_csv_guess *ret)
{
    /* All numbers are doubles, and the decimals that bigints are have room for each of them. */
    bool numbers = before.kind <= VONK_CSV_DOUBLE &&
                   (before.kind != VONK_CSV_DECIMAL || before.precision >= BIGINT_DIGITS);
    bool known = numbers || before.kind == VONK_CSV_STRING || piece.kind == VONK_CSV_NOTHING ||
                 (before.kind == piece.kind && is_pure(o, piece.kind)) ||
                 are_times(o, before, piece);
    if (same(seed, before))
        *ret = piece;
    else if (known)
        *ret = merge(o, before, piece);
    else
        return false;
    return true;
}

vonk_type vonk_csv_guess_type(vonk_csv_guess g)
{
    static const uint8_t ids[] = {
        [VONK_CSV_NOTHING] = VONK_STRING,      [VONK_CSV_INT] = VONK_INT32,
        [VONK_CSV_BIGINT] = VONK_INT64,        [VONK_CSV_DECIMAL] = VONK_DECIMAL,
        [VONK_CSV_DOUBLE] = VONK_FLOAT64,      [VONK_CSV_DATE] = VONK_DATE,
        [VONK_CSV_TIMESTAMP] = VONK_TIMESTAMP, [VONK_CSV_BOOLEAN] = VONK_BOOL,
        [VONK_CSV_STRING] = VONK_STRING,
    };
    return (vonk_type){.id = ids[g.kind], .precision = g.precision};
}
