#!/usr/bin/env bash
# Runs the tests that use real threads under the thread sanitizer.
set -eu
cd "$(dirname "$0")/.."
swift test --sanitize=thread --scratch-path .build-tsan \
  --filter 'Thread|Stress'
