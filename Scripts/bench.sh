#!/usr/bin/env bash
# Measures the library beside the same work in C, and in C+, C with the same
# guarantee, and prints for each operation: instructions a unit, nanoseconds a
# unit (best of REPS), and the library's time over C's and over C+'s.
#
#   Scripts/bench.sh                  prints the table
#   Scripts/bench.sh --check          and fails if an operation takes over 3 %
#                                     more instructions than
#                                     Benchmarks/thresholds.json says
#   Scripts/bench.sh --record         writes that file
#
# Instructions are counted by callgrind, inside the measured function only.
# Units: pages; look-ups; entries of 2 MiB; tables; of lists, operations.
set -eu
cd "$(dirname "$0")/.."
swift build --package-path Benchmarks -c release
bin=$(swift build --package-path Benchmarks -c release --show-bin-path)/FallowBench
out=.build/bench
mkdir -p "$out"
python3 Benchmarks/lists.py "$out/lists"
for source in tables mixes; do
  flags="-O2 -g -Wall -Wextra -pthread"
  # shellcheck disable=SC2086 # The flags are words.
  cc $flags -o "$out/$source" "Benchmarks/Baseline/$source.c"
  # shellcheck disable=SC2086
  cc $flags -DNEIGHBOURS -o "$out/$source-neighbours" \
    "Benchmarks/Baseline/$source.c"
done
exec python3 Scripts/bench.py "$bin" "$out" "$@"
