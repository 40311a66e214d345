"""functions.py - scalar functions: for each type the calls that return it, in Spark's words and in DuckDB's."""
import dataclasses

import schema


@dataclasses.dataclass
class Function:
    spark: str
    args: tuple  # types; a tuple in it: one of these literals
    duck: object = None  # None: the same text; False: not to be compared
    bound: object = None  # the result's; may be a function of the arguments'
    bounded: bool = False  # only for arguments with bounds
    exact: bool = True


def same(bound, *_):
    return bound


SMALL = (1, 2, 3, 5, 12, 13, 40)
FORMS = ("a", "ab", "é", "日", "x", "A")
UNITS = ("year", "quarter", "month", "week")

STRINGS = [
    Function("upper({0})", ("string",)),
    Function("lower({0})", ("string",)),
    Function("trim({0})", ("string",)),
    Function("ltrim({0})", ("string",)),
    Function("rtrim({0})", ("string",)),
    Function("reverse({0})", ("string",)),
    Function("({0} || {1})", ("string", "string")),
    Function("concat({0}, {1})", ("string", "string"), "({0} || {1})"),
    Function("substring({0}, {1}, {2})", ("string", SMALL, SMALL)),
    Function("left({0}, {1})", ("string", SMALL)),
    Function("right({0}, {1})", ("string", SMALL)),
    Function("repeat({0}, {1})", ("string", (0, 1, 2, 3))),
    Function("replace({0}, {1}, {2})", ("string", FORMS, "string")),
    Function("lpad({0}, {1}, {2})", ("string", SMALL, FORMS)),
    Function("rpad({0}, {1}, {2})", ("string", SMALL, FORMS)),
    Function("concat_ws({1}, {0}, {2})", ("string", FORMS, "string")),
    Function("substring({0}, {1}, {2})", ("string", (-7, -3, -1, 0, 2), (-1, 0, 1, 4, 100)), False),
    Function("substring_index({0}, {1}, {2})", ("string", FORMS, (-2, -1, 1, 2)), False),
    Function("split_part({0}, {1}, {2})", ("string", FORMS, (-1, 1, 2)), False),
    Function("initcap({0})", ("string",), False),
    Function("translate({0}, {1}, {2})", ("string", ("abc", "é日a"), ("x", "xyz", "日é")), False),
    Function("overlay({0} PLACING {1} FROM {2})", ("string", FORMS, SMALL), False),
    Function("md5({0})", ("string",)),
    Function("sha2({0}, 256)", ("string",), "sha256({0})"),
    Function("translate({0}, {1}, {2})", ("string", ("abc", "é日a"), ("xyz", "日éx"))),
    Function("split_part({0}, {1}, {2})", ("string", FORMS, (1, 2, 3))),
    Function("trim(BOTH {1} FROM {0})", ("string", FORMS), "trim({0}, {1})"),
    Function("nvl2({0}, {1}, {2})", ("int", "string", "string"), "CASE WHEN {0} IS NOT NULL THEN {1} ELSE {2} END"),
    Function("hex({0})", ("int",), False),
    Function("hex({0})", ("string",)),
    Function("regexp_replace({0}, {1}, {2})", ("string", ("a+", "[a-c]", "^.", "é"), ("", "-", "$0")), False),
    Function("regexp_extract({0}, {1}, {2})", ("string", ("(a)(b)?", "([a-z]+)(.)"), (0, 1, 2)), False),
    Function("CAST({0} AS string)", ("int",), "CAST({0} AS VARCHAR)"),
    Function("CAST({0} AS string)", ("bigint",), "CAST({0} AS VARCHAR)"),
    Function("CAST({0} AS string)", ("boolean",), "CAST({0} AS VARCHAR)"),
    Function("CAST({0} AS string)", ("date",), "CAST({0} AS VARCHAR)"),
    Function("CAST({0} AS string)", ("decimal(18,4)",), "CAST({0} AS VARCHAR)"),
    Function("CAST({0} AS string)", ("double",), False),
    Function("CAST({0} AS string)", ("float",), False),
    Function("CAST({0} AS string)", ("timestamp",), False),
    Function("date_format({0}, {1})", ("timestamp", ("yyyy-MM-dd", "HH:mm:ss.SSSSSS", "E d MMM yy", "D a h")), False),
    Function("bin({0})", ("bigint",), False),
    Function("format_number({0}, {1})", ("double", (0, 2, 5)), False, bounded=True),
    Function("conv({0}, 10, {1})", ("string", (2, 16, 36)), False),
    Function("soundex({0})", ("string",), False),
]

