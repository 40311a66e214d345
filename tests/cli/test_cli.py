#!/usr/bin/env python3
"""The command line as users and scripts see it: options, formats, exit statuses, shell, Ctrl-C.

usage: test_cli.py [--vonk PROGRAM] [unittest arguments]
"""
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest

VONK = "build/bin/vonk"
SLOW_QUERY = "select count(*) from range(0, 30000000000) t where id % 7 = 3"


def run(*args, stdin=None, env=None, cwd=None):
    return subprocess.run([VONK, *args], input=stdin, stdin=None if stdin else subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120, cwd=cwd,
                          env=dict(os.environ, **(env or {})))


class Options(unittest.TestCase):
    def test_version_and_help(self):
        self.assertRegex(run("version").stdout, r"^vonk \d+\.\d+\.\d+\n$")
        for args in (["help"], ["--help"], ["sql", "--help"], ["run", "--help"]):
            done = run(*args)
            self.assertEqual(done.returncode, 0, args)
            self.assertIn("usage:", done.stdout)

    def test_wrong_usage_ends_with_2_and_says_what(self):
        cases = [([], "usage:"), (["fly"], "fly"), (["sql", "--format", "xml"], "xml"),
                 (["sql", "--frobnicate"], "--frobnicate"), (["sql", "-e"], "-e"),
                 (["sql", "--conf", "x"], "KEY=VALUE"), (["sql", "extra"], "extra"),
                 (["sql", "--master", "moon", "-e", "select 1"], "moon"), (["run"], "usage"),
                 (["sql", "--conf", "spark.sql.ansi.enabled=maybe"], "maybe")]
        for args, says in cases:
            done = run(*args)
            self.assertEqual(done.returncode, 2, args)
            self.assertIn(says, done.stderr)
            self.assertEqual(done.stdout, "")


class Formats(unittest.TestCase):
    QUERY = "select 1 as a, 'x,\"y\"' as b union all select null, 'z' order by a nulls last"

    def test_json_is_a_line_a_statement(self):
        done = run("sql", "--format", "json", "-e", self.QUERY + "; select 2.50 d")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(lines, [
            {"schema": "struct<a:int,b:string>", "rows": [["1", 'x,"y"'], [None, "z"]]},
            {"schema": "struct<d:decimal(3,2)>", "rows": [["2.50"]]}])

    def test_what_fails_after_rows_of_json_were_printed_is_told_behind_them(self):
        done = run("sql", "--master", "local[1]", "--format", "json", "-e",
                   "SELECT id, 1 DIV (id - 199999) FROM range(0, 200000, 1, 2)")
        self.assertEqual(done.returncode, 1)
        (line,) = done.stdout.splitlines()
        answer = json.loads(line)
        self.assertEqual(len(answer["rows"]), 100000)
        self.assertEqual(answer["rows"][-1], ["99999", "0"])
        self.assertEqual(answer["error"]["condition"], "DIVIDE_BY_ZERO")

    def test_csv_quotes_and_leaves_null_empty(self):
        done = run("sql", "--format", "csv", "-e", self.QUERY)
        self.assertEqual(done.stdout, 'a,b\n1,"x,""y"""\n,z\n')

    def test_tsv_is_spark_sqls(self):
        done = run("sql", "--format", "tsv", "-e", self.QUERY)
        self.assertEqual(done.stdout, 'a\tb\n1\tx,"y"\nNULL\tz\n')

    def test_table_aligns(self):
        done = run("sql", "-e", "select 1 as n, 'é' as s union all select 1000, 'abc' order by n")
        self.assertEqual(done.stdout, "+------+-----+\n|    n | s   |\n+------+-----+\n"
                                      "|    1 | é   |\n| 1000 | abc |\n+------+-----+\n2 rows\n")

    def test_a_command_answers_with_an_empty_struct(self):
        done = run("sql", "--format", "json", "-e", "create temporary view v as select 1")
        self.assertEqual(json.loads(done.stdout), {"schema": "struct<>", "rows": []})


