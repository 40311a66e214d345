INSERT OVERWRITE DIRECTORY '${TMP}/facts' USING parquet
  SELECT id, id % 10 AS k, CAST(id AS STRING) AS s, CAST(id AS DECIMAL(10, 2)) AS d FROM range(1000);
INSERT OVERWRITE DIRECTORY '${TMP}/names' USING parquet
  SELECT id AS k, concat('name ', CAST(id AS STRING)) AS name FROM range(10);
CREATE TEMPORARY VIEW facts USING parquet OPTIONS (path '${TMP}/facts');
CREATE TEMPORARY VIEW names USING parquet OPTIONS (path '${TMP}/names');
