"""test_chart.py - charts/vonk is the one source: manifests/ is made of it, and its values are documented.

The first classes need nothing but Python. Helm is: VONK_HELM, `helm` on PATH, or that of the cluster for tests.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import kube_api
import test_fields

ROOT = kube_api.ROOT
CHART = ROOT / "charts" / "vonk"
MANIFESTS = ROOT / "manifests"


def read(*parts):
    return ROOT.joinpath(*parts).read_text()


def defined(name):
    """The text of a named template in _helpers.tpl."""
    return re.search(r'{{- define "%s" -}}\n(.*?)\n{{- end -}}' % re.escape(name), read(CHART, "templates", "_helpers.tpl"), re.S)[1]


def literal_lines(text):
    return [line.rstrip() for line in text.splitlines() if "{{" not in line and line.strip() not in ("", "---")]


class Manifests(unittest.TestCase):
    """What can be seen without helm: the committed files have the chart's text."""

    def assert_contains_in_order(self, lines, manifest):
        rest = iter(read(MANIFESTS, manifest).splitlines())
        for line in lines:
            self.assertTrue(any(line == one for one in rest), f"{manifest} lacks, or has elsewhere: {line}")

    def test_the_definition_is_the_charts(self):
        lines = [one for one in literal_lines(read(CHART, "templates", "crd.yaml")) if "resource-policy" not in one]
        lines.remove("  annotations:")
        self.assertGreater(len(lines), 300)
        self.assert_contains_in_order(lines, "10-crd.yaml")
        made = literal_lines(read(MANIFESTS, "10-crd.yaml"))
        extra = [one for one in made if one not in lines]
        self.assertEqual([], [one for one in extra if "app.kubernetes.io/" not in one and not one.startswith("# Made")])

    def test_the_definition_is_small_enough_for_kubectl_apply(self):
        self.assertLess((MANIFESTS / "10-crd.yaml").stat().st_size, 64 << 10)

    def test_rights_are_the_charts(self):
        text = read(MANIFESTS, "20-rbac.yaml")
        for name in ("vonk.operatorRules", "vonk.driverRules"):
            self.assertEqual(1, text.count(f"rules:\n{defined(name)}\n"), name)
        # Nothing else gives rights but the Lease.
        self.assertEqual(3, text.count("\nrules:\n"))
        self.assertNotRegex(text, r"ClusterRole|\[\"?\*")

    def test_the_guard_is_the_charts(self):
        self.assert_contains_in_order(literal_lines(read(CHART, "templates", "driver-guard.yaml")), "30-guard.yaml")

    def test_the_namespace_enforces_the_restricted_standard(self):
        self.assertIn("pod-security.kubernetes.io/enforce: restricted", read(MANIFESTS, "00-namespace.yaml"))

    def test_rights_are_explained(self):
        """docs/operations.md has each resource with exactly its verbs."""
        docs = read("docs", "operations.md")
        for name in ("vonk.operatorRules", "vonk.driverRules"):
            for resources, verbs in re.findall(r"resources: \[(.*)\]\n  verbs: \[(.*)\]", defined(name)):
                for resource in resources.split(", "):
                    self.assertIn(f"| `{resource}` | {verbs} |", docs)


class Operations(unittest.TestCase):
    """docs/operations.md names what the operator's sources name."""

    def test_metrics(self):
        source = read("operator", "stats.c")
        made = set(re.findall(r'"((?:vonk_operator|process)_[a-z_]+)"', source))
        made |= set(re.findall(r'"(vonk_operator_[a-z_]+){', source))
        listed = set(re.findall(r"^\| `((?:vonk_operator|process)_[a-z_]+)", read("docs", "operations.md"), re.M))
        self.assertEqual(made, listed)
        self.assertGreater(len(made), 5)

    def test_reasons(self):
        states = re.search(r"states\[VONK_OP_N_STATES\] = {(.*?)}", read("operator", "stats.c"), re.S)[1]
        made = set(re.findall(r'"(\w+)"', states)) - {"Other"}
        listed = set(re.findall(r"^\| (?:Unknown|True|False) \| `(\w+)`", read("docs", "operations.md"), re.M))
        self.assertEqual(made, listed)