INTS = [
    Function("length({0})", ("string",), "CAST(length({0}) AS INTEGER)"),
    Function("octet_length({0})", ("string",), "CAST(strlen({0}) AS INTEGER)"),
    Function("instr({0}, {1})", ("string", FORMS), "CAST(instr({0}, {1}) AS INTEGER)"),
    Function("locate({1}, {0}, {2})", ("string", FORMS, SMALL), False),
    Function("levenshtein({0}, {1})", ("string", "string"), False),
    Function("ascii({0})", ("string",), False),
    Function("year({0})", ("date",), "CAST(year({0}) AS INTEGER)", 9999),
    Function("month({0})", ("date",), "CAST(month({0}) AS INTEGER)", 12),
    Function("day({0})", ("date",), "CAST(day({0}) AS INTEGER)", 31),
    Function("quarter({0})", ("date",), "CAST(quarter({0}) AS INTEGER)", 4),
    Function("dayofweek({0})", ("date",), "CAST(dayofweek({0}) + 1 AS INTEGER)", 7),
    Function("weekday({0})", ("date",), "CAST(isodow({0}) - 1 AS INTEGER)", 7),
    Function("dayofyear({0})", ("date",), "CAST(dayofyear({0}) AS INTEGER)", 366),
    Function("weekofyear({0})", ("date",), "CAST(weekofyear({0}) AS INTEGER)", 53),
    Function("datediff({0}, {1})", ("date", "date"), "CAST({0} - {1} AS INTEGER)"),
    Function("hour({0})", ("timestamp",), "CAST(hour({0}) AS INTEGER)", 24),
    Function("minute({0})", ("timestamp",), "CAST(minute({0}) AS INTEGER)", 60),
    Function("second({0})", ("timestamp",), "CAST(second({0}) AS INTEGER)", 60),
    Function("({0} & {1})", ("int", "int")),
    Function("({0} | {1})", ("int", "int")),
    Function("bit_count({0})", ("bigint",), "CAST(bit_count({0}) AS INTEGER)", 64),
    Function("extract(MONTH FROM {0})", ("timestamp",), "CAST(extract(MONTH FROM {0}) AS INTEGER)", 12),
    Function("date_part('year', {0})", ("date",), "CAST(date_part('year', {0}) AS INTEGER)", 9999),
    Function("CAST(CAST({0} AS tinyint) AS int)", ("boolean",), "CAST({0} AS INTEGER)", 1),
    Function("try_cast({0} AS int)", ("string",), False),
    Function("crc32(CAST({0} AS binary)) % 1000", ("string",), False),
    Function("pmod({0}, {1})", ("int", (3, 7)), False, 7),
    Function("shiftleft({0}, {1})", ("int", SMALL), False),
]

BIGINTS = [
    Function("({0} div {1})", ("bigint", (2, 3, -7)), "({0} // {1})", lambda a, b: a, bounded=True),
    Function("floor({0})", ("double",), "CAST(floor({0}) AS BIGINT)", same, bounded=True),
    Function("ceil({0})", ("double",), "CAST(ceil({0}) AS BIGINT)", lambda a: a + 1, bounded=True),
    Function("unix_micros({0})", ("timestamp",), "epoch_us({0})"),
    Function("timestampdiff(MICROSECOND, {0}, {1})", ("timestamp", "timestamp"), "date_sub('microsecond', {0}, {1})", 10**14, bounded=True),
    Function("timestampdiff(HOUR, {0}, {1})", ("timestamp", "timestamp"), "date_sub('hour', {0}, {1})", 10**6, bounded=True),
    Function("unix_date({0}) * 2L", ("date",), "CAST({0} - DATE '1970-01-01' AS BIGINT) * 2"),
    Function("unix_seconds({0})", ("timestamp",), False),
    Function("unix_date({0}) * 1L", ("date",), False),
    Function("try_cast({0} AS bigint)", ("string",), False),
    Function("hash({0}) * 1L", ("string",), False),
]

DOUBLES = [
    Function("sqrt(abs({0}))", ("double",), exact=False),
    Function("exp({0} / 100D)", ("double",), exact=False, bounded=True),
    Function("ln(abs({0}) + 1D)", ("double",), "ln(abs({0}) + CAST(1 AS DOUBLE))", exact=False, bounded=True),
    Function("sign({0})", ("double",), "CAST(sign({0}) AS DOUBLE)", 1, bounded=True),
    Function("pow({0}, {1})", ("double", (2, 3)), "pow({0}, {1})", exact=False, bounded=True),
    Function("cbrt({0})", ("double",), exact=False, bounded=True),
    Function("round({0}, {1})", ("double", (0, 1, 2)), False, bounded=True),
    Function("bround({0}, {1})", ("double", (0, 1, 2)), False, bounded=True),
    Function("try_cast({0} AS double)", ("string",), False),
    Function("atan2({0}, {1})", ("double", "double"), False, exact=False),
]

