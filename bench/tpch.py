"""tpch.py - the 22 TPC-H queries: Vonk beside DuckDB, Polars and Spark, in one run."""
import pathlib
import subprocess
import sys

import answers
import best
import cold
import compare

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PEERS = ("duckdb", "polars", "spark")


def make_data(scale):
    data = ROOT / ".cache" / f"tpch-sf{scale:g}"
    if not (data / ".complete").exists():
        print(f"making TPC-H data, scale {scale:g}", file=sys.stderr)
        program = pathlib.Path(sys.executable).with_name("tpchgen-cli")
        subprocess.run(
            [program, "parquet", "-s", f"{scale:g}", "--output-dir", data], check=True
        )
        (data / ".complete").touch()
    return data


def queries_of(options):
    wanted = options.queries.split(",") if options.queries else [str(n) for n in range(1, 23)]
    return [HERE / "tpch" / f"q{int(n):02d}.sql" for n in wanted]


def bench(options, command):
    data, queries = make_data(options.scale), queries_of(options)
    peers = [name for name in PEERS if name in (options.peers.split(",") if options.peers else PEERS)]
    title, name = f"TPC-H, scale {options.scale:g}", f"tpch-sf{options.scale:g}"
    if options.check:
        peers = [(peer, queries) for peer in peers if peer != "polars"]
        return answers.check(title, name, data, queries, peers, options, command)
    if options.cold:
        peers = peers if options.peers else ["duckdb", "polars"]  # Spark takes minutes
        peers = [(peer, queries) for peer in peers]
        return f"{name}-cold", *cold.run(f"{title}, cold", data, queries, peers, options, command)
    text, _, engines = compare.run(title, data, queries, [(peer, queries) for peer in peers], options, command)
    return name, text, best.ratios(engines, queries)
