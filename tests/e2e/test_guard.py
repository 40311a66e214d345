"""test_guard.py - what a driver's account is kept from: user code runs in drivers."""
import json
import pathlib
import tempfile

from harness import SLOW, E2ETest, make_job, slow_executors


class Guard(E2ETest):
    """With the token of a driver pod that runs."""

    def setUp(self):
        super().setUp()
        self.name = self.submit(make_job("guarded", SLOW, executors=slow_executors(1, "100m")))
        self.wait_in_mid_job(self.name)
        pod = f"{self.name}-1-driver"
        token = self.kube.kubectl(
            "create", "token", "vonkjob-driver", "--bound-object-kind=Pod", f"--bound-object-name={pod}"
        )
        config = json.loads(self.kube.kubectl("config", "view", "--raw", "--minify", "-o", "json"))
        config["users"][0]["user"] = {"token": token.strip()}
        directory = tempfile.TemporaryDirectory(prefix="vonk-e2e-")
        self.addCleanup(directory.cleanup)
        self.config = pathlib.Path(directory.name, "kubeconfig")
        self.config.write_text(json.dumps(config))

    def as_driver(self, *arguments, body=None):
        command = ["--kubeconfig", self.config, "-n", self.kube.namespace, *arguments]
        return self.kube.run("kubectl", *command, body=body, check=False)

    def refused(self, words, *arguments, body=None):
        done = self.as_driver(*arguments, body=body)
        self.assertNotEqual(0, done.returncode, done.stdout)
        self.assertRegex(done.stderr, words)

    def create(self, words, change):
        """An executor like the one that runs, under the next free number, but for what `change` does to it."""
        (executor, *_) = self.executors(self.name)
        meta = executor["metadata"]
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"{self.name}-1-exec-99",
                "labels": meta["labels"],
                "ownerReferences": meta["ownerReferences"],
            },
            "spec": {key: value for key, value in executor["spec"].items() if key != "nodeName"},
        }
        change(pod)
        self.refused(words, "create", "-f", "-", body=json.dumps(pod))

    def test_a_driver_is_held_to_its_own_executors(self):
        def foreign_owner(pod):
            pod["metadata"]["ownerReferences"][0]["uid"] = "00000000-0000-0000-0000-000000000000"

        def other_name(pod):
            pod["metadata"]["name"] = "innocent"

        def other_account(pod):
            pod["spec"]["serviceAccountName"] = pod["spec"]["serviceAccount"] = "vonk-operator"

        def host_path(pod):
            pod["spec"]["volumes"].append({"name": "host", "hostPath": {"path": "/"}})

        def foreign_secret(pod):
            pod["spec"]["volumes"].append({"name": "other", "secret": {"secretName": "someone-elses"}})

        self.create("owned by its driver", foreign_owner)
        self.create("must be named", other_name)
        self.create("vonkjob-executor", other_account)
        self.create("mounts only|hostPath", host_path)
        self.create("uses only the secret", foreign_secret)
        self.refused("deletes only pods that it owns", "delete", "pod", f"{self.name}-1-driver")
        self.refused("changes only", "label", "pod", f"{self.name}-1-driver", "vonk.dev/job=other", "--overwrite")
        for kind in ("secrets", "configmaps", "vonkjobs"):
            self.refused("(?i)forbidden", "get", kind)
        self.delete(self.name)