DATES = [
    Function("date_add({0}, {1})", ("date", (-40, -1, 1, 365)), "CAST({0} + {1} AS DATE)", 100, bounded=True),
    Function("date_sub({0}, {1})", ("date", (-40, -1, 1, 365)), "CAST({0} - {1} AS DATE)", 100, bounded=True),
    Function("add_months({0}, {1})", ("date", (-13, -1, 1, 6)), "CAST({0} + to_months({1}) AS DATE)", 100, bounded=True),
    Function("last_day({0})", ("date",), None, 100, bounded=True),
    Function("({0} + INTERVAL '1' MONTH)", ("date",), "CAST({0} + INTERVAL '1' MONTH AS DATE)", 100, bounded=True),
    Function("({0} - INTERVAL '2' YEAR)", ("date",), "CAST({0} - INTERVAL '2' YEAR AS DATE)", 100, bounded=True),
    Function("({0} + INTERVAL '3' DAY)", ("date",), "CAST({0} + INTERVAL '3' DAY AS DATE)", 100, bounded=True),
    Function("trunc({0}, {1})", ("date", UNITS), "CAST(date_trunc({1}, {0}) AS DATE)", 100, bounded=True),
    Function("next_day({0}, {1})", ("date", ("MON", "sunday", "Fr")), False, 100, bounded=True),
    Function("CAST({0} AS date)", ("timestamp",), "CAST({0} AS DATE)", same),
    Function("try_cast({0} AS date)", ("string",), False),
]

TIMESTAMPS = [
    Function("date_trunc({1}, {0})", ("timestamp", (*UNITS, "day", "hour", "minute", "second")), None, 100, bounded=True),
    Function("CAST({0} AS timestamp)", ("date",), "CAST({0} AS TIMESTAMP)", same),
    Function("({0} + INTERVAL '1' DAY)", ("timestamp",), None, 100, bounded=True),
    Function("({0} - INTERVAL '25' HOUR)", ("timestamp",), None, 100, bounded=True),
    Function("({0} + INTERVAL '1' MONTH)", ("timestamp",), None, 100, bounded=True),
    Function("timestampadd(MINUTE, {1}, {0})", ("timestamp", (-90, 1, 10000)), "({0} + to_minutes({1}))", 100, bounded=True),
    Function("try_cast({0} AS timestamp)", ("string",), False),
    Function("timestamp_micros({0})", ("bigint",), False, 100, bounded=True),
]

BOOLEANS = [
    Function("contains({0}, {1})", ("string", FORMS)),
    Function("startswith({0}, {1})", ("string", FORMS), "starts_with({0}, {1})"),
    Function("endswith({0}, {1})", ("string", FORMS), "ends_with({0}, {1})"),
    Function("isnan({0})", ("double",), "coalesce(isnan({0}), false)"),
    Function("({0} RLIKE {1})", ("string", ("^a", "b+", "[é日]", "x$", "a.c", "(a|z)")), "regexp_matches({0}, {1})"),
    Function("({0} IS DISTINCT FROM {1})", ("string", "string")),
    Function("({0} IS NOT DISTINCT FROM {1})", ("double", "double")),
    Function("({0} ILIKE {1})", ("string", ("%A%", "ab_", "X%"))),
]


