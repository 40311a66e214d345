#!/usr/bin/env bash
# suite.sh - the whole test suite in sections. Goes on after a failure; the summary says it all.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/dev_lib.sh
source scripts/dev_lib.sh

SECTIONS=(format layers scripts lint build clang aarch64 vectorised unit sql cluster batches fuzzsql plans tpcds writers shapes demo cli faults s3 asan tsan fuzz deploy e2e)
FUZZ_SECONDS=${FUZZ_SECONDS:-10}
LOGS=build/log
SANITIZERS=(ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:allocator_may_return_null=1
    UBSAN_OPTIONS=print_stacktrace=1)

usage()
{
    cat <<HELP
usage: ./dev test [SECTION...]

  format      clang-format changes nothing
  layers      folders include only what LAYERS allows
  scripts     Python and shell scripts parse
  lint        clang-tidy
  build       gcc, Release, no warnings
  clang       clang, Release, no warnings
  aarch64     all sources compile for 64-bit ARM, no warnings
  vectorised  the hot kernels are SIMD code
  unit        Criterion tests (ctest)
  sql         tests/sql in local[2]
  cluster     tests/sql in local-cluster[2,1]: real executor processes
  batches     tests/sql with batches of 3 rows: every boundary is crossed; and with forced spills
  plans       EXPLAIN prints the golden plans of tests/plans; no answer depends on a rule of the optimizer
  fuzzsql     random queries: the modes of Vonk agree
  tpcds       the 103 TPC-DS queries over small tables give the answers that Spark gives
  writers     Parquet files that pyarrow, DuckDB, Polars, fastparquet and Spark write, read as Spark reads them
  shapes      deep, wide, long and many: statements and files give the answer or a clear error
  demo        the flights job gives the answer that DuckDB gives
  cli         options, formats, exit statuses, the shell on a terminal, Ctrl-C
  faults      killed executors, failing tasks, bad peers
  s3          a real S3 server: reading, writing, commits, faulty networks
  asan        unit and SQL tests under AddressSanitizer and UBSan, and each allocation failed in turn
  tsan        race tests under ThreadSanitizer
  fuzz        each decoder, FUZZ_SECONDS each (default 10)
  deploy      chart, manifests, VonkJob definition, driver guard: by Helm and a real API server where they are
  e2e         operator and jobs on a real Kubernetes; says SKIPPED where none is possible

Logs: $LOGS/SECTION.log
HELP
}

section_format()
{
    c_sources | xargs -0 -r "$(clang_tool clang-format)" --dry-run -Werror
}

section_layers()
{
    python3 scripts/check_layers.py LAYERS .
}

section_scripts()
{
    local file
    while read -r file; do
        python3 - "$file" <<'PY' || return 1
import ast, sys
ast.parse(open(sys.argv[1]).read(), sys.argv[1])
PY
    done < <(git ls-files '*.py' 2>/dev/null || find scripts tests bench -name '*.py')
    while read -r file; do
        bash -n "$file" || return 1
    done < <(git ls-files '*.sh' dev .ci/run 2>/dev/null || find scripts tests bench -name '*.sh')
}

section_lint()
{
    configure build/clang Release "$(clang_tool clang)" && scripts/lint.py --build build/clang
}

section_build()
{
    configure build Release "$(gcc_name)" && ninja_quietly build
}

section_clang()
{
    configure build/clang Release "$(clang_tool clang)" && ninja_quietly build/clang
}

section_aarch64()
{
    scripts/check_aarch64.sh
}

section_vectorised()
{
    scripts/check_vectorised.sh build
}

run_ctest() # DIR LABEL [VARIABLE=VALUE...]
{
    local dir=$1 label=$2
    shift 2
    env "$@" ctest --test-dir "$dir" -L "^$label\$" -j "$JOBS" --output-on-failure --no-tests=error
}

section_unit()
{
    section_build && run_ctest build unit
}

run_sql() # DIR [ARGUMENT...]
{
    local dir=$1
    shift
    python3 tests/run_sql.py --vonk "$dir/bin/vonk" -j "$JOBS" "$@" tests/sql
}

section_sql()
{
    section_build && run_sql build --master 'local[2]'
}

section_cluster()
{
    section_build && run_sql build --master 'local-cluster[2,1]'
}

section_batches()
{
    section_build && VONK_DEBUG_BATCH_ROWS=3 run_sql build --master 'local[2]' &&
        VONK_DEBUG_SPILL=1 run_sql build --master 'local[2]' &&
        VONK_DEBUG_SPILL=3 VONK_DEBUG_BATCH_ROWS=1000 run_sql build --master 'local[2]'
}

