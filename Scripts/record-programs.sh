#!/bin/sh
# Compiles the recorder's BPF programs with the Swift toolchain's clang and
# writes the object as programs.inc; with --check, compares it with the one that
# is checked in.
set -eu
cd "$(dirname "$0")/.."
folder=Sources/FallowRecordSystem
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
[ -x "$clang" ] || clang=clang
object=$(mktemp)
text=$(mktemp)
trap 'rm -f "$object" "$text"' EXIT

"$clang" -O2 -g0 -mcpu=v3 -target bpf -Wall -Werror \
  -c "$folder/bpf/probes.bpf.c" -o "$object"
echo '// Made by Scripts/record-programs.sh from bpf/probes.bpf.c.' >"$text"
od -An -v -tx1 -w12 "$object" | sed 's/ \(..\)/0x\1, /g; s/ $//' >>"$text"

if [ "${1:-}" = --check ]; then
  cmp "$text" "$folder/programs.inc" || {
    echo "programs.inc is not what $clang makes of bpf/probes.bpf.c;" \
      "run Scripts/record-programs.sh" >&2
    exit 1
  }
else
  cp "$text" "$folder/programs.inc"
fi
