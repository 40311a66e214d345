#!/usr/bin/env python3
"""`vonk run --master k8s://` and `vonk driver` against an API server that a test scripts.

usage: test_kubernetes.py [--vonk PROGRAM] [unittest arguments]
"""
import contextlib
import http.server
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

VONK = "build/bin/vonk"
JOBS = "/apis/vonk.dev/v1alpha1/namespaces/team/vonkjobs"
PODS = "/api/v1/namespaces/team/pods"
SECRET = "ab" * 32


def status(code, reason, message):
    return code, {"kind": "Status", "code": code, "reason": reason, "message": message}


def job(name="hello", **spec):
    return {"apiVersion": "vonk.dev/v1alpha1", "kind": "VonkJob", "metadata": {"name": name, "namespace": "team"},
            "spec": {"sql": {"query": "select 1 as one"}, **spec}}


def finished(truth, reason, message):
    there = job()
    there["metadata"]["resourceVersion"] = "7"
    there["status"] = {"conditions": [{"type": "Succeeded", "status": truth, "reason": reason, "message": message}]}
    return there


class Api(http.server.ThreadingHTTPServer):
    """Answers by (method, path) from `replies`: a (code, object), a list of them used one by one, or a text (a log)."""
    daemon_threads = True

    def __init__(self, replies):
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies, self.requests, self.guard = replies, [], threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def reply(self, method, path, query, body):
        with self.guard:
            self.requests.append((method, path, query, body))
            found = self.replies.get((method, path), status(404, "NotFound", f'"{path}" not found'))
            return found.pop(0) if isinstance(found, list) and len(found) > 1 else found[0] if isinstance(
                found, list) else found

    def bodies(self, method):
        with self.guard:
            return [json.loads(body) for m, _, _, body in self.requests if m == method]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do(self):
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        found = self.server.reply(self.command, path, query, body)
        if "watch=" in query:  # nothing changes any more
            found = (200, "")
        code, answer = found if isinstance(found, tuple) else (200, found)
        data = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):  # one that had enough
            self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_DELETE = do


