#!/usr/bin/env bash
# Builds the documentation of the library modules; a warning is an error.
set -eu
cd "$(dirname "$0")/.."
mkdir -p site
for target in Fallow FallowSchemes FallowMachine FallowExplorer FallowTrace; do
  swift package --scratch-path .build-docs \
    --allow-writing-to-directory "site/$target" \
    generate-documentation --target "$target" --disable-indexing \
    --warnings-as-errors --transform-for-static-hosting \
    --hosting-base-path "$target" --output-path "site/$target"
done
