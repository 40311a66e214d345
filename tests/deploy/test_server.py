"""test_server.py - the definition and the driver guard, on a real API server.

Runs where etcd, kube-apiserver and kubectl are (kube_api.py). The driver of these tests is a real one to the API
server: the service account vonkjob-driver with a token that is bound to its pod.
"""
import copy
import json
import os
import re
import subprocess
import sys
import textwrap
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import kube_api

ROOT = kube_api.ROOT
JOBS = ROOT / "tests" / "deploy" / "jobs"
BUILD = Path(os.environ.get("VONK_BUILD", ROOT / "build"))
NAMESPACE = "vonk"
EXECUTOR = json.loads((Path(__file__).parent / "executor.json").read_text())
server = None


def setUpModule():
    global server
    missing = kube_api.missing()
    if missing:
        print(f"SKIPPED: no {', '.join(missing)} here: tests/e2e/cluster/programs.sh brings them", file=sys.stderr)
        raise unittest.SkipTest("no API server")
    server = kube_api.ApiServer()
    unittest.addModuleCleanup(server.stop)
    done = server.kubectl("apply", "--server-side", "--validate=strict", "-f", str(ROOT / "manifests"))
    if "Warning" in done.stderr:  # Pod Security says so, of the operator's pods, and more
        raise RuntimeError(done.stderr)
    server.kubectl("wait", "--for=condition=Established", "crd/vonkjobs.vonk.dev", "--timeout=60s")
    server.kubectl("create", "namespace", "other")


def expected(path, who):
    """What the first lines of a bad manifest say that `who` says: `# server: pattern`."""
    return re.search(rf"^# {who}: (.*)$", path.read_text(), re.M)[1]


