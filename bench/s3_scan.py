"""s3_scan.py - a scan of Parquet in an S3 store beside a plain download in ranges, eight at once, by curl."""
import contextlib
import datetime
import hashlib
import hmac
import os
import pathlib
import re
import statistics
import subprocess
import sys
import urllib.parse

import link
import measure

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import s3 as client  # noqa: E402

BUCKET, N_RANGES, ROWS, GBIT = "vonk-bench", 8, 48_000_000, 10
COLUMNS = ["(id * 7919) % 1000000007 AS a", "(id * 104729) % 998244353 AS b", "id * 31 AS c", "id AS d"]


def presigned(store, key):
    """A URL that curl can GET without headers of ours."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now[:8]}/{store.region}/s3/aws4_request"
    host, path = urllib.parse.urlsplit(store.endpoint).netloc, urllib.parse.quote(f"/{BUCKET}/{key}")
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{store.access_key}/{scope}",
        "X-Amz-Date": now,
        "X-Amz-Expires": "3600",
        "X-Amz-SignedHeaders": "host",
    }
    text = urllib.parse.urlencode(sorted(query.items()), quote_via=urllib.parse.quote)
    canonical = "\n".join(["GET", path, text, f"host:{host}", "", "host", "UNSIGNED-PAYLOAD"])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    secret = b"AWS4" + store.secret_key.encode()
    for part in scope.split("/"):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(secret, to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{store.endpoint}{path}?{text}&X-Amz-Signature={signature}"


def download_command(store, keys):
    """One shell command: N_RANGES curls at once, which fetch all bytes of all keys."""
    parts = []
    for key in keys:
        url, size = presigned(store, key), len_of(store, key)
        n = max(1, N_RANGES // len(keys))
        for i in range(n):
            first, last = size * i // n, size * (i + 1) // n - 1
            parts.append(f"curl -sf -o /dev/null -r {first}-{last} '{url}' || exit 1 &")
    return ["sh", "-c", "\n".join([*parts, "wait"])], sum(len_of(store, key) for key in keys)


def len_of(store, key):
    tree = store.request("GET", f"/{BUCKET}", [("list-type", "2"), ("prefix", key)]).decode()
    return int(re.search(r"<Size>(\d+)</Size>", tree).group(1))


def best(command, times):
    runs = [measure.run(command) for _ in range(times)]
    bad = next((run for run in runs if run.status != 0), None)
    if bad:
        raise SystemExit(f"{command[:4]}: {bad.stderr[-500:]}")
    return min(run.wall for run in runs), statistics.median(run.wall for run in runs), max(r.peak_mb for r in runs)


@contextlib.contextmanager
def server(within=(), host="127.0.0.1"):
    """A store and its kind; `within`: words before the server's command."""
    command = [*within, ROOT / "scripts" / "s3_server.py", "start", "--host", host]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    try:
        said = dict(re.findall(r"(\w+)=(\S+)", process.stdout.readline()))
        yield client.Store(said["endpoint"], said["access_key"], said["secret_key"]), said["kind"]
    finally:
        process.terminate()
        process.wait(60)


def bench(options, command):
    lines = ["# S3", "", f"Made by `{command}`", f"on {measure.machine()}. {options.threads} threads.", ""]
    with server() as (store, kind):
        lines += measure_store(options, store, kind, "on this machine, sharing its cores with the client")
    if link.possible():
        with link.link(GBIT) as within, server(within, link.THERE) as (store, kind):
            lines += measure_store(options, store, kind, f"behind a link of {GBIT} Gbit/s, on the same cores")
    else:
        lines.append("Without root there is no link to measure behind.")
    return "s3", "\n".join(lines) + "\n"


def measure_store(options, store, kind, where):
    """Lines of a table: the scan beside the download."""
    os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"] = store.access_key, store.secret_key
    os.environ["AWS_ENDPOINT_URL_S3"] = store.endpoint
    store.make_bucket(BUCKET)
    master = ["--master", f"local[{options.threads}]"]
    out = f"s3://{BUCKET}/scan"
    write = (
        f"INSERT OVERWRITE DIRECTORY '{out}' USING parquet OPTIONS (compression 'none', 'parquet.enable.dictionary' "
        f"'false') SELECT {', '.join(COLUMNS)} FROM range(0, {ROWS}, 1, 2)"
    )
    scan = f"SELECT count(a), sum(a), max(b), max(c), max(d) FROM parquet.`{out}`"
    wrote = measure.run([options.vonk, "sql", *master, "-e", write])
    if wrote.status:
        raise SystemExit(wrote.stderr)
    keys = [key for key in store.list(BUCKET, "scan/") if "/part-" in key]
    fetch, n_bytes = download_command(store, keys)
    rows, speeds = [], []
    for label, what in (
        (f"curl, {N_RANGES} ranges at once", fetch),
        ("vonk, scan", [options.vonk, "sql", *master, "-e", scan]),
    ):
        least, median, peak = best(what, max(3, options.runs))
        speeds.append(n_bytes / least)
        rows.append(f"| {label} | {least:.2f} | {median:.2f} | {n_bytes / least / 1e6:.0f} | {peak:.0f} |")
    rows.append(f"| vonk, write | {wrote.wall:.2f} | | {n_bytes / wrote.wall / 1e6:.0f} | {wrote.peak_mb:.0f} |")
    return [
        f"{n_bytes / 1e6:.0f} MB of uncompressed Parquet in {len(keys)} objects on {kind}, {where}:",
        "",
        "| what | s, least | median | MB/s | peak MB |",
        "| --- | ---: | ---: | ---: | ---: |",
        *rows,
        "",
        f"The scan reaches {100 * speeds[1] / speeds[0]:.0f} % of the plain download.",
        "",
    ]
