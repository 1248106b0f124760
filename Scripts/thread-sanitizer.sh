#!/usr/bin/env bash
# Runs the library's tests under the thread sanitizer.
set -eu
cd "$(dirname "$0")/.."
swift test --sanitize=thread --scratch-path .build-tsan --filter FallowTests