class Definition(unittest.TestCase):
    def create(self, path, *more):
        return server.kubectl("create", "-n", NAMESPACE, "--dry-run=server", "-f", str(path), *more, check=False)

    def test_good_jobs_are_taken(self):
        paths = [*sorted((JOBS / "good").glob("*.yaml")), *(ROOT / "examples").rglob("*.yaml")]
        self.assertGreater(len(paths), 10)
        for path in paths:
            with self.subTest(path.name):
                done = self.create(path)
                self.assertEqual(0, done.returncode, done.stderr)

    def test_bad_jobs_are_refused_with_our_words(self):
        paths = sorted((JOBS / "bad").glob("*.yaml"))
        self.assertGreater(len(paths), 20)
        for path in paths:
            with self.subTest(path.name):
                done = self.create(path)
                self.assertNotEqual(0, done.returncode)
                self.assertRegex(done.stderr, expected(path, "server"))

    def test_a_query_has_262144_characters_at_most(self):
        text = (JOBS / "good" / "shortest.yaml").read_text()
        for n, status in ((262144, 0), (262145, 1)):
            job = text.replace("select 1", "x" * n)
            done = server.kubectl("create", "-n", NAMESPACE, "--dry-run=server", "-f", "-", text=job, check=False)
            self.assertEqual(status, done.returncode, done.stderr)
        self.assertRegex(done.stderr, "spec.sql.query: Too long")

    def test_defaults_are_filled_in(self):
        spec = json.loads(self.create(JOBS / "good" / "shortest.yaml", "-o", "json").stdout)["spec"]
        self.assertEqual(
            {
                "sql": {"query": "select 1"},
                "start": "Immediate",
                "suspend": False,
                "backoffLimit": 3,
                "retryBackoff": {"baseSeconds": 10, "maxSeconds": 300, "resetAfterSeconds": 3600},
                "pendingDeadlineSeconds": 600,
                "ttlSecondsAfterFinished": 86400,
                "driver": {"cpu": "1", "memory": "1Gi"},
                "executors": {
                    "min": 1, "max": 4, "idleSeconds": 60, "cpu": "1", "memory": "2Gi", "scratch": "10Gi", "spot": False,
                },
            },
            spec,
        )  # fmt: skip

    def test_status_columns_and_wait(self):
        server.kubectl("create", "-n", NAMESPACE, "-f", str(JOBS / "good" / "shortest.yaml"))
        self.addCleanup(server.kubectl, "delete", "-n", NAMESPACE, "vj/shortest")
        now = "2026-01-01T00:00:00Z"
        condition = {
            "type": "Succeeded", "status": "True", "reason": "Completed", "message": "1 row",
            "lastTransitionTime": now, "observedGeneration": 1,
        }  # fmt: skip
        status = {
            "observedGeneration": 1,
            "attempt": 2,
            "attemptTime": now,
            "specHash": "00",
            "failures": 1,
            "startTime": now,
            "completionTime": now,
            "driverPod": "shortest-2-driver",
            "progress": "12/40",
            "executors": {"target": 3, "ready": 3, "pending": 0, "lost": 1},
            "lastFailure": {"attempt": 1, "reason": "Evicted", "message": "m", "pod": "p", "exitCode": 75, "time": now},
            "conditions": [condition],
        }
        patch = json.dumps({"status": status, "spec": {"suspend": True}})
        done = server.kubectl(
            "patch", "-n", NAMESPACE, "vj/shortest", "--subresource=status", "--type=merge", "-p", patch, "-o", "json"
        )
        job = json.loads(done.stdout)
        self.assertEqual(status, job["status"])  # nothing is pruned
        self.assertFalse(job["spec"]["suspend"])
        table = server.kubectl("get", "-n", NAMESPACE, "vj").stdout.splitlines()
        self.assertEqual(["NAME", "STATUS", "PROGRESS", "EXECUTORS", "ATTEMPT", "AGE"], table[0].split())
        self.assertEqual(["shortest", "Completed", "12/40", "3", "2"], table[1].split()[:5])
        server.kubectl("wait", "-n", NAMESPACE, "vj/shortest", "--for=condition=Succeeded", "--timeout=10s")
        self.assertIn("1 row", server.kubectl("get", "-n", NAMESPACE, "vj", "-o", "wide").stdout)

    def test_managed_by_is_immutable(self):
        server.kubectl("create", "-n", NAMESPACE, "-f", str(JOBS / "good" / "shortest.yaml"))
        self.addCleanup(server.kubectl, "delete", "-n", NAMESPACE, "vj/shortest")
        patch = '{"spec": {"managedBy": "kueue.x-k8s.io/multikueue"}}'
        done = server.kubectl("patch", "-n", NAMESPACE, "vj/shortest", "--type=merge", "-p", patch, check=False)
        self.assertIn("managedBy is immutable", done.stderr)

    def test_every_field_is_explained(self):
        text = server.kubectl("explain", "vonkjob.spec", "--recursive").stdout
        self.assertIn("pendingDeadlineSeconds", text)
        described = server.kubectl("explain", "vonkjob").stdout
        self.assertIn("VonkJob schema 1:", described)


