"""test_fields.py - lib/job/manifest.c and the definition have the same fields, bounds and defaults.

The tables of manifest.c are read as text, the definition as YAML by its indentation: no library is needed.
"""
import re
import unittest

from kube_api import ROOT

MANIFEST = (ROOT / "lib" / "job" / "manifest.c").read_text()
DECODE = (ROOT / "lib" / "job" / "decode.c").read_text()
DEFINITION = (ROOT / "charts" / "vonk" / "templates" / "crd.yaml").read_text()

KINDS = {
    "TEXT": "string", "BOOL": "boolean", "INT": "integer", "CHOICE": "string", "WORD": "string", "BYTES": "string",
    "CPU": "int-or-string", "TEXTS": "array", "PAIRS": "object", "OBJECT": "object", "TABLES": "object",
    "ANYTHING": "object",
}  # fmt: skip
MAX_QUANTITY = 32


def rules(text, table):
    """The entries of a table: dicts of their designated initialisers."""
    body = re.search(rf"vonk_rule {table}\[\] = {{(.*?)\n *}};", text, re.S)[1]
    found = {}
    for entry in re.findall(r"{(\.name = \".*?)}(?=,)", body, re.S):
        fields = dict(re.findall(r"\.(\w+) = (\"[^\"]*\"|\w+\([^)]*\)|[\w]+)", entry))
        found[fields["name"].strip('"')] = fields
    return found


def choices(text, name):
    return re.findall(r'"(\w+)"', re.search(rf"{name}\[\] = {{(.*?)}};", text)[1])


def schema(path):
    """Own lines of a property of the definition, without those of its properties."""
    lines = DEFINITION.splitlines()
    at = next(i for i, line in enumerate(lines) if line.strip() == "spec:" and line.startswith(" " * 10))
    for name in path:
        depth = indent(lines[at])
        at = next(
            i for i in range(at + 1, len(lines))
            if indent(lines[i]) == depth + (4 if name not in ("items", "additionalProperties") else 2)
            and lines[i].strip() == f"{name}:"
        )  # fmt: skip
        assert within(lines, depth, at), path
    depth = indent(lines[at])
    own = {}
    for line in lines[at + 1 :]:
        if line.strip() and indent(line) <= depth:
            break
        if indent(line) == depth + 2 and (match := re.match(r" *([\w-]+): ?(.*)", line)):
            own[match[1]] = match[2]
    return own


def within(lines, depth, at):
    return all(indent(line) > depth for line in lines[at : at + 1])


def indent(line):
    return len(line) - len(line.lstrip())


def properties(path):
    lines = DEFINITION.splitlines()
    at = next(i for i, line in enumerate(lines) if line.strip() == "spec:" and line.startswith(" " * 10))
    for name in path:
        depth = indent(lines[at])
        step = 2 if name in ("items", "additionalProperties") else 4
        at = next(i for i in range(at + 1, len(lines)) if indent(lines[i]) == depth + step and lines[i].strip() == f"{name}:")
    depth = indent(lines[at])
    at = next(i for i in range(at + 1, len(lines)) if lines[i] == " " * (depth + 2) + "properties:")
    found = []
    for line in lines[at + 1 :]:
        if line.strip() and indent(line) <= depth + 2:
            break
        if indent(line) == depth + 4 and line.strip().endswith(":"):
            found.append(line.strip()[:-1])
    return found


