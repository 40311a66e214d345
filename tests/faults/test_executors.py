"""kill -9 in mid-job: of an executor, of several, of the driver. The job is right, nothing is left."""
import unittest

from harness import QUERY, FaultTest, executors, wait_for

MASTER = "local-cluster[2,1]"


class Executors(FaultTest):
    def job(self, *conf):
        return self.start(*self.sql_arguments([QUERY], MASTER, conf))

    def test_the_job_goes_on_without_a_killed_executor(self):
        for cpu in (0.1, 0.5, 1.0):
            with self.subTest(cpu=cpu):
                child = self.job()
                pids = self.wait_for_busy_executors(child, 2, cpu)
                self.kill(pids[0])
                self.assert_right(child)
                self.assert_nothing_left(pids)

    def test_a_killed_executor_is_replaced(self):
        child = self.job()
        pids = self.wait_for_busy_executors(child, 2)
        self.kill(pids[0])
        wait_for(
            "a new executor",
            lambda: child.poll() is not None or set(executors(child.pid)) - set(pids),
        )
        self.assert_right(child)

    def test_the_job_survives_the_death_of_all_executors(self):
        child = self.job()
        pids = self.wait_for_busy_executors(child, 2)
        for pid in pids:
            self.kill(pid)
        self.assert_right(child)
        self.assert_nothing_left(pids)

    def test_executors_end_when_the_driver_is_killed(self):
        child = self.job()
        pids = self.wait_for_busy_executors(child, 2)
        self.kill(child.pid)
        self.finish(child)
        self.assert_nothing_left(pids)

    def test_a_finished_job_leaves_nothing(self):
        child = self.job()
        pids = self.wait_for_busy_executors(child, 2)
        self.assert_right(child)
        self.assert_nothing_left(pids)


if __name__ == "__main__":
    unittest.main()
