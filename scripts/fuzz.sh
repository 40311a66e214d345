#!/usr/bin/env bash
# fuzz.sh SECONDS [TARGET] - builds the fuzz targets and runs one, or each, for SECONDS.
#
# A target is fuzz/fuzz_NAME.c. Inputs that matter are kept in fuzz/corpus/NAME/; what a run finds
# new goes to build/fuzz/corpus/NAME/, and what breaks a target to build/fuzz/crash/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/dev_lib.sh
source scripts/dev_lib.sh

seconds=$1 only=${2:-}
dir=build/fuzz
failed=()

run_target()
{
    local name=$1 found=$dir/corpus/$1 kept=fuzz/corpus/$1 dictionary=fuzz/$1.dict extra=()
    mkdir -p "$found" "$dir/crash"
    [ ! -d "$kept" ] || extra+=("$kept")
    [ ! -f "$dictionary" ] || extra+=("-dict=$dictionary")
    "$dir/bin/fuzz_$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=65536 \
        -print_final_stats=1 -artifact_prefix="$dir/crash/$name-" "$found" "${extra[@]}" \
        >"$dir/$name.log" 2>&1
}

configure $dir Debug "$(clang_tool clang)" -DVONK_FUZZ=ON -DVONK_TESTS=OFF \
    -DVONK_SANITIZE=address,undefined
ninja_quietly $dir fuzz_targets

for source in fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    name=${name#fuzz_}
    [ -z "$only" ] || [ "$only" = "$name" ] || [ "$only" = "fuzz_$name" ] || continue
    if run_target "$name"; then
        runs=$(sed -n 's/stat::number_of_executed_units: *//p' "$dir/$name.log")
        printf '%-20s ok, %s inputs in %s s\n' "$name" "$runs" "$seconds"
    else
        printf '%-20s FAILED\n' "$name"
        tail -n 40 "$dir/$name.log"
        failed+=("$name")
    fi
done
[ ${#failed[@]} -eq 0 ] || die "fuzz targets that failed: ${failed[*]}; inputs in $dir/crash/"