def documented_values():
    """(path, default, text) of each property of values.yaml that has a comment of its own, in order."""
    path, comment, found = [], [], []
    for line in read(CHART, "values.yaml").splitlines():
        if match := re.match(r" *# ?(.*)", line):
            comment.append(match[1])
            continue
        if match := re.match(r"( *)(\w+):(?: (.*))?$", line):
            depth = len(match[1]) // 2
            path[depth:] = [match[2]]
            found.append((".".join(path), match[3], " ".join(comment)))
        comment = []
    return found


class Values(unittest.TestCase):
    def leaves(self, schema, path=""):
        for name, one in schema["properties"].items():
            full = f"{path}.{name}" if path else name
            if "properties" in one and full != "jobs.defaults":
                yield from self.leaves(one, full)
            else:
                yield full

    def test_each_is_documented_by_its_name(self):
        schema = json.loads(read(CHART, "values.schema.json"))
        texts = {path: text for path, _, text in documented_values()}
        for path in self.leaves(schema):
            if path != "global":  # helm's own
                self.assertRegex(texts.get(path, ""), rf"^{re.escape(path)} (is|are|\w+s|get|begin)\b", path)

    def test_each_is_used(self):
        text = "".join(path.read_text() for path in (CHART / "templates").iterdir())
        schema = json.loads(read(CHART, "values.schema.json"))
        for path in self.leaves(schema):
            if path != "global":
                self.assertRegex(text, rf"Values\.{re.escape(path)}\b", path)

    def test_job_defaults_are_fields_without_a_default(self):
        """The API server fills in the others, so that nothing of them could come from the chart."""
        found = json.loads(read(CHART, "values.schema.json"))["properties"]["jobs"]["properties"]["defaults"]
        for path in self.leaves(found):
            self.assertNotIn("default", test_fields.schema(path.split(".")), path)

    def test_the_readme_has_them(self):
        done = subprocess.run([sys.executable, ROOT / "scripts" / "make_chart_readme.py", "--check"])
        self.assertEqual(0, done.returncode, "run scripts/make_chart_readme.py")


def helm_path():
    return os.environ.get("VONK_HELM") or kube_api.find("helm")


