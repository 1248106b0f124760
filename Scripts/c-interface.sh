#!/bin/sh
# Builds the library for kernels in C, for a format of each architecture, for
# roots that share nothing, and with each driver of an IOMMU; runs the tests of
# the interface and the example against those that this machine can run; and
# compiles the headers as C11 and as C++.
#
# FALLOW_C_OUT sets where it builds (default: .build-c).
set -eu
cd "$(dirname "$0")/.."
out=${FALLOW_C_OUT:-.build-c}
export FALLOW_C_BUILD="$out"

Scripts/c-library.sh --format x86_4 --output "$out/x86_4"
Scripts/c-library.sh --format x86_4-own-roots --output "$out/x86_4-own-roots"
Scripts/c-library.sh --format sv39 --output "$out/sv39"
Scripts/c-library.sh --format sv39-own-roots --output "$out/sv39-own-roots"
Scripts/c-library.sh --format arm64 --output "$out/arm64"
Scripts/c-library.sh --format x86_4 --optimize size --output "$out/x86_4-size"
for driver in x86_4-vtd sv39-riscv arm64-smmuv3; do
  Scripts/c-library.sh --format "${driver%-*}" --iommu "${driver#*-}" \
    --output "$out/$driver"
done

{ echo '#include "fallow.h"'; echo '#include "fallow-iommu.h"'; } \
  >"$out/header.c"
for language in 'c -std=c11' 'c++ -std=c++17'; do
  # shellcheck disable=SC2086 # The flags are words.
  clang -x $language -Wall -Wextra -Wpedantic -Werror -ffreestanding \
    -fsyntax-only -I "$out/x86_4-vtd" "$out/header.c"
done

# build FORMAT PROGRAM SOURCE...
build() {
  format=$1 program=$2
  shift 2
  gcc -std=gnu11 -O2 -Wall -Wextra -Werror -no-pie -I "$out/$format" \
    -I Tests/FallowC -o "$out/$program" "$@" "$out/$format/libfallow.a"
}
for format in x86_4 x86_4-own-roots; do
  for test in misuse operations; do
    build "$format" "$test" "Tests/FallowC/$test.c" Tests/FallowC/host.c
    "$out/$test"
  done
done
build x86_4-vtd drivers \
  Tests/FallowC/drivers.c Tests/FallowC/vtd.c Tests/FallowC/host.c
"$out/drivers"
for gc in --gc-sections --no-gc-sections; do
  build x86_4 c-kernel "-Wl,$gc" Examples/CKernel/main.c
  "$out/c-kernel"
done
