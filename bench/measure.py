"""measure.py - runs a command and says what it took; facts about this machine."""
import dataclasses
import os
import platform
import statistics
import subprocess
import tempfile
import time


@dataclasses.dataclass
class Usage:
    wall: float  # seconds
    cpu: float  # seconds, user and system, of the process and the children it waited for
    peak_mb: float  # resident, of the largest process
    status: int
    stdout: str
    stderr: str


def run(command, timeout=1800):
    """Runs a command to its end. Output goes through files, so that no pipe holds it up."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        deadline = started + timeout
        while True:
            pid, status, usage = os.wait4(child.pid, 0 if timeout is None else os.WNOHANG)
            if pid:
                break
            if time.perf_counter() > deadline:
                child.kill()
                timeout = None
                continue
            time.sleep(0.0005)
        wall = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return Usage(
            wall,
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss / 1024,
            child.returncode,
            out.read().decode(errors="replace"),
            err.read().decode(errors="replace"),
        )


def cpu_model():
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def machine():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({cpu_model()}), {memory:.0f} GiB, {platform.system()} "
        f"{platform.release()}; load at the start {load:.1f}"
    )


def geometric_mean(values):
    return statistics.geometric_mean(values) if values else float("nan")
