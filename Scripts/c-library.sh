#!/usr/bin/env bash
# Builds the library for kernels in C: a static archive without a Swift runtime,
# its header, and a file for pkg-config.
#
#   Scripts/c-library.sh --format FORMAT [--iommu IOMMU] [--target TRIPLE]
#                        [--abi ABI] [--optimize speed|size]
#                        --output DIRECTORY
#
# FORMAT   of the tables: x86_4, x86_5 (levels of x86-64); sv39, sv48, sv57;
#          arm64 (4 KiB pages); with -own-roots after it, roots share nothing: a
#          root of either half translates every address
# IOMMU    whose driver is in the archive, by fallow-iommu.h: vtd with x86_4,
#          riscv with sv39, sv48 or sv57, smmuv3 with arm64; by default none
# TRIPLE   for which swiftc has the Embedded standard library; by default
#          x86_64-unknown-none-elf, riscv64-none-none-eabi,
#          aarch64-none-none-elf
# ABI      of RISC-V: lp64 (the default, rv64imac), lp64f, lp64d (rv64gc)
# size     takes a tenth off the text and adds a third to the instructions of
#          an operation; speed is the default
#
# The archive must use no vector and no floating-point register, need no symbol
# but the kernel's functions in fallow.h and memcpy, memmove, memset, memcmp,
# hold no way on which a token is dropped, agree with the numbers in fallow.h,
# and link with and without --gc-sections; without a driver, a client of the
# common functions has at most 20 KiB of text, the whole archive 64 KiB, and no
# function takes more than 1,024 bytes of stack. If not, nothing is written and
# the status is 1; it is 2 if the arguments are wrong.
set -euo pipefail
caller=$PWD
cd "$(dirname "$0")/.."

usage() {
  [ $# -eq 0 ] || echo "c-library.sh: $*" >&2
  sed -n '2,21s/^# \{0,1\}//p' Scripts/c-library.sh >&2
  exit 2
}

format= iommu= target= abi= output= optimize=speed
while [ $# -gt 0 ]; do
  case $1 in
  --format | --iommu | --target | --abi | --output | --optimize)
    [ $# -ge 2 ] && [ -n "$2" ] || usage "$1 needs a value"
    printf -v "${1#--}" %s "$2"
    shift 2
    ;;
  *) usage "what is $1?" ;;
  esac
done
[ -n "$format" ] || usage "--format is missing"
[ -n "$output" ] || usage "--output is missing"

case $optimize in
speed) level=-O ;;
size) level=-Osize ;;
*) usage "optimize for speed or size" ;;
esac
base=${format%-own-roots}
own_roots=
[ "$base" = "$format" ] || own_roots=1
case $base in
x86_4 | x86_5) architecture=x86_64 ;;
sv39 | sv48 | sv57) architecture=riscv64 ;;
arm64) architecture=aarch64 ;;
*) usage "there is no format $format" ;;
esac
case $iommu/$format in
/* | vtd/x86_4 | riscv/sv39 | riscv/sv48 | riscv/sv57 | smmuv3/arm64) ;;
*) usage "there is no IOMMU $iommu for $format" ;;
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
build=${FALLOW_C_BUILD:-.build-c}/$target${abi:+-$abi}-$optimize
mkdir -p "$build"

flags=(-parse-as-library $level -wmo -enable-experimental-feature Embedded
  -target "$target" -no-allocations -strict-memory-safety
  -warnings-as-errors -swift-version 6
  -enable-upcoming-feature ExistentialAny
  -enable-upcoming-feature InternalImportsByDefault
  -enable-upcoming-feature MemberImportVisibility
  -package-name fallow -Xfrontend -disable-stack-protector
  -Xfrontend -function-sections
  -Xllvm -max-bytes-for-alignment=1) # Of loops: they run level by level.
for flag in $machine -fomit-frame-pointer; do flags+=(-Xcc "$flag"); done

# The library is the same for all formats of a target.
if [ ! -e "$build/Fallow.o" ] ||
  [ -n "$(find Sources/Fallow Scripts/c-library.sh -newer "$build/Fallow.o")" ]
then
  find Sources/Fallow -name '*.swift' | sort | xargs swiftc "${flags[@]}" \
    -module-name Fallow -emit-module \
    -emit-module-path "$build/Fallow.swiftmodule" -c -o "$build/Fallow.o"
fi
name=$format${iommu:+-$iommu}
find Sources/FallowC -name '*.swift' | sort | xargs swiftc "${flags[@]}" \
  -D "FALLOW_FORMAT_${base^^}" ${own_roots:+-D FALLOW_OWN_ROOTS} \
  ${iommu:+-D "FALLOW_IOMMU_${iommu^^}"} -module-name FallowC -I "$build" \
  -I Sources/FallowC/include -c -o "$build/FallowC-$name.o"

# One object of what the functions of fallow.h reach, by sections.
object=$build/fallow-$name.o
headers=(Sources/FallowC/include/fallow.h)
[ -z "$iommu" ] || headers+=(Sources/FallowC/include/fallow-iommu.h)
functions=$(sed -n 's/^[a-z].*[ *]\(fallow_[a-z_]*\)(.*/\1/p' \
  "${headers[@]}" | grep -v '^fallow_visit$' | sort -u)
