"""Little memory: answers stay right, and the process stays below spark.driver.memory, as the kernel measures it."""
import json
import os
import pathlib
import re
import time
import unittest

from harness import FaultTest, executors, wait_for

LIMIT = 64  # MiB
N = 3_000_000

# Each holds more rows than fit, in another operator. What they answer follows from N.
QUERIES = {
    "groups": (
        f"SELECT count(*), sum(n), sum(s) FROM (SELECT id % {N // 2} AS k, count(*) AS n, sum(id) AS s "
        f"FROM range({N}) GROUP BY id % {N // 2})",
        [[str(N // 2), str(N), str(N * (N - 1) // 2)]],
    ),
    "distinct values of groups": (
        f"SELECT sum(n) FROM (SELECT count(DISTINCT id % {N // 2}) AS n FROM range({N}) GROUP BY id % 10)",
        [[str(N // 2)]],
    ),
    "distinct values of all": (
        f"SELECT count(DISTINCT id % {N // 2}), sum(DISTINCT id % {N // 2}), count(*) FROM range({N})",
        [[str(N // 2), str((N // 2) * (N // 2 - 1) // 2), str(N)]],
    ),
    "a sort": (
        f"SELECT min(k), max(k) FROM (SELECT concat('key ', id) AS k FROM range({N}) ORDER BY id % 1009 LIMIT {N - 1})",
        [["key 0", "key 999999"]],
    ),
    "a join": (
        f"SELECT count(*), sum(a.id) FROM range({N}) a JOIN range({N}) b ON a.id = {N} - 1 - b.id",
        [[str(N), str(N * (N - 1) // 2)]],
    ),
    "a join whose build rows have one key": (
        f"SELECT count(*), min(s), max(s) FROM range({8 * N // 3}) a JOIN (SELECT concat('a text of some length, number ', id) AS s, "
        f"id DIV {N} AS k FROM range({N // 2})) b ON a.id = b.k",
        [[str(N // 2), "a text of some length, number 0", "a text of some length, number 999999"]],
    ),
}


BUILD = f"(SELECT id, concat('a text of some length, number ', id) AS s, id DIV {N} AS k FROM range({N // 3}))"
QUERIES |= {
    "NOT IN more than fits": (
        f"SELECT count(*) FROM range({N // 100}) WHERE concat('a text of some length, number ', id * 200) NOT IN "
        f"(SELECT s FROM {BUILD})",
        [[str(N // 100 - N // 600)]],
    ),
    "a left join without keys": (
        f"SELECT count(*), max(s) FROM range(3) a LEFT JOIN {BUILD} b ON a.id + b.id < 5",
        [["12", "a text of some length, number 4"]],
    ),
    "a left join whose build rows have one key": (
        f"SELECT count(*), count(s), max(s) FROM range({N}) a LEFT JOIN {BUILD} b ON a.id = b.k",
        [[str(N + N // 3 - 1), str(N // 3), "a text of some length, number 999999"]],
    ),
    "an anti join whose build rows have one key": (
        f"SELECT count(*) FROM range({N}) a LEFT ANTI JOIN {BUILD} b ON a.id = b.k AND length(b.s) > a.id",
        [[str(N - 1)]],
    ),
    "a full join whose build rows have one key": (
        f"SELECT count(*), count(s), count(a.id) FROM range({N}) a FULL JOIN {BUILD} b ON a.id = b.k AND b.id % 2 = 0",
        [[str(N - 1 + N // 3), str(N // 3), str(N - 1 + N // 6)]],
    ),
}

# The same with windows over one partition that does not fit.
QUERIES |= {
    "a window that numbers rows": (
        f"SELECT max(r), sum(r) FROM (SELECT row_number() OVER (ORDER BY id % 1009, id) AS r FROM range({N}))",
        [[str(N), str(N * (N + 1) // 2)]],
    ),
    "a window over frames that grow, and rows nearby": (
        "SELECT count(*), max(s), sum(c), sum(id - l), max(a), max(q) FROM (SELECT id, sum(id) OVER w AS s, "
        "count(*) OVER () AS c, lag(id, 2, 0) OVER w AS l, ntile(4) OVER w AS q, "
        f"sum(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS a FROM range({N}) WINDOW w AS (ORDER BY id))",
        [[str(N), str(N * (N - 1) // 2), str(N * N), str(2 * N - 3), str(3 * N - 6), "4"]],
    ),
    "a window over a whole partition": (
        "SELECT count(*), min(s), max(s), max(c) FROM (SELECT max(t) OVER (PARTITION BY k) AS s, cume_dist() "
        f"OVER (PARTITION BY k ORDER BY id) AS c FROM (SELECT id, id DIV {N} AS k, concat('a text of some length, "
        f"number ', id) AS t FROM range({N})))",
        [[str(N), "a text of some length, number 999999", "a text of some length, number 999999", "1.0"]],
    ),
}

TEXTS = f"(SELECT id, if(id % 3 = 0, id, NULL) AS x, concat('a text of some length, number ', id) AS t FROM range({N}))"
QUERIES |= {
    "a window over frames of values": (
        "SELECT count(*), sum(s), max(c) FROM (SELECT sum(id) OVER (ORDER BY id RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS s, "
        f"count(*) OVER (ORDER BY id RANGE BETWEEN 1000 PRECEDING AND 500 PRECEDING) AS c FROM range({N}))",
        [[str(N), str(3 * N * (N - 1) // 2 - N + 1), "501"]],
    ),
    "a window over frames that shrink": (
        "SELECT count(*), sum(c), min(m), max(m) FROM (SELECT count(*) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED "
        f"FOLLOWING) AS c, max(t) OVER (ORDER BY id RANGE BETWEEN 10 PRECEDING AND UNBOUNDED FOLLOWING) AS m FROM {TEXTS})",
        [[str(N), str(N * (N + 1) // 2), "a text of some length, number 2999999", "a text of some length, number 999999"]],
    ),
    "a window over long texts so far": (
        f"SELECT count(*), max(m) FROM (SELECT max(t) OVER (ORDER BY id RANGE BETWEEN UNBOUNDED PRECEDING AND 10 PRECEDING) AS m FROM {TEXTS})",
        [[str(N), "a text of some length, number 999999"]],
    ),
    "a window that looks for what is not null": (
        "SELECT count(a), sum(a - id), sum(id - b), count(f), sum(l - id), max(n) FROM (SELECT id, lead(x) IGNORE NULLS OVER w AS a, "
        "lag(x, 2) IGNORE NULLS OVER w AS b, first(x, true) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS f, "
        "last_value(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND UNBOUNDED FOLLOWING) AS l, nth_value(x, 2) IGNORE NULLS "
        f"OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS n FROM {TEXTS} WINDOW w AS (ORDER BY id))",
        [[str(N - 3), str(2 * (N - 3)), str(5 * (N - 4) - 1), str(N - 2), str(N * (N - 1) // 2), "3"]],
    ),
}


# Texts of 10 KB: 8,192 rows, what a batch may have, are 80 MB of them. {t} is where they come from.
LONG = 10_000
M = 8_000
WIDE = {
    "a scan": ("SELECT count(*), sum(length(t)), min(substr(t, 1, 8)) FROM {t}", [[str(M), str(M * LONG), "00000000"]]),
    "a filter": ("SELECT count(*), sum(length(t)) FROM {t} WHERE t LIKE '0000%b'", [["308", str(308 * LONG)]]),
    "groups": ("SELECT count(*), sum(n), sum(length(t)) FROM (SELECT t, count(*) AS n FROM {t} GROUP BY t)", [[str(M), str(M), str(M * LONG)]]),
    "a sort": (
        f"SELECT count(*), sum(length(t)), max(substr(t, 1, 8)) FROM (SELECT t FROM {{t}} ORDER BY substr(t, 8, 1), t LIMIT {M - 1})",
        [[str(M - 1), str((M - 1) * LONG), "00007998"]],
    ),
    "a join": (
        "SELECT count(*), sum(length(a.t)), sum(length(b.t)) FROM {t} a JOIN {t} b ON a.t = b.t", [[str(M), str(M * LONG), str(M * LONG)]],
    ),
    "a window": (
        "SELECT count(*), sum(r), sum(length(l)) FROM (SELECT row_number() OVER (ORDER BY t) AS r, lag(t) OVER (ORDER BY t) AS l FROM {t})",
        [[str(M), str(M * (M + 1) // 2), str((M - 1) * LONG)]],
    ),
}
MADE = f"(SELECT concat(lpad(id, 8, '0'), repeat(char(97 + id % 26), {LONG - 8})) AS t FROM range(0, {M}, 1, 2))"
WIDE_FAN = (  # each text for a thousand rows of the join, and made anew
    f"SELECT count(*), sum(length(x)), min(x = concat(i, t)) FROM (SELECT b.id AS i, a.t, concat(b.id, a.t) AS x FROM {MADE} a "
    "JOIN range(1000, 10000) b ON cast(substr(a.t, 8, 1) AS INT) = b.id % 10 WHERE a.t < '00000010')"
)


class Memory(FaultTest):
    def peak(self, sql, form="json", master="local[2]", more=(), status=0):
        """
        Runs it in LIMIT MiB; returns the file of what it printed and the most that was resident, in MiB. A child
        inherits the peak of whoever forked it, so nothing large may be held here.
        """
        out = self.directory / "out"
        arguments = ["sql", "--format", form, "--master", master, "--conf", f"spark.driver.memory={LIMIT}m"]
        arguments += ["--conf", f"spark.local.dir={self.scratch}", *more, "-e", sql]

        def into_file():
            os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)

        child = self.start(*arguments, before=into_file)
        _, ended, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(ended)
        self.assertEqual(child.returncode, status, child.stderr.read())
        self.assertEqual(list(self.scratch.iterdir()), [])
        return out, usage.ru_maxrss / 1024

    def test_what_does_not_fit_is_spilled_and_the_process_keeps_its_limit(self):
        for name, (sql, wanted) in QUERIES.items():
            with self.subTest(name):
                out, peak = self.peak(sql)
                self.assertEqual(json.loads(out.read_text())["rows"], wanted)
                self.assertLessEqual(peak, LIMIT)

    def run_wide(self, name, sql, wanted, master):
        with self.subTest(name, master=master):
            out, peak = self.peak(sql, master=master)
            self.assertEqual(json.loads(out.read_text())["rows"], wanted)
            self.assertLessEqual(peak, LIMIT)

    def test_batches_of_long_texts_are_smaller(self):
        for master in "local[2]", f"local-cluster[2,1,{LIMIT}]":
            self.run_wide("a join with many partners", WIDE_FAN, [["9000", str(9000 * (LONG + 4)), "true"]], master)
            for name, (sql, wanted) in WIDE.items():
                self.run_wide(f"{name} of texts that are made", sql.format(t=MADE), wanted, master)
            for form in "parquet", "csv", "json":
                path, again = (self.directory / f"{master[:9]}-{form}-{i}" for i in range(2))
                self.run_wide(f"to write {form}", f"INSERT OVERWRITE DIRECTORY '{path}' USING {form} SELECT * FROM {MADE}", [], master)
                t = f"{form}.`{again}`" if form != "csv" else f"(SELECT _c0 AS t FROM csv.`{again}`)"
                self.run_wide(f"to write {form} again", f"INSERT OVERWRITE DIRECTORY '{again}' USING {form} SELECT * FROM {form}.`{path}`",
                              [], master)
                for name, (sql, wanted) in WIDE.items():
                    self.run_wide(f"{name} of {form}", sql.format(t=t), wanted, master)

    def test_a_long_text_that_a_dictionary_has_once_is_kept_in_pieces(self):
        path = self.directory / "few"
        made = f"SELECT id, concat(id % 7, repeat('x', {LONG})) AS t FROM range(0, {M}, 1, 1)"
        self.run_wide("to write", f"INSERT OVERWRITE DIRECTORY '{path}' USING parquet {made}", [], "local[2]")
        sql = f"SELECT count(*), sum(length(t)) FROM (SELECT * FROM parquet.`{path}` ORDER BY id % 1009 LIMIT {M - 1})"
        self.run_wide("a sort", sql, [[str(M - 1), str((M - 1) * (LONG + 1))]], "local[2]")

    def test_keys_of_json_that_do_not_fit_fail_while_a_schema_is_inferred(self):
        path = self.directory / "keys.json"
        with path.open("w") as lines:
            for i in range(40_000):
                lines.write('{"%s%d": 1}\n' % ("a" * 2000, i))
        out, peak = self.peak(f"SELECT count(*) FROM json.`{path}`", status=1)
        self.assertEqual(json.loads(out.read_text())["error"]["condition"], "UNABLE_TO_ACQUIRE_MEMORY")
        self.assertLessEqual(peak, LIMIT)

    def test_what_has_to_fit_and_does_not_says_who_needs_it_and_which_setting_helps(self):
        sql = (f"SELECT sum(s) FROM (SELECT sum(id) OVER (ORDER BY id RANGE BETWEEN {N} PRECEDING AND {N} FOLLOWING) AS s "
               f"FROM range({N}))")
        _, answers, _ = self.sql(sql, conf=(f"spark.driver.memory={LIMIT}m", f"spark.local.dir={self.scratch}"))
        error = answers[0]["error"]
        self.assertEqual((error["condition"], error["sqlState"]), ("UNABLE_TO_ACQUIRE_MEMORY", "53200"))
        self.assertRegex(error["message"], r"a window holds most of it: \d+ bytes.*spark\.driver\.memory")
        self.assertEqual(list(self.scratch.iterdir()), [])

    def test_rows_nearby_have_their_whole_frames(self):
        case = "CASE id WHEN 994 THEN -9000000000000000000 WHEN 996 THEN 9000000000000000000 WHEN 997 THEN 5000000000000000000 ELSE 0 END"
        sql = (f"SELECT count(*), sum(v) FROM (SELECT sum({case}) OVER (PARTITION BY if(id < 999, 0, 1) ORDER BY id "
               "ROWS 4 PRECEDING) DIV 1000000000000000000 AS v FROM range(0, 2500, 1, 1))")
        conf = ("spark.sql.shuffle.partitions=1", f"spark.local.dir={self.scratch}")
        for spill in "123":
            env = {"VONK_DEBUG_SPILL": spill, "VONK_DEBUG_BATCH_ROWS": "1000"}
            _, answers, _ = self.sql(sql, conf=conf, env=env)
            self.assertEqual(answers[0].get("rows"), [["2500", "-8"]])

    def test_a_sort_of_thousands_of_runs_writes_each_row_a_few_times(self):
        n = 20_000
        sql = f"EXPLAIN ANALYZE SELECT lpad(id, 20, '0') AS s FROM range(0, {n}, 1, 1) ORDER BY id % 1009"
        env = {"VONK_DEBUG_SPILL": "1", "VONK_DEBUG_BATCH_ROWS": "3"}
        _, answers, _ = self.sql(sql, master="local[1]", conf=(f"spark.local.dir={self.scratch}",), env=env)
        plan = answers[0]["rows"][0][0]
        mib = float(re.search(r"Sort \[.*\n.*spill size: ([0-9.]+) MiB", plan)[1])
        self.assertGreater(mib, 2 * n * 20 / 2**20)  # once to make runs, once to merge them
        self.assertLess(mib, 20 * n * 20 / 2**20)

    def test_a_result_larger_than_memory_reaches_the_client_in_order(self):
        for form, separator in (("tsv", "\t"), ("csv", ",")):
            with self.subTest(form):
                out, peak = self.peak(f"SELECT id, concat('row number ', id) AS s FROM range({N})", form)
                self.assertLessEqual(peak, LIMIT)
                with out.open() as lines:
                    next(lines)  # the header
                    right = sum(line == f"{i}{separator}row number {i}\n" for i, line in enumerate(lines))
                self.assertEqual(right, N)

    def test_a_result_of_executors_waits_on_disk_until_its_turn(self):
        n, text = 8_000_000, "row number with some text behind it"  # 600 MB as rows, were they all held
        slow = "levenshtein(concat(repeat('ab', 99), id), repeat('ba', 99))"  # for the first of 300 tasks: all others are early
        sql = f"SELECT id, concat('{text} ', id) AS s, if(id < {n // 300}, {slow} - {slow}, 0) AS z FROM range(0, {n}, 1, 300)"
        out, peak = self.peak(sql, "csv", f"local-cluster[2,1,{LIMIT}]")
        self.assertLessEqual(peak, LIMIT)  # of the driver, and of each executor
        with out.open() as lines:
            next(lines)
            self.assertEqual(sum(line == f"{i},{text} {i},0\n" for i, line in enumerate(lines)), n)

    def test_nobody_takes_the_rows_and_executors_wait_within_their_limit(self):
        n, text = 6_000_000, "row number with some text behind it"
        sql = f"SELECT id, concat('{text} ', id) AS s FROM range({n})"
        child = self.start("sql", "--format", "csv", "--master", f"local-cluster[2,1,{LIMIT}]", "--conf", f"spark.driver.memory={LIMIT}m",
                           "--conf", f"spark.local.dir={self.scratch}", "-e", sql)
        self.wait_for_busy_executors(child, 2)
        seen = {}

        def stand_still():
            time.sleep(0.5)
            before = dict(seen)
            seen.update(executors(child.pid))
            return before == seen

        wait_for("executors that wait for the driver", stand_still)
        for pid in executors(child.pid):
            peak = re.search(r"VmHWM:\s*(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())
            self.assertLessEqual(int(peak[1]) / 1024, LIMIT)
        next(child.stdout)  # the header
        self.assertEqual(sum(line == f"{i},{text} {i}\n" for i, line in enumerate(child.stdout)), n)
        _, ended, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(ended)
        self.assertEqual(child.returncode, 0, child.stderr.read())
        self.assertLessEqual(usage.ru_maxrss / 1024, LIMIT)  # of the driver, and of each executor

    def test_executors_keep_their_limit_with_blocks_of_each_other(self):
        for name in ("a sort", "a join whose build rows have one key", "a left join without keys", "an anti join whose build rows have one key",
                     "a window over a whole partition", "a window over frames that shrink", "a window over long texts so far"):
            with self.subTest(name):
                sql, wanted = QUERIES[name]
                out, peak = self.peak(sql, master=f"local-cluster[2,1,{LIMIT}]")
                self.assertEqual(json.loads(out.read_text())["rows"], wanted)
                self.assertLessEqual(peak, LIMIT)

    def test_a_text_that_does_not_fit_fails_before_it_is_made(self):
        for text in ("hex(concat(repeat('ab', 20000000), id))", "translate(concat(repeat('ab', 40000000), id), 'a', 'b')",
                     "url_encode(concat(repeat('ab', 20000000), id))"):
            with self.subTest(text):
                script = self.directory / "q.sql"
                script.write_text(f"SELECT 1; SELECT length({text}) FROM range(1); SELECT 2")
                out, peak = self.peak("SELECT 3", more=("--keep-going", "-f", str(script)), status=1)
                answers = [json.loads(line) for line in out.read_text().splitlines()]
                self.assertEqual([a["error"]["condition"] for a in answers if "error" in a], ["UNABLE_TO_ACQUIRE_MEMORY"])
                self.assertLessEqual(peak, LIMIT)

    def test_a_result_larger_than_asked_for_fails_as_in_spark(self):
        conf = ("spark.driver.maxResultSize=1m",)
        message = (r"^Job aborted due to stage failure: Total size of serialized results of \d+ tasks \(\d+\.\d [KM]iB\) is bigger "
                   r"than spark\.driver\.maxResultSize \(1024\.0 KiB\)$")
        for master in "local[2]", "local-cluster[2,1]":
            with self.subTest(master):
                _, answers, _ = self.sql(f"SELECT id FROM range({N}) WHERE id % 100 = 0", f"SELECT id FROM range({N})",
                                         master=master, conf=conf)
                self.assertEqual(len(answers[0]["rows"]), N // 100)
                self.assertRegex(answers[1]["error"]["message"], message)

    def test_a_driver_whose_memory_is_full_names_its_setting(self):
        row = 48 << 20
        _, answers, _ = self.sql(f"SELECT repeat(string(id), {row}) AS s FROM range(1)", master="local-cluster[1,1]",
                                 conf=(f"spark.driver.memory={LIMIT}m",))
        error = answers[0]["error"]
        self.assertEqual((error["condition"], error["sqlState"]), ("UNABLE_TO_ACQUIRE_MEMORY", "53200"))
        self.assertRegex(error["message"], r"spark\.driver\.memory is its limit")

    def test_a_result_as_json_may_be_larger_than_memory(self):
        out, peak = self.peak(f"SELECT id, concat('row number ', id) AS s FROM range({N})")
        self.assertLessEqual(peak, LIMIT)
        with out.open() as line:
            head = '{"schema":"struct<id:bigint,s:string>","rows":['
            self.assertEqual(line.read(len(head)), head)
            for i in range(N):
                row = f'["{i}","row number {i}"]' + ("," if i < N - 1 else "]}\n")
                if line.read(len(row)) != row:
                    self.fail(f"row {i}")
            self.assertEqual(line.read(), "")


if __name__ == "__main__":
    unittest.main()
