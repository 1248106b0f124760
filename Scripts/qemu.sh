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

# run_qemu ARCH IMAGE SHIFT CPU-SECONDS SECONDS: an instruction takes 2^SHIFT
# nanoseconds of the machine's time.
run_qemu() (
  ulimit -t "$4"
  case $1 in
  x86_64)
    timeout "$5" qemu-system-x86_64 -machine q35 -m 128 -smp 2 \
      -icount "shift=$3,sleep=off" -nodefaults -no-reboot -display none \
      -serial stdio -device isa-debug-exit,iobase=0xf4,iosize=4 \
      -device intel-iommu,x-scalable-mode=on,x-flts=on \
      -device edu,dma_mask=0xffffffffffffffff -kernel "$2"
    ;;
  riscv64)
    timeout "$5" qemu-system-riscv64 -machine virt,aclint=on -m 128 \
      -smp 2 -bios none -icount "shift=$3,sleep=off" -nodefaults \
      -display none -serial stdio -device riscv-iommu-pci \
      -device edu,dma_mask=0xffffffffffffffff -kernel "$2"
    ;;
  aarch64*)
    timeout "$5" qemu-system-aarch64 \
      -machine virt,iommu=smmuv3,gic-version=3,highmem-ecam=off -cpu max \
      -m 128 -smp 2 -icount "shift=$3,sleep=off" -nodefaults -no-reboot \
      -display none -serial stdio \
      -semihosting-config enable=on,target=native \
      -device edu,dma_mask=0xffffffffffffffff -kernel "$2"
    ;;
  esac
)
