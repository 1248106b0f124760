#!/usr/bin/env bash
# Builds each example, a package of its own, and runs it: its tests if it has
# some, else the program. Scripts/first-kernel.sh boots the kernels among them,
# and Scripts/dependent.sh has the one that depends on a release.
set -eu
cd "$(dirname "$0")/.."
for example in Examples/*/Package.swift; do
  folder=$(dirname "$example")
  [ ! -e "$folder/run.sh" ] || continue
  [ "$folder" != Examples/Dependent ] || continue
  scratch=".build-$(basename "$folder")"
  if [ -d "$folder/Tests" ]; then
    swift test --package-path "$folder" --scratch-path "$scratch"
  else
    swift run --package-path "$folder" --scratch-path "$scratch"
  fi
done
