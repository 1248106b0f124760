// SPDX-License-Identifier: Apache-2.0

extension AddressSpace {
  /// Where `address` leads, or nil if nothing is mapped there.
  ///
  /// An address that is not canonical or that the space does not translate leads
  /// nowhere. A user space translates the addresses of the kernel half too,
  /// where the format copies its entries into every root.
  ///
  /// Takes no lock; runs in a read section that the release of tables waits
  /// for.
  ///
  /// - Complexity: O(levels)
  @inlinable
  @inline(__always)
  package func translate(
    _ address: VirtualAddress
  ) throws(P.Interruption) -> Translation? {
    guard Self.addresses.contains(address) else {
      return try translateUnusual(address)
    }
    // Guard: read-in-a-read-section
    try platform.enterReadSection()
    let place = try descend(to: address, level: 1)
    try platform.leaveReadSection()
    return place.level == 1
      ? translation(of: address, by: place.entry, level: 1)
      : try translateUnusual(address)
  }

  /// Translates an address that no table of pages of this half translates.
  ///
  /// Out of line, and it descends again: so the level is a constant where the
  /// leaf is a page.
  @inlinable
  @inline(never)
  func translateUnusual(
    _ address: VirtualAddress
  ) throws(P.Interruption) -> Translation? {
    let isOwn = Self.addresses.contains(address)
    let isKernel = isOwn ? Half.isKernel : Format.kernelHalf.contains(address)
    guard isOwn || isKernel && Format.sharesRoots else { return nil }
    try platform.enterReadSection()
    let place = try find(address, level: 1)
    try platform.leaveReadSection()
    return translation(of: address, by: place.entry, level: place.level)
  }

  @inlinable
  @inline(__always)
  func translation(
    of address: VirtualAddress, by entry: UInt64, level: Int
  ) -> Translation? {
    guard Format.isPresent(entry) else { return nil }
    let offset = address.rawValue & (Format.span(of: level) &- 1)
    return Translation(
      address: Format.leafAddress(in: entry, level: level) + offset,
      level: level, attributes: Format.attributes(of: entry, level: level))
  }
}
