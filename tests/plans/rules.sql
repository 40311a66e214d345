-- What each rule of the optimizer does: its plan before and after, as spark.sql.planChangeLog shows it.
-- One rule a statement is shown; tests/plans/check_rules.py sees to it that none is missing.
SET spark.sql.planChangeLog.level=warn;
SET spark.sql.planChangeLog.rules=fold_constants;
EXPLAIN SELECT k FROM facts WHERE id > 1 + 2;
SET spark.sql.planChangeLog.rules=decorrelate;
EXPLAIN SELECT name FROM names WHERE EXISTS (SELECT 1 FROM facts WHERE facts.k = names.k);
SET spark.sql.planChangeLog.rules=replace_operators;
EXPLAIN SELECT DISTINCT k FROM facts;
SET spark.sql.planChangeLog.rules=simplify_booleans;
EXPLAIN SELECT id FROM facts WHERE (k = 1 AND id > 3) OR (k = 1 AND id < 2);
SET spark.sql.planChangeLog.rules=combine_filters;
EXPLAIN SELECT count(*) FROM facts WHERE false;
SET spark.sql.planChangeLog.rules=push_down_filters;
EXPLAIN SELECT d FROM facts JOIN names ON facts.k = names.k WHERE id > 3 AND name <> 'x';
SET spark.sql.planChangeLog.rules=outer_to_inner;
EXPLAIN SELECT d FROM facts LEFT JOIN names ON facts.k = names.k WHERE name = 'name 3';
SET spark.sql.planChangeLog.rules=distinct_to_groups;
EXPLAIN SELECT count(DISTINCT k), sum(DISTINCT k) + 1 FROM facts;
SET spark.sql.planChangeLog.rules=propagate_empty;
EXPLAIN SELECT count(*) FROM facts JOIN (SELECT k FROM names WHERE false) n ON facts.k = n.k;
SET spark.sql.planChangeLog.rules=collapse_projects;
EXPLAIN SELECT a + 1 FROM (SELECT id * 2 AS a FROM facts);
SET spark.sql.planChangeLog.rules=push_down_limits;
EXPLAIN SELECT id FROM (SELECT id FROM facts UNION ALL SELECT k FROM names) LIMIT 2;
SET spark.sql.planChangeLog.rules=remove_sorts;
EXPLAIN SELECT count(*) FROM (SELECT id FROM facts ORDER BY k);
SET spark.sql.planChangeLog.rules=remove_noop_projects;
EXPLAIN SELECT k, name FROM (SELECT k, name FROM names);
SET spark.sql.planChangeLog.rules=push_down_semi_joins;
EXPLAIN SELECT d FROM facts JOIN names ON facts.k = names.k WHERE facts.k IN (SELECT max(k) FROM facts);
SET spark.sql.planChangeLog.rules=derive_side_filters;
EXPLAIN SELECT d FROM facts JOIN names ON facts.k = names.k WHERE (id = 1 AND name = 'a') OR (id = 2 AND name = 'b');
SET spark.sql.planChangeLog.rules=infer_filters;
EXPLAIN SELECT d FROM facts JOIN names ON facts.k = names.k WHERE facts.k = 3;
SET spark.sql.planChangeLog.rules=reorder_joins;
EXPLAIN SELECT a.d FROM facts a JOIN facts b ON a.id = b.id JOIN names ON a.k = names.k WHERE name = 'name 3';
SET spark.sql.planChangeLog.rules=join_to_semi;
EXPLAIN SELECT d FROM facts WHERE k IN (SELECT a.k FROM names a JOIN names b ON a.name = b.name);
SET spark.sql.planChangeLog.rules=prune_columns;
EXPLAIN SELECT s FROM facts WHERE k = 3;
-- Spark's names are understood, of rules that do the like
SET spark.sql.planChangeLog.rules=org.apache.spark.sql.catalyst.optimizer.ColumnPruning;
SET spark.sql.optimizer.excludedRules=org.apache.spark.sql.catalyst.optimizer.PushDownPredicates;
EXPLAIN SELECT s FROM facts WHERE k = 3;
-- what plans need stays on, and Vonk says so
SET spark.sql.planChangeLog.level=trace;
SET spark.sql.optimizer.excludedRules=decorrelate, replace_operators;
EXPLAIN SELECT DISTINCT name FROM names WHERE EXISTS (SELECT 1 FROM facts WHERE facts.k = names.k);
