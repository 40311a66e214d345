from t select a where a = 1 order by a;
select 1 from t x join u y using (a, b) left join (select 1 a) z on z.a = x.a cross join u w, t tt;
select 1 from t natural left join u;
select 1 from t left semi join u using (a);
select 1 from t anti join u on t.a = u.a;
select 1 from t right outer join u on true full join v on false;
select 1 from (t join u on t.a = u.a) x;
select * from parquet.`/a/b.parquet`
