"""kube.py - kubectl and helm as users would run them, and waiting for a state."""
import json
import os
import subprocess
import time

import clusters

DEADLINE = 120  # seconds; of states that must come


class Failed(AssertionError):
    """A command whose exit status is not 0."""


def environment(kubeconfig):
    path = f"{clusters.BIN}:{os.environ['PATH']}"
    return {**os.environ, "KUBECONFIG": str(kubeconfig), "PATH": path}


class Kube:
    """A cluster's API, in one namespace."""

    def __init__(self, cluster, namespace):
        self.cluster, self.namespace = cluster, namespace
        self.environment = environment(cluster.kubeconfig)

    def run(self, program, *arguments, body=None, check=True, timeout=300, cwd=None):
        """CompletedProcess of `program`, with the cluster's KUBECONFIG."""
        done = subprocess.run(
            [program, *map(str, arguments)],
            input=body,
            text=True,
            capture_output=True,
            check=False,
            env=self.environment,
            timeout=timeout,
            cwd=cwd,
            stdin=None if body is not None else subprocess.DEVNULL,
        )
        if check and done.returncode != 0:
            raise Failed(f"{program} {' '.join(map(str, arguments))}: {done.stderr}{done.stdout}")
        return done

    def kubectl(self, *arguments, **options):
        """What kubectl prints."""
        return self.run("kubectl", "-n", self.namespace, *arguments, **options).stdout

    def get(self, *arguments):
        """An object, or the items of a list; None if there is none of that name."""
        text = self.kubectl("get", *arguments, "-o", "json", "--ignore-not-found")
        found = json.loads(text) if text.strip() else None
        return found["items"] if found and found["kind"].endswith("List") else found

    def apply(self, *objects):
        body = "\n".join(json.dumps(item) for item in objects)
        return self.kubectl("apply", "-f", "-", body=body)

    def pods(self, **labels):
        selector = ",".join(f"{key.replace('_', '.')}={value}" for key, value in labels.items())
        return self.get("pods", "-l", selector)

    def job_pods(self, name, role=None):
        selector = f"vonk.dev/job={name}" + (f",vonk.dev/role={role}" if role else "")
        return self.get("pods", "-l", selector)

    def logs(self, pod, *arguments):
        return self.kubectl("logs", pod, *arguments)


def wait_for(what, state, deadline=DEADLINE, show=None):
    """The first true value of state(); fails, with what show() says, if none comes."""
    end = time.monotonic() + deadline
    while True:
        value = state()
        if value:
            return value
        if time.monotonic() > end:
            shown = f"; last seen: {show()}" if show else ""
            raise AssertionError(f"{what}: not within {deadline} s{shown}")
        time.sleep(0.3)


def condition(job, kind="Succeeded"):
    """A condition of a VonkJob; an empty one if it is not there."""
    for one in (job or {}).get("status", {}).get("conditions", []):
        if one["type"] == kind:
            return one
    return {"type": kind, "status": "", "reason": "", "message": ""}


def is_ready(pod):
    conditions = pod.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def is_finished(pod):
    return pod["status"].get("phase") in ("Succeeded", "Failed")