section_fuzzsql()
{
    section_build && python3 tests/fuzz_sql/run --oracle none --seed suite --queries 2000 --cluster 10
}

section_plans()
{
    section_build && tests/plans/check.py --vonk build/bin/vonk && tests/plans/check_rules.py --vonk build/bin/vonk
}

section_tpcds()
{
    section_build && tests/tpcds/check.py --vonk build/bin/vonk && tests/tpcds/check.py --vonk build/bin/vonk --master 'local-cluster[2,1]'
}

section_writers()
{
    section_build || return 1
    if ! { make_venv bench/requirements.txt && make_venv tests/writers/requirements.txt; }; then
        pypi_is_there && return 1
        echo "SKIPPED: the writers' packages are not here, and PyPI cannot be reached"
        return 0
    fi
    .venv/bin/python tests/writers/check.py --vonk build/bin/vonk
}

section_shapes()
{
    section_build && python3 tests/shapes/check.py --vonk build/bin/vonk --times
}

section_demo()
{
    section_build && scripts/fetch_flights.sh build/data/flights && tests/demo/check.py --build build --data build/data/flights
}

section_cli()
{
    section_build && python3 tests/cli/test_cli.py --vonk build/bin/vonk -v &&
        python3 tests/cli/test_kubernetes.py --vonk build/bin/vonk -v
}

section_faults()
{
    section_build && VONK_BUILD=build python3 -m unittest discover -v -s tests/faults
}

section_s3()
{
    section_build && VONK_BUILD=build python3 -m unittest discover -v -s tests/s3
}

section_asan()
{
    local failed=0
    configure build/asan Debug "$(gcc_name)" -DVONK_SANITIZE=address,undefined &&
        ninja_quietly build/asan || return 1
    run_ctest build/asan unit "${SANITIZERS[@]}" || failed=1
    run_ctest build/asan alloc "${SANITIZERS[@]}" || failed=1
    env "${SANITIZERS[@]}" python3 tests/run_sql.py --vonk build/asan/bin/vonk -j "$JOBS" \
        --master 'local[2]' tests/sql || failed=1
    return $failed
}

section_tsan()
{
    configure build/tsan Debug "$(gcc_name)" -DVONK_SANITIZE=thread &&
        ninja_quietly build/tsan tsan_tests &&
        run_ctest build/tsan tsan TSAN_OPTIONS=halt_on_error=1
}

section_fuzz()
{
    scripts/fuzz.sh "$FUZZ_SECONDS"
}

section_deploy()
{
    ! tests/e2e/cluster/programs.sh --at-hand || tests/e2e/cluster/programs.sh
    section_build && python3 -m unittest discover -v -s tests/deploy
}

section_e2e()
{
    install_cluster_packages && section_build && tests/e2e/run
}

# run NAME: runs a section with its output in a log, shows the end of the log if it fails.
run()
{
    local name=$1 started=$SECONDS log=$LOGS/$1.log result=ok
    printf '%-11s ' "$name"
    if ! "section_$name" >"$log" 2>&1 </dev/null; then
        result=FAILED
        FAILED+=("$name")
    fi
    # Exit statuses of test runners do not always know of a leak.
    if grep -qE 'LeakSanitizer|ThreadSanitizer:|runtime error:' "$log" && [ $result = ok ]; then
        result="FAILED (a sanitizer complained)"
        FAILED+=("$name")
    fi
    if [ "$result" = ok ] && grep -q '^SKIPPED' "$log"; then
        result=SKIPPED
    fi
    printf '%-7s %5d s\n' "$result" $((SECONDS - started))
    [ "$result" != SKIPPED ] || grep '^SKIPPED' "$log" | sed 's/^/    /'
    case $result in FAILED*) tail -n 60 "$log" | sed 's/^/    /' ;; esac
}

main()
{
    local name chosen=("$@")
    FAILED=()
    [ "${1:-}" != --help ] || {
        usage
        return 0
    }
    [ $# -gt 0 ] || chosen=("${SECTIONS[@]}")
    for name in "${chosen[@]}"; do
        declare -F "section_$name" >/dev/null || {
            usage >&2
            return 2
        }
    done
    mkdir -p "$LOGS"
    for name in "${chosen[@]}"; do
        run "$name"
    done
    echo
    if [ ${#FAILED[@]} -gt 0 ]; then
        echo "FAILED after $SECONDS s: ${FAILED[*]} (logs in $LOGS/)"
        return 1
    fi
    echo "all ${#chosen[@]} sections passed in $SECONDS s"
}

main "$@"
