"""world.py - what all tests share: the cluster, the image in it, an S3 store that pods reach, the data in it."""
import base64
import dataclasses
import json
import os
import pathlib
import re
import socket
import subprocess

import clusters
import kube
import s3

ROOT = clusters.ROOT
DATA = ROOT / "build" / "data" / "flights"
STATE = ROOT / "build" / "e2e"
TABLES = ("flights", "airlines", "weather")
CHART = ROOT / "charts" / "vonk"
MANIFESTS = ROOT / "manifests"
BUILD = pathlib.Path(os.environ.get("VONK_BUILD", ROOT / "build")).resolve()
VONK = BUILD / "bin" / "vonk"
BUCKET = "vonk-e2e"


@dataclasses.dataclass
class World:
    cluster: clusters.Cluster
    namespace: str  # of the operator from manifests/, and of most jobs
    chart_namespace: str  # of the operator that Helm installed
    image: str | None  # of all pods, where it is not the default of chart and manifests
    store: s3.Store
    there: list = dataclasses.field(default_factory=list)  # names of the CRDs that were there before

    def kube(self, namespace=None):
        return kube.Kube(self.cluster, namespace or self.namespace)

    def s3_conf(self, **changes):
        """Settings of a job that reads and writes the store."""
        conf = {
            "endpoint": self.store.endpoint,
            "endpoint.region": self.store.region,
            "access.key": self.store.access_key,
            "secret.key": self.store.secret_key,
            "path.style.access": "true",
        }
        conf.update({key.replace("_", "."): value for key, value in changes.items()})
        return {f"spark.hadoop.fs.s3a.{key}": value for key, value in conf.items()}


def manifest_objects(api):
    """manifests/ as a list of objects. kubectl reads the YAML, so that Python need not."""
    create = ["create", "--dry-run=client", "--validate=false", "-o", "json", "-f", MANIFESTS]
    text = api.run("kubectl", *create).stdout
    objects, decoder, at = [], json.JSONDecoder(), 0
    while at < len(text):
        found, at = decoder.raw_decode(text, at)
        objects += found["items"] if found["kind"] == "List" else [found]
        at = len(text) - len(text[at:].lstrip())
    return objects


def manifest_namespace(cluster):
    objects = manifest_objects(kube.Kube(cluster, "default"))
    return next(one["metadata"]["namespace"] for one in objects if one["kind"] == "Deployment")


# --- the image --------------------------------------------------------------------------------------------


def load_image(cluster):
    """The image that VONK_E2E_IMAGE names, or None: `vonk:dev`, built here and brought into the nodes."""
    given = os.environ.get("VONK_E2E_IMAGE")
    if given:
        return given
    archive = STATE / "image.tar"
    archive.parent.mkdir(parents=True, exist_ok=True)
    if cluster.fast_image():
        clusters.run([ROOT / "scripts" / "image_collect.sh", BUILD / "bin", STATE / "image"])
        clusters.run(["python3", ROOT / "scripts" / "image_pack.py", STATE / "image", "vonk:dev", archive])
    else:
        clusters.run([ROOT / "scripts" / "image.sh", "--archive", archive], capture_output=False)
    cluster.load([archive])
    return None


# --- the store --------------------------------------------------------------------------------------------


class S3Server:
    """scripts/s3_server.py on this machine, on all its addresses: pods come from the cluster's network."""

    def __init__(self, host):
        with socket.create_server(("", 0)) as probe:
            port = probe.getsockname()[1]
        command = [ROOT / "scripts" / "s3_server.py", "start", "--host", "0.0.0.0", "--port", str(port)]
        self.process = subprocess.Popen(
            [*command, "--dir", STATE / "s3"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        )
        said = dict(re.findall(r"(\w+)=(\S+)", self.process.stdout.readline()))
        self.store = s3.Store(f"http://{host}:{port}", said["access_key"], said["secret_key"])

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def given_store(host):
    """An S3 store of the caller's: VONK_E2E_S3_ENDPOINT and the usual AWS_ variables; else None."""
    endpoint = os.environ.get("VONK_E2E_S3_ENDPOINT")
    if not endpoint:
        if host is None:
            raise clusters.NotPossible("pods reach no S3 store: set VONK_E2E_S3_ENDPOINT, or VONK_E2E_HOST")
        return None
    key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    return s3.Store(endpoint, key, secret, os.environ.get("AWS_REGION", "us-east-1"))


def fill(store):
    """The bucket, with the flights data in it."""
    clusters.run([ROOT / "scripts" / "fetch_flights.sh", DATA])
    store.make_bucket(BUCKET)
    for key in store.list(BUCKET):
        if not key.startswith("flights/"):
            store.delete(BUCKET, key)
    there = store.list(BUCKET, "flights/")
    for table in TABLES:
        if f"flights/{table}.csv" not in there:
            store.put(BUCKET, f"flights/{table}.csv", (DATA / f"{table}.csv").read_bytes())


# --- what is left for people who look why it failed -------------------------------------------------------


def dump(world, directory):
    """Everything that may say why a test failed, as files in `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    for namespace in (world.namespace, world.chart_namespace):
        api = world.kube(namespace)
        wanted = {
            "objects": ["get", "all,configmaps,secrets,leases,roles,rolebindings", "-o", "wide"],
            "jobs": ["get", "vonkjobs", "-o", "yaml"],
            "describe": ["describe", "vonkjobs,pods"],
            "events": ["get", "events", "--sort-by=.lastTimestamp"],
        }
        for name, arguments in wanted.items():
            done = api.run("kubectl", "-n", namespace, *arguments, check=False)
            (directory / f"{namespace}-{name}.txt").write_text(done.stdout + done.stderr)
        names = api.run("kubectl", "-n", namespace, "get", "pods", "-o", "name", check=False).stdout.split()
        for name in names:
            pod = pathlib.PurePath(name).name
            done = api.run("kubectl", "-n", namespace, "logs", pod, "--all-containers", check=False)
            again = api.run("kubectl", "-n", namespace, "logs", pod, "--previous", check=False)
            previous = again.stdout and f"\n--- the container before ---\n{again.stdout}"
            (directory / f"{namespace}-log-{pod}.txt").write_text(done.stdout + done.stderr + previous)
    done = world.kube().run("kubectl", "describe", "nodes", check=False)
    (directory / "nodes.txt").write_text(done.stdout + done.stderr)
