#!/usr/bin/env python3
"""image_pack.py ROOT NAME:TAG OUT.tar [KEY=VALUE...]: packs a directory as the last stage of the Dockerfile does.

One layer, in the format of `docker save`, with no daemon; the same input gives the same bytes. The settings of the
image (user, entrypoint, ...) are read from the Dockerfile, so that there is one place for them. KEY=VALUE are
build arguments.
"""
import hashlib
import io
import json
import platform
import re
import shlex
import sys
import tarfile
from pathlib import Path

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
HERE = Path(__file__).resolve().parent


def last_stage(text, arguments):
    """(instruction, rest) of each line after the last FROM, with arguments put in."""
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    start = max(i for i, line in enumerate(lines) if line.startswith("FROM "))
    known = {}
    for line in lines[start + 1 :]:
        word, _, rest = line.partition(" ")
        if word == "ARG":
            name, _, value = rest.partition("=")
            known[name] = arguments.get(name, value)
        elif word and not word.startswith("#"):
            yield word, re.sub(r"\$\{(\w+)\}", lambda m: known[m[1]], rest)


def image_config(text, arguments):
    config = {"Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], "Labels": {}}
    for word, rest in last_stage(text, arguments):
        if word in ("LABEL", "ENV"):
            pairs = shlex.split(rest)
            if word == "ENV":
                config["Env"] += pairs
            else:
                config["Labels"].update(pair.split("=", 1) for pair in pairs)
        elif word == "USER":
            config["User"] = rest
        elif word == "WORKDIR":
            config["WorkingDir"] = rest
        elif word == "ENTRYPOINT":
            config["Entrypoint"] = json.loads(rest)
        elif word != "COPY":
            raise SystemExit(f"image_pack.py: the Dockerfile's last stage has {word}: teach it to me")
    return config


def plain(member):
    """Nothing of this machine or moment."""
    member.mtime = 0
    member.uname = member.gname = ""
    if member.name != "scratch":
        member.uid = member.gid = 0
    else:
        member.uid = member.gid = 65532
    return member


def add(archive, name, data):
    member = tarfile.TarInfo(name)
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))


def main():
    root, name, out = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    arguments = dict(one.split("=", 1) for one in sys.argv[4:])
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path in sorted(root.rglob("*")):
            archive.add(path, str(path.relative_to(root)), recursive=False, filter=plain)
    layer = layer.getvalue()
    config = {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": image_config((HERE.parent / "Dockerfile").read_text(), arguments),
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "scripts/image.sh --from-build"}],
    }
    config = json.dumps(config, sort_keys=True).encode()
    digest = hashlib.sha256(config).hexdigest()
    manifest = [{"Config": f"{digest}.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    with tarfile.open(out, "w", format=tarfile.GNU_FORMAT) as archive:
        add(archive, "manifest.json", json.dumps(manifest).encode())
        add(archive, f"{digest}.json", config)
        add(archive, "layer.tar", layer)


main()
