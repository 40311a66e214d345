"""Runs queries in DuckDB: worker.py DATA THREADS RUNS QUERY_FILE...; one line of JSON each."""
import pathlib

import duckdb
import worker


class Engine:
    name = "DuckDB"
    version = duckdb.__version__

    def __init__(self, data, threads):
        self.database = duckdb.connect(config={"threads": threads})
        self.database.execute("SET default_null_order = 'NULLS_FIRST_ON_ASC_LAST_ON_DESC'")  # as Spark
        for path in sorted(pathlib.Path(data).glob("*.parquet")):
            self.database.execute(f"CREATE VIEW {path.stem} AS SELECT * FROM '{path}'")
        others = pathlib.Path(data) / "duckdb_views.sql"
        for view in others.read_text().splitlines() if others.exists() else ():
            self.database.execute(view)

    def run(self, sql):
        rows = self.database.execute(sql).fetchall()
        return [] if sql.startswith("COPY") else rows  # how many it wrote is no answer


worker.main(Engine)
