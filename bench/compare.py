"""compare.py - runs queries over Parquet tables in Vonk and its peers, compares the answers, writes a report."""
import decimal
import json
import math
import pathlib
import subprocess
import sys

import best
import measure

PEER_SECONDS = 4 * 3600  # all queries of a peer; Spark's on large data take long

HERE = pathlib.Path(__file__).resolve().parent


def tables_of(data):
    """The tables are the Parquet files of the folder."""
    return sorted(pathlib.Path(data).glob("*.parquet"))


def views_of(data):
    """Vonk's statements that make the folder's tables: of Parquet files, and what vonk_views.sql says of others."""
    for path in tables_of(data):
        yield f"CREATE TEMPORARY VIEW {path.stem} USING parquet OPTIONS (path '{path}')"
    others = pathlib.Path(data) / "vonk_views.sql"
    yield from others.read_text().splitlines() if others.exists() else ()


def run_peer(name, data, options, queries):
    command = [sys.executable, HERE / "engines" / f"{name}_worker.py", data]
    command += [str(options.threads), str(options.runs), *queries]
    usage = measure.run(command, timeout=PEER_SECONDS)
    lines = [json.loads(line) for line in usage.stdout.splitlines() if line.startswith("{")]
    if not lines:
        print(f"{name}: {usage.stderr[-1000:]}", file=sys.stderr)
        return None
    answers = {line["query"]: line for line in lines[1:]}
    for query in queries:
        answers.setdefault(query.stem, {"error": f"ended with status {usage.status}", "peak_mb": 0})
    return {"label": f"{lines[0]['engine']} {lines[0]['version']}", "answers": answers}


def vonk_start(vonk, data, options):
    """The command of a process that only has the tables, and how many statements that is."""
    command = [vonk, "sql", "--master", f"local[{options.threads}]", "--format", "json", "--time"]
    tables = list(views_of(data))
    for view in tables:
        command += ["-e", view]
    return command, len(tables)


def vonk_query(vonk, data, options, query):
    """One process a query: the first run is warm-up. Statements that belong together have a line with only a ;
    between them, and the last one answers."""
    command, n_tables = vonk_start(vonk, data, options)
    statements = query.read_text().split("\n;\n")
    for statement in statements * (options.runs + 1):
        command += ["-e", statement]
    usage = measure.run(command)
    answers = usage.stdout.splitlines()[n_tables + len(statements) - 1 :]
    if usage.status != 0 or not answers or "error" in (first := json.loads(answers[0])):
        lines = usage.stdout.splitlines() or usage.stderr.splitlines() or ["no output"]
        return {"error": describe_error(lines[-1]), "peak_mb": usage.peak_mb}
    times = measure.statement_times(usage.stderr)[n_tables:]
    runs = [times[i : i + len(statements)] for i in range(0, len(times), len(statements))][1:]
    return {
        "wall": min(sum(statement.wall for statement in run) for run in runs),
        "cpu": min(sum(statement.cpu for statement in run) for run in runs),
        "peak_mb": usage.peak_mb,
        "rows": first["rows"],
    }


def describe_error(line):
    try:
        error = json.loads(line)["error"]
        return f"{error.get('condition')}: {error.get('message', '')}"[:200]
    except (ValueError, KeyError, TypeError):
        return line[:200]


def run_vonk(vonk, data, options, queries):
    version = subprocess.run([vonk, "version"], capture_output=True, text=True, check=False)
    answers = {query.stem: vonk_query(vonk, data, options, query) for query in queries}
    return {"label": version.stdout.strip() or "vonk", "answers": answers}


def rounding(value):
    """How far a decimal may be from the number it stands for: half of its last digit."""
    if isinstance(value, dict):
        return 0
    return 0.51 * 10.0 ** decimal.Decimal(str(value)).as_tuple().exponent


def same_value(wanted, got):
    """Equal; beside a double, up to 1e-6 of its size or the other's rounding (an avg of decimals
    is a double in DuckDB and a decimal in Spark and Vonk)."""
    if wanted is None or got is None:
        return wanted is got
    if isinstance(wanted, dict) or isinstance(got, dict):
        left, right = (float(v["double"] if isinstance(v, dict) else v) for v in (wanted, got))
        slack = max(rounding(wanted), rounding(got), 1e-9)
        return math.isclose(left, right, rel_tol=1e-6, abs_tol=slack)
    try:
        return decimal.Decimal(str(wanted)) == decimal.Decimal(str(got))
    except decimal.InvalidOperation:
        return str(wanted) == str(got)


