#!/usr/bin/env python3
"""Runs .test files (tests/sql/README.md) on `vonk sql` and shows where the answers differ.

usage: run_sql.py [--vonk PROGRAM] [--master M] [-j N] [--update] [FILE or DIRECTORY...]
"""
import argparse
import concurrent.futures
import difflib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE / "sql"))
import testfile  # noqa: E402

ALARM = re.compile(r"(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:")


class Failure(Exception):
    """What one statement, or the process, did wrong, as text to show."""


def command(options, test, variables):
    conf = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": variables["TMP"] + "/warehouse",
        **test.config,
        **dict(setting.split("=", 1) for setting in options.conf),
    }
    args = [options.vonk, "sql", "--format", "json", "--keep-going", "--master", options.master]
    for key, value in conf.items():
        args += ["--conf", f"{key}={value}"]
    for record in test.records:
        args += ["-e", testfile.substitute(record.sql, variables)]
    return args


def run_process(options, test, variables):
    """Returns the answers, one parsed JSON line a statement, and what ended the process early."""
    try:
        done = subprocess.run(
            command(options, test, variables),
            cwd=variables["TMP"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=options.timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        lines = (late.stdout or b"").decode(errors="replace").splitlines()
        return lines, f"no end after {options.timeout} s"
    stderr = done.stderr.decode(errors="replace")
    lines = done.stdout.decode(errors="replace").splitlines()
    trouble = None
    if done.returncode not in (0, 1) or ALARM.search(stderr):
        trouble = f"exit status {done.returncode}; standard error:\n{stderr[-6000:]}"
    elif len(lines) != len(test.records):
        trouble = f"{len(lines)} answers for {len(test.records)} statements: {stderr[-2000:]}"
    return lines, trouble


def diff(expected, actual):
    lines = difflib.unified_diff(expected, actual, "expected", "answered", lineterm="", n=3)
    return "\n".join(list(lines)[2:])


def check_error(record, error):
    condition, message = error.get("condition"), error.get("message", "")
    if record.condition and condition != record.condition:
        raise Failure(f"expected {record.condition}, answered {condition}: {message}")
    if record.message not in message:
        raise Failure(f"the message has no {record.message!r}: {message}")
    place = (error["line"], error["position"], error["fragment"]) if "line" in error else None
    shown = testfile.show_error(error.get("sqlState"), message, place)
    if record.expected and record.expected != shown[: len(record.expected)]:  # Vonk names the place more often than Spark
        raise Failure(diff(record.expected, shown))


def check_rows(options, record, rows):
    expected = record.expected
    if record.mode == "contains" and options.no_plans:
        return
    if record.mode == "contains":
        missing = [line for line in expected if not any(line in row for row in rows)]
        if missing:
            raise Failure("not found: " + ", ".join(missing) + "\nin:\n" + "\n".join(rows))
        return
    if record.mode == "rowsort":
        expected, rows = sorted(expected), sorted(rows)
    if expected != rows:
        raise Failure(diff(expected, rows))


def shown_rows(answer, variables):
    shown = (testfile.show_row(row) for row in answer["rows"])
    return [testfile.hide(row, variables) for row in shown]


def check(options, record, line, variables):
    try:
        answer = json.loads(line)
    except json.JSONDecodeError as error:
        raise Failure(f"not JSON ({error}): {line[:500]}") from None
    if record.kind == "error":
        if "error" not in answer:
            raise Failure(f"expected {record.condition or 'an error'}, answered {line[:500]}")
        check_error(record, answer["error"])
    elif "error" in answer:
        error = answer["error"]
        raise Failure(f"{error.get('condition')}: {error.get('message')}")
    elif record.kind == "query":
        check_rows(options, record, shown_rows(answer, variables))


def update(test, lines, variables):
    for record, line in zip(test.records, lines):
        answer = json.loads(line)
        if record.kind == "query" and record.mode != "contains" and "rows" in answer:
            rows = shown_rows(answer, variables)
            record.expected = sorted(rows) if record.mode == "rowsort" else rows
    test.path.write_text(test.text())


def run_file(options, path):
    """Returns (statements, list of failures, reason for skipping)."""
    test = testfile.read(path)
    absent = [name for name in test.required if not (ROOT / name).exists()]
    if absent:
        return 0, [], f"no {absent[0]}"
    failures = []
    with tempfile.TemporaryDirectory(prefix="vonk-sql-") as tmp:
        variables = {"TMP": tmp, "DATA": str(HERE / "sql" / "data")}
        for name, text in test.files.items():
            target = pathlib.Path(tmp, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(testfile.substitute(text, variables).encode())
        lines, trouble = run_process(options, test, variables)
        if options.update and not trouble:
            update(test, lines, variables)
        for record, line in zip(test.records, lines):
            try:
                check(options, record, line, variables)
            except Failure as failure:
                failures.append(f"{path}:{record.line}\n{record.sql}\n{failure}")
        if trouble:
            at = len(lines) if len(lines) < len(test.records) else len(test.records) - 1
            record = test.records[at]
            failures.append(f"{path}:{record.line}\n{record.sql}\n{trouble}")
    return len(test.records), failures, None


def collect(paths):
    for path in map(pathlib.Path, paths):
        yield from sorted(path.rglob("*.test")) if path.is_dir() else [path]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vonk", default=str(ROOT / "build/bin/vonk"))
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("-j", type=int, default=os.cpu_count())
    parser.add_argument("--timeout", type=int, default=300, help="seconds a file")
    parser.add_argument("--conf", action="append", default=[], metavar="KEY=VALUE", help="for all files")
    parser.add_argument("--no-plans", action="store_true", help="whatever `query contains` records answer is right")
    parser.add_argument("--update", action="store_true", help="take Vonk's rows as expected")
    parser.add_argument("paths", nargs="*", default=[str(HERE / "sql")])
    options = parser.parse_args()
    options.vonk = str(pathlib.Path(options.vonk).resolve())
    return options


def main():
    options = arguments()
    paths = list(collect(options.paths))
    statements = failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.j) as pool:
        for path, result in zip(paths, pool.map(lambda path: run_file(options, path), paths)):
            count, failures, skipped = result
            statements += count
            failed += len(failures)
            if skipped:
                print(f"{path}: skipped, {skipped}")
            for failure in failures:
                print(f"FAILED {failure}\n")
    print(f"{len(paths)} files, {statements} statements, {failed} failures ({options.master})")
    sys.exit(bool(failed) or not paths)


main()
