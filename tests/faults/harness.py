"""harness.py - starts vonk, watches and kills its processes, looks for what they leave behind.

The programs are those of the build directory in VONK_BUILD (default: build/). Waiting is always for
a state that must come, with a generous deadline; nothing here measures time.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("VONK_BUILD", ROOT / "build")).resolve()
VONK = str(BUILD / "bin" / "vonk")
DEADLINE = 120  # seconds

# Some seconds of work in two stages on two cores, with an answer that is known.
ROWS = 400_000_000
QUERY = (
    "SELECT count(*) AS groups, sum(n) AS n, sum(s) AS s FROM (SELECT id % 100003 AS k, count(*) AS n, "
    f"sum(id) AS s FROM range(0, {ROWS}, 1, 40) GROUP BY id % 100003)"
)
ANSWER = [["100003", str(ROWS), str(ROWS * (ROWS - 1) // 2)]]


def wait_for(what, state):
    """Returns the first true value of state(); fails if none comes."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        value = state()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"{what}: not within {DEADLINE} s")


def processes():
    """(pid, parent, name, CPU seconds) of each process there is."""
    tick = os.sysconf("SC_CLK_TCK")
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except OSError:
            continue
        name = text[text.index("(") + 1 : text.rindex(")")]
        fields = text[text.rindex(")") + 2 :].split()
        if fields[0] != "Z":
            cpu = (int(fields[11]) + int(fields[12])) / tick
            yield int(path.parent.name), int(fields[1]), name, cpu


def executors(parent):
    """pid -> CPU seconds of the executors that `parent` started."""
    return {
        pid: cpu
        for pid, up, name, cpu in processes()
        if up == parent and name.startswith("vonk-executor")
    }


def is_alive(pid):
    return any(pid == other for other, *_ in processes())


class FaultTest(unittest.TestCase):
    """Each test has a directory of its own, for working and for temporary files."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="vonk-fault-"))
        self.scratch = self.directory / "tmp"
        self.scratch.mkdir()
        self.running = []

    def tearDown(self):
        for child in self.running:
            if child.poll() is None:
                child.kill()
                child.wait()
            for pipe in (child.stdout, child.stderr):
                pipe.close()
        shutil.rmtree(self.directory)

    def start(self, *arguments, env=None, before=None):
        child = subprocess.Popen(
            [VONK, *arguments],
            cwd=self.directory,
            env={**os.environ, "TMPDIR": str(self.scratch), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=before,
        )
        self.running.append(child)
        return child

    def finish(self, child):
        try:
            out, err = child.communicate(timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            child.kill()
            out, err = child.communicate()
            self.fail(f"vonk did not end within {DEADLINE} s\n{out}\n{err}")
        return child.returncode, out, err

    def vonk(self, *arguments, **keywords):
        return self.finish(self.start(*arguments, **keywords))

    def sql(self, *statements, master="local[2]", conf=(), **keywords):
        """Returns (exit status, parsed answers, standard error)."""
        status, out, err = self.finish(
            self.start(*self.sql_arguments(statements, master, conf), **keywords)
        )
        return status, [json.loads(line) for line in out.splitlines()], err

    def sql_arguments(self, statements, master, conf=()):
        arguments = ["sql", "--format", "json", "--master", master]
        for setting in conf:
            arguments += ["--conf", setting]
        for statement in statements:
            arguments += ["-e", statement]
        return arguments

    def wait_for_busy_executors(self, child, wanted, cpu=0.2):
        """Waits until `wanted` executors have all worked; returns their pids."""

        def state():
            if child.poll() is not None:
                self.fail(f"the job ended too early: {child.communicate()}")
            busy = [pid for pid, used in executors(child.pid).items() if used >= cpu]
            return busy if len(busy) >= wanted else None

        return wait_for(f"{wanted} busy executors", state)

    def assert_right(self, child):
        status, out, err = self.finish(child)
        self.assertEqual(status, 0, err)
        self.assertEqual(json.loads(out)["rows"], ANSWER)

    def assert_nothing_left(self, pids=()):
        """No process of ours and no temporary file is left."""
        for pid in pids:
            wait_for(f"the end of process {pid}", lambda pid=pid: not is_alive(pid))
        wait_for("an empty scratch directory", lambda: not list(self.scratch.rglob("*")))

    def kill(self, pid, how=signal.SIGKILL):
        os.kill(pid, how)
