"""query.py - random queries over tables."""
import re

import pivot
import schema
from aggregates import Aggregates, order_of_all
from tree import Derived, Expr, Inline, Join, OrderKey, Select, SetOp, TableRef, With, conjunction, has

LATERAL_JOINS = ("JOIN", "CROSS JOIN", "LEFT JOIN")
JOINS = ("JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "LEFT SEMI JOIN", "LEFT ANTI JOIN", "CROSS JOIN")
SET_OPS = ("UNION", "UNION ALL", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL")


class Queries:
    """Makes queries over `tables`. duck: only what DuckDB can be asked too."""

    def __init__(self, rng, tables, duck):
        self.rng = rng
        self.tables = tables
        self.duck = duck
        self.aliases = 0
        self.with_ = None
        self.depth = 2 if all(len(table.rows) <= 30 for table in tables) else 0  # joins would have millions of rows

    def expressions(self, scope):
        return Aggregates(self.rng, scope, self.duck)

    def alias(self):
        self.aliases += 1
        return f"r{self.aliases}"

    def strict(self):
        """Of one table, with all that may fail: each row is computed, so that all engines fail or none."""
        source = self.table()
        made = Aggregates(self.rng, source.columns, False, unsafe=True)
        items = [made.make(made.any_type(), 3) for _ in range(self.rng.choice((1, 1, 2)))]
        return Select(items, source)

    def top(self):
        kind = self.rng.random()
        if not self.duck and kind > 0.9:
            return self.strict()
        if kind < 0.12:
            name = "w"
            inner = self.select(self.depth // 2)
            self.with_ = (name, inner)
            query = With(name, inner, self.select(self.depth // 2))
            self.with_ = None
            return query
        query = self.set_operation(self.depth // 2) if kind < 0.25 else self.select(self.depth)
        self.maybe_order(query, 0.4)
        return query

    def maybe_order(self, query, chance):
        if self.rng.random() > chance or not all(exact for _, exact, _ in query.types()):
            return
        query.order = self.hidden_keys(query) + order_of_all(self.rng, query)
        if self.rng.random() < 0.5:
            query.limit = f"LIMIT {self.rng.choice((0, 1, 2, 5, 20))}"
            if self.rng.random() < 0.3:
                query.limit += f" OFFSET {self.rng.choice((1, 3))}"

    def hidden_keys(self, query):
        """Sort keys that the select list may lack; below them all columns still make the order total."""
        plain = isinstance(query, Select) and query.source and not query.distinct and not query.group
        if not plain or self.rng.random() > 0.3 or any(has(e, "aggregate") or has(e, "window") for e in query.items) or query.having:
            return []
        made = self.expressions([c for c in query.source.columns if c.exact])
        key = made.make(made.any_type(), 2, True)
        if not any("." in part.spark and part.spark[0] == "r" for part in key.walk()) or not key.exact:
            return []
        return [OrderKey(key, self.rng.random() < 0.5, self.rng.choice(("", "FIRST", "LAST")))]

    def lateral(self, depth):
        left = self.source(depth - 1)
        query = self.select(depth - 1, outer=left.columns)
        if query.group or not any(has(e, "aggregate") for e in query.items + [query.having or query.items[0]]):
            self.maybe_order(query, 0.3)  # DuckDB loses the one row of an aggregate below ORDER BY
        alias = self.alias()
        right = Derived(query, alias, self.columns_of(query, alias), None)
        kind = self.rng.choice(LATERAL_JOINS)
        on = Expr("boolean", "true") if kind == "LEFT JOIN" else None
        if kind == "JOIN":
            on = self.expressions(left.columns + right.columns).predicate("boolean", 1, True) if self.rng.random() < 0.5 else Expr("boolean", "true")
        return Join(kind, left, right, on, left.columns + right.columns, None, lateral=True)

    def set_operation(self, depth):
        left = self.select(depth, exact=True)
        types = [t for t, _, _ in left.types()]
        made = SetOp(self.rng.choice(SET_OPS), left, self.select(depth, types=types, exact=True))
        while self.rng.random() < 0.2:
            made = SetOp(self.rng.choice(SET_OPS), made, self.select(0, types=types, exact=True))
        return made

    def table(self):
        alias = self.alias()
        if self.with_ and self.rng.random() < 0.6:
            name, query = self.with_
            columns = self.columns_of(query, alias)
            return TableRef(name, alias, columns, None)
        table = self.rng.choice(self.tables)
        columns = [Expr(c.type, f"{alias}.{c.name}", bound=c.bound) for c in table.columns]
        return TableRef(table.name, alias, columns, [columns[0]])

    @staticmethod
    def columns_of(query, alias):
        return [Expr(t, f"{alias}.{n}", bound=b, exact=e) for n, (t, e, b) in zip(query.names, query.types())]

    def inline(self):
        alias = self.alias()
        made = self.expressions([])
        types = [made.any_type() for _ in range(self.rng.randint(1, 3))]
        rows = [[made.constant(t) for t in types] for _ in range(self.rng.randint(1, 4))]
        columns = []
        for i, type_ in enumerate(types):
            bounds = [row[i].bound for row in rows]
            columns.append(Expr(type_, f"{alias}.v{i}", bound=None if None in bounds else max(bounds)))
        return Inline(rows, alias, columns)

    def source(self, depth):
        kind = self.rng.random()
        if kind < 0.03:
            return self.inline()
        if depth <= 0 or kind < 0.35:
            return self.table()
        if kind < 0.55:
            query = self.set_operation(depth - 1) if self.rng.random() < 0.2 else self.select(depth - 1)
            self.maybe_order(query, 0.15)
            alias = self.alias()
            return Derived(query, alias, self.columns_of(query, alias), None)
        if kind < 0.62:
            return self.lateral(depth)
        if kind < 0.68:
            return self.turned(depth - 1)
        return self.join(depth)

    def turned(self, depth):
        """PIVOT or UNPIVOT of a query."""
        query, alias = self.select(depth), self.alias()
        turn = self.rng.choice((pivot.pivot, pivot.unpivot))
        return turn(self.expressions([]), query, alias) or Derived(query, alias, self.columns_of(query, alias), None)

    def join(self, depth):
        left, right = self.source(depth - 1), self.source(depth - 1)
        kind = self.rng.choice(JOINS)
        if kind != "CROSS JOIN" and isinstance(left, TableRef) and isinstance(right, TableRef) and self.rng.random() < 0.1:
            using = self.rng.choice(("k", "id", "k, id")) if left.unique and right.unique else ""
            if using and "SEMI" not in kind and "ANTI" not in kind:
                return Join(kind, left, right, None, left.columns + right.columns, left.unique + right.unique, using)
        one_sided = "SEMI" in kind or "ANTI" in kind
        columns = left.columns + right.columns
        unique = left.unique if one_sided else left.unique and right.unique and left.unique + right.unique
        on = None if kind == "CROSS JOIN" else self.condition(left, right, one_sided and self.duck)
        if on is None and one_sided:
            return left
        return Join(kind, left, right, on, left.columns if one_sided else columns, unique)

    def condition(self, left, right, keyed=False):
        """Equal keys as a rule, and more conditions at times; at times no key at all, unless `keyed`.

        DuckDB's SEMI and ANTI JOIN want a key: without they repeat rows.
        """
        pairs = [(a, b) for a in left.columns for b in right.columns if a.type == b.type and a.exact and b.exact]
        parts = []
        if keyed and not pairs:
            return None
        if pairs and (keyed or self.rng.random() < 0.9):
            keys = [p for p in pairs if p[0].type == "int"] or pairs
            for _ in range(self.rng.choice((1, 1, 1, 2))):
                a, b = self.rng.choice(keys if self.rng.random() < 0.6 else pairs)
                null_safe = self.rng.random() < 0.15
                duck = "({0} IS NOT DISTINCT FROM {1})" if null_safe else None
                parts.append(Expr("boolean", f"({{0}} {'<=>' if null_safe else '='} {{1}})", duck, [a, b]))
        if not parts or self.rng.random() < 0.35:
            scope = left.columns + right.columns
            parts.append(self.expressions(scope).predicate("boolean", 1, True))
        return conjunction(parts)

    def select(self, depth, types=None, exact=False, outer=()):
        source = self.source(depth)
        made = self.expressions(source.columns)
        where = self.where(depth, source, outer)
        if self.rng.random() < 0.4:
            return self.grouped(depth, source, where, types, exact, outer)
        wanted = types or [made.any_type() for _ in range(self.rng.choice((1, 2, 2, 3, 4)))]
        items = [made.make(t, self.rng.choice((0, 1, 2, 3)), exact) for t in wanted]
        if not types and not outer and self.rng.random() < 0.25:
            windows = made.maybe_named(made.window(1, source.unique), 1)
            items += [window for window in windows if window.exact or not exact]
        if not types and depth > 0 and self.rng.random() < 0.12:
            subquery = self.scalar_subquery(depth, source.columns)
            items += [subquery] if subquery.exact or not exact else []
        distinct = self.rng.random() < 0.12 and all(e.exact for e in items)
        return Select(items, source, where, distinct=distinct)

    def grouped(self, depth, source, where, types, exact, outer):
        made = self.expressions(source.columns)
        keys = [made.make(made.any_type(), self.rng.choice((0, 0, 0, 1, 2))) for _ in range(self.rng.choice((0, 1, 1, 2, 3)))]
        keys = [key for key in keys if any(part.spark.startswith("r") and "." in part.spark for part in key.walk())]
        calls = [made.aggregate(self.rng.choice((0, 0, 1, 2)), source.unique) for _ in range(self.rng.choice((1, 1, 2, 3)))]
        above = self.expressions(keys + calls)
        if types:
            items = [above.make(t, 1, exact) for t in types]
        else:
            items = keys + [c for c in calls if c.exact or not exact]
            if self.rng.random() < 0.4:
                items.append(above.make(above.any_type(), 2, exact))
        having = None
        if self.rng.random() < 0.25:
            having = above.predicate("boolean", 1, True)
        if not types and not outer and calls and keys and all(k.exact for k in keys) and self.rng.random() < 0.15:
            items += [window for window in above.maybe_named(above.window(0, keys), 0) if window.exact or not exact]
        if not items:
            items = [Expr("bigint", "count(*)", bound=10**6)]
        needs_group = not keys and not calls
        made = Select(items, source, where, keys, None if needs_group else having)
        if not types and not outer and keys and items[: len(keys)] == keys and not any(has(e, "window") for e in items) and self.rng.random() < 0.3:
            mixed = len(items) > len(keys) + len([c for c in calls if c.exact or not exact])
            named = all(re.search(r"\br\d+\.", key.render(False)) for key in keys)  # DuckDB's ALL leaves out constants
            made.by = "ordinals" if mixed or having or not named else self.rng.choice(("ALL", "ordinals"))
            return made
        if not outer and keys and not any(has(e, "window") for e in items) and all(k.spark[0] == "r" and not k.args for k in keys) and len({k.spark for k in keys}) == len(keys) and self.rng.random() < 0.2:
            # Spark finds fewer names in HAVING, and has no grand total of no rows
            made.having = Expr("boolean", "(count(*) > 0)", kind="aggregate")
            made.sets = self.rng.choice(("ROLLUP ({})", "CUBE ({})", "GROUPING SETS (({}), ())"))
        return made

    def where(self, depth, source, outer):
        parts = []
        if self.rng.random() < 0.5:
            parts.append(self.expressions(source.columns).make("boolean", self.rng.choice((1, 2, 3))))
        if outer and self.rng.random() < 0.8:
            parts.append(self.correlation(source.columns, outer))
        if depth > 0 and self.rng.random() < (0.12 if outer else 0.25):
            sub = self.subquery_predicate(depth, source.columns)
            if sub and self.rng.random() < 0.3:
                other = self.expressions(source.columns).predicate("boolean", 1, True)
                sub = Expr("boolean", self.rng.choice(("({0} OR {1})", "({0} OR NOT ({1}))")), None, [other, sub])
            parts.append(sub)
        return conjunction(parts)

    def correlation(self, inner, outer):
        pairs = [(a, b) for a in inner for b in outer if a.type == b.type and a.exact and b.exact]
        keys = [p for p in pairs if p[0].type == "int"]
        if not pairs:
            return None
        a, b = self.rng.choice(keys if keys and self.rng.random() < 0.7 else pairs)
        made = self.expressions([])
        if self.rng.random() < 0.75:
            return Expr("boolean", "({0} = {1})", None, [a, b])
        return made.comparison(a, b)

    def subquery_predicate(self, depth, outer):
        kind = self.rng.choice(("EXISTS", "NOT EXISTS", "IN", "IN", "NOT IN", "scalar"))
        correlated = outer if self.rng.random() < 0.6 else ()
        if kind == "scalar":
            sub = self.scalar_subquery(depth, outer)
            made = self.expressions(outer)
            return made.comparison(made.leaf(sub.type), sub) if sub.exact else None
        if "EXISTS" in kind:
            return Expr("boolean", kind + " ({q})", query=self.select(depth - 1, outer=correlated))
        made = self.expressions(outer)
        arg = made.make(made.any_type(), 1)
        query = self.select(depth - 1, types=[arg.type], exact=True, outer=correlated)
        return Expr("boolean", f" {kind} ({{q}})", args=[arg], query=query)

    def scalar_subquery(self, depth, outer):
        """One aggregate and no GROUP BY: at most one row."""
        source = self.source(depth - 1)
        made = self.expressions(source.columns)
        call = made.aggregate(1, source.unique)
        correlated = outer if self.rng.random() < 0.6 else ()
        query = Select([call], source, self.where(0, source, correlated))
        exact = call.exact and (call.type not in schema.FLOATS or call.bound is not None)
        return Expr(call.type, "({q})", query=query, bound=call.bound, exact=exact)
