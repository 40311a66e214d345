"""compare.py - are two answers the same? Rows as multisets, floats within a tolerance where order of summation may matter."""
import collections
import datetime
import decimal
import math
import re

import schema

TOLERANCE = {"double": 1e-9, "float": 1e-4}


def value(type_, found):
    """One form for what engines return: text, or Python's values."""
    if found is None:
        return None
    if type_ in schema.FLOATS:
        return {"Infinity": math.inf, "-Infinity": -math.inf}.get(found, None) or float(found)
    if type_ in schema.INTERVALS:
        return interval(found)
    if type_ == "boolean":
        return found if isinstance(found, str) else str(bool(found)).lower()
    if isinstance(found, datetime.datetime):
        return found.isoformat(" ").rstrip("0").rstrip(".") if found.microsecond else found.isoformat(" ")
    if schema.is_decimal(type_):
        return format(plain_decimal(found), "f")
    return str(found)


def interval(found):
    """Microseconds or months, of Spark's text or of a number."""
    if not isinstance(found, str):
        return int(found)
    parts = [int(part) for part in re.split(r"[- :.]", found.lstrip("-"))]
    if len(parts) == 2:
        size = parts[0] * 12 + parts[1]
    else:
        days, hours, minutes, seconds, nanos = parts
        size = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 10**6 + nanos // 1000
    return -size if found[0] == "-" else size


def plain_decimal(found):
    number = decimal.Decimal(found)
    if not number:
        return decimal.Decimal(0)
    return number.normalize(decimal.Context(prec=60))


def close(type_, a, b):
    if a is None or b is None or type_ not in schema.FLOATS:
        return a == b
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b or abs(a - b) <= TOLERANCE[type_] * max(1.0, abs(a), abs(b))


def sort_key(types, row):
    def key(type_, v):
        if v is None:
            return (0, "")
        if type_ in schema.FLOATS:
            return (2, "") if math.isnan(v) else (1, f"{v + 0.0:.5e}") if math.isfinite(v) else (3, str(v))
        return (1, v)

    exact = [key(t, v) for t, v in zip(types, row) if t not in schema.FLOATS]
    return exact, [key(t, v) for t, v in zip(types, row) if t in schema.FLOATS]


def same_row(types, a, b):
    return all(close(t, x, y) for t, x, y in zip(types, a, b))


def same_rows(types, left, right, ordered):
    if len(left) != len(right) or any(len(row) != len(types) for row in left + right):
        return False
    left = [[value(t, v) for t, v in zip(types, row)] for row in left]
    right = [[value(t, v) for t, v in zip(types, row)] for row in right]
    if not ordered:
        left.sort(key=lambda row: sort_key(types, row))
        right.sort(key=lambda row: sort_key(types, row))
    if all(same_row(types, a, b) for a, b in zip(left, right)):
        return True
    if ordered:
        return False
    return same_in_groups(types, left, right)


def same_in_groups(types, left, right):
    """Floats that are close may have been sorted apart: looks for each row among those with the same other values."""
    groups = collections.defaultdict(list)
    for row in right:
        groups[str(sort_key(types, row)[0])].append(row)
    for row in left:
        group = groups[str(sort_key(types, row)[0])]
        found = next((i for i, other in enumerate(group) if same_row(types, row, other)), None)
        if found is None:
            return False
        del group[found]
    return True


def is_of_values(error):
    """Does the condition depend on which values are computed? A rule may see that NULL comes of it whatever they are."""
    return any(word in error for word in ("OVERFLOW", "_BY_ZERO", "OUT_OF_RANGE", "CAST_"))


def difference(query, a, b):
    """What is different, in a word; or None. An error that only one of the two has is `error`."""
    if a.crash or b.crash:
        return "crash"
    if "INTERNAL_ERROR" in (a.error, b.error):
        return "internal"
    if {"SKIPPED", "LATE"} & {a.error, b.error}:
        return None
    if a.failed() and b.failed():
        return None
    if a.failed() or b.failed():
        return "error"
    types = [t for t, _, _ in query.types()]
    return None if same_rows(types, a.rows, b.rows, bool(getattr(query, "order", None))) else "rows"
