"""Runs queries in Polars' SQL interface; arguments and output as duckdb_worker.py."""
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


class Engine:
    name = "Polars"
    version = polars.__version__

    def __init__(self, data, _threads):
        self.context = polars.SQLContext(
            {path.stem: polars.scan_parquet(path) for path in pathlib.Path(data).glob("*.parquet")}
        )

    def run(self, sql):
        return self.context.execute(fold(sql)).collect().rows()


worker.main(Engine)
