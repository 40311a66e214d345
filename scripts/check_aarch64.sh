#!/bin/sh
# Compiles all sources for 64-bit ARM, without warnings: nothing is linked or run. Headers of libraries are this
# machine's, which are the same for every CPU but for a few generated ones.
# usage: check_aarch64.sh [SOURCE...]   (default: all)
set -eu
cc=$(command -v aarch64-linux-gnu-gcc-12 || command -v aarch64-linux-gnu-gcc)
headers="-idirafter /usr/include -idirafter /usr/include/$(cc -print-multiarch)"
out=$(mktemp)
trap 'rm -f "$out"' EXIT

compile()
{
    # shellcheck disable=SC2086
    "$cc" -std=gnu11 -O2 -D_GNU_SOURCE -DVONK_VERSION='"aarch64"' -Ilib -I. $headers \
        -Wall -Wextra -Wno-maybe-uninitialized -Werror -c "$1" -o "$out"
}

if [ $# -gt 0 ]; then
    for source; do
        compile "$source"
    done
else
    find lib cli driver executor operator -name '*.c' -print0 | xargs -0 -P "${JOBS:-$(nproc)}" -n 16 "$0"
fi
