select timestampadd(hour, 1, ts), timestampdiff(hour, ts, ts), dateadd(day, 1, d), date_add(day, 1, d) from t
;select extract(year from interval '1-2' year to month), make_date(2020,1,1), make_timestamp(2020,1,1,1,1,1), weekday(d), dayofweek(d), quarter(d), weekofyear(d), dayofyear(d) from t
;select a in (1, 2L, 3.5), s in ('a','b'), (a,b) in ((1,2)) from t
;select space(2), concat(a, b), concat(), bround(f), rint(f), hypot(a,b), cbrt(f), degrees(f), pi(), e(), shiftleft(a,1), bit_and(a), bit_count(a), getbit(a, 1), unhex('1F'), bin(a), conv('1',10,2), negative(a), positive(a) from t
;select current_date, current_date(), current_timestamp, now(), current_timestamp() from t
;select 1Y, -128Y, -9223372036854775808, -1.5, - 1.5D, -2147483648, 2147483648, .5, 5., 1.e2, 1E-3, 1e3BD, 0.00001, 00012 from t
;select space(2), concat(a, b), concat(), bround(f), rint(f), hypot(a,b), cbrt(f), degrees(f), radians(f), pi(), e(), shiftleft(a,1), bit_count(a), getbit(a, 1), unhex('1F'), bin(a), conv('1',10,2), negative(a), positive(a) from t
;select sin(f), cos(f), tan(f), asin(f), atan2(f,f), log(2, f), log1p(f), expm1(f), round(f), floor(f,1), ceil(dec,1), factorial(a), width_bucket(f,1,2,3), cot(f), sinh(f), isnan(f), nanvl(f,f), char_length(s), bit_length(s), octet_length(s), soundex(s), levenshtein(s,s), instr(s, s), find_in_set(s,s), format_number(f,2), format_string('%d',a), printf('%d', a), substring_index(s,',',1), overlay(s placing 'x' from 1), to_char(a,'9'), crc32(s), sha1(s), sha(s), base64(s), decode(s,'utf-8'), encode(s,'utf-8'), encode(s, 'utf-8') from t
;select cast(a+1 as string), cast(1 as string), cast(t.a as int), cast(sum(a) as int), cast(a as int)+1, string(a+1), cast(cast(a as int) as string), (a+1)::int, try_cast(a+1 as int), cast('2020-01-01' as date), cast(a as decimal(5)) from t group by a
;select t.a + 1, max(t.a), t.a is null from t group by a
;select a as x, A, A+1, T.A+B, `A` from t
;select if(a=1,'x','y'), IF(a=1, null, 2) from t
