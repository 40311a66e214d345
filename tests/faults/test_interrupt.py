"""Ctrl-C and SIGTERM in mid-query: a quick end, an honest status, nothing left."""
import json
import signal
import unittest

from harness import QUERY, FaultTest, processes, wait_for


class Interrupt(FaultTest):
    def test_a_signal_ends_the_job_in_one_process(self):
        for how in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=how):
                child = self.start(*self.sql_arguments([QUERY], "local[2]"))
                wait_for(
                    "a busy process",
                    lambda child=child: any(
                        pid == child.pid and cpu > 0.2 for pid, _, _, cpu in processes()
                    ),
                )
                self.kill(child.pid, how)
                status, _, _ = self.finish(child)
                self.assertNotEqual(status, 0)
                self.assert_nothing_left()

    def test_a_signal_ends_the_executors_too(self):
        for how in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=how):
                child = self.start(*self.sql_arguments([QUERY], "local-cluster[2,1]"))
                pids = self.wait_for_busy_executors(child, 2)
                self.kill(child.pid, how)
                status, _, _ = self.finish(child)
                self.assertNotEqual(status, 0)
                self.assert_nothing_left(pids)

    def interrupt_when_busy(self, statement, master, env=None, busy=0.3):
        child = self.start(*self.sql_arguments([statement], master), env=env)
        if master.startswith("local-cluster"):
            pids = self.wait_for_busy_executors(child, 2)
        else:
            pids = []
            wait_for(
                "a busy process",
                lambda: any(pid == child.pid and cpu > busy for pid, _, _, cpu in processes()),
            )
        self.kill(child.pid, signal.SIGINT)
        status, lines, error = self.finish(child)
        self.assertEqual(status, 1, error)
        self.assertIn("OPERATION_CANCELED", str(lines) + error)
        self.assert_nothing_left(pids)

    def test_a_signal_ends_what_is_still_planned(self):
        terms = " AND ".join(f"id + {i} <> 0" for i in range(5000))
        self.interrupt_when_busy(f"SELECT count(*) FROM range(100000000) WHERE {terms}", "local[2]", busy=0.05)

    def test_a_signal_ends_what_is_in_the_middle_of_a_long_value(self):
        text = "upper(repeat('a', 300000000 + id))"
        self.interrupt_when_busy(f"SELECT max(length({text})) FROM range(1, 99, 1, 1)", "local[2]")

    def test_a_session_that_goes_on_has_its_next_answer(self):
        gigabytes = "(SELECT repeat('a', 300000000 - id) x FROM range(99))"
        for long in (
            "SELECT max(length(replace(repeat('a', 300000000 + id), 'a', 'bc'))) FROM range(1, 99)",
            "SELECT repeat('a', 10000000 + id) RLIKE '.*.*b' FROM range(1, 99)",
            "SELECT repeat('a', 10000000) RLIKE '.*.*b'",  # while it is planned
            f"SELECT length(max(x)) FROM {gigabytes}",
            f"SELECT count(DISTINCT x) FROM {gigabytes}",
        ):
            with self.subTest(long=long):
                self.goes_on_after(long, "SELECT 7 AS next", "local[2]")

    def test_executors_leave_a_regular_expression(self):
        long = "SELECT repeat('a', 10000000 + id) RLIKE '.*.*b' FROM range(0, 99, 1, 2)"
        self.goes_on_after(long, "SELECT CAST(sum(id) AS INT) AS next FROM range(-7, 8, 1, 4) WHERE id > 6", "local-cluster[2,1]")

    def goes_on_after(self, long, following, master):
        child = self.start(*self.sql_arguments([long, following], master), "--keep-going")
        wait_for("a busy process", lambda: any(child.pid in (pid, parent) and cpu > 0.5 for pid, parent, _, cpu in processes()))
        self.kill(child.pid, signal.SIGINT)
        status, out, _ = self.finish(child)
        self.assertEqual(status, 1)
        cancelled, after = map(json.loads, out.splitlines())
        self.assertEqual(cancelled["error"]["condition"], "OPERATION_CANCELED")
        self.assertEqual(after["rows"], [["7"]])

    def test_a_write_that_ends_in_the_middle_of_a_long_value_leaves_nothing(self):
        text = "upper(repeat('a', 300000000 + id))"
        each_row = f"SELECT {text} AS x FROM range(1, 99, 1, 2)"
        grouped = f"SELECT id, max({text}) FROM range(1, 99) GROUP BY id"
        for query, master in ((each_row, "local[2]"), (grouped, "local[2]"), (each_row, "local-cluster[2,1]")):
            with self.subTest(query=query, master=master):
                self.interrupt_when_busy(f"INSERT OVERWRITE DIRECTORY 'out' USING parquet {query}", master, busy=1)
                self.assertEqual([path.name for path in self.directory.iterdir()], ["tmp"])

    def test_an_interrupted_write_leaves_the_old_output(self):
        old = "INSERT OVERWRITE DIRECTORY 'out' USING parquet SELECT id FROM range(10)"
        self.assertEqual(self.sql(old)[0], 0)
        new = "INSERT OVERWRITE DIRECTORY 'out' USING parquet SELECT id FROM range(0, 200000000, 1, 8)"
        for master in ("local[2]", "local-cluster[2,1]"):
            with self.subTest(master=master):
                self.interrupt_when_busy(new, master)
                count = self.sql("SELECT count(*), sum(id) FROM parquet.`out`")[1]
                self.assertEqual(count[0]["rows"], [["10", "45"]])
                names = sorted(path.name for path in self.directory.iterdir())
                self.assertEqual(names, ["out", "tmp"])
                beside = [path.name for path in (self.directory / "out").glob("_*")]
                self.assertEqual(beside, ["_SUCCESS"])

    def test_an_interrupted_sort_leaves_no_runs(self):
        sort = "SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY id % 1000003, id) n FROM range(0, 30000000, 1, 8))"
        for master in ("local[2]", "local-cluster[2,1]"):
            with self.subTest(master=master):
                self.interrupt_when_busy(sort, master, {"VONK_DEBUG_SPILL": "7"})


if __name__ == "__main__":
    unittest.main()
