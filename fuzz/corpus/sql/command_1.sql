drop table if exists s.t purge;
drop view v;
insert into t values (1, 2), (3, 4);
insert overwrite table t select 1;
insert into t (a, b) select 1, 2;
insert overwrite directory '/tmp/x' using parquet select 1;
insert overwrite local directory using csv options ('path' 'y', compression 'gzip') select 1;
explain select 1
