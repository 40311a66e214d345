"""startup.py - whole processes: `select 1`, an idle executor, and 10,000 empty tasks."""
import pathlib
import statistics
import subprocess
import sys
import time

import measure

DUCKDB = "import duckdb; print(duckdb.sql('select 1').fetchall())"
POLARS = "import polars; print(polars.sql('select 1').collect())"
SPARK = """
from pyspark.sql import SparkSession
session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
print(session.sql("select 1").collect())
gateway = session.sparkContext._gateway
session.stop()
gateway.shutdown()
gateway.proc.stdin.close()
gateway.proc.wait()  # so that its memory and CPU count as ours
"""


def line(label, command, times):
    runs = [measure.run(command) for _ in range(times)]
    bad = next((run for run in runs if run.status != 0), None)
    if bad:
        return f"| {label} | failed: {bad.stderr.strip()[-200:]} | | | |"
    walls = [run.wall * 1000 for run in runs]
    cpu = statistics.median(run.cpu for run in runs) * 1000
    peak = max(run.peak_mb for run in runs)
    return (
        f"| {label} | {min(walls):.1f} | {statistics.median(walls):.1f} "
        f"| {cpu:.1f} | {peak:.1f} |"
    )


def bench(options, command):
    machine = measure.machine()
    times = options.times
    rows = [
        line("`vonk sql -e 'select 1'`", [options.vonk, "sql", "-e", "select 1"], times),
        line("python, DuckDB", [sys.executable, "-c", DUCKDB], times),
        line("python, Polars", [sys.executable, "-c", POLARS], times),
        line("python, Spark local[2]", [sys.executable, "-c", SPARK], max(3, times // 10)),
    ]
    text = "\n".join(
        [
            "# Start-up",
            "",
            f"Made by `{command}`",
            f"on {machine}. Whole processes, {times} of each (Spark: {max(3, times // 10)}).",
            "",
            "| process | wall ms, least | median | CPU ms | peak MB |",
            "| --- | ---: | ---: | ---: | ---: |",
            *rows,
            "",
            f"An idle executor (`local-cluster[4,1]`, one busy): {idle_executor(options)}",
        ]
    )
    return "startup", text + "\n"


def children_named(pid, name):
    for path in pathlib.Path("/proc").glob("[0-9]*/status"):
        try:
            status = dict(
                part.split(":", 1) for part in path.read_text().splitlines() if ":" in part
            )
        except OSError:
            continue
        if int(status["PPid"]) == pid and status["Name"].strip().startswith(name):
            yield int(status.get("VmRSS", "0 kB").split()[0]) / 1024


def idle_executor(options):
    """The least resident of four executors while a query of one task keeps one of them busy."""
    query = "select count(*) from range(0, 100000000000, 1, 1) where id % 7 * 3 = 1"
    child = subprocess.Popen(
        [options.vonk, "sql", "--master", "local-cluster[4,1]", "-e", query],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        resident, deadline = [], time.monotonic() + 20
        while time.monotonic() < deadline and child.poll() is None:
            time.sleep(1)
            resident = sorted(children_named(child.pid, "vonk-executor"))
            if len(resident) == 4 and time.monotonic() > deadline - 15:
                break
    finally:
        child.terminate()
        child.wait()
    return f"{resident[0]:.1f} MB resident." if resident else "no executor process was seen."


def bench_tasks(options, command):
    machine = measure.machine()
    query = "select count(*) from range(0, 10000, 1, 10000)"
    rows = []
    for master in ("local[2]", "local-cluster[2,1]"):
        arguments = [options.vonk, "sql", "--master", master, "--time", *["-e", query] * 6]
        usage = measure.run(arguments)
        seconds = [statement.wall for statement in measure.statement_times(usage.stderr)]
        if usage.status != 0 or len(seconds) != 6:
            rows.append(f"| {master} | failed: {usage.stderr.strip()[-200:]} | | |")
            continue
        best = min(seconds)
        rows.append(
            f"| {master} | {best:.3f} | {statistics.median(seconds):.3f} | {best * 100:.1f} |"
        )
    text = [
        "# 10,000 empty tasks",
        "",
        f"Made by `{command}`",
        f"on {machine}: `{query}`, 6 times in a process.",
        "",
        "| master | seconds, least | median | microseconds a task |",
        "| --- | ---: | ---: | ---: |",
        *rows,
    ]
    return "tasks", "\n".join(text) + "\n"
