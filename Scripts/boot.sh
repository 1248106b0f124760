#!/usr/bin/env bash
# Builds the images of Bare/ and boots each under QEMU.
#
#   Scripts/boot.sh [x86_64 | riscv64 | aarch64 | aarch64-v8.0]...
#
# All of them, if none is named; the last is AArch64 without FEAT_LSE.
#
# An image passes if it says so by its exit status (QEMU's is 0 after a triple
# fault, so x86-64's is another), its output has a plan and no test that
# failed, a second run prints the same, and each run takes less than 15 s of a
# CPU. Exits with 1 if one does not pass, with 2 if QEMU is missing or too old.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/qemu.sh

bare=Bare
limit=15 # seconds of a CPU
patience=120 # seconds, on a machine that does other things too

# Whether an image of AArch64 uses no vector or floating-point register: its
# exceptions save none.
saves_enough() {
  case $1 in
  aarch64*)
    ! llvm-objdump -d --no-show-raw-insn "$2" | grep -v '\.word' |
      grep -E '[[:space:],{[][bhsdqv][0-9]{1,2}([].,} ]|$)'
    ;;
  esac
}

# Whether an image of AArch64 makes its atomic changes by the instructions that
# it is built for, in line: FEAT_LSE's, or exclusive loads and stores.
has_its_atomics() {
  local lse='[[:space:]](cas|swp|ldadd|ldset|ldclr|ldeor)[alh]*[bh]?[[:space:]]'
  local exclusive='[[:space:]]st(lx|x)r[bh]?[[:space:]]'
  local wanted=$lse other=$exclusive
  case $1 in
  aarch64) ;;
  aarch64-v8.0) wanted=$exclusive other=$lse ;;
  *) return 0 ;;
  esac
  llvm-objdump -d --mattr=+lse --no-show-raw-insn "$2" >"$2.text"
  grep -qE "$wanted" "$2.text" && ! grep -E "$other|__aarch64_" "$2.text"
}

boot() {
  local arch=$1 product=$2 triple=$3 passed=$4
  shift=$5
  local out=$bare/.build-$arch
  need_qemu "qemu-system-${arch%-*}"
  swift build --package-path "$bare" --scratch-path "$out" -c release \
    --triple "$triple" --toolset "$bare/Toolsets/$arch.json" \
    -debug-info-format none --product "$product"
  local image=$out/release/$product
  saves_enough "$arch" "$image" || {
    echo "$arch: FAILED, it uses registers that its exceptions do not save"
    return 1
  }
  has_its_atomics "$arch" "$image" || {
    echo "$arch: FAILED, its atomic instructions are not those of its target"
    return 1
  }
  llvm-objcopy --strip-all "$image" "$image.stripped"
  local start=$SECONDS
  boot_twice "$arch" "$image.stripped" "$passed" "$out/boot"
  echo "$arch: passed twice in $((SECONDS - start)) s, the same output;" \
    "image $(stat -c %s "$image.stripped") bytes stripped"
}

[ $# -gt 0 ] || set -- x86_64 riscv64 aarch64 aarch64-v8.0
for arch; do
  case $arch in
  x86_64) boot x86_64 X86Image x86_64-unknown-none-elf 33 0 ;;
  riscv64) boot riscv64 RISCVImage riscv64-none-none-eabi 0 8 ;;
  aarch64 | aarch64-v8.0)
    boot "$arch" AArch64Image aarch64-none-none-elf 0 0
    ;;
  *)
    sed -n '2,12s/^# *//p' "$0" >&2
    exit 2
    ;;
  esac
done
