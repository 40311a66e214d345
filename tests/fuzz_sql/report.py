"""report.py - a case as a .test file (tests/sql/README.md)."""
from expressions import literal_text, quoted


def values_text(type_, value):
    if value is None:
        return "NULL"
    if type_ == "string":
        return quoted(value)
    return literal_text(type_, value)


def view(table, what="TEMPORARY VIEW {} AS"):
    """A statement that makes the table out of nothing."""
    create = "CREATE " + what.format(table.name)
    names = ", ".join(f"CAST({c.name} AS {c.type}) AS {c.name}" for c in table.columns)
    labels = ", ".join(c.name for c in table.columns)
    if not table.rows:
        nulls = ", ".join("NULL" for _ in table.columns)
        return f"{create} SELECT {names} FROM VALUES ({nulls}) AS v({labels}) WHERE false"
    rows = ",\n  ".join("(" + ", ".join(values_text(c.type, v) for c, v in zip(table.columns, row)) + ")" for row in table.rows)
    return f"{create} SELECT {names} FROM VALUES\n  {rows} AS v({labels})"


def shown(answer, n=12):
    if answer.failed():
        return [f"# {answer.error}: {' '.join(answer.message.split())[:300]}"]
    rows = ["|".join("NULL" if v is None else str(v) for v in row) for row in answer.rows]
    return [f"# {len(rows)} rows"] + [f"#   {row}" for row in rows[:n]]


def test_file(case, origin, names, answers):
    """names[i] answered answers[i]; the rows to expect are for oracle.py to write."""
    lines = [f"# {origin}"]
    for name, answer in zip(names, answers):
        lines += [f"# {name}:", *shown(answer)]
    text = "\n".join(lines) + "\n\n"
    for table in case.tables:
        text += f"statement ok\n{view(table)}\n\n"
    return text + f"query{'' if getattr(case.query, 'order', None) else ' rowsort'}\n{case.query.render(False)}\n----\n"
