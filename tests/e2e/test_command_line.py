"""test_command_line.py - `vonk run --master k8s://`: the same job, the same printed result, on the cluster."""
import concurrent.futures
import json
import pathlib
import signal
import subprocess
import tempfile

import world
from harness import SLOW, E2ETest, flights_answer, make_job, slow_executors, table_rows
from kube import condition
from test_jobs import flights_job


class CommandLine(E2ETest):
    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix="vonk-e2e-")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def file_of(self, job):
        """The job as a file, in the namespace of the operator; it is removed from the cluster after the test."""
        name = job["metadata"]["name"]
        job["metadata"]["namespace"] = self.kube.namespace
        self.addCleanup(
            self.kube.kubectl, "delete", "vonkjob", name, "--ignore-not-found", "--timeout=60s", check=False
        )
        path = self.directory / "job.yaml"
        path.write_text(json.dumps(job))  # JSON is YAML
        return str(path)

    def test_prints_what_a_local_run_prints(self):
        job = flights_job(self.world, "cli", self.output("cli"), self.world.s3_conf())
        done = self.vonk("run", self.file_of(job), "--master", "k8s://")
        self.assertEqual(flights_answer(), table_rows(done.stdout))
        self.assertRegex(done.stderr, r"cli: done in [\d.]+ s, \d+ stages, \d+ tasks")
        job = flights_job(self.world, "cli", self.output("cli-local"), self.world.s3_conf())
        local = self.vonk("run", self.file_of(job), "--master", "local[2]")
        self.assertEqual(local.stdout, done.stdout)

    def test_detach_returns_at_once_and_the_job_goes_on(self):
        done = self.vonk("run", self.file_of(make_job("detached", "SELECT 7 AS n")), "--master", "k8s://", "--detach")
        self.assertIn("detached", done.stdout + done.stderr)
        self.wait_succeeded("detached")
        self.assertEqual([["n"], ["7"]], self.printed("detached"))

    def test_a_job_that_fails_there_fails_here(self):
        job = make_job("cli-fails", "SELECT nope FROM range(3)")
        done = self.vonk("run", self.file_of(job), "--master", "k8s://", check=False)
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertIn("UNRESOLVED_COLUMN", done.stderr)

    def test_what_the_api_server_refuses_is_said_in_its_words(self):
        job = make_job("cli-refused", "SELECT 1")
        job["metadata"]["namespace"] = "no-such-namespace"
        path = self.directory / "job.yaml"
        path.write_text(json.dumps(job))
        done = self.vonk("run", str(path), "--master", "k8s://", check=False)
        self.assertNotEqual(0, done.returncode)
        self.assertRegex(done.stderr, r'namespaces "no-such-namespace" not found')

    def test_no_api_server_is_a_plain_error(self):
        config = json.loads(self.kube.kubectl("config", "view", "--raw", "-o", "json"))
        config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
        path = self.directory / "kubeconfig"
        path.write_text(json.dumps(config))
        self.kube.environment = {**self.kube.environment, "KUBECONFIG": str(path)}
        job = self.directory / "job.yaml"
        job.write_text(json.dumps(make_job("cli-nobody", "SELECT 1")))
        done = self.vonk("run", str(job), "--master", "k8s://", check=False)
        self.assertNotEqual(0, done.returncode)
        self.assertIn("127.0.0.1:1", done.stderr)

    def test_a_job_deleted_under_it_ends_it(self):
        path = self.file_of(make_job("cli-deleted", SLOW, executors=slow_executors(1, "100m")))
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            running = pool.submit(self.vonk, "run", path, "--master", "k8s://", check=False)
            self.wait_in_mid_job("cli-deleted")
            self.delete("cli-deleted")
            done = running.result(60)
        self.assertNotEqual(0, done.returncode)
        self.assertRegex(done.stderr, "cli-deleted.*deleted")

    def test_interrupted_it_leaves_the_job_running(self):
        path = self.file_of(make_job("cli-interrupted", SLOW, executors=slow_executors(1)))
        command = [world.VONK, "run", path, "--master", "k8s://"]
        with subprocess.Popen(
            command, env=self.kube.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as child:
            self.wait_in_mid_job("cli-interrupted")
            child.send_signal(signal.SIGINT)
            said = child.communicate(timeout=30)[1]
        self.assertIn("cli-interrupted", said)
        self.assertNotEqual(0, child.returncode)
        self.assertEqual("Unknown", condition(self.job("cli-interrupted"))["status"])
        self.delete("cli-interrupted")
