"""lines.py - one line a kind of work: Vonk beside DuckDB and Polars on a query that is made of nothing else."""
import json
import pathlib
import sys

import best
import compare
import limits

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ("duckdb", "polars")
DIMENSIONS = {1: 1000, 2: 10_000, 3: 100, 4: 5000, 5: 200_000}

# table -> its rows at scale 1, as DuckDB makes them; hash() makes them the same in each run
TABLES = {
    "nums": "SELECT i AS id, (hash(i) % 1000000007)::BIGINT AS r, (hash(i * 7) % 1000000)::INT AS k, "
    "(hash(i * 13) % 100)::INT AS g, (hash(i * 3) % 100000) / 100.0::DOUBLE AS v FROM range({n} * 20000000) t(i)",
    "strs": "SELECT 'key-' || hash(i) % 10000000 || '-suffix' AS s, i AS v FROM range({n} * 12000000) t(i)",
    "texts": "SELECT i AS id, 'the ' || ['quick brown fox', 'lazy dog', 'customer complaint', 'special request', "
    "'regular deposit'][1 + (hash(i) % 5)::INT] || ' number ' || hash(i * 11) % 1000000 || ' sleeps furiously along the '"
    " || ['foxes', 'pinto beans', 'accounts'][1 + (hash(i * 5) % 3)::INT] AS t FROM range({n} * 5000000) t(i)",
    "wide": "SELECT "
    + ", ".join(f"(hash(i * {c + 1}) % 1000)::INT AS c{c}" for c in range(500))
    + " FROM range({n} * 60000) t(i)",
    "fact": "SELECT i AS id, (CASE WHEN hash(i) % 2 = 0 THEN 1 ELSE hash(i * 2) % 1000 END)::INT AS d1, "
    + ", ".join(f"(hash(i * {2 * d + 1}) % {n})::INT AS d{d}" for d, n in DIMENSIONS.items() if d > 1)
    + ", (hash(i * 17) % 1000)::INT AS v FROM range({n} * 10000000) t(i)",
} | {
    f"dim{d}": f"SELECT i::INT AS k, 'name ' || i % 50 AS name, (i % 10)::INT AS c FROM range({n}) t(i)"
    for d, n in DIMENSIONS.items()
} | {"ints": "SELECT (hash(i) % 9000000000000000000)::BIGINT AS x FROM range({n} * 100000000) t(i)"}

STAR = " ".join(f"JOIN dim{d} ON d{d} = dim{d}.k" for d in DIMENSIONS)

CSV = "SELECT g, count(*), sum(r), max(v) FROM {table} GROUP BY g ORDER BY g"


def writing(query, form):
    """The query's rows as files: {out} is a folder for what is written. Each engine in its own words."""
    return {
        "vonk": f"INSERT OVERWRITE DIRECTORY '{{out}}/vonk' USING {form} {query}",
        "duckdb": f"COPY ({query}) TO '{{out}}/duckdb' (FORMAT {form})",
        "polars": f"-- into {form} {{out}}/polars\n{query}",
    }


