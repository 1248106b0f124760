#!/usr/bin/env bash
# Runs the library's tests optimized: dropped tokens trap only there, and the
# optimizer is what has broken tokens before. The address spaces are compared
# with a plain array of pages for ten million operations, over all formats.
set -eu
export FALLOW_MODEL_OPERATIONS=${FALLOW_MODEL_OPERATIONS:-10000000}
cd "$(dirname "$0")/.."
swift test -c release -Xswiftc -enable-testing \
  --scratch-path .build-release-tests --filter 'FallowTests|FallowMachineTests'
