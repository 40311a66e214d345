#!/usr/bin/env bash
# coverage.sh - builds with gcc --coverage, runs the sections unit, sql, cluster, batches, cli and faults, and
# prints which lines and branches of each folder they reached: a table of folders, then the files of lib/ that are
# reached least.
#
# build/coverage/files.csv has each file, build/coverage/lines.json each line (gcovr's format).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/dev_lib.sh
source scripts/dev_lib.sh

dir=build/coverage
failed=()

# try NAME COMMAND...: what fails is said at the end; what ran is counted anyway.
try()
{
    local name=$1
    shift
    "$@" >"$dir/$name.log" 2>&1 </dev/null || failed+=("$name")
}

run_sql()
{
    python3 tests/run_sql.py --vonk $dir/bin/vonk -j "$JOBS" "$@" tests/sql
}

run_tests()
{
    try unit ctest --test-dir $dir -L '^unit$' -j "$JOBS" --output-on-failure --no-tests=error
    try sql run_sql --master 'local[2]'
    try cluster run_sql --master 'local-cluster[2,1]'
    VONK_DEBUG_SPILL=1 try batches run_sql --master 'local[2]'
    try cli python3 tests/cli/test_cli.py --vonk $dir/bin/vonk -v
    VONK_BUILD=$dir try faults python3 -m unittest discover -v -s tests/faults
}

configure $dir Debug "$(gcc_name)" -DVONK_COVERAGE=ON -DVONK_WERROR=OFF
ninja_quietly $dir
find $dir -name '*.gcda' -delete # counts of an earlier run would be added to
run_tests
gcov=$(gcc_name)
gcovr --root . --object-directory $dir --gcov-executable "${gcov/gcc/gcov}" --exclude-throw-branches -j "$JOBS" \
    --filter 'lib/' --filter 'driver/' --filter 'executor/' --filter 'operator/' --filter 'cli/' \
    --json $dir/lines.json --csv $dir/files.csv >$dir/gcovr.log 2>&1 || die "gcovr failed: $dir/gcovr.log"
scripts/coverage_table.py $dir/files.csv
[ ${#failed[@]} -eq 0 ] || die "failed meanwhile: ${failed[*]}; logs: $dir/NAME.log"
