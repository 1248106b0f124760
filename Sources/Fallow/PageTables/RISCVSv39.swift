// SPDX-License-Identifier: Apache-2.0

/// RISC-V's Sv39: 39-bit addresses, leaves of 4 KiB, 2 MiB and 1 GiB.
///
/// The number of levels as in Linux's `arch/riscv/include/asm/pgtable-64.h`
/// (`PGDIR_SHIFT_L3`).
@frozen
public enum RISCVSv39: RISCVPaging {
  /// Three.
  @inlinable public static var levels: Int { 3 }
}
