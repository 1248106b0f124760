#!/bin/sh
# Builds the library for machines without an operating system, x86-64, AArch64
# and RISC-V, and links a small kernel against it: nothing is allocated, nothing
# is missing.
#
#   Scripts/embedded.sh          builds the libraries, reads which accesses are
#                                full fences, and links the client
#   Scripts/embedded.sh drops    links a client that drops a token; it must
#                                fail, and name a_fallow_token_was_dropped
#   Scripts/embedded.sh kinds    links, after a run without an argument, a kernel
#                                that drops a token of each kind, and prints how
#                                each link fails
#
# FALLOW_EMBEDDED_OUT sets where it builds (default: .build-embedded).
set -eu
cd "$(dirname "$0")/.."
out=${FALLOW_EMBEDDED_OUT:-.build-embedded}
client=Tests/FallowTests/Embedded
target=x86_64-unknown-none-elf
mkdir -p "$out"

common="-parse-as-library -O -wmo -enable-experimental-feature Embedded
  -no-allocations -strict-memory-safety -warnings-as-errors
  -swift-version 6 -enable-upcoming-feature ExistentialAny
  -enable-upcoming-feature InternalImportsByDefault
  -enable-upcoming-feature MemberImportVisibility
  -package-name fallow -Xfrontend -disable-stack-protector
  -Xfrontend -function-sections"
flags="$common -target $target -Xcc -mno-red-zone"

# What the linker says of a kernel that drops tokens of one kind.
kinds() {
  # shellcheck disable=SC2086 # The flags are words.
  swiftc $flags -g -module-name DroppingKernel -I "$out" \
    -c -o "$out/DroppingKernel.o" "$client/DroppingKernel.swift"
  clang --target=$target -ffreestanding -O1 -c -o "$out/Support.o" \
    "$client/Support.c"
  for entry in $(sed -n 's/^@_silgen_name("\(drop_.*\)")$/\1/p' \
    "$client/DroppingKernel.swift"); do
    echo "$entry:"
    if ld.lld --gc-sections -static -e "$entry" -o "$out/dropping-kernel" \
      "$out/DroppingKernel.o" "$out/Fallow.o" "$out/Support.o" 2>&1; then
      echo "it links"
    fi
  done
}

if [ "${1:-}" = kinds ]; then
  kinds
  exit
fi

# shellcheck disable=SC2086 # The flags are words.
swiftc $flags -module-name Fallow -emit-module \
  -emit-module-path "$out/Fallow.swiftmodule" -c -o "$out/Fallow.o" \
  $(find Sources/Fallow/ -name '*.swift' | sort)

# What the accesses compile to that are promised to be full fences.
fences() {
  # shellcheck disable=SC2086
  swiftc $common -target "$1" -module-name FullFences -I "$2" \
    -c -o "$2/FullFences.o" "$client/FullFences.swift"
  python3 Scripts/check-fences.py "$objdump" "$2/FullFences.o"
}

if [ "${1:-}" != drops ]; then
  objdump=$(dirname "$(readlink -f "$(command -v swiftc)")")/llvm-objdump
  fences $target "$out"
  for other in aarch64-none-none-elf riscv64-none-none-eabi; do
    mkdir -p "$out/${other%%-*}"
    # shellcheck disable=SC2086
    swiftc $common -target $other -module-name Fallow -emit-module \
      -emit-module-path "$out/${other%%-*}/Fallow.swiftmodule" \
      -c -o "$out/${other%%-*}/Fallow.o" \
      $(find Sources/Fallow/ -name '*.swift' | sort)
    echo "built $out/${other%%-*}/Fallow.o"
    fences $other "$out/${other%%-*}"
  done
fi

define=
if [ "${1:-}" = drops ]; then define=-DDROPS; fi
# shellcheck disable=SC2086
swiftc $flags $define -module-name KernelClient -I "$out" \
  -c -o "$out/KernelClient.o" "$client/KernelClient.swift"
clang --target=$target -ffreestanding -O1 -c -o "$out/Support.o" \
  "$client/Support.c"
ld.lld --gc-sections -static -e kernel_main -o "$out/kernel-client" \
  "$out/KernelClient.o" "$out/Fallow.o" "$out/Support.o"
echo "linked $out/kernel-client"
