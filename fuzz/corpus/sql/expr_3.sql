select tinyint(a), string(a), int(s), double(a), boolean(a), date(s), bigint(a), decimal(a) from t
;select isnull(a), isnotnull(a), isnan(f), not isnull(a) from t
;select replace(s,'a','b'), lpad(s,5,' '), lpad(s,5), rpad(s,5), repeat(s,2), reverse(s), initcap(s), regexp_replace(s,'a','b'), regexp_extract(s,'a',0), regexp_extract(s,'a'), split(s,','), left(s,2), right(s,2), startswith(s,'x'), contains(s,'x'), endswith(s,'x'), ascii(s), chr(65), char(65), hex(a), md5(s), sha2(s,256), translate(s,'a','b') from t
;select sum(a) over (partition by b order by a), row_number() over (order by a) from t
;select 1Y, -128Y, -9223372036854775808, -1.5, - 1.5D, -2147483648, 2147483648, .5, 5., 1.e2, 1E-3, 1e3BD, 0.00001, 00012, 1e400BD from t
;select t.*, count(*) over () from t
;select a AS `x.y`, `a` from t
;select bool_and(p), bool_or(p), every(p), some(p), count_if(p), approx_count_distinct(a), collect_list(a), collect_set(a), max_by(a,b), percentile(a,0.5), median(a), corr(a,b), sum(dec), avg(dec) from t
;select float('nan'), cast('inf' as double), 1.0E10D, 1e10, 1.5e-7, cast(1 as float), 100.0D, 1234567.0D, 12345678.0D from t
;select try_add(a,1), try_divide(a,2), a div b, div(a, b), typeof(a), rand(1), uuid(), monotonically_increasing_id() from t
;select "a" "b", 'a' "b", cast('1' as int) from t
;select cast(null as int), null + 1, null is null, not null, null and true from t
