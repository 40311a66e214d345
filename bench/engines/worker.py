"""What the workers share: reads the arguments, times each query, prints JSON lines."""
import json
import os
import pathlib
import resource
import sys
import time


def children_cpu():
    """CPU seconds of live direct children: Spark's JVM is one."""
    tick = os.sysconf("SC_CLK_TCK")
    total = 0
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            total += (int(fields[11]) + int(fields[12])) / tick
    return total


def peak_mb(children):
    """The peak of this process, or of its largest live child."""
    peaks = [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]
    for path in pathlib.Path("/proc").glob("[0-9]*/status") if children else ():
        try:
            status = dict(line.split(":", 1) for line in path.read_text().splitlines() if ":" in line)
        except OSError:
            continue
        if int(status["PPid"]) == os.getpid() and "VmHWM" in status:
            peaks.append(int(status["VmHWM"].split()[0]) / 1024)
    return max(peaks)


def cpu(children):
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime + (children_cpu() if children else 0)


def plain(value):
    """Values as JSON: numbers with their kind, all else as text."""
    if value is None or isinstance(value, (int, str)):
        return value
    if isinstance(value, float):
        return {"double": value}
    return str(value)


def main(engine_class, children=False):
    data, threads, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    engine = engine_class(data, threads)
    print(json.dumps({"engine": engine.name, "version": engine.version}), flush=True)
    for path in map(pathlib.Path, sys.argv[4:]):
        answer = {"query": path.stem}
        try:
            sql = path.read_text()
            rows = engine.run(sql)
            walls, cpus = [], []
            for _ in range(runs):
                started, used = time.perf_counter(), cpu(children)
                engine.run(sql)
                walls.append(time.perf_counter() - started)
                cpus.append(cpu(children) - used)
            if runs:  # 0: only whether it runs
                answer |= {"wall": min(walls), "cpu": min(cpus)}
            answer["rows"] = [[plain(value) for value in row] for row in rows]
        except Exception as error:  # what a peer cannot run is a result too
            answer["error"] = str(error).strip().split("\n")[0][:200]
        answer["peak_mb"] = peak_mb(children)
        print(json.dumps(answer), flush=True)
