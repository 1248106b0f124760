#!/usr/bin/env bash
# Builds and runs the examples, each a package of its own.
set -eu
cd "$(dirname "$0")/.."
for example in Examples/*/Package.swift; do
  swift run --package-path "$(dirname "$example")" \
    --scratch-path ".build-$(basename "$(dirname "$example")")"
done
