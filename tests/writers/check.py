#!/usr/bin/env python3
"""Vonk reads the Parquet files of other writers as Spark does: schema, rows, and the rows that filters leave.

usage: check.py [--vonk PROGRAM] [--master M] [--only TEXT] [--keep FOLDER]
       (with a Python that has requirements.txt and bench/requirements.txt; Java for Spark)
"""
import argparse
import pathlib
import sys
import tempfile

import by_arrow
import by_duckdb
import by_fastparquet
import by_polars
import by_spark
import spark_reads

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
import ask_vonk  # noqa: E402

INTEGERS = ("tinyint", "smallint", "int", "bigint")


def literal(value, kind):
    """A literal of the value that spark_reads.shown() printed; None: none."""
    if kind == "string":
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    if kind == "binary":
        return f"X'{value}'"
    if kind in ("date", "timestamp", "timestamp_ntz"):
        return f"{kind} '{value}'"
    if kind in INTEGERS or kind.startswith("decimal"):
        return f"CAST('{value}' AS {kind})"
    return value if kind == "boolean" else None


def filters(answer):
    """Conditions on each flat column, and which rows pass."""
    for at, (name, kind) in enumerate(answer.flat()):
        column = spark_reads.quoted(name)
        yield f"{column} IS NULL", [row for row in answer.rows if row[at] is None]
        values = [row[at] for row in answer.rows if row[at] is not None]
        chosen = values[len(values) // 2] if values else None
        if chosen is None or literal(chosen, kind) is None:
            continue
        yield f"{column} = {literal(chosen, kind)}", [row for row in answer.rows if row[at] == chosen]
        if kind in INTEGERS:
            passing = [row for row in answer.rows if row[at] is not None and int(row[at]) > int(chosen)]
            yield f"{column} > {literal(chosen, kind)}", passing


def checks(case, view, answer):
    """Statements, and what each must answer: ("rows", rows), ("condition", ...), ("refused",), ("done",)."""
    made = f"CREATE TEMPORARY VIEW {view} USING parquet OPTIONS (path '{case.path}')"
    flat = answer.flat()
    if answer.condition and not answer.columns:
        yield made, ("condition", answer.condition)
        return
    yield made, ("done",)
    all_pages = f"(path '{case.path}', 'parquet.filter.columnindex.enabled' 'false')"
    yield f"CREATE TEMPORARY VIEW {view}_all USING parquet OPTIONS {all_pages}", ("done",)
    yield f"DESCRIBE {view}", ("columns", answer.columns)
    yield f"SELECT count(*) FROM {view}", ("rows", [[str(len(answer.rows))]])
    if flat:
        chosen = ", ".join(spark_reads.shown(*column) for column in flat)
        yield f"SELECT {chosen} FROM {view}", ("rows", answer.rows)
        for condition, rows in filters(answer):
            for read in view, f"{view}_all":
                yield f"SELECT {chosen} FROM {read} WHERE {condition}", ("rows", rows)
    for name, kind in answer.columns:
        if (name, kind) not in flat:
            yield f"SELECT {spark_reads.quoted(name)} FROM {view}", ("refused",)


def first_difference(due, got):
    if len(due) != len(got):
        return f"{len(due)} rows expected, {len(got)} answered"
    for a, b in zip(due, got):
        if a != b:
            return "\n".join(f"  {x!r} expected, {y!r}" for x, y in zip(a, b) if x != y)
    return None


def difference(wanted, answer):
    """What is wrong with an answer; None: nothing."""
    error = answer.get("error")
    if wanted[0] == "refused":
        return None if error and error["condition"] else f"no condition: {str(answer)[:200]}"
    if wanted[0] == "condition":
        if error and error["condition"] == wanted[1]:
            return None
        return f"{wanted[1]} expected, {error or 'no error'}"
    if error:
        return f"{error['condition']}: {error['message']}"
    if wanted[0] == "rows":
        return first_difference(wanted[1], spark_reads.in_order(answer["rows"]))
    if wanted[0] == "columns":
        due = [[name, kind] for name, kind in wanted[1] if kind != "variant"]  # a struct to Vonk, which refuses both
        got = [row[:2] for row in answer["rows"]]
        return first_difference(due, got if len(due) == len(wanted[1]) else [row for row in got if row in due])
    return None


def write_all(folder, spark, only):
    cases = []
    for writer in by_arrow, by_duckdb, by_polars, by_fastparquet:
        cases += writer.cases(folder)
    cases += by_spark.cases(folder, spark)
    return [case for case in cases if only in case.name]


def check(folder, options):
    spark = spark_reads.start(folder)
    cases = write_all(folder, spark, options.only)
    tried, answers = [], {}
    for i, case in enumerate(cases):
        path = case.twin or case.path
        answer = answers[path] = answers.get(path) or spark_reads.read(spark, path)
        tried += [(case, sql, wanted) for sql, wanted in checks(case, f"v{i}", answer)]
    spark.stop()
    answers = ask_vonk.answers_of(options.vonk, options.master, [sql for _, sql, _ in tried])
    wrong = 0
    for (case, sql, wanted), answer in zip(tried, answers):
        message = difference(wanted, answer)
        if message:
            wrong += 1
            print(f"FAILED {case.name}: {sql[:300]}\n{message[:1000]}")
    print(f"{len(cases)} files, {len(tried)} statements, {wrong} wrong")
    return 1 if wrong or not tried else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vonk", default=str(ROOT / "build" / "bin" / "vonk"))
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", default="")
    options = parser.parse_args()
    if options.keep:
        pathlib.Path(options.keep).mkdir(parents=True)
        return check(options.keep, options)
    with tempfile.TemporaryDirectory(prefix="vonk-writers-") as folder:
        return check(folder, options)


if __name__ == "__main__":
    sys.exit(main())