class Guard(unittest.TestCase):
    """What a driver may do to pods."""

    @classmethod
    def setUpClass(cls):
        cls.uid = cls.make_pod("flights-2-driver", "vonkjob-driver", "driver")
        cls.other_uid = cls.make_pod("other-1-driver", "vonkjob-driver", "driver")
        cls.token = cls.token_of("flights-2-driver", cls.uid)
        cls.loose = server.kubectl("create", "token", "-n", NAMESPACE, "vonkjob-driver").stdout.strip()

    @staticmethod
    def token_of(pod, uid):
        bound = ["--bound-object-kind=Pod", f"--bound-object-name={pod}", f"--bound-object-uid={uid}"]
        return server.kubectl("create", "token", "-n", NAMESPACE, "vonkjob-driver", *bound).stdout.strip()

    @staticmethod
    def make_pod(name, account, role):
        pod = copy.deepcopy(EXECUTOR)
        pod["metadata"] = {"name": name, "annotations": {"vonk.dev/spec-hash": "1", "mine": "x"}}
        pod["spec"]["serviceAccountName"] = account
        pod["spec"]["volumes"] = []
        pod["spec"]["containers"][0]["volumeMounts"] = []
        done = server.kubectl("create", "-n", NAMESPACE, "-f", "-", "-o", "json", text=json.dumps(pod))
        return json.loads(done.stdout)["metadata"]["uid"]

    def executor(self, name="flights-2-exec-1"):
        pod = copy.deepcopy(EXECUTOR)
        pod["metadata"]["name"] = name
        pod["metadata"]["ownerReferences"][0]["uid"] = self.uid
        return pod

    def act(self, *arguments, pod=None, token=None, dry=True):
        text = json.dumps(pod) if pod else None
        more = ["--dry-run=server"] if dry else []
        if pod:
            more += ["-f", "-"]
        return server.kubectl(
            "-n", NAMESPACE, *arguments, *more, text=text, check=False, token=token or self.token
        )  # fmt: skip

    def refused(self, done, words):
        self.assertNotEqual(0, done.returncode, done.stdout)
        self.assertIn("vonkjob-driver-guard", done.stderr)
        self.assertIn(words, done.stderr)

    def refused_with(self, words, change):
        pod = self.executor()
        change(pod)
        with self.subTest(words):
            self.refused(self.act("create", pod=pod), words)

    def allowed_with(self, change):
        pod = self.executor()
        change(pod)
        done = self.act("create", pod=pod)
        self.assertEqual(0, done.returncode, done.stderr)

    def test_its_executor_is_let_through(self):
        self.allowed_with(lambda pod: None)

    def test_a_job_may_be_called_driver(self):
        uid = self.make_pod("a-driver-b-1-driver", "vonkjob-driver", "driver")
        pod = copy.deepcopy(EXECUTOR)
        pod["metadata"]["name"] = "a-driver-b-1-exec-1"
        pod["metadata"]["labels"].update({"vonk.dev/job": "a-driver-b", "vonk.dev/attempt": "1"})
        pod["metadata"]["ownerReferences"][0].update(name="a-driver-b-1-driver", uid=uid)
        pod["spec"]["volumes"][1]["secret"]["secretName"] = "vonkjob-a-driver-b-1"
        done = self.act("create", pod=pod, token=self.token_of("a-driver-b-1-driver", uid))
        self.assertEqual(0, done.returncode, done.stderr)

    def test_templates_may_add_what_is_harmless(self):
        def change(pod):
            spec = pod["spec"]
            spec["volumes"] += [
                {"name": "a", "configMap": {"name": "settings"}},
                {"name": "b", "secret": {"secretName": "vonkjob-s3"}},
                {"name": "c", "projected": {"sources": [{"secret": {"name": "vonkjob-ca"}}]}},
                {"name": "d", "downwardAPI": {"items": [{"path": "x", "fieldRef": {"fieldPath": "metadata.name"}}]}},
            ]
            key = {"secretKeyRef": {"name": "vonkjob-s3", "key": "id"}}
            spec["containers"][0]["env"].append({"name": "AWS_ACCESS_KEY_ID", "valueFrom": key})
            spec["nodeSelector"] = {"disk": "fast"}

        self.allowed_with(change)

    def test_the_owner_is_its_own_pod_alone(self):
        words = "an executor must be owned by its driver pod"
        self.refused_with(words, lambda pod: pod["metadata"].pop("ownerReferences"))
        self.refused_with(words, lambda pod: pod["metadata"]["ownerReferences"][0].update(uid=self.other_uid))
        self.refused_with(words, lambda pod: pod["metadata"]["ownerReferences"][0].update(name="other-1-driver"))
        self.refused_with(words, lambda pod: pod["metadata"]["ownerReferences"][0].update(controller=False))
        second = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "1"}
        self.refused_with(words, lambda pod: pod["metadata"]["ownerReferences"].append(second))

    def test_names_and_labels_are_of_its_attempt(self):
        words = "must be named flights-2-exec-N"
        for name in ("flights-3-driver", "other-1-exec-1", "flights-2-exec-x", "flights-2-exec-1-2", "x"):
            self.refused_with(words, lambda pod: pod["metadata"].update(name=name))
        words = "must carry the labels"
        for label, value in (("job", "other"), ("attempt", "3"), ("role", "driver")):
            self.refused_with(words, lambda pod: pod["metadata"]["labels"].update({f"vonk.dev/{label}": value}))
        self.refused_with(words, lambda pod: pod["metadata"].pop("labels"))

    def test_no_other_account_and_no_token(self):
        words = "runs as vonkjob-executor and mounts no API token"
        server.kubectl("create", "serviceaccount", "-n", NAMESPACE, "rich")
        self.refused_with(words, lambda pod: pod["spec"].update(serviceAccountName="rich"))
        self.refused_with(words, lambda pod: pod["spec"].update(automountServiceAccountToken=True))
        self.refused_with(words, lambda pod: pod["spec"].pop("automountServiceAccountToken"))
        token = {"name": "t", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}
        self.refused_with(words, lambda pod: pod["spec"]["volumes"].append(token))
        token = copy.deepcopy(token)
        token["projected"]["sources"][0]["serviceAccountToken"]["audience"] = "https://kubernetes.default.svc"
        self.refused_with(words, lambda pod: pod["spec"]["volumes"].append(token))
        token["projected"]["sources"][0]["serviceAccountToken"]["audience"] = "sts.amazonaws.com"
        self.allowed_with(lambda pod: pod["spec"]["volumes"].append(token))

    def test_no_secret_of_others(self):
        words = "uses only the secret vonkjob-flights-2"

        def env(name):
            reference = {"name": "X", "valueFrom": {"secretKeyRef": {"name": name, "key": "k"}}}
            return lambda pod: pod["spec"]["containers"][0]["env"].append(reference)

        def volume(source):
            return lambda pod: pod["spec"]["volumes"].append({"name": "more", **source})

        everything = {"envFrom": [{"secretRef": {"name": "bank"}}]}
        for name in ("bank", "vonkjob-other-1", "vonkjob-flights-1"):
            self.refused_with(words, volume({"secret": {"secretName": name}}))
            self.refused_with(words, volume({"projected": {"sources": [{"secret": {"name": name}}]}}))
            self.refused_with(words, env(name))
        self.refused_with(words, lambda pod: pod["spec"]["containers"][0].update(everything))
        init = {**self.executor()["spec"]["containers"][0], "name": "init", **everything}
        self.refused_with(words, lambda pod: pod["spec"].update(initContainers=[init]))

    def test_no_way_to_the_node(self):
        self.loosen()

        def security(**fields):
            return lambda pod: pod["spec"]["containers"][0]["securityContext"].update(fields)

        words = "an executor mounts only"
        self.refused_with(words, lambda pod: pod["spec"]["volumes"].append({"name": "h", "hostPath": {"path": "/"}}))
        csi = {"name": "h", "csi": {"driver": "secrets-store.csi.k8s.io"}}
        self.refused_with(words, lambda pod: pod["spec"]["volumes"].append(csi))
        claim = {"name": "h", "persistentVolumeClaim": {"claimName": "data"}}
        self.refused_with(words, lambda pod: pod["spec"]["volumes"].append(claim))
        words = "shares no namespace with its node"
        for field in ("hostNetwork", "hostPID", "hostIPC"):
            self.refused_with(words, lambda pod: pod["spec"].update({field: True}))
        self.refused_with(words, lambda pod: pod["spec"].update(nodeName="n0"))
        self.refused_with(words, lambda pod: pod["spec"].update(priorityClassName="system-node-critical"))
        words = "is not privileged, adds no capability and opens no port of its node"
        self.refused_with(words, security(privileged=True, allowPrivilegeEscalation=True))
        self.refused_with(words, security(capabilities={"add": ["NET_ADMIN"]}))
        self.refused_with(words, lambda pod: pod["spec"]["containers"][0].update(ports=[{"containerPort": 9, "hostPort": 9}]))

    def loosen(self):
        """Without Pod Security, so that it is the guard that refuses."""
        label = "pod-security.kubernetes.io/enforce"
        server.kubectl("label", "namespace", NAMESPACE, f"{label}=privileged", "--overwrite")
        self.addCleanup(server.kubectl, "label", "namespace", NAMESPACE, f"{label}=restricted", "--overwrite")

    def patch(self, pod, patch, kind="merge", token=None):
        return self.act("patch", f"pod/{pod}", f"--type={kind}", "-p", json.dumps(patch), token=token)

    def test_patches_are_of_annotations_of_its_own_pod(self):
        progress = {"metadata": {"annotations": {"vonk.dev/progress": "1/2"}}}
        done = self.patch("flights-2-driver", progress)
        self.assertEqual(0, done.returncode, done.stderr)
        self.refused(self.patch("other-1-driver", progress), "a driver changes only its own pod")
        words = "a driver changes only annotations"
        for change in ({"mine": "y"}, {"mine": None}, {"vonk.dev/spec-hash": "2"}, {"new": "x"}):
            self.refused(self.patch("flights-2-driver", {"metadata": {"annotations": change}}), words)
        image = [{"op": "replace", "path": "/spec/containers/0/image", "value": "evil"}]
        self.refused(self.patch("flights-2-driver", image, "json"), words)
        for change in ({"labels": {"a": "b"}}, {"ownerReferences": []}, {"finalizers": ["a/b"]}):
            if change == {"ownerReferences": []}:
                continue  # it has none here
            self.refused(self.patch("flights-2-driver", {"metadata": change}), words)

    def test_deletes_are_of_its_executors(self):
        done = self.act("create", pod=self.executor("flights-2-exec-7"), dry=False)
        self.assertEqual(0, done.returncode, done.stderr)
        self.addCleanup(server.kubectl, "delete", "-n", NAMESPACE, "pod/flights-2-exec-7", "--ignore-not-found", "--force")
        done = self.act("delete", "pod/flights-2-exec-7", "--wait=false")
        self.assertEqual(0, done.returncode, done.stderr)
        for pod in ("other-1-driver", "flights-2-driver"):
            self.refused(self.act("delete", f"pod/{pod}", "--wait=false"), "a driver deletes only pods that it owns")

    def test_a_token_without_a_pod_is_good_for_nothing(self):
        words = "is for driver pods only"
        self.refused(self.act("create", pod=self.executor(), token=self.loose), words)
        self.refused(self.act("delete", "pod/other-1-driver", "--wait=false", token=self.loose), words)

    def test_others_are_not_concerned(self):
        pod = self.executor()
        pod["metadata"] = {"name": "plain"}
        text = json.dumps(pod)
        done = server.kubectl("create", "-n", NAMESPACE, "--dry-run=server", "-f", "-", text=text, check=False)
        self.assertEqual(0, done.returncode, done.stderr)


