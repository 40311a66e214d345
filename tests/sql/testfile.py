"""testfile.py - reads and writes .test files, and shows rows as text. The grammar: README.md here."""
import dataclasses
import pathlib
import string

ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "|": "\\|"}


class BadTest(Exception):
    """A .test file that does not follow the grammar."""


@dataclasses.dataclass
class Record:
    """One statement and what must come of it."""

    line: int
    comment: list  # the lines above it, as they are
    kind: str  # ok | error | query
    sql: str
    condition: str = ""  # error: Spark's error condition
    message: str = ""  # error: a part of the message
    mode: str = ""  # query: "" in this order | rowsort in any order | contains (lines found)
    expected: list = dataclasses.field(default_factory=list)  # rows; of an error: see show_error()

    def header(self):
        if self.kind == "error":
            return " ".join(filter(None, ["statement error", self.condition, self.message]))
        return "statement ok" if self.kind == "ok" else f"query {self.mode}".rstrip()

    def text(self):
        lines = [*self.comment, self.header(), self.sql]
        if self.kind == "query" or self.expected:
            lines += ["----", *self.expected]
        return "\n".join(lines) + "\n"


@dataclasses.dataclass
class TestFile:
    path: pathlib.Path
    records: list
    config: dict
    files: dict  # name -> text, written into ${TMP} first
    required: list
    prelude: list  # the directives above the first statement, as they are
    tail: list  # comments below the last one

    def text(self):
        parts = ["\n".join(self.prelude) + "\n"] if self.prelude else []
        parts += [record.text() for record in self.records]
        parts += ["\n".join(self.tail) + "\n"] if self.tail else []
        return "\n".join(parts)


def show_error(state, message, place=None):
    """What a user sees of an error, in two or three lines. place: (line, position, fragment of the statement)."""
    shown = [f"SQLSTATE {state}", show_value(message)]
    return shown + [f"at {place[0]}:{place[1]} {show_value(place[2])}"] if place else shown


def show_value(value):
    if value is None:
        return "NULL"
    if value == "":
        return "(empty)"
    text = "".join(ESCAPES.get(c, c) for c in value)
    if text[0] == " ":
        text = "\\s" + text[1:]
    if text[-1] == " ":
        text = text[:-1] + "\\s"
    return text


def show_row(row):
    return "|".join(show_value(value) for value in row) if row else "(no columns)"


def substitute(text, variables):
    return string.Template(text).safe_substitute(variables) if "${" in text else text


def hide(text, variables):
    """The inverse of substitute, for paths that come back in answers."""
    for name, value in variables.items():
        text = text.replace(value, "${" + name + "}")
    return text


class Reader:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.lines = self.path.read_text().split("\n")
        self.at = 0
        self.test = TestFile(self.path, [], {}, {}, [], [], [])

    def fail(self, what):
        raise BadTest(f"{self.path}:{self.at + 1}: {what}")

    def until_blank(self, stop=None):
        taken = []
        while self.at < len(self.lines) and self.lines[self.at] not in ("", stop):
            taken.append(self.lines[self.at])
            self.at += 1
        return taken

    def read_file(self, name):
        taken = []
        while self.lines[self.at] != "end file":
            taken.append(self.lines[self.at])
            self.at += 1
            if self.at == len(self.lines):
                self.fail(f"file {name} has no `end file`")
        self.at += 1
        self.test.files[name] = "\n".join(taken) + "\n" if taken else ""

    def read_directive(self, words):
        """Reads one directive that is no statement; false if it is none of those."""
        if words[0] == "config" and len(words) >= 3:
            self.test.config[words[1]] = " ".join(words[2:])
        elif words[0] == "require-file" and len(words) == 2:
            self.test.required.append(words[1])
        elif words[0] == "file" and len(words) == 2:
            self.at += 1
            self.read_file(words[1])
            return True
        else:
            return False
        self.at += 1
        return True

    def read_record(self, words, comment):
        record = Record(self.at + 1, comment, "", "")
        if words[:2] == ["statement", "ok"]:
            record.kind = "ok"
        elif words[:2] == ["statement", "error"]:
            record.kind = "error"
            record.condition = words[2] if len(words) > 2 else ""
            record.message = " ".join(words[3:])
        elif words[0] == "query" and words[1:] in ([], ["rowsort"], ["contains"]):
            record.kind, record.mode = "query", "".join(words[1:])
        else:
            self.fail(f"unknown directive: {self.lines[self.at]}")
        self.at += 1
        record.sql = "\n".join(self.until_blank("----"))
        if not record.sql:
            self.fail("no statement here")
        if self.at < len(self.lines) and self.lines[self.at] == "----":
            self.at += 1
            record.expected = self.until_blank()
        self.test.records.append(record)

    def read(self):
        comment = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            start = self.at
            if line == "" or line.startswith("#"):
                if line or comment:
                    comment.append(line)
                self.at += 1
            elif self.read_directive(line.split()):
                if self.test.records:
                    self.fail(f"{line.split()[0]} must come above the first statement")
                self.test.prelude += [*comment, *self.lines[start : self.at]]
                comment = []
            else:
                while comment and comment[-1] == "":
                    comment.pop()
                self.read_record(line.split(), comment)
                comment = []
        while comment and comment[-1] == "":
            comment.pop()
        self.test.tail = comment
        if not self.test.records:
            self.fail("no statements in this file")
        return self.test


def read(path):
    return Reader(path).read()
