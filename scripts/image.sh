#!/usr/bin/env bash
# image.sh - builds the image; `scripts/image.sh --help` says how.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/dev_lib.sh
source scripts/dev_lib.sh

usage()
{
    cat <<HELP
usage: ./dev image [OPTION...] [NAME:TAG]

Builds the Dockerfile as NAME:TAG (default vonk:dev), with docker if an engine answers, else with buildah, and
writes an archive of it that any container runtime loads (docker load, ctr -n k8s.io images import, kind load).

  --from-build      put the programs in build/bin into the image instead of building them anew: seconds, and no
                    engine is needed. Needs the machine to be Debian 12; its libraries are the machine's, so 14 MB more
  --archive FILE    where the archive goes (default build/image/vonk.tar)
  --march CPU       the CPU to build for (default x86-64-v3)

Where no registry answers, the base image is made by debootstrap. Downloads and caches: .cache/image/
HELP
}

STATE=$PWD/.cache/image
NAME=vonk:dev
ARCHIVE=build/image/vonk.tar
FROM_BUILD=
MARCH=

parse()
{
    while [ $# -gt 0 ]; do
        case $1 in
        -h | --help)
            usage
            exit 0
            ;;
        --from-build) FROM_BUILD=1 ;;
        --archive)
            ARCHIVE=${2:?--archive needs a file}
            shift
            ;;
        --march)
            MARCH=${2:?--march needs a CPU}
            shift
            ;;
        -*)
            usage >&2
            exit 2
            ;;
        *) NAME=$1 ;;
        esac
        shift
    done
    case $NAME in *:*) ;; *) NAME=$NAME:dev ;; esac
}

# What the Dockerfile's last stage wants to know.
arguments()
{
    echo "VERSION=$(sed -n 's/^project(vonk VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)"
    echo "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)"
}

build_args()
{
    arguments | sed 's/^/--build-arg=/'
    [ -z "$MARCH" ] || echo "--build-arg=VONK_MARCH=$MARCH"
}

from_build()
{
    install_packages build
    configure build Release "$(gcc_name)"
    # shellcheck disable=SC2046
    ninja_quietly build $(ninja -C build -t targets all | sed -n 's/^\(vonk\(-[a-z]*\)\?\): phony$/\1/p')
    scripts/image_collect.sh build/bin build/image/root
    # shellcheck disable=SC2046
    python3 scripts/image_pack.py build/image/root "$NAME" "$ARCHIVE" $(arguments)
}

with_docker()
{
    local args
    mapfile -t args < <(build_args)
    DOCKER_BUILDKIT=1 docker build "${args[@]}" -t "$NAME" .
    docker save -o "$ARCHIVE" "$NAME"
}

# buildah with storage of its own, and without runc: it works inside containers, too.
buildah_settings()
{
    export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=overlay CONTAINERS_STORAGE_CONF=$STATE/storage.conf
    mkdir -p "$STATE"
    printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' "$STATE/storage" "$STATE/run" \
        >"$CONTAINERS_STORAGE_CONF"
    if ! buildah info >/dev/null 2>&1; then # overlay on overlay
        export STORAGE_DRIVER=vfs
        sed -i 's/overlay/vfs/' "$CONTAINERS_STORAGE_CONF"
    fi
}

# A Debian 12 by debootstrap, from the mirror that apt uses here.
make_base() # IMAGE
{
    local mirror root=$STATE/base container
    command -v debootstrap >/dev/null || die "no registry answers, and there is no debootstrap to make a base image"
    mirror=$(grep -rhoE 'https?://[^ ]*/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d/ 2>/dev/null |
        head -n 1 | tr -d ' ') || true
    mirror=${mirror:-http://deb.debian.org/debian}
    say "no registry answers: making $1 by debootstrap from $mirror"
    rm -rf "$root"
    debootstrap --variant=minbase bookworm "$root" "$mirror" >"$STATE/base.log" 2>&1 || {
        tail "$STATE/base.log" >&2
        die "debootstrap failed"
    }
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root/etc/apt/sources.list"
    cat >"$root/etc/apt/sources.list.d/debian.sources" <<SOURCES
Types: deb
URIs: $mirror
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: ${mirror%/}-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
    container=$(buildah from scratch)
    buildah add -q "$container" "$root" / >/dev/null
    buildah config --cmd '["bash"]' "$container"
    buildah commit -q --rm "$container" "$1" >/dev/null
    rm -rf "$root"
}

with_buildah()
{
    local base=docker.io/library/debian:bookworm-slim args
    buildah_settings
    exec 9>"$STATE/lock"
    flock 9
    mapfile -t args < <(build_args)
    if ! buildah inspect --type image "$base" >/dev/null 2>&1 &&
        ! timeout 300 buildah pull -q "$base" >/dev/null 2>&1; then
        base=localhost/vonk-base:bookworm
        buildah inspect --type image "$base" >/dev/null 2>&1 || make_base "$base"
    fi
    buildah rm --all >/dev/null # of builds that failed
    # The tools have a name, so that pruning leaves them; what is compiled is in ccache.
    buildah build --layers --build-arg "BASE=$base" --target tools -t localhost/vonk-tools:latest .
    buildah build --layers --build-arg "BASE=$base" "${args[@]}" -t "$NAME" .
    buildah rmi --prune >/dev/null
    rm -f "$ARCHIVE"
    buildah push -q "$NAME" "docker-archive:$ARCHIVE:$NAME"
}

main()
{
    parse "$@"
    mkdir -p build/image "$(dirname "$ARCHIVE")"
    if [ -n "$FROM_BUILD" ]; then
        from_build
    elif docker info >/dev/null 2>&1; then
        with_docker
    elif command -v buildah >/dev/null; then
        with_buildah
    else
        die "neither docker nor buildah here: apt-get install buildah, or ./dev image --from-build"
    fi
    python3 - "$ARCHIVE" "$NAME" "${FROM_BUILD:-0}" <<'SIZE'
import gzip, json, sys, tarfile
with tarfile.open(sys.argv[1]) as archive:
    layers = [archive.extractfile(name).read() for name in json.load(archive.extractfile("manifest.json"))[0]["Layers"]]
stored = sum(map(len, layers))
packed = sum(len(gzip.compress(layer, 6)) for layer in layers)
print(f"{sys.argv[2]}: {stored / 1e6:.1f} MB, {packed / 1e6:.1f} MB compressed, in {sys.argv[1]}")
if stored > 30e6 and sys.argv[3] == "0":
    raise SystemExit("image.sh: more than 30 MB: what has grown? (tar -tvf the layer)")
SIZE
}

main "$@"
