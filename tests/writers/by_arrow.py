"""by_arrow.py - pyarrow: each encoding, codec, page version and size, and the types that only it writes."""
import decimal

import pyarrow as pa
import pyarrow.parquet as pq
from case import Case

import rows

SMALL = {"data_page_size": 700, "write_batch_size": 64}
DELTA = {
    "id": "DELTA_BINARY_PACKED", "i8": "DELTA_BINARY_PACKED", "i16": "DELTA_BINARY_PACKED",
    "i32": "DELTA_BINARY_PACKED", "i32_most": "DELTA_BINARY_PACKED", "i64": "DELTA_BINARY_PACKED",
    "i64_all": "DELTA_BINARY_PACKED", "s": "DELTA_BYTE_ARRAY", "s_some": "DELTA_LENGTH_BYTE_ARRAY",
    "s_most": "DELTA_BYTE_ARRAY", "s_all": "DELTA_LENGTH_BYTE_ARRAY", "bin": "DELTA_BYTE_ARRAY",
    "dec9": "DELTA_BYTE_ARRAY", "dec38": "DELTA_BYTE_ARRAY", "day": "DELTA_BINARY_PACKED",
    "ts": "DELTA_BINARY_PACKED", "b": "RLE", "b_some": "RLE",
}  # fmt: skip
SPLIT = {
    name: "BYTE_STREAM_SPLIT"
    for name in ("id", "i32", "i32_most", "i64", "f32", "f64", "dec9", "dec18", "dec38", "day", "ts")
}


def options():
    """Name of a case, and what it gives write_table()."""
    for codec in "none", "snappy", "gzip", "lz4", "zstd", "brotli":
        for version in "1.0", "2.0":
            yield f"{codec}-v{version[0]}", {"compression": codec, "data_page_version": version, **SMALL}
    for version in "1.0", "2.0":
        page = {"data_page_version": version, "use_dictionary": False}
        yield f"delta-v{version[0]}", {**page, "column_encoding": DELTA}
        yield f"delta-small-v{version[0]}", {**page, **SMALL, "column_encoding": DELTA, "compression": "zstd"}
        yield f"split-v{version[0]}", {**page, "column_encoding": SPLIT}
        yield f"plain-v{version[0]}", {**page, **SMALL}
    yield "dictionary-overflow", {"dictionary_pagesize_limit": 500, **SMALL}
    yield "dictionary-some", {"use_dictionary": ["s", "i32", "dec38"], **SMALL}
    yield "row-groups", {"row_group_size": 7}
    yield "one-row-pages", {"data_page_size": 1, "write_batch_size": 1, "row_group_size": 100}
    yield "page-index", {"write_page_index": True, **SMALL}
    yield "no-statistics", {"write_statistics": False}
    yield "checksums", {"write_page_checksum": True, **SMALL}
    yield "decimals-as-integers", {"store_decimal_as_integer": True}
    yield "int96", {"use_deprecated_int96_timestamps": True}
    yield "int96-plain", {"use_deprecated_int96_timestamps": True, "use_dictionary": False, **SMALL}
    yield "millis", {"coerce_timestamps": "ms", "allow_truncated_timestamps": True}
    yield "format-1.0", {"version": "1.0"}
    yield "format-2.4", {"version": "2.4"}
    yield "sorted", {"sorting_columns": [pq.SortingColumn(0)]}
    yield "spark-flavour", {"flavor": "spark"}
    yield "bloom", {"bloom_filter_options": {"s": {"ndv": 3000}, "i64": True}, **SMALL}


def flat_cases(folder):
    table = rows.flat()
    twin = f"{folder}/arrow-none-v1.parquet"
    for name, chosen in options():
        path = f"{folder}/arrow-{name}.parquet"
        pq.write_table(table, path, **chosen)
        yield Case(f"arrow {name}", path, twin="" if name == "millis" else twin)


def required():
    """No column may be null."""
    table = rows.flat().select(["id", "b", "i32", "s"])
    schema = pa.schema([field.with_nullable(False) for field in table.schema])
    return table.cast(schema)


def odd_types():
    """Types that few files have, a table each: some of them Spark refuses."""
    ints = list(range(100))
    raw = [bytes([i] * 16) for i in ints]
    yield "fixed", pa.array(raw, pa.binary(16))
    yield "uuid", pa.array(raw, pa.uuid())
    yield "json", pa.array(['{"a": %d}' % i for i in ints], pa.json_())
    yield "half", pa.array([i / 4 for i in ints], pa.float16())
    yield "time32", pa.array(ints, pa.time32("ms"))
    yield "time64", pa.array(ints, pa.time64("us"))
    yield "time64-nanos", pa.array(ints, pa.time64("ns"))
    yield "duration", pa.array(ints, pa.duration("us"))
    yield "nulls", pa.nulls(100)
    yield "date64", pa.array([i * 86400000 for i in ints], pa.date64())
    for zone in None, "UTC":
        name = "utc" if zone else "ntz"
        nanos = [i * 1001 - 50000 for i in ints]
        yield f"micros-{name}", pa.array([i // 1000 for i in nanos], pa.timestamp("us", zone))
        yield f"nanos-{name}", pa.array(nanos, pa.timestamp("ns", zone))
    yield "large-string", pa.array([str(i) for i in ints], pa.large_string())
    yield "string-view", pa.array([str(i) * 9 for i in ints], pa.string_view())
    yield "categories", pa.array([f"c{i % 3}" for i in ints]).dictionary_encode()
    yield "decimal256", pa.array([decimal.Decimal(i) for i in ints], pa.decimal256(60, 2))
    yield "decimal32", pa.array([decimal.Decimal(i) for i in ints], pa.decimal128(5, 2))
    yield "empty-struct-list", pa.array([[{"a": i}] for i in ints])


TWINS = {"uuid": "fixed", "nanos-ntz": "micros-ntz", "nanos-utc": "micros-utc"}  # what Spark refuses, and Vonk does not


def odd_cases(folder):
    for name, values in odd_types():
        path = f"{folder}/arrow-{name}.parquet"
        pq.write_table(pa.table({"id": pa.array(range(100)), "x": values}), path)
        yield Case(f"arrow {name}", path, twin=f"{folder}/arrow-{TWINS[name]}.parquet" if name in TWINS else "")


def other_cases(folder):
    flat = rows.flat()
    tables = {
        "empty": (flat.slice(0, 0), {}),
        "one-row": (flat.slice(2, 1), {}),
        "required": (required(), SMALL),
        "required-delta": (required(), {"use_dictionary": False, "column_encoding": {"i32": "DELTA_BINARY_PACKED", "s": "DELTA_BYTE_ARRAY"}}),
        "unsigned": (rows.unsigned(), SMALL),
        "unsigned-plain": (rows.unsigned(), {"use_dictionary": False}),
        "times": (rows.times(), SMALL),
        "nested": (rows.nested(), {}),
        "nested-small-v2": (rows.nested(), {"data_page_version": "2.0", **SMALL}),
        "nested-old-lists": (rows.nested(), {"use_compliant_nested_type": False}),
        "one-column": (flat.select(["s_some"]), {}),
        "names": (flat.select(["id", "s", "b"]).rename_columns(["a b", "Ä.ö", "`q`"]), {}),
    }
    for name, (table, chosen) in tables.items():
        path = f"{folder}/arrow-{name}.parquet"
        pq.write_table(table, path, **chosen)
        yield Case(f"arrow {name}", path)


def cases(folder):
    yield from flat_cases(folder)
    yield from odd_cases(folder)
    yield from other_cases(folder)
