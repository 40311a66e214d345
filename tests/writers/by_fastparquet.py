"""by_fastparquet.py - fastparquet: codecs, INT96, fixed text, categories, many files."""
import fastparquet
import pandas as pd
from case import Case

import rows


def frame():
    n = rows.N
    return pd.DataFrame(
        {
            "id": range(n),
            "b": [i % 5 < 2 for i in range(n)],
            "i8": pd.array(rows.integers(8), dtype="int8"),
            "i32": pd.array(rows.with_nulls(rows.integers(32), "some"), dtype="Int32"),
            "i64": pd.array(rows.with_nulls(rows.integers(64), "runs"), dtype="Int64"),
            "u16": pd.array(rows.integers(16, False), dtype="uint16"),
            "f64": rows.floats(),
            "s": pd.Series(rows.with_nulls(rows.strings(), "some"), dtype=object),
            "ts": pd.Series(pd.to_datetime(rows.timestamps()[:n])).astype("datetime64[us]"),
            "c": pd.Categorical([f"c{i % 5}" for i in range(n)]),
        }
    )


def cases(folder):
    data = frame()
    for name, options in {
        "none": {},
        "snappy": {"compression": "SNAPPY"},
        "gzip": {"compression": "GZIP"},
        "zstd": {"compression": "ZSTD"},
        "lz4-raw": {"compression": "LZ4_RAW"},
        "brotli": {"compression": "BROTLI"},
        "groups": {"row_group_offsets": 137},
        "int96": {"times": "int96"},
        "no-nulls": {"has_nulls": False, "object_encoding": {"s": "utf8"}},
        "no-statistics": {"stats": False},
    }.items():
        path = f"{folder}/fastparquet-{name}.parquet"
        chosen = data.dropna() if name == "no-nulls" else data
        fastparquet.write(path, chosen, write_index=False, **options)
        yield Case(f"fastparquet {name}", path, twin=f"{folder}/fastparquet-none.parquet" if name == "brotli" else "")
    path = f"{folder}/fastparquet-hive"
    fastparquet.write(path, data, file_scheme="hive", row_group_offsets=1000, write_index=False)
    yield Case("fastparquet hive", path)
    path = f"{folder}/fastparquet-fixed.parquet"
    raw = pd.DataFrame({"id": range(100), "x": [b"%04d" % i for i in range(100)]})
    fastparquet.write(path, raw, write_index=False, fixed_text={"x": 4}, object_encoding="bytes")
    yield Case("fastparquet fixed", path)
