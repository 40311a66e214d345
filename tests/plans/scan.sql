-- filters go into the scan, columns that nobody needs are not read
EXPLAIN SELECT s FROM facts WHERE id > 5 AND s LIKE '1%';
EXPLAIN SELECT count(*) FROM facts;
EXPLAIN SELECT x + 1 FROM (SELECT id AS x, s FROM facts WHERE k = 3) WHERE x < 100;
-- constants are folded, what is always true or false goes away
EXPLAIN SELECT id FROM facts WHERE 1 < 2 AND id > 2 + 3;
EXPLAIN SELECT id FROM facts WHERE 1 > 2;
EXPLAIN EXTENDED SELECT id + 1 + 2 AS x FROM facts WHERE true LIMIT 5;
SET spark.sql.optimizer.excludedRules=push_down_filters;
EXPLAIN SELECT s FROM facts WHERE id > 5;
