# dev_lib.sh - what ./dev and the scripts it calls share. Sourced, at the top of the repository.
# shellcheck shell=bash

JOBS=${JOBS:-$(nproc)}

say()
{
    printf '\033[1m%s\033[0m\n' "$*" >&2
}

die()
{
    printf 'dev: %s\n' "$*" >&2
    exit 1
}

is_installed()
{
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Prints each line of packages.txt for the purposes given of which no alternative is installed.
missing_packages()
{
    local purpose names name
    while read -r purpose names; do
        case " $* " in *" $purpose "*) ;; *) continue ;; esac
        for name in ${names//|/ }; do
            is_installed "$name" && continue 2
        done
        echo "$names"
    done < <(grep -E '^[a-z]' scripts/packages.txt)
}

# install_packages PURPOSE...: installs what scripts/packages.txt lists and this machine lacks.
install_packages()
{
    local missing names name chosen=() as_root=()
    command -v dpkg-query >/dev/null || die "this is not Debian or Ubuntu: see scripts/packages.txt"
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "needs root or sudo to install: ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    for names in "${missing[@]}"; do
        for name in ${names//|/ }; do
            if apt-cache show "$name" >/dev/null 2>&1; then
                chosen+=("$name")
                continue 2
            fi
        done
        die "no package for $names in this distribution"
    done
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends "${chosen[@]}" >&2
}

# The packages of kind e2e: where a cluster of our own is what tests would use, and could run. They would take
# the place of Docker's own.
install_cluster_packages()
{
    if [ -z "${VONK_E2E_KUBECONFIG:-}${KUBECONFIG:-}" ] && [ "$(id -u)" = 0 ] && ! command -v docker >/dev/null &&
        unshare --mount --net --pid --fork true 2>/dev/null; then
        install_packages e2e
    fi
}

# clang_tool NAME: NAME-14 where there is one. CI and the format rules are those of clang 14.
clang_tool()
{
    command -v "$1-14" || command -v "$1" || die "no $1 here"
}

gcc_name()
{
    command -v gcc-12 || command -v gcc
}

# configure DIR BUILD_TYPE COMPILER [-D...]: CMake, silent unless it fails or takes a new course.
configure()
{
    local dir=$1 type=$2 compiler=$3 log
    shift 3
    mkdir -p "$dir"
    log=$dir/configure.log
    cmake -S . -B "$dir" -G Ninja -DCMAKE_BUILD_TYPE="$type" -DCMAKE_C_COMPILER="$compiler" "$@" \
        >"$log" 2>&1 || {
        cat "$log" >&2
        return 1
    }
}

# ninja_quietly DIR [TARGET...]: one moving line on a terminal, and nothing where there is nothing to do.
ninja_quietly()
{
    local dir=$1
    shift
    if [ -t 1 ]; then
        ninja -C "$dir" -j "$JOBS" --quiet "$@" >&2
    else
        ninja -C "$dir" -j "$JOBS" "$@" >"$dir/build.log" 2>&1 || {
            grep -vE '^\[[0-9]+/[0-9]+\] (Building|Linking)' "$dir/build.log" >&2
            return 1
        }
    fi
}

# make_venv REQUIREMENTS: Python packages, for bench and oracles only, in .venv/.
make_venv()
{
    local requirements=$1 stamp
    stamp=.venv/$(sha256sum "$requirements" | cut -c 1-16).stamp
    [ -e "$stamp" ] && return
    [ -x .venv/bin/pip ] || python3 -m venv .venv
    say "installing Python packages into .venv/"
    .venv/bin/pip install --quiet --disable-pip-version-check -r "$requirements" && touch "$stamp"
}

# Whether pip finds a package at all: where not, a test that needs some may be skipped.
pypi_is_there()
{
    .venv/bin/pip --quiet --retries 1 --timeout 10 index versions pip >/dev/null 2>&1
}

# All C sources and headers of the project, NUL after each.
c_sources()
{
    local folder folders=()
    for folder in lib cli driver executor operator tests fuzz bench; do
        [ ! -d "$folder" ] || folders+=("$folder")
    done
    find "${folders[@]}" -name '*.[ch]' -print0 | sort -z
}
