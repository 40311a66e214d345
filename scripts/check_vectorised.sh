#!/bin/sh
# Fails unless every hot loop of lib/kernel uses 256-bit registers.
# usage: check_vectorised.sh BUILD_DIR   (of a Release build for x86-64-v3 or better)
set -eu
lib=${1:?usage: check_vectorised.sh BUILD_DIR}/libvonk_kernel.a
[ -f "$lib" ] || lib=$(find "$1" -name libvonk_kernel.a | head -n 1)

# Functions as the compiler leaves them: dispatchers into which their loops were specialised.
functions="
    compare_i8 compare_i16 compare_i32 compare_i64 compare_f32 compare_f64
    arith_i8 arith_i16 arith_i32 arith_i64 arith_f32 arith_f64
    decimal_n_n_n arith_decimal
    combine vonk_not vonk_is_null
    compare_bool
"
# shellcheck disable=SC2086
objdump -d --no-show-raw-insn "$lib" | awk -v names="$(echo $functions)" '
    BEGIN { n = split(names, name, " ") }
    /^[0-9a-f]+ <.*>:$/ { gsub(/[<>:]/, "", $2); sub(/\..*/, "", $2); current = $2 }
    /%ymm/ { ymm[current]++ }
    END {
        for (i = 1; i <= n; i++) {
            printf "%-16s %4d ymm instructions\n", name[i], ymm[name[i]]
            if (!ymm[name[i]]) bad = 1
        }
        exit bad
    }'
