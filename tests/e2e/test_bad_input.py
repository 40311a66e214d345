"""test_bad_input.py - what cannot work: refused at once by the API server, or said in the job's conditions."""
import json

import kube
import world
from harness import E2ETest, make_job
from kube import condition, wait_for

NO_IMAGE = "127.0.0.1:1/no/such:image"  # refused at once, without a look at DNS


class Refused(E2ETest):
    """By the API server, with the words of the CRD; nothing is stored."""

    def refuse(self, job, *words):
        done = self.kube.run(
            "kubectl", "-n", self.kube.namespace, "apply", "-f", "-", body=json.dumps(job), check=False
        )
        self.assertNotEqual(0, done.returncode, done.stdout)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertIsNone(self.job(job["metadata"]["name"]))

    def test_neither_sql_nor_a_program(self):
        self.refuse(make_job("refused"), "set exactly one of sql and program")

    def test_both_a_query_and_a_file(self):
        both = {"query": "SELECT 1", "from": "s3a://bucket/q.sql"}
        self.refuse(make_job("refused", sql=both), "set exactly one of query and from")

    def test_fewer_executors_at_most_than_at_least(self):
        job = make_job("refused", "SELECT 1", executors={"min": 3, "max": 2})
        self.refuse(job, "executors.min must be at most executors.max")

    def test_a_name_too_long_for_its_pods(self):
        self.refuse(make_job("n" * 48, "SELECT 1"), "at most 47 characters")

    def test_an_unknown_field(self):
        self.refuse(make_job("refused", "SELECT 1", exceutors={"max": 1}), "exceutors")

    def test_a_number_out_of_bounds(self):
        job = make_job("refused", "SELECT 1", backoffLimit=-1)
        self.refuse(job, "spec.backoffLimit", "greater than or equal to 0")

    def test_memory_that_is_none(self):
        self.refuse(make_job("refused", "SELECT 1", driver={"memory": "a lot"}), "spec.driver.memory")


class NeverStarts(E2ETest):
    """Jobs whose pods cannot start say why, at first while they wait, then when they give up."""

    def waits_then_fails(self, name, kind, words):
        def says(job):
            return all(word in condition(job, kind)["message"] for word in words)

        self.wait_for_job(name, f"{kind} says {words}", says)
        state = self.wait_failed(name)
        self.assertEqual("PendingTooLong", state["reason"])
        for word in words:
            self.assertIn(word, state["message"])
        wait_for("no pod waits on", lambda: not self.waiting(name), show=lambda: self.seen(name))

    def waiting(self, name):
        return [pod for pod in self.kube.job_pods(name) if pod["status"]["phase"] == "Pending"]

    def test_an_image_that_does_not_exist(self):
        spec = {"image": NO_IMAGE, "pendingDeadlineSeconds": 20, "backoffLimit": 0}
        name = self.submit(make_job("no-image", "SELECT 1", **spec))
        self.waits_then_fails(name, "DriverReady", [NO_IMAGE])

    def test_a_driver_that_fits_on_no_node(self):
        spec = {"driver": {"cpu": 1000}, "pendingDeadlineSeconds": 20, "backoffLimit": 0}
        name = self.submit(make_job("too-big", "SELECT 1", **spec))
        self.waits_then_fails(name, "DriverReady", ["Insufficient cpu"])

    def test_executors_that_fit_on_no_node(self):
        spec = {"executors": {"cpu": 1000}, "pendingDeadlineSeconds": 20, "backoffLimit": 0}
        name = self.submit(make_job("executors-too-big", "SELECT 1", **spec))
        state = self.wait_failed(name)
        self.assertIn("Insufficient cpu", state["message"])

    def test_a_template_with_what_restricted_forbids(self):
        host = {"spec": {"hostNetwork": True}}
        spec = {"driver": {"template": host}, "pendingDeadlineSeconds": 20, "backoffLimit": 0}
        name = self.submit(make_job("forbidden", "SELECT 1", **spec))
        self.assertIn("PodSecurity", self.wait_failed(name)["message"])


class Fails(E2ETest):
    """Jobs that fail by their own doing: once, with the message that a user needs."""

    def fails(self, name, query, *words, **spec):
        self.submit(make_job(name, query, **spec))
        state = self.wait_failed(name)
        for word in words:
            self.assertIn(word, state["message"])
        job = self.job(name)
        self.assertEqual(1, job["status"]["attempt"], "trying again is useless")
        self.assertEqual("1", str(job["status"]["lastFailure"]["exitCode"]))
        said = self.kube.kubectl(
            "wait", f"vonkjob/{name}", "--for=condition=Succeeded=false", "--timeout=10s"
        )
        self.assertIn("condition met", said)
        wait_for("executors gone", lambda: not self.executors(name), show=lambda: self.seen(name))

    def test_sql_that_does_not_parse(self):
        self.fails("no-sql", "SELEC 1", "PARSE_SYNTAX_ERROR", "42601")

    def test_a_column_that_is_not_there(self):
        self.fails("no-column", "SELECT nope FROM range(3)", "UNRESOLVED_COLUMN", "nope")

    def test_a_division_by_zero_in_an_executor(self):
        self.fails("zero", "SELECT 1 / (id - 5) FROM range(10)", "DIVIDE_BY_ZERO", "22012")

    def test_a_path_that_is_not_in_the_store(self):
        query = f"SELECT * FROM parquet.`s3a://{world.BUCKET}/no/such`"
        self.fails("no-path", query, "PATH_NOT_FOUND", "no/such", conf=self.world.s3_conf())

    def test_a_bucket_that_is_not_there(self):
        query = "SELECT * FROM parquet.`s3a://vonk-no-such-bucket/x`"
        self.fails("no-bucket", query, "vonk-no-such-bucket", conf=self.world.s3_conf())

    def test_wrong_credentials(self):
        conf = self.world.s3_conf(secret_key="wrong")
        query = f"SELECT * FROM csv.`s3a://{world.BUCKET}/flights/airlines.csv`"
        self.fails("wrong-key", query, world.BUCKET, "the secret key does not fit", conf=conf)
        self.assertNotIn("wrong", self.kube.logs("wrong-key-1-driver").replace("wrong-key", ""))

    def test_output_that_is_there_already(self):
        name, store = "twice", self.world.store
        store.put(world.BUCKET, f"out/{name}/part-0.parquet", b"someone else's")
        sql = {"query": "SELECT 1 AS one", "output": self.output(name)}
        self.fails(name, None, name, sql=sql, conf=self.world.s3_conf())
        self.assertEqual(b"someone else's", store.get(world.BUCKET, f"out/{name}/part-0.parquet"))


class OfThisVersion(E2ETest):
    def test_a_program_is_refused_with_a_plain_word(self):
        name = self.submit(make_job("program", program={"library": "/opt/x.so"}))
        state = self.wait_failed(name)
        self.assertIn("program", state["message"])
        self.assertEqual([], [pod for pod in self.kube.job_pods(name) if not kube.is_finished(pod)])
