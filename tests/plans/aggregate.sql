EXPLAIN SELECT k, count(*), sum(d) FROM facts GROUP BY k;
EXPLAIN SELECT sum(id) FROM facts;
EXPLAIN SELECT k, count(DISTINCT s) FROM facts GROUP BY k;
EXPLAIN SELECT DISTINCT k FROM facts;
EXPLAIN SELECT k FROM facts INTERSECT SELECT k FROM names;
EXPLAIN SELECT k, max(id) FROM facts GROUP BY k HAVING max(id) > 3 AND k < 5;
-- a limit over a sort keeps the first rows only, in each task and then in one
EXPLAIN SELECT k, sum(id) AS total FROM facts GROUP BY k ORDER BY total DESC LIMIT 3;
EXPLAIN SELECT * FROM facts ORDER BY d DESC NULLS FIRST, id;
EXPLAIN SELECT id FROM facts LIMIT 3 OFFSET 2;
EXPLAIN SELECT id FROM facts UNION ALL SELECT k FROM names;
EXPLAIN FORMATTED SELECT k, count(*) FROM facts WHERE id > 5 GROUP BY k;
-- one row of expressions a grouping set; columns that nobody needs are not expanded
EXPLAIN SELECT k, d, sum(id) FROM facts GROUP BY ROLLUP(k, d);
EXPLAIN SELECT count(DISTINCT k) FROM facts GROUP BY GROUPING SETS ((k), (d + 1), (k));
