"""cancel.py - Ctrl-C at several moments of queries that hold much: how long until the process is gone."""
import pathlib
import signal
import subprocess
import time

import compare
import measure
import tpch

GOAL_MS = 100
MOMENTS = (0.3, 0.8, 1.5, 3.0, 6.0)  # seconds after the start
QUERIES = {
    "sort": "SELECT l_comment, l_orderkey FROM lineitem ORDER BY l_comment, l_orderkey LIMIT 3000000",
    "group": "SELECT count(*), max(c) FROM (SELECT l_orderkey, l_partkey, count(*) c FROM lineitem GROUP BY l_orderkey, l_partkey)",
    "distinct": "SELECT count(*) FROM (SELECT DISTINCT l_comment FROM lineitem)",
    "join": "SELECT count(*), max(o_comment) FROM lineitem JOIN orders ON l_orderkey = o_orderkey WHERE l_comment <> o_comment",
    "window": "SELECT max(s) FROM (SELECT sum(l_quantity) OVER (PARTITION BY l_suppkey ORDER BY l_orderkey) s FROM lineitem)",
    "row_number": "SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY l_extendedprice, l_orderkey) n FROM lineitem)",
    "scan": "SELECT sum(length(l_comment)) FROM lineitem",
    "long_value": "SELECT max(length(replace(repeat('a', 600000000 + id), 'a', 'bc'))) FROM range(1, 99, 1, 2)",
    "cross": "SELECT count(*) FROM lineitem a JOIN lineitem b ON a.l_quantity + b.l_quantity < 0",
}


def held(pid):
    """MiB resident, or None if it is gone."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    sizes = [int(line.split()[1]) for line in lines if line.startswith("VmRSS")]
    return sizes[0] / 1024 if sizes else None


def interrupt(options, data, query, master, moment):
    """(ms until it is gone, MiB it held), None if it had ended before."""
    command = [options.vonk, "sql", "--master", master]
    for statement in [*compare.views_of(data), query]:
        command += ["-e", statement]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(moment)
    size = held(child.pid)
    start = time.monotonic()
    child.send_signal(signal.SIGINT)
    status = child.wait()
    took = (time.monotonic() - start) * 1000
    if status == 0 or size is None:
        return None
    return took, size


def median(tries):
    ended = sorted(found for found in tries if found)
    return ended[len(ended) // 2] if ended else None


def cell(found):
    return f"{found[0]:.0f} ms ({found[1]:,.0f} MiB)" if found else "had ended"


def bench(options, command):
    data = tpch.make_data(options.scale)
    masters = [f"local[{options.threads}]", f"local-cluster[{options.threads},1]"]
    machine = measure.machine()
    rows, medians, all_tries = [], [], []
    for master in masters:
        for name, query in QUERIES.items():
            tries = [[interrupt(options, data, query, master, moment) for _ in range(options.runs)] for moment in MOMENTS]
            found = [median(of_moment) for of_moment in tries]
            medians += [one[0] for one in found if one]
            all_tries += [one[0] for of_moment in tries for one in of_moment if one]
            rows.append(f"| `{master}` {name} | " + " | ".join(map(cell, found)) + " |")
    lines = [
        f"# Ctrl-C: TPC-H, scale {options.scale:g}",
        "",
        f"Made by `{command}`",
        f"on {machine}. SIGINT so many seconds after the start: how long until the process was gone, the median of",
        f"{options.runs} tries; in brackets what it held (of executors: without them).",
        "",
        f"Worst: **{max(medians):.0f} ms** (goal: {GOAL_MS}); of all {len(all_tries)} tries: {max(all_tries):.0f} ms.",
        "",
        "| query | " + " | ".join(f"{moment:g} s" for moment in MOMENTS) + " |",
        "| --- |" + " ---: |" * len(MOMENTS),
        *rows,
    ]
    return f"cancel-sf{options.scale:g}", "\n".join(lines) + "\n"
