"""Ctrl-C and SIGTERM in mid-query: a quick end, an honest status, nothing left."""
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

    def test_an_interrupted_write_leaves_the_old_output(self):
        old = "INSERT OVERWRITE DIRECTORY 'out' USING parquet SELECT id FROM range(10)"
        self.assertEqual(self.sql(old)[0], 0)
        new = "INSERT OVERWRITE DIRECTORY 'out' USING parquet SELECT id FROM range(0, 200000000, 1, 8)"
        child = self.start(*self.sql_arguments([new], "local[2]"))
        wait_for(
            "a busy process",
            lambda: any(pid == child.pid and cpu > 0.3 for pid, _, _, cpu in processes()),
        )
        self.kill(child.pid, signal.SIGINT)
        status, _, _ = self.finish(child)
        self.assertNotEqual(status, 0)
        count = self.sql("SELECT count(*), sum(id) FROM parquet.`out`")[1]
        self.assertEqual(count[0]["rows"], [["10", "45"]])
        self.assertEqual(sorted(path.name for path in self.directory.iterdir()), ["out", "tmp"])


if __name__ == "__main__":
    unittest.main()
