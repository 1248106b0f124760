#!/bin/sh
# Builds the library for kernels in C, for one format of each architecture;
# builds and runs the example against it, and each misuse of it; and compiles
# the header as C11 and as C++.
#
# FALLOW_C_OUT sets where it builds (default: .build-c).
set -eu
cd "$(dirname "$0")/.."
out=${FALLOW_C_OUT:-.build-c}
export FALLOW_C_BUILD="$out"

Scripts/c-library.sh --format x86_4 --output "$out/x86_4"
Scripts/c-library.sh --format sv39 --abi lp64d --output "$out/sv39"
Scripts/c-library.sh --format arm64 --output "$out/arm64"

echo '#include "fallow.h"' >"$out/header.c"
for language in 'c -std=c11' 'c++ -std=c++17'; do
  # shellcheck disable=SC2086 # The flags are words.
  clang -x $language -Wall -Wextra -Wpedantic -Werror -ffreestanding \
    -fsyntax-only -I "$out/x86_4" "$out/header.c"
done

for gc in --gc-sections --no-gc-sections; do
  gcc -std=gnu11 -O2 -Wall -Wextra -Werror -no-pie "-Wl,$gc" \
    -I "$out/x86_4" -o "$out/c-kernel" Examples/CKernel/main.c \
    "$out/x86_4/libfallow.a"
  "$out/c-kernel"
done
# Which misuse is which fault of fallow.h.
for misuse in leaf-table=1 no-frame=1 released=1 user-root=0 kernel-root=0 \
  forgotten-twice=1 copied=1; do
  fault=${misuse#*=}
  misuse=${misuse%=*}
  if "$out/c-kernel" "$misuse" >"$out/misuse.log"; then
    echo "$misuse: not found out" >&2
    exit 1
  fi
  grep -q "^fault $fault at frame" "$out/misuse.log"
  echo "$misuse: $(cat "$out/misuse.log")"
done
