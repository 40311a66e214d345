"""pivot.py - PIVOT and UNPIVOT of a query; DuckDB gets what they mean, in plain SQL."""
import dataclasses

import schema
from tree import Expr, Select

KEY_TYPES = ("tinyint", "int", "bigint", "string", "boolean", "date")


@dataclasses.dataclass
class Pivot:
    """(SELECT * FROM (query) PIVOT (calls FOR key IN (values))) AS alias; the other columns are grouped by.

    Without the parentheses PIVOT would turn all of a join.
    """

    query: Select  # columns c0, c1, ...
    groups: list  # names of columns
    key: str
    values: list  # literals
    calls: list  # aggregates of the query's columns, {0}
    names: list  # of the columns that are made
    alias: str
    columns: list
    unique: object = None

    def render(self, duck):
        inner = f"({self.query.render(duck)})"
        if duck:
            return f"({self.plain(inner)}) AS {self.alias}"
        calls = ", ".join(f"{call.spark} AS a{i}" for i, call in enumerate(self.calls))
        values = ", ".join(f"{v.render(False)} AS v{i}" for i, v in enumerate(self.values))
        return f"(SELECT * FROM {inner} PIVOT ({calls} FOR {self.key} IN ({values}))) AS {self.alias}"

    def plain(self, inner):
        """A value without rows gives NULL, unless Spark's first way is not for the type of a call: then count gives 0."""
        first_way = all(schema.is_number(call.type) or call.type == "boolean" for call in self.calls)
        items, names = list(self.groups), iter(self.names)
        for value in self.values:
            rows = f"FILTER (WHERE {self.key} IS NOT DISTINCT FROM {value.render(True)})"
            for call in self.calls:
                text = (call.duck or call.spark).replace(")", f") {rows}", 1)
                text = f"CASE WHEN count(*) {rows} > 0 THEN {text} END" if first_way else text
                items.append(f"{text} AS {next(names)}")
        by = f" GROUP BY {', '.join(self.groups)}" if self.groups else ""
        return f"SELECT {', '.join(items)} FROM {inner} AS p{by}"


@dataclasses.dataclass
class Unpivot:
    """(SELECT * FROM (query) UNPIVOT (value FOR name IN (columns))) AS alias"""

    query: Select
    kept: list  # names of columns
    turned: list  # names of columns of one type
    nulls: bool
    alias: str
    columns: list
    unique: object = None

    def render(self, duck):
        inner = f"({self.query.render(duck)})"
        names = [f"n{i}" for i in range(len(self.turned))]
        if not duck:
            what = ", ".join(f"{c} AS {n}" for c, n in zip(self.turned, names))
            return f"(SELECT * FROM {inner} UNPIVOT {'INCLUDE NULLS ' if self.nulls else ''}(val FOR name IN ({what}))) AS {self.alias}"
        cases = " ".join(f"WHEN '{n}' THEN {c}" for c, n in zip(self.turned, names))
        values = ", ".join(f"('{n}')" for n in names)
        text = f"SELECT {', '.join([*self.kept, 'name'])}, CASE name {cases} END AS val FROM {inner} AS u CROSS JOIN (VALUES {values}) AS w(name)"
        return f"({text if self.nulls else f'SELECT * FROM ({text}) AS x WHERE val IS NOT NULL'}) AS {self.alias}"


def calls_of(made, columns):
    """Aggregates of bare columns: their text is the same over any rows."""
    found = []
    for _ in range(made.rng.choice((1, 1, 2))):
        column = made.rng.choice(columns)
        bound = column.bound
        name = made.rng.choice(("min", "max", "count", "sum"))
        if name == "count":
            found.append(Expr("bigint", f"count({column.spark})", bound=10**6))
        elif name == "sum" and column.type in ("int", "smallint") and bound is not None:
            found.append(Expr("bigint", f"sum({column.spark})", f"CAST(sum({column.spark}) AS BIGINT)", bound=bound * 10**6))
        else:
            found.append(Expr(column.type, f"{'min' if name == 'sum' else name}({column.spark})", bound=bound, exact=column.exact))
    return [Expr(c.type, c.spark, c.duck and c.duck.replace(" AS BIGINT)", "::BIGINT)").replace("CAST(", "(", 1), bound=c.bound, exact=c.exact) for c in found]


def pivot(made, query, alias):
    """`made` makes expressions over no columns. None: no column can be the key."""
    columns = [Expr(t, n, bound=b, exact=e) for n, (t, e, b) in zip(query.names, query.types())]
    keys = [c for c in columns if c.type in KEY_TYPES and c.exact]
    if not keys or len(columns) < 2:
        return None
    key = made.rng.choice(keys)
    others = [c for c in columns if c is not key]
    calls = calls_of(made, others)
    used = {c.spark for c in others if any(f"({c.spark})" in call.spark for call in calls)}
    groups = [c for c in others if c.spark not in used]
    values = {v.spark: v for v in (made.constant(key.type) for _ in range(made.rng.choice((1, 2, 3)))) if "NULL" not in v.spark}
    if not values:
        return None
    one = len(calls) == 1
    names = [f"v{i}" if one else f"v{i}_a{j}" for i in range(len(values)) for j in range(len(calls))]
    out = [Expr(c.type, f"{alias}.{c.spark}", bound=c.bound, exact=c.exact) for c in groups]
    out += [Expr(call.type, f"{alias}.{n}", bound=call.bound, exact=call.exact) for n, call in zip(names, calls * len(values))]
    return Pivot(query, [c.spark for c in groups], key.spark, list(values.values()), calls, names, alias, out)


def unpivot(made, query, alias):
    columns = [Expr(t, n, bound=b, exact=e) for n, (t, e, b) in zip(query.names, query.types())]
    type_ = made.rng.choice(columns).type
    turned = [c for c in columns if c.type == type_ and made.rng.random() < 0.8]
    if not turned:
        return None
    kept = [c for c in columns if c not in turned]
    bounds = [c.bound for c in turned]
    out = [Expr(c.type, f"{alias}.{c.spark}", bound=c.bound, exact=c.exact) for c in kept] + [Expr("string", f"{alias}.name")]
    out.append(Expr(type_, f"{alias}.val", bound=None if None in bounds else max(bounds), exact=all(c.exact for c in turned)))
    return Unpivot(query, [c.spark for c in kept], [c.spark for c in turned], made.rng.random() < 0.5, alias, out)
