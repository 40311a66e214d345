#!/usr/bin/env python3
"""The flights job gives the right answer: as a table on standard output, and as Parquet.

usage: check.py --build DIR --data DIRECTORY_OF_CSV_FILES

The right answer is expected.tsv, which another engine made: DuckDB, by expected.py (Spark 4.2 says
the same). The job runs with each master, so that in-process and real executors are both checked.
"""
import argparse
import csv
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
JOB = HERE.parent.parent / "examples" / "flights" / "job.yaml"
MASTERS = ("local[2]", "local-cluster[2,1]")


def expected():
    with open(HERE / "expected.tsv", newline="") as file:
        return list(csv.reader(file, delimiter="\t"))


def run(command, directory):
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr}")
    return done.stdout


def table_rows(text):
    """The cells of a printed table: lines between bars, whatever bars they are."""
    for line in text.splitlines():
        if re.match(r"\s*[|│]", line):
            yield [cell.strip() for cell in re.split(r"[|│]", line.strip())[1:-1]]


def compare(what, wanted, got):
    got = list(got)
    if got != wanted:
        for line in [*(f"- {row}" for row in wanted), *(f"+ {row}" for row in got)]:
            print(line)
        sys.exit(f"{what}: not the expected answer")
    print(f"{what}: right, {len(got) - 1} rows")


def check(vonk, master, data):
    wanted = expected()
    with tempfile.TemporaryDirectory(prefix="vonk-demo-") as directory:
        pathlib.Path(directory, "data").mkdir()
        os.symlink(data, pathlib.Path(directory, "data", "flights"))
        printed = run([vonk, "run", str(JOB), "--master", master], directory)
        compare(f"{master}, printed table", wanted, table_rows(printed))
        query = "SELECT * FROM parquet.`out/delays` ORDER BY percent_late DESC, airline"
        written = run([vonk, "sql", "--format", "tsv", "-e", query], directory)
        rows = (line.split("\t") for line in written.splitlines())
        compare(f"{master}, Parquet", wanted, rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    options = parser.parse_args()
    for master in MASTERS:
        check(str(options.build.resolve() / "bin" / "vonk"), master, options.data.resolve())


main()
