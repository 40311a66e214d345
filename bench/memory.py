"""memory.py - TPC-H with less and less memory: what it costs, if answers are right and the limit is kept."""
import json
import sys
import tempfile

import compare
import measure
import tpch

LIMITS = {10: (4096, 2048, 1024, 512, 256), 1: (1024, 512, 256, 128, 64)}  # MiB, by scale
EXECUTORS = 2
FIELDS = (("wall", "Wall, seconds", "{:.1f}"), ("cpu", "CPU, seconds", "{:.1f}"), ("peak_mb", "Peak, MiB", "{:.0f}"))


def run(options, data, query, settings, spilled):
    """One process, one run of the query: what it took and its rows or `error`."""
    command = [options.vonk, "sql", "--format", "json", "--conf", f"spark.local.dir={spilled}"]
    for setting in settings:
        command += ["--conf", setting] if "=" in setting else ["--master", setting]
    for view in compare.views_of(data):
        command += ["-e", view]
    usage = measure.run([*command, "-e", query.read_text()])
    lines = usage.stdout.splitlines() or usage.stderr.splitlines() or ["{}"]
    answer = {"wall": usage.wall, "cpu": usage.cpu, "peak_mb": usage.peak_mb}
    if usage.status != 0:
        return {**answer, "error": compare.describe_error(lines[-1])}
    return {**answer, "rows": json.loads(lines[-1])["rows"]}


def columns(options):
    """(heading, limit of a process in MiB or None, settings) of each column."""
    threads = f"local[{options.threads}]"
    limits = LIMITS[10 if options.scale >= 10 else 1]
    yield "no limit", None, [threads]
    for limit in limits:
        yield f"{limit} MiB", limit, [threads, f"spark.driver.memory={limit}m"]
    size = limits[2]
    cluster = f"local-cluster[{EXECUTORS},1,{size}]"
    yield f"{EXECUTORS} executors of {size} MiB", size, [cluster]


def judge(answer, wanted, limit):
    if "error" not in answer and not compare.agree(wanted["rows"], answer["rows"]):
        answer["error"] = "wrong: differs from the answer without a limit"
    if limit and answer["peak_mb"] > limit:
        answer["beyond"] = f"{answer['peak_mb']:.0f} MiB of {limit}"


def measured(options, data, queries):
    """By column, by query: run() and what judge() says."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="vonk-bench-") as spilled:
        for heading, limit, settings in columns(options):
            print(heading, file=sys.stderr)
            found[heading] = {q.stem: run(options, data, q, settings, spilled) for q in queries}
            for query, answer in found[heading].items():
                judge(answer, found["no limit"][query], limit)
    return found


def cell(answer, field, form):
    return "–" if "error" in answer else form.format(answer[field]) + (" !" if "beyond" in answer else "")


def table(found, queries, field, form):
    yield "| query | " + " | ".join(found) + " |"
    yield "| --- |" + " ---: |" * len(found)
    for query in queries:
        yield f"| {query.stem} | " + " | ".join(cell(of[query.stem], field, form) for of in found.values()) + " |"


def step(now, before, field):
    """The most that a query's figure grew from one column to the next, and whose."""
    both = [q for q in now if "error" not in now[q] and "error" not in before[q]]
    return max(((now[q][field] / max(before[q][field], 0.1), q) for q in both), default=(0, "–"))


def summary(found):
    yield "| memory | right | largest peak, MiB | CPU, all, s | CPU, most of the column before's | wall, likewise |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    before = None
    for heading, of in found.items():
        right = [a for a in of.values() if "error" not in a]
        steps = [f"{ratio:.1f} ({query})" for ratio, query in (step(of, before or of, f) for f in ("cpu", "wall"))]
        yield (
            f"| {heading} | {len(right)} of {len(of)} | {max(a['peak_mb'] for a in of.values()):.0f} "
            f"| {sum(a['cpu'] for a in right):.0f} | {' | '.join(steps if before else ['', ''])} |"
        )
        before = of if "executors" not in heading else before


def failures(found):
    for heading, of in found.items():
        for query, answer in of.items():
            for what in ("error", "beyond"):
                if what in answer:
                    yield f"- {heading}, {query}: {answer[what]}"


def bench(options, command):
    data, queries = tpch.make_data(options.scale), tpch.queries_of(options)
    machine = measure.machine()
    found = measured(options, data, queries)
    lines = [
        f"# Memory: TPC-H, scale {options.scale:g}, with less and less of it",
        "",
        f"Made by `{command}`",
        f"on {machine}. `local[{options.threads}]` with `spark.driver.memory`, and executor processes of one slot.",
        "A process a query, started anew, one run of it: small times are mostly the start, and wall times on a",
        "shared machine noise, so look at CPU. Peak is what the kernel says was resident (the largest process);",
        "`!`: above the limit. Answers are compared with those without a limit, which `./dev bench tpch` compares",
        "with DuckDB's. Steps count from 0.1 s.",
        "",
        *summary(found),
    ]
    for field, title, form in FIELDS:
        lines += ["", f"## {title}", "", *table(found, queries, field, form)]
    missing = list(failures(found))
    if missing:
        lines += ["", "## Failed, wrong or above the limit", "", *missing]
    return f"memory-sf{options.scale:g}", "\n".join(lines) + "\n"
