select a+1, a-1, a*2, a/2, a%2, a div 2 from t
;select -a, -1, +a, +1, - 1, -(1), ~a from t
;select a=1, a<>1, a!=1, a<1, a<=1, a>1, a>=1, a<=>1, a==1 from t
;select a=1 and b=2, a=1 or b=2, not a=1, not p, !p from t
;select a is null, a is not null, p is true, p is not true, p is false, p is not false, p is unknown, p is not unknown from t
;select a is distinct from b, a is not distinct from b from t
;select a between 1 and 2, a not between 1 and 2 from t
;select a in (1,2), a not in (1,2), a in (1) from t
;select s like 'a%', s not like 'a%', s ilike 'a', s not ilike 'a', s rlike 'a', s regexp 'b', s like 'a!%' escape '!' from t
;select s like any ('a','b'), s like all ('a','b'), s not like any ('a','b') from t
;select a & b, a | b, a ^ b, a << 1, a >> 1, a >>> 1, s || 'x', s || a from t
;select case when a=1 then 'x' else 'y' end, case when a=1 then 'x' end, case a when 1 then 'x' when 2 then 'z' else 'y' end from t
