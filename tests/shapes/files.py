"""files.py - data that is wide, long or in many files."""
import pathlib

from shape import Shape

GIGABYTE = 1000000000


def wide(folder, n):
    columns = [f"c{i}" for i in range(n)]
    row = [str(i) for i in range(n)]
    path = pathlib.Path(folder, "wide.csv")
    path.write_text(",".join(columns) + "\n" + ",".join(row) + "\n" + ",".join(row[::-1]) + "\n")
    view = f"CREATE TEMPORARY VIEW wide USING csv OPTIONS (path '{path}', header 'true', inferSchema 'true')"
    write = f"INSERT OVERWRITE DIRECTORY '{folder}/wide.parquet' USING parquet SELECT * FROM wide"
    parquet = f"FROM parquet.`{folder}/wide.parquet`"
    yield Shape(f"CSV of {n} columns", [view, "SELECT * FROM wide"], [row, row[::-1]])
    yield Shape(f"a column of {n} in CSV", [view, f"SELECT c{n - 1} FROM wide WHERE c0 = 0"], [[str(n - 1)]])
    yield Shape(f"Parquet of {n} columns", [view, write, f"SELECT * {parquet}"], [row, row[::-1]])
    yield Shape(f"a column of {n} in Parquet", [f"SELECT c{n - 1} {parquet} WHERE c0 = 0"], [[str(n - 1)]])
    table = f"CREATE TABLE wide ({', '.join(f'{c} INT' for c in columns)}) USING parquet"
    insert = f"INSERT INTO wide VALUES ({', '.join(row)})"
    conf = f"SET spark.sql.warehouse.dir={folder}/warehouse"
    yield Shape(f"a table of {n} columns", [conf, table, insert, "SELECT * FROM wide"], [row])


def many(folder, n):
    files = pathlib.Path(folder, "many")
    files.mkdir()
    for i in range(n):
        (files / f"part-{i:06}.csv").write_text(f"{i},x\n")
    view = f"CREATE TEMPORARY VIEW many (a INT, b STRING) USING csv OPTIONS (path '{files}')"
    answer = [[str(n), str(n * (n - 1) // 2), str(n - 1)]]
    yield Shape(f"{n} files", [view, "SELECT count(*), sum(a), max(a) FROM many"], answer)


def long(folder, n):
    """Values of n bytes."""
    text = f"repeat('a', {n - 1} + id)"  # id is 1, and not known to the optimizer
    one = "FROM range(1, 2, 1, 1)"
    size = [[str(n)]]
    yield Shape(f"a text of {n} bytes", [f"SELECT length({text}) {one}"], size)
    yield Shape("its upper case", [f"SELECT length(upper({text})) {one}"], size)
    yield Shape("two of them joined", [f"SELECT length(concat(x, x)) FROM (SELECT {text} x {one})"], [[str(2 * n)]])
    if n == GIGABYTE:
        yield from longest(one)
    yield Shape("sorted", [f"SELECT length(x) FROM (SELECT {text} x FROM range(1, 3, 1, 1)) ORDER BY x DESC LIMIT 1"], [[str(n + 1)]])
    yield Shape("grouped", [f"SELECT length(x), count(*) FROM (SELECT {text} x {one}) GROUP BY x"], [[str(n), "1"]])
    for kind in "parquet", "csv", "json":
        where = f"{folder}/long.{kind}"
        view = f"CREATE TEMPORARY VIEW long (x STRING) USING {kind} OPTIONS (path '{where}')"
        write = f"INSERT OVERWRITE DIRECTORY '{where}' USING {kind} SELECT {text} AS x {one}"
        yield Shape(f"{kind} with a text of {n} bytes", [write, view, "SELECT length(x) FROM long"], size)


def longest(one):
    """At Spark's limit for a value, and one byte above it."""
    too_long = "_LEGACY_ERROR_TEMP_3199"
    most = 2**31 - 16
    half = f"repeat('ab', {most // 2 - 1} + id)"
    yield Shape("the longest text", [f"SELECT length({half}) {one}"], [[str(most)]])
    for what in f"concat({half}, 'c')", f"repeat('a', {most} + id)", f"lpad('a', {most} + id, 'b')", f"hex({half})":
        yield Shape(f"{what[:6]} above it", [f"SELECT length({what}) {one}"], condition=too_long)


def shapes(folder, big):
    yield from wide(folder, 10000)
    yield from many(folder, 100000 if big else 1000)
    yield from long(folder, GIGABYTE if big else 30000000)