# name -> the query, or each engine's; {data}: the folder of the tables
QUERIES = {
    "count_all": "SELECT count(*) FROM nums",
    "filter_sum": "SELECT sum(v) FROM nums WHERE g < 10",
    "group_100": "SELECT g, count(*), sum(v), max(r) FROM nums GROUP BY g ORDER BY g",
    "group_million": "SELECT count(*), sum(c) FROM (SELECT k, count(*) AS c, sum(v) FROM nums GROUP BY k)",
    "group_all_different": "SELECT count(*), max(c) FROM (SELECT r, count(*) AS c FROM nums GROUP BY r)",
    "group_strings": "SELECT count(*), max(c) FROM (SELECT s, count(*) AS c, max(v) FROM strs GROUP BY s)",
    "count_distinct": "SELECT count(DISTINCT r) FROM nums",
    "count_distinct_by": "SELECT g, count(DISTINCT k) FROM nums GROUP BY g ORDER BY g",
    "top_100": "SELECT id, r, v FROM nums ORDER BY r DESC, id LIMIT 100",
    "sort": "SELECT max(x), count(*) FROM (SELECT r AS x, row_number() OVER (ORDER BY r, id) AS n FROM nums) "
    "WHERE n % 1000000 = 7",
    "window_small": "SELECT max(s), sum(n) FROM (SELECT sum(v) OVER (PARTITION BY k ORDER BY id) AS s, "
    "row_number() OVER (PARTITION BY k ORDER BY id) AS n FROM nums WHERE id < 10000000)",
    "window_large": "SELECT count(*) FROM (SELECT rank() OVER (PARTITION BY g ORDER BY r) AS n FROM nums "
    "WHERE id < 10000000) WHERE n <= 10",
    "star_join_skewed": f"SELECT dim1.c, dim3.name, count(*), sum(v) FROM fact {STAR} WHERE dim2.c < 5 AND dim4.c <> 3 "
    "AND dim5.c < 8 GROUP BY dim1.c, dim3.name ORDER BY 1, 2",
    "large_join": "SELECT count(*), sum(a.v) FROM nums a JOIN fact b ON a.id = b.id WHERE b.v < 500",
    "like": "SELECT count(*) FROM texts WHERE t LIKE '%customer%foxes%'",
    "like_prefix": "SELECT count(*) FROM texts WHERE t LIKE 'the quick%'",
    "regular_expression": {
        "vonk": "SELECT count(*) FROM texts WHERE t RLIKE 'number [0-9]*77[0-9]* sleeps'",
        "duckdb": "SELECT count(*) FROM texts WHERE regexp_matches(t, 'number [0-9]*77[0-9]* sleeps')",
        "polars": "SELECT count(*) FROM texts WHERE t RLIKE 'number [0-9]*77[0-9]* sleeps'",
    },
    "string_functions": "SELECT max(upper(substring(t, 5, 10))), sum(length(t)), count(DISTINCT substring(t, 1, 12)) "
    "FROM texts",
    "wide_one_column": "SELECT sum(c250) FROM wide",
    "wide_all_columns": "SELECT " + ", ".join(f"sum(c{c})" for c in range(500)) + " FROM wide",
    "csv": CSV.format(table="csv_nums"),
    "csv_text": "SELECT count(id), count(r), count(k), max(g), max(v) FROM csv_text",
    "csv_inferred": {
        "vonk": "CREATE OR REPLACE TEMPORARY VIEW csv_inferred USING csv "
        "OPTIONS (path '{data}/nums.csv', header 'true', inferSchema 'true')\n;\n" + CSV.format(table="csv_inferred"),
        "duckdb": CSV.format(table="read_csv('{data}/nums.csv', header = true)"),
        "polars": CSV.format(table="csv_inferred"),
    },
    "json": "SELECT d3, count(*), sum(v) FROM json_fact GROUP BY d3 ORDER BY d3",
    "union_distinct": "SELECT count(*) FROM (SELECT k FROM nums UNION SELECT d5 FROM fact)",
    "write_parquet": writing("SELECT * FROM nums", "parquet"),
    "write_csv": writing("SELECT * FROM fact", "csv"),
    "sort_to_parquet": writing("SELECT x FROM ints ORDER BY x", "parquet"),
}

NUMS = {"id": "BIGINT", "r": "BIGINT", "k": "INT", "g": "INT", "v": "DOUBLE"}
FACT = {"id": "BIGINT", "d1": "INT", "d2": "INT", "d3": "INT", "d4": "INT", "d5": "INT", "v": "INT"}
POLARS = {"BIGINT": "Int64", "INT": "Int32", "DOUBLE": "Float64"}

# The lines that are mostly a scan -> of which file, and for Parquet of which columns (None: all)
SCANS = {
    "filter_sum": ("nums.parquet", ("v", "g")),
    "group_100": ("nums.parquet", ("g", "v", "r")),
    "like": ("texts.parquet", ("t",)),
    "wide_all_columns": ("wide.parquet", None),
    "csv": ("nums.csv", None),
    "csv_text": ("nums.csv", None),
    "csv_inferred": ("nums.csv", None),
    "json": ("fact.json", None),
}


