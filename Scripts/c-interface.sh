#!/bin/sh
# Builds the library for kernels in C, a static archive without a Swift
# runtime; builds and runs the example against it, and each misuse of it.
#
# FALLOW_C_OUT sets where it builds (default: .build-c).
set -eu
cd "$(dirname "$0")/.."
out=${FALLOW_C_OUT:-.build-c}
target=x86_64-unknown-none-elf
mkdir -p "$out"

flags="-parse-as-library -O -wmo -enable-experimental-feature Embedded
  -target $target -no-allocations -strict-memory-safety -warnings-as-errors
  -swift-version 6 -enable-upcoming-feature ExistentialAny
  -enable-upcoming-feature InternalImportsByDefault
  -enable-upcoming-feature MemberImportVisibility
  -package-name fallow -Xfrontend -disable-stack-protector
  -Xfrontend -function-sections -Xcc -mno-red-zone"

# shellcheck disable=SC2086 # The flags are words.
swiftc $flags -module-name Fallow -emit-module \
  -emit-module-path "$out/Fallow.swiftmodule" -c -o "$out/Fallow.o" \
  $(find Sources/Fallow -name '*.swift' | sort)
# shellcheck disable=SC2086
swiftc $flags -module-name FallowC -I "$out" -c -o "$out/FallowC.o" \
  $(find Sources/FallowC -name '*.swift' | sort)
rm -f "$out/libfallow.a"
ar rcs "$out/libfallow.a" "$out/Fallow.o" "$out/FallowC.o"
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -no-pie -Wl,--gc-sections \
  -I Sources/FallowC/include -o "$out/c-kernel" Examples/CKernel/main.c \
  "$out/libfallow.a"
"$out/c-kernel"
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
