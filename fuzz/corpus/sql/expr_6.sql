select '\u0041\101\n', 'a\%b', 'a\_b', '\z', '\'', "\"", '\0', 'x' 'y' "z", r"a\b", R'\n', 'é' from t
;select x'1a', X"1A2B", X'', x'123' from t
;select timestamp '2013-01-01', timestamp '2013-01-01 01:02:03.123456', timestamp_ntz'2013-01-01', date'2013-1-1', date '2013', timestamp'2013-01-01 01:02:03+02:00' from t
;select count(DISTINCT a + 1), sum( distinct b*2 ), Count(*) from t
;select extract(week from d), extract(quarter from d), extract('year' from d), extract(YEAR FROM ts), extract(doy from d), date_part('MONTH', d) from t
;select hour(ts), second(ts), year(d)+1, date_format(d, 'yyyy'), to_date('2020-01-01'), to_date(s, 'yyyy'), to_timestamp(s, 'yyyy'), unix_timestamp(), from_unixtime(1,'y'), to_unix_timestamp(ts), date(ts), timestamp(s), current_timezone() from t
;select equal_null(a,b), a <=> b, nullifzero(a), zeroifnull(a), ascii(s), luhn_check(s), rlike(s, 'a'), regexp_like(s,'a'), regexp(s,'a'), like(s,'a'), ilike(s,'a'), regexp_count(s,'a') from t
;select approx_percentile(a, 0.5), percentile_approx(a, 0.5), stddev_pop(a), var_samp(a), covar_pop(a,b), skewness(a), kurtosis(a), count_min_sketch(a, 0.1, 0.1, 1), grouping_id(), array_agg(a), listagg(s), string_agg(s, ','), mode(a), product(a), regr_count(a,b), bit_and(a), bit_or(a), bit_xor(a), try_sum(a), try_avg(a), max_by(a,b), histogram_numeric(a, 2), first_value(a), last_value(a) from t
;select bit_and(a), array_agg(a), try_sum(a), try_avg(a), mode(a), first_value(a), last_value(a), percentile_approx(a, 0.5), listagg(s), string_agg(s, ',') from t
;select * from values (1,2), (3,4)
;select * from values 1, 2 as v(x)
;select * from range(3)
