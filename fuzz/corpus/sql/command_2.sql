explain extended select 1;
explain formatted insert into t select 1;
explain cost select 1;
show tables;
show tables in s like 'x*';
show views 'y';
show functions;
describe t
