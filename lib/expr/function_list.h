/* function_list.h - the resolve and eval functions that function.c's table points to. */
#ifndef VONK_EXPR_FUNCTION_LIST_H
#define VONK_EXPR_FUNCTION_LIST_H

#include "expr/branch.h"
#include "expr/resolve.h"

typedef vonk_status vonk_resolve_fn(vonk_expr *call, const vonk_eval_settings *settings,
                                    vonk_arena *arena, vonk_type *ret_type, bool *ret_nullable,
                                    vonk_error *err);
typedef vonk_status vonk_eval_fn(const vonk_expr *call, const vonk_column *args, uint32_t n_rows,
                                 const vonk_eval *ctx, vonk_column *ret, vonk_error *err);

/* operators.c, operators_resolve.c */
vonk_resolve_fn vonk_resolve_arith, vonk_resolve_negative, vonk_resolve_compare, vonk_resolve_logic,
    vonk_resolve_is_null, vonk_resolve_in, vonk_resolve_between, vonk_resolve_bits,
    vonk_resolve_shift, vonk_resolve_concat, vonk_resolve_bit_not;
vonk_eval_fn vonk_eval_arith, vonk_eval_negative, vonk_eval_positive, vonk_eval_compare,
    vonk_eval_not, vonk_eval_is_null, vonk_eval_between, vonk_eval_bits, vonk_eval_shift,
    vonk_eval_bit_not, vonk_eval_time_arith;

/* ARITHMETIC_OVERFLOW of a function that has no try_ twin. */
vonk_status vonk_fail_overflow(vonk_error *err) VONK_MUST_CHECK;

/* math_functions.c */
vonk_resolve_fn vonk_resolve_abs, vonk_resolve_ceil, vonk_resolve_round;
vonk_eval_fn vonk_eval_unary_math, vonk_eval_binary_math, vonk_eval_abs, vonk_eval_ceil,
    vonk_eval_round, vonk_eval_isnan, vonk_eval_greatest, vonk_eval_pmod;

/* string_functions.c, string_building.c, like.c */
vonk_resolve_fn vonk_resolve_length, vonk_resolve_hex;
vonk_eval_fn vonk_eval_length, vonk_eval_substring, vonk_eval_left, vonk_eval_trim, vonk_eval_instr,
    vonk_eval_contains, vonk_eval_ascii, vonk_eval_split_part, vonk_eval_case_of, vonk_eval_concat,
    vonk_eval_concat_ws, vonk_eval_replace, vonk_eval_reverse, vonk_eval_repeat, vonk_eval_pad,
    vonk_eval_translate, vonk_eval_chr, vonk_eval_hex, vonk_eval_like;

/* datetime_functions.c */
vonk_resolve_fn vonk_resolve_date_add, vonk_resolve_clock_part, vonk_resolve_extract,
    vonk_resolve_now, vonk_resolve_timestampadd;
vonk_eval_fn vonk_eval_date_part, vonk_eval_clock_part, vonk_eval_extract, vonk_eval_date_add,
    vonk_eval_datediff, vonk_eval_last_day, vonk_eval_months_between, vonk_eval_trunc,
    vonk_eval_date_trunc, vonk_eval_make_date, vonk_eval_now, vonk_eval_timestampadd;

/* datetime_text.c */
vonk_resolve_fn vonk_resolve_to_date, vonk_resolve_to_local, vonk_resolve_unix_timestamp,
    vonk_resolve_unix_unit;
vonk_eval_fn vonk_eval_date_format, vonk_eval_to_date, vonk_eval_unix_timestamp,
    vonk_eval_unix_unit;

/* make_time.c, zone_functions.c, url_functions.c */
vonk_resolve_fn vonk_resolve_make_timestamp, vonk_resolve_make_interval_part,
    vonk_resolve_convert_timezone;
vonk_eval_fn vonk_eval_make_timestamp, vonk_eval_make_interval_part, vonk_eval_utc_timestamp,
    vonk_eval_convert_timezone, vonk_eval_current_timezone, vonk_eval_url_code;

