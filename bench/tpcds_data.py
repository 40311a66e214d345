#!/usr/bin/env python3
"""TPC-DS: the tables' columns, their rows by Trino's generator, and Spark's texts of the queries.

    tpcds_data.py rows SCALE      .cache/tpcds-sfSCALE/rows/TABLE.dat: '|' between values, no quotes
    tpcds_data.py parquet SCALE   .cache/tpcds-sfSCALE/parquet/TABLE.parquet (needs the packages of ./dev bench)
    tpcds_data.py queries         .cache/spark-tpcds-VERSION/{tpcds,tpcds-v2.7.0,tpcds-query-results}

Prints the folder. What is there is not made again. Generator and texts come from Maven Central and need Java and
Maven. Rows and texts are the same everywhere and always; neither is part of this project.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
CACHE = HERE.parent / ".cache"
SPARK = "4.2.0"
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"
GENERATOR = (("io.trino.tpcds", "tpcds", "1.4"), ("io.airlift", "airline", "0.9"))
DEPENDENCY = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>dev.vonk</groupId><artifactId>tpcds-data</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>{}</dependencies></project>
"""


def can_fetch():
    return bool(shutil.which("mvn") and shutil.which("java"))


def tables():
    """{table: [(column, type)]} of tpcds/tables.txt."""
    found = {}
    for paragraph in (HERE / "tpcds" / "tables.txt").read_text().split("\n\n"):
        lines = [line.split() for line in paragraph.splitlines() if not line.startswith("#")]
        if lines:
            found[lines[0][0]] = [(name, kind) for name, kind in lines[1:]]
    return found


def make(target, fill):
    """Makes the folder `target` by fill(folder) unless it is there: all of it or nothing."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
            fill(pathlib.Path(temporary))
            (pathlib.Path(temporary) / "made").rename(target)
    return target


def maven(folder, *arguments):
    if not can_fetch():
        sys.exit("tpcds_data.py: needs Java and Maven: see scripts/packages.txt")
    subprocess.run(["mvn", "-q", "-B", *arguments], cwd=folder, check=True, stdout=sys.stderr)


def fetch_generator(folder):
    dependencies = "".join(DEPENDENCY.format(*artifact) for artifact in GENERATOR)
    (folder / "pom.xml").write_text(POM.format(dependencies))
    maven(folder, f"{PLUGIN}:copy-dependencies", "-DoutputDirectory=made")


def fetch_queries(folder):
    artifact = f"-Dartifact=org.apache.spark:spark-sql_2.13:{SPARK}:jar:tests"
    maven(folder, f"{PLUGIN}:copy", artifact, "-DoutputDirectory=jar")
    wanted = ("tpcds/", "tpcds-v2.7.0/", "tpcds-query-results/", "META-INF/LICENSE", "META-INF/NOTICE")
    with zipfile.ZipFile(next((folder / "jar").iterdir())) as jar:
        jar.extractall(folder / "made", [name for name in jar.namelist() if name.startswith(wanted)])


def queries():
    """The folder with Spark's texts and answers."""
    return make(CACHE / f"spark-tpcds-{SPARK}", fetch_queries)


def folder_of(scale):
    return CACHE / f"tpcds-sf{scale:g}"


def generate(folder, scale):
    jars = make(CACHE / "tpcds-generator-1.4", fetch_generator)
    made = folder / "made"
    made.mkdir()
    print(f"making TPC-DS rows, scale {scale:g}", file=sys.stderr)
    command = ["java", "-cp", f"{jars}/*", "io.trino.tpcds.Driver", "--scale", f"{scale:g}"]
    subprocess.run([*command, "--directory", made, "--do-not-terminate"], check=True)
    for path in made.iterdir():  # it writes Latin 1
        converted = path.with_suffix(".utf8")
        with path.open(encoding="latin-1", newline="") as rows, converted.open("w", newline="") as out:
            shutil.copyfileobj(rows, out, 1 << 20)
        converted.rename(path)


def rows(scale):
    """The folder of TABLE.dat files."""
    return make(folder_of(scale) / "rows", lambda folder: generate(folder, scale))


def write_parquet(folder, scale):
    import duckdb  # pylint: disable=import-outside-toplevel # only here: tests have no packages

    made = folder / "made"
    made.mkdir()
    texts = rows(scale)
    for table, columns in tables().items():
        kinds = ", ".join(f"'{name}': '{kind}'" for name, kind in columns)
        source = f"read_csv('{texts / table}.dat', delim='|', header=false, quote='', escape='', columns={{{kinds}}})"
        duckdb.sql(f"copy (select * from {source}) to '{made / table}.parquet' (format parquet)")


def parquet(scale):
    """The folder of TABLE.parquet files."""
    return make(folder_of(scale) / "parquet", lambda folder: write_parquet(folder, scale))


def main():
    what, *scale = sys.argv[1:] or [""]
    if what == "queries":
        print(queries())
    elif what in ("rows", "parquet") and scale:
        print({"rows": rows, "parquet": parquet}[what](float(scale[0])))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    os.umask(0o022)
    main()
