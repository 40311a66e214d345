select cast(a as string), cast(a as decimal(10,2)), try_cast(s as int), a::bigint, cast(s as date), cast(a as timestamp) from t
;select count(*), count(1), count(a), count(distinct a), count(distinct a, b), sum(distinct a), sum(a), Sum(A), AVG(a), mean(a), min(a), max(a) from t
;select sum(a) filter (where b > 1), count(*) filter (where b>1), count(distinct a) filter (where b > 1) from t
;select first(a), last(a), any_value(a), first_value(a), first(a, true), first(a) ignore nulls from t
;select stddev(a), stddev_samp(a), variance(a), var_pop(a), std(a) from t
;select 1, 1L, 1S, 1Y, 1.5, 1.5D, 1.5F, 1.5BD, 1e3, 'abc', "abc", true, false, null, 12345678901, 99999999999999999999 from t
;select date '2013-01-01', timestamp '2013-01-01 01:02:03', timestamp_ntz '2013-01-01 01:02:03.5', X'1AFF', timestamp_ltz '2013-01-01 00:00:00' from t
;select interval '1' day, interval 1 year 2 months, interval '1-2' year to month, interval '1 02:03:04' day to second, interval 3 days, interval 1 hour from t
;select interval 1 day 2 hours, interval '1 day', interval 1 week, interval -1 day, interval '-1' day, - interval 1 day, interval 1.5 seconds, interval 1 month from t
;select interval a day from t
;select upper(s), UPPER(s), ucase(s), lower(s), lcase(s), length(s), char_length(s), len(s), character_length(s), substring(s,1,2), substr(s,1,2), substring(s from 1 for 2), substring(s from 1), trim(s), ltrim(s), rtrim(s), trim(both 'x' from s), trim(leading 'x' from s), trim(trailing from s), trim('x' from s), btrim(s), trim(both from s) from t
;select position('x' in s), position('x', s), locate('x', s), instr(s,'x'), extract(year from d), extract(month from d), extract(day from d), extract(hour from ts), extract(minute from ts), extract(second from ts), extract(dow from d), date_part('year', d), year(d), month(d), day(d), dayofmonth(d), hour(ts) from t
