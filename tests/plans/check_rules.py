#!/usr/bin/env python3
"""Each rule of the optimizer: shown by rules.sql, and no answer depends on it.

usage: check_rules.py [--vonk PROGRAM]

Runs statements of tests/sql with one rule switched off at a time: their answers must stay. Plans, of course, change.
"""
import argparse
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TESTS = ("query", "join", "agg")


def rule_names():
    """All rules, as the table in rule_names.c has them."""
    text = (ROOT / "lib/optimize/rule_names.c").read_text()
    table = text[text.index("} rules[] = {"):]
    return re.findall(r'^    \{"(\w+)",', table[:table.index("};")], re.MULTILINE)


def without(rule, vonk):
    """The last lines of a run without the rule if an answer was another one, else None."""
    done = subprocess.run([sys.executable, ROOT / "tests/run_sql.py", "--vonk", vonk, "--no-plans", "--conf",
                           f"spark.sql.optimizer.excludedRules={rule}", *(ROOT / "tests/sql" / t for t in TESTS)],
                          capture_output=True, text=True, check=False)
    return done.stdout[-4000:] + done.stderr[-2000:] if done.returncode else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--vonk", default=str(ROOT / "build/bin/vonk"))
    options = parser.parse_args()
    shown = (HERE / "rules.txt").read_text()
    names = rule_names()
    failed = 0
    for rule in names:
        if f"=== Applying Rule {rule} ===" not in shown:
            failed += 1
            print(f"{rule}: rules.sql has no statement that it changes")
        trouble = without(rule, options.vonk)
        if trouble:
            failed += 1
            print(f"without {rule}:\n{trouble}")
    print(f"{len(names)} rules, {failed} failures")
    sys.exit(failed > 0 or len(names) < 10)


main()
