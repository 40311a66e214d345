select a from t order by a asc nulls last, b desc nulls first;
select a from t sort by a;
select a from t limit all;
select a from t offset 3;
select 1 as a union all select 2 union select 3 intersect select 4 except select 5 minus all select 6;
(select 1) union (select 2 limit 1) order by 1;
((select 1));
with a as (select 1), b (x, y) as (select 2, 3) select * from a, b
