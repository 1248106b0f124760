#!/bin/sh
# Checks what `fallow replay --recorded --json` says about every recording
# against numbers that were counted independently.
#
# usage: check-recordings.sh PATH-OF-FALLOW
set -eu
[ $# -eq 1 ] || { sed -n '2,5s/^# *//p' "$0" >&2; exit 2; }
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
expected=$root/Tests/FallowTraceTests/Recordings/expected.json
result=$(mktemp)
trap 'rm -f "$result"' EXIT
failed=0
checked=0
for file in "$root"/Examples/Traces/*.txt \
  "$root"/Tests/FallowTraceTests/Recordings/*.xz \
  "$root"/Tests/FallowTraceTests/Recordings/Found/*.xz; do
  name=$(basename "$file")
  case $file in
  */Found/*) expected=$(dirname "$file")/expected.json ;;
  esac
  case $name in
  *.xz) reader=xzcat ;;
  *) reader=cat ;;
  esac
  checked=$((checked + 1))
  if ! "$reader" "$file" | "$1" replay --recorded --json - >"$result"; then
    echo "$name: fallow failed" >&2
    failed=1
  elif ! python3 "$root/Scripts/compare-figures.py" \
    "$expected" "$name" "$result"; then
    failed=1
  else
    echo "$name: as expected"
  fi
done
[ "$checked" -ge 19 ] || { echo "only $checked recordings found" >&2; exit 1; }
exit "$failed"
