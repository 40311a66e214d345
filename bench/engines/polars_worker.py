"""Runs queries in Polars' SQL interface; arguments and output as duckdb_worker.py."""
import json
import os
import pathlib
import re
import sys

os.environ["POLARS_MAX_THREADS"] = sys.argv[2]
import duckdb  # noqa: E402  (folds date arithmetic, which Polars' SQL does not know)
import polars  # noqa: E402
import worker  # noqa: E402

ARITHMETIC = re.compile(r"date '[^']+' [-+] interval '\d+' (?:day|month|year)")


def fold(sql):
    def value(match):
        day = duckdb.sql(f"SELECT CAST({match[0]} AS DATE)").fetchall()[0][0]
        return f"date '{day}'"

    return ARITHMETIC.sub(value, sql)


def text_tables(data):
    """polars_views.json: how text files are read, by the names of Polars' functions; types by name."""
    path = pathlib.Path(data) / "polars_views.json"
    for name, view in json.loads(path.read_text()).items() if path.exists() else ():
        arguments = dict(view["arguments"])
        if "schema" in arguments:
            arguments["schema"] = {column: getattr(polars, type_) for column, type_ in arguments["schema"].items()}
        yield name, lambda view=view, arguments=arguments: getattr(polars, view["scan"])(view["path"], **arguments)


class Engine:
    name = "Polars"
    version = polars.__version__

    def __init__(self, data, _threads):
        self.text_tables = dict(text_tables(data))
        self.context = polars.SQLContext(
            {path.stem: polars.scan_parquet(path) for path in pathlib.Path(data).glob("*.parquet")}
        )

    def run(self, sql):
        for name, scan in self.text_tables.items():
            if name in sql:
                self.context.register(name, scan())  # anew: looking for the types is part of the work
        writes = re.match("-- into (parquet|csv) (.*)\n", sql)
        frame = self.context.execute(fold(sql))
        if not writes:
            return frame.collect().rows()
        getattr(frame, f"sink_{writes[1]}")(writes[2])
        return []


worker.main(Engine)
