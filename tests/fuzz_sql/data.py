"""data.py - random rows, and writing them as Parquet, JSON lines or CSV."""
import datetime
import decimal
import json
import math
import shutil

import schema

try:
    import pyarrow as pa
    import pyarrow.parquet
except ImportError:  # then Vonk itself writes the Parquet files
    pa = None

EPOCH = datetime.datetime(1970, 1, 1)
LETTERS = "abcxyzABC019 _%-.éüñЖ日本😀"
WORDS = ("", "a", "A", "ab", "abc", "B", " a ", "x" * 13, "abcdefghijkl", "abcdefghijklm", "1", "-7", "1.5", "true", "%", "日本語", "z😀")
WILD_DOUBLES = (math.nan, math.inf, -math.inf, -0.0, 0.0, 1.7976931348623157e308, 5e-324, 1e300, -1e300, 0.1)
WILD_FLOATS = (math.nan, math.inf, -math.inf, -0.0, 0.0, 3.4028234663852886e38, 1.401298464324817e-45, -1.5)
WILD_DATES = ("0001-01-01", "9999-12-31", "1582-10-04", "1582-10-15", "1969-12-31", "2000-02-29", "1900-02-28")
WILD_TIMES = ("0001-01-01T00:00:00", "9999-12-31T23:59:59.999999", "1969-12-31T23:59:59.999999", "2024-02-29T12:00:00.000001", "1900-01-01T00:00:00")


def random_integer(rng, type_, bound):
    if bound is not None:
        return rng.randint(-bound, bound) if rng.random() < 0.5 else rng.randint(-3, min(9, bound))
    top = schema.largest(type_)
    return rng.choice((top, -top - 1, top - 1, 0, -1, rng.randint(-top, top)))


def random_float(rng, type_, bound):
    """Bounded ones are eighths: sums of them are exact in any order."""
    if bound is not None:
        return rng.randint(-bound * 8, bound * 8) / 8
    return rng.choice(WILD_DOUBLES if type_ == "double" else WILD_FLOATS)


def random_decimal(rng, type_, bound):
    precision, scale = schema.digits(type_)
    limit = 10**precision - 1 if bound is None else bound * 10**scale
    units = rng.choice((limit, -limit, 0, 1)) if bound is None else rng.randint(-limit, limit)
    if bound is not None and rng.random() < 0.6:
        units = rng.randint(-3, min(9, bound)) * 10**scale
    return decimal.Decimal(units).scaleb(-scale, decimal.Context(prec=40))


def random_string(rng, bound):
    if rng.random() < 0.6:
        return rng.choice(WORDS)
    length = rng.choice((1, 3, 12, 13, 40)) if bound is not None else rng.choice((13, 200, 3000))
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(0, length)))


def random_date(rng, bound):
    if bound is None:
        return datetime.date.fromisoformat(rng.choice(WILD_DATES))
    return datetime.date(2000, 1, 1) + datetime.timedelta(days=rng.choice((rng.randint(-9, 60), rng.randint(-20000, 20000))))


def random_time(rng, bound):
    if bound is None:
        return datetime.datetime.fromisoformat(rng.choice(WILD_TIMES))
    day = datetime.datetime(2000, 1, 1) + datetime.timedelta(days=rng.randint(-9, 400))
    return day + datetime.timedelta(microseconds=rng.choice((0, 0, rng.randint(0, 86400 * 10**6 - 1), 43200 * 10**6)))


def random_interval(rng, type_, bound):
    """Microseconds or months."""
    top = 2 ** (63 if type_ == schema.DAYS else 31) - 1
    if bound is None:
        return rng.choice((top, -top, 0, -1, rng.randint(-top, top)))
    if type_ == schema.MONTHS:
        return rng.randint(-bound, bound)
    return rng.randint(-bound, bound - 1) * 86400 * 10**6 + rng.choice((0, 0, 1, 500000, rng.randint(0, 86400 * 10**6)))


def random_value(rng, column):
    type_, bound = column.type, column.bound
    if type_ in schema.INTEGERS:
        return random_integer(rng, type_, bound)
    if type_ in schema.FLOATS:
        return random_float(rng, type_, bound)
    if schema.is_decimal(type_):
        return random_decimal(rng, type_, bound)
    if type_ == "boolean":
        return rng.random() < 0.5
    if type_ in schema.INTERVALS:
        return random_interval(rng, type_, bound)
    return {"string": random_string, "date": random_date, "timestamp": random_time}[type_](rng, bound)


