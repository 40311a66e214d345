"""kube_api.py - an API server for tests: etcd and kube-apiserver on loopback, no nodes; up in 3 seconds.

The programs are those of the cluster for tests (tests/e2e/cluster/README.md): on PATH, or in .cache/kube/bin.
"""
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / ".cache" / "kube" / "bin"
PROGRAMS = ("etcd", "kube-apiserver", "kubectl")


def find(name):
    """Path of a program, or None."""
    return shutil.which(name, path=f"{BIN}:{os.environ['PATH']}")


def missing():
    return [name for name in (*PROGRAMS, "openssl") if not find(name)]


def free_ports(n):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_until(done, seconds, what):
    """`what()`: the message when it does not come true."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise AssertionError(what())
        time.sleep(0.1)


class ApiServer:
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="vonk-deploy-"))
        self.kubeconfig = self.folder / "kubeconfig"
        self.processes = []
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def openssl(self, *arguments, text=None):
        subprocess.run(["openssl", *arguments], cwd=self.folder, input=text, text=True, check=True, capture_output=True)

    def certificate(self, name, subject, extensions):
        (self.folder / f"{name}.ext").write_text(extensions)
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        self.openssl("req", "-new", *curve, "-keyout", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
        issuer = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"]
        extra = ["-extfile", f"{name}.ext", "-days", "2"]
        self.openssl("x509", "-req", "-in", f"{name}.csr", *issuer, *extra, "-out", f"{name}.crt")

    def spawn(self, program, *arguments):
        with open(self.folder / f"{program}.log", "w") as log:
            self.processes.append(
                subprocess.Popen(
                    [find(program), *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
            )

    def start(self):
        client, peer, port = free_ports(3)
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        self.openssl("req", "-x509", *curve, "-keyout", "ca.key", "-subj", "/CN=ca", "-out", "ca.crt", "-days", "2")
        self.certificate("server", "/CN=server", "subjectAltName=IP:127.0.0.1")
        self.certificate("admin", "/O=system:masters/CN=admin", "extendedKeyUsage=clientAuth")
        self.openssl("genrsa", "-out", "accounts.key", "2048")
        self.server = f"https://127.0.0.1:{port}"
        self.kubeconfig.write_text(
            "{apiVersion: v1, kind: Config, current-context: test,\n"
            f' clusters: [{{name: test, cluster: {{server: "{self.server}", certificate-authority: ca.crt}}}}],\n'
            " users: [{name: test, user: {client-certificate: admin.crt, client-key: admin.key}}],\n"
            " contexts: [{name: test, context: {cluster: test, user: test}}]}\n"
        )
        store, peers = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
        self.spawn(
            "etcd", "--data-dir=etcd", "--unsafe-no-fsync", "--log-level=warn", f"--listen-client-urls={store}",
            f"--advertise-client-urls={store}", f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}", f"--initial-cluster=default={peers}",
        )  # fmt: skip
        self.spawn(
            "kube-apiserver", f"--etcd-servers={store}", f"--secure-port={port}", "--bind-address=127.0.0.1",
            "--service-cluster-ip-range=10.97.0.0/24", "--allow-privileged", "--authorization-mode=RBAC",
            "--client-ca-file=ca.crt", "--tls-cert-file=server.crt", "--tls-private-key-file=server.key",
            "--service-account-issuer=https://kubernetes.default.svc", "--service-account-key-file=accounts.key",
            "--service-account-signing-key-file=accounts.key",
        )  # fmt: skip
        self.wait(lambda: self.kubectl("get", "--raw", "/readyz", check=False).returncode == 0)

    def wait(self, ready, seconds=120):
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end or any(one.poll() is not None for one in self.processes):
                logs = [path.read_text()[-2000:] for path in self.folder.glob("*.log")]
                raise RuntimeError("the API server does not come up:\n" + "\n".join(logs))
            time.sleep(0.1)

    def kubectl(self, *arguments, text=None, check=True, token=None):
        """A completed process. `token`: as its owner, instead of as the administrator."""
        who = ["--kubeconfig", str(self.kubeconfig)]
        if token:
            server = ["--server", self.server, "--certificate-authority", str(self.folder / "ca.crt")]
            who = ["--kubeconfig", os.devnull, *server, "--token", token]
        done = subprocess.run([find("kubectl"), *who, *arguments], input=text, text=True, capture_output=True)
        if check and done.returncode:
            raise RuntimeError(f"kubectl {' '.join(arguments)}: {done.stderr}")
        return done

    def stop(self):
        for one in reversed(self.processes):
            one.kill()
            one.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
