#!/bin/sh
# Fuzzes the reader of each format, the replays of what it reads and its audit,
# seeded with heads of the bundled recordings and a line of every event.
#
# usage: fuzz.sh SECONDS [BUILD-DIRECTORY]
#
# Two formats are fuzzed at once. Fails if anything crashes; the input that did
# it is left in the build directory, named crash-….
set -eu
[ $# -ge 1 ] || { sed -n '2,8s/^# *//p' "$0" >&2; exit 2; }
seconds=$1
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=${2:-$root/.build/fuzz}
sources=$(find "$root/Sources/FallowTrace" "$root/Fuzz" -name '*.swift')
flags='-parse-as-library -O -wmo -swift-version 6 -package-name fallow
  -enable-upcoming-feature ExistentialAny
  -enable-upcoming-feature InternalImportsByDefault -sanitize=fuzzer,address'
# Swift's own report of a crash can hang under the fuzzer.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=detect_leaks=0

# Compiles a module that the replays need.
module() {
  # The lists are split at blanks, which the files' names do not have.
  # shellcheck disable=SC2046,SC2086
  swiftc $flags -module-name "$1" -I "$build" -emit-module \
    -emit-module-path "$build/$1.swiftmodule" -c -o "$build/$1.o" \
    $(find "$root/Sources/$1" -name '*.swift')
}

compile() {
  # The linker warns of the sanitizer's own symbols: shown only if it fails.
  # shellcheck disable=SC2086
  swiftc $flags -module-name Fuzz -I "$build" \
    $sources "$build"/*.o -o "$build/fuzz" >"$build/log" 2>&1 || {
    grep -v 'Cannot export local symbol' "$build/log" >&2
    exit 1
  }
}

# Writes seeds: every event behind the front of the format's lines, all in one
# and one by one, and heads of a recording.
seed() {
  corpus=$build/$1/corpus
  front=$2
  sample=$3
  rm -rf "${build:?}/$1"
  mkdir -p "$corpus"
  awk -v front="$front" -v corpus="$corpus" '{
    line = front "0.0000" (10 + NR) ": " $0
    print line > (corpus "/event-" NR)
    print line > (corpus "/all-events")
  }' "$root/Fuzz/events.txt"
  for lines in 3 20 60; do
    head -n $((lines + 12)) "$sample" | tail -n "$lines" \
      >"$corpus/head-$lines"
  done
}

fuzz() {
  if (cd "$build/$1" && FUZZ_FORMAT=$1 ../fuzz -max_total_time="$seconds" \
    -max_len=16384 -timeout=10 -rss_limit_mb=1024 \
    -dict="$build/dictionary" -print_final_stats=1 corpus >log 2>&1); then
    echo "$1: $(sed -n 's/stat::number_of_executed_units: *//p' \
      "$build/$1/log") inputs in $seconds s, no crash"
  else
    tail -n 40 "$build/$1/log" >&2
    echo "$1: crashed; see $build/$1" >&2
    exit 1
  fi
}

# Fuzzes two formats at once.
fuzz_both() {
  fuzz "$1" &
  first=$!
  fuzz "$2" &
  second=$!
  wait "$first" || { wait "$second" || true; exit 1; }
  wait "$second" || exit 1
}

samples=$root/Examples/Traces
mkdir -p "$build"
# Every name of an event and of a field, as one word.
grep -oE '^[a-z_]+:|[a-z_0-9]+=|caller=[a-z_]+\+0x[0-9a-f]+' \
  "$root/Fuzz/events.txt" | sort -u | sed 's/.*/"&"/' >"$build/dictionary"

for name in Fallow FallowMachine FallowSchemes; do module "$name"; done

compile
# `trace-cmd report` prints what tracefs does, without the flags.
sed 's/\] [^ ]* /] /' "$samples/modprobe-2cpu.trace.txt" >"$build/report.txt"
seed ftrace '  a-1 [000] d.Z1. ' "$samples/hotplug-2cpu.trace.txt"
seed perf-script 'a  1 [000] ' "$samples/churn-2cpu.perf.txt"
seed trace-cmd-report '  a-1 [000] ' "$build/report.txt"
seed fallow-record 'a-1 [0] ' \
  "$root/Tests/FallowTraceTests/Recordings/unplug-2cpu-7.3rc7.record.txt"
fuzz_both ftrace perf-script
fuzz_both trace-cmd-report fallow-record
