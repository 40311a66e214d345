"""What users mistype: statuses, and errors that say where."""
import unittest

from harness import FaultTest

JOB = """apiVersion: vonk.dev/v1alpha1
kind: VonkJob
metadata: {name: test}
spec:
  sql:
    tables:
      t: {path: in.csv, format: csv, options: {header: "true"}}
    query: SELECT count(*) AS n FROM t
    output: out
"""


class CommandLine(FaultTest):
    def write(self, name, text):
        (self.directory / name).write_text(text)

    def run_job(self, text, *arguments):
        self.write("job.yaml", text)
        self.write("in.csv", "a,b\n1,2\n3,4\n")
        return self.vonk("run", "job.yaml", *arguments)

    def test_a_job_writes_its_output_and_prints_it(self):
        status, out, err = self.run_job(JOB)
        self.assertEqual(status, 0, err)
        self.assertIn("2", out)
        self.assertEqual(self.sql("SELECT * FROM parquet.`out`")[1][0]["rows"], [["2"]])

    def test_an_output_directory_that_exists_stays_as_it_is(self):
        (self.directory / "out").mkdir()
        self.write("out/precious.txt", "do not lose me")
        status, _, err = self.run_job(JOB)
        self.assertEqual(status, 1)
        self.assertIn("out", err)
        self.assertEqual((self.directory / "out" / "precious.txt").read_text(), "do not lose me")

    def test_a_bad_manifest_is_refused_with_its_position(self):
        for wrong, words in {
            JOB.replace("kind: VonkJob", "kind: VonkJob\n  bad: [indent"): ["job.yaml"],
            JOB.replace("query:", "qurey:"): ["job.yaml", "qurey"],
            JOB.replace("v1alpha1", "v9"): ["job.yaml", "v9"],
            JOB.replace("format: csv", "format: [csv]"): ["job.yaml", "format"],
            JOB.replace("    query: SELECT count(*) AS n FROM t\n", ""): ["job.yaml", "query"],
            "": ["job.yaml"],
            "\t- x": ["job.yaml"],
        }.items():
            with self.subTest(wrong=wrong[:60]):
                status, _, err = self.run_job(wrong)
                self.assertNotEqual(status, 0)
                for word in words:
                    self.assertIn(word, err)

    def test_a_missing_table_file_is_named(self):
        status, _, err = self.run_job(JOB.replace("in.csv", "gone.csv"))
        self.assertEqual(status, 1)
        self.assertIn("gone.csv", err)

    def test_an_error_in_the_query_has_its_condition_and_position(self):
        status, _, err = self.run_job(JOB.replace("count(*)", "cuont(*)"))
        self.assertEqual(status, 1)
        self.assertIn("UNRESOLVED_ROUTINE", err)

    def test_wrong_usage_ends_with_2(self):
        for arguments in (
            ["nosuchcommand"],
            ["sql", "--nosuchoption"],
            ["sql", "--format", "xml", "-e", "SELECT 1"],
            ["sql", "--master", "local[x]", "-e", "SELECT 1"],
            ["sql", "--master", "local-cluster[0,0]", "-e", "SELECT 1"],
            ["sql", "--conf", "novalue", "-e", "SELECT 1"],
            ["run"],
            ["run", "a.yaml", "b.yaml"],
        ):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.vonk(*arguments)[0], 2)

    def test_help_is_everywhere(self):
        for arguments in (["--help"], ["sql", "--help"], ["run", "--help"], ["version", "--help"]):
            with self.subTest(arguments=arguments):
                status, out, _ = self.vonk(*arguments)
                self.assertEqual(status, 0)
                self.assertIn("usage", out.lower())

    def test_a_missing_file_is_named(self):
        for arguments in (["sql", "-f", "gone.sql"], ["run", "gone.yaml"]):
            with self.subTest(arguments=arguments):
                status, _, err = self.vonk(*arguments)
                self.assertNotEqual(status, 0)
                self.assertIn(arguments[-1], err)

    def test_the_first_error_ends_a_script_unless_told_to_keep_going(self):
        self.write("script.sql", "SELECT 1;\nSELECT nothing;\nSELECT 2;\n")
        status, out, _ = self.vonk("sql", "--format", "json", "-f", "script.sql")
        self.assertEqual((status, len(out.splitlines())), (1, 2))
        status, out, _ = self.vonk("sql", "--format", "json", "--keep-going", "-f", "script.sql")
        self.assertEqual((status, len(out.splitlines())), (1, 3))

    def test_formats(self):
        query = "SELECT 1 AS a, 'x,y' AS b, CAST(NULL AS INT) AS c"
        for name, words in {
            "csv": ['"x,y"', "a,b,c"],
            "tsv": ["1\tx,y"],
            "json": ['"schema":"struct<a:int,b:string,c:int>"', '[["1","x,y",null]]'],
            "table": ["x,y", "NULL"],
        }.items():
            with self.subTest(format=name):
                status, out, err = self.vonk("sql", "--format", name, "-e", query)
                self.assertEqual(status, 0, err)
                for word in words:
                    self.assertIn(word, out)


if __name__ == "__main__":
    unittest.main()
