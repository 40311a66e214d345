"""test_install.py - the operator comes in, by kubectl and by Helm, and goes; at last the README's commands.

Install runs first, in the order of its numbers, Uninstall last: the tests between them use what is there.
"""
import json
import re
import shlex

import kube
import world
from harness import E2ETest
from kube import wait_for

CLUSTER_WIDE = ("CustomResourceDefinition", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
ONCE_ONLY = "crds.install=false,driverGuard.enabled=false"  # what a cluster has once, whoever brought it
README = world.ROOT / "README.md"


def set_image(image):
    """Helm's arguments for an image that is not the chart's own."""
    repository, _, tag = (image or "").rpartition(":")
    return ["--set", f"image.repository={repository},image.tag={tag}"] if image else []


class Install(E2ETest):
    alone = True
    order = -1  # first; and nothing else runs if one of these fails

    def setUp(self):
        super().setUp()
        self.chart = self.world.kube(self.world.chart_namespace)

    def apply_manifests(self):
        if self.world.image:
            text = "\n".join(map(json.dumps, world.manifest_objects(self.kube)))
            self.kube.kubectl("apply", "-f", "-", body=text.replace("vonk:dev", self.world.image))
        else:
            self.kube.kubectl("apply", "-f", world.MANIFESTS)

    def test_1_an_operator_without_its_crd_says_so(self):
        if self.kube.get("crd", "vonkjobs.vonk.dev"):
            self.skipTest("the cluster has the CRD already")
        self.need(self.world.image is None, "an image of the caller's is set by the next test")
        objects = [one for one in world.manifest_objects(self.kube) if one["kind"] not in CLUSTER_WIDE]
        self.kube.apply(*objects)

        def said():
            lines = self.operator_log().splitlines()
            return [line for line in lines if "vonkjobs" in line and re.search(r"CRD|CustomResourceDefinition", line)]

        wait_for("the operator names the CRD", said, show=self.operator_log)
        self.assertFalse(any(map(kube.is_ready, self.operator_pods())))

    def test_2_kubectl_applies_the_manifests_and_it_is_ready(self):
        self.apply_manifests()
        self.wait_operator_ready()
        crd = self.kube.get("crd", "vonkjobs.vonk.dev")
        states = {one["type"]: one["status"] for one in crd["status"]["conditions"]}
        self.assertEqual("True", states["Established"])
        labels = self.kube.get("namespace", self.kube.namespace)["metadata"]["labels"]
        self.assertEqual("restricted", labels["pod-security.kubernetes.io/enforce"])

    def test_3_applying_them_again_changes_nothing(self):
        before = self.operator_pods()[0]["metadata"]["uid"]
        self.apply_manifests()
        self.wait_operator_ready()
        self.assertEqual(before, self.operator_pods()[0]["metadata"]["uid"])

    def test_4_helm_installs_the_chart_in_another_namespace(self):
        namespace = self.chart.namespace
        self.chart.run("kubectl", "create", "namespace", namespace, check=False)
        enforce = "pod-security.kubernetes.io/enforce=restricted"
        self.chart.run("kubectl", "label", "--overwrite", "namespace", namespace, enforce)
        install = ["helm", "upgrade", "--install", "vonk", world.CHART, "-n", namespace, "--set", ONCE_ONLY]
        said = self.chart.run(*install, *set_image(self.world.image), "--wait", "--timeout=120s").stdout
        self.assertIn("STATUS: deployed", said)
        self.wait_operator_ready(self.chart)


class Uninstall(E2ETest):
    alone = True
    order = 1  # last

    def setUp(self):
        super().setUp()
        self.need(self.world.cluster.can_break, "its CRD is not ours to remove")

    def of_vonk(self):
        kinds = "deployments,replicasets,pods,services,crd,configmaps,secrets,serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings,leases"
        kinds += ",networkpolicies,validatingadmissionpolicies,validatingadmissionpolicybindings"
        found = self.kube.list(kinds, "-A", "-l", "app.kubernetes.io/name=vonk")
        found += [one for one in self.kube.list("leases", "-A") if one["metadata"]["name"].startswith("vonk")]
        return [f"{one['kind']} {one['metadata']['name']}" for one in found]

    def test_1_nothing_is_left_after_helm_uninstall_and_kubectl_delete(self):
        self.kube.run("helm", "uninstall", "-n", self.world.chart_namespace, "vonk", "--wait")
        self.kube.run("kubectl", "delete", "namespace", self.world.chart_namespace)
        self.kube.run("kubectl", "delete", "-f", world.MANIFESTS, "--timeout=120s")
        wait_for("nothing of vonk", lambda: not self.of_vonk(), show=self.of_vonk)

    def test_2_the_commands_of_the_readme_work_as_they_stand(self):
        commands = re.findall(r"^ {4}((?:helm install|kubectl (?:apply|wait|logs)) [^#\n]*)", README.read_text(), re.M)
        kinds = [" ".join(command.split()[:2]) for command in commands]
        for kind in ("helm install", "kubectl apply", "kubectl wait"):
            self.assertIn(kind, kinds, "README.md")
        for command in commands:
            program, *arguments = shlex.split(command)
            arguments += set_image(self.world.image) if program == "helm" else []
            done = self.kube.run(program, *arguments, timeout=180, cwd=world.ROOT)
            self.assertTrue(done.stdout, command)
