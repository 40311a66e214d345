#!/usr/bin/env python3
"""Writes the Parquet files beside this script, as another writer than Vonk lays them out: pyarrow.

usage: make.py      (with a Python that has pyarrow)
"""
import datetime
import decimal
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).resolve().parent
N = 1000


def every_third_null(values):
    return [None if i % 3 == 2 else value for i, value in enumerate(values)]


def types():
    day = datetime.date(2020, 1, 1)
    midnight = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    rows = range(N)
    return pa.table(
        {
            "id": pa.array(rows, pa.int64()),
            "b": pa.array([i % 2 == 0 for i in rows], pa.bool_()),
            "i8": pa.array([i % 100 for i in rows], pa.int8()),
            "i16": pa.array(every_third_null(i * 7 % 1000 for i in rows), pa.int16()),
            "i32": pa.array(every_third_null(i * 31 for i in rows), pa.int32()),
            "f": pa.array([i / 4 for i in rows], pa.float32()),
            "d": pa.array(every_third_null(i / 8 for i in rows), pa.float64()),
            "s": pa.array(every_third_null(f"value {i % 17}" for i in rows), pa.string()),
            "long": pa.array(["x" * (i % 40) + str(i) for i in rows], pa.string()),
            "bin": pa.array([bytes([i % 256]) for i in rows], pa.binary()),
            "dec9": pa.array([decimal.Decimal(i).scaleb(-2) for i in rows], pa.decimal128(9, 2)),
            "dec18": pa.array([decimal.Decimal(i).scaleb(-3) for i in rows], pa.decimal128(18, 3)),
            "dec38": pa.array(
                every_third_null(decimal.Decimal(i * 10**20).scaleb(-5) for i in rows),
                pa.decimal128(38, 5),
            ),
            "day": pa.array([day + datetime.timedelta(days=i) for i in rows], pa.date32()),
            "ts": pa.array(
                [midnight + datetime.timedelta(minutes=i) for i in rows], pa.timestamp("us", "UTC")
            ),
        }
    )


def main():
    table = types()
    flat = {"use_dictionary": False, "write_statistics": False}
    for name, options in {
        "snappy-v1": {"compression": "snappy"},
        "zstd-v2": {"compression": "zstd", "data_page_version": "2.0", "data_page_size": 2000},
        "gzip-plain": {"compression": "gzip", **flat},
        "lz4-small-groups": {"compression": "lz4", "row_group_size": 100},
        "brotli": {"compression": "brotli"},
        "none-delta": {
            "compression": "none",
            "data_page_version": "2.0",
            "use_dictionary": False,
            "column_encoding": {
                "id": "DELTA_BINARY_PACKED",
                "i32": "DELTA_BINARY_PACKED",
                "s": "DELTA_BYTE_ARRAY",
                "long": "DELTA_LENGTH_BYTE_ARRAY",
            },
        },
        "stream-split": {
            "compression": "zstd",
            "use_dictionary": False,
            "column_encoding": {"d": "BYTE_STREAM_SPLIT", "f": "BYTE_STREAM_SPLIT"},
        },
        "ints-as-decimals": {"compression": "snappy", "store_decimal_as_integer": True},
        "int96": {"compression": "snappy", "use_deprecated_int96_timestamps": True},
        "millis": {"compression": "snappy", "coerce_timestamps": "ms"},
    }.items():
        pq.write_table(table, HERE / f"{name}.parquet", **options)
    pq.write_table(table.slice(0, 0), HERE / "empty.parquet")
    whole = (HERE / "snappy-v1.parquet").read_bytes()
    (HERE / "truncated.parquet").write_bytes(whole[: len(whole) // 2])
    (HERE / "not-parquet.parquet").write_bytes(b"this is not a Parquet file, is it?\n")


main()
