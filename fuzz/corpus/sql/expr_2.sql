select current_date, current_date(), current_timestamp, now(), current_timestamp(), localtimestamp from t
;select coalesce(a,b), if(a=1,2,3), iff(a=1,2,3) from t
;select nvl(a,b), ifnull(a,b), nullif(a,b), nvl2(a,1,2), concat(s,'x'), concat_ws(',',s,s), abs(a), round(f,2), floor(f), ceil(f), ceiling(f), sqrt(f), power(f,2), pow(f,2), exp(f), ln(f), log(f), log10(f), log2(f), mod(a,2), pmod(a,2), sign(a), signum(a), greatest(a,b), least(a,b) from t
;select date_add(d, 1), date_sub(d,1), datediff(d,d), date_diff(d, d), d + 1, d - 1, d - d, d + interval 1 day, ts + interval 1 hour, add_months(d,1), last_day(d), to_date(s), to_timestamp(s), date_trunc('month', ts), trunc(d,'month'), date_format(d,'y'), unix_timestamp(ts), from_unixtime(1) from t
;select t.a, a as x, a x, a + b as `c d`, `a` + 1 from t
;select (select max(c) from u), exists(select 1 from u), a in (select a from u), not exists (select 1 from u), a not in (select a from u) from t
;select a + 1.5, a + 1L, f + 1, a = 1.5, s = 1, dec + 1, dec * 2, dec / 3 from t
;select sum(a+1), sum(a)*2, sum(case when a=1 then 1 else 0 end), count(*)+1, sum(f)/count(*) from t
;select (a), ((a)), (a+1)*2, a+1*2, -a*2, -(a*2), -a+1 from t
;select struct(a,b), array(a,b), named_struct('x',a), map(a,b) from t
;select 'it''s', 'it\'s', 'a' 'b', r'a\n', 'a\tb' from t
;select a % 2 = 0, mod(a,2)=0, a <> 1 and s <> 'x' from t
