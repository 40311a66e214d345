"""Vonk on a real S3 server (scripts/s3_server.py): reading, writing, committing, and what may go wrong.

    VONK_BUILD=build python3 -m unittest discover -v -s tests/s3
"""
import atexit
import concurrent.futures
import functools
import http.server
import json
import pathlib
import re
import signal
import subprocess
import sys
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "faults"), str(HERE.parent / "e2e")]

import s3  # noqa: E402
from faulty_proxy import FaultyProxy  # noqa: E402
from harness import ROOT, FaultTest, executors, wait_for  # noqa: E402

BUCKET = "vonk-tests"
MASTERS = ("local[2]", "local-cluster[2,1]")
# Nothing of the caller's own keys may decide.
CLEAN = {
    "HOME": "/nonexistent",
    "AWS_ACCESS_KEY_ID": "",
    "AWS_SECRET_ACCESS_KEY": "",
    "AWS_SESSION_TOKEN": "",
    "AWS_PROFILE": "",
    "AWS_ENDPOINT_URL": "",
    "AWS_ENDPOINT_URL_S3": "",
    "AWS_ROLE_ARN": "",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "",
}


@functools.cache
def server():
    """(store, kind) of the server of this run; it ends with the process."""
    process = subprocess.Popen(
        [ROOT / "scripts" / "s3_server.py", "start"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    )
    atexit.register(process.send_signal, signal.SIGTERM)
    line = process.stdout.readline()
    said = dict(re.findall(r"(\w+)=(\S+)", line))
    assert said, "the S3 server did not start"
    print(f"server: {said['kind']} at {said['endpoint']}", file=sys.stderr)
    store = s3.Store(said["endpoint"], said["access_key"], said["secret_key"])
    store.make_bucket(BUCKET)
    return store, said["kind"]


class S3Test(FaultTest):
    def setUp(self):
        super().setUp()
        self.store, self.kind = server()
        self.prefix = self.id().rsplit(".", 1)[1]

    def url(self, path=""):
        return f"s3://{BUCKET}/{self.prefix}{path}"

    def conf(self, endpoint=None, **changes):
        values = {
            "endpoint": endpoint or self.store.endpoint,
            "access.key": self.store.access_key,
            "secret.key": self.store.secret_key,
            "retry.interval": "10",
            **{key.replace("_", "."): value for key, value in changes.items()},
        }
        return [f"spark.hadoop.fs.s3a.{key}={value}" for key, value in values.items() if value]

    def run_sql(self, *statements, master="local[2]", conf=None, env=None):
        """(exit status, rows of each answer, what was said of errors)"""
        conf = self.conf() if conf is None else conf
        status, answers, err = self.sql(*statements, master=master, conf=conf, env={**CLEAN, **(env or {})})
        errors = [json.dumps(answer, ensure_ascii=False) for answer in answers if "rows" not in answer]
        return status, [answer.get("rows") for answer in answers], "\n".join([err, *errors])

    def rows(self, *statements, **keywords):
        """The rows of the last statement; all must go well."""
        status, rows, err = self.run_sql(*statements, **keywords)
        self.assertEqual(status, 0, err)
        return rows[-1]

    def fails(self, statement, *words, **keywords):
        status, _, err = self.run_sql(statement, **keywords)
        self.assertEqual(status, 1, err)
        for word in words:
            self.assertIn(word, err)
        self.assertNotIn(self.store.secret_key, err)
        return err

    def put(self, path, text):
        self.store.put(BUCKET, self.prefix + path, text.encode())

    def keys(self, path=""):
        return self.store.list(BUCKET, self.prefix + path)

    def data_keys(self, path=""):
        return [key for key in self.keys(path) if "/part-" in key]

    def uploads(self):
        """Dangling uploads of this test. MinIO lists those of exact keys only, so ask for all that may be."""
        return [key for key in self.store.uploads(BUCKET) if key.startswith(self.prefix)]


class Reading(S3Test):
    def test_partitions_spaces_unicode_and_what_is_hidden(self):
        self.put("/year=2013/day=1 a/é+ü%&.csv", "1,x\n2,y\n")
        self.put("/year=2014/day=2/b.csv", "3,z\n")
        self.put("/year=2014/_hidden/c.csv", "9,hidden\n")
        self.put("/year=2014/.d.csv", "9,hidden\n")
        self.put("/_SUCCESS", "")
        self.store.put(BUCKET, self.prefix + "/year=2015/", b"")  # the marker of a directory
        for master in MASTERS:
            read = f"SELECT count(*), sum(_c0) FROM csv.`{self.url('%s')}`"
            for path, expected in (
                ("", ["3", "6.0"]),
                ("/", ["3", "6.0"]),
                ("/year=2014", ["1", "3.0"]),
                ("/year=*/day=*/*.csv", ["3", "6.0"]),
                ("/year=2013/day=1 a/é+ü%&.csv", ["2", "3.0"]),
                ("/year={2013,2014}/day=[12]*", ["3", "6.0"]),
            ):
                with self.subTest(path=path, master=master):
                    rows = self.rows(read.replace("%s", path), master=master)
                    self.assertEqual([rows[0][0], str(float(rows[0][1]))], expected)

    def test_1500_small_objects_are_all_read(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda i: self.put(f"/d{i % 7}/{i}.csv", f"{i}\n"), range(1500)))
        for master in MASTERS:
            rows = self.rows(f"SELECT count(*), sum(CAST(_c0 AS INT)) FROM csv.`{self.url()}`", master=master)
            self.assertEqual(rows, [["1500", str(1500 * 1499 // 2)]])

    def test_errors_say_what_to_do(self):
        self.put("/a.csv", "1\n")
        read = f"SELECT * FROM csv.`{self.url('/a.csv')}`"
        self.fails(f"SELECT * FROM csv.`{self.url('/nix')}`", "PATH_NOT_FOUND", self.url("/nix"))
        self.fails("SELECT * FROM csv.`s3://vonk-no-such-bucket/x`", "PATH_NOT_FOUND", "no bucket vonk-no-such-bucket")
        self.fails(read, BUCKET, "the settings", conf=self.conf(secret_key="wrong-secret"))
        self.fails(read, BUCKET, "the settings", conf=self.conf(access_key="wrong-key"))
        no_keys = self.conf(access_key=None, secret_key=None)
        self.fails(read, "no credentials", "AWS_ACCESS_KEY_ID", ".aws", conf=no_keys)
        self.fails(read, "secret.key is not", conf=self.conf(secret_key=None))
        self.fails(read, "127.0.0.1:1", conf=self.conf(endpoint="http://127.0.0.1:1", attempts_maximum="2"))
        self.fails(read, "attempts.maximum", conf=self.conf(attempts_maximum="many"))

    def test_keys_come_from_the_environment_and_from_files(self):
        self.put("/a.csv", "1\n")
        read = f"SELECT * FROM csv.`{self.url('/a.csv')}`"
        keys = {"AWS_ACCESS_KEY_ID": self.store.access_key, "AWS_SECRET_ACCESS_KEY": self.store.secret_key}
        endpoint = {"AWS_ENDPOINT_URL_S3": self.store.endpoint}
        for master in MASTERS:
            self.assertEqual(self.rows(read, conf=[], env={**keys, **endpoint}, master=master), [["1"]])
        home = self.directory / "home"
        (home / ".aws").mkdir(parents=True)
        (home / ".aws" / "credentials").write_text(
            f"[work]\naws_access_key_id = {self.store.access_key}\n"
            f"aws_secret_access_key = {self.store.secret_key}\n"
        )
        env = {**endpoint, "HOME": str(home), "AWS_PROFILE": "work"}
        self.assertEqual(self.rows(read, conf=[], env=env), [["1"]])
        self.fails(read, "no profile nix", conf=[], env={**env, "AWS_PROFILE": "nix"})

    def test_secrets_are_not_shown(self):
        rows = self.rows("SET")
        self.assertIn(["spark.hadoop.fs.s3a.secret.key", "*********(redacted)"], rows)


class Writing(S3Test):
    def test_all_formats_come_back_as_they_went(self):
        for master in MASTERS:
            for form in ("parquet", "csv", "json"):
                out = self.url(f"/{form} {len(master)}/k=1 ü+&")
                with self.subTest(format=form, master=master):
                    write = f"INSERT OVERWRITE DIRECTORY '{out}' USING {form} SELECT id AS a, id * 2 AS b FROM range(1000)"
                    columns = "count(*), sum(_c0), sum(_c1)" if form == "csv" else "count(*), sum(a), sum(b)"
                    rows = self.rows(write, f"SELECT {columns} FROM {form}.`{out}`", master=master)
                    self.assertEqual([float(value) for value in rows[0]], [1000, 499500, 999000])
        self.assertEqual(self.uploads(), [])
        self.assertEqual(sum(key.endswith("/_SUCCESS") for key in self.keys()), 6)

    def test_overwrite_replaces_and_insert_adds(self):
        out = self.url("/t")
        for master in MASTERS:
            create = f"CREATE TABLE t (id BIGINT) USING parquet LOCATION '{out}'"
            statements = [create, "INSERT OVERWRITE t SELECT id FROM range(100)", "INSERT INTO t SELECT id FROM range(10)"]
            rows = self.rows(*statements, "SELECT count(*), sum(id) FROM t", master=master)
            self.assertEqual(rows, [["110", "4995"]])
            overwrite = f"INSERT OVERWRITE DIRECTORY '{out}' USING parquet SELECT id FROM range(3)"
            rows = self.rows(overwrite, f"SELECT count(*), sum(id) FROM parquet.`{out}`", master=master)
            self.assertEqual(rows, [["3", "3"]])

    def test_many_old_files_are_removed(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda i: self.put(f"/o/x={i % 5} &/{i}.csv", "1\n"), range(1100)))
        out = self.url("/o")
        self.rows(f"INSERT OVERWRITE DIRECTORY '{out}' USING csv SELECT id FROM range(5)")
        self.assertEqual(len(self.keys("/o/x=")), 0)
        self.assertEqual(self.rows(f"SELECT count(*) FROM csv.`{out}`"), [["5"]])

    def test_large_files_go_up_in_parts_and_come_back(self):
        out, n = self.url("/large"), 3_000_000
        write = f"INSERT OVERWRITE DIRECTORY '{out}' USING csv SELECT id, id * 7 AS b FROM range({n})"
        for master in MASTERS:
            rows = self.rows(
                write,
                f"SELECT count(*), sum(CAST(_c0 AS BIGINT)), sum(CAST(_c1 AS BIGINT)) FROM csv.`{out}`",
                master=master,
                conf=self.conf(multipart_size="5M"),
            )
            total = n * (n - 1) // 2
            self.assertEqual(rows, [[str(n), str(total), str(7 * total)]])
        self.assertEqual(self.uploads(), [])

    def test_a_failing_query_leaves_nothing(self):
        out = self.url("/f")
        bad = "SELECT id, 1 / (id - 1500000) AS x FROM range(0, 2000000, 1, 4)"
        for master in MASTERS:
            err = self.fails(f"INSERT OVERWRITE DIRECTORY '{out}' USING csv {bad}", master=master)
            self.assertIn("DIVIDE_BY_ZERO", err)
        self.assertEqual(self.keys(), [])
        self.assertEqual(self.uploads(), [])

    def test_retried_tasks_do_not_double(self):
        out = self.url("/r")
        for master in MASTERS:
            rows = self.rows(
                f"INSERT OVERWRITE DIRECTORY '{out}' USING csv SELECT id FROM range(0, 1000, 1, 2)",
                f"SELECT count(*), count(DISTINCT _c0) FROM csv.`{out}`",
                master=master,
                env={"VONK_DEBUG_FAIL_TASK": "0:1:2"},
            )
            self.assertEqual(rows, [["1000", "1000"]])
        self.assertEqual(self.uploads(), [])


class Faults(S3Test):
    def proxy(self, **keywords):
        proxy = FaultyProxy(self.store.endpoint, **keywords)
        self.addCleanup(proxy.stop)
        return proxy

    def test_answers_are_right_through_a_faulty_network(self):
        statements = [
            "INSERT OVERWRITE DIRECTORY '{out}' USING {form} SELECT id, id * 3 AS b FROM range(0, 600000, 1, 3)",
            "SELECT count(*), sum(CAST({a} AS BIGINT)), sum(CAST({b} AS BIGINT)) FROM {form}.`{out}`",
        ]
        for seed, (master, form) in enumerate((m, f) for m in MASTERS for f in ("csv", "parquet")):
            with self.subTest(master=master, form=form):
                proxy = self.proxy(rate=0.15, seed=seed)
                a, b = ("_c0", "_c1") if form == "csv" else ("id", "b")
                fill = {"out": self.url(f"/{seed}"), "form": form, "a": a, "b": b}
                rows = self.rows(
                    *(text.format(**fill) for text in statements),
                    master=master,
                    conf=self.conf(endpoint=proxy.url, attempts_maximum="12", multipart_size="5M"),
                )
                total = 600000 * 599999 // 2
                self.assertEqual(rows, [["600000", str(total), str(3 * total)]])
                self.assertEqual(len([key for key in self.keys(f"/{seed}") if key.endswith("_SUCCESS")]), 1)
                self.assertGreater(proxy.n_faults, 0)

    def test_an_upload_that_is_cut_leaves_nothing_visible(self):
        out = self.url("/cut")
        proxy = self.proxy(rule=lambda method, path: "cut" if "partNumber=2" in path else None)
        write = f"INSERT OVERWRITE DIRECTORY '{out}' USING csv SELECT id, id AS b FROM range(0, 3000000, 1, 2)"
        conf = self.conf(endpoint=proxy.url, attempts_maximum="2", multipart_size="5M") + ["spark.task.maxFailures=1"]
        for master in MASTERS:
            self.fails(write, "s3://", master=master, conf=conf)
            self.assertEqual(self.keys(), [])
        self.assertEqual(self.uploads(), [])

    def test_a_lost_answer_to_the_commit_is_no_failure(self):
        out, lost = self.url("/lost"), []

        def rule(method, path):
            if method == "POST" and "uploadId=" in path and len(lost) < 2:
                lost.append(path)
                return "lost"
            return None

        proxy = self.proxy(rule=rule)
        write = f"INSERT OVERWRITE DIRECTORY '{out}' USING csv SELECT id FROM range(0, 1000, 1, 2)"
        rows = self.rows(write, f"SELECT count(*) FROM csv.`{out}`", conf=self.conf(endpoint=proxy.url))
        self.assertEqual(rows, [["1000"]])
        self.assertEqual(len(lost), 2)

    def test_a_commit_that_fails_is_said(self):
        out = self.url("/no")
        proxy = self.proxy(rule=lambda method, path: "500" if method == "POST" and "uploadId=" in path else None)
        write = f"INSERT OVERWRITE DIRECTORY '{out}' USING csv SELECT id FROM range(0, 1000, 1, 2)"
        self.fails(write, "commit", conf=self.conf(endpoint=proxy.url, attempts_maximum="2"))
        self.assertEqual(self.keys(), [])
        self.assertEqual(self.uploads(), [])

    def test_an_executor_killed_in_mid_upload_costs_nothing(self):
        out, killed = self.url("/killed"), []

        def rule(method, path):
            if "partNumber=2" in path and not killed:
                pids = list(executors(child.pid))
                killed.append(pids[0])
                self.kill(pids[0])
            return None

        proxy = self.proxy(rule=rule)
        write = f"INSERT OVERWRITE DIRECTORY '{out}' USING csv SELECT id, id AS b FROM range(0, 4000000, 1, 4)"
        conf = self.conf(endpoint=proxy.url, multipart_size="5M")
        child = self.start(*self.sql_arguments([write], "local-cluster[2,1]", conf), env=CLEAN)
        status, _, err = self.finish(child)
        self.assertEqual(status, 0, err)
        self.assertEqual(len(killed), 1)
        rows = self.rows(f"SELECT count(*), count(DISTINCT _c0) FROM csv.`{out}`")
        self.assertEqual(rows, [["4000000", "4000000"]])
        self.assertEqual(len(self.data_keys("/killed")), 4)
        self.assertEqual(self.uploads(), [])

    def test_a_driver_killed_in_mid_upload_leaves_nothing_visible(self):
        out, seen = self.url("/driver"), threading.Event()

        def rule(method, path):
            if "partNumber=2" in path:
                seen.set()
            return "cut" if seen.is_set() else None

        proxy = self.proxy(rule=rule)
        write = f"INSERT OVERWRITE DIRECTORY '{out}' USING csv SELECT id, id AS b FROM range(0, 4000000, 1, 4)"
        conf = self.conf(endpoint=proxy.url, multipart_size="5M", retry_interval="500")
        child = self.start(*self.sql_arguments([write], "local-cluster[2,1]", conf), env=CLEAN)
        wait_for("the second part", lambda: seen.is_set() or child.poll() is not None)
        pids = list(executors(child.pid))
        self.kill(child.pid)
        self.finish(child)
        self.assert_nothing_left(pids)
        self.assertEqual(self.keys(), [])


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


class Web(S3Test):
    def setUp(self):
        super().setUp()
        (self.directory / "a b.csv").write_text("".join(f"{i}\n" for i in range(1000)))
        handler = functools.partial(Quiet, directory=str(self.directory))
        self.web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.web.serve_forever, daemon=True).start()
        self.addCleanup(self.web.server_close)
        self.addCleanup(self.web.shutdown)
        self.base = f"http://127.0.0.1:{self.web.server_address[1]}"

    def test_a_file_is_read_by_its_url(self):
        for master in MASTERS:
            rows = self.rows(f"SELECT count(*), sum(CAST(_c0 AS INT)) FROM csv.`{self.base}/a%20b.csv`", master=master)
            self.assertEqual(rows, [["1000", "499500"]])

    def test_what_the_web_cannot_do_is_said(self):
        self.fails(f"SELECT * FROM csv.`{self.base}/nix.csv`", "PATH_NOT_FOUND", "nix.csv")
        self.fails(f"SELECT * FROM csv.`{self.base}/*.csv`", "cannot be listed")
        self.fails(f"INSERT OVERWRITE DIRECTORY '{self.base}/out' USING csv SELECT 1", "read-only")


if __name__ == "__main__":
    unittest.main()