class Chart(unittest.TestCase):
    """helm install, upgrade and uninstall, into a namespace that enforces the restricted standard."""

    @classmethod
    def setUpClass(cls):
        cls.helm = os.environ.get("VONK_HELM") or kube_api.find("helm")
        if not cls.helm:
            print("SKIPPED: no helm here (VONK_HELM)", file=sys.stderr)
            raise unittest.SkipTest("no helm")
        cls.server = kube_api.ApiServer()
        cls.addClassCleanup(cls.server.stop)
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "spark"}}
        label = "pod-security.kubernetes.io/"
        namespace["metadata"]["labels"] = {f"{label}enforce": "restricted", f"{label}warn": "restricted"}
        cls.server.kubectl("create", "-f", "-", text=json.dumps(namespace))

    def run_helm(self, *arguments):
        settings = ["--kubeconfig", str(self.server.kubeconfig), "-n", "spark"]
        done = subprocess.run([self.helm, *arguments, *settings], capture_output=True, text=True)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertNotIn("Warning", done.stderr)
        return done.stdout

    def test_install_upgrade_uninstall(self):
        kubectl, chart = self.server.kubectl, str(ROOT / "charts" / "vonk")
        said = self.run_helm("install", "vonk", chart)
        self.assertIn("serves VonkJobs in spark", said)
        kubectl("wait", "--for=condition=Established", "crd/vonkjobs.vonk.dev", "--timeout=60s")
        job = said.split("<<JOB\n")[1].split("    JOB\n")[0]  # the one that it proposes
        kubectl("create", "-n", "spark", "-f", "-", text=textwrap.dedent(job))

        # An upgrade brings the definition of today, whatever is there, and new settings.
        field = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/suspend"
        older = json.dumps([{"op": "remove", "path": field}])
        kubectl("patch", "crd/vonkjobs.vonk.dev", "--type=json", "-p", older)
        self.run_helm("upgrade", "vonk", chart, "--set", "operator.logLevel=debug", "--set", "fullnameOverride=v")
        self.assertIn("--log-level=debug", kubectl("get", "-n", "spark", "deploy/v-operator", "-o", "yaml").stdout)
        definition = kubectl("get", "crd/vonkjobs.vonk.dev", "-o", "json").stdout
        self.assertIn('"suspend"', definition)

        said = self.run_helm("uninstall", "vonk")
        self.assertIn("vonkjobs.vonk.dev", said)  # is kept, it says
        self.assertIn("hello", kubectl("get", "-n", "spark", "vonkjobs", "-o", "name").stdout)
        left = kubectl("get", "-n", "spark", "deploy,sa,role,rolebinding,networkpolicy", "-o", "name").stdout.split()
        self.assertLessEqual(set(left), {"serviceaccount/default"})
        self.assertEqual("", kubectl("get", "validatingadmissionpolicies", "-o", "name").stdout)
        self.run_helm("install", "vonk", chart)  # finds its definition again
        self.run_helm("uninstall", "vonk")


