"""clusters.py - the Kubernetes that the tests run on: one that is given, kind, or our own (cluster/)."""
import json
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BIN = ROOT / ".cache" / "kube" / "bin"


class NotPossible(Exception):
    """Why there is no cluster here."""


def run(command, **options):
    """The output of a command; CalledProcessError carries what it printed if it fails."""
    options = {"check": True, "text": True, "capture_output": True, **options}
    return subprocess.run([str(part) for part in command], **options).stdout


class Cluster:
    """What tests may ask of a cluster beyond its API. `can_break`: nodes and API server may be hurt."""

    can_break = False
    host = None  # the address at which pods reach this machine

    def up(self):
        """Starts it, if it is not there; says whether it has been started here."""
        return False

    def down(self):
        pass

    @staticmethod
    def fast_image():
        """Whether the image may be made of this machine's build, without the Dockerfile."""
        return False

    def load(self, archives):
        """Brings images, each in an archive of `docker save`'s format, into all nodes."""


class Given(Cluster):
    """VONK_E2E_KUBECONFIG or KUBECONFIG. Nothing of it is broken; it must be able to pull the image."""

    name = "the cluster of KUBECONFIG"

    def __init__(self, kubeconfig):
        self.kubeconfig = pathlib.Path(kubeconfig)
        self.host = os.environ.get("VONK_E2E_HOST")
        if not os.environ.get("VONK_E2E_IMAGE"):
            raise NotPossible("KUBECONFIG is set: VONK_E2E_IMAGE must name an image that its nodes can pull")


class Own(Cluster):
    """Two nodes on this machine: cluster/README.md."""

    name = "a cluster of our own"
    can_break = True
    host = "10.88.0.1"
    script = ROOT / "tests" / "e2e" / "cluster" / "cluster.sh"
    state = ROOT / "build" / "cluster"
    kubeconfig = state / "kubeconfig"

    def __init__(self):
        done = subprocess.run([self.script, "check"], text=True, capture_output=True, check=False)
        if done.returncode != 0:
            raise NotPossible("missing here: " + "; ".join((done.stdout + done.stderr).splitlines()))

    @staticmethod
    def fast_image():
        release = pathlib.Path("/etc/os-release").read_text()
        return "VERSION_CODENAME=bookworm" in release

    def command(self, *arguments):
        return run([self.script, *arguments])

    def up(self):
        if (self.state / "cp.pid").exists():
            if subprocess.run([self.script, "status"], capture_output=True, check=False).returncode == 0:
                return False
            self.down()
        # Its programs keep running: they must not hold a pipe of ours.
        subprocess.run([self.script, "up", "2"], check=True, stdin=subprocess.DEVNULL)
        return True

    def down(self):
        self.command("down")

    def load(self, archives):
        self.command("load", *archives)

    def kill_node(self, node):
        self.command("kill", node)

    def boot_node(self, node):
        self.command("boot", node)

    def hold_api(self):
        self.command("signal", "apiserver", "STOP")

    def release_api(self):
        self.command("signal", "apiserver", "CONT")

    def restart_api(self):
        self.command("signal", "apiserver", "KILL")

    def compact(self):
        """Forgets all of etcd's history, through its JSON gateway."""
        ask = (
            "import json, sys, urllib.request as r\n"
            "def post(path, body): return json.load(r.urlopen(r.Request('http://127.0.0.1:2379/v3/kv/'\n"
            "    + path, json.dumps(body).encode())))\n"
            "revision = post('range', {'key': 'AA=='})['header']['revision']\n"
            "post('compaction', {'revision': revision, 'physical': True})\n"
        )
        self.command("shell", "cp", "python3", "-c", ask)


class Kind(Cluster):
    """kind, where a Docker engine answers: a control plane and two workers."""

    name = "kind"
    can_break = True
    cluster = "vonk-e2e"
    kubeconfig = ROOT / "build" / "kind" / "kubeconfig"
    config = """
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes: [{role: control-plane}, {role: worker}, {role: worker}]
"""

    @staticmethod
    def is_here():
        if not shutil.which("docker") or not shutil.which("kind"):
            return False
        return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0

    def kind(self, *arguments, **options):
        return run(["kind", *arguments, "--name", self.cluster], **options)

    def control_plane(self, *command):
        return run(["docker", "exec", f"{self.cluster}-control-plane", *command])

    def up(self):
        self.kubeconfig.parent.mkdir(parents=True, exist_ok=True)
        started = self.cluster not in run(["kind", "get", "clusters"]).split()
        if started:
            self.kind("create", "cluster", "--wait", "180s", "--config", "-", input=self.config)
        self.kubeconfig.write_text(self.kind("get", "kubeconfig"))
        networks = json.loads(run(["docker", "network", "inspect", "kind"]))[0]["IPAM"]["Config"]
        self.host = next(net["Gateway"] for net in networks if "." in net.get("Gateway", ""))
        return started

    def down(self):
        self.kind("delete", "cluster")

    def load(self, archives):
        for archive in archives:
            self.kind("load", "image-archive", archive)

    def kill_node(self, node):
        run(["docker", "kill", node])

    def boot_node(self, node):
        run(["docker", "start", node])

    def hold_api(self):
        self.control_plane("pkill", "-STOP", "-x", "kube-apiserver")

    def release_api(self):
        self.control_plane("pkill", "-CONT", "-x", "kube-apiserver")

    def restart_api(self):
        self.control_plane("pkill", "-KILL", "-x", "kube-apiserver")

    def compact(self):
        pki = "/etc/kubernetes/pki/etcd"
        etcd = f"etcd-{self.cluster}-control-plane"
        ctl = f"etcdctl --cacert={pki}/ca.crt --cert={pki}/server.crt --key={pki}/server.key"
        kubectl = ["kubectl", "--kubeconfig", self.kubeconfig, "-n", "kube-system", "exec", etcd, "--"]
        state = json.loads(run([*kubectl, *ctl.split(), "endpoint", "status", "-w", "json"]))
        revision = state[0]["Status"]["header"]["revision"]
        run([*kubectl, *ctl.split(), "compact", str(revision), "--physical"])


def choose():
    """The cluster to test on; NotPossible says why there is none."""
    given = os.environ.get("VONK_E2E_KUBECONFIG") or os.environ.get("KUBECONFIG")
    if given and pathlib.Path(given).resolve() != Own.kubeconfig:
        return Given(given)
    return Kind() if Kind.is_here() else Own()
