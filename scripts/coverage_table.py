#!/usr/bin/env python3
"""Prints gcovr's CSV as a table of folders, and the files of lib/ with the lowest share of branches.

usage: coverage_table.py FILES.csv
"""
import collections
import csv
import pathlib
import sys

COUNTS = ("line_total", "line_covered", "branch_total", "branch_covered")
LEAST = 15  # files
SMALL = 40  # lines: files below say little


def folder(name):
    parts = pathlib.PurePath(name).parts
    return "/".join(parts[:2]) if parts[0] == "lib" else parts[0]


def share(covered, total):
    return f"{100 * covered / total:.1f} %" if total else "-"


def row(name, counts):
    lines, hit, branches, taken = counts
    return f"| {name} | {lines} | {share(hit, lines)} | {branches} | {share(taken, branches)} |"


def main():
    folders = collections.defaultdict(lambda: [0] * len(COUNTS))
    files = []
    with open(sys.argv[1], newline="", encoding="utf-8") as text:
        for entry in csv.DictReader(text):
            counts = [int(entry[key]) for key in COUNTS]
            files.append((entry["filename"], counts))
            for sums in folders[folder(entry["filename"])], folders["all"]:
                for i, count in enumerate(counts):
                    sums[i] += count
    print("| folder | lines | reached | branches | taken |\n| --- | ---: | ---: | ---: | ---: |")
    for name in sorted(folders, key=lambda name: (name == "all", name)):
        print(row(name, folders[name]))
    print("\n| file | lines | reached | branches | taken |\n| --- | ---: | ---: | ---: | ---: |")
    large = [file for file in files if file[0].startswith("lib/") and file[1][0] >= SMALL and file[1][2]]
    for name, counts in sorted(large, key=lambda file: file[1][3] / file[1][2])[:LEAST]:
        print(row(name, counts))


if __name__ == "__main__":
    main()
