// SPDX-License-Identifier: Apache-2.0

/// The 5-level paging of x86-64: 57-bit addresses, leaves of 4 KiB, 2 MiB and
/// 1 GiB.
///
/// The halves as in Linux's `Documentation/x86/x86_64/mm.rst`.
@frozen
public enum X86FiveLevel: X86Paging {
  /// Five: PT, PD, PDPT, PML4 and PML5.
  @inlinable public static var levels: Int { 5 }

  /// The upper 64 PiB.
  @inlinable public static var kernelHalf: VirtualRange {
    VirtualRange(start: VirtualAddress(0xff00_0000_0000_0000), size: 1 << 56)
  }

  /// The lower 64 PiB.
  @inlinable public static var userHalf: VirtualRange {
    VirtualRange(start: VirtualAddress(0), size: 1 << 56)
  }
}
