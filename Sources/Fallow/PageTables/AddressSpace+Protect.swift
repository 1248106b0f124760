extension AddressSpace {
  /// Gives every leaf in `range` new attributes; where nothing is mapped,
  /// nothing happens.
  ///
  /// What walkers recorded in a leaf, accessed and dirty, stays as it is and is
  /// not lost; those two of `attributes` are added to it. The CPUs have
  /// flushed the range when it returns.
  ///
  /// - Precondition: The range is made of whole pages and lies in this half.
  /// - Complexity: O(pages), each table visited once.
  @inlinable
  public func protect(
    _ range: VirtualRange, attributes: LeafAttributes
  ) throws(P.Interruption) -> ProtectOutcome {
    checkHalf(range)
    let refused = Format.inexpressible(in: attributes)
    guard refused == .none else { return .inexpressible(refused) }
    var outcome = ProtectOutcome.protected
    var hasChanged = false
    var done: UInt64 = 0
    while done < range.size, outcome == .protected {
      let at = range.start + done
      try platform.enterReadSection()
      let run = try entries(at: at, left: range.size &- done)
      for index in 0..<run.count {
        outcome = try protect(run, index, from: at, attributes: attributes)
        guard outcome == .protected else { break }
        hasChanged = true
      }
      try platform.leaveReadSection()
      done &+= run.size
    }
    if hasChanged { try platform.flush(range, of: ownRoot, .tables) }
    return outcome
  }

  /// Gives one leaf new attributes, if there is one.
  @inlinable
  func protect(
    _ run: EntryRun, _ index: Int, from at: VirtualAddress,
    attributes: LeafAttributes
  ) throws(P.Interruption) -> ProtectOutcome {
    let slot = run.slot(index)
    while true {
      try platform.attempt()
      let old = try platform.load(slot)
      guard Format.isPresent(old) else { return .protected }
      guard run.isWhole else { return .partialLeaf(at) }
      let found = Format.attributes(of: old, level: run.level)
      guard
        !Format.demandsBreakBeforeMake
          || found & .memoryType == attributes & .memoryType
      else { return .demandsBreak(run.address(index)) }
      let new = Format.leafEntry(
        mapping: Format.leafAddress(in: old, level: run.level),
        level: run.level, attributes: attributes | found & .walkerWritten)
      if try platform.compareExchange(slot, expected: old, desired: new) == old
      {
        return .protected
      }
    }
  }
}

/// How a change of attributes ended.
@frozen
public enum ProtectOutcome: Equatable, BitwiseCopyable, Sendable {
  /// Every leaf in the range has the attributes.
  case protected
  /// A leaf at the address reaches out of the range; all before it have the
  /// attributes. Split it first.
  case partialLeaf(VirtualAddress)
  /// The architecture forbids to change the memory type of a leaf at the
  /// address while it is present; all before it have the attributes. Unmap it
  /// and map it again.
  case demandsBreak(VirtualAddress)
  /// The format cannot say these attributes; nothing has changed.
  case inexpressible(LeafAttributes)
}