DAYS = [
    Function("({0} + {1})", (schema.DAYS, schema.DAYS), None, lambda a, b: a + b, bounded=True),
    Function("({0} - {1})", (schema.DAYS, schema.DAYS), None, lambda a, b: a + b, bounded=True),
    Function("(- {0})", (schema.DAYS,), None, same, bounded=True),
    Function("abs({0})", (schema.DAYS,), None, same, bounded=True),
    Function("({0} * {1})", (schema.DAYS, (0, 2, -3)), None, lambda a, b: 3 * a, bounded=True),
    Function("({0} / {1})", (schema.DAYS, (2, 3, -7)), False, same, bounded=True),
    Function("({0} - {1})", ("timestamp", "timestamp"), "(epoch_us({0}) - epoch_us({1}))", 10**5, bounded=True),
    Function("CAST({0} - {1} AS interval day to second)", ("date", "date"), "CAST({0} - {1} AS BIGINT) * 86400000000", 10**5, bounded=True),
    Function("CAST(CAST({0} AS interval second) AS interval day to second)", ("int",), "CAST({0} AS BIGINT) * 1000000", lambda a: a // 86400 + 1, bounded=True),
    Function("({0} * INTERVAL '1 00:00:00.5' DAY TO SECOND)", ("smallint",), "CAST({0} AS BIGINT) * 86400500000", lambda a: 2 * a, bounded=True),
    Function("try_cast({0} AS interval day to second)", ("string",), False),
    Function("make_dt_interval({0}, {1}, 0, 1.5)", ("tinyint", (-30, 0, 25)), "(CAST({0} AS BIGINT) * 86400000000 + {1} * CAST(3600000000 AS BIGINT) + 1500000)", lambda a, b: a + 2, bounded=True),
]

MONTHS = [
    Function("({0} + {1})", (schema.MONTHS, schema.MONTHS), None, lambda a, b: a + b, bounded=True),
    Function("({0} - {1})", (schema.MONTHS, schema.MONTHS), None, lambda a, b: a + b, bounded=True),
    Function("(- {0})", (schema.MONTHS,), None, same, bounded=True),
    Function("abs({0})", (schema.MONTHS,), None, same, bounded=True),
    Function("({0} * {1})", (schema.MONTHS, (0, 2, -3)), None, lambda a, b: 3 * a, bounded=True),
    Function("({0} / {1})", (schema.MONTHS, (2, 3, -7)), False, same, bounded=True),
    Function("({0} * INTERVAL '1-1' YEAR TO MONTH)", ("tinyint",), "CAST({0} AS INTEGER) * 13", lambda a: 13 * a, bounded=True),
    Function("make_ym_interval({0}, {1})", ("tinyint", (-30, 0, 25)), "(CAST({0} AS INTEGER) * 12 + {1})", lambda a, b: 12 * a + 30, bounded=True),
    Function("CAST(CAST({0} AS interval year) AS interval year to month)", ("smallint",), "CAST({0} AS INTEGER) * 12", lambda a: 12 * a, bounded=True),
]

INTS += [
    Function("CAST(extract(DAY FROM {0}) AS int)", (schema.DAYS,), "CAST({0} // 86400000000 AS INTEGER)", same, bounded=True),
    Function("CAST(extract(HOUR FROM {0}) AS int)", (schema.DAYS,), "CAST({0} // 3600000000 % 24 AS INTEGER)", 24, bounded=True),
    Function("CAST(extract(MINUTE FROM {0}) AS int)", (schema.DAYS,), "CAST({0} // 60000000 % 60 AS INTEGER)", 60, bounded=True),
    Function("CAST(extract(YEAR FROM {0}) AS int)", (schema.MONTHS,), "({0} // 12)", same, bounded=True),
    Function("CAST(extract(MONTH FROM {0}) AS int)", (schema.MONTHS,), "({0} % 12)", 12, bounded=True),
]
STRINGS += [
    Function("to_char({0}, {1})", ("int", ("S999,999", "0009.0MI", "9,999PR")), False),
    Function("url_encode({0})", ("string",), False),
    Function("url_decode(url_encode({0}))", ("string",), "{0}"),
]
DOUBLES += [Function("sign({0})", (type_,), "CAST(sign({0}) AS DOUBLE)", 1) for type_ in schema.INTERVALS]
BIGINTS += [Function("factorial({0})", ("tinyint",), False)]
STRINGS += [Function("CAST({0} AS string)", (type_,), False) for type_ in schema.INTERVALS]
DATES += [Function("({0} + {1})", ("date", schema.MONTHS), "CAST({0} + to_months({1}) AS DATE)", 100, bounded=True)]
TIMESTAMPS += [
    Function("({0} + {1})", ("timestamp", schema.DAYS), "({0} + to_microseconds({1}))", 100, bounded=True),
    Function("({0} - {1})", ("timestamp", schema.DAYS), "({0} - to_microseconds({1}))", 100, bounded=True),
    Function("CAST({0} + {1} AS timestamp)", ("date", schema.DAYS), "(CAST({0} AS TIMESTAMP) + to_microseconds({1}))", 100, bounded=True),
    Function("({0} - {1})", ("timestamp", schema.MONTHS), "({0} - to_months({1}))", 100, bounded=True),
]


def numeric():
    found = {}
    for type_ in (*schema.INTEGERS, *schema.FLOATS, *schema.DECIMALS):
        found[type_] = [
            Function("abs({0})", (type_,), None, same, bounded=True),
            Function("(- {0})", (type_,), None, same, bounded=True),
        ]
    for type_ in schema.DECIMALS:
        cut = f"CAST(round({{0}}, {{1}}) AS {type_})"
        found[type_].append(Function(cut, (type_, (0, 1, 2)), False, lambda a, _: a + 1, bounded=True))
        found[type_].append(Function(f"try_cast({{0}} AS {type_})", ("string",), False))
    return found


FUNCTIONS = numeric()
for NAME, MORE in (("string", STRINGS), ("int", INTS), ("bigint", BIGINTS), ("double", DOUBLES), ("date", DATES),
                   ("timestamp", TIMESTAMPS), ("boolean", BOOLEANS), (schema.DAYS, DAYS), (schema.MONTHS, MONTHS)):
    FUNCTIONS[NAME] = FUNCTIONS.get(NAME, []) + MORE
