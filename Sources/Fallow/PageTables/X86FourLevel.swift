// SPDX-License-Identifier: Apache-2.0

/// The 4-level paging of x86-64: 48-bit addresses, leaves of 4 KiB, 2 MiB and
/// 1 GiB.
///
/// The halves as in Linux's `Documentation/x86/x86_64/mm.rst`.
@frozen
public enum X86FourLevel: X86Paging {
  /// Four: PT, PD, PDPT and PML4.
  @inlinable public static var levels: Int { 4 }

  /// The upper 128 TiB.
  @inlinable public static var kernelHalf: VirtualRange {
    VirtualRange(start: VirtualAddress(0xffff_8000_0000_0000), size: 1 << 47)
  }

  /// The lower 128 TiB.
  @inlinable public static var userHalf: VirtualRange {
    VirtualRange(start: VirtualAddress(0), size: 1 << 47)
  }
}
