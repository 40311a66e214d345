"""engines.py - runs many statements at once: on Vonk in several modes, on DuckDB, on Spark.

Each engine has `run(tables, folder, queries)`, which returns an Answer a query. `folder` has what data.write() wrote.
"""
import dataclasses
import json
import logging
import os
import shutil
import subprocess

import data
import report
import schema
import tree

RULES = ("fold_constants,simplify_booleans,combine_filters,push_down_filters,outer_to_inner,propagate_empty,collapse_projects,"
         "push_down_limits,remove_sorts,remove_noop_projects,reorder_joins,prune_columns,derive_side_filters,push_down_semi_joins")


# What Spark says of valid queries that its own rules spoilt.
SPARK_TROUBLE = ("INTERNAL_ERROR", "MISSING_ATTRIBUTES.RESOLVED_ATTRIBUTE_APPEAR_IN_OPERATION", "MISSING_ATTRIBUTES.RESOLVED_ATTRIBUTE_MISSING_FROM_INPUT")
LONGEST = 10**6  # bytes of an answer that is worth comparing


@dataclasses.dataclass
class Answer:
    rows: object = None  # lists of Python values or of text; None: no rows because of `error`
    error: str = ""  # an error condition
    message: str = ""
    crash: bool = False  # the process ended, or did not

    def failed(self):
        return self.rows is None


SKIPPED = Answer(error="SKIPPED")  # the engine cannot be asked this


@dataclasses.dataclass
class Vonk:
    """`vonk sql` in one mode. A process has a script of many statements: hundreds a second."""

    name: str
    program: str
    master: str
    conf: dict = dataclasses.field(default_factory=dict)
    environment: dict = dataclasses.field(default_factory=dict)
    timeout: float = 20

    def run(self, statements, folder, queries):
        answers = []
        texts = [query.render(False) for query in queries]
        while len(answers) < len(texts):
            answers += self.process(statements, folder, texts[len(answers) :])
        return answers

    def process(self, statements, folder, texts):
        """Answers to the first of `texts`: all, or those up to one that ended the process."""
        command = [self.program, "sql", "--format", "json", "--keep-going", "--master", self.master]
        for key, value in {"spark.sql.session.timeZone": "UTC", **self.conf}.items():
            command += ["--conf", f"{key}={value}"]
        script = ";\n".join([*statements, *texts]) + ";\n"
        late = False
        with open(folder / f"{self.name}.err", "wb") as errors:
            try:
                done = subprocess.run(command, input=script.encode(), stdout=subprocess.PIPE, stderr=errors, cwd=folder,
                                      timeout=self.timeout, env={**os.environ, **self.environment}, check=False)
                out, status = done.stdout, done.returncode
            except subprocess.TimeoutExpired as expired:
                out, status, late = expired.stdout or b"", -1, True
        lines = out.decode(errors="replace").split("\n")[:-1]
        answers = [self.answer(line) for line in lines[len(statements) :]]
        if len(answers) < len(texts):
            if late:
                return [*answers, Answer(error="LATE")]
            what = f"exit status {status}"
            trouble = (folder / f"{self.name}.err").read_text(errors="replace")[-3000:]
            answers.append(Answer(error="CRASH", message=f"{what}\n{trouble}", crash=True))
        return answers

    @staticmethod
    def answer(line):
        if len(line) > LONGEST:
            return SKIPPED
        found = json.loads(line)
        if "error" in found:
            return Answer(error=found["error"]["condition"] or "NONE", message=found["error"]["message"])
        return Answer(rows=found["rows"])


def write_parquet(program, table, folder):
    """What data.write() does, where there is no pyarrow: Vonk makes a table of two files."""
    half = len(table.rows) // 2
    first, second = (dataclasses.replace(schema.stored(table), rows=rows) for rows in (table.rows[:half], table.rows[half:]))
    place = folder / "tables"
    shutil.rmtree(place / table.name, ignore_errors=True)
    statements = [report.view(first, "TABLE {} USING parquet AS"),
                  report.view(dataclasses.replace(second, name="second")), f"INSERT INTO {table.name} SELECT * FROM second"]
    subprocess.run([program, "sql", "--master", "local[1]", "--conf", f"spark.sql.warehouse.dir={place}",
                    "--conf", "spark.sql.session.timeZone=UTC"], input=";\n".join(statements).encode(), check=True, cwd=folder)
    return data.view_of_parquet(table, place / table.name)


