with a (select 1) select * from a;
select * from (select 1 from (values 1) as v(x));
select (select max(a) from u), exists (select 1), a in (select b from u), not a in (select b from u) from t;
select * from t where exists (select 1 from u where u.a = t.a) and a not in (select 1);
values (1, 'a'), (2, null);
select * from values 1, 2 as v(x);
table s.t;
from t
