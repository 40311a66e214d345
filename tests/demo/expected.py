#!/usr/bin/env python3
"""Computes the answer of examples/flights/job.yaml with DuckDB and writes expected.tsv beside it.

usage: expected.py DIRECTORY_OF_CSV_FILES      (with a Python that has duckdb and yaml)
"""
import csv
import pathlib
import sys

import duckdb
import yaml

HERE = pathlib.Path(__file__).resolve().parent
JOB = HERE.parent.parent / "examples" / "flights" / "job.yaml"


def main():
    data = pathlib.Path(sys.argv[1])
    job = yaml.safe_load(JOB.read_text())["spec"]["sql"]
    database = duckdb.connect()
    for name, table in job["tables"].items():
        path = data / pathlib.Path(table["path"]).name
        database.execute(
            f"CREATE VIEW {name} AS SELECT * FROM "
            f"read_csv('{path}', header = true, nullstr = 'NA', sample_size = -1)"
        )
    answer = database.execute(job["query"])
    with open(HERE / "expected.tsv", "w", newline="") as out:
        writer = csv.writer(out, delimiter="\t", lineterminator="\n")
        writer.writerow(column[0] for column in answer.description)
        writer.writerows(answer.fetchall())


main()
