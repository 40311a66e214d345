"""kube_job.py - a one-line job on a Kubernetes: from apply to Succeeded, and where the time goes.

It runs on the cluster of the end-to-end tests (tests/e2e), with the operator from manifests/ and the image there.
Times are when a watch of ours saw each change, on one clock; the cluster's own stamps have whole seconds.
"""
import json
import pathlib
import re
import statistics
import subprocess
import sys
import threading
import time

import measure

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

import clusters  # noqa: E402
import kube  # noqa: E402
import world  # noqa: E402

# What ends each part, in the order in which it comes.
PARTS = [
    ("stored", "API server: kubectl's request is stored (of it kubectl itself starts for some 50 ms)"),
    ("driver created", "operator: key, manifest and driver pod created"),
    ("driver bound", "scheduler"),
    ("driver running", "kubelet and containerd: sandbox, volumes, container (its report to the API included)"),
    ("executor created", "driver: starts, asks for its executor"),
    ("executor bound", "scheduler"),
    ("executor running", "kubelet and containerd"),
    ("driver ended", "engine: executor registers, query runs, driver ends; kubelet reports it"),
    ("succeeded", "operator: condition Succeeded"),
]


class Watch:
    """Changes of one kind in a namespace, each with the time at which it came in."""

    def __init__(self, api, path):
        self.process = subprocess.Popen(
            ["kubectl", "get", "--raw", f"{path}?watch=1"],
            env=api.environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.seen, self.changed = [], threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            now = time.monotonic()
            with self.changed:
                self.seen.append((now, json.loads(line)["object"]))
                self.changed.notify_all()

    def first(self, state, timeout=120):
        """When state(object) was true for the first time."""

        def at():
            return next((when for when, one in self.seen if state(one)), None)

        with self.changed:
            if not self.changed.wait_for(lambda: at() is not None, timeout):
                raise TimeoutError("the job does not come to its end")
            return at()

    def stop(self):
        self.process.terminate()
        self.process.wait()


def of_role(role, job):
    labels = {"vonk.dev/job": job, "vonk.dev/role": role}
    return lambda pod: labels.items() <= pod["metadata"].get("labels", {}).items()


def one_job(api, name, jobs, pods):
    """Seconds after `kubectl apply` began at which each of PARTS had ended."""
    driver, executor = of_role("driver", name), of_role("executor", name)
    manifest = {
        "apiVersion": "vonk.dev/v1alpha1",
        "kind": "VonkJob",
        "metadata": {"name": name},
        "spec": {
            "sql": {"query": "SELECT 1"},
            "driver": {"cpu": "100m", "memory": "192Mi"},
            "executors": {"min": 1, "max": 1, "cpu": "100m", "memory": "256Mi"},
        },
    }

    def phase(role, *phases):
        return pods.first(lambda pod: role(pod) and pod["status"].get("phase") in phases)

    start = time.monotonic()
    api.apply(manifest)
    ended = {
        "succeeded": jobs.first(
            lambda job: job["metadata"]["name"] == name and kube.condition(job)["status"] in ("True", "False")
        ),
        "stored": jobs.first(lambda job: job["metadata"]["name"] == name),
        "driver created": pods.first(driver),
        "driver bound": pods.first(lambda pod: driver(pod) and pod["spec"].get("nodeName")),
        "driver running": phase(driver, "Running", "Succeeded"),
        "driver ended": phase(driver, "Succeeded", "Failed"),
        "executor created": pods.first(executor),
        "executor bound": pods.first(lambda pod: executor(pod) and pod["spec"].get("nodeName")),
        "executor running": phase(executor, "Running", "Succeeded", "Failed"),
    }
    state = kube.condition(api.get("vonkjob", name))
    if state["status"] != "True":
        raise RuntimeError(f"{name}: {state['message']}")
    return {part: when - start for part, when in ended.items()}


def metrics(api):
    """The operator's metrics: NAME{LABELS} -> number."""
    (pod,) = api.list("pods", "-l", "app.kubernetes.io/component=operator")
    path = f"/api/v1/namespaces/{api.namespace}/pods/{pod['metadata']['name']}:8080/proxy/metrics"
    text = api.run("kubectl", "get", "--raw", path).stdout
    return {name: float(value) for name, value in re.findall(r"^([^#\s]\S*) (\S+)$", text, re.M)}


def quantile(values, name, share):
    """The upper bound of the histogram's bucket with that share of its values."""
    buckets = [
        (float(bound), count)
        for key, count in values.items()
        for bound in re.findall(rf'^{name}_bucket{{.*?le="([^"]+)"', key)
    ]
    total = values.get(f"{name}_count", 0)
    return next((bound for bound, count in sorted(buckets) if count >= share * total), float("nan")) if total else None


def table(runs):
    names, before, rows = [name for name, _ in PARTS], None, []
    for name, text in sorted(PARTS, key=lambda part: statistics.median(run[part[0]] for run in runs)):
        ends = statistics.median(run[name] for run in runs)
        parts = [run[name] - (run[before] if before else 0) for run in runs]
        rows.append(f"| {name} | {statistics.median(parts) * 1000:.0f} | {ends * 1000:.0f} | {text} |")
        before = name
    assert len(rows) == len(names)
    return rows


def measure_cluster(api, times):
    idle = metrics(api)
    jobs = Watch(api, f"/apis/vonk.dev/v1alpha1/namespaces/{api.namespace}/vonkjobs")
    pods = Watch(api, f"/api/v1/namespaces/{api.namespace}/pods")
    runs = []
    try:
        for i in range(times + 1):  # the first warms up: its image is read from disk
            run = one_job(api, f"bench-{i}", jobs, pods)
            api.kubectl("delete", "vonkjob", f"bench-{i}", "--timeout=60s")
            runs += [run] if i else []
    finally:
        jobs.stop()
        pods.stop()
    return runs, idle, metrics(api)


def image_sizes(archive):
    said = subprocess.run(
        [ROOT / "scripts" / "image.sh", "--archive", archive], check=True, text=True, stdout=subprocess.PIPE
    ).stdout
    return said.strip().splitlines()[-1].rpartition(",")[0]


def bench(options, command):
    machine = measure.machine()
    cluster = clusters.choose()
    ours = cluster.up()
    try:
        world.load_image(cluster)
        api = kube.Kube(cluster, world.manifest_namespace(cluster))
        api.run("kubectl", "apply", "-f", world.MANIFESTS)
        api.kubectl("rollout", "status", "deployment/vonk-operator", "--timeout=120s")
        runs, idle, after = measure_cluster(api, min(options.times, 10))
    finally:
        if ours:
            cluster.down()
    total = [run["succeeded"] for run in runs]
    seen = "vonk_operator_driver_start_seconds"
    lines = [
        "# A job on Kubernetes",
        "",
        f"Made by `{command}`",
        f"on {machine}; {cluster.name}, two nodes on this machine; `SELECT 1`, one executor, {len(runs)} times after",
        "one that is not counted, one after the other.",
        "",
        f"From `kubectl apply` to the condition Succeeded: median {statistics.median(total):.2f} s, least"
        f" {min(total):.2f} s, most {max(total):.2f} s.",
        "",
        "| until | ms, median of the part | ms since apply | what it is |",
        "| --- | ---: | ---: | --- |",
        *table(runs),
        "",
        "| what | value |",
        "| --- | ---: |",
        f"| operator, resident, idle | {idle['process_resident_memory_bytes'] / 2**20:.1f} MiB |",
        f"| after {len(runs) + 1} jobs | {after['process_resident_memory_bytes'] / 2**20:.1f} MiB |",
        f"| job seen to driver pod POSTed, median | at most {quantile(after, seen, 0.5) * 1000:.0f} ms |",
        f"| the same, 99 of 100 | at most {quantile(after, seen, 0.99) * 1000:.0f} ms |",
        f"| image | {image_sizes(ROOT / 'build' / 'e2e' / 'bench-image.tar')} |",
    ]
    return "kubernetes", "\n".join(lines) + "\n"
