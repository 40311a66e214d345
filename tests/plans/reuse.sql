-- what is used twice is made once: an exchange that carries the same rows
EXPLAIN WITH c AS (SELECT k, sum(d) AS s FROM facts GROUP BY k) SELECT a.k, a.s, b.s FROM c a JOIN c b ON a.k = b.k;
EXPLAIN SELECT a.id FROM facts a JOIN names x ON a.k = x.k JOIN names y ON a.id = y.k;
EXPLAIN FORMATTED WITH c AS (SELECT k, sum(d) AS s FROM facts GROUP BY k) SELECT s FROM c UNION ALL SELECT s + 1 FROM c;
-- a scalar subquery over the same groups is joined, so that it reads them, too
EXPLAIN WITH c AS (SELECT k, sum(d) AS s FROM facts GROUP BY k) SELECT k FROM c WHERE s = (SELECT max(s) FROM c);
-- not the same: another filter, a column more, another function
EXPLAIN SELECT sum(d) AS s FROM facts WHERE id > 1 GROUP BY k UNION ALL SELECT sum(d) FROM facts WHERE id > 2 GROUP BY k;
EXPLAIN SELECT k, sum(d) AS s FROM facts GROUP BY k UNION ALL SELECT k, max(d) FROM facts GROUP BY k;
-- rows that somebody else wants, too, are not left out for one reader's keys
SET spark.sql.autoBroadcastJoinThreshold=-1;
EXPLAIN WITH c AS (SELECT k, sum(d) AS s FROM facts GROUP BY k)
  SELECT c.s FROM c JOIN names ON c.k = names.k WHERE name = 'name 3' UNION ALL SELECT s FROM c;
EXPLAIN WITH c AS (SELECT k, sum(d) AS s FROM facts GROUP BY k)
  SELECT s FROM c UNION ALL SELECT c.s FROM c JOIN names ON c.k = names.k WHERE name = 'name 3';
-- only where it is wanted
SET spark.sql.exchange.reuse=false;
EXPLAIN SELECT k, sum(d) AS s FROM facts GROUP BY k UNION ALL SELECT k, sum(d) FROM facts GROUP BY k;
