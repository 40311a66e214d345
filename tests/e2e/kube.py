"""kube.py - kubectl and helm as users would run them, and waiting for a state."""
import atexit
import http.client
import json
import os
import subprocess
import threading
import time
import urllib.parse

import clusters

DEADLINE = 120  # seconds; of states that must come


class Failed(AssertionError):
    """A command whose exit status is not 0."""


def environment(kubeconfig):
    path = f"{clusters.BIN}:{os.environ['PATH']}"
    return {**os.environ, "KUBECONFIG": str(kubeconfig), "PATH": path}


class Reader:
    """Reads objects through one `kubectl proxy`: a kubectl for each look would take more than what is tested."""

    def __init__(self, environment_):
        command = ["kubectl", "proxy", "--port=0"]
        self.process = subprocess.Popen(
            command, env=environment_, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        )
        atexit.register(self.process.terminate)
        self.address = self.process.stdout.readline().split()[-1]

    def read(self, path):
        """The object; None if there is none (404). Waits while there is no API server."""
        end = time.monotonic() + DEADLINE
        while True:
            try:
                connection = http.client.HTTPConnection(self.address, timeout=30)
                connection.request("GET", path)
                reply = connection.getresponse()
                text = reply.read()
                connection.close()
            except (OSError, http.client.HTTPException) as error:
                reply, text = None, str(error)
            if reply and reply.status == 200:
                return json.loads(text)
            if reply and reply.status == 404:
                return None
            if time.monotonic() > end or (reply and reply.status < 429):
                raise Failed(f"GET {path}: {reply and reply.status} {text[:500]}")
            time.sleep(0.3)


READERS, READERS_LOCK = {}, threading.Lock()
PATHS = {"pods": "/api/v1", "nodes": "/api/v1", "vonkjobs": "/apis/vonk.dev/v1alpha1"}


def reader(cluster, environment_):
    with READERS_LOCK:
        if cluster.kubeconfig not in READERS:
            READERS[cluster.kubeconfig] = Reader(environment_)
        return READERS[cluster.kubeconfig]


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
        """An object; None if there is none of that name."""
        text = self.kubectl("get", *arguments, "-o", "json", "--ignore-not-found")
        return json.loads(text) if text.strip() else None

    def list(self, *arguments):
        return (self.get(*arguments) or {}).get("items", [])

    def apply(self, *objects):
        body = "\n".join(json.dumps(item) for item in objects)
        return self.kubectl("apply", "-f", "-", body=body)

    def read(self, kind, name="", selector=""):
        """As get(), without a kubectl: for what is looked at again and again."""
        path = f"{PATHS[kind]}/namespaces/{self.namespace}/{kind}" + (f"/{name}" if name else "")
        if selector:
            path += "?labelSelector=" + urllib.parse.quote(selector)
        found = reader(self.cluster, self.environment).read(path)
        return found if name else (found or {}).get("items", [])

    def job_pods(self, name, role=None):
        selector = f"vonk.dev/job={name}" + (f",vonk.dev/role={role}" if role else "")
        return self.read("pods", selector=selector)

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
