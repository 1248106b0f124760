#!/usr/bin/env bash
# Runs the tests that use real threads under the thread sanitizer, one of them
# with a million binds and unbinds while tables are retired and reclaimed.
set -eu
cd "$(dirname "$0")/.."
FALLOW_BINDS=${FALLOW_BINDS:-1000000}
export FALLOW_BINDS
swift test --sanitize=thread --scratch-path .build-tsan \
  --filter 'Thread|Stress'
