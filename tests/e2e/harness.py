"""harness.py - the base of the tests: jobs, what they print and write, and that nothing is left of them."""
import csv
import json
import pathlib
import re
import subprocess
import tempfile
import threading
import unittest

import kube
import world
from kube import condition, wait_for

EXPECTED = world.ROOT / "tests" / "demo" / "expected.tsv"
FLIGHTS = world.ROOT / "examples" / "flights" / "job.yaml"

# Pods small enough that many jobs fit on two nodes at once.
DRIVER = {"cpu": "50m", "memory": "192Mi"}
EXECUTORS = {"min": 1, "max": 1, "cpu": "50m", "memory": "256Mi", "scratch": "1Gi"}

# A job in two stages that takes some time, whose answer is known: 40 tasks, then as many as there are slots.
ROWS = 300_000_000
SLOW = (
    "SELECT count(*) AS groups, sum(n) AS n, sum(s) AS s FROM (SELECT id % 100003 AS k, count(*) AS n, "
    f"sum(id) AS s FROM range(0, {ROWS}, 1, 40) GROUP BY id % 100003)"
)
SLOW_ANSWER = [["groups", "n", "s"], ["100003", str(ROWS), str(ROWS * (ROWS - 1) // 2)]]


def limited(cpu):
    """A pod template that slows executors down, so that a job lasts without keeping the machine busy."""
    return {"spec": {"containers": [{"name": "executor", "resources": {"limits": {"cpu": cpu}}}]}}


def slow_executors(count=2, cpu="150m"):
    return {**EXECUTORS, "min": count, "max": count, "template": limited(cpu)}


def merged(base, changes):
    """A deep merge of maps, as of a Helm value under another."""
    if not isinstance(base, dict) or not isinstance(changes, dict):
        return changes
    return {**base, **{key: merged(base.get(key), value) for key, value in changes.items()}}


def make_job(name, query=None, **spec):
    """A VonkJob. What `spec` gives replaces or is merged into a small default."""
    base = {"driver": DRIVER, "executors": EXECUTORS}
    if query is not None:
        base["sql"] = {"query": query}
    return {
        "apiVersion": "vonk.dev/v1alpha1",
        "kind": "VonkJob",
        "metadata": {"name": name},
        "spec": merged(base, spec),
    }


def table_rows(text):
    """The cells of a printed table: lines between bars."""
    return [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in text.splitlines()
        if re.match(r"\s*\|", line)
    ]


def flights_answer():
    with open(EXPECTED, newline="") as file:
        return list(csv.reader(file, delimiter="\t"))


def flights_query():
    """The query of examples/flights/job.yaml: the block of text below `query: |`."""
    lines = FLIGHTS.read_text().split("    query: |\n")[1].splitlines()
    return "\n".join(line[6:] for line in lines if line.startswith("      "))


class E2ETest(unittest.TestCase):
    """Each test has jobs of its own names, so that tests of a class may run at the same time."""

    world = None  # set by `run`
    alone = False  # true: what the test does would disturb others
    order = 0  # -1: before all others, which need it; 1: after them
    maxDiff = None
    names = set()
    names_lock = threading.Lock()

    def setUp(self):
        self.kube = self.world.kube()

    def need(self, ability, what):
        if not ability:
            self.skipTest(f"{self.world.cluster.name}: {what}")

    # --- jobs ---

    def submit(self, job, api=None):
        """Applies a job, as a user does, and removes it after the test. Returns its name."""
        api = api or self.kube
        name = job["metadata"]["name"]
        with self.names_lock:
            self.assertNotIn((api.namespace, name), self.names, "two tests use one name for a job")
            self.names.add((api.namespace, name))
        self.addCleanup(
            api.run, "kubectl", "-n", api.namespace, "delete", "vonkjob", name, "--ignore-not-found", check=False
        )
        api.apply(job)
        return name

    def job(self, name, api=None):
        return (api or self.kube).read("vonkjobs", name)

    def seen(self, name, api=None):
        """The state of a job in a few words, for the message of a failed wait."""
        api = api or self.kube
        status = (self.job(name, api) or {}).get("status")
        pods = {pod["metadata"]["name"]: pod["status"].get("phase") for pod in api.job_pods(name)}
        return json.dumps({"status": status, "pods": pods})

    def wait_for_job(self, name, what, state, deadline=kube.DEADLINE, api=None):
        """Waits until state(job) is true; `state` may be given None when the job is gone."""
        return wait_for(
            f"{name}: {what}", lambda: state(self.job(name, api)), deadline, lambda: self.seen(name, api)
        )

    def wait_succeeded(self, name, deadline=kube.DEADLINE, api=None):
        """The finished job; fails as soon as it has failed."""

        def finished(job):
            state = condition(job)
            if state["status"] == "False":
                self.fail(f"{name} failed: {self.seen(name, api)}")
            return job if state["status"] == "True" else None

        return self.wait_for_job(name, "succeeded", finished, deadline, api)

    def wait_failed(self, name, deadline=kube.DEADLINE, api=None):
        """The condition Succeeded of a job that must fail."""

        def failed(job):
            state = condition(job)
            if state["status"] == "True":
                self.fail(f"{name} succeeded: {self.seen(name, api)}")
            return state if state["status"] == "False" else None

        return self.wait_for_job(name, "failed", failed, deadline, api)

    def wait_in_mid_job(self, name, deadline=kube.DEADLINE):
        """Waits until some tasks are done and some are not."""

        def half(job):
            progress = (job or {}).get("status", {}).get("progress", "")
            done, _, all_of_them = progress.partition("/")
            return all_of_them and 0 < int(done) < int(all_of_them)

        self.wait_for_job(name, "some tasks done", half, deadline)

    def printed(self, name, attempt=1, api=None):
        """The table in the log of the driver."""
        return table_rows((api or self.kube).logs(f"{name}-{attempt}-driver"))

    def executors(self, name, api=None):
        return (api or self.kube).job_pods(name, "executor")

    def driver(self, name, attempt=1, api=None):
        return (api or self.kube).read("pods", f"{name}-{attempt}-driver")

    def events(self, name, api=None):
        """reason -> notes of the Events of a job."""
        found = {}
        selector = f"involvedObject.kind=VonkJob,involvedObject.name={name}"
        for event in (api or self.kube).list("events", "--field-selector", selector):
            found.setdefault(event["reason"], []).append(event.get("message", ""))
        return found

    def delete(self, name, api=None):
        """Deletes a job and sees everything of it gone."""
        api = api or self.kube
        api.kubectl("delete", "vonkjob", name, "--wait=true", "--timeout=60s")
        self.wait_nothing_left(name, api)

    def wait_nothing_left(self, name, api=None):
        api = api or self.kube
        wait_for(f"{name}: nothing left", lambda: not self.left(name, api), show=lambda: self.left(name, api))

    def left(self, name, api):
        found = api.list("vonkjobs,pods,secrets,configmaps", "-l", f"vonk.dev/job={name}")
        found += [job for job in [self.job(name, api)] if job]
        return [f"{one['kind']} {one['metadata']['name']}" for one in found]

    # --- the store ---

    def output(self, name):
        return f"s3a://{world.BUCKET}/out/{name}"

    def written(self, name, order=""):
        """The rows of a job's output, first their names. Copied with a client of ours, read by vonk here."""
        store, prefix = self.world.store, f"out/{name}/"
        keys = [key for key in store.list(world.BUCKET, prefix) if key.endswith(".parquet")]
        with tempfile.TemporaryDirectory(prefix="vonk-e2e-") as directory:
            for key in keys:
                path = pathlib.Path(directory, key.removeprefix(prefix))
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(store.get(world.BUCKET, key))
            query = f"SELECT * FROM parquet.`{directory}` {order}"
            text = self.vonk("sql", "--format", "tsv", "-e", query).stdout
        return [line.split("\t") for line in text.splitlines()]

    def assert_written_once(self, name):
        """One commit, nothing beside it, no upload left open."""
        keys = self.world.store.list(world.BUCKET, f"out/{name}/")
        names = [key.rpartition("/")[2] for key in keys]
        self.assertEqual(1, names.count("_SUCCESS"), keys)
        strangers = [key for key in keys if not re.search(r"(^|/)(_SUCCESS|part-[^/]*\.parquet)$", key)]
        self.assertEqual([], strangers)
        opened = [key for key in self.world.store.uploads(world.BUCKET) if key.startswith(f"out/{name}/")]
        self.assertEqual([], opened)

    # --- the command line ---

    def vonk(self, *arguments, check=True, timeout=300):
        done = subprocess.run(
            [world.VONK, *arguments],
            text=True,
            capture_output=True,
            check=False,
            env=self.kube.environment,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )
        if check and done.returncode != 0:
            self.fail(f"vonk {' '.join(arguments)}: exit status {done.returncode}\n{done.stderr}")
        return done

    # --- the operator ---

    def operator_pods(self, api=None):
        return (api or self.kube).read("pods", selector="app.kubernetes.io/component=operator")

    def operator_log(self, api=None):
        api = api or self.kube
        names = [pod["metadata"]["name"] for pod in self.operator_pods(api)]
        logs = [api.run("kubectl", "-n", api.namespace, "logs", name, check=False) for name in names]
        return "".join(log.stdout for log in logs)

    def wait_operator_ready(self, api=None, deadline=kube.DEADLINE):
        """Exactly one operator pod, and it is ready."""

        def one_ready():
            pods = self.operator_pods(api)
            return len(pods) == 1 and kube.is_ready(pods[0]) and "deletionTimestamp" not in pods[0]["metadata"]

        wait_for("operator ready", one_ready, deadline, lambda: self.operator_log(api)[-2000:])
