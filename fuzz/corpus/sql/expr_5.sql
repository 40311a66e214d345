select a + 1L, cast(a as bigint) + 1, 1 + cast(a as double), 'x' || 1, a || b || s, concat(a, s), a = '1', a > '1', a in ('1') from t
;select a between 1 and 2 and b = 3, not a between 1 and 2, not (a=1 or b=2), not a in (1) from t
;select 'a%' like s, s like '%x' or s like 'y', not s like 'a', s like concat('a', s), s like 'a\\%' from t
;select date'2020-01-01' + interval 1 day, d + interval 1 month, d - interval 1 month, d - interval 1 day, ts - interval 1 day, ts - ts, interval 1 day * 2, 2 * interval 1 day, interval 1 day / 2, interval 1 day + d, interval 1 day + interval 1 hour, ts + interval '1 02:03:04.123' day to second from t
;select interval '02:03' hour to minute, interval '03:04.5' minute to second, interval '5' second, interval '100' hour, interval 10 year, interval '-1-2' year to month, interval -'1 02' day to hour, interval 90 minutes, interval 1 millisecond, interval 1 microsecond, interval '1' month from t
;select first(a) , last(s, true), count(distinct a, s), count(*) filter (where p), sum(distinct a) filter (where a > 1), count(null), count(a, b), min(distinct a), avg(distinct f) from t
;select exists(select 1 from u where u.a = t.a), (select 1), 1 in (select a from u), (a, b) in (select a, c from u) from t
;select a, sum(b) as sb from t group by a having sum(b) > 1 order by sb
;select -a, - -a, -(-1), -(1+2), - 1 + 2, 1 - -1, 1-1, -a*-b, ~ a & 1, not true, !true, +1.5, -1e3, - 'a' from t
;select a+b-1*2/3%4, a-(b-1), a-b-1, a&b|a^b, a<<1+1, (a<<1)+1, 1=1=true from t
;select `a` `from`, 1 `x y`, 2 as value, 3 as `sel``ect`, 4 as `a.b` from t
;select case a when 1 then 'x' end, case when a is null then null else a end, coalesce(a, case when b=1 then 1 end) from t
