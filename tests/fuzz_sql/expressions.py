"""expressions.py - typed random expressions over the columns in scope."""
import datetime
import math
import types

import data
import schema
from functions import FUNCTIONS
from schema import duck_type
from tree import Expr, null

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=", "<=>")


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def duck_quoted(text):
    return "'" + text.replace("'", "''") + "'"


def interval_text(type_, value):
    """Spark's text of microseconds, or of months."""
    sign, size = "-" if value < 0 else "", abs(value)
    if type_ == schema.MONTHS:
        return f"{sign}{size // 12}-{size % 12}"
    seconds, micros = divmod(size, 10**6)
    minutes, hours = seconds // 60, seconds // 3600
    return f"{sign}{hours // 24} {hours % 24:02}:{minutes % 60:02}:{seconds % 60:02}.{micros:06}"


def literal_text(type_, value):
    if type_ in schema.INTERVALS:
        return f"INTERVAL '{interval_text(type_, value)}' {type_[9:].upper()}"
    if type_ == "boolean":
        return str(value).lower()
    if type_ == "string":
        return quoted(value)
    if isinstance(value, datetime.date):
        return f"{type_.upper()} '{data.text_of(value)}'"
    if type_ == "int" and abs(value) < 2**31:
        return str(value)
    if type_ in schema.FLOATS and abs(value) < 10**6 and str(value) != "-0.0":
        return f"{value}D" if type_ == "double" else f"CAST({value} AS FLOAT)"
    return f"CAST('{value}' AS {type_})"


def literal(type_, value):
    text = literal_text(type_, value)
    if type_ == "string":
        duck = duck_quoted(value)
    else:
        duck = f"CAST('{data.text_of(value)}' AS {duck_type(type_)})"
    bound = math.ceil(abs(value)) if schema.is_number(type_) else 100
    return Expr(type_, text, duck, bound=bound)


def fits(bound, type_):
    return bound is not None and bound <= schema.largest(type_)


