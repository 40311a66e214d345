"""sql.py - statements that are deep, wide or long. `n` is how much of it: 10,000 unless a cheaper size shows the same."""
from shape import TOO_COMPLEX, Shape


def nested(before, inner, after, n):
    return before * n + inner + after * n


def deep(n):
    """Within the parser's bound: the answer; beyond: the condition. Stacks are what is tried here."""
    for name, before, inner, after, rows in [
        ("parentheses", "(", "1", ")", [["1"]]),
        ("calls", "abs(", "1", ")", [["1"]]),
        ("casts", "CAST(", "1", " AS BIGINT)", [["1"]]),
        ("CASEs", "CASE WHEN 1 > 5 THEN 1 ELSE ", "2", " END", [["2"]]),
        ("IFs", "if(1 > 0, ", "3", ", 2)", [["3"]]),
        ("NOTs", "NOT ", "true", "", [["true"]]),
        ("minuses", "- ", "1", "", [["1"]]),
    ]:
        yield Shape(f"{name}, 480 deep", ["SELECT " + nested(before, inner, after, 480)], rows)
        yield Shape(f"{name}, {n} deep", ["SELECT " + nested(before, inner, after, n)], condition=TOO_COMPLEX)
    for name, before, inner, after, rows in [
        ("subqueries in FROM", "SELECT * FROM (", "SELECT 7", ")", [["7"]]),
        ("scalar subqueries", "SELECT (", "SELECT 7", ")", [["7"]]),
        ("EXISTS", "SELECT 1 WHERE EXISTS (", "SELECT 1", ")", [["1"]]),
        ("IN subqueries", "SELECT id FROM range(2) WHERE id IN (", "SELECT 1", ")", [["1"]]),
    ]:
        yield Shape(f"{name}, 160 deep", [nested(before, inner, after, 160)], rows)
        yield Shape(f"{name}, {n} deep", [nested(before, inner, after, n)], condition=TOO_COMPLEX)
    types = [f"SELECT CAST(NULL AS {nested('ARRAY<', 'INT', '>', n)})"]
    yield Shape(f"a type, {n} deep", types, condition=TOO_COMPLEX)


