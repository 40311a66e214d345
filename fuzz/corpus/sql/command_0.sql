create or replace temporary view v using csv options (path 'x.csv', header true, `a.b` = 3, 'c.d' = 1.5, e.f 'x', g -1);
create temp view v (a int, b decimal(10,2) not null comment 'c', c array<map<string,int>>) using json;
create temporary view v (a, b comment 'x') comment 'c' as select 1, 2;
create temporary table v using parquet options (path = '/x');
create table t using parquet as select 1;
create table if not exists s.t using csv options (a 'b') location '/x' comment 'c' tblproperties ('x'='y') as select 1;
create table t (a int, `b c` string not null) using parquet;
create or replace table t as values (1)