class Expressions:
    """Makes expressions over `scope`, the Exprs that may be leaves."""

    def __init__(self, rng, scope, duck=True, unsafe=False):
        self.rng = rng
        self.scope = scope
        self.duck = duck  # only what DuckDB also has
        self.unsafe = unsafe  # what may fail

    def constant(self, type_):
        if self.rng.random() < 0.08:
            return null(type_)
        bound = min(100, schema.largest(type_)) if schema.is_number(type_) else 100
        column = types.SimpleNamespace(type=type_, bound=bound)
        return literal(type_, data.random_value(self.rng, column))

    def leaf(self, type_, exact=True):
        known = [e for e in self.scope if e.type == type_ and (e.exact or not exact)]
        if known and self.rng.random() < 0.8:
            return self.rng.choice(known)
        return self.constant(type_)

    def any_type(self):
        if self.scope and self.rng.random() < 0.7:
            return self.rng.choice(self.scope).type
        return self.rng.choice(schema.TYPES)

    def make(self, type_, depth, exact=True):
        if depth <= 0 or self.rng.random() < 0.25:
            return self.leaf(type_, exact)
        makers = [self.function, self.function, self.case, self.coalesce]
        if type_ == "boolean":
            makers = [self.predicate] * 6 + [self.logic] * 3 + [self.case]
        elif schema.is_number(type_):
            makers += [self.arithmetic] * 3 + [self.cast]
        return self.rng.choice(makers)(type_, depth, exact)

    def case(self, type_, depth, exact):
        args = [self.predicate("boolean", depth - 1, True), self.make(type_, depth - 1, exact), self.make(type_, depth - 1, exact)]
        texts = ("CASE WHEN {0} THEN {1} ELSE {2} END", "CASE WHEN {0} THEN {1} ELSE {2} END", "if({0}, {1}, {2})", "CASE WHEN {0} THEN {1} END")
        text = self.rng.choice(texts)
        duck = texts[0] if text.startswith("if") else None
        return self.joined(type_, text, duck, args, args[1:])

    def coalesce(self, type_, depth, exact):
        args = [self.make(type_, depth - 1, exact), self.make(type_, depth - 1, exact)]
        text = self.rng.choice(("coalesce({0}, {1})", "coalesce({0}, {1})", "nullif({0}, {1})", "greatest({0}, {1})", "least({0}, {1})"))
        if type_ == "boolean" and text[0] in "gl":
            text = "coalesce({0}, {1})"
        return self.joined(type_, text, None, args, args)

    def joined(self, type_, text, duck, args, values):
        """A value that is one of `values`."""
        bounds = [v.bound for v in values]
        bound = None if None in bounds else max(bounds)
        return Expr(type_, text, duck, args, bound, all(a.exact for a in args))

    def cast(self, type_, depth, exact):
        source = self.rng.choice([t for t in schema.TYPES if schema.is_number(t)])
        arg = self.make(source, depth - 1, exact)
        rounds = source in schema.FLOATS or schema.is_decimal(source)
        to_text = f"CAST({{0}} AS {duck_type(type_)})"
        if type_ == "float" and self.duck and arg.bound is None:
            return self.leaf(type_, exact)  # too large is infinite, in DuckDB an error
        if type_ in schema.FLOATS:
            exact = arg.exact and not schema.is_decimal(source) and fits(arg.bound, type_)
            return Expr(type_, f"CAST({{0}} AS {type_})", to_text, [arg], arg.bound, exact)
        if source in schema.FLOATS and schema.is_decimal(type_) or rounds and type_ in schema.INTEGERS:
            if self.duck:  # it rounds where Spark cuts
                return self.leaf(type_, exact)
            to_text = False
        if fits(arg.bound, type_):
            return Expr(type_, f"CAST({{0}} AS {type_})", to_text, [arg], arg.bound, arg.exact)
        if self.unsafe:
            return Expr(type_, f"CAST({{0}} AS {type_})", False, [arg], None, arg.exact)
        if to_text:
            to_text = f"TRY_CAST({{0}} AS {duck_type(type_)})"
        return Expr(type_, f"try_cast({{0}} AS {type_})", to_text, [arg], None, arg.exact)

    def narrower(self, type_):
        """A type that Spark widens to `type_` where it meets one."""
        order = [*schema.INTEGERS]
        if type_ == "double" and not self.duck:
            return self.rng.choice(("float", "int", "smallint"))
        return self.rng.choice(order[: order.index(type_) + 1]) if type_ in order else type_

    def arithmetic(self, type_, depth, exact):
        other = self.narrower(type_) if self.rng.random() < 0.25 else type_
        a, b = self.make(type_, depth - 1, exact), self.make(other, depth - 1, exact)
        op = self.rng.choice("+-+-*/%") if other == type_ else self.rng.choice("+-*")
        if other != type_ and a.spark.startswith("CAST(NULL") or self.unsafe:
            return self.raw(type_, op, a, b)
        if schema.is_decimal(type_):
            return self.decimal_arithmetic(type_, op, a, b)
        exact = a.exact and b.exact
        known = a.bound is not None and b.bound is not None
        bound = None if not known else a.bound * b.bound if op == "*" else a.bound + b.bound
        if op in "/%":
            if op == "/" and type_ != "double":
                op = "%"
            name = "try_divide" if op == "/" else "try_mod"
            if not known or type_ == "float" or (self.duck and op == "%" and type_ == "double"):
                return a
            duck = f"CASE WHEN {{1}} = 0 THEN NULL ELSE {{0}} {op} {{1}} END"
            return Expr(type_, f"{name}({{0}}, {{1}})", duck, [a, b], b.bound if op == "%" else None, exact and op == "%")
        if type_ in schema.FLOATS:
            return Expr(type_, f"({{0}} {op} {{1}})", None, [a, b], bound if fits(bound, type_) else None, exact and type_ == "double" and fits(bound, type_))
        if fits(bound, type_):
            return Expr(type_, f"({{0}} {op} {{1}})", None, [a, b], bound, exact)
        name = {"+": "try_add", "-": "try_subtract", "*": "try_multiply"}[op]
        return Expr(type_, f"{name}({{0}}, {{1}})", f"TRY({{0}} {op} {{1}})", [a, b], None, exact)

    def raw(self, type_, op, a, b):
        """What may overflow, and divide by zero."""
        if not self.unsafe:
            return a
        if schema.is_decimal(type_) or op == "/" and type_ != "double":
            return Expr(type_, f"CAST({{0}} {op} {{1}} AS {type_})", False, [a, b], None, a.exact and b.exact)
        return Expr(type_, f"({{0}} {op} {{1}})", False, [a, b], None, type_ not in schema.FLOATS)

    def decimal_arithmetic(self, type_, op, a, b):
        if op in "/%" or a.bound is None or b.bound is None:
            return a
        bound = a.bound * b.bound if op == "*" else a.bound + b.bound
        precision = schema.digits(type_)[0]
        if not fits(bound, type_) or (self.duck and precision * (2 if op == "*" else 1) >= 38):
            return a  # Spark gives up digits after the point there, DuckDB does not
        text = f"CAST({{0}} {op} {{1}} AS {type_})"
        return Expr(type_, text, text.replace(type_, duck_type(type_)), [a, b], bound, a.exact and b.exact)

    def function(self, type_, depth, exact):
        chosen = [f for f in FUNCTIONS.get(type_, ()) if (f.duck is not False or not self.duck) and (f.exact or not exact)]
        if not chosen:
            return self.leaf(type_, exact)
        f = self.rng.choice(chosen)
        args = []
        for kind in f.args:
            if isinstance(kind, tuple):  # one of these literals
                value = self.rng.choice(kind)
                args.append(literal("int" if isinstance(value, int) else "string", value))
            else:
                args.append(self.make(kind, depth - 1, exact))
        if f.bounded and any(a.bound is None or a.bound > schema.LONGEST.get(a.type, a.bound) for a in args):
            return self.leaf(type_, exact)
        known = [a.bound for a in args if a.bound is not None]
        bound = f.bound(*known) if callable(f.bound) and len(known) == len(args) else f.bound
        bound = None if callable(bound) else bound
        return Expr(type_, f.spark, f.duck, args, bound, f.exact and all(a.exact for a in args))

    def logic(self, type_, depth, exact):
        a, b = self.make("boolean", depth - 1), self.make("boolean", depth - 1)
        text = self.rng.choice(("({0} AND {1})", "({0} OR {1})", "(NOT {0})", "({0} IS TRUE)", "({0} IS NOT FALSE)"))
        return Expr(type_, text, None, [a, b][: 2 if "{1}" in text else 1])

    def predicate(self, type_, depth, exact):
        of = self.any_type()
        kind = self.rng.choice(("compare", "compare", "compare", "null", "in", "between", "like"))
        a = self.make(of, depth - 1)
        if kind == "compare" and self.rng.random() < 0.2:
            return self.comparison(a, self.make(self.narrower(of), depth - 1))
        if kind == "null":
            return Expr(type_, self.rng.choice(("({0} IS NULL)", "({0} IS NOT NULL)")), None, [a])
        if kind == "in":
            n = self.rng.choice((1, 2, 3, 4, 30))  # a long list of constants is a hash table
            item = self.rng.choice((self.constant, self.constant, self.leaf))
            args = [a] + [item(of) for _ in range(n)]
            places = ", ".join(f"{{{i}}}" for i in range(1, len(args)))
            return Expr(type_, f"({{0}} {self.rng.choice(('IN', 'NOT IN'))} ({places}))", None, args)
        if kind == "between":
            word = self.rng.choice(("BETWEEN", "NOT BETWEEN"))
            return Expr(type_, f"({{0}} {word} {{1}} AND {{2}})", None, [a, self.leaf(of), self.leaf(of)])
        if kind == "like":
            pattern = self.rng.choice(("%a%", "a%", "_b%", "%", "", "%é%", "abc", "%日_", "x%x", "%c"))
            word = self.rng.choice(("LIKE", "NOT LIKE"))
            return Expr(type_, f"({{0}} {word} {{1}})", None, [self.make("string", depth - 1), literal("string", pattern)])
        return self.comparison(a, self.make(of, depth - 1))

    def comparison(self, a, b):
        op = self.rng.choice(COMPARISONS)
        duck = "({0} IS NOT DISTINCT FROM {1})" if op == "<=>" else None
        return Expr("boolean", f"({{0}} {op} {{1}})", duck, [a, b])
