#!/usr/bin/env bash
# Provokes the failures of the guide's table, each by one change to a copy of
# Examples/FirstKernel, and checks that what is printed is in the table.
#
#   Scripts/first-kernel-failures.sh FOLDER
#
# FOLDER holds `fallow` and a built `MyKernel`, as the guide's commands leave
# them. The rows that name a test are that test's.
set -euo pipefail
guide=$(cd "$(dirname "$0")/.." && pwd)/Sources/Fallow/Fallow.docc/YourFirstKernel.md
cd "${1:?the folder in which the guide was followed}/MyKernel"
failed=0

# row MACHINE FILE CHANGE MESSAGE...: what `sed CHANGE FILE` leads to.
row() {
  local machine=$1 file=$2 change=$3 message
  shift 3
  cp "$file" ../saved
  sed -i "$change" "$file"
  if cmp -s "$file" ../saved; then
    echo "FAILED: nothing to change in $file: $change"
    failed=1
    return
  fi
  # SwiftPM does not look at linker scripts.
  rm -f ".build-$machine"/release/FirstKernel
  PATIENCE=10 ./run.sh "$machine" >../output 2>&1 && {
    echo "FAILED: it runs in spite of $change"
    failed=1
  }
  cp ../saved "$file"
  for message; do
    if grep -qF "$message" ../output; then
      grep -F -m 1 "$message" ../output
    else
      echo "FAILED: no '$message' after $change:"
      tail -n 20 ../output
      failed=1
    fi
  done
  # The first message is the table's.
  grep -qF "$1" "$guide" || {
    echo "FAILED: the guide does not show '$1'"
    failed=1
  }
}

main=Sources/FirstKernel/FirstKernel.swift
if FALLOW=../nowhere ./run.sh riscv64 >../output 2>&1; then failed=1; fi
grep "the package .*/nowhere.* cannot be accessed" ../output || {
  echo "FAILED: a folder without Fallow is not named"
  cat ../output
  failed=1
}

row riscv64 $main '/while !stale.isEmpty {/,/^    }/d; s/var stale =/_ =/' \
  'undefined symbol: a_StaleRange_is_dropped_invalidate_it_until_it_is_empty' \
  'FirstKernel.swift.o:('
row riscv64 $main \
  's/try unsafe Process.make(sharing: space, in: &process)/unsafe process = try Process(sharing: space)/' \
  'undefined symbol: a_UserSpace_is_dropped_end_it' 'FirstKernel.swift.o:('
row riscv64 Sources/Boot/support.c 's/^void \*memset/static void *fill/' \
  'undefined symbol: memset'
row x86_64 Layouts/x86_64.ld '/\.note : /d; /PT_NOTE/d' \
  'Error loading uncompressed kernel without PVH ELF Note'
row riscv64 $main 's/boot_load(userPage.start.rawValue)/boot_load(1 << 37)/' \
  'exception: cause 0x' 'address 0x0000002000000000'
row riscv64 $main 's/VirtualAddress(1 << 36)/VirtualAddress(0x4000)/' \
  'stopped: the address is already mapped' '0x0000000000004000'
row riscv64 $main \
  's/let frame = kernel.allocate.*/&; while kernel.allocate(order: 0) != .none {}/' \
  'stopped: no frame is left for a table'
row riscv64 Sources/FirstKernel/Machine.swift 's/64 << 20/1 << 10/' \
  'stopped: too little memory'
row riscv64 $main 's/^    kernel.free(frame, order: 0)/&; kernel.free(frame, order: 0)/' \
  'stopped: the frame is free already'
row riscv64 $main 's/      Machine.devices, to/      VirtualRange(start: VirtualAddress(1 << 37), size: 4096), to/' \
  'QEMU ended with status 124'
# Last: it is built anew, the library too.
row riscv64 Toolsets/riscv64.json '/disable-stack-protector/d' \
  'undefined symbol: __stack_chk_guard'
exit $failed
