"""test_jobs.py - jobs that end well: what users see of them, and that nothing is left."""
import json
import re

import world
from harness import EXECUTORS, SLOW, SLOW_ANSWER, E2ETest, flights_answer, flights_query, make_job, slow_executors
from kube import condition, wait_for

READ_CSV = {"header": "true", "inferSchema": "true", "nullValue": "NA"}


def flights_job(world_, name, output, conf, **spec):
    tables = {
        table: {"path": f"s3a://{world.BUCKET}/flights/{table}.csv", "format": "csv", "options": READ_CSV}
        for table in world.TABLES
    }
    sql = {"query": flights_query(), "tables": tables, "output": output}
    executors = {**EXECUTORS, "min": 2, "max": 2, "memory": "512Mi"}
    return make_job(name, sql=sql, conf=conf, **{"executors": executors, **spec})


class Flights(E2ETest):
    """The flights job: data in S3, output to S3, two executors."""

    def check(self, name, api):
        job = self.wait_succeeded(name, api=api)
        self.assertEqual(1, job["status"]["attempt"])
        self.assertEqual(flights_answer(), self.printed(name, api=api))
        rows = self.written(name, "ORDER BY percent_late DESC, airline")
        self.assertEqual(flights_answer(), rows)
        self.assert_written_once(name)

    def test_the_answer_is_right_by_the_operator_from_manifests(self):
        name = self.submit(flights_job(self.world, "flights", self.output("flights"), self.world.s3_conf()))
        said = self.kube.kubectl("wait", f"vonkjob/{name}", "--for=condition=Succeeded", "--timeout=120s")
        self.assertIn("condition met", said)
        self.check(name, self.kube)
        self.see_columns(name)
        self.see_events_and_description(name)
        self.see_conditions(self.job(name))
        self.delete(name)

    def test_the_answer_is_right_by_the_operator_from_the_chart(self):
        api = self.world.kube(self.world.chart_namespace)
        job = flights_job(self.world, "flights-chart", self.output("flights-chart"), self.world.s3_conf())
        name = self.submit(job, api)
        self.check(name, api)
        self.delete(name, api)

    def see_columns(self, name):
        header, row = self.kube.kubectl("get", "vj", name).splitlines()
        self.assertEqual(["NAME", "STATUS", "PROGRESS", "EXECUTORS", "ATTEMPT", "AGE"], header.split())
        cells = row.split()
        self.assertEqual([name, "Completed"], cells[:2])
        self.assertRegex(row, r" (\d+)/\1 ")

    def see_events_and_description(self, name):
        events = self.events(name)
        self.assertIn("Completed", events)
        self.assertGreaterEqual(len(events), 2, events)
        described = self.kube.kubectl("describe", "vonkjob", name)
        self.assertRegex(described, r"Events:\n(.*\n)+.*Completed")

    def see_conditions(self, job):
        generation = job["metadata"]["generation"]
        self.assertEqual(generation, job["status"]["observedGeneration"])
        for kind in ("Accepted", "DriverReady", "ExecutorsReady", "Progressing", "Succeeded"):
            state = condition(job, kind)
            self.assertIn(state["status"], ("True", "False", "Unknown"), kind)
            self.assertTrue(state["reason"], kind)
        self.assertEqual("True", condition(job, "Accepted")["status"])
        self.assertIn("15 rows", condition(job)["message"])
        for time in ("startTime", "completionTime"):
            self.assertRegex(job["status"][time], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


class Credentials(E2ETest):
    def test_keys_of_a_secret_come_through_the_pod_templates(self):
        store, secret = self.world.store, "vonkjob-s3-keys"
        data = {"AWS_ACCESS_KEY_ID": store.access_key, "AWS_SECRET_ACCESS_KEY": store.secret_key}
        self.kube.apply(
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": secret}, "stringData": data}
        )
        self.addCleanup(self.kube.kubectl, "delete", "secret", secret)

        def template(container):
            env = [
                {"name": key, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}} for key in data
            ]
            return {"template": {"spec": {"containers": [{"name": container, "env": env}]}}}

        conf = {key: value for key, value in self.world.s3_conf().items() if not key.endswith(".key")}
        name = self.submit(
            make_job(
                "secret-keys",
                f"SELECT count(*) AS n FROM csv.`s3a://{world.BUCKET}/flights/airlines.csv`",
                conf=conf,
                driver=template("driver"),
                executors=template("executor"),
            )
        )
        self.wait_succeeded(name)
        self.assertEqual([["n"], ["17"]], self.printed(name))


