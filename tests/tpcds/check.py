#!/usr/bin/env python3
"""The 103 TPC-DS queries over small tables give Spark's answers.

usage: check.py [--vonk PROGRAM] [--master M] [--queries 1,14a]

The rows (scale 0.01) and the texts of the queries come from Maven Central (bench/tpcds_data.py), answers.jsonl from
Spark 4.2 (oracle.py). One process reads the rows as CSV, writes them as Parquet, and runs all queries over that.
"""
import argparse
import json
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests" / "support")]
import ask_vonk  # noqa: E402 # tests/support/
import compare  # noqa: E402 # bench/
import tpcds_data  # noqa: E402

SCALE = 0.01


def table_statements(rows, folder):
    """Statements that make TABLE a view of Parquet files with the rows of rows/TABLE.dat."""
    for table, columns in tpcds_data.tables().items():
        kinds = ", ".join(f"{name} {kind}" for name, kind in columns)
        yield (
            f"CREATE TEMPORARY VIEW {table}_rows ({kinds}) USING csv "
            f"OPTIONS (path '{rows / table}.dat', sep '|', mode 'FAILFAST')"
        )
        yield f"INSERT OVERWRITE DIRECTORY '{folder}/{table}' USING parquet SELECT * FROM {table}_rows"
        yield f"CREATE TEMPORARY VIEW {table} USING parquet OPTIONS (path '{folder}/{table}')"


def explain_difference(wanted, answer):
    """What is wrong with the answer; None: nothing."""
    error = answer.get("error")
    if "error" in wanted or error:
        got = error.get("condition") if error else f"{len(answer['rows'])} rows"
        due = wanted.get("error") or f"{len(wanted['rows'])} rows"
        return None if got == due else f"{due} expected, {got}: {(error or {}).get('message', '')}"
    if compare.agree(wanted["rows"], answer["rows"]):
        return None
    lines = [f"{len(wanted['rows'])} rows expected, {len(answer['rows'])} answered"]
    for due, got in zip(wanted["rows"], answer["rows"]):
        if len(due) != len(got) or not all(map(compare.same_value, due, got)):
            lines += [f"- {due}", f"+ {got}"]
            break
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vonk", default=str(ROOT / "build" / "bin" / "vonk"))
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--queries", default="")
    options = parser.parse_args()
    chosen = {f"q{name}" for name in options.queries.split(",") if name}
    wanted = [json.loads(line) for line in (HERE / "answers.jsonl").read_text().splitlines()]
    wanted = [answer for answer in wanted if not chosen or answer["query"] in chosen]
    texts = tpcds_data.queries() / "tpcds"
    with tempfile.TemporaryDirectory(prefix="vonk-tpcds-") as folder:
        tables = list(table_statements(tpcds_data.rows(SCALE), folder))
        queries = [(texts / f"{answer['query']}.sql").read_text().strip().rstrip(";") for answer in wanted]
        answers = ask_vonk.answers_of(options.vonk, options.master, tables + queries)
    for statement, answer in zip(tables, answers):
        if "error" in answer:
            sys.exit(f"{statement}\n{answer['error']}")
    wrong = 0
    for due, answer in zip(wanted, answers[len(tables) :]):
        difference = explain_difference(due, answer)
        if difference:
            wrong += 1
            print(f"FAILED {due['query']}: {difference}")
    print(f"{len(wanted)} queries, {wrong} wrong")
    return 1 if wrong or not wanted else 0


if __name__ == "__main__":
    sys.exit(main())
