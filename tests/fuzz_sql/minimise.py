"""minimise.py - makes a case smaller while the difference stays: fewer rows, columns, clauses, expressions."""
import copy
import dataclasses
import time

import schema
from expressions import literal
from pivot import Pivot, Unpivot
from tree import Derived, Join, Select, SetOp, WindowSpec, With, null

CONSTANTS = {"boolean": True, "string": "a"}


def holder(target, name):
    """Puts a value in a place of an object or a list."""
    return (lambda v: target.__setitem__(name, v)) if isinstance(target, list) else (lambda v: setattr(target, name, v))


def of_expr(expr, put):
    """Steps that make one expression smaller: an argument in its place, a constant, NULL."""
    if isinstance(expr, WindowSpec):
        if expr.name:
            yield lambda: setattr(expr, "name", "")
        for i, arg in enumerate(expr.args):
            yield from of_expr(arg, holder(expr.args, i))
        return
    if expr.query is None and not expr.args and ("." not in expr.spark or "CAST" in expr.spark):
        return
    for arg in expr.args:
        if arg.type == expr.type:
            yield lambda arg=arg: put(arg)
    if expr.kind != "aggregate" or expr.args:
        yield lambda: put(null(expr.type))
        if expr.type in schema.INTEGERS or expr.type in CONSTANTS:
            yield lambda: put(literal(expr.type, CONSTANTS.get(expr.type, 1)))
    for i, arg in enumerate(expr.args):
        yield from of_expr(arg, holder(expr.args, i))
    if expr.query is not None:
        yield from of_query(expr.query, holder(expr, "query"))


def of_source(source, put):
    if isinstance(source, Join):
        yield lambda: put(source.left)
        yield lambda: put(source.right)
        if source.kind != "JOIN":
            yield lambda: setattr(source, "kind", "JOIN")
        yield from of_source(source.left, holder(source, "left"))
        yield from of_source(source.right, holder(source, "right"))
        if source.on:
            yield from of_expr(source.on, holder(source, "on"))
    elif isinstance(source, (Derived, Pivot, Unpivot)):
        yield from of_query(source.query, holder(source, "query"))


def of_select(query):
    for name in ("where", "having"):
        if getattr(query, name):
            yield lambda name=name: setattr(query, name, None)
    if query.distinct:
        yield lambda: setattr(query, "distinct", False)
    if len(query.items) > 1:
        for i in range(len(query.items)):
            yield lambda i=i: (query.items.pop(i), query.names.pop(i))
    if query.sets != "{}":
        yield lambda: setattr(query, "sets", "{}")
    for i in range(len(query.group)):
        yield lambda i=i: query.group.pop(i)
    if query.source:
        yield lambda: setattr(query, "source", None)
        yield from of_source(query.source, holder(query, "source"))
    for i, item in enumerate(query.items):
        yield from of_expr(item, holder(query.items, i))
    for i, key in enumerate(query.group):
        yield from of_expr(key, holder(query.group, i))
    for name in ("where", "having"):
        if getattr(query, name):
            yield from of_expr(getattr(query, name), holder(query, name))


def of_query(query, put):
    if isinstance(query, With):
        yield lambda: put(query.body)
        yield lambda: put(query.query)
        yield from of_query(query.query, holder(query, "query"))
        yield from of_query(query.body, holder(query, "body"))
        return
    if query.limit:
        yield lambda: setattr(query, "limit", "")
    if query.order:
        yield lambda: (setattr(query, "order", []), setattr(query, "limit", ""))
        for i in range(len(query.order)):
            yield lambda i=i: query.order.pop(i)
    if isinstance(query, SetOp):
        yield lambda: put(query.left)
        yield lambda: put(query.right)
        yield from of_query(query.left, holder(query, "left"))
        yield from of_query(query.right, holder(query, "right"))
        for i in range(len(query.names)):
            yield lambda i=i: drop_column(query, i)
    elif isinstance(query, Select):
        if isinstance(query.source, Derived):
            yield lambda: put(query.source.query)
        yield from of_select(query)


def drop_column(query, i):
    if isinstance(query, SetOp):
        drop_column(query.left, i)
        drop_column(query.right, i)
    elif isinstance(query, Select) and len(query.items) > 1:
        query.items.pop(i)
        query.names.pop(i)


@dataclasses.dataclass
class Case:
    tables: list
    query: object


def smaller_queries(case):
    """Each query that one step makes, as a case of its own."""
    n = len(list(of_query(case.query, None)))
    for i in range(n):
        made = Case(case.tables, copy.deepcopy(case.query))
        steps = list(of_query(made.query, holder(made, "query")))
        try:
            steps[i]()
        except IndexError:
            continue
        yield made


def with_table(case, i, table):
    tables = list(case.tables)
    tables[i] = table
    return Case(tables, case.query)


def smaller_tables(case, size):
    """Cases without a stretch of some table's rows."""
    for i, table in enumerate(case.tables):
        n = len(table.rows)
        step = max(1, n // size)
        for start in range(0, n, step):
            rows = table.rows[:start] + table.rows[start + step :]
            yield with_table(case, i, dataclasses.replace(table, rows=rows))


def narrower_tables(case):
    for i, table in enumerate(case.tables):
        yield Case(case.tables[:i] + case.tables[i + 1 :], case.query)
        for c in range(len(table.columns) if len(table.columns) > 1 else 0):
            columns = table.columns[:c] + table.columns[c + 1 :]
            rows = [row[:c] + row[c + 1 :] for row in table.rows]
            yield with_table(case, i, dataclasses.replace(table, columns=columns, rows=rows))
        if table.format != "parquet":
            yield with_table(case, i, dataclasses.replace(table, format="parquet"))


def blander_tables(case):
    """Cases where a value, or all of a column's, is NULL."""
    for i, table in enumerate(case.tables):
        for c, column in enumerate(table.columns):
            if column.name == "id" or all(row[c] is None for row in table.rows):
                continue
            rows = [row[:c] + (None,) + row[c + 1 :] for row in table.rows]
            yield with_table(case, i, dataclasses.replace(table, rows=rows))


def minimise(case, differing, seconds):
    """`differing(cases)` returns the first that still differs, or None."""
    end = time.monotonic() + seconds

    def attempt(candidates):
        nonlocal case
        candidates = list(candidates)
        for start in range(0, len(candidates), 40):
            if time.monotonic() > end:
                return False
            found = differing(candidates[start : start + 40])
            if found:
                case = found
                return True
        return False

    def pieces(size):
        return lambda case: smaller_tables(case, size)

    progress = True
    while progress and time.monotonic() < end:
        progress = False
        for makers in (pieces(1), pieces(2), pieces(8), smaller_queries, narrower_tables, pieces(10**6), blander_tables):
            while attempt(makers(case)):
                progress = True
    return case
