EXPLAIN SELECT id, row_number() OVER (PARTITION BY k ORDER BY d DESC) AS r FROM facts;
EXPLAIN SELECT sum(id) OVER (), count(*) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM facts;
-- the same partitions are exchanged once, and what nobody asks for is not computed
EXPLAIN SELECT a, b FROM (SELECT k, rank() OVER (PARTITION BY k ORDER BY id) AS a, sum(d) OVER (PARTITION BY k) AS b,
  lag(id) OVER (ORDER BY s) AS c FROM facts);
-- a condition on PARTITION BY goes below, others stay
EXPLAIN SELECT k, r FROM (SELECT k, rank() OVER (PARTITION BY k ORDER BY id) AS r FROM facts) WHERE k = 3 AND r < 2;
EXPLAIN SELECT k, sum(sum(id)) OVER (ORDER BY k) FROM facts GROUP BY k;
EXPLAIN EXTENDED SELECT k + 1, max(id) OVER (PARTITION BY k + 1 ORDER BY d RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS m FROM facts;
EXPLAIN FORMATTED SELECT ntile(4) OVER (PARTITION BY k ORDER BY id) FROM facts;
