"""cluster.py - TPC-H in executor processes beside the same number of threads: what plan codec, wire and shuffle cost."""
import json

import compare
import measure
import tpch

PROCESSES = 2
GOAL = 1.3


def run(options, data, query, master):
    """Least wall time of the hot runs in one process of the driver, and the rows or `error`."""
    command = [options.vonk, "sql", "--master", master, "--format", "json", "--time"]
    views = list(compare.views_of(data))
    for statement in [*views, *query.read_text().split("\n;\n") * (options.runs + 1)]:
        command += ["-e", statement]
    each = len(query.read_text().split("\n;\n"))
    usage = measure.run(command)
    lines = usage.stdout.splitlines() or usage.stderr.splitlines() or ["no output"]
    if usage.status != 0:
        return {"error": compare.describe_error(lines[-1])}
    times = [statement.wall for statement in measure.statement_times(usage.stderr)[len(views) :]]
    runs = [sum(times[i : i + each]) for i in range(0, len(times), each)][1:]
    return {"wall": min(runs), "rows": json.loads(lines[-1])["rows"]}


def measured(options, data, queries):
    """(query, of threads, of processes) each; turn by turn, so that a busy hour meets both."""
    for query in queries:
        threads = run(options, data, query, f"local[{PROCESSES}]")
        processes = run(options, data, query, f"local-cluster[{PROCESSES},1]")
        if "error" not in threads and "error" not in processes:
            if not compare.agree(threads["rows"], processes["rows"]):
                processes["error"] = "other rows than threads gave"
        yield query.stem, threads, processes


def bench(options, command):
    data, queries = tpch.make_data(options.scale), tpch.queries_of(options)
    machine = measure.machine()
    found = list(measured(options, data, queries))
    fine = [(q, a["wall"], b["wall"]) for q, a, b in found if "error" not in a and "error" not in b]
    mean = measure.geometric_mean([b / a for _, a, b in fine])
    lines = [
        f"# Processes beside threads: TPC-H, scale {options.scale:g}",
        "",
        f"Made by `{command}`",
        f"on {machine}. `local-cluster[{PROCESSES},1]`, executors as processes that shuffle over sockets, beside",
        f"`local[{PROCESSES}]`. Wall time, after one warm-up the least of {options.runs} runs; the answers are the same.",
        "",
        f"Geometric mean of the ratios: **{mean:.2f}** (goal: at most {GOAL}), over {len(fine)} of {len(found)} queries.",
        "",
        "| query | threads, ms | processes, ms | ratio |",
        "| --- | ---: | ---: | ---: |",
    ]
    for query, threads, processes in sorted(fine, key=lambda row: -row[2] / row[1]):
        lines.append(f"| {query} | {threads * 1000:.0f} | {processes * 1000:.0f} | {processes / threads:.2f} |")
    failed = [f"- {q}: {a.get('error') or b['error']}" for q, a, b in found if "error" in a or "error" in b]
    lines += ["", "## Failed", "", *failed] if failed else []
    options.wrong += failed
    return f"cluster-sf{options.scale:g}", "\n".join(lines) + "\n"