def make_views(data):
    """Text files as tables, their columns given or not: each engine in its own words."""
    nums, fact = (", ".join(f"{name} {type_}" for name, type_ in columns.items()) for columns in (NUMS, FACT))
    (data / "vonk_views.sql").write_text(
        f"CREATE TEMPORARY VIEW csv_nums ({nums}) USING csv OPTIONS (path '{data}/nums.csv', header 'true')\n"
        f"CREATE TEMPORARY VIEW csv_text USING csv OPTIONS (path '{data}/nums.csv', header 'true')\n"
        f"CREATE TEMPORARY VIEW json_fact ({fact}) USING json OPTIONS (path '{data}/fact.json')\n"
    )
    (data / "duckdb_views.sql").write_text(
        f"CREATE VIEW csv_nums AS SELECT * FROM read_csv('{data}/nums.csv', header = true, columns = {NUMS})\n"
        f"CREATE VIEW csv_text AS SELECT * FROM read_csv('{data}/nums.csv', header = true, all_varchar = true)\n"
        f"CREATE VIEW json_fact AS SELECT * FROM read_json('{data}/fact.json', format = 'newline_delimited', "
        f"columns = {FACT})\n"
    )
    nums, fact = ({name: POLARS[type_] for name, type_ in columns.items()} for columns in (NUMS, FACT))
    views = {
        "csv_nums": ("scan_csv", "nums.csv", {"schema": nums}),
        "csv_text": ("scan_csv", "nums.csv", {"infer_schema": False}),
        "csv_inferred": ("scan_csv", "nums.csv", {}),
        "json_fact": ("scan_ndjson", "fact.json", {"schema": fact}),
    }
    views = {
        name: {"scan": scan, "path": str(data / path), "arguments": arguments}
        for name, (scan, path, arguments) in views.items()
    }
    (data / "polars_views.json").write_text(json.dumps(views))


def make_data(scale):
    import duckdb

    data = ROOT / ".cache" / f"lines-{scale:g}"
    if (data / ".complete").exists():
        make_views(data)
        return data
    print(f"making tables for the lines, scale {scale:g}", file=sys.stderr)
    data.mkdir(parents=True, exist_ok=True)
    database = duckdb.connect()
    for name, query in TABLES.items():
        text = query.format(n=scale) if "{n}" in query else query
        text = text.replace(f"range({scale} * ", f"range((1 * {scale})::BIGINT * ")
        database.execute(f"COPY ({text}) TO '{data}/{name}.parquet' (FORMAT parquet)")
    database.execute(f"COPY (SELECT * FROM '{data}/nums.parquet') TO '{data}/nums.csv' (HEADER)")
    database.execute(f"COPY (SELECT * FROM '{data}/fact.parquet') TO '{data}/fact.json' (FORMAT json)")
    make_views(data)
    (data / ".complete").touch()
    return data


def write_queries(data, names, engine):
    """The texts of the queries as files, in the engine's words."""
    folder, out = data / f"queries-{engine}", data / "out"
    folder.mkdir(exist_ok=True)
    out.mkdir(exist_ok=True)
    for name in names:
        text = QUERIES[name] if isinstance(QUERIES[name], str) else QUERIES[name][engine]
        (folder / f"{name}.sql").write_text(text.replace("{out}", str(out)).replace("{data}", str(data)))
    return [folder / f"{name}.sql" for name in names]


def bench(options, command):
    data = make_data(options.scale)
    names = options.queries.split(",") if options.queries else list(QUERIES)
    chosen = options.peers.split(",") if options.peers else PEERS
    ours = write_queries(data, names, "vonk")
    peers = [(name, write_queries(data, names, name)) for name in PEERS if name in chosen]
    text, _, engines = compare.run("One line each", data, ours, peers, options, command)
    scans = {name: (data / file, columns) for name, (file, columns) in SCANS.items() if name in names}
    return "lines", text + limits.section(engines[0]["answers"], scans, data / "nums.csv"), best.ratios(engines, ours)
