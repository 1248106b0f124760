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
    var table = root
    var level = Format.levels
    while true {
      let entry = try platform.load(
        Format.slot(for: address, in: table, level: level))
      if Format.isTable(entry, level: level) {
        table = Format.table(in: entry, level: level)
        level &-= 1
        continue
      }
      try platform.leaveReadSection()
      guard Format.isPresent(entry) else { return nil }
      let offset = address.rawValue & (Format.span(of: level) &- 1)
      return Translation(
        address: Format.leafAddress(in: entry, level: level) + offset,
        level: level,
        attributes: Format.attributes(of: entry, level: level))
    }
  }
}
