// SPDX-License-Identifier: Apache-2.0

extension AddressSpace {
  /// Takes the frames that mapping `range` to `address` needs for tables if
  /// none of them is there, or returns nil if there are not as many.
  ///
  /// May sleep, so it is called before a lock is taken under which to map.
  ///
  /// Mapping the range then asks the platform for no frame, unless someone
  /// empties a table that the range shares with its neighbours at the same
  /// moment: then it may have to be made a second time.
  ///
  /// For what cannot be mapped it takes none: the mapping says why.
  ///
  /// - Complexity: O(tables)
  @inlinable
  package func reserve(
    for range: VirtualRange, to address: PhysicalAddress,
    maxLeafLevel: Int = Self.maxLeafLevel
  ) throws(P.Interruption) -> ReservedFrames<P>? {
    if refusal(of: range, to: address, maxLeafLevel: maxLeafLevel) != nil {
      return try ReservedFrames.make(0, on: platform)
    }
    try scheme.makeRoom()
    var tables = 0
    var done: UInt64 = 0
    while done < range.size {
      let run = run(
        of: range, at: done, to: address, attributes: .none,
        maxLeafLevel: maxLeafLevel)
      // Each table is counted with the first run that it holds or that hangs
      // from it.
      var level = run.level
      while level < Self.topLevel,
        done == 0
          || run.start.rawValue & (Format.span(of: level &+ 1) &- 1) == 0
      {
        tables &+= 1
        level &+= 1
      }
      done &+= UInt64(run.count) &<< Format.spanShift(of: run.level)
    }
    return try ReservedFrames.make(tables, on: platform)
  }
}
