"""aggregates.py - aggregate and window functions, and what is between OVER's parentheses."""
import schema
from expressions import Expressions
from tree import Expr, OrderKey, WindowSpec

ROWS = 10**6  # more than a table or a join of them has


class Aggregates(Expressions):
    """Makes aggregates of expressions over `scope`; the result names no column outside of them."""

    def aggregate(self, depth, unique=None, over=False):
        makers = [self.count, self.extreme, self.extreme, self.total, self.total, self.average, self.moments, self.of_booleans, self.bits]
        if unique and len(unique) == 1 and not self.duck:
            makers.append(self.by)
        if not over:
            makers.append(self.within_group)
        made = self.rng.choice(makers)(depth, unique)
        if made is None or (over and "DISTINCT" in made.spark):
            made = Expr("bigint", "count(*)", bound=ROWS)
        made.kind = "" if over else "aggregate"
        if not over:
            self.maybe_distinct(made)
        if self.rng.random() < 0.15:
            condition = self.predicate("boolean", 1, True)
            if any(part.kind == "aggregate" for part in condition.walk()):
                return made  # of a window above groups: DuckDB computes it, Spark refuses
            made.args.append(condition)
            places = f" FILTER (WHERE {{{len(made.args) - 1}}})"
            made.duck = self.inside(made.duck, places) if made.duck else made.duck
            made.spark = self.inside(made.spark, places)
        return made

    @staticmethod
    def inside(text, places):
        """FILTER goes behind the aggregate itself, which may stand in other calls."""
        if "WITHIN GROUP" in text:
            return text + places
        at = text.find("})") + 2 if "})" in text else text.find(")") + 1
        return text[:at] + places + text[at:]

    def maybe_distinct(self, made):
        if self.rng.random() > 0.2 or not made.args or "{1}" in made.spark:
            return
        for name in ("count(", "sum(", "avg(", "min(", "max("):
            made.spark = made.spark.replace(name + "{", name + "DISTINCT {")
            if made.duck:
                made.duck = made.duck.replace(name + "{", name + "DISTINCT {")

    def count(self, depth, unique):
        kind = self.rng.randrange(4)
        if kind == 0:
            return None
        if kind == 1 and not self.duck:
            args = [self.make(self.any_type(), depth), self.make(self.any_type(), depth)]
            return Expr("bigint", "count(DISTINCT {0}, {1})", False, args, ROWS)
        return Expr("bigint", "count({0})", None, [self.make(self.any_type(), depth)], ROWS)

    def extreme(self, depth, unique):
        arg = self.make(self.any_type(), depth)
        exact = arg.type not in schema.FLOATS or arg.bound is not None
        return Expr(arg.type, self.rng.choice(("min({0})", "max({0})")), None, [arg], arg.bound, exact)

    def number(self, depth, types_):
        known = [e for e in self.scope if e.type in types_ and e.bound is not None]
        if not known:
            return None
        arg = self.make(self.rng.choice(known).type, depth)
        return arg if arg.bound is not None and arg.bound * ROWS < 2**53 else None

    def total(self, depth, unique):
        arg = self.number(depth, (*schema.INTEGERS, "double", *schema.DECIMALS, *schema.INTERVALS))
        if arg is None:
            return None
        if arg.type in schema.INTERVALS:
            if arg.bound > 100:
                return None
            return Expr(arg.type, "sum({0})", f"CAST(sum({{0}}) AS {schema.duck_type(arg.type)})", [arg], arg.bound * ROWS)
        if schema.is_decimal(arg.type):
            precision, scale = schema.digits(arg.type)
            if precision > 28:
                return None
            text = "CAST(sum({0}) AS decimal(38,10))"
            return Expr("decimal(38,10)", text, None, [arg], arg.bound * ROWS)
        if arg.type == "double":
            return Expr("double", "sum({0})", None, [arg], arg.bound * ROWS, arg.exact)
        return Expr("bigint", "sum({0})", "CAST(sum({0}) AS BIGINT)", [arg], arg.bound * ROWS)

    def average(self, depth, unique):
        arg = self.number(depth, (*schema.INTEGERS, "double", "decimal(18,4)", *schema.INTERVALS))
        if arg is None or arg.type in schema.INTERVALS and (self.duck or arg.bound > 100):
            return None
        if arg.type in schema.INTERVALS:
            return Expr(arg.type, "avg({0})", False, [arg], arg.bound)
        if schema.is_decimal(arg.type):
            return Expr("decimal(38,10)", "CAST(avg({0}) AS decimal(38,10))", False, [arg], arg.bound)
        return Expr("double", "avg({0})", None, [arg], arg.bound, False)

    def moments(self, depth, unique):
        arg = self.number(depth, ("int", "double"))
        if arg is None:
            return None
        name = self.rng.choice(("stddev_samp", "stddev_pop", "var_samp", "var_pop"))
        return Expr("double", f"{name}({{0}})", None, [arg], None, False)

    def of_booleans(self, depth, unique):
        arg = self.predicate("boolean", depth, True)
        name = self.rng.choice(("bool_and", "bool_or", "count_if"))
        if name == "count_if":
            return Expr("bigint", "count_if({0})", "CAST(coalesce(count_if({0}), 0) AS BIGINT)", [arg], ROWS)
        return Expr("boolean", f"{name}({{0}})", None, [arg])

    def bits(self, depth, unique):
        type_ = self.rng.choice(("int", "bigint", "tinyint"))
        name = self.rng.choice(("bit_and", "bit_or", "bit_xor"))
        return Expr(type_, f"{name}({{0}})", None, [self.make(type_, depth)])

    def by(self, depth, unique):
        arg = self.make(self.any_type(), depth)
        name = self.rng.choice(("min_by", "max_by"))
        return Expr(arg.type, f"{name}({{0}}, {{1}})", False, [arg, unique[0]], arg.bound)

    def within_group(self, depth, unique):
        """What sorts all values of a group."""
        kind = self.rng.choice(("median", "cont", "disc", "list", "list", "mode"))
        if kind == "list":
            order = self.rng.choice(("", " DESC"))
            text = f"listagg({{0}}, ',') WITHIN GROUP (ORDER BY {{0}}{order})"
            return Expr("string", text, f"string_agg({{0}}, ',' ORDER BY {{0}}{order})", [self.make("string", depth)])
        if kind == "mode":
            arg = self.make(self.rng.choice(("int", "string", "date", schema.DAYS)), depth)
            return Expr(arg.type, "mode() WITHIN GROUP (ORDER BY {0})", False, [arg], arg.bound)
        arg = self.number(depth, ("int", "double"))
        if arg is None:
            return None
        if kind == "median":
            return Expr("double", "median({0})", None, [arg], arg.bound, False)
        share = self.rng.choice((0, 0.25, 0.5, 0.9, 1))
        text = f"percentile_{kind}({share}) WITHIN GROUP (ORDER BY {{0}})"
        return Expr("double", text, f"quantile_{kind}({{0}}, {share})", [arg], arg.bound, False)

    def window(self, depth, unique):
        """A window function. `unique`: columns that make an order total, or None: no order then."""
        partition = [self.leaf(self.any_type()) for _ in range(self.rng.choice((0, 1, 1, 2)))]
        if not unique or self.rng.random() < 0.25:
            return self.over(self.aggregate(depth, over=True), partition, [], "")
        keys = [self.leaf(self.any_type()) for _ in range(self.rng.choice((0, 1, 1)))]
        order = [OrderKey(k, self.rng.random() < 0.4, self.rng.choice(("", "", "FIRST", "LAST"))) for k in keys + list(unique)]
        if self.rng.random() < 0.4:
            return self.over(self.ranking(depth), partition, order, "")
        name = self.rng.choice(("first_value", "last_value", "nth_value", "", "", ""))
        if name:
            arg = self.make(self.any_type(), depth)
            text = f"{name}({{0}}, 2)" if name == "nth_value" else f"{name}({{0}})"
            return self.over(Expr(arg.type, text, None, [arg], arg.bound, arg.exact), partition, order, self.frame("ROWS"))
        if len(order) == 1 and self.rng.random() < 0.5 and order[0].expr.type == "int" and order[0].expr.bound is not None:
            return self.over(self.aggregate(depth, over=True), partition, order, self.frame("RANGE"))
        return self.over(self.aggregate(depth, over=True), partition, order, self.frame("ROWS"))

    def ranking(self, depth):
        name = self.rng.choice(("row_number()", "rank()", "dense_rank()", "ntile(3)", "percent_rank()", "cume_dist()", "lag", "lead"))
        if name in ("lag", "lead"):
            arg = self.make(self.any_type(), depth)
            text = self.rng.choice((f"{name}({{0}})", f"{name}({{0}}, 2)", f"{name}({{0}}, 1, {{0}})"))
            return Expr(arg.type, text, None, [arg], arg.bound, arg.exact)
        if name in ("percent_rank()", "cume_dist()"):
            return Expr("double", name, bound=1, exact=False)
        return Expr("int", name, f"CAST({name} AS INTEGER)", bound=ROWS)

    def frame(self, kind):
        ends = ["UNBOUNDED PRECEDING", "3 PRECEDING", "1 PRECEDING", "CURRENT ROW", "1 FOLLOWING", "2 FOLLOWING", "UNBOUNDED FOLLOWING"]
        if self.rng.random() < 0.3:
            return ""
        low = self.rng.randrange(len(ends) - 1)
        high = self.rng.randrange(max(low, 1), len(ends))
        return f"{kind} BETWEEN {ends[low]} AND {ends[high]}"

    def over(self, call, partition, order, frame):
        return self.over_spec(call, self.spec(partition, order, frame))

    def spec(self, partition, order, frame):
        args = partition + [key.expr for key in order]
        keys = ", ".join(f"{{{i}}}" for i in range(len(partition)))
        texts = []
        for duck in (False, True):
            parts = [f"PARTITION BY {keys}"] if partition else []
            if order:
                parts.append("ORDER BY " + ", ".join(self.key(len(partition) + i, key, duck) for i, key in enumerate(order)))
            texts.append(" ".join([*parts, frame]))
        return WindowSpec("", *texts, args)

    @staticmethod
    def over_spec(call, spec):
        """call OVER spec: its arguments stay the first, the window is the last."""
        at = f" OVER {{{len(call.args)}}}"
        duck = call.duck if call.duck is not None else call.spark
        exact = call.exact and (call.type not in schema.FLOATS or call.bound is not None)
        return Expr(call.type, Aggregates.behind(call.spark, at), duck and Aggregates.behind(duck, at), [*call.args, spec], call.bound, exact, kind="window")

    def maybe_named(self, item, depth):
        """`item`, a window function, and at times another over its window, which then has a name."""
        spec = item.args[-1]
        if self.rng.random() > 0.3:
            return [item]
        spec.name = "win"
        if self.rng.random() < 0.4:
            return [item]
        return [item, self.over_spec(self.aggregate(depth, over=True), spec)]

    @staticmethod
    def key(i, key, duck):
        return f"{{{i}}} {'DESC' if key.descending else ''} {Aggregates.nulls(key, duck)}"

    @staticmethod
    def nulls(key, duck):
        word = key.nulls or (("LAST" if key.descending else "FIRST") if duck else "")
        return f"NULLS {word}" if word else ""

    @staticmethod
    def behind(text, over):
        """OVER goes behind the call, which may stand in a CAST, and behind its FILTER."""
        at = text.rindex(", 0) AS ") if "coalesce" in text else text.rindex(" AS ") if text.startswith("CAST(") else len(text)
        return text[:at] + over + text[at:]


def order_of_all(rng, query):
    """A total order of the rows of a query: each of its columns, in any order."""
    numbers = list(range(1, len(query.types()) + 1))
    rng.shuffle(numbers)
    return [OrderKey(Expr("int", str(n)), rng.random() < 0.4, rng.choice(("", "", "FIRST", "LAST"))) for n in numbers]