class Case(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="vonk-kubernetes-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def write(self, name, content):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))
        return path

    def api(self, replies):
        api = Api(replies)
        self.addCleanup(api.server_close)
        self.addCleanup(api.shutdown)
        return api

    def environment(self, url):
        config = {"apiVersion": "v1", "kind": "Config", "current-context": "here",
                  "clusters": [{"name": "c", "cluster": {"server": url}}], "users": [{"name": "u", "user": {}}],
                  "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "team"}}]}
        return {**os.environ, "KUBECONFIG": self.write("kubeconfig", config)}

    def run_job(self, url, *args, manifest=None, master="k8s://"):
        path = self.write("job.yaml", manifest or job())
        return subprocess.run([VONK, "run", path, "--master", master, *args], capture_output=True, text=True,
                              timeout=60, env=self.environment(url), stdin=subprocess.DEVNULL)


class Run(Case):
    def test_detached_it_applies_the_job_and_says_how_to_follow_it(self):
        api = self.api({("PATCH", f"{JOBS}/hello"): (201, job())})
        done = self.run_job(api.url, "--detach", "--conf", "spark.x=y=z", "--format", "csv")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("kubectl logs -f hello-1-driver -n team", done.stderr)
        (sent,) = api.bodies("PATCH")
        self.assertEqual({"spark.x": "y=z", "spark.vonk.result.format": "csv"}, sent["spec"]["conf"])
        self.assertEqual("team", sent["metadata"]["namespace"])
        self.assertIn("fieldManager=vonk", next(query for m, _, query, _ in api.requests if m == "PATCH"))

    def test_numbers_texts_and_unicode_of_the_manifest_arrive_as_they_are(self):
        api = self.api({("PATCH", f"{JOBS}/hello"): (201, job())})
        manifest = ("apiVersion: vonk.dev/v1alpha1\nkind: VonkJob\nmetadata: {name: hello}\nspec:\n"
                    "  sql: {query: \"select 'caf\\u00e9/😀'\"}\n  suspend: true\n"
                    "  ttlSecondsAfterFinished: 9007199254740993\n"
                    "  executors: {cpu: 2, memory: '1Gi', template: {spec: {x: [1.5, null, '7', true]}}}\n")
        done = self.run_job(api.url, "--detach", manifest=manifest)
        self.assertEqual(0, done.returncode, done.stderr)
        spec = api.bodies("PATCH")[0]["spec"]
        self.assertEqual("select 'café/😀'", spec["sql"]["query"])
        self.assertIs(True, spec["suspend"])
        self.assertEqual(9007199254740993, spec["ttlSecondsAfterFinished"])
        self.assertEqual({"cpu": 2, "memory": "1Gi", "template": {"spec": {"x": [1.5, None, "7", True]}}},
                         spec["executors"])

    def test_the_log_becomes_result_errors_and_summary(self):
        pod = {"metadata": {"name": "hello-1-driver", "namespace": "team", "resourceVersion": "5",
                            "labels": {"vonk.dev/attempt": "1"}},
               "status": {"containerStatuses": [{"name": "driver", "state": {"terminated": {"exitCode": 0}}}]}}
        log = "vonk-progress: stage 1/2\n+---+\n| 1 |\n+---+\nvonk-summary: hello: done in 1 s\n"
        api = self.api({("PATCH", f"{JOBS}/hello"): (201, job()),
                        ("GET", JOBS): (200, {"metadata": {"resourceVersion": "9"},
                                              "items": [finished("True", "Completed", "1 row")]}),
                        ("GET", PODS): (200, {"metadata": {"resourceVersion": "9"}, "items": [pod]}),
                        ("GET", f"{PODS}/hello-1-driver/log"): log})
        done = self.run_job(api.url)
        self.assertEqual((0, "+---+\n| 1 |\n+---+\n"), (done.returncode, done.stdout), done.stderr)
        self.assertIn("hello: done in 1 s\n", done.stderr)
        self.assertNotIn("vonk-", done.stderr)

    def test_a_job_that_never_started_fails_with_the_words_of_its_condition(self):
        api = self.api({("PATCH", f"{JOBS}/hello"): (201, job()),
                        ("GET", JOBS): (200, {"metadata": {"resourceVersion": "9"}, "items": [
                            finished("False", "PendingTooLong", "0/2 nodes are available")]}),
                        ("GET", PODS): (200, {"metadata": {"resourceVersion": "9"}, "items": []})})
        done = self.run_job(api.url)
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertIn("job hello failed: PendingTooLong: 0/2 nodes are available", done.stderr)

    def test_one_that_has_finished_is_deleted_and_run_again(self):
        api = self.api({("GET", f"{JOBS}/hello"): [(200, finished("True", "Completed", "")),
                                                   status(404, "NotFound", "gone")],
                        ("DELETE", f"{JOBS}/hello"): (200, {}), ("PATCH", f"{JOBS}/hello"): (201, job())})
        done = self.run_job(api.url, "--detach")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("finished: deleting it to run it again", done.stderr)
        self.assertEqual(["GET", "DELETE", "GET", "PATCH"], [request[0] for request in api.requests])

    def test_one_that_runs_is_left_alone_unless_it_may_be_replaced(self):
        running = finished("Unknown", "Running", "")
        api = self.api({("GET", f"{JOBS}/hello"): (200, running)})
        done = self.run_job(api.url)
        self.assertEqual(1, done.returncode)
        self.assertIn("--replace", done.stderr)
        self.assertEqual(["GET"], [request[0] for request in api.requests])

    def test_refusals_of_the_api_server_are_said_in_its_words(self):
        missing = 'vonkjobs.vonk.dev is forbidden: User "x" cannot patch resource "vonkjobs"'
        no_kind = "the server could not find the requested resource"
        for reply, says in [(status(403, "Forbidden", missing), missing),
                            (status(422, "Invalid", "spec.executors: min must be at most max"), "min must be at most"),
                            (status(404, "NotFound", no_kind), "is Vonk installed there?")]:
            api = self.api({("PATCH", f"{JOBS}/hello"): reply})
            done = self.run_job(api.url)
            self.assertNotEqual(0, done.returncode)
            self.assertIn(says, done.stderr)
            self.assertEqual("", done.stdout)
        api = self.api({("GET", f"{JOBS}/hello"): status(401, "Unauthorized", "Unauthorized"),
                        ("PATCH", f"{JOBS}/hello"): status(401, "Unauthorized", "Unauthorized")})
        self.assertIn("does not accept the credentials", self.run_job(api.url).stderr)

    def test_nobody_there_and_no_such_context(self):
        done = self.run_job("http://127.0.0.1:1")
        self.assertEqual(1, done.returncode)
        self.assertIn("cannot reach the API server http://127.0.0.1:1", done.stderr)
        self.assertIn("no context 'moon'", self.run_job("http://127.0.0.1:1", master="k8s://moon").stderr)
        done = self.run_job("http://127.0.0.1:1", master="k8s://https://10.1.2.3:6443")
        self.assertIn("no context of the kubeconfig has the server https://10.1.2.3:6443", done.stderr)

    def test_a_server_names_the_context_that_has_it(self):
        api = self.api({("PATCH", f"{JOBS}/hello"): (201, job())})
        done = self.run_job(api.url, "--detach", master=f"k8s://{api.url}/")
        self.assertEqual(0, done.returncode, done.stderr)

    def test_paths_that_no_pod_sees_are_refused(self):
        for sql in [{"query": "select 1", "output": "out/x"}, {"query": "select 1", "output": "file:///x"},
                    {"from": "job.sql"}, {"query": "select 1", "tables": {"t": {"path": "/data/t"}}}]:
            done = self.run_job("http://127.0.0.1:1", manifest=job(sql=sql))
            self.assertEqual(2, done.returncode, sql)
            self.assertIn("no pod of the cluster sees it", done.stderr)
        volumes = {"template": {"spec": {"volumes": [{"name": "data"}]}}}
        api = self.api({("PATCH", f"{JOBS}/hello"): (201, job())})
        manifest = job(sql={"query": "select 1", "output": "/data/x"}, driver=volumes, executors=volumes)
        done = self.run_job(api.url, "--detach", manifest=manifest)
        self.assertEqual(0, done.returncode, done.stderr)

    def test_wrong_usage(self):
        path = self.write("job.yaml", job())
        for args, says in [(["--detach"], "k8s://"), (["-n", "x"], "k8s://"),
                           (["--master", "k8s://", "-n", "other"], "--namespace says other")]:
            done = subprocess.run([VONK, "run", path, *args], capture_output=True, text=True, timeout=60,
                                  env=self.environment("http://127.0.0.1:1"))
            self.assertEqual(2, done.returncode, done.stderr)
            self.assertIn(says, done.stderr)


class Driver(Case):
    """A driver whose executor pods never come to life: what it asks for, and how it ends."""

    def drive(self, replies, manifest=None, **more):
        api = self.api(replies)
        message = self.write("message", "")
        environment = {**self.environment(api.url), "VONK_POD_NAME": "hello-1-driver", "VONK_POD_NAMESPACE": "team",
                       "VONK_POD_UID": "u-1", "VONK_POD_IP": "127.0.0.1", "VONK_IMAGE": "vonk:x", "VONK_JOB": "hello",
                       "VONK_ATTEMPT": "1", "VONK_TERMINATION_LOG": message, **more}
        command = [VONK, "driver", "--job", self.write("job.json", manifest or job()), "--secret-file",
                   self.write("secret", SECRET)]
        self.child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      text=True, stdin=subprocess.DEVNULL)
        self.addCleanup(self.child.kill)
        return api, message

    def end(self, message):
        out, err = self.child.communicate(timeout=60)
        with open(message, encoding="utf-8") as file:
            return self.child.returncode, out, err, file.read()

    LISTS = {("GET", PODS): (200, {"metadata": {"resourceVersion": "1"}, "items": []})}

    def test_an_error_in_the_query_is_the_jobs_own(self):
        _, message = self.drive({**self.LISTS, ("POST", PODS): (201, {})},
                                job(sql={"query": "select nope from range(3)"}))
        code, out, err, said = self.end(message)
        self.assertEqual((1, ""), (code, out), err)
        self.assertRegex(err, r"(?m)^vonk-error: \[UNRESOLVED_COLUMN")
        self.assertRegex(said, r"^\[UNRESOLVED_COLUMN.*SQLSTATE: 42703")

    def test_what_this_version_cannot_do_ends_with_2(self):
        for spec in ({"sql": {"query": "select 1"}, "streaming": {"checkpoint": "s3://x"}},
                     {"sql": {"query": "select 1"}, "conf": {"spark.vonk.result.format": "xml"}}):
            _, message = self.drive(self.LISTS, job(**spec))
            self.assertEqual(2, self.end(message)[0])

    def test_without_its_surroundings_it_says_what_is_missing(self):
        _, message = self.drive({}, VONK_POD_UID="")
        code, _, err, _ = self.end(message)
        self.assertEqual(2, code)
        self.assertIn("VONK_POD_UID is not set", err)

    def test_pods_that_the_api_server_refuses_end_it(self):
        refusal = status(403, "Forbidden", "violates PodSecurity")
        api, message = self.drive({**self.LISTS, ("POST", PODS): refusal})
        code, _, err, said = self.end(message)
        self.assertEqual(75, code, err)
        self.assertIn("violates PodSecurity", said)
        pod = api.bodies("POST")[0]
        self.assertEqual("hello-1-exec-1", pod["metadata"]["name"])
        self.assertEqual(["u-1"], [owner["uid"] for owner in pod["metadata"]["ownerReferences"]])
        self.assertNotIn(SECRET, json.dumps(pod) + err + said)
        api, message = self.drive({**self.LISTS, ("POST", PODS): status(422, "Invalid", "bad template")})
        self.assertEqual(2, self.end(message)[0])

    def test_executors_that_never_come_end_it_with_the_reason(self):
        manifest = job(pendingDeadlineSeconds=1)
        _, message = self.drive({**self.LISTS, ("POST", PODS): status(403, "Forbidden", "exceeded quota: small")},
                                manifest)
        code, _, err, said = self.end(message)
        self.assertEqual(75, code, err)
        self.assertIn("did not register in 1000 ms", said)
        self.assertIn("exceeded quota: small", said)

    def test_told_to_end_it_deletes_its_pods_and_ends_with_143(self):
        created = {"metadata": {"name": "hello-1-exec-1", "ownerReferences": [{"uid": "u-1"}]}}
        api, message = self.drive({**self.LISTS, ("POST", PODS): (201, created),
                                   ("DELETE", f"{PODS}/hello-1-exec-1"): (200, {})})
        while not api.bodies("POST") and self.child.poll() is None:
            pass
        self.child.send_signal(signal.SIGTERM)
        code, _, err, _ = self.end(message)
        self.assertEqual(143, code, err)
        self.assertIn("DELETE", [request[0] for request in api.requests])


if __name__ == "__main__":
    if "--vonk" in sys.argv:
        at = sys.argv.index("--vonk")
        VONK = sys.argv[at + 1]
        del sys.argv[at:at + 2]
    VONK = os.path.abspath(VONK)
    unittest.main()
