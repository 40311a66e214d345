#!/usr/bin/env python3
"""Measures Vonk beside its peers and writes bench/results/*.md.

usage: ./dev bench [tpch|memory|cluster|cancel|tpcds|lines|startup|tasks|s3|kube]... [--scale N] [--queries 1,6] [--runs N]
                   [--peers duckdb,polars,spark] [--threads N] [--no-write] [--cold] [--check]
"""
import argparse
import pathlib
import sys

import cancel
import cluster
import kube_job
import lines
import memory
import plot
import s3_scan
import startup
import tpcds
import tpch

ROOT = pathlib.Path(__file__).resolve().parent.parent
WHAT = {"tpch": tpch.bench, "startup": startup.bench, "tasks": startup.bench_tasks, "s3": s3_scan.bench}
ALL = list(WHAT)  # without memory, cluster, cancel, lines, kube, which needs root, and tpcds, which needs Java and Maven
WHAT["memory"] = memory.bench
WHAT["cluster"] = cluster.bench
WHAT["cancel"] = cancel.bench
WHAT["lines"] = lines.bench
WHAT["tpcds"] = tpcds.bench
WHAT["kube"] = kube_job.bench


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", choices=[*WHAT, []], default=[])
    parser.add_argument("--vonk", default=str(ROOT / "build" / "bin" / "vonk"))
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--queries", default="", help="numbers, with commas; default: all")
    parser.add_argument("--runs", type=int, default=5, help="hot runs of a query")
    parser.add_argument("--times", type=int, default=30, help="processes for start-up")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peers", default="", help="with commas; default: all (tpcds: duckdb)")
    parser.add_argument("--cold", action="store_true", help="tpch, tpcds: a whole process a query, its files on disk")
    parser.add_argument("--check", action="store_true", help="tpch, tpcds: compare the answers only, in each mode; status 1 if some differ")
    parser.add_argument("--no-write", action="store_true", help="print only")
    return parser.parse_args()


def main():
    options = arguments()
    options.wrong = []  # what a check found
    command = " ".join(["./dev bench", *sys.argv[1:]])
    for what in options.what or ALL:
        name, text, *ratios = WHAT[what](options, command)
        if ratios:
            text += f"\n![Vonk's wall and CPU time of the best peer's, query by query]({name}.svg)\n"
        print(text)
        if not options.no_write:
            results = ROOT / "bench" / "results"
            results.mkdir(exist_ok=True)
            (results / f"{name}.md").write_text(text)
            if ratios:
                (results / f"{name}.svg").write_text(plot.svg(name, ratios[0]))
    sys.exit(1 if options.wrong else 0)


main()
