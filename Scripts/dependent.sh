#!/usr/bin/env bash
# Builds Examples/Dependent, a package that depends on the release of which the
# sources have the version, and runs it.
#
# The release is the tag of this version in a copy of the repository. Where it
# is not tagged yet, the commit that is checked out is.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(sed -n 's/.*current = "\(.*\)"/\1/p' Sources/FallowTool/Version.swift)
manifest=Examples/Dependent/Package.swift
grep -q "from: \"$version\"" "$manifest" || {
  echo "dependent.sh: $manifest does not depend on $version" >&2
  exit 1
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
git clone --quiet . "$folder/fallow"
if ! git -C "$folder/fallow" rev-parse -q --verify "refs/tags/$version"; then
  git -C "$folder/fallow" tag "$version"
fi
cp -r Examples/Dependent "$folder/dependent"
FALLOW=file://$folder/fallow swift run --package-path "$folder/dependent" \
  --cache-path "$folder/cache" \
  Dependent "$PWD/Examples/Traces/modprobe-2cpu.trace.txt" |
  tee "$folder/output"
grep -qx 'kernel tables freed: 129' "$folder/output"
