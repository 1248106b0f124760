#!/bin/sh
# Fuzzes the reader of each format, seeded with heads of the bundled
# recordings.
#
# usage: fuzz.sh SECONDS [BUILD-DIRECTORY]
#
# Fails if a reader crashes; the input that did it is left in the build
# directory, named crash-….
set -eu
[ $# -ge 1 ] || { sed -n '2,8s/^# *//p' "$0" >&2; exit 2; }
seconds=$1
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=${2:-$root/.build/fuzz}
sources=$(find "$root/Sources/FallowTrace" -name '*.swift' \
  -not -path '*/Replay/*')
# Swift's own report of a crash can hang under the fuzzer.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=detect_leaks=0

fuzz() {
  name=$1
  sample=$2
  mkdir -p "$build/$name/corpus"
  # The linker warns of the sanitizer's own symbols: shown only if it fails.
  # The list of sources is split at blanks, which their names do not have.
  # shellcheck disable=SC2086
  swiftc -parse-as-library -O -wmo -module-name Fuzz -swift-version 6 \
    -enable-upcoming-feature ExistentialAny \
    -enable-upcoming-feature InternalImportsByDefault \
    -sanitize=fuzzer,address -D "FUZZ_$3" \
    $sources "$root/Fuzz/FuzzReader.swift" -o "$build/$name/fuzz" \
    >"$build/$name/log" 2>&1 || {
    grep -v 'Cannot export local symbol' "$build/$name/log" >&2
    exit 1
  }
  # Heads of several lengths, and pieces from further down.
  for lines in 1 3 20 60; do
    head -n $((lines + 12)) "$sample" | tail -n "$lines" \
      >"$build/$name/corpus/head-$lines"
  done
  awk 'match($0, /[a-z_]+: /) {
    key = substr($0, RSTART, RLENGTH)
    if (!(key in seen)) { seen[key] = 1; print }
  }' "$sample" >"$build/$name/corpus/each-event"
  if (cd "$build/$name" && ./fuzz -max_total_time="$seconds" \
    -max_len=16384 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    corpus >log 2>&1); then
    echo "$name: $(sed -n 's/stat::number_of_executed_units: *//p' \
      "$build/$name/log") inputs in $seconds s, no crash"
  else
    tail -n 40 "$build/$name/log" >&2
    echo "$name: crashed; see $build/$name" >&2
    exit 1
  fi
}

samples=$root/Examples/Traces
mkdir -p "$build"
# `trace-cmd report` prints what tracefs does, without the flags.
sed 's/\] [^ ]* /] /' "$samples/hotplug-2cpu.trace.txt" \
  >"$build/report.txt"
fuzz ftrace "$samples/hotplug-2cpu.trace.txt" FTRACE
fuzz perf-script "$samples/churn-2cpu.perf.txt" PERF_SCRIPT
fuzz trace-cmd-report "$build/report.txt" TRACE_CMD_REPORT