class Rights(unittest.TestCase):
    """What RBAC gives to the three accounts, asked of the API server."""

    def may(self, account, verb, resource, namespace=NAMESPACE):
        who = f"--as=system:serviceaccount:{NAMESPACE}:{account}"
        done = server.kubectl("auth", "can-i", verb, resource, "-n", namespace, who, check=False)
        return done.stdout.strip() == "yes"

    def test_the_operator_has_what_it_needs_and_no_more(self):
        wanted = {
            "vonkjobs.vonk.dev": "get list watch delete",
            "vonkjobs.vonk.dev/status": "get patch",
            "vonkjobs.vonk.dev/finalizers": "update",
            "pods": "get list watch create delete",
            "pods/log": "get",
            "secrets": "get create delete",
            "configmaps": "get create delete",
            "events.events.k8s.io": "create patch",
            "leases.coordination.k8s.io": "get create update",
        }
        verbs = "get list watch create update patch delete deletecollection".split()
        for resource, allowed in wanted.items():
            name, _, sub = resource.partition("/")
            for verb in verbs:
                asked = [name, f"--subresource={sub}"] if sub else [name]
                who = f"--as=system:serviceaccount:{NAMESPACE}:vonk-operator"
                done = server.kubectl("auth", "can-i", verb, *asked, "-n", NAMESPACE, who, check=False)
                self.assertEqual(verb in allowed.split(), done.stdout.strip() == "yes", f"{verb} {resource}")

    def test_nobody_has_rights_in_other_namespaces(self):
        for account in ("vonk-operator", "vonkjob-driver", "vonkjob-executor"):
            for resource in ("pods", "secrets", "vonkjobs.vonk.dev"):
                self.assertFalse(self.may(account, "get", resource, "other"), f"{account} {resource}")

    def test_drivers_have_pods_only_and_executors_nothing(self):
        self.assertTrue(self.may("vonkjob-driver", "create", "pods"))
        for resource in ("secrets", "configmaps", "vonkjobs.vonk.dev"):
            self.assertFalse(self.may("vonkjob-driver", "get", resource), resource)
        self.assertFalse(self.may("vonkjob-executor", "get", "pods"))


