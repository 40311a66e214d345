"""limits.py - what the machine can do (limits.c, in the same run), and how much of it scans reach."""
import subprocess
import tempfile

import measure
import parquet_pages

ROOT = measure.HERE.parent


def program():
    """limits.c with Vonk's own decompression, built as Vonk is."""
    sources = [measure.HERE / "limits.c", ROOT / "lib" / "format" / "parquet" / "snappy.c"]
    made = ROOT / "build" / "limits"
    if not made.exists() or made.stat().st_mtime < max(source.stat().st_mtime for source in sources):
        made.parent.mkdir(exist_ok=True)
        options = ["-std=gnu11", "-D_GNU_SOURCE", "-O3", f"-I{ROOT / 'lib'}"]
        subprocess.run(["cc", *options, "-o", made, *sources, "-lzstd"], check=True)
    return made


def run(*arguments):
    return subprocess.run([program(), *arguments], check=True, capture_output=True, text=True).stdout


def measured(sample):
    """Bytes a second of one core: of memory, and of the page cache."""
    return {name: float(speed) for name, speed in (line.split() for line in run(sample).splitlines())}


def chunks(path, columns):
    """(codec, start, end, plain bytes) of each column chunk of a Parquet file."""
    import duckdb

    rows = duckdb.execute(
        "SELECT path_in_schema, lower(compression), dictionary_page_offset, data_page_offset, total_compressed_size, "
        "total_uncompressed_size FROM parquet_metadata(?)",
        [str(path)],
    )
    for name, codec, dictionary, data, compressed, plain in rows.fetchall():
        if columns is None or name in columns:
            start = min(offset for offset in (dictionary, data) if offset)
            yield codec, start, start + compressed, plain


def least_seconds(path, columns, speed):
    """CPU of one core for nothing but bringing the bytes from the page cache, or decompressing them from there, and
    the bytes."""
    if path.suffix != ".parquet":
        return path.stat().st_size / speed["page_cache"], path.stat().st_size
    parts = list(chunks(path, columns))
    with tempfile.NamedTemporaryFile("w", suffix=".pages") as pages:
        for part in parquet_pages.compressed_parts(path, (part[:3] for part in parts)):
            print(*part, file=pages)
        pages.flush()
        return float(run(path, pages.name)), sum(part[3] for part in parts)


def section(answers, scans, sample):
    """The report's part about scans: line -> (file, columns)."""
    scans = {name: scan for name, scan in scans.items() if "error" not in answers[name]}
    if not scans:
        return ""
    speed = measured(sample)
    known = ", ".join(f"{name.replace('_', ' ')} {value / 1e9:.2f}" for name, value in speed.items())
    lines = [
        "",
        "## Scans beside the machine's limits",
        "",
        f"One core's limits in this run, GB/s: {known}.",
        "The least that a scan could take is, for text, reading its bytes from the page cache; for Parquet, decompressing",
        "the pages of its columns out of the mapped file, by Vonk's decoder and measured on these very pages. The share is",
        "that over Vonk's CPU time. Bytes: of text files all, of Parquet those of the columns, decompressed.",
        "",
        "| scan | MB | Vonk, GB/s a core | least CPU, ms | share reached |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, (path, columns) in scans.items():
        least, size = least_seconds(path, columns, speed)
        cpu = max(answers[name]["cpu"], 1e-6)
        lines.append(f"| {name} | {size / 1e6:.0f} | {size / cpu / 1e9:.2f} | {least * 1000:.0f} | {least / cpu:.0%} |")
    return "\n".join(lines) + "\n"
