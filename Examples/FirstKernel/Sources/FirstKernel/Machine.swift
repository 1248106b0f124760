import Boot
import Fallow

/// What this kernel knows of the machine that `run.sh` starts.
enum Machine {
  /// The first byte of the memory that the kernel manages.
  static var start: UInt64 { UInt64(BOOT_MEMORY) }

  /// How much memory that is; the machine has 128 MiB.
  static var size: UInt64 { 64 << 20 }

  #if arch(x86_64)
    typealias Format = X86FourLevel

    /// None: the serial line has a port.
    static var devices: VirtualRange { range(0, size: 0) }
    static var deviceAttributes: LeafAttributes { .uncached }
  #elseif arch(riscv64)
    typealias Format = RISCVSv39

    /// Known to the machine as devices: the tables need not say it.
    static var devices: VirtualRange { range(0, size: 0x2000_0000) }
    static var deviceAttributes: LeafAttributes { .none }
  #elseif arch(arm64)
    typealias Format = AArch64FourKiB

    static var devices: VirtualRange { range(0x800_0000, size: 0x200_0000) }
    static var deviceAttributes: LeafAttributes { .uncached }
  #endif

  private static func range(_ start: UInt64, size: UInt64) -> VirtualRange {
    VirtualRange(start: VirtualAddress(start), size: size)
  }
}
