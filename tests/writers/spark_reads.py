"""spark_reads.py - what Spark reads of a Parquet file: schema and rows as text, or the condition that it refuses with."""
import dataclasses
import pathlib
import sys

from pyspark.sql import SparkSession

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "sql"))
from oracle import condition_of  # noqa: E402 # tests/sql/

NESTED = ("array<", "map<", "struct<", "variant")


@dataclasses.dataclass
class Answer:
    condition: str = ""  # of the error
    columns: list = dataclasses.field(default_factory=list)  # (name, type)
    rows: list = dataclasses.field(default_factory=list)  # of the flat columns, as text; sorted

    def flat(self):
        return [(name, kind) for name, kind in self.columns if not kind.startswith(NESTED)]


def quoted(name):
    return "`" + name.replace("`", "``") + "`"


def shown(name, kind):
    """An expression that is the column as text."""
    return f"hex({quoted(name)})" if kind == "binary" else f"cast({quoted(name)} AS STRING)"


def in_order(rows):
    return sorted(rows, key=lambda row: [(value is not None, value or "") for value in row])


def start(folder):
    builder = SparkSession.builder.master("local[2]").appName("writers")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": f"{folder}/warehouse",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
        "spark.sql.parquet.int96RebaseModeInWrite": "CORRECTED",
        "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
        "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
        "spark.driver.extraJavaOptions": f"-Duser.timezone=UTC -Dderby.system.home={folder}",
    }.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def condition_or_text(error):
    try:
        return condition_of(error)
    except Exception:  # an error of a library below Spark
        return str(error).splitlines()[0]


def read(spark, path):
    try:
        frame = spark.read.parquet(path)
        answer = Answer(columns=[(field.name, field.dataType.simpleString()) for field in frame.schema.fields])
        if answer.flat():
            rows = frame.selectExpr(*[shown(*column) for column in answer.flat()]).collect()
            answer.rows = in_order([list(row) for row in rows])
        else:
            answer.rows = [[]] * frame.count()
        return answer
    except Exception as error:
        return Answer(condition=condition_or_text(error))
