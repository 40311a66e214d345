"""by_polars.py - Polars: its codecs and page sizes, categories, unsigned and nested types."""
import polars as pl
from case import Case

import rows

CODECS = ("uncompressed", "snappy", "gzip", "lz4", "zstd", "brotli")


def frames():
    flat = pl.from_arrow(rows.flat())
    ids = pl.DataFrame({"id": range(rows.N)})
    yield "nested", pl.from_arrow(rows.nested().drop(["map"]))
    yield "unsigned", pl.from_arrow(rows.unsigned())
    yield "times", pl.from_arrow(rows.times())
    yield "micros", ids.with_columns(x=pl.from_epoch(pl.col("id") // 1000, time_unit="us"))
    yield "nanos", ids.with_columns(x=pl.from_epoch("id", time_unit="ns"))  # Spark refuses them
    yield "time", ids.with_columns(x=pl.time(1, 2, 3))
    yield "duration", ids.with_columns(x=pl.duration(seconds="id"))
    yield "categories", flat.select("id", x=pl.col("s_some").cast(pl.Categorical))
    yield "enum", flat.select("id", x=(pl.col("id") % 2).cast(pl.String).cast(pl.Enum(["0", "1"])))
    yield "null-type", ids.with_columns(x=None)
    yield "int128", flat.select("id", x=pl.col("i64").cast(pl.Int128))
    yield "empty", flat.head(0)
    yield "no-columns", pl.DataFrame()


def cases(folder):
    flat = pl.from_arrow(rows.flat())
    twin = f"{folder}/polars-uncompressed.parquet"
    for codec in CODECS:
        path = f"{folder}/polars-{codec}.parquet"
        flat.write_parquet(path, compression=codec)
        yield Case(f"polars {codec}", path, twin=twin)
    for name, options in {
        "small": {"row_group_size": 100, "data_page_size": 200},
        "pages": {"data_page_size": 300, "statistics": "full"},
        "bare": {"statistics": False},
    }.items():
        path = f"{folder}/polars-{name}.parquet"
        flat.write_parquet(path, **options)
        yield Case(f"polars {name}", path, twin=twin)
    for name, frame in frames():
        path = f"{folder}/polars-{name}.parquet"
        frame.write_parquet(path)
        yield Case(f"polars {name}", path, twin=f"{folder}/polars-micros.parquet" if name == "nanos" else "")
