#!/bin/sh
# Builds and runs every test, and closes with `N passed, N failed`. The stages:
#   asan   gcc, AddressSanitizer + UndefinedBehaviorSanitizer: all tests and the gates
#   tsan   gcc, ThreadSanitizer: the tests labelled tsan (everything that hands data between threads)
#   clang  compiled with clang, warnings are errors
# With CI=true a skipped test is a failure unless tests/skips.txt names it.
set -u
cd "$(dirname "$0")/.." || exit 1
jobs=${JOBS:-2}
# most tests wait longer than they compute: for a lock, for the simulator, for a screen
test_jobs=${TEST_JOBS:-$((jobs + 1))}
results=build/results

scripts/deps.sh test || exit 1
if command -v ccache >/dev/null 2>&1; then
	export CMAKE_C_COMPILER_LAUNCHER=ccache
fi
rm -rf "$results"
mkdir -p "$results"

# stage NAME: configure and build a preset; the outcome is counted like a test.
stage() {
	echo "== $1: build"
	if cmake --preset "$1" >"$results/$1.configure.log" 2>&1 &&
		cmake --build --preset "$1" -j "$jobs" -- -k 0 >"$results/$1.build.log" 2>&1; then
		echo "build.$1 passed" >>"$results/builds.txt"
		return 0
	fi
	cat "$results/$1.configure.log"
	[ -f "$results/$1.build.log" ] && grep -v '^\[[0-9]*/[0-9]*\] Building' "$results/$1.build.log"
	echo "build.$1 failed" >>"$results/builds.txt"
	return 1
}

# tests NAME: run the tests of a preset; the JUnit file holds what happened.
tests() {
	echo "== $1: tests"
	ctest --preset "$1" -j "$test_jobs" --timeout 300 --output-junit "$PWD/$results/$1.xml" \
		--test-output-size-passed 1000000 --test-output-size-failed 1000000 2>&1
}

export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1:strict_string_checks=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}"

stage asan && tests asan
stage tsan && tests tsan
stage clang

python3 scripts/summary.py "$results" tests/skips.txt