class Fields(unittest.TestCase):
    def check(self, path, table, text=MANIFEST):
        found = rules(text, table)
        self.assertEqual(sorted(found), sorted(properties(path)), f"{path}: the fields differ")
        for name, rule in found.items():
            with self.subTest(".".join([*path, name])):
                self.check_field([*path, name], rule, text)
        required = sorted(name for name, rule in found.items() if rule.get("required") == "true")
        listed = schema(path).get("required", "[]") if path else "[]"
        self.assertEqual(required, sorted(re.findall(r"\w+", listed)), path)

    def check_field(self, path, rule, text):
        own = schema(path)
        kind = rule["kind"].removeprefix("VONK_RULE_")
        self.assertEqual(KINDS[kind], "int-or-string" if "x-kubernetes-int-or-string" in own else own["type"])
        self.assertIn("description", own)
        if kind == "TEXT":
            wanted = {"sha256": "64"}.get(path[-1], rule.get("max"))
            self.assertEqual(wanted, own.get("maxLength"))
        elif kind == "INT":
            self.assertEqual(rule["min"], own.get("minimum"))
            self.assertEqual(rule["max"], own.get("maximum", "ANY_INT"))
        elif kind in ("CHOICE", "WORD"):
            self.assertEqual(choices(text, rule["choices"]), re.findall(r"\w+", own["enum"]))
        elif kind in ("BYTES", "CPU"):
            self.assertEqual(str(MAX_QUANTITY), own["maxLength"])
        elif kind == "TEXTS":
            self.assertEqual(rule["max"], own["maxItems"])
            self.assertEqual({"type": "string", "maxLength": self.max_item()}, schema([*path, "items"]))
        elif kind in ("PAIRS", "TABLES"):
            self.assertEqual(rule["max"], own["maxProperties"])
            if kind == "PAIRS":
                inner = schema([*path, "additionalProperties"])
                self.assertEqual({"type": "string", "maxLength": self.max_item()}, inner)
        elif kind == "OBJECT":
            self.check(path, rule["fields"])

    def max_item(self):
        return re.search(r"#define MAX_ITEM (\d+)", DECODE)[1]

    def test_spec(self):
        self.check([], "spec_rules")
        self.assertGreater(len(properties([])), 15)

    def test_tables(self):
        self.check(["sql", "tables", "additionalProperties"], "rules", DECODE.replace("static const vonk_rule", "vonk_rule"))

    def test_name(self):
        longest = re.search(r"VONK_JOB_MAX_NAME +(\d+)", (ROOT / "lib" / "job" / "manifest.h").read_text())[1]
        self.assertIn(f"self.metadata.name.size() <= {longest}", DEFINITION)

    def test_defaults(self):
        body = re.search(r"vonk_job defaults = {(.*?)\n};", MANIFEST, re.S)[1]

        def default(name, text=body):
            return re.search(rf"\.{name} = ([^,}}\n]+)", text)[1]

        driver = re.search(r"\.driver = {(.*?)}", body, re.S)[1]
        executors = re.search(r"\.executors = {(.*?)}", body, re.S)[1]

        def of(*path):
            return schema(list(path))["default"].strip("'")

        def gib(text):
            return text.replace(" * GIB", "Gi")

        for path, value in {
            ("program", "entry"): default("program.entry").strip('"'),
            ("backoffLimit",): default("backoff_limit"),
            ("retryBackoff", "baseSeconds"): default("base_s"),
            ("retryBackoff", "maxSeconds"): default("max_s"),
            ("retryBackoff", "resetAfterSeconds"): default("reset_after_s"),
            ("pendingDeadlineSeconds",): default("pending_deadline_s"),
            ("ttlSecondsAfterFinished",): default("ttl_s"),
            ("driver", "memory"): gib(default("memory", driver)),
            ("executors", "min"): default("min", executors),
            ("executors", "max"): default("max", executors),
            ("executors", "idleSeconds"): default("idle_s", executors),
            ("executors", "memory"): gib(default("memory", executors)),
            ("executors", "scratch"): gib(default("scratch", executors)),
            ("start",): "Immediate",
            ("suspend",): "false",
            ("executors", "spot"): "false",
        }.items():
            self.assertEqual(value, of(*path), path)
        for which, text in (("driver", driver), ("executors", executors)):
            self.assertEqual(int(default("cpu_millis", text)), 1000 * int(of(which, "cpu")))


if __name__ == "__main__":
    unittest.main()
