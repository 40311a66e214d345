#!/usr/bin/env python3
"""Makes the golden files of this folder: pip install pyarrow; python3 make.py

Each file has its rows in a .txt beside it (several files may share one, see test_parquet.c): a header "name:type ..." and a line a row, values parted by
tabs, as tests/format/test_parquet.c prints them: nulls as NULL, decimals as unscaled integers, dates
in days and timestamps in microseconds since 1970, floating point in hexadecimal, bytes in
hexadecimal.
"""
import datetime
import decimal
import os
import random

import pyarrow as pa
import pyarrow.parquet as pq

HERE = os.path.dirname(os.path.abspath(__file__))
random.seed(7)

# Names of Spark's types that we expect a column to have.
def spark_type(t):
    if pa.types.is_decimal(t):
        return f"decimal({t.precision},{t.scale})"
    names = {
        pa.bool_(): "boolean", pa.int8(): "tinyint", pa.int16(): "smallint", pa.int32(): "int",
        pa.int64(): "bigint", pa.uint8(): "smallint", pa.uint16(): "int", pa.uint32(): "bigint",
        pa.uint64(): "decimal(20,0)", pa.float32(): "float", pa.float64(): "double",
        pa.string(): "string", pa.binary(): "binary", pa.date32(): "date",
    }
    if pa.types.is_timestamp(t):
        return "timestamp" if t.tz else "timestamp_ntz"
    if pa.types.is_fixed_size_binary(t):
        return "binary"
    return names[t]


def text(t, v):
    if v is None:
        return "NULL"
    if pa.types.is_boolean(t):
        return "true" if v else "false"
    if pa.types.is_decimal(t):
        return str(int(v.scaleb(t.scale)))
    if pa.types.is_floating(t):
        return "nan" if v != v else float(v).hex()
    if pa.types.is_date(t):
        return str((v - datetime.date(1970, 1, 1)).days)
    if pa.types.is_string(t):
        return v
    if pa.types.is_binary(t) or pa.types.is_fixed_size_binary(t):
        return v.hex()
    return str(v)