def exact_columns(*answers):
    """The columns without doubles in any row: rows are sorted by them."""
    width = max((len(row) for rows in answers for row in rows), default=0)
    doubles = {i for rows in answers for row in rows for i, value in enumerate(row) if isinstance(value, dict)}
    return [i for i in range(width) if i not in doubles]


def agree(wanted, got):
    """Same rows; in the same order, or in another one where the query leaves ties open."""
    if len(wanted) != len(got) or any(len(a) != len(b) for a, b in zip(wanted, got)):
        return False
    columns = exact_columns(wanted, got)

    def in_order(rows):
        return sorted(rows, key=lambda row: [str(row[i]) for i in columns])

    for left, right in ((wanted, got), (in_order(wanted), in_order(got))):
        if all(all(map(same_value, a, b)) for a, b in zip(left, right)):
            return True
    return False


def judge(engines, reference):
    """Replaces the answers that differ from the reference's by an error."""
    for engine in engines:
        for query, answer in engine["answers"].items():
            wanted = reference["answers"][query]
            if "rows" in answer and "rows" in wanted and not agree(wanted["rows"], answer["rows"]):
                answer["error"] = "wrong answer: differs from " + reference["label"]


def cell(answer, field, factor=1000):
    return "–" if "error" in answer else f"{answer[field] * factor:.0f}"


def table(engines, queries, field):
    yield "| query | " + " | ".join(engine["label"] for engine in engines) + " |"
    yield "| --- |" + " ---: |" * len(engines)
    for query in queries:
        cells = (cell(engine["answers"][query.stem], field) for engine in engines)
        yield f"| {query.stem} | " + " | ".join(cells) + " |"


def times(engines, queries):
    yield from ("## Wall, milliseconds", "", *table(engines, queries, "wall"), "")
    yield from ("## CPU, milliseconds", "", *table(engines, queries, "cpu"))


def summary(engines, reference):
    """Geometric means over the queries that both Vonk and the reference ran."""
    vonk = engines[0]
    yield f"| engine | ran right | wall, of {reference['label']}'s | CPU, likewise | peak MB |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for engine in engines:
        ran = [q for q, a in engine["answers"].items() if "error" not in a]
        both = [q for q in ran if "error" not in reference["answers"][q]]
        both = [q for q in both if "error" not in vonk["answers"][q]] or both
        ratios = {}
        for field in ("wall", "cpu"):
            ratios[field] = measure.geometric_mean(
                [
                    max(engine["answers"][q][field], 1e-6)
                    / max(reference["answers"][q][field], 1e-6)
                    for q in both
                ]
            )
        peak = max(a["peak_mb"] for a in engine["answers"].values())
        yield (
            f"| {engine['label']} | {len(ran)} of {len(engine['answers'])} "
            f"| {ratios['wall']:.2f} | {ratios['cpu']:.2f} | {peak:.0f} |"
        )


def failures(engines):
    for engine in engines:
        for query, answer in engine["answers"].items():
            if "error" in answer:
                yield f"- {engine['label']}, {query}: {answer['error']}"


def report(title, engines, reference, queries, options, command, machine):
    lines = [
        f"# {title}",
        "",
        f"Made by `{command}`",
        f"on {machine}. {options.threads} threads each.",
        f"Hot: one warm-up, then the least wall time and the least CPU time (user and system) of",
        f"{options.runs} runs. Peak memory is that of the process: Spark's is mostly the 8 GB that its heap may take. Answers are",
        f"compared with {reference['label']}'s: exactly, doubles to 1e-6 or a decimal's rounding.",
        "Ratios are geometric means over the queries that Vonk and the engine both ran.",
        "",
        *summary(engines, reference),
        "",
        *best.section(engines, queries),
        *times(engines, queries),
    ]
    missing = list(failures(engines))
    if missing:
        lines += ["", "## Not run, or not right", "", *missing]
    return "\n".join(lines) + "\n"


def run(title, data, queries, peers, options, command):
    """`peers`: (name, its texts of the queries). Returns the report, what did not run or is not right, and the
    engines with their answers, Vonk first."""
    machine = measure.machine()
    engines = [run_vonk(options.vonk, data, options, queries)]
    for name, texts in peers:
        print(f"running {name}", file=sys.stderr)
        engines.append(run_peer(name, data, options, texts))
    engines = [engine for engine in engines if engine]
    reference = next((e for e in engines if e["label"].startswith("DuckDB")), engines[0])
    judge(engines, reference)
    text = report(title, engines, reference, queries, options, command, machine)
    return text, list(failures(engines)), engines
