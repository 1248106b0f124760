#!/usr/bin/env bash
# Builds the C kernel of Bare/CKernel on the library for kernels in C, and boots
# it under QEMU.
#
#   Scripts/boot-c.sh [x86_64 | riscv64]...    (both, if none is named)
#
# It passes if it says so by its exit status, no mark is "not ok", and a second
# run prints the same. Then it is built three times with one duty left out, and
# each must end at the mark that finds it. Exits with 1 if not.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/qemu.sh

shift=8      # an instruction takes 2^8 ns: the device keeps up with the CPUs
limit=60     # seconds of a CPU
patience=300 # seconds, on a machine that does other things too

# build IMAGE FLAG...
build() {
  local image=$1 source object objects=()
  shift
  for source in Bare/CKernel/*.c Bare/Sources/CMachine/*.c \
    Bare/Sources/CMachine/$arch.S; do
    case $source in
    */iommu-*) [ "$source" = "Bare/CKernel/iommu-$iommu.c" ] || continue ;;
    esac
    object=$out/$(basename "$image")-$(basename "$source").o
    # shellcheck disable=SC2086 # The flags are words.
    clang --target="$target" $machine -std=gnu11 -O2 -ffreestanding \
      -fno-stack-protector -ffunction-sections -Wall -Wextra -Werror \
      -Wno-nullability-extension -I "$out" -I Bare/Sources/CMachine/include \
      "$@" -c -o "$object" "$source"
    objects+=("$object")
  done
  ld.lld --gc-sections -static -z max-page-size=4096 --no-dynamic-linker \
    -T "Bare/Layouts/$arch.ld" -o "$image" "${objects[@]}" "$out/libfallow.a"
}

boot() {
  local start=$SECONDS
  need_qemu "qemu-system-$arch"
  export FALLOW_C_BUILD=$out/library
  Scripts/c-library.sh --format "$format" --output "$out"
  build "$out/kernel"
  boot_twice "$arch" "$out/kernel" "$passed" "$out/boot"
  left_out DEVICE_INVALIDATION \
    'a device does not reach a page that was unmapped'
  left_out NARROWING_INVALIDATION \
    'a device does not write a page that a fork shares'
  left_out REMAP_FLUSH 'the other CPU sees a copy on write'
  echo "$arch: the C kernel passed twice in $((SECONDS - start)) s"
}

# left_out DUTY MARK
left_out() {
  build "$out/kernel-$1" "-DWITHOUT_$1"
  run_qemu "$arch" "$out/kernel-$1" >"$out/boot-$1" 2>&1 || true
  grep -q "^not ok .* - $2" "$out/boot-$1" || {
    cat "$out/boot-$1"
    echo "$arch: without $1 it does not end at: $2"
    return 1
  }
  echo "without $1: $(grep '^not ok' "$out/boot-$1")"
}

[ $# -gt 0 ] || set -- x86_64 riscv64
for arch; do
  out=$PWD/.build-c/boot-$arch
  mkdir -p "$out"
  case $arch in
  x86_64)
    target=x86_64-unknown-none-elf format=x86_4 iommu=vtd passed=33
    machine='-mno-red-zone -mno-sse -mno-mmx -fno-pic'
    # The counter is a clock of 1 GHz.
    machine+=" -DTICKS_PER_INSTRUCTION=$((1 << shift))"
    boot
    ;;
  riscv64)
    target=riscv64-none-none-eabi format=sv39 iommu=riscv passed=0
    machine='-march=rv64imac -mabi=lp64 -mcmodel=medany'
    machine+=' -DTICKS_PER_INSTRUCTION=1'
    boot
    ;;
  *)
    sed -n '2,10s/^# *//p' "$0" >&2
    exit 2
    ;;
  esac
done
