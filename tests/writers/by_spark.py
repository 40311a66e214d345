"""by_spark.py - Spark: its codecs, legacy decimals and lists, INT96, page versions, old dates, partitions."""
from case import Case

OPTIONS = {
    "snappy": {},
    "uncompressed": {"compression": "uncompressed"},
    "gzip": {"compression": "gzip"},
    "zstd": {"compression": "zstd"},
    "lz4": {"compression": "lz4"},
    "lz4-raw": {"compression": "lz4_raw"},
    "v2": {"parquet.writer.version": "v2"},
    "v2-plain": {"parquet.writer.version": "v2", "parquet.enable.dictionary": "false"},
    "v2-small": {"parquet.writer.version": "v2", "parquet.enable.dictionary": "false", "parquet.page.row.count.limit": "7"},
    "plain": {"parquet.enable.dictionary": "false"},
    "small-pages": {"parquet.page.size": "300", "parquet.page.row.count.limit": "20"},
    "small-groups": {"parquet.block.size": "20000", "parquet.block.size.row.check.min": "10", "parquet.page.size.row.check.min": "10"},
    "dictionary-overflow": {"parquet.dictionary.page.size": "400", "parquet.page.size": "400"},
    "bloom": {"parquet.bloom.filter.enabled": "true"},
    "split": {"parquet.enable.dictionary": "false", "parquet.enable.bytestreamsplit": "true"},
    "no-crc": {"parquet.page.write-checksum.enabled": "false"},
}
SETTINGS = {
    "legacy": {"spark.sql.parquet.writeLegacyFormat": "true"},
    "int96": {"spark.sql.parquet.outputTimestampType": "INT96"},
    "millis": {"spark.sql.parquet.outputTimestampType": "TIMESTAMP_MILLIS"},
}


def nested(spark):
    return spark.range(500).selectExpr(
        "id",
        "CASE WHEN id % 3 > 0 THEN array(id, NULL, id + 1) END AS list",
        "CAST(id AS STRING) AS before",
        "map(CAST(id AS STRING), array(id)) AS map",
        "CASE WHEN id % 5 > 0 THEN named_struct('a', id, 'b', array(named_struct('c', id))) END AS pair",
        "CASE WHEN id % 7 > 0 THEN id / 8 END AS after",
    )


def odd_types(spark):
    ids = spark.range(200)
    yield "nulls", ids.selectExpr("id", "CAST(NULL AS INT) AS x")
    yield "ntz", ids.selectExpr("id", "TIMESTAMP_NTZ'1960-01-01 00:00:00.123456' + id * INTERVAL '1' HOUR AS x")
    yield "old-dates", ids.selectExpr("id", "DATE'1500-03-01' - CAST(id AS INT) AS x", "TIMESTAMP'1500-03-01 01:02:03' AS t")
    yield "char", ids.selectExpr("id", "CAST(id AS CHAR(5)) AS x", "CAST(id AS VARCHAR(9)) AS y")
    yield "variant", ids.selectExpr("id", "parse_json('{\"a\":1}') AS x")
    yield "time", ids.selectExpr("id", "TIME'01:02:03' AS x")
    yield "intervals", ids.selectExpr(
        "id",
        "nullif(id, 9) * INTERVAL '-13' MONTH AS `a \"b`",
        "CAST(id AS INT) * INTERVAL '1 02:03:04.000005' DAY TO SECOND AS y",
        "CAST(id * INTERVAL '1' DAY AS INTERVAL DAY) AS d",
        "make_ym_interval(CAST(id AS INT), 0) AS z",
        "id AS plain",
    )
    yield "empty", ids.where("id < 0").selectExpr("id", "'a' AS x")


def cases(folder, spark):
    flat = spark.read.parquet(f"{folder}/arrow-none-v1.parquet").coalesce(1)
    for name, options in OPTIONS.items():
        flat.write.options(**options).parquet(f"{folder}/spark-{name}")
        twin = f"{folder}/spark-plain" if name == "split" else ""  # Spark writes it, and does not read it
        yield Case(f"spark {name}", f"{folder}/spark-{name}", twin=twin)
    for name, settings in SETTINGS.items():
        for key, value in settings.items():
            spark.conf.set(key, value)
        for kind, frame in ("flat", flat), ("nested", nested(spark)):
            frame.write.parquet(f"{folder}/spark-{name}-{kind}")
            yield Case(f"spark {name} {kind}", f"{folder}/spark-{name}-{kind}")
        for key in settings:
            spark.conf.unset(key)
    nested(spark).write.parquet(f"{folder}/spark-nested")
    yield Case("spark nested", f"{folder}/spark-nested")
    flat.repartition(5, "id").write.parquet(f"{folder}/spark-files")
    yield Case("spark files", f"{folder}/spark-files")
    for name, frame in odd_types(spark):
        path = f"{folder}/spark-{name}"
        try:
            frame.coalesce(1).write.parquet(path)
        except Exception as error:  # a type that this Spark does not write
            print(f"spark {name}: not written: {str(error).splitlines()[0][:150]}")
            continue
        yield Case(f"spark {name}", path)
