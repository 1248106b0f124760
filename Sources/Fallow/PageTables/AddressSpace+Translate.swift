extension AddressSpace {
  /// Where `address` leads, or nil if nothing is mapped there.
  ///
  /// Takes no lock; runs in a read section that the release of tables waits
  /// for.
  ///
  /// - Complexity: O(levels)
  @inlinable
  @inline(__always)
  public func translate(
    _ address: VirtualAddress
  ) throws(P.Interruption) -> Translation? {
    try platform.enterReadSection()
    guard let table = try table(at: address, level: 1) else {
      try platform.leaveReadSection()
      return try translateLarge(address)
    }
    let entry = try platform.load(
      table + Format.offset(of: address, level: 1))
    try platform.leaveReadSection()
    return translation(of: address, by: entry, level: 1)
  }

  /// Where an address leads that no table of pages translates.
  @inlinable
  @inline(never)
  func translateLarge(
    _ address: VirtualAddress
  ) throws(P.Interruption) -> Translation? {
    try platform.enterReadSection()
    var table = root
    var level = Format.levels
    var entry = try platform.load(
      Format.slot(for: address, in: table, level: level))
    while Format.isTable(entry, level: level) {
      table = Format.table(in: entry, level: level)
      level &-= 1
      entry = try platform.load(
        Format.slot(for: address, in: table, level: level))
    }
    try platform.leaveReadSection()
    return translation(of: address, by: entry, level: level)
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
