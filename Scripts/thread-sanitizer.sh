#!/usr/bin/env bash
# Runs the tests that use real threads under the thread sanitizer, one of them
# with 200,000 binds and unbinds while tables are retired and reclaimed; with a
# million in `make nightly`.
set -eu
cd "$(dirname "$0")/.."
export FALLOW_LIBRARY_ONLY=1
suppressions=$(mktemp)
trap 'rm -f "$suppressions"' EXIT
# A visitor of no size has no address: Swift 6.3.1 passes any, here that of its
# witness table, and the sanitizer takes two threads' for one variable.
echo 'race:s6Fallow9NoVisitorVAA04LeafC0AAWP' >"$suppressions"
export TSAN_OPTIONS="suppressions=$suppressions"
FALLOW_BINDS=${FALLOW_BINDS:-200000}
export FALLOW_BINDS
swift test --sanitize=thread --scratch-path .build-tsan \
  --filter 'Thread|Stress'
