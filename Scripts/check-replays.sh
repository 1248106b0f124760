#!/usr/bin/env bash
# Replays all six recordings over many seeds; see check-replays.py.
#
# usage: check-replays.sh PATH-OF-FALLOW SEEDS
set -eu
[ $# -eq 2 ] || { sed -n '2,4s/^# *//p' "$0" >&2; exit 2; }
fallow=$(realpath "$1")
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for file in Tests/FallowTraceTests/Recordings/*.xz; do
  xzcat "$file" >"$folder/$(basename "$file" .xz)"
done
python3 Scripts/check-replays.py "$fallow" "$2" \
  Examples/Traces/*.txt "$folder"/*