class Scripts(unittest.TestCase):
    def test_the_first_error_ends_with_1(self):
        done = run("sql", "--format", "json", "-e", "select 1; select 1/0; select 3")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(lines), 2)
        self.assertEqual(lines[1]["error"]["condition"], "DIVIDE_BY_ZERO")
        self.assertEqual(lines[1]["error"]["sqlState"], "22012")

    def test_keep_going_goes_on_and_still_ends_with_1(self):
        done = run("sql", "--format", "json", "--keep-going", "-e", "select 1/0", "-e", "select 3")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(json.loads(done.stdout.splitlines()[1])["rows"], [["3"]])

    def test_files_and_standard_input(self):
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as f:
            f.write("-- a comment; with a semicolon\nselect 'a;b' as s;\nselect 2")
            f.flush()
            done = run("sql", "--format", "tsv", "-f", f.name)
            self.assertEqual(done.stdout, "s\na;b\n2\n2\n")
        done = run("sql", "--format", "tsv", stdin="select 5 as five;")
        self.assertEqual(done.stdout, "five\n5\n")
        done = run("sql", "-f", "/no/such/file.sql")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/no/such/file.sql", done.stderr)

    def test_time_is_on_standard_error(self):
        done = run("sql", "--time", "-e", "select 1; select 2")
        self.assertEqual(len(re.findall(r"^time: \d+\.\d+ s \(user \d+\.\d+ s, system \d+\.\d+ s\)$", done.stderr, re.M)), 2)
        done = run("sql", "--time", "-e", "select count(*) from range(1000)")
        self.assertRegex(done.stderr, r"\d stages, \d tasks, CPU [\d.]+ s; read: 1\.0 k rows \([\d.]+ ?[kMG]?/s\)")

    def test_errors_show_their_place(self):
        done = run("sql", "-e", "select a\nfrom (select 1 as b)")
        self.assertIn("[UNRESOLVED_COLUMN.WITH_SUGGESTION]", done.stderr)
        self.assertIn("SQLSTATE: 42703", done.stderr)
        self.assertIn("line 1, position 8", done.stderr)
        self.assertIn("\nselect a\n       ^\n", done.stderr)

    def test_a_full_disk_behind_standard_output_is_a_failure(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([VONK, "sql", "-e", "select 1"], stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)


class QueryLog(unittest.TestCase):
    SCRIPT = ["select k, count(*) from (select id % 3 as k from range(1000) where id >= 10) group by k",
              "select 1 / (id - 1) from range(2)", "set fs.s3a.secret.key=hush",
              "select (select max(id) from range(7)) as m"]

    def lines(self, *args):
        with tempfile.TemporaryDirectory() as tmp:
            path = os.path.join(tmp, "log.jsonl")
            args = [part for sql in self.SCRIPT for part in ("-e", sql)] + list(args)
            done = run("sql", "--keep-going", "--conf", f"vonk.query.log={path}", *args)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
            with open(path) as f:
                text = f.read()
            self.assertNotIn("hush", text)
            return [json.loads(line) for line in text.splitlines()]

    def test_each_statement_is_a_line_with_its_operators(self):
        for master in ("local[2]", "local-cluster[2,1,512]"):
            with self.subTest(master):
                lines = self.lines("--master", master)
                self.assertEqual([line["status"] for line in lines],
                                 ["succeeded", "failed", "succeeded", "succeeded"])
                self.assertEqual([line["id"].split("-")[1] for line in lines], ["1", "2", "3", "4"])
                group, failed, secret, scalar = lines
                self.assertEqual((group["sql"], group["rows"]), (self.SCRIPT[0], 3))
                self.assertRegex(group["start"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
                operators = {op["operator"].split("(")[0].split(" ")[0]: op for op in group["operators"][::-1]}
                self.assertEqual(operators["Range"]["rows_out"], 1000)
                self.assertEqual(operators["Filter"]["rows_out"], 990)
                self.assertEqual(sum(op["rows_out"] for op in group["operators"]
                                     if "functions=[count(1)]" in op["operator"]), 3)
                self.assertGreater(operators["HashAggregate"]["time_ns"], 0)
                self.assertEqual(failed["error"]["condition"], "DIVIDE_BY_ZERO")
                self.assertIn("redacted", secret["sql"])
                self.assertEqual((scalar["jobs"], scalar["rows"]), (2, 1))

    def test_the_same_plan_has_the_same_hash(self):
        first, second = self.lines("--master", "local[2]"), self.lines("--master", "local[2]")
        self.assertEqual(first[0]["plan"], second[0]["plan"])
        self.assertNotEqual(first[0]["plan"], first[3]["plan"])

    def test_explain_analyze_says_what_was_spilled(self):
        query = "explain analyze select id from range(100000) order by hash(id)"
        self.assertNotIn("spill size", run("sql", "-e", query).stdout)
        done = run("sql", "-e", query, env={"VONK_DEBUG_SPILL": "2"})
        sort = re.search(r"^Sort .*\n(.*)$", done.stdout, re.M)
        self.assertRegex(sort.group(1), r"output rows: 100000, .*spill size: [\d.]+ [KM]iB")

    def test_a_log_that_cannot_be_written_stops_nothing(self):
        done = run("sql", "--conf", "vonk.query.log=/no/such/dir/log", "-e", "select 1 as one")
        self.assertEqual(done.returncode, 0)
        self.assertIn("one", done.stdout)
        self.assertIn("/no/such/dir/log cannot be written: No such file", done.stderr)


class Interrupts(unittest.TestCase):
    def test_ctrl_c_ends_the_query_with_a_clear_error(self):
        for master in ("local[2]", "local-cluster[2,1,512]"):
            p = subprocess.Popen([VONK, "sql", "--master", master, "--format", "json", "-e",
                                  "select 1", "-e", SLOW_QUERY],
                                 stdout=subprocess.PIPE, text=True)
            self.assertIn("rows", p.stdout.readline())  # the second statement begins now
            time.sleep(0.3)  # give it time to start: the answer is the same if it has not
            p.send_signal(signal.SIGINT)
            out, _ = p.communicate(timeout=30)
            self.assertEqual(p.returncode, 1, master)
            self.assertEqual(json.loads(out)["error"]["condition"], "OPERATION_CANCELED")


    def test_ctrl_c_between_two_statements_ends_all_that_come(self):
        with tempfile.TemporaryDirectory() as directory:
            fifo = os.path.join(directory, "fifo")
            os.mkfifo(fifo)
            p = subprocess.Popen([VONK, "sql", "--format", "json", "-e", "select 1", "-f", fifo, "-e", "select 3"],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertIn("rows", p.stdout.readline())
            statements = os.open(fifo, os.O_WRONLY)  # it waits for the next one
            p.send_signal(signal.SIGINT)
            try:
                os.write(statements, b"select 2")
            except BrokenPipeError:  # it has ended
                pass
            os.close(statements)
            out, _ = p.communicate(timeout=30)
            self.assertEqual(p.returncode, 1)
            self.assertNotIn("rows", out)

    # Each would take minutes or hours, and most of that within one batch or without any.
    LONG = {
        "cross join": "select count(*) from range(10000000) a cross join range(10000000) b where a.id + b.id = -1",
        "huge fan-out": "select count(*) from range(2000000) a join range(2000000) b on a.id % 2 = b.id % 2"
                        " where a.id + b.id = -1",
        "wide frames": "select sum(s) from (select sum(id) over (order by id rows between 1000000 preceding"
                       " and 1000000 following) s from range(3000000))",
        "growing frames without rows": "select max(m) from (select max(id) filter (where id < 0) over (order by id"
                                       " rows between 1000000 preceding and current row) m from range(3000000))",
        "slow function": "select sum(levenshtein(repeat('a', 3000), repeat(cast(id as string), 600)))"
                         " from range(1000000)",
        "regular expression": "select count(*) from range(100000000)"
                              " where repeat('ab', 500 + int(id % 2)) rlike 'a.*[xy]'",
        "anti join without keys": "select count(*) from range(1000000) a where not exists"
                                  " (select 1 from range(1000000) b where a.id + b.id = -1)",
    }

    def test_ctrl_c_ends_whatever_takes_long_and_the_session_goes_on(self):
        for what, sql in self.LONG.items():
            with self.subTest(what):
                p = subprocess.Popen([VONK, "sql", "--master", "local[2]", "--format", "json", "--keep-going",
                                      "-e", "select 1", "-e", sql, "-e", "select 2"],
                                     stdout=subprocess.PIPE, text=True)
                try:
                    self.assertIn("rows", p.stdout.readline())
                    time.sleep(0.4)  # into the long part
                    self.assertIsNone(p.poll())
                    p.send_signal(signal.SIGINT)
                    lines = p.communicate(timeout=30)[0].splitlines()
                finally:
                    p.kill()
                    p.wait()
                self.assertEqual(json.loads(lines[0])["error"]["condition"], "OPERATION_CANCELED")
                self.assertEqual(json.loads(lines[1])["rows"], [["2"]])


class Terminal:
    """The program on a pseudo-terminal."""

    def __init__(self, *args, home):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(HOME=home, TERM="dumb")
            os.execv(VONK, [VONK, *args])
        self.text = ""

    def expect(self, pattern, seconds=30):
        end = time.time() + seconds
        while not re.search(pattern, self.text):
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.time()))
            if not ready:
                raise AssertionError(f"no {pattern!r} in {self.text!r}")
            try:
                self.text += os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                break
        found = re.search(pattern, self.text)
        if not found:
            raise AssertionError(f"ended without {pattern!r}: {self.text!r}")
        self.text = self.text[found.end():]

    def send(self, text):
        os.write(self.fd, text.encode())

    def end(self, last, seconds=30):
        """Sends `last` until the program ends (a terminal may drop what comes between two of its
        modes) and returns its exit status."""
        for _ in range(seconds):
            self.send(last)
            end = time.time() + 1
            while time.time() < end:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    os.close(self.fd)
                    return os.waitstatus_to_exitcode(status)
                if select.select([self.fd], [], [], 0.05)[0]:
                    try:
                        self.text += os.read(self.fd, 65536).decode(errors="replace")
                    except OSError:
                        pass
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise AssertionError(f"did not end: {self.text!r}")


class Shell(unittest.TestCase):
    def test_statements_over_lines_completion_ctrl_c_and_history(self):
        with tempfile.TemporaryDirectory() as home:
            t = Terminal("sql", home=home)
            t.expect("vonk> ")
            t.send("select 40 +\n")
            t.expect("    > ")
            t.send("2 as answer;\n")
            t.expect(r"\| +42 \|")
            t.expect("vonk> ")
            t.send("create temporary view flights_of_fancy as select 7 as n;\n")
            t.expect("vonk> ")
            t.send("select n from flights_o\t;\n")
            t.expect(r"\| 7 \|")
            t.expect("vonk> ")
            t.send("select 1/0;\n")
            t.expect("DIVIDE_BY_ZERO")
            t.expect("vonk> ")
            t.send(SLOW_QUERY + ";\n")
            time.sleep(0.5)
            t.send("\x03")
            t.expect("OPERATION_CANCELED")
            t.expect("vonk> ")
            t.send("select 'still ' || 'here' as s;\n")
            t.expect("still here")
            t.expect("vonk> ")
            self.assertEqual(t.end("\x15exit\n"), 0)
            with open(os.path.join(home, ".vonk_history")) as f:
                self.assertIn("flights_of_fancy", f.read())

    def test_ctrl_d_ends_it(self):
        with tempfile.TemporaryDirectory() as home:
            t = Terminal("sql", home=home)
            t.expect("vonk> ")
            self.assertEqual(t.end("\x15\x04"), 0)  # Ctrl-U: what was typed before


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] == "--vonk":
        VONK = os.path.abspath(sys.argv[2])
        del sys.argv[1:3]
    unittest.main()