roots=$(grep -v '^fallow_kernel_' <<<"$functions")
# shellcheck disable=SC2046 # Names are words.
"$swift/ld.lld" -r --gc-sections $(printf ' -u %s' $roots) \
  -u fallow_header_agrees -o "$object" \
  "$build/FallowC-$name.o" "$build/Fallow.o"
"$swift/llvm-objcopy" --wildcard --keep-global-symbol='fallow_*' \
  --remove-section=.swift1_autolink_entries "$object"

python3 Scripts/check-c-library.py "$swift" "$object" "${headers[@]}"

# link CLIENT FUNCTION...: a kernel that calls the functions.
link() {
  local client=$build/$1 name
  shift
  {
    printf '.text\n.globl _start\n_start:\n'
    for name; do echo ".quad $name"; done
    for name in memcpy memmove memset memcmp \
      $(grep '^fallow_kernel_' <<<"$functions"); do
      echo ".globl $name"
      echo "$name: .zero 4"
    done
  } >"$client.s"
  # shellcheck disable=SC2086 # The flags are words.
  "$swift/clang" --target="$target" ${march:+-march=$march -mabi=$abi} \
    -c -o "$client.o" "$client.s"
  local gc
  for gc in --no-gc-sections --gc-sections; do
    "$swift/ld.lld" $gc -static -o "$client" "$client.o" "$object"
  done
}

# fits CLIENT KIB: the text that was linked, which may be so much.
fits() {
  local size
  size=$("$swift/llvm-objdump" -h "$build/$1" |
    awk '$2 == ".text" { print $3 }')
  printf '%s: %d bytes of text\n' "$1" "0x$size"
  [ $((0x$size)) -le $(($2 * 1024)) ] && return
  echo "$format: $1 has more than $2 KiB of text" >&2
  exit 1
}

# shellcheck disable=SC2086 # Names are words.
link whole-archive $roots
link common-client fallow_start fallow_make_kernel_space \
  fallow_make_user_space fallow_user_map fallow_user_unmap \
  fallow_user_protect fallow_user_translate fallow_user_bind
# The most KiB of text, what a driver adds to it, and the most bytes of stack.
driver=0 stack=1024
[ -z "$iommu" ] || driver=40
fits common-client $((20 + driver))
fits whole-archive $((64 + driver))
case $base in
sv39) levels=3 ;;
x86_5 | sv57) levels=5 ;;
*) levels=4 ;;
esac
python3 Scripts/c-stack.py "$swift" "$build/whole-archive" $levels $stack

case $output in
/*) ;;
*) output=$caller/$output ;;
esac
mkdir -p "$output"
rm -f "$output/libfallow.a"
"$swift/llvm-ar" rcs "$output/libfallow.a" "$object"
number="FALLOW_FORMAT_${base^^}"
[ -z "$own_roots" ] || number="($number + FALLOW_FORMAT_OWN_ROOTS)"
sed "s/^#define FALLOW_FORMAT .*/#define FALLOW_FORMAT $number/" \
  Sources/FallowC/include/fallow.h >"$output/fallow.h"
rm -f "$output/fallow-iommu.h"
[ -z "$iommu" ] || cp Sources/FallowC/include/fallow-iommu.h "$output/"
version=$(sed -n 's/^#define FALLOW_VERSION_[MP].* \([0-9]*\)$/\1/p' \
  Sources/FallowC/include/fallow.h | paste -sd.)
cat >"$output/fallow.pc" <<PC
Name: fallow
Description: Kernel page tables, $format for $target
Version: $version
Cflags: -I\${pcfiledir}
Libs: -L\${pcfiledir} -lfallow
PC
echo "$output: $format${iommu:+ with $iommu} for $target${abi:+, $abi}"
