"""schema.py - types, columns and tables, and how to make random ones.

A type is Spark's name for it. A column has a `bound`: no value is further from zero, so that a query
knows which sums cannot overflow; None: values may be at the very edge of the type.
"""
import dataclasses

INTEGERS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
FLOATS = ("float", "double")
DECIMALS = ("decimal(5,2)", "decimal(10,0)", "decimal(18,4)", "decimal(20,6)", "decimal(38,10)")
MORE_DECIMALS = ("decimal(1,0)", "decimal(3,1)", "decimal(9,0)", "decimal(9,4)", "decimal(18,0)", "decimal(19,9)", "decimal(28,8)", "decimal(38,0)", "decimal(38,18)")
DAYS, MONTHS = "interval day to second", "interval year to month"
INTERVALS = (DAYS, MONTHS)  # bounds are in days, in months
LONGEST = {DAYS: 10**5, MONTHS: 10**3}  # of what is added to a time
OTHERS = ("boolean", "string", "date", "timestamp")
TYPES = (*INTEGERS, *FLOATS, *DECIMALS, *OTHERS, *INTERVALS)
# Types a column gets; those that find most are there more than once.
COLUMN_TYPES = (*TYPES, "int", "int", "bigint", "string", "string", "double", *MORE_DECIMALS[::2], *MORE_DECIMALS[1::4])

STORED = {DAYS: "bigint", MONTHS: "int"}  # microseconds, months: so they are in files, and in DuckDB
DUCK_NAMES = {"string": "VARCHAR", "double": "DOUBLE", "float": "FLOAT", "int": "INTEGER", DAYS: "BIGINT", MONTHS: "INTEGER"}


def duck_type(type_):
    return DUCK_NAMES.get(type_, type_.upper())


def is_number(type_):
    return type_ in INTEGERS or type_ in FLOATS or is_decimal(type_)


def is_decimal(type_):
    return type_.startswith("decimal")


def digits(type_):
    """(precision, scale) of a decimal type."""
    precision, scale = type_[len("decimal(") : -1].split(",")
    return int(precision), int(scale)


def largest(type_):
    """The largest magnitude a numeric type surely holds."""
    if type_ in INTEGERS:
        return 2 ** (INTEGERS[type_] - 1) - 1
    if is_decimal(type_):
        precision, scale = digits(type_)
        return 10 ** (precision - scale) - 1
    return 2**53 if type_ == "double" else 2**24


@dataclasses.dataclass
class Column:
    name: str
    type: str
    bound: object  # see above
    nulls: float  # share of NULLs
    distinct: int  # about so many values; few make joins and groups meet


def stored(table):
    """The table as it is in files: intervals are numbers there."""
    columns = [dataclasses.replace(c, type=STORED.get(c.type, c.type)) for c in table.columns]
    return dataclasses.replace(table, columns=columns)


@dataclasses.dataclass
class Table:
    name: str
    columns: list
    rows: list  # tuples
    format: str = "parquet"
    group_rows: int = 1000  # rows of a Parquet row group
    n_files: int = 1  # of Parquet
    writing: dict = dataclasses.field(default_factory=dict)  # options of pyarrow's writer


def random_column(rng, name):
    type_ = rng.choice(COLUMN_TYPES)
    wild = rng.random() < 0.25
    bound = None if wild else min(100, largest(type_)) if is_number(type_) else 100
    return Column(name, type_, bound, rng.choice((0, 0.1, 0.3, 0.9)), rng.choice((2, 5, 20, 1000)))


def random_table(rng, number):
    """Without rows. `id` is unique and never NULL, so that every table has a total order."""
    columns = [Column("id", "int", 10**5, 0, 0), Column("k", "int", 100, 0.2, 5)]
    columns += [random_column(rng, chr(ord("a") + i)) for i in range(rng.randint(2, 6))]
    kind = rng.choices(("parquet", "json", "csv"), (16, 2, 1))[0]
    table = Table(f"t{number}", columns, [], kind, rng.choice((4, 50, 1000)), rng.choice((1, 1, 2, 5)))
    table.writing = {"compression": rng.choice(("snappy", "none", "zstd", "gzip", "lz4")), "use_dictionary": rng.random() < 0.7,
                     "data_page_version": rng.choice(("1.0", "1.0", "2.0")), "data_page_size": rng.choice((64, 2**20)),
                     "write_statistics": rng.random() < 0.8}
    return table
