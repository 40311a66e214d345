"""cold.py - a whole process a query, start to end: `vonk sql` beside python with a peer. The page cache stays warm."""
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


def took(command, times):
    """The best of some runs."""
    runs = [measure.run(command, timeout=120) for _ in range(times)]
    bad = next((run for run in runs if run.status != 0 or '"error"' in run.stdout), None)
    if bad:
        return {"error": (bad.stdout.strip() or bad.stderr.strip())[-200:], "peak_mb": bad.peak_mb}
    return {
        "wall": min(run.wall for run in runs),
        "cpu": min(run.cpu for run in runs),
        "peak_mb": max(run.peak_mb for run in runs),
    }


def engine(label, queries, command_of, options):
    print(f"running {label}", file=sys.stderr)
    return {"label": label, "answers": {query.stem: took(command_of(query), options.runs) for query in queries}}


def run(title, data, queries, peers, options, command):
    """The report, and the ratios to draw."""
    machine = measure.machine()
    engines = [engine("Vonk", queries, lambda query: vonk_command(options, data, query), options)]
    for name in peers:
        label = {"duckdb": "python, DuckDB", "polars": "python, Polars", "spark": "Spark, python"}[name]
        engines.append(
            engine(label, queries, lambda query, name=name: peer_command(name, options, data, query), options)
        )
    lines = [
        f"# {title}",
        "",
        f"Made by `{command}`",
        f"on {machine}. {options.threads} threads each.",
        f"A whole process a query, start to end, with its tables made anew; best of {options.runs}. The files are in",
        "the page cache. Answers are not compared here.",
        "",
        *best.section(engines, queries),
        *compare.times(engines, queries),
    ]
    missing = list(compare.failures(engines))
    if missing:
        lines += ["", "## Not run", "", *missing]
    return "\n".join(lines) + "\n", best.ratios(engines, queries)
