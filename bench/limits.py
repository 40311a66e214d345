"""limits.py - what the machine can do (limits.c, in the same run), and how much of it scans reach."""
import subprocess

import measure


def measured(sample):
    """Bytes a second of one core, by name: of memory, of the page cache, of the codecs (what they decompress)."""
    source = measure.HERE / "limits.c"
    program = measure.HERE.parent / "build" / "limits"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        program.parent.mkdir(exist_ok=True)
        command = ["cc", "-O2", "-o", program, source, "-lsnappy", "-lzstd"]
        subprocess.run(command, check=True)
    lines = subprocess.run([program, sample], check=True, capture_output=True, text=True).stdout.splitlines()
    return {name: float(speed) for name, speed in (line.split() for line in lines)}


def chunks(path, columns):
    """(codec, compressed bytes, plain bytes) of each column chunk of a Parquet file."""
    import duckdb

    rows = duckdb.execute(
        "SELECT path_in_schema, lower(compression), total_compressed_size, total_uncompressed_size "
        "FROM parquet_metadata(?)",
        [str(path)],
    )
    return [tuple(row[1:]) for row in rows.fetchall() if columns is None or row[0] in columns]


def least_seconds(path, columns, speed):
    """CPU of one core for nothing but bringing the bytes from the page cache and decompressing them, and the bytes.
    What a codec could not make smaller it copies."""
    if path.suffix != ".parquet":
        return path.stat().st_size / speed["page_cache"], path.stat().st_size
    seconds = plain = 0
    for codec, compressed, size in chunks(path, columns):
        unpacks = codec in speed and compressed < 0.95 * size
        seconds += compressed / speed["page_cache"] + size / speed[codec if unpacks else "memory"]
        plain += size
    return seconds, plain


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
        f"One core's limits in this run, GB/s: {known} (decompressed bytes of text).",
        "The least that a scan could take is reading its bytes from the page cache and decompressing them;",
        "the share is that over Vonk's CPU time. Bytes: of text files all, of Parquet those of the columns, decompressed.",
        "",
        "| scan | MB | Vonk, GB/s a core | least CPU, ms | share reached |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, (path, columns) in scans.items():
        least, size = least_seconds(path, columns, speed)
        cpu = max(answers[name]["cpu"], 1e-6)
        lines.append(f"| {name} | {size / 1e6:.0f} | {size / cpu / 1e9:.2f} | {least * 1000:.0f} | {least / cpu:.0%} |")
    return "\n".join(lines) + "\n"
