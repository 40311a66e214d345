#!/usr/bin/env python3
"""clang-tidy on each source of lib/ and the programs, in parallel, and never twice on the same text.

usage: lint.py --build DIR [-j N] [FILE...]

A file is clean for good once it passed: DIR/lint/ remembers a hash of clang-tidy's version, the
checks, the compile command, the file, and all project headers that it reaches.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("lib", "driver", "executor", "cli", "operator")
INCLUDE = re.compile(rb'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def included(path, seen):
    """Adds to `seen` all project headers that `path` reaches."""
    for name in INCLUDE.findall(path.read_bytes()):
        for base in (ROOT / "lib", ROOT, path.parent):
            header = base / name.decode()
            if header.is_file() and header not in seen:
                seen.add(header)
                included(header, seen)
                break


def fingerprint(entry, common):
    source = pathlib.Path(entry["file"])
    headers = set()
    included(source, headers)
    digest = hashlib.sha256(common + entry["command"].encode())
    for path in [source, *sorted(headers)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def check(tidy, build, entry, stamp):
    if stamp.exists():
        return True, ""
    command = [tidy, "--quiet", "-p", str(build), entry["file"]]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if result.returncode == 0:
        stamp.touch()
    return result.returncode == 0, result.stdout


def entries(build, wanted):
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        name = path.relative_to(ROOT).as_posix()
        if name.split("/")[0] in FOLDERS and (not wanted or name in wanted):
            yield entry


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("-j", type=int, default=int(os.environ.get("JOBS", os.cpu_count())))
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    tidy = shutil.which("clang-tidy-14") or shutil.which("clang-tidy")
    if not tidy:
        sys.exit("lint: no clang-tidy here")
    version = subprocess.run([tidy, "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes()
    cache = options.build / "lint"
    cache.mkdir(parents=True, exist_ok=True)
    failed = done = 0
    with concurrent.futures.ThreadPoolExecutor(options.j) as pool:
        work = {}
        for entry in entries(options.build.resolve(), set(options.files)):
            stamp = cache / fingerprint(entry, common)
            done += not stamp.exists()
            work[pool.submit(check, tidy, options.build, entry, stamp)] = entry
        for future in concurrent.futures.as_completed(work):
            clean, output = future.result()
            if not clean:
                failed += 1
                print(output.strip())
    print(f"lint: {len(work)} files, {done} checked now, {failed} with findings")
    sys.exit(bool(failed))


main()
