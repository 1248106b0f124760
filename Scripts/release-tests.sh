#!/usr/bin/env bash
# Runs the library's tests optimized: dropped tokens trap only there, and the
# optimizer is what has broken tokens before.
set -eu
cd "$(dirname "$0")/.."
swift test -c release -Xswiftc -enable-testing \
  --scratch-path .build-release-tests --filter 'FallowTests|FallowMachineTests'