/* number_format_functions.c */
vonk_resolve_fn vonk_resolve_to_number, vonk_resolve_to_char;
vonk_eval_fn vonk_eval_to_number, vonk_eval_to_char;

/* format_string.c */
vonk_resolve_fn vonk_resolve_format_string;
vonk_eval_fn vonk_eval_format_string;

/* random_functions.c */
vonk_resolve_fn vonk_resolve_rand, vonk_resolve_uniform, vonk_resolve_randstr;
vonk_eval_fn vonk_eval_rand, vonk_eval_uniform, vonk_eval_randstr;

/* regex_functions.c */
vonk_resolve_fn vonk_resolve_regexp_replace;
vonk_eval_fn vonk_eval_regexp_instr, vonk_eval_rlike, vonk_eval_regexp_extract,
    vonk_eval_regexp_replace, vonk_eval_regexp_count;

/* misc_functions.c, try_arith.c */
vonk_resolve_fn vonk_resolve_cast_call, vonk_resolve_try_arith;
vonk_eval_fn vonk_eval_hash, vonk_eval_xxhash64, vonk_eval_typeof, vonk_eval_cast_call,
    vonk_eval_overlay, vonk_eval_try_arith;

/* branches */
vonk_resolve_fn vonk_resolve_coalesce, vonk_resolve_if, vonk_resolve_nvl2, vonk_resolve_nullif;
vonk_eval_fn vonk_eval_nullif;

/* number_functions.c, next_day.c, raise_functions.c */
vonk_resolve_fn vonk_resolve_bit_count, vonk_resolve_sign, vonk_resolve_timestamp_seconds,
    vonk_resolve_raise_error, vonk_resolve_assert_true, vonk_resolve_one_row;
vonk_eval_fn vonk_eval_factorial, vonk_eval_sign, vonk_eval_constant, vonk_eval_bit_count,
    vonk_eval_next_day, vonk_eval_timestamp_seconds, vonk_eval_raise_error, vonk_eval_assert_true,
    vonk_eval_one_row;

/* text_functions.c */
vonk_resolve_fn vonk_resolve_elt, vonk_resolve_parse_url;
vonk_eval_fn vonk_eval_substring_index, vonk_eval_find_in_set, vonk_eval_elt, vonk_eval_soundex,
    vonk_eval_levenshtein, vonk_eval_format_number, vonk_eval_decode_text, vonk_eval_digest,
    vonk_eval_crc32, vonk_eval_parse_url;

/* binary_text.c, mask_functions.c, number_base.c */
vonk_resolve_fn vonk_resolve_to_binary, vonk_resolve_decode, vonk_resolve_mask, vonk_resolve_getbit,
    vonk_resolve_width_bucket;
vonk_eval_fn vonk_eval_to_binary, vonk_eval_encode, vonk_eval_is_valid_utf8, vonk_eval_valid_utf8,
    vonk_eval_mask, vonk_eval_quote, vonk_eval_luhn_check, vonk_eval_conv, vonk_eval_bin,
    vonk_eval_getbit, vonk_eval_width_bucket;
vonk_lazy_fn vonk_eval_decode;

/* aggregate_resolve.c */
vonk_resolve_fn vonk_resolve_count, vonk_resolve_sum, vonk_resolve_avg, vonk_resolve_min_max,
    vonk_resolve_first, vonk_resolve_moments, vonk_resolve_regr_pair, vonk_resolve_bool_aggregate,
    vonk_resolve_approx_distinct, vonk_resolve_bit_aggregate, vonk_resolve_max_by,
    vonk_resolve_percentile, vonk_resolve_mode, vonk_resolve_listagg;

/* window_functions.c */
vonk_resolve_fn vonk_resolve_rank, vonk_resolve_ntile, vonk_resolve_lag, vonk_resolve_nth_value;

#endif