class Pods(E2ETest):
    """Of a job that runs: who owns what, and what the pods may do."""

    def test_pods_are_restricted_and_owned_and_go_with_the_job(self):
        name = self.submit(make_job("anatomy", SLOW, executors=slow_executors(1)))
        self.wait_in_mid_job(name)
        job, driver, (executor, *_) = self.job(name), self.driver(name), self.executors(name)
        self.assert_owner(driver, job)
        self.assert_owner(executor, driver)
        for kind in ("secret", "configmap"):
            self.assert_owner(self.kube.get(kind, f"vonkjob-{name}-1"), job)
        self.assertEqual(f"{name}-1-exec-1", executor["metadata"]["name"])
        for pod in (driver, executor):
            self.assert_restricted(pod)
        self.assertFalse(executor["spec"]["automountServiceAccountToken"])
        self.assertEqual("vonkjob-executor", executor["spec"]["serviceAccountName"])
        self.assert_no_secret_in_sight(name, (driver, executor))
        self.delete(name)  # in mid-job

    def assert_owner(self, owned, owner):
        (reference,) = owned["metadata"]["ownerReferences"]
        self.assertEqual(owner["metadata"]["uid"], reference["uid"])
        self.assertTrue(reference["controller"])

    def assert_restricted(self, pod):
        context = pod["spec"]["securityContext"]
        self.assertTrue(context["runAsNonRoot"])
        self.assertEqual("RuntimeDefault", context["seccompProfile"]["type"])
        (container,) = pod["spec"]["containers"]
        own = container["securityContext"]
        self.assertTrue(own["readOnlyRootFilesystem"])
        self.assertFalse(own["allowPrivilegeEscalation"])
        self.assertEqual(["ALL"], own["capabilities"]["drop"])
        requests, limits = container["resources"]["requests"], container["resources"]["limits"]
        self.assertEqual(requests["memory"], limits["memory"])
        scratch = [one for one in pod["spec"]["volumes"] if "emptyDir" in one]
        self.assertTrue(scratch and all("sizeLimit" in one["emptyDir"] for one in scratch), scratch)

    def assert_no_secret_in_sight(self, name, pods):
        secret = self.kube.get("secret", f"vonkjob-{name}-1")["data"]["secret"]
        key = world.base64.b64decode(secret).decode()
        self.assertRegex(key, "^[0-9a-f]{64}$")
        for pod in pods:
            self.assertNotIn(key, json.dumps(pod))
            self.assertNotIn(key, self.kube.logs(pod["metadata"]["name"]))
        self.assertNotIn(key, self.operator_log())

    def test_executors_go_when_the_job_is_done(self):
        name = self.submit(make_job("done", "SELECT 1 AS one"))
        self.wait_succeeded(name)
        self.assertEqual([["one"], ["1"]], self.printed(name))
        wait_for("executors gone", lambda: not self.executors(name), show=lambda: self.seen(name))
        wait_for("driver's end", lambda: self.driver(name)["status"]["phase"] == "Succeeded")


class Life(E2ETest):
    def test_a_script_in_a_config_map(self):
        self.kube.kubectl("create", "configmap", "e2e-script", "--from-literal=two.sql=SELECT 1; SELECT 2 AS two")
        self.addCleanup(self.kube.kubectl, "delete", "configmap", "e2e-script")
        name = self.submit(make_job("script", sql={"from": "configmap://e2e-script/two.sql"}))
        self.wait_succeeded(name)
        self.assertEqual([["two"], ["2"]], self.printed(name)[-2:])

    def test_a_finished_job_goes_after_its_ttl(self):
        name = self.submit(make_job("ttl", "SELECT 1", ttlSecondsAfterFinished=2))
        self.wait_for_job(name, "gone", lambda job: job is None)
        self.wait_nothing_left(name)

    def test_suspend_stops_the_pods_and_resume_starts_anew(self):
        name = self.submit(make_job("pause", SLOW, executors=slow_executors()))
        self.wait_in_mid_job(name)
        self.kube.kubectl("patch", "vonkjob", name, "--type=merge", "-p", '{"spec":{"suspend":true}}')
        self.wait_for_job(name, "suspended", lambda job: condition(job)["reason"] == "Suspended")
        wait_for("pods gone", lambda: not self.kube.job_pods(name), show=lambda: self.seen(name))
        self.assertEqual("Unknown", condition(self.job(name))["status"])
        faster = {"spec": {"suspend": False}}
        self.kube.kubectl("patch", "vonkjob", name, "--type=merge", "-p", json.dumps(faster))
        job = self.wait_succeeded(name)
        self.assertEqual(SLOW_ANSWER, self.printed(name, job["status"]["attempt"]))

    def test_a_job_born_suspended_has_no_pods_until_resumed(self):
        name = self.submit(make_job("born-suspended", "SELECT 3 AS three", suspend=True))
        self.wait_for_job(name, "suspended", lambda job: condition(job)["reason"] == "Suspended")
        self.assertEqual([], self.kube.job_pods(name))
        self.kube.kubectl("patch", "vonkjob", name, "--type=merge", "-p", '{"spec":{"suspend":false}}')
        job = self.wait_succeeded(name)
        self.assertEqual([["three"], ["3"]], self.printed(name, job["status"]["attempt"]))

    def test_a_deadline_ends_a_job_and_says_so(self):
        spec = {"executors": slow_executors(1, "50m"), "activeDeadlineSeconds": 10}
        name = self.submit(make_job("deadline", SLOW, **spec))
        state = self.wait_failed(name)
        self.assertEqual("DeadlineExceeded", state["reason"])
        self.assertIn("10", state["message"])
        wait_for("executors gone", lambda: not self.executors(name), show=lambda: self.seen(name))


class Many(E2ETest):
    def test_ten_jobs_at_once(self):
        jobs = [make_job(f"ten-{i}", f"SELECT sum(id) + {i} AS s FROM range(0, 1000000, 1, 4)") for i in range(10)]
        for job in jobs:
            self.addCleanup(self.kube.run, "kubectl", "-n", self.kube.namespace, "delete", "vonkjob",
                            job["metadata"]["name"], "--ignore-not-found", "--wait=false", check=False)  # fmt: skip
        self.kube.apply(*jobs)
        for i in range(10):
            job = self.wait_succeeded(f"ten-{i}")
            self.assertEqual(1, job["status"]["attempt"])
            self.assertEqual([["s"], [str(499999500000 + i)]], self.printed(f"ten-{i}"))
        listed = self.kube.kubectl("get", "vj").splitlines()
        self.assertEqual(10, sum(bool(re.match(r"ten-\d\s+Completed", line)) for line in listed), listed)
