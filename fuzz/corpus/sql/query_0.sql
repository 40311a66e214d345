select 1;
select a, t.b, t.*, * from t;
select distinct a as x, b y, c `z z` from s.t as u;
select /*+ broadcast(t) */ a from t;
select a from t where a > 1 and b is null;
select a, sum(b) from t where c group by a, 2 having sum(b) > 1 order by a desc, 2 nulls last limit 10 offset 5;
select a from t group by all;
select count(*) from t having count(*) > 1
