// SPDX-License-Identifier: Apache-2.0

/// RISC-V's Sv57: 57-bit addresses, leaves of 4 KiB, 2 MiB, 1 GiB,
/// 512 GiB and 256 TiB.
///
/// The number of levels as in Linux's `arch/riscv/include/asm/pgtable-64.h`
/// (`PGDIR_SHIFT_L5`).
@frozen
public enum RISCVSv57: RISCVPaging {
  /// Five.
  @inlinable public static var levels: Int { 5 }
}
