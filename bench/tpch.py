"""tpch.py - the 22 TPC-H queries: Vonk beside DuckDB, Polars and Spark, in one run."""
import pathlib
import subprocess
import sys

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


def bench(options, command):
    data = make_data(options.scale)
    wanted = options.queries.split(",") if options.queries else [str(n) for n in range(1, 23)]
    queries = [HERE / "tpch" / f"q{int(n):02d}.sql" for n in wanted]
    chosen = options.peers.split(",") if options.peers else PEERS
    peers = [(name, queries) for name in PEERS if name in chosen]
    text, _ = compare.run(f"TPC-H, scale {options.scale:g}", data, queries, peers, options, command)
    return f"tpch-sf{options.scale:g}", text
