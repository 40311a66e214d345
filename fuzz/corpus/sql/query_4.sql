select * from range(1, 10, 2) as r(x);
select a from t where limit;
select order, end from t;
select date, timestamp, interval, left from t;
select a from t where a between 1 and 2 + 3 and b;
select ((select 1) + 1), ((select 2));
select 1; ;;