def fill(rng, table):
    n = rng.choices((0, 1, 3, 10, 30, 300), (2, 2, 3, 6, 6, 0.3))[0]
    pools = [[random_value(rng, column) for _ in range(max(1, column.distinct))] for column in table.columns]
    ids = rng.sample(range(n * 2), n)

    def value(i, row):
        column = table.columns[i]
        if column.name == "id":
            return ids[row]
        if rng.random() < column.nulls:
            return None
        skewed = rng.random() < 0.3  # one value has a third of the rows
        return pools[i][0] if skewed else rng.choice(pools[i])

    table.rows = [tuple(value(i, row) for i in range(len(table.columns))) for row in range(n)]
    if table.format != "parquet" and not writes_as_text(table):
        table.format = "parquet"


def writes_as_text(table):
    """Is each value what it was after a way through text? Edges of floats and of time are not; nor are all strings in CSV."""
    if any(column.type in schema.INTERVALS for column in table.columns):
        return False
    edgy = any(column.bound is None and column.type in (*schema.FLOATS, "date", "timestamp") for column in table.columns)
    return not edgy and not (table.format == "csv" and any(column.type == "string" for column in table.columns))


def arrow_type(type_):
    simple = {
        "boolean": pa.bool_(), "tinyint": pa.int8(), "smallint": pa.int16(), "int": pa.int32(), "bigint": pa.int64(),
        "float": pa.float32(), "double": pa.float64(), "string": pa.string(), "date": pa.date32(),
        "timestamp": pa.timestamp("us"),
    }
    return simple[type_] if type_ in simple else pa.decimal128(*schema.digits(type_))


def as_arrow(table, zone=None):
    """The table for Arrow; with `zone` its timestamps are moments, which is what Spark's TIMESTAMP is."""
    table = schema.stored(table)
    arrays, fields = [], []
    for i, column in enumerate(table.columns):
        type_ = arrow_type(column.type)
        values = [row[i] for row in table.rows]
        array = pa.array(values, type_)
        if column.type == "timestamp" and zone:
            array = array.cast(pa.int64()).cast(pa.timestamp("us", zone))
        arrays.append(array)
        fields.append(pa.field(column.name, array.type))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def text_of(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    return str(value)


def json_value(value):
    if isinstance(value, decimal.Decimal):
        return float(value) if abs(value) < 2**40 and value == decimal.Decimal(float(value)) else str(value)
    return text_of(value) if isinstance(value, datetime.date) else value


def write_files(table, path):
    """One Parquet file, or a folder of some."""
    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    whole = as_arrow(table, "UTC")
    if table.n_files == 1:
        pa.parquet.write_table(whole, path, row_group_size=table.group_rows, **table.writing)
        return
    path.mkdir()
    step = -(-max(1, len(table.rows)) // table.n_files)
    for i in range(table.n_files):
        piece = whole.slice(i * step, step)
        pa.parquet.write_table(piece, path / f"part-{i}.parquet", row_group_size=table.group_rows, **table.writing)


def view_of_parquet(table, path):
    """Intervals are made of what is stored: other engines cannot write Spark's."""
    if all(c.type not in schema.INTERVALS for c in table.columns):
        return f"CREATE TEMPORARY VIEW {table.name} USING parquet OPTIONS (path '{path}')"
    units = {schema.DAYS: " * INTERVAL '0.000001' SECOND", schema.MONTHS: " * INTERVAL '1' MONTH"}
    columns = ", ".join(f"{c.name}{units.get(c.type, '')} AS {c.name}" for c in table.columns)
    return f"CREATE TEMPORARY VIEW {table.name} AS SELECT {columns} FROM parquet.`{path}`"


def write(table, folder, by_vonk=None):
    """Writes folder/NAME.FORMAT and returns the statement that makes a view of it. by_vonk: for where pyarrow is missing."""
    path = folder / f"{table.name}.{table.format}"
    if table.format == "parquet" and not pa:
        return by_vonk(table, folder)
    if table.format == "parquet":
        write_files(table, path)
        return view_of_parquet(table, path)
    names = [column.name for column in table.columns]
    if table.format == "json":
        rows = [{n: json_value(v) for n, v in zip(names, row) if v is not None} for row in table.rows]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        lines = [",".join("" if v is None else text_of(v) for v in row) + "\n" for row in table.rows]
        path.write_text(",".join(names) + "\n" + "".join(lines))
    columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
    return f"CREATE TEMPORARY VIEW {table.name} ({columns}) USING {table.format} OPTIONS (path '{path}', header 'true')"
