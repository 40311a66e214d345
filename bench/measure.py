"""measure.py - runs a command and says what it took; facts about this machine."""
import dataclasses
import os
import pathlib
import platform
import re
import signal
import statistics
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass
class Usage:
    wall: float  # seconds
    cpu: float  # seconds, user and system, of the process and the children it waited for
    peak_mb: float  # resident, of the largest process
    status: int
    stdout: str
    stderr: str


def launcher():
    """The small program that runs the command and reads what it took: rusage.c."""
    source = HERE / "rusage.c"
    program = HERE.parent / "build" / "rusage"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        program.parent.mkdir(exist_ok=True)
        subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", program, source], check=True)
    return program


def run(command, timeout=1800):
    """Runs a command to its end. Output goes through files, so that no pipe holds it up."""
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        tempfile.TemporaryFile() as taken,
    ):

        def descriptor_3():
            os.dup2(taken.fileno(), 3)

        child = subprocess.Popen(
            [launcher(), *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            close_fds=False,
            preexec_fn=descriptor_3,
            start_new_session=True,
        )
        try:
            child.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        for file in (out, err, taken):
            file.seek(0)
        fields = taken.read().split() or [timeout, 0, 0, 137]
        return Usage(
            float(fields[0]),
            float(fields[1]),
            int(fields[2]) / 1024,
            int(fields[3]),
            out.read().decode(errors="replace"),
            err.read().decode(errors="replace"),
        )


@dataclasses.dataclass
class Statement:
    wall: float  # seconds
    cpu: float  # seconds, user and system, of Vonk's process


def statement_times(stderr):
    """What `vonk sql --time` printed of each statement."""
    found = re.findall(r"^time: ([0-9.]+) s \(user ([0-9.]+) s, system ([0-9.]+) s\)$", stderr, re.MULTILINE)
    return [Statement(float(wall), float(user) + float(system)) for wall, user, system in found]


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
