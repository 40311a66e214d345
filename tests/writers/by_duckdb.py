"""by_duckdb.py - DuckDB: its codecs, both of its versions of the format, its own types."""
import duckdb
from case import Case

CODECS = ("uncompressed", "snappy", "gzip", "zstd", "lz4", "lz4_raw", "brotli")
TYPES = {
    "hugeint": "x::HUGEINT",
    "uhugeint": "x::UHUGEINT",
    "utinyint": "(x % 256)::UTINYINT",
    "usmallint": "x::USMALLINT",
    "uinteger": "x::UINTEGER",
    "ubigint": "x::UBIGINT",
    "time": "TIME '01:02:03' + x * INTERVAL 1 SECOND",
    "timetz": "TIMETZ '01:02:03+00'",
    "timestamp-s": "(TIMESTAMP '2020-01-01' + x * INTERVAL 1 HOUR)::TIMESTAMP_S",
    "timestamp-ms": "(TIMESTAMP '2020-01-01' + x * INTERVAL 1 HOUR)::TIMESTAMP_MS",
    "timestamp": "TIMESTAMP '1960-01-01 00:00:00.123456' + x * INTERVAL 1 HOUR",
    "timestamptz": "TIMESTAMPTZ '2020-01-01 00:00:00+00' + x * INTERVAL 1 HOUR",
    "uuid": "('00000000-0000-0000-0000-0000000' || (10000 + x)::VARCHAR)::UUID",
    "enum": "(['a', 'b', 'c'])[1 + x % 3]::ENUM('a', 'b', 'c')",
    "interval": "x * INTERVAL 1 DAY",
    "json": "('{\"a\": ' || x || '}')::JSON",
    "uuid-bytes": "unhex('000000000000000000000000000' || (10000 + x)::VARCHAR)",
    "blob": "encode('b' || x)",
    "bit": "'0101'::BIT",
    "list": "[x, x + 1]",
    "struct": "{'a': x, 'b': 'c'}",
    "map": "MAP {'k': x}",
    "decimal4": "(x % 99)::DECIMAL(4, 2)",
    "decimal9": "x::DECIMAL(9, 2)",
    "decimal18": "x::DECIMAL(18, 5)",
    "decimal38": "x::DECIMAL(38, 5)",
}


def cases(folder):
    source = f"(SELECT * EXCLUDE (f32, f64), f32, f64 FROM '{folder}/arrow-none-v1.parquet')"
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'; SET threads = 1")
    twin = f"{folder}/duckdb-uncompressed-v1.parquet"
    for codec in CODECS:
        for version in "v1", "v2":
            path = f"{folder}/duckdb-{codec}-{version}.parquet"
            db.execute(f"COPY {source} TO '{path}' (FORMAT parquet, CODEC '{codec}', PARQUET_VERSION {version})")
            yield Case(f"duckdb {codec} {version}", path, twin=twin)
    for name, option in {
        "small-groups": "ROW_GROUP_SIZE 128",
        "no-dictionary": "DICTIONARY_SIZE_LIMIT 1",
        "small-pages": "DICTIONARY_SIZE_LIMIT 100, STRING_DICTIONARY_PAGE_SIZE_LIMIT 1000",
        "geo": "BLOOM_FILTER_FALSE_POSITIVE_RATIO 0.001",
    }.items():
        for version in "v1", "v2":
            path = f"{folder}/duckdb-{name}-{version}.parquet"
            db.execute(f"COPY {source} TO '{path}' (FORMAT parquet, PARQUET_VERSION {version}, {option})")
            yield Case(f"duckdb {name} {version}", path, twin=twin)
    for name, sql in TYPES.items():
        path = f"{folder}/duckdb-{name}.parquet"
        rows = f"SELECT x AS id, CASE WHEN x % 4 <> 1 THEN {sql} END AS x FROM range(300) t(x)"
        db.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")
        yield Case(f"duckdb {name}", path, twin=f"{folder}/duckdb-uuid-bytes.parquet" if name == "uuid" else "")
    path = f"{folder}/duckdb-empty.parquet"
    db.execute(f"COPY (SELECT * FROM {source} WHERE id < 0) TO '{path}' (FORMAT parquet)")
    yield Case("duckdb empty", path)
