#!/usr/bin/env python3
"""Makes bloom_spark.parquet: pip install pyspark (and Java 17); python3 make_bloom.py

600 rows without dictionaries, with Bloom filters of all columns but `other`: values are even, so that no
statistics say that an odd one is missing.
"""
import glob
import os
import shutil
import tempfile

from pyspark.sql import SparkSession

HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = ("big", "number", "small", "day", "at", "text", "bytes")
session = SparkSession.builder.master("local[1]").config("spark.sql.session.timeZone", "UTC").getOrCreate()
rows = session.sql(
    "SELECT id * 2 AS big, CAST(id * 2 AS int) AS number, CAST(id % 50 * 2 AS smallint) AS small, "
    "date_add(DATE'2000-01-01', CAST(id * 2 AS int)) AS day, timestamp_micros(id * 2000000) AS at, "
    "concat('text ', id * 2) AS text, CAST(concat('b', id * 2) AS binary) AS bytes, id * 2 AS other, "
    "CAST(id * 2 AS decimal(9, 1)) AS amount FROM range(0, 600, 1, 1)"
)
writer = rows.coalesce(1).write.option("parquet.enable.dictionary", "false").option("compression", "zstd")
writer = writer.option("parquet.bloom.filter.enabled#amount", "true")
for column in COLUMNS:
    writer = writer.option(f"parquet.bloom.filter.enabled#{column}", "true")
    writer = writer.option(f"parquet.bloom.filter.expected.ndv#{column}", "600")
with tempfile.TemporaryDirectory() as folder:
    writer.option("parquet.bloom.filter.expected.ndv#amount", "600").parquet(folder + "/out")
    shutil.copy(glob.glob(folder + "/out/*.parquet")[0], os.path.join(HERE, "bloom_spark.parquet"))
