#!/usr/bin/env python3
"""Golden plans: runs each NAME.sql here and compares what EXPLAIN prints with NAME.txt.

usage: check.py [--vonk PROGRAM] [--update]

A change of a plan shows as a diff. Is it better? Then --update, and the diff is part of the change.
"""
import argparse
import difflib
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def plans(vonk, script):
    """What the script prints, with its temporary directory as ${TMP}."""
    with tempfile.TemporaryDirectory() as tmp:
        text = (HERE / "tables.sql").read_text() + script.read_text()
        done = subprocess.run([vonk, "sql", "--master", "local[2]", "--format", "tsv",
                               "-e", text.replace("${TMP}", tmp)],
                              capture_output=True, text=True, timeout=60, check=False)
        lines = [line for line in done.stdout.splitlines() if line not in ("plan", "key\tvalue")]
        return "\n".join(lines).replace(tmp, "${TMP}") + "\n" + done.stderr.replace(tmp, "${TMP}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--vonk", default="build/bin/vonk")
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    failed = 0
    scripts = [s for s in sorted(HERE.glob("*.sql")) if s.name != "tables.sql"]
    for script in scripts:
        golden = script.with_suffix(".txt")
        got = plans(os.path.abspath(options.vonk), script)
        if options.update:
            golden.write_text(got)
            continue
        wanted = golden.read_text() if golden.exists() else ""
        diff = list(difflib.unified_diff(wanted.splitlines(), got.splitlines(), str(golden.name),
                                         "now", lineterm=""))
        if diff:
            failed += 1
            print("\n".join(diff))
    print(f"{len(scripts)} files, {failed} differ")
    sys.exit(failed > 0 or not scripts)


main()
