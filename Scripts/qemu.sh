# The machines that images boot on, for scripts to read: QEMU's, each with an
# IOMMU and the edu device behind it.

# The oldest QEMU whose VT-d walks first-stage tables.
need_qemu() {
  local version
  version=$("$1" --version 2>/dev/null |
    sed -n 's/^QEMU emulator version \([0-9]*\).*/\1/p') || true
  [ "${version:-0}" -ge 10 ] && return
  echo "make boot needs $1 10 or newer; as root:" >&2
  sed -n '2,$s/^/  /p' Scripts/install-qemu.sh >&2
  exit 2
}

# run_qemu ARCH IMAGE: an instruction takes 2^`shift` nanoseconds of the
# machine's time; the run at most `limit` seconds of a CPU, and `patience`
# seconds.
run_qemu() (
  # shellcheck disable=SC2154 # The caller sets them.
  ulimit -t "$limit"
  case $1 in
  x86_64)
    timeout "$patience" qemu-system-x86_64 -machine q35 -m 128 -smp 2 \
      -icount "shift=$shift,sleep=off" -nodefaults -no-reboot -display none \
      -serial stdio -device isa-debug-exit,iobase=0xf4,iosize=4 \
      -device intel-iommu,x-scalable-mode=on,x-flts=on \
      -device edu,dma_mask=0xffffffffffffffff -kernel "$2"
    ;;
  riscv64)
    timeout "$patience" qemu-system-riscv64 -machine virt,aclint=on -m 128 \
      -smp 2 -bios none -icount "shift=$shift,sleep=off" -nodefaults \
      -display none -serial stdio -device riscv-iommu-pci \
      -device edu,dma_mask=0xffffffffffffffff -kernel "$2"
    ;;
  aarch64*)
    timeout "$patience" qemu-system-aarch64 \
      -machine virt,iommu=smmuv3,gic-version=3,highmem-ecam=off -cpu max \
      -m 128 -smp 2 -icount "shift=$shift,sleep=off" -nodefaults -no-reboot \
      -display none -serial stdio \
      -semihosting-config enable=on,target=native \
      -device edu,dma_mask=0xffffffffffffffff -kernel "$2"
    ;;
  esac
)

# boot_twice ARCH IMAGE STATUS LOG: prints what the image prints. Fails unless
# both runs end with STATUS, have a plan and no mark that is "not ok", and print
# the same.
boot_twice() {
  local arch=$1 image=$2 passed=$3 log=$4 status turn
  for turn in 1 2; do
    status=0
    run_qemu "$arch" "$image" >"$log.$turn" 2>"$log.errors" || status=$?
    if [ "$status" -ne "$passed" ] || grep -q '^not ok' "$log.$turn" ||
      ! grep -q '^1\.\.' "$log.$turn"; then
      cat "$log.$turn" "$log.errors"
      echo "$arch: FAILED, status $status"
      return 1
    fi
  done
  cat "$log.1"
  cmp "$log.1" "$log.2" || {
    echo "$arch: FAILED, two runs differ"
    return 1
  }
}
