"""cold.py - a whole process a query, start to end: `vonk sql` beside python with a peer, the tables' files on disk only."""
import os
import sys

import best
import compare
import measure


def vonk_command(options, data, query):
    command = [options.vonk, "sql", "--master", f"local[{options.threads}]", "--format", "json"]
    for view in compare.views_of(data):
        command += ["-e", view]
    return [*command, "-f", query]


def peer_command(name, options, data, query):
    worker = measure.HERE / "engines" / f"{name}_worker.py"
    return [sys.executable, worker, data, str(options.threads), "0", query]


def leave_cache(data):
    """Takes the tables' files out of the page cache: they are read from the disk again."""
    for table in compare.tables_of(data):
        with open(table, "rb") as file:
            os.fsync(file.fileno())  # pages that are not written yet would stay
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def run_cold(command, data):
    leave_cache(data)
    return measure.run(command, timeout=120)


def took(command, data, times):
    """The best of some runs."""
    runs = [run_cold(command, data) for _ in range(times)]
    bad = next((run for run in runs if run.status != 0 or '"error"' in run.stdout), None)
    if bad:
        return {"error": (bad.stdout.strip() or bad.stderr.strip())[-200:], "peak_mb": bad.peak_mb}
    return {
        "wall": min(run.wall for run in runs),
        "cpu": min(run.cpu for run in runs),
        "peak_mb": max(run.peak_mb for run in runs),
    }


def engine(label, data, queries, command_of, options):
    print(f"running {label}", file=sys.stderr)
    answers = {query.stem: took(command_of(query), data, options.runs) for query in queries}
    return {"label": label, "answers": answers}


def run(title, data, queries, peers, options, command):
    """The report, and the ratios to draw. `peers`: names, each with the queries in its words."""
    machine = measure.machine()
    engines = [engine("Vonk", data, queries, lambda query: vonk_command(options, data, query), options)]
    for name, texts in peers:
        label = {"duckdb": "python, DuckDB", "polars": "python, Polars", "spark": "Spark, python"}[name]
        engines.append(
            engine(label, data, texts, lambda query, name=name: peer_command(name, options, data, query), options)
        )
    lines = [
        f"# {title}",
        "",
        f"Made by `{command}`",
        f"on {machine}. {options.threads} threads each.",
        f"A whole process a query, start to end, with its tables made anew; best of {options.runs}. The tables' files were taken",
        "out of the page cache before each run; the programs were in it. Answers are not compared here.",
        "",
        *best.section(engines, queries),
        *compare.times(engines, queries),
    ]
    missing = list(compare.failures(engines))
    if missing:
        lines += ["", "## Not run", "", *missing]
    return "\n".join(lines) + "\n", best.ratios(engines, queries)
