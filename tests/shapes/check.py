#!/usr/bin/env python3
"""Shapes of statements and files: the right answer or the right condition, never a crash.

usage: check.py [--vonk PROGRAM] [--big] [--only TEXT] [--times]
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import files
import sql

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HANGS = 600  # seconds; no measurement, only the end of what would never end


def run(vonk, shape, folder):
    script = pathlib.Path(folder, "shape.sql")
    script.write_text(";\n".join(shape.statements) + ";\n")
    command = [vonk, "sql", "--master", "local[2]", "--format", "json", "-f", str(script)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANGS, cwd=folder)


def difference(shape, done):
    """What is wrong; None: nothing."""
    if done.returncode not in (0, 1):
        return f"status {done.returncode}: {done.stderr[-2000:]}"
    if "Sanitizer" in done.stderr or "runtime error" in done.stderr:
        return done.stderr[-3000:]
    lines = done.stdout.splitlines()
    if not lines:
        return f"no answer: {done.stderr[-1000:]}"
    answer = json.loads(lines[-1])
    error = answer.get("error")
    if shape.rows is None:
        got = error["condition"] if error else "rows"
        return None if got == shape.condition else f"{shape.condition} expected, {got}: {lines[-1][:500]}"
    if error:
        return f"{error['condition']}: {error['message'][:500]}"
    if len(lines) != len(shape.statements) or sorted(answer["rows"]) != sorted(shape.rows):
        return f"{str(shape.rows)[:200]} expected, {str(answer['rows'])[:200]}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vonk", default=str(ROOT / "build" / "bin" / "vonk"))
    parser.add_argument("--big", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--times", action="store_true")
    options = parser.parse_args()
    vonk = str(pathlib.Path(options.vonk).resolve())
    tried = wrong = 0
    with tempfile.TemporaryDirectory(prefix="vonk-shapes-") as folder:
        for shape in [*sql.shapes(options.big), *files.shapes(folder, options.big)]:
            if options.only not in shape.name:
                continue
            started = time.monotonic()
            message = difference(shape, run(vonk, shape, folder))
            tried += 1
            wrong += bool(message)
            if message:
                print(f"FAILED {shape.name}: {message}", flush=True)
            elif options.times:
                print(f"{time.monotonic() - started:7.2f} s  {shape.name}", flush=True)
    print(f"{tried} shapes, {wrong} wrong")
    return 1 if wrong or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
