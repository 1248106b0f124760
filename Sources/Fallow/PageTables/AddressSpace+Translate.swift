extension AddressSpace {
  /// Where `address` leads, or nil if nothing is mapped there.
  ///
  /// Takes no lock; runs in a read section that the release of tables waits
  /// for.
  ///
  /// - Complexity: O(levels)
  @inlinable
  public func translate(
    _ address: VirtualAddress
  ) throws(P.Interruption) -> Translation? {
    try platform.enterReadSection()
    var table = root
    var level = Format.levels
    var entry = try platform.load(
      Format.slot(for: address, in: table, level: level))
    while Format.isPresent(entry) && !Format.isLeaf(entry, level: level) {
      table = Format.table(in: entry, level: level)
      level &-= 1
      entry = try platform.load(
        Format.slot(for: address, in: table, level: level))
    }
    try platform.leaveReadSection()
    guard Format.isPresent(entry) else { return nil }
    let offset = address.rawValue & (Format.span(of: level) &- 1)
    return Translation(
      address: Format.address(in: entry, level: level) + offset, level: level,
      attributes: Format.attributes(of: entry, level: level))
  }
}
