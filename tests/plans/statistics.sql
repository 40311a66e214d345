-- what files say of their columns, and what conditions and joins keep by that
EXPLAIN COST SELECT s, name FROM facts JOIN names ON facts.k = names.k WHERE id BETWEEN 100 AND 199 AND facts.k = 3;
EXPLAIN COST SELECT k, count(*) FROM facts WHERE id < 50 OR s IS NULL GROUP BY k;
EXPLAIN COST SELECT count(*) FROM facts WHERE id > 5000;
-- the join that leaves fewest rows comes first
EXPLAIN SELECT a.s FROM facts a JOIN facts b ON a.k = b.k JOIN names ON b.id = names.k WHERE a.id < 500;
-- the side that is likely smaller is built
EXPLAIN SELECT s, name FROM names JOIN facts ON facts.k = names.k WHERE id >= 998;
-- the same without them, by the setting and by the rule's name
SET spark.sql.cbo.enabled=false;
EXPLAIN COST SELECT s, name FROM facts JOIN names ON facts.k = names.k WHERE id BETWEEN 100 AND 199 AND facts.k = 3;
EXPLAIN SELECT a.s FROM facts a JOIN facts b ON a.k = b.k JOIN names ON b.id = names.k WHERE a.id < 500;
EXPLAIN SELECT s, name FROM names JOIN facts ON facts.k = names.k WHERE id >= 998;
SET spark.sql.cbo.enabled=true;
SET spark.sql.optimizer.excludedRules=use_statistics;
EXPLAIN SELECT a.s FROM facts a JOIN facts b ON a.k = b.k JOIN names ON b.id = names.k WHERE a.id < 500;
EXPLAIN SELECT s, name FROM names JOIN facts ON facts.k = names.k WHERE id >= 998;
