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
# Units: pages; look-ups; entries of 2 MiB; tables.
set -eu
cd "$(dirname "$0")/.."
swift build -c release --product fallow-bench
bin=$(swift build -c release --show-bin-path)/fallow-bench
out=.build/bench
mkdir -p "$out"
cc -O2 -g -Wall -Wextra -o "$out/tables" Benchmarks/Baseline/tables.c
cc -O2 -g -Wall -Wextra -DNEIGHBOURS -o "$out/tables-neighbours" \
  Benchmarks/Baseline/tables.c
exec python3 Scripts/bench.py "$bin" "$out/tables" "$out/tables-neighbours" "$@"
