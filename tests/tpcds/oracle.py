#!/usr/bin/env python3
"""Asks Spark for the answers to the TPC-DS queries and writes answers.jsonl.

usage: oracle.py      (with a Python of bench/requirements.txt, and Java 17)
"""
import datetime
import decimal
import json
import pathlib
import sys

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "bench"))
import check  # noqa: E402 # beside this file
import tpcds_data  # noqa: E402


def plain(value):
    """As `vonk sql --format json` has it."""
    if isinstance(value, float):
        return {"double": value}
    return str(value) if isinstance(value, (decimal.Decimal, datetime.date)) else value


def answer(spark, query):
    try:
        rows = spark.sql(query.read_text()).collect()
    except PySparkException as error:
        return {"query": query.stem, "error": error.getCondition()}
    return {"query": query.stem, "rows": [[plain(value) for value in row] for row in rows]}


def main():
    builder = SparkSession.builder.master("local[2]").appName("oracle")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.log.level": "OFF",
    }.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    rows = tpcds_data.rows(check.SCALE)
    for table, columns in tpcds_data.tables().items():
        kinds = ", ".join(f"{name} {kind}" for name, kind in columns)
        frame = spark.read.csv(f"{rows / table}.dat", schema=kinds, sep="|", mode="FAILFAST")
        frame.cache().createOrReplaceTempView(table)
    queries = sorted((tpcds_data.queries() / "tpcds").glob("q*.sql"))
    with open(HERE / "answers.jsonl", "w", encoding="utf-8") as out:
        for query in queries:
            print(json.dumps(answer(spark, query), ensure_ascii=False), file=out, flush=True)


main()
