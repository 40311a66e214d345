"""tree.py - a query as a tree: every part can be written for Spark (and Vonk) or for DuckDB, and taken away."""
import dataclasses
import re

import schema

ARGUMENT = re.compile(r"\{(\d+)\}")


class NotInDuck(Exception):
    """This query has no equivalent in DuckDB."""


@dataclasses.dataclass
class Expr:
    """`{0}` in a template is args[0]. duck None: as for Spark; False: there is no such thing."""

    type: str
    spark: str
    duck: object = None
    args: list = dataclasses.field(default_factory=list)
    bound: object = None  # of a number: its magnitude; None: may be at the edge of the type
    exact: bool = True  # False: the last digits depend on the order of rows, or on the C library
    query: object = None  # a subquery, whose text is {q}
    kind: str = ""  # "aggregate", "window"

    def render(self, duck):
        if duck and self.duck is False:
            raise NotInDuck(self.spark)
        template = self.duck if duck and self.duck else self.spark
        if self.query is not None:
            template = template.replace("{q}", self.query.render(duck))
            return template if not self.args else self.args[0].render(duck) + template
        return ARGUMENT.sub(lambda m: self.args[int(m[1])].render(duck), template)

    def walk(self):
        yield self
        for arg in self.args:
            yield from arg.walk()


@dataclasses.dataclass
class WindowSpec(Expr):
    """What is between OVER's parentheses; with a name it stands in the query's WINDOW clause."""

    name: str = ""

    def render(self, duck):
        return self.name or self.definition(duck)

    def definition(self, duck):
        return f"({super().render(duck)})"


def has(expr, kind):
    return any(part.kind == kind for part in expr.walk())


@dataclasses.dataclass
class TableRef:
    table: str
    alias: str
    columns: list  # Exprs that name its columns
    unique: list  # of them, those that together differ from row to row; None: unknown

    def render(self, duck):
        return f"{self.table} AS {self.alias}"


@dataclasses.dataclass
class Inline:
    """(VALUES (..), (..)) AS alias(v0, v1)"""

    rows: list  # lists of literals
    alias: str
    columns: list
    unique: object = None

    def render(self, duck):
        rows = ", ".join("(" + ", ".join(e.render(duck) for e in row) + ")" for row in self.rows)
        names = ", ".join(f"v{i}" for i in range(len(self.columns)))
        return f"(VALUES {rows}) AS {self.alias}({names})"


@dataclasses.dataclass
class Derived:
    query: object
    alias: str
    columns: list
    unique: list

    def render(self, duck):
        return f"({self.query.render(duck)}) AS {self.alias}"


@dataclasses.dataclass
class Join:
    kind: str  # JOIN, LEFT JOIN, ..., LEFT SEMI JOIN, CROSS JOIN
    left: object
    right: object
    on: object  # Expr or None
    columns: list
    unique: list
    using: str = ""
    lateral: bool = False  # the right side, Derived, uses columns of the left

    def render(self, duck):
        kind = self.kind.replace("LEFT SEMI", "SEMI").replace("LEFT ANTI", "ANTI") if duck else self.kind
        right = self.right.render(duck)
        if isinstance(self.right, Join):
            right = f"({right})"
        if self.lateral:
            right = f"LATERAL {right}"
        on = f" ON {self.on.render(duck)}" if self.on else f" USING ({self.using})" if self.using else ""
        return f"{self.left.render(duck)} {kind} {right}{on}"


@dataclasses.dataclass
class OrderKey:
    expr: Expr
    descending: bool
    nulls: str  # FIRST, LAST, or "": Spark's default

    def render(self, duck):
        nulls = self.nulls or (("LAST" if self.descending else "FIRST") if duck else "")
        words = [self.expr.render(duck), "DESC" if self.descending else "", nulls and f"NULLS {nulls}"]
        return " ".join(filter(None, words))


def ordinal(number):
    return Expr("int", str(number))


@dataclasses.dataclass
class Select:
    items: list  # Exprs; their names are c0, c1, ...
    source: object = None
    where: object = None
    group: list = dataclasses.field(default_factory=list)
    having: object = None
    distinct: bool = False
    order: list = dataclasses.field(default_factory=list)
    limit: str = ""
    names: object = None
    sets: str = "{}"  # what is around the groups: ROLLUP ({}), ...
    by: str = ""  # "ALL" or "ordinals": the groups are the first items

    def __post_init__(self):
        self.names = self.names or [f"c{i}" for i in range(len(self.items))]

    def render(self, duck):
        items = ", ".join(f"{e.render(duck)} AS {n}" for e, n in zip(self.items, self.names))
        parts = ["SELECT DISTINCT" if self.distinct else "SELECT", items]
        if self.source:
            parts += ["FROM", self.source.render(duck)]
        if self.where:
            parts += ["WHERE", self.where.render(duck)]
        if self.group:
            parts += ["GROUP BY", self.sets.replace("{}", self.groups(duck))]
        if self.having:
            parts += ["HAVING", self.having.render(duck)]
        named = {e.name: e for item in self.items for e in item.walk() if isinstance(e, WindowSpec) and e.name}
        if named:
            parts += ["WINDOW", ", ".join(f"{name} AS {spec.definition(duck)}" for name, spec in named.items())]
        return " ".join(parts) + order_text(self, duck)

    def groups(self, duck):
        if self.by == "ALL":
            return "ALL"
        if self.by == "ordinals":
            return ", ".join(str(i + 1) for i in range(len(self.group)))
        return ", ".join(e.render(duck) for e in self.group)

    def types(self):
        return [(e.type, e.exact, e.bound) for e in self.items]


def order_text(query, duck):
    text = ""
    if query.order:
        text += " ORDER BY " + ", ".join(key.render(duck) for key in query.order)
    return text + (f" {query.limit}" if query.limit else "")


@dataclasses.dataclass
class SetOp:
    op: str
    left: object
    right: object
    order: list = dataclasses.field(default_factory=list)
    limit: str = ""

    def render(self, duck):
        return f"({self.left.render(duck)}) {self.op} ({self.right.render(duck)})" + order_text(self, duck)

    def types(self):
        both = zip(self.left.types(), self.right.types())
        return [(a[0], a[1] and b[1], None if None in (a[2], b[2]) else max(a[2], b[2])) for a, b in both]

    @property
    def names(self):
        return self.left.names


@dataclasses.dataclass
class With:
    """WITH name AS (query) body; the body's sources may name it."""

    name: str
    query: object
    body: object

    def render(self, duck):
        return f"WITH {self.name} AS ({self.query.render(duck)}) {self.body.render(duck)}"

    def types(self):
        return self.body.types()

    @property
    def names(self):
        return self.body.names


def null(type_):
    return Expr(type_, f"CAST(NULL AS {type_})", f"CAST(NULL AS {schema.duck_type(type_)})", bound=0)


def conjunction(parts):
    parts = [part for part in parts if part]
    if not parts:
        return None
    whole = parts[0]
    for part in parts[1:]:
        whole = Expr("boolean", "({0} AND {1})", args=[whole, part])
    return whole
