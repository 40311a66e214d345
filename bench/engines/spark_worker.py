"""Runs queries in Spark, local[THREADS]; arguments and output as duckdb_worker.py."""
import pathlib

import pyspark
import worker
from pyspark.sql import SparkSession


class Engine:
    name = "Spark"
    version = pyspark.__version__

    def __init__(self, data, threads):
        self.session = (
            SparkSession.builder.master(f"local[{threads}]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.memory", "8g")
            .config("spark.sql.shuffle.partitions", "4")
            .config("spark.log.level", "OFF")
            .getOrCreate()
        )
        for path in sorted(pathlib.Path(data).glob("*.parquet")):
            self.session.read.parquet(str(path)).createOrReplaceTempView(path.stem)

    def run(self, sql):
        return [tuple(row) for row in self.session.sql(sql).collect()]


worker.main(Engine, children=True)
