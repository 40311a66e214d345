"""tpcds.py - the 99 TPC-DS queries (103 texts, Spark's): Vonk beside DuckDB and, if asked for, Spark, in one run."""
import pathlib
import re
import tempfile

import answers
import best
import cold
import compare
import tpcds_data

PEERS = ("duckdb", "spark")
# What DuckDB writes otherwise: `names`, AT as a name, and concat, which skips nulls there.
FOR_DUCKDB = (
    ("`", '"'),
    (") at,", ') "at",'),
    ("concat(c_last_name, ', ', c_first_name)", "c_last_name || ', ' || c_first_name"),
)


def all_queries():
    def number(path):
        return int(re.sub("[^0-9]", "", path.stem)), path.stem

    return sorted((tpcds_data.queries() / "tpcds").glob("q*.sql"), key=number)


def texts_for(peer, queries, folder):
    """The queries as the peer takes them."""
    if peer != "duckdb":
        return queries
    texts = []
    for query in queries:
        text = query.read_text()
        for ours, theirs in FOR_DUCKDB:
            text = text.replace(ours, theirs)
        texts.append(pathlib.Path(folder) / query.name)
        texts[-1].write_text(text)
    return texts


def bench(options, command):
    data = tpcds_data.parquet(options.scale)
    wanted = {f"q{name}" for name in options.queries.split(",") if name}
    queries = [query for query in all_queries() if not wanted or query.stem in wanted]
    chosen = options.peers.split(",") if options.peers else ["duckdb"]
    title, name = f"TPC-DS, scale {options.scale:g}", f"tpcds-sf{options.scale:g}"
    with tempfile.TemporaryDirectory() as folder:
        peers = [(peer, texts_for(peer, queries, folder)) for peer in PEERS if peer in chosen]
        if options.check:
            return answers.check(title, name, data, queries, peers, options, command)
        if options.cold:
            return f"{name}-cold", *cold.run(f"{title}, cold", data, queries, peers, options, command)
        text, _, engines = compare.run(title, data, queries, peers, options, command)
    return name, text, best.ratios(engines, queries)
