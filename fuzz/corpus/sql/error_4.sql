select a[0];
select f(x).y;
select x -> x;
select f(a => 1);
select :p;
select sum(a) over (order by b);
select a from t group by cube(a);
select * from t pivot (sum(a) for b in (1));
select * from t, lateral (select 1);
select * from t tablesample (10 percent);
select * except (a) from t;
create view v as select 1;
create table t partitioned by (a) as select 1;
delete from t;
use x;