def chains(n):
    few = 990
    yield Shape(f"{few} terms", ["SELECT " + "+".join(["id"] * few) + " AS x FROM range(2)"], [["0"], [str(few)]])
    yield Shape(f"{n} terms", ["SELECT " + "+".join(["1"] * n)], condition=TOO_COMPLEX)
    ands = " AND ".join(f"id <> {i + 100}" for i in range(n))
    ors = " OR ".join(f"id = {i + 5}" for i in range(n))
    yield Shape(f"{n} ANDs", [f"SELECT count(*) FROM range(10) WHERE {ands}"], [["10"]])
    yield Shape(f"{n} ORs", [f"SELECT count(*) FROM range(10) WHERE {ors}"], [["5"]])
    numbers = ", ".join(map(str, range(n)))
    texts = ", ".join(f"'{i}'" for i in range(n))
    columns = ", ".join(f"id + {i}" for i in range(n))
    yield Shape(f"IN over {n} numbers", [f"SELECT count(*) FROM range({2 * n}) WHERE id IN ({numbers})"], [[str(n)]])
    yield Shape(
        f"IN over {n} texts", [f"SELECT count(*) FROM range({2 * n}) WHERE string(id) IN ({texts})"], [[str(n)]]
    )
    yield Shape(f"IN over {n} columns", [f"SELECT count(*) FROM range(20) WHERE id IN ({columns})"], [["20"]])
    yield Shape(f"concat of {n}", ["SELECT length(concat(" + ", ".join(["'ab'"] * n) + "))"], [[str(2 * n)]])
    yield Shape(f"{n} columns", ["SELECT " + ", ".join(f"{i} AS c{i}" for i in range(n))], [[str(i) for i in range(n)]])
    rows = ", ".join(f"({i})" for i in range(n))
    yield Shape(f"VALUES of {n}", [f"SELECT sum(a) FROM VALUES {rows} AS t(a)"], [[str(n * (n - 1) // 2)]])
    wide = ", ".join(f"id + {i} AS c{i}" for i in range(n))
    sort = f"SELECT count(*) FROM (SELECT * FROM (SELECT {wide} FROM range(3)) ORDER BY c{n // 2})"
    yield Shape(f"sorting {n} columns", [sort], [["3"]])
    sums = ", ".join(f"sum(id + {i})" for i in range(n // 5))
    groups = f"SELECT {sums} FROM range(2) GROUP BY id HAVING id = 1"
    yield Shape(f"{n // 5} sums", [groups], [[str(1 + i) for i in range(n // 5)]])
    yield Shape(f"a text of {n} KB", ["SELECT length('" + "a" * n * 1000 + "')"], [[str(n * 1000)]])


def many(n):
    """n queries of a kind in one."""
    branches = [f"SELECT {i} AS a" for i in range(n)]
    total = [[str(n), str(n * (n - 1) // 2)]]
    yield Shape(f"{n} UNION ALL", [f"SELECT count(*), sum(a) FROM ({' UNION ALL '.join(branches)})"], total)
    mixed = ["SELECT 0L AS a", *branches[1:100], "SELECT 1.5 AS a"]
    yield Shape("100 UNION ALL of some types", [f"SELECT sum(a) FROM ({' UNION ALL '.join(mixed)})"], [["4951.5"]])
    yield Shape(f"{n} UNION", [" UNION ".join(branches + branches)], condition=TOO_COMPLEX)
    yield Shape("400 UNION", [f"SELECT count(*) FROM ({' UNION '.join(branches[:200] * 2)})"], [["200"]])
    yield Shape("300 INTERSECT", [" INTERSECT ".join(["SELECT 1"] * 300)], [["1"]])
    for kind in "JOIN", "LEFT JOIN":
        joins = "".join(f" {kind} range(3) t{i} ON t{i - 1}.id = t{i}.id" for i in range(1, 300))
        yield Shape(f"300 {kind}", [f"SELECT count(*) FROM range(3) t0{joins}"], [["3"]])
    # each join could filter each scan by its keys
    sides = [f"(SELECT id FROM filed WHERE id < {100 + i}) t{i}" for i in range(60)]
    joins = sides[0] + "".join(f" JOIN {side} ON t{i}.id = t{i + 1}.id" for i, side in enumerate(sides[1:]))
    table = "CREATE TABLE filed USING parquet AS SELECT id FROM range(300)"
    exchanged = "SET spark.sql.autoBroadcastJoinThreshold = -1"
    yield Shape("60 JOIN of filtered files", [table, exchanged, f"SELECT count(*) FROM {joins}"], [["100"]])
    joins = "".join(f" JOIN range(3) t{i} ON t{i - 1}.id = t{i}.id" for i in range(1, 2 * n))
    yield Shape(f"{2 * n} JOIN", [f"SELECT count(*) FROM range(3) t0{joins}"], condition=TOO_COMPLEX)
    ctes = "".join(f", c{i} AS (SELECT a + 1 AS a FROM c{i - 1})" for i in range(1, n))
    yield Shape(f"{n} CTEs", [f"WITH c0 AS (SELECT 1 AS a){ctes} SELECT * FROM c{n - 1}"], [[str(n)]])
    ctes = "".join(f", c{i} AS (SELECT a + 1 AS a FROM c{i - 1})" for i in range(1, 5 * n))
    yield Shape(f"{5 * n} CTEs", [f"WITH c0 AS (SELECT 1 AS a){ctes} SELECT * FROM c{5 * n - 1}"], condition=TOO_COMPLEX)
    ctes = "".join(f", c{i} AS (SELECT x.a FROM c{i - 1} x JOIN c{i - 1} y ON x.a = y.a)" for i in range(1, 30))
    yield Shape("CTEs that double", [f"WITH c0 AS (SELECT 1 AS a){ctes} SELECT * FROM c29"], condition=TOO_COMPLEX)
    # a + a over a + a over ...: written into one expression, this would have 2 to the 100 terms
    views = [
        f"CREATE TEMPORARY VIEW v{i} AS SELECT a + a AS a FROM (SELECT * FROM v{i - 1} WHERE a >= 0) WHERE a < 10"
        for i in range(1, 100)
    ]
    yield Shape("views that double", ["CREATE TEMPORARY VIEW v0 AS SELECT 0 AS a", *views, "SELECT * FROM v99"], [["0"]])


def shapes(big):
    yield from deep(100000 if big else 10000)
    yield from chains(100000 if big else 10000)
    yield from many(1000)