def modes(program):
    """The first is what the others are compared with."""
    three = {"VONK_DEBUG_BATCH_ROWS": "3"}
    return [
        Vonk("plain", program, "local[1]"),
        Vonk("parallel", program, "local[2]", {"spark.sql.shuffle.partitions": "3", "spark.sql.files.maxPartitionBytes": "512",
                                               "spark.sql.autoBroadcastJoinThreshold": "-1"}),
        Vonk("batches", program, "local[2]", {"spark.sql.shuffle.partitions": "2"}, three),
        Vonk("unoptimized", program, "local[1]", {"spark.sql.optimizer.excludedRules": RULES,
                                                  "spark.sql.optimizer.runtime.bloomFilter.enabled": "false"}),
        Vonk("spills", program, "local[2]", {"spark.sql.shuffle.partitions": "2"}, {"VONK_DEBUG_SPILL": "1"}),
    ]


def cluster(program):
    return Vonk("cluster", program, "local-cluster[2,1]", {"spark.sql.shuffle.partitions": "2"})


class DuckDB:
    """DuckDB in this process."""

    name = "duckdb"

    def __init__(self):
        import duckdb
        import pyarrow  # noqa: F401

        self.duckdb = duckdb

    def run(self, tables, queries):
        connection = self.duckdb.connect(config={"threads": 1})
        connection.execute("SET TimeZone='UTC'")
        connection.execute("SET disabled_optimizers = 'expression_rewriter,build_side_probe_side,compressed_materialization,statistics_propagation'")  # README.md says why
        for table in tables:
            connection.register("arrow", data.as_arrow(table))
            connection.execute(f"CREATE TABLE {table.name} AS SELECT * FROM arrow")
            connection.unregister("arrow")
        return [self.one(connection, query) for query in queries]

    def one(self, connection, query):
        try:
            text = query.render(True)
        except tree.NotInDuck:
            return SKIPPED
        try:
            return Answer(rows=[list(row) for row in connection.execute(text).fetchall()])
        except (self.duckdb.OutOfRangeException, self.duckdb.ConversionException) as error:
            return Answer(error="RANGE", message=str(error))
        except self.duckdb.FatalException:
            raise
        except (self.duckdb.Error, ValueError, OverflowError) as error:  # it does not have this
            return Answer(error="SKIPPED", message=str(error))


class Spark:
    """PySpark in this process, with as little machinery as it can do with."""

    name = "spark"

    def __init__(self, warehouse):
        from pyspark.sql import SparkSession

        logging.disable(logging.CRITICAL)  # pyspark logs each error that it raises
        builder = SparkSession.builder.master("local[1]").appName("fuzz")
        for key, value in {
            "spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "1", "spark.sql.session.timeZone": "UTC",
            "spark.sql.warehouse.dir": str(warehouse), "spark.sql.catalogImplementation": "in-memory", "spark.log.level": "OFF",
            "spark.sql.adaptive.enabled": "false", "spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN",
            "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -XX:TieredStopAtLevel=1 -Dderby.system.home=" + str(warehouse),
            "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED", "spark.driver.memory": "1g", "spark.sql.crossJoin.enabled": "true",
        }.items():
            builder = builder.config(key, value)
        self.session = builder.getOrCreate()
        self.session.sparkContext.setLogLevel("OFF")

    def run(self, statements, queries):
        session = self.session.newSession()
        for statement in statements:
            session.sql(statement)
        return [self.one(session, query.render(False)) for query in queries]

    def one(self, session, text):
        try:
            return Answer(rows=self.printed(session, text))
        except Exception as error:  # py4j has many kinds
            condition = getattr(error, "getCondition", lambda: None)()
            if condition in SPARK_TROUBLE or "[INTERNAL_ERROR]" in str(error):
                return Answer(error="SKIPPED", message=str(error)[:500])
            return Answer(error=condition or "NONE", message=str(error)[:500])

    @staticmethod
    def printed(session, text):
        jvm = session._jvm
        jvm.org.apache.spark.sql.classic.SparkSession.setActiveSession(session._jsparkSession)
        frame = session.sql(text)
        found = jvm.org.apache.spark.sql.execution.HiveResult.hiveResultString(frame._jdf.queryExecution().executedPlan())
        rows = found.mkString("\x1e").split("\x1e") if found.size() else []
        return [[None if v == "NULL" else v for v in row.split("\t")] for row in rows]
