#!/usr/bin/env python3
"""Writes into .test files what Apache Spark answers: nothing expected there is a guess.

usage: oracle.py [--check] FILE...      (with a Python that has pyspark, and Java 17)

A statement that Spark refuses becomes `statement error CONDITION`; rows are HiveResult's strings,
as spark-sql prints them. Records of mode `contains` are not for Spark and stay as they are. With
--check nothing is written, and the status is 1 if a file would change.
"""
import argparse
import logging
import pathlib
import re
import shutil
import sys
import tempfile

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

import testfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COMMANDS = ("show", "describe", "desc")


def start(warehouse):
    builder = SparkSession.builder.master("local[2]").appName("oracle")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": warehouse,
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.datetime.java8API.enabled": "true",  # as spark-sql: +10000-01-01
        "spark.log.level": "OFF",
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -Dderby.system.home=" + warehouse,
    }.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def rows_of(session, frame, sql):
    if sql.split()[0].lower() in COMMANDS:  # HiveResult shortens these
        return [[plain(value) for value in row] for row in frame.collect()]
    jvm = session._jvm
    jvm.org.apache.spark.sql.classic.SparkSession.setActiveSession(session._jsparkSession)
    plan = frame._jdf.queryExecution().executedPlan()
    found = jvm.org.apache.spark.sql.execution.HiveResult.hiveResultString(plan)
    rows = found.mkString("\x1e").split("\x1e") if found.size() else []
    return [split_row(row, len(frame.schema.fields)) for row in rows]


def plain(value):
    if isinstance(value, bool):
        return str(value).lower()
    return value if value is None else str(value)


def split_row(row, n_columns):
    if n_columns == 0:  # SELECT * without FROM
        return []
    values = row.split("\t")
    if len(values) != n_columns:
        if n_columns != 1:
            raise testfile.BadTest(f"a tab in a value of {n_columns} columns: {row!r}")
        values = [row]
    return [None if value == "NULL" else value for value in values]


def condition_of(error):
    """The outermost error condition in a chain of causes."""
    if isinstance(error, PySparkException) and error.getCondition():
        return error.getCondition()
    java = getattr(error, "java_exception", None)
    while java is not None:
        try:
            condition = java.getCondition()
            if condition:
                return condition
        except Exception:  # no SparkThrowable: py4j finds no such method
            pass
        java = java.getCause()
    raise error


def details_of(error):
    """SQLSTATE, message and, if Spark names one, (line, position, fragment)."""
    java = getattr(error, "java_exception", None) or error._origin
    while not hasattr(java, "getCondition") or not java.getCondition():
        java = java.getCause()
    text = re.sub(r"^\s*\[[\w.]+\] ", "", java.getMessage())
    text = re.split(r" SQLSTATE: \w+|; line \d+ pos|\n== SQL", text)[0].removeprefix("\n")
    for context in java.getQueryContext() or []:
        place = re.search(r"\(line (\d+), position (\d+)\)", context.summary())
        if place:
            return java.getSqlState(), text, (place[1], place[2], context.fragment())
    return java.getSqlState(), text, None


def answer(session, record, variables):
    sql = testfile.substitute(record.sql, variables)
    try:
        rows = rows_of(session, session.sql(sql), record.sql)
    except testfile.BadTest:
        raise
    except Exception as error:
        condition = condition_of(error)
        if record.condition != condition:
            record.message = ""
        if record.expected:
            record.expected = testfile.show_error(*details_of(error))
        record.kind, record.condition = "error", condition
        return
    if record.kind == "error":
        record.kind = "query" if rows else "ok"
    if record.kind == "ok":
        return
    shown = [testfile.hide(testfile.show_row(row), variables) for row in rows]
    record.expected = sorted(shown) if record.mode == "rowsort" else shown


def run_file(spark, test, warehouse):
    session = spark.newSession()
    for key, value in test.config.items():
        session.conf.set(key, value)
    with tempfile.TemporaryDirectory(prefix="oracle-") as tmp:
        variables = {"TMP": tmp, "DATA": str(HERE / "data")}
        for name, text in test.files.items():
            target = pathlib.Path(tmp, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(testfile.substitute(text, variables).encode())
        for record in test.records:
            if record.mode != "contains":
                answer(session, record, variables)
    for table in session.catalog.listTables():
        if not table.isTemporary:
            session.sql(f"DROP TABLE IF EXISTS `{table.name}`")
    shutil.rmtree(warehouse, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    changed = 0
    logging.disable(logging.CRITICAL)  # pyspark logs each error that it raises
    with tempfile.TemporaryDirectory(prefix="oracle-warehouse-") as warehouse:
        spark = start(warehouse)
        for path in options.files:
            test = testfile.read(path)
            if all((ROOT / name).exists() for name in test.required):
                run_file(spark, test, warehouse)
            if test.text() != path.read_text():
                changed += 1
                print(f"{path}: {'differs' if options.check else 'written'}", flush=True)
                if not options.check:
                    path.write_text(test.text())
        spark.stop()
    sys.exit(bool(changed and options.check))


if __name__ == "__main__":
    main()
