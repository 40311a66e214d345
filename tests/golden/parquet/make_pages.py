#!/usr/bin/env python3
"""Makes pages_arrow.parquet and pages_spark.parquet: pip install pyarrow pyspark; python3 make_pages.py (Java for Spark)

The same 300 rows in two row groups or more, pages of some 20 rows, column and offset indexes.
"""
import datetime
import decimal
import pathlib
import shutil
import tempfile

import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).resolve().parent
ROWS = 300
DAY = datetime.date(1999, 12, 1)


def table():
    """Sorted, in steps, with pages of nothing but nulls, and NaN in some pages."""
    rows = range(ROWS)
    return pa.table({
        "id": pa.array([7 * i for i in rows], pa.int64()),
        "step": pa.array([i // 30 for i in rows], pa.int32()),
        "part": pa.array([None if i % 100 < 50 else -i for i in rows], pa.int64()),
        "s": pa.array([f"{'é' * (i // 100)}a text {i:04}" for i in rows], pa.string()),
        "d": pa.array([decimal.Decimal(i * i - 5000).scaleb(-2) for i in rows], pa.decimal128(20, 2)),
        "f": pa.array([float("nan") if i == 250 else (i - 100) / 8 for i in rows], pa.float64()),
        "day": pa.array([DAY + datetime.timedelta(days=i) for i in rows], pa.date32()),
        "b": pa.array([i >= 180 for i in rows], pa.bool_()),
        "bin": pa.array([bytes([i % 256, i // 256]) for i in rows], pa.binary()),
    })


def by_spark(rows):
    from pyspark.sql import SparkSession  # noqa: E402

    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder, "given.parquet")
        pq.write_table(rows, made)
        out = spark.read.parquet(str(made)).coalesce(1).write
        out.option("parquet.page.row.count.limit", 20).parquet(f"{folder}/out")
        shutil.copy(next(pathlib.Path(folder, "out").glob("part-*")), HERE / "pages_spark.parquet")
    spark.stop()


def main():
    rows = table()
    pq.write_table(rows, HERE / "pages_arrow.parquet", row_group_size=160, write_page_index=True, data_page_size=1,
                   write_batch_size=20, use_dictionary=["step"])
    by_spark(rows)


main()
