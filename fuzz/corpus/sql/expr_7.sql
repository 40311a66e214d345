select id+1 from range(1,3)
;select 1 union all select 2
;values (1, 'a'), (2, 'b')
;select a.b.c from t
;select * except (a) from t
;select distinct a, b from t
;select all a from t
;select a,  from t
;select 1 as from, 2 as select, 3 group
;select a b c from t
