-- the small side is broadcast and built, whichever side it stands on
EXPLAIN SELECT name, d FROM facts JOIN names ON facts.k = names.k;
EXPLAIN SELECT name, d FROM names JOIN facts ON facts.k = names.k;
EXPLAIN SELECT name, d FROM facts, names WHERE facts.k = names.k AND name <> 'name 3' AND id < 7;
EXPLAIN SELECT * FROM facts FULL JOIN names ON facts.k = names.k;
EXPLAIN SELECT name FROM names RIGHT JOIN facts ON facts.k = names.k;
EXPLAIN SELECT name FROM names LEFT JOIN facts ON facts.k = names.k WHERE facts.id > 3;
EXPLAIN SELECT a.id FROM facts a CROSS JOIN names b;
-- subqueries become joins
EXPLAIN SELECT name FROM names WHERE k IN (SELECT k FROM facts WHERE id > 7);
EXPLAIN SELECT name FROM names WHERE k NOT IN (SELECT k FROM facts WHERE id > 7);
EXPLAIN SELECT name FROM names WHERE NOT EXISTS (SELECT 1 FROM facts WHERE facts.k = names.k);
EXPLAIN SELECT name, (SELECT max(id) FROM facts WHERE facts.k = names.k) AS m FROM names;
SET spark.sql.autoBroadcastJoinThreshold=-1;
EXPLAIN SELECT name, d FROM facts JOIN names ON facts.k = names.k AND facts.id > names.k;
-- a semi join goes to the side that it filters
SET spark.sql.autoBroadcastJoinThreshold=10MB;
EXPLAIN SELECT name, d FROM facts JOIN names ON facts.k = names.k WHERE facts.k IN (SELECT max(k) FROM facts);
-- the keys of a filtered side reach the other side's scan through exchanges
SET spark.sql.autoBroadcastJoinThreshold=-1;
EXPLAIN SELECT name, n FROM names JOIN (SELECT k, count(*) n FROM facts GROUP BY k) f ON f.k = names.k WHERE name = 'name 3';
SET spark.sql.optimizer.runtime.bloomFilter.enabled=false;
EXPLAIN SELECT name, n FROM names JOIN (SELECT k, count(*) n FROM facts GROUP BY k) f ON f.k = names.k WHERE name = 'name 3';
-- ... and to the build side of an inner join below
SET spark.sql.optimizer.runtime.bloomFilter.enabled=true;
EXPLAIN SELECT a.id FROM facts a JOIN facts b ON a.id = b.id JOIN names ON b.k = names.k WHERE name = 'name 3' AND a.d > 0;
