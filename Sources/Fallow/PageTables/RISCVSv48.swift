// SPDX-License-Identifier: Apache-2.0

/// RISC-V's Sv48: 48-bit addresses, leaves of 4 KiB, 2 MiB, 1 GiB and
/// 512 GiB.
///
/// The number of levels as in Linux's `arch/riscv/include/asm/pgtable-64.h`
/// (`PGDIR_SHIFT_L4`).
@frozen
public enum RISCVSv48: RISCVPaging {
  /// Four.
  @inlinable public static var levels: Int { 4 }
}
