// SPDX-License-Identifier: Apache-2.0

extension AddressSpace {
  /// Maps the page or larger leaf at `address` to other physical memory, in one
  /// step, and hands the old leaf out: copy-on-write, migration.
  ///
  /// What walkers recorded in the old leaf up to that step is in `old`. The CPUs
  /// have flushed the leaf when it returns; a device that shares the space may
  /// use the old memory until an invalidation.
  ///
  /// Where the architecture demands break-before-make, the address leads nowhere
  /// for a moment, and the caller says by `breaks` that it may. It sleeps then.
  ///
  /// - Parameters:
  ///   - address: The first address of the leaf.
  ///   - level: The level of the leaf.
  ///   - target: The physical memory, aligned to the leaf.
  ///   - attributes: What the new leaf allows and records.
  ///   - breaks: Whether the entry may be cleared and flushed first.
  ///   - old: Is set to the old leaf.
  /// - Returns: Why it is refused, or nil; then nothing has changed: `notMapped`
  ///   if nothing is mapped there, `partialLeaf` if a larger leaf is, `occupied`
  ///   if a table of smaller leaves is, `bound` if a device is bound and the
  ///   entry would have to be broken, or what is invalid.
  /// - Complexity: O(levels)
  @inlinable
  package func remap(
    _ address: VirtualAddress, level: Int = 1, to target: PhysicalAddress,
    attributes: LeafAttributes, breaks: Bool = false,
    replaced old: inout MappedLeaf?
  ) throws(P.Interruption) -> MapError? {
    guard level >= 1 && level <= highestLeafLevel else {
      return MapError(.invalidLevel, at: address, level: level)
    }
    let range = VirtualRange(start: address, size: Format.span(of: level))
    guard refusal(of: range) == nil,
      address.rawValue & (range.size &- 1)
        | target.rawValue & physicalBits(refusedAt: level) == 0
    else { return MapError(.invalidAddress, at: address, level: level) }
    if let error = refusal(of: attributes, at: address) { return error }
    if Format.requiresBreakBeforeMake && !breaks {
      return MapError(.requiresBreakBeforeMake, at: address, level: level)
    }
    return try remapValid(
      range, level: level, to: target, attributes: completed(attributes),
      replaced: &old)
  }

  /// Maps the leaf of `level` that `range` is to other physical memory; nothing
  /// that is handed in is refused.
  @inlinable
  @inline(never)
  func remapValid(
    _ range: VirtualRange, level: Int, to target: PhysicalAddress,
    attributes: LeafAttributes, replaced old: inout MappedLeaf?
  ) throws(P.Interruption) -> MapError? {
    let address = range.start
    let root = ownRoot(for: address)
    try platform.enterReadSection()
    let place = try find(address, level: level)
    try platform.leaveReadSection()
    // The caller has the leaf to itself, so its table stays linked.
    guard Format.isPresent(place.entry) else {
      return MapError(.notMapped, at: address, level: place.level)
    }
    guard place.level == level else {
      return MapError(.partialLeaf, at: address, level: place.level)
    }
    guard Format.isLeaf(place.entry, level: level) else {
      return MapError(.occupied, at: address, level: level)
    }
    let leaf = Format.leafEntry(
      mapping: target, level: level, attributes: attributes)
    let found: UInt64
    if Format.requiresBreakBeforeMake {
      guard try beginBreak() else {
        return MapError(.bound, at: address, level: level)
      }
      found = try breakLeaf(at: place.slot, covering: range)
      try platform.store(leaf, to: place.slot)
      try platform.publish(range, of: root)
      try endBreak()
    } else {
      found = try platform.exchange(leaf, at: place.slot)
      try platform.flush(range, of: root, .leaves)
    }
    old = MappedLeaf(
      range: range, address: Format.leafAddress(in: found, level: level),
      attributes: Format.attributes(of: found, level: level))
    return nil
  }
}
