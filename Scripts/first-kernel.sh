#!/usr/bin/env bash
# Follows the guide to a first kernel as a new user would: runs the commands of
# Sources/Fallow/Fallow.docc/YourFirstKernel.md as they stand, in a folder
# outside the repository, for each machine.
#
#   Scripts/first-kernel.sh [riscv64 | x86_64 | aarch64]...  (all, if none is named)
#
# What is cloned is this repository's last commit. Each machine must print the
# page that it mapped, take less than 3 minutes of a CPU, and have at most 20 KiB of
# text; the kernel has at most 200 lines of Swift, its platform 15. Then the Swift
# SDK builds it, and the failures of the guide's table are provoked.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
guide=Sources/Fallow/Fallow.docc/YourFirstKernel.md
[ $# -gt 0 ] || set -- riscv64 x86_64 aarch64

# The most bytes of text.
limit=20480

# Seconds of a CPU that the commands so far took.
cpu() {
  awk -v ticks="$(getconf CLK_TCK)" '{ print int(($16 + $17) / ticks) }' \
    "/proc/$$/stat"
}

fail() {
  echo "first-kernel.sh: $*" >&2
  exit 1
}

sources=Examples/FirstKernel/Sources/FirstKernel
lines=$(cat $sources/*.swift | wc -l)
[ "$lines" -le 200 ] || fail "$lines lines of Swift"
platform=$(sed -n '/^struct Kernel/,/^}/p' $sources/Kernel.swift | wc -l)
[ "$platform" -le 15 ] || fail "$platform lines of platform"

# The first block of commands that the guide has.
commands=$(sed -n '/^```sh$/,/^```$/p' "$guide" | sed '/^```$/q' | sed '1d;$d')
[ -n "$commands" ] || fail "$guide has no commands"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export REPOSITORY="file://$root"
cd "$folder"
for machine; do
  start=$SECONDS
  before=$(cpu)
  # The first machine follows the guide from its start, the others from its
  # last command.
  script=$commands
  [ ! -d MyKernel ] || script="cd MyKernel"$'\n'$(tail -n 1 <<<"$commands")
  sed "s/riscv64/$machine/" <<<"$script" >commands
  bash -euo pipefail commands >output 2>&1 </dev/null || {
    cat output
    fail "$machine: the guide's commands failed"
  }
  grep -q '^user page has 0x000000000000f00d' output || {
    cat output
    fail "$machine: no page was mapped"
  }
  sed -n '/^free frames/,$p' output
  seconds=$(($(cpu) - before))
  [ "$seconds" -lt 180 ] || fail "$machine: $seconds s of a CPU"
  text=$(size -A "MyKernel/.build-$machine/release/FirstKernel" |
    awk '$1 == ".text" { print $2 }')
  [ "$text" -le "$limit" ] || fail "$machine: $text bytes of text"
  echo "$machine: a page is mapped after $((SECONDS - start)) s," \
    "$seconds s of a CPU; $text bytes of text"
done

# Once more by the Swift SDK, with a URL for the dependency.
"$root/Scripts/sdk.sh" .
git -C fallow checkout -q -B main
(
  cd MyKernel
  FALLOW="file://$folder/fallow" MACHINE=riscv64 swift build -c release \
    --swift-sdks-path .. --swift-sdk riscv64-none-none-eabi \
    --scratch-path .build-sdk --product FirstKernel
) >output 2>&1 || {
  cat output
  fail "the Swift SDK does not build the kernel"
}
echo "the Swift SDK builds the kernel, with a URL for the dependency"

"$root/Scripts/first-kernel-failures.sh" "$folder"
python3 "$root/Scripts/guide.py"