class Helm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.helm = helm_path()
        if not cls.helm:
            print("SKIPPED: no helm here (VONK_HELM): the chart is not rendered", file=sys.stderr)
            raise unittest.SkipTest("no helm")

    def run_helm(self, *arguments, check=True):
        done = subprocess.run([self.helm, *arguments], capture_output=True, text=True)
        if check:
            self.assertEqual(0, done.returncode, done.stderr)
        return done

    def template(self, *values, namespace="jobs", check=True):
        settings = [one for value in values for one in ("--set-json", value)]
        return self.run_helm("template", "vonk", str(CHART), "-n", namespace, *settings, check=check)

    def objects(self, *values, namespace="jobs"):
        """(kind, namespace, name) of each, sorted."""
        found = []
        for text in self.template(*values, namespace=namespace).stdout.split("\n---\n"):
            if kind := re.search(r"^kind: (\w+)", text, re.M):
                place = re.search(r"^  namespace: (\S+)", text, re.M)
                found.append((kind[1], place and place[1], re.search(r"^  name: (\S+)", text, re.M)[1]))
        return sorted(found, key=str)

    def test_lint(self):
        self.run_helm("lint", "--strict", str(CHART))
        self.run_helm("lint", "--strict", str(CHART), "--set", "watchNamespaces={*}")

    def test_manifests_are_made_of_the_chart(self):
        with tempfile.TemporaryDirectory() as folder:
            command = [ROOT / "scripts" / "make_manifests.sh", folder]
            subprocess.run(command, check=True, env={**os.environ, "VONK_HELM": self.helm})
            made = {path.name: path.read_text() for path in Path(folder).iterdir()}
        kept = {path.name: path.read_text() for path in MANIFESTS.glob("*.yaml")}
        self.assertEqual(sorted(made), sorted(kept))
        for name, text in made.items():
            self.assertEqual(text, kept[name], f"{name}: run scripts/make_manifests.sh")

    def test_no_values_stay_in_the_release_namespace(self):
        found = self.objects()
        self.assertEqual({"jobs", None}, {place for _, place, _ in found})
        self.assertFalse([one for one in found if one[0].startswith("ClusterRole")])
        self.assertIn(("Deployment", "jobs", "vonk-operator"), found)
        self.assertIn(("ServiceAccount", "jobs", "vonkjob-driver"), found)
        self.assertIn(("NetworkPolicy", "jobs", "vonkjobs"), found)
        self.assertIn("--namespace=jobs\n", self.template().stdout)

    def test_listed_namespaces_get_their_roles(self):
        found = self.objects('watchNamespaces=["a","b"]')
        for namespace in "ab":
            for kind, name in (
                ("Role", "vonk-operator"),
                ("RoleBinding", "vonk-operator"),
                ("Role", "vonkjob-driver"),
                ("ServiceAccount", "vonkjob-executor"),
            ):
                self.assertIn((kind, namespace, name), found)
        self.assertNotIn(("Role", "jobs", "vonk-operator"), found)
        self.assertFalse([one for one in found if one[0].startswith("ClusterRole")])

    def test_all_namespaces_need_a_cluster_role(self):
        text = self.template('watchNamespaces=["*"]', 'jobs.namespaces=["a"]').stdout
        self.assertIn("kind: ClusterRoleBinding", text)
        self.assertIn("--all-namespaces\n", text)
        self.assertNotIn("--namespace=", text)
        found = self.objects('watchNamespaces=["*"]', 'jobs.namespaces=["a"]')
        self.assertIn(("ServiceAccount", "a", "vonkjob-driver"), found)

    def test_switches(self):
        kinds = {one[0] for one in self.objects()}
        for value, kind in (
            ("crds.install=false", "CustomResourceDefinition"),
            ("driverGuard.enabled=false", "ValidatingAdmissionPolicy"),
            ("jobs.networkPolicy.enabled=false", "NetworkPolicy"),
        ):
            self.assertIn(kind, kinds)
            self.assertNotIn(kind, {one[0] for one in self.objects(value)}, value)
        for value, kind in (
            ("metrics.podMonitor.enabled=true", "PodMonitor"),
            ("podDisruptionBudget.enabled=true", "PodDisruptionBudget"),
            ('jobs.defaults={"queue":"night"}', "ConfigMap"),
        ):
            self.assertNotIn(kind, kinds)
            self.assertIn(kind, {one[0] for one in self.objects(value)}, value)
        self.assertIn("helm.sh/resource-policy: keep", self.template().stdout)
        self.assertNotIn("resource-policy", self.template("crds.keep=false").stdout)

    def test_values_reach_the_operator(self):
        text = self.template(
            'image={"repository":"r.example/vonk","digest":"sha256:%s"}' % ("0" * 64),
            'imagePullSecrets=["pull"]',
            "operator.requestsPerSecond=7",
            'jobs.defaults={"conf":{"a":"b\\"c"}}',
            'driverGuard.allowedSecretPrefixes=["shop-","x"]',
            'driverGuard.serviceAccounts=["vonkjob-driver","etl-.*"]',
        ).stdout
        image = "r.example/vonk@sha256:" + "0" * 64
        for line in (
            f"        image: {image}",
            f"        - --image={image}",
            "        - --image-pull-secret=pull",
            "        - --requests-per-second=7",
            "        - --job-defaults=/etc/vonk/job-defaults.json",
            r'''  job-defaults.json: "{\"conf\":{\"a\":\"b\\\"c\"}}"''',
        ):
            self.assertIn(line + "\n", text)
        self.assertEqual(4, text.count('["shop-","x"].exists(p, '))
        self.assertIn("(vonkjob-driver|etl-.*)$", text)

    def test_the_schema_refuses(self):
        for value in (
            "typo=1",
            'image={"pullPolicy":"Sometimes"}',
            "replicaCount=-1",
            'watchNamespaces="a"',
            'watchNamespaces=["A"]',
            'operator={"logLevel":"loud"}',
            "operator.leaseSeconds=0",
            'image.digest="abc"',
            "driverGuard.serviceAccounts=[]",
            'jobs.defaults={"backoffLimit":1}',  # the definition has a default: this would do nothing
            '''driverGuard.allowedSecretPrefixes=["'"]''',
        ):
            done = self.template(value, check=False)
            self.assertNotEqual(0, done.returncode, value)
            self.assertIn("values don't meet the specifications of the schema", done.stderr)

    def test_contradictions_are_refused(self):
        for values, words in (
            (['watchNamespaces=["*","a"]'], '"*" must stand alone'),
            (['jobs.namespaces=["a"]'], "jobs.namespaces is for watchNamespaces"),
            (['serviceAccount={"create":false}'], "serviceAccount.name is needed"),
        ):
            done = self.template(*values, check=False)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