class Operator(unittest.TestCase):
    """The operator itself, with its own account's token: what it asks for is what the manifests give."""

    def setUp(self):
        self.program = BUILD / "bin" / "vonk-operator"
        if not self.program.exists():
            raise RuntimeError(f"no {self.program}: run ./dev build")
        token = server.kubectl("create", "token", "-n", NAMESPACE, "vonk-operator").stdout.strip()
        self.kubeconfig = server.folder / "operator"
        self.kubeconfig.write_text(
            "{apiVersion: v1, kind: Config, current-context: test,\n"
            f' clusters: [{{name: test, cluster: {{server: "{server.server}", '
            f'certificate-authority: "{server.folder}/ca.crt"}}}}],\n'
            f' users: [{{name: test, user: {{token: "{token}"}}}}],\n'
            " contexts: [{name: test, context: {cluster: test, user: test, namespace: vonk}}]}\n"
        )

    @staticmethod
    def arguments():
        """As manifests/40-operator.yaml has them."""
        text = (ROOT / "manifests" / "40-operator.yaml").read_text()
        return re.findall(r"^        - (--.*)$", text, re.M)

    def test_it_takes_the_arguments_of_the_manifest(self):
        self.assertGreater(len(self.arguments()), 6)
        done = subprocess.run([self.program, *self.arguments(), "--version"], capture_output=True, text=True)
        self.assertEqual(0, done.returncode, done.stderr)

    def test_its_rights_are_enough_for_it(self):
        port = kube_api.free_ports(1)[0]
        arguments = [one for one in self.arguments() if not one.startswith("--port")] + [f"--port={port}"]
        environment = {"KUBECONFIG": str(self.kubeconfig), "VONK_POD_NAME": "o-1", "VONK_POD_NAMESPACE": NAMESPACE}
        log = server.folder / "operator.log"
        with open(log, "w") as out:
            operator = subprocess.Popen([self.program, *arguments], env={**os.environ, **environment}, stderr=out)
        self.addCleanup(operator.wait)
        self.addCleanup(operator.kill)
        answer = ""

        def ready():
            nonlocal answer
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as reply:
                    return reply.status == 200
            except urllib.error.HTTPError as error:
                answer = error.read().decode()
            except OSError:
                pass
            return operator.poll() is not None

        kube_api.wait_until(ready, 60, lambda: f"{answer}\n{log.read_text()}")
        self.assertIsNone(operator.poll(), log.read_text())

        # A whole cycle of requests: the pods of a job are made, as this account, in a restricted namespace.
        server.kubectl("create", "-n", NAMESPACE, "-f", str(JOBS / "good" / "shortest.yaml"))
        self.addCleanup(server.kubectl, "delete", "-n", NAMESPACE, "vj/shortest")
        pod = "pod/shortest-1-driver"

        def made():
            return server.kubectl("get", "-n", NAMESPACE, pod, check=False).returncode == 0

        kube_api.wait_until(made, 60, log.read_text)
        labels = json.loads(server.kubectl("get", "-n", NAMESPACE, pod, "-o", "json").stdout)["metadata"]["labels"]
        self.assertEqual(("shortest", "1", "driver"), tuple(labels[f"vonk.dev/{one}"] for one in ("job", "attempt", "role")))
        self.assertNotIn("Forbidden", log.read_text())


if __name__ == "__main__":
    unittest.main()
