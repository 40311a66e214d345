"""No room: a write that does not fit is an error that names the path, and the old output stays."""
import itertools
import os
import pathlib
import resource
import signal
import unittest

from harness import FaultTest, wait_for

WRITE = "INSERT OVERWRITE DIRECTORY 'out' USING {} SELECT id, id * id * 7919 % 1000003 AS n FROM range({})"


def small_files():
    """Files of at most 64 KiB: the nearest to a full disk that needs no mount."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))


class Disk(FaultTest):
    def test_a_write_that_does_not_fit_fails_and_keeps_the_old_output(self):
        for name in ("parquet", "csv", "json"):
            for master in ("local[2]", "local-cluster[2,1]"):
                with self.subTest(format=name, master=master):
                    self.assertEqual(self.sql(WRITE.format(name, 10))[0], 0)
                    status, answers, err = self.sql(
                        WRITE.format(name, 200000), master=master, before=small_files
                    )
                    self.assertEqual(status, 1, err)
                    self.assertIn("out", answers[0]["error"]["message"])
                    _, answers, _ = self.sql(f"SELECT count(*) FROM {name}.`out`")
                    self.assertEqual(answers[0]["rows"], [["10"]])
                    names = sorted(path.name for path in self.directory.iterdir())
                    self.assertEqual(names, ["out", "tmp"])

    def test_a_spill_that_does_not_fit_fails_with_the_directory_and_leaves_nothing(self):
        queries = (
            "SELECT count(DISTINCT id % 200000) FROM range(400000) GROUP BY id % 1000",
            "SELECT count(DISTINCT concat(id % 200000, ' of many')) FROM range(400000)",
            "SELECT id FROM range(400000) ORDER BY id % 1009",
            "SELECT count(*) FROM range(400000) a JOIN range(400000) b ON a.id = b.id + 1",
        )
        for master, sql in itertools.product(("local[2]", "local-cluster[2,1]"), queries):
            with self.subTest(master=master, sql=sql):
                status, answers, _ = self.sql(
                    sql, master=master, before=small_files, env={"VONK_DEBUG_SPILL": "1"}
                )
                self.assertEqual(status, 1)
                message = answers[0]["error"]["message"]
                self.assertIn(f"cannot spill to {self.scratch}", message)
                self.assertIn("File too large", message)
                self.assert_nothing_left()

    def test_kill_9_while_spilling_leaves_no_file(self):
        sql = "SELECT id FROM range(100000000) ORDER BY id % 1000003, id"
        child = self.start(*self.sql_arguments([sql], "local[2]"), env={"VONK_DEBUG_SPILL": "1"})
        fds = pathlib.Path(f"/proc/{child.pid}/fd")

        def spilling():
            try:
                links = [os.readlink(fd) for fd in fds.iterdir()]
            except FileNotFoundError:  # closed meanwhile
                return False
            return any(link.startswith(str(self.scratch)) for link in links)

        wait_for("a spill file", spilling)
        self.kill(child.pid)
        child.wait()
        self.assertEqual(list(self.scratch.rglob("*")), [])

    def test_a_directory_that_cannot_be_made_is_named(self):
        (self.directory / "file").write_text("not a directory")
        write = "INSERT OVERWRITE DIRECTORY 'file/out' USING parquet SELECT 1 AS a"
        status, answers, _ = self.sql(write)
        self.assertEqual(status, 1)
        self.assertIn("file", answers[0]["error"]["message"])
        self.assertEqual((self.directory / "file").read_text(), "not a directory")


if __name__ == "__main__":
    unittest.main()