def micros(t, column):
    """Timestamps as floor of microseconds."""
    per = {"ms": 1000, "us": 1, "ns": 0.001}[t.unit]
    values = column.cast(pa.int64()).to_pylist()
    return [None if v is None else v // 1000 if t.unit == "ns" else v * int(per) for v in values]


def save(name, table, expected=None, rows=None, **options):
    """Writes NAME.parquet, and its rows to ROWS.txt."""
    path = os.path.join(HERE, name + ".parquet")
    pq.write_table(table, path, **options)
    expect(rows or name, expected if expected is not None else table)


def expect(name, table):
    columns = []
    for field, column in zip(table.schema, table.columns):
        if pa.types.is_timestamp(field.type):
            columns.append(["NULL" if v is None else str(v) for v in micros(field.type, column)])
        else:
            columns.append([text(field.type, v) for v in column.to_pylist()])
    with open(os.path.join(HERE, name + ".txt"), "w") as out:
        out.write("\t".join(f"{f.name}:{spark_type(f.type)}" for f in table.schema) + "\n")
        for row in zip(*columns):
            out.write("\t".join(row) + "\n")


def nulls(values, share=0.2):
    return [None if random.random() < share else v for v in values]


def words(n, distinct):
    pool = ["w%d" % i + "x" * (i % 40) for i in range(distinct)]
    return [random.choice(pool) for _ in range(n)]


def types(n):
    """One column of each flat type, with nulls."""
    D = decimal.Decimal
    day = datetime.date(1970, 1, 1)
    big = 10 ** 37
    stamps = [random.randrange(-(10 ** 15), 10 ** 15) for _ in range(n)]
    return pa.table({
        "b": pa.array(nulls([random.random() < 0.5 for _ in range(n)]), pa.bool_()),
        "i8": pa.array(nulls([random.randrange(-128, 128) for _ in range(n)]), pa.int8()),
        "i16": pa.array(nulls([random.randrange(-2 ** 15, 2 ** 15) for _ in range(n)]), pa.int16()),
        "i32": pa.array(nulls([random.randrange(-2 ** 31, 2 ** 31) for _ in range(n)]), pa.int32()),
        "i64": pa.array(nulls([random.randrange(-2 ** 63, 2 ** 63) for _ in range(n)]), pa.int64()),
        "u8": pa.array(nulls([random.randrange(2 ** 8) for _ in range(n)]), pa.uint8()),
        "u16": pa.array(nulls([random.randrange(2 ** 16) for _ in range(n)]), pa.uint16()),
        "u32": pa.array(nulls([random.randrange(2 ** 32) for _ in range(n)]), pa.uint32()),
        "u64": pa.array(nulls([random.randrange(2 ** 64) for _ in range(n)]), pa.uint64()),
        "f32": pa.array(nulls([float(i) / 8 for i in range(n)]), pa.float32()),
        "f64": pa.array(nulls([random.gauss(0, 1e9) for _ in range(n)]), pa.float64()),
        "s": pa.array(nulls(words(n, 50)), pa.string()),
        "bin": pa.array(nulls([random.randbytes(i % 20) for i in range(n)]), pa.binary()),
        "fix": pa.array(nulls([random.randbytes(5) for _ in range(n)]), pa.binary(5)),
        "d9": pa.array(nulls([D(random.randrange(-10 ** 9 + 1, 10 ** 9)).scaleb(-2) for _ in range(n)]),
                       pa.decimal128(9, 2)),
        "d18": pa.array(nulls([D(random.randrange(-10 ** 18 + 1, 10 ** 18)).scaleb(-4) for _ in range(n)]),
                        pa.decimal128(18, 4)),
        "d38": pa.array(nulls([D(random.randrange(-big, big)).scaleb(-10, decimal.Context(60))
                               for _ in range(n)]), pa.decimal128(38, 10)),
        "date": pa.array(nulls([day + datetime.timedelta(days=random.randrange(-9000, 30000))
                                for _ in range(n)]), pa.date32()),
        "ts": pa.array(nulls(stamps), pa.timestamp("us", "UTC")),
        "ts_ms": pa.array(nulls([s // 1000 for s in stamps]), pa.timestamp("ms", "UTC")),
        "ntz": pa.array(nulls(stamps), pa.timestamp("us")),
    })


def spread(n):
    """Columns that look different to each encoding: runs, few values, many values, no nulls."""
    run = [i // 37 for i in range(n)]
    return pa.table(
        {
            "run": pa.array(run, pa.int32()),
            "up": pa.array([i * 1000003 for i in range(n)], pa.int64()),
            "few": pa.array([random.randrange(5) for _ in range(n)], pa.int64()),
            "nul": pa.array([None if i % 100 < 50 else i for i in range(n)], pa.int64()),
            "none": pa.array([None] * n, pa.int32()),
            "s": pa.array(["prefix-%06d" % i for i in range(n)], pa.string()),
            "e": pa.array(["" if i % 3 else "é" * (i % 9) for i in range(n)], pa.string()),
        },
        schema=pa.schema([
            pa.field("run", pa.int32(), False), pa.field("up", pa.int64(), False),
            pa.field("few", pa.int64(), False), pa.field("nul", pa.int64()),
            pa.field("none", pa.int32()), pa.field("s", pa.string(), False),
            pa.field("e", pa.string()),
        ]))


def main():
    decimal.getcontext().prec = 60
    t = types(60)
    save("types_v1", t, rows="types", compression="snappy")
    save("types_v2", t, rows="types", compression="zstd", data_page_version="2.0", write_page_checksum=True)
    save("types_plain", t, rows="types", compression="none", use_dictionary=False)
    save("types_int_decimals", t, rows="types", compression="gzip", store_decimal_as_integer=True)
    nanos = pa.table({"ts": pa.array([0, -1, 1500, None, 2 ** 62], pa.timestamp("ns", "UTC"))})
    save("nanos", nanos, compression="none", version="2.6")
    old = pa.table({"ts": pa.array([0, -1000, 1234567890123000, None], pa.timestamp("ns", "UTC"))})
    save("int96", old, compression="none", use_deprecated_int96_timestamps=True)
    s = spread(450)
    for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
        save("spread_" + codec, s.slice(0, 200), rows="spread", compression=codec)
    save("spread_pages", s, rows="spread_pages", compression="snappy", data_page_size=256, row_group_size=160,
         write_batch_size=50, dictionary_pagesize_limit=600)
    save("spread_pages_v2", s, rows="spread_pages", compression="none", data_page_size=256, data_page_version="2.0",
         write_batch_size=50, write_page_index=True, write_page_checksum=True)
    plain = dict(use_dictionary=False, compression="none", data_page_size=1024, write_batch_size=64)
    ints = s.select(["run", "up", "few", "nul", "none"])
    save("delta_int", ints, column_encoding={c: "DELTA_BINARY_PACKED" for c in ints.column_names},
         **plain)
    texts = s.select(["s", "e"])
    for e in ["DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"]:
        save(e.lower(), texts, rows="delta_strings", column_encoding={c: e for c in texts.column_names}, **plain)
    split = types(200).select(["i32", "i64", "f32", "f64", "fix", "d38"])
    save("byte_stream_split", split,
         column_encoding={c: "BYTE_STREAM_SPLIT" for c in split.column_names}, **plain)
    fixed = split.select(["fix"])
    save("delta_fixed", fixed, column_encoding={"fix": "DELTA_BYTE_ARRAY"}, **plain)
    flags = pa.table({"b": pa.array(nulls([i % 90 < 45 for i in range(500)], 0.1), pa.bool_()),
                      "c": pa.array([i % 3 == 0 for i in range(500)], pa.bool_())})
    save("bool_rle", flags, rows="bool", data_page_version="2.0", compression="none", use_dictionary=False,
         column_encoding={"b": "RLE", "c": "RLE"})
    save("bool_plain", flags, rows="bool", compression="none", use_dictionary=False)
    save("empty", s.slice(0, 0), compression="snappy")
    nested = pa.table({
        "id": pa.array([1, 2, 3], pa.int32()),
        "list": pa.array([[1, 2], None, []], pa.list_(pa.int32())),
        "struct": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}]),
        "map": pa.array([[("k", 1)], None, []], pa.map_(pa.string(), pa.int64())),
        "tail": pa.array(["x", None, "z"], pa.string()),
    })
    save("nested", nested, nested.select(["id", "tail"]), compression="snappy")
    clock = pa.table({"t": pa.array([1, 2], pa.time64("us"))})
    pq.write_table(clock, os.path.join(HERE, "time.parquet"), compression="none")


main()
