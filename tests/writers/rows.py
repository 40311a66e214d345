"""rows.py - the rows that writers write: every type, nulls in every place, extremes."""
import datetime
import decimal
import random

import pyarrow as pa

N = 3000
DAY = datetime.date(1970, 1, 1)
MIDNIGHT = datetime.datetime(1970, 1, 1)

# Which rows are null, by name.
NULLS = {
    "none": lambda i: False,
    "all": lambda i: True,
    "some": lambda i: i % 3 == 2,
    "runs": lambda i: i // 100 % 2 == 0,
    "first": lambda i: i == 0,
    "last": lambda i: i == N - 1,
    "half": lambda i: i < N // 2,
    "most": lambda i: i % 997 != 5,
}


def with_nulls(values, where):
    return [None if NULLS[where](i) else value for i, value in enumerate(values)]


def integers(bits, signed=True):
    """Extremes first, then runs, then anything."""
    rng = random.Random(bits)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    values = [low, high, 0, 1, high - 1, low + 1]
    values += [i // 50 % min(high, 100) for i in range(N // 2)]
    return values + [rng.randint(low, high) for _ in range(N - len(values))]


def floats():
    rng = random.Random(5)
    values = [0.0, -0.0, float("nan"), float("inf"), float("-inf"), 1.5, 2.0**-126, 3.0e38]
    return values + [rng.randint(-4000, 4000) / 8 for _ in range(N - len(values))]


def strings():
    rng = random.Random(6)
    values = ["", "a", "é", "\U0001f600", "x" * 12, "x" * 13, "y" * 3000, "tab", "quote's", 'd"q']
    return values + [
        "value %d" % (i % 17) if i < N // 2 else "prefix/%05d/%s" % (i, "z" * rng.randint(0, 30))
        for i in range(N - len(values))
    ]


def binaries():
    rng = random.Random(7)
    return [rng.randbytes(i % 40) for i in range(N)]


def decimals(precision, scale):
    rng = random.Random(precision)
    most = 10**precision - 1
    values = [0, 1, -1, most, -most] + [rng.randint(-most, most) for _ in range(N - 5)]
    exact = decimal.Context(prec=76)
    return [exact.scaleb(decimal.Decimal(v), -scale) for v in values]


def dates():
    return [DAY + datetime.timedelta(days=(i * 37) % 40000 - 20000) for i in range(N)]


def timestamps():
    return [
        MIDNIGHT + datetime.timedelta(hours=(i * 37) % 900000 - 450000, microseconds=i * 1001) for i in range(N)
    ]


def flat():
    """A table of pyarrow with every flat type, and each placement of nulls at least once."""
    columns = {
        "id": pa.array(range(N), pa.int64()),
        "b": pa.array(with_nulls([i % 5 < 2 for i in range(N)], "none"), pa.bool_()),
        "b_some": pa.array(with_nulls([i % 7 == 2 for i in range(N)], "some"), pa.bool_()),
        "i8": pa.array(with_nulls(integers(8), "some"), pa.int8()),
        "i16": pa.array(with_nulls(integers(16), "runs"), pa.int16()),
        "i32": pa.array(with_nulls(integers(32), "none"), pa.int32()),
        "i32_most": pa.array(with_nulls(integers(32), "most"), pa.int32()),
        "i64": pa.array(with_nulls(integers(64), "first"), pa.int64()),
        "i64_all": pa.array(with_nulls(integers(64), "all"), pa.int64()),
        "f32": pa.array(with_nulls(floats(), "half"), pa.float32()),
        "f64": pa.array(with_nulls(floats(), "last"), pa.float64()),
        "s": pa.array(with_nulls(strings(), "none"), pa.string()),
        "s_some": pa.array(with_nulls(strings(), "some"), pa.string()),
        "s_most": pa.array(with_nulls(strings(), "most"), pa.string()),
        "s_all": pa.array(with_nulls(strings(), "all"), pa.string()),
        "bin": pa.array(with_nulls(binaries(), "runs"), pa.binary()),
        "dec9": pa.array(with_nulls(decimals(9, 2), "some"), pa.decimal128(9, 2)),
        "dec18": pa.array(with_nulls(decimals(18, 3), "runs"), pa.decimal128(18, 3)),
        "dec38": pa.array(with_nulls(decimals(38, 10), "some"), pa.decimal128(38, 10)),
        "day": pa.array(with_nulls(dates(), "some"), pa.date32()),
        "ts": pa.array(with_nulls(timestamps(), "some"), pa.timestamp("us", "UTC")),
    }
    return pa.table(columns)


def unsigned():
    return pa.table(
        {
            "id": pa.array(range(N), pa.int64()),
            "u8": pa.array(with_nulls(integers(8, False), "some"), pa.uint8()),
            "u16": pa.array(with_nulls(integers(16, False), "none"), pa.uint16()),
            "u32": pa.array(with_nulls(integers(32, False), "runs"), pa.uint32()),
            "u64": pa.array(with_nulls(integers(64, False), "some"), pa.uint64()),
        }
    )


def times():
    """Timestamps of each unit, with and without a zone."""
    columns = {"id": pa.array(range(N), pa.int64())}
    for unit in "ms", "us":
        for zone in None, "UTC":
            name = f"ts_{unit}_{'utc' if zone else 'ntz'}"
            values = pa.array(with_nulls(timestamps(), "some"), pa.timestamp("us", zone))
            columns[name] = values.cast(pa.timestamp(unit, zone), safe=False)
    return pa.table(columns)


def nested():
    rows = range(N)
    return pa.table(
        {
            "id": pa.array(rows, pa.int64()),
            "list": pa.array(with_nulls([[j for j in range(i % 4)] for i in rows], "some"), pa.list_(pa.int32())),
            "before": pa.array(with_nulls([f"v{i}" for i in rows], "some"), pa.string()),
            "map": pa.array([[(f"k{i}", i)] * (i % 2) for i in rows], pa.map_(pa.string(), pa.int64())),
            "pair": pa.array([{"a": i, "b": [{"c": str(i)}]} if i % 5 else None for i in rows]),
            "after": pa.array(with_nulls([i / 8 for i in rows], "runs"), pa.float64()),
            "deep": pa.array([[[i], []] for i in rows], pa.list_(pa.list_(pa.int64()))),
            "last": pa.array(with_nulls([i * 3 for i in rows], "half"), pa.int32()),
        }
    )
