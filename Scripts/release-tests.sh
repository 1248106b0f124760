#!/usr/bin/env bash
# Runs the library's tests optimized: dropped tokens trap only there, and the
# optimizer is what has broken tokens before. The address spaces are compared
# with a plain array of pages for ten million operations, over all formats, and
# the explorer's verdicts on protocols at random, in Swift and in C, with those
# of a search that merges nothing, and whether they end; so is what a search
# finds that steps every access of a driver that ships.
#
#     Scripts/release-tests.sh [FILTER]
set -eu
export FALLOW_RANDOM_PROTOCOLS=${FALLOW_RANDOM_PROTOCOLS:-500}
export FALLOW_GENERATED_C=${FALLOW_GENERATED_C:-200}
export FALLOW_RANDOM_ENDINGS=${FALLOW_RANDOM_ENDINGS:-500}
export FALLOW_GENERATED_ENDINGS=${FALLOW_GENERATED_ENDINGS:-200}
export FALLOW_MODEL_OPERATIONS=${FALLOW_MODEL_OPERATIONS:-10000000}
cd "$(dirname "$0")/.."
export FALLOW_LIBRARY_ONLY=1
tests='FallowTests|FallowMachineTests|MergedStepsTests|GeneratedCTests'
tests+='|MemoryReadingTests|EndingsTests'
swift test -c release -Xswiftc -enable-testing \
  --scratch-path .build-release-tests --filter "${1:-$tests}"
