// SPDX-License-Identifier: Apache-2.0

/// The 4-level tables of x86-64 with the user bit in every entry that points
/// to a table.
///
/// VT-d takes a request without privilege for one of a user, and the manual wants
/// the bit at every level for those. QEMU 10.0's knows no other requests, so a
/// device under it reaches the kernel half only through such entries, and through
/// leaves with ``LeafAttributes/user``.
///
/// For a CPU the leaf decides: where the leaf lacks the bit, user code is refused
/// whatever the entries above it say. A kernel whose leaves have it lets user code
/// through as well, so on hardware a process must not run on such tables.
@frozen
public enum WalkableByUser: X86Paging {
  /// What VT-d walks.
  public typealias Walked = X86FourLevel

  /// As in ``X86FourLevel``.
  @inlinable
  public static var levels: Int { X86FourLevel.levels }

  /// As in ``X86FourLevel``.
  @inlinable
  public static var kernelHalf: VirtualRange { X86FourLevel.kernelHalf }

  /// As in ``X86FourLevel``.
  @inlinable
  public static var userHalf: VirtualRange { X86FourLevel.userHalf }

  /// The leaves of the kernel half may have the user bit too.
  @inlinable
  public static func unsupportedAttributes(
    ofKernelHalf isKernel: Bool
  ) -> LeafAttributes {
    isKernel ? .none : .global
  }

  /// For requests of any privilege.
  @inlinable
  public static func tableEntry(
    pointingTo table: PhysicalAddress, isKernel: Bool
  ) -> UInt64 {
    X86FourLevel.tableEntry(pointingTo: table, isKernel: false)
  }
}
