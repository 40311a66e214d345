"""A task that fails is tried again, and when it keeps failing the job ends with its own error."""
import json
import unittest

from harness import FaultTest

QUERY = "SELECT count(*), sum(n) FROM (SELECT id % 10 AS k, count(*) AS n FROM range(0, 1000, 1, 4) GROUP BY id % 10)"
MASTERS = ("local[2]", "local-cluster[2,1]")


class Tasks(FaultTest):
    def test_a_task_that_fails_twice_is_retried(self):
        for master in MASTERS:
            for where in ("0:1:2", "result:0:3"):
                with self.subTest(master=master, where=where):
                    status, answers, err = self.sql(
                        QUERY, master=master, env={"VONK_DEBUG_FAIL_TASK": where}
                    )
                    self.assertEqual(status, 0, err)
                    self.assertEqual(answers[0]["rows"], [["10", "1000"]])

    def test_a_task_that_keeps_failing_fails_the_job_with_its_error(self):
        for master in MASTERS:
            for where in ("0:1:99", "result:0:99"):
                with self.subTest(master=master, where=where):
                    status, answers, _ = self.sql(
                        QUERY, master=master, env={"VONK_DEBUG_FAIL_TASK": where}
                    )
                    self.assertEqual(status, 1)
                    self.assertIn("injected fault", answers[0]["error"]["message"])

    def test_a_task_too_long_for_a_message_fails_at_once(self):
        script = self.directory / "long.sql"
        script.write_text(f"SELECT id, '{'x' * 70_000_000}' AS x FROM range(3)")
        status, out, _ = self.vonk("sql", "--format", "json", "--master", "local-cluster[2,1]", "-f", str(script))
        self.assertEqual(status, 1)
        self.assertIn("exceeds what a message may have", json.loads(out)["error"]["message"])

    def test_max_failures_is_the_limit(self):
        conf = ["spark.task.maxFailures=2"]
        once = {"VONK_DEBUG_FAIL_TASK": "0:0:1"}
        twice = {"VONK_DEBUG_FAIL_TASK": "0:0:2"}
        self.assertEqual(self.sql(QUERY, conf=conf, env=once)[0], 0)
        self.assertEqual(self.sql(QUERY, conf=conf, env=twice)[0], 1)

    def test_an_error_of_the_user_is_not_retried(self):
        for master in MASTERS:
            with self.subTest(master=master):
                status, answers, _ = self.sql("SELECT 1 / (id - 7) FROM range(10)", master=master)
                self.assertEqual(status, 1)
                self.assertEqual(answers[0]["error"]["condition"], "DIVIDE_BY_ZERO")
                self.assertEqual(answers[0]["error"]["sqlState"], "22012")

    def test_a_failed_write_leaves_no_files_and_a_retried_one_no_duplicates(self):
        write = "INSERT OVERWRITE DIRECTORY 'out' USING parquet SELECT id FROM range(0, 1000, 1, 4)"
        for master in MASTERS:
            with self.subTest(master=master):
                env = {"VONK_DEBUG_FAIL_TASK": "0:1:2"}
                self.assertEqual(self.sql(write, master=master, env=env)[0], 0)
                count = "SELECT count(*), sum(id) FROM parquet.`out`"
                self.assertEqual(self.sql(count)[1][0]["rows"], [["1000", "499500"]])
                env = {"VONK_DEBUG_FAIL_TASK": "0:1:99"}
                self.assertEqual(self.sql(write, master=master, env=env)[0], 1)
                self.assertEqual(self.sql(count)[1][0]["rows"], [["1000", "499500"]])
                names = [path.name for path in self.directory.iterdir()]
                self.assertEqual(sorted(names), ["out", "tmp"])


if __name__ == "__main__":
    unittest.main()
