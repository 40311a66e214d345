#!/usr/bin/env python3
"""make_chart_readme.py [--check]: the table of values in charts/vonk/README.md, from the comments of values.yaml.

A comment "# path.of.value says what" stands above each value. With --check nothing is written; exit status 1 says
that the table is out of date.
"""
import re
import sys
from pathlib import Path

CHART = Path(__file__).resolve().parent.parent / "charts" / "vonk"
BEGIN, END = "<!-- values: scripts/make_chart_readme.py -->", "<!-- end -->"


def values(text):
    """(path, default, description) of each value, in order."""
    path, comment, lines = [], [], text.splitlines()
    for i, line in enumerate(lines):
        if match := re.match(r" *# ?(.*)", line):
            comment.append(match[1])
            continue
        match = re.match(r"( *)(\w+):(?: (.*))?$", line)
        if match:
            path[len(match[1]) // 2 :] = [match[2]]
            name = ".".join(path)
            if comment and comment[0].startswith(f"{name} "):
                default = match[3]
                if default is None:  # a map: its lines, in one
                    inner = []
                    for below in lines[i + 1 :]:
                        if len(below) - len(below.lstrip()) <= len(match[1]):
                            break
                        inner.append(below.strip())
                    default = "{" + ", ".join(inner) + "}"
                description = " ".join(comment).removeprefix(f"{name} ").removeprefix("is ").removeprefix("are ")
                yield name, default, description
        comment = []


def main():
    table = ["| value | default | meaning |", "| --- | --- | --- |"]
    for name, default, description in values((CHART / "values.yaml").read_text()):
        table.append(f"| `{name}` | `{default}` | {description} |")
    readme = CHART / "README.md"
    text = readme.read_text()
    made = re.sub(f"{BEGIN}.*{END}", lambda _: "\n".join([BEGIN, *table, END]), text, flags=re.S)
    if "--check" in sys.argv:
        sys.exit(made != text)
    readme.write_text(made)


main()
