#!/usr/bin/env bash
# Builds the library for kernels in C: a static archive without a Swift runtime,
# its header, and a file for pkg-config.
#
#   Scripts/c-library.sh --format FORMAT [--target TRIPLE] [--abi ABI]
#                        --output DIRECTORY
#
# FORMAT   of the tables: x86_4, x86_5 (levels of x86-64); sv39, sv48, sv57;
#          arm64 (4 KiB pages); with -own-roots after it, roots share nothing: a
#          root of either half translates every address
# TRIPLE   for which swiftc has the Embedded standard library; by default
#          x86_64-unknown-none-elf, riscv64-none-none-eabi,
#          aarch64-none-none-elf
# ABI      of RISC-V: lp64 (the default, rv64imac), lp64f, lp64d (rv64gc)
#
# The archive must use no vector and no floating-point register, need no symbol
# but the kernel's functions in fallow.h and memcpy, memmove, memset, memcmp,
# hold no way on which a token is dropped, agree with the numbers in fallow.h,
# and link with and without --gc-sections. If not, nothing is written and the
# status is 1; it is 2 if the arguments are wrong.
set -euo pipefail
caller=$PWD
cd "$(dirname "$0")/.."

usage() {
  [ $# -eq 0 ] || echo "c-library.sh: $*" >&2
  sed -n '2,16s/^# \{0,1\}//p' Scripts/c-library.sh >&2
  exit 2
}

format= target= abi= output=
while [ $# -gt 0 ]; do
  case $1 in
  --format | --target | --abi | --output)
    [ $# -ge 2 ] && [ -n "$2" ] || usage "$1 needs a value"
    printf -v "${1#--}" %s "$2"
    shift 2
    ;;
  *) usage "what is $1?" ;;
  esac
done
[ -n "$format" ] || usage "--format is missing"
[ -n "$output" ] || usage "--output is missing"

base=${format%-own-roots}
own_roots=
[ "$base" = "$format" ] || own_roots=1
case $base in
x86_4 | x86_5) architecture=x86_64 ;;
sv39 | sv48 | sv57) architecture=riscv64 ;;
arm64) architecture=aarch64 ;;
*) usage "there is no format $format" ;;
esac
case $architecture in
x86_64)
  : "${target:=x86_64-unknown-none-elf}"
  machine="-mno-red-zone -mno-sse -mno-mmx -mno-implicit-float"
  [ -z "$abi" ] || usage "the ABI of $format cannot be chosen"
  ;;
riscv64)
  : "${target:=riscv64-none-none-eabi}"
  case ${abi:=lp64} in
  lp64) march=rv64imac ;;
  lp64f) march=rv64imafc ;;
  lp64d) march=rv64gc ;;
  *) usage "RISC-V has no ABI $abi here" ;;
  esac
  machine="-march=$march -mabi=$abi -mcmodel=medany -mno-implicit-float"
  ;;
aarch64)
  : "${target:=aarch64-none-none-elf}"
  machine="-mgeneral-regs-only"
  [ -z "$abi" ] || usage "the ABI of $format cannot be chosen"
  ;;
esac
case $architecture/$target in
"$architecture/$architecture"-* | aarch64/arm64-*) ;;
*) usage "$target is not a target for $format" ;;
esac

swift=$(dirname "$(readlink -f "$(command -v swiftc)")")
build=${FALLOW_C_BUILD:-.build-c}/$target${abi:+-$abi}
mkdir -p "$build"

flags=(-parse-as-library -O -wmo -enable-experimental-feature Embedded
  -target "$target" -no-allocations -strict-memory-safety
  -warnings-as-errors -swift-version 6
  -enable-upcoming-feature ExistentialAny
  -enable-upcoming-feature InternalImportsByDefault
  -enable-upcoming-feature MemberImportVisibility
  -package-name fallow -Xfrontend -disable-stack-protector
  -Xfrontend -function-sections)
for flag in $machine; do flags+=(-Xcc "$flag"); done

# The library is the same for all formats of a target.
if [ ! -e "$build/Fallow.o" ] ||
  [ -n "$(find Sources/Fallow Scripts/c-library.sh -newer "$build/Fallow.o")" ]
then
  find Sources/Fallow -name '*.swift' | sort | xargs swiftc "${flags[@]}" \
    -module-name Fallow -emit-module \
    -emit-module-path "$build/Fallow.swiftmodule" -c -o "$build/Fallow.o"
fi
find Sources/FallowC -name '*.swift' | sort | xargs swiftc "${flags[@]}" \
  -D "FALLOW_FORMAT_${base^^}" ${own_roots:+-D FALLOW_OWN_ROOTS} \
  -module-name FallowC -I "$build" \
  -I Sources/FallowC/include -c -o "$build/FallowC-$format.o"

# One object of what the functions of fallow.h reach, by sections.
object=$build/fallow-$format.o
functions=$(sed -n 's/^[a-z].*[ *]\(fallow_[a-z_]*\)(.*/\1/p' \
  Sources/FallowC/include/fallow.h | grep -v '^fallow_visit$' | sort -u)
roots=$(grep -v '^fallow_kernel_' <<<"$functions")
# shellcheck disable=SC2046 # Names are words.
"$swift/ld.lld" -r --gc-sections $(printf ' -u %s' $roots) \
  -u fallow_header_agrees -o "$object" \
  "$build/FallowC-$format.o" "$build/Fallow.o"
"$swift/llvm-objcopy" --wildcard --keep-global-symbol='fallow_*' \
  --remove-section=.swift1_autolink_entries "$object"

python3 Scripts/check-c-library.py "$swift" "$object" \
  Sources/FallowC/include/fallow.h

# A kernel that has each function, and one that calls each.
{
  echo '.data'
  for name in $roots; do echo ".quad $name"; done
  echo '.text'
  for name in _start memcpy memmove memset memcmp \
    $(grep '^fallow_kernel_' <<<"$functions"); do
    echo ".globl $name"
    echo "$name:"
  done
} >"$build/client.s"
# shellcheck disable=SC2086 # The flags are words.
"$swift/clang" --target="$target" ${march:+-march=$march -mabi=$abi} \
  -c -o "$build/client.o" "$build/client.s"
for gc in --gc-sections --no-gc-sections; do
  "$swift/ld.lld" $gc -static -o "$build/client" "$build/client.o" "$object"
done

case $output in
/*) ;;
*) output=$caller/$output ;;
esac
mkdir -p "$output"
rm -f "$output/libfallow.a"
"$swift/llvm-ar" rcs "$output/libfallow.a" "$object"
name="FALLOW_FORMAT_${base^^}"
[ -z "$own_roots" ] || name="($name + FALLOW_FORMAT_OWN_ROOTS)"
sed "s/^#define FALLOW_FORMAT .*/#define FALLOW_FORMAT $name/" \
  Sources/FallowC/include/fallow.h >"$output/fallow.h"
version=$(sed -n 's/^#define FALLOW_VERSION_[MP].* \([0-9]*\)$/\1/p' \
  Sources/FallowC/include/fallow.h | paste -sd.)
cat >"$output/fallow.pc" <<PC
Name: fallow
Description: Kernel page tables, $format for $target
Version: $version
Cflags: -I\${pcfiledir}
Libs: -L\${pcfiledir} -lfallow
PC
echo "$output: $format for $target${abi:+, $abi}"
