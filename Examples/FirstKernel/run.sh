#!/usr/bin/env bash
# Builds the kernel and boots it under QEMU.
#
#   ./run.sh [x86_64 | riscv64 | aarch64]     (riscv64, if none is named)
#
# Fallow is found in ../fallow, or where FALLOW says: a folder, or the URL of a
# repository. The status is 0 if the kernel says that it succeeded.
set -euo pipefail
cd "$(dirname "$0")"

machine=${1:-riscv64}
passed=0
case $machine in
x86_64)
  triple=x86_64-unknown-none-elf
  passed=33 # 0 would be a triple fault's
  arguments=(-machine q35 -device "isa-debug-exit,iobase=0xf4,iosize=4")
  ;;
riscv64)
  triple=riscv64-none-none-eabi
  arguments=(-machine virt -bios none)
  ;;
aarch64)
  triple=aarch64-none-none-elf
  arguments=(-machine virt -cpu max -semihosting-config
    "enable=on,target=native")
  ;;
*)
  sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
  exit 2
  ;;
esac
command -v "qemu-system-$machine" >/dev/null || {
  echo "run.sh needs qemu-system-$machine" >&2
  exit 2
}

# Small rather than fast, the library too.
MACHINE=$machine swift build -c release --product FirstKernel -Xswiftc -Osize \
  --triple "$triple" --toolset "Toolsets/$machine.json" \
  --scratch-path ".build-$machine"
status=0
timeout "${PATIENCE:-60}" "qemu-system-$machine" "${arguments[@]}" -m 128 -nodefaults \
  -no-reboot -display none -serial stdio \
  -kernel ".build-$machine/release/FirstKernel" || status=$?
[ "$status" -eq "$passed" ] || {
  echo "run.sh: QEMU ended with status $status" >&2
  exit 1
}
