/* fuzz_parse_value.c - the readers of single values: numbers, dates, timestamps, patterns, zones.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "expr/datetime_format.h"
#include "expr/parse_value.h"
#include "expr/print_value.h"
#include "expr/zone_file.h"

/* A number's text reads back as the same number. */
static void check_round_trip(double value)
{
    char text[VONK_VALUE_TEXT];
    double again = 0;
    size_t n = vonk_print_double(value, text);
    if (n > sizeof text || vonk_parse_double((vonk_slice){text, n}, &again) != VONK_PARSE_OK)
        abort();
    if (again != value && value == value)
        abort();
}

static void read_numbers(vonk_slice text)
{
    char out[VONK_VALUE_TEXT];
    int64_t whole;
    double real;
    float single;
    bool boolean;
    vonk_int128 decimal;
    (void)!vonk_parse_int64(text, true, &whole);
    (void)!vonk_parse_boolean(text, &boolean);
    if (vonk_parse_double(text, &real) == VONK_PARSE_OK)
        check_round_trip(real);
    if (vonk_parse_float(text, &single) == VONK_PARSE_OK)
        vonk_print_float(single, out);
    for (int precision = 1; precision <= 38; precision += 37)
        for (int scale = 0; scale <= precision; scale++)
            if (vonk_parse_decimal(text, precision, scale, &decimal) == VONK_PARSE_OK)
                vonk_print_decimal(decimal, scale, out);
}

static void read_times(vonk_slice text)
{
    char out[VONK_VALUE_TEXT];
    int32_t days, again;
    int64_t us;
    vonk_time_zone utc = VONK_UTC;
    if (vonk_parse_date(text, &days) == VONK_PARSE_OK) {
        size_t n = vonk_print_date(days, out);
        bool four_digits = days > -719162 && days < 2932896; /* years 1 .. 9999 */
        if (four_digits &&
            (vonk_parse_date((vonk_slice){out, n}, &again) != VONK_PARSE_OK || again != days))
            abort();
    }
    if (vonk_parse_timestamp(text, &utc, &us) == VONK_PARSE_OK)
        vonk_print_timestamp(us, out);
    if (vonk_parse_timestamp_ntz(text, true, &us) == VONK_PARSE_OK)
        vonk_print_timestamp(us, out);
}

/* The first half is a pattern, the second a text. */
static void read_by_pattern(vonk_slice input)
{
    vonk_slice pattern = {input.data, input.length / 2};
    vonk_slice text = {input.data + pattern.length, input.length - pattern.length};
    vonk_buffer out = {0};
    int64_t us;
    vonk_slice zone_name;
    char why[VONK_BAD_TIME_TEXT + 2];
    if (vonk_datetime_pattern_check(pattern, true, NULL) == VONK_OK &&
        vonk_datetime_read(pattern, text, &us, &zone_name, why) &&
        vonk_datetime_pattern_check(pattern, false, NULL) == VONK_OK)
        vonk_datetime_print(pattern, us, &out);
    vonk_buffer_free(&out);
}

static void read_zone_file(vonk_slice input)
{
    vonk_arena arena = {0};
    vonk_zone_rules rules;
    if (vonk_zone_file_decode(input.data, input.length, &arena, &rules, NULL) == VONK_OK) {
        static const int64_t instants[] = {-9223372036854, -1, 0, 1356998400, 9223372036854};
        vonk_time_zone zone = {.rules = &rules};
        for (size_t i = 0; i < sizeof instants / sizeof *instants; i++)
            vonk_local_to_utc(&zone, vonk_utc_to_local(&zone, instants[i] * 1000000));
    }
    vonk_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1); /* its end is where the sanitizer looks */
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    copy = realloc(copy, size ? size : 1);
    vonk_slice text = {copy, size};
    read_numbers(text);
    read_times(text);
    read_by_pattern(text);
    read_zone_file(text);
    free(copy);
    return 0;
}
